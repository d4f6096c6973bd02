"""Rules that treat a layer as a matrix and not as a list of numbers."""

from __future__ import annotations

from typing import Annotated, Any, Literal

import numpy as np

from optanim.kinds import optimizer
from optanim.optimizers._parts import (
    State,
    average,
    corrected,
    decay_after,
    decay_before,
    norm,
    power,
    total,
)
from optanim.settings import Count, Lead, ListOf, NonNegative, Number, Scheduled, Unit

Coefficients = Annotated[tuple[float, ...], ListOf(Number(), lengths=(3,), one_will_do=False)]


@optimizer(
    title="Shampoo",
    velocity="u",
    paper="Gupta et al. 2018, arXiv:1802.09568",
    reference="pytorch_optimizer.Shampoo",
    variants={
        "torch_optimizer.Shampoo": (
            "takes L and R to the power -1/2 where the paper has -1/4, and sums up R from the gradient "
            "that L has already changed"
        ),
    },
    matrix="axes",
)
def shampoo(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    momentum: Lead[Scheduled[Unit]] = 0.0,
    matrix_eps: NonNegative = 1e-6,
    preconditioning_compute_steps: Count = 1,
    weight_decay: Scheduled[NonNegative] = 0.0,
    decay: Literal["coupled", "decoupled"] = "coupled",
) -> Any:
    """Adagrad of whole matrices: sums of G G^T and G^T G take the place of sums of squares.

    G = momentum * U + (1 - momentum) * G                 (U of the last step; not in the first)
    L = L + G @ G.T    R = R + G.T @ G                    (both start at matrix_eps on the diagonal)
    U = L**(-1/4) @ G @ R**(-1/4)
    p = p - lr * U
    A vector has L alone, to the power -1/2, and k axes have k matrices, to the power -1 / (2 * k). The
    powers are taken every preconditioning_compute_steps steps; before the first U is 0.
    momentum is pytorch_optimizer's addition: it mixes in a U that was preconditioned already.
    decay: coupled, G = G + weight_decay * p after its first line; decoupled, p = p * (1 - lr * weight_decay).
    """
    u = average(state["u"], g, momentum) if "u" in state else g
    p, u = decay_before(p, u, lr, weight_decay, decay)
    axes = range(1, p.ndim)
    start = [np.reshape(matrix_eps, (-1, 1, 1)) * np.eye(p.shape[k]) for k in axes]
    sums = [s + spread(u, k) for s, k in zip(state.get("sums", start), axes, strict=True)]
    state["sums"] = sums
    if t % preconditioning_compute_steps == 0:
        state["roots"] = [inverse_root(s, 2 * len(axes)) for s in sums]
    roots = state.get("roots", [0 * s for s in sums])
    for root, k in zip(roots, axes, strict=True):
        u = along(root, u, k)
    state["u"] = u
    return p - lr * u


