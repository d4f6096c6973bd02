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
    """A loss with everything the driver needs to step on it, `sign` times what is stated.

    `unscored`, every loss is told as 0: a library goes on where its loss overflows, the driver does not.
    """

    shapes: tuple[tuple[int, ...], ...]
    start: Array  # (n,), all parameters in order, each flattened by rows
    function: Function
    sign: float = 1.0
    unscored: bool = False

    @property
    def layers(self) -> list[Layer]:
        ends = np.cumsum([0, *(int(np.prod(shape)) for shape in self.shapes)])
        return [Layer(slice(a, b), s) for a, b, s in zip(ends[:-1], ends[1:], self.shapes, strict=True)]

    def _parts(self, params: Array) -> list[Array]:
        return [params[:, layer.columns].reshape(-1, *layer.shape) for layer in self.layers]

    def loss(self, params: Array) -> Array:
        """(R, n) to (R,)."""
        if self.unscored:
            return np.zeros(len(params))
        with np.errstate(all="ignore"):
            return self.sign * self.function(*self._parts(params))

    def slope(self, params: Array) -> tuple[Array, Array]:
        """(R, n) to (R,) and the gradients (R, n)."""
        tensors = [Tensor(part) for part in self._parts(params)]
        with np.errstate(all="ignore"):
            made = self.function(*tensors)
            made.backward(1.0)
        gradient = [tensor.grad.reshape(len(params), -1) for tensor in tensors]
        value = np.zeros(len(params)) if self.unscored else self.sign * made.data
        return value, self.sign * np.concatenate(gradient, axis=1)


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
    def loss(w: Any, b: Any = None) -> Any:
        score = (w[:, None, :] * data["X"]).sum(axis=2)
        margin = data["y"] * (score if b is None else score + b)
        # log(1 + exp(-m)) without overflow.
        value = np.maximum(-margin, 0.0) + np.log(1 + np.exp(-abs(margin)))
        return value.mean(axis=1) + data.get("lam", 0.0) / 2 * (w**2).sum(axis=1)

    return loss


# How formulas are written elsewhere, and what our grammar has for it, in the order they are replaced.
SPELLINGS = (
    (r"^\s*\w+\s*(\([^()]*\))?\s*=(?!=)", ""),  # f(x, y) =
    (r"\^", "**"),
    ("²", "**2"),
    ("³", "**3"),
    ("[·×]", "*"),
    ("−", "-"),
    ("π", "pi"),
    (r"\b([a-z]+)(?:\[(\d)\]|_\{?(\d)\}?)", r"\1\2\3"),  # x[0], x_1
    (r"\|([^|]+)\|", r"abs(\1)"),
    (r"\b(?:ln|np\.log|math\.log)\(", "log("),
    (r"\blog1p\(", "log(1+"),
    (r"(?<![\w.])((?>(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?))\s*(?=[A-Za-z_(])", r"\1*"),  # 3y, 3(x + 1)
    (r"\bxy\b", "x*y"),
    (r"\b(x|y|[xw]\d|theta\d)\s*\(", r"\1*("),
    (r"\)\s*(?=[\w(])", ")*"),
)
NAMES = (
    ("x", "y"),
    ("x1", "x2"),
    ("x0", "x1"),
    ("theta0", "theta1"),
    ("theta1", "theta2"),
    ("w1", "w2"),
    ("w0", "w1"),
    ("u", "v"),
)
CONSTANT = r"\b([A-Za-z]\w*) *= *([-+]?[.\d]+(?:[eE][-+]?\d+)?)"


def _formula(text: str, data: dict[str, Any]) -> Function:
    """A formula in two variables, as people write them; constants stand behind a comma or `with`."""
    numbers = {name: float(value) for name, value in data.items() if value.ndim == 0}
    told = re.search(rf"[,;]?\s*(?:[,;]|\bwith|\bwhere|\bfor)\s*{CONSTANT}.*$", text)
    if told:
        numbers |= {name: float(value) for name, value in re.findall(CONSTANT, told[0])}
        text = text[: told.start()]
    # A remark, such as `(a bowl)`: words that are no call and no product.
    text = re.sub(r"\s+\((?:[A-Za-z]{1,}[ -])+[A-Za-z]+\)\s*$|\s+\([A-Za-z]{4,}\)\s*$", "", text)
    for pattern, ours in SPELLINGS:
        text = re.sub(pattern, ours, text)
    for name, value in numbers.items():
        text = re.sub(rf"\b{name}\b", f"({value!r})", text)
    return _plane(parse(text, NAMES).evaluate)


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
