"""Adam whose steps are held back: while v knows too little, and where a gradient surprises it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from optanim.kinds import optimizer
from optanim.optimizers._parts import (
    Decay,
    Parts,
    State,
    adam_root,
    corrected,
    decay_after,
    decay_before,
    decayed,
    explained,
    moments,
    rectification,
    root,
    total,
)
from optanim.settings import NonNegative, Scheduled, Unit


def _rectified(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    enough, r = rectification(s.beta2, t, s.threshold)
    scale = adam_root(state["v"], s.beta2, t, s.eps, s.eps_hat)
    rate = np.where(enough, r / np.where(enough, scale, 1.0), 1.0)
    return corrected(state["m"], s.beta1, t), lr * rate


def _radam(p: Any, g: Any, state: State, lr: Any, t: int, **settings: Any) -> Parts:
    made = explained(_rectified)(p, g, state, lr, t, **settings)
    if settings["degenerated_to_sgd"]:
        return made
    enough, _ = rectification(settings["beta2"], t, settings["threshold"])
    return Parts(
        made.direction, np.where(enough, made.preconditioner, 0.0), np.where(enough, made.decay, 0.0)
    )


@optimizer(
    title="RAdam",
    parts=_radam,
    paper="Liu et al. 2020, arXiv:1908.03265",
    reference="torch.optim.RAdam",
    variants={
        "optax.radam": {"eps_hat": False},
        "pytorch_optimizer.RAdam": {"degenerated_to_sgd": False, "decay": "decoupled"},
    },
)
def radam(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.999,
    eps: NonNegative = 1e-8,
    eps_hat: bool = True,
    threshold: NonNegative = 5.0,
    degenerated_to_sgd: bool = True,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "coupled",
) -> Any:
    """Adam that waits with dividing until v is an average of enough squares to be trusted.

    m = beta1 * m + (1 - beta1) * g               mhat = m / (1 - beta1**t)
    v = beta2 * v + (1 - beta2) * g**2            vhat = v / (1 - beta2**t)
    longest = 2 / (1 - beta2) - 1                 length = longest - 2 * t * beta2**t / (1 - beta2**t)
    r = sqrt((length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length))
    p = p - lr * r * mhat / (sqrt(vhat) + eps)    where length > threshold, else p - lr * mhat
    eps_hat: (sqrt(v) + eps) / sqrt(1 - beta2**t) in place of sqrt(vhat) + eps.
    Without degenerated_to_sgd p rests until the length is reached.
    """
    enough, r = rectification(beta2, t, threshold)
    start = p
    p, g = decay_before(p, g, lr, weight_decay, decay)
    m, v = moments(g, state, beta1, beta2)
    mhat = corrected(m, beta1, t)
    scale = adam_root(v, beta2, t, eps, eps_hat)
    new = decay_after(
        p - lr * mhat * np.where(enough, r / np.where(enough, scale, 1.0), 1.0), lr, weight_decay, decay
    )
    return new if degenerated_to_sgd else np.where(enough, new, start)


def _calmed(g: Any, vhat: Any, lr: Any, eps: Any) -> Any:
    """The learning rate of a layer, less where its gradients are larger than v expects."""
    surprise = total(g * g / np.maximum(vhat, eps * eps)) / g[0].size
    return lr / np.maximum(1.0, np.sqrt(surprise))


def _stable(p: Any, g: Any, state: State, lr: Any, t: int, **settings: Any) -> Parts:
    s = SimpleNamespace(**settings)
    if s.decay == "coupled":
        g = decay_before(p, g, lr, s.weight_decay, s.decay)[1]
    vhat = corrected(state["v"], s.beta2, t)
    lr = _calmed(g, vhat, lr, s.eps)
    m, rate = corrected(state["m"], s.beta1, t), lr / root(vhat, s.eps, False)
    return Parts(m, rate, decayed(p, rate * m, lr, s.weight_decay, s.decay))


@optimizer(
    title="StableAdamW",
    parts=_stable,
    paper="Wortsman et al. 2023, arXiv:2304.13013",
    reference="pytorch_optimizer.StableAdamW",
)
def stableadamw(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.99,
    eps: NonNegative = 1e-8,
    weight_decay: Scheduled[NonNegative] = 0.01,
    decay: Decay = "decoupled",
) -> Any:
    """AdamW that shortens the step of a layer whose gradients are larger than v expects.

    m = beta1 * m + (1 - beta1) * g               mhat = m / (1 - beta1**t)
    v = beta2 * v + (1 - beta2) * g**2            vhat = v / (1 - beta2**t)
    r = max(1, root of the layer's mean of g**2 / max(vhat, eps**2))
    p = p - lr / r * mhat / (sqrt(vhat) + eps)
    In the weight decay lr is lr / r.
    """
    _, g = decay_before(p, g, lr, weight_decay, decay if decay == "coupled" else "after")
    m, v = moments(g, state, beta1, beta2)
    vhat = corrected(v, beta2, t)
    lr = _calmed(g, vhat, lr, eps)
    if decay == "decoupled":
        p, g = decay_before(p, g, lr, weight_decay, decay)
    return decay_after(p - lr * corrected(m, beta1, t) / root(vhat, eps, False), lr, weight_decay, decay)
