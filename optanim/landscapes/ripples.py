"""Ripples: many minima in a regular pattern, over a large shape that leads to the lowest."""

from __future__ import annotations

from typing import Any

import numpy as np

from optanim.kinds import landscape
from optanim.landscapes._parts import JAMIL_YANG, MOLGA_SMUTNICKI, radius
from optanim.scene import Point
from optanim.settings import Count, Lead, NonNegative, Positive

BOHACHEVSKY = "Bohachevsky, Johnson and Stein 1986, doi:10.1080/00401706.1986.10488128"
LEVY = "Levy and Montalvo 1985, doi:10.1137/0906002"
SCHAFFER = "Schaffer, Caruana, Eshelman and Das 1989, Proceedings of the third ICGA, 51"


@landscape(
    title="Rastrigin",
    view=(-4, 4, -4, 4),
    start=(-3.3, 2.6),
    minima=[(0, 0)],
    paper="Rastrigin 1974, Systems of Extremal Control, Nauka",
)
def rastrigin(x: Any, y: Any, *, amplitude: Lead[NonNegative] = 10.0) -> Any:
    """A bowl covered with a grid of deep dents: descent alone stops in the first.

    f = 2*amplitude + x**2 + y**2 - amplitude * (cos(2*pi*x) + cos(2*pi*y))
    """
    waves = np.cos(2 * np.pi * x) + np.cos(2 * np.pi * y)
    return 2 * amplitude + x**2 + y**2 - amplitude * waves


@landscape(
    title="Ackley",
    view=(-5, 5, -5, 5),
    start=(-3.7, 2.6),
    minima=[(0, 0)],
    paper="Ackley 1987, doi:10.1007/978-1-4613-1997-9",
)
def ackley(x: Any, y: Any, *, a: Positive = 20.0, b: Positive = 0.2, c: Positive = 2 * np.pi) -> Any:
    """A funnel with many small dents and a sharp tip: far out flat, near the middle steep.

    f = a + e - a*exp(-b*sqrt((x**2 + y**2)/2)) - exp((cos(c*x) + cos(c*y))/2)
    """
    funnel = a * np.exp(-b * np.sqrt(0.5) * radius(x, y))
    return a + np.e - funnel - np.exp((np.cos(c * x) + np.cos(c * y)) / 2)


@landscape(
    title="Griewank",
    view=(-12, 12, -10, 10),
    start=(-8.5, 6.3),
    minima=[(0, 0)],
    paper="Griewank 1981, doi:10.1007/BF00933356",
)
def griewank(x: Any, y: Any) -> Any:
    """Waves on a bowl so wide that from near all wells look equal, and from afar there are none.

    f = 1 + (x**2 + y**2)/4000 - cos(x)*cos(y/sqrt(2))
    """
    return 1 + (x**2 + y**2) / 4000 - np.cos(x) * np.cos(y / np.sqrt(2))


@landscape(title="Lévy", view=(-8, 8, -8, 8), start=(-6.6, 5.2), minima=[(1, 1)], paper=LEVY)
def levy(x: Any, y: Any) -> Any:
    """Ripples whose height grows with the distance along one axis, and a calm valley along the other.

    f = sin(pi*u)**2 + (u - 1)**2*(1 + 10*sin(pi*u + 1)**2) + (v - 1)**2*(1 + sin(2*pi*v)**2)
        with u = 1 + (x - 1)/4,  v = 1 + (y - 1)/4
    """
    u, v = 1 + (x - 1) / 4, 1 + (y - 1) / 4
    first = np.sin(np.pi * u) ** 2 + (u - 1) ** 2 * (1 + 10 * np.sin(np.pi * u + 1) ** 2)
    return first + (v - 1) ** 2 * (1 + np.sin(2 * np.pi * v) ** 2)


@landscape(title="Lévy 13", view=(-4, 6, -4, 6), start=(-2.7, 4.6), minima=[(1, 1)], paper=LEVY)
def levy_13(x: Any, y: Any) -> Any:
    """Ripples across both axes on a bowl: many small traps, each closer to the minimum than the last.

    f = sin(3*pi*x)**2 + (x - 1)**2*(1 + sin(3*pi*y)**2) + (y - 1)**2*(1 + sin(2*pi*y)**2)
    """
    first = np.sin(3 * np.pi * x) ** 2 + (x - 1) ** 2 * (1 + np.sin(3 * np.pi * y) ** 2)
    return first + (y - 1) ** 2 * (1 + np.sin(2 * np.pi * y) ** 2)


