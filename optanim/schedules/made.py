"""Made by the scene or by the run: given values, formulas, other schedules one after another, the loss."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np

from optanim.formula import Parsed, parse
from optanim.kinds import schedule
from optanim.scene import Thing
from optanim.schedules import _parts
from optanim.schedules._parts import OPEN, Array, Steps, between
from optanim.settings import Formula, Lead, ListOf, NonNegative, Number, Real, ThingOf, Whole

Values = Annotated[tuple[float, ...], ListOf(Number())]
Parts = Annotated[tuple[Thing, ...], ListOf(ThingOf("schedule"))]
TIME = (("t", "T"),)


def _blind(settings: Mapping[str, Any]) -> str | None:
    """Parts are known before the run."""
    looking = [part.name for part in settings.get("parts", ()) if _parts.looks(part)]
    return f"parts cannot hold {looking[0]}, which looks at the loss" if looking else None


def _one_more(what: str) -> Any:
    def check(settings: Mapping[str, Any]) -> str | None:
        if looking := _blind(settings):
            return looking
        many, at = settings.get(what, ()), settings.get("at", ())
        if unordered := _parts.unordered(settings):
            return unordered
        return None if len(many) == len(at) + 1 else f"{what} takes one entry more than at: {len(at) + 1}"

    return check


@schedule(check=_one_more("values"))
def piecewise(
    t: Array,
    total: int,
    *,
    values: Values,
    at: Steps,
    shape: Literal["constant", "linear", "cosine"] = "constant",
) -> Any:
    """Given values from given steps on; or gliding from each to the next.

    constant: values[i] from step at[i - 1] on, so one value more than steps
    linear, cosine: values[0] at step 0, values[i] at step at[i - 1], and between them a line or half a cosine
    """
    known, places = np.array(values), np.array([0.0, *at])
    index = np.searchsorted(places[1:], t, side="right")
    if shape == "constant":
        return known[index]
    after = np.minimum(index + 1, len(known) - 1)
    length = places[after] - places[index]
    part = np.where(length > 0, (t - places[index]) / np.where(length > 0, length, 1), 0.0)
    return between(known[index], known[after], part, shape)


@schedule()
def multiplicative(
    t: Array, total: int, *, initial: Lead[Real] = OPEN, factor: Annotated[str, Formula(TIME)]
) -> Any:
    """Times a factor that is itself a formula of the step, step after step.

    initial * factor(1) * factor(2) * … * factor(t)
    """
    last = int(t.max()) if t.size else 0
    factors = np.broadcast_to(_read(factor).evaluate(np.arange(1.0, last + 1), float(total)), (last,))
    return initial * np.concatenate([[1.0], np.cumprod(factors)])[t.astype(int)]


@schedule()
def formula(t: Array, total: int, *, f: Lead[Annotated[str, Formula(TIME)]]) -> Any:
    """A formula in t, the steps made before, and T, the steps of the run."""
    return np.broadcast_to(_read(f).evaluate(t, float(total)), t.shape)


@schedule(check=_one_more("parts"))
def sequence(t: Array, total: int, *, parts: Parts, at: Steps) -> Any:
    """One schedule after another, each beginning anew at its step.

    parts[i] from step at[i - 1] on, so one part more than steps
    """
    starts, ends = [0, *at], [*at, total]
    made = np.empty(t.shape)
    index = np.searchsorted(np.array(at), t, side="right")
    for i, part in enumerate(parts):
        chosen = index == i
        made[chosen] = _parts.at(part, t[chosen] - starts[i], max(ends[i] - starts[i], 1))
    return made


@schedule(check=_blind)
def product(t: Array, total: int, *, parts: Lead[Parts]) -> Any:
    """Several schedules times each other: the first as a rate, the others as factors."""
    return np.prod([_parts.at(part, t, total) for part in parts], axis=0)


@schedule()
def plateau(
    t: int,
    total: int,
    loss: float,
    state: dict[str, Any],
    *,
    initial: Lead[Real] = OPEN,
    factor: Annotated[float, Number(low=0, high=1, high_open=True)] = 0.1,
    patience: Whole = 10,
    threshold: NonNegative = 1e-4,
    absolute: bool = False,
    cooldown: Whole = 0,
    final: NonNegative = 0.0,
    eps: NonNegative = 1e-8,
) -> Any:
    """Times a factor when the loss has not got better for a while, as torch's ReduceLROnPlateau.

    A step is bad unless loss < best * (1 - threshold), with absolute unless loss < best - threshold.
    After patience + 1 bad steps in a row: value = max(value * factor, final), where that is more than
    eps below; then `cooldown` steps are not counted. `loss` is that of the step before.
    """
    if t == 0 or not state:
        state.update(value=initial, best=math.inf, bad=0, rest=0)
        return initial
    bound = state["best"] - threshold if absolute else state["best"] * (1 - threshold)
    if loss < bound:
        state["best"], state["bad"] = loss, 0
    else:
        state["bad"] += 1
    if state["rest"]:
        state["rest"], state["bad"] = state["rest"] - 1, 0
    if state["bad"] > patience:
        lower = max(state["value"] * factor, final)
        state.update(bad=0, rest=cooldown)
        if state["value"] - lower > eps:
            state["value"] = lower
    return state["value"]


def _read(f: str) -> Parsed:
    return parse(f, TIME)