@optimizer(
    title="SOAP",
    paper="Vyas et al. 2024, arXiv:2409.11321",
    reference="pytorch_optimizer.SOAP",
    variants={"pytorch_optimizer.SOAP as it is": "takes its QR iterations in single precision"},
    matrix="axes",
)
def soap(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.95,
    beta2: Unit = 0.95,
    shampoo_beta: Unit | None = None,
    eps: NonNegative = 1e-8,
    precondition_frequency: Count = 10,
    precondition_1d: bool = False,
    bias_correction: bool = True,
    normalize_gradient: bool = False,
    weight_decay: Scheduled[NonNegative] = 0.01,
) -> Any:
    """Adam in the axes of Shampoo: G is turned to the eigenvectors of the averaged G G^T and G^T G.

    L = beta * L + (1 - beta) * G @ G.T, R likewise; QL, QR their eigenvectors, by descending eigenvalue
    m = beta1 * m + (1 - beta1) * G
    v = beta2 * v + (1 - beta2) * (QL.T @ G @ QR)**2
    p = p - lr * c * QL @ ((QL.T @ m @ QR) / (sqrt(v) + eps)) @ QR.T
    p = p * (1 - lr * weight_decay)
    c = sqrt(1 - beta2**(t - 1)) / (1 - beta1**(t - 1))           (bias_correction: false, 1)
    beta: shampoo_beta, or beta2 where that is none.
    Step 1 leaves p where it is: it only finds L and R and their eigenvectors.
    precondition_frequency: after so many further steps a QR iteration brings QL and QR up to date.
    precondition_1d: a vector is turned too, by QL alone; else it takes Adam's step.
    normalize_gradient: what c multiplies is divided by its root mean square.
    """
    axes = range(1, p.ndim) if p.ndim > 2 or precondition_1d else range(0)
    beta = np.reshape(beta2 if shampoo_beta is None else shampoo_beta, (-1, 1, 1))
    if t == 1:
        state["sums"] = [(1 - beta) * spread(g, k) for k in axes]
        state["turns"] = [eigenvectors(s) for s in state["sums"]]
        return p
    m = state["m"] = average(state.get("m", 0.0), g, beta1)
    v = state["v"] = average(state.get("v", 0.0), turned(g, state["turns"]) ** 2, beta2)
    u = turned(m, state["turns"]) / (np.sqrt(v) + eps)
    for turn, k in zip(state["turns"], axes, strict=True):
        u = along(turn, u, k)
    if normalize_gradient:
        u = u / (norm(u) / np.sqrt(p[0].size) + eps)
    if bias_correction:
        u = u * np.sqrt(1 - power(beta2, t - 1)) / (1 - power(beta1, t - 1))
    state["sums"] = [average(s, spread(g, k), beta) for s, k in zip(state["sums"], axes, strict=True)]
    if (t - 1) % precondition_frequency == 0:
        for i, k in enumerate(axes):
            state["turns"][i], order = sharpened(state["sums"][i], state["turns"][i])
            at = order.reshape(len(p), *(-1 if axis == k else 1 for axis in range(1, p.ndim)))
            state["v"] = np.take_along_axis(state["v"], at, axis=k)
    return decay_after(p - lr * u, lr, weight_decay, "after")


@optimizer(
    title="Muon",
    velocity="m",
    paper="Jordan et al. 2024, kellerjordan.github.io/posts/muon",
    reference="torch.optim.Muon",
    variants={
        "muon.SingleDeviceMuon": {"eps_added": True, "weight_decay": 0.0, "but": "it computes X in bfloat16"},
        "keras.optimizers.Muon": {
            "eps_added": True,
            "eps": 5e-9,
            "adjust_lr": "match_rms_adamw",
            "weight_decay": 0.004,
            "but": "its momentum is a sum and no average, so that its eps of 1e-7 is this at momentum 0.95; "
            "a vector takes AdamW's step",
        },
        "optax.contrib.muon": {
            "bias_correction": True,
            "eps_added": True,
            "eps": 1e-8,
            "adjust_lr": "original_transposed",
            "weight_decay": 0.0,
            "but": "a vector takes AdamW's step",
        },
        "pytorch_optimizer.Muon": {
            "weight_decay": 0.0,
            "but": "it computes X in bfloat16, and a vector takes AdamW's step",
        },
        "torch.optim.Muon as it is": "computes X in bfloat16, and takes matrices alone",
        "timm.optim.Muon": (
            "has other coefficients in each of its five iterations, which it computes in bfloat16, and no "
            "Nesterov momentum; adjust_lr is match_rms_adamw and weight_decay 0"
        ),
    },
)
def muon(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    momentum: Lead[Scheduled[Unit]] = 0.95,
    nesterov: bool = True,
    bias_correction: bool = False,
    ns_steps: Count = 5,
    ns_coefficients: Coefficients = (3.4445, -4.775, 2.0315),
    eps: NonNegative = 1e-7,
    eps_added: bool = False,
    adaptive: bool = False,
    adjust_lr: Literal["original", "match_rms_adamw", "original_transposed"] = "original",
    weight_decay: Scheduled[NonNegative] = 0.1,
) -> Any:
    """Shampoo without a memory: momentum with all its singular values brought near to 1.

    m = momentum * m + (1 - momentum) * G
    U = momentum * m + (1 - momentum) * G                 (m itself without nesterov)
    X = U / max(|U|, eps)                                 (eps_added: U / (|U| + eps))
    X = a * X + (b * X @ X.T + c * (X @ X.T)**2) @ X      ns_steps times, a, b, c = ns_coefficients
    p = p * (1 - lr * weight_decay) - lr * s * X
    s is sqrt(max(1, rows / columns)) for the original, as transposed sqrt(max(1, columns / rows)), and
    0.2 * sqrt(max(rows, columns)) for match_rms_adamw. adaptive multiplies X by the sum of U * X, so
    that steps shrink with the gradient. bias_correction frees m, and G beside it, of the start at 0.
    A vector is a matrix of one row, so that its X is U of unit length times a number near 1; of more
    than two axes the first are the rows and all others the columns.
    """
    m = state["m"] = average(state.get("m", 0.0), g, momentum)
    if bias_correction:
        m, g = corrected(m, momentum, t + nesterov), corrected(g, momentum, t)
    u = average(m, g, momentum) if nesterov else m
    x = u / (norm(u) + eps if eps_added else np.maximum(norm(u), eps))
    x = x[:, None] if x.ndim == 2 else x
    x = flattened(x, 1)
    rows, columns = x.shape[1:]
    x = orthogonal(x, ns_steps, ns_coefficients).reshape(p.shape)
    if adaptive:
        x = x * total(u * x)
    wide = {
        "original": max(1, rows / columns),
        "original_transposed": max(1, columns / rows),
        "match_rms_adamw": 0.04 * max(rows, columns),
    }
    return p * (1 - lr * weight_decay) - lr * wide[adjust_lr] ** 0.5 * x


