"""Schedules of torch.optim as ours."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Any

from optanim.scene import Thing
from tests.reference.rows import Unsupported
from tests.reference.schedules_made import Arguments, Row, made

# Those that torch steps by a factor alone, so that others may be chained with them.
FACTORS = (
    "ConstantLR",
    "LinearLR",
    "StepLR",
    "MultiStepLR",
    "ExponentialLR",
    "PolynomialLR",
    "MultiplicativeLR",
)
# Those that change their optimizer as they are made, and with it the others of a sequence.
MEDDLING = ("OneCycleLR", "CyclicLR")


def from_table(table: dict[str, Row], name: str, arguments: Arguments) -> Thing:
    """The schedule of a row, with nothing of the arguments left over."""
    row = table[name]
    if isinstance(row, str):
        raise Unsupported(row)
    arguments.only("last_epoch", -1, "a schedule that is taken up again")
    thing = row(arguments)
    arguments.end()
    return thing


def _step(a: Arguments) -> Thing:
    return made("step", initial=a.base, every=a.take("step_size"), factor=a.take("gamma", 0.1))


def _multistep(a: Arguments) -> Thing:
    at = sorted(a.take("milestones"))
    return made("multistep", initial=a.base, at=at, factor=a.take("gamma", 0.1))


def _constant(a: Arguments) -> Thing:
    low, until = a.base * a.take("factor", 1 / 3), a.take("total_iters", 5)
    if until == 0:  # only a step after the first could bring it back
        return made("constant", initial=low)
    return made("piecewise", values=(low, a.base), at=(until,))


def _linear(a: Arguments) -> Thing:
    first, last = a.take("start_factor", 1 / 3), a.take("end_factor", 1.0)
    return made("linear", initial=a.base * first, final=a.base * last, steps=a.take("total_iters", 5))


def _exponential(a: Arguments) -> Thing:
    return made("exponential", initial=a.base, factor=a.take("gamma"))


def _polynomial(a: Arguments) -> Thing:
    return made("polynomial", initial=a.base, power=a.take("power", 1.0), steps=a.take("total_iters", 5))


def _cosine(a: Arguments) -> Thing:
    final, steps = a.take("eta_min", 0.0), a.take("T_max")
    return made("cosine", initial=a.base, final=final, steps=steps, rises=True)


def _warm_restarts(a: Arguments) -> Thing:
    every, longer = a.take("T_0"), a.take("T_mult", 1)
    return made("warm_restarts", initial=a.base, final=a.take("eta_min", 0.0), every=every, longer=longer)


def _one_cycle_of(a: Arguments, initial: float, peak: float, final: float) -> Thing:
    epochs, length = a.take("epochs", None), a.take("steps_per_epoch", None)
    steps = a.take("total_steps", None)
    strategy = a.take("anneal_strategy", "cos")
    rise, three = a.take("pct_start", 0.3), a.take("three_phase", False)
    return made(
        "one_cycle",
        initial=initial,
        peak=peak,
        final=final,
        rise=rise,
        home=2 * rise if three else None,
        shape={"cos": "cosine"}.get(strategy, strategy),
        phases="three" if three else "two",
        steps=epochs * length if steps is None else steps,
    )


def _one_cycle(a: Arguments) -> Thing:
    for name in ("cycle_momentum", "base_momentum", "max_momentum"):
        a.take(name, None)
    peak = a.take("max_lr")
    first = peak / a.take("div_factor", 25.0)
    return _one_cycle_of(a, first, peak, first / a.take("final_div_factor", 1e4))


def _one_cycle_momentum(a: Arguments) -> Thing:
    for name in ("max_lr", "div_factor", "final_div_factor"):
        a.take(name, None)
    high, low = a.take("max_momentum", 0.95), a.take("base_momentum", 0.85)
    if not a.take("cycle_momentum", True):
        a.given.clear()
        return made("constant", initial=a.base)
    return _one_cycle_of(a, high, low, high)


def _cyclic_of(a: Arguments, initial: float, peak: float) -> Thing:
    if a.take("scale_fn", None) is not None:
        raise Unsupported("a scale that is a function")
    mode, gamma = a.take("mode", "triangular"), a.take("gamma", 1.0)
    a.take("scale_mode", None)  # each of the three modes sets its own
    up, down = a.take("step_size_up", 2000), a.take("step_size_down", None)
    factor = gamma if mode == "exp_range" else None
    return made(mode, initial=initial, peak=peak, up=up, down=down, factor=factor)


def _cyclic(a: Arguments) -> Thing:
    for name in ("cycle_momentum", "base_momentum", "max_momentum"):
        a.take(name, None)
    return _cyclic_of(a, a.take("base_lr"), a.take("max_lr"))


def _cyclic_momentum(a: Arguments) -> Thing:
    for name in ("base_lr", "max_lr"):
        a.take(name, None)
    high, low = a.take("max_momentum", 0.9), a.take("base_momentum", 0.8)
    if not a.take("cycle_momentum", True):
        a.given.clear()
        return made("constant", initial=a.base)
    return _cyclic_of(a, high, low)


def _plateau(a: Arguments) -> Thing:
    a.only("mode", "min", "a measure that is to rise: optanim's plateau looks at the loss")
    return made(
        "plateau",
        initial=a.base,
        factor=a.take("factor", 0.1),
        patience=a.take("patience", 10),
        threshold=a.take("threshold", 1e-4),
        absolute=a.take("threshold_mode", "rel") == "abs",
        cooldown=a.take("cooldown", 0),
        final=a.take("min_lr", 0.0),
        eps=a.take("eps", 1e-8),
    )


def _in_t(function: Any) -> str:
    """The text of a function of one number as our formula in t."""
    match = re.fullmatch(r"\s*lambda\s+(\w+)\s*:(.+)", function) if isinstance(function, str) else None
    if not match:
        raise Unsupported("a function that is not told as a text")
    plain = re.sub(r"\b(?:math|np|numpy|torch)\.", "", match[2])
    formula = re.sub(rf"\b{match[1]}\b", "t", plain).strip()
    return formula if re.search(r"\bt\b", formula) else f"{formula} + 0*t"


def _lambda(a: Arguments) -> Thing:
    return made("formula", f=f"{float(a.base)!r}*({_in_t(a.take('lr_lambda'))})")


def _multiplicative(a: Arguments) -> Thing:
    return made("multiplicative", initial=a.base, factor=_in_t(a.take("lr_lambda")))


def _sequential(a: Arguments) -> Thing:
    given, at = a.take("schedulers"), a.take("milestones")
    for name, settings in given:
        if name in MEDDLING:
            raise Unsupported(f"{name} in a sequence changes what the others begin at")
        if name == "MultiplicativeLR" and name != given[0][0]:
            raise Unsupported("MultiplicativeLR goes on from where the schedule before it was")
        if name == "ConstantLR" and settings.get("total_iters", 5) == 0:
            raise Unsupported("a ConstantLR of no steps is another one in a sequence")
    parts = [from_table(TORCH, name, Arguments(settings, a.base, a.steps)) for name, settings in given]
    return made("sequence", parts=parts, at=at)


def _chained(a: Arguments) -> Thing:
    a.take("optimizer", None)
    parts = []
    for place, (name, settings) in enumerate(a.take("schedulers")):
        # Towards a floor, and past its lowest point, a cosine adds to what the others have made of the rate.
        falls = name == "CosineAnnealingLR" and not settings.get("eta_min", 0.0)
        if name not in FACTORS and not (falls and settings["T_max"] >= a.steps):
            raise Unsupported(f"{name} is no factor: in a chain it takes the others back")
        parts.append(from_table(TORCH, name, Arguments(settings, 1.0 if place else a.base, a.steps)))
    return made("product", parts=parts)


def _swa(a: Arguments) -> Thing:
    last, steps = a.take("swa_lr"), a.take("anneal_epochs", 10)
    shape = {"cos": "cosine"}.get(strategy := a.take("anneal_strategy", "cos"), strategy)
    if steps == 0:
        return made("constant", initial=last)
    return made("piecewise", values=(a.base, last), at=(steps,), shape=shape)


def one_by_one(boundaries: dict[Any, float], first: float) -> tuple[list[float], list[int]]:
    """The values between boundaries, each a factor times the one before, and the boundaries."""
    at = sorted((int(step), factor) for step, factor in boundaries.items())
    values = [first]
    for _, factor in at:
        values.append(values[-1] * factor)
    assert all(a < b for (a, _), (b, _) in pairwise(at))
    return values, [step for step, _ in at]


TORCH: dict[str, Row] = {
    "StepLR": _step,
    "MultiStepLR": _multistep,
    "ConstantLR": _constant,
    "LinearLR": _linear,
    "ExponentialLR": _exponential,
    "PolynomialLR": _polynomial,
    "CosineAnnealingLR": _cosine,
    "CosineAnnealingWarmRestarts": _warm_restarts,
    "OneCycleLR": _one_cycle,
    "CyclicLR": _cyclic,
    "ReduceLROnPlateau": _plateau,
    "LambdaLR": _lambda,
    "MultiplicativeLR": _multiplicative,
    "SequentialLR": _sequential,
    "ChainedScheduler": _chained,
    "SWALR": _swa,
}
MOMENTA: dict[str, Row] = {"OneCycleLR": _one_cycle_momentum, "CyclicLR": _cyclic_momentum}
