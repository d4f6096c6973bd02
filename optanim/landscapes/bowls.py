"""Bowls: one minimum, downhill from everywhere; they differ in how unlike their directions are."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from optanim.kinds import landscape
from optanim.landscapes._parts import JAMIL_YANG, MOLGA_SMUTNICKI, SCHWEFEL
from optanim.settings import Lead, Number

Condition = Annotated[float, Number(low=1)]


@landscape(
    view=(-4, 4, -3, 3),
    start=(-3, 2),
    minima=[(0, 0)],
    paper="De Jong 1975, An Analysis of the Behavior of a Class of Genetic Adaptive Systems, Michigan",
)
def sphere(x: Any, y: Any) -> Any:
    """A round bowl, where the gradient points straight at the minimum and any method should do well.

    f = x**2 + y**2
    """
    return x**2 + y**2


@landscape(view=(-5, 5, -2.5, 2.5), start=(-4.5, 1.5), minima=[(0, 0)])
def quadratic(x: Any, y: Any, *, condition: Lead[Condition] = 20.0) -> Any:
    """A bowl that is steeper in y than in x: the classical narrow valley.

    f = (x**2 + condition * y**2) / 2
    """
    return (x**2 + condition * y**2) / 2


@landscape(view=(-4, 4, -3, 3), start=(-3.4, 1.2), minima=[(0, 0)], paper=JAMIL_YANG)
def rotated_ellipse(x: Any, y: Any) -> Any:
    """A narrow bowl turned by 30 degrees, so that methods that scale each axis alone cannot round it.

    f = 7 * x**2 - 6 * sqrt(3) * x * y + 13 * y**2
    """
    return 7 * x**2 - 6 * np.sqrt(3) * x * y + 13 * y**2


@landscape(
    title="Matyas",
    view=(-8, 8, -6, 6),
    start=(-6.5, 3),
    minima=[(0, 0)],
    paper="Matyas 1965, Random optimization, Automation and Remote Control 26, 246",
)
def matyas(x: Any, y: Any) -> Any:
    """A gently sloping diagonal trough: 25 times steeper across than along.

    f = 0.26 * (x**2 + y**2) - 0.48 * x * y
    """
    return 0.26 * (x**2 + y**2) - 0.48 * x * y


@landscape(title="Booth", view=(-7, 9, -3, 9), start=(-5, 0), minima=[(1, 3)], paper=JAMIL_YANG)
def booth(x: Any, y: Any) -> Any:
    """Two linear equations as a bowl: a least-squares problem whose minimum is away from the origin.

    f = (x + 2*y - 7)**2 + (2*x + y - 5)**2
    """
    return (x + 2 * y - 7) ** 2 + (2 * x + y - 5) ** 2


@landscape(title="Schwefel 1.2", view=(-4, 4, -4, 4), start=(-3.2, -0.5), minima=[(0, 0)], paper=SCHWEFEL)
def schwefel_1_2(x: Any, y: Any) -> Any:
    """A sum of sums, a bowl whose two parameters lean on each other.

    f = x**2 + (x + y)**2
    """
    return x**2 + (x + y) ** 2


@landscape(
    view=(-3, 7, -2, 6),
    start=(-2, 2.6),
    minima=[(2, 2)],
    paper="Ali, Khompatraporn and Zabinsky 2005, doi:10.1007/s10898-004-9972-2",
)
def trid(x: Any, y: Any) -> Any:
    """A mild bowl whose lowest value is below 0, which shows who takes 0 for the goal.

    f = (x - 1)**2 + (y - 1)**2 - x * y
    """
    return (x - 1) ** 2 + (y - 1) ** 2 - x * y


@landscape(title="Zakharov", view=(-4, 4, -3, 3), start=(3.2, 1.8), minima=[(0, 0)], paper=JAMIL_YANG)
def zakharov(x: Any, y: Any) -> Any:
    """A bowl with quartic walls across and a nearly flat trough along: fast down, slow home.

    f = x**2 + y**2 + u**2 + u**4,  u = x/2 + y
    """
    u = 0.5 * x + y
    return x**2 + y**2 + u**2 + u**4


@landscape(
    view=(-1.2, 1.2, -1, 1),
    start=(-0.7, 0.8),
    minima=[(0, 0)],
    paper=MOLGA_SMUTNICKI,
)
def sum_of_different_powers(x: Any, y: Any) -> Any:
    """A bowl that has no curvature in y at its minimum, so that steps in y shrink before it is reached.

    f = abs(x)**2 + abs(y)**3
    """
    return x**2 + np.abs(y) ** 3


@landscape(
    view=(-3, 1.4, -1.3, 1.3),
    start=(-2.6, 0.8),
    minima=lambda data: [(-np.log(2) / 2, 0)],
    paper="Boyd and Vandenberghe 2004, Convex Optimization, equation 9.20, Cambridge",
)
def exponential_sum(x: Any, y: Any) -> Any:
    """A convex bowl between walls that steepen exponentially, where one step length cannot fit all.

    f = exp(x + 3*y - 0.1) + exp(x - 3*y - 0.1) + exp(-x - 0.1)
    """
    return np.exp(x + 3 * y - 0.1) + np.exp(x - 3 * y - 0.1) + np.exp(-x - 0.1)
