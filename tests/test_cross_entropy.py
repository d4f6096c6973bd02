"""The loss of classes: numbers by hand, its slope, outputs however large, and its recording."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from optanim.autodiff import Tensor
from optanim.losses import LOSSES, cross_entropy, hits
from optanim.replay import TRIALS, Evaluation

LN2, LN3 = math.log(2), math.log(3)
# Outputs, classes and the loss: by hand, as torch.nn.functional.cross_entropy has them.
ROWS: list[tuple[Any, list[float], float]] = [
    ([[0, 0]], [0], LN2),
    ([[5, 5, 5]], [2], LN3),
    ([[LN2, 0]], [0], math.log(3 / 2)),
    ([[LN2, 0]], [1], LN3),
    ([[0, LN2, LN3], [1, 1, 1]], [2, 0], (math.log(6 / 3) + LN3) / 2),
    ([[1, 2, 3]], [0], 2.40760596444438),
    ([[1, 2, 3]], [2], 0.40760596444438),
    ([[1000, 0], [0, 1000]], [0, 1], 0.0),
    ([[1000, 0], [0, 1000]], [1, 1], 500.0),
    ([[-1000, 1000]], [0], 2000.0),
    ([[-1000, -1000, -1000]], [1], LN3),
    ([[1e300, -1e300]], [0], 0.0),
]


@pytest.mark.parametrize(("outputs", "classes", "loss"), ROWS)
def test_value(outputs: Any, classes: list[float], loss: float) -> None:
    given, target = np.array(outputs, float), np.array(classes, float)
    assert cross_entropy(given, target) == pytest.approx(loss, rel=1e-14, abs=1e-15)
    assert float(cross_entropy(Tensor(given), target)) == pytest.approx(loss, rel=1e-14, abs=1e-15)


def test_runs_stand_in_front_of_rows_and_may_have_rows_of_their_own() -> None:
    rng = np.random.default_rng(0)
    outputs, classes = rng.normal(size=(4, 6, 3)), rng.integers(3, size=(4, 6)).astype(float)
    each = [cross_entropy(a, b) for a, b in zip(outputs, classes, strict=True)]
    np.testing.assert_allclose(cross_entropy(outputs, classes), each, rtol=1e-14)
    shared = [cross_entropy(a, classes[0]) for a in outputs]
    np.testing.assert_allclose(cross_entropy(outputs, classes[0]), shared, rtol=1e-14)


@pytest.mark.parametrize("scale", [1.0, 30.0, 1000.0])
def test_slope(scale: float) -> None:
    rng = np.random.default_rng(1)
    outputs, classes = scale * rng.normal(size=(2, 5, 4)), rng.integers(4, size=5).astype(float)
    tensor = Tensor(outputs)
    cross_entropy(tensor, classes).backward(np.ones(2))
    softmax = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
    softmax /= softmax.sum(axis=-1, keepdims=True)
    np.testing.assert_allclose(tensor.grad, (softmax - np.eye(4)[classes.astype(int)]) / 5, atol=1e-15)
    stepped = np.empty_like(outputs)
    for place in np.ndindex(outputs.shape):
        moved = outputs.astype(complex)
        moved[place] += 1e-30j
        stepped[place] = cross_entropy(moved, classes)[place[0]].imag / 1e-30
    np.testing.assert_allclose(tensor.grad, stepped, atol=1e-14)


SHAPES = ((3, 5), (5,), (5, 4), (4,))
SIZE = sum(map(math.prod, SHAPES))


def network(*arrays: Any, given: Any) -> Any:
    values, target = given
    values = np.tanh(values @ arrays[0] + arrays[1][..., None, :]) @ arrays[2] + arrays[3][..., None, :]
    return cross_entropy(values, target)


@pytest.mark.parametrize("kind", [float, complex])
@pytest.mark.parametrize("apart", [False, True])
def test_replayed_is_computed_bit_for_bit(apart: bool, kind: Any) -> None:
    recorded, computed = (Evaluation(network, SIZE, 300, SHAPES) for _ in range(2))
    computed.repeatable = False
    rng = np.random.default_rng(2)
    runs, rows = 3, (3, 7) if apart else (7,)
    for turn in range(TRIALS + 4):
        points = np.asfortranarray(rng.normal(size=(runs, SIZE)) * 10.0 ** (turn % 4)).astype(kind)
        if kind is complex:
            points[:, 0] += 1e-30j
        given = rng.normal(size=(*rows, 3)), rng.integers(4, size=rows).astype(float)
        for a, b in zip(
            recorded.slope(points, given, apart), computed.slope(points, given, apart), strict=True
        ):
            np.testing.assert_array_equal(a, b)
        if kind is float:
            np.testing.assert_array_equal(
                recorded.loss(points, given, apart), computed.loss(points, given, apart)
            )
    assert recorded.repeatable
    assert all(tape.trials == 0 for tape in recorded._tapes.values())


def test_it_is_no_loss_of_a_regression() -> None:
    assert "cross_entropy" not in LOSSES


@pytest.mark.parametrize(
    ("outputs", "classes", "share"),
    [
        ([[1, 0], [0, 1], [3, 2]], [0, 1, 1], 2 / 3),
        ([[0, 0, 9]], [2], 1.0),
        ([[-1, -2, -3]], [2], 0.0),
        ([[1, np.nan]], [1], np.nan),
        ([[np.inf, 0]], [0], np.nan),
        ([[[1, 0], [1, 0]], [[0, 1], [1, 0]]], [0, 0], [1.0, 0.5]),
    ],
)
def test_the_share_that_is_told_right(outputs: Any, classes: list[float], share: Any) -> None:
    np.testing.assert_array_equal(hits(np.array(outputs, float), np.array(classes, float)), share)
