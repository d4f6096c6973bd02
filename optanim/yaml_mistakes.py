"""What PyYAML stumbles over, in the words of somebody who writes a scene."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from optanim.errors import Mistake, Place, Source

UNFIT = "this does not fit the lines above"
SAME_INDENT = "give the lines of one block the same indent"
PROBLEMS = (  # of PyYAML: what it says, what we say, what helps
    (r"mapping values are not allowed", "a second ': ' in one line", "quote text that holds ': '"),
    (r"found character '\\t'", "a tab cannot indent", "indent with spaces"),
    (r"found character '@'|found character '`'", "text cannot start with this character", "quote the text"),
    (r"found character '%'", "text cannot start with this character", "quote the text"),
    (r"found unexpected end of stream", "this quote is never closed", "end it with the same quote"),
    (r"found unknown escape character|expected escape sequence", "unknown escape in double quotes",
     "use single quotes, or write \\\\ for a backslash"),
    (r"expected chomping or indentation|expected a comment or a line break", "'|' starts a block of text",
     "write abs(…) for an absolute value, or quote the text"),
    (r"expected alphabetic or numeric character", "text cannot start with * or &", "quote the text"),
    (r"expected ',' or '\]'", "this [ is never closed", "end the list with ]"),
    (r"expected ',' or '\}'", "this { is never closed", "end the mapping with }"),
    (r"expected the node content, but found '-'|block sequence entries are not allowed",
     "a list cannot start here", "put the dash on a line of its own"),
    (r"could not find expected ':'", "a line without a key",
     "write KEY: VALUE, or quote text of several lines"),
    (r"expected <block end>|expected '<document start>'", UNFIT, SAME_INDENT),
    (r"expected the node content", "a value is missing here", "quote text that holds , [ ] { or }"),
    (r"special characters are not allowed", "a control character", "delete it"),
)  # fmt: skip


@dataclass
class Block:
    """A collection in the text: where it begins, a mapping or a list, with brackets (flow) or without."""

    place: Place
    mapping: bool
    flow: bool


def place_of(source: Source, start: Any, end: Any = None) -> Place:
    """The place of PyYAML's marks, inside the text even where they point behind it."""
    lines = source.lines
    line = min(start.line, max(0, len(lines) - 1))
    text = lines[line] if lines else ""
    column = start.column if line == start.line else len(text)
    stop = end.column if end and end.line == line else len(text)
    return Place(source, line + 1, column + 1, max(1, stop - column))


def mistake(
    source: Source, error: yaml.YAMLError, opened: Sequence[Block], closed: Sequence[Block]
) -> Mistake:
    """What is wrong where reading stopped.

    `opened` are the collections that had not ended, outermost first; `closed` those that the line
    at fault has ended.
    """
    if not isinstance(error, yaml.MarkedYAMLError):
        position = getattr(error, "position", 0)
        before = (source.text[:position] + "x").splitlines()
        return Mistake("a control character", Place(source, len(before), len(before[-1])), "delete it")
    mark: Any = error.problem_mark or error.context_mark
    said, hint = str(error.problem), ""
    for pattern, ours, help_ in PROBLEMS:
        if re.search(pattern, said):
            said, hint = ours, help_
            break
    # What is never closed or has no colon is shown where it begins.
    if said.endswith(("never closed", "without a key")) and error.context_mark:
        mark = error.context_mark
    for block in reversed(opened):
        for line in range(block.place.line, mark.line + 2) if block.flow else ():
            comment = re.search(r"\s#\S.*", source.line(line))
            if comment:
                place = Place(source, line, comment.start() + 2, len(comment[0]) - 1)
                return Mistake(
                    "a # after a space starts a comment", place, "quote a colour or text that holds #"
                )
    place = place_of(source, mark)
    before_it = source.line(place.line)[: place.column - 1]
    if said == UNFIT and before_it.strip():
        return Mistake("something stands behind a value", _narrow(place), "quote the whole text")
    if said == UNFIT:
        return Mistake(said, _indent(place), fitting(place, opened, closed) or hint)
    if said.startswith("a second ': '") and ": " not in before_it:
        hint = fitting(place, opened, ()) or SAME_INDENT
        above = _line_above(place)
        if ":" not in source.line(above):
            hint = f"end line {above} with a colon, if this belongs to it"
        else:
            hint += ", or quote text of several lines"
        return Mistake("this line stands inside the value above it", _indent(place), hint)
    return Mistake(said, _narrow(place), hint)


def _narrow(place: Place) -> Place:
    return Place(place.source, place.line, place.column)


def _indent(place: Place) -> Place:
    """The spaces a line begins with."""
    return Place(place.source, place.line, 1, max(1, _spaces(place.source.line(place.line))))


def _spaces(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _line_above(place: Place) -> int:
    """The number of the last line before that is neither empty nor a comment."""
    numbers = range(place.line - 1, 0, -1)
    return next((n for n in numbers if not re.match(r"\s*(#|$)", place.source.line(n))), 1)


def fitting(place: Place, opened: Sequence[Block], closed: Sequence[Block]) -> str:
    """How the line of a place would have to be indented, where that can be told; else empty.

    An entry, with its dash, fits a list and a key a mapping; what begins behind a dash takes no
    further lines in a scene, where a thing is one key.
    """
    source = place.source
    text = source.line(place.line)
    entry = re.match(r" *-(\s|$)", text) is not None
    lines: dict[int, int] = {}  # of every indent that fits, the line that has it
    for block in (*opened, *closed):
        indent = block.place.column - 1
        if not block.flow and block.mapping != entry and not source.line(block.place.line)[:indent].strip():
            lines[indent] = block.place.line
    here = _spaces(text)
    least = min((abs(indent - here) for indent in lines), default=0)
    if not least:
        return ""
    first, *second = [indent for indent in sorted(lines, reverse=True) if abs(indent - here) == least]
    hint = f"put {first or 'no'} space{'s' * (first != 1)} before it, like line {lines[first]}"
    return hint + "".join(f", or {indent or 'none'}, like line {lines[indent]}" for indent in second)
