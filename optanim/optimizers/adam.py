"""Adam and its kin: momentum over the root of the averaged squared gradient."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from optanim.kinds import optimizer
from optanim.optimizers._parts import (
    Decay,
    State,
    adam_direction,
    adam_root,
    adam_split,
    average,
    corrected,
    decay_after,
    decay_before,
    explained,
    moments,
    power,
    root,
)
from optanim.settings import NonNegative, Scheduled, Unit

ADAM = "Kingma and Ba 2015, arXiv:1412.6980"


@optimizer(
    title="Adam",
    parts=explained(adam_split),
    paper=ADAM,
    reference="torch.optim.Adam",
    variants={
        "optax.adam": {},
        "keras.optimizers.Adam": {"eps": 1e-7, "eps_hat": True, "decay": "decoupled"},
        "torch.optim.Adam(amsgrad=True)": "is the rule amsgrad",
        "optax.adam(nesterov=True)": "is nadam with schedule: constant",
    },
)
def adam(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.999,
    eps: NonNegative = 1e-8,
    eps_inside_sqrt: bool = False,
    eps_hat: bool = False,
    bias_correction: bool = True,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "coupled",
) -> Any:
    """RMSprop with momentum, and both averages freed of their start at 0.

    m = beta1 * m + (1 - beta1) * g               mhat = m / (1 - beta1**t)
    v = beta2 * v + (1 - beta2) * g**2            vhat = v / (1 - beta2**t)
    p = p - lr * mhat / (sqrt(vhat) + eps)        (eps_inside_sqrt: mhat / sqrt(vhat + eps))
    Without bias_correction m and v are taken as they are.
    eps_hat: (sqrt(v) + eps) / sqrt(1 - beta2**t) in place of sqrt(vhat) + eps; at first it is the larger.
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    step = adam_direction(g, state, t, beta1, beta2, eps, bias_correction, eps_inside_sqrt, eps_hat)
    return decay_after(p - lr * step, lr, weight_decay, decay)


@optimizer(
    title="AdamW",
    parts=explained(adam_split, "decoupled"),
    paper="Loshchilov and Hutter 2019, arXiv:1711.05101",
    reference="torch.optim.AdamW",
    variants={
        "optax.adamw": {"weight_decay": 1e-4},
        "keras.optimizers.AdamW": {"weight_decay": 4e-3, "eps": 1e-7, "eps_hat": True},
        "the paper": "multiplies the decay by the schedule of the learning rate alone, without the rate",
        "bitsandbytes": "decays after the step: adam with decay: after",
    },
)
def adamw(
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
    weight_decay: Scheduled[NonNegative] = 0.01,
) -> Any:
    """Adam with weight decay beside the gradient and not in it.

    p = p * (1 - lr * weight_decay)
    m = beta1 * m + (1 - beta1) * g               mhat = m / (1 - beta1**t)
    v = beta2 * v + (1 - beta2) * g**2            vhat = v / (1 - beta2**t)
    p = p - lr * mhat / (sqrt(vhat) + eps)
    eps_hat: (sqrt(v) + eps) / sqrt(1 - beta2**t) in place of sqrt(vhat) + eps.
    """
    p, g = decay_before(p, g, lr, weight_decay, "decoupled")
    return p - lr * adam_direction(g, state, t, beta1, beta2, eps, eps_hat=eps_hat)


def _largest_root(
    u: Any, t: int, beta2: Any, eps: Any, eps_hat: bool, bias_correction: bool, max_corrected: bool
) -> Any:
    corrects = bias_correction and not max_corrected
    return adam_root(u, beta2, t, eps, eps_hat) if corrects else root(u, eps, False)


