"""Gradient flow and Langevin dynamics, against what is known of them, and the numbers of two captions."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optanim import load, read, simulate
from optanim.errors import UserError
from optanim.kinds import optimizer
from optanim.optimizers import _flow
from optanim.optimizers._flow import linear, phis
from optanim.oracles import Draws
from optanim.trace import Path as Run
from optanim.trace import Trace

SCENES = Path(__file__).parent.parent / "scenes"


def trace(text: str) -> Trace:
    return simulate(read(text))


def flow(formula: str, start: str, settings: str, steps: int = 40) -> Run:
    scene = f"landscape: {{formula: '{formula}'}}\nstart: {start}\nview: [-9, 9, -9, 9]\nsteps: {steps}\n"
    return trace(f"{scene}optimizers: {{gradient_flow: {{{settings}}}}}\n").runs[0]


@pytest.mark.parametrize("spacing", ["log", "even"])
@pytest.mark.parametrize(("until", "decay"), [(3.0, 0.0), (1e9, 0.0), (20.0, 0.3)])
def test_the_flow_down_a_parabola_is_one_exponential_along_each_axis(
    until: float, decay: float, spacing: str
) -> None:
    """gradient_flow has no step that could be too long."""
    settings = f"until: {until}, spacing: {spacing}, weight_decay: {decay}"
    run = flow("0.1*x1**2 + 2*x2**2", "[-5, -2]", settings)
    exact = np.array([-5, -2]) * np.exp(-np.outer(run.clock, [0.2 + decay, 4 + decay]))
    np.testing.assert_allclose(run.params, exact, rtol=1e-12, atol=1e-14)
    assert run.clock[0] == 0 and run.clock[-1] == until and len(run.lr) == 0


CURVED = [
    ("x**4/4 + y**4", lambda t: (2 / np.sqrt(1 + 8 * t), 1 / np.sqrt(1 + 8 * t)), "[2, 1]"),
    ("log(1 + exp(x)) + 0*y", None, "[1, 0]"),
    ("-cos(x) + y**2", lambda t: (2 * np.arctan(np.tan(0.5) * np.exp(-t)), 3 * np.exp(-2 * t)), "[1, 3]"),
]


@pytest.mark.parametrize(("formula", "exact", "start"), CURVED)
def test_the_flow_of_a_curved_landscape_is_right_to_its_tolerance(
    formula: str, exact: Any, start: str
) -> None:
    run = flow(formula, start, "until: 100")
    if exact is not None:
        np.testing.assert_allclose(run.params, np.column_stack(exact(run.clock)), rtol=2e-7, atol=1e-9)
    else:  # dx/dt = -1 / (1 + exp(-x)): exp(-x) and t know each other
        x = run.params[:, 0]
        np.testing.assert_allclose(x - np.exp(-x) - (1 - math.exp(-1)), -run.clock, rtol=1e-6, atol=1e-6)


def test_gradient_descent_with_small_steps_is_near_the_flow() -> None:
    rules = "gd: {lr: 1e-4}", "gd: {lr: 5e-5}", "gradient_flow: {until: 0.2, spacing: even}"
    runs = trace(f"landscape: rosenbrock\nsteps: 4000\noptimizers: [{', '.join(rules)}]\n").runs
    np.testing.assert_allclose(runs[1].clock[-1], runs[2].clock[-1], rtol=1e-12)
    np.testing.assert_allclose(runs[0].clock[2000], 0.2, rtol=1e-12)
    ends = runs[0].params[2000], runs[1].params[-1]
    off = [np.abs(end - runs[2].params[-1]).max() for end in ends]
    assert 1.8 < off[0] / off[1] < 2.2 and off[1] < 1e-2  # half the step, half the error


def test_the_path_runs_away_where_the_flow_does() -> None:
    run = flow("-x**4 + y**2", "[1, 1]", "until: 1, spacing: even")
    assert run.ended is not None and run.ended.why == "the parameters are infinite"
    assert run.ended.step == 6  # infinite at 1 / 8, and step 5 ends there to rounding, or goes on
    saddle = flow("x**2 - y**2", "[1, 1e-9]", "until: 8, spacing: even")
    np.testing.assert_allclose(saddle.params[:, 1], 1e-9 * np.exp(2 * saddle.clock), rtol=1e-9)


@pytest.mark.parametrize(
    ("formula", "time"),
    [("abs(x) + y**2", 1.3), ("sqrt(x) + y**2", 4 / 3 * 1.3**1.5), ("log(x) + 0*y", 0.845)],
)
def test_what_the_flow_cannot_get_past_is_said(formula: str, time: float) -> None:
    with pytest.raises(UserError, match=f"gradient_flow cannot get past time {time:.4g}"):
        flow(formula, "[1.3, 1]", "until: 100")


def test_many_steps_are_no_kink(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only steps that the tolerance asks for count towards being stuck; the run's own have a limit."""
    monkeypatch.setattr(_flow, "MOST", 50)
    run = flow("0.1*x1**2 + 2*x2**2", "[-5, -2]", "until: 10", steps=50)
    np.testing.assert_allclose(run.params[-1, 0], -5 * math.exp(-2), rtol=1e-12)
    with pytest.raises(UserError, match="takes at most 50 steps here, and is at time") as caught:
        flow("0.1*x1**2 + 2*x2**2", "[-5, -2]", "until: 10", steps=60)
    assert "give it fewer steps" in str(caught.value) and "kink" not in str(caught.value)


