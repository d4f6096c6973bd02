"""Losses over the last axis, their slopes at kinks, and the lines that have the least of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import optimize, special

from optanim.autodiff import Tensor
from optanim.errors import Source
from optanim.landscapes.regression import minima
from optanim.losses import CLASSIFY, LOSSES, TITLES, error, two_classes
from optanim.problem import problem
from optanim.replay import Evaluation
from optanim.scene import Scene, Thing
from optanim.search import hessian
from optanim.trace import Data

PREDICTION = np.array([[1.0, 2, 4], [0, 0, 0]])
TARGET = np.array([1.0, 0, 0])
SETTINGS = {"delta": 1.5, "tau": 0.8}
E = np.exp(1)
VALUES = {
    "mse": [20 / 3, 1 / 3],
    "rmse": [(20 / 3) ** 0.5, (1 / 3) ** 0.5],
    "mae": [2, 1 / 3],
    # rests 0, 2, 4 and -1, 0, 0
    "huber": [(1.5 * (2 - 0.75) + 1.5 * (4 - 0.75)) / 3, 0.5 / 3],
    "quantile": [0.2 * 6 / 3, 0.8 / 3],
    "log_cosh": [(np.log(np.cosh(2)) + np.log(np.cosh(4))) / 3, np.log(np.cosh(1)) / 3],
    # margins 1, -2, -4 and 0, 0, 0
    "logistic": [(np.log(1 + 1 / E) + np.log(1 + E**2) + np.log(1 + E**4)) / 3, np.log(2)],
    "hinge": [(0 + 3 + 5) / 3, 1],
}


def test_every_loss_has_a_value_here_and_a_title() -> None:
    assert set(VALUES) == set(LOSSES) == set(TITLES)


@pytest.mark.parametrize("name", LOSSES)
def test_loss(name: str) -> None:
    np.testing.assert_allclose(error(name, PREDICTION, TARGET, **SETTINGS), VALUES[name], rtol=1e-14)
    np.testing.assert_allclose(
        error(name, Tensor(PREDICTION), TARGET, **SETTINGS).value, VALUES[name], rtol=1e-14
    )


@pytest.mark.parametrize(
    ("name", "theirs"),
    [
        ("huber", lambda rest: special.huber(1.5, rest)),
        ("log_cosh", lambda rest: np.log(np.cosh(rest))),
        ("quantile", lambda rest: np.maximum(-0.8 * rest, 0.2 * rest)),
    ],
)
def test_a_loss_of_rests_and_its_slope(name: str, theirs: Any) -> None:
    rest = np.linspace(-5, 5, 101) + 0.01
    each = Tensor(rest[:, None])
    error(name, each, np.zeros(1), **SETTINGS).backward(np.ones(101))
    value = error(name, rest[:, None], np.zeros(1), **SETTINGS)
    np.testing.assert_allclose(value, theirs(rest), rtol=1e-12, atol=1e-15)
    slope = (theirs(rest + 1e-6) - theirs(rest - 1e-6)) / 2e-6
    np.testing.assert_allclose(each.grad[:, 0], slope, atol=1e-6)


@pytest.mark.parametrize("target", [[-1.0, 1, 1], [0.0, 1, 1]])
def test_classes_may_be_written_two_ways(target: list[float]) -> None:
    at = Tensor(np.array([0.3, 0.0, -2.0]))
    loss = error("logistic", at, np.array(target))
    margin = np.array([-0.3, 0, -2])
    assert float(loss) == pytest.approx(float(-special.log_expit(margin).mean()), rel=1e-14)
    loss.backward()
    np.testing.assert_allclose(at.grad, -np.array([-1, 1, 1]) * special.expit(-margin) / 3, rtol=1e-14)
    assert error("hinge", at.value, np.array(target)) == pytest.approx((1.3 + 1 + 3) / 3, rel=1e-14)


@pytest.mark.parametrize("name", ["logistic", "log_cosh"])
def test_a_smooth_loss_has_its_curvature_at_0_too_and_does_not_overflow(name: str) -> None:
    evaluation = Evaluation(lambda x: error(name, x[..., None], np.ones(1)), 1, 10)
    at = np.array([[1.0 if name == "log_cosh" else 0.0]])
    for _ in range(6):
        assert hessian(evaluation.slope, at)[0, 0, 0] == pytest.approx(1 if name == "log_cosh" else 0.25)
    assert evaluation.repeatable
    far = error(name, np.array([[1e4], [-1e4]]), np.ones(1))
    np.testing.assert_allclose(far, [9999 - np.log(2), 10001 - np.log(2)] if name == "log_cosh" else [0, 1e4])


@pytest.mark.parametrize("name", sorted(set(LOSSES) - set(CLASSIFY)))
def test_slope_of_a_perfect_fit_is_zero(name: str) -> None:
    fit = Tensor(TARGET)
    loss = error(name, fit, TARGET, **SETTINGS)
    loss.backward()
    assert float(loss) == pytest.approx(0, abs=1e-16)
    assert error(name, TARGET, TARGET, **SETTINGS) == pytest.approx(0, abs=1e-16)
    assert fit.grad.tolist() == [0, 0, 0]


def test_slope_of_the_hinge_at_its_kink_is_zero() -> None:
    fit = Tensor(np.array([1.0, -1.0]))
    error("hinge", fit, np.array([1.0, -1.0])).backward()
    assert fit.grad.tolist() == [0, 0]


@pytest.mark.parametrize("name", LOSSES)
def test_no_prediction_is_no_perfect_fit(name: str) -> None:
    assert np.isnan(error(name, np.array([[np.nan, 0, 0]]), TARGET, **SETTINGS)).all()


def test_what_two_classes_are() -> None:
    assert two_classes(np.array([0.0, 1, 1])) and two_classes(np.array([-1.0, 1])) and two_classes(np.ones(3))
    assert not two_classes(np.array([-1.0, 0, 1])) and not two_classes(np.array([0.0, 2]))


# -- the best lines ----------------------------------------------------------------------------


def drawn(seed: int, classes: bool, far: float = 0.0) -> Data:
    rng = np.random.default_rng(seed)
    x = rng.normal(size=31) + far
    y = (
        np.where(x - far + rng.normal(size=31) > 0, 1.0, -1.0)
        if classes
        else 2 * (x - far) + rng.standard_t(2, 31)
    )
    return Data(x, y)


def searched(
    data: Data, loss: str, intercept: bool, settings: dict[str, float]
) -> tuple[NDArray[Any], float]:
    """SciPy's answer: a linear program for what has kinks, else a search by its gradient."""
    one = np.ones(len(data.x))
    columns = np.stack([data.x, one] if intercept else [data.x], axis=1)
    n, k = columns.shape
    if loss in ("hinge", "quantile", "mae"):
        if loss == "hinge":  # t >= 1 - y X w, t >= 0
            cost = np.r_[np.zeros(k), one / n]
            a, b = np.c_[-data.y[:, None] * columns, -np.eye(n)], -one
            bounds = [(None, None)] * k + [(0, None)] * n
            found = optimize.linprog(cost, a, b, bounds=bounds)
        else:  # y = X w + u - v
            tau = settings["tau"] if loss == "quantile" else 0.5
            cost = np.r_[np.zeros(k), tau * one / n, (1 - tau) * one / n] * (2 if loss == "mae" else 1)
            bounds = [(None, None)] * k + [(0, None)] * (2 * n)
            found = optimize.linprog(
                cost, A_eq=np.c_[columns, np.eye(n), -np.eye(n)], b_eq=data.y, bounds=bounds
            )
        return found.x[:k], float(found.fun)
    f = lambda w: float(error(loss, columns @ w, data.y, **settings))  # noqa: E731
    found = optimize.minimize(f, np.zeros(k), method="BFGS", options={"gtol": 1e-10})
    return found.x, float(found.fun)


