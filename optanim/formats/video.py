"""Films as video: H.264 and VP9 through FFmpeg's libraries, in BT.709, converted and tagged alike."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import Any

from optanim.formats import Moving
from optanim.formats.ycbcr import Planes

THREADS = 2  # the bytes depend on how many there are, so it may not be the machine's number
EXACT = "cpu-independent=1"  # without it macroblock-tree differs between processors, and between runs
BT709 = 1  # in the code points of ITU-T H.273
LIMITED = 1  # FFmpeg's AVCOL_RANGE_MPEG
QUICKTIME = ("mp4", "mov")  # muxers that know these options


def h264(film: Moving, file: Path, *, crf: int = 18, pixels: str = "yuv420p", muxer: str = "mp4") -> None:
    """The film as H.264 in a container, by FFmpeg's name for its muxer."""
    options = {"preset": "veryfast", "x264-params": EXACT}
    encode(film, file, muxer, "libx264", {"crf": str(crf), **options}, pixels)


def vp9(film: Moving, file: Path, *, crf: int, pixels: str) -> None:
    """The film as VP9 in WebM."""
    options = {"deadline": "realtime", "cpu-used": "6", "row-mt": "0", "tile-columns": "1"}
    encode(film, file, "webm", "libvpx-vp9", {"crf": str(crf), "b": "0", **options}, pixels)


def encode(film: Moving, file: Path, muxer: str, codec: str, options: Mapping[str, str], pixels: str) -> None:
    """The film through an encoder, by FFmpeg's names; the last frame is repeated as long as it is held."""
    import av

    planes = Planes(film.width, film.height, full=pixels == "yuv444p")
    rate = Fraction(film.fps).limit_denominator(1001)
    # Matroska has random ids unless it is to be bitexact.
    muxing = {"fflags": "+bitexact"}
    if muxer in QUICKTIME:
        # The film's own clock, or the duration is rounded to milliseconds.
        muxing |= {"movflags": "+faststart", "movie_timescale": str(rate.numerator * 100)}
    with av.open(str(file), "w", format=muxer, options=muxing) as container:
        container.metadata["comment"] = film.comment
        stream: Any = container.add_stream(codec, rate)
        stream.width, stream.height, stream.pix_fmt = planes.width, planes.height, pixels
        stream.options = {**options, "threads": str(THREADS)}
        context = stream.codec_context
        context.thread_count = THREADS
        context.color_primaries = BT709
        context.color_trc = BT709
        context.colorspace = BT709
        context.color_range = LIMITED
        number = 0

        def show(times: int = 1) -> None:
            nonlocal number
            for _ in range(times):
                picture = av.VideoFrame.from_ndarray(planes.planes, format=pixels)
                picture.pts, picture.time_base = number, 1 / rate
                container.mux(stream.encode(picture))
                number += 1

        for frame in film.frames():
            planes.draw(frame)
            show()
        show(math.ceil(film.hold * film.fps - 1e-9))  # whole frames: never held too short
        container.mux(stream.encode(None))
