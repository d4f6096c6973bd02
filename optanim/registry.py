"""Name to function, for everything a scene can name; a function's signature is its schema.

Each kind of thing lives in one module or package, which is imported when the first of its things
is asked for. Registering is decorating: `@optimizer(paper=…)`, `@landscape(view=…)`. Nothing else
lists the things, so adding one touches one file.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import (
    Annotated,
    Any,
    Literal,
    TypeVar,
    Union,
    get_args,
    get_origin,
    get_type_hints,
    overload,
)

from optanim.settings import LEAD, SCHEDULED, Choice, Flag, Mark, Nothing, Number, OneOf, Text, Type

F = TypeVar("F", bound=Callable[..., Any])
REQUIRED: Any = inspect.Parameter.empty


@dataclass(frozen=True)
class Setting:
    """One setting of a thing: its type, its default, and whether it leads."""

    name: str
    type: Type
    default: Any = REQUIRED
    lead: bool = False
    scheduled: bool = False

    @property
    def required(self) -> bool:
        return self.default is REQUIRED


@dataclass(frozen=True)
class Entry:
    """A registered thing: its function, its settings and what is stated about it."""

    kind: str
    name: str
    function: Callable[..., Any]
    asks: tuple[str, ...]  # the positional parameters, by name
    facts: Mapping[str, Any] = field(default_factory=dict)
    told: Mapping[str, Setting] = field(default_factory=dict)  # of what it asks for, what a scene says

    @cached_property
    def settings(self) -> Mapping[str, Setting]:
        """What it is told and what its signature declares; read when first asked for, as it takes time."""
        settings = {**self.told, **settings_of(self.function)}
        leads = [setting.name for setting in settings.values() if setting.lead]
        if len(leads) > 1:
            raise TypeError(f"{self.kind} '{self.name}' has more than one lead setting: {leads}")
        return settings

    @property
    def summary(self) -> str:
        """The first line of the docstring."""
        return (inspect.getdoc(self.function) or "").split("\n")[0]

    @property
    def title(self) -> str:
        """The name as it is written in a legend."""
        return str(self.facts.get("title", self.name.replace("_", " ")))

    @cached_property
    def lead(self) -> Setting | None:
        return next((setting for setting in self.settings.values() if setting.lead), None)

    def defaults(self) -> dict[str, Any]:
        """The settings that have a default, with it."""
        return dict(self._defaults)

    @cached_property
    def _defaults(self) -> dict[str, Any]:
        return {name: s.default for name, s in self.settings.items() if not s.required}


class Registry:
    """All things of one kind.

    `home` is the module or package that holds them. `common` are settings that every thing of the
    kind takes without naming them, given as the keyword-only parameters of a function.
    `facts` are the facts that a thing may state in its decorator; `asks`, if given, the names its
    positional parameters may have after the first `fixed` ones. What it asks for by a name in
    `given` is told in the scene, as a leading setting of that type. `elsewhere` is a module whose
    `entry(name)` knows things beyond the registered ones, which are not listed, or gives None;
    its `ALSO` are the names of a few of them.
    """

    def __init__(
        self,
        kind: str,
        home: str,
        *,
        common: Callable[..., Any] | None = None,
        facts: tuple[str, ...] = (),
        fixed: tuple[str, ...] | None = None,
        asks: tuple[str, ...] | None = None,
        given: Mapping[str, Type] | None = None,
        elsewhere: str | None = None,
    ) -> None:
        self.kind = kind
        self.home = home
        self.common = settings_of(common) if common else {}
        self.fact_names = (*facts, "title")
        self.fixed = fixed
        self.may_ask = asks
        self.given = given or {}
        self.elsewhere = elsewhere
        self._entries: dict[str, Entry] = {}
        self._loaded = False

    @overload
    def __call__(self, function: F) -> F: ...

    @overload
    def __call__(self, *, name: str | None = None, **facts: Any) -> Callable[[Any], Any]: ...

    def __call__(self, function: Any = None, *, name: str | None = None, **facts: Any) -> Any:
        """The decorator that registers a function (or a dataclass) under its own name, with facts or bare."""

        def register(function: Any) -> Any:
            entry = self._entry(name or _snake(function.__name__), function, facts)
            if entry.name in self._entries:
                raise TypeError(f"{self.kind} '{entry.name}' is registered twice")
            self._entries[entry.name] = entry
            return function

        return register if function is None else register(function)

    def _entry(self, name: str, function: Any, facts: dict[str, Any]) -> Entry:
        unknown = set(facts) - set(self.fact_names)
        if unknown:
            raise TypeError(f"{self.kind} '{name}': no fact {sorted(unknown)}, only {self.fact_names}")
        positional = tuple(
            p.name
            for p in inspect.signature(function).parameters.values()
            if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)
        )
        if self.fixed is not None:
            if positional[: len(self.fixed)] != self.fixed:
                raise TypeError(f"{self.kind} '{name}' must start with ({', '.join(self.fixed)})")
            positional = positional[len(self.fixed) :]
        if self.may_ask is not None:
            for ask in positional:
                if ask not in self.may_ask:
                    raise TypeError(
                        f"{self.kind} '{name}' asks for '{ask}'; it can ask for {', '.join(self.may_ask)}"
                    )
        told = {ask: Setting(ask, self.given[ask], lead=True) for ask in positional if ask in self.given}
        return Entry(self.kind, name, function, positional, dict(facts), told)

    def _load(self) -> None:
        if self._loaded:
            return
        self._loaded = True
        order = [f"{self.home}.{name}" for name in self._modules]
        for module in order:
            importlib.import_module(module)
        # One that was loaded before the others stands in its place among them all the same.
        places = {module: place for place, module in enumerate(order)}
        self._entries = dict(
            sorted(
                self._entries.items(),
                key=lambda item: places.get(item[1].function.__module__, len(places)),
            )
        )

    @cached_property
    def _modules(self) -> list[str]:
        """The modules of the home that hold things, in its order."""
        home = importlib.import_module(self.home)
        found = [module.name for module in pkgutil.iter_modules(getattr(home, "__path__", []))]
        order = getattr(home, "ORDER", ())
        return sorted(found, key=lambda name: order.index(name) if name in order else len(order))

    def find(self, name: str) -> Entry | None:
        """The thing of this name, registered or from elsewhere; None where there is none.

        A module of that name is looked at first: then the others need not be loaded.
        """
        if not self._loaded and name not in self._entries and name in self._modules:
            importlib.import_module(f"{self.home}.{name}")
        if name not in self._entries:
            self._load()
        if name in self._entries or self.elsewhere is None:
            return self._entries.get(name)
        found: Entry | None = importlib.import_module(self.elsewhere).entry(name)
        return found

    @property
    def also(self) -> tuple[str, ...]:
        """Names of things from elsewhere that are worth naming beside the registered ones."""
        return tuple(importlib.import_module(self.elsewhere).ALSO) if self.elsewhere else ()

    def __getitem__(self, name: str) -> Entry:
        entry = self._entries.get(name) or self.find(name)
        if entry is None:
            raise KeyError(name)
        return entry

    def __contains__(self, name: object) -> bool:
        return isinstance(name, str) and self.find(name) is not None

    def __iter__(self) -> Iterator[str]:
        self._load()
        return iter(self._entries)

    def stated(self, thing: Any, fact: str) -> Any:
        """A fact about the thing a scene names, or else about the one inside it; None where there is none."""
        entry = self[thing.name]
        found = entry.facts.get(fact)
        if found is None and "base" in entry.asks and "base" in thing.settings:
            return self.stated(thing.settings["base"], fact)
        return found

    def entries(self) -> tuple[Entry, ...]:
        self._load()
        return tuple(self._entries.values())


def _snake(name: str) -> str:
    return "".join("_" + c.lower() if c.isupper() and i else c.lower() for i, c in enumerate(name))


def settings_of(function: Callable[..., Any]) -> dict[str, Setting]:
    """The settings a signature declares: its keyword-only parameters, the lead one first."""
    target: Any = function.__init__ if inspect.isclass(function) else function
    hints = get_type_hints(target, include_extras=True)
    settings = []
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is not parameter.KEYWORD_ONLY:
            continue
        hint = hints.get(parameter.name, float)
        kind, marks = type_of(hint)
        if _may_be_none(hint) and parameter.default is not None and parameter.default is not REQUIRED:
            kind = OneOf((*(kind.types if isinstance(kind, OneOf) else (kind,)), Nothing()))
        # A word of Python's, such as `from`, is spelt with an underscore behind it in the code only.
        name = parameter.name.removesuffix("_")
        settings.append(Setting(name, kind, parameter.default, LEAD in marks, SCHEDULED in marks))
    settings.sort(key=lambda setting: not setting.lead)
    return {setting.name: setting for setting in settings}


def _may_be_none(hint: Any) -> bool:
    if get_origin(hint) is Annotated:
        return _may_be_none(get_args(hint)[0])
    return get_origin(hint) in (Union, types.UnionType) and type(None) in get_args(hint)


def type_of(hint: Any) -> tuple[Type, tuple[Mark, ...]]:
    """The setting type behind an annotation, and the marks it carries."""
    if get_origin(hint) is Annotated:
        base, *extras = get_args(hint)
        marks = tuple(extra for extra in extras if isinstance(extra, Mark))
        kinds = [extra for extra in extras if not isinstance(extra, Mark)]
        if kinds:
            return kinds[0], marks
        kind, inner = type_of(base)
        return kind, marks + inner
    if get_origin(hint) is Literal:
        return Choice(tuple(str(word) for word in get_args(hint))), ()
    if get_origin(hint) in (Union, types.UnionType):
        parts = [type_of(part) for part in get_args(hint) if part is not type(None)]
        marks = tuple(mark for _, inner in parts for mark in inner)
        kinds = [kind for kind, _ in parts]
        return (kinds[0] if len(kinds) == 1 else OneOf(tuple(kinds))), marks
    plain: dict[Any, Type] = {bool: Flag(), str: Text(), float: Number(), int: Number(whole=True)}
    if hint in plain:
        return plain[hint], ()
    raise TypeError(f"no setting type for the annotation {hint!r}")
