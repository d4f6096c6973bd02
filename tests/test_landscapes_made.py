"""Landscapes that are made of a formula or of data: gradient, minima, names, and the best lines."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.polynomial.chebyshev import chebval
from numpy.polynomial.legendre import legval
from numpy.polynomial.polynomial import polyval

from optanim.errors import Source
from optanim.kinds import landscape
from optanim.landscapes import names
from optanim.landscapes.polynomials import polynomial
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
    ("polynomial_regression", {"degree": 0}, [(0,), (2,)]),
    ("polynomial_regression", {}, [(0, 0, 0), (1, -2, 3)]),
    ("polynomial_regression", {"degree": 5, "basis": "chebyshev"}, [(0,) * 6, (1, -2, 3, 0.5, -1, 2)]),
    ("polynomial_regression", {"degree": 3, "basis": "legendre", "loss": "rmse"}, [(0,) * 4, (1, -2, 3, 4)]),
    ("polynomial_regression", {"degree": 2, "loss": "huber", "delta": 0.1}, [(0,) * 3, (1, -2, 3)]),
    ("polynomial_regression", {"degree": 4, "basis": "legendre", "loss": "log_cosh"}, [(0,) * 5, (1,) * 5]),
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


@pytest.mark.parametrize("basis", ["monomial", "chebyshev", "legendre"])
def test_a_polynomial_is_the_sum_of_its_basis(basis: str) -> None:
    data = Data(np.array([-1.0, 0.5, 4.0]), np.zeros(3))
    c, x = np.random.default_rng(1).normal(size=6), np.linspace(-2, 5, 9)
    u = x if basis == "monomial" else (x - 1.5) / 2.5
    numpy = {"monomial": polyval, "chebyshev": chebval, "legendre": legval}[basis]
    made = polynomial(data, 5, basis)
    np.testing.assert_allclose(made(x, *c), numpy(u, c), rtol=1e-12)
    np.testing.assert_allclose(made(x, *np.stack([c, 2 * c]).T)[1], 2 * made(x, *c), rtol=1e-12)


@pytest.mark.parametrize("basis", ["monomial", "chebyshev", "legendre"])
def test_every_basis_has_the_same_best_polynomial(basis: str) -> None:
    bound = made("polynomial_regression", {"degree": 6, "basis": basis})
    plain = made("polynomial_regression", {"degree": 6})
    assert bound.model is not None and plain.model is not None
    x = np.linspace(-1, 1, 50)
    np.testing.assert_allclose(bound.model(x, bound.minima[0]), plain.model(x, plain.minima[0]), rtol=1e-9)


def test_a_line_is_the_polynomial_of_degree_1() -> None:
    line, curve = made("linear_regression", {}), made("polynomial_regression", {"degree": 1})
    np.testing.assert_allclose(line.minima[0], curve.minima[0][::-1], rtol=1e-12)
    np.testing.assert_allclose(curve.surface(3.0, 5.0), line.surface(5.0, 3.0), rtol=1e-13)


@pytest.mark.parametrize(
    ("settings", "y"),
    [
        ({"degree": 5}, [1.0, 2.0, 3.0]),  # more coefficients than points
        ({"degree": 2, "loss": "mae"}, [1.0, 2.0, 3.0, 5.0]),
        ({"degree": 2, "loss": "logistic"}, [-1.0, -1.0, 1.0, 1.0]),  # separable: ever steeper is better
    ],
)
def test_no_minimum_is_stated_where_none_is_known(settings: dict[str, Any], y: list[float]) -> None:
    data = Data(np.arange(float(len(y))), np.array(y))
    scene = Scene("t", Source("t.yaml", ""), Path("."), landscape=Thing("polynomial_regression", settings))
    found = problem(scene, data)
    assert found is not None and found.minima == ()


def test_classes_that_no_polynomial_tells_apart_have_a_best_one() -> None:
    data = Data(np.arange(8.0), np.array([-1.0, 1, -1, 1, -1, 1, 1, -1]))
    settings = {"degree": 2, "loss": "logistic"}
    scene = Scene("t", Source("t.yaml", ""), Path("."), landscape=Thing("polynomial_regression", settings))
    found = problem(scene, data)
    assert found is not None
    assert np.abs(found.slope(np.array(found.minima))[1]).max() < 1e-10


def test_the_test_loss_maps_x_as_the_training_does() -> None:
    kept = Data(np.array([5.0, -3.0]), np.array([1.0, 2.0]))
    data = Data(np.array([-1.0, 0.0, 1.0]), np.array([0.0, 1.0, 0.5]), test=kept)
    thing = Thing("polynomial_regression", {"degree": 2, "basis": "chebyshev"})
    found = problem(Scene("t", Source("t.yaml", ""), Path("."), landscape=thing), data)
    assert found is not None and found.model is not None
    c = (0.3, -0.2, 0.1)
    by_hand = np.mean((found.model(kept.x, c) - kept.y) ** 2)
    assert found.surface(*c, loss="test") == pytest.approx(by_hand, rel=1e-14)
    one = found.slope(np.array([c]), rows=[1])[0]  # a batch maps it as all the data do
    assert one == pytest.approx((found.model(data.x[1], c) - data.y[1]) ** 2, rel=1e-14)
