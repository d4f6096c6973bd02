"""Sheets of all landscapes and of all panels in every theme: python tools/contact_sheet.py [FOLDER]."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from optanim.errors import Source
from optanim.film import Film
from optanim.kinds import landscape, panel
from optanim.panels.contour import Contour
from optanim.pen import Box, Pen, Pixels
from optanim.problem import problem
from optanim.reader import read
from optanim.registry import Entry
from optanim.scales import Axes, Scale
from optanim.scene import Look, Scene, Size, Thing
from optanim.simulate import simulate
from optanim.stage import Stage
from optanim.themes import THEMES, rgb
from optanim.trace import Trace

ACROSS = 8
CELL = 300, 250  # pixels of a landscape with its name and its numbers
DPI = 72
# What a landscape that is nothing by itself is shown with.
SETTINGS = {
    "polynomial_regression": {"degree": 1},  # of two coefficients, as a plane has
    "formula": {"f": "sin(x) + cos(y) + (x**2 + y**2)/20", "view": (-6.0, 6.0, -6.0, 6.0)},
}
DATA = Thing("line", {"n": 50})

PANEL = 700, 400  # pixels of a panel in one theme
MOMENT = 0.6  # of its film
BOWL = "landscape: {formula: 0.1*x1**2 + 2*x2**2}\nstart: [-5, -2]\n"
TWO = BOWL + "optimizers: [momentum, adam]\nlr: 0.3\nsteps: 30\n"
REGRESSION = "dataset: {line: {n: 40}}\noptimizers: [gd, adam]\nlr: 0.2\nsteps: 40\n"
MOONS = "dataset: {moons: {n: 120, test: 0.25}}\nlandscape: {mlp: {hidden: [8]}}\nlr: 0.1\nsteps: 60\n"
# Of every panel a scene that shows it: the scene without its panels, and the panel.
SHOWN = {
    "accuracy": (MOONS + "optimizers: [sgd, adam]\n", "accuracy: [train, test]"),
    "contour": (TWO, "contour"),
    "curve": (TWO, "curve: gradient_norm"),
    "effective_lr": (BOWL + "optimizers: adam\nlr: 0.3\nsteps: 30\n", "effective_lr"),
    "fit": (REGRESSION, "fit"),
    "graph": ("dataset: {line: {n: 1}}\noptimizers: sgd\nlr: 0.1\nsteps: 3\n", "graph: {group: optimizer}"),
    "grid": (TWO, "grid: contour"),
    "line": ("landscape: {formula: x**4/4 - x**2}\nstart: 2\noptimizers: gd\nlr: 0.1\nsteps: 10\n", "line"),
    "loss": (TWO, "loss"),
    "lr": (BOWL + "optimizers: momentum\nlr: {one_cycle: {initial: 0.02, peak: 0.4}}\nsteps: 40\n", "lr"),
    "surface": (TWO, "surface"),
    "trust_ratio": (BOWL + "optimizers: lamb\nlr: 0.3\nsteps: 30\n", "trust_ratio"),
    "weights": (REGRESSION, "weights"),
    "why": (BOWL + "optimizers: adam\nlr: 0.3\nsteps: 6\n", "why"),
}


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


def shown() -> list[Entry]:
    """The landscapes of two variables: a network has no picture of its own."""
    return [entry for entry in landscape.entries() if "arrays" not in entry.facts]


def sheet(theme: str, entries: Sequence[Entry]) -> Pixels:
    """Every landscape as a small contour panel, with its minima as stars and its start as a cross."""
    look = THEMES[theme]
    pen = Pen(min(len(entries), ACROSS) * CELL[0], -(-len(entries) // ACROSS) * CELL[1])
    pen.pixels[:] = (*(round(255 * c) for c in rgb(look.background)), 255)
    for place, entry in enumerate(entries):
        left, top = place % ACROSS * CELL[0], place // ACROSS * CELL[1]
        trace = traced(entry)
        drawn = Contour(title=entry.name)
        drawn.enter(Stage(trace, look, DPI, 1, 1.0, "linear"))
        need = drawn.margins()
        box = Box(
            round(left + need.left),
            round(top + need.top),
            round(left + CELL[0] - need.right),
            round(top + CELL[1] - need.bottom),
        )
        drawn.draw_static(pen, box)
        if trace.problem and trace.problem.start:  # where a run would leave its cross
            x0, x1, y0, y1 = drawn.seen
            axes = Axes(box, Scale("linear", x0, x1), Scale("linear", y0, y1))
            ((x, y),) = axes.pixels(np.array([trace.problem.start]))
            drawn.paths.starts.append((float(x), float(y)))
        drawn.draw_past(pen, 0)
    return pen.pixels


def panel_picture(name: str, theme: str) -> Pixels:
    """A frame of a panel alone, as the film of its scene shows it."""
    text, entry = SHOWN[name]
    trace = simulate(read(f"title: {name}, {theme}\n{text}panels: [{entry}]\n"))
    film = Film(trace, Look(size=Size(*PANEL), theme=theme, seconds=9.0))
    return film.frame(round(MOMENT * (film.count - 1)))


def panels(names: Sequence[str]) -> Pixels:
    """Panels under one another, a column for each theme."""
    return np.vstack([np.hstack([panel_picture(name, theme) for theme in THEMES]) for name in names])


def main(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for theme in ("light", "dark"):
        file = folder / f"landscapes-{theme}.png"
        Image.fromarray(sheet(theme, shown())[..., :3]).save(file)
        print(file)
    file = folder / "panels.png"
    Image.fromarray(panels([entry.name for entry in panel.entries()])[..., :3]).save(file)
    print(file)


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "output"))
