"""Schedules of pytorch_optimizer and of timm as ours."""

from __future__ import annotations

from typing import Any

from optanim.scene import Thing
from tests.reference.rows import Unsupported
from tests.reference.schedules_made import Arguments, Row, made, risen
from tests.reference.schedules_torch import TORCH


def _wsd(a: Arguments) -> Thing:
    warmup, stable, down = (a.take(f"num_{name}_steps") for name in ("warmup", "stable", "decay"))
    kind = a.take("cooldown_type", "1-sqrt")
    cycles, ratio = a.take("num_cycles", 0.5), a.take("min_lr_ratio", 0.0)
    if kind == "cosine" and cycles != 0.5:
        raise Unsupported("a cooldown of several waves")
    shape = {"1-sqrt": "sqrt", "1-square": "square"}.get(kind, kind)
    whole, last = warmup + stable + down, a.base * ratio
    falls = made(
        "wsd",
        initial=a.base,
        final=last if kind == "cosine" else 0.0,
        cooldown=down / (stable + down),
        shape=shape,
        steps=stable + down,
        **risen(warmup, 0.0, a.base),
    )
    if not ratio or kind == "cosine":
        return falls
    # The others fall to 0 and come back to the lowest rate when they have ended.
    return made("sequence", parts=[falls, made("constant", initial=last)], at=[whole])


def _rex(a: Arguments) -> Thing:
    final, steps = a.take("min_lr", 0.0), a.take("total_steps")
    return made("rex", initial=a.take("max_lr", 1.0), final=final, steps=steps)


def _restarts_with_warmup(a: Arguments) -> Thing:
    length, longer = a.take("first_cycle_steps"), a.take("cycle_mult", 1.0)
    top, low = a.take("max_lr", 1e-4), a.take("min_lr", 1e-6)
    warmup, smaller = a.take("warmup_steps", 0), a.take("gamma", 0.9)
    if not warmup:
        raise Unsupported("its first step has the lowest rate, where its formula says the highest")
    parts: list[Thing] = []
    at = [0]
    while at[-1] < a.steps:
        peak = top * smaller ** len(parts)
        parts.append(
            made("cosine", initial=peak, final=low, steps=length - warmup, **risen(warmup, low, peak))
        )
        at.append(at[-1] + length)
        length = max(1, int((length - warmup) * longer)) + warmup
    return made("sequence", parts=parts, at=at[1:-1])


def _warmed(a: Arguments) -> tuple[float, float, int, dict[str, Any]]:
    """Highest and lowest rate, the steps between them, and the warm-up."""
    top, low = a.take("max_lr"), a.take("min_lr", 0.0)
    first, warmup = a.take("init_lr", 0.0), a.take("warmup_steps", 0)
    return top, low, a.take("t_max") - warmup, risen(warmup, first, top)


def _linear(a: Arguments) -> Thing:
    top, low, steps, warmup = _warmed(a)
    if a.steps > steps + warmup.get("warmup", 0) + 1:
        raise Unsupported("a line that goes on below the lowest rate")
    return made("linear", initial=top, final=low, steps=steps, **warmup)


def _cosine(a: Arguments) -> Thing:
    top, low, steps, warmup = _warmed(a)
    return made("cosine", initial=top, final=low, steps=steps, rises=True, **warmup)


FRACTAL = "rates that are shuffled"
RISING = "a polynomial that rises without end"

PYTORCH_OPTIMIZER: dict[str, Row] = {
    "get_wsd_schedule": _wsd,
    "warmup_stable_decay": _wsd,
    "REXScheduler": _rex,
    "rex": _rex,
    "CosineAnnealingWarmupRestarts": _restarts_with_warmup,
    "cosine_annealing_with_warmup": _restarts_with_warmup,
    "LinearScheduler": _linear,
    "linear": _linear,
    "CosineScheduler": _cosine,
    "cosine": _cosine,
    "PolyScheduler": RISING,
    "poly": RISING,
    "get_chebyshev_schedule": FRACTAL,
    "chebyshev": FRACTAL,
    "ProportionScheduler": "no schedule of its own: another one's rate, scaled",
    "proportion": "no schedule of its own: another one's rate, scaled",
    "constant": TORCH["ConstantLR"],
    "step": TORCH["StepLR"],
    "multi_step": TORCH["MultiStepLR"],
    "cyclic": TORCH["CyclicLR"],
    "multiplicative": TORCH["MultiplicativeLR"],
    "one_cycle": TORCH["OneCycleLR"],
    "cosine_annealing": TORCH["CosineAnnealingLR"],
    "cosine_annealing_with_warm_restart": TORCH["CosineAnnealingWarmRestarts"],
}


