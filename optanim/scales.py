"""Axes in numbers: which values a scale marks, and how they are written."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from optanim.pen import Box

SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
SMALLEST, LARGEST = 1e-300, 1e300  # values beyond are drawn at the edge: doubles end soon after


@dataclass(frozen=True)
class Scale:
    """An axis: its kind, the values at its ends, and where a symlog one turns linear."""

    kind: str  # linear, log or symlog
    low: float
    high: float
    threshold: float = 1.0

    def measure(self, values: ArrayLike) -> NDArray[np.float64]:
        """The values as they are spaced along the axis, in a measure of its own."""
        v = np.asarray(values, float)
        with np.errstate(divide="ignore", invalid="ignore"):
            if self.kind == "log":
                return np.asarray(np.log10(v))
            if self.kind == "symlog":
                part = v / self.threshold
                outer = np.sign(part) * (1 + np.log10(np.maximum(np.abs(part), 1)))
                return np.where(np.abs(part) > 1, outer, part)
        return v

    def value(self, measured: float) -> float:
        """The value that a symlog axis has at a measure, kept where doubles can hold it."""
        if abs(measured) <= 1:
            return measured * self.threshold
        power = min(abs(measured) - 1 + math.log10(self.threshold), math.log10(LARGEST))
        return math.copysign(10.0**power, measured)

    def place(self, values: ArrayLike) -> NDArray[np.float64]:
        """Where values stand on the axis: 0 at its low end and 1 at its high end."""
        low, high = self.measure([self.low, self.high])
        return (self.measure(values) - low) / (high - low)

    def ticks(self, most: int) -> tuple[list[float], list[str]]:
        """At most about so many values to mark, and their words."""
        if self.kind == "log":
            values = log_ticks(self.low, self.high, most)
        elif self.kind == "symlog":
            values = symlog_ticks(self.low, self.high, self.threshold, most)
        else:
            values = linear_ticks(self.low, self.high, most)
        return values, tick_words(values)


def linear_ticks(low: float, high: float, most: int, whole: bool = False) -> list[float]:
    """The multiples of 1, 2 or 5 times a power of ten between two values, at most so many."""
    span = high - low
    if not (math.isfinite(span) and span > 0):
        return [low]
    power = 10.0 ** math.floor(math.log10(span / max(most, 1)))
    steps = [m * p for p in (power, 10 * power) for m in (1.0, 2.0, 5.0)]
    fitting = [step for step in steps if span / step <= most and (not whole or step >= 1)]
    step = fitting[0] if fitting else steps[-1]
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [float(f"{i * step:.12g}") for i in range(first, last + 1)]


def log_ticks(low: float, high: float, most: int) -> list[float]:
    """Powers of ten between two positive values, thinned out or filled up with 2 and 5, or 3."""
    first, last = math.floor(math.log10(low)), math.ceil(math.log10(high))
    decades = math.log10(high) - math.log10(low)
    if decades < 0.5:
        return linear_ticks(low, high, most)
    digits: tuple[int, ...] = (1,)
    if decades < 2.3:
        digits = (1, 2, 5) if decades * 3 <= most + 1 else (1, 3)
    stride = max(1, math.ceil(decades / max(most, 1)))
    powers = range(first - first % stride, last + 1, stride)
    values = [float(f"{digit}e{power}") for power in powers for digit in digits]
    return [value for value in values if low * (1 - 1e-9) <= value <= high * (1 + 1e-9)]


def symlog_ticks(low: float, high: float, threshold: float, most: int) -> list[float]:
    """Zero, and powers of ten from the threshold outwards on both sides."""
    first = math.ceil(math.log10(threshold) - 1e-9)
    tops = [max(0, math.floor(math.log10(abs(v)) + 1e-9) - first + 1) if v else 0 for v in (low, high)]
    counts = [top if sign * v > 0 else 0 for top, v, sign in zip(tops, (low, high), (-1, 1), strict=True)]
    stride = max(1, math.ceil(sum(counts) / max(most - 1, 1)))
    digits = (1, 2, 5) if sum(counts) * 3 <= most else (1,)
    sides = []
    for sign, count in zip((-1, 1), counts, strict=True):
        outward = [float(f"{d}e{first + i}") for i in range(0, count, stride) for d in digits]
        sides += [sign * value for value in outward]
    values = sorted(value for value in {0.0, *sides} if low <= value <= high)
    return values if len(values) > 2 else linear_ticks(low, high, most)


def tick_words(values: Sequence[float]) -> list[str]:
    """Tick labels as short as they can be while they all differ; large and small ones as powers.

    Where one has to be a power, all from a thousand up and a thousandth down are.
    """
    exponents = [math.floor(math.log10(abs(value)) + 1e-12) for value in values if value]
    plain = range(-3, 5)
    if any(exponent not in plain for exponent in exponents):
        plain = range(-2, 3)
    for digits in range(3, 16):
        words = [_tick(value, digits, plain) for value in values]
        if len(set(words)) == len(set(values)):
            break
    return words


def _tick(value: float, digits: int, plain: range) -> str:
    if value == 0:
        return "0"
    exponent = math.floor(math.log10(abs(value)) + 1e-12)
    if exponent in plain:
        return f"{value:.{max(digits, exponent + 1)}g}".replace("-", "−")
    written = f"{value:.{digits - 1}e}".split("e")
    mantissa, exponent = f"{float(written[0]):.{digits}g}", int(written[1])
    power = "10" + str(exponent).translate(SUPERSCRIPTS)
    if mantissa in ("1", "-1"):
        return power if mantissa == "1" else "−" + power
    return f"{mantissa.replace('-', '−')}·{power}"


def padded(scale: Scale, part: float) -> Scale:
    """The scale with room at both ends: a part of its length, in the scale's own measure."""
    low, high = scale.low, scale.high
    if scale.kind == "log":
        room = (math.log10(high) - math.log10(low)) * part
        return Scale("log", max(low / 10**room, SMALLEST), min(high * 10**room, LARGEST))
    if scale.kind == "symlog":
        ends = scale.measure([low, high])
        room = float(ends[1] - ends[0]) * part or 1.0
        wide = [scale.value(end) for end in (float(ends[0]) - room, float(ends[1]) + room)]
        return Scale("symlog", wide[0], wide[1], scale.threshold)
    room = (high - low) * part or abs(high) * part or 1.0
    return Scale("linear", low - room, high + room)


@dataclass(frozen=True)
class Axes:
    """A box of the picture with a scale along each side: data to pixels."""

    box: Box
    x: Scale
    y: Scale

    def pixels(self, points: ArrayLike) -> NDArray[np.float64]:
        """Data points (m, 2) in pixels from the left top corner of the picture."""
        xy = np.asarray(points, float)
        box = self.box
        with np.errstate(over="ignore", invalid="ignore"):
            x = box.left + self.x.place(xy[:, 0]) * box.width
            y = box.bottom - self.y.place(xy[:, 1]) * box.height
        return np.column_stack([x, y])
