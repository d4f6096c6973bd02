"""Small multiples: one cell a run, one view and one scale for all, and the same picture either way."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optanim.errors import RenderError
from optanim.film import Film
from optanim.panels.grid import Grid
from optanim.pen import Pen
from optanim.reader import read
from optanim.scene import Look, Size
from optanim.simulate import simulate
from optanim.stage import Stage
from optanim.trace import Trace

RULES = ("gd", "momentum", "rmsprop", "adam", "nesterov", "lion", "lamb", "adagrad")


def trace(panels: str, count: int = 4, landscape: str = "himmelblau", more: str = "") -> Trace:
    rules = ", ".join(RULES[:count])
    text = f"landscape: {landscape}\noptimizers: [{rules}]\nlr: 0.01\nsteps: 30\npanels: [{panels}]\n{more}"
    return simulate(read(text))


def grid(film: Film) -> Grid:
    assert film.static is not None
    found = film.panels[0]
    assert isinstance(found, Grid)
    return found


@pytest.mark.parametrize("panel", ["contour", "loss", "weights", "lr", "surface", "curve: step_norm"])
def test_all_cells_have_the_view_and_scale_of_all_runs(panel: str) -> None:
    alone = Film(trace(panel), Look(seconds=1))
    assert alone.static is not None
    one, cells = (
        alone.panels[0].axes,
        grid(Film(trace(f"grid: {{panel: {{{panel}}}}}"), Look(seconds=1))).cells,
    )
    assert len(cells) == 4
    first = cells[0].axes
    for each in cells:
        assert (each.axes.x, each.axes.y) == (first.x, first.y)
        assert (each.box.width, each.box.height) == (cells[0].box.width, cells[0].box.height)
    if panel != "contour":  # which is widened to fill its panel
        assert (first.x, first.y) == (one.x, one.y)


def test_all_cells_of_surfaces_are_seen_from_one_place() -> None:
    text = (
        "landscape: {formula: 0.1*x1**2 + 2*x2**2}\nstart: [-5, -2]\nsteps: 20\nlr: 0.4\n"
        "optimizers: [gd, momentum, {gd: {lr: 0.49}}]\npanels: [grid: surface]\n"
    )
    cells = grid(Film(simulate(read(text)), Look(seconds=1))).cells
    assert len({(cell.cameras[0].azimuth, cell.cameras[0].elevation) for cell in cells}) == 1  # type: ignore[attr-defined]


def test_a_cell_alone_would_have_another_scale() -> None:
    cell = grid(Film(trace("grid: loss"), Look(seconds=1))).cells[1].axes.y
    alone = Film(trace("loss: {only: momentum}"), Look(seconds=1))
    assert alone.static is not None
    assert alone.panels[0].axes.y != cell


@pytest.mark.parametrize(
    ("count", "settings", "across", "down"),
    [
        (1, "", 1, 1),
        (3, "", 3, 1),
        (4, "", 4, 1),
        (4, ", columns: 2", 2, 2),
        (8, "", 4, 2),
        (5, ", columns: 3", 3, 2),
    ],
)
def test_how_many_cells_stand_side_by_side(count: int, settings: str, across: int, down: int) -> None:
    film = Film(trace(f"grid: {{panel: contour{settings}}}", count), Look(seconds=1))
    made = grid(film)
    assert (made.across, made.down) == (across, down)
    assert len({each.box.left for each in made.cells}) == min(across, count)
    assert len({each.box.top for each in made.cells}) == down
    assert film.height == (480 if down == 1 else 640)


def test_a_tall_picture_has_more_rows() -> None:
    tall = grid(Film(trace("grid: contour", 2), Look(seconds=1, size=Size(600, 1000))))
    assert tall.down > tall.across


@pytest.mark.parametrize(
    ("settings", "indices"),
    [
        ("panel: contour", [0, 1, 2, 3]),
        ("panel: contour, only: [adam, gd]", [0, 3]),
        ("panel: {contour: {only: [momentum, gd]}}", [0, 1]),
        ("panel: {contour: {only: [momentum, gd]}}, only: [gd, adam]", [0]),
    ],
)
def test_only_says_which_runs_have_a_cell(settings: str, indices: list[int]) -> None:
    made = grid(Film(trace(f"grid: {{{settings}}}"), Look(seconds=1)))
    assert [each.indices for each in made.cells] == [[index] for index in indices]


@pytest.mark.parametrize("panel", ["contour", "loss", "surface", "contour: {inset: [2, 4, 1, 3]}"])
def test_step_by_step_is_rebuilt_from_nothing(panel: str) -> None:
    film = Film(trace(f"grid: {{panel: {{{panel}}}}}", 3), Look(seconds=1, fps=12))
    for k, frame in enumerate(film.frames()):
        assert np.abs(frame.astype(int) - film.frame(k)).max() <= 3, k


def test_a_cell_draws_its_run_alone() -> None:
    film = Film(trace("grid: contour"), Look(seconds=1, fps=10))
    made = grid(film)
    changed = (film.frame(0) != film.frame(-1)).any(axis=2)
    for each in made.cells:
        assert changed[each.box.top : each.box.bottom, each.box.left : each.box.right].any()
        between = changed[each.box.top : each.box.bottom, each.box.right + 8 : each.box.right + 10]
        assert not between.any()


def test_view_and_marks_of_a_grid_are_those_of_every_cell() -> None:
    made = grid(
        Film(trace("grid: {panel: contour, view: [0, 4, 0, 4], marks: [point: [1, 1]]}"), Look(seconds=1))
    )
    for each in made.cells:
        assert each.axes.x.low <= 0 and each.axes.x.high >= 4 and each.axes.x.high < 12
        assert len(each.marking.placed) == 1


def test_a_run_that_is_over_says_so_above_its_cell() -> None:
    film = Film(
        simulate(
            read(
                "landscape: {formula: x**2 - y**2}\nview: [-2, 2, -2, 2]\nstart: [1, 0.1]\nsteps: 60\n"
                "lr: 0.1\noptimizers: [gd, adam]\npanels: [grid: contour]\n"
            )
        ),
        Look(seconds=1),
    )
    assert all(each.ending().startswith("left at step ") for each in grid(film).cells)


def test_too_small_a_picture_is_said_to_be_that() -> None:
    film = Film(trace("grid: {panel: loss, columns: 8}, contour, contour", 8), Look(seconds=1))
    with pytest.raises(RenderError, match=r"^scene.yaml:5:10: grid: a grid of 8 cells has no room"):
        film.frame(0)


def test_marks_stand_in_every_cell() -> None:
    plain = Film(trace("grid: {panel: contour}"), Look(seconds=1))
    made = Film(trace("grid: {panel: contour, marks: [point: [0, 0]]}"), Look(seconds=1))
    differ = (made.frame(0) != plain.frame(0)).any(axis=2)
    for cell in grid(made).cells:
        assert differ[cell.box.top : cell.box.bottom, cell.box.left : cell.box.right].any()
    assert not made.notes


@pytest.mark.parametrize("panel", ["contour: {inset: [2, 4, 1, 3]}", "loss: {inset: [20, 30, 1, 100]}"])
def test_insets_stand_at_one_place_in_all_cells(panel: str) -> None:
    cells = grid(Film(trace(f"grid: {{panel: {{{panel}}}}}", landscape="rosenbrock"), Look(seconds=1))).cells
    places = {
        (cell.glass.outer.left - cell.box.left, cell.glass.outer.top - cell.box.top)  # type: ignore[attr-defined]
        for cell in cells
    }
    assert len(places) == 1


def test_a_name_goes_before_how_its_run_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[str] = []
    write = Stage.write
    monkeypatch.setattr(
        Stage,
        "write",
        lambda self, pen, text, *a, **k: (written.append(text), write(self, pen, text, *a, **k)),
    )
    text = "landscape: {formula: log(x) + y**2}\nview: [-1, 3, -1, 3]\nstart: [0.1, 2]\nlr: 1\n"
    text += "optimizers: [gd, momentum, adam]\npanels: [[grid: contour, loss]]\n"
    assert Film(simulate(read(text)), Look(seconds=1)).static.any()
    assert {"GD", "Momentum", "Adam"} <= set(written)


LEGENDS = [
    (  # of each optimizer the shades, as all starts would not fit
        "landscape: himmelblau\noptimizers: [gd, adam]\nsteps: 3\n"
        "sweep: {lr: [0.005, 0.02], start: {grid: {low: [-4, -4], high: [4, 4], n: 4}}}\n"
        "panels: [grid: {panel: contour, by: lr}]\n",
        {"GD": 3, "Adam": 3},
    ),
    (
        "landscape: beale\noptimizers: gd\nsteps: 3\nsweep: {lr: [0.005, 0.02], start: [[-1, 0], [0, 1]]}\n"
        "panels: [grid: {panel: contour, by: lr}]\n",
        {"GD from (−1, 0)": 1, "GD from (0, 1)": 1},
    ),
    (  # by what they ran on, where a cell has runs of several places
        "dataset: moons\noptimizers: gd\nlr: 0.1\nsteps: 3\n"
        "sweep: {batch: [1, 2], landscape: [mlp: 2, mlp: 3], seed: [0, 1]}\n"
        "panels: [grid: {panel: loss, by: batch}]\n",
        {"GD, MLP (hidden 2)": 1, "GD, MLP (hidden 3)": 1},
    ),
    (  # the shades that a panel beside it needs
        "optimizers: [gd, adam]\nlr: 0.001\nsteps: 3\nsweep: {landscape: [beale, himmelblau]}\n"
        "panels: [grid: {panel: contour, by: landscape}, loss]\n",
        {"GD": 2, "Adam": 2},
    ),
]


@pytest.mark.parametrize(("text", "expected"), LEGENDS)
def test_the_legend_names_what_the_cells_have_and_fits(text: str, expected: dict[str, int]) -> None:
    made = grid(Film(simulate(read(text)), Look(seconds=1)))
    names = made._names()
    assert {name: len(made._colors(runs)) for name, runs in names.items()} == expected
    assert made._legend_width(names, 9.5) < made.box.width


def test_a_legend_of_too_many_names_says_how_many_more_there_are(monkeypatch: pytest.MonkeyPatch) -> None:
    written: list[tuple[str, float]] = []
    write = Stage.write

    def noted(self: Stage, pen: Pen, text: str, x: float, *rest: Any, **more: Any) -> None:
        written.append((text, x - (self.width(text, 9.5, "bold") if more.get("align") == "right" else 0)))
        write(self, pen, text, x, *rest, **more)

    monkeypatch.setattr(Stage, "write", noted)
    entries = ", ".join(f"gd: {{label: the run that has the long name {i}}}" for i in range(9))
    text = f"landscape: beale\noptimizers: [{entries}]\nsteps: 3\nsweep: {{lr: [0.01, 0.02]}}\n"
    film = Film(simulate(read(text + "panels: [grid: {panel: loss, by: lr}]\n")), Look(seconds=1))
    assert film.static is not None
    (more,) = [words for words, _ in written if words.endswith(" more")]
    named = [words for words, _ in written if "long name" in words]
    assert len(named) == 9 - int(more.split()[1]) and min(x for _, x in written) > 0


@pytest.mark.parametrize(
    ("text", "said", "own"),
    [
        (
            "dataset: line\noptimizers: gd\nlr: 0.3\nsweep: {landscape: [mlp: 4, linear_regression]}\n",
            "",
            ["loss, log axis", "MSE, log axis"],
        ),
        (
            "optimizers: gd\nlr: 1e-4\nsweep: {landscape: [rosenbrock, {formula: 3 + x**2 + y**2}]}\n"
            "start: [1, 1.5]\npanels: [grid: {panel: loss, by: landscape}]\n",
            "loss",
            ["log axis", "linear axis"],
        ),
        (
            "dataset: {spirals: {n: 40}}\noptimizers: adam\nlr: 0.1\nsweep: {seed: [0, 3]}\n"
            "panels: [grid: {panel: fit, by: seed}]\n",
            "x₂; class ● 0, ▲ 1; bands: probability 1/2, 3/4, 0.9",
            [],
        ),
        (
            "optimizers: gd\nlr: 1e-4\nsweep: {landscape: [rosenbrock, beale]}\n"
            "panels: [grid: {panel: loss, by: landscape, title: 'What; it, is'}]\n",
            "What; it, is",
            [],
        ),
    ],
)
def test_what_cells_say_alone_stands_beside_their_titles(
    text: str, said: str, own: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    write = Stage.write
    monkeypatch.setattr(
        Stage,
        "write",
        lambda self, pen, text, *a, **k: (written.append(text), write(self, pen, text, *a, **k)),
    )
    made = grid(Film(simulate(read(f"{text}steps: 20\n")), Look(seconds=1)))
    assert made.said == said and said in written
    assert [words for words in written if " axis" in words or "band" in words] == [
        *([said] if "band" in said else []),
        *own,
    ]
