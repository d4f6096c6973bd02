"""PNG: one frame, as a poster or a still, or all of them in a folder."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from optanim.formats import Moving
from optanim.kinds import format_
from optanim.settings import Number

if TYPE_CHECKING:
    from optanim.formats import Pixels

Fraction = Annotated[float, Number(low=0, high=1)]


def _check(settings: Mapping[str, Any]) -> str:
    return "at is for one frame, and frames are all" if settings["frames"] and settings["at"] != 1 else ""


@format_(title="PNG", still=True, folder="frames", check=_check)
def png(film: Moving, file: Path, *, at: Fraction = 1.0, frames: bool = False) -> None:
    """One frame, by default the last, or all.

    `at`: which one, from 0 for the first to 1 for the last. `frames`: all, as 0001.png, 0002.png, …
    in a folder NAME-frames, whose old frames go.
    """
    if not frames:
        _write(film.frame(round(at * (film.count - 1))), film.comment, file)
        return
    file.mkdir()
    for number, frame in enumerate(film.frames(), 1):
        _write(frame, film.comment, file / f"{number:04}.png")


def _write(frame: Pixels, comment: str, file: Path) -> None:
    from PIL import Image
    from PIL.PngImagePlugin import PngInfo

    info = PngInfo()
    info.add_itxt("Comment", comment, zip=len(comment) > 1000)
    Image.fromarray(frame).convert("RGB").save(file, "PNG", pnginfo=info)
