"""The text of a scene into located nodes: YAML's events, and nothing that YAML could construct.

Every scalar stays the text it was written as; what it means is decided by the setting it stands
in. Aliases, anchors, tags, merge keys and further documents are refused where they stand.
"""

from __future__ import annotations

import errno
import os
import re
import stat
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from optanim.errors import Mistake, Place, Source, UserError
from optanim.yaml_mistakes import Block, mistake, place_of

MAX_BYTES = 256_000
MAX_DEPTH = 12
AT_MOST = f"takes at most {MAX_BYTES // 1000} kB"


@dataclass(frozen=True)
class Scalar:
    """A text as it was written; `plain` without quotes, `comment` what a bare # took from its line.

    `refused` stands for whatever was written here and is noted already.
    """

    place: Place
    text: str
    plain: bool = True
    comment: str = ""
    refused: bool = False

    @property
    def empty(self) -> bool:
        """Whether nothing was written at all."""
        return self.plain and not self.text and not self.refused


@dataclass(frozen=True)
class Pairs:
    """A mapping; `flow` where it is written in braces."""

    place: Place
    pairs: tuple[tuple[Scalar, Node], ...]
    flow: bool = False


@dataclass(frozen=True)
class Items:
    """A list."""

    place: Place
    items: tuple[Node, ...]


Node = Scalar | Pairs | Items


def shown(text: str) -> str:
    """A text from a scene as it is repeated in a message: short, on one line."""
    text = " ".join(text.split())
    return text if len(text) <= 40 else text[:39] + "…"


def shape(node: Node) -> str:
    if isinstance(node, Scalar):
        return f"'{shown(node.text)}'"
    return "a list" if isinstance(node, Items) else "a mapping"


def is_open(body: Node) -> bool:
    """Whether nothing was written after a thing's colon on its own line."""
    return body.empty if isinstance(body, Scalar) else isinstance(body, Pairs) and not body.flow


def inside(node: Node, at: tuple[int, int] | None) -> Place:
    """The place of a part of a scalar, where the part can be found in the source as written."""
    place = node.place
    if at is None or not isinstance(node, Scalar):
        return place
    line = place.source.line(place.line)
    start = place.column - 1 if node.plain else place.column
    if line[start : start + len(node.text)] != node.text:
        return place
    return Place(place.source, place.line, start + at[0] + 1, at[1])


