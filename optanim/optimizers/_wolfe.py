"""How far to go along a line: two searches for a step that meets the strong Wolfe conditions.

With f(a) the loss after a step a, and c1 < c2 < 1, these are
    f(a) <= f(0) + c1 * a * f'(0)                 it is lower, by enough for its length
    |f'(a)| <= c2 * |f'(0)|                       it has used up most of the slope
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Trial:
    """A step along the line, with the loss there, the slope along the line, and the whole gradient."""

    step: Any
    value: Any
    slope: Any
    gradient: Any


Line = Callable[[Any], Trial]


def cubic(a: Trial, b: Trial) -> Any:
    """The minimum of the cubic that has the values and slopes of both trials; NaN where it has none."""
    theta = a.slope + b.slope - 3 * (a.value - b.value) / (a.step - b.step)
    root = np.sqrt(theta * theta - a.slope * b.slope)
    root = -root if b.step < a.step else root
    return a.step + (b.step - a.step) * (root - a.slope + theta) / (2 * root - a.slope + b.slope)


def bracket_and_zoom(
    line: Line, start: Trial, first: Any, most: int, size: Any, finest: Any, c1: float = 1e-4, c2: float = 0.9
) -> tuple[Trial, int]:
    """The search of torch.optim.LBFGS: the lowest trial at its end, and how many trials it made.

    It goes on while it goes down (Nocedal and Wright, algorithm 3.5), then narrows the bracket between
    the last two trials (algorithm 3.6). `size` is the largest entry of the direction: a bracket
    shorter than `finest` is not narrowed.
    """

    def too_high(trial: Trial) -> bool:
        return bool(trial.value > start.value + c1 * trial.step * start.slope)

    def flat(trial: Trial) -> bool:
        return bool(abs(trial.slope) <= -c2 * start.slope)

    last, now, count = start, line(first), 0
    while count < most:
        if too_high(now) or (count > 1 and now.value >= last.value):
            break
        if flat(now):
            return now, count + 1
        if now.slope >= 0:
            break
        shortest, longest = now.step + 0.01 * (now.step - last.step), now.step * 10
        last, now = now, line(_within(cubic(*_by_step(last, now)), shortest, longest))
        count += 1
    else:
        last = start

    low, high = (last, now) if last.value <= now.value else (now, last)
    stalled = False
    while count < most and abs(high.step - low.step) * size >= finest:
        left, right = _by_step(low, high)
        step = _within(cubic(right, left), left.step, right.step)
        margin = 0.1 * (right.step - left.step)
        near = bool(min(right.step - step, step - left.step) < margin)
        if near and (stalled or step >= right.step or step <= left.step):
            # Twice in a row too near to an end: from the end itself nothing would be learnt.
            beyond = abs(step - right.step) < abs(step - left.step)
            step, near = right.step - margin if beyond else left.step + margin, False
        stalled = near
        now = line(step)
        count += 1
        if too_high(now) or now.value >= low.value:
            low, high = (low, now) if low.value <= now.value else (now, low)
            continue
        if flat(now):
            return now, count + 1
        low, high = now, (low if now.slope * (high.step - low.step) >= 0 else high)
    return low, count + 1


def _by_step(a: Trial, b: Trial) -> tuple[Trial, Trial]:
    return (a, b) if a.step <= b.step else (b, a)


def _within(step: Any, low: Any, high: Any) -> Any:
    return (low + high) / 2 if math.isnan(step) else min(max(step, low), high)


def more_thuente(line: Line, start: Trial, first: Any, c1: float, c2: float) -> Trial | None:
    """The search of Moré and Thuente 1994 (doi:10.1145/192115.192132), as SciPy and MINPACK-2 have it.

    It keeps the best trial and another one; while they do not bracket a minimum it goes on in
    strides, then it takes the safest of a cubic and a straight line through the slopes. None where
    rounding ends the search before both conditions hold.
    """
    best = other = start
    bracketed, early = False, True
    low, high = 0.0, 5 * first
    width, width_before = 1e100, 2e100
    required = c1 * start.slope
    now = line(first)
    for _ in range(98):
        allowed = start.value + now.step * required
        early = early and not (now.value <= allowed and now.slope >= 0)
        if now.value <= allowed and abs(now.slope) <= -c2 * start.slope:
            return now
        if bracketed and (not low < now.step < high or high - low <= 1e-14 * high):
            return None
        # Before a step is low enough, the line is looked at tilted by the decrease that is required.
        tilt = required if early and allowed < now.value <= best.value else 0.0
        a, b, c = (
            replace(each, value=each.value - each.step * tilt, slope=each.slope - tilt)
            for each in (best, other, now)
        )
        step, bracketed = _next(a, b, c, bracketed, low, high)
        if c.value > a.value:
            other = now
        else:
            other = best if np.sign(c.slope) * np.sign(a.slope) < 0 else other
            best = now
        if bracketed:
            if abs(other.step - best.step) >= 0.66 * width_before:
                step = best.step + 0.5 * (other.step - best.step)
            width_before, width = width, abs(other.step - best.step)
            low, high = min(best.step, other.step), max(best.step, other.step)
        else:
            low, high = step + 1.1 * (step - best.step), step + 4 * (step - best.step)
        step = min(max(step, 1e-100), 1e100)
        if bracketed and (not low < step < high or high - low <= 1e-14 * high):
            step = best.step
        if not math.isfinite(step):
            return None
        now = line(step)
    return None


def _next(best: Trial, other: Trial, now: Trial, bracketed: bool, low: Any, high: Any) -> tuple[Any, bool]:
    """The step to try next, and whether a minimum is known to lie between two trials."""
    if now.value > best.value:
        third = cubic(best, now)
        parabola = best.step + best.slope / (
            (best.value - now.value) / (now.step - best.step) + best.slope
        ) / 2 * (now.step - best.step)
        nearer = abs(third - best.step) <= abs(parabola - best.step)
        return (third if nearer else third + (parabola - third) / 2), True

    secant = now.step + now.slope / (now.slope - best.slope) * (best.step - now.step)
    if np.sign(now.slope) * np.sign(best.slope) < 0:
        third = cubic(now, best)
        return (third if abs(third - now.step) > abs(secant - now.step) else secant), True

    onward = high if now.step > best.step else low
    if abs(now.slope) < abs(best.slope):
        third = cubic(now, best)
        # Where the cubic falls for ever, or turns only behind the trial, it says no more than: onward.
        turns = (third - now.step) * (now.step - best.step) > 0
        third = third if turns else onward
        farther = abs(third - now.step) > abs(secant - now.step)
        if not bracketed:
            return min(max(third if farther else secant, low), high), False
        step = secant if farther or abs(third - now.step) == abs(secant - now.step) else third
        bound = now.step + 0.66 * (other.step - now.step)
        return (min(bound, step) if now.step > best.step else max(bound, step)), True

    return (cubic(now, other) if bracketed else onward), bracketed
