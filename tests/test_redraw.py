"""The film against matplotlib: each frame redrawn whole, every stroke a matplotlib artist."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, Bbox
from numpy.typing import NDArray

import optanim.film
from optanim.film import Film
from optanim.pen import Pen
from optanim.scene import Look
from optanim.typeset import Sprite
from tests.conftest import psnr
from tests.test_film import trace


class Sheet:
    """Stands in for the pixels of a pen: what is laid on it first, and a redraw of all when copied."""

    def __init__(self, pen: ArtistPen, shape: tuple[int, int]) -> None:
        self.pen, self.under = pen, np.zeros((*shape, 4), np.uint8)

    def __setitem__(self, key: Any, value: Any) -> None:
        self.under[key] = value

    def copy(self) -> NDArray[np.uint8]:
        self.pen.figure.figimage(self.under, 0, 0, origin="upper", zorder=-1)
        self.pen.canvas.draw()
        return np.array(self.pen.canvas.buffer_rgba())


class ArtistPen(Pen):
    """A pen whose strokes become artists of a matplotlib figure; a point is a pixel."""

    def __init__(self, width: int, height: int) -> None:
        super().__init__(width, height)
        self.figure = Figure(figsize=(width / 72, height / 72), dpi=72)
        self.canvas = FigureCanvasAgg(self.figure)
        self.flip = Affine2D().scale(1, -1).translate(0, height)
        self.pixels = Sheet(self, (height, width))  # type: ignore[assignment]
        self.count = 0

    def _next(self) -> int:
        self.count += 1
        return self.count

    def _draw(self, points: Any, codes: Any, face: Any) -> None:
        path = Path(np.array(points), codes)
        path.should_simplify = False
        gc, height = self._gc, self.page.height
        patch = PathPatch(
            path,
            transform=self.flip,
            facecolor=face if face is not None else "none",
            edgecolor=gc._rgb if gc._linewidth else "none",
            linewidth=gc._linewidth,
            capstyle=gc._capstyle,
            joinstyle="round",
            zorder=self._next(),
        )
        patch.set_snap(False)
        box = self.clip
        clip = Bbox.from_extents(box.left, height - box.bottom, box.right, height - box.top)
        self.figure.add_artist(patch, clip=False)
        patch.set_clip_box(clip)

    def place(self, sprite: Sprite, x: int, y: int) -> None:
        bottom = self.page.height - y - sprite.height
        self.figure.figimage(sprite.pixels, x, bottom, origin="upper", zorder=self._next())


@pytest.mark.parametrize("at", [0.0, 0.4, 1.0])
@pytest.mark.parametrize(
    ("name", "theme"), [("smallest", "light"), ("lamb_lr1", "dark"), ("s1_06_momentum_lr06", "light")]
)
def test_a_frame_is_what_matplotlib_draws(
    name: str, theme: str, at: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = Film(trace(name), Look(theme=theme))
    k = round(at * (ours.count - 1))
    frame = ours.frame(k)
    monkeypatch.setattr(optanim.film, "Pen", ArtistPen)
    theirs = Film(trace(name), Look(theme=theme)).frame(k)
    assert theirs.shape == frame.shape
    assert psnr(theirs, frame) >= 45
