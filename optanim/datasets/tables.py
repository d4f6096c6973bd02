"""Points from a file."""

from __future__ import annotations

import csv as rows_of
import io
import math
from pathlib import Path
from typing import Annotated

import numpy as np

from optanim.datasets._parts import MAX_ROWS, Test, split
from optanim.errors import Mistake, Place, Source, UserError
from optanim.kinds import dataset
from optanim.settings import NUMBER, FileName, Lead, Seed, Wrong, closest, grouped
from optanim.trace import Array, Data

MAX_BYTES = 5_000_000
MAX_MISTAKES = 20  # a file that is no table at all would say thousands


@dataset()
def csv(
    folder: Path,
    *,
    file: Lead[Annotated[str, FileName()]],
    x: str | None = None,
    y: str | None = None,
    standardize: bool = False,
    test: Test | None = None,
    seed: Seed | None = None,
) -> Data:
    """Two columns of a comma-separated file whose first row names the columns.

    `x` and `y` name the columns; without them they are the first two. `standardize` shifts and
    scales each to mean 0 and standard deviation 1 over all rows. `test`, a share of the rows or a number
    of them, is kept back at random, drawn with the seed, for the test loss. The file stays inside the
    scene's folder, is UTF-8 and holds finite numbers. Raises Wrong for the file as a whole, and
    UserError with the line and column of every bad cell.
    """
    source = Source(file, _text_of(folder, file))
    reader = rows_of.reader(io.StringIO(source.text, newline=""), skipinitialspace=True, strict=True)
    mistakes: list[Mistake] = []
    values: list[tuple[float, float]] = []
    header: list[str] | None = None
    first = 1  # the header's line
    columns = (0, 1)
    try:
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if header is None:
                header = [cell.strip() for cell in row]
                first = reader.line_num
                columns = _columns(source, first, header, x, y)
                continue
            if len(values) == MAX_ROWS:
                raise Wrong(f"{file} has too many rows", f"takes at most {grouped(MAX_ROWS)}")
            pair = _pair(source, reader.line_num, row, header, columns, mistakes)
            if pair:
                values.append(pair)
            if len(mistakes) >= MAX_MISTAKES:
                break
    except rows_of.Error as error:
        raise UserError(
            Mistake(f"not a row of a table: {error}", Place(source, reader.line_num, 1))
        ) from None
    if mistakes:
        raise UserError(mistakes)
    if header is None:
        raise Wrong(f"{file} is empty", "the first row names the columns")
    if not values:
        raise Wrong(f"{file} has no rows under its header", "takes at least one")
    table = np.array(values).T.copy()
    names = [header[column] or fallback for column, fallback in zip(columns, "xy", strict=True)]
    if standardize:
        same = [
            Mistake(
                f"all numbers of column '{names[i]}' are the same",
                _place_of(source, first, header, columns[i]),
                "standardize takes columns that vary",
            )
            for i in (0, 1)
            if not np.ptp(_scaled(table[i])) > 0
        ]
        if same:
            raise UserError(same)
        table = np.stack([_standardized(column) for column in table])
        names = [f"{name} (standardized)" for name in names]
    return split(Data(table[0], table[1], names=(names[0], names[1])), test, seed)


def _scaled(column: Array) -> Array:
    """The column times the power of two that brings it below 1: no digit is lost, no square overflows."""
    return np.ldexp(column, -np.frexp(np.abs(column).max())[1])


def _standardized(column: Array) -> Array:
    """The column with mean 0 and (population) standard deviation 1."""
    column = _scaled(column)
    column = column - column.mean()
    column -= column.mean()  # what the rounding of a mean far from 0 left
    return column / np.sqrt(np.mean(column**2))


def _text_of(folder: Path, file: str) -> str:
    root = folder.resolve()
    try:
        path = (root / file).resolve(strict=True)
        if not path.is_relative_to(root):
            raise Wrong(f"{file} is outside the scene's folder", "put the file beside the scene")
        if not path.is_file():
            raise Wrong(f"{file} is not a file")
        with path.open("rb") as opened:
            raw = opened.read(MAX_BYTES + 1)
    except (OSError, ValueError, RuntimeError) as error:
        if isinstance(error, Wrong):
            raise
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        raise Wrong(f"{file} cannot be read: {reason.lower()}") from None
    if len(raw) > MAX_BYTES:
        raise Wrong(f"{file} is too large", f"takes at most {MAX_BYTES // 1_000_000} MB")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise Wrong(f"{file} is not UTF-8 (line {line})", "save it as UTF-8") from None


def _columns(source: Source, line: int, header: list[str], x: str | None, y: str | None) -> tuple[int, int]:
    """Which columns are x and y."""
    place = Place(source, line, 1, len(source.line(line)))
    if all(NUMBER.fullmatch(cell) for cell in header):
        raise UserError(Mistake("the first row must name the columns", place, "add a header such as x,y"))
    if len(header) < 2:
        hint = "separate columns with commas" if any(c in header[0] for c in ";\t") else "takes two columns"
        raise UserError(Mistake("only one column", place, hint))
    found = []
    for role, name in (("x", x), ("y", y)):
        if name is None:
            continue
        if name not in header:
            raise Wrong(
                f"{source.name} has no column '{name}'",
                closest(name, header) or f"it has {', '.join(header)}",
            )
        if header.count(name) > 1:
            raise UserError(Mistake(f"more than one column is called '{name}'", place, f"{role} needs one"))
        found.append(header.index(name))
    # A column that is not named is the first of the two that the other is not.
    if x is None and y is None:
        return 0, 1
    if x is None or y is None:
        rest = 0 if found[0] != 0 else 1
        return (rest, found[0]) if x is None else (found[0], rest)
    return found[0], found[1]


def _pair(
    source: Source,
    line: int,
    row: list[str],
    header: list[str],
    columns: tuple[int, int],
    mistakes: list[Mistake],
) -> tuple[float, float] | None:
    if len(row) != len(header):
        place = Place(source, line, 1, len(source.line(line)))
        cells = f"{len(row)} cell{'s' * (len(row) != 1)}"
        mistakes.append(Mistake(f"{cells} where the header has {len(header)}", place))
        return None
    pair = []
    for column in columns:
        cell = row[column].strip()
        number = float(cell) if NUMBER.fullmatch(cell) else math.nan
        if not math.isfinite(number):
            mistakes.append(_bad_cell(source, line, row, column, header[column]))
            return None
        pair.append(number)
    return pair[0], pair[1]


def _place_of(source: Source, line: int, row: list[str], column: int) -> Place:
    """The place of a cell, of its line where commas inside quotes hide it."""
    text = source.line(line)
    raw = text.split(",")
    if len(raw) != len(row):
        return Place(source, line, 1, max(1, len(text)))
    before = sum(len(part) + 1 for part in raw[:column])
    at = before + len(raw[column]) - len(raw[column].lstrip()) + 1
    return Place(source, line, at, max(1, len(raw[column].strip())))


def _bad_cell(source: Source, line: int, row: list[str], column: int, name: str) -> Mistake:
    cell = row[column].strip()
    place = _place_of(source, line, row, column)
    if not cell:
        return Mistake(f"the cell in column '{name}' is empty", place, "takes a number")
    return Mistake(f"'{cell}' is not a finite number", place, f"column '{name}' takes numbers")
