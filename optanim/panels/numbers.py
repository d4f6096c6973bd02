"""Learning rates, and other settings that change with the step, against steps."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from optanim.kinds import Marks, Only, panel
from optanim.layout import Margins
from optanim.panels.curves import Across, AcrossScale, Curve, CurvePanel, Floats, end_name
from optanim.scales import Scale, padded
from optanim.settings import View
from optanim.trace import Path
from optanim.tracks import Track

NAMED = 24  # up to so many runs have names at all
STEEP = 3.0  # a change so many times as large as those beside it is a jump
SUDDEN = 1e-3  # of a step: what the head needs for a jump


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
                name = end_name(self, index, run.label) if self.families <= NAMED else None
                made.append(Curve(index, until_the_end(run, values), name))
        return made

    def margins(self) -> Margins:
        return self.ticked(super().margins(), self.scale())

    def drawn(self, line: Curve, way: Track) -> Track:
        return stepped(line, way)

    def scale(self) -> Scale:
        numbers = [(run, self.values(run)) for run in self.peers]
        each = [until_the_end(run, values) for run, values in numbers if values is not None and len(values)]
        values = np.concatenate(each or [np.ones(1)])
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


def stepped(line: Curve, way: Track) -> Track:
    """The track whose jumps go straight up or down where the step with the new value begins."""
    xy, t, ink = way.xy, way.t, way.ink
    after = np.searchsorted(t, jumps(line.values))  # the vertices that are jumped to
    after = after[(after > 0) & (after < len(t))]
    after = after[ink[after - 1]]
    corners = np.column_stack([xy[after, 0], xy[after - 1, 1]])
    return Track(
        np.insert(xy, after, corners, axis=0),
        np.insert(t, after, t[after] - SUDDEN),
        np.insert(ink, after, True),
    )


def jumps(values: Floats) -> NDArray[np.int64]:
    """The iterates at which a curve jumps: it changes there and is flat, or changes far less, beside it."""
    change = np.abs(np.diff(values))
    change[~np.isfinite(change)] = 0.0
    beside = np.pad(change, 1)
    slope = np.maximum(beside[:-2], beside[2:])
    scale = float(np.nanmax(np.abs(values))) if np.isfinite(values).any() else 0.0
    return np.flatnonzero(change > np.maximum(STEEP * slope, 1e-9 * scale)) + 1


def until_the_end(run: Path, values: Floats) -> Floats:
    """The number at every iterate: the last step's at the end of the run, and none after it."""
    made = np.append(values, values[-1])
    if run.ended:
        made[run.ended.step :] = np.nan
    elif 0 < run.steps < len(values):
        made[run.steps] = values[run.steps - 1]
        made[run.steps + 1 :] = np.nan
    return made


@panel(needs="runs", view=(2,))
@dataclass(kw_only=True)
class Lr(NumberPanel):
    """The learning rate of every run against the steps."""

    x: Across = "step"
    xscale: AcrossScale | None = None
    yscale: Literal["linear", "log"] = "linear"
    title: str | None = None
    only: Only | None = None
    view: View | None = None
    marks: Marks | None = None

    def values(self, run: Path) -> Floats:
        return run.lr

    def says(self, scale: Scale) -> str:
        return "learning rate" + (", log axis" if scale.kind == "log" else "")
