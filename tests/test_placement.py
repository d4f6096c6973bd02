"""Landscapes shifted, rotated and scaled: values, gradients, minima and views go with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optanim.errors import Source, UserError
from optanim.kinds import landscape
from optanim.landscapes.regression import line
from optanim.placement import Placement
from optanim.problem import problem
from optanim.reader import read
from optanim.scene import Run, Scene, Thing
from optanim.search import hessian
from optanim.simulate import simulate
from optanim.trace import Problem
from optanim.words import title

PLANE = [e.name for e in landscape.entries() if "view" in e.facts and "data" not in e.asks]
SMOOTH = [
    e.name
    for e in landscape.entries()
    if e.name in PLANE
    and e.function.__module__.split(".")[-1] not in ("nonsmooth", "rugged")
    and e.name not in ("sum_of_different_powers", "ackley", "salomon", "weierstrass")
]
PLACED: list[dict[str, Any]] = [
    {"shift": (3.0, -2.0)},
    {"rotate": 30.0},
    {"rotate": -90.0},
    {"scale": (2.0,)},
    {"scale": (0.5, 3.0)},
    {"shift": (1.0, 2.0), "rotate": 200.0, "scale": (1.5, 0.7)},
]
DATA = Thing("line", {"n": 30, "seed": 2})


def made(name: str, settings: dict[str, Any], **more: Any) -> Problem:
    scene = Scene("t", Source("t.yaml", ""), Path("."), landscape=Thing(name, settings), **more)
    found = problem(scene)
    assert found is not None
    return found


def inside(bound: Problem, count: int) -> Any:
    assert bound.view is not None
    return np.random.default_rng(3).uniform(bound.view[0::2], bound.view[1::2], (count, 2))


@pytest.mark.parametrize("placed", PLACED, ids=str)
def test_drawn_and_own_are_inverse(placed: dict[str, Any]) -> None:
    scale = placed.get("scale", ())
    at = Placement(
        placed.get("shift", ()), placed.get("rotate", 0.0) % 360, scale * (2 // max(len(scale), 1))
    )
    for point in np.random.default_rng(0).normal(size=(20, 2)):
        np.testing.assert_allclose(at.own(*at.drawn(point)), point, rtol=1e-14, atol=1e-14)


@pytest.mark.parametrize("name", PLANE)
def test_a_placement_that_changes_nothing_is_equal_to_the_bit(name: str) -> None:
    plain = made(name, {})
    same = made(name, {"shift": (0.0, 0.0), "rotate": 360.0, "scale": (1.0, 1.0)})
    assert (same.start, same.view, same.minima) == (plain.start, plain.view, plain.minima)
    points = inside(plain, 20)
    for one, other in zip(plain.slope(points), same.slope(points), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("name", PLANE)
def test_everything_moves_with_the_landscape(name: str) -> None:
    plain = made(name, {})
    moved = made(name, {"shift": (3.0, -2.0), "rotate": 40.0, "scale": (2.0, 0.5)})
    at = Placement((3.0, -2.0), 40.0, (2.0, 0.5))
    assert moved.start == at.drawn(plain.start)
    assert moved.minima == tuple(at.drawn(point) for point in plain.minima)
    points = inside(plain, 30)
    drawn = np.array([at.drawn(point) for point in points])
    value = plain.loss(points)
    np.testing.assert_allclose(moved.loss(drawn), value, rtol=1e-7, atol=1e-9 * np.ptp(value))
    assert moved.view is not None and plain.view is not None
    low, high = np.array(moved.view[0::2]), np.array(moved.view[1::2])
    assert ((low <= moved.start) & (moved.start <= high)).all()
    assert ((low <= drawn) & (drawn <= high)).all()
    for own, point in zip(plain.minima, moved.minima, strict=True):
        seen = (np.array(plain.view[0::2]) <= own).all() and (own <= np.array(plain.view[1::2])).all()
        assert not seen or ((low <= point) & (point <= high)).all()
    ends = np.array([at.drawn((x, y)) for x in plain.view[:2] for y in plain.view[2:]])
    np.testing.assert_allclose(np.c_[ends.min(axis=0), ends.max(axis=0)].ravel(), moved.view)


@pytest.mark.parametrize("placed", PLACED, ids=str)
@pytest.mark.parametrize("name", ["rosenbrock", "himmelblau", "ackley", "l1_norm", "bukin_6", "rastrigin"])
def test_minima_are_minima(name: str, placed: dict[str, Any]) -> None:
    bound = made(name, placed)
    lowest = np.array(bound.minima)
    value = bound.loss(lowest)
    spread = float(np.median(bound.loss(inside(bound, 500)))) - value.min()
    assert (bound.loss(inside(bound, 2000)) >= value.min()).all()
    around = lowest[:, None] + np.random.default_rng(1).normal(size=(1, 200, 2)) * 1e-3
    assert (bound.loss(around.reshape(-1, 2)) >= value.max() - 1e-6 * spread).all()


@pytest.mark.parametrize("placed", PLACED, ids=str)
@pytest.mark.parametrize("name", SMOOTH)
def test_gradients_by_a_complex_step(name: str, placed: dict[str, Any], record_property: Any) -> None:
    bound, entry = made(name, placed), landscape[name]
    scale = placed.get("scale", ())
    at = Placement(
        placed.get("shift", ()), placed.get("rotate", 0.0) % 360, scale * (2 // max(len(scale), 1))
    )
    points = inside(bound, 20)
    expected = np.empty_like(points)
    for i in range(2):
        shifted = points.astype(complex)
        shifted[:, i] += 1e-30j
        expected[:, i] = entry.function(*at.own(*shifted.T), **entry.defaults()).imag / 1e-30
    gradient = bound.slope(points)[1]
    # A rotated view may show where a landscape is not defined.
    known = np.isfinite(bound.loss(points)) & (np.abs(expected) < 1e20).all(axis=1)
    points, gradient, expected = points[known], gradient[known], expected[known]
    assert len(points) > 5
    np.testing.assert_allclose(gradient, expected, rtol=1e-11, atol=1e-12 * np.nanmax(np.abs(expected)))
    for _ in range(4):  # recorded and replayed
        np.testing.assert_array_equal(bound.slope(points)[1], gradient)
    second = hessian(bound.slope, points)
    np.testing.assert_allclose(
        second, second.swapaxes(1, 2), rtol=1e-8, atol=1e-11 * np.nanmax(np.abs(second))
    )
    record_property("landscape", ["gradients of placed ones", len(points)])


def test_a_shifted_formula_is_searched_where_it_lies() -> None:
    settings = {"f": "x**2 + 3*y**2", "shift": (100.0, -50.0), "rotate": 20.0}
    runs = (Run(Thing("gd"), 0.1, 10, (101.0, -49.0)),)
    bound = made("formula", settings, runs=runs)
    assert bound.minima_found
    np.testing.assert_allclose(bound.minima, [(100, -50)], atol=1e-9)


def test_one_variable_is_shifted_and_scaled() -> None:
    bound = made("formula", {"f": "(x - 1)**2", "shift": (3.0,), "scale": (2.0,)}, view=(-10.0, 10.0))
    np.testing.assert_allclose(bound.minima, [(5,)])
    np.testing.assert_allclose(bound.slope(np.array([[7.0]]))[1], [[1.0]])


def test_a_placed_regression_fits_the_same_lines() -> None:
    plain = made("linear_regression", {}, dataset=DATA)
    bound = made("linear_regression", {"scale": (1.0, 10.0), "shift": (0.0, 2.0)}, dataset=DATA)
    assert bound.names == ("slope", "10 intercept + 2")
    ((slope, offset),) = bound.minima
    ((own, height),) = plain.minima
    assert (slope, offset) == pytest.approx((own, 10 * height + 2))
    assert bound.model is not None and bound.residuals is not None and bound.data is not None
    at = np.linspace(-1, 1, 5)
    np.testing.assert_allclose(bound.model(at, (slope, offset)), line(at, own, height))
    rest, jacobian = bound.residuals(np.array([[slope, offset]]))
    np.testing.assert_allclose(jacobian[0, :, 1], 0.1)
    np.testing.assert_allclose(2 * rest @ jacobian[0] / 30, 0, atol=1e-12)
    grid = np.linspace(0, 5, 3)
    np.testing.assert_allclose(
        bound.surface(grid, 10 * grid + 2, loss="mae"), plain.surface(grid, grid, loss="mae")
    )


@pytest.mark.parametrize(
    ("landscape_", "message"),
    [
        ("{formula: {f: x**2, rotate: 20}}", "formula is a function of x alone, with no plane to rotate"),
        ("{rosenbrock: {shift: 2}}", "a shift of 1 number where rosenbrock takes 2"),
        ("{rosenbrock: {scale: [1, 2, 3]}}", "a scale of 3 numbers where rosenbrock takes 2"),
    ],
)
def test_what_cannot_be_is_said_where_it_stands(landscape_: str, message: str) -> None:
    start = "start: 1\n" if "x**2" in landscape_ else ""
    scene = read(f"landscape: {landscape_}\n{start}optimizers: gd\n")
    with pytest.raises(UserError, match=message) as caught:
        problem(scene)
    (mistake,) = caught.value.mistakes
    assert mistake.place is not None and mistake.place.line == 1 and mistake.place.column > 25


def test_a_figure_says_what_its_landscape_is() -> None:
    placed = "{beale: {shift: [1, 2], rotate: 30, scale: 2, noise: 0.1}}"
    text = f"landscape: {placed}\noptimizers: gd\nlr: 0.01\nsteps: 3"
    assert title(simulate(read(text))) == (
        "GD on Beale, scaled by 2, rotated by 30°, shifted by (1, 2), gradient noise sd 0.1"
    )
