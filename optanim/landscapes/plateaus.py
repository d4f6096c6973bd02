"""Plateaus: wide parts where the slope says next to nothing, and the holes that hide in them."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from optanim.kinds import landscape
from optanim.landscapes._parts import JAMIL_YANG
from optanim.settings import Lead, Number

Share = Annotated[float, Number(low=0, high=1)]


@landscape(view=(-4, 4, -3, 3), start=(-2.2, 1.2), minima=[(0, 0)], paper=JAMIL_YANG)
def exponential(x: Any, y: Any) -> Any:
    """A smooth hole in a plain: the farther out a run starts, the less slope it has to find the way.

    f = -exp(-(x**2 + y**2) / 2)
    """
    return -np.exp(-0.5 * (x**2 + y**2))


@landscape(
    title="Easom",
    view=(-1, 7.3, 0, 6.3),
    start=(1.6, 4.4),
    minima=lambda data: [(np.pi, np.pi)],
    paper="Easom 1990, A Survey of Global Optimization Techniques, University of Louisville",
)
def easom(x: Any, y: Any) -> Any:
    """One narrow hole in a plain with faint ripples around it, which point away from the hole.

    f = -cos(x) * cos(y) * exp(-(x - pi)**2 - (y - pi)**2)
    """
    return -np.cos(x) * np.cos(y) * np.exp(-((x - np.pi) ** 2) - (y - np.pi) ** 2)


@landscape(view=(-4, 4, -3, 3), start=(2.3, 0.7), minima=[(1.799657326190163, -0.8998607887647537)])
def two_wells(x: Any, y: Any) -> Any:
    """A wide shallow well and a narrow deep one: most starts, and large steps, end in the wide one.

    f = -exp(-((x + 1.4)**2 + (y - 0.4)**2) / 2) - 1.5 * exp(-8 * ((x - 1.8)**2 + (y + 0.9)**2))
    """
    wide = np.exp(-((x + 1.4) ** 2 + (y - 0.4) ** 2) / 2)
    narrow = np.exp(-8 * ((x - 1.8) ** 2 + (y + 0.9) ** 2))
    return -wide - 1.5 * narrow


@landscape(
    view=(-3, 3, -3, 3),
    start=(0.1, 1.4),
    minima=[(0.22827892055636909, -1.6255349574999964)],
    paper="MathWorks, MATLAB's peaks",
)
def peaks(x: Any, y: Any) -> Any:
    """Three hills and three hollows in a plain: the textbook picture of a loss surface.

    f = 3*(1 - x)**2*exp(-x**2 - (y + 1)**2) - 10*(x/5 - x**3 - y**5)*exp(-x**2 - y**2)
        - exp(-(x + 1)**2 - y**2)/3
    """
    first = 3 * (1 - x) ** 2 * np.exp(-(x**2) - (y + 1) ** 2)
    middle = 10 * (x / 5 - x**3 - y**5) * np.exp(-(x**2) - y**2)
    return first - middle - np.exp(-((x + 1) ** 2) - y**2) / 3


@landscape(view=(-20, 20, -15, 15), start=(-8.6, 5.4), minima=[(0, 0)])
def sinc_plateau(x: Any, y: Any) -> Any:
    """Rings that fade into a plain: far out all moats are shallow, and each stops a run.

    f = -sin(r) / r,  r = sqrt(x**2 + y**2)
    """
    square = x**2 + y**2
    near = square < 1e-4
    r = np.sqrt(np.where(near, 1.0, square))
    # Where r is small the quotient would lose its digits; its series has none to lose.
    series = 1 - square / 6 + square**2 / 120 - square**3 / 5040
    return -np.where(near, series, np.sin(r) / r)


@landscape(view=(-8, 8, -6, 6), start=(-6.3, 2.6), minima=[(0, 0)])
def terraces(x: Any, y: Any, *, flatness: Lead[Share] = 0.95) -> Any:
    """Round terraces with steep edges: on each the slope nearly ends, and with flatness 1 it does.

    f = u - flatness * sin(4*u) / 4,  u = sqrt(1 + x**2 + y**2)
    """
    u = np.sqrt(1 + x**2 + y**2)
    return u - flatness * np.sin(4 * u) / 4


@landscape(view=(-6, 6, -4.5, 4.5), start=(-2.4, 0.3), minima=[(1.5, -0.5)])
def neuron(x: Any, y: Any) -> Any:
    """The squared error of one saturating neuron by its weight and bias: sure and wrong, it learns slowly.

    f = sum over u = -2 .. 2 of (tanh(x*u + y) - tanh(1.5*u - 0.5))**2
    """
    return sum((np.tanh(x * u + y) - np.tanh(1.5 * u - 0.5)) ** 2 for u in range(-2, 3))
