"""Adam's family, where the paths of other libraries do not show it: limits, rests, and what equals what."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optanim.kinds import optimizer

FAMILY = [
    name for name in optimizer if optimizer[name].function.__module__.startswith("optanim.optimizers.adam")
]
SLOPES = np.random.default_rng(3).normal(size=(40, 3, 4, 2))


def path(rule: str, shape: tuple[int, ...] = (4, 2), run: int | slice = slice(None), **settings: Any) -> Any:
    """Where a rule goes in 40 steps whose gradients are given, for three runs, or for some of them."""
    p, state, points = np.ones((3, *shape))[run], {}, []
    lr = np.array([0.1, 0.2, 0.05]).reshape(3, *(1,) * len(shape))[run]
    lr = float(lr.flat[0]) if len(p) == 1 else lr
    for t, g in enumerate(SLOPES.reshape(40, 3, *shape), 1):
        p = optimizer[rule].function(p, g[run], state, lr, t, **settings)
        points.append(p)
    return np.array(points)


@pytest.mark.parametrize("rule", FAMILY)
@pytest.mark.parametrize("shape", [(4, 2), (8,)])
def test_a_run_is_the_same_alone_and_beside_others(rule: str, shape: tuple[int, ...]) -> None:
    numbers = {n: v for n, v in optimizer[rule].defaults().items() if isinstance(v, float)}
    factors = np.array([0.9, 1.0, 0.8])
    together = {n: (v * factors).reshape(3, *(1,) * len(shape)) for n, v in numbers.items()}
    np.testing.assert_array_equal(
        path(rule, shape, **together)[:, 1:2], path(rule, shape, slice(1, 2), **numbers)
    )


@pytest.mark.parametrize("rule", FAMILY)
@pytest.mark.parametrize("shape", [(2,), (3, 2), (1,)])
def test_where_it_is_flat_nothing_moves(rule: str, shape: tuple[int, ...]) -> None:
    p, state = np.ones((2, *shape)), {}
    still = {
        name: 0.0 for name in ("weight_decay", "initial_accumulator") if name in optimizer[rule].settings
    }
    with np.errstate(all="raise"):
        for t in range(1, 15):
            p = optimizer[rule].function(p, np.zeros_like(p), state, 0.1, t, **still)
    np.testing.assert_array_equal(p, 1.0)


@pytest.mark.parametrize("rule", FAMILY)
def test_variants_are_settings(rule: str) -> None:
    entry = optimizer[rule]
    assert entry.facts["reference"]
    for variant in entry.facts.get("variants", {}).values():
        settings = dict(variant) if isinstance(variant, dict) else {}
        assert settings.pop("but", "but") != ""
        for name, value in settings.items():
            assert entry.settings[name].type.check(value) == value  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("rule", "settings", "other", "theirs"),
    [
        ("qhadam", {"nu1": 1.0, "nu2": 1.0, "beta1": 0.9}, "adam", {}),
        ("adam", {"weight_decay": 0.01, "decay": "decoupled"}, "adamw", {}),
        ("ademamix", {"alpha": 0.0}, "adam", {}),
        ("laprop", {"beta1": 0.0, "eps": 1e-8}, "adam", {"beta1": 0.0}),
        ("grams", {"beta1": 0.0, "eps": 1e-8}, "adam", {"beta1": 0.0}),
        ("cautious_adamw", {"beta1": 0.0}, "adamw", {"beta1": 0.0}),
        ("cautious_lion", {"beta1": 0.0}, "lion", {"beta1": 0.0}),
        ("adamp", {"delta": 0.0}, "adam", {}),
        ("nadam", {"schedule": "constant", "beta1": 0.0}, "adam", {"beta1": 0.0}),
        ("nadamw", {"beta1": 0.0}, "adamw", {"beta1": 0.0}),
        ("amsgrad", {"beta2": 0.0, "max_corrected": True}, "amsgrad", {"beta2": 0.0}),
    ],
)
def test_what_is_what_in_a_limit(
    rule: str, settings: dict[str, Any], other: str, theirs: dict[str, Any]
) -> None:
    np.testing.assert_allclose(path(rule, **settings), path(other, **theirs), rtol=1e-10, atol=1e-12)


def test_cautious_moves_only_what_agrees_and_makes_up_for_the_rest() -> None:
    before, g = np.array([[1.0, 1.0, 1.0, -1.0]]), np.array([[1.0, 1.0, -0.1, -1.0]])
    for rescale, factor in (("mean", 4 / 3), ("plus_one", 1.0)):
        state = {"m": before}
        p = optimizer["cautious_lion"].function(np.zeros((1, 4)), g, state, 0.1, 2, rescale=rescale)
        assert p[0] == pytest.approx([-0.1 * factor, -0.1 * factor, 0.0, 0.1 * factor])


def test_grams_goes_down_whatever_its_momentum() -> None:
    state: dict[str, Any] = {"m": np.array([[5.0, -5.0]]), "v": np.array([[1.0, 1.0]])}
    p = optimizer["grams"].function(np.zeros((1, 2)), np.array([[-1.0, 0.0]]), state, 0.1, 9)
    assert p[0, 0] > 0
    assert p[0, 1] == 0


def test_ano_goes_where_its_momentum_goes_as_far_as_the_gradient_is_long() -> None:
    state: dict[str, Any] = {"m": np.array([[5.0, 5.0]]), "v": np.array([[1.0, 1.0]])}
    p = optimizer["ano"].function(np.zeros((1, 2)), np.array([[-1.0, -2.0]]), state, 0.1, 9)
    assert p[0, 1] < p[0, 0] < 0


def test_the_first_steps_that_rest() -> None:
    assert (path("adopt")[0] == 1).all()
    assert (path("avagrad", (8,))[0] == 1).all()
    assert (path("adashift", keep_num=4)[:4] == 1).all()
    rests = (path("radam", degenerated_to_sgd=False, weight_decay=0.1) == 1).all(axis=(1, 2, 3))
    assert rests[:5].all()  # an average of squares by 0.999 is worth five of them after step 5
    assert not rests[5:].any()


def test_radam_begins_as_momentum_with_bias_correction() -> None:
    g = SLOPES[:5]
    m = np.zeros_like(g[0])
    expected = np.ones_like(m)
    lr = np.array([0.1, 0.2, 0.05])[:, None, None]
    for t, slope in enumerate(g, 1):
        m = 0.9 * m + 0.1 * slope
        expected = expected - lr * m / (1 - 0.9**t)
    np.testing.assert_allclose(path("radam")[4], expected, rtol=1e-12)


def test_adabound_ends_as_gradient_descent_with_its_last_rate() -> None:
    p, g, state = np.zeros((1, 2)), np.array([[3.0, 1e-3]]), {}
    for t in range(1, 2001):
        new = optimizer["adabound"].function(p, g, state, 1e-3, t, gamma=100.0, final_lr=0.1)
        step, p = p - new, new
    assert step[0] == pytest.approx(0.1 * g[0], rel=1e-4)


def test_adabound_follows_the_schedule_of_the_learning_rate() -> None:
    p, g, state = np.zeros((1, 2)), np.array([[3.0, 1e-3]]), {}
    for t in range(1, 2001):
        lr = 0.0 if t < 10 else 1e-3 if t < 1000 else 5e-4
        new = optimizer["adabound"].function(p, g, state, lr, t, gamma=100.0, final_lr=0.1)
        step, p = p - new, new
        if t < 10:
            assert (step == 0).all()
    assert step[0] == pytest.approx(0.05 * g[0], rel=1e-4)


def test_stableadamw_shortens_the_step_of_a_gradient_that_v_does_not_expect() -> None:
    state: dict[str, Any] = {"m": np.zeros((1, 2)), "v": np.full((1, 2), 1e-4)}
    plain: dict[str, Any] = {name: value.copy() for name, value in state.items()}
    p, g = np.zeros((1, 2)), np.full((1, 2), 10.0)
    short = optimizer["stableadamw"].function(p, g, state, 0.1, 500, weight_decay=0.0)
    long = optimizer["adamw"].function(p, g, plain, 0.1, 500, beta2=0.99, weight_decay=0.0)
    assert abs(short).max() < abs(long).max() / 5


def test_mars_leaves_vectors_to_adamw_only_where_told() -> None:
    one = {"optimize_1d": False, "eps_root": 0.0, "eps_hat": False}
    adamw = path("adamw", (8,), beta2=0.95, weight_decay=0.1)
    np.testing.assert_allclose(path("mars", (8,), **one, weight_decay=0.1), adamw, rtol=1e-12)
    own = path("mars", (8,), **one, weight_decay=0.7, weight_decay_1d=0.1)
    np.testing.assert_allclose(own, adamw, rtol=1e-12)
    assert not np.allclose(path("mars", (8,)), adamw)


def test_adamp_keeps_the_length_of_a_matrix_whose_gradient_does_not_ask_for_another() -> None:
    p = np.array([[[3.0, 0.0], [0.0, 4.0]]])
    g = np.array([[[0.0, 1.0], [1.0, 0.0]]])  # at right angles to each row
    state: dict[str, Any] = {"m": np.ones((1, 2, 2)), "v": np.ones((1, 2, 2))}
    step = p - optimizer["adamp"].function(p, g, state, 0.01, 5)
    assert np.abs((step * p).sum(axis=2)).max() < 1e-7
    assert np.abs(step).max() > 1e-3


def test_ademamix_warms_up_from_adam() -> None:
    slow, fast = path("ademamix", warmup=10**9), path("adam")
    np.testing.assert_allclose(slow, fast, atol=1e-6)
    warmed, cold = path("ademamix", warmup=10), path("ademamix")
    assert not np.allclose(warmed, cold)
    assert np.isfinite(path("ademamix", warmup=20, beta1=0.0)).all()  # a half-life of 0 to begin with
