"""Points of two inputs in classes, and what a network makes of the plane around them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim import words
from optanim.pen import Box, Pen
from optanim.scales import Axes, Scale, padded
from optanim.stage import Stage
from optanim.themes import RGB, class_color, mix, rgb
from optanim.trace import Data, Path
from optanim.typeset import Sprite

Floats = NDArray[np.float64]
Model = Callable[[Floats, Any], Floats]
SIGNS = {"circle": "●", "triangle": "▲", "square": "■", "diamond": "◆"}  # markers as they are written
MARGIN = 0.06  # of the points, around them
EQUAL = 3.0  # sides that differ by less than this are drawn to one scale
WORK = 4e6  # products of one picture of the plane: with many parameters it is coarser
FEWEST, MOST = 24, 64  # places along each side at which the network is asked
SURE = (0.75, 0.9)  # the probabilities at which a band begins, above that of the class that wins
TINTS = (0.11, 0.2, 0.31)  # how far bands lean to the colour of their class


def least(data: Data, view: Sequence[float] | None) -> tuple[float, float, float, float]:
    """The part of the plane (x0, x1, y0, y1) that must be seen: given, or that of all points."""
    if view:
        x0, x1, *up = view
        y0, y1 = up or (x0, x1)
        return x0, x1, y0, y1
    points = data.x if data.test is None else np.concatenate([data.x, data.test.x])
    low, high = points.min(axis=0), points.max(axis=0)
    x, y = (padded(Scale("linear", float(a), float(b)), MARGIN) for a, b in zip(low, high, strict=True))
    return x.low, x.high, y.low, y.high


def shape(data: Data, view: Sequence[float] | None) -> float | None:
    """Width : height of the plane, where both axes can have one scale."""
    x0, x1, y0, y1 = least(data, view)
    ratio = (x1 - x0) / (y1 - y0)
    return ratio if 1 / EQUAL < ratio < EQUAL else None


def axes_in(box: Box, data: Data, view: Sequence[float] | None) -> Axes:
    """The axes, widened to one scale on both where their sides are not too unlike."""
    x0, x1, y0, y1 = least(data, view)
    if shape(data, view):
        scale = max((x1 - x0) / box.width, (y1 - y0) / box.height)
        middle, wide, high = ((x0 + x1) / 2, (y0 + y1) / 2), scale * box.width, scale * box.height
        x0, x1 = middle[0] - wide / 2, middle[0] + wide / 2
        y0, y1 = middle[1] - high / 2, middle[1] + high / 2
    return Axes(box, Scale("linear", x0, x1), Scale("linear", y0, y1))


class Boundary:
    """The points, and behind them for one run which class its network tells where, and how surely.

    The network is asked anew only at another iterate that was kept. Each class has a band where it wins, and
    on it bands from a probability of 3/4 and of 0.9 on; lines part what different classes win. Without a
    run there are only points.
    """

    def __init__(self, stage: Stage, data: Data, run: Path | None, model: Model | None, axes: Axes) -> None:
        self.stage, self.data, self.model, self.axes = stage, data, model, axes
        self.label = run.label if run else ""
        self.params = np.zeros((0, 0))
        if run and model:
            fine = np.isfinite(run.params).all(axis=1)
            self.params, self.at = run.params[fine], run.at[fine]
        count = self.params.shape[1]
        side = int(np.clip(np.sqrt(WORK / max(count, 1)), FEWEST, MOST))
        self.across = np.linspace(axes.x.low, axes.x.high, side)
        self.up = np.linspace(axes.y.low, axes.y.high, side)
        self.shown: int | None = None  # the place of the iterate that `picture` is of
        self.picture: Pen | None = None
        markers = list(SIGNS)
        self.markers = [markers[number % len(markers)] for number in range(data.classes)]
        self.colors = [class_color(stage.theme, number) for number in range(data.classes)]

    def place(self, k: int) -> int:
        """Which of the kept iterates is drawn at frame k: the last that is reached."""
        if not len(self.params):
            return -1
        return max(0, int(np.searchsorted(self.at, self.stage.tau[k] + 1e-9, side="right")) - 1)

    def draw(self, pen: Pen, k: int) -> None:
        """The plane as of frame k."""
        box = pen.clip.within(self.axes.box)
        if box is None:
            return
        if self.picture is None:
            self.picture = Pen(pen.page.width, pen.page.height)
        place = self.place(k)
        if place != self.shown:
            self.shown = place
            with self.picture.clipped(self.axes.box):
                self._draw(self.picture, self.params[place] if place >= 0 else None)
        pen.restore(self.picture.pixels, box)

    def _draw(self, pen: Pen, params: Floats | None) -> None:
        box = self.axes.box
        background = *(round(255 * c) for c in self.stage.halo), 255
        pen.pixels[box.top : box.bottom, box.left : box.right] = background
        if params is not None:
            outputs = self._outputs(params)
            if np.isfinite(outputs).all():
                self._draw_bands(pen, outputs)
        pen.place(self._points, box.left, box.top)

    def _outputs(self, params: Floats) -> Floats:
        """What the network makes of the plane, (h, w, classes)."""
        assert self.model is not None
        x, y = np.meshgrid(self.across, self.up)
        with np.errstate(all="ignore"):
            made = self.model(np.column_stack([x.ravel(), y.ravel()]), params)
        return np.asarray(made, float).reshape(*x.shape, -1)

    def _draw_bands(self, pen: Pen, outputs: Floats) -> None:
        from contourpy import FillType, LineType, contour_generator

        ink, width = rgb(self.stage.theme.ink), self.stage.px(1.6)
        x = self.axes.pixels(np.column_stack([self.across, np.full(len(self.across), self.up[0])]))[:, 0]
        y = self.axes.pixels(np.column_stack([np.full(len(self.up), self.across[0]), self.up]))[:, 1]
        kinds: dict[str, Any] = {"fill_type": FillType.OuterCode, "line_type": LineType.SeparateCode}
        lines = []
        for number, color in enumerate(self.colors):
            own, others = outputs[..., number], np.delete(outputs, number, axis=-1)
            best = others.max(axis=-1)
            # Of two classes both are the logarithm of the odds, which is smoother than a probability.
            ahead = own - best
            odds = ahead - np.log(np.exp(others - best[..., None]).sum(axis=-1))
            wins, sure = contour_generator(x, y, ahead, **kinds), contour_generator(x, y, odds, **kinds)
            levels = [(wins, 0.0), *((sure, float(np.log(p / (1 - p)))) for p in SURE)]
            for (surface, level), tint in zip(levels, self._tints(color), strict=True):
                for points, codes in zip(*surface.filled(level, np.inf), strict=True):
                    pen.fill(points, codes, tint)
            # Two classes are parted by one line.
            lines += list(zip(*wins.lines(0.0), strict=True)) if number or len(self.colors) > 2 else []
        for points, codes in lines:
            pen.stroke(points, codes, ink, width, cap="butt")

    def _tints(self, color: str) -> list[RGB]:
        return [rgb(mix(self.stage.theme.background, color, part)) for part in TINTS]

    @cached_property
    def _points(self) -> Sprite:
        """All points on nothing, those that are learnt from over the hollow ones that are kept back."""
        box, px, halo = self.axes.box, self.stage.px, self.stage.halo
        pen, kept = Pen(box.width, box.height), self.data.test
        pen.pixels[:] = 0
        radius = 3.3 if len(self.data.x) <= 60 else 2.7 if len(self.data.x) <= 1000 else 2.0
        for part in (self.data,) if kept is None else (kept, self.data):
            pixels = self.axes.pixels(part.x) - (box.left, box.top)
            for (x, y), number in zip(pixels, part.y.astype(int), strict=True):
                marker, color = self.markers[number], rgb(self.colors[number])
                if part is kept:
                    pen.mark(marker, x, y, px(radius - 0.3), halo, color, px(1.1))
                else:
                    pen.mark(marker, x, y, px(radius), color, halo, px(0.8))
        return Sprite(pen.pixels.copy())

    def says(self, whose: bool, more: str = "") -> list[str]:
        """What is drawn, and of whose run, in fewer and fewer words; all end in what more there is to say."""
        signs = [f"{SIGNS[marker]} {number}" for number, marker in enumerate(self.markers)]
        up, signs = words.symbol(self.data.names[1]), signs if len(signs) <= len(SIGNS) else []
        label = f"{self.label}: " * (whose and bool(self.label))
        marked = label + ", ".join(signs)
        first = f"{label}class {', '.join(signs)}" if signs else label
        hollow = "; hollow: test points" * (self.data.test is not None)
        bands, line = "; bands: probability 1/2, 3/4, 0.9", "; line: probability 1/2"
        drawn = (bands, line, "") if len(self.params) and len(self.markers) == 2 else ("",)
        ways = [f"{up}; {first}{each}{hollow}" for each in drawn]
        ways += [f"{first}{hollow}", f"{first}{hollow.removesuffix(' points')}", first, marked]
        return [way + more for way in ways]
