"""Adam and its kin: momentum over the root of the averaged squared gradient."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from optanim.kinds import optimizer
from optanim.optimizers._parts import adam_direction, average, corrected, decay_after, decay_before
from optanim.settings import NonNegative, Scheduled, Unit

Decay = Literal["coupled", "decoupled", "after"]
State = dict[str, Any]


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