@pytest.mark.parametrize("intercept", [True, False])
@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(
    ("loss", "settings"),
    [(name, SETTINGS) for name in LOSSES] + [("huber", {"delta": 0.1}), ("quantile", {"tau": 0.05})],
)
def test_the_best_line_is_scipys(
    loss: str, settings: dict[str, float], seed: int, intercept: bool, record_property: Any
) -> None:
    settings = SETTINGS | settings
    data = drawn(seed, loss in CLASSIFY)
    theirs, least = searched(data, loss, intercept, settings)
    (ours,) = minima(data, loss, intercept, **settings)
    line = ours[0] * data.x + (ours[1] if intercept else 0.0)
    value = error(loss, line, data.y, **settings)
    assert value <= least + 1e-12
    np.testing.assert_allclose(ours, theirs, rtol=2e-4, atol=2e-4)
    record_property("landscape", ["least losses", 1])


@pytest.mark.parametrize("loss", ["huber", "log_cosh", "logistic"])
def test_a_smooth_best_line_has_no_slope_also_far_from_0(loss: str) -> None:
    data = drawn(7, loss in CLASSIFY, far=1000.0)
    ((slope, offset),) = minima(data, loss, True)
    at = [Tensor(slope), Tensor(offset)]
    error(loss, at[0] * (data.x - 1000) + (offset + 1000 * slope), data.y, delta=1.0).backward()
    assert abs(at[0].grad) < 1e-9


