"""How panels of curves draw several seeds, said once for all of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from optanim import bands
from optanim.kinds import panel
from optanim.labels import listed
from optanim.measures import MEASURES
from optanim.scene import Thing
from optanim.trace import Path, Trace


def drawn(trace: Trace) -> dict[str, list[Thing]]:
    """The bands around means over seeds, each with the panels that draw it; none where seeds are alike."""
    found: dict[str, list[Thing]] = {}
    for thing in trace.scene.panels:
        grid = thing.name == "grid"
        inner: Thing = thing.settings["panel"] if grid else thing
        usual = getattr(panel[inner.name].function, "band", None)  # what has none has no curves
        if usual is None or (grid and thing.settings.get("by") == "seed") or not _varies(trace, inner):
            continue
        found.setdefault(str(inner.settings.get("band", usual)), []).append(inner)
    return found


def told(trace: Trace) -> str:
    """What stands for runs that differ in the seed alone; of several bands which panels draw them."""
    ways = {band: bands.told(band, any(map(_may_be_log, some))) for band, some in drawn(trace).items()}
    if len(ways) < 2:
        return "".join(ways.values())
    return "; ".join(f"in {listed(_names(some))} {ways[band]}" for band, some in drawn(trace).items())


def alike(trace: Trace) -> bool:
    """Whether panels of one name have different bands, so that each must say its own."""
    names = [name for some in drawn(trace).values() for name in _names(some)]
    return len(set(names)) < len(names)


def _varies(trace: Trace, thing: Thing) -> bool:
    """Whether what a panel draws differs between runs that differ in the seed alone."""
    of = thing.settings.get("of")

    def numbers(run: Path) -> Any:
        if of is not None and of not in MEASURES:  # a setting
            return run.scheduled.get(of, ())
        return run.lr if thing.name == "lr" else run.loss

    pairs = ((family[0], index) for family in trace.families for index in family[1:])
    runs = trace.runs
    return any(not np.array_equal(numbers(runs[a]), numbers(runs[b]), equal_nan=True) for a, b in pairs)


def _may_be_log(thing: Thing) -> bool:
    """Whether a panel may have a logarithmic axis, which where nothing is said depends on the numbers."""
    measure = MEASURES.get(thing.settings.get("of", ""))
    kind = thing.settings.get("yscale", getattr(panel[thing.name].function, "yscale", None))
    return kind == "log" or (kind is None and (measure is None or measure.log))


def _names(things: Sequence[Thing]) -> list[str]:
    """What panels are called among others, each once."""
    names = (str(thing.settings.get("of", thing.name)).replace("_", " ") for thing in things)
    return list(dict.fromkeys(names))
