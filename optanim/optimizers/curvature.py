"""Rules that look at how the slope bends: second derivatives, exact or from two gradients."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from optanim.kinds import optimizer
from optanim.optimizers._parts import average, corrected, decay_before, explained, over, power, total
from optanim.settings import Count, Lead, NonNegative, Positive, Scheduled, Unit

Decay = Literal["coupled", "decoupled"]
State = dict[str, Any]


def _measured(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return g, state["rate"]


@optimizer(
    title="Barzilai-Borwein",
    parts=explained(_measured),
    paper="Barzilai and Borwein 1988, doi:10.1093/imanum/8.1.141",
    reference="the paper",
    sees="all",
)
def barzilai_borwein(
    p: Any, g: Any, state: State, lr: Any, t: int, *, step: Lead[Literal["long", "short"]] = "long"
) -> Any:
    """Gradient descent whose step is measured: how far it moved over how much the gradient changed.

    s = p - p_before,  y = g - g_before
    a = (s·s) / (s·y)                             (short: (s·y) / (y·y))
    p = p - a * g
    a is lr in the first step, and wherever the surface did not bend upwards along s.
    """
    s, y = p - state.get("p", p), g - state.get("g", g)
    state["p"], state["g"] = p, g
    bend = _dot(s, y)
    above, below = (_dot(s, s), bend) if step == "long" else (bend, _dot(y, y))
    measured = (bend > 0) & (below > 0)
    rate = state["rate"] = np.where(measured, above / np.where(measured, below, 1.0), lr)
    return p - rate * g


@optimizer(
    title="Newton",
    paper="Nocedal and Wright 2006, doi:10.1007/978-0-387-40065-5, chapter 3",
    sees="all",
    lr=1.0,
)
def newton(p: Any, g: Any, state: State, lr: Any, t: int, hessian: Any, *, damping: NonNegative = 0.0) -> Any:
    """To where the parabola that fits here is level: a valley's floor, but a saddle or a top as well.

    H = the second derivatives at p, + damping * I
    p = p - lr * H⁻¹ g
    Where H is singular, the shortest step that solves H step = g best.
    """
    H = hessian(p) + _eye(p) * _wide(damping)
    return p - lr * _solved(H, g)


@optimizer(
    title="Saddle-free Newton",
    paper="Dauphin et al. 2014, arXiv:1406.2572",
    reference="the paper",
    sees="all",
    lr=1.0,
)
def saddle_free_newton(
    p: Any, g: Any, state: State, lr: Any, t: int, hessian: Any, *, damping: NonNegative = 0.0
) -> Any:
    """Newton's step with every curvature taken as upward: saddles and tops push away.

    |H| = the second derivatives with their eigenvalues' absolute values, + damping * I
    p = p - lr * |H|⁻¹ g
    """
    H = hessian(p)
    fine = np.isfinite(H).all(axis=(1, 2), keepdims=True)
    bend, axes = np.linalg.eigh(np.where(fine, H, _eye(p)))
    H = np.where(fine, (axes * np.abs(bend)[:, None, :]) @ axes.swapaxes(1, 2), np.nan)
    return p - lr * _solved(H + _eye(p) * _wide(damping), g)


@optimizer(
    title="Gauss-Newton",
    paper="Gauss 1809, Theoria motus corporum coelestium",
    reference="numpy.linalg.lstsq",
    sees="all",
    lr=1.0,
)
def gauss_newton(p: Any, g: Any, state: State, lr: Any, t: int, residuals: Any) -> Any:
    """Newton's method for a sum of squares without second derivatives: as if the model were linear.

    r = the residuals, J = their derivatives by the parameters
    p = p - lr * d,  with d the shortest that makes |J d - r| least
    """
    r, J = residuals(p)
    fine = np.isfinite(J).all(axis=(1, 2), keepdims=True)
    d = (np.linalg.pinv(np.where(fine, J, 0.0)) @ r[..., None])[..., 0]
    return p - lr * np.where(fine[..., 0], d, np.nan)


@optimizer(
    title="Levenberg-Marquardt",
    paper="Marquardt 1963, doi:10.1137/0111030",
    reference="the paper",
    variants={"scipy.optimize.least_squares(method='lm')": "sets the damping by a trust region"},
    sees="all",
    lr=1.0,
)
def levenberg_marquardt(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    loss: Any,
    residuals: Any,
    *,
    damping: Positive = 0.01,
    factor: Positive = 10.0,
    scaled: bool = True,
) -> Any:
    """Gauss-Newton held back where it fails: between its step and a short one down the gradient.

    D = the diagonal of JᵀJ                       (scaled: false, I, as Levenberg had it)
    p = p - lr * (JᵀJ + damping * D)⁻¹ Jᵀr        if the loss is lower there, else p stays
    damping is divided by factor after a step that was taken, and times factor after one that was not.
    """
    r, J = residuals(p)
    held: Any = state.get("damping", np.broadcast_to(damping, (len(p), 1)))
    square = J.swapaxes(1, 2) @ J
    D = _eye(p) * np.diagonal(square, axis1=1, axis2=2)[:, None, :] if scaled else _eye(p)
    trial = p - lr * _solved(square + held[..., None] * D, (J.swapaxes(1, 2) @ r[..., None])[..., 0])
    better = loss(trial) < loss(p)
    state["damping"] = np.where(better, held / factor, held * factor)
    return np.where(better, trial, p)


def _adahessian(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    return corrected(state["m"], s.beta1, t), lr / state["scale"]


@optimizer(
    title="AdaHessian",
    parts=explained(_adahessian),
    paper="Yao et al. 2021, arXiv:2006.00719",
    reference="pytorch_optimizer.AdaHessian",
    variants={
        "the paper and pytorch_optimizer.AdaHessian as it is": (
            "estimate h at random, as z * (H z) with signs z (Hutchinson), and average it over "
            "the weights of a convolution"
        ),
        "timm.optim.Adahessian": {"eps": 1e-8, "but": "it estimates h at random, as the paper does"},
        "torch_optimizer.Adahessian": "estimates h at random, as the paper does",
    },
)
def adahessian(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    hessian_diag: Any,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.999,
    eps: NonNegative = 1e-16,
    hessian_power: NonNegative = 1.0,
    update_period: Count = 1,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "decoupled",
) -> Any:
    """Adam over curvatures: the squared gradient makes way for the squared second derivative.

    h = the second derivative by each parameter, exact, every update_period steps
    m = beta1 * m + (1 - beta1) * g               mhat = m / (1 - beta1**t)
    v = beta2 * v + (1 - beta2) * h**2            vhat = v / (1 - beta2**t)
    p = p - lr * mhat / (sqrt(vhat)**hessian_power + eps)
    """
    if (t - 1) % update_period == 0:
        state["v"] = average(state.get("v", 0.0), hessian_diag(p) ** 2, beta2)
    p, g = decay_before(p, g, lr, weight_decay, decay)
    m = state["m"] = average(state.get("m", 0.0), g, beta1)
    bend = np.sqrt(corrected(state["v"], beta2, t))
    if not (isinstance(hessian_power, float) and hessian_power == 1):
        bend = power(bend, hessian_power)
    scale = state["scale"] = bend + eps
    return p - lr * corrected(m, beta1, t) / scale


def _sophia(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    m, scale = state["m"], np.maximum(s.gamma * state["h"], s.eps)
    # Where the step is held back its length is clip, whatever the gradient.
    return m, np.where(abs(m) > s.clip * scale, over(lr * s.clip, abs(m)), lr / scale)


@optimizer(
    title="Sophia-H",
    parts=explained(_sophia),
    paper="Liu et al. 2024, arXiv:2305.14342",
    reference="pytorch_optimizer.SophiaH",
    variants={
        "the paper": {"gamma": 0.01, "clip": 1.0, "but": "it estimates the second derivatives at random"},
        "pytorch_optimizer.SophiaH as it is": (
            "estimates the second derivatives at random, as z * (H z) with random z (Hutchinson)"
        ),
        "sophia.SophiaG": "estimates the curvature from gradients of sampled labels",
    },
)
def sophia_h(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    hessian_diag: Any,
    *,
    beta1: Scheduled[Unit] = 0.96,
    beta2: Unit = 0.99,
    gamma: Positive = 1.0,
    clip: NonNegative = 0.01,
    update_period: Count = 10,
    eps: Positive = 1e-12,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Decay = "decoupled",
) -> Any:
    """Newton's step for each parameter alone, by a rare look at the curvature, and never longer than clip.

    h = beta2 * h + (1 - beta2) * the second derivative by each parameter, exact, every update_period steps
    m = beta1 * m + (1 - beta1) * g
    p = p - lr * clip(m / max(gamma * h, eps), -clip, clip)
    """
    if (t - 1) % update_period == 0:
        state["h"] = average(state.get("h", 0.0), hessian_diag(p), beta2)
    p, g = decay_before(p, g, lr, weight_decay, decay)
    m = state["m"] = average(state.get("m", 0.0), g, beta1)
    return p - lr * np.clip(m / np.maximum(gamma * state["h"], eps), -clip, clip)


def _solved(A: Any, b: Any) -> Any:
    """For every run the x with A x = b: the shortest of the best where A is singular, NaN where it has NaNs.

    NumPy gives up on all matrices if one of them is singular, and that one is some run's alone.
    """
    fine = np.isfinite(A).all(axis=(1, 2)) & np.isfinite(b).all(axis=1)
    A = np.where(fine[:, None, None], A, np.eye(A.shape[1]))
    b = np.where(fine[:, None], b, np.nan)[..., None]
    singular = np.linalg.slogdet(A)[0] == 0
    x = np.linalg.solve(np.where(singular[:, None, None], np.eye(A.shape[1]), A), b)
    x[singular] = np.linalg.pinv(A[singular]) @ b[singular]
    return x[..., 0]


def _dot(a: Any, b: Any) -> Any:
    return total(a * b)


def _eye(p: Any) -> Any:
    """The unit matrix of as many rows as there are parameters, with an axis of runs."""
    return np.eye(p.shape[1])[None]


def _wide(setting: Any) -> Any:
    """A setting that broadcasts against vectors, against matrices."""
    return setting[..., None] if isinstance(setting, np.ndarray) else setting
