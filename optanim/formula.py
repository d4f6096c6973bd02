"""Allow-listed arithmetic: the text of a formula into a flat program that is stepped through.

A formula is data from a stranger: it has its own grammar, its constants are floats, and its length
and depth are bounded, so that reading or evaluating one can neither run code nor exhaust anything.
"""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, NamedTuple, NoReturn

import numpy as np

from optanim.settings import Wrong, closest

MAX_LENGTH = 1000  # characters
MAX_DEPTH = 50  # parentheses, signs and powers inside each other

CONSTANTS = {"pi": math.pi, "e": math.e}
FUNCTIONS: dict[str, Callable[..., Any]] = {
    "exp": np.exp,
    "log": np.log,
    "sqrt": np.sqrt,
    "sin": np.sin,
    "cos": np.cos,
    "tan": np.tan,
    "sinh": np.sinh,
    "cosh": np.cosh,
    "tanh": np.tanh,
    "abs": np.absolute,
    "max": np.maximum,
    "min": np.minimum,
}
MANY = ("max", "min")  # take two values or more

INFIX: dict[str, tuple[int, int, Callable[..., Any]]] = {  # binds to its left, to its right
    "+": (1, 2, operator.add),
    "-": (1, 2, operator.sub),
    "*": (3, 4, operator.mul),
    "/": (3, 4, operator.truediv),
    "**": (7, 5, operator.pow),  # right to left, and 2**-x is 2**(-x)
}
SIGN = 5  # -x**2 is -(x**2), -x*y is (-x)*y

TOKEN = re.compile(
    r"(?P<number>(\d+\.?\d*|\.\d+)([eE][-+]?\d+)?)|(?P<name>[^\W\d]\w*)"
    r"|(?P<sign>\*\*|/(?!/)|[-+*(),])|(?P<other>//|[<>=!]=|\S)",
    re.ASCII,
)
ELSEWHERE = {
    "ln": "write log(…)",
    "log2": "write log(…)/log(2)",
    "log10": "write log(…)/log(10)",
    "pow": "write a**b",
    "power": "write a**b",
    "square": "write x**2",
    "fabs": "write abs(…)",
    "maximum": "write max(…)",
    "minimum": "write min(…)",
    "np": "write the function's name alone, such as exp(x)",
    "numpy": "write the function's name alone, such as exp(x)",
    "math": "write the function's name alone, such as exp(x)",
    "torch": "write the function's name alone, such as exp(x)",
}
INSTEAD = {
    "^": "write ** for a power",
    "|": "write abs(…) for an absolute value",
    "π": "write pi",
    "=": "write only what stands to the right of the =",
    "²": "write **2",
    "³": "write **3",
    "√": "write sqrt(…)",
    "·": "write *",
    "×": "write *",
    "−": "write -",
    "[": "write ( )",
    "{": "write ( )",
}
ALLOWED = f"a formula has + - * / ** ( ), numbers, pi, e, {', '.join(FUNCTIONS)}"

Step = str | float | tuple[Callable[..., Any], int]


@dataclass(frozen=True)
class Parsed:
    """A formula and the variables it is in, all of the alternative, used or not."""

    text: str
    variables: tuple[str, ...]
    program: tuple[Step, ...] = field(repr=False)

    def evaluate(self, *values: Any) -> Any:
        """The formula's value; one float, array or Tensor per variable, which broadcast.

        The shape is that of the variables the formula uses. Where it is not defined the value
        is NaN or infinite.
        """
        # A Python float would raise where NumPy gives inf or nan.
        known = {
            name: np.float64(value) if isinstance(value, (int, float)) else value
            for name, value in zip(self.variables, values, strict=True)
        }
        stack: list[Any] = []
        with np.errstate(all="ignore"):
            for step in self.program:
                if isinstance(step, str):
                    stack.append(known[step])
                elif isinstance(step, float):
                    stack.append(step)
                else:
                    function, count = step
                    operands = stack[-count:]
                    del stack[-count:]
                    stack.append(function(*operands))
        return stack[0]


def parse(text: str, variables: tuple[tuple[str, ...], ...]) -> Parsed:
    """The formula that a text means, in the first of the alternative `variables` that fits it.

    Raises Wrong, with the place inside the text, for anything but arithmetic.
    """
    if len(text) > MAX_LENGTH:
        raise Wrong("the formula is too long", f"takes at most {MAX_LENGTH} characters")
    if not text.strip():
        raise Wrong("the formula is empty", f"takes {_in_words(variables)}")
    reader = _Reader(text, variables)
    reader.expression(0, 0)
    if reader.token.kind != "end":
        reader.refuse()
    used = {step for step in reader.program if isinstance(step, str)}
    if not used:
        raise Wrong("the formula has none of its variables", f"takes {_in_words(variables)}")
    for alternative in variables:
        if used <= set(alternative):
            return Parsed(text, alternative, tuple(reader.program))
    raise Wrong(f"the formula mixes {' and '.join(sorted(used))}", f"takes {_in_words(variables)}")


def _in_words(variables: tuple[tuple[str, ...], ...]) -> str:
    return "a formula in " + ", or in ".join(" and ".join(names) for names in variables)


class _Token(NamedTuple):
    kind: str  # number, name, sign, other or end
    text: str
    at: int


