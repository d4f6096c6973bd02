"""Rugged: minima of all depths and sizes without a pattern that would lead to the lowest."""

from __future__ import annotations

from typing import Any

import numpy as np

from optanim.kinds import landscape
from optanim.landscapes._parts import SCHWEFEL, root

WHITLEY = "Whitley, Rana, Dzubera and Mathias 1996, doi:10.1016/0004-3702(95)00124-7"


@landscape(
    title="Schwefel",
    view=(-310, 450, -300, 460),
    start=(-210, 330),
    minima=[(420.96874635998205, 420.96874635998205)],
    paper=SCHWEFEL,
)
def schwefel(x: Any, y: Any) -> Any:
    """Deep wells far apart, the lowest in a corner and the next one across the whole plane.

    f = 837.9657745448674 - x*sin(sqrt(abs(x))) - y*sin(sqrt(abs(y)))
    """
    return 837.9657745448674 - x * np.sin(root(np.abs(x))) - y * np.sin(root(np.abs(y)))


@landscape(
    view=(-512, 540, -262, 500),
    start=(-120, 210),
    minima=[(522.1605290272342, 413.31579816740555)],
    paper=WHITLEY,
)
def eggholder(x: Any, y: Any) -> Any:
    """A tray of deep and shallow cups without order: what a method finds is what lies near its start.

    f = -(y + 47)*sin(sqrt(abs(x/2 + y + 47))) - x*sin(sqrt(abs(x - y - 47)))
    """
    first = (y + 47) * np.sin(root(np.abs(x / 2 + y + 47)))
    return -first - x * np.sin(root(np.abs(x - (y + 47))))


@landscape(
    title="Whitley",
    view=(-2, 2.4, -2, 2.4),
    start=(-1.4, 1.6),
    minima=[(1, 1)],
    paper=WHITLEY,
)
def whitley(x: Any, y: Any) -> Any:
    """Rosenbrock's valley folded into a wave: level where it should lead, rippled where it is steep.

    f = sum over (u, v) = (x, x), (x, y), (y, x), (y, y) of w**2/4000 - cos(w) + 1,
        w = 100*(u**2 - v)**2 + (1 - v)**2
    """
    ws = [100 * (u**2 - v) ** 2 + (1 - v) ** 2 for u in (x, y) for v in (x, y)]
    return sum(w**2 / 4000 - np.cos(w) + 1 for w in ws)


@landscape(
    title="Michalewicz",
    view=(0, 3.2, 0, 3.2),
    start=(1.2, 1.8),
    minima=[(2.2029055201726093, 1.5707963267948966)],
    paper="Michalewicz 1992, Genetic Algorithms + Data Structures = Evolution Programs, Springer",
)
def michalewicz(x: Any, y: Any) -> Any:
    """Two deep grooves in a plain that cross at the minimum: off the grooves there is no slope.

    f = -sin(x)*sin(x**2/pi)**20 - sin(y)*sin(2*y**2/pi)**20
    """
    return -np.sin(x) * np.sin(x**2 / np.pi) ** 20 - np.sin(y) * np.sin(2 * y**2 / np.pi) ** 20


@landscape(
    title="Langermann",
    view=(0, 10, 0, 10),
    start=(5, 5.4),
    minima=[(2.0029921199344654, 1.0060959402921883)],
    paper="Bersini et al. 1996, Results of the first ICEO, doi:10.1109/ICEC.1996.542670",
)
def langermann(x: Any, y: Any) -> Any:
    """Five sets of rings that meet: the waves of several sources add up to wells in odd places.

    f = -sum over c, a, b of c * exp(-d/pi) * cos(pi*d),  d = (x - a)**2 + (y - b)**2
    """
    rows = ((1, 3, 5), (2, 5, 2), (5, 2, 1), (2, 1, 4), (3, 7, 9))
    squares = [(c, (x - a) ** 2 + (y - b) ** 2) for c, a, b in rows]
    return -sum(c * np.exp(-d / np.pi) * np.cos(np.pi * d) for c, d in squares)


@landscape(
    title="Trefethen",
    view=(-0.5, 0.5, -0.4, 0.5),
    start=(-0.31, 0.38),
    minima=[(-0.024403079694375173, 0.21061242715535577)],
    paper="Trefethen 2002, A hundred-dollar, hundred-digit challenge, SIAM News 35",
)
def trefethen(x: Any, y: Any) -> Any:
    """Problem 4 of the hundred-digit challenge: waves of five lengths over a bowl too flat to see.

    f = exp(sin(50*x)) + sin(60*exp(y)) + sin(70*sin(x)) + sin(sin(80*y)) - sin(10*(x + y))
        + (x**2 + y**2)/4
    """
    first = np.exp(np.sin(50 * x)) + np.sin(60 * np.exp(y)) + np.sin(70 * np.sin(x))
    return first + np.sin(np.sin(80 * y)) - np.sin(10 * (x + y)) + (x**2 + y**2) / 4


@landscape(
    title="Keane's bump",
    view=(-2.4, 5.6, -1.2, 5),
    start=(4.6, 3.4),
    minima=[(1.3932490753255886, 0), (-1.3932490753255886, 0)],
    paper="Keane 1994, Experiences with optimizers in structural design, Adaptive Computing in Engineering",
)
def keane(x: Any, y: Any) -> Any:
    """Wells that deepen towards the origin: each is a trap, and a deeper one is always next to it.

    f = -(cos(x)**2 - cos(y)**2)**2 / sqrt(x**2 + 2*y**2)
    """
    # The two cosines to the fourth minus twice their product, as Keane has it in two dimensions.
    square = x**2 + 2 * y**2
    return -((np.cos(x) ** 2 - np.cos(y) ** 2) ** 2) / np.sqrt(np.where(square == 0, 1.0, square))


@landscape(
    title="Xin-She Yang 3",
    view=(-20, 20, -16, 16),
    start=(-12.6, 7.3),
    minima=[(0, 0)],
    paper="Yang 2010, arXiv:1008.0549",
)
def xin_she_yang_3(x: Any, y: Any) -> Any:
    """A needle in the middle of a mesa: every slope but the needle's own leads away from it.

    f = exp(-(x/15)**10 - (y/15)**10) - 2*exp(-x**2 - y**2)*cos(x)**2*cos(y)**2
    """
    mesa = np.exp(-((x / 15) ** 10) - (y / 15) ** 10)
    return mesa - 2 * np.exp(-(x**2) - y**2) * np.cos(x) ** 2 * np.cos(y) ** 2
