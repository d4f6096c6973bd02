"""The data, and the models that the parameters mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.kinds import Only, panel
from optanim.pen import Box, Pen
from optanim.scales import linear_ticks, tick_words
from optanim.settings import View
from optanim.stage import Panel
from optanim.tracks import turn

Floats = NDArray[np.float64]


@panel(needs="dataset")
@dataclass(kw_only=True)
class Fit(Panel):
    """The data as points and the model of every run as a line that moves.

    The dashed line is the model at the minimum of the loss; `truth` draws the one that the data
    were made from instead.
    """

    truth: bool = False
    title: str | None = None
    only: Only | None = None
    view: View | None = None

    def draw_static(self, axes: Any, box: Box) -> None:
        trace, theme = self.stage.trace, self.stage.theme
        data, problem = trace.data, trace.problem
        assert data is not None
        self.box, self.axes = box, axes
        x0, x1 = float(data.x.min()), float(data.x.max())
        room = 0.04 * (x1 - x0) or 1.0
        y0, y1 = float(data.y.min()), float(data.y.max())
        high = 0.09 * (y1 - y0) or 1.0
        given = self.view or ()
        x0, x1 = given[:2] if len(given) >= 2 else (x0 - room, x1 + room)
        y0, y1 = given[2:] if len(given) == 4 else (y0 - high, y1 + high)
        axes.set_xlim(x0, x1)
        axes.set_ylim(y0, y1)
        axes.grid(axis="y")
        px = self.stage.px
        last = self.across_to(x0, x1, data.names[0], box)
        across = linear_ticks(x0, last, max(2, int(box.width / px(60))))
        up = linear_ticks(y0, y1, max(2, int(box.height / px(34))))
        axes.set_xticks(across, tick_words(across))
        axes.set_yticks(up, tick_words(up))
        many = len(data.x) > 60
        axes.scatter(
            data.x, data.y, s=9 if many else 16, color=theme.muted, alpha=0.55, linewidths=0, zorder=2
        )
        grid = np.linspace(x0, x1, 200)
        best = problem.minima[0] if problem and problem.minima else None
        model = problem.model if problem else None
        words = data.names[1]
        if self.truth and data.truth is not None:
            axes.plot(grid, data.truth(grid), color=theme.ink, linewidth=1.6, zorder=3)
            words += "; line: what the data were made from"
        elif best is not None and model is not None:
            dashes = (0, (4, 2))
            axes.plot(grid, model(grid, best), color=theme.ink, linewidth=1.1, linestyle=dashes, zorder=3)
            words += "; dashed: the least loss"
        self.heading(axes, words)
        self.name_across(axes, data.names[0])
        self.lines = self._lines(axes, np.linspace(x0, x1, 2), model)

    def _lines(self, axes: Any, x: Any, model: Any) -> list[Any]:
        """For each run the model's line at every iterate, in pixels: (N+1, 2, 2)."""
        if model is None:
            return []
        lines = []
        for run in self.runs:
            finite = np.isfinite(run.params).all(axis=1)
            points = [
                self.to_pixels(axes, np.column_stack([x, model(x, tuple(params))]))
                for params in run.params[finite]
            ]
            lines.append(np.array(points))
        return lines

    def draw_front(self, pen: Pen, k: int) -> None:
        tau, px = self.stage.tau[k], self.stage.px
        now = [np.clip(self._at(line, tau), -1e4, 1e4) for line in self.lines]
        with pen.clipped(self.box):
            for place, (index, points) in enumerate(zip(self.indices, now, strict=False)):
                color = self.stage.styles[index].rgb
                same = [i for i, other in enumerate(now) if np.abs(other - points).max() < px(2)]
                if len(same) == 1:
                    pen.stroke(points, None, color, px(2.2))
                else:  # lines that coincide take turns, so that none hides another
                    pen.stroke(*turn(points, same.index(place), len(same)), color, px(2.2), cap="butt")

    @staticmethod
    def _at(line: Floats, tau: float) -> Floats:
        """The line between two iterates, in pixels (2, 2)."""
        step = min(tau, len(line) - 1)
        before = int(step)
        after = min(before + 1, len(line) - 1)
        return np.asarray(line[before] + (step - before) * (line[after] - line[before]))
