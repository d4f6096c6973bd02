"""Mini-batches: permutations of the rows, the same for all runs, and the numbers of runs on them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from optanim import load
from optanim.batches import Batches
from optanim.errors import UserError
from optanim.film import Film
from optanim.reader import read
from optanim.simulate import simulate
from optanim.trace import Trace

SCENE = """
dataset: {line: {n: 10, noise: 0.8, seed: 1}}
landscape: linear_regression
optimizers: [OPTIMIZERS]
lr: 0.1
steps: 30
batch: BATCH
"""


def traced(batch: str = "4", optimizers: str = "gd, adam", more: str = "") -> Trace:
    text = SCENE.replace("BATCH", batch).replace("OPTIMIZERS", optimizers) + more
    return simulate(read(text))


@pytest.mark.parametrize(
    ("rows", "sizes", "got"),
    [
        (10, [4] * 7, [4, 4, 2, 4, 4, 2, 4]),  # the last of an epoch is short
        (10, [5] * 4, [5, 5, 5, 5]),
        (10, [10] * 3, [10, 10, 10]),
        (10, [1, 2, 4, 8, 8], [1, 2, 4, 3, 8]),  # never into the next epoch
        (3, [2.6, 1.2, 7.0], [3, 1, 2]),  # schedules make fractions
    ],
)
def test_sizes_and_epochs(rows: int, sizes: list[float], got: list[int]) -> None:
    batches = Batches(rows, sizes, seed=5)
    assert [len(batches.rows(t)) for t in range(1, len(sizes) + 1)] == got
    assert batches.sizes.tolist() == got
    np.testing.assert_allclose(batches.passed, np.r_[0, np.cumsum(got)] / rows)
    seen: list[int] = []
    for t in range(1, len(sizes) + 1):
        seen += batches.rows(t).tolist()
        if len(seen) == rows:
            assert sorted(seen) == list(range(rows)), "an epoch is a permutation"
            seen = []


def test_an_epoch_depends_on_the_seed_and_its_number_alone() -> None:
    one, other = Batches(50, [7] * 40, seed=3), Batches(50, [50] * 5, seed=3)
    first = np.concatenate([one.rows(t) for t in range(9, 17)])  # the second epoch
    np.testing.assert_array_equal(first, other.rows(2))
    assert not np.array_equal(other.rows(1), other.rows(2))
    assert not np.array_equal(other.rows(1), Batches(50, [50], seed=4).rows(1))
    backwards = [other.rows(t) for t in (5, 4, 3, 2, 1)]
    for t, rows in zip((5, 4, 3, 2, 1), backwards, strict=True):
        np.testing.assert_array_equal(rows, other.rows(t))


def test_gd_on_batches_by_hand() -> None:
    trace = traced()
    batches, data, path = trace.batches, trace.data, trace.runs[0]
    assert batches is not None and data is not None and path.batch_loss is not None
    slope = offset = 0.0
    for t in range(1, 31):
        x, y = data.x[batches.rows(t)], data.y[batches.rows(t)]
        rest = slope * x + offset - y
        np.testing.assert_allclose(path.batch_loss[t - 1], np.mean(rest**2), rtol=1e-12)
        slope, offset = slope - 0.2 * np.mean(rest * x), offset - 0.2 * np.mean(rest)
        np.testing.assert_allclose(path.params[t], (slope, offset), rtol=1e-12)
        whole = np.mean((slope * data.x + offset - data.y) ** 2)
        np.testing.assert_allclose(path.loss[t], whole, rtol=1e-12)


@pytest.mark.parametrize(
    "rule", ["gd", "adam", "sam: {base: gd}", "lookahead: adam", "schedulefree_sgd", "polyak"]
)
def test_a_run_is_the_same_alone_and_beside_others(rule: str) -> None:
    beside, alone = traced(optimizers=f"momentum, {rule}, lion"), traced(optimizers=rule)
    np.testing.assert_array_equal(beside.runs[1].params, alone.runs[0].params)
    np.testing.assert_array_equal(beside.runs[1].loss, alone.runs[0].loss)
    assert beside.runs[1].batch_loss is not None and alone.runs[0].batch_loss is not None
    np.testing.assert_array_equal(beside.runs[1].batch_loss, alone.runs[0].batch_loss)


def test_a_batch_of_all_rows_is_gradient_descent() -> None:
    whole, full = traced("10"), traced("full")
    for one, other in zip(whole.runs, full.runs, strict=True):
        np.testing.assert_allclose(one.params, other.params, rtol=1e-9, atol=1e-12)
    assert full.batches is None and full.runs[0].batch_loss is None


def test_a_rule_that_asks_for_more_sees_the_batch_of_the_step() -> None:
    """SAM's second gradient, by hand."""
    trace = traced(optimizers="sam: {base: gd, rho: 0.5}")
    batches, data = trace.batches, trace.data
    assert batches is not None and data is not None

    def slope(p: np.ndarray, rows: np.ndarray) -> np.ndarray:
        rest = p[0] * data.x[rows] + p[1] - data.y[rows]
        return np.array([2 * np.mean(rest * data.x[rows]), 2 * np.mean(rest)])

    p = np.zeros(2)
    for t in range(1, 31):
        g = slope(p, batches.rows(t))
        p = p - 0.1 * slope(p + 0.5 * g / np.linalg.norm(g), batches.rows(t))
        np.testing.assert_allclose(trace.runs[0].params[t], p, rtol=1e-9)


