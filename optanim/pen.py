"""Drawing straight into a pixel buffer with matplotlib's Agg rasterizer, without artists.

Coordinates are pixels, x from the left and y from the top, and may fall between pixels. Every
stroke honours the pen's clip box, and what is drawn inside a clip box is what the same stroke draws
there without one, to within one level of 255: this lets a film repaint only what changed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.themes import RGB
from optanim.typeset import Sprite

Pixels = NDArray[np.uint8]
Point = tuple[float, float]
MOVETO, LINETO, CLOSEPOLY = 1, 2, 79  # matplotlib's path codes


@dataclass(frozen=True)
class Box:
    """A rectangle of whole pixels; right and bottom lie outside it."""

    left: int
    top: int
    right: int
    bottom: int

    @property
    def width(self) -> int:
        return self.right - self.left

    @property
    def height(self) -> int:
        return self.bottom - self.top

    def within(self, other: Box) -> Box | None:
        """The part inside another box; None where nothing is left."""
        box = Box(
            max(self.left, other.left),
            max(self.top, other.top),
            min(self.right, other.right),
            min(self.bottom, other.bottom),
        )
        return box if box.left < box.right and box.top < box.bottom else None

    def touches(self, other: Box) -> bool:
        return self.within(other) is not None

    def join(self, other: Box) -> Box:
        return Box(
            min(self.left, other.left),
            min(self.top, other.top),
            max(self.right, other.right),
            max(self.bottom, other.bottom),
        )

    def grow(self, margin: int) -> Box:
        return Box(self.left - margin, self.top - margin, self.right + margin, self.bottom + margin)


def merge(boxes: list[Box]) -> list[Box]:
    """Boxes that overlap joined until none do, so that no pixel is repainted twice."""
    merged: list[Box] = []
    for box in boxes:
        clash = [other for other in merged if other.touches(box)]
        while clash:
            for other in clash:
                merged.remove(other)
                box = box.join(other)
            clash = [other for other in merged if other.touches(box)]
        merged.append(box)
    return merged


_TURNS = {"square": (4, 45, 1.18), "triangle": (3, 90, 1.22), "diamond": (4, 0, 1.22),
          "pentagon": (5, 90, 1.1), "down": (3, -90, 1.22), "hexagon": (6, 0, 1.08)}  # fmt: skip


def _outline(marker: str) -> NDArray[np.float64]:
    """The corners of a marker of radius 1 around the origin, y upward; (m, 2), closed."""
    if marker == "plus":
        a, b = 0.42, 1.12
        corners = [(a, b), (a, a), (b, a), (b, -a), (a, -a), (a, -b)]
        points = corners + [(-x, -y) for x, y in corners]
    elif marker == "star":
        radii = [1.0, 0.42] * 5
        points = [
            (r * math.cos(math.pi / 2 + i * math.pi / 5), r * math.sin(math.pi / 2 + i * math.pi / 5))
            for i, r in enumerate(radii)
        ]
    elif marker == "circle":
        angles = np.linspace(0, 2 * np.pi, 49)[:-1]
        return np.vstack([np.c_[np.cos(angles), np.sin(angles)], [[1.0, 0.0]]])
    else:
        count, first, radius = _TURNS[marker]
        turns = [math.radians(first) + 2 * math.pi * i / count for i in range(count)]
        points = [(radius * math.cos(a), radius * math.sin(a)) for a in turns]
    return np.array([*points, points[0]], dtype=float)


class _Path:
    """What the rasterizer reads of a path."""

    __slots__ = ("codes", "should_simplify", "simplify_threshold", "vertices")

    def __init__(self, vertices: NDArray[np.float64], codes: NDArray[np.uint8] | None) -> None:
        self.vertices, self.codes = vertices, codes
        self.should_simplify, self.simplify_threshold = False, 0.0


class _Context:
    """What the rasterizer reads of a graphics context: colour, width, caps, and the clip box."""

    _alpha, _forced_alpha, _antialiased = 1.0, False, 1
    _dashes, _snap, _sketch, _hatch = (0.0, None), False, None, None
    _joinstyle = "round"

    def __init__(self) -> None:
        self._rgb = (0.0, 0.0, 0.0, 1.0)
        self._linewidth = 1.0
        self._capstyle = "butt"
        self._cliprect: NDArray[np.float64] | None = None

    def get_dashes(self) -> tuple[float, None]:
        return self._dashes

    def get_clip_path(self) -> tuple[None, None]:
        return None, None

    def get_hatch_path(self, density: float = 6.0) -> None:
        return None

    def get_hatch_color(self) -> tuple[float, float, float, float]:
        return self._rgb

    def get_hatch_linewidth(self) -> float:
        return 1.0

    def get_sketch_params(self) -> None:
        return None

    def get_snap(self) -> bool:
        return False


class Pen:
    """A pixel buffer of a given size and the strokes that go into it.

    The rasterizer is the compiled core of matplotlib's Agg backend; the Python around it, which
    costs more to import and to call than the drawing itself, is left out.
    """

    def __init__(self, width: int, height: int) -> None:
        from matplotlib.backends import _backend_agg

        core: Any = _backend_agg
        self._agg = core.RendererAgg(width, height, 72)  # 72: a point is a pixel
        self._flip = np.array([[1.0, 0, 0], [0, -1, height], [0, 0, 1]])
        self._gc = _Context()
        self._markers: dict[str, NDArray[np.float64]] = {}
        self.pixels: Pixels = np.asarray(memoryview(self._agg))
        self.page = Box(0, 0, width, height)
        self._set_clip(self.page)

    @contextmanager
    def clipped(self, box: Box) -> Iterator[bool]:
        """Keeps strokes inside a box (and inside the boxes around it); False where none is left."""
        before = self.clip
        inside = box.within(before)
        self._set_clip(inside or Box(0, 0, 0, 0))
        try:
            yield inside is not None
        finally:
            self._set_clip(before)

    def _set_clip(self, box: Box) -> None:
        height = self.page.height
        self.clip = box
        self._gc._cliprect = (
            np.array([[box.left, height - box.bottom], [box.right, height - box.top]], float)
            if box != self.page
            else None
        )

    def _draw(self, points: Any, codes: Any, face: Any) -> None:
        self._agg.draw_path(self._gc, _Path(points, codes), self._flip, face)

    def stroke(
        self,
        points: NDArray[np.float64],
        codes: NDArray[np.uint8] | None,
        color: RGB,
        width: float,
        alpha: float = 1.0,
        cap: str = "round",
    ) -> None:
        """A line through points (m, 2); `codes` (matplotlib's MOVETO 1, LINETO 2) allow gaps."""
        if len(points) < 2 or self.clip.width <= 0:
            return
        gc = self._gc
        gc._rgb, gc._linewidth, gc._capstyle = (*color, alpha), width, cap
        self._draw(points, codes, None)

    def fill(
        self,
        points: NDArray[np.float64],
        codes: NDArray[np.uint8] | None,
        color: RGB,
        alpha: float = 1.0,
    ) -> None:
        """A filled shape; `codes` allow several outlines, and holes by the way they turn."""
        if len(points) < 3 or self.clip.width <= 0:
            return
        self._gc._linewidth = 0.0
        self._draw(points, codes, (*color, alpha))

    def rule(
        self, start: tuple[float, float], end: tuple[float, float], color: RGB, alpha: float = 1.0
    ) -> None:
        """A hairline of one pixel, level or upright, on the middle of a pixel so that it is crisp."""
        (x0, y0), (x1, y1) = start, end
        if x0 == x1:
            x0 = x1 = math.floor(x0) + 0.5
        else:
            y0 = y1 = math.floor(y0) + 0.5
        self.stroke(np.array([[x0, y0], [x1, y1]]), None, color, 1.0, alpha, cap="butt")

    def mark(
        self,
        marker: str,
        x: float,
        y: float,
        radius: float,
        face: RGB,
        edge: RGB | None = None,
        edge_width: float = 0.0,
        turn: float = 0.0,
        alpha: float = 1.0,
    ) -> None:
        """A filled marker with an optional edge, turned by an angle in radians."""
        if self.clip.width <= 0:
            return
        outline = self._markers.get(marker)
        if outline is None:
            outline = self._markers[marker] = _outline(marker)
        points = outline * (radius, -radius)
        codes = np.full(len(points), LINETO, np.uint8)
        codes[0], codes[-1] = MOVETO, CLOSEPOLY
        if turn:
            c, s = math.cos(turn), math.sin(turn)
            points = points @ np.array([[c, s], [-s, c]])
        gc = self._gc
        if edge is not None:
            # The halo is a wider shape below, so that it never eats into the marker.
            gc._rgb, gc._linewidth, gc._capstyle = (*edge, 1.0), 2 * edge_width, "round"
            self._draw(points + (x, y), codes, (*edge, 1.0))
        gc._linewidth = 0.0
        self._draw(points + (x, y), codes, (*face, alpha))

    def place(self, sprite: Sprite, x: int, y: int) -> None:
        """A sprite with its left top corner on a whole pixel."""
        box = Box(x, y, x + sprite.width, y + sprite.height).within(self.clip)
        if box is None:
            return
        source = sprite.pixels[box.top - y : box.bottom - y, box.left - x : box.right - x]
        target = self.pixels[box.top : box.bottom, box.left : box.right]
        alpha = source[..., 3:].astype(np.uint32)
        mixed = source[..., :3] * alpha + target[..., :3] * (255 - alpha) + 127
        target[..., :3] = (mixed // 255).astype(np.uint8)

    def restore(self, picture: Pixels, box: Box) -> None:
        """The same pixels as in another picture of the same size, inside a box."""
        self.pixels[box.top : box.bottom, box.left : box.right] = picture[
            box.top : box.bottom, box.left : box.right
        ]
