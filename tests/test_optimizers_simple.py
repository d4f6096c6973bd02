"""Gradient descent, momenta, signs and adaptive rules: how they are related, and their edges."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optanim.kinds import optimizer
from optanim.optimizers._parts import tangent, total
from optanim.reader import read

RNG = np.random.default_rng(5)
GRADIENTS = RNG.normal(size=(12, 2, 3))
SCALES = np.array([1.0, 30.0, 0.02])


def path(rule: str, gradients: Any = GRADIENTS, lr: Any = 0.1, **settings: Any) -> np.ndarray:
    """The points of a rule on gradients that are given, and do not depend on them."""
    p, state, points = np.ones(np.shape(gradients[0])), {}, []
    for t, g in enumerate(gradients, start=1):
        p = optimizer[rule].function(p, g, state, lr, t, **settings)
        points.append(p)
    return np.array(points)


@pytest.mark.parametrize(
    ("rule", "settings", "other", "its"),
    [
        ("sgd", {}, "gd", {}),
        ("momentum", {}, "sgd", {"momentum": 0.9}),
        ("nesterov", {}, "sgd", {"momentum": 0.9, "nesterov": True}),
        ("sgdw", {"weight_decay": 0.2}, "sgd", {"momentum": 0.9, "decay": "decoupled", "weight_decay": 0.2}),
        ("qhm", {"nu": 0.0}, "gd", {}),
        ("qhm", {"nu": 1.0, "momentum": 0.9}, "momentum", {"dampening": 0.9, "dampen_first": True}),
        ("aggmo", {"betas": (0.9,)}, "momentum", {}),
        ("aggmo", {"betas": (0.0, 0.0)}, "gd", {}),
        ("sgdp", {"momentum": 0.9}, "momentum", {}),
        ("asgd", {"lambd": 0.0}, "gd", {}),
        ("signum", {"momentum": 0.0}, "signsgd", {}),
        ("tiger", {}, "signum", {"momentum": 0.965, "weight_decay": 0.01}),
        ("tiger", {"beta": 0.9}, "lion", {"beta1": 0.9, "beta2": 0.9, "weight_decay": 0.01}),
        ("rmsprop", {"alpha": 0.9, "bias_correction": True}, "adam", {"beta1": 0.0, "beta2": 0.9}),
        ("sm3", {}, "adagrad", {"eps": 1e-30, "eps_inside_sqrt": True}),
        ("ftrl", {}, "adagrad", {"eps": 0.0}),
    ],
)
def test_what_a_rule_is_when_its_own_idea_is_off(
    rule: str, settings: dict[str, Any], other: str, its: dict[str, Any]
) -> None:
    np.testing.assert_allclose(path(rule, **settings), path(other, **its), rtol=1e-12, atol=1e-13)


def test_nesterov_takes_a_momentum_that_is_a_schedule() -> None:
    run = "sgd: {nesterov: true, momentum: {linear: {initial: 0.5}}}"
    assert read(f"landscape: beale\noptimizers: [{run}]\nlr: 0.001\n").runs[0].rule.name == "sgd"


@pytest.mark.parametrize("rule", ["momentum", "nesterov", "rmsprop"])
def test_lr_inside_matters_only_where_lr_changes(rule: str) -> None:
    settings = {"momentum": 0.9}
    inside = path(rule, lr_inside=True, **settings)
    np.testing.assert_allclose(inside, path(rule, **settings), rtol=1e-12)

    def changing(lr_inside: bool) -> np.ndarray:
        p, state = np.ones((1, 1)), {}
        for t, lr in ((1, 1.0), (2, 0.0)):
            p = optimizer[rule].function(p, p * 0 + 1.0, state, lr, t, lr_inside=lr_inside, **settings)
        return p

    assert changing(True) != changing(False)


@pytest.mark.parametrize("rule", ["adagrad", "sm3", "kate", "madgrad", "ftrl"])
def test_no_gradient_and_no_eps_is_no_step_and_not_nan(rule: str) -> None:
    own = {} if rule == "ftrl" else {"eps": 0.0}
    points = path(rule, [np.array([[0.0, 2.0]])] * 3, **own)
    assert np.isfinite(points).all()
    assert (points[:, 0, 0] == (0.0 if rule == "ftrl" else 1.0)).all()


@pytest.mark.parametrize(
    ("rule", "settings"),
    [
        ("signsgd", {}),
        ("signum", {}),
        ("lion", {}),
        ("rprop", {}),
        ("adagrad", {"eps": 0.0}),
        ("rmsprop", {"eps": 0.0}),
        ("sm3", {}),
    ],
)
def test_the_scale_of_a_gradient_changes_no_step(rule: str, settings: dict[str, Any]) -> None:
    np.testing.assert_allclose(
        path(rule, **settings), path(rule, GRADIENTS * SCALES, **settings), rtol=1e-12, atol=1e-13
    )


def test_rprop_grows_shrinks_and_waits_after_a_turn() -> None:
    points = path("rprop", [np.full((1, 1), g) for g in (3.0, 1.0, -5.0, -1.0, -1.0)], lr=0.1)[:, 0, 0]
    # 0.1, then 1.2 times as far, then half of that but no step, then it in the new direction, then 1.2 times.
    assert np.diff(points, prepend=1.0) == pytest.approx([-0.1, -0.12, 0.0, 0.06, 0.072], rel=1e-12)


def test_rprop_takes_lr_into_its_bounds_at_once() -> None:
    assert path("rprop", [np.ones((1, 1))], lr=0.5, step_max=0.1)[0, 0, 0] == pytest.approx(0.9)


def test_asgd_shows_the_mean_of_the_points_after_t0() -> None:
    entry = optimizer["asgd"]
    p, state, points, shown = np.ones((2, 3)), {}, [], []
    for t, g in enumerate(GRADIENTS, start=1):
        p = entry.function(p, g, state, 0.1, t, t0=4.0, lambd=0.0)
        points.append(p)
        shown.append(entry.facts["shows"](p, state, t0=4.0, lambd=0.0))
    np.testing.assert_array_equal(shown[:5], points[:5])
    for t in range(6, 13):  # the mean begins at the point of step t0 + 2
        np.testing.assert_allclose(shown[t - 1], np.mean(points[5:t], axis=0), rtol=1e-12)


def test_sgdp_does_not_lengthen_weights_whose_length_does_not_matter() -> None:
    rule = optimizer["sgdp"].function
    p = np.array([[[3.0, 4.0], [0.0, 2.0]], [[3.0, 4.0], [0.0, 2.0]]])
    across = np.array([[-4.0, 3.0], [1.0, 0.0]])
    g = np.array([across, across + 0.5 * p[1]])
    # A velocity with a part along the weights, as momentum builds up.
    new = rule(p, g, {"v": p + g}, 0.1, 1, momentum=0.9)
    step = p - new
    assert np.sum(step[0] * p[0], axis=1) == pytest.approx([0.0, 0.0], abs=1e-7)
    assert (abs(np.sum(step[1] * p[1], axis=1)) > 0.1).all()
    # Decay is weaker where the step was projected.
    shrunk = rule(p, g * 0, {}, 0.1, 1, weight_decay=1.0, wd_ratio=0.5)
    assert shrunk == pytest.approx(p * 0.95, rel=1e-12)


def test_ftrl_sets_a_parameter_that_has_little_gradient_to_exactly_zero() -> None:
    g = [np.array([[0.01, 2.0]])] * 4
    points = path("ftrl", g, lambda1=0.5)
    assert (points[:, 0, 0] == 0.0).all()
    assert (points[1:, 0, 1] != 0.0).all()


def test_kate_steps_as_far_when_the_data_is_scaled() -> None:
    # With p scaled inversely to the gradient, as a linear model's weights are by its data.
    plain, scaled = path("kate", eps=0.0), path("kate", GRADIENTS * SCALES, eps=0.0)
    np.testing.assert_allclose((scaled - 1) * SCALES, plain - 1, rtol=1e-11)


def test_sm3_of_a_matrix_bounds_the_sum_of_squares() -> None:
    state: dict[str, Any] = {}
    p, total = np.ones((2, 3, 4)), np.zeros((2, 3, 4))
    for t in range(1, 8):
        g = RNG.normal(size=p.shape)
        total += g * g
        p = optimizer["sm3"].function(p, g, state, 0.1, t)
        assert state["s1"].shape == (2, 3, 1)
        assert state["s2"].shape == (2, 1, 4)
        assert (np.minimum(state["s1"], state["s2"]) >= total).all()


def test_accsgd_starts_as_gradient_descent_where_xi_is_one_over_its_constant() -> None:
    # The first long step goes into q by beta * kappa / constant = constant * xi times the short one.
    first = path("accsgd", kappa=300.0, xi=2.0, constant=0.5)[0]
    np.testing.assert_allclose(first, path("gd")[0], rtol=1e-12)


def test_adadelta_starts_by_its_eps() -> None:
    first = path("adadelta", [np.full((1, 1), 50.0)], lr=1.0, rho=0.9, eps=1e-6)[0, 0, 0]
    assert 1 - first == pytest.approx(np.sqrt(1e-6 / (0.1 * 2500 + 1e-6)) * 50, rel=1e-9)


@pytest.mark.parametrize("shape", [(3,), (24,), (6, 4), (3, 5, 4)])
def test_a_sum_over_a_layer_does_not_depend_on_the_runs_beside_it(shape: tuple[int, ...]) -> None:
    # As the driver hands layers out: views of an array with the runs fastest in memory.
    flat = np.asfortranarray(RNG.normal(size=(5, int(np.prod(shape)))))
    p, g, u = (x.reshape(5, *shape) for x in (flat, np.asfortranarray(flat[::-1]), flat**2))
    one = np.asfortranarray(flat[1:2]).reshape(1, *shape)
    np.testing.assert_array_equal(total(p)[1:2], total(one))
    beside, _ = tangent(p, g, u, 0.5, 1e-8)
    alone, _ = tangent(one, g[1:2].copy(), one**2, 0.5, 1e-8)
    np.testing.assert_array_equal(beside[1:2], alone)
