"""Located nodes into checked values, as the types of settings describe them."""

from __future__ import annotations

import math
import os
from abc import ABC, abstractmethod
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from optanim.errors import Mistake, Place
from optanim.hints import as_list
from optanim.kinds import KINDS
from optanim.scene import parse_size
from optanim.settings import (
    NUMBER,
    Axes,
    Choice,
    Color,
    FileName,
    Formula,
    Group,
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
from optanim.yaml_nodes import Items, Node, Pairs, Scalar, inside, shape, shown

MAX_ENTRIES = 100  # of a list
MAX_TEXT = 2000  # characters
MAX_MISTAKES = 50  # that are told of one scene


class Bad:
    """What a value that is wrong reads as; its mistake is noted already."""


BAD: Final = Bad()


class ValueReader(ABC):
    """Reads values by the type that is expected, and notes every mistake on the way."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.mistakes: list[Mistake] = []
        self.incomplete: set[str] = set()  # names of lists that lack an entry that was wrong
        self.swept: set[str] = set()  # names of the axes of the scene's sweep
        self.batched = False  # whether steps see batches
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

    @abstractmethod
    def thing(self, node: Node, kind: str, common: bool = True) -> Any:
        """The thing that a node names, or BAD."""

    @abstractmethod
    def things(self, name: str, node: Node, item: Type) -> tuple[Any, ...]:
        """The things of a list, or of one that stands for it."""

    @abstractmethod
    def group(self, name: str, node: Node, kind: Group) -> Any:
        """The settings that stand under a setting, or BAD."""

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
        if isinstance(kind, Group):
            return self.group(name, node, kind)
        if isinstance(kind, Axes):
            return self.axes(name, node, kind)
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

    def axes(self, name: str, node: Node, kind: Axes) -> Pairs | Bad:
        """The axes of a sweep, still to be read."""
        if isinstance(node, Pairs) and node.pairs:
            return node
        what = shape(node) if not isinstance(node, Pairs) else "an empty one"
        hint = "write sweep: {lr: [0.01, 0.1]}"
        self.wrong(f"'{name}' takes {kind.describe()}, not {what}", node.place, hint)
        return BAD

    def scalar(self, node: Scalar, kind: Type) -> Any:
        assert not isinstance(kind, (ListOf, ThingOf, Group, Axes, OneOf))
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
        if of_things(kind.item):
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
        scalars = [each for each in kind.types if not isinstance(each, (ListOf, ThingOf, Group, Axes))]
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
                if len(numbers) > 1:
                    hint = f"takes {OneOf(tuple(numbers)).describe()}"
                    self.wrong(f"{shown(node.text)} is out of range", node.place, hint)
                    return BAD
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


def of_things(item: Type) -> str:
    """The kind of thing that a list's entries are, or that rows of them are; else empty."""
    kinds = item.types if isinstance(item, OneOf) else (item,)
    return next((kind.kind for kind in kinds if isinstance(kind, ThingOf)), "")
