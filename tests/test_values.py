"""Values that are spread over a range: the numbers, their order, and what is said of wrong ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optanim.kinds import values
from optanim.reader import read
from tests.test_reader import wrong


def spread(name: str, **settings: Any) -> list[Any]:
    """What one of them makes of a seed, single numbers without their brackets."""
    entry = values[name]
    asked = [np.random.default_rng(3) for _ in entry.asks]
    rows: list[list[float]] = entry.function(*asked, **settings).tolist()
    return [row[0] if len(row) == 1 else tuple(row) for row in rows]


@pytest.mark.parametrize(
    ("name", "settings", "expected"),
    [
        ("linspace", {"low": (0.1,), "high": (0.3,), "n": 3}, [0.1, 0.2, 0.3]),
        ("linspace", {"low": (1.0,), "high": (-1.0,), "n": 3}, [1.0, 0.0, -1.0]),
        ("linspace", {"low": (2.0,), "high": (9.0,), "n": 1}, [2.0]),
        ("linspace", {"low": (-1.0, 2.0), "high": (1.0, 2.0), "n": 2}, [(-1.0, 2.0), (1.0, 2.0)]),
        ("logspace", {"low": (1e-4,), "high": (1.0,), "n": 5}, [1e-4, 1e-3, 1e-2, 0.1, 1.0]),
        (
            "logspace",
            {"low": (1.0,), "high": (128.0,), "n": 8},
            [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0],
        ),
        ("logspace", {"low": (0.1,), "high": (1.0,), "n": 3}, [0.1, 0.316228, 1.0]),
        ("range", {"n": 3}, [0.0, 1.0, 2.0]),
        (
            "grid",
            {"low": (-1.0, 0.0), "high": (1.0, 4.0), "n": (2,)},
            [(-1.0, 0.0), (1.0, 0.0), (-1.0, 4.0), (1.0, 4.0)],
        ),
        ("grid", {"low": (0.0,), "high": (1.0,), "n": (2, 1)}, [(0.0, 0.0), (1.0, 0.0)]),
    ],
)
def test_values(name: str, settings: dict[str, Any], expected: list[Any]) -> None:
    assert spread(name, **settings) == expected


def test_random_values_are_inside_and_printed_whole() -> None:
    made = spread("random", low=(-2.0, 5.0), high=(1.0, 6.0), n=40)
    assert len(set(made)) == 40
    assert all(-2 <= x <= 1 and 5 <= y <= 6 for x, y in made)
    assert all(float(f"{number:.6g}") == number for point in made for number in point)


RANDOM = (
    "landscape: beale\noptimizers: gd\nseed: {}\nsweep: {{lr: {{random: {{low: 0.01, high: 1, n: 3}}}}}}\n"
)


def test_random_values_are_of_the_seed() -> None:
    one, two, other = ([run.lr for run in read(RANDOM.format(seed)).runs] for seed in (1, 1, 2))
    assert one == two != other


@pytest.mark.parametrize(
    ("axis", "message", "hint"),
    [
        ("lr: {range: 3}", "0 is out of range", "takes a number above 0"),
        ("steps: {linspace: {low: 1, high: 2, n: 3}}", "1.5 is not a whole number",
         "takes a whole number at least 1"),
        ("seed: {range: 501}", "501 is out of range", "takes a whole number at least 1 and at most 500"),
        ("lr: {logspace: {low: 0.1, high: 1, n: 0}}", "0 is out of range",
         "takes a whole number at least 1 and at most 500"),
        ("steps: {linspace: {low: 3, high: 3, n: 2}}", "a value of steps is there twice", "drop one"),
        ("start: {linspace: {low: [-1.7e308, 0], high: [1.7e308, 0], n: 3}}", "a start that is not finite",
         "take low and high nearer to each other"),
        ("start: {grid: {low: [0, 0, 0], high: [1, 1, 1], n: 2}}",
         "low has 3 numbers, and a grid is of one or two", "see optanim explain grid"),
        ("start: {grid: {low: [0, 1], high: [1, 1], n: 2}}", "high must be above low",
         "see optanim explain grid"),
        ("lr: {linspace: 3}", "'linspace' takes no value of its own",
         "write its settings in a mapping, such as linspace: {low: […], high: […], n: …}"),
    ],
)  # fmt: skip
def test_what_cannot_be_spread(axis: str, message: str, hint: str) -> None:
    assert wrong(f"landscape: beale\noptimizers: gd\nsweep: {{{axis}}}\n") == [(message, hint)]
