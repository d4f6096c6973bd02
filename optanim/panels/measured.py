"""Any number of a run against steps: learning rates of parameters, trust ratios, what a path measures."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from optanim import words
from optanim.bands import Band
from optanim.kinds import Marks, Only, panel
from optanim.labels import listed
from optanim.layout import Margins
from optanim.measures import MEASURES, stability, strays, unmeasured
from optanim.panels.curves import Across, AcrossScale, Curve, CurvePanel, Floats, end_name
from optanim.panels.numbers import NAMED, stepped, until_the_end
from optanim.scales import LARGEST, SMALLEST, Scale, padded
from optanim.settings import Lead, View
from optanim.trace import Path
from optanim.tracks import Track

FLOOR = 1e-14  # of the largest number shown: below, differences are rounding
RUNAWAY = 30.0  # a run that goes up is followed to this multiple of what the others need
EACH = 4  # of up to so many parameters each line is named
NARROW = 4.0  # a log axis spans this factor at least: no zoom into nothing

Kind = Literal["linear", "log", "symlog"]
AXES = {"linear": "", "log": ", log axis", "symlog": ", symmetric log axis"}


class MeasuredPanel(CurvePanel, ABC):
    """Numbers of every run, one or several, against the steps."""

    yscale: Kind | None

    @abstractmethod
    def series(self, run: Path) -> list[Floats]:
        """The numbers of a run at every iterate, (N+1,) each; the second and later ones are dashed."""

    @property
    @abstractmethod
    def usual(self) -> Kind:
        """The kind of axis where none is said."""

    def names_of(self, run: Path, count: int) -> list[str]:
        """What the lines of a run are called, of which it has so many; nothing where none is."""
        return [run.label, *[""] * (count - 1)][:count]

    def without(self) -> str:
        """Which runs have no such numbers, in words."""
        names = [run.label for run in self.runs if not self.series(run)]
        if not names:
            return ""
        return f"; {listed(names) if len(names) < 3 else f'{len(names)} runs'} without"

    def levels(self, run: Path) -> tuple[Floats, str] | None:
        """What the numbers of a run are held against, (N+1,), and what it is called."""
        return None

    def curves(self) -> list[Curve]:
        made = []
        for index, run in zip(self.indices, self.runs, strict=True):
            series = self.series(run)
            names = self.names_of(run, len(series))
            for j, (values, name) in enumerate(zip(series, names, strict=True)):
                sprite = end_name(self, index, name) if name and self.families <= NAMED else None
                made.append(Curve(index, values, sprite, dashed=j > 0))
        return [*made, *self._levels()]

    def _levels(self) -> list[Curve]:
        """Each level once, named by its formula; by its run too where runs have different ones."""
        known: list[tuple[int, Floats, str]] = []
        for index, run in zip(self.indices, self.runs, strict=True):
            found = self.levels(run)
            if found and not any(np.array_equal(found[0], other, equal_nan=True) for _, other, _ in known):
                known.append((index, *found))
        made = []
        for index, values, text in known:
            label = f"{text} of {self.stage.trace.runs[index].label}" if len(known) > 1 else text
            sprite = self.stage.sprite(
                [(self.stage.fitted(label, 8.5, "normal", self.room), self.stage.theme.muted, 8.5, "normal")]
            )
            made.append(Curve(index, values, sprite, dashed=True, quiet=True))
        return made

    def margins(self) -> Margins:
        return self.ticked(super().margins(), self.scale())

    def scale(self) -> Scale:
        every, tame, start = [np.ones(0)], [np.ones(0)], 0.0
        for run in self.peers:
            held, away = self.levels(run), strays(run)
            away[:-1] |= away[1:]  # the step that leads there is as long
            for values in [*self.series(run), *([held[0]] if held else [])]:
                fine = np.isfinite(values)
                every.append(np.clip(values[fine], -LARGEST, LARGEST))
                start = max(start, *every[-1][:1])
                if run.ended is None and run.loss[-1] <= max(run.loss[0], 0.0) * 1.0001:
                    # Of what is known of every iterate each is as the one kept before it.
                    rows = run.at.searchsorted(np.arange(len(values)), side="right") - 1
                    calm = ~(away if len(values) == len(away) else away[rows])
                    tame.append(np.clip(values[fine & calm], -LARGEST, LARGEST))
        both = np.concatenate(every), np.concatenate(tame)
        return _scale(*both, self.yscale, self.usual, self.view, start)


def _scale(
    every: Floats,
    tame: Floats,
    asked: Kind | None,
    usual: Kind,
    view: Sequence[float] | None,
    start: float = 0.0,
) -> Scale:
    """The axis of some numbers, of which only the tame ones have to be seen, or the start where none are."""
    every = every if len(every) else np.ones(1)
    shown = tame if len(tame) else every
    low, high = float(shown.min()), float(shown.max())
    if float(every.max()) > high:
        high = min(float(every.max()), high * RUNAWAY if high > 0 else high)
    size = max(abs(low), abs(high), SMALLEST)
    below = every.min() < -FLOOR * size or not (every > 0).any()
    kind = asked or ("symlog" if usual == "log" and below else usual)
    threshold = size * 1e-6
    if view:
        return Scale(kind, view[0], view[1], threshold)
    if kind == "log":
        positive = shown[shown > 0]
        floor = FLOOR * (high if len(tame) else min(high, start))
        low = max(float(positive.min()) if len(positive) else high, floor, SMALLEST)
        high = max(high, low)
        if high < NARROW * low:
            middle = np.sqrt(low) * np.sqrt(high)
            low, high = middle / np.sqrt(NARROW), middle * np.sqrt(NARROW)
    elif kind == "linear" and 0 < low < 0.5 * high:
        low = 0.0
    elif high == low:
        low, high = min(0.0, low), max(0.0, 1.3 * high)
    return padded(Scale(kind, low, high, threshold), 0.05)


class StepPanel(MeasuredPanel, ABC):
    """Numbers of every parameter in every step: at iterate t those of step t + 1."""

    yscale: Kind | None

    @abstractmethod
    def table(self, run: Path) -> Floats | None:
        """The numbers (N, n), or None where the run has none."""

    @property
    def usual(self) -> Kind:
        return "log"

    def series(self, run: Path) -> list[Floats]:
        table = self.table(run)
        if table is None or not len(table):
            return []
        # What is the same for all parameters is one line.
        same = all(np.array_equal(table[:, 0], column, equal_nan=True) for column in table.T)
        return [until_the_end(run, column) for column in (table[:, :1] if same else table).T]

    def names_of(self, run: Path, count: int) -> list[str]:
        problem = self.stage.trace.problem
        symbols = [words.symbol(name) for name in problem.names] if problem else []
        if not 1 < count == len(symbols) <= EACH:
            return super().names_of(run, count)
        return symbols if len(self.peers) == 1 else [f"{run.label} {symbol}" for symbol in symbols]


@panel(needs="landscape runs", view=(2,), explains="step")
@dataclass(kw_only=True)
class EffectiveLr(StepPanel):
    """The learning rate that each parameter really has, against the steps.

    It is what a rule multiplies the gradient or its momentum with: the learning rate times all that the
    rule scales it by, as lr / (sqrt(v) + eps) in Adam. A run's parameters have its colour, the first in
    a whole line and the others in dashes; where all have the same there is one line.
    """

    x: Across = "step"
    xscale: AcrossScale | None = None
    yscale: Literal["linear", "log"] | None = None
    title: str | None = None
    only: Only | None = None
    view: View | None = None
    marks: Marks | None = None

    def table(self, run: Path) -> Floats | None:
        return run.parts.preconditioner if run.parts else None

    def says(self, scale: Scale) -> str:
        return "effective learning rate" + AXES[scale.kind] + self.without()


@panel(needs="landscape runs", view=(2,), explains="trust")
@dataclass(kw_only=True)
class TrustRatio(StepPanel):
    """What a rule such as LAMB scales the step of a whole layer with, against the steps.

    It is the length of the layer's weights over that of its update. Where the layers of a run are
    separate the second and later ones are dashed.
    """

    x: Across = "step"
    xscale: AcrossScale | None = None
    yscale: Literal["linear", "log"] | None = None
    title: str | None = None
    only: Only | None = None
    view: View | None = None
    marks: Marks | None = None

    def table(self, run: Path) -> Floats | None:
        return run.parts.trust if run.parts else None

    def says(self, scale: Scale) -> str:
        return "trust ratio" + AXES[scale.kind] + self.without()


@panel(name="curve", needs="landscape runs", view=(2,), fits=unmeasured)
@dataclass(kw_only=True)
class CurveOf(MeasuredPanel):
    """A number of every run against the steps.

    `gap` is how far the loss is above the known minimum, `distance` how far the point is from it;
    `gradient_norm` and `step_norm` are lengths, `batch_loss` the loss of each step's batch.
    `sharpness` is the largest second derivative in any direction; the dashed line is the sharpness above
    which gradient descent with that learning rate is unstable, 2/lr, and what momentum makes of it. Or
    a setting that changes with the step, such as a momentum with a schedule.
    """

    of: Lead[str]
    x: Across = "step"
    xscale: AcrossScale | None = None
    yscale: Kind | None = None
    band: Band = "minmax"
    title: str | None = None
    only: Only | None = None
    view: View | None = None
    marks: Marks | None = None

    @property
    def usual(self) -> Kind:
        measure = MEASURES.get(self.of)
        return "log" if measure and measure.log else "linear"

    def series(self, run: Path) -> list[Floats]:
        measure, problem = MEASURES.get(self.of), self.stage.trace.problem
        if measure is None:
            values = self._setting(run)
            return [] if values is None or not len(values) else [until_the_end(run, values)]
        assert problem is not None
        key = (self.of, id(run))
        if key not in self.stage.measured:
            values = measure.of(run, problem)
            self.stage.measured[key] = until_the_end(run, values) if measure.each_step else values
        return [self.stage.measured[key]]

    def levels(self, run: Path) -> tuple[Floats, str] | None:
        found = stability(run) if self.of == "sharpness" else None
        return (until_the_end(run, found[0]), found[1]) if found and len(found[0]) else None

    def _setting(self, run: Path) -> Floats | None:
        changing = run.scheduled.get(self.of)
        if changing is not None:
            return changing
        constant = run.settings.get(self.of)
        return np.full(len(run.lr), float(constant)) if isinstance(constant, (int, float)) else None

    def drawn(self, line: Curve, way: Track) -> Track:
        # A setting jumps where its schedule does; what is measured in every step only looks as if it did.
        return stepped(line, way) if line.quiet or self.of not in MEASURES else way

    def says(self, scale: Scale) -> str:
        measure = MEASURES.get(self.of)
        name = measure.words if measure else self.of.replace("_", " ")
        return name + AXES[scale.kind] + self.without()
