"""Adam divided by what was known before the gradient came, so that no gradient scales itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from optanim.kinds import optimizer
from optanim.optimizers._parts import (
    Decay,
    State,
    average,
    corrected,
    decay_after,
    decay_before,
    explained,
    power,
    root,
)
from optanim.settings import NonNegative, Scheduled, Unit, Whole


def _adopt(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    if t == 1:
        return g, np.zeros_like(g)
    return state["m"] * state["scale"], lr / state["scale"]


@optimizer(
    title="ADOPT",
    parts=explained(_adopt),
    paper="Taniguchi et al. 2024, arXiv:2411.02853",
    reference="optax.contrib.adopt",
    variants={
        "pytorch_optimizer.ADOPT": {"clip_lag": 0},
        "timm.optim.Adopt": {"clip_exponent": 0.333},
    },
)
def adopt(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.9999,
    eps: NonNegative = 1e-6,
    clip_exponent: NonNegative | None = 0.25,
    clip_lag: Whole = 1,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "coupled",
) -> Any:
    """Adam that divides each gradient by the v before it, and only then averages.

    u = g / max(sqrt(v), eps), held between +-(t - clip_lag)**clip_exponent
    m = beta1 * m + (1 - beta1) * u
    p = p - lr * m
    v = beta2 * v + (1 - beta2) * g**2
    The first step only sets v to g**2.
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    if t == 1:
        state["v"] = g * g
        return decay_after(p, lr, weight_decay, decay)
    scale = state["scale"] = np.maximum(np.sqrt(state["v"]), eps)
    u = g / scale
    if clip_exponent is not None:
        most = power(float(max(t - clip_lag, 0)), clip_exponent)
        u = np.clip(u, -most, most)
    m = state["m"] = average(state.get("m", 0.0), u, beta1)
    state["v"] = average(state["v"], g * g, beta2)
    return decay_after(p - lr * m, lr, weight_decay, decay)


def _acprop(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return g, lr / state["scale"]


@optimizer(
    title="ACProp",
    parts=explained(_acprop),
    paper="Zhuang et al. 2021, arXiv:2110.05454",
    reference="optax.contrib.acprop",
)
def acprop(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.999,
    eps: NonNegative = 1e-16,
    eps_root: NonNegative = 1e-16,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "decoupled",
) -> Any:
    """AdaBelief without momentum in the step, divided by the belief before this gradient.

    p = p - lr * g / (sqrt(s / (1 - beta2**(t - 1))) + eps)        (the first step: g / (1 + eps))
    s = beta2 * s + (1 - beta2) * (g - m)**2 + eps_root
    m = beta1 * m + (1 - beta1) * g
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    s, m = state.get("s", 0.0), state.get("m", 0.0)
    believed = corrected(s, beta2, t - 1) if t > 1 else np.ones_like(g)
    state["s"] = average(s, (g - m) ** 2, beta2) + eps_root
    state["m"] = average(m, g, beta1)
    scale = state["scale"] = root(believed, eps, False)
    return decay_after(p - lr * g / scale, lr, weight_decay, decay)
