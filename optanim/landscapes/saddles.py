"""Saddles: points that are flat and no minimum, and what lies on both sides of them."""

from __future__ import annotations

from typing import Any

import numpy as np

from optanim.kinds import landscape
from optanim.landscapes._parts import DIXON_SZEGO
from optanim.scene import Point
from optanim.settings import Lead, NonNegative


@landscape(view=(-2, 2, -2, 2), start=(-1.5, 0.01))
def saddle(x: Any, y: Any) -> Any:
    """A saddle point at the origin, downhill without end along y; it has no minimum.

    f = x**2 - y**2
    """
    return x**2 - y**2


@landscape(
    view=(-2, 2, -1.6, 1.6),
    start=(1.4, 0.02),
    paper="Hilbert and Cohn-Vossen 1932, Anschauliche Geometrie, Springer",
)
def monkey_saddle(x: Any, y: Any) -> Any:
    """Three ways down from a point without slope or curvature, where second derivatives say nothing.

    f = x**3 - 3 * x * y**2
    """
    return x**3 - 3 * x * y**2


@landscape(
    view=(-3, 3, -3, 3),
    start=(0.9, 1.3),
    minima=lambda data: [(np.pi / 2, -np.pi / 2), (-np.pi / 2, np.pi / 2)],
)
def sine_saddle(x: Any, y: Any) -> Any:
    """A saddle that stays bounded: a start on the hill's ridge must first pass the middle.

    f = sin(x) * sin(y)
    """
    return np.sin(x) * np.sin(y)


def _balanced(data: Any, decay: float) -> list[Point]:
    # Without decay all of the curve x*y = 1 is lowest, and from decay 1 on it is the saddle itself.
    if decay == 0:
        return []
    side = float(np.sqrt(max(1 - decay, 0)))
    return [(side, side), (-side, -side)] if side else [(0.0, 0.0)]


@landscape(
    view=(-2.4, 2.4, -1.8, 1.8),
    start=(-1.3, 1.2),
    minima=_balanced,
    paper="Saxe, McClelland and Ganguli 2014, arXiv:1312.6120",
)
def deep_linear_network(x: Any, y: Any, *, decay: Lead[NonNegative] = 0.1) -> Any:
    """Two weights in a row that should multiply to 1: a saddle at 0 delays the training of deep networks.

    f = (1 - x*y)**2 / 2 + decay * (x**2 + y**2) / 2
    """
    return (1 - x * y) ** 2 / 2 + decay * (x**2 + y**2) / 2


@landscape(
    title="Treccani",
    view=(-3.2, 1.2, -1.6, 1.6),
    start=(-1.05, 1.3),
    minima=[(-2, 0), (0, 0)],
    paper=DIXON_SZEGO,
)
def treccani(x: Any, y: Any) -> Any:
    """Two equal wells with a saddle between: a start near the ridge shows who decides when.

    f = x**4 + 4*x**3 + 4*x**2 + y**2
    """
    return x**4 + 4 * x**3 + 4 * x**2 + y**2


@landscape(
    title="Aluffi-Pentini",
    view=(-1.8, 1.8, -1.3, 1.3),
    start=(1.6, 0.9),
    minima=[(-1.0466805318046022, 0)],
    paper="Aluffi-Pentini, Parisi and Zirilli 1985, Journal of Optimization Theory and Applications 47, 1",
)
def aluffi_pentini(x: Any, y: Any) -> Any:
    """A shallow well and a deeper one behind a low pass, which momentum can cross.

    f = x**4 / 4 - x**2 / 2 + 0.1 * x + y**2 / 2
    """
    return 0.25 * x**4 - 0.5 * x**2 + 0.1 * x + 0.5 * y**2


@landscape(
    title="Dekkers-Aarts",
    view=(-0.3, 0.3, -20, 20),
    start=(0.2, 3),
    minima=[(0, 14.945112151891959), (0, -14.945112151891959)],
    paper="Dekkers and Aarts 1991, doi:10.1007/BF01594945",
)
def dekkers_aarts(x: Any, y: Any) -> Any:
    """Two wells at the ends of a slit 100000 times steeper across: made for methods that scale each axis.

    f = 1e5 * x**2 + y**2 - (x**2 + y**2)**2 + 1e-5 * (x**2 + y**2)**4
    """
    square = x**2 + y**2
    return 1e5 * x**2 + y**2 - square**2 + 1e-5 * square**4


@landscape(
    title="Hosaki",
    view=(-0.2, 5.4, -0.2, 5.2),
    start=(2.4, 4.4),
    minima=[(4, 2)],
    paper="Bekey and Ung 1974, IEEE Transactions on Systems, Man, and Cybernetics 4, 112",
)
def hosaki(x: Any, y: Any) -> Any:
    """Two wells on either side of a low saddle, the nearer one not the deeper.

    f = (1 - 8*x + 7*x**2 - 7*x**3/3 + x**4/4) * y**2 * exp(-y)
    """
    return (1 - 8 * x + 7 * x**2 - 7 / 3 * x**3 + 0.25 * x**4) * y**2 * np.exp(-y)


@landscape(
    title="Müller-Brown",
    view=(-1.7, 1.2, -0.4, 2.1),
    start=(0.9, 0.4),
    minima=[(-0.5582236346330243, 1.4417258418046686)],
    paper="Müller and Brown 1979, doi:10.1007/BF00547608",
)
def muller_brown(x: Any, y: Any) -> Any:
    """Chemistry's potential of three wells joined by two passes: where a run ends is a question of speed.

    f = sum of A * exp(a*(x - p)**2 + b*(x - p)*(y - q) + c*(y - q)**2) over four rows A, a, b, c, p, q
    """
    rows = (
        (-200, -1, 0, -10, 1, 0),
        (-100, -1, 0, -10, 0, 0.5),
        (-170, -6.5, 11, -6.5, -0.5, 1.5),
        (15, 0.7, 0.6, 0.7, -1, 1),
    )
    return sum(
        A * np.exp(a * (x - p) ** 2 + b * (x - p) * (y - q) + c * (y - q) ** 2) for A, a, b, c, p, q in rows
    )
