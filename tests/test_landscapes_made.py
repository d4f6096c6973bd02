"""Landscapes that are made of a formula or of data: gradient, minima, names, and the best lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optanim.errors import Source
from optanim.kinds import landscape
from optanim.landscapes import names
from optanim.landscapes.regression import least_quantile, line
from optanim.problem import problem
from optanim.scene import Scene, Thing
from optanim.search import hessian
from optanim.trace import Data, Problem

DATA = Thing("line", {"n": 40, "noise": Thing("uniform"), "seed": 3})
MODELS = [
    ("formula", {"f": "0.1*x1**2 + 2*x2**2"}, [(-5, -2), (1, 3)]),
    ("formula", {"f": "cosh(x/2) - sin(x)"}, [(2,), (-1,)]),
    ("formula", {"f": "y**2"}, [(2, 3)]),
    ("linear_regression", {}, [(0, 0), (-10, -20)]),
    ("linear_regression", {"loss": "rmse"}, [(0, 0), (-10, -20)]),
    ("linear_regression", {"loss": "mae"}, [(0, 0), (-10, -20)]),
    ("linear_regression", {"loss": "rmse", "intercept": False}, [(0.5,), (-10,)]),
]


def made(name: str, settings: dict[str, Any], **more: Any) -> Problem:
    scene = Scene("t", Source("t.yaml", ""), Path("."), landscape=Thing(name, settings), dataset=DATA, **more)
    found = problem(scene)
    assert found is not None
    return found


@pytest.mark.parametrize(("name", "settings", "points"), MODELS)
def test_gradient(name: str, settings: dict[str, Any], points: list[tuple[float, ...]]) -> None:
    bound = made(name, settings)
    places = np.array(points, dtype=float)
    value, gradient = bound.slope(places)
    np.testing.assert_allclose(value, bound.loss(places), rtol=1e-15)
    for i in range(places.shape[1]):
        step = np.zeros(places.shape[1])
        step[i] = 1e-5
        difference = (bound.loss(places + step) - bound.loss(places - step)) / 2e-5
        np.testing.assert_allclose(gradient[:, i], difference, rtol=1e-6, atol=1e-7)
        above, below = bound.slope(places + step)[1], bound.slope(places - step)[1]
        second = hessian(bound.slope, places)[:, :, i]
        np.testing.assert_allclose(second, (above - below) / 2e-5, rtol=1e-5, atol=1e-4)


@pytest.mark.parametrize(("name", "settings", "points"), MODELS)
def test_minima_are_the_lowest_points(name: str, settings: dict[str, Any], points: Any) -> None:
    bound = made(name, settings, **({"view": (-6, 6) * len(points[0])} if name == "formula" else {}))
    if settings.get("f") == "y**2":
        assert bound.minima == ()
        return
    lowest = np.array(bound.minima, dtype=float)
    value, gradient = bound.slope(lowest)
    if settings.get("loss") != "mae":  # which has a kink there
        assert np.abs(gradient).max() < 1e-10
        assert np.linalg.eigvalsh(hessian(bound.slope, lowest)).min() > 0
    around = lowest[:, None] + np.random.default_rng(0).normal(size=(1, 500, lowest.shape[1])) * 0.1
    assert (bound.loss(around.reshape(-1, lowest.shape[1])) >= value.max() - 1e-12).all()
    assert np.ptp(value) < 1e-12


@pytest.mark.parametrize(("name", "settings", "points"), MODELS)
def test_floats_and_arrays(name: str, settings: dict[str, Any], points: Any) -> None:
    bound = made(name, settings)
    entry = landscape[name]
    first = [bound.data] if "data" in entry.asks else []
    whole = entry.function(*first, *np.array(points, dtype=float).T, **(entry.defaults() | settings))
    for point, value in zip(points, whole, strict=True):
        assert entry.function(*first, *point, **(entry.defaults() | settings)) == pytest.approx(
            value, rel=1e-14
        )


@pytest.mark.parametrize(
    ("thing", "expected"),
    [
        (Thing("rosenbrock"), ("x", "y")),
        (Thing("formula", {"f": "x1 + x2"}), ("x1", "x2")),
        (Thing("formula", {"f": "x**2"}), ("x",)),
        (Thing("linear_regression"), ("slope", "intercept")),
        (Thing("linear_regression", {"intercept": False}), ("slope",)),
    ],
)
def test_names(thing: Thing, expected: tuple[str, ...]) -> None:
    assert names(landscape[thing.name], thing) == expected


def test_himmelblau_has_four_minima() -> None:
    assert len(made("himmelblau", {}).minima) == 4


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("n", [1, 2, 7, 8, 40])
def test_least_absolute_is_as_low_as_the_best_line_through_points(n: int, intercept: bool) -> None:
    rng = np.random.default_rng(n)
    x, y = rng.normal(size=n), rng.normal(size=n)
    y[::5] += 50  # outliers, which least squares would follow
    if n == 1 and intercept:
        pytest.skip("one point has no best line")
    slope, *offset = least_quantile(x, y, 0.5, intercept)
    found = np.abs(y - line(x, slope, *offset)).sum()
    pairs = [(i, j) for i in range(n) for j in range(i)] if intercept else [(i, None) for i in range(n)]
    through = []
    for i, j in pairs:
        s = y[i] / x[i] if j is None else (y[i] - y[j]) / (x[i] - x[j])
        b = 0.0 if j is None else y[i] - s * x[i]
        through.append(np.abs(y - s * x - b).sum())
    assert found == pytest.approx(min(through), rel=1e-12, abs=1e-12)


def test_least_absolute_with_ties_and_a_perfect_fit() -> None:
    x = np.array([0.0, 0, 1, 1, 2, 2])
    slope, offset = least_quantile(x, 2 * x + 1, 0.5, True)
    assert (slope, offset) == pytest.approx((2, 1), abs=1e-12)


def test_a_vertical_line_of_points_has_no_single_best_line() -> None:
    entry = landscape["linear_regression"]
    data = Data(np.ones(5), np.arange(5.0))
    assert entry.facts["minima"](data, loss="mse", intercept=True) == []
