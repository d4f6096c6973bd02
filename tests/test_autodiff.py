"""Tensor: every operation against differences, broadcasting, long chains, the face it shows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from optanim.autodiff import Tensor, columns, relu
from optanim.derivatives import RULES

A = np.array([[0.3, -0.7, 1.2], [0.9, 0.4, -1.1]])
B = np.array([0.6, 1.3, -0.8])
C = np.array([[[0.5, 0.2], [-0.4, 0.8], [0.7, -0.9]], [[0.1, 1.1], [0.6, -0.2], [-0.3, 0.4]]])
POSITIVE = np.array([0.3, 0.7, 1.2])
INSIDE = np.array([-0.6, 0.1, 0.8])

UNARY = {
    "negative": A, "positive": A, "absolute": A, "fabs": A, "square": A, "reciprocal": A,
    "sqrt": POSITIVE, "exp": A, "exp2": A, "expm1": A, "log": POSITIVE, "log2": POSITIVE,
    "log10": POSITIVE, "log1p": POSITIVE, "sin": A, "cos": A, "tan": A, "arcsin": INSIDE,
    "arccos": INSIDE, "arctan": A, "sinh": A, "cosh": A, "tanh": A,
}  # fmt: skip
BINARY = {
    "add": (A, B), "subtract": (A, B), "multiply": (A, B), "divide": (A, B), "power": (POSITIVE, B),
    "float_power": (POSITIVE, B), "maximum": (A, B), "minimum": (A, B), "matmul": (A, C),
}  # fmt: skip
ROWS: list[tuple[str, Callable[..., Any], tuple[np.ndarray, ...]]] = [
    *((name, getattr(np, name), (x,)) for name, x in UNARY.items()),
    *((name, getattr(np, name), pair) for name, pair in BINARY.items()),
    ("operators", lambda x, y: (x + y) * x - y / (2 + x * x) - -x + abs(y) + +y, (A, B)),
    ("reflected", lambda x: 2 + x - (3 - x) * 2 / (4 + x) + 2**x, (A,)),
    ("constant powers", lambda x: x**3 + x**2 + x**1 + x**0 + x**-1, (A,)),
    ("array of powers", lambda x: x ** np.array([0, 1, 3]), (A,)),
    ("relu", relu, (A,)),
    ("sum", lambda x: np.sum(x) + x.sum(axis=0) * np.sum(x, axis=1, keepdims=True), (A,)),
    ("mean", lambda x: np.mean(x) * x.mean(axis=(0, 1)) + np.mean(x * x, axis=-1), (A,)),
    ("where", lambda x, y: np.where(A > 0, x * y, x), (A, B)),
    ("slices", lambda x: x[0] * x[1, ::-1] + x[..., 1:2] + x[:, None, 0], (A,)),
    ("index arrays", lambda x: x[np.array([0, 0, 1])] * B, (A,)),
    ("columns", lambda x: columns(x) * B, (B,)),
    ("vector @ vector", lambda x, y: x @ y, (B, POSITIVE)),
    ("matrix @ vector", lambda x, y: x @ y, (A, B)),
    ("vector @ matrix", lambda x, y: x @ y, (B, A.T)),
    ("runs @ vector", lambda x, y: x @ y, (C, np.array([0.5, -1.5]))),
    ("vector @ runs", lambda x, y: x @ y, (B, C)),
    ("array @ runs", lambda x: A @ x, (C,)),
    ("runs @ array", lambda x: x @ C[0].T, (C,)),
    ("runs @ runs", lambda x, y: x @ y, (C, np.swapaxes(C, 1, 2) + 0.1)),
    ("array first", lambda x: B + x * B - B / x + np.float64(2) * x + np.float64(3) ** x, (A,)),
    ("shared", lambda x: (y := x * x) * y + np.sin(y) + y, (A,)),
]  # fmt: skip


def complex_step(
    f: Callable[..., Any], inputs: tuple[np.ndarray, ...], which: int, weights: Any
) -> np.ndarray:
    """The derivative of sum(weights * f) by every number of one input, through `f` on Tensors."""
    gradient = np.empty(inputs[which].shape)
    for place in np.ndindex(gradient.shape):
        shifted = [x.astype(complex) for x in inputs]
        shifted[which][place] += 1e-30j
        gradient[place] = np.sum(weights * f(*map(Tensor, shifted)).value).imag / 1e-30
    return gradient


def differences(
    f: Callable[..., Any], inputs: tuple[np.ndarray, ...], which: int, weights: Any
) -> np.ndarray:
    """The same by central differences, with nothing but NumPy's own functions."""
    gradient = np.empty(inputs[which].shape)
    for place in np.ndindex(gradient.shape):
        sides = []
        for step in (1e-6, -1e-6):
            shifted = [x.copy() for x in inputs]
            shifted[which][place] += step
            sides.append(np.sum(weights * f(*shifted)))
        gradient[place] = (sides[0] - sides[1]) / 2e-6
    return gradient