@pytest.mark.parametrize(
    ("loss", "x", "y", "intercept"),
    [
        ("logistic", [-1, -0.5, 0.5, 2], [-1, -1, 1, 1], True),  # ever steeper
        ("logistic", [-1, 0.5, 2], [-1, 1, 1], False),
        ("logistic", [1, 2, 3], [1, 1, 1], True),  # ever higher
        ("hinge", [-1, -0.5, 0.5, 2], [-1, -1, 1, 1], True),  # many without error
        ("hinge", [1, 2, 3], [1, 1, 1], True),
        ("hinge", [-1, -1, 1, 1], [-1, 1, -1, 1], True),  # any line that is nowhere above 1 or below -1
        ("huber", [1, 1, 1], [0, 1, 2], True),  # any line through one point
        ("mae", [1, -1], [1, 1], False),  # any slope between -1 and 1
        ("mae", [-1, -1, 1, 1], [0, 1, 0, 1], True),  # any line between the pairs
        ("mae", [0, 0, 1, 2, 2], [0, 1, 0.5, 0, 1], True),  # any line through the one in the middle
        ("quantile", [1, 1, 1, 1], [0, 1, 2, 3], False),  # three quarters below: from 2 to 3
    ],
)
def test_no_single_best_line(loss: str, x: list[float], y: list[float], intercept: bool) -> None:
    assert minima(Data(np.array(x, float), np.array(y, float)), loss, intercept, tau=0.75) == []


@pytest.mark.parametrize("seed", range(20))
def test_tied_points_have_one_best_line_where_the_best_ones_are_a_point(seed: int) -> None:
    rng = np.random.default_rng(seed)
    intercept, tau = bool(seed % 2), float(rng.choice([0.1, 0.25, 0.3, 0.5]))
    x, y = (np.array(rng.integers(-2, 3, 6), np.float64) for _ in range(2))
    x *= 0.1
    columns = np.stack([x, np.ones(6)], axis=1)[:, : 1 + intercept]
    k = columns.shape[1]
    cost = np.r_[np.zeros(k), np.full(6, tau), np.full(6, 1 - tau)]
    equal = {"A_eq": np.c_[columns, np.eye(6), -np.eye(6)], "b_eq": y}
    bounds = [(None, None)] * k + [(0, None)] * 12
    least = optimize.linprog(cost, bounds=bounds, **equal).fun
    widths = []
    for way in np.eye(k):  # from end to end of the lines that are as good
        ends = [
            optimize.linprog(
                np.r_[side * way, np.zeros(12)], A_ub=[cost], b_ub=[least + 1e-9], bounds=bounds, **equal
            )
            for side in (1, -1)
        ]
        widths.append(sum(end.fun for end in ends) if all(end.success for end in ends) else -np.inf)
    found = minima(Data(x, y), "quantile", intercept, tau=tau)
    assert bool(found) == (min(widths) > -1e-6)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_regression_has_every_loss_and_draws_every_other(loss: str) -> None:
    scene = Scene(
        "t",
        Source("t.yaml", ""),
        Path("."),
        landscape=Thing("linear_regression", {"loss": loss}),
        dataset=Thing("classes", {"seed": 5}),
    )
    bound = problem(scene)
    assert bound is not None and bound.data is not None
    points = np.random.default_rng(1).normal(size=(9, 2))
    gradient = bound.slope(points)[1]
    for i in range(2):
        step = 1e-6 * np.eye(2)[i]
        expected = (bound.loss(points + step) - bound.loss(points - step)) / 2e-6
        np.testing.assert_allclose(gradient[:, i], expected, atol=1e-6)
    for other in LOSSES:
        line = points[:, :1] * bound.data.x + points[:, 1:]
        drawn = bound.surface(*points.T, loss=other)
        np.testing.assert_allclose(drawn, error(other, line, bound.data.y, delta=1.0, tau=0.5), rtol=1e-12)
    for _ in range(5):
        np.testing.assert_array_equal(bound.slope(points)[1], gradient)
