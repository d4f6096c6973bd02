"""The parameters against steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from optanim import words
from optanim.kinds import Marks, Only, panel
from optanim.labels import listed
from optanim.layout import Margins, spread
from optanim.panels.curves import Across, AcrossScale, Curve, CurvePanel
from optanim.pen import Box, Pen
from optanim.scales import Scale, padded
from optanim.settings import View
from optanim.themes import rgb
from optanim.tracks import dashed, track
from optanim.typeset import Sprite


@panel(needs="landscape runs", view=(2,))
@dataclass(kw_only=True)
class Weights(CurvePanel):
    """Every parameter of every run against the steps, each towards its value at the minimum.

    A run's parameters have its colour, the first in a whole line and the second in dashes; the grey
    lines are the parameters of the minima.
    """

    head_radius = 3.0

    x: Across = "step"
    xscale: AcrossScale | None = None
    yscale: Literal["linear", "symlog"] = "linear"
    title: str | None = None
    only: Only | None = None
    view: View | None = None
    marks: Marks | None = None

    def curves(self) -> list[Curve]:
        size = len(self.stage.trace.problem.names) if self.stage.trace.problem else 0
        return [
            Curve(index, run.params[:, j], dashed=j > 0)
            for index, run in zip(self.indices, self.runs, strict=True)
            for j in range(size)
        ]

    def says(self, scale: Scale) -> str:
        problem = self.stage.trace.problem
        names = [words.symbol(name) for name in problem.names] if problem else []
        return f"{names[0]} and, dashed, {names[1]}" if len(names) == 2 else listed(names)

    def scale(self) -> Scale:
        problem = self.stage.trace.problem
        assert problem is not None
        points = np.concatenate([*(run.params[0] for run in self.peers), *map(np.array, problem.minima[:1])])
        low, high = float(points.min()), float(points.max())
        reach = max(high - low, 1e-9)
        for run in self.peers:
            seen = run.params[np.isfinite(run.params).all(axis=1)]
            if len(seen) and np.abs(seen - points.mean()).max() < 3 * reach:
                low, high = min(low, float(seen.min())), max(high, float(seen.max()))
        threshold = max(abs(low), abs(high), 1e-9) / 100
        if self.view:
            return Scale(self.yscale, self.view[0], self.view[1], threshold)
        return padded(Scale(self.yscale, low, high, threshold), 0.06)

    def margins(self) -> Margins:
        px, beside = self.stage.px, 0
        for sprite in self._names().values():
            beside = max(beside, sprite.width)
        return self.ticked(
            Margins(left=px(42), top=px(24), right=px(10) + beside, bottom=px(24)), self.scale()
        )

    def _names(self) -> dict[str, Sprite]:
        problem, theme = self.stage.trace.problem, self.stage.theme
        names = problem.names if problem else ()
        return {name: self.stage.sprite([(words.symbol(name), theme.muted, 8.5, "normal")]) for name in names}

    def draw_static(self, pen: Pen, box: Box) -> None:
        super().draw_static(pen, box)
        problem, stage = self.stage.trace.problem, self.stage
        assert problem is not None
        if not problem.minima:
            return
        with pen.clipped(box):
            for value in sorted({value for point in problem.minima for value in point}):
                line = self.axes.pixels([[0, value], [max(stage.trace.steps, 1), value]])
                dots = dashed(track(line, box), stage.px(2), stage.px(2)).cut(0, 1)
                if dots:
                    pen.stroke(*dots, rgb(stage.theme.muted), stage.px(1.0), 0.8, cap="butt")
        if len(problem.minima) > 1:
            return
        sprites = self._names().values()
        wanted = [float(y) for _, y in self.axes.pixels([[0, value] for value in problem.minima[0]])]
        centres = spread(wanted, [s.height + stage.px(3) for s in sprites], box.top, box.bottom)
        for sprite, centre in zip(sprites, centres, strict=True):
            pen.place(sprite, round(box.right + stage.px(7)), round(centre - sprite.height / 2))