@landscape(
    title="Bohachevsky 1", view=(-2, 2, -1.5, 1.5), start=(-1.6, 1.2), minima=[(0, 0)], paper=BOHACHEVSKY
)
def bohachevsky_1(x: Any, y: Any) -> Any:
    """A bowl with shallow dents along each axis, which a little momentum rolls through.

    f = x**2 + 2*y**2 - 0.3*cos(3*pi*x) - 0.4*cos(4*pi*y) + 0.7
    """
    return x**2 + 2 * y**2 - 0.3 * np.cos(3 * np.pi * x) - 0.4 * np.cos(4 * np.pi * y) + 0.7


@landscape(
    title="Bohachevsky 2", view=(-2, 2, -1.5, 1.5), start=(-1.5, 1.1), minima=[(0, 0)], paper=BOHACHEVSKY
)
def bohachevsky_2(x: Any, y: Any) -> Any:
    """Dents in a chessboard pattern: a way round each exists, but not along an axis.

    f = x**2 + 2*y**2 - 0.3*cos(3*pi*x)*cos(4*pi*y) + 0.3
    """
    return x**2 + 2 * y**2 - 0.3 * np.cos(3 * np.pi * x) * np.cos(4 * np.pi * y) + 0.3


@landscape(
    title="Bohachevsky 3", view=(-2, 2, -1.5, 1.5), start=(-1.6, 0.9), minima=[(0, 0)], paper=BOHACHEVSKY
)
def bohachevsky_3(x: Any, y: Any) -> Any:
    """Slanted furrows in a bowl: across them a run is stopped, along them it is led astray.

    f = x**2 + 2*y**2 - 0.3*cos(3*pi*x + 4*pi*y) + 0.3
    """
    return x**2 + 2 * y**2 - 0.3 * np.cos(3 * np.pi * x + 4 * np.pi * y) + 0.3


@landscape(title="egg crate", view=(-5, 5, -5, 5), start=(-3.8, 2.2), minima=[(0, 0)], paper=JAMIL_YANG)
def egg_crate(x: Any, y: Any) -> Any:
    """Nine wide cups in a bowl: fewer and wider traps than Rastrigin's, so that their basins can be seen.

    f = x**2 + y**2 + 25 * (sin(x)**2 + sin(y)**2)
    """
    return x**2 + y**2 + 25 * (np.sin(x) ** 2 + np.sin(y) ** 2)


@landscape(
    title="drop-wave", view=(-3, 3, -2.4, 2.4), start=(-2.2, 1.1), minima=[(0, 0)], paper=MOLGA_SMUTNICKI
)
def drop_wave(x: Any, y: Any) -> Any:
    """Rings as of a drop in water: every ring is a moat without a way inwards.

    f = -(1 + cos(12*r)) / (r**2/2 + 2),  r = sqrt(x**2 + y**2)
    """
    return -(1 + np.cos(12 * radius(x, y))) / ((x**2 + y**2) / 2 + 2)


@landscape(
    title="Salomon",
    view=(-3, 3, -2.4, 2.4),
    start=(-2.3, 1.4),
    minima=[(0, 0)],
    paper="Salomon 1996, doi:10.1016/0303-2647(96)01621-8",
)
def salomon(x: Any, y: Any) -> Any:
    """Rings of equal depth on a cone: the pull inwards is constant and never enough.

    f = 1 - cos(2*pi*r) + 0.1*r,  r = sqrt(x**2 + y**2)
    """
    r = radius(x, y)
    return 1 - np.cos(2 * np.pi * r) + 0.1 * r


@landscape(title="Schaffer 6", view=(-12, 12, -10, 10), start=(-8, 4.3), minima=[(0, 0)], paper=SCHAFFER)
def schaffer_6(x: Any, y: Any) -> Any:
    """Rings that grow deeper inwards around a point that is hard to hit: F6 of the first comparisons.

    f = 1/2 + (sin(r)**2 - 1/2) / (1 + 0.001*r**2)**2,  r = sqrt(x**2 + y**2)
    """
    return 0.5 + (np.sin(radius(x, y)) ** 2 - 0.5) / (1 + 0.001 * (x**2 + y**2)) ** 2


@landscape(title="Schaffer 2", view=(-4, 4, -4, 4), start=(-2.9, 1.7), minima=[(0, 0)], paper=JAMIL_YANG)
def schaffer_2(x: Any, y: Any) -> Any:
    """A cross of flat valleys between ripples that grow ever finer to the corners.

    f = 1/2 + (sin(x**2 - y**2)**2 - 1/2) / (1 + 0.001*(x**2 + y**2))**2
    """
    return 0.5 + (np.sin(x**2 - y**2) ** 2 - 0.5) / (1 + 0.001 * (x**2 + y**2)) ** 2


