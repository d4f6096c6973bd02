"""The data, and the models that the parameters mean."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim import words
from optanim.kinds import Marks, Only, panel
from optanim.layout import Margins
from optanim.losses import CLASSIFY
from optanim.panel import Panel
from optanim.panels.boundary import Boundary, axes_in, shape
from optanim.panels.headings import fitting
from optanim.pen import Box, Pen
from optanim.scales import Axes, Scale, padded
from optanim.settings import View
from optanim.themes import rgb
from optanim.trace import Data
from optanim.tracks import dashed, track, turn

Floats = NDArray[np.float64]
Model = Callable[[Floats, Any], Floats]
GRID = 200  # points of a curve
UNITS = re.compile(r" \(.*\)$")  # what stands behind the name of a column
FINE = 800  # of one that may turn as often as it has parameters


@panel(needs="dataset")
@dataclass(kw_only=True)
class Fit(Panel):
    """The data as points and the model of every run as a line that moves.

    The dashed line is the model at the minimum of the loss; `truth` draws the one that the data
    were made from instead. For the loss logistic the line is the probability of the upper class, 0 at
    the lower class and 1 at the upper; for hinge it is the score, whose margin is 1 at the classes.
    Data of two inputs are points of a plane, with a marker and a colour for each class; of one run the
    bands behind them are where a class has a probability of at least 1/2, 3/4 and 0.9, and the line is where
    the network changes its mind. Points to test on are hollow.
    """

    truth: bool = False
    title: str | None = None
    only: Only | None = None
    view: View | None = None
    marks: Marks | None = None

    def margins(self) -> Margins:
        data = self.stage.trace.data
        few = super().margins()
        return few if data is not None and data.x.ndim > 1 else self.ticked(few, self._scales()[1])

    def _scales(self) -> tuple[Scale, Scale]:
        data = self.stage.trace.data
        assert data is not None
        every = [data] if data.test is None else [data, data.test]
        xs, ys = np.concatenate([part.x for part in every]), np.concatenate([part.y for part in every])
        x = padded(Scale("linear", float(xs.min()), float(xs.max())), 0.04)
        y = padded(Scale("linear", float(ys.min()), float(ys.max())), 0.09)
        if self.view:
            x = Scale("linear", *self.view[:2])
            y = Scale("linear", *self.view[2:]) if len(self.view) == 4 else y
        return x, y

    def draw_static(self, pen: Pen, box: Box) -> None:
        trace, stage = self.stage.trace, self.stage
        data, problem = trace.data, trace.problem
        assert data is not None
        self.box = box
        self.plane = self._plane(pen, data) if data.x.ndim > 1 else None
        if self.plane:
            return
        x, y = self._scales()
        axes = Axes(box, x, y)
        self.ticks_across(pen, axes, self.across_to(x.low, x.high, data.names[0]))
        self.ticks_up(pen, axes, 34, grid=True)
        radius = stage.px(2.0 if len(data.x) > 60 else 2.7)
        best = problem.minima[0] if problem and problem.minima else None
        self.loss = words.loss_of(trace)
        self.model = model = self._drawn(problem.model, data.y) if problem and problem.model else None
        straight = problem is None or len(problem.names) <= 2
        grid = np.linspace(x.low, x.high, GRID if straight else FINE)
        lines = ""
        with pen.clipped(box):
            if self.truth and data.truth is not None:
                pixels = axes.pixels(np.column_stack([grid, data.truth(grid)]))
                line = track(pixels[np.isfinite(pixels).all(axis=1)], box)
                if piece := line.cut(0.0, line.end):
                    pen.stroke(*piece, rgb(stage.theme.ink), stage.px(2.2))
                lines = "; line: what the data were made from"
            elif best is not None and model is not None:
                line = track(axes.pixels(np.column_stack([grid, model(grid, best)])), box)
                if dashes := dashed(line, stage.px(5), stage.px(3)).cut(0.0, line.end):
                    pen.stroke(*dashes, rgb(stage.theme.ink), stage.px(1.5), cap="butt")
                lines = "; dashed: the least loss"
            if data.test is not None:
                paper, rim = rgb(stage.theme.background), rgb(stage.theme.muted)
                for px, py in axes.pixels(np.column_stack([data.test.x, data.test.y])):
                    pen.mark("circle", px, py, radius, paper, rim, stage.px(1.0))
            for px, py in axes.pixels(np.column_stack([data.x, data.y])):
                pen.mark("circle", px, py, radius, rgb(stage.theme.muted), alpha=0.55)
        self.ways = self._ways(data, lines)
        room = np.inf if self.cell else box.width  # a grid has its own room for what its cells say
        self.heading(pen, fitting(self.ways, lambda text: stage.width(text, 9) <= room))
        self.name_across(pen, data.names[0])
        self.axes = axes
        # A straight line is told by its ends.
        self.grid = grid[[0, -1]] if straight and self.loss != "logistic" else grid
        fine = [np.isfinite(run.params).all(axis=1) for run in self.runs] if model else []
        self.params = [run.params[kept] for run, kept in zip(self.runs, fine, strict=False)]
        self.at = [run.at[kept] for run, kept in zip(self.runs, fine, strict=False)]

    def _ways(self, data: Data, lines: str) -> list[str]:
        """What is drawn in fewer and fewer words: what the points are goes before what the lines are."""
        hollow = "; hollow: test points" * (data.test is not None)
        name, means = data.names[1], self._meaning(data.y)
        briefly = lines.replace("the least", "least").replace("what the data were made from", "the truth")
        ways = [f"{name}{means}{line}{hollow}" for line in (lines, briefly)]
        ways += [f"{each}{means}{briefly}" for each in (name, UNITS.sub("", name))]
        return list(dict.fromkeys(ways[1:] if self.loss in CLASSIFY else ways))

    def _plane(self, pen: Pen, data: Data) -> Boundary:
        """The plane of two inputs, with what is still of its picture drawn."""
        stage, problem = self.stage, self.stage.trace.problem
        self.axes = axes = axes_in(self.box, data, self.view)
        run = self.runs[0] if self.runs else None
        plane = Boundary(stage, data, run, problem.model if problem else None, axes)
        across = words.symbol(data.names[0])
        self.ticks_across(pen, axes, self.across_to(axes.x.low, axes.x.high, across))
        self.ticks_up(pen, axes, 55, grid=False)
        self.ways = plane.says(self.named, self.of_seed if self.runs else "")
        fits = (way for way in self.ways if self.cell or stage.width(way, 9) <= self.box.width)
        self.heading(pen, next(fits, self.ways[-1]))
        self.name_across(pen, across)
        return plane

    def shape(self) -> float | None:
        data = self.stage.trace.data
        return shape(data, self.view) if data is not None and data.x.ndim > 1 else None

    def grown(self, k: int) -> list[Box]:
        return [self.box] if self.plane and self.plane.place(k) != self.plane.place(k - 1) else []

    def draw_past(self, pen: Pen, k: int) -> None:
        if self.plane:
            self.plane.draw(pen, k)

    def _drawn(self, model: Model, y: Floats) -> Model:
        """The model as it is drawn among the classes of y, where the loss is one of classes."""
        low, high = float(y.min()), float(y.max())
        if self.loss == "logistic":
            # Half of 1 + tanh(score / 2) is the probability, and cannot overflow.
            return lambda x, params: low + (high - low) * (1 + np.tanh(model(x, params) / 2)) / 2
        if self.loss == "hinge":
            return lambda x, params: low + (high - low) * (1 + model(x, params)) / 2
        return model

    def _meaning(self, y: Floats) -> str:
        """What the lines are, where they are not what the loss compares with y."""
        classes = [words.number(float(value)) for value in (y.min(), y.max())]
        if self.loss == "logistic":
            return f"; line: P(y = {classes[1]}), 0 to 1"
        at = "±1" if classes == ["−1", "1"] else " and ".join(classes)
        return f"; line: score, margin at {at}" if self.loss == "hinge" else ""

    def draw_front(self, pen: Pen, k: int) -> None:
        if self.plane:
            return
        tau, px = self.stage.tau[k], self.stage.px
        now = [
            self._at(params, float(np.interp(tau, at, np.arange(len(at)))))
            for params, at in zip(self.params, self.at, strict=True)
        ]
        with pen.clipped(self.box):
            looks = [self.stage.styles[index] for index in self.indices]
            for index, look, points in zip(self.indices, looks, now, strict=False):
                near = (np.abs(other - points).max() < px(2) for other in now)
                same = list(dict.fromkeys(each for each, fine in zip(looks, near, strict=False) if fine))
                line = track(points, self.box)
                if len(same) > 1:  # lines of several looks that coincide take turns, so that none is hidden
                    line = turn(line, same.index(look), len(same))
                piece = line.cut(0.0, line.end)
                if piece:
                    cap = "round" if len(same) == 1 else "butt"
                    pen.stroke(*piece, look.rgb, px(2.2) * self.stage.slim(index), cap=cap)

    def _at(self, params: Floats, tau: float) -> Floats:
        """The line of the parameters between two that were kept, in pixels (m, 2)."""
        step = min(tau, len(params) - 1)
        before = int(step)
        after = min(before + 1, len(params) - 1)
        between = params[before] + (step - before) * (params[after] - params[before])
        assert self.model is not None
        with np.errstate(over="ignore", invalid="ignore"):
            values = self.model(self.grid, tuple(between))
            # A network has outputs, if only one of them.
            return self.axes.pixels(np.column_stack([self.grid, values.reshape(len(self.grid))]))
