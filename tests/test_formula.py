"""Formulas: what is arithmetic is evaluated on everything, what is not is refused where it stands."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from optanim.autodiff import Tensor
from optanim.formula import MAX_DEPTH, MAX_LENGTH, parse
from optanim.settings import Wrong

LANDSCAPE = (("x",), ("x", "y"), ("x1", "x2"))
X, Y = 0.7, 1.3

VALUES = [
    ("0.1*x1**2 + 2*x2**2", 0.1 * X**2 + 2 * Y**2),
    ("x**2 - y**2", X**2 - Y**2),
    ("-x**2 + y", -(X**2) + Y),
    ("2**-x*y", 2**-X * Y),
    ("2**3**2*x - y", 512 * X - Y),
    ("x - y - 1", X - Y - 1),
    ("x / y / 2", X / Y / 2),
    ("--x + +y", X + Y),
    ("1 - exp(-x**2/2) + 0*y", 1 - math.exp(-(X**2) / 2)),
    ("log(x) + sqrt(y)", math.log(X) + math.sqrt(Y)),
    ("sin(x)*cos(y)*tan(x)", math.sin(X) * math.cos(Y) * math.tan(X)),
    ("sinh(x) + cosh(y) + tanh(x)", math.sinh(X) + math.cosh(Y) + math.tanh(X)),
    ("max(x, y, 1) - min(x, y)", 1.3 - 0.7),
    ("abs(x - y)", abs(X - Y)),
    ("pi*x + e*y", math.pi * X + math.e * Y),
    ("1e-3*x + .5*y + 2.", 1e-3 * X + 0.5 * Y + 2),
    ("( x\n + y )", X + Y),
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_values_on_floats_and_arrays(text: str, value: float) -> None:
    formula = parse(text, LANDSCAPE)
    assert formula.evaluate(X, Y) == pytest.approx(value, rel=1e-14)
    grid = formula.evaluate(np.full((1, 3), X), np.full((2, 1), Y))
    np.testing.assert_allclose(np.broadcast_to(grid, (2, 3)), value, rtol=1e-14)


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_tensors_agree_with_floats_and_have_their_gradient(text: str, value: float) -> None:
    formula = parse(text, LANDSCAPE)
    x, y = Tensor(np.array([X])), Tensor(np.array([Y]))
    result = formula.evaluate(x, y)
    assert float(result.data[0]) == pytest.approx(value, rel=1e-14)
    result.backward(np.ones(1))
    h = 1e-6
    for tensor, dx, dy in ((x, h, 0.0), (y, 0.0, h)):
        slope = (formula.evaluate(X + dx, Y + dy) - formula.evaluate(X - dx, Y - dy)) / (2 * h)
        assert float(np.sum(tensor.grad)) == pytest.approx(float(slope), rel=1e-6, abs=1e-8)


@pytest.mark.parametrize(
    ("text", "variables"),
    [
        ("x", ("x",)),
        ("y", ("x", "y")),
        ("y*x", ("x", "y")),
        ("x2", ("x1", "x2")),
        ("x1", ("x1", "x2")),
    ],
)
def test_the_alternative_that_fits(text: str, variables: tuple[str, ...]) -> None:
    assert parse(text, LANDSCAPE).variables == variables


@pytest.mark.parametrize(
    ("text", "at", "value"),
    [
        ("1/x", 0.0, math.inf),
        ("log(x)", -1.0, math.nan),
        ("(0 - x)**0.5", 1.0, math.nan),
        ("10**(100*x)", 10.0, math.inf),
        ("x**99**99**99", 2.0, math.inf),
    ],
)
def test_what_is_not_defined_is_not_finite(text: str, at: float, value: float) -> None:
    with np.errstate(all="raise"):
        assert parse(text, LANDSCAPE).evaluate(at) == pytest.approx(value, nan_ok=True)


IN_X_Y = "takes a formula in x, or in x and y, or in x1 and x2"


@pytest.mark.parametrize(
    ("text", "message", "hint", "at"),
    [
        ("", "the formula is empty", IN_X_Y, None),
        ("  ", "the formula is empty", IN_X_Y, None),
        ("3 + 4", "the formula has none of its variables", IN_X_Y, None),
        ("x + x1", "the formula mixes x and x1", IN_X_Y, None),
        ("x^2", "'^' is not allowed in a formula", "write ** for a power", (1, 1)),
        ("1 + |x|", "'|' is not allowed in a formula", "write abs(…) for an absolute value", (4, 1)),
        ("x²", "'²' is not allowed in a formula", "write **2", (1, 1)),
        ("2x", "a * is missing before 'x'", "write 2*x", (1, 1)),
        ("x y", "a * is missing before 'y'", "write x*y", (2, 1)),
        ("2(x)", "a * is missing before '('", "write 2*(…)", (1, 1)),
        ("(x)(y)", "a * is missing before '('", "write (…)*(…)", (3, 1)),
        ("x(y)", "a * is missing before '('", "write x*(…)", (1, 1)),
        ("sin x", "sin needs parentheses", "write sin(x)", (0, 3)),
        ("sin()", "sin needs a value", "write sin(x)", (0, 3)),
        ("sin(x, y)", "sin takes one value, not 2", "", (0, 3)),
        ("max(x)", "max takes two values or more, not 1", "write max(x, 0)", (0, 3)),
        ("x, y", "a comma cannot stand here", "only in max and min", (1, 1)),
        ("0,5*x", "a comma cannot stand here", "write a decimal point", (1, 1)),
        ("(x + y", "this ( is never closed", "add a )", (0, 1)),
        ("x + y)", "this ) closes nothing", "leave it out, or add a (", (5, 1)),
        ("x + ", "the formula ends too early", "a value is missing", (2, 1)),
        ("* x", "'*' cannot stand here", "a value is missing before it", (0, 1)),
        ("x ** * 2", "'*' cannot stand here", "a value is missing before it", (5, 1)),
        ("f = x", "unknown name 'f' in the formula", "write only what stands to the right of the =", (0, 1)),
        ("sinn(x)", "unknown function 'sinn' in the formula", "did you mean 'sin'?", (0, 4)),
        ("X**2", "unknown name 'X' in the formula", "write 'x'", (0, 1)),
        (
            "erf(x)",
            "unknown function 'erf' in the formula",
            "takes exp, log, sqrt, sin, cos, tan, sinh, cosh, tanh, abs, max, min",
            (0, 3),
        ),
        ("x3", "unknown name 'x3' in the formula", IN_X_Y, (0, 2)),
        ("log10(x)", "unknown function 'log10' in the formula", "write log(…)/log(10)", (0, 5)),
        (
            "np.sin(x)",
            "unknown name 'np' in the formula",
            "write the function's name alone, such as exp(x)",
            (0, 2),
        ),
        ("1e999*x", "1e999 is too large a number", "takes at most 1e308", (0, 5)),
        ("x" + "+x" * MAX_LENGTH, "the formula is too long", f"takes at most {MAX_LENGTH} characters", None),
    ],
)
def test_what_is_wrong_and_where(text: str, message: str, hint: str, at: tuple[int, int] | None) -> None:
    with pytest.raises(Wrong) as caught:
        parse(text, LANDSCAPE)
    assert (caught.value.message, caught.value.hint, caught.value.at) == (message, hint, at)


@pytest.mark.parametrize(
    "text",
    [
        "__import__('os').system('true')",
        "x.real",
        "x[0]",
        "(lambda x: x)(x)",
        "[x for x in y]",
        "x if y else 1",
        "x < y",
        "x == y",
        "not x",
        "x and y",
        "x // 2",
        "x % 2",
        "x @ y",
        "x << 2",
        "~x",
        "{x}",
        "'x'",
        "f'{x}'",
        "x; y",
        "x := 3",
        "x!",
        "1j*x",
        "0x10*x",
        "1_000*x",
        "exp",
        "exp.__class__(x)",
        "max(*x)",
        "max(x, key=y)",
        "x #y",
        "\x00x",
        "ｘ",
        "x٣",
    ],
)
def test_nothing_but_arithmetic(text: str) -> None:
    with pytest.raises(Wrong):
        parse(text, LANDSCAPE)


@pytest.mark.parametrize(
    "text", ["(" * 400 + "x" + ")" * 400, "-" * 900 + "x", "x**" * 300 + "x", "exp(" * 200 + "x"]
)
def test_what_is_nested_too_deep(text: str) -> None:
    with pytest.raises(Wrong, match="nested too deep"):
        parse(text, LANDSCAPE)


def test_long_and_deep_as_far_as_it_is_allowed() -> None:
    terms = MAX_LENGTH // 2
    assert parse("+".join(["x"] * terms), LANDSCAPE).evaluate(1.0) == terms
    depth = MAX_DEPTH - 1
    assert parse("(" * depth + "x" + ")" * depth, LANDSCAPE).evaluate(3.0) == 3.0


def test_other_variables() -> None:
    schedule: Any = parse("0.1*(1 - t/T)", (("t", "T"),))
    assert schedule.evaluate(np.arange(3.0), 2.0) == pytest.approx([0.1, 0.05, 0.0])
