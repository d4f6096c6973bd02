"""Down from the first value: in lines, stairs, powers and cosines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from optanim.kinds import schedule
from optanim.schedules._parts import OPEN, Array, Part, Steps, between, unordered
from optanim.settings import Count, Lead, NonNegative, Positive, Real, Unit


@schedule()
def constant(t: Array, total: int, *, initial: Lead[Real] = OPEN) -> Any:
    """One value throughout.

    initial
    """
    return np.full(t.shape, initial)


@schedule()
def linear(
    t: Array, total: int, *, initial: Lead[Real] = OPEN, final: Real = 0.0, steps: Count | None = None
) -> Any:
    """In a straight line from one value to another.

    initial + (final - initial) * t / steps, then final
    """
    return between(initial, final, t / (steps or total))


@schedule()
def polynomial(
    t: Array,
    total: int,
    *,
    initial: Lead[Real] = OPEN,
    final: Real = 0.0,
    power: Positive = 2.0,
    steps: Count | None = None,
) -> Any:
    """Fast at first and then slowly towards the final value.

    final + (initial - final) * (1 - t / steps)**power, then final
    """
    return final + (initial - final) * (1 - np.clip(t / (steps or total), 0, 1)) ** power


@schedule()
def step(
    t: Array, total: int, *, initial: Lead[Real] = OPEN, every: Count = 30, factor: NonNegative = 0.1
) -> Any:
    """A staircase: every so many steps times a factor.

    initial * factor**floor(t / every)
    """
    return initial * factor ** np.floor(t / every)


@schedule(check=unordered)
def multistep(
    t: Array, total: int, *, initial: Lead[Real] = OPEN, at: Steps, factor: NonNegative = 0.1
) -> Any:
    """Times a factor at each of the given steps; one that is given twice counts twice.

    initial * factor**(how many of `at` have been reached)
    """
    return initial * factor ** np.searchsorted(np.sort(np.array(at, dtype=float)), t, side="right")


@schedule()
def exponential(
    t: Array,
    total: int,
    *,
    initial: Lead[Positive] = OPEN,
    factor: Positive | None = None,
    final: Positive | None = None,
    every: Count = 1,
    staircase: bool = False,
    bound: Positive | None = None,
) -> Any:
    """Times a factor in every step; or so that the final value is reached at the end.

    initial * factor**(t / every), with staircase initial * factor**floor(t / every)
    Without a factor: initial * (final / initial)**(t / T). `bound` is where it stops.
    """
    if factor is None:
        return initial * ((initial / 100 if final is None else final) / initial) ** (t / total)
    made = initial * factor ** (np.floor(t / every) if staircase else t / every)
    if bound is None:
        return made
    return np.maximum(made, bound) if factor < 1 else np.minimum(made, bound)


@schedule()
def inverse_time(
    t: Array,
    total: int,
    *,
    initial: Lead[Real] = OPEN,
    decay: NonNegative = 0.1,
    every: Positive = 1.0,
    staircase: bool = False,
) -> Any:
    """The classical 1/t of stochastic approximation.

    initial / (1 + decay * t / every), with staircase initial / (1 + decay * floor(t / every))
    """
    return initial / (1 + decay * (np.floor(t / every) if staircase else t / every))


@schedule()
def inverse_sqrt(t: Array, total: int, *, initial: Lead[Real] = OPEN, scale: Positive = 1.0) -> Any:
    """One over the root of the step.

    initial * sqrt(scale / (t + scale))
    """
    return initial * np.sqrt(scale / (t + scale))


@schedule()
def cosine(
    t: Array,
    total: int,
    *,
    initial: Lead[Real] = OPEN,
    final: Real = 0.0,
    steps: Count | None = None,
    exponent: Positive = 1.0,
    rises: bool = False,
) -> Any:
    """Half a cosine from one value down to another.

    final + (initial - final) * ((1 + cos(pi * t / steps)) / 2)**exponent, then final
    rises: goes on along the cosine, and so up again, as torch's CosineAnnealingLR does after T_max.
    """
    part = t / (steps or total)
    wave = (1 + np.cos(np.pi * (part if rises else np.minimum(part, 1.0)))) / 2
    return final + (initial - final) * wave**exponent


@schedule(paper="Hsueh et al. 2019, arXiv:1806.01593")
def tanh(
    t: Array,
    total: int,
    *,
    initial: Lead[Real] = OPEN,
    final: Real = 0.0,
    low: Real = -7.0,
    high: Real = 3.0,
    steps: Count | None = None,
) -> Any:
    """Constant for long, down along a hyperbolic tangent, and flat again.

    final + (initial - final) * (1 - tanh(low + (high - low) * t / steps)) / 2, then final
    """
    part = t / (steps or total)
    fall = (1 - np.tanh(low + (high - low) * part)) / 2
    return final + (initial - final) * np.where(part < 1, fall, 0.0)


@schedule(paper="Hu et al. 2024, arXiv:2404.06395")
def wsd(
    t: Array,
    total: int,
    *,
    initial: Lead[Real] = OPEN,
    final: Real = 0.0,
    cooldown: Part = 0.2,
    shape: Literal["linear", "cosine", "sqrt", "square"] = "linear",
    steps: Count | None = None,
) -> Any:
    """Warm-up, stable, decay: constant for long, then down in the last part of the steps.

    initial until (1 - cooldown) of the steps are made, then with s from 0 to 1
    final + (initial - final) * (1 - s), or (1 + cos(pi * s)) / 2, 1 - sqrt(s), 1 - s**2 for 1 - s
    """
    total = steps or total
    length = max(round(cooldown * total), 1)
    return between(initial, final, (t - (total - length)) / length, shape)


def _own_warmup(settings: Mapping[str, Any]) -> str | None:
    said = [name for name in ("warmup_from", "warmup_shape") if name in settings]
    return f"{said[0]} does nothing here: noam warms up in its own way" if said else None


@schedule(paper="Vaswani et al. 2017, arXiv:1706.03762", check=_own_warmup)
def noam(
    t: Array, total: int, *, initial: Lead[Positive] = 1.0, width: Count = 512, warmup: Count = 4000
) -> Any:
    """The Transformer's: up in a line, then down as one over the root of the step.

    initial * width**-0.5 * min((t + 1)**-0.5, (t + 1) * warmup**-1.5)
    """
    return initial * width**-0.5 * np.minimum((t + 1) ** -0.5, (t + 1) * warmup**-1.5)


@schedule(paper="Chen et al. 2022, arXiv:2107.04197")
def rex(
    t: Array,
    total: int,
    *,
    initial: Lead[Real] = OPEN,
    final: Real = 0.0,
    beta: Unit = 0.5,
    steps: Count | None = None,
) -> Any:
    """Nearly constant for long, and then steeply down.

    z = 1 - t / steps
    final + (initial - final) * z / (1 - beta + beta * z), then final
    """
    z = 1 - np.clip(t / (steps or total), 0, 1)
    return final + (initial - final) * z / (1 - beta + beta * z)
