"""Test functions that the literature keeps coming back to."""

from __future__ import annotations

from typing import Any

from optanim.kinds import landscape
from optanim.settings import Positive, Real


@landscape(
    view=(-2, 2, -0.8, 3),
    start=(-1.5, 2),
    minima=lambda data, a, b: [(a, a * a)],
    paper="Rosenbrock 1960, doi:10.1093/comjnl/3.3.175",
)
def rosenbrock(x: Any, y: Any, *, a: Real = 1.0, b: Positive = 100.0) -> Any:
    """A curved valley: easy to enter, slow to follow.

    f = (a - x)**2 + b * (y - x**2)**2
    """
    return (a - x) ** 2 + b * (y - x**2) ** 2


@landscape(
    view=(-1, 4, -1.8, 2),
    start=(1, 1.5),
    minima=[(3, 0.5)],
    paper="Beale 1958, On an iterative method for finding a local minimum, Princeton TR 25",
)
def beale(x: Any, y: Any) -> Any:
    """A flat plateau between steep walls, with one minimum at its end.

    f = (1.5 - x + x*y)**2 + (2.25 - x + x*y**2)**2 + (2.625 - x + x*y**3)**2
    """
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


@landscape(
    view=(-6, 6, -6, 6),
    start=(0, -3),
    minima=[
        (3, 2),
        (-2.8051180869527448, 3.1313125182505730),
        (-3.7793102533777469, -3.2831859912861694),
        (3.5844283403304917, -1.8481265269644035),
    ],
    paper="Himmelblau 1972, Applied Nonlinear Programming, McGraw-Hill",
)
def himmelblau(x: Any, y: Any) -> Any:
    """Four equal minima around a hill.

    f = (x**2 + y - 11)**2 + (x + y**2 - 7)**2
    """
    return (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2
