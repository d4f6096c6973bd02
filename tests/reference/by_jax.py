"""Runs optimizers of optax and of Keras on jax, in float64, each as one compiled loop."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from functools import cache
from operator import attrgetter
from typing import Any

os.environ["KERAS_BACKEND"] = "jax"

import jax
import jax.numpy as jnp
import keras
import numpy as np
import optax

from tests.reference.losses import problems
from tests.reference.runs import Array, Noise, Steps

jax.config.update("jax_enable_x64", True)
keras.config.set_floatx("float64")


def run(case: dict[str, Any], steps: int, noise: Noise) -> Steps:
    """A case stepped by its library, compiled."""
    begin, loop = _loop(_key(case))
    points, shown = jax.jit(loop)(*_factors(case, steps, noise, begin))

    def table(parts: Any) -> Array:
        return np.concatenate([np.asarray(part).reshape(steps, -1) for part in parts], axis=1)

    return Steps(table(points), None if shown is None else table(shown))


def _factors(case: dict[str, Any], steps: int, noise: Noise, begin: Callable[..., Any]) -> tuple[Any, ...]:
    start = problems()[case["problem"]].start
    at, of = ([jnp.asarray(noise(np.empty((steps, *part.shape)))) for part in start] for _ in range(2))
    params = [jnp.asarray(part * noise(part)) for part in start]
    return params, begin(params), at, of


def _key(case: dict[str, Any]) -> str:
    return json.dumps({name: case[name] for name in ("lib", "cls", "kw", "problem")})


@cache
def _loop(written: str) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """What makes the state of a case, and its loop: the same for all runs, so that it is compiled once."""
    case = json.loads(written)
    on = problems()[case["problem"]]
    data = {word: jnp.asarray(value) for word, value in on.data.items()}
    rule = {"keras": _keras, "wrapper": _optax_lookahead}.get(case["lib"], _optax)
    begin, step = rule(
        case["cls"], {n: tuple(v) if isinstance(v, list) else v for n, v in case["kw"].items()}
    )

    def one(carry: Any, factors: Any) -> Any:
        (params, state), (here, slope) = carry, factors

        def loss(params: Any) -> Any:
            return on.loss(jnp, data, *(p * f for p, f in zip(params, here, strict=True)))

        value, gradient = jax.value_and_grad(loss)(params)
        gradient = [g * f for g, f in zip(gradient, slope, strict=True)]
        params, state, shown = step(gradient, state, params, value)
        return (params, state), (params, shown)

    return begin, lambda start, state, at, of: jax.lax.scan(one, (start, state), (at, of))[1]


Rule = tuple[Callable[..., Any], Callable[..., Any]]  # params to state; a step to params, state and shown


def _optax(cls: str, settings: dict[str, Any]) -> Rule:
    made = optax.with_extra_args_support(attrgetter(cls)(optax)(**settings))

    def step(gradient: Any, state: Any, params: Any, value: Any) -> Any:
        updates, state = made.update(gradient, state, params, value=value)
        params = optax.apply_updates(params, updates)
        averages = "schedule_free" in cls
        return params, state, optax.contrib.schedule_free_eval_params(state, params) if averages else None

    return made.init, step


def _optax_lookahead(cls: str, settings: dict[str, Any]) -> Rule:
    inner = getattr(optax, cls.rstrip(")").partition("(")[2])
    fast = inner(learning_rate=settings["lr"], **settings["base"])
    made = optax.lookahead(fast, sync_period=settings["k"], slow_step_size=settings["alpha"])

    def begin(params: Any) -> Any:
        both = optax.LookaheadParams.init_synced(params)
        return made.init(both), both

    def step(gradient: Any, state: Any, params: Any, value: Any) -> Any:
        updates, inner_state = made.update(gradient, *state)
        both = optax.apply_updates(state[1], updates)
        return both.fast, (inner_state, both), None

    return begin, step


def _keras(cls: str, settings: dict[str, Any]) -> Rule:
    built: list[Any] = []

    def begin(params: Any) -> Any:
        built.append(getattr(keras.optimizers, cls)(**settings))
        built[-1].build([keras.Variable(p, dtype="float64") for p in params])
        return [jnp.asarray(v.value) for v in built[-1].variables]

    def step(gradient: Any, state: Any, params: Any, value: Any) -> Any:
        params, state = built[0].stateless_apply(state, gradient, params)
        return list(params), list(state), None

    return begin, step


def lower(case: dict[str, Any]) -> list[str]:
    """The lower precisions that a case computes in."""
    begin, loop = _loop(_key(case))
    program = str(jax.make_jaxpr(loop)(*_factors(case, 2, Noise(None), begin)))
    return [word for short, word in (("f32[", "float32"), ("bf16[", "bfloat16")) if short in program]
