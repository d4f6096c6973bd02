"""What a setting can be: the types that annotate the settings of every thing in a scene.

A thing's settings are the keyword-only parameters of its function, and their annotations are
read from here: `lr: Positive`, `momentum: Lead[Unit] = 0.9`, `loss: Literal["mse", "mae"]`.
Each annotation carries one of the small types below, which knows how to describe itself, how to
read a scalar of a scene, and which values it allows.
"""

from __future__ import annotations

import difflib
import inspect
import math
import re
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from numbers import Integral
from numbers import Real as RealNumber
from typing import Annotated, Any, TypeVar

NUMBER = re.compile(r"[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?")


LARGEST = sys.float_info.max


class Wrong(ValueError):
    """A value that its type does not allow, with what to do about it.

    `at` is the part of the text that is wrong, as (offset, length), where it is not all of it.
    """

    def __init__(self, message: str, hint: str = "", at: tuple[int, int] | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.at = at


def closest(word: str, known: Iterable[str]) -> str:
    """The hint `did you mean 'x'?` for a mistyped word; empty where nothing is near.

    Where only the case differs it is `write 'x'`, which leaves nothing to ask.
    """
    names = list(known)
    for name in names:
        if name.lower() == word.lower() != "":
            return f"write '{name}'"
    near = difflib.get_close_matches(word, names, n=1, cutoff=0.6)
    # Of a short word the first letter is much: `came` is not what `name` was to be.
    if not near or (len(word) == len(near[0]) <= 4 and near[0][0] != word[0]):
        return ""
    return f"did you mean '{near[0]}'?"


def grouped(number: float) -> str:
    """A number as a message shows it: in groups of three digits from five on, short where huge."""
    if not abs(number) < 1e15 or number != int(number):
        return f"{number:.7g}"
    digits = f"{int(number):,}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return digits if abs(number) >= 10_000 else str(int(number))


@dataclass(frozen=True)
class Number:
    """A finite number within bounds; `whole` allows no fraction."""

    low: float = -math.inf
    high: float = math.inf
    low_open: bool = False
    high_open: bool = False
    whole: bool = False

    def describe(self) -> str:
        return f"a{' whole' * self.whole} number {self.bounds()}".strip()

    def bounds(self) -> str:
        """Which numbers these are, in words; empty where it is any."""
        words = []
        if self.low > -math.inf:
            words.append(f"{'above' if self.low_open else 'at least'} {self._said(self.low)}")
        if self.high < math.inf:
            words.append(f"{'below' if self.high_open else 'at most'} {self._said(self.high)}")
        return " and ".join(words)

    def _said(self, value: float) -> str:
        return grouped(int(value)) if self.whole and abs(value) < 1e15 else f"{value:g}"

    def parse(self, text: str) -> float | int:
        """The number a scalar means: YAML 1.2's, plus `.1` and `1e4` for a whole one."""
        if re.fullmatch(r"[-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN)", text):
            return self.check(float(text.replace(".", "", 1)))
        if re.fullmatch(r"0x[0-9a-fA-F]+|0o[0-7]+", text):
            return self.check(int(text, 0))
        if not NUMBER.fullmatch(text):
            raise Wrong(f"'{text}' is not a number", f"takes {self.describe()}")
        return self.check(float(text))

    def check(self, value: Any) -> float | int:
        """The value as float (int where `whole`), or Wrong."""
        if isinstance(value, bool) or not isinstance(value, RealNumber):
            raise Wrong(f"{value!r} is not a number", f"takes {self.describe()}")
        value = int(value) if isinstance(value, Integral) else float(value)  # NumPy has numbers of its own
        if not -LARGEST <= value <= LARGEST:  # an int may be larger than every float
            name = value if isinstance(value, float) else "a number of so many digits"
            raise Wrong(f"{name} is not a finite number", f"takes {self.describe()}")
        if self.whole and value != int(value):
            raise Wrong(f"{value:g} is not a whole number", f"takes {self.describe()}")
        too_low = value <= self.low if self.low_open else value < self.low
        too_high = value >= self.high if self.high_open else value > self.high
        if too_low or too_high:
            raise Wrong(f"{self._said(value)} is out of range", f"takes {self.describe()}")
        return int(value) if self.whole else float(value)


UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9}


