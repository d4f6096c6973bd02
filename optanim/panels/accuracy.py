"""How many points are told right, against steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from optanim import bands, scores, words
from optanim.bands import Band
from optanim.kinds import Inset, Marks, Only, panel
from optanim.panels.curves import Across, AcrossScale, Curve, CurvePanel, Floats, end_name
from optanim.panels.loss import DETAILED, NAMED, Sets
from optanim.scales import Scale, padded
from optanim.settings import Lead, View
from optanim.trace import Path

LEAST = 1.0  # per cent that the axis shows at least


@panel(needs="dataset runs classes", view=(2,), inset=(2, 4))
@dataclass(kw_only=True)
class Accuracy(CurvePanel):
    """The share of the points whose class a network tells right, in per cent, against the steps.

    It is right where the largest of its outputs is that of the class. `data: test` are the points that were
    kept back, `train` those that are learnt from, and `[train, test]` both, the training points dashed; where
    nothing is said, those kept back if there are any. What each curve ends at stands under its name,
    rounded down.
    """

    data: Lead[Sets] | None = None
    x: Across = "step"
    xscale: AcrossScale | None = None
    yscale: Literal["linear", "log"] = "linear"
    inset: Inset | None = None
    band: Band = "minmax"
    title: str | None = None
    only: Only | None = None
    view: View | None = None
    marks: Marks | None = None

    @property
    def sets(self) -> list[str]:
        """What is drawn, in the order in which it is."""
        worlds = self.stage.trace.worlds or (self.stage.trace,)
        tested = all(world.data is not None and world.data.test is not None for world in worlds)
        given = self.data or ("test" if tested else "train",)
        return [name for name in ("train", "test") if name in given]

    def curves(self) -> list[Curve]:
        made, sets = [], self.sets
        for index, run in zip(self.indices, self.runs, strict=True):
            for name in sets:
                sprite = None
                if name == sets[-1] and self.families <= NAMED:
                    sprite = end_name(self, index, run.label, self._below(index, run))
                made.append(Curve(index, self._share(index, name), sprite, dashed=name != sets[-1]))
        return made

    def _below(self, index: int, run: Path) -> str:
        """What stands under the name of a run: what it ends at, and its settings where there is room."""
        sets = self.sets
        kin, log = self.kin(index), self.yscale == "log"
        ends = [
            (
                name,
                float(
                    bands.middle(np.array([[self._share(each, name)[-1]] for each in kin]), self.band, log)[0]
                ),
            )
            for name in reversed(sets)
        ]
        told = [
            f"{name} {words.percent(end)}" if len(sets) > 1 else words.percent(end)
            for name, end in ends
            if end >= 0
        ]
        settings = words.settings_line(run, self.stage.trace) if self.families <= DETAILED else ""
        brief = [", ".join(told), ", ".join(told).removeprefix(f"{sets[-1]} ")]
        ways = [" · ".join(filter(None, [brief[0], settings])), *brief]
        return next((way for way in ways if self.stage.width(way, 8.5) <= self.room), ways[-1])

    def _share(self, index: int, name: str) -> Floats:
        """The share of the points of a set that are told right at every kept iterate, in per cent."""
        return scores.accuracy(self.stage.trace, index, test=name == "test")

    def known(self) -> int:
        trace = self.stage.trace
        tests = [name == "test" for name in self.sets]
        return min(len(scores.asked(trace, index, test)) for index in self.indices for test in tests)

    def says(self, scale: Scale) -> str:
        sets = {"train": "training", "test": "test"}
        *first, last = [sets[name] for name in self.sets]
        axis = ", log axis" if scale.kind == "log" else ""
        return f"accuracy in %: {last}" + (f", dashed {first[0]}" if first else "") + axis

    def scale(self) -> Scale:
        every = [self._share(index, name) for index in self.peers_at for name in self.sets]
        values = np.concatenate([np.zeros(0), *every])
        values = values[np.isfinite(values)]
        if self.yscale == "log":
            values = values[values > 0]
        if self.view:
            low = min((float(v) for v in values), default=LEAST) if self.view[0] <= 0 else self.view[0]
            return Scale(self.yscale, low if self.yscale == "log" else self.view[0], self.view[1])
        low, high = (float(values.min()), float(values.max())) if len(values) else (LEAST, 100.0)
        if high - low < LEAST:
            low = max(min((low + high - LEAST) / 2, 100.0 - LEAST), LEAST / 2)
            high = low + LEAST
        return padded(Scale(self.yscale, low, high), 0.04)