@landscape(
    title="Schaffer 4",
    view=(-4, 4, -4, 4),
    start=(-2.7, 1.2),
    minima=[
        (0, 1.2531318314637332),
        (0, -1.2531318314637332),
        (1.2531318314637332, 0),
        (-1.2531318314637332, 0),
    ],
    paper=JAMIL_YANG,
)
def schaffer_4(x: Any, y: Any) -> Any:
    """Four equal minima on thin bent valleys, and a saddle where one would look for the minimum.

    f = 1/2 + (cos(sin(abs(x**2 - y**2)))**2 - 1/2) / (1 + 0.001*(x**2 + y**2))**2
    """
    # The cosine of the sine is the same without the absolute value, and has no kink.
    return 0.5 + (np.cos(np.sin(x**2 - y**2)) ** 2 - 0.5) / (1 + 0.001 * (x**2 + y**2)) ** 2


def _pairs(data: Any) -> list[Point]:
    # A period of 2*pi apart, and with x and y exchanged; in view these.
    low, high = -1.425128428319761, -0.8003211004719731
    found: list[Point] = [(low + i, high + j) for i in (0, 2 * np.pi) for j in (0, 2 * np.pi)]
    return found + [(y, x) for x, y in found]


@landscape(
    title="Shubert",
    view=(-3.5, 6.5, -3.5, 6.5),
    start=(1.2, 2.9),
    minima=_pairs,
    paper="Shubert 1972, doi:10.1137/0709036",
)
def shubert(x: Any, y: Any) -> Any:
    """Product of two rough waves: clusters of wells, with pairs of equal lowest ones.

    f = s(x) * s(y),  s(u) = sum over j = 1 .. 5 of j * cos((j + 1)*u + j)
    """
    first = sum(j * np.cos((j + 1) * x + j) for j in range(1, 6))
    return first * sum(j * np.cos((j + 1) * y + j) for j in range(1, 6))


@landscape(
    title="Deb 1",
    view=(0, 1, 0, 1),
    start=(0.42, 0.58),
    # Of these 25 are in view; panels that are wider show more.
    minima=[((2 * i + 1) / 10, (2 * j + 1) / 10) for i in range(-3, 8) for j in range(-3, 8)],
    paper="Deb and Goldberg 1989, Proceedings of the third ICGA, 42",
)
def deb_1(x: Any, y: Any) -> Any:
    """Twenty-five equal needles in a plain: whatever starts between them does not move.

    f = -(sin(5*pi*x)**6 + sin(5*pi*y)**6) / 2
    """
    return -(np.sin(5 * np.pi * x) ** 6 + np.sin(5 * np.pi * y) ** 6) / 2


def _crests(data: Any) -> list[Point]:
    # Where both sines are 1; nine of these are in view.
    places = np.exp((np.pi / 2 + 2 * np.pi * np.arange(-1, 5)) / 10)
    return [(float(x), float(y)) for x in places for y in places]


@landscape(
    title="Vincent",
    view=(1.8, 9.5, 1.5, 8.8),
    start=(2.9, 6.1),
    minima=_crests,
    paper="Li, Engelbrecht and Epitropakis 2013, Benchmark functions for CEC 2013 on niching, RMIT",
)
def vincent(x: Any, y: Any) -> Any:
    """Equal wells that widen outwards: one step length jumps over the near ones and crawls in the far.

    f = -(sin(10*log(x)) + sin(10*log(y))) / 2
    """
    return -(np.sin(10 * np.log(x)) + np.sin(10 * np.log(y))) / 2


@landscape(
    title="Venter-Sobieski",
    view=(-8, 8, -7, 7),
    start=(-6.6, 4.2),
    minima=[(0, 0)],
    paper="Venter and Sobieszczanski-Sobieski 2003, doi:10.2514/2.2111",
)
def venter_sobieski(x: Any, y: Any) -> Any:
    """Deep cups whose rims only the steepest pull overcomes, in a bowl that is nearly flat between them.

    f = x**2 - 100*cos(x)**2 - 100*cos(x**2/30) + y**2 - 100*cos(y)**2 - 100*cos(y**2/30)
    """
    first = x**2 - 100 * np.cos(x) ** 2 - 100 * np.cos(x**2 / 30)
    return first + y**2 - 100 * np.cos(y) ** 2 - 100 * np.cos(y**2 / 30)


@landscape(
    title="Weierstrass",
    view=(-0.8, 0.8, -0.6, 0.6),
    start=(-0.42, 0.3),
    minima=[(0, 0)],
    paper="Suganthan et al. 2005, Problem definitions for the CEC 2005 special session, NTU",
)
def weierstrass(x: Any, y: Any, *, waves: Lead[Count] = 20) -> Any:
    """Ripples on ripples down to any scale: the slope at a point says nothing about its surroundings.

    f = sum over k = 0 .. waves of (2 - cos(2*pi*3**k*x) - cos(2*pi*3**k*y)) / 2**k
    """
    return sum(
        (2 - np.cos(2 * np.pi * 3**k * x) - np.cos(2 * np.pi * 3**k * y)) / 2**k for k in range(waves + 1)
    )
