"""The landscape from above, with the paths on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from optanim import views, words
from optanim.kinds import Only, panel
from optanim.levels import bands
from optanim.paths import Paths
from optanim.pen import Box, Pen
from optanim.scales import LARGEST, Axes, Scale
from optanim.settings import Lead, Number, View
from optanim.stage import Panel
from optanim.themes import band_colors, rgb

Floats = NDArray[np.float64]
Levels = Annotated[int, Number(low=2, high=100, whole=True)]
EQUAL = 3.0  # sides of the view that differ by less than this are drawn to one scale


@panel(needs="landscape", view=(4,), dimensions=2)
@dataclass(kw_only=True)
class Contour(Panel):
    """The landscape as quiet bands, the paths of the optimizers on it.

    Levels are geometric in the loss above the lowest in view; where that would show little, as about a
    saddle, in the distance from the saddle's loss. Where the sides of the view differ
    by less than 3 : 1 both axes have one scale, and the view is widened to fill its panel. The
    star is the minimum of the loss; words under it say where it was only found by a search in view.
    """

    loss: Lead[str] = "full"
    levels: Levels = 13
    title: str | None = None
    only: Only | None = None
    view: View | None = None

    # -- static --------------------------------------------------------------------------------

    def draw_static(self, pen: Pen, box: Box) -> None:
        problem = self.stage.trace.problem
        assert problem is not None
        self.box = box
        self.seen = x0, x1, y0, y1 = self._view(box)
        axes = Axes(box, Scale("linear", x0, x1), Scale("linear", y0, y1))
        across, up = map(words.symbol, problem.names)
        with pen.clipped(box):
            self._draw_bands(pen, axes)
        self.ticks_across(pen, axes, self.across_to(x0, x1, across))
        self.ticks_up(pen, axes, 55, grid=False)
        self.heading(pen, up)
        self.name_across(pen, across)
        self.paths = Paths(
            self.stage,
            self.indices,
            [axes.pixels(run.params) for run in self.runs],
            axes.pixels(np.array(problem.minima, float).reshape(-1, 2)),
            box,
            note="lowest found" if problem.minima_found else "",
        )

    def shape(self) -> float | None:
        x0, x1, y0, y1 = self._least()
        ratio = (x1 - x0) / (y1 - y0)
        return ratio if 1 / EQUAL < ratio < EQUAL else None

    def _least(self) -> tuple[float, float, float, float]:
        x0, x1, y0, y1 = views.least(self.stage.trace, self.view, self.runs)
        return x0, x1, y0, y1

    def _view(self, box: Box) -> tuple[float, float, float, float]:
        """The least view, widened to one scale on both axes where its sides are not too unlike."""
        x0, x1, y0, y1 = self._least()
        wide, high = x1 - x0, y1 - y0
        if 1 / EQUAL < wide / high < EQUAL:
            scale = max(wide / box.width, high / box.height)
            cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
            wide, high = scale * box.width, scale * box.height
            x0, x1, y0, y1 = cx - wide / 2, cx + wide / 2, cy - high / 2, cy + high / 2
        return x0, x1, y0, y1

    def _draw_bands(self, pen: Pen, axes: Axes) -> None:
        """Bands from the lowest up, each over the whole of those below: no seams, and edges that blend."""
        from contourpy import FillType, LineType, contour_generator

        theme, box = self.stage.theme, self.box
        x, y, z = self._surface()
        if np.isnan(z).all():
            middle = (box.left + box.right) / 2, (box.top + box.bottom) / 2
            self.stage.write(pen, "no finite value in view", *middle, size=10, align="centre")
            return
        edges = bands(z, self.levels)
        gridded = contour_generator(
            axes.pixels(np.column_stack([x, np.full(len(x), y[0])]))[:, 0],
            axes.pixels(np.column_stack([np.full(len(y), x[0]), y]))[:, 1],
            np.ma.masked_invalid(z),
            fill_type=FillType.OuterCode,
            line_type=LineType.SeparateCode,
        )
        for level, color in zip(edges, band_colors(theme, len(edges) - 1), strict=False):
            # From a level up: the next band covers what is above its own.
            bottom = -np.inf if level == edges[0] else level
            for points, codes in zip(*gridded.filled(bottom, np.inf), strict=True):
                pen.fill(points, codes, color)
        line, width = rgb(theme.contour_line), self.stage.px(0.85)
        for level in edges[1:-1]:
            for points, codes in zip(*gridded.lines(level), strict=True):
                pen.stroke(points, codes, line, width, theme.contour_alpha, cap="butt")

    def _surface(self) -> tuple[Floats, Floats, Floats]:
        """The landscape in view: x (w,), y (h,) and values (h, w), NaN where they are not finite."""
        problem, data = self.stage.trace.problem, self.stage.trace.data
        assert problem is not None
        x0, x1, y0, y1 = self.seen
        # A point for every pixel, up to 400 a side: a narrow valley must not break into islands.
        # With very many rows of data fewer: such a loss is smooth, and each point costs all rows.
        most = int(np.clip(np.sqrt(3e8 / len(data.x)), 40, 400)) if data else 400
        x = np.linspace(x0, x1, min(max(60, self.box.width), most))
        y = np.linspace(y0, y1, min(max(60, self.box.height), most))
        with np.errstate(all="ignore"):
            z = problem.surface(x[None, :], y[:, None], loss=None if self.loss == "full" else self.loss)
        return x, y, np.where(np.isfinite(z), np.clip(z, -LARGEST, LARGEST), np.nan)

    def grown(self, k: int) -> list[Box]:
        return self.paths.grown(k)

    def draw_past(self, pen: Pen, k: int) -> None:
        self.paths.draw_past(pen, k)

    def draw_front(self, pen: Pen, k: int) -> None:
        self.paths.draw_front(pen, k)
