"""The path dp/dt = -grad f to a tolerance, and exactly where the residuals are linear in p."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.settings import Wrong, grouped

Floats = NDArray[np.float64]
State = dict[str, Any]

TOLERANCE = 1e-8  # of the largest parameter, for the error of a step inside a step
SHORTEST = 1e-12  # what a parameter may always be off by
MOST = 10_000  # steps of one run, and of the steps inside them those that the tolerance asks for
BEYOND = 1e100  # a parameter so large is on its way to infinity
GROWN = 1e3  # times as large as at first: infinite, where time cannot tell when it will be
SERIES = 1.0  # below, the functions phi are summed: their recursion cancels


def linear(p: Floats, state: State, lr: float, weight_decay: float, residuals: Any) -> Floats:
    """The point a time lr after p (n,), for the mean of squares of residuals that are linear in p.

    Along each right singular vector of the Jacobian the parameter goes to its end as one exponential.
    """
    if "s" not in state:
        rest, jacobian = (each[0] for each in residuals(p[None]))
        if not (np.isfinite(rest).all() and np.isfinite(jacobian).all()):
            return np.full_like(p, np.nan)
        u, s, axes = np.linalg.svd(jacobian, full_matrices=False)
        state.update(rows=len(rest), s=s, axes=axes, rest=u.T @ rest, origin=p, p=p, time=0.0)
        state["weight_decay"] = weight_decay
    s, axes, rows = state["s"], state["axes"], state["rows"]
    if weight_decay != state["weight_decay"] or not np.array_equal(p, state["p"]):
        # From here on: another force, or another place than it was left at.
        state["rest"] = state["rest"] + s * (axes @ (p - state["origin"]))
        state.update(origin=p, time=0.0, weight_decay=weight_decay)
    time = state["time"] = state["time"] + lr
    origin = state["origin"]
    along = axes @ origin
    rate = 2 / rows * s**2 + weight_decay
    slope = 2 / rows * s * state["rest"] + weight_decay * along
    moved = axes.T @ (-slope * time * phis(-rate * time)[0])
    if weight_decay:
        moved += (origin - axes.T @ along) * math.expm1(-weight_decay * time)
    state["p"] = origin + moved
    new: Floats = state["p"]
    return new


def phis(z: Floats) -> tuple[Floats, Floats, Floats]:
    """phi1, phi3 and phi4 at z: phi1 = (e**z - 1) / z, and each next one is (phi - phi at 0) / z."""
    near = np.abs(z) < SERIES
    small, far = np.where(near, z, 0.0), np.where(near, 1.0, z)
    made = []
    recursive = np.exp(far)
    for k in range(1, 5):
        recursive = (np.expm1(far) if k == 1 else recursive - 1 / math.factorial(k - 1)) / far
        series = np.zeros_like(z)
        for j in range(18, -1, -1):
            series = series * small + 1 / math.factorial(j + k)
        made.append(np.where(near, series, recursive))
    return made[0], made[2], made[3]


def followed(
    p: Floats,
    force: Floats,
    state: State,
    lr: float,
    forces: Callable[[Floats], Floats],
    curvatures: Callable[[Floats], Floats],
) -> Floats:
    """The point a time lr after p (n,), in as many steps as the tolerance takes; `force` is that at p.

    Hochbruck, Ostermann and Schweitzer's exponential Rosenbrock method of order 4 (2009,
    doi:10.1137/080717717, exprb43): exact, however stiff, where f is a parabola. Infinite
    where the path runs away to infinity before. Raises Wrong where more steps would be needed than a
    run may take, as at a kink that the path cannot leave, or where the run has more steps of its own.
    """
    left, began = lr, state.get("time", 0.0)
    asked = state["asked"] = state.get("asked", 0) + 1
    if asked > MOST:
        raise Wrong(
            f"gradient_flow takes at most {grouped(MOST)} steps here, and is at time {began:.6g}",
            "give it fewer steps: how many there are changes only where the path is looked at",
        )
    far = GROWN * state.setdefault("size", float(np.abs(p).max()))
    wish = state.get("h", math.inf)  # the step that the tolerance allows, as far as is known
    while left > 0 and force.any():
        if np.abs(p).max() > BEYOND:
            return np.copysign(np.inf, p)
        curvature = curvatures(p)
        if not np.isfinite(curvature).all():
            return np.full_like(p, np.nan)
        bend, axes = np.linalg.eigh(curvature / 2 + curvature.T / 2)
        while True:
            state["work"] = state.get("work", 0) + 1
            # No rest so short is left that time could not tell it.
            h, now = wish if wish < left * (1 - 1e-9) else left, began + lr - left
            if state["work"] > MOST + asked or now + h == now:
                if np.abs(p).max() > far:
                    return np.copysign(np.inf, p)
                raise _stuck(now)
            new, error = _tried(p, force, h, bend, axes, forces)
            scale = TOLERANCE * max(float(np.abs(p).max()), float(np.abs(new).max())) + SHORTEST
            ratio = float(np.abs(error).max()) / scale
            # Also where a number is not finite: a shorter step may stay where f is defined.
            factor = 0.9 * ratio**-0.25 if ratio > 0 else 5.0
            if ratio <= 1 and np.isfinite(new).all() and np.isfinite(reached := forces(new)).all():
                break
            wish = h * (min(max(factor, 0.1), 0.9) if math.isfinite(ratio) else 0.1)
        longer = h * min(max(factor, 0.2), 5.0)
        wish = longer if h == wish else max(wish, longer)  # a rest says little of what was allowed
        left = left - h if h < left else 0.0
        p, force = new, reached
    state["h"], state["time"] = wish, began + lr
    return p


def _tried(
    p: Floats, force: Floats, h: float, bend: Floats, axes: Floats, forces: Callable[[Floats], Floats]
) -> tuple[Floats, Floats]:
    """The point a step h on, and what it is off by at most, from forces at two points on the way."""
    half, (one, three, four) = phis(-bend * h / 2)[0], phis(-bend * h)

    def on(factor: Floats, vector: Floats) -> Floats:
        made: Floats = axes @ (factor * (axes.T @ vector))
        return made

    def bent(step: Floats) -> Floats:
        """What the force a step away differs from that of the parabola."""
        return forces(p + step) - force + on(bend, step)

    straight = h * on(one, force)
    middle = bent(h / 2 * on(half, force))
    end = bent(straight + h * on(one, middle))
    error = h * on(four, 12 * end - 48 * middle)
    return p + straight + h * on(three, 16 * middle - 2 * end) + error, error


def _stuck(time: float) -> Wrong:
    return Wrong(
        f"gradient_flow cannot get past time {time:.6g}",
        "the landscape has a kink, a cliff or an edge there: end before it with until, or take gd",
    )
