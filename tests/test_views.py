"""Views that are made: starts, minima and paths that stay bounded are in them, what runs away is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optanim.reader import read
from optanim.simulate import simulate
from optanim.trace import Trace
from optanim.views import least


def traced(formula: str, start: str, optimizers: str, more: str = "") -> Trace:
    listed = optimizers if optimizers.startswith("[") else f"[{optimizers}]"
    text = f"landscape: {{formula: '{formula}'}}\nstart: {start}\noptimizers: {listed}\n{more}"
    return simulate(read(text))


def holds(box: Any, point: Any) -> bool:
    low, high = np.array(box[0::2]), np.array(box[1::2])
    return bool(((low <= point) & (point <= high)).all())


def test_what_is_given_wins() -> None:
    trace = traced("x**2 + y**2", "[1, 2]", "gd", "lr: 0.1")
    assert least(trace, (0, 1, 2, 3)) == (0, 1, 2, 3)
    assert least(trace, (-4, 5)) == (-4, 5, -4, 5)
    assert least(traced("x**2 + y**2", "[1, 2]", "gd", "lr: 0.1\nview: [-7, 7, -8, 8]")) == (-7, 7, -8, 8)
    own = simulate(read("landscape: rosenbrock\noptimizers: gd"))
    assert own.problem is not None and least(own) == own.problem.view


def test_starts_minima_and_paths_are_in_it() -> None:
    text = "[gd: {lr: 0.1}, momentum: {lr: 0.05, start: [4, 1]}]"
    trace = traced("(x - 1)**2 + 3*(y + 2)**2", "[-3, 0]", text)
    box = least(trace)
    assert holds(box, (1, -2)) and holds(box, (-3, 0)) and holds(box, (4, 1))
    for run in trace.runs:
        assert all(holds(box, point) for point in run.params)
    assert max(box[1] - box[0], box[3] - box[2]) < 20


def test_a_run_that_diverges_does_not_shrink_the_rest() -> None:
    alone = least(traced("x**2 + 3*y**2", "[2, 1]", "gd: {lr: 0.1}"))
    beside = least(traced("x**2 + 3*y**2", "[2, 1]", "[gd: {lr: 0.1}, gd: {lr: 0.5}]"))
    assert (beside[1] - beside[0]) <= 4 * (alone[1] - alone[0])
    assert holds(beside, (2, 1)) and holds(beside, (0, 0))


def test_a_run_that_wanders_does_not_shrink_the_rest() -> None:
    # The steps of this one are as long as its lr, whatever the slope.
    trace = traced("x**2 + 3*y**2", "[2, 1]", "[gd: {lr: 0.1}, signsgd: {lr: 300}]", "steps: 40")
    box = least(trace)
    assert box[1] - box[0] < 16
    assert np.abs(trace.runs[1].params).max() > 200


def test_a_momentum_that_overshoots_is_shown_whole() -> None:
    trace = traced("x**2 + 10*y**2", "[3, 1]", "momentum: {lr: 0.02, momentum: 0.95}")
    box = least(trace)
    assert all(holds(box, point) for point in trace.runs[0].params)


def test_without_minimum_a_run_is_followed_until_it_runs_away() -> None:
    trace = traced("x**2 - y**2", "[-1.5, 0.01]", "gd: {lr: 0.1}", "steps: 60")
    assert np.abs(trace.runs[0].params).max() > 100
    box = least(trace)
    assert holds(box, (-1.5, 0.01)) and holds(box, (-0.05, 0.1))
    assert box[1] - box[0] < 12 and box[3] - box[2] < 20


def test_a_run_that_ends_early_is_cut_off() -> None:
    trace = traced("x**4 + y**2", "[3, 1]", "[gd: {lr: 1}, gd: {lr: 0.01}]")
    assert trace.runs[0].ended is not None
    assert np.abs(least(trace)).max() < 30


def test_a_still_is_around_what_is_known() -> None:
    still = simulate(read("landscape: {formula: 'x**2 + y**2'}\nminima: [[3, 4], [5, 4]]"))
    assert holds(least(still), (3, 4)) and holds(least(still), (5, 4))


@pytest.mark.parametrize("lr", [1e-3, 0.1])
def test_one_variable(lr: float) -> None:
    trace = traced("(x - 2)**2", "[7]", f"gd: {{lr: {lr}}}")
    low, high = least(trace)
    assert low < 2 and high > 7


def test_a_line_of_points_has_some_breadth() -> None:
    box = least(traced("x**2 + y**2", "[5, 0]", "gd: {lr: 0.1}"))
    assert box[3] - box[2] == pytest.approx((box[1] - box[0]) / 8)
