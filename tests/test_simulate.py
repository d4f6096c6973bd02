"""From a scene to a trace: grouping, early ends, rests, counts, tuning in the open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optanim.courses import Course
from optanim.driver import Group, drive
from optanim.errors import Place, Source, UserError
from optanim.kinds import optimizer
from optanim.oracles import Draws, Layer
from optanim.prepare import GRID, prepare
from optanim.reader import read
from optanim.registry import Registry
from optanim.rules import Rule, kind_of
from optanim.scene import Limits, Run, Scene, Thing
from optanim.settings import Flag, Number, Positive
from optanim.simulate import simulate

VALLEY = Thing("formula", {"f": "0.1*x1**2 + 2*x2**2"})
START = (-5.0, -2.0)
PLACE = Place(Source("t.yaml", "optimizers: gd"), 1, 13, 2)


def run(rule: str, lr: float | None = 0.1, steps: int = 20, start: Any = START, **more: Any) -> Run:
    settings = more.pop("settings", {})
    return Run(Thing(rule, settings, PLACE), lr, steps, start, **more)


def scene(*runs: Run, landscape: Thing | None = VALLEY, **more: Any) -> Scene:
    return Scene("t", Source("t.yaml", ""), Path("."), landscape=landscape, runs=runs, **more)


def test_rows_are_start_loss_and_what_each_step_made() -> None:
    trace = simulate(scene(run("gd", 0.1, 3)))
    path = trace.runs[0]
    assert trace.steps == 3
    assert path.params.tolist()[0] == [-5, -2]
    np.testing.assert_allclose(path.params[1], [-4.9, -1.2], rtol=1e-15)
    np.testing.assert_allclose(
        path.loss, 0.1 * path.params[:, 0] ** 2 + 2 * path.params[:, 1] ** 2, rtol=1e-14
    )
    assert path.evals.tolist() == [0, 1, 2, 3]
    assert path.lr.tolist() == [0.1] * 3
    assert (path.ended, path.tuned, path.batch_loss, path.steps) == (None, None, None, 3)
    assert path.settings == {}


def test_settings_hold_the_defaults() -> None:
    path = simulate(scene(run("lamb", settings={"eps": 1e-5}))).runs[0]
    assert (path.settings["eps"], path.settings["beta1"], path.settings["trust_clip"]) == (1e-5, 0.9, None)


FORMULA = Thing("formula", {"f": "exp(0.3*x)/3 + (x**2 + y - 1)**2 + 0.2*sin(5*y)**3 + abs(y)**1.7"})


def mixed(name: str) -> list[Run]:
    """Runs of a rule with each of its numbers changed, from several starts, some of them chaotic or lost."""
    entry = optimizer[name]
    kinds = entry.settings.items()
    numbers = [one for one, setting in kinds if isinstance(setting.type, Number)]
    other: list[dict[str, Any]] = [
        {one: 3 if entry.settings[one].type.whole else 0.03 if "eps" in one or "decay" in one else 0.6}
        for one in numbers
    ]
    other += [{one: not setting.default} for one, setting in kinds if isinstance(setting.type, Flag)]
    other = [one for one in other if one != {"nesterov": True}]
    starts = [(-1.5, 2.0), (0.7, -0.3)]
    rates = [1.0, 0.05, 1e-3]
    given = {"base": Thing("adam")} if "base" in entry.asks else {}
    return [
        run(name, rates[(i + j) % 3], 60, start, settings=settings | given)
        for i, settings in enumerate([{}, *other])
        for j, start in enumerate(starts)
    ]


@pytest.mark.parametrize(
    "landscape",
    [
        Thing("rosenbrock"),
        FORMULA,
        Thing("linear_regression", {"loss": "rmse"}),
        Thing("linear_regression", {"loss": "mse"}),
    ],
)
def test_a_path_does_not_depend_on_its_neighbours_by_a_single_bit(landscape: Thing) -> None:
    more: dict[str, Any] = {"landscape": landscape, "minima": ((0.0, 0.0),)}  # not to be searched for
    if landscape.name == "linear_regression":
        more["dataset"] = Thing("line", {"n": 37})
    squares = landscape.settings.get("loss") == "mse"  # only there a rule may ask for residuals
    # What a rule draws at random depends on which run of the scene it is.
    rules = [each for each in optimizer.entries() if "rng" not in each.asks]
    names = [rule.name for rule in rules if squares == ("residuals" in rule.asks)]
    runs = [one for name in names for one in mixed(name)]
    for together, alone in zip(simulate(scene(*runs, **more)).runs, runs, strict=True):
        single = simulate(scene(alone, **more)).runs[0]
        np.testing.assert_array_equal(together.params, single.params)
        np.testing.assert_array_equal(together.loss, single.loss)
        assert together.ended == single.ended


def test_chaos_does_not_grow_from_a_neighbours_setting() -> None:
    runs = [run("adam", 1.0, 2000, None), run("adam", 1.0, 2000, None, settings={"beta2": 0.5})]
    two = simulate(scene(*runs, landscape=Thing("rosenbrock"))).runs
    for together, alone in zip(two, runs, strict=True):
        single = simulate(scene(alone, landscape=Thing("rosenbrock"))).runs[0]
        np.testing.assert_array_equal(together.params, single.params)


def test_all_groups_are_evaluated_in_one_memory_order() -> None:
    class Nothing:
        def keeps(self, t: int) -> bool:
            return True

        def point(self, t: int, runs: Any, shown: Any) -> None: ...
        def loss(self, t: int, runs: Any, loss: Any) -> None: ...

    def slope(params: Any) -> Any:
        assert params.flags.f_contiguous
        return params[:, 0], params

    def group(runs: int) -> Group:
        rule = Rule.of([Thing("gd")] * runs, optimizer)
        return Group(rule, Course([0.1] * runs, 3), np.ones((runs, 2)), [Layer(slice(0, 2), (2,))], 3)

    # A single row is in both orders at once.
    drive([(group(runs), Nothing()) for runs in (1, 1, 1)], lambda p: p[:, 0], slope)
    drive([(group(runs), Nothing()) for runs in (1, 3)], lambda p: p[:, 0], slope)


LINE = Thing("line", {"n": 1000}, PLACE)


@pytest.mark.parametrize(
    ("runs", "more", "message"),
    [
        (
            [run("gd", 0.1, 100), run("adam", None, 100)],
            {"landscape": Thing("linear_regression"), "dataset": LINE},
            "2700 steps of all runs, tuning included, on 1000 rows of data are "
            "2\u202f700\u202f000 evaluations",
        ),
        (
            [run("gd", None, 100)],
            {"landscape": VALLEY},
            "2600 steps of all runs, tuning included, are 2600 evaluations",
        ),
        ([run("gd", 0.1, 3000)], {"landscape": VALLEY}, "3000 steps of all runs are 3000 evaluations"),
    ],
)
def test_the_work_has_a_limit(runs: list[Run], more: dict[str, Any], message: str) -> None:
    asked = scene(*runs, **more)
    work = int(message.removesuffix(" evaluations").split(" are ")[1].replace("\u202f", ""))
    for refuse in (prepare, simulate):
        with pytest.raises(UserError) as caught:
            refuse(asked, limits=Limits(work=work - 1))  # type: ignore[operator]
        assert caught.value.mistakes[0].message == message
        assert caught.value.mistakes[0].place == PLACE
        assert caught.value.mistakes[0].hint.endswith("; --max-work lifts it")
    assert prepare(asked, limits=Limits(work=work)).steps == work // (1000 if "dataset" in more else 1)


def test_runs_together_are_the_runs_alone() -> None:
    runs = [
        run("adam", 0.1), run("adam", 0.5, settings={"beta1": 0.5}),
        run("gd", 0.4), run("gd", 0.1, start=(1.0, 1.0)),
        run("lamb", 0.3), run("lamb", 0.3, settings={"trust_clip": 0.5}), run("lamb", 0.3, layers="separate"),
        run("sgd", 0.1, settings={"nesterov": True, "momentum": 0.9}),
        run("sgd", 0.1, 7), run("adam", 0.2, 7),
    ]  # fmt: skip
    for together, alone in zip(simulate(scene(*runs)).runs, runs, strict=True):
        single = simulate(scene(alone)).runs[0]
        n = alone.steps + 1
        np.testing.assert_array_equal(together.params[:n], single.params)
        np.testing.assert_array_equal(together.loss[:n], single.loss)


def test_what_is_stepped_as_one_array() -> None:
    def kind(rule: str, **settings: Any) -> Any:
        return kind_of(Thing(rule, settings), optimizer)

    assert kind("adam", beta1=0.5) == kind("adam")
    assert kind("adam", decay="after") != kind("adam")
    assert kind("sgd", nesterov=True) != kind("sgd")
    assert kind("lamb", trust_clip=10.0) == kind("lamb", trust_clip=1.0) != kind("lamb")


def test_fewer_steps_rest_at_their_end() -> None:
    short, long = simulate(scene(run("gd", 0.1, 2), run("adam", 0.1, 5))).runs
    assert (short.steps, long.steps, len(short.params), len(short.lr)) == (2, 5, 6, 5)
    assert (short.params[3:] == short.params[2]).all()
    assert (short.loss[3:] == short.loss[2]).all()
    assert short.evals.tolist() == [0, 1, 2, 2, 2, 2]
    assert (long.params[5] != long.params[4]).all()


@pytest.mark.parametrize(
    ("f", "lr", "start", "step", "why"),
    [
        ("x**2", 1e200, (1.0,), 1, "the loss is infinite"),
        ("cosh(x)", 1e5, (600.0,), 1, "the loss is infinite"),
        ("log(x)", 1.0, (0.5,), 1, "the loss is not a number"),
        ("sqrt(x)", 2.0, (1.0,), 2, "the gradient is infinite"),
        ("tanh(x)", 1e308, (0.0,), None, ""),
        ("1e300*x**3 - x", 1e300, (1.0,), 1, "the parameters are infinite"),
    ],
)
def test_runs_end_where_they_stop_being_finite(
    f: str, lr: float, start: Any, step: int | None, why: str
) -> None:
    ending, other = run("gd", lr, 4, start), run("gd", 1e-3, 4, (1.0,))
    first, second = simulate(scene(ending, other, landscape=Thing("formula", {"f": f}))).runs
    if step is None:
        assert first.ended is None
        assert np.isfinite(first.params).all()
        return
    assert first.ended is not None
    assert (first.ended.step, first.ended.why) == (step, why)
    assert np.isfinite(first.params[:step]).all()
    assert np.isnan(first.params[step:]).all()
    assert np.isfinite(first.loss[:step]).all()
    assert np.isnan(first.loss[step:]).all()
    assert first.evals.tolist() == [min(t, step) for t in range(5)]
    assert second.ended is None or f == "1e300*x**3 - x"


def test_a_run_that_ends_late_leaves_the_others_as_they_are() -> None:
    runs = [run("adam", lr, 400) for lr in (0.1, 0.2)] + [run("momentum", lr, 400) for lr in (0.1, 9.0, 0.2)]
    trace = simulate(scene(*runs))
    ended = trace.runs[3].ended
    assert ended is not None
    assert 50 < ended.step < 400
    assert ended.why == "the loss is infinite"
    for i in (0, 1, 2, 4):
        assert trace.runs[i].ended is None
        alone = simulate(scene(runs[i])).runs[0]
        np.testing.assert_allclose(trace.runs[i].params, alone.params, rtol=1e-12, atol=1e-300)


def test_the_end_of_the_last_step_is_looked_at() -> None:
    path = simulate(scene(run("gd", 1e200, 1, (1.0,)), landscape=Thing("formula", {"f": "x**2"}))).runs[0]
    assert path.ended is not None
    assert (path.ended.step, path.ended.why) == (1, "the loss is infinite")
    assert np.isnan(path.params[1]).all()


def test_no_runs_no_steps() -> None:
    trace = simulate(scene(landscape=Thing("rosenbrock")))
    assert (trace.steps, trace.runs) == (0, ())
    assert trace.problem is not None
    trace = simulate(scene(landscape=None, dataset=Thing("line")))
    assert trace.problem is None
    assert trace.data is not None
    assert len(trace.data.x) == 100


def test_a_start_that_is_not_given_is_the_landscapes() -> None:
    path = simulate(scene(run("gd", 1e-3, 1, None), landscape=Thing("rosenbrock"))).runs[0]
    assert path.params[0].tolist() == [-1.5, 2]


def test_progress_ends_at_its_total() -> None:
    seen: list[tuple[int, int]] = []
    runs = [run("gd", None, 5), run("adam", 0.1, 7)]
    simulate(scene(*runs, minima=((0.0, 0.0),)), lambda done, total: seen.append((done, total)))
    assert seen[-1] == (5 * 26 + 7, 5 * 26 + 7)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)


# Tuning


def test_the_grid_is_printed_exactly() -> None:
    assert len(GRID) == 25
    assert [f"{lr:g}" for lr in GRID[:7]] == [
        "0.0001",
        "0.00015",
        "0.00022",
        "0.00033",
        "0.00047",
        "0.00068",
        "0.001",
    ]
    assert all(float(f"{lr:g}") == lr for lr in GRID)
    assert (GRID[0], GRID[-1]) == (1e-4, 1.0)
    assert list(GRID) == sorted(GRID)


@pytest.mark.parametrize("rule", ["gd", "momentum", "nesterov", "adam", "rmsprop", "lamb"])
def test_tuned_is_the_best_of_the_grid(rule: str) -> None:
    landscape = Thing("rosenbrock")
    path = simulate(scene(run(rule, None, 60, None), landscape=landscape)).runs[0]
    every = simulate(scene(*(run(rule, lr, 60, None) for lr in GRID), landscape=landscape)).runs
    # Rosenbrock's view is (-2, 2) by (-0.8, 3): three widths more on every side.
    allowed = [
        one
        for one in every
        if one.ended is None
        and (np.abs(one.params[:, 0]) <= 2 + 12).all()
        and (np.abs(one.params[:, 1] - 1.1) <= 1.9 + 11.4).all()
    ]
    best = min(allowed, key=lambda one: one.loss[-1])
    assert path.lr[0] == best.lr[0]
    np.testing.assert_array_equal(path.params, best.params)
    assert path.tuned is not None
    assert path.tuned.grid == GRID
    assert path.tuned.at_edge == (path.lr[0] in (GRID[0], GRID[-1]))
    assert path.evals.tolist() == list(range(61))


def test_ties_go_to_the_smaller_lr() -> None:
    flat = Thing("formula", {"f": "max(x**2, 1) + 0*x"})
    path = simulate(scene(run("gd", None, 5, (0.5,)), landscape=flat, minima=((0.0,),))).runs[0]
    assert path.lr[0] == GRID[0]
    assert path.tuned is not None
    assert path.tuned.at_edge


def test_given_and_tuned_side_by_side() -> None:
    given, tuned = simulate(scene(run("gd", 0.4), run("gd", None))).runs
    assert given.tuned is None
    assert tuned.tuned is not None
    assert (given.label, tuned.label) == ("GD lr 0.4", f"GD lr {tuned.lr[0]:g}")


@pytest.mark.parametrize(
    ("landscape", "start", "message"),
    [
        (Thing("saddle"), None, "no lr for gd, and the landscape has no minimum to tune it for"),
        (Thing("formula", {"f": "1e9*x**2"}), (1.0,), "gd leaves the view at every lr from 0.0001 to 1"),
    ],
)
def test_what_cannot_be_tuned_is_said_at_the_rule(landscape: Thing, start: Any, message: str) -> None:
    with pytest.raises(UserError) as caught:
        simulate(scene(run("gd", None, 50, start), run("adam", 0.1, 50, start), landscape=landscape))
    assert [str(one).split("\n")[0] for one in caught.value.mistakes] == [f"t.yaml:1:13: {message}"]


@pytest.mark.parametrize(
    ("settings", "x", "hint"),
    [
        ({}, "1990 2000 2010", "write standardize: true in the dataset, or give it an lr"),
        ({"standardize": True}, "1990 2000 2010", None),
        ({}, "-1 0 1", None),
    ],
)
def test_data_far_from_1_are_told_to_be_standardized(
    settings: dict[str, Any], x: str, hint: str | None, tmp_path: Path
) -> None:
    rows = "".join(f"{a},{b}\n" for a, b in zip(x.split(), (0.5, 1.5, 1), strict=True))
    (tmp_path / "p.csv").write_text("x,y\n" + rows)
    made = Scene(
        "t",
        Source("t.yaml", ""),
        tmp_path,
        landscape=Thing("linear_regression"),
        dataset=Thing("csv", {"file": "p.csv", **settings}),
        runs=tuple(run(rule, None, 50, None) for rule in ("gd", "adam", "momentum")),
    )
    if hint is None:
        assert all(one.tuned for one in simulate(made).runs)
        return
    with pytest.raises(UserError) as caught:
        simulate(made)
    said = "{} leaves the view at every lr from 0.0001 to 1"
    assert [(one.message, one.hint) for one in caught.value.mistakes] == [
        (said.format("gd"), hint),
        (said.format("momentum"), hint),
    ]


# What a rule may ask for and state

rules = Registry(
    "optimizer",
    "optanim.optimizers",
    facts=optimizer.fact_names[:-1],
    fixed=optimizer.fixed,
    asks=optimizer.may_ask,
    given=optimizer.given,
)


@rules(lr=0.25)
def own_lr(p: Any, g: Any, state: Any, lr: Any, t: int) -> Any:
    return p - lr * g


@rules()
def walk(p: Any, g: Any, state: Any, lr: Any, t: int, rng: Draws) -> Any:
    return p - lr * g + 0.01 * rng.normal(p.shape) + 0.01 * rng.uniform(p.shape)


@rules(single_run=True)
def polyak(
    p: Any, g: Any, state: Any, lr: Any, t: int, loss: Any, grad: Any, hessian_diag: Any, *, f: Positive = 1.0
) -> Any:
    assert p.shape == (1, 2)
    np.testing.assert_array_equal(grad(p), g)
    state["curvature"] = hessian_diag(p)
    return p - lr * f * loss(p) / (g * g).sum(axis=1, keepdims=True) * g


def test_a_rules_own_lr_is_used_and_not_tuned() -> None:
    text = "landscape: rosenbrock\nlr: 0.1\noptimizers: [newton, newton: {lr: 0.5}, newton: {lr: tuned}]"
    assert [each.lr for each in read(text, name="s.yaml").runs] == [1.0, 0.5, None]


def test_random_numbers_of_a_run_do_not_depend_on_its_neighbours() -> None:
    runs = [run("walk", 0.1, 60), run("walk", 1e150, 60), run("walk", 0.2, 60)]
    three = simulate(scene(*runs, seed=5), registry=rules).runs
    assert three[1].ended is not None
    alone = simulate(scene(run("walk", 0.1, 60), seed=5), registry=rules).runs[0]
    np.testing.assert_allclose(three[0].params, alone.params, rtol=1e-12)
    again = simulate(scene(*runs, seed=5), registry=rules).runs[2]
    np.testing.assert_array_equal(three[2].params, again.params)
    other = simulate(scene(*runs, seed=6), registry=rules).runs[2]
    assert (three[2].params[1:] != other.params[1:]).all()
    assert (three[0].params[1] - three[2].params[1] != 0).all()


def test_single_runs_are_looped_and_their_questions_counted() -> None:
    paths = simulate(scene(run("polyak", 0.5), run("polyak", 1.0)), registry=rules).runs
    assert paths[1].loss[-1] < paths[1].loss[0]
    # One gradient for the step, one asked for, two for the second derivatives of two numbers.
    assert paths[0].evals.tolist() == list(range(0, 81, 4))
