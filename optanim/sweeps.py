"""The axes of a sweep: what varies, over which values, and the runs that this makes."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optanim.errors import Mistake, Place
from optanim.hints import MAX_RUNS, MEANT, so_many_seeds
from optanim.kinds import KINDS
from optanim.registry import Setting
from optanim.scene import OF_WORLDS, Axis, Run, Thing
from optanim.settings import Number, OneOf, ThingOf, Type, Wrong, closest, grouped
from optanim.things import Reader
from optanim.yaml_nodes import Items, Node, Pairs, Scalar, shape, shown
from optanim.yaml_values import BAD

OF_RUNS = ("lr", "start", "seed", "batch", "weight_decay", "steps")
THINGS = ("landscape", "dataset", "optimizer")
KEY_OF = {"optimizer": "optimizers"}  # of a scene, where it is not the axis's name


class Sweep:
    """Reads the axes of a scene, and makes its runs of them; every mistake is noted with the reader.

    `keys` are the schemas of the keys of a scene, `given` the places of those that it gives, and
    `unknown` says that an optimizer was wrong, so that what the runs have is not known.
    """

    def __init__(
        self,
        reader: Reader,
        keys: Mapping[str, Setting],
        given: Mapping[str, Place],
        things: Sequence[Thing],
        seed: int,
        unknown: bool,
    ) -> None:
        self.reader, self.keys, self.given, self.seed = reader, keys, given, seed
        self.things, self.unknown = list(things), unknown
        self.axes: tuple[Axis, ...] = ()
        self.wrong: set[str] = set()  # axes that could not be read

    def read(self, node: Pairs) -> None:
        """The axes of a mapping; the optimizers come first, as they say which settings there are."""
        made: dict[str, Axis] = {}
        for key, value in sorted(node.pairs, key=lambda pair: pair[0].text != "optimizer"):
            axis = self._axis(key, value)
            if axis is None:
                self.wrong.add(key.text)
                continue
            made[key.text] = axis
            if key.text == "optimizer":
                self.things = list(axis.values)
        if not self.things and not self.unknown and "optimizer" not in self.wrong:
            self.reader.wrong("there is nothing to sweep", node.place, "add optimizers")
        self.axes = tuple(made[key.text] for key, _ in node.pairs if key.text in made)

    # -- values --------------------------------------------------------------------------------

    def _axis(self, key: Scalar, node: Node) -> Axis | None:
        name = key.text
        setting = self._setting(name)
        if setting is None:
            if not self.unknown:
                hint = self._instead(name, shown(node.text) if isinstance(node, Scalar) else "")
                self.reader.wrong(f"no run has '{shown(name)}' to sweep", key.place, hint)
            return None
        if (place := self.given.get(KEY_OF.get(name, name))) and name != "seed":
            where = KEY_OF.get(name, name)
            self.reader.wrong(
                f"'{where}' is given and swept", key.place, f"drop {where} in line {place.line}"
            )
            return None
        if name not in THINGS and self.things and not any(takes(thing, name) for thing in self.things):
            if not self.unknown:
                own = any(_gives(thing, name) for thing in self.things)
                said = f"every run gives its own {name}" if own else f"no run takes the {name} of a scene"
                hint = "leave it out of one of them" if own else "take another axis"
                self.reader.wrong(f"{said}: there is none to sweep", key.place, hint)
            return None
        found = self._values(name, setting, node)
        if found is None:
            return None
        values, places = found
        for i, value in enumerate(values):
            if any(value == other and type(value) is type(other) for other in values[:i]):
                self.reader.wrong(f"a value of {name} is there twice", places[i], "drop one")
                return None
        return Axis(name, tuple(values), key.place, tuple(places))

    def _setting(self, name: str) -> Setting | None:
        if name in THINGS:
            return Setting(name, ThingOf(name))
        if name in OF_RUNS:
            return self.keys[name]
        return next((found for thing in self.things if (found := _own(thing, name))), None)

    def _instead(self, name: str, value: str) -> str:
        own = [each for thing in self.things for each in _swept_settings(thing)]
        known = [*OF_RUNS, *THINGS, *dict.fromkeys(own)]
        meant = next((word for word in MEANT.get(name, ()) if word in known), "")
        if name == "optimizers":
            meant = "optimizer"
        if meant == "seed" and value:
            return f"write {so_many_seeds(value, MAX_RUNS)}"
        return f"write {meant}" if meant else closest(shown(name), known) or f"takes {', '.join(known)}"

    def _values(self, name: str, setting: Setting, node: Node) -> tuple[list[Any], list[Place]] | None:
        if isinstance(node, Pairs) and _is_spread(setting, node):
            return self._spread(name, setting, node)
        items = node.items if isinstance(node, Items) else (node,)
        if not items:
            self.reader.wrong(f"'{name}' has no values", node.place, f"write {name}: [{self._such(setting)}]")
            return None
        if len(items) > MAX_RUNS:
            self.reader.wrong(f"'{name}' has {len(items)} values", node.place, f"takes at most {MAX_RUNS}")
            return None
        before = len(self.reader.mistakes)
        values = [self._value(name, setting, item) for item in items]
        if BAD in values or len(self.reader.mistakes) > before:
            return None
        if name == "seed" and isinstance(node, Scalar):  # who writes this wants so many
            hint = f"for several write {so_many_seeds(node.text, MAX_RUNS)}, for this one [{values[0]}]"
            self.reader.wrong("a sweep over one seed", node.place, hint)
            return None
        return values, [item.place for item in items]

    def _value(self, name: str, setting: Setting, item: Node) -> Any:
        if name in THINGS:
            return self.reader.thing(item, name)
        if isinstance(item, Items) and name != "start":
            self.reader.wrong(f"one value of {name} goes here, not {shape(item)}", item.place)
            return BAD
        return self.reader.setting(setting, item)

    def _such(self, setting: Setting) -> str:
        return next(iter(KINDS[setting.name])) if setting.name in THINGS else "…"

    def _spread(self, name: str, setting: Setting, node: Pairs) -> tuple[list[Any], list[Place]] | None:
        """Values that are spread over a range."""
        before = len(self.reader.mistakes)
        made = self.reader.thing(node, "values")
        if not isinstance(made, Thing) or len(self.reader.mistakes) > before:
            return None
        entry = KINDS["values"][made.name]
        asked = [self._generator(name) for _ in entry.asks]
        with np.errstate(all="ignore"):  # what is not finite is told below
            rows = entry.function(*asked, **(entry.defaults() | dict(made.settings))).tolist()
        try:
            values = [_checked(name, setting.type, row) for row in rows]
        except Wrong as wrong:
            place = made.where("low") if made.place else node.place
            self.reader.wrong(wrong.message, place, wrong.hint)
            return None
        return values, [made.place or node.place] * len(values)

    def _generator(self, name: str) -> Any:
        stream = np.random.SeedSequence(self.seed, spawn_key=(3, *name.encode()))
        return np.random.Generator(np.random.PCG64(stream))

    # -- runs ----------------------------------------------------------------------------------

    def runs(self, make: Callable[[Thing], Run]) -> list[Run]:
        """The runs of every optimizer at every combination of the values it takes, world after world."""
        inner = [axis for axis in self.axes if axis.name not in (*OF_WORLDS, "optimizer")]
        own = [[axis for axis in inner if takes(thing, axis.name)] for thing in self.things]
        worlds = combinations([axis for axis in self.axes if axis.name in OF_WORLDS])
        count = len(worlds) * sum(math.prod(len(axis.values) for axis in each) for each in own)
        if self.axes and count > MAX_RUNS:
            most = max(self.axes, key=lambda axis: len(axis.values))
            hint = f"takes at most {MAX_RUNS}: fewer values, or fewer axes"
            self.reader.wrong(f"the sweep makes {grouped(count)} runs", most.place, hint)
            return []
        first = [
            run
            for number, (thing, each) in enumerate(zip(self.things, own, strict=True))
            for run in self._of(number, thing, each, make)
        ]
        return [
            replace(run, swept=self._ordered({**run.swept, **world.values})) if world.values else run
            for world in worlds
            for run in first
        ]

    def _of(
        self, number: int, thing: Thing, axes: Sequence[Axis], make: Callable[[Thing], Run]
    ) -> Iterator[Run]:
        for one in combinations(axes):
            given, wrong = thing, None
            for name, value in one.values.items():
                if name != "seed":
                    given = _given(given, name, value, one.places[name])
                    wrong = wrong or _clash(given, name)
            if wrong is not None:
                self.reader.mistakes.append(wrong)
                continue
            run = make(given)
            swept: dict[str, Any] = dict(one.values)
            if any(axis.name == "optimizer" for axis in self.axes):
                swept["optimizer"] = thing
            seed = one.values.get("seed", self.seed)
            yield replace(run, seed=seed, swept=self._ordered(swept), number=number)

    def _ordered(self, swept: Mapping[str, Any]) -> dict[str, Any]:
        return {axis.name: swept[axis.name] for axis in self.axes if axis.name in swept}


@dataclass(frozen=True)
class Combination:
    """One value of each of some axes, with their places."""

    values: Mapping[str, Any]
    places: Mapping[str, Place]


def combinations(axes: Sequence[Axis]) -> list[Combination]:
    """Every combination of the values of some axes, the last axis fastest; of no axes one of nothing."""
    choices = [range(len(axis.values)) for axis in axes]
    return [
        Combination(
            {axis.name: axis.values[i] for axis, i in zip(axes, chosen, strict=True)},
            {axis.name: axis.places[i] for axis, i in zip(axes, chosen, strict=True)},
        )
        for chosen in itertools.product(*choices)
    ]


def takes(thing: Thing, name: str) -> bool:
    """Whether an axis applies to an optimizer: it has the setting, and does not give it itself."""
    entry = KINDS["optimizer"][thing.name]
    if name in ("seed", *OF_WORLDS):
        return True
    if name == "lr" and (entry.facts.get("times") or KINDS["optimizer"].stated(thing, "lr") is not None):
        return False
    if name in ("lr", "start", "steps"):
        return name not in thing.settings
    return _own(thing, name) is not None and not _gives(thing, name)


def _own(thing: Thing, name: str) -> Setting | None:
    """The setting of a rule, or of the one inside it; None where neither has it."""
    setting = KINDS["optimizer"][thing.name].settings.get(name)
    base = thing.settings.get("base")
    return setting if setting or not isinstance(base, Thing) else _own(base, name)


def _gives(thing: Thing, name: str) -> bool:
    base = thing.settings.get("base")
    inside = isinstance(base, Thing) and name not in KINDS["optimizer"][thing.name].settings
    return name in thing.settings or (inside and isinstance(base, Thing) and _gives(base, name))


def _given(thing: Thing, name: str, value: Any, place: Place) -> Thing:
    """The optimizer with a setting given, where it has it: itself, or the rule inside it."""
    base = thing.settings.get("base")
    if (
        name not in OF_RUNS
        and name not in KINDS["optimizer"][thing.name].settings
        and isinstance(base, Thing)
    ):
        name, value, place = "base", _given(base, name, value, place), thing.where("base") or place
    return replace(thing, settings={**thing.settings, name: value}, places={**thing.places, name: place})


def _clash(thing: Thing, name: str) -> Mistake | None:
    """What is wrong with the settings of a rule together, where a swept one is among them."""
    entry, base = KINDS["optimizer"][thing.name], thing.settings.get("base")
    if name not in entry.settings:
        return _clash(base, name) if isinstance(base, Thing) else None
    own = {each: value for each, value in thing.settings.items() if each in entry.settings}
    check = entry.facts.get("check")
    wrong = check(entry.defaults() | own) if check else None
    return Mistake(wrong, thing.where(name), f"see optanim explain {thing.name}") if wrong else None


def _swept_settings(thing: Thing) -> list[str]:
    """The settings that a rule, or the one inside it, may have swept."""
    base = thing.settings.get("base")
    own = [name for name in KINDS["optimizer"][thing.name].settings if name not in ("base", *OF_RUNS)]
    return own + (_swept_settings(base) if isinstance(base, Thing) else [])


def _is_spread(setting: Setting, node: Pairs) -> bool:
    """Whether a mapping spreads values, and is no thing that is one value."""
    key = node.pairs[0][0].text if node.pairs else ""
    if key in KINDS["values"]:
        return True
    kinds = setting.type.types if isinstance(setting.type, OneOf) else (setting.type,)
    things = [each.kind for each in kinds if isinstance(each, ThingOf)]
    if setting.scheduled:
        things.append("schedule")
    return setting.name not in THINGS and not any(key in KINDS[kind] for kind in things)


def _checked(name: str, kind: Type, row: Sequence[float]) -> Any:
    """A value that was spread, as its setting takes it, or Wrong."""
    if name == "start":
        point = tuple(map(float, row))
        if not all(map(math.isfinite, point)):
            raise Wrong("a start that is not finite", "take low and high nearer to each other")
        return point
    kinds = kind.types if isinstance(kind, OneOf) else (kind,)
    number = next((each for each in kinds if isinstance(each, Number)), None)
    if number is None:
        raise Wrong(f"the values of {name} cannot be spread", f"list them: {name}: [{kind.describe()}, …]")
    if len(row) != 1:
        raise Wrong(f"values of {len(row)} numbers where {name} takes one", "only starts are points")
    return number.check(row[0])
