"""Values spread over a range, which an axis of a sweep goes through."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from optanim.kinds import values
from optanim.settings import Lead, ListOf, Number

MOST = 500  # values of one axis
DIGITS = 10  # of values on a line: 0.3, and not the 0.30000000000000004 of floating point
PRINTED = 6  # of others: a legend shows them whole, so that a run can be repeated from it

Ends = Annotated[tuple[float, ...], ListOf(Number())]
Many = Annotated[int, Number(low=1, high=MOST, whole=True)]
Sides = Annotated[tuple[int, ...], ListOf(Number(low=1, high=MOST, whole=True), lengths=(1, 2))]
Array = NDArray[np.float64]


def _unlike(settings: Mapping[str, Any]) -> str | None:
    low, high = settings["low"], settings["high"]
    if len(low) != len(high):
        return f"low has {_numbers(low)} and high {_numbers(high)}"
    return None


def _numbers(point: tuple[float, ...]) -> str:
    return f"{len(point)} number{'s' if len(point) > 1 else ''}"


def _not_positive(settings: Mapping[str, Any]) -> str | None:
    wrong = next((name for name in ("low", "high") if min(settings[name]) <= 0), None)
    return f"{wrong} must be above 0 for logspace" if wrong else _unlike(settings)


def _reversed(settings: Mapping[str, Any]) -> str | None:
    if wrong := _unlike(settings):
        return wrong
    pairs = zip(settings["low"], settings["high"], strict=True)
    return "high must be above low" if any(high <= low for low, high in pairs) else None


def _no_plane(settings: Mapping[str, Any]) -> str | None:
    if wrong := _reversed(settings):
        return wrong
    if len(settings["low"]) > 2:
        return f"low has {_numbers(settings['low'])}, and a grid is of one or two"
    sides = settings["n"] * 2 if len(settings["n"]) == 1 else settings["n"]
    count = sides[0] * sides[1]
    return f"n makes {count} values, and an axis has at most {MOST}" if count > MOST else None


def _rounded(values: Array, digits: int) -> Array:
    return np.array([[float(f"{number:.{digits}g}") for number in row] for row in np.atleast_2d(values)])


@values(check=_unlike)
def linspace(*, low: Ends, high: Ends, n: Many) -> Array:
    """n values from low to high, both included, with equal differences; of starts, points on a line."""
    return _rounded(np.linspace(low, high, n), DIGITS)


@values(check=_not_positive)
def logspace(*, low: Ends, high: Ends, n: Many) -> Array:
    """n values from low to high, both included, with equal ratios, to six digits."""
    return _rounded(np.geomspace(low, high, n), PRINTED)


@values(name="range")
def whole(*, n: Lead[Many]) -> Array:
    """The whole numbers from 0 to n - 1, as for seeds."""
    return np.arange(float(n))[:, None]


@values(check=_reversed)
def random(rng: np.random.Generator, *, low: Ends, high: Ends, n: Many) -> Array:
    """n values evenly spread between low and high, drawn from the scene's seed, to six digits."""
    at = rng.random((n, len(low)))
    return _rounded(np.array(low) + (np.array(high) - np.array(low)) * at, PRINTED)


@values(check=_no_plane)
def grid(*, low: Ends, high: Ends, n: Sides) -> Array:
    """Starts of two numbers on a lattice over the box from low to high: n along each side, or [n, m]."""
    lows, highs, sides = (side * 2 if len(side) == 1 else side for side in (low, high, n))
    x = np.linspace(lows[0], highs[0], int(sides[0]))
    y = np.linspace(lows[1], highs[1], int(sides[1]))
    across, up = np.meshgrid(x, y)
    return _rounded(np.column_stack([across.ravel(), up.ravel()]), DIGITS)
