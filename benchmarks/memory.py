"""Frames that are there already: what encoding alone takes, and what PillowWriter makes of them.

    python memory.py SCENE FOLDER

Prints JSON: for GIF and MP4 the seconds that optanim's encoder takes for frames held in memory
(`encode`) and for the same film drawn as it goes (`draw_and_encode`), in one warm process; and the
seconds and bytes of matplotlib's PillowWriter for those frames, with their PSNR and SSIM.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import numpy as np
from matplotlib.animation import PillowWriter
from numpy.typing import NDArray

from optanim import formats
from optanim.film import Film
from quality import compare, film_of, shown

Pixels = NDArray[np.uint8]


class Held:
    """A film whose frames are in memory."""

    def __init__(self, film: Film) -> None:
        self._film = film
        self._frames = [frame.copy() for frame in film.frames()]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._film, name)

    def frames(self) -> Iterator[Pixels]:
        yield from self._frames

    def frame(self, k: int) -> Pixels:
        return self._frames[k].copy()


class Canvas:
    """As much of a figure as PillowWriter asks for: it saves the frame that it is set to."""

    dpi = 100

    def __init__(self, frame: Pixels) -> None:
        self.frame = frame

    def get_size_inches(self) -> tuple[float, float]:
        height, width = self.frame.shape[:2]
        return width / self.dpi, height / self.dpi

    def savefig(self, file: IO[bytes], **_: object) -> None:
        file.write(self.frame.tobytes())


def pillow_writer(film: Held, out: Path) -> None:
    """The film's frames as matplotlib's PillowWriter writes them."""
    writer = PillowWriter(fps=film.fps)
    canvas = Canvas(film.frame(0))
    writer.setup(canvas, str(out), dpi=canvas.dpi)  # type: ignore[arg-type]
    for frame in film.frames():
        canvas.frame = frame
        writer.grab_frame()
    writer.finish()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("scene", type=Path)
    parser.add_argument("folder", type=Path)
    given = parser.parse_args()
    film = film_of(given.scene)
    held = Held(film)
    found: dict[str, dict[str, float]] = {}
    for name in ("gif", "mp4"):
        entry = formats.find(name)
        assert entry is not None
        out = given.folder / f"held.{name}"
        formats.write(held, out, entry, {})  # imports and allocators warm
        found[name] = {}
        for what, source in (("encode", held), ("draw_and_encode", film)):
            started = time.perf_counter()
            formats.write(source, out, entry, {})
            found[name][what] = time.perf_counter() - started
    out = given.folder / "pillow.gif"
    started = time.perf_counter()
    pillow_writer(held, out)
    seconds = time.perf_counter() - started
    near = compare(((k, frame[..., :3]) for k, frame in enumerate(held.frames())), shown(out))
    found["pillow_writer"] = {"seconds": seconds, "bytes": out.stat().st_size, **near}
    print(json.dumps(found))


if __name__ == "__main__":
    main()