def sized(count: float) -> str:
    """A number of bytes as a message shows it, in the largest unit that it fills."""
    unit = next((unit for unit in reversed(UNITS) if count >= UNITS[unit]), "B")
    return f"{count / UNITS[unit]:.3g} {unit}"


@dataclass(frozen=True)
class Bytes:
    """A number of bytes, such as 3MB or 500kB; read as a whole number."""

    def describe(self) -> str:
        return "a number of bytes such as 3MB or 500kB"

    def parse(self, text: str) -> int:
        match = re.fullmatch(r"(\.\d+|\d+(?:\.\d*)?)([eE]\+?\d+)? ?([A-Za-z]*)", text)
        if not match:
            raise Wrong(f"'{text}' is not a number of bytes", f"takes {self.describe()}")
        number, power, unit = match[1], match[2] or "", match[3] or "B"
        if unit not in UNITS:
            near = next((known for known in UNITS if known.lower() == unit.lower().replace("ib", "b")), "")
            hint = f"write {number}{power}{near}" if near else f"takes {', '.join(UNITS)}"
            raise Wrong(f"'{unit}' is not a unit of bytes", hint)
        return self.check(float(number + power) * UNITS[unit])

    def check(self, value: Any) -> int:
        if isinstance(value, str):
            return self.parse(value)
        bounds = Number(low=1, high=10**15)
        return round(bounds.check(value))


@dataclass(frozen=True)
class Flag:
    """true or false."""

    def describe(self) -> str:
        return "true or false"

    def parse(self, text: str) -> bool:
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        raise Wrong(f"'{text}' is not true or false", "write true or false")

    def check(self, value: Any) -> bool:
        if not isinstance(value, bool):
            raise Wrong(f"{value!r} is not true or false", "write true or false")
        return value


@dataclass(frozen=True)
class Text:
    """Text, taken as it is written."""

    def describe(self) -> str:
        return "text"

    def parse(self, text: str) -> str:
        return text

    def check(self, value: Any) -> str:
        return str(value)


@dataclass(frozen=True)
class Choice:
    """One of a few words."""

    options: tuple[str, ...]

    def describe(self) -> str:
        return " or ".join(self.options) if len(self.options) < 3 else "one of " + ", ".join(self.options)

    def parse(self, text: str) -> str:
        return self.check(text)

    def check(self, value: Any) -> str:
        if value not in self.options:
            raise Wrong(f"'{value}' is not {self.describe()}", closest(str(value), self.options))
        return str(value)


@dataclass(frozen=True)
class Nothing:
    """The word none, of a setting that may be without a value though it has one by default."""

    def describe(self) -> str:
        return "none"

    def parse(self, text: str) -> None:
        if text != "none":
            raise Wrong(f"'{text}' is not none", "takes none")

    def check(self, value: Any) -> None:
        if value is not None:
            raise Wrong(f"{value!r} is not none", "takes none")


@dataclass(frozen=True)
class Color:
    """A colour: `#rgb`, `#rrggbb` or a CSS name."""

    def describe(self) -> str:
        return "a colour such as '#cc3311' or teal"

    def parse(self, text: str) -> str:
        return self.check(text)

    def check(self, value: Any) -> str:
        from PIL import ImageColor

        text = str(value)
        try:
            parts = ImageColor.getrgb(text)
        except ValueError:
            raise Wrong(f"'{text}' is not a colour", f"takes {self.describe()}") from None
        if not all(0 <= part <= 255 for part in parts):
            raise Wrong(f"'{text}' is out of range", f"takes {self.describe()}")
        if len(parts) != 3:
            solid = "#{:02x}{:02x}{:02x}".format(*parts[:3])
            raise Wrong(f"'{text}' is a colour with an opacity", f"write '{solid}'")
        return "#{:02x}{:02x}{:02x}".format(*parts)


@dataclass(frozen=True)
class Formula:
    """Arithmetic in the given variables; several tuples are alternatives."""

    variables: tuple[tuple[str, ...], ...]

    def describe(self) -> str:
        return "a formula in " + " or in ".join(", ".join(names) for names in self.variables)

    def parse(self, text: str) -> str:
        return self.check(text)

    def check(self, value: Any) -> str:
        from optanim.formula import parse

        return parse(str(value), self.variables).text


