"""Adam with another denominator: what the average gradient is divided by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from optanim.kinds import optimizer
from optanim.optimizers._parts import (
    Decay,
    State,
    adam_root,
    adam_split,
    average,
    corrected,
    decay_after,
    decay_before,
    explained,
    moments,
    power,
    rectification,
    total,
)
from optanim.settings import Count, NonNegative, Positive, Scheduled, Unit


def _divided(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return corrected(state["m"], s.beta1, t), lr * state["rate"]


@optimizer(
    title="AdaBelief",
    parts=explained(_divided),
    paper="Zhuang et al. 2020, arXiv:2010.07468",
    reference="adabelief_pytorch.AdaBelief(rectify=False)",
    variants={
        "optax.adabelief": {},
        "pytorch_optimizer.AdaBelief": {},
        "adabelief_pytorch.AdaBelief": {"rectify": True},
    },
)
def adabelief(
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
    rectify: bool = False,
    amsgrad: bool = False,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "decoupled",
) -> Any:
    """Adam that divides by how far gradients are from their average: long steps where they agree.

    m = beta1 * m + (1 - beta1) * g               mhat = m / (1 - beta1**t)
    s = beta2 * s + (1 - beta2) * (g - m)**2 + eps_root
    p = p - lr * mhat / (sqrt(shat) + eps)        shat = s / (1 - beta2**t)
    amsgrad: the largest s so far in place of s. eps_root adds up in s, as it is averaged with it.
    rectify: the step is times r as in RAdam, and eps is added to sqrt(s) before that is corrected; amsgrad
    then does nothing.
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    m = state["m"] = average(state.get("m", 0.0), g, beta1)
    s = state["s"] = average(state.get("s", 0.0), (g - m) ** 2, beta2) + eps_root
    if amsgrad and not rectify:
        s = state["u"] = np.maximum(state.get("u", 0.0), s)
    if rectify:
        enough, r = rectification(beta2, t)
        scale = adam_root(s, beta2, t, eps, True)
        rate = np.where(enough, r / np.where(enough, scale, 1.0), 1.0)
    else:
        rate = 1 / adam_root(s, beta2, t, eps)
    state["rate"] = rate
    return decay_after(p - lr * (corrected(m, beta1, t) * rate), lr, weight_decay, decay)


@optimizer(
    title="Yogi",
    parts=explained(adam_split),
    paper="Zaheer et al. 2018, papers.nips.cc/paper/8186",
    reference="pytorch_optimizer.Yogi",
    variants={"optax.yogi": {}},
)
def yogi(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.999,
    eps: NonNegative = 1e-3,
    initial_accumulator: NonNegative = 1e-6,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "decoupled",
) -> Any:
    """Adam whose v moves by a share of g**2, up or down, and so never falls faster than g**2 lets it.

    m = beta1 * m + (1 - beta1) * g               mhat = m / (1 - beta1**t)
    v = v - (1 - beta2) * sign(v - g**2) * g**2   vhat = v / (1 - beta2**t)
    p = p - lr * mhat / (sqrt(vhat) + eps)
    m and v start at initial_accumulator.
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    m = state["m"] = average(state.get("m", initial_accumulator), g, beta1)
    v = state.get("v", initial_accumulator)
    v = state["v"] = v - (1 - beta2) * np.sign(v - g * g) * g * g
    new = p - lr * corrected(m, beta1, t) / adam_root(v, beta2, t, eps)
    return decay_after(new, lr, weight_decay, decay)


@optimizer(
    title="DiffGrad",
    parts=explained(_divided),
    paper="Dubey et al. 2020, arXiv:1909.11015",
    reference="pytorch_optimizer.DiffGrad",
)
def diffgrad(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.999,
    eps: NonNegative = 1e-8,
    eps_root: NonNegative = 1e-15,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "decoupled",
) -> Any:
    """Adam that brakes, up to half, where the gradient has hardly changed since the last step.

    m = beta1 * m + (1 - beta1) * g               mhat = m / (1 - beta1**t)
    v = beta2 * v + (1 - beta2) * g**2
    c = 1 / (1 + exp(-abs(g_before - g)))         g_before is 0 at first
    p = p - lr * c * mhat / (sqrt(v + eps_root) + eps) * sqrt(1 - beta2**t)
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    m, v = moments(g, state, beta1, beta2)
    c = 1 / (1 + np.exp(-abs(state.get("before", 0.0) - g)))
    state["before"] = g
    rate = state["rate"] = c / adam_root(v, beta2, t, eps, True, eps_root)
    return decay_after(p - lr * rate * corrected(m, beta1, t), lr, weight_decay, decay)


