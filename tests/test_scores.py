"""What runs score on data, once for all who ask, and at fewer iterates where it costs much."""

from __future__ import annotations

import numpy as np
import pytest

from optanim import scores
from optanim.losses import cross_entropy, hits
from optanim.reader import read
from optanim.simulate import simulate
from optanim.trace import Trace
from optanim.workload import ASKED

NETWORK = """
dataset: {moons: {n: 60, seed: 1, test: 0.25}}
landscape: {mlp: {hidden: [5]}}
batch: 10
steps: 80
lr: 0.1
optimizers: [sgd, gd: {lr: 1e200}]
"""
CUBIC = """
dataset: {line: {n: 30, noise: 0.3, seed: 2, test: 0.2}}
landscape: {polynomial_regression: {degree: 3}}
steps: 90
lr: 0.1
optimizers: gd
"""


def traced(text: str = NETWORK) -> Trace:
    return simulate(read(text))


def test_the_test_loss_is_that_of_the_points_kept_back() -> None:
    trace = traced()
    problem = trace.problem
    assert problem is not None and problem.model is not None and trace.data is not None
    test = trace.data.test
    assert test is not None
    found = scores.test_loss(trace, 0)
    for t in (0, 13, 80):
        outputs = problem.model(test.x, trace.runs[0].params[t])
        assert found[t] == pytest.approx(float(cross_entropy(outputs, test.y)))


@pytest.mark.parametrize("test", [True, False])
def test_the_accuracy_is_the_share_that_is_told_right(test: bool) -> None:
    trace = traced()
    problem, data = trace.problem, trace.data
    assert problem is not None and problem.model is not None and data is not None
    points = data.test if test else data
    assert points is not None
    found = scores.accuracy(trace, 0, test)
    for t in (0, 80):
        assert found[t] == 100 * hits(problem.model(points.x, trace.runs[0].params[t]), points.y)


def test_after_its_end_a_run_has_no_scores() -> None:
    trace = traced()
    ended = trace.runs[1].ended
    assert ended is not None
    for found in (scores.test_loss(trace, 1), scores.accuracy(trace, 1, True)):
        assert np.isfinite(found[0]) and np.isnan(found[ended.step :]).all()


@pytest.mark.parametrize("text", [NETWORK, CUBIC])
def test_with_much_work_a_network_is_asked_at_fewer_iterates(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = scores.test_loss(traced(text), 0)
    monkeypatch.setattr(scores, "WORK", 1.0)
    found = scores.test_loss(traced(text), 0)
    if text == CUBIC:
        assert np.array_equal(whole, found)
        return
    asked = np.unique(np.linspace(0, 80, ASKED).round().astype(int))
    assert np.array_equal(found[asked], whole[asked]) and not np.array_equal(found, whole)
    between = (asked[0] + asked[1]) // 2
    part = between / asked[1]
    assert found[between] == pytest.approx(whole[asked[0]] * (1 - part) + whole[asked[1]] * part)


def test_each_score_is_worked_out_once(monkeypatch: pytest.MonkeyPatch) -> None:
    trace = traced()
    first = scores.test_loss(trace, 0)
    assert scores.test_loss(trace, 0) is first
    assert scores.accuracy(trace, 0, True) is scores.accuracy(trace, 0, True)
    assert not np.array_equal(scores.accuracy(trace, 0, True), scores.accuracy(trace, 0, False))


def test_without_points_kept_back_there_is_no_test_loss() -> None:
    trace = traced(NETWORK.replace(", test: 0.25", ""))
    with pytest.raises(ValueError, match="keeps no points back"):
        scores.test_loss(trace, 0)


def test_of_a_sweep_of_datasets_each_run_is_scored_on_its_own() -> None:
    text = (
        "sweep: {dataset: [{moons: {n: 40, test: 0.5, seed: 1}}, {spirals: {n: 60, test: 0.5, seed: 1}}]}\n"
    )
    text += "landscape: {mlp: 4}\nlr: 0.1\nsteps: 5\noptimizers: gd\npanels: [loss]\n"
    trace = traced(text)
    assert len(trace.worlds) == 2
    for index, world in enumerate(trace.worlds):
        assert world.problem is not None and world.problem.test_loss is not None
        own = world.problem.test_loss(trace.runs[index].params)
        assert scores.test_loss(trace, index) == pytest.approx(own)
