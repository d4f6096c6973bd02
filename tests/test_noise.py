"""Noise on the gradient: what a rule sees, and what is drawn and scored without it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optanim.oracles import Layer, Noise, Oracles
from optanim.problem import problem
from optanim.reader import read
from optanim.scene import Thing
from optanim.simulate import simulate
from optanim.trace import Trace


def traced(
    optimizers: str, noise: str = "0.5", seed: int = 0, steps: int = 30, name: str = "sphere"
) -> Trace:
    return simulate(
        read(
            f"landscape: {{{name}: {{noise: {noise}}}}}\nseed: {seed}\nlr: 0.1\nsteps: {steps}\n"
            f"optimizers: {optimizers}\n"
        )
    )


def tilts(seed: int, steps: int, sd: float = 0.5) -> Any:
    drawn = Noise(sd, seed, 2).tilts()
    return np.array([next(drawn) for _ in range(steps)])


def test_gd_makes_the_steps_that_the_noise_makes_of_it() -> None:
    run = traced("gd").runs[0]
    p = run.params[0]
    for t, tilt in enumerate(tilts(0, 30), start=1):
        p = p - 0.1 * (2 * p + tilt)
        np.testing.assert_allclose(run.params[t], p, rtol=1e-12, atol=1e-15)
    np.testing.assert_allclose(run.loss, (run.params**2).sum(axis=1), rtol=1e-13)


def test_noise_is_normal_with_its_sd_and_other_with_another_seed() -> None:
    many = tilts(3, 20_000)
    assert many.mean(axis=0) == pytest.approx([0, 0], abs=0.015)
    assert many.std(axis=0) == pytest.approx([0.5, 0.5], abs=0.01)
    assert abs(np.corrcoef(many.T)[0, 1]) < 0.03
    assert abs(np.corrcoef(many[1:, 0], many[:-1, 0])[0, 1]) < 0.03
    assert not np.array_equal(many[:5], tilts(4, 5))


def test_all_runs_see_the_same_noise_alone_and_beside_others() -> None:
    both = traced("[gd, momentum, sam: {base: gd}, adam]")
    for i, name in enumerate(["gd", "momentum", "sam: {base: gd}"]):
        np.testing.assert_array_equal(traced(f"[{name}]").runs[0].params, both.runs[i].params)


def test_the_same_seed_gives_the_same_path_and_another_another() -> None:
    one, two, other = (traced("adam", seed=seed).runs[0].params for seed in (1, 1, 2))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(one, other)


def test_what_is_drawn_and_known_has_no_noise() -> None:
    noisy = problem(read("landscape: {beale: {noise: 3}}\noptimizers: gd"))
    plain = problem(read("landscape: beale\noptimizers: gd"))
    assert noisy is not None and plain is not None
    x, y = np.meshgrid(np.linspace(-1, 4, 9), np.linspace(-2, 2, 9))
    np.testing.assert_array_equal(noisy.surface(x, y), plain.surface(x, y))
    assert (noisy.minima, noisy.view, noisy.start) == (plain.minima, plain.view, plain.start)
    assert noisy.noise == 3.0 and plain.noise is None


def test_all_that_a_step_asks_for_is_of_one_tilted_landscape() -> None:
    bound = problem(read("landscape: rosenbrock\noptimizers: gd"))
    assert bound is not None
    params = np.array([[0.3, -0.2], [1.0, 2.0]])
    oracles = Oracles(bound.loss, bound.slope)
    oracles.tilt = np.array([0.7, -1.1])
    asks = oracles.bound(params, Layer(slice(0, 2), (2,)), ("loss", "grad", "hessian"), None)
    np.testing.assert_array_equal(asks["loss"](params)[:, 0], bound.loss(params))
    np.testing.assert_array_equal(asks["grad"](params), bound.slope(params)[1] + oracles.tilt)
    away = params + 0.1
    for i in range(2):
        step = 1e-6 * np.eye(2)[i]
        slope = (asks["loss"](away + step) - asks["loss"](away - step))[:, 0] / 2e-6
        np.testing.assert_allclose(asks["grad"](away)[:, i], slope, rtol=1e-6)
    plain = Oracles(bound.loss, bound.slope).bound(params, Layer(slice(0, 2), (2,)), ("hessian",), None)
    np.testing.assert_array_equal(asks["hessian"](away), plain["hessian"](away))


def test_noise_of_a_distribution() -> None:
    what = Thing("uniform", {"low": -1.0, "high": 1.0})
    drawn = Noise(what, 0, 2).tilts()
    run = traced("gd", "{uniform: {low: -1, high: 1}}").runs[0]
    assert run.params[1] == pytest.approx(run.params[0] - 0.1 * (2 * run.params[0] + next(drawn)))


@pytest.mark.parametrize(
    "rule", ["lamb", "newton", "lbfgs", "prodigy", "schedulefree_sgd", "lookahead: adam"]
)
def test_every_way_of_stepping_works_with_noise(rule: str) -> None:
    trace = traced(f"[{{{rule}}}]" if ":" in rule else rule, name="matyas")
    assert np.isfinite(trace.runs[0].params).all()


def test_without_noise_nothing_is_drawn() -> None:
    np.testing.assert_array_equal(
        traced("adam", "0").runs[0].params,
        simulate(read("landscape: sphere\nlr: 0.1\nsteps: 30\noptimizers: adam")).runs[0].params,
    )