@pytest.mark.parametrize("decay", [0.0, 1e-6, 0.5])
def test_the_linear_flow_is_exact_over_sixteen_decades(decay: float) -> None:
    """Against the same numbers with 60 digits."""
    rng = np.random.default_rng(2)
    rows, s = 12, 10.0 ** -np.arange(9)
    jacobian = np.linalg.qr(rng.normal(size=(rows, 9)))[0] * s
    start, rest = rng.normal(size=9), rng.normal(size=rows)
    state: dict[str, Any] = {}
    p, time = start, 0.0
    for until in 10.0 ** np.arange(-2, 17):
        p = linear(p, state, until - time, decay, lambda _: (rest[None], jacobian[None]))
        time = until
        with localcontext() as context:
            context.prec = 60
            for i in range(9):
                column, off = ([Decimal(float(v)) for v in each] for each in (jacobian[:, i], rest))
                slope = sum((a * b for a, b in zip(column, off, strict=True)), Decimal(0)) * 2 / rows
                slope += Decimal(decay) * Decimal(float(start[i]))
                rate = sum((a**2 for a in column), Decimal(0)) * 2 / rows + Decimal(decay)
                exact = Decimal(float(start[i])) + slope * ((-rate * Decimal(float(until))).exp() - 1) / rate
                assert float(p[i]) == pytest.approx(float(exact), rel=1e-7, abs=1e-12)