def _held(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return state["m"], state["rate"]


@optimizer(
    title="AdaBound",
    parts=explained(_held),
    paper="Luo et al. 2019, arXiv:1902.09843",
    reference="pytorch_optimizer.AdaBound",
    variants={
        "torch_optimizer.AdaBound": {"eps_root": 0.0, "decay": "coupled"},
        "the paper": "bounds the learning rate without correcting m and v, and divides it by sqrt(t)",
    },
)
def adabound(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.999,
    final_lr: NonNegative = 0.1,
    gamma: Positive = 1e-3,
    eps: NonNegative = 1e-8,
    eps_root: NonNegative = 1e-15,
    amsbound: bool = False,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "decoupled",
) -> Any:
    """Adam whose learning rates are held in a band that narrows until it is gradient descent's.

    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2            (amsbound: the largest v so far in its place)
    a = lr / (sqrt(v + eps_root) + eps) * sqrt(1 - beta2**t) / (1 - beta1**t)
    p = p - clip(a, f * (1 - 1 / (gamma * t + 1)), f * (1 + 1 / (gamma * t))) * m
    f is final_lr, and follows the schedule of lr.
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    m, v = moments(g, state, beta1, beta2)
    if amsbound:
        v = state["u"] = np.maximum(state.get("u", 0.0), v)
    known = state.get("first_lr", 0.0)
    first = state["first_lr"] = np.where(known > 0, known, lr)
    f = final_lr * lr / np.where(first > 0, first, 1.0)
    a = corrected(lr, beta1, t) / adam_root(v, beta2, t, eps, True, eps_root)
    rate = state["rate"] = np.clip(a, f * (1 - 1 / (gamma * t + 1)), f * (1 + 1 / (gamma * t)))
    return decay_after(p - rate * m, lr, weight_decay, decay)


@optimizer(
    title="AdaMod",
    parts=explained(_held),
    paper="Ding et al. 2019, arXiv:1910.12249",
    reference="pytorch_optimizer.AdaMod",
)
def adamod(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.99,
    beta3: Unit = 0.9999,
    eps: NonNegative = 1e-8,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "decoupled",
) -> Any:
    """Adam whose learning rates are at most their own long average.

    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    a = lr / (sqrt(v) + eps) * sqrt(1 - beta2**t) / (1 - beta1**t)
    b = beta3 * b + (1 - beta3) * a
    p = p - min(a, b) * m
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    m, v = moments(g, state, beta1, beta2)
    a = corrected(lr, beta1, t) / adam_root(v, beta2, t, eps, True)
    b = state["b"] = average(state.get("b", 0.0), a, beta3)
    rate = state["rate"] = np.minimum(a, b)
    return decay_after(p - rate * m, lr, weight_decay, decay)


def _weighted(queue: Sequence[Any], beta1: Any) -> Any:
    """The average of gradients from the oldest to the newest, weighted by beta1**age."""
    weights = [power(beta1, age) for age in range(len(queue))]
    return sum(weight * past for weight, past in zip(weights, queue[::-1], strict=True)) / sum(weights)


def _adashift(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    if "v" not in state:
        return g, np.zeros_like(g)
    return _weighted(state["queue"], s.beta1), lr / adam_root(state["v"], s.beta2, t - s.keep_num, s.eps)


@optimizer(
    title="AdaShift",
    parts=explained(_adashift),
    paper="Zhou et al. 2019, arXiv:1810.00143",
    reference="pytorch_optimizer.AdaShift",
)
def adashift(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.999,
    keep_num: Count = 10,
    reduce: Literal["max", "none"] = "max",
    eps: NonNegative = 1e-10,
) -> Any:
    """Adam whose v has seen only gradients that are older than those in m, and so not this one.

    m = average of the last keep_num gradients, weighted by beta1**age
    v = beta2 * v + (1 - beta2) * max(h**2)       h: the gradient keep_num steps ago
    p = p - lr * m / (sqrt(v / (1 - beta2**(t - keep_num))) + eps)
    p rests while there is no h. The maximum is over the layer; reduce: none takes every number's own.
    """
    queue = (*state.get("queue", ()), g)
    state["queue"] = queue[-keep_num:]
    if len(queue) <= keep_num:
        return p
    old = queue[0] * queue[0]
    if reduce == "max":
        old = np.max(old, axis=tuple(range(1, g.ndim)), keepdims=True)
    v = state["v"] = average(state.get("v", 0.0), old, beta2)
    return p - lr * _weighted(queue[1:], beta1) / adam_root(v, beta2, t - keep_num, eps)


@optimizer(
    title="AvaGrad",
    parts=explained(_divided),
    paper="Savarese et al. 2021, arXiv:1912.01823",
    reference="pytorch_optimizer.AvaGrad",
    sees="all",
)
def avagrad(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.999,
    eps: NonNegative = 0.1,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "decoupled",
) -> Any:
    """Adam that divides by the v before this gradient, and takes the length of all learning rates out.

    m = beta1 * m + (1 - beta1) * g               mhat = m / (1 - beta1**t)
    v = beta2 * v + (1 - beta2) * g**2            w is v before this step
    p = p - lr * c * mhat / (sqrt(w / (1 - beta2**(t - 1))) + eps)
    c = 1 / root of the mean of (sqrt(w / (1 - beta2**t)) + eps)**-2, for the next step
    The mean is over all layers. The first step leaves p where it is.
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    m = state["m"] = average(state.get("m", 0.0), g, beta1)
    w = state.get("v", np.zeros_like(g))
    state["rate"] = np.zeros_like(g)
    if t > 1:
        state["rate"] = state["c"] / adam_root(w, beta2, t - 1, eps)
        p = p - lr * state["rate"] * corrected(m, beta1, t)
    state["v"] = average(w, g * g, beta2)
    rate = 1 / adam_root(w, beta2, t, eps)
    state["c"] = 1 / np.sqrt(total(rate * rate) / g[0].size)
    return decay_after(p, lr, weight_decay, decay)
