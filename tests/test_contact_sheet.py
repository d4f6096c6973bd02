"""The sheets of all landscapes and of all panels."""

from __future__ import annotations

import importlib.util
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optanim.kinds import panel

TOOL = Path(__file__).parent.parent / "tools" / "contact_sheet.py"


@cache
def tool() -> Any:
    spec = importlib.util.spec_from_file_location("contact_sheet", TOOL)
    assert spec and spec.loader
    made = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(made)
    return made


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_landscape_is_on_it_and_shows_something(theme: str) -> None:
    entries = [*tool().shown()[::9], *tool().shown()[-3:]]
    pixels = tool().sheet(theme, entries)
    wide, high = tool().CELL
    for place in range(len(entries)):
        left, top = place % tool().ACROSS * wide, place // tool().ACROSS * high
        cell = pixels[top + 30 : top + high - 30, left + 45 : left + wide - 10, :3]
        assert len(np.unique(cell.reshape(-1, 3), axis=0)) > 20, entries[place].name


def test_no_panel_is_missing() -> None:
    assert set(tool().SHOWN) == {entry.name for entry in panel.entries()}


@pytest.mark.parametrize("name", sorted(entry.name for entry in panel.entries()))
def test_every_panel_shows_something_in_every_theme(name: str) -> None:
    pixels = tool().panels([name])
    wide, high = tool().PANEL
    assert pixels.shape[:2] == (high, 3 * wide)
    for column in range(3):
        cell = pixels[high // 4 : high - 30, column * wide + 40 : (column + 1) * wide - 40, :3]
        assert len(np.unique(cell.reshape(-1, 3), axis=0)) > 20, column
