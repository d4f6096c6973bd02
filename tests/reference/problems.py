"""The losses that the reference paths were made on, by family."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from optanim.autodiff import Tensor
from optanim.formula import parse
from optanim.oracles import Layer

Array = np.ndarray
Function = Callable[..., Any]  # the parameters, one array or Tensor (R, *shape) each, to (R,)


@dataclass(frozen=True)
class Problem:
    """A loss with everything the driver needs to step on it, `sign` times what is stated."""

    shapes: tuple[tuple[int, ...], ...]
    start: Array  # (n,), all parameters in order, each flattened by rows
    function: Function
    sign: float = 1.0

    @property
    def layers(self) -> list[Layer]:
        ends = np.cumsum([0, *(int(np.prod(shape)) for shape in self.shapes)])
        return [Layer(slice(a, b), s) for a, b, s in zip(ends[:-1], ends[1:], self.shapes, strict=True)]

    def _parts(self, params: Array) -> list[Array]:
        return [params[:, layer.columns].reshape(-1, *layer.shape) for layer in self.layers]

    def loss(self, params: Array) -> Array:
        """(R, n) to (R,)."""
        with np.errstate(all="ignore"):
            return self.sign * self.function(*self._parts(params))

    def slope(self, params: Array) -> tuple[Array, Array]:
        """(R, n) to (R,) and the gradients (R, n)."""
        tensors = [Tensor(part) for part in self._parts(params)]
        with np.errstate(all="ignore"):
            made = self.function(*tensors)
            made.backward(1.0)
        gradient = [tensor.grad.reshape(len(params), -1) for tensor in tensors]
        return self.sign * made.data, self.sign * np.concatenate(gradient, axis=1)


def problem(stated: dict[str, Any]) -> Problem:
    """A problem as a reference file states it; ValueError where its loss or gradient is another there."""
    shapes = tuple(tuple(shape) or (1,) for shape in stated["param_shapes"])
    start = np.concatenate([np.ravel(np.array(part, dtype=np.float64)) for part in stated["init"]])
    data = {name: np.array(value, dtype=np.float64) for name, value in (stated.get("data") or {}).items()}
    family = stated["family"]
    made = FAMILIES[family](data) if family in FAMILIES else _formula(stated["formula"], data)
    found = Problem(shapes, start, made)
    if "loss0" in stated:
        value, gradient = found.slope(start[None])
        expected = np.concatenate([np.ravel(part) for part in stated["grad0"]])
        size = max(1.0, np.abs(expected).max())
        if abs(value[0] - stated["loss0"]) > 1e-9 * max(1, abs(stated["loss0"])) or (
            np.abs(gradient[0] - expected).max() > 1e-9 * size
        ):
            raise ValueError(f"the problem of family {family} is not the one stated: {stated['formula']}")
    return found


def _plane(function: Callable[[Any, Any], Any]) -> Function:
    """A function of x and y for parameters that come as one array of two or two of one."""

    def whole(*parts: Any) -> Any:
        x, y = (part[:, i] for part in parts for i in range(part.shape[1]))
        return function(x, y)

    return whole


def _quadratic(data: dict[str, Any]) -> Function:
    a, b, c = (data.get(name, 0.0) for name in "abc")
    return _plane(lambda x, y: a * x**2 + b * y**2 + c * x * y)


def _rosenbrock(data: dict[str, Any]) -> Function:
    a, b = data.get("a", 1.0), data.get("b", 100.0)
    return _plane(lambda x, y: (a - x) ** 2 + b * (y - x**2) ** 2)


def _beale(data: dict[str, Any]) -> Function:
    return _plane(
        lambda x, y: (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2
    )


def _himmelblau(data: dict[str, Any]) -> Function:
    return _plane(lambda x, y: (x**2 + y - 11) ** 2 + (x + y**2 - 7) ** 2)


def _line(data: dict[str, Any]) -> Function:
    return _plane(lambda b, a: ((data["y"] - b[:, None] - a[:, None] * data["x"]) ** 2).mean(axis=1))


def _matrix_squares(data: dict[str, Any]) -> Function:
    def loss(w: Any, b: Any = None) -> Any:
        off = data["A"] @ w - data["B"]
        if b is not None:
            off = off + b[:, None, :]
        return (off**2).sum(axis=(1, 2)) / len(data["A"])

    return loss


def _factors(data: dict[str, Any]) -> Function:
    return lambda u, v: ((u @ v - data["M"]) ** 2).sum(axis=(1, 2))


def _logistic(data: dict[str, Any]) -> Function:
    def loss(w: Any) -> Any:
        margin = data["y"] * (w[:, None, :] * data["X"]).sum(axis=2)
        # log(1 + exp(-m)) without overflow.
        value = np.maximum(-margin, 0.0) + np.log(1 + np.exp(-abs(margin)))
        return value.mean(axis=1) + data.get("lam", 0.0) / 2 * (w**2).sum(axis=1)

    return loss


def _formula(text: str, data: dict[str, Any]) -> Function:
    """A formula in x and y (or x1 and x2); what stands behind a comma at its end gives its constants."""
    text, _, constants = text.replace("^", "**").partition(", ")
    numbers = {name: float(value) for name, value in data.items() if value.ndim == 0}
    numbers |= {name: float(value) for name, value in re.findall(r"(\w+) *= *([-+.\deE]+)", constants)}
    for name, value in numbers.items():
        text = re.sub(rf"\b{name}\b", f"({value!r})", text)
    read = parse(text, (("x", "y"), ("x1", "x2")))
    return _plane(read.evaluate)


FAMILIES: dict[str, Callable[[dict[str, Any]], Function]] = {
    "quad2": _quadratic,
    "rosenbrock": _rosenbrock,
    "beale": _beale,
    "himmelblau": _himmelblau,
    "linreg_one_layer": _line,
    "linreg_two_layers": _line,
    "matls": _matrix_squares,
    "matfac": _factors,
    "logreg": _logistic,
}