def spread(g: Any, axis: int) -> Any:
    """The matrix of all products along an axis, summed over the others: G G^T for the first."""
    flat = flattened(g, axis)
    return flat @ flat.swapaxes(1, 2)


def flattened(g: Any, axis: int) -> Any:
    """g as matrices whose rows are an axis; in one memory order, as products of matrices round by that."""
    return np.ascontiguousarray(np.moveaxis(g, axis, 1).reshape(len(g), g.shape[axis], -1))


def along(matrix: Any, g: Any, axis: int) -> Any:
    """The matrix times g along an axis: matrix @ G for the first, G @ matrix.T for the second."""
    product = matrix @ flattened(g, axis)
    return np.moveaxis(product.reshape(np.moveaxis(g, axis, 1).shape), 1, axis)


def turned(g: Any, turns: list[Any]) -> Any:
    """g in the axes that are the columns of the matrices, one matrix for each axis."""
    for axis, turn in enumerate(turns, start=1):
        g = along(turn.swapaxes(1, 2), g, axis)
    return g


def inverse_root(matrix: Any, order: int) -> Any:
    """matrix**(-1 / order) of symmetric matrices; not a number where a matrix is not finite."""
    fine, matrix = _finite(matrix)
    u, s, v = np.linalg.svd(matrix)
    return np.where(fine, (u * s[:, None] ** (-1 / order)) @ v, np.nan)


def eigenvectors(matrix: Any) -> Any:
    """The eigenvectors of symmetric matrices as columns, those of the largest eigenvalues first."""
    fine, matrix = _finite(matrix)
    return np.where(fine, np.linalg.eigh(matrix)[1][:, :, ::-1], np.nan)


def _finite(matrix: Any) -> tuple[Any, Any]:
    """Which matrices are finite, and all of them with 0 for the others.

    LAPACK gives up on the whole stack because of one matrix, which is one run's.
    """
    fine = np.isfinite(matrix).all(axis=(1, 2), keepdims=True)
    return fine, np.where(fine, matrix, 0.0)


def sharpened(matrix: Any, vectors: Any) -> tuple[Any, Any]:
    """Almost eigenvectors brought nearer by one step of the QR iteration, and the order they came from."""
    product = matrix @ vectors
    order = np.argsort(-(vectors * product).sum(axis=1), axis=1, kind="stable")
    return np.linalg.qr(np.take_along_axis(product, order[:, None], axis=2))[0], order


def orthogonal(x: Any, steps: int, coefficients: tuple[float, ...]) -> Any:
    """Matrices of a norm up to 1 with their singular values brought near to 1, by Newton and Schulz."""
    if x.shape[1] > x.shape[2]:
        return orthogonal(x.swapaxes(1, 2), steps, coefficients).swapaxes(1, 2)
    a, b, c = coefficients
    for _ in range(steps):
        squares = x @ x.swapaxes(1, 2)
        x = a * x + (b * squares + c * squares @ squares) @ x
    return x
