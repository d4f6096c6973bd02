"""The data, and the models that the parameters mean."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.kinds import Only, panel
from optanim.pen import Box, Pen
from optanim.scales import Axes, Scale, padded
from optanim.settings import View
from optanim.stage import Panel
from optanim.themes import rgb
from optanim.tracks import dashed, track, turn

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

    def draw_static(self, pen: Pen, box: Box) -> None:
        trace, stage = self.stage.trace, self.stage
        data, problem = trace.data, trace.problem
        assert data is not None
        self.box = box
        x = padded(Scale("linear", float(data.x.min()), float(data.x.max())), 0.04)
        y = padded(Scale("linear", float(data.y.min()), float(data.y.max())), 0.09)
        if self.view:
            x = Scale("linear", *self.view[:2])
            y = Scale("linear", *self.view[2:]) if len(self.view) == 4 else y
        axes = Axes(box, x, y)
        self.ticks_across(pen, axes, self.across_to(x.low, x.high, data.names[0]))
        self.ticks_up(pen, axes, 34, grid=True)
        radius = stage.px(2.0 if len(data.x) > 60 else 2.7)
        best = problem.minima[0] if problem and problem.minima else None
        model = problem.model if problem else None
        grid = np.linspace(x.low, x.high, 200)
        says = data.names[1]
        with pen.clipped(box):
            for px, py in axes.pixels(np.column_stack([data.x, data.y])):
                pen.mark("circle", px, py, radius, rgb(stage.theme.muted), alpha=0.55)
            if self.truth and data.truth is not None:
                line = axes.pixels(np.column_stack([grid, data.truth(grid)]))
                pen.stroke(line, None, rgb(stage.theme.ink), stage.px(2.2))
                says += "; line: what the data were made from"
            elif best is not None and model is not None:
                line = axes.pixels(np.column_stack([grid, model(grid, best)]))
                dashes = dashed(track(line, box), stage.px(5), stage.px(3)).cut(0, len(line))
                if dashes:
                    pen.stroke(*dashes, rgb(stage.theme.ink), stage.px(1.5), cap="butt")
                says += "; dashed: the least loss"
        self.heading(pen, says)
        self.name_across(pen, data.names[0])
        self.lines = self._lines(axes, np.array([x.low, x.high]), model)

    def _lines(self, axes: Axes, x: Floats, model: Any) -> list[Floats]:
        """For each run the model's line at every iterate, in pixels: (N+1, 2, 2)."""
        if model is None:
            return []
        lines = []
        for run in self.runs:
            finite = run.params[np.isfinite(run.params).all(axis=1)]
            points = [axes.pixels(np.column_stack([x, model(x, tuple(params))])) for params in finite]
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
