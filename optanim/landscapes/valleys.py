"""Valleys: narrow floors that bend, which are quick to reach and slow to follow."""

from __future__ import annotations

from typing import Any

import numpy as np

from optanim.kinds import landscape
from optanim.landscapes._parts import JAMIL_YANG
from optanim.settings import Positive, Real

CHEBYSHEV_ROSENBROCK = "Gürbüzbalaban and Overton 2012, doi:10.1016/j.na.2011.07.062"


@landscape(
    title="Rosenbrock",
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
    title="Chebyshev-Rosenbrock",
    view=(-1.5, 1.5, -1.5, 1.5),
    start=(-1.1, 0.6),
    minima=[(1, 1)],
    paper=CHEBYSHEV_ROSENBROCK,
)
def chebyshev_rosenbrock(x: Any, y: Any) -> Any:
    """Nesterov's valley along a Chebyshev polynomial, with a floor that is almost level.

    f = (x - 1)**2 / 4 + (y - 2*x**2 + 1)**2
    """
    return (x - 1) ** 2 / 4 + (y - 2 * x**2 + 1) ** 2


@landscape(
    title="modified Rosenbrock",
    view=(-2, 2, -1.6, 2.2),
    start=(-1.6, 1.9),
    minima=[(-0.9095537365026206, -0.9505717126590494)],
    paper=JAMIL_YANG,
)
def modified_rosenbrock(x: Any, y: Any) -> Any:
    """Rosenbrock's valley with a deeper hole beside it, which everything that follows the floor misses.

    f = 74 + 100 * (y - x**2)**2 + (1 - x)**2 - 400 * exp(-((x + 1)**2 + (y + 1)**2) / 0.1)
    """
    hole = 400 * np.exp(-((x + 1) ** 2 + (y + 1) ** 2) / 0.1)
    return 74 + 100 * (y - x**2) ** 2 + (1 - x) ** 2 - hole


@landscape(
    view=(-1.6, 1.6, -1.6, 1.8),
    start=(-1.2, 0.4),
    minima=[(1, 1)],
    paper="Leon 1966, in Lavi and Vogl, Recent Advances in Optimization Techniques, Wiley",
)
def cube(x: Any, y: Any) -> Any:
    """Rosenbrock's valley along a cubic: it bends twice, and its floor is level in the middle.

    f = 100 * (y - x**3)**2 + (1 - x)**2
    """
    return 100 * (y - x**3) ** 2 + (1 - x) ** 2


@landscape(
    title="Beale",
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
    title="Dixon-Price",
    view=(-2, 4, -2, 2),
    start=(3.4, 0.3),
    minima=lambda data: [(1, np.sqrt(0.5)), (1, -np.sqrt(0.5))],
    paper="Dixon and Price 1989, doi:10.1007/BF00940007",
)
def dixon_price(x: Any, y: Any) -> Any:
    """A valley bent like a horseshoe with a minimum in each arm; which one is won hangs on the start.

    f = (x - 1)**2 + 2 * (2*y**2 - x)**2
    """
    return (x - 1) ** 2 + 2 * (2 * y**2 - x) ** 2


@landscape(title="Brown", view=(-1.6, 1.6, -1.2, 1.2), start=(-1.2, 0.9), minima=[(0, 0)], paper=JAMIL_YANG)
def brown(x: Any, y: Any) -> Any:
    """A flat cross of valleys between corners that rise ever faster: huge gradients, then tiny ones.

    f = (x**2)**(y**2 + 1) + (y**2)**(x**2 + 1)
    """
    return (x**2) ** (y**2 + 1) + (y**2) ** (x**2 + 1)


@landscape(
    title="Freudenstein-Roth",
    view=(-6, 16, -3, 6),
    start=(0, 2),
    minima=[(5, 4)],
    paper="Freudenstein and Roth 1963, doi:10.1145/321186.321200",
)
def freudenstein_roth(x: Any, y: Any) -> Any:
    """Two bent valleys that nearly touch: the wrong one ends in a local minimum.

    f = (x - 13 + ((5 - y)*y - 2)*y)**2 + (x - 29 + ((y + 1)*y - 14)*y)**2
    """
    return (x - 13 + ((5 - y) * y - 2) * y) ** 2 + (x - 29 + ((y + 1) * y - 14) * y) ** 2


