"""What NumPy's functions compute, and how a gradient passes back through each.

Real parts decide every comparison, so that a complex step through a gradient gives exact second
derivatives.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.recording import recordable

Array = NDArray[Any]


def sign(x: Any) -> Any:
    """The sign of the real part; 0 at 0."""
    return np.sign(np.real(x))


def wins(x: Any, y: Any) -> Any:
    """The share of x in the larger of x and y: 1 or 0, and 1/2 where they are equal."""
    return 0.5 + 0.5 * np.sign(np.real(x) - np.real(y))


def larger(x: Any, y: Any) -> Any:
    if np.iscomplexobj(x) or np.iscomplexobj(y):
        return np.where(np.real(x) >= np.real(y), x, y)
    return np.maximum(x, y)


def smaller(x: Any, y: Any) -> Any:
    if np.iscomplexobj(x) or np.iscomplexobj(y):
        return np.where(np.real(x) <= np.real(y), x, y)
    return np.minimum(x, y)


def magnitude(x: Any) -> Any:
    return x * sign(x) if np.iscomplexobj(x) else np.absolute(x)


@recordable
def scattered(grad: Any, index: Any, shape: tuple[int, ...]) -> Any:
    """The gradient of an array by that of the elements taken from it."""
    whole = np.zeros(shape, grad.dtype)
    parts = index if isinstance(index, tuple) else (index,)
    if all(part is None or part is Ellipsis or isinstance(part, (int, slice)) for part in parts):
        whole[index] = grad
    else:  # an index array may name an element twice
        np.add.at(whole, index, grad)
    return whole


def _power_by_base(grad: Array, out: Array, x: Any, n: Any) -> Any:
    if np.ndim(n) == 0:
        if n == 2:
            return grad * (2 * x)
        if n == 0:
            return np.zeros_like(grad)
        return grad * (n * x ** (n - 1))
    # Where n is 0 the slope is 0, also at x = 0 where x**(n - 1) is infinite.
    return grad * np.where(n == 0, 0, n * x ** np.where(n == 0, 1, n - 1))


def _power_by_exponent(grad: Array, out: Array, x: Any, n: Any) -> Any:
    return grad * np.where(x == 0, 0, out * np.log(np.where(x == 0, 1, x)))


def _matmul_by_left(grad: Array, out: Array, a: Any, b: Any) -> Any:
    if np.ndim(b) == 1:
        return grad[..., None] * b
    if np.ndim(a) == 1:
        return (b @ grad[..., None])[..., 0]
    return grad @ np.swapaxes(b, -1, -2)


def _matmul_by_right(grad: Array, out: Array, a: Any, b: Any) -> Any:
    if np.ndim(a) == 1:
        return a * grad[..., None] if np.ndim(b) == 1 else a[:, None] * grad[..., None, :]
    if np.ndim(b) == 1:
        return (np.swapaxes(a, -1, -2) @ grad[..., None])[..., 0]
    return np.swapaxes(a, -1, -2) @ grad


# What each function computes, then for each operand the gradient that passes back to it.
RULES: dict[Any, tuple[Callable[..., Any], ...]] = {
    np.add: (np.add, lambda g, out, x, y: g, lambda g, out, x, y: g),
    np.subtract: (np.subtract, lambda g, out, x, y: g, lambda g, out, x, y: -g),
    np.multiply: (np.multiply, lambda g, out, x, y: g * y, lambda g, out, x, y: g * x),
    np.divide: (np.divide, lambda g, out, x, y: g / y, lambda g, out, x, y: -g * out / y),
    # `x ** 2` and not np.power, which is slower and may differ from it in the last bit.
    np.power: (operator.pow, _power_by_base, _power_by_exponent),
    np.float_power: (operator.pow, _power_by_base, _power_by_exponent),
    np.matmul: (np.matmul, _matmul_by_left, _matmul_by_right),
    np.maximum: (larger, lambda g, out, x, y: g * wins(x, y), lambda g, out, x, y: g * wins(y, x)),
    np.minimum: (smaller, lambda g, out, x, y: g * wins(y, x), lambda g, out, x, y: g * wins(x, y)),
    np.negative: (np.negative, lambda g, out, x: -g),
    np.positive: (np.positive, lambda g, out, x: g),
    np.absolute: (magnitude, lambda g, out, x: g * sign(x)),
    np.fabs: (magnitude, lambda g, out, x: g * sign(x)),
    np.square: (np.square, lambda g, out, x: g * (2 * x)),
    np.reciprocal: (np.reciprocal, lambda g, out, x: -g * out * out),
    np.sqrt: (np.sqrt, lambda g, out, x: g / (2 * out)),
    np.exp: (np.exp, lambda g, out, x: g * out),
    np.exp2: (np.exp2, lambda g, out, x: g * out * np.log(2)),
    np.expm1: (np.expm1, lambda g, out, x: g * (out + 1)),
    np.log: (np.log, lambda g, out, x: g / x),
    np.log2: (np.log2, lambda g, out, x: g / (x * np.log(2))),
    np.log10: (np.log10, lambda g, out, x: g / (x * np.log(10))),
    np.log1p: (np.log1p, lambda g, out, x: g / (1 + x)),
    np.sin: (np.sin, lambda g, out, x: g * np.cos(x)),
    np.cos: (np.cos, lambda g, out, x: -g * np.sin(x)),
    np.tan: (np.tan, lambda g, out, x: g * (1 + out * out)),
    np.arcsin: (np.arcsin, lambda g, out, x: g / np.sqrt(1 - x * x)),
    np.arccos: (np.arccos, lambda g, out, x: -g / np.sqrt(1 - x * x)),
    np.arctan: (np.arctan, lambda g, out, x: g / (1 + x * x)),
    np.sinh: (np.sinh, lambda g, out, x: g * np.cosh(x)),
    np.cosh: (np.cosh, lambda g, out, x: g * np.sinh(x)),
    np.tanh: (np.tanh, lambda g, out, x: g * (1 - out * out)),
}

COMPARISONS = {np.less, np.less_equal, np.greater, np.greater_equal, np.equal, np.not_equal}
