"""The panels of a scene and the grid they stand in, from rows of things or from letters."""

from __future__ import annotations

import math
from collections.abc import Sequence

from optanim.errors import Mistake, Place
from optanim.scene import Thing

MAX_COLUMNS = 60
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

Grid = tuple[tuple[int | None, ...], ...]


def stretch(rows: Sequence[Sequence[int | None]]) -> Grid | None:
    """Rows of unequal length as rows of their least common multiple; None where that is too long."""
    columns = math.lcm(*(len(row) for row in rows))
    if columns > MAX_COLUMNS:
        return None
    return tuple(tuple(cell for cell in row for _ in range(columns // len(row))) for row in rows)


def _too_uneven(rows: Sequence[Sequence[object]], place: Place | None) -> Mistake:
    lengths = " and ".join(str(n) for n in sorted({len(row) for row in rows}))
    return Mistake(f"rows of {lengths} do not fit in one grid", place, f"takes at most {MAX_COLUMNS} columns")


def by_rows(rows: Sequence[Sequence[Thing]]) -> tuple[tuple[Thing, ...], Grid] | Mistake:
    """The distinct panels and their grid; equal neighbours are one panel that spans.

    A Mistake where equal neighbours do not make a rectangle.
    """
    cells = [thing for row in rows for thing in row]
    numbers = iter(range(len(cells)))
    grid = stretch([[next(numbers) for _ in row] for row in rows])
    if grid is None:
        return _too_uneven(rows, cells[0].place)
    merged: dict[tuple[int, int], int] = {}
    panels: list[Thing] = []
    for at in ((r, c) for r in range(len(grid)) for c in range(len(grid[0]))):
        if at in merged:
            continue
        first = cells[_cell(grid, at)]
        found, todo = {at}, [at]
        while todo:
            r, c = todo.pop()
            for near in ((r + 1, c), (r - 1, c), (r, c + 1), (r, c - 1)):
                inside = 0 <= near[0] < len(grid) and 0 <= near[1] < len(grid[0])
                if inside and near not in found and _same(first, cells[_cell(grid, near)]):
                    found.add(near)
                    todo.append(near)
        odd = _outside(found)
        if odd is not None:
            where = cells[_cell(grid, odd)].place
            hint = "make it a rectangle, or give `layout`"
            return Mistake(f"the cells of '{first.name}' are no rectangle", where, hint)
        merged.update(dict.fromkeys(found, len(panels)))
        panels.append(first)
    return tuple(panels), tuple(tuple(merged[r, c] for c in range(len(grid[0]))) for r in range(len(grid)))


def by_letters(
    panels: Sequence[Thing], words: Sequence[str], places: Sequence[Place]
) -> Grid | list[Mistake]:
    """The grid that a layout's words give: A is the first panel, B the second, `.` nothing."""
    known = LETTERS[: len(panels)]
    span = known[0] if len(known) == 1 else f"{known[0]} to {known[-1]}"
    mistakes = []
    for word, place in zip(words, places, strict=True):
        bad = next((letter for letter in word if letter not in known + "."), None)
        if bad is not None or not word:
            count = f"{len(panels)} panel{'s' if len(panels) > 1 else ''}"
            message = f"'{bad}' names none of the {count}" if bad else "a row without letters"
            mistakes.append(Mistake(message, place, f"takes {span}, and . for nothing"))
    if mistakes:
        return mistakes
    for letter, panel in zip(known, panels, strict=False):
        if not any(letter in word for word in words):
            mistakes.append(Mistake(f"'{panel.name}' ({letter}) has no place in the layout", places[0]))
    grid = stretch([[None if c == "." else known.index(c) for c in word] for word in words])
    if grid is None:
        return [*mistakes, _too_uneven(words, places[0])]
    for index, letter in enumerate(known):
        found = {(r, c) for r, row in enumerate(grid) for c, cell in enumerate(row) if cell == index}
        odd = _outside(found)
        if odd is not None:
            mistakes.append(Mistake(f"the cells of {letter} are no rectangle", places[odd[0]]))
    return mistakes or grid


def _cell(grid: Grid, at: tuple[int, int]) -> int:
    cell = grid[at[0]][at[1]]
    assert cell is not None
    return cell


def _same(one: Thing, other: Thing) -> bool:
    return one.name == other.name and one.settings == other.settings


def _outside(found: set[tuple[int, int]]) -> tuple[int, int] | None:
    """The last cell of a region that is no full rectangle; None where it is one."""
    if not found:
        return None
    rows, columns = [r for r, _ in found], [c for _, c in found]
    area = (max(rows) - min(rows) + 1) * (max(columns) - min(columns) + 1)
    return None if area == len(found) else max(found)
