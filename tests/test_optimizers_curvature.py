"""Second-order rules, line searches and wrappers, by what is known of them beside their references."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optanim.errors import UserError
from optanim.kinds import optimizer
from optanim.optimizers._wolfe import Trial, bracket_and_zoom, cubic, more_thuente
from optanim.optimizers.curvature import _solved
from optanim.reader import load
from optanim.simulate import simulate
from tests.reference.check import Points, stepped, thing
from tests.reference.problems import Problem, problem

RNG = np.random.default_rng(3)
A = RNG.normal(size=(12, 6))


def on(family: str, start: list[float], **data: Any) -> Problem:
    return problem(
        {"family": family, "formula": "", "param_shapes": [[len(start)]], "init": [start], "data": data}
    )


VALLEY = on("quad2", [-5.0, -2.0], a=0.1, b=2.0, c=0.3)
ROSENBROCK = on("rosenbrock", [-1.2, 1.0])
# A least-squares problem with a matrix of parameters, which for those that see all is a vector of six.
SIX = problem(
    {
        "family": "matls",
        "formula": "",
        "param_shapes": [[6, 1]],
        "init": [[[1.0]] * 6],
        "data": {"A": A.tolist(), "B": RNG.normal(size=(12, 1)).tolist()},
    }
)


def path(rule: str, problem: Problem, steps: int, lr: float = 1.0, **settings: Any) -> Points:
    record, _ = stepped([thing(rule, settings)], [lr], problem.start[None], problem, steps)
    return record


def scene(text: str, folder: Path) -> Any:
    file = folder / "scene.yaml"
    file.write_text(text)
    return simulate(load(file))


# -- curvature


@pytest.mark.parametrize("rule", ["newton", "saddle_free_newton"])
def test_newton_solves_a_quadratic_in_one_step(rule: str) -> None:
    starts = np.array([[-5, -2], [3, 7], [1e3, -1e-3]])
    record, _ = stepped([thing(rule, {})] * 3, [1.0] * 3, starts, VALLEY, 1)
    assert np.abs(record.points[1]).max() < 1e-12


def test_newton_converges_quadratically() -> None:
    starts = np.array([[1.2, 1.2], [0.9, 0.7], [1.1, 1.3]])
    record, _ = stepped([thing("newton", {})] * 3, [1.0] * 3, starts, ROSENBROCK, 6)
    distance = np.linalg.norm(record.points - 1, axis=2)
    near = [(a, b) for each in distance.T for a, b in pairwise(each) if 1e-7 < a < 0.1]
    assert len(near) >= 3
    assert all(b < 30 * a * a for a, b in near)
    assert distance[-1].max() < 1e-12


def test_newton_goes_to_a_saddle_and_saddle_free_newton_away_from_it() -> None:
    saddle = on("quad2", [1.0, 0.5], a=1.0, b=-1.0)
    assert np.abs(path("newton", saddle, 1).points[1]).max() < 1e-12
    assert path("saddle_free_newton", saddle, 1).points[1, 0] == pytest.approx([0.0, 1.0], abs=1e-12)


def test_damping_of_each_run_is_its_own() -> None:
    damped = [thing("newton", {"damping": d}) for d in (0.0, 1.0, 1e9)]
    record, _ = stepped(
        damped, [1.0] * 3, np.array([[1.0, 1.0]] * 3), on("quad2", [1.0, 1.0], a=0.5, b=1.5), 1
    )
    expected = [[0, 0], [1 - 1 / 2, 1 - 3 / 4], [1, 1]]
    np.testing.assert_allclose(record.points[1], expected, atol=1e-8)


def test_a_singular_hessian_takes_the_shortest_step() -> None:
    flat = on("quad2", [3.0, -2.0], a=0.0, b=1.0)
    record, _ = stepped([thing("newton", {})] * 2, [1.0, 1.0], np.array([[3.0, -2.0], [1.0, 4.0]]), flat, 1)
    np.testing.assert_allclose(record.points[1], [[3.0, 0.0], [1.0, 0.0]], atol=1e-12)


def test_one_bad_matrix_leaves_the_others_their_solution() -> None:
    good = np.array([[2.0, 1.0], [1.0, 3.0]])
    matrices = np.array([good, np.zeros((2, 2)), np.full((2, 2), np.nan), [[1.0, 1.0], [1.0, 1.0]], good])
    b = np.array([[1.0, 2.0]] * 5)
    x = _solved(matrices, b)
    np.testing.assert_array_equal(x[[0, 4]], [np.linalg.solve(good, b[0])] * 2)
    np.testing.assert_allclose(x[[1, 3]], [[0.0, 0.0], [0.75, 0.75]])
    assert np.isnan(x[2]).all()


@pytest.mark.parametrize("step", ["long", "short"])
def test_barzilai_borwein_steps_by_the_curvature_it_met(step: str) -> None:
    points = path("barzilai_borwein", VALLEY, 60, lr=0.1, step=step).points[:, 0]
    np.testing.assert_allclose(points[1], points[0] - 0.1 * VALLEY.slope(points[:1])[1][0])
    H = np.array([[0.2, 0.3], [0.3, 4.0]])
    s = points[1] - points[0]
    share = (s @ s) / (s @ H @ s) if step == "long" else (s @ H @ s) / (s @ H @ H @ s)
    np.testing.assert_allclose(points[2], points[1] - share * H @ points[1], rtol=1e-12)
    assert np.abs(points[-1]).max() < 1e-9


def test_barzilai_borwein_takes_the_given_step_where_the_surface_bends_down() -> None:
    hill = on("quad2", [0.5, 0.25], a=-0.5, b=-0.5)
    assert path("barzilai_borwein", hill, 3, lr=0.1).points[3, 0] == pytest.approx(
        [0.5 * 1.1**3, 0.25 * 1.1**3]
    )


LINE = """
dataset: {{line: {{noise: 0.3}}}}
landscape: {{{model}: mse}}
start: [{start}]
steps: {steps}
optimizers: {rules}
"""


def test_gauss_newton_solves_linear_least_squares_in_one_step(tmp_path: Path) -> None:
    text = LINE.format(model="linear_regression", start="-3, 8", steps=2, rules="[gauss_newton, newton]")
    trace = scene(text, tmp_path)
    data = trace.data
    best = np.linalg.lstsq(np.stack([data.x, np.ones_like(data.x)], axis=1), data.y, rcond=None)[0]
    for run in trace.runs:
        np.testing.assert_allclose(run.params[1], best, rtol=1e-10)
    # The gradient, and residuals with their derivatives; Newton takes two columns of the Hessian.
    assert [run.evals.tolist() for run in trace.runs] == [[0, 2, 4], [0, 3, 6]]


def test_levenberg_marquardt_never_goes_up_and_gets_there(tmp_path: Path) -> None:
    rules = (
        "[levenberg_marquardt, levenberg_marquardt: {damping: 1000}, levenberg_marquardt: {scaled: false}]"
    )
    text = LINE.format(model="linear_regression", start="-3, 8", steps=40, rules=rules)
    trace = scene(text, tmp_path)
    best = trace.problem.minima[0]
    for run in trace.runs:
        assert (np.diff(run.loss) <= 0).all()
        np.testing.assert_allclose(run.params[-1], best, atol=1e-6)
    first = [np.linalg.norm(run.params[1] - run.params[0]) for run in trace.runs]
    assert first[1] < 0.01 * first[0]


def test_residuals_need_a_loss_of_squares(tmp_path: Path) -> None:
    text = LINE.format(model="linear_regression", start="-3, 8", steps=2, rules="[levenberg_marquardt]")
    with pytest.raises(UserError, match="levenberg_marquardt needs a regression with the loss mse"):
        scene(text.replace("mse", "mae"), tmp_path)


def test_sophia_looks_at_the_curvature_once_a_period() -> None:
    asked = []

    def diagonal(p: Any) -> Any:
        asked.append(p)
        return np.ones_like(p)

    state: dict[str, Any] = {}
    for t in range(1, 12):
        optimizer["sophia_h"].function(
            np.ones((1, 2)), np.ones((1, 2)), state, 0.1, t, diagonal, update_period=5
        )
    assert len(asked) == 3


def test_sophia_goes_down_where_the_surface_bends_down() -> None:
    p, g = np.array([[1.0, 1.0]]), np.array([[0.5, -2.0]])
    new = optimizer["sophia_h"].function(p, g, {}, 0.1, 1, lambda p: -np.ones_like(p), clip=1.0)
    assert new[0] == pytest.approx([0.9, 1.1])


# -- line searches


@pytest.mark.parametrize(
    ("rule", "settings"),
    [
        ("conjugate_gradient", {"beta": "polak_ribiere"}),
        ("conjugate_gradient", {"beta": "fletcher_reeves"}),
        ("conjugate_gradient", {"beta": "hestenes_stiefel"}),
        ("conjugate_gradient", {"beta": "dai_yuan"}),
        ("bfgs", {}),
    ],
)
def test_n_steps_end_on_a_quadratic_where_the_search_is_exact(rule: str, settings: dict[str, Any]) -> None:
    record = path(rule, SIX, 6, c2=1e-9, c1=1e-12, **settings)
    slopes = [np.abs(SIX.slope(point)[1]).max() for point in record.points]
    assert slopes[5] > 1e-4
    assert slopes[6] < 1e-7


def test_conjugate_gradients_agree_on_a_quadratic_where_the_search_is_exact() -> None:
    paths = [
        path("conjugate_gradient", SIX, 6, beta=beta, c1=1e-12, c2=1e-9).points
        for beta in ("polak_ribiere", "fletcher_reeves", "hestenes_stiefel", "dai_yuan")
    ]
    for other in paths[1:]:
        np.testing.assert_allclose(other, paths[0], atol=1e-6)


@pytest.mark.parametrize(("rule", "steps"), [("bfgs", 50), ("lbfgs", 50), ("conjugate_gradient", 80)])
def test_line_searches_solve_rosenbrock_and_stay(rule: str, steps: int) -> None:
    record = path(rule, ROSENBROCK, steps)
    assert (np.diff(record.losses[:, 0]) <= 0).all()
    np.testing.assert_allclose(record.points[-1, 0], [1, 1], atol=1e-4)


def test_bfgs_converges_faster_than_any_rate() -> None:
    distance = np.linalg.norm(path("bfgs", ROSENBROCK, 40).points[:, 0] - 1, axis=1)
    rates = [b / a for a, b in pairwise(distance) if 1e-9 < a < 0.1]
    assert min(rates) < 1e-2
    assert rates[-1] < 0.2


@pytest.mark.parametrize("rule", ["bfgs", "conjugate_gradient"])
def test_at_the_bottom_a_search_is_not_repeated_for_ever(rule: str) -> None:
    start = np.array([[0.3, -0.2]])
    _, group = stepped([thing(rule, {})], [1.0], start, VALLEY, 200)
    assert group.evals[-1] - group.evals[100] == 100  # the driver's own


def test_steps_of_lbfgs_are_iterations_of_one_of_torch() -> None:
    every = path("lbfgs", ROSENBROCK, 15, max_iter=1, max_eval=25).points[:, 0]
    together = path("lbfgs", ROSENBROCK, 5, max_iter=3, max_eval=100).points[:, 0]
    np.testing.assert_allclose(together, every[::3], rtol=1e-9)


def test_lbfgs_keeps_as_many_pairs_as_it_is_told() -> None:
    assert not np.allclose(path("lbfgs", SIX, 6, history=1).points[6], path("lbfgs", SIX, 6).points[6])


def _line(f: Any, slope: Any) -> Any:
    return lambda a: Trial(a, np.float64(f(a)), np.float64(slope(a)), None)


@pytest.mark.parametrize("first", [1e-3, 0.1, 1.0, 10.0])
@pytest.mark.parametrize(
    ("f", "slope"),
    [  # the first three of Moré and Thuente's own
        (lambda a: -a / (a * a + 2), lambda a: (a * a - 2) / (a * a + 2) ** 2),
        (
            lambda a: (a + 0.004) ** 5 - 2 * (a + 0.004) ** 4,
            lambda a: (a + 0.004) ** 3 * (5 * (a + 0.004) - 8),
        ),
        (lambda a: (a - 3) ** 2, lambda a: 2 * (a - 3)),
        (lambda a: np.exp(a) - 5 * a, lambda a: np.exp(a) - 5),
    ],
)
def test_both_searches_meet_the_wolfe_conditions(f: Any, slope: Any, first: float) -> None:
    line, (c1, c2) = _line(f, slope), (1e-4, 0.1)
    start = line(0.0)
    with np.errstate(over="ignore", invalid="ignore"):
        ends = [
            more_thuente(line, start, first, c1, c2),
            bracket_and_zoom(line, start, first, 50, 1.0, 1e-12, c1, c2)[0],
        ]
    for end in ends:
        assert end is not None
        assert end.value <= start.value + c1 * end.step * start.slope
        assert abs(end.slope) <= c2 * abs(start.slope)


def test_the_cubic_through_two_trials() -> None:
    line = _line(lambda a: a**3 - 3 * a, lambda a: 3 * a * a - 3)
    for a, b in ((0.0, 2.0), (2.0, 0.0), (-0.5, 5.0)):
        assert cubic(line(a), line(b)) == pytest.approx(1.0, rel=1e-12)


def test_c1_has_to_be_below_c2(tmp_path: Path) -> None:
    text = "landscape: rosenbrock\nsteps: 3\noptimizers: [bfgs: {c1: 0.5, c2: 0.4}]\n"
    with pytest.raises(UserError, match="c1 has to be below c2"):
        scene(text, tmp_path)


# -- wrappers


def test_lookahead_is_its_base_between_pulls() -> None:
    fast = path("momentum", VALLEY, 5, lr=0.05).points[:, 0]
    slow = path("lookahead", VALLEY, 5, lr=0.05, base={"momentum": {}}, every=5, alpha=0.3).points[:, 0]
    np.testing.assert_array_equal(slow[:5], fast[:5])
    np.testing.assert_allclose(slow[5], fast[0] + 0.3 * (fast[5] - fast[0]), rtol=1e-14)


def test_sam_steps_by_the_gradient_at_the_worst_point_of_a_ball() -> None:
    point = path("sam", VALLEY, 1, lr=0.1, base={"gd": {}}, rho=0.5).points[1]
    g = VALLEY.slope(VALLEY.start[None])[1]
    worst = VALLEY.start + 0.5 * g / np.linalg.norm(g)
    np.testing.assert_allclose(point, VALLEY.start - 0.1 * VALLEY.slope(worst)[1], rtol=1e-10)


def test_asam_does_not_see_the_scale_of_a_parameter() -> None:
    # f(x, y) and f(x / 10, y): the same losses at points that are the same.
    wide = on("quad2", [-50.0, -2.0], a=0.001, b=2.0, c=0.03)
    g, scaled = VALLEY.slope(VALLEY.start[None])[1], wide.slope(wide.start[None])[1]
    looked = []
    for p, slope in ((VALLEY.start, g), (wide.start, scaled)):
        optimizer["asam"].function(
            p[None], slope, {}, 0.1, 1, lambda q: looked.append(q[0]) or q, lambda p, g: p, rho=0.5
        )
    np.testing.assert_allclose(looked[1], looked[0] * [10, 1], rtol=1e-9)


def test_wrappers_at_a_point_without_a_slope_stay() -> None:
    flat = on("quad2", [0.0, 0.0], a=1.0, b=1.0)
    for rule in ("sam", "asam", "lookahead"):
        assert not path(rule, flat, 6, base={"momentum": {}}).points.any()


def test_wrappers_in_a_scene(tmp_path: Path) -> None:
    text = """
landscape: rosenbrock
start: [-1.5, 2]
steps: 30
lr: 0.001
optimizers:
  - lookahead: adam
  - sam: {base: {sgd: {momentum: 0.9}}}
  - lookahead: {base: {sam: adam}, every: 3}
  - lookahead: {base: {adashift: {keep_num: 3}}}
  - lookahead: {base: {adashift: {keep_num: 2}}}
"""
    trace = scene(text, tmp_path)
    assert [run.label for run in trace.runs] == [
        "Lookahead (Adam)",
        "SAM (SGD momentum 0.9)",
        "Lookahead (SAM (Adam))",
        "Lookahead (AdaShift) keep num 3",
        "Lookahead (AdaShift) keep num 2",
    ]
    assert all(run.ended is None and run.loss[-1] < run.loss[0] for run in trace.runs)
    assert [run.evals[-1] for run in trace.runs[:3]] == [30, 60, 60]
