"""Landscapes that are the error of a model over a dataset."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Annotated, Any

import numpy as np

from optanim.autodiff import Tensor, columns
from optanim.kinds import landscape
from optanim.losses import LOSSES, error, signs
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
    if loss in ("mae", "quantile"):
        share = 0.5 if loss == "mae" else tau
        best = least_quantile(x, y, share, intercept)
        return [best] if only_quantile(x, y, share, best) else []
    if loss == "hinge":
        return least_hinge(x, signs(y), intercept)
    if loss == "logistic" and separable(x, signs(y), intercept):
        return []
    return least_smooth(x, y, intercept, partial(error, loss, delta=delta))


@landscape(
    names=lambda intercept, **_: ("slope", "intercept") if intercept else ("slope",),
    start=lambda intercept, **_: (0.0, 0.0) if intercept else (0.0,),
    minima=minima,
    model=lambda data, **_: line,
    linear=True,
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
    pulls, _ = _pulls(len(x), tau)

    def pull(slope: float) -> float:
        rest = y - slope * x
        if not intercept:
            return float((np.where(rest < 0, 1 - tau, -tau) * (rest != 0)) @ x)
        return float(pulls @ x[np.argsort(rest, kind="stable")])

    slope = _balanced(pull, least_squares(x, y, intercept)[0])
    if not intercept:
        return (slope,)
    return slope, float(np.quantile(y - slope * x, tau, method="averaged_inverted_cdf"))


def only_quantile(x: Array, y: Array, tau: float, best: Point) -> bool:
    """Whether no other line has as small a quantile loss as the best one.

    None has if both ways from the best slope the loss grows, with the best intercept for each slope,
    and if at that slope no other intercept is as good. Only ties of points can make it otherwise.
    """
    slope, *offset = best
    rest = y - slope * x
    near = EXACT * (float(np.abs(y).max()) + abs(slope) * float(np.abs(x).max()))
    flat = EXACT * float(np.abs(x).sum())
    if not offset:
        tied = np.abs(rest) <= near
        apart = (np.where(rest < 0, 1 - tau, -tau) * ~tied) @ x
        # A point on the line is above it on one side of the slope, and below it on the other.
        up, down = np.maximum(x[tied], 0).sum(), np.maximum(-x[tied], 0).sum()
        right, left = apart + (1 - tau) * up + tau * down, apart - tau * up - (1 - tau) * down
        return bool(left < -flat and right > flat)
    pulls, whole = _pulls(len(x), tau)
    order = np.argsort(rest, kind="stable")
    jumps = np.diff(rest[order]) > near
    group = np.empty(len(x), int)
    group[order] = np.r_[0, np.cumsum(jumps)]
    if 0 < whole < len(x) and abs(tau * len(x) - whole) <= EXACT * len(x) and jumps[whole - 1]:
        return False  # between two points every intercept is as good
    # Next to the best slope points that are level there come in the order of their x.
    right, left = (float(pulls @ x[np.lexsort((side * x, group))]) for side in (-1, 1))
    return left < -flat and right > flat


def _pulls(n: int, tau: float) -> tuple[Array, int]:
    """How points pull on the slope, from the lowest residual up, and how many lie below the line."""
    below = tau * n
    whole = round(below) if abs(below - round(below)) <= EXACT * n else int(below)
    pulls = np.where(np.arange(n) < whole, 1 - tau, -tau)
    if whole < n and below > whole:
        pulls[whole] = (1 - tau) * (below - whole) - tau * (1 - below + whole)
    return pulls, whole


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
    basis = np.stack([scaled, np.ones_like(scaled)], axis=1)[:, : 1 + intercept]
    found = least_convex(basis, y, loss)
    if found is None:
        return []
    slope, *offset = (float(v) for v in found)
    return [(slope / spread, *(value - slope * centre / spread for value in offset))]


def least_convex(basis: Array, y: Array, loss: Callable[[Any, Any], Any]) -> Array | None:
    """The combination (n,) of a basis's columns (rows, n) of the smallest loss; None on a floor.

    The loss is convex and has a slope; the columns are about as long as each other, and not alike.
    """

    def value(params: Array) -> Array:
        made: Array = loss(params @ basis.T, y)
        return made

    def slope(params: Array) -> tuple[Array, Array]:
        prediction = Tensor(params @ basis.T)
        made = loss(prediction, y)
        made.backward(1.0)
        return made.data, prediction.grad @ basis

    first = np.array([np.linalg.lstsq(basis, y, rcond=None)[0], np.zeros(basis.shape[1])])
    found, depth = descend(value, slope, first)
    best = found[[int(np.argmin(depth))]]
    curvature = np.linalg.eigvalsh(hessian(slope, best)[0])
    return best[0] if curvature[0] > FLAT * curvature[-1] else None


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
