"""Gradient descent and its momentum."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optanim.kinds import optimizer
from optanim.optimizers._parts import Decay, State, decay_after, decay_before, explained, inside
from optanim.settings import Lead, NonNegative, Scheduled, Unit

SUTSKEVER = "Sutskever et al. 2013, proceedings.mlr.press/v28/sutskever13"
POLYAK = "Polyak 1964, doi:10.1016/0041-5553(64)90137-5"


def _slope(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return g, lr


def _ball(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return (g + s.momentum * state["v"] if s.nesterov else state["v"]), lr


@optimizer(
    title="GD",
    paper="Cauchy 1847, Comptes rendus 25, 536",
    reference="torch.optim.SGD",
    parts=explained(_slope),
)
def gd(p: Any, g: Any, state: State, lr: Any, t: int) -> Any:
    """Gradient descent: straight down the slope, as far as it is steep.

    p = p - lr * g
    """
    return p - lr * g


def _nesterov_needs(settings: Mapping[str, Any]) -> str | None:
    # A momentum may be a schedule, which is no number yet.
    if settings["nesterov"] and (settings["momentum"] == 0 or settings["dampening"] > 0):
        return "nesterov takes a momentum above 0 and no dampening"
    return None


@optimizer(
    title="SGD",
    velocity="v",
    paper="Robbins and Monro 1951, doi:10.1214/aoms/1177729586",
    reference="torch.optim.SGD",
    variants={
        "optax.sgd": {},
        "keras.optimizers.SGD": {
            "decay": "decoupled",
            "but": "it has lr inside v, as momentum with lr_inside, which matters where lr changes",
        },
    },
    check=_nesterov_needs,
    parts=explained(_ball),
)
def sgd(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    momentum: Lead[Scheduled[Unit]] = 0.0,
    dampening: Unit = 0.0,
    dampen_first: bool = False,
    nesterov: bool = False,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "coupled",
) -> Any:
    """Gradient descent with the options of torch.optim.SGD, all off.

    v = momentum * v + (1 - dampening) * g        (v = g in the first step, unless dampen_first)
    p = p - lr * v                                (nesterov: p - lr * (g + momentum * v))
    nesterov takes a momentum above 0 and no dampening.
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    v = _velocity(g, state, momentum, dampening * (momentum != 0), dampen_first)
    step = g + momentum * v if nesterov else v
    return decay_after(p - lr * step, lr, weight_decay, decay)


def _heavy(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return inside(state["v"], lr) if s.lr_inside else (state["v"], lr)


@optimizer(
    title="Momentum",
    velocity="v",
    parts=explained(_heavy),
    paper=POLYAK,
    reference="torch.optim.SGD, at momentum 0.9",
    variants={"optax.sgd": {}, "keras.optimizers.SGD": {"lr_inside": True, "decay": "decoupled"}},
)
def momentum(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    momentum: Lead[Scheduled[Unit]] = 0.9,
    dampening: Unit = 0.0,
    dampen_first: bool = False,
    lr_inside: bool = False,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "coupled",
) -> Any:
    """A heavy ball: the step remembers the steps before it.

    v = momentum * v + (1 - dampening) * g        (v = g in the first step, unless dampen_first)
    p = p - lr * v
    lr_inside: v = momentum * v + (1 - dampening) * lr * g, p = p - v; the same while lr is constant
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    if lr_inside:
        new = p - _velocity(lr * g, state, momentum, dampening, dampen_first)
    else:
        new = p - lr * _velocity(g, state, momentum, dampening, dampen_first)
    return decay_after(new, lr, weight_decay, decay)


def _ahead(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    if s.lr_inside:
        return inside(lr * g + s.momentum * state["v"], lr)
    return g + s.momentum * state["v"], lr


@optimizer(
    title="Nesterov",
    velocity="v",
    parts=explained(_ahead),
    paper=SUTSKEVER,
    reference="torch.optim.SGD(nesterov=True), at momentum 0.9",
    variants={
        "optax.sgd": {},
        "keras.optimizers.SGD": {
            "lr_inside": True,
            "but": "its weight decay is decoupled, and so it has this path without weight decay only",
        },
    },
)
def nesterov(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    momentum: Lead[Scheduled[Unit]] = 0.9,
    lr_inside: bool = False,
    weight_decay: Scheduled[NonNegative] = 0.0,
) -> Any:
    """Momentum whose gradient is taken where the momentum is about to carry the point.

    g = g + weight_decay * p
    v = momentum * v + g
    p = p - lr * (g + momentum * v)
    p is that look-ahead point, as in torch.optim.SGD(nesterov=True).
    lr_inside: v = momentum * v + lr * g, p = p - (lr * g + momentum * v)
    """
    p, g = decay_before(p, g, lr, weight_decay, "coupled")
    if lr_inside:
        step = lr * g
        return p - (step + momentum * _velocity(step, state, momentum, 0.0, False))
    return p - lr * (g + momentum * _velocity(g, state, momentum, 0.0, False))


@optimizer(
    title="SGDW",
    velocity="v",
    paper="Loshchilov and Hutter 2019, arXiv:1711.05101",
    reference="timm.optim.SGDW, at momentum 0.9 and weight_decay 0.01",
    variants={
        "pytorch_optimizer.SGDW": {"momentum": 0.0, "weight_decay": 0.0},
        "torch_optimizer.SGDW": "subtracts lr * weight_decay from every parameter, however large it is",
    },
    parts=explained(_ball, "decoupled"),
    check=_nesterov_needs,
)
def sgdw(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    momentum: Lead[Scheduled[Unit]] = 0.9,
    dampening: Unit = 0.0,
    nesterov: bool = False,
    weight_decay: Scheduled[NonNegative] = 0.01,
) -> Any:
    """Momentum with weight decay beside the gradient, so that v does not remember it.

    p = p * (1 - lr * weight_decay), then SGD's step
    """
    p, g = decay_before(p, g, lr, weight_decay, "decoupled")
    v = _velocity(g, state, momentum, dampening * (momentum != 0), False)
    return p - lr * (g + momentum * v if nesterov else v)


def _velocity(g: Any, state: State, momentum: Any, dampening: Any, dampen_first: bool) -> Any:
    """The momentum buffer of torch.optim.SGD, which dampens from the second step on."""
    if "v" in state:
        v = momentum * state["v"] + (1 - dampening) * g
    else:
        v = (1 - dampening) * g if dampen_first else g
    state["v"] = v
    return v
