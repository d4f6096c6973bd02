"""The levels at which a picture of a surface changes its colour."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

BLAND = 1 / 3  # of the view in one band: then its levels show too little
BETTER = 0.95  # times as much in one band at most: other levels show more
STEEP = 50.0  # times as high as the first level: a narrow valley, for which levels must stay geometric
TIP = 0.012  # of the view lie below the first level, so that a narrow valley shows
NEAR = 0.03  # of the view lie between the two levels beside a saddle
FLAT = 0.005  # of the depth below the saddle: what differs by less looks flat
LOW = 0.02  # of that depth: hills that are lower have no levels of their own


def bands(values: Floats, count: int) -> Floats:
    """Levels that part a surface (h, w) into so many bands, from its lowest value to above its highest.

    They are geometric in the height above the lowest value, so that a narrow valley and steep walls
    both show. Where that would leave much of the view in one band, as on a plain or between hills,
    and about a saddle beside which it goes down to the edge, they crowd about the saddle's height.
    """
    finite = values[np.isfinite(values)]
    above = geometric(finite, count)
    if len(above) == 2:
        return above
    saddle = _saddle(values)
    endless = saddle is not None and _on_edge(values, above[0])
    if endless and above[-1] - above[0] < STEEP * (above[1] - above[0]):
        return about(values, float(saddle or 0.0), count)
    plain = _largest(finite, above)
    if plain <= BLAND:
        return above
    other = about(values, float(np.median(finite)) if saddle is None else saddle, count)
    return other if _largest(finite, other) < BETTER * plain else above


def _largest(values: Floats, levels: Floats) -> float:
    """The share of the values in the band that holds most."""
    counts = np.histogram(values, np.r_[-np.inf, levels[1:-1], np.inf])[0]
    return float(counts.max()) / len(values)


def geometric(values: Floats, count: int) -> Floats:
    """Levels that are geometric in the height above the lowest of some finite values."""
    lowest = float(values.min())
    above = np.sort(values - lowest, axis=None)
    top = float(above[-1])
    if top <= 1e-15 * abs(lowest):
        return np.array([lowest, lowest + max(1.0, abs(lowest))])
    first = max(float(above[int(TIP * len(above))]), top * 1e-7)
    return lowest + np.r_[0.0, np.geomspace(first, top * (1 + 1e-9), count)]


@dataclass(frozen=True)
class _Side:
    """What lies above or below a height: its levels are equal steps of log(share), or log(share / rest).

    The share is the distance from the height in parts of the largest, the `reach`; where that is inside
    the view (`closed`) levels crowd there too.
    """

    reach: float  # below 0 for what lies below
    closed: bool
    first: float  # share, of the level next to the height
    last: float

    def _number(self, share: float) -> float:
        return math.log(share / (1 - share) if self.closed else share)

    @property
    def length(self) -> float:
        return self._number(self.last) - self._number(self.first)

    def distances(self, count: int) -> Floats:
        numbers = np.linspace(self._number(self.first), self._number(self.last), count + (not self.closed))
        # The edge of the view is where the last one would be.
        return self.reach * (1 / (1 + np.exp(-numbers)) if self.closed else np.exp(numbers[:-1]))


def about(values: Floats, pivot: float, count: int) -> Floats:
    """Levels of a surface that are geometric in the distance from a height.

    Towards a lowest or a highest place inside the view they are so in the distance from that too.
    """
    finite = values[np.isfinite(values)]
    low, high = float(finite.min()), float(finite.max())
    depth = pivot - low
    near = max(float(np.quantile(np.abs(finite - pivot), NEAR)), FLAT * depth)
    sides = []
    for end in (low, high):
        reach = abs(end - pivot)
        if reach > max(2 * near, LOW * depth):
            tip = float(np.quantile(np.abs(end - finite), TIP)) / reach
            closed = not _on_edge(values, end)
            last = 1 - min(max(tip, FLAT), 0.5) if closed else 1.0
            sides.append(_Side(end - pivot, closed, min(near / reach, 0.4), last))
    lengths = [side.length for side in sides]
    made = [np.array([low])]
    if len(sides) == 2 and count > 2:
        below = int(np.clip(round((count - 1) * lengths[0] / sum(lengths)), 1, count - 2))
        made += [pivot + side.distances(n) for side, n in zip(sides, (below, count - 1 - below), strict=True)]
    elif sides:
        made.append(pivot + max(sides, key=lambda side: abs(side.reach)).distances(count - 1))
    return np.unique(np.concatenate([*made, [high + 1e-9 * (high - low)]]))


def _on_edge(values: Floats, value: float) -> bool:
    return bool((np.r_[values[0], values[-1], values[:, 0], values[:, -1]] == value).any())


def _saddle(values: Floats) -> float | None:
    """The height of the saddle that is nearest to the median of all heights; None without a saddle."""
    centre = values[1:-1, 1:-1]
    around = [(0, 0), (0, 1), (0, 2), (1, 2), (2, 2), (2, 1), (2, 0), (1, 0)]
    h, w = centre.shape
    higher = [values[i : i + h, j : j + w] > centre for i, j in around]
    # Around a saddle it goes up and down at least twice.
    turns = sum((a != b).astype(int) for a, b in zip(higher, higher[1:] + higher[:1], strict=True))
    heights = centre[(turns >= 4) & np.isfinite(centre)]
    if not len(heights):
        return None
    middle = float(np.median(values[np.isfinite(values)]))
    return float(heights[np.argmin(np.abs(heights - middle))])
