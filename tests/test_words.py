"""What figures say: numbers, formulas, titles, the line of facts."""

from __future__ import annotations

import numpy as np
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


@pytest.mark.parametrize(
    ("scene", "title", "facts"),
    [
        (
            "dataset: moons\noptimizers: sgd",
            "SGD trains MLP 2–32–2 on Moons",
            "lr 0.1",
        ),
        (
            "title: T\ndataset: {formula: {f: sin(3*x)}}\nlandscape: {mlp: [4, 3]}\noptimizers: [sgd, adam]",
            "T",
            "MLP 1–4–3–1 on sin(3 x)  ·  lr 0.1",
        ),
        (
            "dataset: {line: {n: 9}}\nlandscape: mlp\noptimizers: [sgd, adam]",
            "SGD and Adam train MLP 1–32–1 on Line",
            "lr 0.1",
        ),
        (
            "dataset: moons\noptimizers: [sgd, adam]\nsweep: {landscape: [mlp: 4, mlp: 8], seed: [0, 1]}",
            "SGD and Adam train 2 networks on Moons",
            "2 seeds: mean (geometric on log axes), lowest to highest  ·  lr 0.1",
        ),
        (
            "title: T\ndataset: moons\noptimizers: sgd\nsweep: {landscape: [mlp: 4, mlp: 8]}",
            "T",
            "2 networks on Moons  ·  lr 0.1",
        ),
        (
            "landscape: {mlp: 4}\noptimizers: sgd\nsweep: {dataset: [moons, spirals]}",
            "SGD trains MLP on 2 datasets",
            "lr 0.1",
        ),
        (
            "landscape: linear_regression\noptimizers: gd\nsweep: {dataset: [line: {n: 9}, line: {n: 8}]}",
            "GD on MSE of linear regression, 2 datasets",
            "start (0, 0)  ·  lr 0.1",
        ),
        (  # a line for the one, a network for the other
            "optimizers: gd\nsweep: {dataset: [line, moons]}",
            "GD on 2 datasets",
            "lr 0.1",
        ),
        (
            "dataset: line\noptimizers: gd\nsweep: {landscape: [mlp: 4, linear_regression]}",
            "GD on 2 landscapes",
            "lr 0.1",
        ),
        (
            "landscape: {formula: x**2}\noptimizers: momentum\nsweep: {start: [1, 2, 3]}",
            "Momentum descends x²",
            "3 starts  ·  lr 0.1",
        ),
        (
            "landscape: {formula: x**2}\nstart: 1\noptimizers: [gd, momentum]",
            "GD and Momentum descend x²",
            "start 1  ·  lr 0.1",
        ),
    ],
)
def test_what_is_run_on_is_named_with_its_data(scene: str, title: str, facts: str) -> None:
    trace = traced(f"{scene}\nsteps: 2\nlr: 0.1\n")
    assert (words.title(trace), words.facts(trace)) == (title, facts)
    assert words.alt(trace).startswith(f"{title}. 2 steps: ")


@pytest.mark.parametrize(
    ("rates", "expected"),
    [
        ("[tuned, 0.01]", [("GD lr 1", "largest tried"), ("GD lr 0.01", "")]),
        ("[tuned, 1]", [("GD lr 1, tuned", "largest tried"), ("GD lr 1", "")]),
        ("[tuned]", [("GD", "lr 1, largest tried")]),
    ],
)
def test_a_rate_in_the_name_is_not_told_again_below(rates: str, expected: list[tuple[str, str]]) -> None:
    text = "landscape: {formula: 1e-3*x**2}\nstart: 1\noptimizers: gd\nsteps: 3\n"
    trace = traced(f"{text}sweep: {{lr: {rates}}}\n")
    assert [(run.label, words.settings_line(run, trace)) for run in trace.runs] == expected
    if len(trace.runs) > 1:
        assert words.facts(trace) == "2 learning rates  ·  start 1"


SEEDS = "dataset: {moons: {n: 40, test: 0.3}}\nlr: 0.1\nbatch: 8\nsteps: 4\noptimizers: sgd\n"
SEEDS += "sweep: {seed: [0, 1]}\n"


