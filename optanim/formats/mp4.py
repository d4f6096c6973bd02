"""MP4: H.264 that plays in browsers and slides."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from optanim.formats import Moving
from optanim.formats.video import h264
from optanim.kinds import format_
from optanim.settings import Number

Crf = Annotated[int, Number(low=0, high=51, whole=True)]
Sampling = Literal["yuv420p", "yuv444p"]


@format_(title="MP4", coarsest=33)
def mp4(film: Moving, file: Path, *, crf: Crf = 18, pixels: Sampling = "yuv420p") -> None:
    """H.264 video that plays in browsers and slides: BT.709, even sizes.

    `crf`: x264's constant rate factor, lower is better and larger. `pixels`: yuv420p plays
    everywhere; yuv444p keeps coloured edges sharp, but many players do not show it.
    """
    h264(film, file, crf=crf, pixels=pixels)
