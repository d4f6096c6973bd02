"""Loss against steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

import numpy as np

from optanim import scores, words
from optanim.bands import Band
from optanim.kinds import Inset, Marks, Only, panel
from optanim.layout import Margins
from optanim.measures import strays
from optanim.panels.curves import Across, AcrossScale, Curve, CurvePanel, Floats, end_name
from optanim.scales import LARGEST, SMALLEST, Scale, padded
from optanim.settings import Choice, Lead, ListOf, View
from optanim.trace import Path

Sets = Annotated[tuple[str, ...], ListOf(Choice(("train", "test")))]
DETAILED, NAMED = 10, 24  # up to so many runs have names with a second line, and names at all
FLOOR = 1e-14  # of the highest loss shown: below, differences are rounding
NARROW = 4.0  # times larger the highest loss, or less: the axis is linear
LEVEL = 1e-3  # of the loss the axis shows at least: no zoom into rounding
RUNAWAY = 30.0  # a diverging run is followed to this multiple of what the others need


@panel(needs="runs", view=(2,), inset=(2, 4))
@dataclass(kw_only=True)
class Loss(CurvePanel):
    """The loss of every run against the steps, on a log axis where every value is positive.

    Where all values are within a factor of 4 the axis is linear, and where one is zero or below it is
    symmetric-log; it says so, and a loss is never shifted.
    A run that diverges beside others that do not leaves through the top of the axes. `x: gradients`
    counts the gradients that were evaluated instead of the steps: fair to a rule that takes several
    in a step. `data: test` draws the loss of the points that were kept back, and `[train, test]` both,
    that of the training points dashed.
    """

    data: Lead[Sets] = ("train",)
    x: Across = "step"
    xscale: AcrossScale | None = None
    yscale: Literal["linear", "log", "symlog"] | None = None
    inset: Inset | None = None
    band: Band = "minmax"
    title: str | None = None
    only: Only | None = None
    view: View | None = None
    marks: Marks | None = None

    def curves(self) -> list[Curve]:
        count = self.families
        made = []
        for index, run in zip(self.indices, self.runs, strict=True):
            below = words.settings_line(run, self.stage.trace) if count <= DETAILED else ""
            name = end_name(self, index, run.label, below) if count <= NAMED else None
            if "train" in self.data:
                both = "test" in self.data
                made.append(Curve(index, run.loss, None if both else name, dashed=both))
            if "test" in self.data:
                made.append(Curve(index, scores.test_loss(self.stage.trace, index), name))
        return made

    def _losses(self) -> list[tuple[Path, Floats, bool]]:
        """All curves that share the axis, each with its run and whether it may run away unfollowed."""
        trace = self.stage.trace
        train = [(run, run.loss, True) for run in self.peers if "train" in self.data]
        # That a loss of points which were not fitted ends above its start is what is to be seen, unless
        # the run left those that were fitted too.
        tested = self.peers_at if "test" in self.data else []
        return train + [
            (run, scores.test_loss(trace, index), _diverges(run))
            for index, run in zip(tested, self.peers, strict=False)
        ]

    def says(self, scale: Scale) -> str:
        name = words.loss_name(self.stage.trace)
        if "test" in self.data:
            name += ": test, dashed training" if "train" in self.data else " of test points"
        below = any((loss <= 0).any() for _, loss, _ in self._losses())
        return {
            "log": name + ", log axis" + (": what is not positive is not on it" if below else ""),
            "linear": name + ", linear axis",
            "symlog": name + ", symmetric log axis",
        }[scale.kind]

    def margins(self) -> Margins:
        few, scale = super().margins(), self.scale()
        return few if scale.kind == "log" else self.ticked(few, scale)

    def scale(self) -> Scale:
        losses = self._losses()
        values = [loss[np.isfinite(loss)] for _, loss, _ in losses]
        values = [np.clip(v, -LARGEST, LARGEST) for v in values if len(v)] or [np.ones(1)]
        start = max(float(v[0]) for v in values)
        tame = [
            np.clip(loss[np.isfinite(loss) & ~strays(run)], -LARGEST, LARGEST)
            for run, loss, wild in losses
            if np.isfinite(loss[-1]) and (not wild or loss[-1] <= max(start, 0.0) * 1.0001)
        ]
        # Where all diverge, the one that does so least sets the scale.
        least = min(values, key=lambda v: float(np.abs(v).max()))
        shown = np.concatenate(tame or [least])
        low, high = float(shown.min()), max(float(shown.max()), start)
        wild = max(float(v.max()) for v in values)
        # Where runs are followed as they diverge what they began at is no rounding.
        most = np.inf if tame else max(start, 0.0)
        every = np.concatenate(values)
        kind = self.yscale or ("log" if (every > 0).all() else "symlog")
        positive = shown[shown > 0]
        lowest = float(positive.min()) if len(positive) else max(abs(high), SMALLEST) * 1e-6
        threshold = 0.1 * 10 ** np.floor(np.log10(max(abs(start), SMALLEST)))
        if not every.any():
            threshold = 1.0
        elif (every >= 0).all():  # a loss that reaches zero: every decade above the smallest shows
            threshold = max(lowest, min(high, most) * FLOOR, SMALLEST)
        if wild > high:
            high = min(wild, high * RUNAWAY if high > 0 and kind != "linear" else high + 0.3 * (high - low))
        if kind == "log":
            low = max(lowest, min(high, most) * FLOOR, SMALLEST)
            high = max(high, low)
            if high < NARROW * low and self.yscale is None:
                kind, low = "linear", float(shown.min())
        if kind != "symlog" and 0 <= high - low < LEVEL * abs(high):  # a level loss keeps its shape
            middle = (low + high) / 2
            low, high = middle - LEVEL / 2 * abs(middle), middle + LEVEL / 2 * abs(middle)
        if self.view:
            if kind == "log" and self.view[0] <= 0:
                kind = "symlog"
            return Scale(kind, self.view[0], self.view[1], threshold)
        return padded(Scale(kind, low, high, threshold), 0.04)


def _diverges(run: Path) -> bool:
    """Whether the loss that a run goes down ended above its start."""
    return run.ended is not None or not run.loss[-1] <= max(float(run.loss[0]), 0.0) * 1.0001
