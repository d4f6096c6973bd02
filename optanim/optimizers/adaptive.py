"""Rules that give every parameter a step size of its own."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from optanim.kinds import optimizer
from optanim.optimizers._parts import adam_direction, average, corrected, decay_after, decay_before, root
from optanim.settings import NonNegative, Scheduled, Unit

Decay = Literal["coupled", "decoupled", "after"]
State = dict[str, Any]


@optimizer(title="Adagrad", paper="Duchi et al. 2011, jmlr.org/papers/v12/duchi11a")
def adagrad(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    eps: NonNegative = 1e-10,
    eps_inside_sqrt: bool = False,
    weight_decay: Scheduled[NonNegative] = 0.0,
) -> Any:
    """Steps that shrink with all the squared gradients so far.

    s = s + g**2
    p = p - lr * g / (sqrt(s) + eps)              (eps_inside_sqrt: lr * g / sqrt(s + eps))
    """
    p, g = decay_before(p, g, lr, weight_decay, "coupled")
    s = state["s"] = state.get("s", 0.0) + g * g
    return p - lr * g / root(s, eps, eps_inside_sqrt)


@optimizer(title="RMSprop", paper="Tieleman and Hinton 2012, Coursera lecture 6.5")
def rmsprop(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    alpha: Unit = 0.99,
    eps: NonNegative = 1e-8,
    eps_inside_sqrt: bool = False,
    weight_decay: Scheduled[NonNegative] = 0.0,
) -> Any:
    """Adagrad that forgets: an average of the squared gradients instead of their sum.

    s = alpha * s + (1 - alpha) * g**2
    p = p - lr * g / (sqrt(s) + eps)              (eps_inside_sqrt: lr * g / sqrt(s + eps))
    """
    p, g = decay_before(p, g, lr, weight_decay, "coupled")
    s = state["s"] = average(state.get("s", 0.0), g * g, alpha)
    return p - lr * g / root(s, eps, eps_inside_sqrt)


@optimizer(title="Adam", paper="Kingma and Ba 2015, arXiv:1412.6980")
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
    bias_correction: bool = True,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "coupled",
) -> Any:
    """RMSprop with momentum, and both averages freed of their start at 0.

    m = beta1 * m + (1 - beta1) * g               mhat = m / (1 - beta1**t)
    v = beta2 * v + (1 - beta2) * g**2            vhat = v / (1 - beta2**t)
    p = p - lr * mhat / (sqrt(vhat) + eps)        (eps_inside_sqrt: mhat / sqrt(vhat + eps))
    Without bias_correction m and v are taken as they are.
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    new = p - lr * adam_direction(g, state, t, beta1, beta2, eps, bias_correction, eps_inside_sqrt)
    return decay_after(new, lr, weight_decay, decay)


@optimizer(title="AdamW", paper="Loshchilov and Hutter 2019, arXiv:1711.05101")
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
    weight_decay: Scheduled[NonNegative] = 0.01,
) -> Any:
    """Adam with weight decay beside the gradient and not in it.

    p = p * (1 - lr * weight_decay), then Adam's step
    """
    p, g = decay_before(p, g, lr, weight_decay, "decoupled")
    return p - lr * adam_direction(g, state, t, beta1, beta2, eps)


@optimizer(title="AMSGrad", paper="Reddi et al. 2018, arXiv:1904.09237")
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
    bias_correction: bool = True,
    weight_decay: Scheduled[NonNegative] = 0.0,
) -> Any:
    """Adam whose step size never grows again: the largest v so far instead of the last.

    m and v as in Adam; u = max(u, v)
    p = p - lr * mhat / (sqrt(uhat) + eps)        (the paper: without bias_correction)
    As in torch.optim.Adam(amsgrad=True) the maximum is over v, and what is corrected is u.
    """
    p, g = decay_before(p, g, lr, weight_decay, "coupled")
    m = state["m"] = average(state.get("m", 0.0), g, beta1)
    v = state["v"] = average(state.get("v", 0.0), g * g, beta2)
    u = state["u"] = np.maximum(state.get("u", 0.0), v)
    if bias_correction:
        m, u = corrected(m, beta1, t), corrected(u, beta2, t)
    return p - lr * m / (np.sqrt(u) + eps)
