"""MP4: H.264 that plays in browsers and slides."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from optanim.formats import Moving
from optanim.kinds import format_
from optanim.settings import Number

Crf = Annotated[int, Number(low=0, high=51, whole=True)]
Bytes = NDArray[np.uint8]

THREADS = 2  # x264's bytes depend on how many there are, so it may not be the machine's number
EXACT = "cpu-independent=1"  # without it macroblock-tree differs between processors, and between runs
BT709 = 1  # in the code points of ITU-T H.273
LIMITED = 1  # FFmpeg's AVCOL_RANGE_MPEG

# BT.709 to limited-range Y'CbCr in units of 2**-16 (ITU-R BT.709-6, 3.2 to 3.4).
LUMA = (0.2126, 0.7152, 0.0722)
TO_Y = tuple(round(65536 * 219 / 255 * k) for k in LUMA)
TO_CB = tuple(
    round(65536 * 224 / 255 * k) for k in (-LUMA[0] / 1.8556, -LUMA[1] / 1.8556, (1 - LUMA[2]) / 1.8556)
)
TO_CR = tuple(
    round(65536 * 224 / 255 * k) for k in ((1 - LUMA[0]) / 1.5748, -LUMA[1] / 1.5748, -LUMA[2] / 1.5748)
)


@format_(title="MP4")
def mp4(film: Moving, file: Path, *, crf: Crf = 18) -> None:
    """H.264 video that plays in browsers and slides: yuv420p, BT.709, even sizes.

    `crf`: x264's constant rate factor, lower is better and larger.
    """
    h264(film, file, crf=crf)


def h264(film: Moving, file: Path, *, crf: int = 18, muxer: str = "mp4") -> None:
    """The film as H.264 in a container, by FFmpeg's name for its muxer."""
    import av

    planes = Planes(film.width, film.height)
    rate = Fraction(film.fps).limit_denominator(1001)
    # Matroska has random ids unless it is to be bitexact.
    muxing = {"fflags": "+bitexact"}
    if muxer in ("mp4", "mov"):
        # The film's own clock, or the duration is rounded to milliseconds.
        muxing |= {"movflags": "+faststart", "movie_timescale": str(rate.numerator * 100)}
    with av.open(str(file), "w", format=muxer, options=muxing) as container:
        container.metadata["comment"] = film.comment
        stream = container.add_stream("libx264", rate)
        stream.width, stream.height, stream.pix_fmt = planes.width, planes.height, "yuv420p"
        stream.options = {
            "crf": str(crf),
            "preset": "veryfast",
            "threads": str(THREADS),
            "x264-params": EXACT,
        }
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
                picture = av.VideoFrame.from_ndarray(planes.planes, format="yuv420p")
                picture.pts, picture.time_base = number, 1 / rate
                container.mux(stream.encode(picture))
                number += 1

        for frame in film.frames():
            planes.draw(frame)
            show()
        show(round(film.hold * film.fps))
        container.mux(stream.encode(None))


class Planes:
    """A frame as Y'CbCr 4:2:0, of which only what changes is converted.

    `planes` holds Y, Cb and Cr below one another, as PyAV takes them. Odd sizes are made even by
    repeating the last column and row.
    """

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width + width % 2, height + height % 2
        self.planes = np.zeros((self.height * 3 // 2, self.width), np.uint8)
        flat, area = self.planes.reshape(-1), self.width * self.height
        self.y = flat[:area]
        self.cb, self.cr = flat[area : area * 5 // 4], flat[area * 5 // 4 :]
        self.pixels = np.zeros((self.height, self.width, 4), np.uint8)
        self.words = self.pixels.view(np.uint32)[..., 0]
        self.before = self.words.copy()

    def draw(self, frame: Bytes) -> None:
        """Bring the planes to this frame, RGBA of shape (height, width, 4)."""
        height, width = frame.shape[:2]
        self.pixels[:height, :width] = frame
        self.pixels[:height, width:] = frame[:, -1:]
        self.pixels[height:] = self.pixels[height - 1]
        blocks = self._changed()
        np.copyto(self.before, self.words)
        row, column = np.divmod(blocks, self.width // 2)
        corner = 2 * row * self.width + 2 * column
        # Chroma sits on the left column of its block (H.264's default), hence the pixels before it.
        before = corner - (column > 0)
        places = np.stack([before, corner, corner + 1], 1)
        places = np.concatenate([places, places + self.width], 1)
        rgb = self.pixels.reshape(-1, 4)[places, :3].astype(np.int32)
        luma = (_weigh(rgb, TO_Y) + (16 << 16) + (1 << 15)) >> 16
        for i in (1, 2, 4, 5):
            self.y[places[:, i]] = luma[:, i]
        mean = rgb[:, 0] + 2 * rgb[:, 1] + rgb[:, 2] + rgb[:, 3] + 2 * rgb[:, 4] + rgb[:, 5]
        self.cb[blocks] = (_weigh(mean, TO_CB) + (128 << 19) + (1 << 18)) >> 19
        self.cr[blocks] = (_weigh(mean, TO_CR) + (128 << 19) + (1 << 18)) >> 19

    def _changed(self) -> NDArray[np.intp]:
        """The 2x2 blocks, by number, in which a pixel changed, or in the block before."""
        pixels = self.words != self.before
        pairs = (pixels[0::2] | pixels[1::2]).view(np.uint16) != 0
        pairs[:, 1:] |= pairs[:, :-1].copy()
        return np.flatnonzero(pairs)


def _weigh(rgb: NDArray[np.int32], weights: tuple[int, ...]) -> NDArray[np.int32]:
    return rgb[..., 0] * weights[0] + rgb[..., 1] * weights[1] + rgb[..., 2] * weights[2]
