"""What was run: the paths and numbers that every output is drawn from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.scene import Point, Scene, Thing

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Data:
    """A dataset of one input and one output: x and y of shape (n,).

    `truth` is the function of x that the data were made from, where it is known; `names` are what
    x and y are called.
    """

    x: Array
    y: Array
    truth: Callable[[Array], Array] | None = None
    names: tuple[str, str] = ("x", "y")


@dataclass(frozen=True)
class Problem:
    """A landscape on its data, as the driver steps on it and the panels draw it.

    `loss` maps parameters of shape (R, n) to (R,); `slope` to the pair of (R,) and gradients
    (R, n). `surface(x, y)` is the same loss over broadcast coordinates, and
    `surface(x, y, loss="mae")` another loss of the same data. `model(x, params)` is the model's
    output at inputs x, where the landscape is the error of a model. `residuals` maps parameters to
    (R, rows) numbers whose squares the loss is the mean of, and their Jacobian (R, rows, n), where
    the loss is that. With `noise` every gradient that a rule sees is off by random numbers; `loss`
    and `slope` are without it.
    """

    names: tuple[str, ...]  # of the parameters, n of them
    loss: Callable[[Array], Array]
    slope: Callable[[Array], tuple[Array, Array]]
    surface: Callable[..., Array]
    start: Point
    view: Point | None = None
    minima: tuple[Point, ...] = ()
    minima_found: bool = False  # found by a search in view, not stated
    data: Data | None = None
    model: Callable[[Array, Point], Array] | None = None
    residuals: Callable[[Array], tuple[Array, Array]] | None = None
    noise: float | Thing | None = None


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
class Path:
    """One run: iterate 0 is the start, iterate t what step t made; NaN after an early end.

    N is the number of steps. `params` and `loss` are what is drawn and scored (for averaging
    rules the average).
    """

    label: str
    rule: str  # the rule's name in the registry
    settings: Mapping[str, Any]  # all settings of the rule, defaults included
    lr: Array  # (N,)
    params: Array  # (N+1, n)
    loss: Array  # (N+1,)
    evals: NDArray[np.int64]  # (N+1,) cumulative gradient evaluations
    batch_loss: Array | None = None
    tuned: Tuned | None = None
    ended: Ended | None = None
    color: str | None = None
    steps: int = 0  # N of this run; rows after it repeat the last iterate
    schedule: Thing | None = None  # what the learning rates were made by, where they change
    scheduled: Mapping[str, Array] = field(default_factory=dict)  # settings that change, (N,) each
    differs: str = ""  # the settings in which it differs from the others, for the legend


@dataclass(frozen=True)
class Trace:
    """A scene and everything that happened in it."""

    scene: Scene
    steps: int
    runs: tuple[Path, ...] = ()
    problem: Problem | None = None
    data: Data | None = None

    def chosen(self, only: tuple[str, ...] | None) -> list[int]:
        """The runs that a panel draws: all, or those of which a label or the rule is given."""
        given = [run.label for run in self.scene.runs]
        return [
            i
            for i, run in enumerate(self.runs)
            if only is None or not {run.label, run.rule, given[i]}.isdisjoint(only)
        ]
