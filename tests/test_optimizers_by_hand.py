"""Settings that no reference path uses, against their formulas written out."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optanim.kinds import optimizer
from tests.test_optimizers_curvature import ROSENBROCK

P, G = np.array([[1.0, -2.0]]), np.array([[0.5, 3.0]])


def rule(name: str, *asked: Any, state: dict[str, Any] | None = None, **settings: Any) -> Any:
    """The first step from P down G at a learning rate of 0.1."""
    held: dict[str, Any] = {} if state is None else state
    return optimizer[name].function(P, G, held, 0.1, 1, *asked, **settings)


def test_momentum_dampens_with_lr_inside_too() -> None:
    state: dict[str, Any] = {}
    given = {"lr_inside": True, "dampening": 0.25, "momentum": 0.5}
    first = rule("momentum", state=state, **given)
    np.testing.assert_allclose(first, P - 0.1 * G)
    second = optimizer["momentum"].function(first, 2 * G, state, 0.3, 2, **given)
    np.testing.assert_allclose(second, first - (0.5 * 0.1 * G + 0.75 * 0.3 * 2 * G))


def test_saddle_free_newton_damps_both_ways() -> None:
    bend = np.array([[[2.0, 0.0], [0.0, -4.0]]])
    found = rule("saddle_free_newton", lambda p: bend, damping=1.0)
    np.testing.assert_allclose(found, P - 0.1 * G / [3, 5])


@pytest.mark.parametrize("lower", [True, False])
def test_levenberg_marquardt_changes_its_damping_by_the_factor(lower: bool) -> None:
    state: dict[str, Any] = {}
    asked = iter([1.0, 2.0] if lower else [2.0, 1.0])
    found = rule(
        "levenberg_marquardt",
        lambda p: np.full((1, 1), next(asked)),
        lambda p: (np.ones((1, 2)), np.eye(2)[None]),
        state=state,
        damping=0.5,
        factor=3.0,
    )
    np.testing.assert_allclose(state["damping"], [[0.5 / 3 if lower else 1.5]])
    np.testing.assert_allclose(found, P - 0.1 / 1.5 if lower else P)


def test_sophia_divides_by_gamma_times_the_curvature() -> None:
    found = rule("sophia_h", lambda p: np.full_like(p, 4.0), beta1=0.5, beta2=0.5, gamma=3.0, clip=9.0)
    np.testing.assert_allclose(found, P - 0.1 * (G / 2) / (3 * 2))


def test_asam_looks_eta_further() -> None:
    looked: list[Any] = []
    rule("asam", lambda q: looked.append(q) or G, lambda p, g: p, rho=0.5, eta=2.0, eps=0.0)
    w = np.array([[3.0, 4.0]])
    np.testing.assert_allclose(looked[0], P + 0.5 * w * w * G / np.linalg.norm(w * G))


@pytest.mark.parametrize("reduce", ["max", "none"])
def test_adashift_takes_the_largest_square_or_each_its_own(reduce: str) -> None:
    state: dict[str, Any] = {}
    p, function = P, optimizer["adashift"].function
    for t in (1, 2, 3):
        p = function(p, t * G, state, 0.1, t, keep_num=2, beta1=0.5, beta2=0.5, eps=0.0, reduce=reduce)
    root = np.abs(G) if reduce == "none" else np.abs(G).max()
    np.testing.assert_allclose(p, P - 0.1 * (3 * G + 0.5 * 2 * G) / 1.5 / root)


def test_laprop_weighs_its_momentum_by_the_learning_rates() -> None:
    state: dict[str, Any] = {}
    given = {"beta1": 0.5, "beta2": 0.0, "eps": 0.0}
    first = rule("laprop", state=state, **given)
    np.testing.assert_allclose(first, P - 0.1 * np.sign(G))
    second = optimizer["laprop"].function(first, G, state, 0.3, 2, **given)
    m, w = 0.5 * 0.05 * np.sign(G) + 0.5 * 0.3 * np.sign(G), 0.5 * 0.05 + 0.5 * 0.3
    np.testing.assert_allclose(second, first - m * 0.3 / w)
    third = optimizer["laprop"].function(second, -G, state, 0.3, 3, **given)
    m, w = 0.5 * m - 0.5 * 0.3 * np.sign(G), 0.5 * w + 0.5 * 0.3
    np.testing.assert_allclose(third, second - m * 0.3 / w)


def test_adafactor_takes_the_learning_rate_without_a_relative_step() -> None:
    given = {"scale_parameter": False, "d": None}
    steps = [
        P - optimizer["adafactor"].function(P, G, {}, 5.0, 1, relative_step=flag, **given)
        for flag in (True, False)
    ]
    np.testing.assert_allclose(steps[1], 5 * steps[0])


@pytest.mark.parametrize("beta", ["polak_ribiere", "fletcher_reeves", "hestenes_stiefel", "dai_yuan"])
def test_conjugate_gradient_keeps_as_much_of_its_direction_as_it_says(beta: str) -> None:
    """Where the surface is no parabola, so that the four differ."""
    p, state, kept = ROSENBROCK.start[None], {}, 0
    for t in range(1, 8):
        g, before = ROSENBROCK.slope(p)[1], dict(state)
        asked = (lambda q: ROSENBROCK.loss(q)[:, None], lambda q: ROSENBROCK.slope(q)[1])
        with np.errstate(all="ignore"):
            p = optimizer["conjugate_gradient"].function(p, g, state, 1.0, t, *asked, beta=beta)
        if "d" not in before or "d" not in state:
            continue
        d, y = before["d"], g - before["g"]
        shares = {
            "polak_ribiere": max(0.0, np.vdot(g, y) / np.vdot(before["g"], before["g"])),
            "fletcher_reeves": np.vdot(g, g) / np.vdot(before["g"], before["g"]),
            "hestenes_stiefel": max(0.0, np.vdot(g, y) / np.vdot(d, y)),
            "dai_yuan": np.vdot(g, g) / np.vdot(d, y),
        }
        down = np.vdot(-g + shares[beta] * d, g) < 0
        np.testing.assert_allclose(state["d"], -g + (shares[beta] * d if down else 0.0), rtol=1e-12)
        kept += down and shares[beta] > 0
    assert kept >= 3
