"""The update rules against end points that other people printed, and where conventions differ."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optanim.errors import Source
from optanim.kinds import optimizer
from optanim.oracles import Draws, Layer, Oracles
from optanim.rules import Rule
from optanim.scene import Run, Scene, Thing
from optanim.settings import ListOf
from optanim.simulate import simulate
from optanim.trace import Trace

VALLEY = Thing("formula", {"f": "0.1*x1**2 + 2*x2**2"})

# Dataflowr's course on gradient descent optimizers: 20 steps from (-5, -2).
PRINTED = [
    ("gd", 0.4, {}, (-0.9434666458139824, -7.312316880125978e-05)),
    ("gd", 0.6, {}, (-0.38781396819094793, -1673.365108505695)),
    ("momentum", 0.4, {"momentum": 0.5, "lr_inside": True}, (-0.06284345503037868, 0.0012023355717834623)),
    ("momentum", 0.4, {"momentum": 0.5}, (-0.06284345503037868, 0.0012023355717834623)),
    ("sgd", 0.4, {"momentum": 0.5}, (-0.06284345503037868, 0.0012023355717834623)),
    ("adagrad", 0.4, {"eps": 1e-6, "eps_inside_sqrt": True}, (-2.382562771979649, -0.15859055003666966)),
    ("adagrad", 0.4, {"eps": 1e-6}, (-2.382563568909207, -0.1585905987235119)),
    ("rmsprop", 0.4, {"alpha": 0.9, "eps": 1e-6, "eps_inside_sqrt": True}, (-0.01059867213411372, 1.04e-14)),
    ("adam", 0.8, {"beta2": 0.99, "eps": 1e-6}, (0.4142175214075523, 0.08613755831937331)),
    # The correction without the power t divides m by 0.1 and v by 0.01 in every step. With eps inside
    # the root that is no correction at a hundredth of eps, and sqrt(0.01) / 0.1 = 1 times the lr.
    (
        "adam",
        0.8,
        {"beta2": 0.99, "eps": 1e-8, "eps_inside_sqrt": True, "bias_correction": False},
        (-1.578443631372586, 0.2918024788316357),
    ),
]


def trace(landscape: Thing, runs: list[Run], dataset: Thing | None = None) -> Trace:
    return simulate(
        Scene("t", Source("t.yaml", ""), Path("."), landscape=landscape, dataset=dataset, runs=tuple(runs))
    )


def end(rule: str, lr: float, settings: dict[str, Any], steps: int = 20, layers: str = "joint") -> np.ndarray:
    run = Run(Thing(rule, settings), lr, steps, (-5.0, -2.0), layers=layers)
    return trace(VALLEY, [run]).runs[0].params[-1]


@pytest.mark.parametrize(("rule", "lr", "settings", "expected"), PRINTED)
def test_printed_end_points(
    rule: str, lr: float, settings: dict[str, Any], expected: tuple[float, float]
) -> None:
    x1, x2 = end(rule, lr, settings)
    assert x1 == pytest.approx(expected[0], rel=1e-12, abs=0)
    # RMSprop's was printed with three digits.
    assert x2 == pytest.approx(expected[1], rel=1e-12 if expected[1] != 1.04e-14 else 5e-3, abs=0)


def test_all_printed_end_points_as_one_scene() -> None:
    runs = [Run(Thing(rule, settings), lr, 20, (-5.0, -2.0)) for rule, lr, settings, _ in PRINTED]
    for path, (*_, expected) in zip(trace(VALLEY, runs).runs, PRINTED, strict=True):
        assert path.params[-1, 0] == pytest.approx(expected[0], rel=1e-12, abs=0)


# The problem of a blog post: 100 points, loss RMSE, 99 steps from (-10, -20); mean and standard
# deviation of the last loss over draws of the data.
POST = [
    ("sgd", {"weight_decay": 0.0}, (16.19, 0.47), (0.502, 0.003)),
    ("sgd", {"decay": "decoupled"}, (6.71, 0.19), (0.506, 0.038)),
    ("momentum", {"decay": "after"}, (0.289, 0.012), (0.348, 0.092)),
    ("momentum", {"decay": "after", "dampening": 0.9, "dampen_first": True}, (7.02, 0.21), (0.605, 0.053)),
    ("adam", {"decay": "after", "beta2": 0.99, "eps": 1e-6}, (4.89, 0.13), (0.290, 0.012)),
    ("lamb", {"beta2": 0.99, "eps": 1e-6, "trust_clip": 10.0}, (0.293, 0.012), (0.678, 0.204)),
]


@pytest.mark.parametrize("lr", [0.1, 1.0])
def test_six_losses_of_the_post(lr: float) -> None:
    runs = [Run(Thing(rule, {"weight_decay": 0.1} | own), lr, 99, (-10.0, -20.0)) for rule, own, *_ in POST]
    draws = 30
    finals = np.array(
        [
            [
                path.loss[-1]
                for path in trace(
                    Thing("linear_regression", {"loss": "rmse"}),
                    runs,
                    Thing("line", {"noise": Thing("uniform"), "seed": seed}),
                ).runs
            ]
            for seed in range(draws)
        ]
    )
    for column, (*_, at_01, at_1) in zip(finals.T, POST, strict=True):
        mean, sd = at_01 if lr == 0.1 else at_1
        # Four standard errors, and half a unit of the last printed digit.
        assert abs(column.mean() - mean) < 4 * sd / draws**0.5 + 0.005
        assert 0.5 * sd < column.std() < 1.7 * sd + 0.001


def test_weight_decay_after_the_step_is_what_the_post_printed() -> None:
    # Its first weight after one step: -9.801 = (-10 + 0.1) * (1 - 0.1 * 0.1).
    rule = optimizer["momentum"].function
    p = rule(np.array([[-10.0]]), np.array([[-1.0]]), {}, 0.1, 1, weight_decay=0.1, decay="after")
    assert p[0, 0] == pytest.approx(-9.801, rel=1e-12)


@pytest.mark.parametrize(
    ("decay", "expected"),
    [
        ("coupled", -10 - 0.1 * (-1 + 0.1 * -10)),
        ("decoupled", -10 * 0.99 + 0.1),
        ("after", (-10 + 0.1) * 0.99),
    ],
)
@pytest.mark.parametrize("rule", ["sgd", "momentum"])
def test_where_weight_decay_stands(rule: str, decay: str, expected: float) -> None:
    p = optimizer[rule].function(
        np.array([[-10.0]]), np.array([[-1.0]]), {}, 0.1, 1, weight_decay=0.1, decay=decay
    )
    assert p[0, 0] == pytest.approx(expected, rel=1e-14)


def test_adamw_is_adam_with_decoupled_decay() -> None:
    decayed = end("adam", 0.1, {"weight_decay": 0.01, "decay": "decoupled"})
    np.testing.assert_array_equal(end("adamw", 0.1, {}), decayed)


def test_dampening_spares_the_first_step_unless_told() -> None:
    g = np.array([[1.0]])
    rule = optimizer["momentum"].function
    assert rule(g * 0, g, {}, 1.0, 1, momentum=0.9, dampening=0.9)[0, 0] == -1.0
    assert rule(g * 0, g, {}, 1.0, 1, momentum=0.9, dampening=0.9, dampen_first=True)[0, 0] == pytest.approx(
        -0.1
    )


def test_without_momentum_dampening_does_nothing() -> None:  # as torch.optim.SGD
    np.testing.assert_array_equal(end("sgd", 0.1, {"dampening": 0.5}), end("gd", 0.1, {}))
    mixed = [Run(Thing("sgd", {"dampening": 0.5, "momentum": m}), 0.1, 20, (-5.0, -2.0)) for m in (0.0, 0.9)]
    np.testing.assert_array_equal(trace(VALLEY, mixed).runs[0].params[-1], end("gd", 0.1, {}))


def test_lamb_steps_each_separate_number_by_its_own_size() -> None:
    # |p| / |u| times u is |p| times a sign: with lr < 1 no number ever changes its sign.
    x = end("lamb", 0.5, {}, steps=1, layers="separate")
    assert x == pytest.approx([-2.5, -1.0], rel=1e-12)
    joint = end("lamb", 0.5, {}, steps=1)
    assert np.linalg.norm(joint - [-5, -2]) == pytest.approx(0.5 * np.hypot(5, 2), rel=1e-12)


def test_lamb_of_no_weights_or_no_gradient_takes_adams_step() -> None:
    rule, zero, g = optimizer["lamb"].function, np.zeros((1, 2)), np.array([[3.0, -4.0]])
    assert rule(zero, g, {}, 0.1, 1)[0] == pytest.approx([-0.1, 0.1], rel=1e-5)
    np.testing.assert_array_equal(rule(g, zero, {}, 0.1, 1), g)


def test_trust_clip_bounds_the_ratio() -> None:
    rule, p, g = optimizer["lamb"].function, np.array([[30.0, -40.0]]), np.array([[1.0, 1.0]])
    free, clipped = rule(p, g, {}, 0.1, 1), rule(p, g, {}, 0.1, 1, trust_clip=10.0)
    assert np.linalg.norm(p - free) == pytest.approx(5.0, rel=1e-12)
    assert np.linalg.norm(p - clipped) == pytest.approx(0.1 * 10 * np.sqrt(2), rel=1e-5)


@pytest.mark.parametrize("name", list(optimizer))
def test_every_rule_says_what_it_does(name: str) -> None:
    entry = optimizer[name]
    doc = entry.function.__doc__ or ""
    assert re.search(r"^ *p = ", doc, re.MULTILINE)
    assert entry.facts["paper"]
    assert re.sub(r"\W", "", entry.title).lower() == name.replace("_", "")
    for setting in entry.settings.values():
        if not setting.required and setting.default is not None and not isinstance(setting.type, ListOf):
            assert setting.type.check(setting.default) == setting.default  # type: ignore[union-attr]


@pytest.mark.parametrize("name", list(optimizer))
def test_a_rule_changes_nothing_but_its_state(name: str) -> None:
    entry, rng = optimizer[name], np.random.default_rng(0)
    runs = 1 if entry.facts.get("single_run") else 3
    around = Thing(name, {"base": Thing("gd")} if "base" in entry.asks else {})
    rule = Rule.of([around] * runs, optimizer)
    bowl = Oracles(
        lambda p: (p**2).sum(axis=1),
        lambda p: ((p**2).sum(axis=1), 2 * p),
        lambda p: (p, np.broadcast_to(np.eye(2), (len(p), 2, 2))),
    )
    p, state = rng.normal(size=(runs, 2)), {}
    lr = np.array([[0.1], [0.2], [0.3]]) if runs > 1 else 0.1
    for t in range(1, 4):
        g = rng.normal(size=(runs, 2))
        before_p, before_g = p.copy(), g.copy()
        asked = bowl.bound(p, Layer(slice(0, 2), (2,)), optimizer.may_ask, Draws(range(runs)))
        with np.errstate(all="ignore"):
            new = rule.step(p, g, state, lr, t, asked)
        np.testing.assert_array_equal(p, before_p)
        np.testing.assert_array_equal(g, before_g)
        p = new