@pytest.mark.parametrize(
    ("panels", "seeds"),
    [
        ("loss", "2 seeds: mean (geometric on log axes), lowest to highest"),
        ("loss: {yscale: linear, title: Mine}", "2 seeds: mean, lowest to highest"),
        ("accuracy, lr", "2 seeds: mean, lowest to highest"),
        ("accuracy: {yscale: log, band: none}", "2 seeds: mean (geometric on log axes)"),
        ("accuracy: {band: quartiles}, loss: {band: quartiles}", "2 seeds: median, middle half"),
        ("accuracy: {band: sd}", "2 seeds: mean, one standard deviation on each side"),
        (
            "loss: {band: sd}",
            "2 seeds: mean, one standard deviation on each side (both of the logarithm on log axes)",
        ),
        (
            "curve: batch_loss, accuracy, loss: {yscale: linear, band: quartiles}",
            "2 seeds: in batch loss and accuracy mean (geometric on log axes), lowest to highest; "
            "in loss median, middle half",
        ),
        ("grid: accuracy", "2 seeds: mean, lowest to highest"),
        ("grid: {panel: accuracy, by: seed}", "2 seeds"),  # each is a curve of its own
        ("fit, lr", "2 seeds"),  # the same for both
    ],
)
def test_the_facts_tell_what_stands_for_several_seeds(panels: str, seeds: str) -> None:
    trace = traced(f"{SEEDS}panels: [{panels}]\n")
    assert words.facts(trace).split("  ·  ")[0] == seeds


def test_seeds_that_change_nothing_have_no_mean() -> None:
    trace = traced("landscape: beale\noptimizers: gd\nlr: 0.01\nsweep: {seed: [0, 1]}\n")
    assert words.facts(trace) == "2 seeds  ·  start (1, 1.5)  ·  lr 0.01"


def _right(trace: Trace, index: int, test: bool) -> float:
    """The share of points that a run tells right in the end, asked anew."""
    assert trace.problem is not None and trace.problem.model is not None and trace.data is not None
    data = trace.data.test if test else trace.data
    assert data is not None
    told = np.argmax(trace.problem.model(data.x, tuple(trace.runs[index].params[-1])), axis=1)
    return 100 * float(np.mean(told == data.y))


@pytest.mark.parametrize("test", [True, False])
def test_alt_of_a_network_tells_its_loss_and_its_accuracy(test: bool) -> None:
    text = SEEDS if test else SEEDS.replace(", test: 0.3", "")
    trace = traced(text.split("sweep")[0])
    loss, right = words.number(float(trace.runs[0].loss[-1])), words.percent(_right(trace, 0, test))
    points = "test" if test else "training"
    assert words.alt(trace).endswith(
        f"4 steps: SGD ends with loss {loss} and {right} of the {points} points right."
    )
    both = traced(text)
    loss = words.number(float(np.mean([run.loss[-1] for run in both.runs])))
    right = words.percent((_right(both, 0, test) + _right(both, 1, test)) / 2)
    assert words.alt(both).endswith(
        f"SGD ends, in the mean of 2 seeds, with loss {loss} and {right} of the {points} points right."
    )


def test_alt_of_a_network_of_numbers_tells_its_loss() -> None:
    trace = traced("dataset: {line: {n: 9}}\nlandscape: {mlp: [4]}\noptimizers: sgd\nlr: 0.01\nsteps: 2\n")
    assert words.alt(trace).endswith(
        f"2 steps: SGD ends with {words.loss_name(trace)} {words.number(float(trace.runs[0].loss[-1]))}."
    )
    lost = traced("dataset: moons\noptimizers: sgd\nlr: 1e300\nsteps: 9\nsweep: {seed: [0, 1]}\n")
    assert words.alt(lost).endswith("SGD 2 of its 2 seeds end early.")


def test_alt_tells_how_each_run_ended() -> None:
    trace = traced("landscape: {formula: sqrt(x) + y**2}\nstart: [0.1, 1]\nlr: 1\noptimizers: gd")
    assert words.alt(trace) == (
        "GD descends sqrt(x) + y². 100 steps: GD ends early, the loss is not a number at step 1."
    )
    assert words.alt(traced("alt: A words\nlandscape: beale\noptimizers: adam")) == "A words"