class _Reader:
    """Reads a formula by operator precedence and writes its program, operands first."""

    def __init__(self, text: str, variables: tuple[tuple[str, ...], ...]) -> None:
        self.text = text
        self.variables = variables
        self.names = [name for names in variables for name in names]
        self.program: list[Step] = []
        self.tokens = [_Token(str(m.lastgroup), m[0], m.start()) for m in TOKEN.finditer(text)]
        self.tokens.append(_Token("end", "", len(text.rstrip())))
        self.position = 0

    @property
    def token(self) -> _Token:
        return self.tokens[self.position]

    def advance(self) -> _Token:
        token = self.token
        self.position += 1
        return token

    def expression(self, binding: int, depth: int) -> None:
        """Reads operands joined by whatever binds at least this strongly."""
        if depth > MAX_DEPTH:
            self.wrong("the formula is nested too deep", f"takes at most {MAX_DEPTH} levels")
        self.operand(depth)
        while self.token.text in INFIX:
            left, right, function = INFIX[self.token.text]
            if left < binding:
                return
            self.advance()
            self.expression(right, depth + 1)
            self.program.append((function, 2))

    def operand(self, depth: int) -> None:
        token = self.advance()
        if token.kind == "number":
            value = np.float64(token.text)
            if not np.isfinite(value):
                self.wrong(f"{token.text} is too large a number", "takes at most 1e308", token)
            self.program.append(value)
        elif token.text in ("-", "+"):
            self.expression(SIGN, depth + 1)
            if token.text == "-":
                self.program.append((operator.neg, 1))
        elif token.text == "(":
            self.expression(0, depth + 1)
            self.close(token)
        elif token.kind == "name":
            self.name(token, depth)
        else:
            self.position -= 1
            self.refuse()

    def name(self, token: _Token, depth: int) -> None:
        if token.text in FUNCTIONS:
            self.call(token, depth)
        elif token.text in self.names:
            self.program.append(token.text)
        elif token.text in CONSTANTS:
            self.program.append(np.float64(CONSTANTS[token.text]))
        else:
            self.unknown(token)

    def known(self, token: _Token) -> bool:
        return token.text in self.names or token.text in CONSTANTS or token.text in FUNCTIONS

    def unknown(self, token: _Token) -> NoReturn:
        name = token.text
        hint = ELSEWHERE.get(name, "")
        called = self.token.text == "("
        if self.token.text == "=":
            hint = INSTEAD["="]
        elif not hint and name.isalpha():
            hint = closest(name, FUNCTIONS if called else [*self.names, *CONSTANTS, *FUNCTIONS])
        listed = f"takes {', '.join(FUNCTIONS)}" if called else f"takes {_in_words(self.variables)}"
        what = "function" if called else "name"
        self.wrong(f"unknown {what} '{name}' in the formula", hint or listed, token)

    def call(self, token: _Token, depth: int) -> None:
        name = token.text
        if self.token.text != "(":
            what = self.token.text if self.token.kind in ("name", "number") else "…"
            self.wrong(f"{name} needs parentheses", f"write {name}({what})", token)
        opening = self.advance()
        if self.token.text == ")":
            self.wrong(f"{name} needs a value", f"write {name}(x)", token)
        count = 1
        self.expression(0, depth + 1)
        while self.token.text == ",":
            self.advance()
            count += 1
            self.expression(0, depth + 1)
            if name in MANY:
                self.program.append((FUNCTIONS[name], 2))
        self.close(opening)
        if name in MANY and count == 1:
            self.wrong(f"{name} takes two values or more, not 1", f"write {name}(x, 0)", token)
        if name not in MANY:
            if count > 1:
                self.wrong(f"{name} takes one value, not {count}", "", token)
            self.program.append((FUNCTIONS[name], 1))

    def close(self, opening: _Token) -> None:
        if self.token.kind == "end":
            self.wrong("this ( is never closed", "add a )", opening)
        if self.token.text != ")":
            self.refuse()
        self.advance()

    def refuse(self) -> NoReturn:
        """Raises Wrong for a token that cannot stand where it does."""
        token = self.token
        before = self.tokens[self.position - 1] if self.position else None
        after_operand = before is not None and (before.kind in ("number", "name") or before.text == ")")
        if token.kind == "end":
            self.wrong("the formula ends too early", "a value is missing", before)
        if token.kind == "other":
            message = f"'{token.text}' is not allowed in a formula"
            self.wrong(message, INSTEAD.get(token.text, ALLOWED))
        if token.kind == "name" and not self.known(token):
            self.advance()
            self.unknown(token)
        if before and after_operand and (token.kind in ("number", "name") or token.text == "("):
            left = before.text if before.kind != "sign" else "(…)"
            right = token.text if token.text != "(" else "(…)"
            self.wrong(f"a * is missing before '{token.text}'", f"write {left}*{right}")
        if token.text == ",":
            hint = "write a decimal point" if before and before.kind == "number" else "only in max and min"
            self.wrong("a comma cannot stand here", hint)
        if token.text == ")" and after_operand:
            self.wrong("this ) closes nothing", "leave it out, or add a (")
        self.wrong(f"'{token.text}' cannot stand here", "a value is missing before it")

    def wrong(self, message: str, hint: str, token: _Token | None = None) -> NoReturn:
        token = token or self.token
        raise Wrong(message, hint, (token.at, max(1, len(token.text))))
