"""Located nodes into checked values and things, as the signatures in the registry describe them."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from optanim.errors import Mistake, Place
from optanim.hints import MEANT, NAMING, a, as_list, instead_of, instead_of_name
from optanim.kinds import KINDS
from optanim.registry import Entry, Registry, Setting
from optanim.scene import Thing, parse_size, without_initial
from optanim.settings import (
    NUMBER,
    Choice,
    Color,
    FileName,
    Formula,
    ListOf,
    Nothing,
    Number,
    OneOf,
    Text,
    ThingOf,
    Type,
    Wrong,
    closest,
)
from optanim.yaml_nodes import Items, Node, Pairs, Scalar, inside, is_open, shape, shown

MAX_ENTRIES = 100  # of a list
MAX_TEXT = 2000  # characters
MAX_MISTAKES = 50  # that are told of one scene


class _Bad:
    """What a value that is wrong reads as; its mistake is noted already."""


BAD: Final = _Bad()


class Reader:
    """Reads nodes by the type that is expected, and notes every mistake on the way."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mistakes: list[Mistake] = []
        self.incomplete: set[str] = set()  # names of lists that lack an entry that was wrong
        self.outer = ""  # the rule of the run that is being read, around any other rule

    def wrong(self, message: str, place: Place | None, hint: str = "") -> None:
        self.mistakes.append(Mistake(message, place, hint))

    def check(self, node: Node, read: Callable[[], Any]) -> Any:
        """What `read` gives; a value it calls wrong is noted where it stands in the node."""
        try:
            return read()
        except Wrong as wrong:
            self.wrong(wrong.message, inside(node, wrong.at), wrong.hint)
            return BAD

    # -- values --------------------------------------------------------------------------------

    def value(self, name: str, node: Node, kind: Type) -> Any:
        """The value of a setting as its type reads it, or BAD."""
        if isinstance(node, Scalar) and node.refused:
            return BAD
        if isinstance(kind, ThingOf):
            # A rule inside another one takes its own settings only: the run is the outer one's.
            return self.thing(node, kind.kind, common=kind.kind != "optimizer")
        if isinstance(node, Scalar) and node.empty:
            hint = f"takes {kind.describe()}"
            if node.comment:
                hint = f"quote {'a colour' if isinstance(kind, Color) else 'text'} that starts with #"
            self.wrong(f"'{name}' has no value", node.place, hint)
            return BAD
        if isinstance(kind, OneOf):
            return self.one_of(name, node, kind)
        if isinstance(kind, ListOf):
            return self.list_of(name, node, kind)
        if not isinstance(node, Scalar):
            self.wrong(f"'{name}' takes {kind.describe()}, not {shape(node)}", node.place)
            return BAD
        if name == "size" and isinstance(kind, Text):
            return self.check(node, lambda: parse_size(shown(node.text)))
        return self.check(node, lambda: self.scalar(node, kind))

    def scalar(self, node: Scalar, kind: Type) -> Any:
        assert not isinstance(kind, (ListOf, ThingOf, OneOf))
        text = node.text
        if isinstance(kind, Text):
            if node.comment:
                what = f"'{shown(node.comment)}' became a comment"
                raise Wrong(what, "quote text that holds #")
            if len(text) > MAX_TEXT:
                raise Wrong("this text is too long", f"takes at most {MAX_TEXT} characters")
        elif isinstance(kind, FileName):
            return self.file(text)
        elif len(text) > 80 and not isinstance(kind, Formula):
            raise Wrong(f"'{shown(text)}' is too long", f"takes {kind.describe()}")
        return kind.parse(text)

    def file(self, text: str) -> str:
        """A file's name, which must lead to a file in the scene's folder, links followed."""
        name = shown(text)
        try:
            root = os.path.realpath(self.folder)
            path = os.path.realpath(os.path.join(root, text))
            if os.path.commonpath([root, path]) != root:
                raise Wrong(f"'{name}' is outside the scene's folder", "put the file beside the scene")
            os.stat(path)
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise Wrong(f"'{name}': {reason}", "a path from the scene's folder") from None
        except ValueError as error:
            if isinstance(error, Wrong):
                raise
            raise Wrong(f"'{name}' is no name of a file", "a path from the scene's folder") from None
        if not os.path.isfile(path):
            raise Wrong(f"'{name}' is not a file", "a path from the scene's folder")
        return text

    def list_of(self, name: str, node: Node, kind: ListOf) -> Any:
        if _of_things(kind.item):
            return self.things(name, node, kind.item)
        nested = isinstance(kind.item, ListOf)
        written = as_list(node.text) if isinstance(node, Scalar) else ""
        if written and (nested or isinstance(kind.item, Number)):
            hint = f"write [{written}]" if nested else f"write {written}"
            self.wrong(f"'{name}' takes {kind.describe()}, not {shape(node)}", node.place, hint)
            return BAD
        if not isinstance(node, Items) and not (kind.one_will_do and isinstance(node, Scalar)):
            self.wrong(f"'{name}' takes {kind.describe()}, not {shape(node)}", node.place)
            return BAD
        items = node.items if isinstance(node, Items) else (node,)
        if len(items) > MAX_ENTRIES:
            self.wrong(f"'{name}' has {len(items)} entries", node.place, f"takes at most {MAX_ENTRIES}")
            return BAD
        values = tuple(self.value(name, item, kind.item) for item in items)
        if any(value is BAD for value in values):
            return BAD
        if not values or (kind.lengths and len(values) not in kind.lengths):
            self.wrong(f"'{name}' takes {kind.describe()}, not {len(values)}", node.place)
            return BAD
        if kind.increasing_pairs:
            for low, high, item in zip(values[::2], values[1::2], items[1::2], strict=True):
                if not low < high or not math.isfinite(high - low):
                    self.wrong(f"{high:g} is not above {low:g}", item.place, f"'{name}' takes [low, high, …]")
                    return BAD
        return values

    def one_of(self, name: str, node: Node, kind: OneOf) -> Any:
        """The first alternative that reads the node, or the mistake of the one that was meant."""
        scalars = [each for each in kind.types if not isinstance(each, (ListOf, ThingOf))]
        things = [each for each in kind.types if isinstance(each, ThingOf)]
        lists = [each for each in kind.types if isinstance(each, ListOf)]
        if isinstance(node, Scalar):
            for each in scalars:
                try:
                    return self.scalar(node, each)
                except Wrong:
                    continue
            numbers = [each for each in scalars if isinstance(each, Number)]
            # `.inf` or 0 is a number that will not do, not a misspelt word.
            special = node.text.lower().lstrip("+-") in (".inf", ".nan")
            if numbers and (special or NUMBER.fullmatch(node.text)):
                return self.check(node, lambda: self.scalar(node, numbers[0]))
            words = [word for each in scalars if isinstance(each, Choice) for word in each.options]
            words += ["none" for each in scalars if isinstance(each, Nothing)]
            hint = closest(shown(node.text), words)
            if things and not hint and (not words or closest(node.text, KINDS[things[0].kind])):
                return self.thing(node, things[0].kind)
            hint = hint or f"takes {kind.describe()}"
            self.wrong(f"'{shown(node.text)}' is not {kind.describe()}", node.place, hint if words else "")
            return BAD
        if isinstance(node, Items) and lists:
            return self.list_of(name, node, lists[0])
        if isinstance(node, Pairs) and things:
            return self.thing(node, things[0].kind)
        self.wrong(f"'{name}' takes {kind.describe()}, not {shape(node)}", node.place)
        return BAD

    # -- things --------------------------------------------------------------------------------

    def things(self, name: str, node: Node, item: Type) -> tuple[Any, ...]:
        """The things of a list, or of one that stands for it; those that are wrong are left out."""
        kind = _of_things(item)
        values = []
        for entry in self.entries(name, node, kind):
            nested = isinstance(item, OneOf) and isinstance(entry, Items)
            value = self.things(name, entry, ThingOf(kind)) if nested else self.thing(entry, kind)
            values.append(value)
        if BAD in values:
            self.incomplete.add(name)
        return tuple(value for value in values if value is not BAD)

    def entries(self, name: str, node: Node, kind: str) -> tuple[Node, ...]:
        """The nodes of a list of things; a mapping of several things is said to be no list."""
        if isinstance(node, Items):
            if not node.items:
                self.wrong(f"'{name}' is empty", node.place, f"takes {a(kind)} or a list of them")
            elif len(node.items) > MAX_ENTRIES:
                self.wrong(
                    f"'{name}' has {len(node.items)} entries", node.place, f"takes at most {MAX_ENTRIES}"
                )
                return ()
            return node.items
        if isinstance(node, Pairs) and sum(key.text in KINDS[kind] for key, _ in node.pairs) > 1:
            hint = "one thing per entry: a dash before each"
            self.wrong(f"'{name}' is a mapping of several things", node.place, hint)
            return tuple(Pairs(key.place, ((key, value),)) for key, value in node.pairs)
        return (node,)

    def thing(self, node: Node, kind: str, common: bool = True) -> Thing | _Bad:
        """The thing that a node names, with its settings checked; with those `common` to its kind."""
        registry = KINDS[kind]
        if isinstance(node, Scalar) and node.refused:
            return BAD
        if isinstance(node, Items):
            self.wrong(f"one {kind} goes here, not a list", node.place)
            return BAD
        if isinstance(node, Pairs):
            node = self.named(node, registry, registry.common if common else ()) or node
        key: Scalar
        body: Node | None = None
        rest: tuple[tuple[Scalar, Node], ...] = ()
        if isinstance(node, Scalar):
            key = node
        elif not node.pairs:
            self.wrong(f"{a(kind)} is missing", node.place, f"takes {a(kind)}'s name")
            return BAD
        else:
            (key, body), rest = node.pairs[0], node.pairs[1:]
        entry = self.entry(key, registry)
        if entry is None:
            return BAD
        if common and kind == "optimizer":
            self.outer = entry.name
        values: dict[str, Any] = {}
        places: dict[str, Place] = {}
        schema = {**registry.common, **entry.settings} if common else dict(entry.settings)
        if isinstance(body, Pairs):
            values, places = self.settings(body, schema, entry.name)
        elif body is not None and not (isinstance(body, Scalar) and body.empty):
            split = isinstance(node, Pairs) and node.flow and bool(rest)
            values, places = self.leading(entry, body, split, schema)
            if entry.lead is None and any(setting.required for setting in entry.settings.values()):
                return BAD  # which is said already, with what to write
        if rest and isinstance(node, Pairs):
            self.strays(node, entry, schema)
        missing = [s.name for s in entry.settings.values() if s.required and s.name not in places]
        for name in missing:
            lead, such = entry.settings[name].lead, "…"
            if isinstance(entry.settings[name].type, ThingOf) and kind == "optimizer":
                lead, such = not places, "momentum" if not places else "momentum, …"
            hint = f"write {entry.name}: {such}" if lead else f"write {entry.name}: {{{name}: {such}}}"
            self.wrong(f"'{entry.name}' needs '{name}'", key.place, hint)
        good = {name: value for name, value in values.items() if value is not BAD}
        check = entry.facts.get("check")
        if check and len(good) == len(values) and (wrong := check(entry.defaults() | good)):
            # Told at the first setting that the message names.
            named = (places[word] for word in wrong.split() if word in places)
            self.wrong(wrong, next(named, key.place), f"see optanim explain {entry.name}")
        return Thing(entry.name, good, key.place, places)

    def entry(self, key: Scalar, registry: Registry) -> Entry | None:
        """The registered thing of a name, or None with the mistake noted."""
        name, kind = key.text, registry.kind
        if key.empty:
            self.wrong(f"{a(kind)} is missing", key.place, f"takes {a(kind)}'s name")
            return None
        if name in registry:
            return registry[name]
        if len(self.mistakes) > MAX_MISTAKES:  # likeness takes its time
            self.wrong(f"unknown {kind} '{shown(name)}'", key.place)
            return None
        self.wrong(f"unknown {kind} '{shown(name)}'", key.place, instead_of_name(shown(name), registry))
        return None

    def named(self, node: Pairs, registry: Registry, schema: Iterable[str]) -> Pairs | None:
        """A mapping that gives its thing's name as a setting, as it is meant; the mistake is noted."""
        for key, value in node.pairs:
            if key.text not in NAMING or not isinstance(value, Scalar) or node.pairs[0][0].text in registry:
                continue
            name = value.text if value.text in registry else value.text.lower()
            if name not in registry:
                continue
            rest = tuple(pair for pair in node.pairs if pair[0] is not key)
            known = [*schema, *registry[name].settings]
            words = [
                f"{next((m for m in MEANT.get(k.text, ()) if m in known), shown(k.text))}: "
                f"{shown(v.text) if isinstance(v, Scalar) else '…'}"
                for k, v in rest
            ]
            line = node.place.source.line(node.place.line)[: node.place.column - 1]
            dash = "- " if line.rstrip().endswith("-") else ""
            hint = f"write {dash}{name}" + (f": {{{', '.join(words)}}}" if rest else "")
            self.wrong(f"{a(registry.kind)} stands under its own name", key.place, hint)
            body: Node = Pairs(node.place, rest, node.flow) if rest else Scalar(value.place, "")
            return Pairs(node.place, ((replace(value, text=name), body),), node.flow)
        return None

    def leading(
        self, entry: Entry, body: Node, split: bool, schema: Iterable[str]
    ) -> tuple[dict[str, Any], dict[str, Place]]:
        """A value that is no mapping, as the leading setting of its thing."""
        lead = entry.lead
        if lead is None:
            such = ", ".join(f"{s.name}: {_such(s.type)}" for s in entry.settings.values() if s.required)
            hint = f"write its settings in a mapping, such as {entry.name}: {{{such or '…'}}}"
            if "lr" in schema and isinstance(body, Scalar) and NUMBER.fullmatch(body.text):
                hint = f"write {entry.name}: {{lr: {shown(body.text)}}}"
            self.wrong(f"'{entry.name}' takes no value of its own", body.place, hint)
            return {}, {}
        # A formula that a comma has cut in two is said to be that, and nothing more.
        if split and isinstance(body, Scalar) and body.text.count("(") > body.text.count(")"):
            return {}, {lead.name: body.place}
        return {lead.name: self.setting(lead, body)}, {lead.name: body.place}

    def strays(self, node: Pairs, entry: Entry, schema: Mapping[str, Setting]) -> None:
        """Notes the keys beside a thing's name, which stands alone."""
        (first, body), rest = node.pairs[0], node.pairs[1:]
        cut = False
        for key, value in rest:
            text = shown(key.text)
            if _cut(node, body, key, value, entry.lead):
                if not cut:
                    self.cut(entry.lead, key)
                cut = True
            elif key.text in schema:
                hint = f"write {entry.name}: {{…, {text}: …}}"
                if not node.flow and is_open(body):
                    inner = body.place.column if isinstance(body, Pairs) else first.place.column + 2
                    more = inner - key.place.column
                    hint = f"indent it {'two' if more == 2 else more} more"
                self.wrong(f"'{text}' belongs to '{entry.name}'", key.place, hint)
                self.value(key.text, value, schema[key.text].type)
            else:
                hint = "one thing per entry: a dash before each" if key.text in KINDS[entry.kind] else ""
                self.wrong(f"'{text}' cannot stand beside '{entry.name}'", key.place, hint)

    def cut(self, setting: Setting | None, key: Scalar) -> None:
        hint = "quote text that holds a comma"
        if setting is not None and isinstance(setting.type, Formula):
            hint = "quote it, or put it on a line of its own"
        self.wrong(f"a comma cuts '{shown(key.text)}' off", key.place, hint)

    def settings(
        self, node: Pairs, schema: Mapping[str, Setting], owner: str
    ) -> tuple[dict[str, Any], dict[str, Place]]:
        """The values and places of a mapping of settings; where a text was cut its value is BAD."""
        values: dict[str, Any] = {}
        places: dict[str, Place] = {}
        pairs = list(node.pairs)
        while pairs:
            key, value = pairs.pop(0)
            setting = schema.get(key.text)
            if setting is None:
                self.unknown(key, schema, owner, shown(value.text) if isinstance(value, Scalar) else "")
                continue
            if isinstance(value, Scalar) and value.empty:
                value = replace(value, place=key.place)
            places[key.text] = value.place
            cut = 0
            while pairs and pairs[0][0].text not in schema and _cut(node, value, *pairs[0], setting):
                if not cut:
                    self.cut(setting, pairs[0][0])
                pairs.pop(0)
                cut += 1
            values[key.text] = BAD if cut else self.setting(setting, value)
        return values, places

    def setting(self, setting: Setting, node: Node) -> Any:
        """The value of a setting; a schedule may stand for a number that may change with the step."""
        schedules = KINDS["schedule"]
        named = isinstance(node, Scalar) and node.text in schedules
        if not setting.scheduled or not (named or isinstance(node, Pairs)):
            return self.value(setting.name, node, setting.type)
        made = self.thing(node, "schedule")
        if isinstance(made, Thing) and (open_ended := without_initial(made)) is not None:
            hint = f"write {open_ended.name}: {{initial: …}}"
            self.wrong(f"'{open_ended.name}' of {setting.name} needs 'initial'", open_ended.place, hint)
        return made

    def unknown(self, key: Scalar, schema: Iterable[str], owner: str, value: str) -> None:
        """Notes a key that its owner does not have, with the likeliest reason."""
        name = shown(key.text)
        what = f"unknown setting '{name}' of '{owner}'" if owner else f"unknown key '{name}'"
        known = list(schema)
        if len(self.mistakes) > MAX_MISTAKES:
            self.wrong(what, key.place)
            return
        hint = instead_of(name, known, value)
        if not owner and name in KINDS["landscape"].common:
            hint = f"write landscape: {{NAME: {{{name}: {value or '…'}}}}}"
            if name in KINDS["format"].common:
                hint += f" or output: {{FORMAT: {{{name}: {value or '…'}}}}}"
        if owner in KINDS["optimizer"] and name in KINDS["optimizer"].common and name != "weight_decay":
            hint = f"{name} belongs to '{self.outer}', outside base"
        if "base" in known and name in KINDS["optimizer"]:
            hint = f"write {owner}: {{base: {{{name}: {value or '…'}}}}}"
        if not hint and not owner:
            owners = [e.name for e in KINDS["optimizer"].entries() if key.text in e.settings]
            if owners:
                hint = f"it is a setting of {', '.join(owners[:3])}{', …' if len(owners) > 3 else ''}"
            elif home := _home(key.text):
                hint = f"write {home}: {key.text}"
        listed = f"see optanim explain {owner}" if owner else f"takes {', '.join(known)}"
        self.wrong(what, key.place, hint or listed)


def _of_things(item: Type) -> str:
    """The kind of thing that a list's entries are, or that rows of them are; else empty."""
    kinds = item.types if isinstance(item, OneOf) else (item,)
    return next((kind.kind for kind in kinds if isinstance(kind, ThingOf)), "")


def _such(kind: Type) -> str:
    """What a value of a type may look like in a hint."""
    if not isinstance(kind, ListOf):
        return "…"
    return "[50]" if isinstance(kind.item, Number) and kind.item.whole else "[…]"


def _home(name: str) -> str:
    """The key of a scene that a thing of this name belongs under; empty where there is none."""
    keys = {"optimizer": "optimizers", "panel": "panels", "format": "output", "distribution": ""}
    kind = next((kind for kind, registry in KINDS.items() if name in list(registry)), "")
    return keys.get(kind, kind)


def _cut(node: Pairs, before: Node, key: Scalar, value: Node, setting: Setting | None) -> bool:
    """Whether a key in braces is the rest of a text before it that held a comma."""
    if not node.flow or not isinstance(value, Scalar) or not value.empty:
        return False
    if not isinstance(before, Scalar) or before.empty or not before.plain:
        return False
    text = setting is not None and isinstance(setting.type, (Text, Formula))
    return text or not key.text.isidentifier()
