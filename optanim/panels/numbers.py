"""Learning rates, and other settings that change with the step, against steps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np

from optanim.kinds import Only, panel
from optanim.panels.curves import Across, Curve, CurvePanel, Floats, end_name
from optanim.scales import Scale, padded
from optanim.settings import Lead, View
from optanim.trace import Path

NAMED = 24  # up to so many runs have names at all


class NumberPanel(CurvePanel, ABC):
    """A number of every step of every run: at iterate t what step t + 1 takes."""

    yscale: Literal["linear", "log"]

    @abstractmethod
    def values(self, run: Path) -> Floats | None:
        """The number in each step (N,), or None where the run has none that is to be drawn."""

    def curves(self) -> list[Curve]:
        made = []
        for index, run in zip(self.indices, self.runs, strict=True):
            values = self.values(run)
            if values is not None and len(values):
                name = end_name(self, index, run.label) if len(self.indices) <= NAMED else None
                made.append(Curve(index, np.append(values, values[-1]), name))
        return made

    def scale(self) -> Scale:
        values = np.concatenate([line.values for line in self.lines] or [np.ones(1)])
        values = values[np.isfinite(values)]
        if self.view:
            return Scale(self.yscale, self.view[0], self.view[1])
        if self.yscale == "log":
            positive = values[values > 0] if (values > 0).any() else np.ones(1)
            low, high = float(positive.min()), float(positive.max())
            low = max(low, high * 1e-8)
            return padded(Scale("log", low, high) if high > low else Scale("log", low / 2, high * 2), 0.05)
        low, high = float(values.min()), float(values.max())
        if low > 0 and low < 0.5 * high:
            low = 0.0  # a rate that falls is seen against nothing left
        if high == low:
            low, high = min(0.0, low), max(0.0, 1.3 * high)
        return padded(Scale("linear", low, high), 0.05)


@panel(needs="runs", view=(2,))
@dataclass(kw_only=True)
class Lr(NumberPanel):
    """The learning rate of every run against the steps."""

    x: Across = "step"
    yscale: Literal["linear", "log"] = "linear"
    title: str | None = None
    only: Only | None = None
    view: View | None = None

    def values(self, run: Path) -> Floats:
        return run.lr

    def says(self, scale: Scale) -> str:
        return "learning rate" + (", log axis" if scale.kind == "log" else "")


@panel(name="curve", needs="runs", view=(2,))
@dataclass(kw_only=True)
class SettingCurve(NumberPanel):
    """A setting that changes with the step, such as a momentum with a schedule, against the steps."""

    of: Lead[str]
    x: Across = "step"
    yscale: Literal["linear", "log"] = "linear"
    title: str | None = None
    only: Only | None = None
    view: View | None = None

    def values(self, run: Path) -> Floats | None:
        changing = run.scheduled.get(self.of)
        if changing is not None:
            return changing
        constant = run.settings.get(self.of)
        return np.full(len(run.lr), float(constant)) if isinstance(constant, (int, float)) else None

    def says(self, scale: Scale) -> str:
        return self.of.replace("_", " ") + (", log axis" if scale.kind == "log" else "")
