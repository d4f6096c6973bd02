"""Adaptive rules that remember a matrix of squared gradients as one row and one column."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from optanim.kinds import optimizer
from optanim.optimizers._parts import State, average, corrected, decay_before, norm, power, total
from optanim.settings import Count, NonNegative, Positive, Real, Scheduled, Unit

Decay = Literal["coupled", "decoupled"]


@optimizer(
    title="Adafactor",
    by_weights=True,
    paper="Shazeer and Stern 2018, arXiv:1804.04235",
    reference="torch.optim.Adafactor",
    variants={
        "keras.optimizers.Adafactor": {
            "eps1": 1e-30,
            "eps_added": True,
            "but": "it takes rms(p) after the weight decay, and its means in single precision",
        },
        "optax.adafactor": {
            "eps1": 1e-30,
            "eps_added": True,
            "relative_step": False,
            "min_dim_size_to_factor": 128,
            "but": "its weight_decay_rate is not multiplied by lr, and so is our lr * weight_decay; it takes "
            "t**beta2_decay in single precision",
        },
        "timm.optim.Adafactor(lr=0.01)": {
            "eps1": 1e-30,
            "eps_added": True,
            "relative_step": False,
            "scale_parameter": False,
            "min_dim_size_to_factor": 17,
        },
        "timm.optim.Adafactor": {
            "eps1": 1e-30,
            "eps_added": True,
            "min_dim_size_to_factor": 17,
            "but": "this is it where no lr is given, at lr 0.01; its weight decay then goes by that step",
        },
        "pytorch_optimizer.AdaFactor": "keeps its momentum in bfloat16 and takes no learning rate above 0.01",
    },
)
def adafactor(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.0,
    beta2_decay: Real = -0.8,
    eps1: NonNegative = 2.0**-52,
    eps2: NonNegative = 1e-3,
    eps_added: bool = False,
    d: Positive | None = 1.0,
    relative_step: bool = True,
    scale_parameter: bool = True,
    min_dim_size_to_factor: Count = 1,
    weight_decay: Scheduled[NonNegative] = 0.0,
) -> Any:
    """RMSprop that keeps of a matrix of squares only the mean of each row and of each column.

    rows = (1 - s) * rows + s * mean of g**2 over each row        s = t**beta2_decay; cols likewise
    v = rows * cols / max(mean(rows), eps1)       (of a vector: v = (1 - s) * v + s * g**2)
    u = g / sqrt(max(v, eps1**2))
    u = u / max(1, rms(u) / d)                    rms: the root of the mean square, which d bounds
    p = p * (1 - lr * weight_decay) - max(eps2, rms(p)) * min(lr, 1 / sqrt(t)) * u
    relative_step: false, lr in place of min(lr, 1 / sqrt(t)).
    scale_parameter: false, 1 in place of max(eps2, rms(p)).
    eps_added: eps1 is added to g**2, and bounds nothing.
    beta1: above 0 what is taken from p is averaged, m = beta1 * m + (1 - beta1) * (what is taken).
    min_dim_size_to_factor: a matrix with a shorter side is remembered whole, as a vector is.
    """
    beta2 = 1 - power(t, beta2_decay)
    step = np.minimum(lr, t**-0.5) if relative_step else lr
    if scale_parameter:
        step = step * np.maximum(eps2, rms(p))
    square = g * g + eps1 if eps_added else g * g
    floor = 0.0 if eps_added else eps1
    if p.ndim > 2 and min(p.shape[-2:]) >= min_dim_size_to_factor:
        v = factored(square, state, beta2, floor)
    else:
        v = state["v"] = average(state.get("v", 0.0), square, beta2)
    u = g / np.sqrt(np.maximum(v, floor * floor))
    if d is not None:
        u = u / np.maximum(1.0, rms(u) / d)
    m = state["m"] = average(state.get("m", 0.0), step * u, beta1)
    return p * (1 - lr * weight_decay) - m


@optimizer(title="CAME", paper="Luo et al. 2023, arXiv:2307.02047", reference="pytorch_optimizer.CAME")
def came(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.999,
    beta3: Unit = 0.9999,
    eps1: NonNegative = 1e-30,
    eps2: NonNegative = 1e-16,
    d: Positive = 1.0,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "decoupled",
) -> Any:
    """Adafactor with momentum that goes less far where the update strays from its average.

    rows = beta2 * rows + (1 - beta2) * mean of g**2 + eps1 over each row         cols likewise
    v = rows * cols / mean(rows)                  (of a vector: v = beta2 * v + (1 - beta2) * (g**2 + eps1))
    u = g / sqrt(v)
    u = u / max(1, rms(u) / d)                    rms: the root of the mean square, which d bounds
    m = beta1 * m + (1 - beta1) * u
    s = the average of (u - m)**2 + eps2, by rows and columns as v, with beta3
    p = p - lr * m / sqrt(s)                      (of a vector: p - lr * m)
    """
    p, g = decay_before(p, g, lr, weight_decay, decay)
    square = g * g + eps1
    if p.ndim > 2:
        v = factored(square, state, beta2)
    else:
        v = state["v"] = average(state.get("v", 0.0), square, beta2)
    u = g / np.sqrt(v)
    u = u / np.maximum(1.0, rms(u) / d)
    m = state["m"] = average(state.get("m", 0.0), u, beta1)
    if p.ndim == 2:
        return p - lr * m
    return p - lr * m / np.sqrt(factored((u - m) ** 2 + eps2, state, beta3, of="strays"))


@optimizer(
    title="Adalite",
    by_weights=True,
    paper="Euclaise 2023, github.com/euclaise/supertrainer2000",
    reference="pytorch_optimizer.Adalite",
)
def adalite(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.999,
    eps1: NonNegative = 1e-6,
    eps2: NonNegative = 1e-10,
    g_norm_min: NonNegative = 1e-10,
    ratio_min: NonNegative = 1e-4,
    tau: Positive = 1.0,
    weight_decay: Scheduled[NonNegative] = 0.01,
    decay: Decay = "decoupled",
) -> Any:
    """Adam of gradients as long as the weights, whose two averages are both kept as row and column.

    g = g * max(|p| / max(|g|, g_norm_min), ratio_min)    (not of a single number; |p| before p decays)
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * (g - m)**2              vhat = v / (1 - beta2**t)
    p = p - lr * (beta1 * m + (1 - beta1) * g) / sqrt(vhat + eps1)
    Of a matrix, with a and b the softmax of the row and column means of v: before the step
    m = a * b * m + (1 - a * b) * g, and after it v is kept as the product of its row and column sums
    and m as the product of its averages over columns and rows, weighted by b and a of v / tau.
    """
    new, g = decay_before(p, g, lr, weight_decay, decay)
    if p[0].size > 1 or p.ndim > 2:
        g = g * np.maximum(norm(p) / np.maximum(norm(g), g_norm_min), ratio_min)
    if p.ndim == 2:
        m = state["m"] = average(state.get("m", 0.0), g, beta1)
        v = state["v"] = average(state.get("v", 0.0), (g - m) ** 2, beta2)
    else:
        m = average(state.get("m_rows", 0.0) * state.get("m_cols", 0.0), g, beta1)
        v = average(state.get("v_rows", 0.0) * state.get("v_cols", 0.0), (g - m) ** 2, beta2)
        inside = tuple(range(2, p.ndim))  # what is flattened to the columns of the matrix
        a, b = v.mean(axis=inside, keepdims=True), v.mean(axis=1, keepdims=True)
        m = average(m, g, softmax(a) * softmax(b))
        # By the total twice, as in the reference: what is kept sums to 1, whatever the size of v.
        rows = v.sum(axis=inside, keepdims=True)
        whole = np.maximum(total(v), eps2)
        state["v_rows"], state["v_cols"] = rows / whole, v.sum(axis=1, keepdims=True) / whole
        c = (m * softmax(b / tau)).sum(axis=inside, keepdims=True)
        r = (m * softmax(a / tau)).sum(axis=1, keepdims=True)
        s = total(c * m * r) / np.maximum(total(c * c) * total(r * r), eps2)
        state["m_rows"], state["m_cols"] = c * s, r
    return new - lr * average(m, g, beta1) / np.sqrt(corrected(v, beta2, t) + eps1)


def factored(square: Any, state: State, beta: Any, floor: Any = 0.0, of: str = "") -> Any:
    """An average of squares that is kept as the mean of each row and of each column."""
    rows = average(state.get(of + "rows", 0.0), square.mean(axis=-1, keepdims=True), beta)
    cols = average(state.get(of + "cols", 0.0), square.mean(axis=-2, keepdims=True), beta)
    state[of + "rows"], state[of + "cols"] = rows, cols
    return rows * cols / np.maximum(rows.mean(axis=-2, keepdims=True), floor)


def rms(p: Any) -> Any:
    """The root of the mean square of each run's layer."""
    return norm(p) / np.sqrt(p[0].size)


def softmax(p: Any) -> Any:
    """The softmax over each run's layer."""
    grown = np.exp(p - p.max(axis=tuple(range(1, p.ndim)), keepdims=True))
    return grown / total(grown)
