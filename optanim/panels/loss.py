"""Loss against steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from optanim import words
from optanim.kinds import Only, panel
from optanim.panels.curves import Across, Curve, CurvePanel, end_name
from optanim.scales import LARGEST, SMALLEST, Scale, padded
from optanim.settings import View

DETAILED, NAMED = 10, 24  # up to so many runs have names with a second line, and names at all
FLOOR = 1e-14  # of the highest loss shown: below, differences are rounding
RUNAWAY = 30.0  # a diverging run is followed to this multiple of what the others need


@panel(needs="runs", view=(2,))
@dataclass(kw_only=True)
class Loss(CurvePanel):
    """The loss of every run against the steps, on a log axis where every value is positive.

    Where a value is zero or below, the axis is symmetric-log and says so; a loss is never shifted.
    A run that diverges beside others that do not leaves through the top of the axes. `x: gradients`
    counts the gradients that were evaluated instead of the steps: fair to a rule that takes several
    in a step.
    """

    x: Across = "step"
    yscale: Literal["linear", "log", "symlog"] | None = None
    title: str | None = None
    only: Only | None = None
    view: View | None = None

    def curves(self) -> list[Curve]:
        count = len(self.indices)
        made = []
        for index, run in zip(self.indices, self.runs, strict=True):
            below = words.settings_line(run, self.stage.trace) if count <= DETAILED else ""
            name = end_name(self, index, run.label, below) if count <= NAMED else None
            made.append(Curve(index, run.loss, name))
        return made

    def says(self, scale: Scale) -> str:
        name = words.loss_name(self.stage.trace)
        below = any((run.loss <= 0).any() for run in self.runs)
        return {
            "log": name + (", log axis: what is not positive is not on it" if below else ""),
            "linear": name + ", linear axis",
            "symlog": name + ", symmetric log axis",
        }[scale.kind]

    def scale(self) -> Scale:
        values = [run.loss[np.isfinite(run.loss)] for run in self.runs]
        values = [np.clip(v, -LARGEST, LARGEST) for v in values if len(v)] or [np.ones(1)]
        start = max(float(v[0]) for v in values)
        tame = [
            np.clip(run.loss, -LARGEST, LARGEST)
            for run in self.runs
            if run.ended is None and run.loss[-1] <= max(start, 0.0) * 1.0001
        ]
        # Where all diverge, the one that does so least sets the scale.
        least = min(values, key=lambda v: float(np.abs(v).max()))
        shown = np.concatenate(tame or [least])
        low, high = float(shown.min()), max(float(shown.max()), start)
        wild = max(float(v.max()) for v in values)
        every = np.concatenate(values)
        kind = self.yscale or ("log" if (every > 0).all() else "symlog")
        positive = shown[shown > 0]
        lowest = float(positive.min()) if len(positive) else max(abs(high), SMALLEST) * 1e-6
        threshold = 0.1 * 10 ** np.floor(np.log10(max(abs(start), SMALLEST)))
        if not every.any():
            threshold = 1.0
        elif (every >= 0).all():  # a loss that reaches zero: every decade above the smallest shows
            threshold = max(lowest, high * FLOOR, SMALLEST)
        if wild > high:
            high = min(wild, high * RUNAWAY if high > 0 and kind != "linear" else high + 0.3 * (high - low))
        if kind == "log":
            low = max(lowest, high * FLOOR, SMALLEST)
            high = max(high, low)
            if high < 4 * low:  # a nearly constant loss keeps its shape: no zoom into nothing
                low, high = low / 2, high * 2
        if self.view:
            return Scale(kind, self.view[0], self.view[1], threshold)
        return padded(Scale(kind, low, high, threshold), 0.04)
