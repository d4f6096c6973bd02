"""Every suffix that optanim has no encoder of its own for, through imageio."""

from __future__ import annotations

import functools
import warnings
from pathlib import Path
from typing import Any

from optanim.errors import RenderError
from optanim.formats import Moving, video
from optanim.registry import Entry

H264 = {"mov": "mov", "m4v": "mp4", "mkv": "matroska", "avi": "avi"}  # suffix to FFmpeg's muxer
SEQUENCES = ("apng", "tif", "tiff")  # images that hold several
NOT_PIXELS = ("pdf", "ps", "eps")  # imageio would fill them with pixels
ALSO = (*H264, *SEQUENCES, "jpg", "bmp", "tga")  # what a message names of them
LARGEST = 1 << 30  # bytes of frames that are held in memory for a sequence


def entry(suffix: str) -> Entry | None:
    """The format of a suffix, without its dot, or None where imageio does not know it either."""
    if suffix in H264:
        return _entry(suffix, functools.partial(video.h264, muxer=H264[suffix]), still=False)
    if suffix in SEQUENCES:
        return _entry(suffix, functools.partial(sequence, suffix=suffix), still=False)
    if suffix not in NOT_PIXELS and _known(suffix):
        return _entry(suffix, functools.partial(image, suffix=suffix), still=True)
    return None


def _entry(suffix: str, function: Any, *, still: bool) -> Entry:
    def write(film: Any, file: Any) -> None:  # a function of its own: it has no settings
        function(film, file)

    return Entry("format", suffix, write, ("film", "file"), {"still": still})


@functools.cache
def _known(suffix: str) -> bool:
    """Whether imageio writes images of this suffix; it lists many that it only reads."""
    from imageio.config import known_extensions, video_extensions
    from PIL import Image

    endings = Image.registered_extensions()
    if f".{suffix}" in endings:
        listed = endings[f".{suffix}"] in Image.SAVE
    else:
        videos = {extension.extension for extension in video_extensions}
        listed = f".{suffix}" in known_extensions and f".{suffix}" not in videos
    return listed and _writable(suffix)


def _writable(suffix: str) -> bool:
    import numpy as np

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it is only a trial
        try:
            return bool(_encoded(suffix, np.zeros((16, 16, 3), np.uint8)))
        except RenderError:
            return False


def image(film: Moving, file: Path, *, suffix: str) -> None:
    """The last frame as one image."""
    file.write_bytes(_encoded(suffix, film.frame(film.count - 1)[..., :3].copy()))


def sequence(film: Moving, file: Path, *, suffix: str) -> None:
    """All frames as the images of one file, each with its time where the format has times."""
    if film.count * film.width * film.height * 3 > LARGEST:
        raise RenderError(f"too many pixels to hold in memory for .{suffix}: write gif, webp or mp4")
    options: dict[str, Any] = {"compression": "tiff_adobe_deflate"}
    if not suffix.startswith("tif"):
        starts = [round(1000 * k / film.fps) for k in range(film.count)]
        end = round(1000 * (film.count / film.fps + film.hold))
        times = [later - start for start, later in zip(starts, [*starts[1:], end], strict=True)]
        options = {"duration": times, "loop": 0}
    frames = [frame[..., :3].copy() for frame in film.frames()]
    file.write_bytes(_encoded(suffix, frames, is_batch=True, **options))


def _encoded(suffix: str, pixels: Any, **options: Any) -> bytes:
    import imageio.v3 as iio
    from PIL import Image

    # Pillow where it can, so that the bytes do not depend on what else is installed.
    if f".{suffix}" in Image.registered_extensions():
        options["plugin"] = "pillow"
    try:
        return iio.imwrite("<bytes>", pixels, extension=f".{suffix}", **options) or b""
    except Exception as error:
        # What goes wrong in imageio's many plugins has no common type; it says what to install.
        raise RenderError(f"imageio cannot write .{suffix}: {error}") from error