@pytest.mark.parametrize(("name", "f", "inputs"), ROWS, ids=[row[0] for row in ROWS])
def test_gradient(name: str, f: Callable[..., Any], inputs: tuple[np.ndarray, ...]) -> None:
    tensors = [Tensor(x) for x in inputs]
    result = f(*tensors)
    np.testing.assert_allclose(result.value, f(*inputs), rtol=1e-15, atol=1e-15)
    weights = np.cos(np.arange(np.size(result.value)) + 1.0).reshape(result.shape)
    result.backward(weights)
    for i, tensor in enumerate(tensors):
        np.testing.assert_allclose(tensor.grad, differences(f, inputs, i, weights), rtol=1e-7, atol=1e-8)
        np.testing.assert_allclose(tensor.grad, complex_step(f, inputs, i, weights), rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize(("name", "f", "inputs"), ROWS, ids=[row[0] for row in ROWS])
def test_complex_step_through_the_gradient_is_the_second_derivative(
    name: str, f: Callable[..., Any], inputs: tuple[np.ndarray, ...]
) -> None:
    def slope(x: np.ndarray) -> np.ndarray:
        tensor = Tensor(x)
        np.sum(f(tensor, *inputs[1:])).backward()
        return np.asarray(tensor.grad)

    first = inputs[0].copy()
    low, high, shifted = first.copy(), first.copy(), first.astype(complex)
    low.flat[0], high.flat[0] = low.flat[0] - 1e-6, high.flat[0] + 1e-6
    shifted.flat[0] += 1e-30j
    exact = slope(shifted).imag / 1e-30
    np.testing.assert_allclose(exact, (slope(high) - slope(low)) / 2e-6, rtol=1e-6, atol=1e-7)


def test_every_rule_has_a_row() -> None:
    assert {ufunc.__name__ for ufunc in RULES} == {*UNARY, *BINARY}


@pytest.mark.parametrize(
    ("f", "at", "expected"),
    [
        (relu, 0.0, 0.0),
        (abs, 0.0, 0.0),
        (lambda x: np.maximum(x, 0.0), 0.0, 0.5),
        (lambda x: x**0, 0.0, 0.0),
        (lambda x: x**2, 0.0, 0.0),
        (lambda x: x ** np.array(0), 0.0, 0.0),
        (lambda x: 0.0**x, 2.0, 0.0),
    ],
)
def test_slope_where_there_is_a_kink(f: Callable[[Any], Any], at: float, expected: float) -> None:
    x = Tensor(at)
    f(x).backward()
    assert x.grad == expected


def test_ten_thousand_operations_need_no_recursion() -> None:
    x = Tensor(1.0)
    y = x
    for _ in range(10_000):
        y = y * 1.0001 + 0.0
    y.backward()
    assert x.grad == pytest.approx(1.0001**10_000, rel=1e-11)


def test_doubling_shared_subexpressions_stays_linear() -> None:
    x = Tensor(1.0)
    y = x
    for _ in range(200):  # 2**200 paths
        y = y + y
    y.backward()
    assert x.grad == 2.0**200


def test_gradients_add_up_until_they_are_zeroed() -> None:
    x = Tensor(3.0)
    assert (x.value, x.grad) == (3.0, 0.0)
    loss = x * x
    loss.backward()
    loss.backward()
    assert (x.grad, loss.grad) == (12.0, 2.0)
    x.grad = 0.0
    x.value = 5
    (x * x).backward()
    assert (x.value, x.grad) == (5.0, 10.0)


def test_gradients_of_two_parameters_are_two_arrays() -> None:
    x, y = Tensor([1.0, 2.0]), Tensor([3.0, 4.0])
    (x + y).sum().backward()
    x.grad *= 0
    np.testing.assert_array_equal(y.grad, [1, 1])


def test_what_was_computed_keeps_the_value_it_was_computed_from() -> None:
    given = np.array([1.0, 2.0])
    x = Tensor(given)
    y = np.exp(x * x)
    loss = y.sum()
    given[:] = 100.0
    x.value = [3.0, 4.0]
    y.value = 0.0
    assert (x.value.tolist(), y.value.tolist()) == ([3, 4], [0, 0])
    loss.backward()
    np.testing.assert_allclose(x.grad, [2 * np.e, 4 * np.exp(4)], rtol=1e-15)


def test_iterating_gives_tensors_with_a_past() -> None:
    x = Tensor([1.0, 2.0, 3.0])
    first, *_, last = x
    (first * last).backward()
    assert x.grad.tolist() == [3, 0, 1]
    assert Tensor(10**30).value == 1e30


def test_in_place_operators_make_a_new_tensor() -> None:
    x = Tensor(2.0)
    loss = x
    loss += x * x
    assert loss is not x
    loss.backward()
    assert x.grad == 5.0


def test_values_and_comparisons_are_plain_numbers() -> None:
    x = Tensor(-5)
    assert isinstance(x.value, float)
    assert isinstance(x.grad, float)
    assert x < 0 <= abs(x)
    assert x == -5.0
    assert x != 4
    assert float(x) == -5.0
    assert isinstance(Tensor([1, 2]) > 1.5, np.ndarray)


@pytest.mark.parametrize(
    ("tensor", "text"),
    [
        (Tensor(-5.0), "Tensor(-5.0, grad=0.0)"),
        (Tensor([1.0, 2.5]), "Tensor([1. , 2.5], grad=[0., 0.])"),
        (
            Tensor(np.arange(100.0)),
            "Tensor([ 0.,  1.,  2., ..., 97., 98., 99.], grad=[0., 0., 0., ..., 0., 0., 0.])",
        ),
    ],
)
def test_repr(tensor: Tensor, text: str) -> None:
    assert repr(tensor) == text


@pytest.mark.parametrize(
    ("wrong", "error", "message"),
    [
        (lambda: Tensor([1.0, 2.0]).backward(), ValueError, r"backward\(\) of a Tensor of shape \(2,\)"),
        (lambda: Tensor([1.0, 2.0]).backward(np.ones(3)), ValueError, "broadcast"),
        (lambda: Tensor(1.0).backward(np.ones(3)), ValueError, r"the seed has shape \(3,\)"),
        (lambda: np.asarray(Tensor(1.0)), TypeError, "use its .value"),
        (lambda: Tensor(Tensor(1.0)), TypeError, "pass its .value"),
        (lambda: Tensor(None), TypeError, "made of numbers, not of None"),
        (lambda: Tensor([1, None]), TypeError, "made of numbers"),
        (lambda: Tensor("1"), TypeError, "made of numbers"),
        (lambda: list(Tensor(1.0)), TypeError, "cannot be iterated over"),
        (
            lambda: setattr(Tensor([1.0, 2.0]), "grad", np.ones((2, 2))),
            ValueError,
            r"grad has shape \(2, 2\)",
        ),
        (lambda: setattr(Tensor([1.0, 2.0]), "grad", [1.0]), ValueError, r"grad has shape \(1,\)"),
        (
            lambda: setattr(Tensor(1.0), "value", [1.0]),
            ValueError,
            r"value has shape \(1,\), the Tensor \(\)",
        ),
        (lambda: Tensor([1.0, 2.0]).value.__setitem__(0, 5.0), ValueError, "read-only"),
        (lambda: np.floor(Tensor(1.0)), TypeError, "np.floor has no derivative here"),
        (lambda: np.sort(Tensor([1.0])), TypeError, "np.sort does not work on a Tensor"),
        (lambda: np.add.reduce(Tensor([1.0])), TypeError, "np.add with reduce does not work"),
        (lambda: np.exp(Tensor(1.0), where=True), TypeError, "np.exp with where does not work"),
    ],
)
def test_what_cannot_work_says_so(wrong: Callable[[], Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        wrong()
