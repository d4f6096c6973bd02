"""What holds of every rule: alone as among others, a learning rate of 0, the three ways of weight decay."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, get_args

import numpy as np
import pytest

from optanim.courses import Course
from optanim.driver import Group, drive
from optanim.errors import UserError
from optanim.kinds import optimizer
from optanim.optimizers._parts import Decay, over, power
from optanim.oracles import Layer
from optanim.reader import load
from optanim.rules import Rule
from optanim.scene import Thing

RULES = [entry.name for entry in optimizer.entries()]
TOGETHER = [rule for rule in RULES if not optimizer[rule].facts.get("single_run")]
VECTOR = [Layer(slice(0, 12), (12,))]
VECTOR_OF_2 = [Layer(slice(0, 2), (2,))]
MATRIX = [Layer(slice(0, 99), (9, 11)), Layer(slice(99, 109), (10,))]


@dataclass
class Last:
    """The points of every step, and how often a run ended."""

    points: list[np.ndarray] = field(default_factory=list)

    def keeps(self, t: int) -> bool:
        return True

    def point(self, t: int, runs: Any, shown: np.ndarray) -> None:
        all_runs = np.full_like(self.points[0], np.nan) if self.points else np.array(shown)
        all_runs[runs] = shown
        if t < len(self.points):
            self.points[t][runs] = shown
        else:
            self.points.append(all_runs)

    def loss(self, t: int, runs: Any, loss: np.ndarray) -> None: ...


def weights(n: int) -> np.ndarray:
    return 0.3 + 0.17 * np.arange(n)


def loss(p: np.ndarray) -> np.ndarray:
    return np.array([np.vdot(weights(len(row)), row * row) for row in np.ascontiguousarray(p)])


def slope(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # In the memory order that gradients of scenes have.
    return loss(p), np.asfortranarray(2 * weights(p.shape[1]) * p)


def residuals(p: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    root = np.sqrt(weights(p.shape[1]))
    return np.ascontiguousarray(p * root), np.stack([np.diag(root)] * len(p))


def thing(rule: str, factor: float = 1.0, base: str = "momentum") -> Thing:
    """A rule with its fractional numbers times a factor, with some weight decay where it has any."""
    entry = optimizer[rule]
    settings = {
        name: 0.03 * factor if name == "weight_decay" else value * factor
        for name, value in entry.defaults().items()
        if isinstance(value, float)
    }
    return Thing(rule, settings | ({"base": thing(base, factor)} if "base" in entry.asks else {}))


def run(
    things: list[Thing], lr: Any, starts: np.ndarray, layers: list[Layer], steps: int, first: int = 0
) -> np.ndarray:
    """The points of runs that are stepped as one array, (steps + 1, R, n); the seed of the first is given."""
    course = Course([0.0] * len(things), steps)
    course.table = np.broadcast_to(np.reshape(lr, (-1, len(things))), (steps, len(things)))
    seeds = range(first, first + len(things))
    group = Group(Rule.of(things, optimizer), course, starts, layers, steps, seeds)
    record = Last()
    drive([(group, record)], loss, slope, None, residuals)
    return np.array(record.points)


@pytest.mark.parametrize("layers", [VECTOR, MATRIX], ids=["vector", "matrix"])
@pytest.mark.parametrize("rule", TOGETHER)
def test_a_run_is_the_same_to_the_last_bit_alone_and_beside_others(rule: str, layers: list[Layer]) -> None:
    rate = optimizer[rule].facts.get("lr") or 0.05
    starts = np.random.default_rng(3).normal(size=(4, layers[-1].columns.stop))
    starts[3] = 1e200  # a neighbour that does not last
    things, rates = [thing(rule, f) for f in (1.0, 0.9, 0.8, 0.95)], rate * np.array([1.0, 0.7, 0.5, 0.9])
    steps = 3 if layers is MATRIX else 8
    together = run(things, rates, starts, layers, steps)
    for i in (0, 2):
        alone = run([things[i]], rates[i], starts[i : i + 1], layers, steps, first=i)
        np.testing.assert_array_equal(alone[:, 0], together[:, i])


# Rules that move at a learning rate of 0 too: by what they remember, by a step size of their own, or
# as an average that follows.
MOVING = {
    *("accsgd", "lars", "madgrad", "rprop", "barzilai_borwein", "sgd_hd", "adam_hd"),
    *("schedulefree_sgd", "schedulefree_adamw", "dadapt_adagrad", "dadapt_adam"),
}


@pytest.mark.parametrize("rule", RULES)
def test_a_learning_rate_of_0_breaks_nothing(rule: str) -> None:
    """At the start of one run, later on in another and never in a third; at both in a rule of single runs."""
    rate = optimizer[rule].facts.get("lr") or 0.05
    lr = np.array([[0.0, rate, rate]] * 2 + [[rate] * 3] * 3 + [[rate, 0.0, rate]] * 5)
    things, starts = (
        [thing(rule, f) for f in (1.0, 0.9, 0.8)],
        np.array([[-3.0, 2.0], [1.0, 4.0], [2.0, 1.0]]),
    )
    if optimizer[rule].facts.get("single_run"):
        things, starts, lr = things[:1], starts[:1], lr.min(axis=1, keepdims=True)
    points = run(things, lr, starts, VECTOR_OF_2, 10)
    assert np.isfinite(points).all()
    still = points[5:, min(1, len(things) - 1)]
    stands = np.allclose(still, still[0], rtol=1e-13, atol=0)
    assert stands != (rule in MOVING)
    if rule not in MOVING:
        np.testing.assert_allclose(points[2, 0], points[0, 0], rtol=1e-13)


DECAYS = [
    (rule, way)
    for rule in RULES
    if "decay" in optimizer[rule].settings
    for way in get_args(Decay)
    if way in optimizer[rule].settings["decay"].type.options
]
# Decay by a learning rate that the rule has found itself, of a gradient that is scaled already, or
# after a look at how long p is; reference paths check them.
BY_ITS_OWN = {
    ("stableadamw", "decoupled"),
    ("stableadamw", "after"),
    ("dadapt_adam", "decoupled"),
    ("dadapt_lion", "decoupled"),
    ("prodigy", "decoupled"),
    ("novograd", "coupled"),
    ("adalite", "decoupled"),
}


@pytest.mark.parametrize(("rule", "way"), [each for each in DECAYS if each not in BY_ITS_OWN])
def test_weight_decay_is_where_it_is_said_to_be(rule: str, way: str) -> None:
    """Against the same rule without weight decay, from states that are equal."""
    entry = optimizer[rule]
    rng = np.random.default_rng(5)
    p, gradients = rng.normal(size=(2, 1, 3, 4)), rng.normal(size=(12, 1, 3, 4))
    lr, rate = 0.1, 0.3
    state: dict[str, Any] = {}

    def step(p: Any, g: Any, state: dict[str, Any], t: int, weight_decay: float) -> Any:
        asked = [lambda q: np.ones_like(q)] * len(entry.asks)
        settings = entry.defaults() | {"weight_decay": weight_decay, "decay": way}
        return entry.function(p, g, state, lr, t, *asked, **settings)

    p = p[0]
    for t, g in enumerate(gradients, start=1):
        before = deepcopy(state)
        new = step(p, g, state, t, rate)
        if way == "coupled":
            expected = step(p, g + rate * p, before, t, 0.0)
        elif way == "decoupled":
            expected = step(p * (1 - lr * rate), g, before, t, 0.0)
        else:
            expected = step(p, g, before, t, 0.0) * (1 - lr * rate)
        np.testing.assert_allclose(new, expected, rtol=1e-12)
        p = new


@pytest.mark.parametrize("rule", ["adagrad_norm", "ftrl", "adagrad"])
def test_a_gradient_whose_square_is_0_moves_nothing_far(rule: str) -> None:
    p, g = np.ones((1, 2)), np.full((1, 2), 1e-200)
    settings = optimizer[rule].defaults() | ({"eps": 0.0} if rule == "adagrad" else {})
    assert np.abs(optimizer[rule].function(p, g, {}, 0.1, 1, **settings)).max() <= 1


def test_over_is_0_where_either_is_0() -> None:
    np.testing.assert_array_equal(
        over(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.0, 2.0, 0.0, 2.0])), [0, 0, 0, 0.5]
    )


def test_a_power_that_there_is_not_is_no_error() -> None:
    with np.errstate(all="ignore"):
        assert power(300.0, 300.0) == np.inf
        assert np.isnan(power(-2.0, 0.5))
        assert power(0.0, -1.0) == np.inf
        found = power(np.array([[300.0], [-2.0], [2.0]]), 2.5 * np.ones((1, 1)) * 60)
    np.testing.assert_array_equal(found, [[np.inf], [power(-2.0, 150.0)], [2.0**150]])


@pytest.mark.parametrize(
    ("rule", "settings"),
    [
        ("adahessian", {"hessian_power": 400.0}),
        ("schedulefree_adamw", {"r": 400.0}),
        ("asgd", {"alpha": 3000.0, "lambd": 100.0}),
        ("adopt", {"clip_exponent": 3000.0}),
    ],
)
def test_a_power_that_overflows_ends_no_more_than_its_run(rule: str, settings: dict[str, float]) -> None:
    things = [Thing(rule, settings), Thing(rule)]
    points = run(things, [0.01, 0.01], np.array([[1e30, 2.0], [3.0, 2.0]]), VECTOR_OF_2, 9)
    assert np.isfinite(points[:, 1]).all()


@pytest.mark.parametrize("base", ["schedulefree_sgd", "schedulefree_adamw", "asgd"])
@pytest.mark.parametrize("layers", [VECTOR, MATRIX], ids=["vector", "matrix"])
def test_around_a_rule_that_shows_its_average_the_average_is_shown(base: str, layers: list[Layer]) -> None:
    settings = {"t0": 2.0} if base == "asgd" else {}
    start = np.random.default_rng(1).normal(size=(1, layers[-1].columns.stop))
    plain = run([Thing(base, settings)], [0.01], start, layers, 9)
    around = run([Thing("sam", {"rho": 0.0, "base": Thing(base, settings)})], [0.01], start, layers, 9)
    np.testing.assert_allclose(around, plain, rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("pullback", ["reset", "pullback"])
@pytest.mark.parametrize("layers", [VECTOR, MATRIX], ids=["vector", "matrix"])
def test_a_pullback_reaches_the_velocity_inside_another_wrapper(pullback: str, layers: list[Layer]) -> None:
    start = np.random.default_rng(1).normal(size=(2, layers[-1].columns.stop))
    momentum = Thing("momentum")
    made = {}
    for name, base in (("bare", momentum), ("inside", Thing("sam", {"rho": 0.0, "base": momentum}))):
        rule = Thing("lookahead", {"every": 3, "pullback": pullback, "base": base})
        made[name] = run([rule] * 2, [0.01, 0.02], start, layers, 12)
    kept = run([Thing("lookahead", {"every": 3, "base": momentum})] * 2, [0.01, 0.02], start, layers, 12)
    np.testing.assert_allclose(made["inside"], made["bare"], rtol=1e-12, atol=1e-14)
    assert np.abs(made["bare"] - kept).max() > 1e-3


@pytest.mark.parametrize("base", [Thing("adam"), Thing("sam", {"base": Thing("lion")})])
def test_a_pullback_of_what_has_no_velocity_changes_nothing(base: Thing) -> None:
    """A scene may not ask for it, but a library's run may."""
    start = np.array([[-3.0, 2.0]])
    paths = [
        run([Thing("lookahead", {"base": base, "pullback": word})], [0.1], start, VECTOR_OF_2, 12)
        for word in ("none", "reset", "pullback")
    ]
    np.testing.assert_array_equal(paths[1], paths[0])
    np.testing.assert_array_equal(paths[2], paths[0])


