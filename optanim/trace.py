"""What was run: the paths and numbers that every output is drawn from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.batches import Batches
from optanim.scene import Point, Scene, Thing, told_apart

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Data:
    """A dataset: y of shape (n,), and x of the same shape or, of d inputs, of shape (n, d).

    With `classes` y are whole numbers from 0 to classes - 1; without, they are numbers to be met. `truth`
    is the function of x that the data were made from, where it is known; `names` are what x and y are
    called. `test` are points that are kept back: no gradient and no loss but the test
    loss sees them. `span` are the least and the largest x of all rows, which the data of a few of them
    keep: a model that maps x by it means the same on a batch, and on what is kept back.
    """

    x: Array
    y: Array
    truth: Callable[[Array], Array] | None = None
    names: tuple[str, str] = ("x", "y")
    test: Data | None = None
    span: tuple[float, float] | None = None
    classes: int = 0

    def __post_init__(self) -> None:
        if self.span is None and len(self.x):
            object.__setattr__(self, "span", (float(self.x.min()), float(self.x.max())))


@dataclass(frozen=True)
class Problem:
    """A landscape on its data, as the driver steps on it and the panels draw it.

    `loss` maps parameters of shape (R, n) to (R,); `slope` to the pair of (R,) and gradients
    (R, n); with `rows=[3, 5]` both see only these rows of the data. `surface(x, y)` is the same loss
    over broadcast coordinates, `surface(x, y, loss="mae")` another loss of the same data,
    `surface(x, y, loss="test")` that of the points kept back, and `surface(x, y, rows=[3, 5])` that
    of a few rows of the data. `model(x, params)` is the model's
    output at inputs x, where the landscape is the error of a model. `residuals` maps parameters to
    (R, rows) numbers whose squares the loss is the mean of, and their Jacobian (R, rows, n), where
    the loss is that. `function(x, y)` is the loss as it is written, of numbers, arrays or Tensors, on
    other data with `given=(x, y)`. With `noise` every gradient that a rule sees is off by random
    numbers; `loss` and `slope` are without it.
    """

    names: tuple[str, ...]  # of the parameters, n of them
    loss: Callable[..., Array]
    slope: Callable[..., tuple[Array, Array]]
    surface: Callable[..., Array]
    start: Point
    view: Point | None = None
    minima: tuple[Point, ...] = ()
    minima_found: bool = False  # found by a search in view, not stated
    data: Data | None = None
    model: Callable[[Array, Point], Array] | None = None
    residuals: Callable[..., tuple[Array, Array]] | None = None
    noise: float | Thing | None = None
    function: Callable[..., Any] | None = None  # the loss as it is written, of each coordinate alone
    test_loss: Callable[[Array], Array] | None = None  # of the points kept back, at parameters (R, n)
    shapes: tuple[tuple[int, ...], ...] = ()  # of the arrays that the parameters are, a network's layers
    begin: Callable[[int], Array] | None = None  # the parameters (n,) that a run of a seed starts from
    effort: float = 1.0  # what its loss costs at a row of data, in terms of a model of two parameters

    def starts(self, given: Point | None, seed: int) -> Array:
        """Where a run of a seed starts (n,): where it is given, or where the landscape has it."""
        if given is None and self.begin:
            return self.begin(seed)
        return np.array(self.start if given is None else given, dtype=np.float64)


@dataclass(frozen=True)
class Tuned:
    """How a learning rate was chosen: the best of a declared grid."""

    grid: tuple[float, ...]
    at_edge: bool  # the best is the first or last of the grid: a better one may lie outside
    lr: float = 0.0  # the best; of a schedule its first value


@dataclass(frozen=True)
class Ended:
    """Why a run stopped early: the first step whose result is not finite."""

    step: int
    why: str


@dataclass(frozen=True)
class StepParts:
    """What every step of a run was made of, (N, n) each: its gradient, and what the rule made of it.

    Step t took the parameters by -preconditioner * direction - decay. NaN after the end of a run.
    """

    gradient: Array  # as the rule saw it: of the batch, with the noise
    direction: Array  # what is scaled, in units of the gradient: the gradient, or a momentum
    preconditioner: Array  # the learning rate of each parameter, with all that it is scaled by
    decay: Array  # what weight decay took beside the gradient
    trust: Array | None = None  # what the layer of each parameter was scaled by, within the preconditioner


@dataclass(frozen=True)
class Path:
    """One run: iterate 0 is the start, iterate t what step t made; NaN after an early end.

    N is the number of steps. `at` (K,) are the iterates that are kept: all N + 1, but some of them for a
    network, whose every iterate would fill the memory. `params` and `loss` are what is drawn and scored
    at these (for averaging rules the average). A run through continuous time has no learning rates but
    the time of every iterate.
    """

    label: str
    rule: str  # the rule's name in the registry
    settings: Mapping[str, Any]  # all settings of the rule, defaults included
    lr: Array  # (N,), or none
    params: Array  # (K, n)
    loss: Array  # (K,) of all the data
    evals: NDArray[np.int64]  # (N+1,) cumulative gradient evaluations
    at: NDArray[np.int64]  # (K,)
    batch_loss: Array | None = None  # (N,) of the batch of each step, where its gradient was taken
    tuned: Tuned | None = None
    ended: Ended | None = None
    color: str | None = None
    steps: int = 0  # N of this run; rows after it repeat the last iterate
    schedule: Thing | None = None  # what the learning rates were made by, where they change
    scheduled: Mapping[str, Array] = field(default_factory=dict)  # settings that change, (N,) each
    parts: StepParts | None = None  # what the steps were made of, where a panel draws it
    differs: str = ""  # the settings in which it differs from the others, for the legend
    time: Array | None = None  # (N+1,) of a run through continuous time

    def row(self, t: int) -> int:
        """The row of `params` and `loss` that holds iterate t, or the last one kept before it."""
        return int(self.at.searchsorted(t, side="right")) - 1

    @property
    def clock(self) -> Array:
        """The time at every iterate (N+1,): of a run with learning rates their sum so far.

        So gradient descent is at the time at which the gradient flow that it follows is there. NaN
        for a run that has neither.
        """
        if self.time is not None:
            return self.time
        if not len(self.lr):
            return np.full(len(self.evals), np.nan)
        made = np.concatenate([[0.0], np.cumsum(self.lr)])
        if self.steps > 0:  # one with fewer steps than others rests
            made[self.steps :] = made[self.steps]
        return made


@dataclass(frozen=True)
class Trace:
    """A scene and everything that happened in it."""

    scene: Scene
    steps: int
    runs: tuple[Path, ...] = ()
    problem: Problem | None = None
    data: Data | None = None
    batches: Batches | None = None  # where the gradients see a few rows at a time
    worlds: tuple[Trace, ...] = ()  # of a sweep of landscapes, datasets or batches, its runs in this order

    @cached_property
    def measured(self) -> dict[Any, Any]:
        """What was worked out once of the runs, by what it is, for all films of the trace."""
        return {}

    @cached_property
    def families(self) -> tuple[tuple[int, ...], ...]:
        """The runs in groups that differ in the seed alone; most groups are of one run."""
        return tuple(map(tuple, told_apart(self.scene.runs))) if self.runs else ()

    @cached_property
    def family_of(self) -> tuple[int, ...]:
        """For each run the place of its family."""
        places = {run: place for place, family in enumerate(self.families) for run in family}
        return tuple(places[run] for run in range(len(self.runs)))

    def kin(self, index: int) -> tuple[int, ...]:
        """A run, and those that differ from it in the seed alone."""
        return self.families[self.family_of[index]]

    def place_of(self, index: int) -> tuple[int, int]:
        """Of a sweep of landscapes, datasets or batches the part that a run is of, and its place there."""
        return divmod(index, len(self.runs) // max(len(self.worlds), 1))

    def world_of(self, index: int) -> Trace:
        """What a run ran on: of a sweep of landscapes, datasets or batches the part that it is of."""
        return self.worlds[self.place_of(index)[0]] if self.worlds else self

    def batches_of(self, index: int) -> Batches | None:
        """The batches that a run saw, those of its seed."""
        if self.batches is None:
            return None
        return self.batches.of(self.scene.seed_of(self.scene.runs[index]))

    def chosen(self, only: tuple[str, ...] | None) -> list[int]:
        """The runs that a panel draws: all, or those of which a label or the rule is given."""
        given = [run.label for run in self.scene.runs]
        return [
            i
            for i, run in enumerate(self.runs)
            if only is None or not {run.label, run.rule, given[i]}.isdisjoint(only)
        ]
