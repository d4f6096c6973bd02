"""What a schedule is in every step, its warm-up included, and what several schedules share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Annotated, Any

import numpy as np
from numpy.typing import NDArray

from optanim.kinds import schedule
from optanim.scene import Thing
from optanim.settings import ListOf, Number

Array = NDArray[np.float64]
Steps = Annotated[tuple[int, ...], ListOf(Number(low=0, whole=True))]
Part = Annotated[float, Number(low=0, high=1)]  # of the steps, all of them included
OPEN: Any = None  # a first value that is not given is tuned
LEAST = 0.01  # what an exponential warm-up begins with where that is not said: 0 never rises


def unordered(settings: Mapping[str, Any]) -> str | None:
    """What is wrong with steps that are not in their order; one may stand twice."""
    at = list(settings.get("at", ()))
    return None if at == sorted(at) else "at must rise"


_KNOWN: ContextVar[dict[tuple[int, int], tuple[Thing, Array]] | None] = ContextVar("tables", default=None)


@contextmanager
def known_once() -> Iterator[None]:
    """Inside, the values of a schedule are made once for every number of steps, and then remembered."""
    if _KNOWN.get() is not None:  # what is inside something that remembers is remembered as long
        yield
        return
    before = _KNOWN.set({})
    try:
        yield
    finally:
        _KNOWN.reset(before)


def values(thing: Thing, total: int) -> Array:
    """What a schedule is in every step of a run of so many, (total,); not to be written to."""
    known = _KNOWN.get()
    key = id(thing), total
    if known is not None and key in known:
        return known[key][1]
    with np.errstate(all="ignore"):  # what is not finite is told by whoever asks
        made = at(thing, np.arange(float(total)), total)
    made.setflags(write=False)
    if known is not None:
        known[key] = thing, made  # the thing too, so that no other gets its id
    return made


def effort(thing: Thing) -> int:
    """What a step of a schedule costs, in terms of one without parts: long lists and formulas cost more."""
    long = sum(len(v) // 8 for v in thing.settings.values() if isinstance(v, (str, tuple)))
    return 1 + long + sum(effort(part) for part in thing.settings.get("parts", ()))


def _settings(thing: Thing) -> tuple[dict[str, Any], dict[str, Any]]:
    """All settings of a schedule, and those that its own function takes."""
    entry = schedule[thing.name]
    settings = {name: each.default for name, each in schedule.common.items()} | entry.defaults()
    settings |= dict(thing.settings)
    return settings, {name: settings[name] for name in entry.settings}


def at(thing: Thing, t: Array, total: int) -> Array:
    """What a schedule is at steps t of a run of `total`, its warm-up included."""
    entry = schedule[thing.name]
    settings, own = _settings(thing)
    if "warmup" in own:  # its own kind of warm-up
        return np.asarray(entry.function(t, total, **own), dtype=np.float64)
    warmup = settings["warmup"]
    main = entry.function(np.maximum(t - warmup, 0.0), max(total - warmup, 1), **own)
    if not warmup:
        return np.broadcast_to(np.asarray(main, dtype=np.float64), t.shape)
    return np.where(t < warmup, _warming(t / warmup, main, settings), main)


def looks(thing: Thing) -> bool:
    """Whether a schedule looks at the loss, and so is only known as the run goes."""
    return "loss" in schedule[thing.name].asks


def asked(thing: Thing, t: int, total: int, loss: float | None, state: dict[str, Any]) -> float:
    """What a schedule that looks at the loss is in step t, after the loss of the step before."""
    entry = schedule[thing.name]
    settings, own = _settings(thing)
    warmup = settings["warmup"]
    if t < warmup:
        return float(_warming(np.array(t / warmup), own["initial"], settings))
    return float(entry.function(t - warmup, max(total - warmup, 1), loss, state, **own))


def _warming(part: Array, main: Any, settings: Mapping[str, Any]) -> Any:
    """From `warmup_from` times the schedule's first value up to it; `part` of the way is made."""
    low = settings["warmup_from"]
    shape = settings["warmup_shape"]
    if shape == "constant":
        return main * low
    if shape == "exponential":
        return main * (low or LEAST) ** (1 - part)
    return main * (low + (1 - low) * eased(np.clip(part, 0, 1), shape))


def eased(part: Any, shape: str) -> Any:
    """From 0 to 1 as part goes there: in a line, along half a cosine, a root or a square."""
    if shape == "cosine":
        return (1 - np.cos(np.pi * part)) / 2
    if shape == "square":
        return part**2
    return np.sqrt(part) if shape == "sqrt" else part


def between(first: Any, last: Any, part: Any, shape: str = "linear") -> Any:
    """From one value to another as part goes from 0 to 1, and no further."""
    return first + (last - first) * eased(np.clip(part, 0.0, 1.0), shape)
