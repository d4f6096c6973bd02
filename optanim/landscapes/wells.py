"""A few wells: two to four minima, some equal and some traps; which one is reached tells methods apart."""

from __future__ import annotations

from typing import Any

import numpy as np

from optanim.kinds import landscape
from optanim.landscapes._parts import DIXON_SZEGO, JAMIL_YANG, MISHRA


@landscape(
    title="Himmelblau",
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


@landscape(
    title="three-hump camel",
    view=(-2.4, 2.4, -2, 2),
    start=(-1.2, -1.6),
    minima=[(0, 0)],
    paper=DIXON_SZEGO,
)
def three_hump_camel(x: Any, y: Any) -> Any:
    """Three wells side by side, the middle one deepest: too much momentum overshoots it.

    f = 2*x**2 - 1.05*x**4 + x**6/6 + x*y + y**2
    """
    return 2 * x**2 - 1.05 * x**4 + x**6 / 6 + x * y + y**2


@landscape(
    title="six-hump camel",
    view=(-2.1, 2.1, -1.2, 1.2),
    start=(1.8, -0.3),
    minima=[(0.08984201310031806, -0.7126564030207396), (-0.08984201310031806, 0.7126564030207396)],
    paper=DIXON_SZEGO,
)
def six_hump_camel(x: Any, y: Any) -> Any:
    """Six wells of three depths, two of them lowest, each in sight of shallower ones.

    f = (4 - 2.1*x**2 + x**4/3)*x**2 + x*y + (4*y**2 - 4)*y**2
    """
    return (4 - 2.1 * x**2 + x**4 / 3) * x**2 + x * y + (4 * y**2 - 4) * y**2


@landscape(
    title="Styblinski-Tang",
    view=(-4.5, 4.5, -4.5, 4.5),
    start=(0.6, 3.9),
    minima=[(-2.903534027771177, -2.903534027771177)],
    paper="Styblinski and Tang 1990, doi:10.1016/0893-6080(90)90029-K",
)
def styblinski_tang(x: Any, y: Any) -> Any:
    """Four wells, one to a quarter, of three depths: each axis makes a decision of its own.

    f = (x**4 - 16*x**2 + 5*x + y**4 - 16*y**2 + 5*y) / 2
    """
    return (x**4 - 16 * x**2 + 5 * x + y**4 - 16 * y**2 + 5 * y) / 2


@landscape(
    title="McCormick",
    view=(-1.8, 4, -2.8, 2.6),
    start=(2.8, -2.2),
    minima=lambda data: [(0.5 - np.pi / 3, -0.5 - np.pi / 3)],
    paper="McCormick 1976, doi:10.1007/BF01580665",
)
def mccormick(x: Any, y: Any) -> Any:
    """A wave on a tilted trough: the first well on the way down is not the lowest.

    f = sin(x + y) + (x - y)**2 - 1.5*x + 2.5*y + 1
    """
    return np.sin(x + y) + (x - y) ** 2 - 1.5 * x + 2.5 * y + 1


@landscape(
    title="Goldstein-Price",
    view=(-2, 2, -2, 1.5),
    start=(-1.4, 0.3),
    minima=[(0, -1)],
    paper="Goldstein and Price 1971, doi:10.1090/S0025-5718-1971-0312365-X",
)
def goldstein_price(x: Any, y: Any) -> Any:
    """Four wells between crossing walls, with values over six powers of ten: no one step suits them.

    f = (1 + (x + y + 1)**2 * (19 - 14*x + 3*x**2 - 14*y + 6*x*y + 3*y**2))
        * (30 + (2*x - 3*y)**2 * (18 - 32*x + 12*x**2 + 48*y - 36*x*y + 27*y**2))
    """
    first = 1 + (x + y + 1) ** 2 * (19 - 14 * x + 3 * x**2 - 14 * y + 6 * x * y + 3 * y**2)
    second = 30 + (2 * x - 3 * y) ** 2 * (18 - 32 * x + 12 * x**2 + 48 * y - 36 * x * y + 27 * y**2)
    return first * second


@landscape(
    title="Branin",
    view=(-5, 10.6, -1, 15),
    start=(5, 13.2),
    # Where sin(x) and the square both vanish.
    minima=lambda data: [
        (x, 5.1 / (4 * np.pi**2) * x**2 - 5 / np.pi * x + 6) for x in np.pi * np.array([-1, 1, 3])
    ],
    paper="Branin 1972, doi:10.1147/rd.165.0504",
)
def branin(x: Any, y: Any) -> Any:
    """Three equal wells along a bent valley; beside it the slope is gentle and misleads nobody.

    f = (y - 5.1*x**2/(4*pi**2) + 5*x/pi - 6)**2 + 10*(1 - 1/(8*pi))*cos(x) + 10
    """
    valley = y - 5.1 / (4 * np.pi**2) * x**2 + 5 / np.pi * x - 6
    return valley**2 + 10 * (1 - 1 / (8 * np.pi)) * np.cos(x) + 10


@landscape(
    title="Mishra's bird",
    view=(-7, 8, -6.5, 6.5),
    start=(1.4, -2.3),
    minima=[(4.701043130249553, 3.15293850372493), (-1.5821421769300335, -3.1302468034546562)],
    paper=MISHRA,
)
def bird(x: Any, y: Any) -> Any:
    """Two equal deep wells among waves and hills, on either side of a diagonal that itself is flat.

    f = sin(x)*exp((1 - cos(y))**2) + cos(y)*exp((1 - sin(x))**2) + (x - y)**2
    """
    return np.sin(x) * np.exp((1 - np.cos(y)) ** 2) + np.cos(y) * np.exp((1 - np.sin(x)) ** 2) + (x - y) ** 2


@landscape(
    title="Giunta",
    view=(-2.6, 1.6, -2.6, 1.6),
    start=(0.6, -2.3),
    minima=[(0.46732002539796064, 0.46732002539796064)],
    paper=MISHRA,
)
def giunta(x: Any, y: Any) -> Any:
    """Four wells that differ only by a fine ripple: in the usual box of -1 to 1 one sees a single one.

    f = 0.6 + sum over u = 16*x/15 - 1, 16*y/15 - 1 of sin(u) + sin(u)**2 + sin(4*u)/50
    """
    u, v = 16 / 15 * x - 1, 16 / 15 * y - 1
    first = np.sin(u) + np.sin(u) ** 2 + np.sin(4 * u) / 50
    return 0.6 + first + np.sin(v) + np.sin(v) ** 2 + np.sin(4 * v) / 50


@landscape(
    title="Ursem 1",
    view=(-2.5, 3, -2, 2),
    start=(0.2, 1.6),
    minima=[(1.697136454365936, 0)],
    paper="Ursem 1999, Multinational evolutionary algorithms, Congress on Evolutionary Computation, 1633",
)
def ursem_1(x: Any, y: Any) -> Any:
    """A well and a deeper one next to it, on a slope: a good first test of crossing a ridge.

    f = -sin(2*x - pi/2) - 3*cos(y) - x/2
    """
    return -np.sin(2 * x - np.pi / 2) - 3 * np.cos(y) - 0.5 * x


@landscape(
    title="Price 2",
    view=(-5, 5, -4, 4),
    start=(-4.1, 2.2),
    minima=[(0, 0)],
    paper="Price 1977, doi:10.1093/comjnl/20.4.367",
)
def price_2(x: Any, y: Any) -> Any:
    """Nearly equal wells in rows, the middle one a tenth deeper: nothing tells from afar which.

    f = 1 + sin(x)**2 + sin(y)**2 - 0.1 * exp(-x**2 - y**2)
    """
    return 1 + np.sin(x) ** 2 + np.sin(y) ** 2 - 0.1 * np.exp(-(x**2) - y**2)


@landscape(
    title="Wayburn-Seader 2",
    view=(-0.7, 1.3, 0.4, 2.6),
    start=(1.1, 2.1),
    minima=[(0.20013897472877884, 1), (0.42486102527122116, 1)],
    paper=JAMIL_YANG,
)
def wayburn_seader_2(x: Any, y: Any) -> Any:
    """A closed trough around a hill with two minima so close together that they look like one.

    f = (1.613 - 4*(x - 0.3125)**2 - 4*(y - 1.625)**2)**2 + (y - 1)**2
    """
    return (1.613 - 4 * (x - 0.3125) ** 2 - 4 * (y - 1.625) ** 2) ** 2 + (y - 1) ** 2
