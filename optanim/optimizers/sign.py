"""Signs: every parameter moves by the same amount, whatever its slope."""

from __future__ import annotations

from typing import Annotated, Any

import numpy as np

from optanim.kinds import optimizer
from optanim.optimizers._parts import (
    Decay,
    State,
    average,
    decay_after,
    decay_before,
    explained,
    over,
    signed,
)
from optanim.settings import Lead, NonNegative, Number, Positive, Scheduled, Unit

BERNSTEIN = "Bernstein et al. 2018, arXiv:1802.04434"


def _slope(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return signed(g, lr)


def _average(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return signed(state["m"], lr)


@optimizer(
    title="signSGD",
    parts=explained(_slope),
    paper=BERNSTEIN,
    reference="optax.sign_sgd",
    variants={"pytorch_optimizer.SignSGD": "with momentum 0; else it is signum"},
)
def signsgd(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "decoupled",
) -> Any:
    """Gradient descent that asks each parameter only which way is down.

    p = p - lr * sign(g)                          (sign(0) = 0)
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    return decay_after(p - lr * np.sign(g), lr, weight_decay, decay)


@optimizer(
    title="Signum",
    velocity="m",
    parts=explained(_average),
    paper=BERNSTEIN,
    reference="pytorch_optimizer.SignSGD",
    variants={"optax.signum": {}},
)
def signum(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    momentum: Lead[Scheduled[Unit]] = 0.9,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "decoupled",
) -> Any:
    """The sign of an average of gradients, which one noisy gradient does not turn.

    m = momentum * m + (1 - momentum) * g
    p = p - lr * sign(m)
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    m = state["m"] = average(state.get("m", 0.0), g, momentum)
    return decay_after(p - lr * np.sign(m), lr, weight_decay, decay)


@optimizer(
    title="Tiger",
    parts=explained(_average),
    paper="Su 2023, github.com/bojone/tiger",
    reference="pytorch_optimizer.Tiger",
)
def tiger(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta: Lead[Scheduled[Unit]] = 0.965,
    weight_decay: Scheduled[NonNegative] = 0.01,
    decay: Decay = "decoupled",
) -> Any:
    """Signum with a longer memory and weight decay, as little as large models can be trained with.

    p = p * (1 - lr * weight_decay)
    m = beta * m + (1 - beta) * g
    p = p - lr * sign(m)
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    m = state["m"] = average(state.get("m", 0.0), g, beta)
    return decay_after(p - lr * np.sign(m), lr, weight_decay, decay)


def _newest(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return signed(state["c"], lr)


@optimizer(
    title="Lion",
    parts=explained(_newest),
    paper="Chen et al. 2023, arXiv:2302.06675",
    reference="lion_pytorch.Lion",
    variants={
        "pytorch_optimizer.Lion": {},
        "timm.optim.Lion": {},
        "keras.optimizers.Lion": {},
        "optax.lion": {"weight_decay": 1e-3},
    },
)
def lion(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.99,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "decoupled",
) -> Any:
    """Signum that gives the newest gradient more weight in the step than in what it remembers.

    p = p * (1 - lr * weight_decay)
    p = p - lr * sign(beta1 * m + (1 - beta1) * g)
    m = beta2 * m + (1 - beta2) * g
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    m = state.get("m", 0.0)
    c = state["c"] = average(m, g, beta1)
    state["m"] = average(m, g, beta2)
    return decay_after(p - lr * np.sign(c), lr, weight_decay, decay)


def _own_step(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return state["before"], over(state["step"], abs(state["before"]))


@optimizer(
    title="Rprop",
    parts=explained(_own_step),
    paper="Riedmiller and Braun 1993, doi:10.1109/ICNN.1993.298623",
    reference="torch.optim.Rprop",
    variants={"optax.rprop": "wrong up to 0.2.8 at least: each step is the one of the gradient before"},
)
def rprop(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    eta_minus: Annotated[float, Number(low=0, low_open=True, high=1, high_open=True)] = 0.5,
    eta_plus: Annotated[float, Number(low=1, low_open=True)] = 1.2,
    step_min: NonNegative = 1e-6,
    step_max: Positive = 50.0,
) -> Any:
    """A step size for each parameter, which grows while the sign stays and shrinks when it turns.

    step = step * eta_plus where g * before > 0, step * eta_minus where it is < 0   (step starts at lr)
    step = step_min at least, step_max at most
    g = 0 where the sign has turned
    p = p - step * sign(g),  before = g
    A later lr changes nothing.
    """
    turn = g * state.get("before", 0.0)
    factor = np.where(turn > 0, eta_plus, np.where(turn < 0, eta_minus, 1.0))
    step = state["step"] = np.clip(state.get("step", lr) * factor, step_min, step_max)
    g = state["before"] = np.where(turn < 0, 0.0, g)
    return p - step * np.sign(g)
