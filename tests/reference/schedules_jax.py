"""Schedules of optax and of Keras as ours."""

from __future__ import annotations

from typing import Any

from optanim.scene import Thing
from tests.reference.rows import Unsupported
from tests.reference.schedules_made import Arguments, Row, held_first, made, risen
from tests.reference.schedules_torch import one_by_one


def _constant(a: Arguments) -> Thing:
    return made("constant", initial=a.take("value"))


def _polynomial(a: Arguments) -> Thing:
    first, last, steps = a.take("init_value"), a.take("end_value"), a.take("transition_steps")
    power, begin = a.take("power", 1.0), a.take("transition_begin", 0)
    if steps <= 0:
        return made("constant", initial=first)
    return made("polynomial", initial=first, final=last, power=power, steps=steps, **held_first(begin))


def _piecewise(a: Arguments) -> Thing:
    shape = a.take("interpolate_type", "constant")
    values, at = one_by_one(a.take("boundaries_and_scales", None) or {}, a.take("init_value"))
    return made("piecewise", values=values, at=at, shape=shape) if at else made("constant", initial=values[0])


def _falling(a: Arguments, initial: float, **more: Any) -> Thing:
    """The exponential decay from a value on, after `transition_begin` steps at it."""
    every, factor = a.take("transition_steps"), a.take("decay_rate")
    begin, staircase, bound = (
        a.take("transition_begin", 0),
        a.take("staircase", False),
        a.take("end_value", None),
    )
    if every <= 0 or factor == 0:
        return made("constant", initial=initial, **more)
    if begin > 0 and more:  # two beginnings
        raise Unsupported("a warm-up and a wait")
    return made(
        "exponential",
        initial=initial,
        factor=factor,
        every=every,
        staircase=staircase,
        bound=bound,
        **(more or held_first(begin)),
    )


def _exponential(a: Arguments) -> Thing:
    return _falling(a, a.take("init_value"))


def _warmup_exponential(a: Arguments) -> Thing:
    first, peak, steps = a.take("init_value"), a.take("peak_value"), a.take("warmup_steps")
    if steps <= 0:
        return _falling(a, peak)
    up = made("linear", initial=first, final=peak, steps=steps)
    return made("sequence", parts=[up, _falling(a, peak)], at=[steps])


def _cosine(a: Arguments) -> Thing:
    first, floor = a.take("init_value"), a.take("alpha", 0.0)
    steps, exponent = a.take("decay_steps"), a.take("exponent", 1.0)
    return made("cosine", initial=first, final=floor * first, steps=steps, exponent=exponent)


def _warmup_cosine(a: Arguments) -> Thing:
    first, peak, warmup = a.take("init_value"), a.take("peak_value"), a.take("warmup_steps")
    return made(
        "cosine",
        initial=peak,
        final=a.take("end_value", 0.0),
        steps=a.take("decay_steps") - warmup,
        exponent=a.take("exponent", 1.0),
        **risen(warmup, first, peak),
    )


def _warmup_constant(a: Arguments) -> Thing:
    first, peak, steps = a.take("init_value"), a.take("peak_value"), a.take("warmup_steps")
    if steps <= 0:
        return made("constant", initial=first)
    return made("linear", initial=first, final=peak, steps=steps)


def _one_cycle(a: Arguments, shape: str) -> Thing:
    three = shape == "linear"
    peak, part = a.take("peak_value"), a.take("div_factor", 25.0)
    end = a.take("final_div_factor", 1e4)
    return made(
        "one_cycle",
        initial=peak / part,
        peak=peak,
        final=peak / part / end,
        rise=a.take("pct_start", 0.3),
        home=a.take("pct_final", 0.85) if three else None,
        phases="three" if three else "two",
        shape=shape,
        ends="after",
        steps=a.take("transition_steps"),
    )


def _linear_one_cycle(a: Arguments) -> Thing:
    return _one_cycle(a, "linear")


def _cosine_one_cycle(a: Arguments) -> Thing:
    return _one_cycle(a, "cosine")


