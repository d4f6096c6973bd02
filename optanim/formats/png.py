"""PNG: one frame, as a poster or a still."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from optanim.formats import Moving
from optanim.kinds import format_
from optanim.settings import Number

Fraction = Annotated[float, Number(low=0, high=1)]


@format_(title="PNG", still=True)
def png(film: Moving, file: Path, *, at: Fraction = 1.0) -> None:
    """One frame, by default the last.

    `at`: which one, from 0 for the first to 1 for the last.
    """
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    frame = film.frame(round(at * (film.count - 1)))
    info = PngInfo()
    info.add_itxt("Comment", film.comment, zip=len(film.comment) > 1000)
    Image.fromarray(frame).convert("RGB").save(file, "PNG", pnginfo=info)
