"""Rules that work out one learning rate for all parameters from losses and gradients."""

from __future__ import annotations

from typing import Any

import numpy as np

from optanim.kinds import optimizer
from optanim.optimizers._parts import (
    Parts,
    adam_direction,
    adam_split,
    average,
    decay_before,
    explained,
    over,
    power,
    total,
)
from optanim.settings import Lead, NonNegative, Positive, Real, Scheduled, Unit

State = dict[str, Any]

HYPERGRADIENT = "Baydin et al. 2018, arXiv:1703.04782"
MOMO = "Schaipp et al. 2024, arXiv:2305.07583"
EPSILON = float(np.finfo(float).eps)


def _gradient(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return g, lr * state["rate"]


@optimizer(
    title="AdaGrad-Norm",
    parts=explained(_gradient),
    paper="Ward et al. 2019, arXiv:1806.01811",
    reference="Algorithm 1 of the paper",
    sees="all",
)
def adagrad_norm(p: Any, g: Any, state: State, lr: Any, t: int, *, b0: Lead[NonNegative] = 0.0) -> Any:
    """Adagrad with one step size for all parameters, so that the direction stays that of the gradient.

    s = s + |g|**2                                at first b0**2
    p = p - lr * g / sqrt(s)
    """
    s = state["s"] = state.get("s", b0 * b0) + total(g * g)
    state["rate"] = over(1.0, np.sqrt(s))
    return p - lr * over(g, np.sqrt(s))


def _sgd_hd(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return g, lr + state["gained"]


@optimizer(
    title="SGD-HD",
    parts=explained(_sgd_hd),
    paper=HYPERGRADIENT,
    reference="SGDHD of github.com/gbaydin/hypergradient-descent",
    sees="all",
)
def sgd_hd(p: Any, g: Any, state: State, lr: Any, t: int, *, hypergrad_lr: Lead[NonNegative] = 1e-6) -> Any:
    """Gradient descent on the learning rate too: longer steps while gradients agree, shorter when they turn.

    a = a + hypergrad_lr * (g . u)                at first lr; u is the g of the step before
    p = p - a * g
    The default hypergrad_lr is that of neural networks: a picture wants one that moves a, such as 1e-4.
    """
    return p - _learned(g, g, state, lr, hypergrad_lr) * g


def _adam_hd(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return adam_split(g, state, lr + state["gained"], t, s)


@optimizer(
    title="Adam-HD",
    parts=explained(_adam_hd),
    paper=HYPERGRADIENT,
    reference="the paper's Adam-HD",
    sees="all",
)
def adam_hd(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    hypergrad_lr: Lead[NonNegative] = 1e-8,
    beta1: Unit = 0.9,
    beta2: Unit = 0.999,
    eps: NonNegative = 1e-8,
) -> Any:
    """Adam with its learning rate learned as in SGD-HD.

    a = a + hypergrad_lr * (g . u)                at first lr; u is the direction of the step before
    m = beta1 * m + (1 - beta1) * g               mhat = m / (1 - beta1**t)
    v = beta2 * v + (1 - beta2) * g**2            vhat = v / (1 - beta2**t)
    u = mhat / (sqrt(vhat) + eps)
    p = p - a * u
    """
    u = adam_direction(g, state, t, beta1, beta2, eps)
    return p - _learned(g, u, state, lr, hypergrad_lr) * u


@optimizer(
    title="Polyak",
    parts=explained(_gradient),
    paper="Polyak 1987, Introduction to Optimization; Loizou et al. 2021, arXiv:2002.10542",
    reference="optax.polyak_sgd without max_lr",
    variants={
        "optax.polyak_sgd": "max_lr: 1.0; its scaling, here lr, scales the gradient before it is "
        "measured, and so divides the step where its documentation multiplies it",
        "pytorch_optimizer.AliG": "eps: 1e-06, and the gradient's norm in single precision",
    },
    lr=1.0,
    sees="all",
)
def polyak(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    loss: Any,
    *,
    f_star: Lead[Real] = 0.0,
    max_lr: Positive | None = None,
    eps: NonNegative = 0.0,
) -> Any:
    """The step to where the tangent of the loss reaches its lowest value, which has to be known.

    p = p - lr * (f - f_star) / (|g|**2 + eps) * g    (max_lr: at most max_lr in place of the fraction)
    f is the loss at p, f_star the lowest there is. With max_lr it is the stochastic Polyak step SPS_max.
    """
    rate = state["rate"] = _to_height(loss(p) - f_star, total(g * g) + eps, max_lr)
    return p - lr * rate * g


def _momo(p: Any, g: Any, state: State, lr: Any, t: int, **settings: Any) -> Parts:
    shrink = 1 + lr * settings["weight_decay"]
    return Parts(state["m"], state["rate"], p - p / shrink)


@optimizer(
    title="MoMo",
    parts=_momo,
    paper=MOMO,
    reference="optax.contrib.momo",
    lr=1.0,
    sees="all",
)
def momo(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    loss: Any,
    *,
    f_star: Lead[Real] = 0.0,
    beta: Unit = 0.9,
    weight_decay: Scheduled[NonNegative] = 0.0,
) -> Any:
    """Polyak's step on the average of the tangents so far, which is momentum.

    m = beta * m + (1 - beta) * g                 at first g
    c = beta * c + (1 - beta) * (f - g . p)       at first f - g . p: the average tangent is c + m . p
    a = max(c + m . p - f_star, 0) / |m|**2       at most lr
    p = p - a * m
    weight_decay: p = p / (1 + lr * weight_decay) - a * m, and 1 + lr * weight_decay times c - f_star in a
    """
    m = state["m"] = average(state.get("m", g), g, beta)
    here = loss(p) - total(g * p)
    c = state["c"] = average(state.get("c", here), here, beta)
    shrink = 1 + lr * weight_decay
    height = np.maximum(shrink * (c - f_star) + total(m * p), 0.0)
    rate = state["rate"] = _to_height(height, total(m * m), lr)
    return p / shrink - rate * m


@optimizer(
    title="MoMo Adam",
    parts=_momo,
    paper=MOMO,
    reference="optax.contrib.momo_adam",
    sees="all",
)
def momo_adam(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    loss: Any,
    *,
    f_star: Lead[Real] = 0.0,
    beta1: Unit = 0.9,
    beta2: Unit = 0.999,
    eps: NonNegative = 1e-8,
    weight_decay: Scheduled[NonNegative] = 0.0,
) -> Any:
    """MoMo with lengths measured by Adam's scale.

    m = beta1 * m + (1 - beta1) * g               k = 1 - beta1**t
    v = beta2 * v + (1 - beta2) * g**2            D = sqrt(v / (1 - beta2**t)) + eps
    c = beta1 * c + (1 - beta1) * (f - g . p)
    a = max(c + m . p - k * f_star, 0) / (m . m / D)          at most lr / k
    p = p - a * m / D
    weight_decay: p = p / (1 + lr * weight_decay) - a * m / D, and 1 + lr * weight_decay times c - k * f_star
    in a
    """
    m = state["m"] = average(state.get("m", 0.0), g, beta1)
    v = state["v"] = average(state.get("v", 0.0), g * g, beta2)
    c = state["c"] = average(state.get("c", 0.0), loss(p) - total(g * p), beta1)
    known, shrink = 1 - power(beta1, t), 1 + lr * weight_decay
    scale = np.sqrt(v / (1 - power(beta2, t))) + eps
    u = over(m, scale)
    height = np.maximum(shrink * (c - known * f_star) + total(m * p), 0.0)
    step = _to_height(height, total(m * u), lr / known)
    state["rate"] = over(step, scale)
    return p / shrink - step * u


@optimizer(
    title="COCOB",
    paper="Orabona and Tommasi 2017, arXiv:1705.07795",
    reference="optax.contrib.cocob",
    rebuilds=True,
    lr=1.0,
)
def cocob(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    alpha: Positive = 100.0,
    eps: Positive = 1e-8,
    weight_decay: Scheduled[NonNegative] = 0.0,
) -> Any:
    """No step size at all: each parameter bets a part of what it has won on the sign of its next gradient.

    L = max(L, |g|), at first eps                 G = G + |g|
    R = max(R - g * (p - p0), 0)                  C = C - g
    p = p0 + C / (L * max(G + L, alpha * L)) * (L + R)
    Before all this g = g + weight_decay * p. p0 is the start; lr multiplies every g, and cancels but for eps.
    """
    p, g = decay_before(p, g, lr, weight_decay, "coupled")
    g = lr * g
    start = state.setdefault("start", p)
    most = state["L"] = np.maximum(state.get("L", eps), np.abs(g))
    gone = state["G"] = state.get("G", 0.0) + np.abs(g)
    won = state["R"] = np.maximum(state.get("R", 0.0) - g * (p - start), 0.0)
    tally = state["C"] = state.get("C", 0.0) - g
    return start + tally / (most * np.maximum(gone + most, alpha * most)) * (most + won)


def _learned(g: Any, direction: Any, state: State, lr: Any, hypergrad_lr: Any) -> Any:
    """The learning rate after one step down its own slope."""
    before = state.get("u", np.zeros_like(g))
    gained = state["gained"] = state.get("gained", 0.0) + hypergrad_lr * total(g * before)
    state["u"] = direction
    return lr + gained


def _to_height(height: Any, slope: Any, most: Any) -> Any:
    """How far to go down a tangent that falls by `slope`; nowhere where it is level."""
    level = slope <= EPSILON
    step = np.where(level, 0.0, height) / np.where(level, 1.0, slope)
    return step if most is None else np.minimum(step, most)
