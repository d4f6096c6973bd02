"""Gradient descent in continuous time: its exact path, and the one that heat shakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from optanim.kinds import optimizer
from optanim.optimizers._flow import Floats, followed, linear
from optanim.settings import Lead, NonNegative, Positive, Scheduled

State = dict[str, Any]


def times(steps: int, until: float, first: float | None, spacing: str, **_: Any) -> Floats:
    """The time of every iterate, (steps + 1,): 0, and then up to `until`."""
    if spacing == "even" or steps == 1:
        return np.linspace(0.0, until, steps + 1)
    return np.concatenate([[0.0], np.geomspace(_first(until, first), until, steps)])


def _first(until: float, first: float | None) -> float:
    return min(0.01, until / 1000) if first is None else first


def _flow_needs(settings: Mapping[str, Any]) -> str | None:
    first, until = settings["first"], settings["until"]
    return (
        None
        if first is None or first < until
        else f"first is {first:g}, and has to be below until, {until:g}"
    )


@optimizer(
    title="Gradient flow",
    paper="Hochbruck, Ostermann and Schweitzer 2009, doi:10.1137/080717717",
    sees="all",
    single_run=True,
    rebuilds=True,
    lr=1.0,
    times=times,
    check=_flow_needs,
)
def gradient_flow(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    grad: Any,
    hessian: Any,
    linear_residuals: Any,
    *,
    until: Lead[Positive] = 100.0,
    first: Positive | None = None,
    spacing: Literal["log", "even"] = "log",
    weight_decay: Scheduled[NonNegative] = 0.0,
) -> Any:
    """The path of steepest descent itself, which gradient descent follows in straight pieces.

    dp/dt = -(g + weight_decay * p)
    p = p(t) in the iterate of time t
    It has no lr: iterate 0 is at time 0, the last at `until`. log: the first step ends at the time `first`
    (0.01, or until / 1000 if that is less), and each later time is the same number of times the one before.
    Exact for a regression that is linear in its parameters, with the loss mse; elsewhere to a
    tolerance of 1e-8 of the largest parameter in every step inside a step.
    """
    decay = float(np.max(weight_decay))
    time = float(np.max(lr))
    if linear_residuals is not None:
        return linear(p[0], state, time, decay, linear_residuals)[None]

    def forces(at: Floats) -> Floats:
        force: Floats = -(grad(at[None])[0] + decay * at)
        return force

    def curvatures(at: Floats) -> Floats:
        curvature: Floats = hessian(at[None])[0] + decay * np.eye(len(at))
        return curvature

    return followed(p[0], -(g[0] + decay * p[0]), state, time, forces, curvatures)[None]


@optimizer(
    title="Langevin",
    paper="Welling and Teh 2011, Proceedings of ICML, 681-688",
    reference="the paper",
)
def langevin(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    rng: Any,
    *,
    temperature: Lead[Scheduled[NonNegative]] = 1.0,
) -> Any:
    """Gradient descent with heat: noise that shakes p over barriers, and less and less when it is cooled.

    p = p - lr * g + sqrt(2 * lr * temperature) * noise        (noise: standard normal)
    At a constant temperature and a small lr the points come to be spread as exp(-f / temperature); the
    paper's rule is temperature 1 for a lr of half its step size. Cooled by a schedule it is annealing.
    """
    return p - lr * g + np.sqrt(2 * lr * temperature) * rng.normal(p.shape)
