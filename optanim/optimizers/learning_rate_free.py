"""Rules that find their learning rate from how far they have come.

What a learning rate has to know is the distance d from the start to the minimum. These rules take
a lower bound of it that the gradients give, or the distance gone so far, and start with a tiny one.
They add up over all layers.
"""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from optanim.kinds import optimizer
from optanim.optimizers._parts import average, decay_before, explained, norm, over, power, total
from optanim.settings import Lead, NonNegative, Positive, Scheduled, Unit

State = dict[str, Any]
Decay = Literal["coupled", "decoupled"]

DADAPTATION = "Defazio and Mishchenko 2023, arXiv:2301.07733"


def _far(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return g, lr * state["rate"]


@optimizer(
    title="DoG",
    parts=explained(_far),
    paper="Ivgi et al. 2023, arXiv:2302.12022",
    reference="dog.DoG of github.com/formll/dog, optax.contrib.dog",
    lr=1.0,
    sees="all",
)
def dog(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    reps_rel: Lead[Positive] = 1e-6,
    r0: Positive | None = None,
    eps: NonNegative = 1e-8,
    weight_decay: Scheduled[NonNegative] = 0.0,
) -> Any:
    """Distance over gradients: the farthest it has been from its start, over the root of all |g|**2.

    g = g + weight_decay * p
    r = max(r, |p - start|)                       at first r0, or reps_rel * (1 + |start|)
    s = s + |g|**2
    p = p - lr * r / sqrt(s + eps) * g
    A picture wants a reps_rel of 1e-2: with 1e-6 hundreds of steps are too short to be seen.
    """
    p, g = decay_before(p, g, lr, weight_decay, "coupled")
    start = state.setdefault("start", p)
    first: Any = reps_rel * (1 + norm(start)) if r0 is None else r0
    r = state["r"] = np.maximum(state.get("r", first), norm(p - start))
    s = state["s"] = state.get("s", 0.0) + total(g * g)
    state["rate"] = over(r, np.sqrt(s + eps))
    return p - lr * over(r * g, np.sqrt(s + eps))


@optimizer(
    title="LDoG",
    parts=explained(_far),
    paper="Ivgi et al. 2023, arXiv:2302.12022",
    reference="dog.LDoG of github.com/formll/dog",
    lr=1.0,
)
def ldog(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    reps_rel: Lead[Positive] = 1e-6,
    r0: Positive | None = None,
    eps: NonNegative = 1e-8,
    weight_decay: Scheduled[NonNegative] = 0.0,
) -> Any:
    """DoG with a distance for every layer.

    r = max(r, |p - start|)                       at first r0, or reps_rel * (1 + |start|)
    s = s + |g|**2                                lengths are of this layer alone
    p = p - lr * r / sqrt(s + eps) * g            before all this g = g + weight_decay * p
    A picture wants a reps_rel of 1e-2: with 1e-6 hundreds of steps are too short to be seen.
    """
    new: Any = dog(p, g, state, lr, t, reps_rel=reps_rel, r0=r0, eps=eps, weight_decay=weight_decay)
    return new


@optimizer(
    title="DoWG",
    parts=explained(_far),
    paper="Khaled et al. 2023, arXiv:2305.16284",
    reference="optax.contrib.dowg",
    lr=1.0,
    sees="all",
)
def dowg(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    r0: Lead[Positive | None] = None,
    eps: NonNegative = 1e-4,
    weight_decay: Scheduled[NonNegative] = 0.0,
) -> Any:
    """DoG that weighs each gradient with the distance at its time, so that early ones fade.

    g = g + weight_decay * p
    r = max(r, |p - start|)                       at first r0, or sqrt(eps)
    s = s + r**2 * |g|**2
    p = p - lr * r**2 / (sqrt(s) + eps) * g
    """
    p, g = decay_before(p, g, lr, weight_decay, "coupled")
    start = state.setdefault("start", p)
    first: Any = np.sqrt(eps) if r0 is None else r0
    r = state["r"] = np.maximum(state.get("r", first), norm(p - start))
    s = state["s"] = state.get("s", 0.0) + r * r * total(g * g)
    state["rate"] = over(r * r, np.sqrt(s) + eps)
    return p - lr * over(r * r * g, np.sqrt(s) + eps)


@optimizer(
    title="DAdapt SGD",
    paper=DADAPTATION,
    reference="dadaptation.DAdaptSGD",
    rebuilds=True,
    variants={
        "pytorch_optimizer.DAdaptSGD": {
            "momentum": 0.9,
            "but": "it takes the norm of the first gradient in single precision",
        },
    },
    lr=1.0,
    sees="all",
)
def dadapt_sgd(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    momentum: Unit = 0.0,
    d0: Lead[Positive] = 1e-6,
    growth_rate: Positive | None = None,
    weight_decay: Scheduled[NonNegative] = 0.0,
) -> Any:
    """Gradient descent whose learning rate is a distance that is raised when the gradients prove it larger.

    a = d * lr / |first g|                        then g = g + weight_decay * p
    n = n + a * (g . s)
    s = s + a * g
    d = max(d, 2 * n / |s|)                       at first d0; at most d * growth_rate
    p = momentum * p + (1 - momentum) * (start - s)
    A picture wants a d0 of 1e-2: with 1e-6 the first steps are too short to be seen.
    """
    first = state.get("first", 0.0)
    first = state["first"] = np.where(first > 0, first, norm(g))
    p, g = decay_before(p, g, lr, weight_decay, "coupled")
    start, d, s = state.setdefault("start", p), state.get("d", d0), state.get("s", np.zeros_like(p))
    a = over(np.where(first > 0, d * lr, 0.0), first)  # no step before the first slope
    n = state["n"] = state.get("n", 0.0) + a * total(g * s)
    s = state["s"] = s + a * g
    state["d"] = _raised(d, _bound(2 * n, norm(s)), growth_rate)
    return momentum * p + (1 - momentum) * (start - s)


@optimizer(
    title="DAdapt Adagrad",
    paper=DADAPTATION,
    reference="dadaptation.DAdaptAdaGrad",
    rebuilds=True,
    variants={"pytorch_optimizer.DAdaptAdaGrad": {"eps": 0.0}},
    lr=1.0,
    sees="all",
)
def dadapt_adagrad(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    momentum: Unit = 0.0,
    eps: NonNegative = 1e-6,
    d0: Lead[Positive] = 1e-6,
    growth_rate: Positive | None = None,
    weight_decay: Scheduled[NonNegative] = 0.0,
) -> Any:
    """D-Adaptation with Adagrad's scale, and so a distance of the largest parameter.

    g = g + weight_decay * p
    v = v + g**2                                  at first 1e-6
    n = n + (d * lr)**2 * sum(g**2 / (sqrt(v) + eps))
    s = s + d * lr * g
    d = max(d, (sum(s**2 / (sqrt(v) + eps)) - n) / sum|s|)    at first d0; at most d * growth_rate
    p = momentum * p + (1 - momentum) * (start - s / (sqrt(v) + eps))
    A picture wants a d0 of 1e-2: with 1e-6 the first steps are too short to be seen.
    """
    p, g = decay_before(p, g, lr, weight_decay, "coupled")
    start, d = state.setdefault("start", p), state.get("d", d0)
    v = state["v"] = state.get("v", 1e-6) + g * g
    scale = np.sqrt(v) + eps
    n = state["n"] = state.get("n", 0.0) + np.square(d * lr) * total(g * g / scale)
    s = state["s"] = state.get("s", 0.0) + d * lr * g
    state["d"] = _raised(d, _bound(total(s * s / scale) - n, total(np.abs(s))), growth_rate)
    return momentum * p + (1 - momentum) * (start - s / scale)


@optimizer(
    title="DAdapt Adam",
    paper=DADAPTATION,
    reference="dadaptation.DAdaptAdam",
    variants={"optax.contrib.dadapt_adamw": {"bias_correction": True, "decay": "decoupled"}},
    lr=1.0,
    sees="all",
)
def dadapt_adam(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Unit = 0.9,
    beta2: Unit = 0.999,
    eps: Positive = 1e-8,
    d0: Lead[Positive] = 1e-6,
    growth_rate: Positive | None = None,
    bias_correction: bool = False,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "coupled",
) -> Any:
    """D-Adaptation with Adam's averages in place of Adagrad's sums.

    a = d * lr                                    (bias_correction: * sqrt(1 - beta2**t) / (1 - beta1**t))
    n = b * n + (1 - b) * a * (g . s / (sqrt(v) + eps))       b = sqrt(beta2); v and s of the step before
    m = beta1 * m + (1 - beta1) * a * g           v = beta2 * v + (1 - beta2) * g**2
    s = b * s + (1 - b) * a * g
    d = max(d, n / ((1 - b) * sum|s|))            at first d0; at most d * growth_rate
    p = p - m / (sqrt(v) + eps)
    In the weight decay lr is a.
    A picture wants a d0 of 1e-2: with 1e-6 the first steps are too short to be seen.
    """
    d, b = state.get("d", d0), np.sqrt(beta2)
    a = d * lr * (_adam_correction(beta1, beta2, t) if bias_correction else 1.0)
    decayed, g = decay_before(p, g, a, weight_decay, decay)
    v, s = state.get("v", 0.0), state.get("s", np.zeros_like(p))
    n = state["n"] = average(state.get("n", 0.0), a * total(g * s / (np.sqrt(v) + eps)), b)
    m = state["m"] = average(state.get("m", 0.0), a * g, beta1)
    v = state["v"] = average(v, g * g, beta2)
    s = state["s"] = average(s, a * g, b)
    seen = total(np.abs(s))
    state["d"] = _raised(d, _bound(n, (1 - b) * seen), growth_rate)
    return np.where(seen > 0, decayed - m / (np.sqrt(v) + eps), p)


@optimizer(
    title="DAdapt Lion",
    paper=DADAPTATION,
    reference="dadaptation.DAdaptLion",
    variants={"pytorch_optimizer.DAdaptLion": {"beta2": 0.999, "decay": "coupled"}},
    lr=1.0,
    sees="all",
)
def dadapt_lion(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Unit = 0.9,
    beta2: Unit = 0.99,
    d0: Lead[Positive] = 1e-6,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "decoupled",
) -> Any:
    """D-Adaptation with the signs that Lion steps by in place of the gradients.

    u = sign(beta1 * m + (1 - beta1) * g)         a = d * lr
    m = beta2 * m + (1 - beta2) * a * g
    n = b * n + (1 - b) * a * (u . s)             b = sqrt(beta2); s of the step before
    s = b * s + (1 - b) * a * u
    d = max(d, n / ((1 - b) * sum|s|))            at first d0
    p = p - a * u                                 with the a from before d was raised
    In the weight decay lr is a.
    A picture wants a d0 of 1e-2: with 1e-6 the first steps are too short to be seen.
    """
    d, b = state.get("d", d0), np.sqrt(beta2)
    a = d * lr
    p, g = decay_before(p, g, a, weight_decay, decay)
    m, s = state.get("m", 0.0), state.get("s", np.zeros_like(p))
    u = np.sign(average(m, g, beta1))
    state["m"] = average(m, a * g, beta2)
    n = state["n"] = average(state.get("n", 0.0), a * total(u * s), b)
    s = state["s"] = average(s, a * u, b)
    state["d"] = _raised(d, _bound(n, (1 - b) * total(np.abs(s))), None)
    return p - a * u


@optimizer(
    title="Prodigy",
    paper="Mishchenko and Defazio 2024, arXiv:2306.06101",
    reference="prodigyopt.Prodigy",
    variants={
        "optax.contrib.prodigy": {"bias_correction": True},
        "pytorch_optimizer.Prodigy": "the same, but that its coupled weight decay does nothing",
    },
    lr=1.0,
    sees="all",
)
def prodigy(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Unit = 0.9,
    beta2: Unit = 0.999,
    beta3: Unit | None = None,
    eps: NonNegative = 1e-8,
    d0: Lead[Positive] = 1e-6,
    d_coef: Positive = 1.0,
    growth_rate: Positive | None = None,
    bias_correction: bool = False,
    safeguard_warmup: bool = False,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "decoupled",
) -> Any:
    """DAdapt Adam that forgets gradients of the time when d was far too small, and so finds d sooner.

    a = d * lr                                    (bias_correction: * sqrt(1 - beta2**t) / (1 - beta1**t))
    n = beta3 * n + d / d0 * a * (g . (start - p))
    s = beta3 * s + d / d0 * a * g                (safeguard_warmup: d in place of a)
    m = beta1 * m + (1 - beta1) * d * g           v = beta2 * v + (1 - beta2) * d**2 * g**2
    d = max(d, d_coef * n / sum|s|)               at first d0; at most d * growth_rate
    p = p - a * m / (sqrt(v) + d * eps)           with the a from before d was raised, but of d * g in m
                                                  the new d where beta1 is 0, as in the author's code
    beta3 says how long n and s, which d is found from, remember; it is sqrt(beta2) where it is none.
    In the weight decay lr is a.
    A picture wants a d0 of 1e-2: with 1e-6 the first steps are too short to be seen.
    """
    d = state.get("d", d0)
    a = d * lr * (_adam_correction(beta1, beta2, t) if bias_correction else 1.0)
    decayed, g = decay_before(p, g, a, weight_decay, decay)
    kept = np.sqrt(beta2) if beta3 is None else beta3
    start = state.setdefault("start", p)
    n = state["n"] = kept * state.get("n", 0.0) + d / d0 * a * total(g * (start - p))
    s = state["s"] = kept * state.get("s", 0.0) + d / d0 * (d if safeguard_warmup else a) * g
    m = state["m"] = average(state.get("m", 0.0), d * g, beta1)
    v = state["v"] = average(state.get("v", 0.0), d * d * g * g, beta2)
    seen = total(np.abs(s))
    largest, estimate = state.get("largest", d0), _bound(d_coef * n, seen)
    largest = state["largest"] = np.maximum(largest, estimate)
    if growth_rate is None:
        d = largest
    else:  # the first rise is free
        d = np.minimum(largest, growth_rate * np.where(d == d0, np.maximum(d, estimate), d))
    state["d"] = d
    # The reference takes the new d where there is no average to hold the old one.
    m = np.where(beta1 == 0, d * g, m)
    return np.where(seen > 0, decayed - a * over(m, np.sqrt(v) + d * eps), p)


def _bound(gained: Any, gone: Any) -> Any:
    """The lower bound of the distance; 0 while nothing is known of it."""
    return over(np.where(gone > 0, gained, 0.0), gone)


def _raised(d: Any, estimate: Any, growth_rate: Any) -> Any:
    """The distance after one more lower bound of it."""
    bound = estimate if growth_rate is None else np.minimum(estimate, growth_rate * d)
    return np.maximum(d, bound)


def _adam_correction(beta1: Any, beta2: Any, t: int) -> Any:
    """What Adam's two bias corrections come to as one factor of the learning rate."""
    return np.sqrt(1 - power(beta2, t)) / (1 - power(beta1, t))
