"""The accuracy panel: shares by hand, of which points, and how they are told."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optanim import scores, words
from optanim.film import Film
from optanim.panels.accuracy import Accuracy
from optanim.prepare import prepare
from optanim.reader import read
from optanim.scene import Look
from optanim.simulate import simulate
from optanim.trace import Trace

SCENE = """dataset: {{moons: {{n: 80{test}}}}}
landscape: {{mlp: {{hidden: [6], activation: tanh}}}}
optimizers: [sgd, adam]
lr: 0.3
steps: 25
panels: [{panel}]
"""


def traced(panel: str = "accuracy", test: str = ", test: 0.25") -> Trace:
    return simulate(read(SCENE.format(panel=panel, test=test)))


def drawn(trace: Trace) -> Accuracy:
    film = Film(trace, Look(seconds=0.5))
    assert film.static.any() and film.frame(5).any()
    (panel,) = film.panels
    assert isinstance(panel, Accuracy)
    return panel


def by_hand(trace: Trace, run: int, points: Any) -> np.ndarray:
    """The share of the points that are told right at every iterate that was kept."""
    assert trace.problem is not None and trace.problem.model is not None
    shares = []
    for params in trace.runs[run].params:
        outputs = trace.problem.model(points.x, params)
        right = [
            max(range(2), key=lambda c, row=row: row[c]) == y
            for row, y in zip(outputs, points.y, strict=True)
        ]
        shares.append(100 * sum(right) / len(right))
    return np.array(shares)


@pytest.mark.parametrize(
    ("panel", "test", "sets", "says"),
    [
        ("accuracy", ", test: 0.25", ["test"], "accuracy in %: test"),
        ("accuracy", "", ["train"], "accuracy in %: training"),
        ("accuracy: train", ", test: 9", ["train"], "accuracy in %: training"),
        ("accuracy: [test, train]", ", test: 9", ["train", "test"], "accuracy in %: test, dashed training"),
        ("accuracy: {yscale: log}", "", ["train"], "accuracy in %: training, log axis"),
    ],
)
def test_what_is_drawn(panel: str, test: str, sets: list[str], says: str) -> None:
    trace = traced(panel, test)
    made = drawn(trace)
    data = trace.data
    assert made.sets == sets and made.said == says and data is not None
    expected = [
        by_hand(trace, run, data if name == "train" else data.test) for run in (0, 1) for name in sets
    ]
    assert [line.dashed for line in made.lines] == [name != sets[-1] for _ in (0, 1) for name in sets]
    for line, values in zip(made.lines, expected, strict=True):
        np.testing.assert_allclose(line.values, values, rtol=1e-12)
        low, high = made.axes.y.low, made.axes.y.high
        assert ((values >= low) & (values <= high)).all()
    assert [line.name is not None for line in made.lines] == [not line.dashed for line in made.lines]


def test_what_a_curve_ends_at_stands_under_its_name() -> None:
    trace = traced("accuracy: [train, test]")
    made, data = drawn(trace), trace.data
    assert data is not None
    ends = [words.percent(by_hand(trace, 1, part)[-1]) for part in (data.test, data)]
    assert made._below(1, trace.runs[1]) == f"test {ends[0]}, train {ends[1]}"


def test_a_run_that_ended_has_no_share_after_it() -> None:
    trace = traced()
    lost = replace(
        trace.runs[0], params=np.where(trace.runs[0].at[:, None] > 9, np.nan, trace.runs[0].params)
    )
    made = drawn(replace(trace, runs=(lost, trace.runs[1])))
    values = made.lines[0].values
    assert np.isfinite(values[:10]).all() and np.isnan(values[10:]).all()
    assert "%" not in made._below(0, lost)


def test_with_much_work_fewer_iterates_are_tested(monkeypatch: pytest.MonkeyPatch) -> None:
    trace = traced()
    data = trace.data
    assert data is not None
    whole = by_hand(trace, 0, data.test)
    monkeypatch.setattr(scores, "WORK", 1.0)
    monkeypatch.setattr(scores, "ASKED", 6)
    made = drawn(replace(trace))
    values = made.lines[0].values
    assert made.ways[0].endswith("; at 6 of 26 iterates")
    asked = [0, 5, 10, 15, 20, 25]
    np.testing.assert_allclose(values[asked], whole[asked])
    np.testing.assert_allclose(values, np.interp(np.arange(26), asked, whole[asked]))


def test_a_level_accuracy_has_an_axis() -> None:
    trace = traced(test="")
    still = [replace(run, params=np.repeat(run.params[:1], len(run.params), axis=0)) for run in trace.runs]
    scale = drawn(replace(trace, runs=tuple(still))).axes.y
    assert scale.high - scale.low > 0.9


@pytest.mark.parametrize(("view", "low"), [("[50, 100]", 50), ("[0, 100]", 0)])
def test_a_view_is_of_the_values(view: str, low: float) -> None:
    scale = drawn(traced(f"accuracy: {{view: {view}}}")).axes.y
    assert (scale.low, scale.high) == (low, 100)


def test_shares_are_worked_out_once_for_all_films() -> None:
    trace = traced()
    first, second = drawn(trace), drawn(trace)
    assert first.lines[0].values is second.lines[0].values


def test_an_inset_and_a_log_axis_from_0() -> None:
    panel = "accuracy: {data: [train, test], inset: {view: [60, 100]}, yscale: log, view: [0, 100]}"
    prepare(read(SCENE.format(panel=panel, test=", test: 0.25")))
    assert drawn(traced(panel)).axes.y.low > 0


@pytest.mark.parametrize(
    ("fixed", "axis"),
    [
        ("dataset: {moons: {n: 80, test: 0.25}}", "landscape: [mlp: 4, mlp: [6, 3]]"),
        ("landscape: {mlp: 5}", "dataset: [moons: {n: 60, test: 0.25}, spirals: {n: 80, test: 0.5}]"),
        ("dataset: {moons: {n: 80, test: 0.25}}", "batch: [4, full]"),
    ],
)
@pytest.mark.parametrize("panel", ["accuracy", "accuracy: [train, test]"])
def test_runs_of_several_places_are_asked_about_their_own_points(fixed: str, axis: str, panel: str) -> None:
    text = f"{fixed}\noptimizers: [sgd, adam]\nlr: 0.3\nsteps: 6\nsweep: {{{axis}}}\npanels: [{panel}]\n"
    trace = simulate(read(text))
    made = drawn(trace)
    for line in made.lines:
        world, place = trace.place_of(line.index)
        data = trace.worlds[world].data
        assert data is not None and trace.world_of(line.index) is trace.worlds[world]
        expected = by_hand(trace.worlds[world], place, data if line.dashed else data.test)
        np.testing.assert_allclose(line.values, expected, rtol=1e-12)
    assert {line.index for line in made.lines} == set(range(4))
