"""Landscapes that are the error of a model over a dataset."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import numpy as np

from optanim.autodiff import columns
from optanim.kinds import landscape
from optanim.losses import LOSSES, error, signs
from optanim.replay import Evaluation
from optanim.scene import Point
from optanim.search import descend, hessian
from optanim.settings import Choice, Lead, Number, Positive
from optanim.trace import Array, Data

Loss = Annotated[str, Choice(tuple(LOSSES))]
Share = Annotated[float, Number(low=0, high=1, low_open=True, high_open=True)]
FLAT = 1e-10  # of the largest curvature: below, the lowest place is no point
EXACT = 1e-12  # of the largest number: below, two are equal


def line(x: Any, slope: Any, offset: Any = 0.0) -> Any:
    """The straight line through the offset at x = 0; parameters with runs meet x in a last axis."""
    return columns(slope) * x + columns(offset)


def minima(data: Data, loss: str, intercept: bool, delta: float = 1.0, tau: float = 0.5) -> list[Point]:
    """The parameters of the smallest loss; none where many lines are equally good, or ever better ones."""
    x, y = data.x, data.y
    if not (np.ptp(x) > 0 if intercept else np.any(x)):
        return []
    if loss in ("mse", "rmse"):
        return [least_squares(x, y, intercept)]
    if loss == "mae":
        return [least_quantile(x, y, 0.5, intercept)]
    if loss == "quantile":
        return [least_quantile(x, y, tau, intercept)]
    if loss == "hinge":
        return least_hinge(x, signs(y), intercept)
    if loss == "logistic" and separable(x, signs(y), intercept):
        return []
    return least_smooth(x, y, intercept, partial(error, loss, delta=delta))


@landscape(
    names=lambda intercept, **_: ("slope", "intercept") if intercept else ("slope",),
    start=lambda intercept, **_: (0.0, 0.0) if intercept else (0.0,),
    minima=minima,
    model=line,
)
def linear_regression(
    data: Data,
    slope: Any,
    offset: Any = 0.0,
    *,
    loss: Lead[Loss] = "mse",
    intercept: bool = True,
    delta: Positive = 1.0,
    tau: Share = 0.5,
) -> Any:
    """The error of a straight line over a dataset, by its slope and its intercept.

    f = loss(slope * x + intercept, y) over all points
    huber is half a square up to `delta` and a line beyond; quantile's line has the share `tau` of the
    points below it. logistic and hinge take a y of -1 and 1, or 0 and 1: the line's sign is the class.
    """
    return error(loss, line(data.x, slope, offset), data.y, delta=delta, tau=tau)


def least_squares(x: Array, y: Array, intercept: bool) -> Point:
    """The line of the smallest squared error."""
    if not intercept:
        return (float(x @ y / (x @ x)),)
    # Centred, because x far from 0 would make the two columns nearly parallel.
    dx = x - x.mean()
    slope = dx @ (y - y.mean()) / (dx @ dx)
    return float(slope), float(y.mean() - slope * x.mean())


def least_quantile(x: Array, y: Array, tau: float, intercept: bool) -> Point:
    """The line of the smallest quantile loss, by bisection on the sign of its slope's derivative.

    For a given slope the best intercept is the quantile of what is left, so the loss is a convex
    function of the slope alone. The share 1 - tau of the points pulls up and tau pulls down; the sum
    of their pulls on the slope is a subgradient, whatever the order of ties.
    """
    n = len(x)
    below = tau * n
    whole = int(below)
    pulls = np.where(np.arange(n) < whole, 1 - tau, -tau)
    if whole < n:
        pulls[whole] = (1 - tau) * (below - whole) - tau * (1 - below + whole)

    def pull(slope: float) -> float:
        rest = y - slope * x
        if not intercept:
            return float((np.where(rest < 0, 1 - tau, -tau) * (rest != 0)) @ x)
        return float(pulls @ x[np.argsort(rest, kind="stable")])

    slope = _balanced(pull, least_squares(x, y, intercept)[0])
    if not intercept:
        return (slope,)
    return slope, float(np.quantile(y - slope * x, tau, method="averaged_inverted_cdf"))


def least_hinge(x: Array, y: Array, intercept: bool) -> list[Point]:
    """The line of the smallest hinge loss for y of -1 and 1; none where many are equally good.

    For a given slope each point stops to count at one intercept: points of y = 1 from there on, the
    others below. So the best one lies after as many such places as there are points of y = 1.
    """
    ones = int((y > 0).sum())

    def pull(slope: float) -> float:
        if not intercept:
            return float(-(y * x)[y * slope * x < 1].sum())
        order = np.argsort(y - slope * x, kind="stable")
        early, late = order[:ones], order[ones:]
        return float(x[early][y[early] < 0].sum() - x[late][y[late] > 0].sum())

    slope = _balanced(pull, 0.0)
    if not intercept:
        # A kink is a point; where nothing pulls there is a floor.
        near = np.nextafter(slope, -np.inf), np.nextafter(slope, np.inf)
        kink = any(abs(y[i] * slope * x[i] - 1) <= EXACT for i in range(len(x)))
        return [(slope,)] if kink and pull(near[0]) != 0 != pull(near[1]) else []
    if not 0 < ones < len(y):
        return []
    places = np.sort(y - slope * x)
    low, high = float(places[ones - 1]), float(places[ones])
    if pull(slope) == 0 or high - low > EXACT * (1 + abs(low) + abs(slope) * float(np.abs(x).max())):
        return []
    return [(slope, (low + high) / 2)]


def separable(x: Array, y: Array, intercept: bool) -> bool:
    """Whether a line's sign tells -1 from 1 at every point: then a steeper one is always better."""
    if not intercept:
        return bool((x * y >= 0).all() or (x * y <= 0).all())
    low, high = x[y < 0], x[y > 0]
    if not len(low) or not len(high):
        return True
    return bool(low.max() <= high.min() or high.max() <= low.min())


def least_smooth(x: Array, y: Array, intercept: bool, loss: Callable[[Any, Any], Any]) -> list[Point]:
    """The line of the smallest loss that is convex and has a slope, by Newton's method; none on a floor."""
    # Centred and scaled, because x far from 0 would make the two parameters nearly one.
    centre = float(x.mean()) if intercept else 0.0
    spread = float(np.sqrt(np.mean((x - centre) ** 2)))
    scaled = (x - centre) / spread
    evaluation = Evaluation(lambda *at: loss(line(scaled, *at), y), 1 + intercept, max(1, 100_000 // len(x)))
    first = np.array([least_squares(scaled, y, intercept), (0.0,) * (1 + intercept)])
    found, depth = descend(evaluation.loss, evaluation.slope, first)
    best = found[[int(np.argmin(depth))]]
    curvature = np.linalg.eigvalsh(hessian(evaluation.slope, best)[0])
    if not curvature[0] > FLAT * curvature[-1]:
        return []
    slope, *offset = (float(v) for v in best[0])
    return [(slope / spread, *(value - slope * centre / spread for value in offset))]


def _balanced(pull: Callable[[float], float], guess: float) -> float:
    """Where a pull that grows changes its sign, to the last bit; at once where it is 0."""
    reach = 1.0 + abs(guess)
    while (pull(guess - reach) > 0 or pull(guess + reach) < 0) and np.isfinite(reach):
        reach *= 2
    low, high = guess - reach, guess + reach
    middle = guess
    while low < (middle := low + (high - low) / 2) < high:
        side = pull(middle)
        if side == 0:
            break
        low, high = (middle, high) if side < 0 else (low, middle)
    return middle
