"""All landscapes on one sheet, in light and in dark: python tools/contact_sheet.py [FOLDER]."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from optanim.errors import Source
from optanim.kinds import landscape
from optanim.panels.contour import Contour
from optanim.pen import Box, Pen, Pixels
from optanim.problem import problem
from optanim.registry import Entry
from optanim.scales import Axes, Scale
from optanim.scene import Scene, Thing
from optanim.stage import Stage
from optanim.themes import THEMES, rgb
from optanim.trace import Trace

ACROSS = 8
CELL = 300, 250  # pixels of a landscape with its name and its numbers
DPI = 72
# What a landscape that is nothing by itself is shown with.
SETTINGS = {
    "formula": {"f": "sin(x) + cos(y) + (x**2 + y**2)/20", "view": (-6.0, 6.0, -6.0, 6.0)},
}
DATA = Thing("line", {"n": 50})


def traced(entry: Entry) -> Trace:
    """A scene of the landscape alone."""
    scene = Scene(
        name=entry.name,
        source=Source(entry.name, ""),
        folder=Path("."),
        landscape=Thing(entry.name, SETTINGS.get(entry.name, {})),
        dataset=DATA if "data" in entry.asks else None,
    )
    found = problem(scene)
    assert found is not None
    return Trace(scene, 0, (), found, found.data)


def sheet(theme: str, entries: Sequence[Entry]) -> Pixels:
    """Every landscape as a small contour panel, with its minima as stars and its start as a cross."""
    look = THEMES[theme]
    pen = Pen(min(len(entries), ACROSS) * CELL[0], -(-len(entries) // ACROSS) * CELL[1])
    pen.pixels[:] = (*(round(255 * c) for c in rgb(look.background)), 255)
    for place, entry in enumerate(entries):
        left, top = place % ACROSS * CELL[0], place // ACROSS * CELL[1]
        trace = traced(entry)
        panel = Contour(title=entry.name)
        panel.enter(Stage(trace, look, DPI, 1, 1.0, "linear"))
        need = panel.margins()
        box = Box(
            round(left + need.left),
            round(top + need.top),
            round(left + CELL[0] - need.right),
            round(top + CELL[1] - need.bottom),
        )
        panel.draw_static(pen, box)
        if trace.problem and trace.problem.start:  # where a run would leave its cross
            x0, x1, y0, y1 = panel.seen
            axes = Axes(box, Scale("linear", x0, x1), Scale("linear", y0, y1))
            ((x, y),) = axes.pixels(np.array([trace.problem.start]))
            panel.paths.starts.append((float(x), float(y)))
        panel.draw_past(pen, 0)
    return pen.pixels


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for theme in ("light", "dark"):
        file = folder / f"landscapes-{theme}.png"
        Image.fromarray(sheet(theme, landscape.entries())[..., :3]).save(file)
        print(file)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "output"))
