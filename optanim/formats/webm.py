"""WebM: VP9, for places that want a free format."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from optanim.formats import Moving
from optanim.formats.mp4 import Sampling
from optanim.formats.video import vp9
from optanim.kinds import format_
from optanim.settings import Number

Crf = Annotated[int, Number(low=0, high=63, whole=True)]


@format_(title="WebM", coarsest=48)
def webm(film: Moving, file: Path, *, crf: Crf = 30, pixels: Sampling = "yuv420p") -> None:
    """VP9 video that plays in browsers and needs no licence: BT.709, even sizes.

    `crf`: libvpx's constant quality, lower is better and larger. `pixels`: yuv420p plays
    everywhere; yuv444p keeps coloured edges sharp, but some browsers do not show it.
    """
    vp9(film, file, crf=crf, pixels=pixels)
