"""Drawing straight into a pixel buffer with matplotlib's Agg rasterizer, without artists.

Coordinates are pixels, x from the left and y from the top, and may fall between pixels. Every
stroke honours the pen's clip box, and what is drawn inside a clip box is what the same stroke draws
there without one, to within one level of 255: this lets a film repaint only what changed.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.themes import RGB, rgb

Pixels = NDArray[np.uint8]
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


@dataclass(frozen=True)
class Sprite:
    """A small picture with an alpha channel, drawn once and placed often."""

    pixels: Pixels  # (h, w, 4), straight alpha

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])


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


class Pen:
    """A pixel buffer of a given size and the strokes that go into it."""

    def __init__(self, width: int, height: int) -> None:
        from matplotlib.backend_bases import GraphicsContextBase
        from matplotlib.backends.backend_agg import RendererAgg
        from matplotlib.path import Path
        from matplotlib.transforms import Affine2D, Bbox

        self._path: Any = Path
        self._bbox: Any = Bbox
        self._agg: Any = RendererAgg(width, height, 72)  # 72: a point is a pixel
        self._flip = Affine2D.from_values(1, 0, 0, -1, 0, height)
        self._gc: Any = GraphicsContextBase()
        self._gc.set_snap(False)
        self._gc.set_joinstyle("round")
        self._markers: dict[str, NDArray[np.float64]] = {}
        self.pixels: Pixels = np.asarray(self._agg.buffer_rgba())
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
        self._clip_rectangle = (
            self._bbox.from_extents(box.left, height - box.bottom, box.right, height - box.top)
            if box != self.page
            else None
        )

    def _draw(self, points: Any, codes: Any, face: Any) -> None:
        path = self._path(points, codes)
        path.should_simplify = False
        self._gc.set_clip_rectangle(self._clip_rectangle)
        self._agg.draw_path(self._gc, path, self._flip, face)

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
        self._gc.set_foreground((*color, alpha), isRGBA=True)
        self._gc.set_linewidth(width)
        self._gc.set_capstyle(cap)
        self._draw(points, codes, None)

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
        if edge is not None:
            # The halo is a wider shape below, so that it never eats into the marker.
            self._gc.set_capstyle("round")
            self._gc.set_foreground((*edge, 1.0), isRGBA=True)
            self._gc.set_linewidth(2 * edge_width)
            self._draw(points + (x, y), codes, (*edge, 1.0))
        self._gc.set_foreground((*face, 1.0), isRGBA=True)
        self._gc.set_linewidth(0)
        self._draw(points + (x, y), codes, (*face, 1.0))

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


def text_sprite(
    lines: Sequence[tuple[str, str, float, str]],
    dpi: float,
    family: str,
    halo: str | None = None,
    halo_width: float = 2.0,
) -> Sprite:
    """One sprite of lines (text, colour, size in points, weight) under one another, cut tight."""
    from matplotlib.backend_bases import GraphicsContextBase
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath
    from matplotlib.transforms import Affine2D

    margin = math.ceil(halo_width) + 6
    longest = max(len(text) * size for text, _, size, _ in lines)
    width = math.ceil(longest * 1.1 * dpi / 72) + 2 * margin
    height = math.ceil(sum(size for _, _, size, _ in lines) * 1.5 * dpi / 72) + 2 * margin
    agg: Any = RendererAgg(width, height, dpi)
    gc: Any = GraphicsContextBase()
    gc.set_joinstyle("round")
    gc.set_capstyle("round")
    baseline = float(margin)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # a film says once which characters are lacking
        for text, color, size, weight in lines:
            baseline += round(size * 1.38 * dpi / 72)
            font = FontProperties(family=family, size=size, weight=weight)
            if halo and text:
                gc.set_foreground(halo)
                gc.set_linewidth(2 * halo_width * 72 / dpi)
                outline = TextPath((0, 0), text, size=size, prop=font)
                place = Affine2D().scale(dpi / 72).translate(margin, height - baseline)
                agg.draw_path(gc, outline, place, rgb(halo))
            gc.set_foreground(color)
            agg.draw_text(gc, margin, baseline, text, font, 0)
    pixels = np.asarray(agg.buffer_rgba())
    rows = np.flatnonzero(pixels[..., 3].any(axis=1))
    columns = np.flatnonzero(pixels[..., 3].any(axis=0))
    if not len(rows):
        return Sprite(pixels[:1, :1].copy())
    return Sprite(pixels[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1].copy())


def glyph(
    character: str,
    color: str,
    size: float,
    weight: str,
    family: str,
    dpi: float,
    width: int,
    height: int,
    baseline: int,
) -> Sprite:
    """A character in a cell of a given size, its baseline so many pixels from the top; not cut."""
    from matplotlib.backend_bases import GraphicsContextBase
    from matplotlib.backends.backend_agg import RendererAgg
    from matplotlib.font_manager import FontProperties

    agg: Any = RendererAgg(width, height, dpi)
    gc: Any = GraphicsContextBase()
    gc.set_foreground(color)
    agg.draw_text(gc, 0, baseline, character, FontProperties(family=family, size=size, weight=weight), 0)
    return Sprite(np.array(agg.buffer_rgba()))
