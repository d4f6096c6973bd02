"""How high a relief stands where: the axis of its heights, and where its top is cut off."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from optanim.scales import LARGEST, SMALLEST, Scale

Floats = NDArray[np.float64]

FLAT = 0.12  # of the whole height: what lies lower looks flat beside the rest
MUCH = 0.45  # of the view; where more of it looks flat a linear axis hides the valley
TIP = 0.12  # of the view lies where a symmetric-log axis is linear: a smaller part would be a shaft
SHAFT = 1e-3  # times the median height
WALL = 0.75  # of the view is below where a linear axis ends that would hide the valley
ROOM = 1.08  # times the height to which runs climb
WORTH = 0.8  # of the height must be left for a cut to be worth it


@dataclass(frozen=True)
class Altitude:
    """The axis of the heights; `cut` says that the surface goes on above its end."""

    scale: Scale
    cut: bool = False
    sunk: bool = False  # and below its low end

    def heights(self, values: Floats) -> Floats:
        """From 0 at the low end to 1 at the high end, where values are beyond them too; NaN for none."""
        with np.errstate(all="ignore"):
            place = self.scale.place(values)
        place = np.where(np.isnan(place) & (values <= 0) & (self.scale.kind == "log"), 0.0, place)
        return np.clip(place, 0.0, 1.0)

    @property
    def words(self) -> str:
        """What the axis is."""
        kind = {"linear": "linear", "log": "log", "symlog": "symmetric log"}[self.scale.kind]
        return f"{kind} axis"


def altitude(z: Floats, visited: Floats, kind: str | None = None) -> Altitude:
    """The axis of a surface with values z (m,), on which runs were at values `visited`.

    It is linear unless much of the view would look flat; then logarithmic where all is positive, and
    symmetric-log else. A linear axis that is asked for where much would look flat ends above what the
    runs visited, and above most of the view. Where the surface has no end it is cut off at the highest
    value that is one.
    """
    endless = bool((z >= LARGEST).any())
    z = np.maximum(z[np.isfinite(z) & (z < LARGEST)], -LARGEST)
    if not len(z):
        return Altitude(Scale("linear", 0.0, 1.0))
    made = _altitude(z, visited, kind)
    return replace(made, cut=True) if endless else made


def _altitude(z: Floats, visited: Floats, kind: str | None) -> Altitude:
    low, high = float(z.min()), float(z.max())
    if not high > low or high - low <= 1e-12 * max(abs(low), abs(high)):
        room = abs(low) or 1.0
        return Altitude(Scale("linear", low - room / 2, low + room / 2))
    steep = float((z < low + FLAT * (high - low)).mean()) > MUCH
    if kind is None:
        # A lowest place that is next to nothing would be a shaft on a logarithmic axis.
        deep = low < SHAFT * float(np.median(z))
        kind = "linear" if not steep else "symlog" if deep else "log"
    if kind == "log":
        positive = z[z > 0]
        if not len(positive):
            kind = "symlog"
        else:
            floor = max(float(np.quantile(positive, 0.002)), SMALLEST)
            start = max(low, floor) if low > 0 and math.log10(high / low) < 6 else floor
            start = min(start, high / 10)
            return Altitude(Scale("log", start, high), sunk=low < start)
    if kind == "symlog":
        return Altitude(Scale("symlog", low, high, _threshold(z, low, high)))
    if steep:
        climbed = visited[np.isfinite(visited) & (visited <= high)]
        top = max(float(np.quantile(z, WALL)), low + ROOM * (float(climbed.max(initial=low)) - low))
        if top - low < WORTH * (high - low):
            return Altitude(Scale("linear", low, top), cut=True)
    return Altitude(Scale("linear", low, high))


def _threshold(z: Floats, low: float, high: float) -> float:
    """Where a symmetric-log axis turns linear: about as high as the lowest places, to half a power of ten."""
    tip = float(np.quantile(np.abs(z) if low < 0 else z - low, TIP))
    most = max(abs(low), abs(high))
    return 10.0 ** (round(2 * math.log10(min(max(tip, 1e-7 * most, SMALLEST), most))) / 2)
