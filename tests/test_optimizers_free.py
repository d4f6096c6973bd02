"""Rules without a learning rate or a schedule: hand computations, and what the methods promise."""

from __future__ import annotations

from pathlib import Path as Folder
from typing import Any

import numpy as np
import pytest

from optanim.courses import Course
from optanim.driver import Group, drive
from optanim.errors import Source
from optanim.kinds import optimizer
from optanim.oracles import Layer
from optanim.rules import Rule
from optanim.scene import Run, Scene, Thing
from optanim.simulate import simulate
from optanim.trace import Path

VALLEY = Thing("formula", {"f": "0.1*x1**2 + 2*x2**2"})
START = (-5.0, -2.0)

FREE = ["dog", "dowg", "dadapt_sgd", "dadapt_adagrad", "dadapt_adam", "dadapt_lion", "prodigy"]
AVERAGED = ["schedulefree_sgd", "schedulefree_adamw", "schedulefree_radam"]
STEPPED = ["polyak", "momo", "momo_adam", "adagrad_norm", "sgd_hd", "adam_hd", "cocob", "ldog"]
# What moves a rule in few steps where its defaults are those of a large network.
VISIBLE: dict[str, dict[str, Any]] = {name: {"d0": 0.01} for name in FREE[2:]} | {
    "dog": {"reps_rel": 0.01},
    "ldog": {"reps_rel": 0.01},
    "sgd_hd": {"hypergrad_lr": 1e-4},
    "adam_hd": {"hypergrad_lr": 1e-3},
}


def run(
    rule: str, settings: dict[str, Any] | None = None, lr: float | None = None, steps: int = 30, **own: Any
) -> Path:
    lr = lr or optimizer[rule].facts.get("lr") or 0.1
    runs = (Run(Thing(rule, settings or {}), lr, steps, START, **own),)
    return simulate(Scene("t", Source("t.yaml", ""), Folder("."), landscape=VALLEY, runs=runs)).runs[0]


def slope(p: np.ndarray) -> np.ndarray:
    return np.array([0.2, 4.0]) * p


def height(p: np.ndarray) -> Any:
    return 0.1 * p[0] ** 2 + 2 * p[1] ** 2


class Last:
    """Records the last point of every run."""

    def keeps(self, t: int) -> bool:
        return True

    def point(self, t: int, runs: Any, shown: np.ndarray) -> None:
        self.points = shown

    def loss(self, t: int, runs: Any, loss: np.ndarray) -> None:
        pass


def last(things: list[Thing], rates: list[float], start: np.ndarray, layers: list[Layer]) -> np.ndarray:
    """The last points of runs on the valley that are stepped as one array, 20 steps each."""
    weights = np.array([0.1, 2.0])

    def loss(p: np.ndarray) -> np.ndarray:
        return np.asarray(p[:, 0] ** 2 * weights[0] + p[:, 1] ** 2 * weights[1])

    group = Group(Rule.of(things, optimizer), Course(rates, 20), start, layers, 20)
    record = Last()
    drive([(group, record)], loss, lambda p: (loss(p), 2 * weights * p))
    assert not group.ended
    return record.points


JOINT = [Layer(slice(0, 2), (2,))]
SEPARATE = [Layer(slice(0, 1), (1,)), Layer(slice(1, 2), (1,))]


@pytest.mark.parametrize("rule", [*FREE, *AVERAGED, *STEPPED])
def test_a_run_among_others_is_the_run_alone(rule: str) -> None:
    settings = VISIBLE.get(rule, {}) | (
        {"weight_decay": 0.1} if "weight_decay" in optimizer[rule].settings else {}
    )
    every = optimizer[rule].defaults() | settings
    things = [
        Thing(rule, {k: v * factor if isinstance(v, float) else v for k, v in every.items()})
        for factor in (0.9, 1.0, 0.8)
    ]
    starts, rates = np.array([[-5.0, -2.0], [3.0, 1.0], [1.0, -4.0]]), [0.3, 0.1, 0.2]
    for layers in (JOINT, SEPARATE):
        if layers is SEPARATE and optimizer[rule].facts.get("sees") == "all":
            continue
        together = last(things, rates, starts, layers)
        for i in range(3):
            alone = last(things[i : i + 1], rates[i : i + 1], starts[i : i + 1], layers)
            np.testing.assert_array_equal(together[i], alone[0])


@pytest.mark.parametrize("rule", [*FREE, *AVERAGED, *STEPPED])
def test_at_the_minimum_nothing_moves(rule: str) -> None:
    p, state = np.array([[1.0, -2.0], [3.0, 0.0]]), {}
    entry = optimizer[rule]
    asked = [lambda p: np.zeros((len(p), 1)) for _ in entry.asks]
    for t in range(1, 9):
        with np.errstate(all="ignore"):
            new = entry.function(p, p * 0, state, 1.0, t, *asked)
        np.testing.assert_array_equal(new, p)


