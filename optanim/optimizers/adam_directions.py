"""Adam with another numerator, or another sign: where the step goes."""

from __future__ import annotations

import math
from types import SimpleNamespace
from typing import Any, Literal

import numpy as np

from optanim.kinds import optimizer
from optanim.optimizers._parts import (
    Decay,
    Parts,
    State,
    adam_direction,
    adam_root,
    adam_split,
    average,
    caution,
    cautious,
    corrected,
    decay_after,
    decay_before,
    decayed,
    explained,
    moments,
    norm,
    signed,
    tangent,
)
from optanim.settings import NonNegative, Positive, Scheduled, Unit

LIANG = "Liang et al. 2024, arXiv:2411.16085"
Rescale = Literal["mean", "plus_one"]


def _cautious_adamw(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    m, rate = adam_split(g, state, lr, t, s)
    return m, rate * caution(m, g, s.rescale)


def _cautious_lion(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return signed(state["c"], lr * caution(state["c"], g, s.rescale))


@optimizer(
    title="Cautious AdamW",
    parts=explained(_cautious_adamw, "decoupled"),
    paper=LIANG,
    reference="timm.optim.AdamWLegacy(caution=True)",
    variants={"the paper": {"rescale": "plus_one", "but": "its weight decay comes after the step"}},
)
def cautious_adamw(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.999,
    eps: NonNegative = 1e-8,
    rescale: Rescale = "mean",
    weight_decay: Scheduled[NonNegative] = 0.01,
) -> Any:
    """AdamW that moves only the parameters whose momentum still points down the slope.

    p = p * (1 - lr * weight_decay)
    m = beta1 * m + (1 - beta1) * g               mhat = m / (1 - beta1**t)
    v = beta2 * v + (1 - beta2) * g**2            vhat = v / (1 - beta2**t)
    u = mhat / (sqrt(vhat) + eps)                 kept: 1 where u * g > 0, else 0
    p = p - lr * u * kept / mean(kept)            (rescale: plus_one: u * kept * n / (sum(kept) + 1))
    Means and sums are over the n parameters of the layer; the mean counts as 0.001 at least.
    """
    p, g = decay_before(p, g, lr, weight_decay, "decoupled")
    return p - lr * cautious(adam_direction(g, state, t, beta1, beta2, eps), g, rescale)


@optimizer(
    title="Cautious Lion",
    parts=explained(_cautious_lion),
    paper=LIANG,
    reference="timm.optim.Lion(caution=True)",
    variants={
        "pytorch_optimizer.Lion(cautious=True)": {"rescale": "plus_one"},
        "the paper": {"rescale": "plus_one", "but": "its weight decay comes after the step: decay: after"},
    },
)
def cautious_lion(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.99,
    rescale: Rescale = "mean",
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "decoupled",
) -> Any:
    """Lion that moves only the parameters whose momentum still points down the slope.

    u = sign(beta1 * m + (1 - beta1) * g)         kept: 1 where u * g > 0, else 0
    p = p - lr * u * kept / mean(kept)            (rescale: plus_one: u * kept * n / (sum(kept) + 1))
    m = beta2 * m + (1 - beta2) * g
    Means and sums are over the n parameters of the layer; the mean counts as 0.001 at least.
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    m = state.get("m", 0.0)
    c = state["c"] = average(m, g, beta1)
    step = cautious(np.sign(c), g, rescale)
    state["m"] = average(m, g, beta2)
    return decay_after(p - lr * step, lr, weight_decay, decay)


def _grams(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    m, rate = adam_split(g, state, lr, t, s)
    return abs(m) * np.sign(g), rate


@optimizer(
    title="Grams",
    parts=explained(_grams, "decoupled"),
    paper="Cao et al. 2024, arXiv:2412.17107",
    reference="pytorch_optimizer.Grams",
)
def grams(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.999,
    eps: NonNegative = 1e-6,
    weight_decay: Scheduled[NonNegative] = 0.0,
) -> Any:
    """AdamW whose momentum says how far and the gradient alone which way.

    p = p * (1 - lr * weight_decay)
    m = beta1 * m + (1 - beta1) * g               mhat = m / (1 - beta1**t)
    v = beta2 * v + (1 - beta2) * g**2            vhat = v / (1 - beta2**t)
    u = mhat / (sqrt(vhat) + eps)
    p = p - lr * abs(u) * sign(g)
    """
    p, g = decay_before(p, g, lr, weight_decay, "decoupled")
    return p - lr * abs(adam_direction(g, state, t, beta1, beta2, eps)) * np.sign(g)


def _ano(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return abs(g) * np.sign(state["m"]), lr / adam_root(state["v"], s.beta2, t, s.eps)


@optimizer(
    title="Ano",
    parts=explained(_ano),
    paper="Kegreisz 2025, arXiv:2508.18258",
    reference="pytorch_optimizer.Ano",
)
def ano(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.92,
    beta2: Unit = 0.99,
    eps: NonNegative = 1e-8,
    logarithmic_schedule: bool = False,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "decoupled",
) -> Any:
    """The other way round: momentum says which way and the gradient alone how far.

    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * sign(g**2 - v) * g**2
    p = p - lr * abs(g) * sign(m) / (sqrt(vhat) + eps)            vhat = v / (1 - beta2**t)
    logarithmic_schedule: beta1 is 1 - 1 / log(t), from step 2 on.
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    beta = 1 - 1 / math.log(max(2, t)) if logarithmic_schedule else beta1
    m = state["m"] = average(state.get("m", 0.0), g, beta)
    v = state.get("v", 0.0)
    v = state["v"] = average(v, np.sign(g * g - v) * g * g, beta2)
    new = p - lr * abs(g) * np.sign(m) / adam_root(v, beta2, t, eps)
    return decay_after(new, lr, weight_decay, decay)


def _adamp(p: Any, g: Any, state: State, lr: Any, t: int, **settings: Any) -> Parts:
    s = SimpleNamespace(**settings)
    m = average(state["m"], g, s.beta1) if s.nesterov else state["m"]
    scale = adam_root(state["v"], s.beta2, t, s.eps, s.eps_hat)
    u, free = tangent(p, g, m / scale, s.delta, s.eps)
    share = np.where(free, s.wd_ratio, 1.0)
    return Parts(corrected(u * scale, s.beta1, t), lr / scale, lr * s.weight_decay * share * p)


@optimizer(
    title="AdamP",
    parts=_adamp,
    paper="Heo et al. 2021, arXiv:2006.08217",
    reference="timm.optim.AdamP",
    variants={"pytorch_optimizer.AdamP": {"eps_hat": True}},
)
def adamp(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.999,
    eps: NonNegative = 1e-8,
    eps_hat: bool = False,
    nesterov: bool = False,
    delta: NonNegative = 0.1,
    wd_ratio: NonNegative = 0.1,
    weight_decay: Scheduled[NonNegative] = 0.0,
) -> Any:
    """Adam that does not make a matrix longer whose length does not matter to the loss.

    m = beta1 * m + (1 - beta1) * g               mhat = m / (1 - beta1**t)
    v = beta2 * v + (1 - beta2) * g**2            vhat = v / (1 - beta2**t)
    u = mhat / (sqrt(vhat) + eps)                 (nesterov: beta1 * m + (1 - beta1) * g in place of m)
    u = u without its part along w                where abs(cos(g, w)) < delta / sqrt(size of w)
    p = p * (1 - lr * weight_decay * wd_ratio)    wd_ratio counts only there
    p = p - lr * u
    w is each row of p if that holds for all rows, else p as a whole. A layer of one axis takes Adam's step.
    eps_hat: (sqrt(v) + eps) / sqrt(1 - beta2**t) in place of sqrt(vhat) + eps.
    """
    m, v = moments(g, state, beta1, beta2)
    if nesterov:
        m = average(m, g, beta1)
    u, free = tangent(p, g, m / adam_root(v, beta2, t, eps, eps_hat), delta, eps)
    p, _ = decay_before(p, g, lr, weight_decay * np.where(free, wd_ratio, 1.0), "decoupled")
    return p - corrected(lr, beta1, t) * u


def _adan(p: Any, g: Any, state: State, lr: Any, t: int, **settings: Any) -> Parts:
    s = SimpleNamespace(**settings)
    m = corrected(state["m"], s.beta1, t) + s.beta2 * corrected(state["v"], s.beta2, t)
    rate, pull = lr / adam_root(state["n"], s.beta3, t, s.eps), lr * s.weight_decay
    return Parts(m, rate, pull * p if s.decay == "decoupled" else (p - rate * m) * (pull / (1 + pull)))


@optimizer(
    title="Adan",
    parts=_adan,
    paper="Xie et al. 2022, arXiv:2208.06677",
    reference="timm.optim.Adan",
    variants={
        "pytorch_optimizer.Adan": {},
        "timm.optim.Adan(no_prox=True)": {"decay": "decoupled"},
        "optax.adan": "has 1 - beta2 where beta2 belongs, in 0.2.8",
        "the paper": "calls 1 - beta what is beta here and in the authors' code",
    },
)
def adan(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.98,
    beta2: Unit = 0.92,
    beta3: Unit = 0.99,
    eps: NonNegative = 1e-8,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Literal["prox", "decoupled"] = "prox",
) -> Any:
    """Adam with Nesterov's momentum out of how the gradient changes, for which it keeps an average.

    d = g - g of the step before                  (0 in the first step)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * d
    n = beta3 * n + (1 - beta3) * (g + beta2 * d)**2
    p = p - lr * (mhat + beta2 * vhat) / (sqrt(nhat) + eps)       mhat = m / (1 - beta1**t), and so on
    p = p / (1 + lr * weight_decay)               (decay: decoupled: p * (1 - lr * weight_decay), before)
    """
    d = g - state.get("before", g)
    state["before"] = g
    m = state["m"] = average(state.get("m", 0.0), g, beta1)
    v = state["v"] = average(state.get("v", 0.0), d, beta2)
    n = state["n"] = average(state.get("n", 0.0), (g + beta2 * d) ** 2, beta3)
    step = corrected(m, beta1, t) + beta2 * corrected(v, beta2, t)
    step = step / adam_root(n, beta3, t, eps)
    if decay == "decoupled":
        return p * (1 - lr * weight_decay) - lr * step
    return (p - lr * step) / (1 + lr * weight_decay)


def _mars(p: Any, g: Any, state: State, lr: Any, t: int, **settings: Any) -> Parts:
    s = SimpleNamespace(**settings)
    if not s.optimize_1d and p.ndim == 2:
        lr, s.beta1, s.beta2, s.mars_type = lr * s.lr_1d_factor, s.beta1_1d, s.beta2_1d, "adamw"
        s.weight_decay = s.weight_decay if s.weight_decay_1d is None else s.weight_decay_1d
    if s.mars_type == "lion":
        m, rate = signed(state["m"], lr)
    else:
        scale = adam_root(state["v"], s.beta2, t, s.eps, s.eps_hat, s.eps_root)
        m, rate = corrected(state["m"], s.beta1, t), lr / scale
    return Parts(m, rate, decayed(p, rate * m, lr, s.weight_decay, "decoupled"))


@optimizer(
    title="MARS",
    parts=_mars,
    paper="Yuan et al. 2024, arXiv:2411.10438",
    reference="pytorch_optimizer.MARS(optimize_1d=True)",
    variants={
        "pytorch_optimizer.MARS": {
            "optimize_1d": False,
            "weight_decay_1d": 0.1,
            "but": "it has lr_1d, which is lr_1d_factor * lr",
        },
        "timm.optim.Mars": {
            "beta1": 0.9,
            "correct_first": False,
            "optimize_1d": False,
            "beta2_1d": 0.99,
            "eps_hat": False,
            "eps_root": 0.0,
            "but": "in a layer of one axis its betas are, unless told, those of the others",
        },
        "pytorch_optimizer.MARS(mars_type='shampoo')": "is computed in bfloat16",
    },
)
def mars(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.95,
    beta2: Unit = 0.99,
    gamma: NonNegative = 0.025,
    mars_type: Literal["adamw", "lion"] = "adamw",
    correct_first: bool = True,
    optimize_1d: bool = True,
    lr_1d_factor: Positive = 1.0,
    beta1_1d: Unit = 0.9,
    beta2_1d: Unit = 0.95,
    weight_decay_1d: NonNegative | None = None,
    eps: NonNegative = 1e-8,
    eps_hat: bool = True,
    eps_root: NonNegative = 1e-15,
    weight_decay: Scheduled[NonNegative] = 0.0,
) -> Any:
    """AdamW on a gradient with less noise: it is moved on by a share of how it changed.

    p = p * (1 - lr * weight_decay)
    c = g + gamma * beta1 / (1 - beta1) * (g - g of the step before), made 1 long if it is longer
    m = beta1 * m + (1 - beta1) * c               mhat = m / (1 - beta1**t)
    v = beta2 * v + (1 - beta2) * c**2            vhat = v / (1 - beta2**t)
    p = p - lr * mhat / (sqrt(vhat) + eps)        (mars_type: lion: p - lr * sign(m))
    The gradient before the first is 0; without correct_first c = g there.
    eps_hat: (sqrt(v) + eps) / sqrt(1 - beta2**t) in place of sqrt(vhat) + eps.
    eps_root is added to v under the root.
    Without optimize_1d a layer of one axis takes AdamW's step with beta1_1d and beta2_1d, weight_decay_1d
    or else weight_decay, at the learning rate lr * lr_1d_factor.
    """
    if not optimize_1d and p.ndim == 2:
        lr, beta1, beta2 = lr * lr_1d_factor, beta1_1d, beta2_1d
        weight_decay = weight_decay if weight_decay_1d is None else weight_decay_1d
        c, mars_type = g, "adamw"
    else:
        before = state.get("before", 0.0 if correct_first else g)
        c = g + gamma * beta1 / (1 - beta1) * (g - before)
        state["before"] = g
        c = c / np.maximum(norm(c), 1.0)
    p, _ = decay_before(p, g, lr, weight_decay, "decoupled")
    m, v = moments(c, state, beta1, beta2)
    if mars_type == "lion":
        step = np.sign(m)
    else:
        step = corrected(m, beta1, t) / adam_root(v, beta2, t, eps, eps_hat, eps_root)
    return p - lr * step
