"""Adam with other mixtures: the gradient beside its average, several averages, another order."""

from __future__ import annotations

from typing import Any

import numpy as np

from optanim.kinds import optimizer
from optanim.optimizers._parts import (
    Decay,
    State,
    adam_root,
    average,
    corrected,
    decay_after,
    decay_before,
    explained,
    half_life_between,
    moments,
    root,
)
from optanim.settings import Count, NonNegative, Scheduled, Unit


def _mixed(g: Any, state: State, t: int, beta1: Any, beta2: Any, nu1: Any, nu2: Any) -> tuple[Any, Any]:
    """QHAdam's averages of the gradient and of its square, out of the state after the step."""
    a = nu1 * corrected(state["m"], beta1, t) + (1 - nu1) * g
    return a, nu2 * corrected(state["v"], beta2, t) + (1 - nu2) * g * g


def _qhadam(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    a, b = _mixed(g, state, t, s.beta1, s.beta2, s.nu1, s.nu2)
    return a, lr / root(b, s.eps, False)


@optimizer(
    title="QHAdam",
    parts=explained(_qhadam),
    paper="Ma and Yarats 2019, arXiv:1810.06801",
    reference="pytorch_optimizer.QHAdam(betas=(0.995, 0.999), nus=(0.7, 1.0))",
    variants={
        "pytorch_optimizer.QHAdam": {
            "beta1": 0.9,
            "nu1": 1.0,
            "nu2": 1.0,
            "but": "it takes its weights in single precision",
        },
        "torch_optimizer.QHAdam": {"beta1": 0.9, "nu1": 1.0, "nu2": 1.0},
    },
)
def qhadam(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.995,
    beta2: Unit = 0.999,
    nu1: NonNegative = 0.7,
    nu2: NonNegative = 1.0,
    eps: NonNegative = 1e-8,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "coupled",
) -> Any:
    """Adam that mixes the newest gradient, and its square, into the averages of them.

    m = beta1 * m + (1 - beta1) * g               mhat = m / (1 - beta1**t)
    v = beta2 * v + (1 - beta2) * g**2            vhat = v / (1 - beta2**t)
    a = nu1 * mhat + (1 - nu1) * g                b = nu2 * vhat + (1 - nu2) * g**2
    p = p - lr * a / (sqrt(b) + eps)
    The defaults are those that the authors advise; with nu1 = nu2 = 1 this is Adam.
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    moments(g, state, beta1, beta2)
    a, b = _mixed(g, state, t, beta1, beta2, nu1, nu2)
    return decay_after(p - lr * a / root(b, eps, False), lr, weight_decay, decay)


def _ademamix(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    share = s.alpha if s.warmup is None else s.alpha * min(t / s.warmup, 1.0)
    m = corrected(state["m"], s.beta1, t) + share * state["s"]
    return m, lr / adam_root(state["v"], s.beta2, t, s.eps)


@optimizer(
    title="AdEMAMix",
    parts=explained(_ademamix),
    paper="Pagliardini et al. 2024, arXiv:2409.03137",
    reference="pytorch_optimizer.AdEMAMix",
    variants={
        "the paper": {"decay": "decoupled"},
        "github.com/apple/ml-ademamix": {
            "alpha": 2.0,
            "decay": "decoupled",
            "but": "its warm-up adds 1e-8 to beta1 and beta3, and alpha and beta3 may have one each",
        },
        "optax.contrib.ademamix": {"decay": "decoupled"},
    },
)
def ademamix(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.999,
    beta3: Unit = 0.9999,
    alpha: NonNegative = 5.0,
    warmup: Count | None = None,
    eps: NonNegative = 1e-8,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "coupled",
) -> Any:
    """Adam with a second average of the gradient beside the first, which remembers far longer.

    m = beta1 * m + (1 - beta1) * g               mhat = m / (1 - beta1**t)
    v = beta2 * v + (1 - beta2) * g**2            vhat = v / (1 - beta2**t)
    s = beta3 * s + (1 - beta3) * g
    p = p - lr * (mhat + alpha * s) / (sqrt(vhat) + eps)
    warmup: before that step alpha is times t / warmup, and beta3 rises from beta1 so that 1 / log(beta3),
    and with it the time in which s forgets half, changes by the same amount in every step.
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    if warmup is not None and t < warmup:
        alpha, beta3 = alpha * (t / warmup), half_life_between(beta1, beta3, t / warmup)
    m, v = moments(g, state, beta1, beta2)
    s = state["s"] = average(state.get("s", 0.0), g, beta3)
    step = (corrected(m, beta1, t) + alpha * s) / adam_root(v, beta2, t, eps)
    return decay_after(p - lr * step, lr, weight_decay, decay)


def _simplified(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    m = state["m"] + s.alpha * g
    m = corrected(m, s.beta2, t) if s.averaged else m
    return m, lr / adam_root(state["v"], s.beta2, t, s.eps)


@optimizer(
    title="SimplifiedAdEMAMix",
    parts=explained(_simplified),
    paper="Morwani et al. 2025, arXiv:2502.02431",
    reference="optax.contrib.simplified_ademamix",
    variants={"pytorch_optimizer.SimplifiedAdEMAMix": {"averaged": True}},
)
def simplified_ademamix(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.99,
    beta2: Unit = 0.95,
    alpha: NonNegative = 0.0,
    beta1_warmup: Count | None = None,
    min_beta1: Unit = 0.9,
    averaged: bool = False,
    eps: NonNegative = 1e-8,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "decoupled",
) -> Any:
    """AdEMAMix with one average: in place of the short one the newest gradient.

    m = beta1 * m + g
    v = beta2 * v + (1 - beta2) * g**2            vhat = v / (1 - beta2**t)
    p = p - lr * (m + alpha * g) / (sqrt(vhat) + eps)
    beta1_warmup: before that step beta1 rises from min_beta1 so that 1 / log(beta1), and with it the time
    in which m forgets half, changes by the same amount in every step.
    averaged: m = beta1 * m + (1 - beta1) * g, and the step is divided by 1 - beta2**t once more.
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    if beta1_warmup is not None and t < beta1_warmup:
        # A beta of 0 has no half-life; the reference keeps it from 0 by this much.
        beta1 = half_life_between(min_beta1 + 1e-8, beta1 + 1e-8, t / beta1_warmup)
    v = state["v"] = average(state.get("v", 0.0), g * g, beta2)
    m = state["m"] = beta1 * state.get("m", 0.0) + ((1 - beta1) * g if averaged else g)
    step = (m + alpha * g) / adam_root(v, beta2, t, eps)
    if averaged:
        step = corrected(step, beta2, t)
    return decay_after(p - lr * step, lr, weight_decay, decay)


def _laprop(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    scale = adam_root(state["v"], s.beta2, t, s.eps, s.eps_hat, s.eps_root)
    return state["m"] / np.where(state["w"] > 0, state["w"], 1.0) * scale, lr / scale


@optimizer(
    title="LaProp",
    parts=explained(_laprop),
    paper="Ziyin et al. 2020, arXiv:2002.04839",
    reference="timm.optim.LaProp",
    variants={"pytorch_optimizer.LaProp": {"eps_hat": True, "eps_root": 1e-15}},
)
def laprop(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.999,
    eps: NonNegative = 1e-15,
    eps_hat: bool = False,
    eps_root: NonNegative = 0.0,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "after",
) -> Any:
    """Adam the other way round: momentum of gradients that are already divided by their size.

    v = beta2 * v + (1 - beta2) * g**2            vhat = v / (1 - beta2**t)
    m = beta1 * m + (1 - beta1) * lr * g / (sqrt(vhat) + eps)
    w = beta1 * w + (1 - beta1) * lr
    p = p - m * lr / w                            m / (1 - beta1**t) while lr is constant
    eps_hat: (sqrt(v) + eps) / sqrt(1 - beta2**t) in place of sqrt(vhat) + eps.
    eps_root is added to v under the root.
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    v = state["v"] = average(state.get("v", 0.0), g * g, beta2)
    scale = adam_root(v, beta2, t, eps, eps_hat, eps_root)
    m = state["m"] = average(state.get("m", 0.0), lr * g / scale, beta1)
    w = state["w"] = average(state.get("w", 0.0), lr, beta1)
    return decay_after(p - m * (lr / np.where(w > 0, w, 1.0)), lr, weight_decay, decay)
