"""Kinks: sharp valleys and corners, where the gradient does not shrink as the minimum comes near."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from optanim.kinds import landscape
from optanim.landscapes._parts import JAMIL_YANG, LUKSAN_VLCEK, MISHRA, SCHWEFEL, radius, root
from optanim.scene import Point
from optanim.settings import Lead, NonNegative, Number, Positive, Real

Condition = Annotated[float, Number(low=1)]


@landscape(view=(-4, 4, -3, 3), start=(-3.3, 1.7), minima=[(0, 0)])
def l1_norm(x: Any, y: Any, *, condition: Lead[Condition] = 1.0) -> Any:
    """A pyramid, whose slope is the same from far to near: a constant step length never settles.

    f = abs(x) + condition * abs(y)
    """
    return np.abs(x) + condition * np.abs(y)


@landscape(title="L∞ norm", view=(-4, 4, -3, 3), start=(-3.3, 1.7), minima=[(0, 0)])
def linf_norm(x: Any, y: Any) -> Any:
    """A pyramid turned by 45 degrees: only one parameter has a gradient at a time.

    f = max(abs(x), abs(y))
    """
    return np.maximum(np.abs(x), np.abs(y))


@landscape(title="log-sum-exp", view=(-4, 4, -3, 3), start=(-3.3, 1.7), minima=[(0, 0)])
def log_sum_exp(x: Any, y: Any, *, sharpness: Lead[Positive] = 2.0) -> Any:
    """The L∞ norm with its edges rounded: what smoothing a kink buys an optimizer.

    f = log(exp(s*x) + exp(-s*x) + exp(s*y) + exp(-s*y)) / s,  s = sharpness
    """
    # The largest exponent is taken out, because it alone may exceed what a double holds.
    top = np.maximum(np.abs(x), np.abs(y))
    total = sum(np.exp(sharpness * (side * u - top)) for u in (x, y) for side in (1, -1))
    return top + np.log(total) / sharpness


@landscape(title="Lp norm", view=(-4, 4, -3, 3), start=(-3.3, 1.7), minima=[(0, 0)])
def lp_norm(x: Any, y: Any, *, p: Lead[Positive] = 0.5) -> Any:
    """A star with sharp valleys along the axes, where p is below 1: it draws parameters to exactly 0.

    f = (abs(x)**p + abs(y)**p)**(1/p)
    """
    return root(root(np.abs(x), p) + root(np.abs(y), p), 1 / p)


def _shrunk(data: Any, weight: float) -> list[Point]:
    return [(max(2 - weight, 0), max(0.4 - weight / 2, 0))]


@landscape(
    view=(-2, 4, -2, 2.4),
    start=(3.2, 2),
    minima=_shrunk,
    paper="Tibshirani 1996, doi:10.1111/j.2517-6161.1996.tb02080.x",
)
def lasso(x: Any, y: Any, *, weight: Lead[NonNegative] = 1.0) -> Any:
    """Least squares with an L1 penalty, which holds the less useful parameter at exactly 0.

    f = (x - 2)**2/2 + (y - 0.4)**2 + weight * (abs(x) + abs(y))
    """
    return (x - 2) ** 2 / 2 + (y - 0.4) ** 2 + weight * (np.abs(x) + np.abs(y))


@landscape(
    title="absolute Rosenbrock",
    view=(-2, 2, -0.8, 3),
    start=(-1.5, 1.1),
    minima=lambda data, a, b: [(a, a * a)],
)
def absolute_rosenbrock(x: Any, y: Any, *, a: Real = 1.0, b: Positive = 10.0) -> Any:
    """Rosenbrock's valley with a sharp floor: every step lands on the other side of it.

    f = abs(a - x) + b * abs(y - x**2)
    """
    return np.abs(a - x) + b * np.abs(y - x**2)


@landscape(
    title="nonsmooth Chebyshev-Rosenbrock",
    view=(-1.6, 1.6, -1.4, 1.6),
    start=(-1.2, 0.6),
    minima=[(1, 1)],
    paper="Gürbüzbalaban and Overton 2012, doi:10.1016/j.na.2011.07.062",
)
def nonsmooth_chebyshev_rosenbrock(x: Any, y: Any) -> Any:
    """A sharp valley with a corner at (0, -1) that looks final to a gradient and is not a minimum.

    f = abs(x - 1)/4 + abs(y - 2*abs(x) + 1)
    """
    return np.abs(x - 1) / 4 + np.abs(y - 2 * np.abs(x) + 1)


@landscape(title="Schwefel 2.6", view=(-5, 7, -2, 8), start=(-3.4, 0.3), minima=[(1, 3)], paper=SCHWEFEL)
def schwefel_2_6(x: Any, y: Any) -> Any:
    """The larger of two residuals: Booth's equations when the worst one counts and not their squares.

    f = max(abs(x + 2*y - 7), abs(2*x + y - 5))
    """
    return np.maximum(np.abs(x + 2 * y - 7), np.abs(2 * x + y - 5))


@landscape(title="Schwefel 2.22", view=(-4, 4, -3, 3), start=(-3.4, 1.9), minima=[(0, 0)], paper=SCHWEFEL)
def schwefel_2_22(x: Any, y: Any) -> Any:
    """A sharp bowl with edges along the axes that are lower than all around them.

    f = abs(x) + abs(y) + abs(x*y)
    """
    return np.abs(x) + np.abs(y) + np.abs(x * y)


@landscape(
    title="Price 1",
    view=(-9, 9, -8, 8),
    start=(0.8, -6.9),
    minima=[(5, 5), (5, -5), (-5, 5), (-5, -5)],
    paper="Price 1977, doi:10.1093/comjnl/20.4.367",
)
def price_1(x: Any, y: Any) -> Any:
    """Four smooth bowls that meet in sharp ridges: which one is won changes from one side to the other.

    f = (abs(x) - 5)**2 + (abs(y) - 5)**2
    """
    return (np.abs(x) - 5) ** 2 + (np.abs(y) - 5) ** 2


@landscape(
    title="Wolfe",
    view=(-1.8, 4.2, -2, 2),
    start=(3.6, 1.5),
    minima=[(-1, 0)],
    paper="Wolfe 1975, A method of conjugate subgradients, Mathematical Programming Study 3, 145",
)
def wolfe(x: Any, y: Any) -> Any:
    """Steepest descent with the best step each time zigzags here to (0, 0), which is no minimum.

    f = 5*sqrt(9*x**2 + 16*y**2) where x >= abs(y), else 9*x + 16*abs(y) - (x**9 where x < 0)
    """
    beside = 9 * x + 16 * np.abs(y)
    ahead = 5 * root(9 * x**2 + 16 * y**2)
    return np.where(x >= np.abs(y), ahead, np.where(x > 0, beside, beside - x**9))


@landscape(view=(-1.6, 1.6, -0.8, 2), start=(-1.3, 1.6), minima=[(0, 0)], paper=LUKSAN_VLCEK)
def crescent(x: Any, y: Any) -> Any:
    """A sharp valley along a circle, between a bowl and a dome: along it the slope vanishes slowly.

    f = max(u + y - 1, -u + y + 1),  u = x**2 + (y - 1)**2
    """
    u = x**2 + (y - 1) ** 2
    return np.maximum(u + y - 1, y + 1 - u)


@landscape(
    title="CB2",
    view=(-0.5, 3, -0.9, 2.3),
    start=(2.6, 0),
    minima=[(1.1390376519926627, 0.8995599383953929)],
    paper=LUKSAN_VLCEK,
)
def cb2(x: Any, y: Any) -> Any:
    """The largest of three smooth functions: the minimum lies on the crease of two of them.

    f = max(x**2 + y**4, (2 - x)**2 + (2 - y)**2, 2*exp(y - x))
    """
    return np.maximum(np.maximum(x**2 + y**4, (2 - x) ** 2 + (2 - y) ** 2), 2 * np.exp(y - x))


@landscape(title="DEM", view=(-3.5, 3.5, -5, 1.2), start=(2.6, 0.4), minima=[(0, -3)], paper=LUKSAN_VLCEK)
def dem(x: Any, y: Any) -> Any:
    """A steep gutter that ends on a smooth bowl: down its crease, the gradient points across.

    f = max(5*x + y, -5*x + y, x**2 + y**2 + 4*y)
    """
    return np.maximum(5 * np.abs(x) + y, x**2 + y**2 + 4 * y)


@landscape(
    title="Mifflin 2", view=(-1.6, 1.6, -1.3, 1.3), start=(-1.2, 0.5), minima=[(1, 0)], paper=LUKSAN_VLCEK
)
def mifflin_2(x: Any, y: Any) -> Any:
    """A gently tilted disc inside a steep wall, with the minimum on the sharp rim between them.

    f = -x + 2*u + 1.75*abs(u),  u = x**2 + y**2 - 1
    """
    u = x**2 + y**2 - 1
    return -x + 2 * u + 1.75 * np.abs(u)


@landscape(
    title="Bukin 6",
    view=(-15, -4, -1, 4),
    start=(-6.2, 2.6),
    minima=[(-10, 1)],
    paper="Bukin 1997, New minimization strategy for non-smooth functions, Budker Institute",
)
def bukin_6(x: Any, y: Any) -> Any:
    """A ravine so sharp that its walls are vertical at the floor, which hardly falls to the minimum.

    f = 100*sqrt(abs(y - 0.01*x**2)) + 0.01*abs(x + 10)
    """
    return 100 * root(np.abs(y - 0.01 * x**2)) + 0.01 * np.abs(x + 10)


@landscape(title="Bartels-Conn", view=(-4, 4, -4, 4), start=(-2.7, 3.3), minima=[(0, 0)], paper=JAMIL_YANG)
def bartels_conn(x: Any, y: Any) -> Any:
    """A bowl creased along one axis only, beside kinks that only bend the path.

    f = abs(x**2 + y**2 + x*y) + abs(sin(x)) + abs(cos(y))
    """
    return np.abs(x**2 + y**2 + x * y) + np.abs(np.sin(x)) + np.abs(np.cos(y))


@landscape(
    title="HappyCat",
    view=(-2.6, 2.6, -2.2, 2.2),
    start=(2.1, 0.6),
    minima=[(-1, -1)],
    paper="Beyer and Finck 2012, doi:10.1007/978-3-642-32937-1_37",
)
def happy_cat(x: Any, y: Any) -> Any:
    """A ring-shaped crease with vertical walls: once in it, the way along to the minimum is hidden.

    f = abs(x**2 + y**2 - 2)**(1/4) + ((x**2 + y**2)/2 + x + y)/2 + 1/2
    """
    square = x**2 + y**2
    return root(np.abs(square - 2), 0.25) + (square / 2 + x + y) / 2 + 0.5


def _zeros(data: Any) -> list[Point]:
    # Each term is 0 at 0 and where sin(x) = -0.1, the latter two to a turn: in view these.
    tenth = float(np.arcsin(0.1))
    places = (-np.pi + tenth, -tenth, 0.0, np.pi + tenth)
    return [(float(x), float(y)) for x in places for y in places]


@landscape(
    title="Alpine 1",
    view=(-5, 5.4, -4.2, 4.6),
    start=(4.6, 2.2),
    minima=_zeros,
    paper="Clerc 1999, doi:10.1109/CEC.1999.785513",
)
def alpine_1(x: Any, y: Any) -> Any:
    """Sharp-edged valleys in a grid; the origin is one of many zeros, though often given as the only one.

    f = abs(x*sin(x) + 0.1*x) + abs(y*sin(y) + 0.1*y)
    """
    return np.abs(x * np.sin(x) + 0.1 * x) + np.abs(y * np.sin(y) + 0.1 * y)


@landscape(
    title="cross-in-tray",
    view=(-6, 6, -5, 5),
    start=(-4.2, 2.2),
    minima=[
        (1.3494066171539107, 1.3494066171539107),
        (1.3494066171539107, -1.3494066171539107),
        (-1.3494066171539107, 1.3494066171539107),
        (-1.3494066171539107, -1.3494066171539107),
    ],
    paper=MISHRA,
)
def cross_in_tray(x: Any, y: Any) -> Any:
    """Four equal wells cut apart by a sharp cross, in a tray of shallower ones.

    f = -0.0001 * (abs(sin(x)*sin(y)*exp(abs(100 - r/pi))) + 1)**0.1,  r = sqrt(x**2 + y**2)
    """
    height = np.abs(np.sin(x) * np.sin(y) * np.exp(np.abs(100 - radius(x, y) / np.pi)))
    return -0.0001 * (height + 1) ** 0.1


@landscape(
    title="Hölder table",
    view=(-9.6, 9.6, -3.2, 10.2),
    start=(3.2, 6.4),
    minima=[
        (8.055023475736563, 9.664590019241272),
        (8.055023475736563, -9.664590019241272),
        (-8.055023475736563, 9.664590019241272),
        (-8.055023475736563, -9.664590019241272),
    ],
    paper=MISHRA,
)
def holder_table(x: Any, y: Any) -> Any:
    """Equal wells at the corners of a table of creased bumps, which grow deeper outwards without end.

    f = -abs(sin(x)*cos(y)*exp(abs(1 - r/pi))),  r = sqrt(x**2 + y**2)
    """
    return -np.abs(np.sin(x) * np.cos(y) * np.exp(np.abs(1 - radius(x, y) / np.pi)))
