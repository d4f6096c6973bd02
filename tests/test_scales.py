"""Ticks are few, inside, and told apart by their words."""

from __future__ import annotations

import numpy as np
import pytest

from optanim.scales import Scale, linear_ticks, padded, tick_words

RANGES = [
    ("linear", 0.0, 1.0), ("linear", -3.7, 12.2), ("linear", 5 - 1e-9, 5 + 1e-9), ("linear", -1e30, 1e30),
    ("linear", 1e-300, 3e-300), ("linear", 0.0, 100.0),
    ("log", 1.0, 10.0), ("log", 0.3, 0.5), ("log", 1e-14, 1e2), ("log", 1e-300, 1e300), ("log", 2.0, 70.0),
    ("symlog", -1e12, 1.4), ("symlog", -3.0, -2.3), ("symlog", 0.0, 50.0), ("symlog", -1.6, 3.2),
]  # fmt: skip


@pytest.mark.parametrize("most", [2, 5, 10])
@pytest.mark.parametrize(("kind", "low", "high"), RANGES)
def test_ticks(kind: str, low: float, high: float, most: int) -> None:
    values, labels = Scale(kind, low, high, threshold=0.1).ticks(most)
    assert 1 <= len(values) <= 2 * most + 3
    assert values == sorted(set(values))
    assert low - 1e-9 * abs(low) <= values[0] and values[-1] <= high + 1e-9 * abs(high)
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize(
    ("low", "high", "most", "expected"),
    [
        (0, 100, 6, [0, 20, 40, 60, 80, 100]),
        (-2, 2, 5, [-2, -1, 0, 1, 2]),
        (-0.8, 3, 6, [0, 1, 2, 3]),
        (0, 20, 3, [0, 10, 20]),
    ],
)
def test_linear_ticks_are_round(low: float, high: float, most: int, expected: list[float]) -> None:
    assert linear_ticks(low, high, most) == expected


def test_whole_ticks() -> None:
    assert linear_ticks(0, 1, 10, whole=True) == [0, 1]


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ([0.0, 0.5, -1.0], ["0", "0.5", "−1"]),
        ([1e-4, 1e-2, 1.0], ["10⁻⁴", "0.01", "1"]),
        ([1e5, 2e9, -1e30], ["10⁵", "2·10⁹", "−10³⁰"]),
        ([1000.0, 20000.0], ["1000", "20000"]),
        ([1.0, 100.0, 1e4, 1e6], ["1", "100", "10⁴", "10⁶"]),
        ([4.9999, 5.0, 5.0001], ["4.9999", "5", "5.0001"]),
        ([1e-300, 2e-300], ["10⁻³⁰⁰", "2·10⁻³⁰⁰"]),
    ],
)
def test_tick_words(values: list[float], expected: list[str]) -> None:
    assert tick_words(values) == expected


@pytest.mark.parametrize(("kind", "low", "high"), RANGES)
def test_room_is_made_at_both_ends(kind: str, low: float, high: float) -> None:
    wide = padded(Scale(kind, low, high, 0.1), 0.05)
    assert np.isfinite([wide.low, wide.high]).all()
    assert wide.low <= low and wide.high >= high
    assert kind != "log" or wide.low > 0
