"""What figures say: numbers, formulas, titles, the line of facts."""

from __future__ import annotations

import pytest

from optanim import words
from optanim.reader import read
from optanim.simulate import simulate
from optanim.trace import Trace


def traced(text: str) -> Trace:
    return simulate(read(text, name="scene.yaml"))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0015, "0.0015"),
        (-1.5, "−1.5"),
        (1e-6, "1e−6"),
        (float("inf"), "∞"),
        (123456.0, "1.23e5"),
        (0.0, "0"),
    ],
)
def test_numbers(value: float, text: str) -> None:
    assert words.number(value) == text


@pytest.mark.parametrize(
    ("share", "told"),
    [
        (100.0, "100 %"),
        (99.99, "99.9 %"),
        (97.3, "97.3 %"),
        (97.36, "97.3 %"),
        (0.0, "0 %"),
        (29.0, "29 %"),
        (100 * 0.29, "29 %"),
    ],
)
def test_a_share_is_rounded_down(share: float, told: str) -> None:
    assert words.percent(share) == told


@pytest.mark.parametrize(
    ("typed", "read_as"),
    [
        ("0.1*x1**2 + 2*x2**2", "0.1 x₁² + 2 x₂²"),
        ("x**2 - y**2", "x² − y²"),
        ("cos(2*pi*x)", "cos(2 π x)"),
        ("x**1.5", "x**1.5"),
        ("1e-3*x", "1e-3 x"),
    ],
)
def test_formulas(typed: str, read_as: str) -> None:
    assert words.formula(typed) == read_as


@pytest.mark.parametrize(
    ("scene", "title", "facts"),
    [
        (
            "landscape: rosenbrock\noptimizers: [gd, adam]",
            "GD and Adam on Rosenbrock",
            "start (−1.5, 2)  ·  learning rate of each: best of 25",
        ),
        (
            "title: T\nlandscape: {formula: x1**2 + x2**2}\nstart: [1, 1]\nlr: 0.1\noptimizers: gd",
            "T",
            "f = x₁² + x₂²  ·  start (1, 1)  ·  lr 0.1",
        ),
        (
            "title: T\nlandscape: {formula: (x-1e6)**2}\nstart: 1000010\nlr: 0.1\noptimizers: gd",
            "T",
            "f = (x−1e6)²  ·  start 1000010  ·  lr 0.1",
        ),
        (
            "title: T\nlandscape: beale\noptimizers: [gd, adam]\npanels: contour",
            "T",
            "Beale  ·  start (1, 1.5)  ·  lr of GD 0.033, Adam 0.47 (best of 25)",
        ),
        ("dataset: line\ntitle: Data", "Data", ""),
        (
            "landscape: beale\nlr: 0.01\noptimizers: [gd, momentum, nesterov, adam, adamw]",
            "5 optimizers on Beale",
            "start (1, 1.5)  ·  lr 0.01",
        ),
    ],
)
def test_titles_and_facts(scene: str, title: str, facts: str) -> None:
    trace = traced(scene)
    assert words.title(trace) == title
    assert words.facts(trace) == facts


def test_alt_tells_how_each_run_ended() -> None:
    trace = traced("landscape: {formula: sqrt(x) + y**2}\nstart: [0.1, 1]\nlr: 1\noptimizers: gd")
    assert words.alt(trace) == (
        "GD descends sqrt(x) + y². 100 steps: GD ends early, the loss is not a number at step 1."
    )
    assert words.alt(traced("alt: A words\nlandscape: beale\noptimizers: adam")) == "A words"
