"""The part of a landscape that a picture must show: given, or made of what ran."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from optanim.trace import Path, Trace

Floats = NDArray[np.float64]

ROOM = 1.5  # times the size of starts and minima together: so far around them a path is followed
GROWTH = 4.0  # times as far in twice as many steps: a run that goes on so does not stay bounded
MARGIN = 0.15  # of the size, on each side
FLATTEST = 8.0  # a box flatter than this would show nothing of the landscape across it


def least(
    trace: Trace, given: Sequence[float] | None = None, runs: Sequence[Path] | None = None
) -> tuple[float, ...]:
    """The box (low, high of every parameter) that must be seen: given, the landscape's own, or made.

    One that is made holds starts and minima, and of every run what stays near them or, where
    nothing is known of minima, what it does before it runs away.
    """
    problem = trace.problem
    if problem is None:
        raise ValueError("a scene without a landscape has no view")
    n = len(problem.names)
    box = tuple(given or problem.view or _made(trace, trace.runs if runs is None else runs))
    return box if len(box) == 2 * n else box * n


def lowest(values: Callable[[Floats, Floats], Floats], x: Floats, y: Floats, z: Floats) -> Floats:
    """The place (1, 2) where a landscape is lowest, searched from its values z (h, w) at x and y on.

    None (0, 2) where it still falls at the edge: the lowest place is not in view.
    """
    if not np.isfinite(z).any():
        return np.zeros((0, 2))
    row, column = np.unravel_index(np.nanargmin(z), z.shape)
    if row in (0, len(y) - 1) or column in (0, len(x) - 1):
        return np.zeros((0, 2))
    place, reach = np.array([x[column], y[row]]), np.array([x[1] - x[0], y[1] - y[0]])
    for _ in range(4):
        ways = [place[i] + reach[i] * np.linspace(-1, 1, 21) for i in (0, 1)]
        near = values(ways[0][None, :], ways[1][:, None])
        row, column = np.unravel_index(np.nanargmin(near), near.shape)
        place, reach = np.array([ways[0][column], ways[1][row]]), reach / 8
    return place[None]


def _made(trace: Trace, runs: Sequence[Path]) -> tuple[float, ...]:
    problem = trace.problem
    assert problem is not None
    n = len(problem.names)
    starts = [run.params[0] for run in runs] or [np.array(problem.start or (0.0,) * n, float)]
    known = np.vstack([np.array(problem.minima, float).reshape(-1, n), *starts])
    low, high = known.min(axis=0), known.max(axis=0)
    reach = float((high - low).max())
    ways = [steady(run) for run in runs]
    if not reach:  # one start and no minimum: the usual run says how far there is to go
        reach = float(np.median([np.ptp(way, axis=0).max() for way in ways])) if ways else 0.0
    room = ROOM * reach
    for way in ways:
        near = way[((way >= known.min(axis=0) - room) & (way <= known.max(axis=0) + room)).all(axis=1)]
        low, high = np.minimum(low, near.min(axis=0)), np.maximum(high, near.max(axis=0))
    return with_margin(low, high, float(np.abs(known).max()))


def with_margin(low: Floats, high: Floats, size: float) -> tuple[float, ...]:
    """A box (low, high of every parameter) around one, with a margin, and not too flat to show anything.

    Where it is a single point it is made large enough by the size of the numbers there.
    """
    n, sides = len(low), high - low
    if sides.max() <= 1e-9 * size:  # all in one point: show what is around it
        sides = np.full(n, max(1.0, 0.1 * size))
    sides = np.maximum(sides, sides.max() / FLATTEST) * (1 + 2 * MARGIN)
    middle = (low + high) / 2
    return tuple(float(v) for pair in zip(middle - sides / 2, middle + sides / 2, strict=True) for v in pair)


def steady(run: Path) -> Floats:
    """The iterates of a run up to where it began to run away, the start among them."""
    way = run.params[np.isfinite(run.params).all(axis=1)]
    with np.errstate(over="ignore"):
        reached = np.maximum.accumulate(np.abs(way - way[0]).max(axis=1))
    half = reached[np.arange(len(way)) // 2]
    # The first steps say nothing: twice as many of them may well go five times as far.
    away = (reached > GROWTH * half) & (half > 0) & (np.arange(len(way)) > 3)
    return way if not away[-1] else way[: max(int(np.flatnonzero(~away)[-1]) + 1, 1)]
