"""The look of every run: a colour and a marker for each optimizer, shades for what a sweep varies."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from optanim.kinds import panel
from optanim.labels import axis_words, figure_name
from optanim.scene import Run, key_of
from optanim.themes import MARKERS, RGB, Theme, assign_slots, cycle_color, mix, rgb
from optanim.trace import Trace

FEWEST = 3  # values that are an order, and get the colours of one
NAMED = 6  # values that are told by names; of more by a key of their colours
LEAN = 0.6  # how far the last shade of a colour leans to the ink
PLACES = ("landscape", "dataset")  # axes along which colours stay, and only shades change


@dataclass(frozen=True)
class Style:
    """The look of one run, the same in every panel."""

    color: str
    marker: str
    words: str  # the colour of its name, deep enough to be read

    @property
    def rgb(self) -> RGB:
        return rgb(self.color)


@dataclass(frozen=True)
class Key:
    """What the colours of an order stand for: from the first value, over the colours, to the last."""

    first: str
    last: str
    colors: tuple[str, ...]


def styles(trace: Trace, theme: Theme) -> list[Style]:
    """The style of each run.

    Runs that differ in the seed alone have one, and those of other landscapes or datasets have it in
    another shade where one panel draws both. An optimizer's runs along other axes have shades of its colour;
    where it is alone, and three or more values have an order, the colours of an order; where it is alone
    and they have none, colours as those of different optimizers.
    """
    given = trace.scene.runs
    numbers = [i if run.number is None else run.number for i, run in enumerate(given)]
    apart = _apart(trace)
    kinds = [(number, _line(run, apart)) for number, run in zip(numbers, given, strict=True)]
    lines: dict[int, list[Any]] = {}  # of each optimizer what it is run with, in order
    for number, line in kinds:
        if line not in lines.setdefault(number, []):
            lines[number].append(line)
    rules = {number: run.rule.name for number, run in zip(numbers, given, strict=True)}
    alone = len(lines) == 1
    parted = alone and len(next(iter(lines.values()))) > 1
    slots = assign_slots(
        [rules[number] for number in lines for _ in (lines[number] if parted else [0])], len(theme.cycle)
    )
    ranks, shades = _ranks(trace), _shades(trace)
    made = []
    for index, (number, line) in enumerate(kinds):
        place, count = lines[number].index(line), len(lines[number])
        slot = slots[place if parted else list(lines).index(number)]
        own = given[index].color
        color = own or cycle_color(theme, slot)
        if count > 1 and (not alone or own):
            color = mix(color, theme.ink, LEAN * place / (count - 1))
        elif ranks is not None:
            color = ramp(theme, ranks[index] / (count - 1))
            slot = ranks[index] if count <= NAMED else slots[0]
        color = mix(color, theme.ink, shades[index])
        made.append(Style(color, MARKERS[slot % len(MARKERS)], mix(color, theme.ink, theme.deepen)))
    return made


def key(trace: Trace, made: Sequence[Style]) -> Key | None:
    """What stands for names, where one optimizer runs with more values of an order than can be named."""
    ranks = _ranks(trace)
    if ranks is None or max(ranks) < NAMED or any(run.color for run in trace.scene.runs):
        return None
    (name,) = _open_axes(trace)
    runs = [ranks.index(rank) for rank in range(max(ranks) + 1)]
    ends = (axis_words(name, trace.scene.runs[runs[end]].swept[name]) for end in (0, -1))
    first, last = (figure_name(text, text) for text in ends)
    last = last.removeprefix(f"{name} ").removeprefix("from ")
    return Key(first, last, tuple(made[index].color for index in runs))


def short_names(trace: Trace) -> list[str]:
    """What each run is called beside others: where all are of one optimizer, by what they differ in."""
    alone = len({run.number for run in trace.scene.runs}) == 1 and len(trace.families) > 1
    names = [path.differs if alone and path.differs else path.label for path in trace.runs]
    return [figure_name(name, path.differs) for name, path in zip(names, trace.runs, strict=True)]


def ramp(theme: Theme, part: float) -> str:
    """A colour of an order from 0 to 1: the theme's, one lighter than the other."""
    stops = theme.ramp
    place = part * (len(stops) - 1)
    lower = min(int(place), len(stops) - 2)
    return mix(stops[lower], stops[lower + 1], place - lower)


def _apart(trace: Trace) -> set[str]:
    """The axes along which colours stay: seeds, what is run on, and what every panel has a cell for."""
    grids = [thing.settings.get("by") for thing in trace.scene.panels]
    return {"seed", *PLACES, *({grids[0]} if grids and len(set(grids)) == 1 and grids[0] else ())}


def _line(run: Run, apart: set[str]) -> Any:
    """What a run is run with, but for axes along which colours stay."""
    return key_of({name: value for name, value in run.swept.items() if name not in apart})


def _open_axes(trace: Trace) -> list[str]:
    """The axes along which colours change."""
    apart = _apart(trace)
    return list(dict.fromkeys(name for run in trace.scene.runs for name in run.swept if name not in apart))


def _ranks(trace: Trace) -> list[int] | None:
    """For each run the place of its value in their order, where one optimizer is run along one such axis."""
    runs, names = trace.scene.runs, _open_axes(trace)
    if len(names) != 1 or len({run.number for run in runs}) != 1:
        return None
    values = [run.swept[names[0]] for run in runs]
    if names == ["batch"]:  # all rows are the largest of batches
        values = [math.inf if value == "full" else value for value in values]
    if not all(isinstance(value, (int, float, tuple)) and not isinstance(value, bool) for value in values):
        return None
    order = sorted(set(values))
    return [order.index(value) for value in values] if len(order) >= FEWEST else None


def _shades(trace: Trace) -> list[float]:
    """How far the colour of each run leans to the ink, where one panel draws runs of several places."""
    varied = [axis.name for axis in trace.scene.axes if axis.name in PLACES]
    together: set[str] = set()
    for thing in trace.scene.panels:
        if "by" in thing.settings:
            together |= {name for name in varied if name != thing.settings["by"]}
        elif "panel" not in panel[thing.name].settings:  # a grid has a cell for each run
            together |= set(varied)
    places = [key_of([run.swept[name] for name in varied if name in together]) for run in trace.scene.runs]
    order = list(dict.fromkeys(places))
    return [LEAN * order.index(place) / max(len(order) - 1, 1) for place in places]