@pytest.mark.parametrize("rule", [*FREE, "polyak", "momo", "momo_adam", "adagrad_norm", "sgd_hd", "adam_hd"])
def test_all_layers_share_what_is_known_of_the_distance(rule: str) -> None:
    settings = VISIBLE.get(rule, {})
    joint, separate = (run(rule, settings, layers=layers) for layers in ("joint", "separate"))
    np.testing.assert_array_equal(joint.params, separate.params)
    assert joint.loss[-1] < joint.loss[0]


def test_schedule_free_shows_the_plain_average_of_what_it_steps() -> None:
    z = p = np.array(START)
    steps = []
    for _ in range(30):
        z = z - 0.1 * slope(p)
        steps.append(z)
        x = np.mean(steps, axis=0)
        p = 0.2 * z + 0.8 * x
    shown = run("schedulefree_sgd", {"momentum": 0.8, "weight_lr_power": 0.0})
    np.testing.assert_allclose(shown.params[-1], x, rtol=1e-12)
    assert shown.loss[-1] == pytest.approx(height(x), rel=1e-12)


def test_schedule_free_weighs_by_step_and_learning_rate_in_its_warmup() -> None:
    z = p = x = np.array(START)
    total = 0.0
    for t in range(1, 31):
        lr = 0.1 * min(1.0, t / 8)
        weight = t**0.5 * lr**2
        total += weight
        z = z - lr * (slope(p) + 0.3 * p)
        x = x + weight / total * (z - x)
        p = 0.1 * z + 0.9 * x
    shown = run("schedulefree_sgd", {"warmup": 8, "r": 0.5, "weight_decay": 0.3})
    np.testing.assert_allclose(shown.params[-1], x, rtol=1e-12)


@pytest.mark.parametrize(("silent", "first"), [(True, START), (False, (-5 + 0.1, -2 + 0.8))])
def test_schedulefree_radam_waits_for_a_length_of_four(silent: bool, first: tuple[float, float]) -> None:
    shown = run("schedulefree_radam", {"silent_sgd_phase": silent}).params
    np.testing.assert_allclose(shown[1], first, rtol=1e-12)
    # With beta2 0.999 the length is below 4 for t up to 4, and 4.99 at 5.
    assert (np.ptp(shown[:5], axis=0) == 0).all() == silent
    assert (shown[5] != shown[4]).all()


def test_dog_and_dowg_by_hand() -> None:
    for rule, settings in (("dog", {"reps_rel": 0.01}), ("dowg", {"r0": 0.1})):
        p, total = np.array(START), 0.0
        r = 0.01 * (1 + np.sqrt(29)) if rule == "dog" else 0.1
        for _ in range(30):
            g = slope(p)
            r = max(r, np.linalg.norm(p - START))
            total += g @ g * (r**2 if rule == "dowg" else 1)
            p = p - (r / np.sqrt(total + 1e-8) if rule == "dog" else r**2 / (np.sqrt(total) + 1e-4)) * g
        np.testing.assert_allclose(run(rule, settings).params[-1], p, rtol=1e-12)


def test_ldog_is_dog_with_a_distance_for_every_layer() -> None:
    settings = {"reps_rel": 0.01}
    dog, together, apart = (
        run("dog", settings),
        run("ldog", settings),
        run("ldog", settings, layers="separate"),
    )
    np.testing.assert_array_equal(dog.params, together.params)
    r, r_all = 0.01 * (1 + np.abs(START)), 0.01 * (1 + np.sqrt(29))
    np.testing.assert_allclose(apart.params[1] - apart.params[0], r, rtol=1e-8)
    assert np.linalg.norm(dog.params[1] - dog.params[0]) == pytest.approx(r_all, rel=1e-8)


@pytest.mark.parametrize(
    ("rule", "order"), [("dadapt_sgd", 2), ("dadapt_adagrad", np.inf), ("prodigy", np.inf)]
)
@pytest.mark.parametrize("d0", [1e-6, 1e-2])
def test_the_distance_only_grows_and_stays_below_the_true_one(rule: str, order: float, d0: float) -> None:
    p, state, before = np.array([START]), {}, d0
    for t in range(1, 400):
        p = optimizer[rule].function(p, slope(p), state, 1.0, t, d0=d0)
        d = state["d"].item()
        assert before <= d <= np.linalg.norm(START, order)
        before = d
    assert d > 0.2


def test_growth_rate_bounds_the_distance() -> None:
    for rule in ("dadapt_sgd", "dadapt_adagrad", "dadapt_adam"):
        p, state = np.array([START]), {}
        for t in range(1, 50):
            p = optimizer[rule].function(p, slope(p), state, 1.0, t, d0=0.01, growth_rate=1.02)
            assert state["d"].item() <= 0.01 * 1.02**t * (1 + 1e-12)
        assert state["d"].item() > 0.01


def test_the_first_distance_of_prodigy_decides_only_how_soon_it_is_off() -> None:
    ends = [run("prodigy", {"d0": d0}, steps=400).loss[-1] for d0 in (1e-8, 1e-6, 1e-4, 1e-2)]
    assert max(ends) < 1e-3


def test_a_rule_without_a_learning_rate_does_not_take_the_scenes() -> None:
    assert all(optimizer[rule].facts["lr"] == 1.0 for rule in [*FREE, "polyak", "momo", "cocob", "ldog"])


