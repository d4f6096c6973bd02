"""Landscapes that are the error of a model over a dataset."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from optanim.autodiff import columns
from optanim.kinds import landscape
from optanim.losses import LOSSES
from optanim.scene import Point
from optanim.settings import Choice, Lead
from optanim.trace import Array, Data

Loss = Annotated[str, Choice(tuple(LOSSES))]


def line(x: Any, slope: Any, offset: Any = 0.0) -> Any:
    """The straight line through the offset at x = 0; parameters with runs meet x in a last axis."""
    return columns(slope) * x + columns(offset)


def minima(data: Data, loss: str, intercept: bool) -> list[Point]:
    """The parameters of the smallest loss; none where many lines are equally good."""
    if not (np.ptp(data.x) > 0 if intercept else np.any(data.x)):
        return []
    if loss == "mae":
        return [least_absolute(data.x, data.y, intercept)]
    return [least_squares(data.x, data.y, intercept)]


@landscape(
    names=lambda loss, intercept: ("slope", "intercept") if intercept else ("slope",),
    start=lambda loss, intercept: (0.0, 0.0) if intercept else (0.0,),
    minima=minima,
    model=line,
)
def linear_regression(
    data: Data, slope: Any, offset: Any = 0.0, *, loss: Lead[Loss] = "mse", intercept: bool = True
) -> Any:
    """The error of a straight line over a dataset, by its slope and its intercept.

    f = loss(slope * x + intercept, y) over all points
    """
    return LOSSES[loss](line(data.x, slope, offset), data.y)


def least_squares(x: Array, y: Array, intercept: bool) -> Point:
    """The line of the smallest squared error."""
    if not intercept:
        return (float(x @ y / (x @ x)),)
    # Centred, because x far from 0 would make the two columns nearly parallel.
    dx = x - x.mean()
    slope = dx @ (y - y.mean()) / (dx @ dx)
    return float(slope), float(y.mean() - slope * x.mean())


def least_absolute(x: Array, y: Array, intercept: bool) -> Point:
    """The line of the smallest absolute error, by bisection on the sign of its slope's derivative.

    For a given slope the best intercept is the median of what is left, so the loss is a convex
    function of the slope alone. Half the points above that median pull up and half down; the sum
    of their x is a subgradient, whatever the order of ties.
    """

    def pull(slope: float) -> float:
        rest = y - slope * x
        if not intercept:
            return float(-np.sign(rest) @ x)
        order = np.argsort(rest, kind="stable")
        half = len(x) // 2
        return float(x[order[:half]].sum() - x[order[len(x) - half :]].sum())

    guess = least_squares(x, y, intercept)[0]
    reach = 1.0 + abs(guess)
    while pull(guess - reach) > 0 or pull(guess + reach) < 0:
        reach *= 2
    low, high = guess - reach, guess + reach
    while low < (middle := low + (high - low) / 2) < high:
        side = pull(middle)
        if side == 0:
            break
        low, high = (middle, high) if side < 0 else (low, middle)
    return (middle, float(np.median(y - middle * x))) if intercept else (middle,)
