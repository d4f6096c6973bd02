"""A scene's landscape bound: starts, views, minima stated and found, surfaces in chunks."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optanim.errors import Place, Source, UserError
from optanim.problem import problem
from optanim.scene import Run, Scene, Thing
from optanim.search import around

PLACE = Place(Source("t.yaml", "landscape: formula"), 1, 12, 7)


def scene(thing: Thing | None, **more: Any) -> Scene:
    return Scene("t", Source("t.yaml", ""), Path("."), landscape=thing, **more)


def formula(f: str, view: tuple[float, ...] | None = None, start: tuple[float, ...] | None = None) -> Any:
    runs = (Run(Thing("gd"), 0.1, 10, start),) if start else ()
    return problem(scene(Thing("formula", {"f": f}, PLACE), view=view, runs=runs))


@pytest.mark.parametrize(
    ("f", "view", "minima"),
    [
        ("0.1*x1**2 + 2*x2**2", (-3, 3, -2, 2), [(0, 0)]),
        ("(x - 1)**2 * exp(y + 0.3) + (y + 0.3)**2", (-3, 3, -2, 2), [(1, -0.3)]),
        ("abs(x - 0.25) + abs(y - 1)", (-3, 3, -2, 2), [(0.25, 1)]),
        ("sqrt(x**2 + y**2)", (-3, 2, -2, 2), [(0, 0)]),
        ("(x**2 - 1)**2 + y**2", (-3, 3, -2, 2), [(-1, 0), (1, 0)]),
        ("x**4/4 - x**2 - 0.4*x", (-3, 3), [(1.5052371435436753,)]),
        ("x - log(x)", (-1, 3), [(1,)]),
        ("x**2 - y**2", (-2, 2, -2, 2), []),  # lower at the edge
        ("x", (-2, 2), []),
        ("exp(-x)", (-2, 50), []),
        ("y**2", (-2, 2, -2, 2), []),  # a floor, not a point
        ("x*y*0", (-2, 2, -2, 2), []),
        ("log(-x**2 - 1)", (-2, 2), []),  # defined nowhere
    ],
)
def test_lowest_found(f: str, view: tuple[float, ...], minima: list[tuple[float, ...]]) -> None:
    found = formula(f, view)
    assert found.minima_found == bool(minima)
    assert len(found.minima) == len(minima)
    for point in minima:
        assert min(np.abs(np.subtract(other, point)).max() for other in found.minima) < 1e-9


def test_a_flat_minimum_is_found_as_far_as_its_rounding_allows() -> None:
    assert formula("(x - 1)**4 + (y + 0.3)**2", (-3, 3, -2, 2)).minima[0] == pytest.approx(
        (1, -0.3), abs=1e-6
    )


def test_the_search_is_the_same_every_time() -> None:
    assert (
        formula("(x**2 - 1)**2 + y**2", (-3, 3, -2, 2)).minima
        == formula("(x**2 - 1)**2 + y**2", (-3, 3, -2, 2)).minima
    )


def test_without_a_view_the_search_is_around_the_starts_and_the_origin() -> None:
    assert formula("0.1*x1**2 + 2*x2**2", start=(-5, -2)).minima == ((0, 0),)
    assert around([(-5.0, -2.0)]) == (-10, 5, -7, 5)
    assert around([(), (3.0,)]) == (-3, 6)
    assert around([()]) is None


def test_a_minimum_just_outside_is_found_too() -> None:
    found = formula("x**2 - y**2 + 0.1*y**4", start=(-1.5, 0.01))
    np.testing.assert_allclose(np.abs(found.minima), [(0, 5**0.5)] * 2, atol=1e-9)
    assert formula("x**2 - y**2", start=(-1.5, 0.01)).minima == ()
    assert formula("x**2 - y**2 + 0.1*y**4", (-2, 2, -1, 1), (-1.5, 0.01)).minima == ()


def test_the_scenes_minima_and_view_win() -> None:
    bound = problem(scene(Thing("rosenbrock"), minima=((0.0, 2.0),), view=(-1, 1, -1, 1)))
    assert bound is not None
    assert (bound.minima, bound.minima_found, bound.view) == (((0.0, 2.0),), False, (-1, 1, -1, 1))
    bound = problem(scene(Thing("rosenbrock", {"view": (0.0, 1.0, 0.0, 1.0)})))
    assert bound is not None
    assert bound.view == (0, 1, 0, 1)


@pytest.mark.parametrize(
    ("thing", "runs", "message"),
    [
        (
            Thing("formula", {"f": "x**2"}, PLACE),
            (Run(Thing("gd"), 0.1, 10),),
            "formula has no start of its own",
        ),
        (Thing("linear_regression", {}, PLACE), (), "linear_regression needs a dataset"),
    ],
)
def test_what_is_missing_is_said_at_its_place(thing: Thing, runs: Any, message: str) -> None:
    with pytest.raises(UserError, match=f"t.yaml:1:12: {message}"):
        problem(scene(thing, runs=runs))


def test_no_landscape_no_problem() -> None:
    assert problem(scene(None)) is None


def test_surface_of_another_loss_is_that_loss() -> None:
    data = Thing("line", {"n": 50})
    bound = problem(scene(Thing("linear_regression", {"loss": "mse"}), dataset=data))
    other = problem(scene(Thing("linear_regression", {"loss": "mae"}), dataset=data))
    assert bound is not None
    assert other is not None
    x, y = np.linspace(-5, 5, 7)[None, :], np.linspace(-3, 3, 5)[:, None]
    grid = bound.surface(x, y, loss="mae")
    assert grid.shape == (5, 7)
    assert grid[2, 4] == pytest.approx(other.loss(np.array([[x[0, 4], y[2, 0]]]))[0], rel=1e-15)
    np.testing.assert_array_equal(bound.surface(x, y, loss="full"), bound.surface(x, y))
    with pytest.raises(ValueError, match="rosenbrock has no loss 'mae'"):
        problem(scene(Thing("rosenbrock"))).surface(x, y, loss="mae")  # type: ignore[union-attr]


def test_a_large_surface_stays_small_in_memory() -> None:
    bound = problem(scene(Thing("linear_regression"), dataset=Thing("line", {"n": 100})))
    assert bound is not None
    side = np.linspace(-20, 20, 400)
    tracemalloc.start()
    whole = bound.surface(side[None, :], side[:, None])
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6  # all points at once take 128 MB for each intermediate result
    params = np.array([[side[30], side[200]]])
    assert whole[200, 30] == pytest.approx(bound.loss(params)[0], rel=1e-14)


def test_many_runs_on_much_data_stay_small_in_memory() -> None:
    bound = problem(scene(Thing("linear_regression", {"loss": "rmse"}), dataset=Thing("line", {"n": 20_000})))
    assert bound is not None
    params = np.random.default_rng(0).normal(size=(300, 2))
    tracemalloc.start()
    value, gradient = bound.slope(params)
    loss = bound.loss(params)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 50e6  # all runs at once take 48 MB for each intermediate result
    np.testing.assert_array_equal(value, loss)
    for i in (0, 9, 10, 299):
        alone = bound.slope(params[[i]])
        assert (alone[0][0], *alone[1][0]) == (value[i], *gradient[i])


def test_model_and_names_of_a_regression() -> None:
    bound = problem(scene(Thing("linear_regression", {"intercept": False}), dataset=Thing("line")))
    assert bound is not None
    assert bound.model is not None
    assert bound.names == ("slope",)
    assert bound.model(np.array([0.0, 2.0]), (3.0,)).tolist() == [0, 6]


def test_residuals_are_those_of_every_point() -> None:
    bound = problem(scene(Thing("linear_regression", {"loss": "mse"}), dataset=Thing("line", {"n": 7})))
    assert bound is not None
    assert bound.residuals is not None
    assert bound.data is not None
    x, y = bound.data.x, bound.data.y
    for turn in range(6):  # computed at first, then replayed
        params = np.random.default_rng(turn).normal(size=(5, 2))
        off, jacobian = bound.residuals(params)
        np.testing.assert_allclose(off, params[:, :1] * x + params[:, 1:] - y, rtol=1e-13)
        np.testing.assert_array_equal(jacobian, np.stack([np.stack([x, np.ones(7)], axis=1)] * 5))
        np.testing.assert_allclose((off**2).mean(axis=1), bound.loss(params), rtol=1e-13)
        gradient = bound.slope(params)[1]
        np.testing.assert_allclose(2 * np.einsum("rk,rki->ri", off, jacobian) / 7, gradient, rtol=1e-12)
    other = problem(scene(Thing("linear_regression", {"loss": "mae"}), dataset=Thing("line")))
    assert other is not None
    assert other.residuals is None
