"""Rules bound to their settings, one or many runs to an array, and rules inside rules."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from optanim.courses import Course, is_scheduled
from optanim.errors import Mistake, Place, UserError
from optanim.optimizers._parts import Parts
from optanim.oracles import Array, Layer, Oracles, State, across, is_number, kept, together
from optanim.registry import Registry
from optanim.scene import Thing
from optanim.settings import Wrong


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
    made_of: Callable[..., Parts] | None = None  # what a step was made of
    place: Place | None = None  # in the scene

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
            name: Course(values, steps)
            for name, values in columns.items()
            if entry.settings[name].scheduled and any(map(is_scheduled, values))
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
            made_of=entry.facts.get("parts"),
            place=things[0].place,
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
        settings = self._settings(p.ndim)
        try:
            new: Array = self.function(p, g, state, lr, t, *asked, **settings)
        except Wrong as wrong:  # a rule that cannot go on
            raise UserError(Mistake(wrong.message, self.place, wrong.hint)) from None
        if getattr(new, "shape", None) != p.shape:
            self._refuse(f"returned {_shape(new)}", f"it has to return the new p, of p's shape {p.shape}")
        if t == 1 and len(p) > 1 and not self.asks and not self.function.__module__.startswith("optanim."):
            self._check_rows(p, g, lr, new, settings)
        return new

    def explained(
        self,
        params: Array,
        gradient: Array,
        states: Sequence[State],
        lr: Any,
        t: int,
        layers: Sequence[Layer],
    ) -> Parts:
        """What the step just made from these parameters was made of, each part (R, n).

        The trust ratio of a layer stands at each of its parameters; it is None where the rule has none.
        """
        assert self.made_of is not None
        whole = [np.zeros(params.shape) for _ in Parts._fields]
        trusts = False
        for layer, state in zip(layers, states, strict=True):
            p, g = layer.of(params), layer.of(gradient)
            made = self.made_of(p, g, state, across(lr, p.ndim), t, **self._settings(p.ndim))
            trusts = made.trust is not None
            for into, part in zip(whole, made, strict=True):
                if part is not None:
                    into[:, layer.columns] = np.broadcast_to(part, p.shape).reshape(len(p), -1)
        return Parts(whole[0], whole[1], whole[2], whole[3] if trusts else None)

    def _check_rows(self, p: Array, g: Array, lr: Any, new: Array, settings: dict[str, Any]) -> None:
        """That somebody's own rule steps a run the same alone and beside others."""

        def first(value: Any) -> Any:
            return value[:1] if isinstance(value, np.ndarray) and value.ndim == p.ndim else value

        alone = self.function(p[:1], g[:1], {}, first(lr), 1, **{n: first(v) for n, v in settings.items()})
        if not np.allclose(alone, new[:1], rtol=1e-6, atol=0, equal_nan=True):
            self._refuse(
                "steps a run another way alone than beside others",
                "p and g have an axis of runs first: reduce over the others, as optanim.optimizers.norm does",
            )

    def _refuse(self, what: str, hint: str) -> None:
        raise UserError(Mistake(f"the rule '{self.function.__name__}' {what}", hint=hint))

    @property
    def averages(self) -> bool:
        """Whether what is drawn and scored is not p: of this rule, or else of the one inside it."""
        return self.shows is not None or (self.base is not None and self.base.averages)

    def shown(self, p: Array, state: State) -> Array:
        """What is drawn and scored."""
        if self.shows is not None:
            made: Array = self.shows(p, state, **self._settings(p.ndim))
            return made
        if self.base is None or not self.base.averages:
            return p
        if not self.base.parts:
            return self.base.shown(p, state["base"])
        made = np.empty_like(p)
        for i, layer in enumerate(self.base.parts):
            shown = self.base.shown(layer.of(p), state["base"][str(i)])
            made[:, layer.columns] = shown.reshape(len(p), -1)
        return made

    def hide(self) -> None:
        """Show p itself."""
        self.shows = None
        if self.base:
            self.base.hide()

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
            part, slope = layer.of(p), layer.of(g)
            bound = oracles.bound(p, layer, asks_of(self.rule), asked["rng"])
            lr, state = np.ravel(self.lr), self.state.setdefault(str(i), {})
            moved = self.rule.step(part, slope, state, across(together(lr), part.ndim), self.t, bound)
            new[:, layer.columns] = moved.reshape(len(p), -1)
        return new

    @property
    def momentum(self) -> Any:
        """The velocity of this rule, or else of the one inside it; 0 where none has one."""
        name, states = self._holders()
        if not name:
            return 0.0
        if not self._inner.parts:
            return states[0][name]
        return np.concatenate([state[name].reshape(len(state[name]), -1) for state in states], axis=1)

    @momentum.setter
    def momentum(self, velocity: Any) -> None:
        name, states = self._holders()
        if not name:
            return
        if not self._inner.parts:
            states[0][name] = velocity
            return
        for layer, state in zip(self._inner.parts, states, strict=True):
            state[name] = velocity[:, layer.columns].reshape(state[name].shape)

    @property
    def _inner(self) -> Rule:
        """The rule that has the velocity."""
        rule = self.rule
        while rule.velocity is None and rule.base:
            rule = rule.base
        return rule

    def _holders(self) -> tuple[str, list[State]]:
        """The name of the velocity, and the states that hold it: one of each layer it is apart for."""
        rule, state = self.rule, self.state
        while rule is not self._inner and rule.base:
            rule, state = rule.base, state["base"]
        return rule.velocity or "", [state[str(i)] for i in range(len(rule.parts))] or [state]


def _shape(made: Any) -> str:
    """What a rule returned, in words."""
    return "None" if made is None else f"an array of shape {np.shape(made)}"


def asks_of(rule: Rule) -> tuple[str, ...]:
    """What the rule and the rules inside it ask for."""
    inner = asks_of(rule.base) if rule.base else ()
    return (*(ask for ask in rule.asks if ask != "base"), *inner)