def test_the_linear_flow_goes_on_from_where_it_is_put_and_leaves_alone_what_the_loss_does_not_see() -> None:
    jacobian, rest = np.array([[2.0, 0.0, 0.0]]), np.array([3.0])

    def residuals(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        return rest[None] + p @ jacobian.T, jacobian[None]

    state: dict[str, Any] = {}
    first = linear(np.array([1.0, 5.0, -1.0]), state, 0.1, 0.0, residuals)
    assert first[1:].tolist() == [5.0, -1.0]
    moved = first + 1.0
    again = linear(moved, {}, 0.2, 0.25, residuals)
    assert linear(moved, state, 0.2, 0.25, residuals) == pytest.approx(again)


def test_the_functions_phi_are_what_they_are_said_to_be() -> None:
    z = np.concatenate([-np.geomspace(1e-9, 700, 60), np.geomspace(1e-9, 30, 40), [0.0]])
    for found, k in zip(phis(z), (1, 3, 4), strict=True):
        with localcontext() as context:
            context.prec = 60
            for value, at in zip(found, z, strict=True):
                x = Decimal(float(at))
                head = sum(x**j / math.factorial(j) for j in range(1, k)) + 1
                exact = (x.exp() - head) / x**k if at else 1 / Decimal(math.factorial(k))
                assert float(value) == pytest.approx(float(exact), rel=1e-12)


LINE = "dataset: {line: {n: 30}}\nlandscape: linear_regression\n"


def test_in_closed_form_the_flow_is_the_one_that_is_integrated() -> None:
    text = LINE + "steps: 30\noptimizers: {gradient_flow: {until: 40, weight_decay: 0.1}}\n"
    closed = trace(text).runs[0]
    run = trace(text.replace("linear_regression", "{linear_regression: {loss: huber, delta: 1e6}}")).runs[0]
    # Huber's loss is half the mean square: twice the time, and decay half as strong.
    half = text.replace("40", "80").replace("0.1", "0.05")
    half = half.replace("linear_regression", "{linear_regression: {loss: huber, delta: 1e6}}")
    np.testing.assert_allclose(trace(half).runs[0].params[-1], closed.params[-1], rtol=1e-9)
    assert np.abs(run.params[-1] - closed.params[-1]).max() > 1e-3


@pytest.mark.parametrize(
    ("more", "message"),
    [
        ("batch: 5\n", "follows the whole loss, and each batch is a part of it"),
        ("landscape: {linear_regression: {noise: 0.1}}\n", "under noise no gradient is its own"),
    ],
)
def test_a_flow_needs_the_whole_loss(more: str, message: str) -> None:
    text = (LINE if "landscape" not in more else "dataset: line\n") + more + "optimizers: gradient_flow\n"
    with pytest.raises(UserError, match=message):
        trace(text)


def test_langevin_by_hand() -> None:
    p, g = np.array([[1.0, -2.0], [0.5, 0.0]]), np.array([[3.0, 1.0], [0.0, 2.0]])
    settings = {"temperature": np.array([[4.0], [0.0]])}
    new = optimizer["langevin"].function(p, g, {}, 0.1, 1, Draws([7, 8]), **settings)
    noise = np.random.Generator(np.random.PCG64(7)).standard_normal(2)
    np.testing.assert_allclose(new[0], p[0] - 0.1 * g[0] + np.sqrt(0.8) * noise, rtol=1e-15)
    np.testing.assert_array_equal(new[1], p[1] - 0.1 * g[1])


def test_langevin_comes_to_the_spread_of_its_temperature() -> None:
    """langevin in a parabola: the variance is temperature / curvature, and what steps of that length add."""
    draws, p, curvature, lr, temperature = Draws([3]), np.full((1, 4000), 5.0), 2.0, 0.1, 0.7
    seen = []
    for t in range(1, 400):
        p = optimizer["langevin"].function(p, curvature * p, {}, lr, t, draws, temperature=temperature)
        seen += [p] if t > 100 else []
    spread = np.var(seen)
    assert spread == pytest.approx(temperature / curvature / (1 - lr * curvature / 2), rel=0.02)


def test_the_numbers_of_the_caption_on_annealing() -> None:
    text = (SCENES / "s3_10_annealing.yaml").read_text().partition("caption:")[0]
    shown = simulate(load(SCENES / "s3_10_annealing.yaml")).runs
    assert shown[0].loss[-1] == pytest.approx(24.87, abs=0.005)
    head, _, rest = text.partition("optimizers:")
    cooled = rest.partition("  - langevin: {temperature: {linear")[2].partition("\n")[0]
    one = "  - langevin: {temperature: {linear" + cooled + "\n"
    ends = []
    for seed in (1, 2, 3, 4):
        scene = head.replace("seed: 1", f"seed: {seed}") + "optimizers:\n" + one * 50
        ends += [run.loss[-1] for run in trace(scene).runs]
    assert len(ends) == 200 and "linear: {initial: 10, final: 0}" in one
    assert 4.95 < float(np.median(ends)) < 5.0
    assert shown[2].loss[-1] == pytest.approx(float(np.median(ends)), abs=0.05)
    assert np.mean(np.array(ends) < 0.9) == pytest.approx(1 / 16, abs=0.005)  # next to the lowest: 0.995
    assert np.mean(np.array(ends) < 24.8) == pytest.approx(0.96, abs=0.005)


def test_the_numbers_of_the_caption_on_overfitting() -> None:
    shown = simulate(load(SCENES / "s3_14_overfitting.yaml"))
    assert shown.problem is not None
    test = [shown.problem.surface(*run.params.T, loss="test") for run in shown.runs]
    assert [f"{run.loss[-1]:.1e}" for run in shown.runs] == ["1.0e-05", "2.3e-05"]
    assert test[0][-1] == pytest.approx(26_000, rel=0.03)
    assert test[1][-1] == pytest.approx(1.5e-4, rel=0.02)
    assert test[0].min() < 1e-4