def _amsgrad(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    m = corrected(state["m"], s.beta1, t) if s.bias_correction else state["m"]
    return m, lr / _largest_root(state["u"], t, s.beta2, s.eps, s.eps_hat, s.bias_correction, s.max_corrected)


@optimizer(
    title="AMSGrad",
    parts=explained(_amsgrad),
    paper="Reddi et al. 2018, arXiv:1904.09237",
    reference="torch.optim.Adam(amsgrad=True)",
    variants={
        "torch.optim.AdamW(amsgrad=True)": {"weight_decay": 0.01, "decay": "decoupled"},
        "keras.optimizers.Adam(amsgrad=True)": {"eps": 1e-7, "eps_hat": True, "decay": "decoupled"},
        "optax.amsgrad": {"max_corrected": True},
        "the paper": {"bias_correction": False},
    },
)
def amsgrad(
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
    bias_correction: bool = True,
    max_corrected: bool = False,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "coupled",
) -> Any:
    """Adam whose step size never grows again: the largest v so far instead of the last.

    m = beta1 * m + (1 - beta1) * g               mhat = m / (1 - beta1**t)
    v = beta2 * v + (1 - beta2) * g**2
    u = max(u, v)                                 uhat = u / (1 - beta2**t)
    p = p - lr * mhat / (sqrt(uhat) + eps)        (the paper: without bias_correction)
    max_corrected: uhat = max(uhat, v / (1 - beta2**t)), the maximum after the correction.
    eps_hat: (sqrt(u) + eps) / sqrt(1 - beta2**t) in place of sqrt(uhat) + eps.
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    m, v = moments(g, state, beta1, beta2)
    if bias_correction:
        m = corrected(m, beta1, t)
    if bias_correction and max_corrected:
        v = corrected(v, beta2, t)
    u = state["u"] = np.maximum(state.get("u", 0.0), v)
    scale = _largest_root(u, t, beta2, eps, eps_hat, bias_correction, max_corrected)
    return decay_after(p - lr * m / scale, lr, weight_decay, decay)


def _adamax(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    scale = state["u"] if s.eps_inside_max else state["u"] + s.eps
    return corrected(state["m"], s.beta1, t), lr / scale


@optimizer(
    title="Adamax",
    parts=explained(_adamax),
    paper=ADAM,
    reference="torch.optim.Adamax",
    variants={
        "optax.adamax": {},
        "optax.adamaxw": {"weight_decay": 1e-4, "decay": "decoupled"},
        "keras.optimizers.Adamax": {"eps": 1e-7, "eps_inside_max": False, "decay": "decoupled"},
    },
)
def adamax(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.999,
    eps: NonNegative = 1e-8,
    eps_inside_max: bool = True,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "coupled",
) -> Any:
    """Adam that divides by the largest recent gradient instead of a root of an average.

    m = beta1 * m + (1 - beta1) * g               mhat = m / (1 - beta1**t)
    u = max(beta2 * u, abs(g) + eps)              (without eps_inside_max: max(beta2 * u, abs(g)))
    p = p - lr * mhat / u                         (without eps_inside_max: mhat / (u + eps))
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    m = state["m"] = average(state.get("m", 0.0), g, beta1)
    u = state["u"] = np.maximum(beta2 * state.get("u", 0.0), abs(g) + eps if eps_inside_max else abs(g))
    new = p - lr * corrected(m, beta1, t) / (u if eps_inside_max else u + eps)
    return decay_after(new, lr, weight_decay, decay)


def _mus(beta1: Any, t: int, schedule: str, momentum_decay: Any) -> tuple[Any, Any]:
    """The momentum of NAdam in this step and in the next."""
    if schedule == "constant":
        return beta1, beta1
    mu, after = (beta1 * (1 - 0.5 * power(0.96, s * momentum_decay)) for s in (t, t + 1))
    return mu, after


def _ahead(g: Any, state: State, mu: Any, after: Any) -> Any:
    """NAdam's average gradient, out of the state after the step."""
    product = state["M"]
    return after * state["m"] / (1 - product * after) + (1 - mu) * g / (1 - product)


def _nadam(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    mhat = _ahead(g, state, *_mus(s.beta1, t, s.schedule, s.momentum_decay))
    return mhat, lr / adam_root(state["v"], s.beta2, t, s.eps)


@optimizer(
    title="NAdam",
    parts=explained(_nadam),
    paper="Dozat 2016, openreview.net/forum?id=OM0jvwB8jIp57ZJjtNEZ",
    reference="torch.optim.NAdam",
    variants={
        "keras.optimizers.Nadam": {"eps": 1e-7, "momentum_decay": 1.0, "decay": "decoupled"},
        "optax.nadam": {"schedule": "constant"},
        "optax.nadamw": {"schedule": "constant", "weight_decay": 1e-4, "decay": "decoupled"},
        "timm.optim.NAdamW": "is the rule nadamw",
    },
)
def nadam(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.999,
    eps: NonNegative = 1e-8,
    schedule: Literal["rising", "constant"] = "rising",
    momentum_decay: NonNegative = 0.004,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "coupled",
) -> Any:
    """Adam with Nesterov's momentum: the average gradient as it will be after the next step.

    m = beta1 * m + (1 - beta1) * g               M = M * mu(t), which starts at 1
    v = beta2 * v + (1 - beta2) * g**2            vhat = v / (1 - beta2**t)
    mu(t) = beta1 * (1 - 0.96**(t * momentum_decay) / 2)
    mhat = mu(t+1) * m / (1 - M * mu(t+1)) + (1 - mu(t)) * g / (1 - M)
    p = p - lr * mhat / (sqrt(vhat) + eps)
    With schedule: constant mu is beta1. With a momentum_decay of 0 it is half of beta1.
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    _, v = moments(g, state, beta1, beta2)
    mu, after = _mus(beta1, t, schedule, momentum_decay)
    state["M"] = state.get("M", 1.0) * mu
    new = p - lr * _ahead(g, state, mu, after) / adam_root(v, beta2, t, eps)
    return decay_after(new, lr, weight_decay, decay)


def _nadamw(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    mhat = corrected(average(state["m"], g, s.beta1), s.beta1, t)
    return mhat, lr / adam_root(state["v"], s.beta2, t, s.eps)


@optimizer(
    title="NAdamW",
    parts=explained(_nadamw, "decoupled"),
    paper="Dahl et al. 2023, arXiv:2306.07179",
    reference="timm.optim.NAdamW",
    variants={
        "optax.nadamw": "corrects the two parts of mhat by different powers: nadam, schedule: constant"
    },
)
def nadamw(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.999,
    eps: NonNegative = 1e-8,
    weight_decay: Scheduled[NonNegative] = 0.01,
) -> Any:
    """AdamW with Nesterov's momentum and no schedule for it: the gradient is averaged in twice.

    p = p * (1 - lr * weight_decay)
    m = beta1 * m + (1 - beta1) * g               mhat = (beta1 * m + (1 - beta1) * g) / (1 - beta1**t)
    v = beta2 * v + (1 - beta2) * g**2            vhat = v / (1 - beta2**t)
    p = p - lr * mhat / (sqrt(vhat) + eps)
    """
    p, g = decay_before(p, g, lr, weight_decay, "decoupled")
    m, v = moments(g, state, beta1, beta2)
    mhat = corrected(average(m, g, beta1), beta1, t)
    return p - lr * mhat / adam_root(v, beta2, t, eps)