def test_a_schedule_of_sizes() -> None:
    trace = traced("{step: {initial: 2, every: 10, factor: 2}}")
    assert trace.batches is not None
    assert trace.batches.sizes[:5].tolist() == [2] * 5
    assert trace.batches.sizes[10:12].tolist() == [4, 4]
    assert trace.batches.sizes[20:22].tolist() == [6, 8]  # six are left of an epoch


def test_a_learning_rate_is_tuned_on_batches_by_the_loss_of_all_rows() -> None:
    text = SCENE.replace("BATCH", "2").replace("OPTIMIZERS", "gd").replace("lr: 0.1\n", "")
    trace = simulate(read(text))
    run = trace.runs[0]
    assert run.tuned is not None
    finals = {}
    for lr in run.tuned.grid:
        path = simulate(read(text + f"lr: {lr}\n")).runs[0]
        finals[lr] = np.mean(path.loss[24:]) if path.ended is None else np.inf
    assert run.tuned.lr == min(finals, key=lambda lr: (finals[lr], lr))


@pytest.mark.parametrize(
    ("text", "where", "message"),
    [
        (
            "landscape: rosenbrock\noptimizers: gd\nbatch: 4",
            (3, 8),
            "'rosenbrock' has no data to take a batch of",
        ),
        ("dataset: line\noptimizers: gd\nlr: 0.1\nbatch: 0", (4, 8), "0 is out of range"),
        (
            "dataset: line\noptimizers: gd\nlr: 0.1\nbatch: 200",
            (4, 8),
            "a batch of 200 rows where the data have 100",
        ),
        (
            "dataset: line\noptimizers: gd\nlr: 0.1\nbatch: {linear: {initial: 50, final: 0}}",
            (4, 9),
            "a batch of 0.5 rows in step 100 where the data have 100",
        ),
        (
            "dataset: line\noptimizers: gd\nlr: 0.1\nbatch: {plateau: 50}",
            (4, 9),
            "'plateau' looks at the loss of one run, and all runs see the same batches",
        ),
        (
            "dataset: line\noptimizers: gd\nlr: 0.1\npanels: [contour: batch]",
            (4, 19),
            "there are no batches to draw the loss of",
        ),
    ],
)
def test_mistakes(text: str, where: tuple[int, int], message: str) -> None:
    with pytest.raises(UserError) as caught:
        simulate(read(text))
    found = caught.value.mistakes[0]
    assert found.message == message
    assert found.place is not None and (found.place.line, found.place.column) == where


def test_the_contour_of_a_batch_changes_with_the_step() -> None:
    scene = load(Path(__file__).parent.parent / "scenes" / "minibatch.yaml")
    film = Film(simulate(scene), scene.look)
    film.frame(0)
    box = film.panels[1].box
    corner = slice(box.top, box.top + 10), slice(box.right - 10, box.right)
    pictures = {film.frame(k)[corner].tobytes() for k in range(0, 60, 10)}
    assert len(pictures) > 3
    for k, frame in enumerate(film.frames()):
        if k in (0, 7, 23):
            assert np.abs(frame.astype(int) - film.frame(k)).max() <= 1
        if k > 23:
            break


def test_the_contour_of_a_batch_whose_size_changes() -> None:
    text = SCENE.replace("BATCH", "{piecewise: {values: [1, 9], at: [10]}}").replace("OPTIMIZERS", "gd")
    text = text.replace("n: 10", "n: 400") + "panels: [contour: batch]\n"
    text = text.replace("[1, 9]", "[2, 300]")
    trace = simulate(read(text))
    film = Film(trace, trace.scene.look)
    assert not np.array_equal(film.frame(0), film.frame(film.count - 1))
