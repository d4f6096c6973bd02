"""Rules that scale the step of a whole layer."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, Literal

import numpy as np

from optanim.kinds import optimizer
from optanim.optimizers._parts import (
    Parts,
    State,
    adam_direction,
    adam_fraction,
    average,
    decay_before,
    explained,
    inside,
    norm,
)
from optanim.settings import Lead, NonNegative, Positive, Scheduled, Unit


def _lars(p: Any, g: Any, state: State, lr: Any, t: int, **settings: Any) -> Parts:
    s = SimpleNamespace(**settings)
    if s.exclude_vectors and p.ndim == 2:
        ratio, scale, u = np.ones_like(g), lr, g
    else:
        u = g + s.weight_decay * p
        ratio, scale = _lars_scale(
            p, g, u, lr, s.weight_decay, s.trust_coefficient, s.eps, s.norms_apart, s.larc, s.always_adapt
        )
    step = scale * u + s.momentum * state["v"] if s.nesterov else state["v"]
    return Parts(*inside(step, scale), trust=ratio)


def _lars_scale(
    p: Any,
    g: Any,
    u: Any,
    lr: Any,
    weight_decay: Any,
    trust_coefficient: Any,
    eps: Any,
    norms_apart: bool,
    larc: bool,
    always_adapt: bool,
) -> tuple[Any, Any]:
    """The trust ratio of LARS, and the learning rate of the layer."""
    weights = norm(p)
    if norms_apart:
        ratio = trust_ratio(trust_coefficient * weights, norm(g), weight_decay * weights + eps)
    else:
        ratio = trust_ratio(trust_coefficient * weights, norm(u), eps)
    scale = np.minimum(ratio, lr) if larc else lr * ratio
    if always_adapt:
        return ratio, scale
    return np.where(weight_decay > 0, ratio, 1.0), np.where(weight_decay > 0, scale, lr)


@optimizer(
    title="LARS",
    by_weights=True,
    parts=_lars,
    velocity="v",
    paper="You et al. 2017, arXiv:1708.03888",
    reference="optax.lars",
    variants={
        "timm.optim.Lars": {"norms_apart": True, "always_adapt": False, "momentum": 0.0, "eps": 1e-8},
        "torch_optimizer.LARS": {
            "norms_apart": True,
            "always_adapt": False,
            "momentum": 0.0,
            "eps": 1e-8,
            "trust_coefficient": 0.01,
        },
        "pytorch_optimizer.LARS": {"norms_apart": True, "exclude_vectors": True},
    },
)
def lars(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    trust_coefficient: Positive = 0.001,
    momentum: Lead[Scheduled[Unit]] = 0.9,
    nesterov: bool = False,
    eps: NonNegative = 0.0,
    weight_decay: Scheduled[NonNegative] = 0.0,
    norms_apart: bool = False,
    larc: bool = False,
    always_adapt: bool = True,
    exclude_vectors: bool = False,
) -> Any:
    """Momentum whose gradient is first scaled, layer by layer, to a share of the weights' length.

    u = g + weight_decay * p
    r = trust_coefficient * |p| / (|u| + eps), or 1 where a length is 0
    v = momentum * v + lr * r * u
    p = p - v                                     (nesterov: p - (lr * r * u + momentum * v))
    norms_apart: r is over |g| + weight_decay * |p|, as the paper has it; larc: min(r, lr) for lr * r.
    Without always_adapt r is 1 where there is no weight decay; exclude_vectors: layers of one axis
    have neither r nor weight decay.
    """
    if exclude_vectors and p.ndim == 2:
        step = lr * g
    else:
        u = g + weight_decay * p
        _, scale = _lars_scale(
            p, g, u, lr, weight_decay, trust_coefficient, eps, norms_apart, larc, always_adapt
        )
        step = scale * u
    v = state["v"] = momentum * state.get("v", 0.0) + step
    return p - (step + momentum * v if nesterov else v)


def _lamb(p: Any, g: Any, state: State, lr: Any, t: int, **settings: Any) -> Parts:
    s = SimpleNamespace(**settings)
    m, scale = adam_fraction(state, t, s.beta1, s.beta2, s.eps, s.bias_correction)
    pull = s.weight_decay * p
    apart = s.decay == "decoupled"
    weights, u = (p - lr * pull, m / scale) if apart else (p, m / scale + pull)
    ratio = _lamb_ratio(weights, u, s.trust_clip, s.always_adapt, s.weight_decay)
    return Parts(m, lr * ratio / scale, lr * (pull if apart else ratio * pull), ratio)


def _lamb_ratio(p: Any, u: Any, trust_clip: Any, always_adapt: bool, weight_decay: Any) -> Any:
    ratio = trust_ratio(norm(p), norm(u))
    if trust_clip is not None:
        ratio = np.minimum(ratio, trust_clip)
    return ratio if always_adapt else np.where(weight_decay > 0, ratio, 1.0)


@optimizer(
    title="LAMB",
    by_weights=True,
    parts=_lamb,
    paper="You et al. 2020, arXiv:1904.00962",
    reference="optax.lamb",
    variants={
        "keras.optimizers.Lamb": {"eps": 1e-7, "decay": "decoupled"},
        "timm.optim.Lamb(max_grad_norm=None)": {"always_adapt": False, "weight_decay": 0.01},
        "timm.optim.Lamb": "first clips the gradient of all layers together to length 1",
        "pytorch_optimizer.Lamb": (
            "divides by 1 - beta1**t outside the ratio, so that the first step is ten times lr, "
            "leaves v uncorrected and takes |p| as at most 10"
        ),
        "torch_optimizer.Lamb": "leaves m and v uncorrected and takes |p| as at most 10",
    },
)
def lamb(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.999,
    eps: NonNegative = 1e-6,
    bias_correction: bool = True,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Literal["update", "decoupled"] = "update",
    trust_clip: Positive | None = None,
    always_adapt: bool = True,
) -> Any:
    """Adam's direction, rescaled per layer to the length of the weights.

    m = beta1 * m + (1 - beta1) * g               mhat = m / (1 - beta1**t)
    v = beta2 * v + (1 - beta2) * g**2            vhat = v / (1 - beta2**t)
    u = mhat / (sqrt(vhat) + eps) + weight_decay * p
    r = |p| / |u|, or 1 where one of them is 0; at most trust_clip
    p = p - lr * r * u
    decay: decoupled, first p = p * (1 - lr * weight_decay), and u is Adam's alone.
    Without always_adapt r is 1 where there is no weight decay.
    """
    u = adam_direction(g, state, t, beta1, beta2, eps, bias_correction)
    if decay == "decoupled":
        p = p * (1 - lr * weight_decay)
    else:
        u = u + weight_decay * p
    return p - lr * _lamb_ratio(p, u, trust_clip, always_adapt, weight_decay) * u


def _novograd(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    scale = np.sqrt(state["v"]) + s.eps
    return state["m"] * scale, lr / scale


@optimizer(
    title="NovoGrad",
    parts=explained(_novograd),
    paper="Ginsburg et al. 2019, arXiv:1905.11286",
    reference="pytorch_optimizer.NovoGrad",
    variants={
        "optax.novograd": {"beta1": 0.9, "beta2": 0.25, "eps": 1e-6},
        "torch_optimizer.NovoGrad": {"beta2": 0.0},
    },
)
def novograd(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.95,
    beta2: Unit = 0.98,
    eps: NonNegative = 1e-8,
    grad_averaging: bool = False,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Literal["coupled", "decoupled"] = "coupled",
) -> Any:
    """Momentum of gradients that are each divided by the layer's average gradient length.

    v = beta2 * v + (1 - beta2) * |g|**2                  (v = |g|**2 in the first step)
    u = g / (sqrt(v) + eps) + weight_decay * p
    m = beta1 * m + u                                     (m = u in the first step)
    p = p - lr * m
    grad_averaging: m takes (1 - beta1) * u from the second step on.
    decay: decoupled, u is without weight_decay * p, and p = p * (1 - lr * weight_decay) before the step.
    """
    length = norm(g) ** 2
    v = state["v"] = average(state.get("v", length), length, beta2)
    p, u = decay_before(p, g / (np.sqrt(v) + eps), lr, weight_decay, decay)
    if "m" in state:
        u = beta1 * state["m"] + ((1 - beta1) * u if grad_averaging else u)
    state["m"] = u
    return p - lr * u


def _fromage(p: Any, g: Any, state: State, lr: Any, t: int, **settings: Any) -> Parts:
    s = SimpleNamespace(**settings)
    ratio = trust_ratio(np.maximum(norm(p), s.min_norm), np.maximum(norm(g), s.min_norm))
    drawn = 1 / np.sqrt(1 + lr * lr)
    if "bound" in state:
        drawn = drawn * _within((p - lr * ratio * g) * drawn, state["bound"])
    return Parts(g, lr * ratio * drawn, p * (1 - drawn), ratio)


def _within(p: Any, bound: Any) -> Any:
    """What draws p in to a length of at most a bound."""
    length = norm(p)
    return np.where(length > bound, bound / np.where(length > 0, length, 1.0), 1.0)


@optimizer(
    title="Fromage",
    by_weights=True,
    parts=_fromage,
    paper="Bernstein et al. 2020, arXiv:2002.03432",
    reference="pytorch_optimizer.Fromage",
    variants={"optax.fromage": {"min_norm": 1e-6}},
)
def fromage(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    p_bound: Positive | None = None,
    min_norm: NonNegative = 0.0,
) -> Any:
    """A step of a fixed share of the weights' length, after which the weights are drawn in by as much.

    p = p - lr * |p| / |g| * g                            (|p| / |g| is 1 where one of them is 0)
    p = p / sqrt(1 + lr**2)
    p_bound: p is at most p_bound times as long as at the start; min_norm: lengths count as that at least.
    """
    if p_bound is not None:
        bound = state.setdefault("bound", p_bound * norm(p))
    ratio = trust_ratio(np.maximum(norm(p), min_norm), np.maximum(norm(g), min_norm))
    p = (p - lr * ratio * g) / np.sqrt(1 + lr * lr)
    if p_bound is not None:
        p = p * _within(p, bound)
    return p


def trust_ratio(weights: Any, update: Any, more: Any = 0.0) -> Any:
    """weights / (update + more), the factor that gives the update the length of the weights."""
    known = (weights > 0) & (update > 0)
    return np.where(known, weights / np.where(known, update + more, 1.0), 1.0)
