"""The losses that `generate.py` runs the libraries on, written once for torch and for jax.numpy.

They are stated apart from `problems.py`, which the check uses: that the two agree is part of the check.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

Array = np.ndarray


@dataclass(frozen=True)
class Stated:
    """A loss of a family with its data, where it is started, and its formula in words."""

    family: str
    formula: str
    start: tuple[Array, ...]
    loss: Callable[..., Any]  # (torch or jax.numpy, data, *parameters) to a number
    data: dict[str, Any] = field(default_factory=dict)

    def stated(self, loss0: float, grad0: Sequence[Array]) -> dict[str, Any]:
        """As a reference file holds it."""
        return {
            "family": self.family,
            "formula": self.formula,
            "param_shapes": [list(part.shape) for part in self.start],
            "init": [part.ravel().tolist() for part in self.start],
            "loss0": loss0,
            "grad0": [part.ravel().tolist() for part in grad0],
            "data": {n: v.tolist() if isinstance(v, Array) else v for n, v in self.data.items()},
        }


def _quadratic(xp: Any, data: dict[str, Any], w: Any) -> Any:
    return data["a"] * w[0] ** 2 + data["b"] * w[1] ** 2 + data["c"] * w[0] * w[1]


def _rosenbrock(xp: Any, data: dict[str, Any], w: Any) -> Any:
    return (data["a"] - w[0]) ** 2 + data["b"] * (w[1] - w[0] ** 2) ** 2


def _beale(xp: Any, data: dict[str, Any], w: Any) -> Any:
    x, y = w[0], w[1]
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def _himmelblau(xp: Any, data: dict[str, Any], w: Any) -> Any:
    return (w[0] ** 2 + w[1] - 11) ** 2 + (w[0] + w[1] ** 2 - 7) ** 2


def _line(xp: Any, data: dict[str, Any], w: Any) -> Any:
    return ((data["y"] - w[0] - w[1] * data["x"]) ** 2).mean()


def _line_of_two(xp: Any, data: dict[str, Any], level: Any, slope: Any) -> Any:
    return ((data["y"] - level - slope * data["x"]) ** 2).mean()


def _least_squares(xp: Any, data: dict[str, Any], w: Any, b: Any = 0.0) -> Any:
    return ((data["A"] @ w - data["B"] + b) ** 2).sum() / len(data["A"])


def _factors(xp: Any, data: dict[str, Any], u: Any, v: Any) -> Any:
    return ((u @ v - data["M"]) ** 2).sum()


def _logistic(xp: Any, data: dict[str, Any], w: Any) -> Any:
    margin = data["y"] * (data["X"] @ w)
    return xp.log(1 + xp.exp(-margin)).mean() + data["lam"] / 2 * (w**2).sum()


@cache
def problems() -> dict[str, Stated]:
    """All of them by name. Data come from one seed and have six digits, so that a file can hold them."""
    rng = np.random.default_rng(20261124)

    def drawn(*shape: int, scale: float = 1.0) -> Array:
        return np.round(rng.normal(size=shape) * scale, 6)

    def at(*point: float) -> tuple[Array]:
        return (np.array(point),)

    x = np.round(rng.uniform(-1, 2, 12), 6)
    y = np.round(0.7 - 1.3 * x + rng.normal(size=12) * 0.2, 6)
    line = {"x": x, "y": y}
    matrix = {"A": drawn(8, 4), "B": drawn(8, 3)}
    wide = {"A": drawn(7, 2), "B": drawn(7, 5)}
    product = {"M": np.round(rng.normal(size=(3, 2)) @ rng.normal(size=(2, 4)), 6)}
    features = drawn(14, 3)
    signs = np.where(features @ np.array([1.5, -1.0, 0.5]) + rng.normal(size=14) > 0, 1.0, -1.0)
    return {
        "quad": Stated(
            "quad2",
            "0.3*x1^2 + 1.7*x2^2 + 0.4*x1*x2",
            at(-3.0, 2.5),
            _quadratic,
            {"a": 0.3, "b": 1.7, "c": 0.4},
        ),
        "rosenbrock": Stated(
            "rosenbrock",
            "(a-x)^2 + b*(y-x^2)^2, a=1.0, b=30.0",
            at(-1.2, 1.0),
            _rosenbrock,
            {"a": 1.0, "b": 30.0},
        ),
        "beale": Stated("beale", "(1.5-x+xy)^2 + (2.25-x+xy^2)^2 + (2.625-x+xy^3)^2", at(0.5, -1.2), _beale),
        "himmelblau": Stated("himmelblau", "(x^2+y-11)^2 + (x+y^2-7)^2", at(-1.0, 0.5), _himmelblau),
        "line": Stated(
            "linreg_one_layer",
            "mean((y - theta0 - theta1*x)^2), one parameter tensor (theta0, theta1)",
            at(1.5, 1.0),
            _line,
            line,
        ),
        "line_two": Stated(
            "linreg_two_layers",
            "mean((y - theta0 - theta1*x)^2), two parameter tensors of shape (1,)",
            (np.array([-0.8]), np.array([1.4])),
            _line_of_two,
            line,
        ),
        "matls": Stated(
            "matls", "||A W - B||_F^2 / rows(A)", (drawn(4, 3, scale=0.8),), _least_squares, matrix
        ),
        "matls_bias": Stated(
            "matls",
            "||A W - B + 1 b^T||_F^2 / rows(A)",
            (drawn(2, 5, scale=0.8), drawn(5, scale=0.5)),
            _least_squares,
            wide,
        ),
        "matfac": Stated(
            "matfac", "||U V - M||_F^2", (drawn(3, 2, scale=0.7), drawn(2, 4, scale=0.7)), _factors, product
        ),
        "logreg": Stated(
            "logreg",
            "mean(log(1 + exp(-y * X w))) + lam/2 * ||w||^2",
            (drawn(3),),
            _logistic,
            {"X": features, "y": signs, "lam": 0.05},
        ),
        "matls_square": Stated(
            "matls",
            "||A W - B||_F^2 / rows(A)",
            (drawn(3, 3, scale=0.8),),
            _least_squares,
            {"A": drawn(9, 3), "B": drawn(9, 3)},
        ),
    }
