"""What stands for several runs that differ in the seed alone: a middle, and a band around it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from optanim.pen import Box, Pen
from optanim.themes import RGB
from optanim.typeset import Sprite

Floats = NDArray[np.float64]
Band = Literal["minmax", "sd", "quartiles", "none"]
FAR = 4000.0  # pixels beyond the panel that an edge of a band goes to
OPAQUE = 0.2  # how much of its colour a band has
MANY = 3  # bands that all have that much: of more each has less, as they lie on one another

LONG = {
    "minmax": "lowest to highest",
    "sd": "one standard deviation on each side",
    "quartiles": "middle half",
}
BRIEF = {
    "minmax": ("min–max", ", min–max"),
    "sd": ("±1 sd", " ±1 sd"),
    "quartiles": ("quartiles", ", quartiles"),
}


def middle(values: Floats, band: str, log: bool) -> Floats:
    """The middle (K,) of several runs (M, K); not a number from where one of them has none.

    It is the mean, on a log axis that of the logarithms: a mean there would be little more than the largest
    value. With quartiles it is the median, which alone is sure to lie between them.
    """
    with np.errstate(all="ignore"):
        if band == "quartiles":
            return np.asarray(np.quantile(values, 0.5, axis=0))
        if log:
            return np.asarray(np.exp(np.log(np.maximum(values, 0.0)).mean(axis=0)))
        return np.asarray(values.mean(axis=0))


def edges(values: Floats, band: str, log: bool) -> tuple[Floats, Floats] | None:
    """The lower and the upper edge (K,) of the band of several runs (M, K); None where none is wanted."""
    if band == "none" or len(values) < 2:
        return None
    known = np.where(np.isfinite(values).all(axis=0), values, np.nan)
    with np.errstate(all="ignore"):
        if band == "minmax":
            return known.min(axis=0), known.max(axis=0)
        if band == "quartiles":
            low, high = np.quantile(known, [0.25, 0.75], axis=0)
            return low, high
        logs = np.log(np.maximum(known, 0.0)) if log else known
        centre, sd = logs.mean(axis=0), logs.std(axis=0, ddof=1)
        low, high = centre - sd, centre + sd
        return (np.exp(low), np.exp(high)) if log else (low, high)


def said(band: str, log: bool, count: int) -> list[str]:
    """What is drawn of so many runs in fewer and fewer words, at last without the band."""
    name = "median" if band == "quartiles" else "geometric mean" if log else "mean"
    seeds = f"of {count} seeds"
    if band == "none":
        return [f"{name} {seeds}", name]
    short, shortest = BRIEF[band]
    long = LONG[band].replace(" on ", " of the logarithm on ") if log else LONG[band]
    return [
        f"{name} {seeds}, band: {long}",
        f"{name} {seeds}, band: {short}",
        f"{name}{shortest} {seeds}",
        f"{name}{shortest}",
        f"{name.replace('geometric', 'geom.')}{shortest}",
        name,
    ]


def told(band: str, log: bool) -> str:
    """What is drawn of several runs, for panels of which some may have a log axis."""
    if band == "sd":
        return f"mean, {LONG[band]}" + " (both of the logarithm on log axes)" * log
    name = "median" if band == "quartiles" else "mean (geometric on log axes)" if log else "mean"
    return name if band == "none" else f"{name}, {LONG[band]}"


def thinned(count: int) -> float:
    """How much of its strength each of so many bands has, so that together they stay as clear as a few."""
    return min(1.0, MANY / max(count, 1))


@dataclass(frozen=True)
class Ribbon:
    """A band in pixels: how much of each of its box it covers, and where it has come to at steps t (m,)."""

    cover: NDArray[np.uint8]  # (height, width) of the box
    box: Box
    x: Floats
    t: Floats

    @classmethod
    def of(cls, upper: Floats, lower: Floats, t: Floats, box: Box) -> Ribbon | None:
        """Between two edges (m, 2) in pixels, up to where one of them ends; None where there is nothing."""
        fine: Any = np.isfinite(upper).all(axis=1) & np.isfinite(lower).all(axis=1)
        count = len(fine) if fine.all() else int(np.argmin(fine))
        if count < 2 or np.array_equal(upper[:count], lower[:count]):
            return None
        outline = np.vstack([upper[:count], lower[:count][::-1], upper[:1]])
        outline[:, 1] = np.clip(outline[:, 1], box.top - FAR, box.bottom + FAR)
        pen = Pen(box.width, box.height)
        pen.pixels[:] = (0, 0, 0, 255)
        pen.fill(outline - (box.left, box.top), None, (1.0, 1.0, 1.0))
        return cls(pen.pixels[..., 0].copy(), box, np.maximum.accumulate(upper[:count, 0]), t[:count])

    def _column(self, t: float) -> int:
        """The first pixel column that it has not come to at a step; it grows by whole ones."""
        return int(np.clip(np.ceil(np.interp(t, self.t, self.x)), self.box.left, self.box.right))

    def lay(self, pen: Pen, t: float, color: RGB, opaque: float) -> None:
        """Its part up to a step, inside what the pen may draw on."""
        reached = replace(self.box, right=self._column(t)).within(pen.clip)
        if reached is None:
            return
        rows = slice(reached.top - self.box.top, reached.bottom - self.box.top)
        cover = self.cover[rows, reached.left - self.box.left : reached.right - self.box.left]
        pixels = np.empty((*cover.shape, 4), np.uint8)
        pixels[..., :3] = [round(255 * part) for part in color]
        pixels[..., 3] = np.round(cover * opaque)
        pen.place(Sprite(pixels), reached.left, reached.top)

    def bounds(self, t0: float, t1: float) -> Box | None:
        """The pixels that change when it grows from one step to another."""
        left, right = self._column(t0), self._column(t1)
        rows = np.flatnonzero(self.cover[:, left - self.box.left : right - self.box.left].any(axis=1))
        if not len(rows):
            return None
        return Box(left, self.box.top + int(rows[0]), right, self.box.top + int(rows[-1]) + 1)
