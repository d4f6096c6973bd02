"""What a scene runs on, and the panels of one that names none."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from optanim.drawable import BROAD, SCENERY
from optanim.errors import Mistake, Place
from optanim.kinds import KINDS
from optanim.scene import Axis, Point, Run, Thing

Rows = list[list[Thing]]


@dataclass(frozen=True)
class World:
    """One thing that a scene runs on, with the names of its parameters, None where they are not known."""

    landscape: Thing | None
    dataset: Thing | None
    names: tuple[str, ...] | None
    batch: int | Thing | None
    view: Point | None


def usual(
    worlds: Sequence[World], runs: Sequence[Run], axes: Sequence[Axis], place: Place, given: Collection[str]
) -> Rows | Mistake:
    """The panels of a scene that names none, by what it runs on and the keys that it gives.

    With a layout they are one row: A, B, C are in their order. A Mistake, without a place, where there is
    nothing to draw.
    """
    first = worlds[0]
    apart = [axis.name for axis in axes if axis.name in ("landscape", "dataset")]
    if apart and len(worlds) > 1:
        return _grids(worlds, apart, place)
    if first.names is None:
        return _of_network(first, runs, place)
    picture = "line" if len(first.names) == 1 else "contour"
    a, b, c, d = (Thing(name, {}, place) for name in (picture, "loss", "fit", "lr"))
    plane = len(first.names) <= 2
    fits = first.dataset is not None and first.landscape is not None
    fits = fits and "data" in KINDS["landscape"][first.landscape.name if first.landscape else ""].asks
    if "layout" in given:
        return [[thing for thing, wanted in ((a, plane), (b, bool(runs)), (c, fits)) if wanted]]
    if not runs:
        if "landscape" not in given or not plane:
            hint = "add optimizers, or take a landscape of one or two variables"
            return [[c]] if fits else Mistake("there is nothing to draw", hint=hint)
        return [[a, c]] if fits else [[a]]
    beside = [b, *([c] if fits else []), *([d] if any(isinstance(run.lr, Thing) for run in runs) else [])]
    return [[a, a, each] for each in beside] if plane else [beside]


def _grids(worlds: Sequence[World], apart: Sequence[str], place: Place) -> Rows:
    """A cell for each of several landscapes; where they cannot be drawn alike, curves."""
    counts = {len(world.names) if world.names else 0 for world in worlds}
    inner = {1: "line", 2: "contour"}.get(counts.pop(), "loss") if len(counts) == 1 else "loss"
    settings: dict[str, Any] = {"panel": Thing(inner, {}, place)}
    if len(apart) == 1:
        settings["by"] = apart[0]
    return [[Thing("grid", settings, place)]]


def _of_network(world: World, runs: Sequence[Run], place: Place) -> Rows | Mistake:
    """The panels of a network; none of a landscape of which nothing is known."""
    thing = world.landscape
    if thing is None or "arrays" not in KINDS["landscape"][thing.name].facts or world.dataset is None:
        return []
    facts = KINDS["dataset"][world.dataset.name].facts
    inputs = facts.get("inputs", 1)
    fits = inputs == 1 or (inputs == 2 and len(runs) < 2)
    if not runs and not fits:
        return Mistake("there is nothing to draw", hint="add optimizers")
    shown = {"loss": runs, "accuracy": runs and facts.get("classes"), "fit": fits}
    return [[Thing(name, {}, place) for name, wanted in shown.items() if wanted]]


def beside(panels: Sequence[Thing]) -> list[list[Thing]]:
    """A list of panels as a row, but curves that would get narrow beside one picture one above the other."""
    names = [name for name, _ in dict.fromkeys((thing.name, str(thing.settings)) for thing in panels)]
    if len(names) < 3 or names[0] not in SCENERY or any(name in BROAD for name in names[1:]):
        return [list(panels)]
    picture = panels[0]
    return [[picture, picture, each] for each in panels if each.name != picture.name]
