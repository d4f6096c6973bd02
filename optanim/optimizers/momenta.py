"""Momentum in other mixtures: several memories, averages of the path, momentum across the radius."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Annotated, Any

import numpy as np

from optanim.kinds import optimizer
from optanim.optimizers._parts import (
    Decay,
    Parts,
    State,
    average,
    decay_after,
    decay_before,
    explained,
    power,
    tangent,
)
from optanim.settings import Lead, ListOf, NonNegative, Number, Positive, Scheduled, Unit

Share = Annotated[float, Number(low=0, high=1)]
Betas = Annotated[tuple[float, ...], ListOf(Number(low=0, high=1, high_open=True))]


def _mixed(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return (1 - s.nu) * g + s.nu * state["v"], lr


@optimizer(
    title="QHM",
    velocity="v",
    parts=explained(_mixed),
    paper="Ma and Yarats 2019, arXiv:1810.06801",
    reference="qhoptim.pyt.QHM, at the values it recommends",
    variants={
        "pytorch_optimizer.QHM": {"momentum": 0.0, "nu": 1.0},
        "torch_optimizer.QHM": {"momentum": 0.0},
        "torch.optim.SGD": "the same path for nu 1 and dampening equal to momentum, but for the first step",
    },
)
def qhm(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    momentum: Scheduled[Unit] = 0.999,
    nu: Lead[Share] = 0.7,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "coupled",
) -> Any:
    """A step between plain gradient descent and momentum, so that momentum may have a long memory.

    v = momentum * v + (1 - momentum) * g
    p = p - lr * ((1 - nu) * g + nu * v)          (nu = 0: gradient descent, nu = 1: momentum)
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    v = state["v"] = average(state.get("v", 0.0), g, momentum)
    return decay_after(p - lr * ((1 - nu) * g + nu * v), lr, weight_decay, decay)


