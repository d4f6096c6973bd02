"""Which texts a setting's type reads, and as what."""

from __future__ import annotations

from typing import Any

import pytest

from optanim.settings import (
    Bytes,
    Choice,
    Color,
    Flag,
    Formula,
    ListOf,
    Number,
    OneOf,
    Text,
    ThingOf,
    Type,
    Wrong,
    closest,
    grouped,
    sized,
)

UNIT = Number(low=0, high=1, high_open=True)
POSITIVE = Number(low=0, low_open=True)
COUNT = Number(low=1, whole=True)


@pytest.mark.parametrize(
    ("kind", "text", "value"),
    [
        (Number(), "1e-3", 0.001),
        (Number(), ".1", 0.1),
        (Number(), "+1.", 1.0),
        (Number(), "-2E+3", -2000.0),
        (Number(), "0x1f", 31.0),
        (Number(), "0o17", 15.0),
        (Number(), "007", 7.0),
        (UNIT, "0", 0.0),
        (UNIT, "0.999", 0.999),
        (COUNT, "1e4", 10000),
        (COUNT, "3.0", 3),
        (Bytes(), "3MB", 3_000_000),
        (Bytes(), "1.5 MB", 1_500_000),
        (Bytes(), "500kB", 500_000),
        (Bytes(), ".5kB", 500),
        (Bytes(), "20000", 20_000),
        (Bytes(), "1e6", 1_000_000),
        (Bytes(), "1e3B", 1000),
        (Flag(), "true", True),
        (Flag(), "False", False),
        (Text(), "2019", "2019"),
        (Text(), "no", "no"),
        (Text(), "1e-3", "1e-3"),
        (Choice(("mse", "mae")), "mae", "mae"),
        (Color(), "teal", "#008080"),
        (Color(), "#c31", "#cc3311"),
        (Formula((("x",),)), "x**2", "x**2"),
    ],
)
def test_texts_that_are_read(kind: Any, text: str, value: object) -> None:
    read = kind.parse(text)
    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("kind", "text", "message", "hint"),
    [
        (Number(), "fast", "'fast' is not a number", "takes a number"),
        (Number(), "1_000", "'1_000' is not a number", "takes a number"),
        (Number(), "", "'' is not a number", "takes a number"),
        (Number(), "nan", "'nan' is not a number", "takes a number"),
        (Number(), ".nan", "nan is not a finite number", "takes a number"),
        (Number(), "-.inf", "-inf is not a finite number", "takes a number"),
        (Number(), "0x" + "f" * 300, "a number of so many digits is not a finite number", "takes a number"),
        (Number(), "1e999", "inf is not a finite number", "takes a number"),
        (POSITIVE, "0", "0 is out of range", "takes a number above 0"),
        (UNIT, "1", "1 is out of range", "takes a number at least 0 and below 1"),
        (COUNT, "0", "0 is out of range", "takes a whole number at least 1"),
        (COUNT, "2.5", "2.5 is not a whole number", "takes a whole number at least 1"),
        (Flag(), "no", "'no' is not true or false", "write true or false"),
        (Choice(("mse", "mae")), "maae", "'maae' is not mse or mae", "did you mean 'mae'?"),
        (Choice(("a", "b", "c")), "z", "'z' is not one of a, b, c", ""),
        (Color(), "bluish", "'bluish' is not a colour", "takes a colour such as '#cc3311' or teal"),
        (
            Color(),
            "rgb(999,0,0)",
            "'rgb(999,0,0)' is out of range",
            "takes a colour such as '#cc3311' or teal",
        ),
        (Color(), "#cc331180", "'#cc331180' is a colour with an opacity", "write '#cc3311'"),
        (Color(), "#c318", "'#c318' is a colour with an opacity", "write '#cc3311'"),
        (Color(), "rgba(1,2,3,0)", "'rgba(1,2,3,0)' is a colour with an opacity", "write '#010203'"),
    ],
)
def test_texts_that_are_wrong(kind: Any, text: str, message: str, hint: str) -> None:
    with pytest.raises(Wrong) as caught:
        kind.parse(text)
    assert (caught.value.message, caught.value.hint) == (message, hint)


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        (Number(), True),
        (Number(), "1"),
        (Number(), None),
        (Number(), float("nan")),
        (Number(), 10**400),
        (COUNT, -(10**400)),
        (COUNT, 0),
        (Flag(), 1),
        (Choice(("a",)), "b"),
        (Color(), 3),
        (Formula((("x",),)), "y"),
    ],
)
def test_values_that_are_wrong(kind: Any, value: object) -> None:
    with pytest.raises(Wrong):
        kind.check(value)


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (UNIT, "a number at least 0 and below 1"),
        (OneOf((POSITIVE, Choice(("tuned",)))), "a number above 0 or tuned"),
        (ThingOf("optimizer"), "an optimizer"),
        (ThingOf("panel"), "a panel"),
        (ListOf(Number(), (2, 4)), "a list of 2 or 4 numbers"),
        (ListOf(Text()), "a list of entries"),
        (ListOf(ListOf(Number())), "a list of lists of numbers"),
        (ListOf(ThingOf("optimizer")), "an optimizer or a list of them"),
        (ListOf(Choice(("light", "dark"))), "light or dark, or a list of them"),
        (Formula((("x",), ("x", "y"))), "a formula in x or in x, y"),
    ],
)
def test_descriptions(kind: Type, words: str) -> None:
    assert kind.describe() == words


def test_the_closest_word() -> None:
    assert closest("lambb", ["adam", "lamb"]) == "did you mean 'lamb'?"
    assert closest("xyzzy", ["adam", "lamb"]) == ""
    assert closest("LAMB", ["adam", "lamb"]) == "write 'lamb'"


@pytest.mark.parametrize(
    ("number", "shown"),
    [
        (5000, "5000"),
        (10_000, "10 000"),
        (12_000_000, "12 000 000"),
        (4.5, "4.5"),
        (10**300, "1e+300"),
    ],
)
def test_large_numbers_are_grouped(number: float, shown: str) -> None:
    assert grouped(number) == shown


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("3mb", "'mb' is not a unit of bytes", "write 3MB"),
        ("2 KB", "'KB' is not a unit of bytes", "write 2kB"),
        ("3MiB", "'MiB' is not a unit of bytes", "write 3MB"),
        ("3M", "'M' is not a unit of bytes", "takes B, kB, MB, GB"),
        ("small", "'small' is not a number of bytes", "takes a number of bytes such as 3MB or 500kB"),
        ("-3MB", "'-3MB' is not a number of bytes", "takes a number of bytes such as 3MB or 500kB"),
        ("0", "0 is out of range", "takes a number at least 1 and at most 1e+15"),
        ("1e400", "inf is not a finite number", "takes a number at least 1 and at most 1e+15"),
    ],
)
def test_bytes_that_are_not(text: str, message: str, hint: str) -> None:
    with pytest.raises(Wrong) as caught:
        Bytes().parse(text)
    assert (caught.value.message, caught.value.hint) == (message, hint)


def test_bytes_from_python() -> None:
    assert Bytes().check("2MB") == Bytes().check(2e6) == 2_000_000
    with pytest.raises(Wrong, match="True is not a number"):
        Bytes().check(True)


@pytest.mark.parametrize(
    ("count", "text"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (12_345, "12.3 kB"), (3_000_000, "3 MB"), (2.5e9, "2.5 GB")],
)
def test_bytes_in_messages(count: float, text: str) -> None:
    assert sized(count) == text