@pytest.mark.parametrize(
    ("settings", "why"),
    [
        ({"base": Thing("cocob")}, "cocob makes p anew"),
        ({"base": Thing("sam", {"base": Thing("ftrl")})}, "ftrl makes p anew"),
        ({"base": Thing("asgd")}, "asgd shows is an average"),
        ({"base": Thing("adam"), "pullback": "reset"}, "adam has none"),
    ],
)
def test_lookahead_says_which_rules_it_cannot_wrap(settings: dict[str, Any], why: str) -> None:
    check = optimizer["lookahead"].facts["check"]
    assert why in check(optimizer["lookahead"].defaults() | settings)
    fine = {"base": Thing("sam", {"base": Thing("rmsprop")}), "pullback": "reset"}
    assert check(optimizer["lookahead"].defaults() | fine) is None


def test_none_takes_a_default_away(tmp_path: Path) -> None:
    """Where the setting may be none and has another value by default."""
    file = tmp_path / "scene.yaml"
    rules = "[lbfgs: {max_eval: none}, adopt: {clip_exponent: none, lr: 0.1}]"
    text = f"landscape: rosenbrock\noptimizers: {rules}\n"
    file.write_text(text)
    assert [dict(run.rule.settings) for run in load(file).runs] == [
        {"max_eval": None},
        {"clip_exponent": None},
    ]
    for wrong, hint in (("nne", "did you mean 'none'"), ("0.5", "takes a whole number at least 1")):
        file.write_text(text.replace("max_eval: none", f"max_eval: {wrong}"))
        with pytest.raises(UserError, match=hint):
            load(file)


def test_ftrl_does_not_go_to_0_with_a_learning_rate_that_falls() -> None:
    """With all settings 0 it is Adagrad, whatever the learning rate does."""
    start, lr = np.array([[-3.0, 2.0]]), np.linspace(1.0, 0.0, 20)[:, None]
    made = {
        rule.name: run([rule], lr, start, VECTOR_OF_2, 20)
        for rule in (Thing("ftrl"), Thing("adagrad", {"eps": 0.0}))
    }
    np.testing.assert_allclose(made["ftrl"], made["adagrad"], rtol=1e-11)
