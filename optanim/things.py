"""Located nodes into things, as the signatures in the registry describe them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from optanim.epochs import in_steps
from optanim.errors import Place
from optanim.hints import MEANT, NAMING, SWEPT, a, instead_of, instead_of_name, several_of
from optanim.kinds import KINDS
from optanim.registry import Entry, Registry, Setting, settings_of
from optanim.scene import Thing, without_initial
from optanim.settings import (
    NUMBER,
    Formula,
    Group,
    ListOf,
    Number,
    OneOf,
    Text,
    ThingOf,
    Type,
)
from optanim.yaml_nodes import Items, Node, Pairs, Scalar, is_open, shown
from optanim.yaml_values import BAD, MAX_ENTRIES, MAX_MISTAKES, Bad, ValueReader, of_things


class Reader(ValueReader):
    """Reads things, with the values of their settings, and notes every mistake on the way."""

    # -- things --------------------------------------------------------------------------------

    def things(self, name: str, node: Node, item: Type) -> tuple[Any, ...]:
        """The things of a list, or of one that stands for it; those that are wrong are left out."""
        kind = of_things(item)
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

    def thing(self, node: Node, kind: str, common: bool = True) -> Thing | Bad:
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
        # What a sweep sets is looked at with each of its values.
        later = any(name in self.swept and name not in values for name in entry.settings)
        complete = not missing and not later and len(good) == len(values)
        if check and complete and (wrong := check(entry.defaults() | good)):
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
        unknown: list[tuple[Scalar, Node]] = []
        pairs = list(node.pairs)
        while pairs:
            key, value = pairs.pop(0)
            setting = schema.get(key.text)
            if setting is None:
                unknown.append((key, value))
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
            if not owner and key.text in SWEPT and isinstance(value, Items) and _numbers(value):
                hint = several_of(
                    key.text, [shown(item.text) for item in value.items if isinstance(item, Scalar)]
                )
                self.wrong(f"'{key.text}' takes {setting.type.describe()}, not a list", value.place, hint)
                cut = 1
            values[key.text] = BAD if cut else self.setting(setting, value)
        for key, value in unknown:  # what they mean may depend on the others
            self.unknown(key, schema, owner, shown(value.text) if isinstance(value, Scalar) else "", values)
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

    def group(self, name: str, node: Node, kind: Group) -> Thing | Bad:
        """The settings that stand under a setting, under its name."""
        schema = settings_of(kind.of)
        if isinstance(node, Pairs):
            values, places = self.settings(node, schema, name)
        else:
            lead = next(setting for setting in schema.values() if setting.lead)
            values, places = {lead.name: self.setting(lead, node)}, {lead.name: node.place}
        for lacking in [s.name for s in schema.values() if s.required and s.name not in places]:
            self.wrong(f"'{name}' needs '{lacking}'", node.place, f"write {name}: {{{lacking}: …}}")
            return BAD
        return BAD if BAD in values.values() else Thing(name, values, node.place, places)

    def unknown(
        self, key: Scalar, schema: Iterable[str], owner: str, value: str, given: Mapping[str, Any]
    ) -> None:
        """Notes a key that its owner does not have, with the likeliest reason; `given` are the others."""
        name = shown(key.text)
        what = f"unknown setting '{name}' of '{owner}'" if owner else f"unknown key '{name}'"
        known = list(schema)
        if len(self.mistakes) > MAX_MISTAKES:
            self.wrong(what, key.place)
            return
        hint = instead_of(name, known, value)
        if name == "epochs" and "steps" in known:
            several = "batch" in self.swept
            keys = given if not owner else {"batch": ""} if self.batched else {}
            hint = in_steps(value, keys, several)
        hint = _of_schedule(name, given.get("lr"), known, value) or hint
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


def _numbers(node: Items) -> bool:
    """Whether a list is one of numbers, of two or more."""
    found = [isinstance(item, Scalar) and NUMBER.fullmatch(item.text) for item in node.items]
    return len(found) > 1 and all(found)


def _of_schedule(name: str, lr: Any, known: Iterable[str], value: str) -> str:
    """The hint for a setting that is one of the schedule of the learning rate; empty where it is none."""
    schedules = KINDS["schedule"]
    words = [word for word in (name, *MEANT.get(name, ())) if word in schedules.common]
    if not words or "lr" not in known:
        return ""
    such = lr.name if isinstance(lr, Thing) else "SCHEDULE"
    more = "…, " if isinstance(lr, Thing) and lr.settings else ""
    return f"write lr: {{{such}: {{{more}{words[0]}: {value or '…'}}}}}"


def _such(kind: Type) -> str:
    """What a value of a type may look like in a hint."""
    if not isinstance(kind, ListOf):
        return "…"
    return "[50]" if isinstance(kind.item, Number) and kind.item.whole else "[…]"


def _home(name: str) -> str:
    """The key of a scene that a thing of this name belongs under; empty where there is none."""
    keys = {"optimizer": "optimizers", "panel": "panels", "format": "output"}
    keys |= dict.fromkeys(("distribution", "values", "mark"), "")
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
