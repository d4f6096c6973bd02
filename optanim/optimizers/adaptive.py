"""Rules that give every parameter a step size of its own."""

from __future__ import annotations

from typing import Any

import numpy as np

from optanim.kinds import optimizer
from optanim.optimizers._parts import (
    Decay,
    State,
    average,
    corrected,
    decay_after,
    decay_before,
    explained,
    inside,
    over,
    root,
)
from optanim.settings import NonNegative, Scheduled, Unit


def _adagrad(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return g, over(lr / (1 + (t - 1) * s.lr_decay), root(state["s"], s.eps, s.eps_inside_sqrt))


@optimizer(
    title="Adagrad",
    parts=explained(_adagrad),
    paper="Duchi et al. 2011, jmlr.org/papers/v12/duchi11a",
    reference="torch.optim.Adagrad",
    variants={
        "optax.adagrad": {"eps": 1e-7, "eps_inside_sqrt": True, "initial": 0.1},
        "keras.optimizers.Adagrad": {
            "eps": 1e-7,
            "eps_inside_sqrt": True,
            "initial": 0.1,
            "decay": "decoupled",
        },
    },
)
def adagrad(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    eps: NonNegative = 1e-10,
    eps_inside_sqrt: bool = False,
    initial: NonNegative = 0.0,
    lr_decay: NonNegative = 0.0,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "coupled",
) -> Any:
    """Steps that shrink with all the squared gradients so far.

    s = s + g**2                                  (s starts at initial)
    p = p - lr * g / (sqrt(s) + eps)              (eps_inside_sqrt: lr * g / sqrt(s + eps))
    lr_decay: lr / (1 + (t - 1) * lr_decay) in place of lr
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    s = state["s"] = state.get("s", initial) + g * g
    step = lr / (1 + (t - 1) * lr_decay) * over(g, root(s, eps, eps_inside_sqrt))
    return decay_after(p - step, lr, weight_decay, decay)


def _spread(state: State, t: int, alpha: Any, bias_correction: bool, centered: bool) -> Any:
    """RMSprop's average of the squared gradients, about that of the gradients if it is centered."""
    s, m = state["s"], state["m"] if centered else 0.0
    if bias_correction:
        s, m = corrected(s, alpha, t), corrected(m, alpha, t)
    return s - m**2 if centered else s


def _rmsprop(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    spread = _spread(state, t, s.alpha, s.bias_correction, s.centered)
    scale = root(spread, s.eps, s.eps_inside_sqrt)
    v, rate = inside(state["v"], lr) if s.lr_inside else (state["v"], lr)
    if s.nesterov:
        v = (inside(lr * g, lr)[0] if s.lr_inside else g) / scale + s.momentum * v
    return v * scale, rate / scale


@optimizer(
    title="RMSprop",
    velocity="v",
    parts=explained(_rmsprop),
    paper="Tieleman and Hinton 2012, Coursera lecture 6.5",
    reference="torch.optim.RMSprop",
    variants={
        "optax.rmsprop": {"alpha": 0.9, "eps_inside_sqrt": True, "lr_inside": True},
        "keras.optimizers.RMSprop": {
            "alpha": 0.9,
            "eps": 1e-7,
            "eps_inside_sqrt": True,
            "lr_inside": True,
            "decay": "decoupled",
        },
        "timm.optim.RMSpropTF": {
            "alpha": 0.9,
            "eps": 1e-10,
            "eps_inside_sqrt": True,
            "initial": 1.0,
            "lr_inside": True,
        },
    },
)
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
    initial: NonNegative = 0.0,
    bias_correction: bool = False,
    centered: bool = False,
    momentum: Scheduled[Unit] = 0.0,
    nesterov: bool = False,
    lr_inside: bool = False,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "coupled",
) -> Any:
    """Adagrad that forgets: an average of the squared gradients instead of their sum.

    s = alpha * s + (1 - alpha) * g**2            (s starts at initial)
    u = g / (sqrt(s) + eps)                       (eps_inside_sqrt: g / sqrt(s + eps))
    v = momentum * v + u
    p = p - lr * v                                (nesterov: p - lr * (u + momentum * v))
    centered: s - m**2 in place of s, where m averages g as s does g**2
    bias_correction: s and m are divided by 1 - alpha**t;  lr_inside: lr * u in place of u, as in momentum
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    state["s"] = average(state.get("s", initial), g * g, alpha)
    if centered:
        state["m"] = average(state.get("m", 0.0), g, alpha)
    u = g / root(_spread(state, t, alpha, bias_correction, centered), eps, eps_inside_sqrt)
    if lr_inside:
        u = lr * u
    v = state["v"] = momentum * state.get("v", 0.0) + u
    step = u + momentum * v if nesterov else v
    return decay_after(p - (step if lr_inside else lr * step), lr, weight_decay, decay)


def _adadelta(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return g, lr * state["rate"]


@optimizer(
    title="Adadelta",
    parts=explained(_adadelta),
    paper="Zeiler 2012, arXiv:1212.5701",
    reference="torch.optim.Adadelta",
    variants={
        "optax.adadelta": {},
        "pytorch_optimizer.AdaDelta": {},
        "keras.optimizers.Adadelta": {"rho": 0.95, "eps": 1e-7, "decay": "decoupled"},
    },
    lr=1.0,
)
def adadelta(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    rho: Unit = 0.9,
    eps: NonNegative = 1e-6,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "coupled",
) -> Any:
    """RMSprop that takes its step size from the steps before: none has to be chosen, lr is 1.

    s = rho * s + (1 - rho) * g**2
    u = sqrt(d + eps) / sqrt(s + eps) * g
    d = rho * d + (1 - rho) * u**2
    p = p - lr * u
    d starts at 0, so that eps says how small the first steps are.
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    s = state["s"] = average(state.get("s", 0.0), g * g, rho)
    d = state.get("d", 0.0)
    rate = state["rate"] = np.sqrt(d + eps) / np.sqrt(s + eps)
    u = rate * g
    state["d"] = average(d, u * u, rho)
    return decay_after(p - lr * u, lr, weight_decay, decay)


def _sm3(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return state["m"] * state["scale"], over(lr, state["scale"])


@optimizer(
    title="SM3",
    parts=explained(_sm3),
    velocity="m",
    paper="Anil et al. 2019, arXiv:1901.11150",
    reference="pytorch_optimizer.SM3",
    variants={"optax.sm3": {"momentum": 0.9, "eps": 1e-8}},
)
def sm3(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    momentum: Scheduled[Unit] = 0.0,
    beta: Unit = 0.0,
    eps: NonNegative = 1e-30,
) -> Any:
    """Adagrad that remembers a number for each row and each column instead of each parameter.

    s[i, j] = min(row[i], col[j]) + g[i, j]**2
    row[i] = max over j of s[i, j],  col[j] = max over i of s[i, j]
    m = momentum * m + (1 - momentum) * g / sqrt(s + eps)
    p = p - lr * m
    beta above 0 forgets: s = beta * min(row, col) + (1 - beta) * g**2, and row and col never shrink.
    For a vector s is remembered as it is, and without momentum this is Adagrad.
    """
    axes = range(1, p.ndim)
    old = [state.get(f"s{axis}", 0.0) for axis in axes]
    least = old[0]
    for other in old[1:]:
        least = np.minimum(least, other)
    s = np.where(beta > 0, beta, 1.0) * least + (1 - beta) * g * g
    for axis, was in zip(axes, old, strict=True):
        most = s.max(axis=tuple(other for other in axes if other != axis), keepdims=True)
        state[f"s{axis}"] = np.where(beta > 0, np.maximum(was, most), most)
    scale = state["scale"] = np.sqrt(s + eps)
    m = state["m"] = average(state.get("m", 0.0), over(g, scale), momentum)
    return p - lr * m


@optimizer(
    title="FTRL",
    paper="McMahan et al. 2013, doi:10.1145/2487575.2488200",
    reference="pytorch_optimizer.FTRL",
    rebuilds=True,
    variants={
        "keras.optimizers.Ftrl": {"initial": 0.1, "decay": "decoupled"},
        "keras.optimizers.Ftrl(l2_regularization_strength)": "is half our lambda2",
        "pytorch_optimizer.FTRL(lr_power)": (
            "another power than -0.5 is taken in z alone, and the root stays in the step"
        ),
    },
)
def ftrl(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta: NonNegative = 0.0,
    lambda1: NonNegative = 0.0,
    lambda2: NonNegative = 0.0,
    initial: NonNegative = 0.0,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "decoupled",
) -> Any:
    """Adagrad that minimises all it has seen anew, with a pull that makes small parameters exactly 0.

    p = p * (1 - lr * weight_decay)
    z = z + g - (sqrt(n + g**2) / lr - sqrt(n) / lr_before) * p
    n = n + g**2                                  (n starts at initial)
    p = (lambda1 * sign(z) - z) / ((beta + sqrt(n)) / lr + lambda2), or 0 where |z| <= lambda1
    With all settings 0 this is Adagrad, but that a parameter is 0 until its first gradient that is not.
    lr_before is the lr of the last step; the libraries take lr, by which p goes to 0 with an lr that falls.
    Where lr is 0 nothing changes.
    """
    moves, last = lr > 0, state.get("lr", 0.0)
    state["lr"] = np.where(moves, lr, last)
    rate = np.where(moves, lr, 1.0)
    before = np.where(last > 0, last, rate)
    old = p
    p, g = decay_before(p, g, lr, weight_decay, decay)
    n = state.get("n", initial)
    grown = state["n"] = np.where(moves, n + g * g, n)
    share = np.sqrt(grown) / rate - np.sqrt(n) / before
    z = state.get("z", 0.0)
    z = state["z"] = np.where(moves, z + g - share * p, z)
    pull = np.where(abs(z) <= lambda1, 0.0, lambda1 * np.sign(z) - z)
    new = over(pull, (beta + np.sqrt(grown)) / rate + lambda2)
    return np.where(moves, decay_after(new, lr, weight_decay, decay), old)


def _kate(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return g, over(lr * np.sqrt(state["m2"]), state["b2"])


@optimizer(
    title="Kate",
    parts=explained(_kate),
    paper="Choudhury et al. 2024, arXiv:2403.02648",
    reference="pytorch_optimizer.Kate",
)
def kate(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    delta: Unit = 0.0,
    eps: NonNegative = 1e-8,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "decoupled",
) -> Any:
    """Adagrad without the root, made up for by a numerator that grows: the scale of the data does not matter.

    b2 = b2 + g**2 + eps                          (eps is added anew in every step)
    m2 = m2 + delta * g**2 + g**2 / b2
    p = p - lr * sqrt(m2) * g / b2
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    b2 = state["b2"] = state.get("b2", 0.0) + g * g + eps
    m2 = state["m2"] = state.get("m2", 0.0) + delta * g * g + over(g * g, b2)
    return decay_after(p - lr * np.sqrt(m2) * over(g, b2), lr, weight_decay, decay)


@optimizer(
    title="MADGRAD",
    paper="Defazio and Jelassi 2021, arXiv:2101.11075",
    reference="pytorch_optimizer.MADGRAD",
    rebuilds=True,
    variants={
        "timm.optim.MADGRAD": {},
        "optax.contrib.madgrad": "the same but for w, which it takes in single precision",
    },
)
def madgrad(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    momentum: Scheduled[Unit] = 0.9,
    eps: NonNegative = 1e-6,
    weight_decay: Scheduled[NonNegative] = 0.0,
) -> Any:
    """Adagrad with a cube root, stepped from the start p0 along all gradients, and averaged.

    g = g + weight_decay * p
    w = (lr + eps) * sqrt(t)
    s = s + w * g,  n = n + w * g**2
    z = p0 - s / (cbrt(n) + eps)
    p = p + (1 - momentum) * (z - p)
    """
    start = state.setdefault("p0", p)
    p, g = decay_before(p, g, lr, weight_decay, "coupled")
    w = (lr + eps) * np.sqrt(t)
    s = state["s"] = state.get("s", 0.0) + w * g
    n = state["n"] = state.get("n", 0.0) + w * g * g
    z = start - over(s, np.cbrt(n) + eps)
    return average(p, z, momentum)