def _all_balls(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return sum(state["v"]) / len(state["v"]), lr


@optimizer(
    title="AggMo",
    parts=explained(_all_balls),
    paper="Lucas et al. 2019, arXiv:1804.00325",
    reference="pytorch_optimizer.AggMo",
    variants={"torch_optimizer.AggMo": {}},
)
def aggmo(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    betas: Lead[Betas] = (0.0, 0.9, 0.99),
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "coupled",
) -> Any:
    """Several momenta of different memory at once, whose oscillations damp each other.

    v[i] = betas[i] * v[i] + g                    (K of them)
    p = p - lr / K * (v[1] + ... + v[K])
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    vs = state["v"] = [
        beta * v + g for beta, v in zip(betas, state.get("v", [0.0] * len(betas)), strict=True)
    ]
    return decay_after(p - lr * sum(vs) / len(vs), lr, weight_decay, decay)


@optimizer(
    title="AccSGD",
    paper="Kidambi et al. 2018, arXiv:1803.05591",
    reference="pytorch_optimizer.AccSGD",
    variants={"torch_optimizer.AccSGD": {}},
)
def accsgd(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    kappa: Positive = 1000.0,
    xi: Positive = 10.0,
    constant: Annotated[float, Number(low=0, low_open=True, high=1, high_open=True)] = 0.7,
    weight_decay: Scheduled[NonNegative] = 0.0,
) -> Any:
    """Two points, one going by short steps and one by long ones, that draw each other along.

    g = g + weight_decay * p
    beta = constant**2 * xi / kappa               zeta = constant / (constant + beta)
    q = (1 - beta) * q + beta * (p - lr * kappa / constant * g)       (q starts at p)
    p = p - lr * g, then p = zeta * p + (1 - zeta) * q
    kappa is the long step over the short one, xi how much noise lets momentum gain.
    """
    p, g = decay_before(p, g, lr, weight_decay, "coupled")
    beta = constant * constant * xi / kappa
    zeta = constant / (constant + beta)
    q = state["q"] = (1 - beta) * state.get("q", p) + beta * (p - lr * kappa / constant * g)
    return zeta * (p - lr * g) + (1 - zeta) * q


def _mean(p: Any, state: State, **settings: Any) -> Any:
    return state["mean"]


@optimizer(
    title="ASGD",
    paper="Polyak and Juditsky 1992, doi:10.1137/0330046",
    reference="torch.optim.ASGD",
    variants={
        "torch.optim.ASGD in old versions": "its steps shrink as lr / (1 + lambd * lr * t**alpha)",
        "pytorch_optimizer.ASGD": "another method of this name: its learning rate follows the curvature",
    },
    shows=_mean,
)
def asgd(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    t0: Lead[NonNegative] = 1e6,
    lambd: NonNegative = 1e-4,
    alpha: NonNegative = 0.75,
    weight_decay: Scheduled[NonNegative] = 0.0,
) -> Any:
    """Gradient descent that hands out the mean of its points: what jumps about a minimum averages out.

    g = g + weight_decay * p
    eta = lr / (1 + lambd * lr * (t - 1))**alpha
    p = p * (1 - lambd * eta) - eta * g
    mean = mean + (p - mean) / max(1, t - 1 - t0)
    lambd shortens the steps as they go by, by the power alpha, and draws p to 0 a little.
    The mean is what is shown. Up to step t0 + 2 it is p itself: by default for a million steps.
    """
    _, g = decay_before(p, g, lr, weight_decay, "coupled")
    eta = lr / power(1 + lambd * lr * (t - 1), alpha)
    p = p * (1 - lambd * eta) - eta * g
    share = 1 / np.maximum(1.0, t - 1 - t0)
    state["mean"] = (1 - share) * state.get("mean", 0.0) + share * p
    return p


def _along(p: Any, g: Any, state: State, lr: Any, t: int, **settings: Any) -> Parts:
    s = SimpleNamespace(**settings)
    ahead = g + s.momentum * state["v"] if s.nesterov else state["v"]
    u, free = tangent(p, g, ahead, s.delta, s.eps)
    share = np.where(free, s.wd_ratio, 1.0) / (1 - s.momentum)
    return Parts(u, lr, lr * s.weight_decay * share * p)


@optimizer(
    title="SGDP",
    parts=_along,
    paper="Heo et al. 2021, arXiv:2006.08217",
    reference="pytorch_optimizer.SGDP",
    variants={
        "timm.optim.SGDP": {},
        "torch_optimizer.SGDP": "its momentum is projected too, as the step is taken in the buffer itself",
        "pytorch_optimizer.SGDP(weight_decouple=False)": (
            "no decay at all: it is added to the gradient when that has been used"
        ),
    },
)
def sgdp(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    momentum: Lead[Scheduled[Unit]] = 0.0,
    dampening: Unit = 0.0,
    nesterov: bool = False,
    delta: NonNegative = 0.1,
    wd_ratio: Share = 0.1,
    eps: NonNegative = 1e-8,
    weight_decay: Scheduled[NonNegative] = 0.0,
) -> Any:
    """Momentum that does not lengthen weights whose length does not matter to the loss.

    v = momentum * v + (1 - dampening) * g        u = v        (nesterov: u = g + momentum * v)
    where |cos(p, g)| < delta / sqrt(size of p):
        u = u - (p . u) * p / |p|**2,  weight_decay = wd_ratio * weight_decay
    p = p * (1 - lr * weight_decay / (1 - momentum)) - lr * u
    Looked at are the rows of a matrix, then all of it; a layer that is a vector or a number stays as it is.
    """
    v = state["v"] = momentum * state.get("v", 0.0) + (1 - dampening) * g
    u, free = tangent(p, g, g + momentum * v if nesterov else v, delta, eps)
    share = np.where(free, wd_ratio, 1.0) / (1 - momentum)
    return p * (1 - lr * weight_decay * share) - lr * u
