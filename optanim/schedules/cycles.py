"""Up and down again: restarts, triangles, one long cycle."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np

from optanim.kinds import schedule
from optanim.schedules._parts import OPEN, Array, Part, between
from optanim.settings import Count, Lead, Number, Positive, Real

Longer = Annotated[float, Number(low=1)]


@schedule(paper="Loshchilov and Hutter 2017, arXiv:1608.03983")
def warm_restarts(
    t: Array,
    total: int,
    *,
    initial: Lead[Real] = OPEN,
    final: Real = 0.0,
    every: Count = 25,
    longer: Longer = 1.0,
    factor: Positive = 1.0,
    cycles: Count | None = None,
) -> Any:
    """Cosines one after another, each starting anew at the top.

    final + (initial * factor**cycle - final) * (1 + cos(pi * part)) / 2, part of the cycle being made
    The first cycle has `every` steps, each next is `longer` times as long. After so many `cycles`, if
    that is given, the value stays at final.
    """
    if longer == 1:
        cycle = np.floor(t / every)
        part = t / every - cycle
    else:
        cycle = np.floor(np.log1p(t / every * (longer - 1)) / np.log(longer) + 1e-12)
        begin = every * (longer**cycle - 1) / (longer - 1)
        part = (t - begin) / (every * longer**cycle)
    height = (initial * factor**cycle - final) * (1 + np.cos(np.pi * part)) / 2
    return final + (height if cycles is None else np.where(cycle < cycles, height, 0.0))


def _triangle(t: Array, up: int, down: int | None) -> tuple[Any, Any]:
    """The height of a triangle between 0 and 1, and which one it is."""
    whole = up + (down or up)
    cycle = np.floor(t / whole)
    place = t / whole - cycle
    rise = up / whole
    return np.where(place <= rise, place / rise, (1 - place) / (1 - rise)), cycle


@schedule(paper="Smith 2017, arXiv:1506.01186")
def triangular(
    t: Array,
    total: int,
    *,
    initial: Lead[Real] = OPEN,
    peak: Real | None = None,
    up: Count = 20,
    down: Count | None = None,
) -> Any:
    """Up to the peak and down again, over and over.

    initial + (peak - initial) * triangle(t), up in `up` steps and down in `down` (or as many)
    Without a peak it is 10 times the initial value.
    """
    height, _ = _triangle(t, up, down)
    return initial + (_peak(peak, initial) - initial) * height


@schedule(paper="Smith 2017, arXiv:1506.01186")
def triangular2(
    t: Array,
    total: int,
    *,
    initial: Lead[Real] = OPEN,
    peak: Real | None = None,
    up: Count = 20,
    down: Count | None = None,
) -> Any:
    """Triangles, each half as high as the one before.

    initial + (peak - initial) * triangle(t) / 2**cycle
    """
    height, cycle = _triangle(t, up, down)
    return initial + (_peak(peak, initial) - initial) * height / 2**cycle


@schedule(paper="Smith 2017, arXiv:1506.01186")
def exp_range(
    t: Array,
    total: int,
    *,
    initial: Lead[Real] = OPEN,
    peak: Real | None = None,
    up: Count = 20,
    down: Count | None = None,
    factor: Positive = 0.99,
) -> Any:
    """Triangles that shrink a little in every step.

    initial + (peak - initial) * triangle(t) * factor**t
    """
    height, _ = _triangle(t, up, down)
    return initial + (_peak(peak, initial) - initial) * height * factor**t


def _peak(peak: float | None, initial: float) -> float:
    return 10 * initial if peak is None else peak


def _three_phases(settings: Mapping[str, Any]) -> str | None:
    """A value comes home after its peak, and before the run is over unless the scene says when."""
    if settings["phases"] != "three":
        return None
    rise, home = settings["rise"], settings["home"]
    if home is None:
        late = f"rise {rise:g} would bring home to {2 * rise:g}, past 1: give a home"
        return late if 2 * rise > 1 else None
    return f"home {home:g} comes before rise {rise:g} is over" if home < rise else None


@schedule(paper="Smith and Topin 2019, arXiv:1708.07120", check=_three_phases)
def one_cycle(
    t: Array,
    total: int,
    *,
    initial: Lead[Real] = OPEN,
    peak: Real | None = None,
    final: Real | None = None,
    rise: Part = 0.3,
    shape: Literal["cosine", "linear"] = "cosine",
    phases: Literal["two", "three"] = "two",
    home: Annotated[float, Number(low=0, high=2)] | None = None,
    ends: Literal["last", "after"] = "last",
    steps: Count | None = None,
) -> Any:
    """One long swing up to the peak and down to almost nothing; a momentum swings the other way.

    up from initial to peak for `rise` of the steps, then down to final; three phases come down to
    initial when the part `home` of the steps is made (2 * rise), and only then to final. A home past 1 is
    not reached: the run ends on the way down, as in torch where pct_start is above a half.
    Without a peak it is 25 times the initial value; without a final value that is initial / 1e4, or
    where the peak is below it, initial.
    The last step has the final value, as in torch; with `ends: after` the step after it would, as in optax.
    """
    total = steps or total
    top = 25 * initial if peak is None else peak
    low = final if final is not None else (initial / 1e4 if top > initial else initial)
    last = total - 1 if ends == "last" else total
    turn = rise * total - 1 if ends == "last" else float(int(rise * total))
    places: tuple[float, ...] = (0.0, turn, float(last))
    levels: tuple[float, ...] = (initial, top, low)
    if phases == "three":
        part_home = 2 * rise if home is None else home
        back = part_home * total - 2 if ends == "last" else float(int(part_home * total))
        places, levels = (0.0, turn, back, float(last)), (initial, top, initial, low)
    made = np.full(t.shape, levels[-1], dtype=np.float64)
    for begin, end, first, then in zip(places[:-1], places[1:], levels[:-1], levels[1:], strict=True):
        part = (t - begin) / max(end - begin, 1e-9)
        inside = (t >= begin) & (t <= end) if begin == 0 else (t > begin) & (t <= end)
        made = np.where(inside, between(first, then, part, shape), made)
    return made