def test_polyak_halves_the_way_on_a_parabola() -> None:
    rule = optimizer["polyak"].function
    p = np.array([[3.0, 4.0], [-1.0, 0.5]])

    def loss(p: np.ndarray) -> np.ndarray:
        return (p * p).sum(axis=1, keepdims=True) + 7

    np.testing.assert_allclose(rule(p, 2 * p, {}, 1.0, 1, loss, f_star=7.0), p / 2)
    # From a lower bound that is too low it steps farther: |p|**2 + 7 by 4 |p|**2.
    far = (25 + 7) / 100
    np.testing.assert_allclose(rule(p[:1], 2 * p[:1], {}, 1.0, 1, loss), (1 - 2 * far) * p[:1])
    np.testing.assert_allclose(rule(p, 2 * p, {}, 1.0, 1, loss, f_star=7.0, max_lr=0.1), 0.8 * p)


def test_momo_without_momentum_is_polyaks_step_up_to_its_learning_rate() -> None:
    for cap in (0.05, 1e9):
        momo = run("momo", {"beta": 0.0}, lr=cap).params
        np.testing.assert_allclose(momo, run("polyak", {"max_lr": cap}, lr=1.0).params, rtol=1e-9)


def test_momo_steps_to_where_the_average_tangent_is_at_its_lowest_value() -> None:
    p, points = np.array(START), [np.array(START)]
    m = c = None
    for _ in range(20):
        g = slope(p)
        here = height(p) - g @ p
        m, c = (g, here) if m is None else (0.9 * m + 0.1 * g, 0.9 * c + 0.1 * here)
        new = p - min(1.0, max(c + m @ p, 0) / (m @ m)) * m
        # Where the cap does not hold it back, the average of the tangents is 0 there.
        if max(c + m @ p, 0) / (m @ m) < 1 and c + m @ p > 0:
            assert c + m @ new == pytest.approx(0, abs=1e-12)
        p = new
        points.append(p)
    np.testing.assert_allclose(run("momo", lr=1.0, steps=20).params, points, rtol=1e-9, atol=1e-12)


def test_momo_adam_by_hand() -> None:
    p, m, v, c = np.array(START), np.zeros(2), np.zeros(2), 0.0
    for t in range(1, 21):
        g = slope(p)
        m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g * g
        c = 0.9 * c + 0.1 * (height(p) - g @ p)
        known, scale = 1 - 0.9**t, np.sqrt(v / (1 - 0.99**t)) + 1e-8
        length = max(1.02 * (c + known) + m @ p, 0) / (m @ (m / scale))
        p = p / 1.02 - min(0.2 / known, length) * m / scale
    settings = {"beta2": 0.99, "f_star": -1.0, "weight_decay": 0.1}
    np.testing.assert_allclose(run("momo_adam", settings, lr=0.2, steps=20).params[-1], p, rtol=1e-9)


def test_adam_hd_learns_along_the_direction_of_the_step_before() -> None:
    p, lr, m, v, u = np.array(START), 0.1, np.zeros(2), np.zeros(2), np.zeros(2)
    for t in range(1, 31):
        g = slope(p)
        lr += 1e-3 * g @ u
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
        u = m / (1 - 0.9**t) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        p = p - lr * u
    np.testing.assert_allclose(run("adam_hd", {"hypergrad_lr": 1e-3}, lr=0.1).params[-1], p, rtol=1e-10)
    assert lr > 0.12


def test_adagrad_norm_keeps_the_direction_of_the_gradient() -> None:
    path = run("adagrad_norm", {"b0": 2.0}, lr=0.5).params
    p, s = np.array(START), 4.0
    for point in path[1:]:
        s += slope(p) @ slope(p)
        p = p - 0.5 * slope(p) / np.sqrt(s)
        np.testing.assert_allclose(point, p, rtol=1e-12)
    assert np.linalg.norm(np.diff(run("adagrad_norm", lr=0.5).params[:2], axis=0)) == pytest.approx(0.5)


def test_hypergradient_descent_by_hand() -> None:
    p, lr, before = np.array(START), 0.01, np.zeros(2)
    for _ in range(30):
        lr += 1e-4 * slope(p) @ before
        before = slope(p)
        p = p - lr * before
    np.testing.assert_allclose(run("sgd_hd", {"hypergrad_lr": 1e-4}, lr=0.01).params[-1], p, rtol=1e-12)
    assert lr > 0.02


def test_without_a_hypergradient_the_learning_rate_is_the_scenes() -> None:
    for learned, plain in (("sgd_hd", "gd"), ("adam_hd", "adam")):
        np.testing.assert_array_equal(run(learned, {"hypergrad_lr": 0.0}).params, run(plain).params)


def test_cocob_bets_the_same_on_every_sign_first() -> None:
    path = run("cocob", lr=1.0, steps=200)
    np.testing.assert_allclose(path.params[1] - path.params[0], [0.01, 0.01], rtol=1e-12)
    assert path.loss[-1] < 0.1 * path.loss[0]