def _timm(a: Arguments, prefix: bool = False) -> dict[str, Any]:
    """What timm's schedules share: the warm-up."""
    if a.take("noise_range_t", None) is not None:
        raise Unsupported("random noise on the rate")
    for name in ("noise_pct", "noise_std", "noise_seed", "noise_type", "t_in_epochs", "initialize"):
        a.take(name, None)
    warmup, first = a.take("warmup_t", 0), a.take("warmup_lr_init", 0.0)
    if warmup and not a.take("warmup_prefix", prefix):
        raise Unsupported("a warm-up under which the schedule has already begun")
    a.take("warmup_prefix", None)
    return risen(warmup, first, a.base)


def _one_way(a: Arguments) -> None:
    """Refuses several cycles; what would make the next ones others is nothing then."""
    a.only("cycle_limit", 1, "several cycles that are not cosines")
    for name in ("cycle_mul", "cycle_decay"):
        a.take(name, None)
    a.only("k_decay", 1.0, "time that is raised to a power")


def _timm_cosine(a: Arguments) -> Thing:
    a.only("k_decay", 1.0, "time that is raised to a power")
    return made(
        "warm_restarts",
        initial=a.base,
        final=a.take("lr_min", 0.0),
        every=a.take("t_initial"),
        longer=a.take("cycle_mul", 1.0),
        factor=a.take("cycle_decay", 1.0),
        cycles=a.take("cycle_limit", 1),
        **_timm(a),
    )


def _timm_polynomial(a: Arguments) -> Thing:
    _one_way(a)
    final, power, steps = a.take("lr_min", 0.0), a.take("power", 0.5), a.take("t_initial")
    return made("polynomial", initial=a.base, final=final, power=power, steps=steps, **_timm(a))


def _timm_tanh(a: Arguments) -> Thing:
    _one_way(a)
    final, steps = a.take("lr_min", 0.0), a.take("t_initial")
    low, high = a.take("lb", -7.0), a.take("ub", 3.0)
    falls = made("tanh", initial=a.base, final=final, low=low, high=high, steps=steps)
    warmup = _timm(a)
    if not warmup:
        return falls
    # It comes up to the rate itself, which the tangent only comes near.
    first, length = a.base * warmup["warmup_from"], warmup["warmup"]
    rises = made("linear", initial=first, final=a.base, steps=length)
    return made("sequence", parts=[rises, falls], at=[length])


def _timm_step(a: Arguments) -> Thing:
    every, factor = a.take("decay_t"), a.take("decay_rate", 1.0)
    return made("step", initial=a.base, every=every, factor=factor, **_timm(a, prefix=True))


def _timm_multistep(a: Arguments) -> Thing:
    at = [max(milestone - 1, 0) for milestone in a.take("decay_t")]  # told as the step before
    factor = a.take("decay_rate", 1.0)
    return made("multistep", initial=a.base, at=at, factor=factor, **_timm(a, prefix=True))


def _timm_plateau(a: Arguments) -> Thing:
    a.only("mode", "min", "a measure that is to rise: optanim's plateau looks at the loss")
    return made(
        "plateau",
        initial=a.base,
        factor=a.take("decay_rate", 0.1),
        patience=a.take("patience_t", 10),
        threshold=a.take("threshold", 1e-4),
        cooldown=a.take("cooldown_t", 0),
        final=a.take("lr_min", 0.0),
        **_timm(a, prefix=True),
    )


def _timm_wsd(a: Arguments) -> Thing:
    low, steps, down = a.take("lr_min", 0.0), a.take("t_initial"), a.take("decay_t")
    kind, power = a.take("decay_fn", "1-sqrt"), a.take("decay_power", 0.5)
    shapes = {"1-sqrt": "sqrt", "linear": "linear", "cosine": "cosine"}
    shape = {0.5: "sqrt", 1.0: "linear", 2.0: "square"}.get(power) if kind == "power" else shapes.get(kind)
    if shape is None:
        raise Unsupported(f"a cooldown of the kind {kind}")
    a.take("decay_ratio", None)
    stable, scale = a.take("stable_fn", "constant"), a.take("stable_timescale", a.given.get("warmup_t"))
    if stable == "power" and a.take("stable_power", 0.5) == 0.5:
        stable = "rsqrt"
    a.take("stable_power", None)
    if stable == "power" or (stable != "constant" and low):
        raise Unsupported("a stable phase of another power, or with a floor")
    warmup = _timm(a, prefix=True)
    settings = {"cooldown": down / steps, "shape": shape, "steps": steps}
    if stable == "constant":
        return made("wsd", initial=a.base, final=low, **settings, **warmup)
    slow = made("inverse_sqrt", initial=a.base, scale=scale)
    return made("product", parts=[slow, made("wsd", initial=1.0, **settings)], **warmup)


TIMM: dict[str, Row] = {
    "CosineLRScheduler": _timm_cosine,
    "PolyLRScheduler": _timm_polynomial,
    "TanhLRScheduler": _timm_tanh,
    "StepLRScheduler": _timm_step,
    "MultiStepLRScheduler": _timm_multistep,
    "PlateauLRScheduler": _timm_plateau,
    "WSDLRScheduler": _timm_wsd,
}
