"""Numbers that are worked out of a path, against formulas of their own; and what a scene may ask for."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optanim import measures
from optanim.errors import UserError
from optanim.measures import MEASURES, stability
from optanim.panels.measured import _scale
from optanim.prepare import prepare
from optanim.reader import load, read
from optanim.scene import Scene
from optanim.simulate import simulate
from optanim.trace import Trace

SCENES = Path(__file__).parent.parent / "scenes"
VALLEY = """
landscape: {formula: 0.1*(x1 - 1)**2 + 2*x2**2 + 3}
start: [-5, -2]
steps: 12
minima: [[1, 0], [40, 0]]
"""


def scene(text: str) -> Scene:
    return read(text, "t.yaml")


def ran(optimizers: str, text: str = VALLEY, panels: str = "curve: gap") -> Trace:
    return simulate(scene(f"{text}optimizers: [{optimizers}]\npanels: [{panels}]\n"))


def test_numbers_of_a_path_on_a_valley() -> None:
    """Gradient descent at lr 0.3: the parameters shrink by 1 - 0.3 * 0.2 and 1 - 0.3 * 4 in every step."""
    trace = ran("gd: {lr: 0.3}")
    run, problem, t = trace.runs[0], trace.problem, np.arange(13)
    assert problem is not None
    x, y = -6 * 0.94**t, -2 * (-0.2) ** t  # from the minimum at (1, 0)
    expected = {
        "gap": 0.1 * x**2 + 2 * y**2,
        "distance": np.hypot(x, y),
        "gradient_norm": np.hypot(0.2 * x, 4 * y),
        "step_norm": 0.3 * np.hypot(0.2 * x, 4 * y)[:-1],
        "sharpness": np.full(13, 4.0),
    }
    for name, values in expected.items():
        np.testing.assert_allclose(MEASURES[name].of(run, problem), values, rtol=1e-9, err_msg=name)
        assert MEASURES[name].each_step == (len(values) == 12)


def test_the_nearest_minimum_counts_for_distance_and_the_lowest_for_the_gap() -> None:
    trace = ran("gd: {lr: 0.001, start: [39, 1]}")
    run, problem = trace.runs[0], trace.problem
    assert problem is not None
    assert MEASURES["distance"].of(run, problem)[0] == pytest.approx(np.sqrt(2))
    assert MEASURES["gap"].of(run, problem)[0] == pytest.approx(0.1 * 38**2 + 2)


def test_sharpness_is_the_largest_eigenvalue() -> None:
    """Of x**2 y: [[2y, 2x], [2x, 0]], whose eigenvalues are y +- sqrt(y**2 + 4 x**2)."""
    trace = ran("gd: {lr: 0.01}", "landscape: {formula: x**2*y}\nstart: [1, 2]\nsteps: 9\nminima: [[0, 0]]\n")
    run, problem = trace.runs[0], trace.problem
    assert problem is not None
    x, y = run.params.T
    np.testing.assert_allclose(
        MEASURES["sharpness"].of(run, problem), y + np.sqrt(y**2 + 4 * x**2), rtol=1e-12
    )


@pytest.mark.filterwarnings("ignore")
def test_sharpness_in_pieces_is_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    trace = ran("gd: {lr: 0.3}, gd: {lr: 4}", "landscape: beale\nsteps: 12\n", "loss")
    assert trace.problem is not None
    made = [MEASURES["sharpness"].of(run, trace.problem) for run in trace.runs]
    monkeypatch.setattr(measures, "HELD", 12)
    for run, whole in zip(trace.runs, made, strict=True):
        np.testing.assert_array_equal(MEASURES["sharpness"].of(run, trace.problem), whole)


def test_sharpness_that_would_take_minutes_is_refused() -> None:
    text = "dataset: {line: {n: 20000}}\nlr: 0.01\noptimizers: gd\npanels: [curve: sharpness]\n"
    assert prepare(scene(f"{text}steps: 1000\n"))
    with pytest.raises(UserError) as caught:
        prepare(scene(f"{text}steps: 90000\n"))
    (mistake,) = caught.value.mistakes
    assert mistake.message.startswith("the sharpness of every iterate goes through 7")
    assert mistake.place is not None and mistake.place.line == 4
    assert "fewer steps, rows of data or runs" in (mistake.hint or "")


def test_after_the_end_of_a_run_there_are_no_numbers() -> None:
    trace = ran("gd: {lr: 1e3, steps: 200}", VALLEY.replace("steps: 12", "steps: 200"))
    run, problem = trace.runs[0], trace.problem
    assert problem is not None and run.ended is not None
    for name, measure in MEASURES.items():
        if name != "batch_loss":
            values = measure.of(run, problem)
            assert np.isnan(values[run.ended.step :]).all() and np.isfinite(values[:3]).all(), name


def growth(rule: str, sharpness: float) -> float:
    """By how much a rule goes away from the minimum of a parabola of this curvature in 400 steps."""
    text = f"landscape: {{formula: {sharpness:.17g}/2*x**2 + y**2/100}}\n"
    text += "start: [1, 0]\nsteps: 400\nminima: [[0, 0]]\n"
    run = ran(rule, text).runs[0]
    return float(np.abs(run.params[-20:, 0]).max())


@pytest.mark.parametrize(
    "rule",
    [
        "gd: {lr: 0.3}",
        "sgd: {lr: 0.3}",
        "sgd: {lr: 0.3, momentum: 0.7}",
        "sgd: {lr: 0.3, momentum: 0.7, nesterov: true}",
        "sgd: {lr: 0.3, momentum: 0.5, dampening: 0.4}",
        "momentum: {lr: 0.3, momentum: 0.6, dampening: 0.2}",
        "momentum: {lr: 0.3, momentum: 0.9}",
        "nesterov: {lr: 0.3, momentum: 0.8}",
        "sgdw: {lr: 0.3, momentum: 0.8, weight_decay: 0}",
        "sgd: {lr: 0.3, weight_decay: 1}",
        "sgd: {lr: 0.3, momentum: 0.7, weight_decay: 1, decay: after}",
        "sgd: {lr: 0.3, momentum: 0.7, nesterov: true, weight_decay: 1, decay: decoupled}",
        "momentum: {lr: 0.3, momentum: 0.6, dampening: 0.2, weight_decay: 1}",
        "nesterov: {lr: 0.3, momentum: 0.8, weight_decay: 1}",
        "sgdw: {lr: 0.3, momentum: 0.8, weight_decay: 1}",
    ],
)
def test_above_the_line_of_stability_a_run_grows_and_below_it_shrinks(rule: str) -> None:
    found = stability(ran(rule).runs[0])
    assert found is not None
    line = float(found[0][0])
    assert growth(rule, 0.98 * line) < 1 < growth(rule, 1.02 * line)


def test_rules_that_scale_gradients_have_no_line_of_stability() -> None:
    assert stability(ran("adam: {lr: 0.1}").runs[0]) is None


def test_the_line_of_stability_follows_a_schedule() -> None:
    run = ran("gd: {lr: {linear: {initial: 0.2, final: 0.1}}}").runs[0]
    found = stability(run)
    assert found is not None
    np.testing.assert_allclose(found[0], 2 / run.lr)


# -- what is recorded -----------------------------------------------------------------------------


def test_effective_learning_rates_of_the_scene_are_those_of_adam() -> None:
    """lr / (sqrt(vhat) + eps), with vhat from the gradients at the points of the path."""
    trace = simulate(load(SCENES / "s3_15_per_parameter.yaml"))
    run = trace.runs[0]
    assert run.parts is not None
    g = run.params[:-1] * (0.2, 4.0)
    v = np.zeros(2)
    for t, slope in enumerate(g, start=1):
        v = 0.999 * v + 0.001 * slope**2
        expected = 0.4 / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        np.testing.assert_allclose(run.parts.preconditioner[t - 1], expected, rtol=1e-12)
    np.testing.assert_allclose(run.parts.gradient, g, rtol=1e-12)


@pytest.mark.parametrize("rule", ["gd", "adam", "adamw: {weight_decay: 0.2}", "lamb", "lion", "rmsprop"])
@pytest.mark.parametrize("panel", ["why", "effective_lr"])
def test_what_is_recorded_makes_up_every_step(rule: str, panel: str) -> None:
    name, _, rest = rule.partition(": ")
    settings = rest.strip("{}") + ", lr: 0.1" if rest else "lr: 0.1"
    run = ran(f"{name}: {{{settings}}}", panels=panel).runs[0]
    parts = run.parts
    assert parts is not None
    steps = -parts.preconditioner * parts.direction - parts.decay
    np.testing.assert_allclose(np.diff(run.params, axis=0), steps, rtol=1e-9, atol=1e-13)
    assert (parts.trust is not None) == (name == "lamb")


def test_nothing_is_recorded_that_no_panel_draws() -> None:
    assert ran("adam: {lr: 0.1}").runs[0].parts is None


def test_rules_without_parts_run_beside_those_with() -> None:
    rules = "{lookahead: {base: sgd, lr: 0.1}}, {adam: {lr: 0.1}}"
    both = ran(rules, panels="effective_lr")
    assert [run.parts is not None for run in both.runs] == [False, True]


# -- what a scene may ask for ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("optimizers", "panels", "message", "hint"),
    [
        ("gd", "curve: gapp", "no run has a 'gapp' to draw", "did you mean 'gap'?"),
        ("gd", "curve: ''", "no run has a '' to draw", "takes gap, distance, gradient_norm, "),
        ("gd", "curve: momentum", "no run has a 'momentum' to draw", "takes gap, distance, gradient_norm, "),
        ("gd", "curve: batch_loss", "there are no batches to draw the loss of", "add batch: to the scene"),
        ("gd, adam", "why", "'why' draws one run, and here are 2 runs", "say which with only: gd"),
        ("gd, gd", "why: {only: gd}", "'why' draws one run, and here are 2 runs", "give the run a label"),
        (
            "{lookahead: adam}",
            "why",
            "'lookahead' does not tell what its steps are made of",
            "take adam by itself",
        ),
        (
            "newton",
            "effective_lr",
            "'newton' does not tell what its steps are made of",
            "rules do, such as gd",
        ),
        ("gd", "trust_ratio", "'gd' has no trust ratio", "lars, lamb and fromage have one"),
    ],
)
def test_what_the_runs_do_not_have_is_said(optimizers: str, panels: str, message: str, hint: str) -> None:
    text = f"{VALLEY}lr: 0.1\noptimizers: [{optimizers}]\npanels: [{panels}]\n"
    with pytest.raises(UserError) as caught:
        scene(text)
    assert [m.message for m in caught.value.mistakes] == [message]
    assert hint in (caught.value.mistakes[0].hint or "")


def test_without_a_minimum_nothing_is_measured_from_it() -> None:
    text = "landscape: saddle\nlr: 0.1\nsteps: 5\noptimizers: gd\npanels: [curve: gap]\n"
    with pytest.raises(UserError) as caught:
        simulate(scene(text))
    assert caught.value.mistakes[0].message == "no minimum is known to measure the gap from"


# -- the axis -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "usual", "kind"),
    [
        ([1.0, 1e-3, 1e-6], "log", "log"),
        ([1.0, 1e-3, 0.0], "log", "log"),
        ([1.0, 1e-3, -1e-20], "log", "log"),
        ([1.0, -0.5], "log", "symlog"),
        ([0.0, 0.0], "log", "symlog"),
        ([3.0, 4.0], "linear", "linear"),
    ],
)
def test_an_axis_suits_its_numbers(values: list[float], usual: Any, kind: str) -> None:
    numbers = np.array(values)
    made = _scale(numbers, numbers, None, usual, None)
    assert made.kind == kind
    places = made.place([v for v in values if kind != "log" or v > 0])
    assert (places >= -1e-9).all() and (places <= 1 + 1e-9).all()


def test_a_run_that_goes_up_does_not_flatten_the_others() -> None:
    tame, wild = np.geomspace(1, 1e-3, 9), np.geomspace(1, 1e200, 9)
    made = _scale(np.concatenate([tame, wild]), tame, None, "log", None)
    assert made.high < 100 and made.place([1e-3])[0] >= 0


def test_the_numbers_of_a_run_are_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    from optanim.film import Film
    from optanim.scene import Look

    trace, counted = ran("gd: {lr: 0.1}", panels="curve: sharpness, curve: sharpness"), []
    real = MEASURES["sharpness"]

    def counting(run: Any, problem: Any) -> Any:
        counted.append(run.label)
        return real.of(run, problem)

    monkeypatch.setitem(MEASURES, "sharpness", replace(real, of=counting))
    assert Film(trace, Look(seconds=0.2)).frame(-1).any()
    assert len(counted) == 1
