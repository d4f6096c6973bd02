"""The heights that a picture of a loss of one variable must show: its wells, and not only its walls."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from optanim.scales import LARGEST, Scale

Floats = NDArray[np.float64]

WHOLE = 1.45  # times the height that must be seen: walls no higher than this are shown to their top
CLIMB = 3.0  # times the height of starts and barriers above the lowest: so far up a run is followed
SHALLOW = 0.03  # of the height that must be seen: where all wells are shallower a linear axis hides them
SQUEEZED = 0.01  # of that height, under which half of the view would lie
ABOVE, BELOW = 0.13, 0.10  # of the axis: room for hops and names at its ends


def heights(z: Floats, starts: Floats, visited: Floats, kind: str | None = None) -> Scale:
    """The axis of a loss with values z (m,) along the view, from left to right.

    It reaches from the lowest value over starts and barriers to what runs visited (values at both, of
    those in view), but not to the top of walls that nobody climbs. It is linear unless that would
    press wells or half of the view flat, and then symmetric-log, linear as far as the wells reach.
    """
    z = np.clip(z[np.isfinite(z)], -LARGEST, LARGEST)
    if not len(z):
        return Scale(kind or "linear", 0.0, 1.0)
    low, full = float(z.min()), float(z.max())
    wells, barriers = _turns(z)
    asked = np.concatenate([starts, barriers])
    asked = asked[np.isfinite(asked)]
    high = float(np.clip(asked, low, LARGEST).max()) if len(asked) else full
    climbed = visited[np.isfinite(visited)]
    climbed = climbed[climbed - low <= CLIMB * (high - low)]
    high = max(high, float(climbed.max(initial=low)))
    low = min(low, float(climbed.min(initial=low)))
    if high - low < 1e-9 * max(abs(low), abs(high)) or full - low <= WHOLE * (high - low):
        high = max(full, high)
    if not high > low:
        high = low + (abs(low) or 1.0)
    threshold = _threshold(z, low, high, wells, barriers)
    if kind is None:
        kind = "linear" if threshold is None else "symlog"
    if threshold is None:
        threshold = _power(max(abs(low), abs(high)) / 100)
    axis = Scale(kind, low, high, threshold)
    ends = axis.measure([low, high])
    length = float(ends[1] - ends[0])
    if kind == "linear":
        return Scale("linear", low - BELOW * length, high + ABOVE * length)
    down, up = axis.value(float(ends[0]) - BELOW * length), axis.value(float(ends[1]) + ABOVE * length)
    return Scale(kind, down, up, threshold)


def _turns(z: Floats) -> tuple[Floats, Floats]:
    """The values of the lowest places of wells and of the tops between them, without ripples of rounding."""
    rough = 1e-9 * float(np.abs(z).max())
    steps = np.sign(np.where(np.abs(np.diff(z)) > rough, np.diff(z), 0.0))
    moving = np.flatnonzero(steps)
    turns = np.flatnonzero(np.diff(steps[moving]))
    places, down = moving[turns] + 1, steps[moving[turns]] < 0
    return z[places[down]], z[places[~down]]


def _threshold(z: Floats, low: float, high: float, wells: Floats, barriers: Floats) -> float | None:
    """Up to where a symmetric-log axis is linear; None where a linear one shows what there is."""
    height = high - low
    edge = None
    if len(wells) > 1 and len(barriers):
        depth = float(barriers.max() - wells.min())
        if depth < SHALLOW * height:
            edge = float(np.abs([*wells, *barriers]).max())
    if edge is None and float(np.median(np.minimum(z, high)) - low) < SQUEEZED * height:
        edge = float(np.median(np.abs(z)))
    if not edge or max(abs(low), abs(high)) < 4 * edge:
        return None
    return _power(edge)


def _power(value: float) -> float:
    """The power of ten at or below a positive value."""
    return float(10.0 ** math.floor(math.log10(max(value, 1e-300))))
