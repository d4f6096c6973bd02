"""Networks as landscapes of arrays: their shapes, starts and gradients, and what is kept of their runs."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optanim.landscapes.networks import initial, network, shapes
from optanim.losses import hits
from optanim.problem import problem
from optanim.reader import read
from optanim.simulate import simulate
from optanim.trace import Data, Trace

MOONS = "dataset: {moons: {n: 60, test: 0.25, seed: 1}}"
LINE = "dataset: {line: {n: 30}}"
SCENE = """
{data}
landscape: {{mlp: {{hidden: [{hidden}], activation: {activation}}}}}
optimizers: [{rules}]
lr: 0.1
batch: 8
steps: {steps}
panels: [loss]
"""


def traced(
    rules: str, data: str = MOONS, hidden: str = "5, 4", activation: str = "tanh", steps: int = 20
) -> Trace:
    text = SCENE.format(data=data, hidden=hidden, activation=activation, rules=rules, steps=steps)
    return simulate(read(text))


@pytest.mark.parametrize(
    ("data", "hidden", "expected"),
    [
        (Data(np.zeros(3), np.zeros(3)), (4,), ((1, 4), (4,), (4, 1), (1,))),
        (Data(np.zeros((3, 2)), np.zeros(3), classes=2), (5, 4), ((2, 5), (5,), (5, 4), (4,), (4, 2), (2,))),
        (Data(np.zeros((3, 64)), np.zeros(3), classes=10), (32,), ((64, 32), (32,), (32, 10), (10,))),
    ],
)
def test_shapes_and_starts(data: Data, hidden: tuple[int, ...], expected: Any) -> None:
    made = shapes(data, hidden=hidden)
    assert made == expected
    arrays = list(initial(np.random.default_rng(0), made))
    assert tuple(array.shape for array in arrays) == made
    for weights, biases in zip(arrays[0::2], arrays[1::2], strict=True):
        reach = 1 / math.sqrt(len(weights))
        assert np.abs(weights).max() <= reach and np.abs(biases).max() <= reach
        assert np.abs(weights).max() > 0.5 * reach


@pytest.mark.parametrize("activation", ["tanh", "relu"])
@pytest.mark.parametrize("data", [MOONS, LINE])
@pytest.mark.parametrize("rows", [None, [3, 1, 4], [[3, 1, 4], [0, 2, 5]]])
def test_gradients_against_central_differences(activation: str, data: str, rows: Any) -> None:
    text = SCENE.format(data=data, hidden="5, 4", activation=activation, rules="sgd", steps=1)
    made = problem(read(text))
    assert made is not None and made.begin is not None
    points = np.asfortranarray(np.stack([made.begin(0), made.begin(1)]))
    given = {} if rows is None else {"rows": np.array(rows)}
    for _ in range(3):  # computed, recorded, replayed
        value, slope = made.slope(points, **given)
    np.testing.assert_allclose(value, made.loss(points, **given), rtol=1e-14)
    for i in range(0, points.shape[1], 3):
        step = np.zeros_like(points)
        step[:, i] = 1e-5
        numeric = (made.loss(points + step, **given) - made.loss(points - step, **given)) / 2e-5
        np.testing.assert_allclose(slope[:, i], numeric, atol=2e-9, rtol=1e-6)


def test_the_loss_is_the_cross_entropy_of_the_model_by_hand() -> None:
    trace = traced("sgd")
    made, data = trace.problem, trace.data
    assert made is not None and made.model is not None and data is not None and made.test_loss is not None
    at = trace.runs[0].params[-1]
    for part, loss in ((data, made.loss(at[None])), (data.test, made.test_loss(at[None]))):
        assert part is not None
        logits = made.model(part.x, at)
        share = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
        by_hand = -np.log(share[np.arange(len(part.y)), part.y.astype(int)]).mean()
        np.testing.assert_allclose(loss[0], by_hand, rtol=1e-12)


@pytest.mark.parametrize("rule", ["momentum", "adam", "lamb", "muon", "sam: {base: sgd}", "lookahead: adam"])
def test_a_run_is_the_same_alone_and_beside_others(rule: str) -> None:
    beside, alone = traced(f"sgd, {rule}, lion").runs[1], traced(rule).runs[0]
    np.testing.assert_array_equal(beside.params, alone.params)
    np.testing.assert_array_equal(beside.loss, alone.loss)


def test_momentum_on_a_network_by_hand() -> None:
    trace = traced("momentum: 0.9", steps=12)
    made, batches = trace.problem, trace.batches
    assert made is not None and made.begin is not None and batches is not None
    p, v = made.begin(0)[None], np.zeros((1, len(made.names)))
    for t in range(1, 13):
        v = 0.9 * v + made.slope(np.asfortranarray(p), rows=batches.rows(t))[1]
        p = p - 0.1 * v
        np.testing.assert_allclose(trace.runs[0].params[t], p[0], rtol=1e-10, atol=1e-13)


def test_a_rule_that_looks_at_norms_sees_each_array() -> None:
    apart, joint = traced("lamb").runs[0], traced("lamb: {layers: joint}").runs[0]
    assert not np.allclose(apart.params[-1], joint.params[-1])


@pytest.mark.parametrize("pace", ["linear", "log"])
def test_what_is_kept_of_a_long_run(pace: str) -> None:
    text = SCENE.format(data=MOONS, hidden="5", activation="tanh", rules="sgd, adam: {steps: 700}", steps=900)
    scene = replace(read(text), pace=pace)
    run, short = simulate(scene).runs
    assert run.at[0] == 0 and run.at[-1] == 900 and 700 in run.at
    assert len(run.at) < 320 and (np.diff(run.at) > 0).all()
    assert len(run.params) == len(run.loss) == len(run.at)
    assert np.isfinite(run.loss).all() and len(run.batch_loss if run.batch_loss is not None else ()) == 900
    after = short.params[short.at >= 700]
    assert (after == after[0]).all()


def test_a_network_learns_the_moons() -> None:
    trace = traced("adam: {lr: 0.02}", hidden="16, 16", steps=600)
    data, made = trace.data, trace.problem
    assert data is not None and data.test is not None and made is not None and made.model is not None
    right = made.model(data.test.x, trace.runs[0].params[-1]).argmax(axis=1) == data.test.y
    assert right.mean() > 0.9


def test_a_network_learns_the_digits() -> None:
    text = """
dataset: digits
landscape: {mlp: {hidden: [64]}}
optimizers: adam
lr: 5e-3
batch: 32
steps: 800
sweep: {seed: [0, 1]}
panels: [accuracy]
"""
    trace = simulate(read(text))
    data, made = trace.data, trace.problem
    assert data and data.test and made and made.model and len(trace.runs) == 2
    shares = [hits(made.model(data.test.x, run.params[-1]), data.test.y) for run in trace.runs]
    assert np.mean(shares) > 0.97


def test_outputs_of_one_input() -> None:
    data = Data(np.array([0.0, 1.0, 2.0]), np.zeros(3))
    weights, biases = np.array([[[2.0]]]), np.array([[1.0]])
    made = network(data, activation="relu")(data.x, weights, biases)
    np.testing.assert_allclose(made[0, :, 0], [1, 3, 5])