@dataclass(frozen=True)
class FileName:
    """A file inside the scene's folder, as a relative path."""

    def describe(self) -> str:
        return "a file in the scene's folder"

    def parse(self, text: str) -> str:
        return text

    def check(self, value: Any) -> str:
        return str(value)


@dataclass(frozen=True)
class ListOf:
    """A list; where `one_will_do`, a single item may stand for it."""

    item: Type
    lengths: tuple[int, ...] = ()
    one_will_do: bool = True
    increasing_pairs: bool = False  # [low, high, low, high, …], each low below its high

    def describe(self) -> str:
        kinds = self.item.types if isinstance(self.item, OneOf) else (self.item,)
        if isinstance(kinds[0], ThingOf):
            return f"{kinds[0].describe()} or a list of them"
        if isinstance(self.item, Choice):
            return f"{' or '.join(self.item.options)}, or a list of them"
        if isinstance(self.item, ListOf):
            return self.item.describe().replace("a list", "a list of lists", 1)
        many = " or ".join(map(str, self.lengths))
        noun = f"numbers {self.item.bounds()}".strip() if isinstance(self.item, Number) else "entries"
        return f"a list of {many} {noun}" if many else f"a list of {noun}"


@dataclass(frozen=True)
class ThingOf:
    """A thing of a kind, by NAME or NAME: {settings}."""

    kind: str

    def describe(self) -> str:
        return f"{'an' if self.kind[0] in 'aeiou' else 'a'} {self.kind}"


@dataclass(frozen=True)
class Group:
    """Settings of their own, those of a function, as a mapping or by the leading one alone."""

    of: Callable[..., Any]

    def describe(self) -> str:
        return f"a mapping of {' and '.join(inspect.signature(self.of).parameters)}"


@dataclass(frozen=True)
class Axes:
    """What a sweep varies, with its values; what these may be is known once the runs are."""

    def describe(self) -> str:
        return "a mapping of what varies to its values"


@dataclass(frozen=True)
class OneOf:
    """Any of several types, tried in order."""

    types: tuple[Type, ...]

    def describe(self) -> str:
        return " or ".join(kind.describe() for kind in self.types)

    def check(self, value: Any) -> Any:
        """The value as the first type that takes it, or Wrong."""
        for kind in self.types:
            if isinstance(kind, (ListOf, ThingOf, Group, Axes)):
                continue
            try:
                return kind.check(value)
            except Wrong:
                continue
        raise Wrong(f"{value!r} will not do", f"takes {self.describe()}")


Type = (
    Number
    | Bytes
    | Flag
    | Text
    | Choice
    | Color
    | Formula
    | FileName
    | Nothing
    | ListOf
    | ThingOf
    | Group
    | Axes
    | OneOf
)


@dataclass(frozen=True)
class Mark:
    """Something said of a setting beside its type."""

    name: str


LEAD = Mark("lead")
SCHEDULED = Mark("scheduled")

T = TypeVar("T")
Lead = Annotated[T, LEAD]  # the setting that a value which is no mapping stands for
Scheduled = Annotated[T, SCHEDULED]  # a number that may change with the step

Real = Annotated[float, Number()]
Positive = Annotated[float, Number(low=0, low_open=True)]
NonNegative = Annotated[float, Number(low=0)]
Unit = Annotated[float, Number(low=0, high=1, high_open=True)]
Whole = Annotated[int, Number(low=0, whole=True)]
Seed = Annotated[int, Number(low=0, high=2**32 - 1, whole=True)]
Count = Annotated[int, Number(low=1, whole=True)]
Rate = Annotated[float, Number(low=0.1, high=1000)]  # frames a second that every format can hold
Magnification = Annotated[float, Number(low=0.5, high=4)]
Budget = Annotated[int, Bytes()]
Hue = Annotated[str, Color()]
View = Annotated[
    tuple[float, ...], ListOf(Number(), lengths=(2, 4), one_will_do=False, increasing_pairs=True)
]
