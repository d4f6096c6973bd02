"""How a mistake is said: its place, its line, the caret under it and the hint."""

from __future__ import annotations

import pytest

from optanim.errors import LONGEST, Mistake, Place, Source, UserError

SOURCE = Source("demo.yaml", "a: 1\n\tb: 2\n\n" + "x" * 500 + "\nlast")


@pytest.mark.parametrize(
    ("mistake", "text"),
    [
        (Mistake("no such file"), "no such file"),
        (Mistake("no such file", hint="look again"), "no such file\n  look again"),
        (
            Mistake("wrong", Place(SOURCE, 1, 4), "write 2"),
            "demo.yaml:1:4: wrong\n  |\n1 | a: 1\n  |    ^ write 2",
        ),
        (
            Mistake("wide", Place(SOURCE, 5, 1, 99)),
            "demo.yaml:5:1: wide\n  |\n5 | last\n  | ^^^^",
        ),
        (Mistake("a tab", Place(SOURCE, 2, 2)), "demo.yaml:2:2: a tab\n  |\n2 | \tb: 2\n  | \t^"),
        (Mistake("empty line", Place(SOURCE, 3, 1), "fill it"), "demo.yaml:3:1: empty line\n  fill it"),
        (Mistake("past the end", Place(SOURCE, 9, 1)), "demo.yaml:9:1: past the end"),
    ],
)
def test_a_mistake_as_text(mistake: Mistake, text: str) -> None:
    assert str(mistake) == text


@pytest.mark.parametrize("column", [1, 2, 59, 60, 61, 250, 440, 441, 499, 500])
def test_a_long_line_is_shown_around_the_caret(column: int) -> None:
    text = "".join(chr(0x4E00 + i) for i in range(500))
    said = str(Mistake("here", Place(Source("long.yaml", text), 1, column))).split("\n")
    line, caret = said[2].removeprefix("1 | "), said[3].removeprefix("  | ")
    assert len(line) <= LONGEST + 2
    assert line[caret.index("^")] == text[column - 1]


def test_a_user_error_says_all_its_mistakes() -> None:
    error = UserError([Mistake("one"), Mistake("two", hint="fix")])
    assert str(error) == "one\n\ntwo\n  fix"
    assert [mistake.message for mistake in error.mistakes] == ["one", "two"]
    assert UserError(Mistake("one")).mistakes == (Mistake("one"),)
