"""Rules bound to their settings, one or many runs to an array, and rules inside rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optanim.courses import Course, is_scheduled
from optanim.oracles import Array, Layer, Oracles, State, across, is_number, kept, together
from optanim.registry import Registry
from optanim.scene import Thing


def kind_of(rule: Thing, registry: Registry) -> Any:
    """What has to be equal for two runs to be stepped as one array: all but the fractional numbers."""
    entry = registry[rule.name]
    settings = entry.defaults() | dict(rule.settings)
    names = tuple(sorted(settings))
    words = [(name, v) for name in names if not (is_number(v := settings[name]) or is_scheduled(v))]
    same = [(name, kind_of(v, registry) if isinstance(v, Thing) else v) for name, v in words]
    return rule.name, names, tuple(same)


@dataclass
class Rule:
    """A rule with the settings of all the runs it steps, and the rule it wraps, if it does."""

    function: Callable[..., Any]
    asks: tuple[str, ...]
    settings: dict[str, Any]  # arrays have one value per run
    shows: Callable[..., Any] | None = None
    base: Rule | None = None
    velocity: str | None = None  # the name of its momentum in its state
    sees_all: bool = False  # all layers as one vector, as it or a rule inside it needs
    parts: Sequence[Layer] = ()  # the layers it sees, where the rule around it sees them as one vector
    courses: dict[str, Course] = field(default_factory=dict)  # of settings that change with the step

    @classmethod
    def of(cls, things: Sequence[Thing], registry: Registry, steps: int = 0) -> Rule:
        entry = registry[things[0].name]
        every = [entry.defaults() | dict(thing.settings) for thing in things]
        base = (
            cls.of([settings.pop("base") for settings in every], registry, steps)
            if "base" in entry.asks
            else None
        )
        columns = {name: [one[name] for one in every] for name in every[0]}
        courses = {
            name: Course(values, steps) for name, values in columns.items() if any(map(is_scheduled, values))
        }
        settings = {name: together(values) for name, values in columns.items() if name not in courses}
        return cls(
            entry.function,
            entry.asks,
            settings,
            entry.facts.get("shows"),
            base,
            entry.facts.get("velocity"),
            entry.facts.get("sees") == "all" or (base is not None and base.sees_all),
            courses=courses,
        )

    def scheduled(self) -> dict[str, Course]:
        """The settings that change with the step, of this rule and else of the one inside it."""
        return (self.base.scheduled() if self.base else {}) | self.courses

    def turn(self, t: int, runs: Any, loss: Array | None) -> None:
        """Sets what changes with the step to its values in step t, of the runs that are going."""
        for name, course in self.courses.items():
            self.settings[name] = course.at(t, runs, loss)
        if self.base:
            self.base.turn(t, runs, loss)

    def layers(self, layers: Sequence[Layer]) -> Sequence[Layer]:
        """The layers as this rule sees them; a rule inside it that looks at each alone still does."""
        n = max(layer.columns.stop for layer in layers)
        whole = [Layer(slice(0, n), (n,))]
        inner = self.base
        while inner and inner.sees_all:
            inner = inner.base
        if inner and self.sees_all and list(layers) != whole:
            inner.parts = layers
        return whole if self.sees_all else layers

    def step(self, p: Array, g: Array, state: State, lr: Any, t: int, oracles: dict[str, Any]) -> Array:
        asked = [self._wrapped(state, lr, t, oracles) if a == "base" else oracles[a] for a in self.asks]
        new: Array = self.function(p, g, state, lr, t, *asked, **self._settings(p.ndim))
        return new

    def shown(self, p: Array, state: State) -> Array:
        """What is drawn and scored."""
        if self.shows is None:
            return p
        shown: Array = self.shows(p, state, **self._settings(p.ndim))
        return shown

    def keep(self, mask: Array) -> None:
        """Forget the runs that are not in the mask."""
        self.settings = kept(self.settings, mask)
        if self.base:
            self.base.keep(mask)

    def _settings(self, ndim: int) -> dict[str, Any]:
        return {name: across(value, ndim) for name, value in self.settings.items()}

    def _wrapped(self, state: State, lr: Any, t: int, oracles: dict[str, Any]) -> Wrapped:
        assert self.base is not None
        return Wrapped(self.base, state.setdefault("base", {}), lr, t, oracles)


@dataclass
class Wrapped:
    """The rule inside another one, as that one is handed it: its step from p, with state of its own."""

    rule: Rule
    state: State
    lr: Any
    t: int
    oracles: dict[str, Any]

    def __call__(self, p: Array, g: Array) -> Array:
        if not self.rule.parts:
            return self.rule.step(p, g, self.state, self.lr, self.t, self.oracles)
        asked = self.oracles
        oracles = Oracles(
            lambda q: asked["loss"](q)[:, 0], lambda q: (q[:, 0], asked["grad"](q)), asked["residuals"]
        )
        new = np.empty_like(p)
        for i, layer in enumerate(self.rule.parts):
            part, slope = (whole[:, layer.columns].reshape(len(p), *layer.shape) for whole in (p, g))
            bound = oracles.bound(p, layer, asks_of(self.rule), asked["rng"])
            lr, state = np.ravel(self.lr), self.state.setdefault(str(i), {})
            moved = self.rule.step(part, slope, state, across(together(lr), part.ndim), self.t, bound)
            new[:, layer.columns] = moved.reshape(len(p), -1)
        return new

    @property
    def momentum(self) -> Any:
        """Its velocity; 0 where it has none."""
        return self.state.get(self.rule.velocity or "", 0.0)

    @momentum.setter
    def momentum(self, velocity: Any) -> None:
        if self.rule.velocity in self.state:
            self.state[self.rule.velocity] = velocity


def asks_of(rule: Rule) -> tuple[str, ...]:
    """What the rule and the rules inside it ask for."""
    inner = asks_of(rule.base) if rule.base else ()
    return (*(ask for ask in rule.asks if ask != "base"), *inner)
