"""What a user can get wrong, where it stands, and how it is said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import cached_property

LONGEST = 120  # of a source line that is shown, in characters


@dataclass(frozen=True)
class Source:
    """A text and the name it goes by in messages."""

    name: str
    text: str = field(repr=False)

    @cached_property
    def lines(self) -> tuple[str, ...]:
        """The lines of the text, without their ends."""
        return tuple(self.text.splitlines())

    def line(self, number: int) -> str:
        """The line with this 1-based number, without its end; empty past the last line."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""


@dataclass(frozen=True)
class Place:
    """Where something stands in a source: 1-based line and column, and the columns it covers."""

    source: Source
    line: int
    column: int
    width: int = 1


@dataclass(frozen=True)
class Mistake:
    """One thing that is wrong: what, where, and what to do about it."""

    message: str
    place: Place | None = None
    hint: str = ""

    def __str__(self) -> str:
        if self.place is None:
            return self.message + (f"\n  {self.hint}" if self.hint else "")
        at = self.place
        text = at.source.line(at.line)
        head = f"{at.source.name}:{at.line}:{at.column}: {self.message}"
        if not text.strip():
            return head + (f"\n  {self.hint}" if self.hint else "")
        text, column = _window(text, at.column)
        number = str(at.line)
        gutter = " " * len(number)
        # A tab in the source must shift the caret line by the same amount.
        indent = "".join("\t" if c == "\t" else " " for c in text[: column - 1])
        carets = "^" * max(1, min(at.width, len(text) - column + 1))
        hint = f" {self.hint}" if self.hint else ""
        return f"{head}\n{gutter} |\n{number} | {text}\n{gutter} | {indent}{carets}{hint}"


def _window(text: str, column: int) -> tuple[str, int]:
    """The part of a long line around a column, and the column in it."""
    if len(text) <= LONGEST:
        return text, column
    start = min(max(0, column - 1 - LONGEST // 2), len(text) - LONGEST)
    part = text[start : start + LONGEST]
    if start:
        part, start = "…" + part, start - 1
    return part + ("…" if start + len(part) < len(text) else ""), column - start


class UserError(Exception):
    """Everything wrong with what the user gave, in the order of the file; exit code 2."""

    def __init__(self, mistakes: Mistake | Iterable[Mistake]) -> None:
        self.mistakes = (mistakes,) if isinstance(mistakes, Mistake) else tuple(mistakes)
        super().__init__("\n\n".join(str(mistake) for mistake in self.mistakes))


class RenderError(Exception):
    """A figure that could not be made though its scene is right; exit code 1."""
