"""Loss against steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from optanim import words
from optanim.kinds import Only, panel
from optanim.panels.curves import Curve, CurvePanel, end_name
from optanim.settings import View

RUNAWAY = 30.0  # a diverging run is followed to this multiple of what the others need


@panel(needs="runs")
@dataclass(kw_only=True)
class Loss(CurvePanel):
    """The loss of every run against the steps, on a log axis where every value is positive.

    Where a value is zero or below, the axis is symmetric-log and says so; a loss is never shifted.
    A run that diverges beside others that do not leaves through the top of the axes.
    """

    yscale: Literal["linear", "log", "symlog"] | None = None
    title: str | None = None
    only: Only | None = None
    view: View | None = None

    def curves(self) -> list[Curve]:
        trace = self.stage.trace
        return [
            Curve(index, run.loss, end_name(self, index, run.label, words.settings_line(run, trace)))
            for index, run in zip(self.indices, self.runs, strict=True)
        ]

    def says(self, scale: str) -> str:
        thing = self.stage.trace.scene.landscape
        regression = thing is not None and thing.name == "linear_regression"
        name = str(thing.settings.get("loss", "mse")).upper() if thing and regression else "loss"
        return {"log": name, "linear": name + ", linear axis", "symlog": name + ", symmetric log axis"}[scale]

    def limits(self, curves: list[Curve]) -> tuple[str, float, float]:
        values = [line.values[np.isfinite(line.values)] for line in curves]
        start = max((float(v[0]) for v in values if len(v)), default=1.0)
        tame = [
            v
            for v, run in zip(values, self.runs, strict=True)
            if len(v) and run.ended is None and v[-1] <= max(start, 0.0) * 1.0001
        ]
        shown = np.concatenate(tame or values or [np.ones(1)])
        shown = shown[np.abs(shown) < 1e60]
        low, high = float(shown.min()), max(float(shown.max()), start)
        wild = max((float(v.max()) for v in values if len(v)), default=high)
        positive = all((v > 0).all() for v in values)
        # A run that reaches zero to the last bit is still drawn on a log axis.
        nonnegative = all((v >= 0).all() for v in values)
        scale = self.yscale or ("log" if positive or (nonnegative and high > 0) else "symlog")
        if tame and wild > high:
            high = min(wild, high * RUNAWAY if scale == "log" else high + 0.3 * (high - low))
        if scale == "log":
            above = shown[shown > 0]
            low = max(float(above.min()) if len(above) else high * 1e-6, high * 1e-14)
            room = (high / low) ** 0.04
            low, high = low / room, high * room
            if high / low < 4:
                middle = (high * low) ** 0.5
                low, high = min(low, middle / 2), max(high, middle * 2)
        elif scale == "symlog":
            linear = self.threshold()
            ends = [np.sign(v) * np.log1p(abs(v) / linear) for v in (low, high)]
            room = 0.05 * (ends[1] - ends[0]) or 1.0
            low, high = (np.sign(v) * np.expm1(abs(v)) * linear for v in (ends[0] - room, ends[1] + room))
        else:
            room = 0.05 * (high - low) or 1.0
            low, high = low - room, high + room
        if self.view:
            low, high = self.view[-2:]
        return scale, float(low), float(high)