def read_source(path: Path) -> Source:
    """The text of a scene file; UserError where there is no such file or it is no UTF-8 text."""

    def refuse(what: str, hint: str = "") -> UserError:
        return UserError(Mistake(f"{path}: {what}", hint=hint))

    try:
        # A pipe or a device could be read for ever.
        mode = os.stat(path).st_mode
        if stat.S_ISDIR(mode):
            raise refuse("is a directory, not a scene", "name a .yaml file in it")
        if not stat.S_ISREG(mode):
            raise refuse("is not a file")
        with open(path, "rb") as file:
            raw = file.read(MAX_BYTES + 1)
    except OSError as error:
        if error.errno == errno.ENOENT:
            raise refuse("no such file") from None
        raise refuse(f"cannot be read: {(error.strerror or str(error)).lower()}") from None
    except ValueError:
        raise refuse("is no name of a file") from None
    if len(raw) > MAX_BYTES:
        raise refuse("is too large for a scene", AT_MOST)
    try:
        return Source(str(path), raw.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise refuse(f"is not UTF-8 text (line {line})", "save it as UTF-8") from None


def compose(source: Source, mistakes: list[Mistake]) -> Node | None:
    """The root node of a YAML text, None where it has none; what is wrong goes to `mistakes`."""
    if len(source.text) > MAX_BYTES:
        raise UserError(Mistake(f"{source.name}: is too large for a scene", hint=AT_MOST))
    builder = _Builder(source, mistakes)
    try:
        for event in yaml.parse(source.text, Loader=yaml.SafeLoader):
            if not builder.take(event):
                break
    except yaml.YAMLError as error:
        mistakes.append(mistake(source, error, builder.open, builder.closed))
    except (ValueError, OverflowError):
        # PyYAML's own arithmetic on escapes such as "\UFFFFFFFF" and on %YAML versions.
        mistakes.append(Mistake("an escape or directive that YAML does not have", builder.last))
    return builder.root


@dataclass
class _Open(Block):
    """A collection whose end has not come yet."""

    refused: bool
    nodes: list[Node] = field(default_factory=list)


class _Builder:
    def __init__(self, source: Source, mistakes: list[Mistake]) -> None:
        self.source = source
        self.mistakes = mistakes
        self.lines = source.text.splitlines()
        self.open: list[_Open] = []
        self.closed: list[Block] = []  # since anything else was read
        self.root: Node | None = None
        self.last = Place(source, 1, 1)

    def wrong(self, message: str, place: Place, hint: str = "") -> None:
        self.mistakes.append(Mistake(message, place, hint))

    def place(self, start: Any, end: Any = None) -> Place:
        return place_of(self.source, start, end)

    def take(self, event: yaml.Event) -> bool:
        """Builds on with an event; False where reading must stop."""
        if not isinstance(event, (yaml.CollectionEndEvent, yaml.DocumentEndEvent)):
            self.closed = []
        if isinstance(event, yaml.DocumentStartEvent):
            if self.root is not None:
                self.wrong("a second document", self.place(event.start_mark), "one file is one scene")
                return False
            if event.version or event.tags:
                self.wrong("directives are not read", self.place(event.start_mark), "delete this line")
        elif isinstance(event, yaml.AliasEvent):
            self.last = self.place(event.start_mark, event.end_mark)
            hint = "write the value out, or quote text that starts with *"
            self.wrong("aliases are not read", self.last, hint)
            self.add(Scalar(self.last, "", refused=True))
        elif isinstance(event, yaml.NodeEvent):
            place = self.place(event.start_mark, event.end_mark)
            self.last = place
            if event.anchor is not None:
                self.wrong("anchors are not read", place, "delete it, or quote text that starts with &")
            refused = getattr(event, "tag", None) is not None
            if refused:
                self.wrong("tags are not read", place, "delete it, or quote text that starts with !")
            if isinstance(event, yaml.ScalarEvent):
                scalar = self.scalar(event, place)
                self.add(replace(scalar, refused=True) if refused else scalar)
            else:
                if len(self.open) == MAX_DEPTH:
                    self.wrong("nested too deep", place, f"takes at most {MAX_DEPTH} levels")
                    return False
                mapping = isinstance(event, yaml.MappingStartEvent)
                flow = bool(getattr(event, "flow_style", False))
                self.open.append(_Open(place, mapping, flow, refused))
        elif isinstance(event, yaml.CollectionEndEvent):
            self.close()
        return True

    def add(self, node: Node) -> None:
        if self.open:
            self.open[-1].nodes.append(node)
        else:
            self.root = node

    def scalar(self, event: yaml.ScalarEvent, place: Place) -> Scalar:
        text = event.value
        if event.style in ("|", ">"):
            text = text.strip("\n")
            place = self.place(event.start_mark)
        # C0 and C1, and what turns the direction of the text around it or ends a line unseen.
        bad = re.search(r"[\ud800-\udfff\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]", text)
        if bad:
            self.wrong("text with a control character", place, "delete it")
            return Scalar(place, "", refused=True)
        comment = ""
        end: Any = event.end_mark
        if event.style is None and end.line < len(self.lines):
            rest = self.lines[end.line][end.column :]
            found = re.match(r"\s+(#\S.*)", rest)
            comment = found[1] if found else ""
        return Scalar(place, text, event.style is None, comment)

    def close(self) -> None:
        done = self.open.pop()
        self.closed.append(done)
        if done.refused:
            self.add(Scalar(done.place, "", refused=True))
            return
        if not done.mapping:
            self.add(Items(done.place, tuple(done.nodes)))
            return
        pairs: list[tuple[Scalar, Node]] = []
        seen: dict[str, Scalar] = {}
        for key, value in zip(done.nodes[::2], done.nodes[1::2], strict=True):
            if not isinstance(key, Scalar):
                self.wrong("a key must be a word", key.place)
            elif key.refused:
                continue
            elif key.text == "<<" and key.plain:
                self.wrong("merge keys are not read", key.place, "write the settings out")
            elif key.text in seen:
                first = seen[key.text].place.line
                self.wrong(f"'{key.text[:60]}' is given twice", key.place, f"first in line {first}")
            else:
                seen[key.text] = key
                pairs.append((key, value))
        self.add(Pairs(done.place, tuple(pairs), done.flow))
