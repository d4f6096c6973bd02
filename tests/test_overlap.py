"""No two texts of a figure overlap, and none is cut: in every scene, from the first frame to the last."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest

from optanim import film as films
from optanim.film import Film
from optanim.pen import Box, Pen
from optanim.scene import NAMED_SIZES, Look
from optanim.typeset import Sprite, sprite
from tests.test_film import NAMES, trace

SEEN = 64  # of 255: what is fainter is the edge of a halo
FRAMES = np.linspace(0, 1, 9)


@dataclass(frozen=True)
class Placed:
    """A sprite on the page: the box of what is seen of it, and of that the part that was drawn."""

    sprite: Sprite
    box: Box
    drawn: Box | None

    @property
    def cut(self) -> bool:
        return self.drawn != self.box


class Recorder(Pen):
    """A pen that draws nothing and remembers which sprites were placed, and where."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(width, height)
        self.placed: list[Placed] = []
        PENS.append(self)

    def _draw(self, points: Any, codes: Any, face: Any) -> None:
        pass

    def place(self, sprite: Sprite, x: int, y: int) -> None:
        seen = sprite.pixels[..., 3] > SEEN
        rows, columns = np.flatnonzero(seen.any(axis=1)), np.flatnonzero(seen.any(axis=0))
        if len(rows):
            box = Box(x + int(columns[0]), y + int(rows[0]), x + int(columns[-1]) + 1, y + int(rows[-1]) + 1)
            self.placed.append(Placed(sprite, box, box.within(self.clip)))


PENS: list[Recorder] = []


@pytest.fixture(autouse=True)
def recorded(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(films, "Pen", Recorder)
    PENS.clear()
    yield
    PENS.clear()


def texts(film: Film) -> Iterator[tuple[int, list[Placed]]]:
    """Frames from the first to the last, and all sprites that stand on each."""
    assert film.static.any()
    static = PENS[-1].placed
    for k in sorted({round(part * (film.count - 1)) for part in FRAMES}):
        film.frame(k)
        yield k, static + PENS[-1].placed


def clashes(placed: Sequence[Placed]) -> list[tuple[Box, Box]]:
    """The pairs of sprites that overlap by more than a pixel."""
    boxes = np.array([[p.box.left, p.box.top, p.box.right, p.box.bottom] for p in placed]).reshape(-1, 4)
    low, high = boxes[:, None, :2], boxes[:, None, 2:]
    common = np.minimum(high, boxes[None, :, 2:]) - np.maximum(low, boxes[None, :, :2])
    pairs = np.argwhere(np.triu((common > 1).all(axis=2), 1))
    return [(placed[i].box, placed[j].box) for i, j in pairs]


def check(film: Film) -> None:
    for k, placed in texts(film):
        assert placed
        assert not clashes(placed), f"frame {k}"
        assert not [each.box for each in placed if each.cut], f"frame {k}"


@pytest.mark.parametrize("name", NAMES)
def test_texts_neither_overlap_nor_are_cut(name: str) -> None:
    check(Film(trace(name), trace(name).scene.look))


@pytest.mark.parametrize("name", NAMES)
def test_texts_neither_overlap_nor_are_cut_in_a_square(name: str) -> None:
    check(Film(trace(name), replace(trace(name).scene.look, size=NAMED_SIZES["square"])))


@pytest.mark.parametrize(
    ("places", "overlap", "cut"),
    [
        ([(10, 10), (60, 10)], 0, 0),
        ([(10, 10), (12, 14)], 1, 0),
        ([(10, 10), (10, 10), (11, 11)], 3, 0),
        ([(10, 10), (180, 10)], 0, 1),
        ([(-4, 40), (60, -5)], 0, 2),
    ],
)
def test_overlaps_and_cuts_are_found(places: list[tuple[int, int]], overlap: int, cut: int) -> None:
    word = sprite([("optimizer"[:5], "#000000", 12.0, "normal")], 100, "DejaVu Sans")
    pen = Recorder(200, 100)
    for x, y in places:
        pen.place(word, x, y)
    assert len(clashes(pen.placed)) == overlap
    assert sum(each.cut for each in pen.placed) == cut


def test_a_recording_misses_no_sprite_of_a_film() -> None:
    film = Film(trace("smallest"), Look(seconds=1, fps=5))
    (_, first), *_ = texts(film)
    words = len(film.trace.runs)  # names on the landscape and beside the curves
    assert len(first) > 2 * words + 10
