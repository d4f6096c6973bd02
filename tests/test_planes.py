"""Planes through many parameters, and what is drawn on them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optanim import planes, words
from optanim.film import Film
from optanim.panels.contour import Contour
from optanim.pen import Box
from optanim.planes import Cast, Plane, cast
from optanim.problem import problem
from optanim.reader import read
from optanim.scene import Look, Size
from optanim.simulate import simulate
from optanim.trace import Trace

NETWORK = """
dataset: {{moons: {{n: 40, seed: 1, test: 0.25}}}}
landscape: {{mlp: {{hidden: [5], activation: tanh}}}}
batch: 10
steps: 30
lr: 0.1
optimizers: [sgd, momentum: 0.9]
panels: [{panel}]
"""
CUBIC = """
dataset: {{line: {{n: 30, noise: 0.3, seed: 2}}}}
landscape: {{polynomial_regression: {{degree: 3}}}}
steps: 40
optimizers:
  - gd: {{lr: 0.1}}
  - adam: {{lr: 0.1}}
panels: [{panel}]
"""


def traced(text: str = NETWORK, panel: str = "contour") -> Trace:
    return simulate(read(text.format(panel=panel), name="scene.yaml"))


def made(trace: Trace, kind: str | None = None, loss: str = "full") -> Cast:
    found = cast(trace, kind, range(len(trace.runs)), loss)
    assert found is not None
    return found


def rng(seed: int) -> np.random.Generator:
    return np.random.default_rng(seed)


def paths(n: int, rank: int, counts: tuple[int, ...] = (30, 40)) -> list[np.ndarray[Any, Any]]:
    """Random walks in a subspace of so many dimensions, out of its origin."""
    basis = rng(0).normal(size=(rank, n))
    return [rng(i + 1).normal(size=(m, rank)).cumsum(axis=0) @ basis + 7.0 for i, m in enumerate(counts)]


@pytest.mark.parametrize("n", [3, 20, 5000], ids=lambda n: f"{n} parameters")
def test_pca_is_the_singular_vectors_of_the_points(n: int) -> None:
    given = paths(n, 3)
    plane = planes.pca(given)
    points = np.concatenate(given)
    _, values, rows = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    for direction, row in zip((plane.first, plane.second), rows, strict=False):
        assert abs(direction @ row) == pytest.approx(1, abs=1e-9)
    assert plane.share == pytest.approx(tuple(values[:2] ** 2 / (values**2).sum()))
    assert plane.centre == pytest.approx(np.mean([path[-1] for path in given], axis=0))


@pytest.mark.parametrize("rank", [1, 2], ids=["one line", "one plane"])
def test_paths_in_a_plane_lie_on_it(rank: int) -> None:
    given = paths(50, rank)
    plane = planes.pca(given)
    assert sum(plane.share or ()) == pytest.approx(1)
    assert (plane.share or (0, 0))[1] > 0.01 or rank == 1
    assert abs(plane.first @ plane.second) < 1e-9
    for path in given:
        assert np.abs(plane.off(path)).max() < 1e-9 * np.abs(path).max()
        assert plane.lifted(plane.on(path)) == pytest.approx(path)


def test_of_one_run_the_end_is_on_its_plane() -> None:
    (path,) = paths(30, 6, (50,))
    plane = planes.pca([path])
    assert plane.off(path[-1:])[0] < 1e-9
    assert plane.off(path).max() > 1
    assert plane.on(path[-1:])[0, 0] > plane.on(path[:1])[0, 0], "the way goes to the right"


def test_a_path_that_never_moves_has_a_plane() -> None:
    plane = planes.pca([np.ones((5, 4))])
    assert plane.share == (0.0, 0.0)
    assert np.isfinite(plane.first).all() and np.isfinite(plane.second).all()
    assert plane.on(np.ones((1, 4))) == pytest.approx(np.zeros((1, 2)))


def test_long_paths_are_thinned_evenly() -> None:
    (path,) = paths(10, 2, (3 * planes.MOST_POINTS,))
    assert planes.pca([path]).off(path).max() < 1e-6


def test_random_directions_have_filters_as_long_as_the_point() -> None:
    shapes = [(6, 4), (4,), (4, 3), (3,)]
    centre = rng(5).normal(size=sum(int(np.prod(shape)) for shape in shapes))
    plane = planes.random(centre, shapes, 3)
    first = np.split(plane.first, np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1])
    own = np.split(centre, np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1])
    for made_of, parameters, shape in zip(first, own, shapes, strict=True):
        if len(shape) == 1:
            assert not made_of.any(), "biases stay"
            continue
        lengths = [np.linalg.norm(part.reshape(shape), axis=0) for part in (made_of, parameters)]
        assert lengths[0] == pytest.approx(lengths[1])
    assert plane.first @ plane.second == pytest.approx(0, abs=1e-9)
    assert (planes.random(centre, shapes, 3).first == plane.first).all()
    assert (planes.random(centre, shapes, 4).first != plane.first).any()


def test_a_filter_of_zeros_has_a_direction() -> None:
    plane = planes.random(np.zeros(8), [(4, 2)], 0)
    assert np.linalg.norm(plane.first) == pytest.approx(np.sqrt(2))


@pytest.mark.parametrize("kind", ["pca", "random"])
@pytest.mark.parametrize(("text", "loss"), [(NETWORK, "full"), (NETWORK, "test"), (CUBIC, "full")])
def test_the_loss_of_the_plane_is_that_of_its_points(text: str, loss: str, kind: str) -> None:
    trace = traced(text)
    found = made(trace, kind, loss)
    assert trace.problem is not None and found.trace.problem is not None
    x, y = np.meshgrid(np.linspace(-2, 1, 5), np.linspace(-1, 3, 4))
    drawn = found.trace.problem.surface(x, y, loss=None if loss == "full" else loss)
    of = trace.problem.test_loss if loss == "test" else trace.problem.loss
    assert of is not None
    points = found.plane.lifted(np.column_stack([x.ravel(), y.ravel()]))
    assert drawn.shape == x.shape
    assert drawn.ravel() == pytest.approx(of(points), rel=1e-12)


def test_the_loss_of_a_batch_on_the_plane() -> None:
    trace = traced()
    found = made(trace, loss="batch")
    assert trace.problem is not None and trace.batches is not None and found.trace.problem is not None
    rows = trace.batches.rows(3)
    drawn = found.trace.problem.surface(np.array([0.5]), np.array([-0.25]), rows=rows)
    point = found.plane.lifted(np.array([[0.5, -0.25]]))
    assert drawn == pytest.approx(trace.problem.loss(point, rows))
    assert found.told(0, np.array([3]))[0] == (
        f"{words.number(float(found.plane.off(trace.runs[0].params[3:4])[0]), 2)} off",
    )


@pytest.mark.parametrize("loss", ["full", "test"])
def test_what_is_told_at_a_head(loss: str) -> None:
    trace = traced()
    found = made(trace, "pca", loss)
    problem_ = trace.problem
    assert problem_ is not None and problem_.test_loss is not None
    params = trace.runs[1].params[17]
    of = problem_.test_loss if loss == "test" else problem_.loss
    foot = found.plane.centre + (params - found.plane.centre) @ np.column_stack(
        [found.plane.first, found.plane.second]
    ) @ np.stack([found.plane.first, found.plane.second])
    expected = (
        f"loss {words.number(float(of(params[None])[0]), 2)}",
        f"on plane {words.number(float(of(foot[None])[0]), 2)}",
        f"{words.number(float(np.linalg.norm(params - foot)), 2)} off",
    )
    assert found.told(1, np.array([3, 17]))[1] == expected


@pytest.mark.parametrize("activation", ["tanh", "relu"])
def test_a_run_far_away_makes_no_plane(activation: str) -> None:
    text = NETWORK.replace("[sgd, momentum: 0.9]", "[sgd, gd: {{lr: 1e200}}]").replace("tanh", activation)
    trace = traced(text)
    assert (trace.runs[1].ended is not None) == (activation == "relu")
    found = made(trace)
    assert np.isfinite(found.plane.first).all()
    assert sum(found.plane.share or ()) > 0.9
    if activation == "relu":
        assert found.told(1, np.array([30])) == [()]
    film = Film(trace, Look(seconds=0.5))
    assert film.frame(0).std() > 5 and film.frame(film.count - 1).std() > 5


def test_a_run_that_goes_far_leaves_the_plane_to_those_that_come_down() -> None:
    trace = traced(NETWORK.replace("[sgd, momentum: 0.9]", "[gd: {{lr: 1e30}}, gd: {{lr: 0.1}}]"))
    both = cast(trace, "pca", [0, 1], "full")
    assert both is not None and np.abs(trace.runs[0].params[1]).max() > 1e25
    assert both.trace.problem is not None and np.abs(both.trace.problem.view or ()).max() < 10
    down = both.plane.off(trace.runs[1].params)
    assert down.max() < 1 and both.furthest([1]) == down.max()
    far = cast(trace, "pca", [0], "full")
    assert far is not None and np.abs(far.plane.on(trace.runs[0].params[:1])).max() > 1e20


def test_a_run_of_fewer_steps_does_not_count_where_it_rests() -> None:
    text = CUBIC.replace("gd: {{lr: 0.1}}", "gd: {{lr: 0.1, steps: 4}}")
    trace = traced(text)
    points = np.concatenate([trace.runs[0].params[:5], trace.runs[1].params])
    values = np.linalg.svd(points - points.mean(axis=0), compute_uv=False) ** 2
    assert made(trace).plane.share == pytest.approx(tuple(values[:2] / values.sum()))


def test_another_loss_is_told_beside_that_of_the_plane() -> None:
    trace = traced(CUBIC, "contour: mae")
    found = made(trace, loss="mae")
    problem_, params = trace.problem, trace.runs[0].params
    assert problem_ is not None
    (said,) = found.told(0, np.array([7]))
    assert said[0] == f"loss {words.number(float(problem_.surface(*params[7], loss='mae')), 2)}"
    film = Film(trace, Look(seconds=0.5))
    assert film.static.any()
    assert " % of the variance; MAE; paths reach " in film.panels[0].said  # type: ignore[attr-defined]


def test_two_random_directions_of_one_line_are_parted() -> None:
    shapes = [(1, 1), (1,), (1, 1), (1,)]  # each filter has one number: a sign is all that is drawn
    for seed in range(8):
        plane = planes.random(np.array([2.0, 1.0, -3.0, 0.5]), shapes, seed)
        assert np.linalg.norm(plane.second) > 1
        assert plane.first @ plane.second == pytest.approx(0, abs=1e-12)


def test_of_many_parameters_few_are_held_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    given = paths(5000, 3)
    whole = planes.pca(given)
    monkeypatch.setattr(planes, "AT_ONCE", 7000)
    plane = planes.pca(given)
    assert plane.share == pytest.approx(whole.share)
    assert abs(plane.first @ whole.first) == pytest.approx(1)
    assert plane.on(given[0]) == pytest.approx(whole.on(given[0]))
    assert plane.off(given[1]) == pytest.approx(whole.off(given[1]))


def test_of_many_test_points_fewer_places_are_drawn() -> None:
    sizes = []
    for test in (0.05, 0.95):
        text = NETWORK.replace("n: 40, seed: 1, test: 0.25", f"n: 20000, seed: 1, test: {test}")
        film = Film(traced(text.replace("steps: 30", "steps: 2"), "contour: test"), Look(size=Size(400, 300)))
        panel = film.panels[0]
        assert isinstance(panel, Contour)
        panel.seen = (-1.0, 1.0, -1.0, 1.0)
        panel.box = Box(0, 0, 400, 300)
        panel._values = lambda x, y, rows=None: np.zeros((y.size, x.size))  # type: ignore[method-assign]
        sizes.append(len(panel._surface()[0]))
    assert sizes[1] < sizes[0] / 2


def test_two_parameters_need_no_plane() -> None:
    trace = simulate(read("landscape: beale\noptimizers: adam\nsteps: 5\n"))
    assert cast(trace, None, [0], "full") is None


PANELS = [
    ("contour", NETWORK),
    ("contour: {plane: random}", NETWORK),
    ("contour: test", NETWORK),
    ("contour: batch", NETWORK),
    ("contour: {only: momentum}", NETWORK),
    ("contour: {inset: {view: [-0.5, 0.5, -0.5, 0.5]}}", NETWORK),
    ("contour: {marks: [point: [0, 0]]}", NETWORK),
    ("surface", NETWORK),
    ("surface: {plane: random, orbit: [0, 40]}", NETWORK),
    ("grid: contour", NETWORK),
    ("contour", CUBIC),
    ("contour: mae", CUBIC),
    ("surface", CUBIC),
]


@pytest.mark.parametrize(("panel", "text"), PANELS, ids=[f"{p} of {len(t)}" for p, t in PANELS])
def test_panels_on_a_plane_are_drawn(panel: str, text: str) -> None:
    trace = traced(text, panel)
    film = Film(trace, Look(seconds=0.5))
    first, last = film.frame(0), film.frame(film.count - 1)
    assert first.std() > 5
    assert (first != last).any()


def test_the_heading_tells_the_distance_and_the_axes_the_variance() -> None:
    film = Film(traced(), Look(seconds=0.5))
    film.frame(0)
    (panel,) = film.panels
    assert isinstance(panel, Contour) and panel.cast is not None
    one, two = panel.cast.plane.share or (0, 0)
    assert panel.stage.trace.problem is not None
    assert panel.stage.trace.problem.names == (
        f"PC 1:\u00a0{words.percent(100 * one)}",
        f"PC 2:\u00a0{words.percent(100 * two)}",
    )
    assert f"up to {words.number(panel.cast.furthest([0, 1]), 2)} off" in panel.said
    assert two < one <= 1


def test_one_plane_is_made_for_all_outputs() -> None:
    trace = traced()
    assert made(trace) is made(trace)
    assert made(trace) is not made(trace, "random")


def test_without_runs_a_random_plane_goes_through_the_start() -> None:
    text = NETWORK.replace("optimizers: [sgd, momentum: 0.9]\n", "").replace("lr: 0.1\n", "")
    scene = read(text.format(panel="contour: {plane: random}"))
    trace = simulate(scene)
    found = cast(trace, "random", [], "full")
    start = problem(scene)
    assert found is not None and start is not None
    assert found.plane.centre == pytest.approx(np.array(start.start))
    assert isinstance(found.plane, Plane)


def test_cells_on_planes_of_their_own_say_which_in_fewer_and_fewer_words() -> None:
    text = CUBIC.replace("landscape: {{polynomial_regression: {{degree: 3}}}}\n", "")
    text += "sweep: {{landscape: [linear_regression, polynomial_regression: 4, mlp: 3]}}\n"
    film = Film(traced(text, "grid: {panel: contour, by: landscape}"), Look(seconds=0.5))
    film.frame(0)
    plain, *cast_ = film.panels[0].cells  # type: ignore[attr-defined]
    assert plain.ways == ["intercept"] * planes.WAYS
    for each in cast_:
        assert len(each.ways) == planes.WAYS
        assert all(" % " in way or " %;" in way for way in each.ways)
        assert " off this plane in " in each.ways[0] and each.ways[-1].endswith("off")


def test_the_heading_says_how_far_the_paths_go_and_in_how_many_dimensions() -> None:
    trace = traced()
    found = made(trace)
    path = trace.runs[1].params
    assert found.reach([1]) == pytest.approx(np.linalg.norm(path - path[0], axis=1).max())
    ways = found.says([0, 1])
    assert ways[0][1].endswith(f"off this plane in {path.shape[1]} dimensions")
    assert f"; paths reach {words.number(found.reach([0, 1]), 2)}, up to " in ways[1][1]


def test_a_random_plane_says_around_what_it_is() -> None:
    found = made(traced(), "random")
    assert found.says([0, 1])[0][0] == " around the end of SGD"
    assert found.told(0, np.array([30]))[0][-1] == "0 off", "its end is on it, but for rounding"


def test_a_view_has_room_around_the_ends() -> None:
    trace = traced()
    found = made(trace)
    assert found.trace.problem is not None and found.trace.problem.view is not None
    x0, x1, y0, y1 = found.trace.problem.view
    feet = np.concatenate([run.params for run in found.trace.runs])
    side = np.ptp(feet, axis=0).max()
    assert min(*(feet.min(axis=0) - (x0, y0)), *((x1, y1) - feet.max(axis=0))) > planes.AROUND * side


def test_of_a_random_walk_much_of_the_variance_is_on_two_axes() -> None:
    """As 6 / (pi * k)^2 on the k-th: a high share alone says nothing of a landscape."""
    walk = rng(9).normal(size=(400, 3000)).cumsum(axis=0)
    assert planes.pca([walk]).share == pytest.approx((6 / np.pi**2, 6 / (2 * np.pi) ** 2), abs=0.03)
