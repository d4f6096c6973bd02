"""The sheet of all landscapes."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from optanim.kinds import landscape

TOOL = Path(__file__).parent.parent / "tools" / "contact_sheet.py"


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_landscape_is_on_it_and_shows_something(theme: str) -> None:
    spec = importlib.util.spec_from_file_location("contact_sheet", TOOL)
    assert spec and spec.loader
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)
    entries = landscape.entries()[::9]
    pixels = tool.sheet(theme, entries)
    wide, high = tool.CELL
    for place in range(len(entries)):
        left, top = place % tool.ACROSS * wide, place // tool.ACROSS * high
        cell = pixels[top + 30 : top + high - 30, left + 45 : left + wide - 10, :3]
        assert len(np.unique(cell.reshape(-1, 3), axis=0)) > 20, entries[place].name
