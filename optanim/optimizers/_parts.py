"""What several rules share: weight decay, moments, norms."""

from __future__ import annotations

from typing import Any

import numpy as np


def decay_before(p: Any, g: Any, lr: Any, weight_decay: Any, decay: str) -> tuple[Any, Any]:
    """Point and gradient with the weight decay that comes before the step."""
    if _none(weight_decay) or decay == "after":
        return p, g
    if decay == "coupled":
        return p, g + weight_decay * p
    return p * (1 - lr * weight_decay), g


def decay_after(p: Any, lr: Any, weight_decay: Any, decay: str) -> Any:
    """The new point with the weight decay that comes after the step."""
    return p if decay != "after" or _none(weight_decay) else p * (1 - lr * weight_decay)


def _none(weight_decay: Any) -> bool:
    return isinstance(weight_decay, float) and weight_decay == 0


def average(old: Any, new: Any, beta: Any) -> Any:
    """The exponential moving average after one more value; it starts at 0."""
    return beta * old + (1 - beta) * new


def corrected(average: Any, beta: Any, t: int) -> Any:
    """The average without its bias towards its start at 0."""
    return average / (1 - power(beta, t))


def power(base: Any, exponent: Any) -> Any:
    """base**exponent, to the last bit the same for a number alone and among those of other runs.

    NumPy's power of an array may round differently from Python's of a float, and a path that is
    chaotic would then depend on its neighbours. For one number per run, not for parameters.
    """
    if isinstance(base, np.ndarray) or isinstance(exponent, np.ndarray):
        pairs = np.broadcast(base, exponent)
        return np.array([float(b) ** float(e) for b, e in pairs]).reshape(pairs.shape)
    return base**exponent


def norm(p: Any) -> Any:
    """The length of each run's layer, with axes of length 1 that broadcast against it."""
    return np.sqrt(np.sum(p * p, axis=tuple(range(1, p.ndim)), keepdims=True))


def root(s: Any, eps: Any, inside: bool) -> Any:
    """The root of an average of squares, kept from 0 by eps."""
    return np.sqrt(s + eps) if inside else np.sqrt(s) + eps


def adam_direction(
    g: Any,
    state: dict[str, Any],
    t: int,
    beta1: Any,
    beta2: Any,
    eps: Any,
    bias_correction: bool = True,
    eps_inside_sqrt: bool = False,
) -> Any:
    """Adam's step for lr 1: the average gradient over the root of the average squared gradient."""
    m = state["m"] = average(state.get("m", 0.0), g, beta1)
    v = state["v"] = average(state.get("v", 0.0), g * g, beta2)
    if bias_correction:
        m, v = corrected(m, beta1, t), corrected(v, beta2, t)
    return m / root(v, eps, eps_inside_sqrt)