def _sgdr(a: Arguments) -> Thing:
    parts, at, length = [], [], 0
    for cycle in a.take("cosine_kwargs"):
        at.append(length)
        length += cycle["decay_steps"]
        own = Arguments(cycle, a.base, a.steps)
        parts.append(_warmup_cosine(own))
        own.end()
    return made("sequence", parts=parts, at=at[1:])


def _joined(a: Arguments) -> Thing:
    """Up in a line, constant, and down in a line."""
    peak, final, warmup = a.take("peak"), a.take("end", 0.0), a.take("warmup")
    stable, down = a.take("stable"), a.take("decay")
    return made(
        "wsd",
        initial=peak,
        final=final,
        cooldown=down / (stable + down),
        steps=stable + down,
        **risen(warmup, a.take("init", 0.0), peak),
    )


def _join(a: Arguments) -> Thing:
    parts = []
    for name, settings in a.take("schedules"):
        row = OPTAX[name]
        assert not isinstance(row, str)
        own = Arguments(settings, a.base, a.steps)
        parts.append(row(own))
        own.end()
    return made("sequence", parts=parts, at=a.take("boundaries"))


def _plateau(a: Arguments) -> Thing:
    relative, absolute = a.take("rtol", 1e-4), a.take("atol", 0.0)
    patience = a.take("patience", 10)
    if relative and absolute:
        raise Unsupported("a relative and an absolute threshold at once")
    if patience == 0:
        raise Unsupported("with no patience it cuts where the loss got better")
    a.only("accumulation_size", 1, "an average of several losses")
    return made(
        "plateau",
        initial=a.base,
        factor=a.take("factor", 0.1),
        patience=patience - 1,
        threshold=absolute or relative,
        absolute=bool(absolute),
        cooldown=a.take("cooldown", 0),
        final=a.base * a.take("min_scale", 0.0),
        eps=0.0,
    )


OPTAX: dict[str, Row] = {
    "constant_schedule": _constant,
    "linear_schedule": _polynomial,
    "polynomial_schedule": _polynomial,
    "piecewise_constant_schedule": _piecewise,
    "piecewise_interpolate_schedule": _piecewise,
    "exponential_decay": _exponential,
    "cosine_decay_schedule": _cosine,
    "warmup_constant_schedule": _warmup_constant,
    "warmup_cosine_decay_schedule": _warmup_cosine,
    "warmup_exponential_decay_schedule": _warmup_exponential,
    "linear_onecycle_schedule": _linear_one_cycle,
    "cosine_onecycle_schedule": _cosine_one_cycle,
    "sgdr_schedule": _sgdr,
    "join_schedules[linear,constant,linear] (WSD)": _joined,
    "join_schedules": _join,
    "contrib.reduce_on_plateau": _plateau,
    "reduce_on_plateau": _plateau,
}


def _keras_exponential(a: Arguments) -> Thing:
    return made(
        "exponential",
        initial=a.take("initial_learning_rate"),
        every=a.take("decay_steps"),
        factor=a.take("decay_rate"),
        staircase=a.take("staircase", False),
    )


def _keras_inverse_time(a: Arguments) -> Thing:
    return made(
        "inverse_time",
        initial=a.take("initial_learning_rate"),
        every=a.take("decay_steps"),
        decay=a.take("decay_rate"),
        staircase=a.take("staircase", False),
    )


def _keras_piecewise(a: Arguments) -> Thing:
    at = [boundary + 1 for boundary in a.take("boundaries")]  # the boundary itself still has the value before
    return made("piecewise", values=a.take("values"), at=at)


def _keras_polynomial(a: Arguments) -> Thing:
    a.only("cycle", False, "a polynomial that is stretched each time it has ended")
    return made(
        "polynomial",
        initial=a.take("initial_learning_rate"),
        final=a.take("end_learning_rate", 1e-4),
        power=a.take("power", 1.0),
        steps=a.take("decay_steps"),
    )


SINGLE = "Keras takes its cosines in float32"

KERAS: dict[str, Row] = {
    "ExponentialDecay": _keras_exponential,
    "InverseTimeDecay": _keras_inverse_time,
    "PiecewiseConstantDecay": _keras_piecewise,
    "PolynomialDecay": _keras_polynomial,
    "CosineDecay": SINGLE,
    "CosineDecayRestarts": SINGLE,
}
