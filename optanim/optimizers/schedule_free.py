"""Schedule-Free: an average of the points stands in for a learning rate that falls.

A rule of this family steps z, takes its gradients at p between z and the average x of all z, and
shows x.
"""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from optanim.kinds import optimizer
from optanim.optimizers._parts import average, corrected, power, rectification
from optanim.settings import Lead, NonNegative, Number, Scheduled, Unit, Whole

State = dict[str, Any]
Between = Annotated[float, Number(low=0, high=1, low_open=True, high_open=True)]

PAPER = "Defazio et al. 2024, arXiv:2405.15682"
OPTAX = "the same without warmup; with it each step of z is one warmup step behind its weight in the average"


def _average_of(p: Any, z: Any, beta: Any) -> Any:
    """The x that p = (1 - beta) * z + beta * x was made from."""
    return p + (1 / beta - 1) * (p - z)


def _sgd_average(p: Any, state: State, *, momentum: Any, **_: Any) -> Any:
    return _average_of(p, state["z"], momentum)


def _adam_average(p: Any, state: State, *, beta1: Any, **_: Any) -> Any:
    return _average_of(p, state["z"], beta1)


@optimizer(
    title="ScheduleFree SGD",
    paper=PAPER,
    reference="schedulefree.SGDScheduleFree",
    rebuilds=True,
    variants={"optax.contrib.schedule_free_sgd": OPTAX},
    shows=_sgd_average,
)
def schedulefree_sgd(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    momentum: Lead[Between] = 0.9,
    weight_decay: Scheduled[NonNegative] = 0.0,
    warmup: Whole = 0,
    r: NonNegative = 0.0,
    weight_lr_power: NonNegative = 2.0,
) -> Any:
    """Gradient descent whose iterates are averaged as it goes, in place of a falling learning rate.

    z = z - lr * (g + weight_decay * p)           g is the gradient at p; lr * t / warmup up to t = warmup
    x = x + c * (z - x)                           c = w / (sum of all w), w = t**r * max(lr)**weight_lr_power
    p = (1 - momentum) * z + momentum * x
    What is drawn and scored is x.
    """
    lr = lr * _warming(t, warmup)
    return _averaged(p, g + weight_decay * p, state, lr, t, momentum, r, weight_lr_power)


@optimizer(
    title="ScheduleFree AdamW",
    paper=PAPER,
    reference="schedulefree.AdamWScheduleFree",
    rebuilds=True,
    variants={
        "optax.contrib.schedule_free_adamw": OPTAX,
        "pytorch_optimizer.ScheduleFreeAdamW": "the same but for 1e-15 that is added to v under the root",
    },
    shows=_adam_average,
)
def schedulefree_adamw(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Between = 0.9,
    beta2: Unit = 0.999,
    eps: NonNegative = 1e-8,
    weight_decay: Scheduled[NonNegative] = 0.0,
    warmup: Whole = 0,
    r: NonNegative = 0.0,
    weight_lr_power: NonNegative = 2.0,
) -> Any:
    """Schedule-Free with Adam's scale: the average takes the place of Adam's momentum too.

    v = beta2 * v + (1 - beta2) * g**2            vhat = v / (1 - beta2**t)
    z = z - lr * (g / (sqrt(vhat) + eps) + weight_decay * p)      lr * t / warmup up to t = warmup
    x = x + c * (z - x)                           c = w / (sum of all w), w = t**r * max(lr)**weight_lr_power
    p = (1 - beta1) * z + beta1 * x
    What is drawn and scored is x.
    """
    v = state["v"] = average(state.get("v", 0.0), g * g, beta2)
    step = g / (np.sqrt(corrected(v, beta2, t)) + eps) + weight_decay * p
    return _averaged(p, step, state, lr * _warming(t, warmup), t, beta1, r, weight_lr_power)


@optimizer(
    title="ScheduleFree RAdam",
    paper=PAPER,
    reference="schedulefree.RAdamScheduleFree",
    rebuilds=True,
    variants={
        "pytorch_optimizer.ScheduleFreeRAdam": "the same with silent_sgd_phase; without it the first steps "
        "are of a learning rate of 1"
    },
    shows=_adam_average,
)
def schedulefree_radam(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Between = 0.9,
    beta2: Unit = 0.999,
    eps: NonNegative = 1e-8,
    weight_decay: Scheduled[NonNegative] = 0.0,
    r: NonNegative = 0.0,
    weight_lr_power: NonNegative = 2.0,
    silent_sgd_phase: bool = True,
) -> Any:
    """ScheduleFree AdamW with RAdam's rectified learning rate for a warmup.

    rho0 = 2 / (1 - beta2) - 1                    rho = rho0 - 2 * t * beta2**t / (1 - beta2**t)
    lr = lr * sqrt((rho - 4) * (rho - 2) * rho0 / ((rho0 - 4) * (rho0 - 2) * rho)) where rho > 4
    v = beta2 * v + (1 - beta2) * g**2            vhat = v / (1 - beta2**t)
    z = z - lr * (g / (sqrt(vhat) + eps) + weight_decay * p)
    x = x + c * (z - x)                           c = w / (sum of all w), w = t**r * max(lr)**weight_lr_power
    p = (1 - beta1) * z + beta1 * x
    While rho <= 4 it stands still, or without silent_sgd_phase z = z - lr * (g + weight_decay * p).
    What is drawn and scored is x.
    """
    v = state["v"] = average(state.get("v", 0.0), g * g, beta2)
    known, rectified = rectification(beta2, t, 4.0)
    step = np.where(known, g / (np.sqrt(corrected(v, beta2, t)) + eps), g) + weight_decay * p
    lr = lr * np.where(known, rectified, 0.0 if silent_sgd_phase else 1.0)
    return _averaged(p, step, state, lr, t, beta1, r, weight_lr_power)


def _averaged(
    p: Any, step: Any, state: State, lr: Any, t: int, beta: Any, r: Any, weight_lr_power: Any
) -> Any:
    """Steps z, takes it into the average x, and gives the point between the two."""
    z = state.get("z", p)
    x = _average_of(p, z, beta)
    largest = state["largest"] = np.maximum(lr, state.get("largest", 0.0))
    weight = power(t, r) * power(largest, weight_lr_power)
    total = state["total"] = state.get("total", 0.0) + weight
    # Nothing is averaged while no step had any weight.
    c = np.where(total > 0, weight / np.where(total > 0, total, 1.0), 0.0)
    z = state["z"] = z - lr * step
    x = x + c * (z - x)
    return x + (1 - beta) * (z - x)


def _warming(t: int, warmup: int) -> float:
    return min(1.0, t / warmup) if warmup else 1.0