@landscape(
    title="Jennrich-Sampson",
    view=(-0.2, 0.5, -0.2, 0.5),
    start=(0.02, 0.4),
    minima=[(0.2578252136703641, 0.2578252136703641)],
    paper="Jennrich and Sampson 1968, Technometrics 10, 63",
)
def jennrich_sampson(x: Any, y: Any) -> Any:
    """Ten residuals of growing exponentials: a wall so steep that a step made for it stalls below it.

    f = sum over i = 1 .. 10 of (2 + 2*i - exp(i*x) - exp(i*y))**2
    """
    return sum((2 + 2 * i - np.exp(i * x) - np.exp(i * y)) ** 2 for i in range(1, 11))


@landscape(
    title="Biggs EXP2",
    view=(-0.5, 4, 2, 16),
    start=(3.4, 4),
    minima=[(1, 10)],
    paper="Biggs 1971, Journal of the Institute of Mathematics and its Applications 8, 315",
)
def biggs_exp2(x: Any, y: Any) -> Any:
    """Two decay rates fitted to a curve: a flat slope where one parameter hardly matters to the other.

    f = sum over t = 0.1, 0.2 .. 1 of (exp(-t*x) - 5*exp(-t*y) - exp(-t) + 5*exp(-10*t))**2
    """
    times = [i / 10 for i in range(1, 11)]
    return sum((np.exp(-t * x) - 5 * np.exp(-t * y) - np.exp(-t) + 5 * np.exp(-10 * t)) ** 2 for t in times)


@landscape(
    title="Wayburn-Seader 1",
    view=(-2, 3, -1.5, 3.5),
    start=(-1, -0.6),
    minima=[(1, 2), (1.5968041538769333, 0.8063916922461333)],
    paper="Wayburn and Seader 1987, Computers & Chemical Engineering 11, 7",
)
def wayburn_seader_1(x: Any, y: Any) -> Any:
    """A steep closed trough crossed by a line: both crossings solve the equations.

    f = (x**6 + y**4 - 17)**2 + (2*x + y - 4)**2
    """
    return (x**6 + y**4 - 17) ** 2 + (2 * x + y - 4) ** 2


@landscape(
    title="Price 4",
    view=(-2.5, 3.5, -4, 5),
    start=(-1.5, 3),
    minima=[(0, 0), (2, 4), (1.4643521196636984, -2.5060127607816622)],
    paper="Price 1977, doi:10.1093/comjnl/20.4.367",
)
def price_4(x: Any, y: Any) -> Any:
    """Crossing curved valleys with three equal minima, one of them with a flat direction.

    f = (2*x**3*y - y**3)**2 + (6*x - y**2 + y)**2
    """
    return (2 * x**3 * y - y**3) ** 2 + (6 * x - y**2 + y) ** 2


@landscape(
    title="Zettl",
    view=(-1.2, 3, -1.6, 1.6),
    start=(2.6, 0.5),
    minima=[(-0.029895985050660382, 0)],
    paper="Zettl 1970, Numerische Mathematik 15, 415",
)
def zettl(x: Any, y: Any) -> Any:
    """A ring-shaped valley that is slightly tilted: the way to the minimum is around the hill.

    f = (x**2 + y**2 - 2*x)**2 + x / 4
    """
    return (x**2 + y**2 - 2 * x) ** 2 + 0.25 * x


@landscape(
    title="El-Attar-Vidyasagar-Dutta",
    view=(-5, 6, -4, 4),
    start=(-4, 1),
    minima=[(3.409186822190061, -2.171433036284005)],
    paper="El-Attar, Vidyasagar and Dutta 1979, SIAM Journal on Numerical Analysis 16, 70",
)
def el_attar(x: Any, y: Any) -> Any:
    """Three equations that cannot all hold: several valleys, and a minimum that is not 0.

    f = (x**2 + y - 10)**2 + (x + y**2 - 7)**2 + (x**2 + y**3 - 1)**2
    """
    return (x**2 + y - 10) ** 2 + (x + y**2 - 7) ** 2 + (x**2 + y**3 - 1) ** 2


@landscape(view=(-8, 8, -6, 6), start=(-6.6, 3.4), minima=[(0, 0)])
def spiral(x: Any, y: Any) -> Any:
    """Two valleys wound around the minimum: the gradient never points to where the floor leads.

    f = 0.05 * (x**2 + y**2) + (x * sin(u) - y * cos(u))**2,  u = sqrt(1 + x**2 + y**2)
    """
    u = np.sqrt(1 + x**2 + y**2)
    return 0.05 * (x**2 + y**2) + (x * np.sin(u) - y * np.cos(u)) ** 2
