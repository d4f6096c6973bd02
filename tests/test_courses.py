"""Numbers that change with the step, in runs: each its own course, whatever is stepped beside it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optanim.courses import Course
from optanim.film import Film
from optanim.panels.numbers import NumberPanel, jumps
from optanim.reader import read
from optanim.scene import Look, Thing
from optanim.schedules import _parts as schedules
from optanim.simulate import simulate
from optanim.trace import Path, Trace

VALLEY = "landscape: {formula: 0.1*x**2 + 2*y**2}\nstart: [-5, -2]\n"
GRADIENT = np.array([0.2, 4.0])  # times the point, on VALLEY


def ran(*optimizers: str, head: str = VALLEY, steps: int = 30, more: str = "") -> Trace:
    """A scene of these optimizers, each a line of YAML."""
    lines = "".join(f"  - {each}\n" for each in optimizers)
    return simulate(read(f"{head}steps: {steps}\n{more}optimizers:\n{lines}"))


def alone(optimizer: str, **more: Any) -> Path:
    return ran(optimizer, **more).runs[0]


def by_hand(thing: Thing, losses: np.ndarray) -> list[float]:
    """What a schedule that looks at the loss is, told these losses."""
    state: dict[str, Any] = {}
    total = len(losses) - 1
    return [
        schedules.asked(thing, t, total, float(losses[t - 1]) if t else None, state) for t in range(total)
    ]


# -- one course --------------------------------------------------------------------------------


def test_constants_take_no_room() -> None:
    course = Course([0.1, 0.2], 1000)
    assert course.table.shape == (1000, 2)
    assert course.table.strides[0] == 0
    assert course.at(3, slice(None), None).tolist() == [0.1, 0.2]


def test_one_number_where_all_runs_have_the_same() -> None:
    course = Course([0.1, Thing("step", {"initial": 0.1, "every": 2, "factor": 0.5})], 4)
    assert course.at(1, slice(None), None) == 0.1
    assert course.at(3, slice(None), None).tolist() == [0.1, 0.05]
    assert course.at(3, np.array([1]), None) == 0.05


def test_a_schedule_that_looks_is_asked_for_the_runs_that_go_on() -> None:
    plateau = Thing("plateau", {"initial": 1.0, "patience": 0, "factor": 0.5})
    course = Course([plateau, 3.0, plateau], 4)
    assert np.isnan(course.table[:, 0]).all()
    assert course.at(1, slice(None), None).tolist() == [1, 3, 1]
    assert course.at(2, slice(None), np.array([5.0, 0, 5.0])).tolist() == [1, 3, 1]
    assert course.at(3, np.array([1, 2]), np.array([0, 6.0])).tolist() == [3, 0.5]
    assert course.table[2, 2] == 0.5
    assert np.isnan(course.table[2, 0])


# -- beside others -----------------------------------------------------------------------------

MOMENTA = (
    "momentum: {lr: {cosine: {initial: 0.2, warmup: 5}}}",
    "momentum: {lr: 0.05}",
    "momentum: {lr: {plateau: {initial: 0.4, patience: 1, factor: 0.5}}}",
    "momentum: {lr: {step: {initial: 1.0e+60, every: 7}}}",  # which diverges
    "momentum: {lr: 0.05, momentum: {one_cycle: {initial: 0.95, peak: 0.6}}}",
    "momentum: {lr: {formula: 0.3/(1 + t)}, momentum: {linear: {initial: 0, final: 0.9}}, start: [3, 3]}",
    "momentum: {lr: 0.05, steps: 11, momentum: {cosine: {initial: 0.9}}}",
    "sgd: {lr: 0.1, weight_decay: {exponential: {initial: 0.2, factor: 0.9}}}",
    "sgd: {lr: 0.1, weight_decay: 0.05}",
    "adam: {lr: {rex: 0.5}, beta1: {triangular: {initial: 0.5, peak: 0.9, up: 4}}}",
    "adam: {lr: 0.5}",
    "lookahead: {base: {momentum: {momentum: {wsd: {initial: 0.9}}}}, lr: {wsd: 0.1}}",
    "lookahead: {base: {momentum: {momentum: 0.5}}, lr: 0.1}",
    "sam: {base: {adam: {beta1: {piecewise: {values: [0.9, 0.5], at: 9}}}}, lr: {cosine: 0.3}}",
)
HEADS = {"valley": VALLEY, "rosenbrock": "landscape: rosenbrock\n"}


@pytest.mark.parametrize("head", HEADS.values(), ids=HEADS)
def test_each_run_is_bit_for_bit_what_it_is_alone(head: str) -> None:
    together = ran(*MOMENTA, head=head)
    assert any(path.ended for path in together.runs)
    assert any(path.ended is None for path in together.runs)
    for line, path in zip(MOMENTA, together.runs, strict=True):
        mine = alone(line, head=head)
        steps = mine.steps
        np.testing.assert_array_equal(path.params[: steps + 1], mine.params, err_msg=line)
        np.testing.assert_array_equal(path.loss[: steps + 1], mine.loss)
        np.testing.assert_array_equal(path.lr[:steps], mine.lr)
        assert path.ended == mine.ended
        for name, numbers in path.scheduled.items():
            expected = mine.scheduled.get(name, np.full(steps, path.settings.get(name, numbers[0])))
            np.testing.assert_array_equal(numbers[:steps], expected)


def test_a_schedule_spans_the_steps_of_its_own_run() -> None:
    trace = ran("gd: {lr: {linear: 1}, steps: 4}", "gd: {lr: {linear: 1}, steps: 8}", steps=8)
    short, long = trace.runs
    assert short.lr.tolist() == [1, 0.75, 0.5, 0.25, 0.25, 0.25, 0.25, 0.25]  # then it rests
    assert long.lr.tolist() == [1 - t / 8 for t in range(8)]


def test_a_plateau_is_each_runs_own() -> None:
    line = "gd: {{lr: {{plateau: {{initial: {lr}, patience: 1, factor: 0.5, cooldown: 2}}}}, start: {start}}}"
    lines = [
        line.format(lr=0.49, start="[-5, -2]"),
        line.format(lr=0.52, start="[-5, -2]"),  # goes up at first
        line.format(lr=0.52, start="[2, 0.1]"),
        line.format(lr=0.6, start="[0, 3]"),
    ]
    runs = ran(*lines, steps=40).runs
    for path in runs:
        assert path.schedule is not None
        assert path.lr.tolist() == by_hand(path.schedule, path.loss)
    assert len({tuple(path.lr / path.lr[0]) for path in runs}) > 2
    assert all(path.lr[-1] < path.lr[0] for path in runs[1:])


def test_a_run_that_ends_early_leaves_the_others_their_courses() -> None:
    trace = ran(
        "gd: {lr: {plateau: {initial: 1.0e+200}}}",
        "gd: {lr: {plateau: {initial: 0.6, patience: 0, factor: 0.5}}}",
        "gd: {lr: {linear: 1.0e+200}}",
        steps=20,
    )
    lost, fine, _ = trace.runs
    assert lost.ended is not None
    assert np.isnan(lost.lr[lost.ended.step :]).all()
    assert np.isfinite(fine.lr).all()
    assert fine.schedule is not None
    assert fine.lr.tolist() == by_hand(fine.schedule, fine.loss)


def test_a_run_of_one_step() -> None:
    for name in ("cosine", "one_cycle", "wsd", "warm_restarts", "plateau", "rex"):
        path = alone(f"gd: {{lr: {{{name}: {{initial: 0.1}}}}}}", steps=1)
        assert np.isfinite(path.loss).all()
        assert path.lr.shape == (1,)


# -- what the rules are handed -----------------------------------------------------------------


def test_momentum_and_learning_rate_by_hand() -> None:
    path = alone(
        "momentum: {momentum: {linear: {initial: 0.5, final: 0.9}}, lr: {step: {initial: 0.1, every: 3}}}",
        steps=9,
    )
    p, v = np.array([-5.0, -2.0]), np.zeros(2)
    for t in range(9):
        v = (0.5 + 0.4 * t / 9) * v + GRADIENT * p
        p = p - 0.1 * 0.1 ** (t // 3) * v
        np.testing.assert_allclose(path.params[t + 1], p, rtol=1e-12)
    np.testing.assert_allclose(path.scheduled["momentum"], 0.5 + 0.4 * np.arange(9) / 9, rtol=1e-15)


def test_weight_decay_by_hand() -> None:
    path = alone("sgd: {lr: 0.1, momentum: 0, weight_decay: {formula: 0.5/(1 + t)}}", steps=6)
    p = np.array([-5.0, -2.0])
    for t in range(6):
        p = p - 0.1 * (GRADIENT * p + 0.5 / (1 + t) * p)
        np.testing.assert_allclose(path.params[t + 1], p, rtol=1e-12)


def test_the_weight_decay_of_the_scene() -> None:
    head = VALLEY + "weight_decay: {linear: 0.3}\nlr: 0.1\n"
    both = ran("sgd", "adam", head=head)
    for path in both.runs:
        np.testing.assert_allclose(path.scheduled["weight_decay"], 0.3 * (1 - np.arange(30) / 30))


@pytest.mark.parametrize(
    ("number", "scheduled"),
    [
        ("adam: {lr: 0.1, beta1: 0.8}", "adam: {lr: 0.1, beta1: {constant: 0.8}}"),
        ("adam: {lr: 0.1, beta2: 0.95}", "adam: {lr: {constant: 0.1}, beta2: 0.95}"),
        (
            "sam: {base: {momentum: 0.7}, lr: 0.1}",
            "sam: {base: {momentum: {momentum: {constant: 0.7}}}, lr: 0.1}",
        ),
        (
            "momentum: {lr: 0.05, momentum: {cosine: 0.9}}",
            "lookahead: {base: {momentum: {momentum: {cosine: 0.9}}}, every: 1000, lr: 0.05}",
        ),
    ],
)
def test_a_constant_course_is_the_number(number: str, scheduled: str) -> None:
    one, other = alone(number), alone(scheduled)
    np.testing.assert_array_equal(one.params, other.params)
    np.testing.assert_array_equal(one.lr, other.lr)


def test_a_wrapper_hands_on_what_changes_inside_it() -> None:
    path = alone(
        "sam: {base: {momentum: {momentum: {linear: {initial: 0.9, final: 0.3}}}}, lr: 0.1}", steps=3
    )
    assert path.scheduled["momentum"] == pytest.approx([0.9, 0.7, 0.5])


# -- tuned -------------------------------------------------------------------------------------


def test_a_first_value_that_is_missing_is_tuned() -> None:
    path = alone("gd: {lr: {cosine: {warmup: 4}}}")
    assert path.tuned is not None
    assert path.schedule is not None
    assert path.schedule.settings["initial"] == path.tuned.lr == path.lr.max()
    others = [alone(f"gd: {{lr: {{cosine: {{initial: {lr}, warmup: 4}}}}}}") for lr in path.tuned.grid]
    assert path.loss[-1] == min(each.loss[-1] for each in others if each.ended is None)


def test_tuning_sees_each_schedule() -> None:
    trace = ran("gd: {lr: cosine}", "gd: {lr: {exponential: {factor: 0.7}}}", "gd", "gd: {lr: plateau}")
    assert all(path.tuned for path in trace.runs)
    for path in trace.runs:
        assert path.lr[0] == path.tuned.lr  # type: ignore[union-attr]
    cosine, falling, constant, plateau = (path.lr[0] for path in trace.runs)
    assert falling > constant  # what is lost soon begins higher
    assert cosine >= constant
    assert plateau >= constant


# -- drawn -------------------------------------------------------------------------------------


def test_jumps_are_what_is_far_steeper_than_beside_it() -> None:
    assert jumps(np.array([1, 1, 1, 0.5, 0.5, 0.5])).tolist() == [3]
    assert jumps(np.array([0, 1, 2, 1, 0, 1.0])).tolist() == []
    assert jumps(np.linspace(0, 1, 50) ** 2).tolist() == []
    assert jumps(np.tile(np.cos(np.arange(10) / 3.2), 3)).tolist() == [10, 20]
    assert jumps(np.array([2.0, 2, np.nan, np.nan])).tolist() == []
    assert jumps(np.full(4, 0.1)).tolist() == []


def lr_panel(*optimizers: str, steps: int = 30) -> tuple[NumberPanel, Trace]:
    """The learning rates of runs, drawn, and the runs."""
    trace = ran(*optimizers, steps=steps, more="panels: lr\n")
    film = Film(trace, Look(seconds=1))
    film.frame(0)
    (panel,) = film.panels
    assert isinstance(panel, NumberPanel)
    return panel, trace


def test_a_step_has_upright_flanks_and_no_head_start() -> None:
    panel, _ = lr_panel("gd: {lr: {step: {initial: 0.2, every: 10}}}")
    (way,) = panel.ghosts
    heights = way.xy[:, 1]
    flanks = np.flatnonzero(np.abs(np.diff(heights)) > 0.5)
    assert len(flanks) == 2
    np.testing.assert_array_equal(way.xy[flanks, 0], way.xy[flanks + 1, 0])
    assert (np.diff(way.t) > 0).all()
    assert way.at(9.9)[1] == heights[0]
    assert way.at(10.0)[1] == way.xy[flanks[0] + 1, 1]


def test_a_run_has_no_rate_after_its_end() -> None:
    panel, trace = lr_panel(
        "gd: {lr: {linear: 1.0e+90}}", "gd: {lr: {linear: 0.1}, steps: 5}", "gd: {lr: 0.1}", steps=20
    )
    lost, short, whole = (np.isfinite(line.values).sum() - 1 for line in panel.lines)
    assert trace.runs[0].ended is not None
    assert (lost, short, whole) == (trace.runs[0].ended.step - 1, 5, 20)


def test_every_schedule_is_made_once_for_its_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[tuple[int, int]] = []
    plain = schedules.at

    def counted(thing: Thing, t: Any, total: int) -> Any:
        made.append((id(thing), total))
        return plain(thing, t, total)

    monkeypatch.setattr(schedules, "at", counted)
    scene = read(
        """landscape: {formula: x**2 + y**2}
start: [1, 1]
lr: {product: [{cosine: 0.1}, {step: {initial: 1, every: 10}}]}
steps: 40
optimizers: [gd, adam, adam: {beta1: {cosine: {initial: 0.9, final: 0.5}}}, gd: {steps: 20}]
"""
    )
    simulate(scene)
    tables = 2 + 1  # the learning rate over 40 and over 20 steps, and beta1
    assert len(made) == len(set(made)) == tables + 2 * 2  # parts are made with their product
    simulate(scene)
    assert len(made) == 2 * (tables + 2 * 2)  # nothing is remembered longer


@pytest.mark.parametrize(
    ("thing", "parts"),
    [
        (Thing("cosine", {"initial": 1.0}), 1),
        (Thing("formula", {"f": "1/(1 + t)" + " + t" * 20}), 12),
        (Thing("multistep", {"initial": 1.0, "at": tuple(range(80))}), 11),
        (Thing("product", {"parts": (Thing("noam"), Thing("product", {"parts": (Thing("rex"),) * 3}))}), 6),
    ],
)
def test_the_effort_of_a_schedule_counts_its_parts(thing: Thing, parts: int) -> None:
    assert schedules.effort(thing) == parts
