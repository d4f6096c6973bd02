"""The fit panel for two inputs: what the network makes of the plane, and the points on it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from optanim.film import Film
from optanim.panels.boundary import Boundary
from optanim.panels.fit import Fit
from optanim.reader import read
from optanim.scene import Look
from optanim.simulate import simulate
from optanim.themes import THEMES, class_color, rgb
from optanim.trace import Data, Trace

SCENE = """dataset: {moons: {n: 40, test: 0.25}}
landscape: {mlp: {hidden: [3]}}
optimizers: sgd
lr: 0.1
steps: 10
panels: [fit]
"""
POINTS = np.array([[-2.0, -1], [2, -1], [-2, 1], [2, 1]])


def line(x: np.ndarray, params: Any) -> np.ndarray:
    """Two outputs, whose odds are a x1 + b x2 + c."""
    score = x @ np.asarray(params)[:2] + params[2]
    return np.column_stack([-score / 2, score / 2])


def thirds(x: np.ndarray, params: Any) -> np.ndarray:
    """Three outputs, each the largest in a third of the plane."""
    angles = 2 * np.pi * np.arange(3) / 3
    return 5 * x @ np.array([np.cos(angles), np.sin(angles)])


def drawn(
    params: Any,
    at: Any = None,
    classes: int = 2,
    model: Any = line,
    look: Look | None = None,
    panel: str = "fit",
    test: bool = False,
) -> tuple[Film, Fit]:
    """A film of a stand-in for a network, whose iterates are these parameters."""
    trace = simulate(read(SCENE.replace("[fit]", f"[{panel}]")))
    params = np.array(params, float)
    y = np.arange(4.0) % classes
    kept = Data(POINTS / 2, y, classes=classes) if test else None
    data = Data(POINTS, y, names=("x1", "x2"), classes=classes, test=kept)
    run = replace(trace.runs[0], params=params, at=np.arange(len(params)) if at is None else np.array(at))
    assert trace.problem is not None
    problem = replace(trace.problem, model=model, data=data)
    film = Film(Trace(trace.scene, 10, (run,), problem, data), look or Look(seconds=1, fps=11))
    assert film.static.any()
    (made,) = film.panels
    assert isinstance(made, Fit) and isinstance(made.plane, Boundary)
    return film, made


def color(film: Film, panel: Fit, k: int, x: float, y: float) -> tuple[int, ...]:
    ((across, down),) = panel.axes.pixels([[x, y]])
    return tuple(int(v) for v in film.frame(k)[int(down), int(across), :3])


def nearest(pixel: tuple[int, ...], panel: Fit) -> tuple[int, int]:
    """The class and the band whose colour a pixel has."""
    assert panel.plane is not None
    found = {
        (number, band): np.abs(np.array(pixel) - 255 * np.array(tint)).max()
        for number, own in enumerate(panel.plane.colors)
        for band, tint in enumerate(panel.plane._tints(own))
    }
    place = min(found, key=lambda key: found[key])
    assert found[place] < 1.5
    return place


@pytest.mark.parametrize("theme", sorted(THEMES))
@pytest.mark.parametrize(
    ("params", "x", "place"),
    [
        ([4, 0, 0], 1.0, (1, 2)),  # odds of e^4
        ([4, 0, 0], -1.0, (0, 2)),
        ([1.5, 0, 0], 1.0, (1, 1)),  # a probability of 0.82
        ([0.5, 0, 0], 1.0, (1, 0)),  # of 0.62
        ([0.5, 0, 0], -1.0, (0, 0)),
        ([4, 0, -8], 1.0, (0, 2)),
        ([-4, 0, 8], 1.0, (1, 2)),
    ],
)
def test_bands_are_where_a_class_is_so_probable(
    theme: str, params: list[float], x: float, place: tuple[int, int]
) -> None:
    film, panel = drawn([params], look=Look(seconds=1, fps=2, theme=theme))
    for y in (-0.7, 0.4):
        assert nearest(color(film, panel, 0, x, y), panel) == place


@pytest.mark.parametrize("slope", [0.3, 3.0, 300.0])
def test_the_line_is_at_a_probability_of_a_half(slope: float) -> None:
    film, panel = drawn([[slope, 0, -0.6 * slope]])
    ink = [round(255 * c) for c in rgb(film.theme.ink)]
    assert np.abs(np.subtract(color(film, panel, 0, 0.6, 0.3), ink)).max() < 60
    assert nearest(color(film, panel, 0, 0.5, 0.3), panel)[0] == 0
    assert nearest(color(film, panel, 0, 0.7, 0.3), panel)[0] == 1


def test_the_class_that_wins_among_three() -> None:
    film, panel = drawn([[0.0]], classes=3, model=thirds)
    for number, angle in enumerate(2 * np.pi * np.arange(3) / 3):
        assert nearest(color(film, panel, 0, np.cos(angle), np.sin(angle)), panel)[0] == number
    assert panel.plane is not None and len(set(panel.plane.markers)) == len(set(panel.plane.colors)) == 3
    ink = [round(255 * c) for c in rgb(film.theme.ink)]
    between = color(film, panel, 0, 0.5, np.sqrt(3) / 2)
    assert np.abs(np.subtract(between, ink)).max() < 60


def test_it_changes_with_the_kept_iterates_alone() -> None:
    film, panel = drawn([[1, 0, 0], [-1, 0, 0], [1, 0, 0]], at=[0, 4, 8])
    assert panel.plane is not None
    assert [panel.plane.place(k) for k in range(11)] == [0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2]
    assert [k for k in range(1, 11) if panel.grown(k)] == [4, 8]
    sides = [nearest(color(film, panel, k, 1.0, 0.0), panel)[0] for k in (3, 4, 7, 8, 10)]
    assert sides == [1, 0, 0, 1, 1]


def test_a_film_in_one_go_is_every_frame_alone() -> None:
    film, _ = drawn([[1, 0, 0], [0.4, 1, 0], [-1, 1, 0.5]], at=[0, 4, 8], test=True)
    for k, frame in enumerate(film.frames()):
        if k in (0, 3, 4, 9, 10):
            np.testing.assert_array_equal(frame, film.frame(k))


def test_after_its_end_a_run_is_drawn_as_it_last_was() -> None:
    nan = [np.nan] * 3
    film, panel = drawn([[1, 0, 0], [-1, 0, 0], nan, nan])
    assert nearest(color(film, panel, 10, 1.0, 0.0), panel)[0] == 0
    film, panel = drawn([[1, 0, 0], [np.inf, 0, 0], [1e308, 1e308, 1e308]])
    assert film.frame(10).any()  # outputs that are no numbers have no bands


@pytest.mark.parametrize("theme", sorted(THEMES))
def test_points_have_the_colour_of_their_class_and_those_to_test_on_are_hollow(theme: str) -> None:
    film, panel = drawn([[0.1, 0, 0]], look=Look(seconds=1, fps=2, theme=theme), test=True)
    for (x, y), number in zip(POINTS, (0, 1, 0, 1), strict=True):
        own = tuple(round(255 * c) for c in rgb(class_color(film.theme, number)))
        hollow = tuple(round(255 * c) for c in rgb(film.theme.background))
        assert np.abs(np.subtract(color(film, panel, 0, x, y), own)).max() <= 1
        assert np.abs(np.subtract(color(film, panel, 0, x / 2, y / 2), hollow)).max() <= 1


def test_both_axes_have_one_scale_and_show_all_points() -> None:
    _, panel = drawn([[1, 0, 0]], test=True)
    x, y, box = panel.axes.x, panel.axes.y, panel.box
    assert (x.high - x.low) / box.width == pytest.approx((y.high - y.low) / box.height)
    pixels = panel.axes.pixels(POINTS)
    assert (pixels > [box.left, box.top]).all() and (pixels < [box.right, box.bottom]).all()
    _, panel = drawn([[1, 0, 0]], panel="fit: {view: [-9, 9, -1, 1]}")
    assert (panel.axes.x.low, panel.axes.x.high, panel.axes.y.low) == (-9, 9, -1)


@pytest.mark.parametrize(
    ("room", "says"),
    [
        (900, "x₂; SGD: class ● 0, ▲ 1; bands: probability 1/2, 3/4, 0.9; hollow: test points"),
        (440, "x₂; SGD: class ● 0, ▲ 1; line: probability 1/2; hollow: test points"),
        (290, "x₂; SGD: class ● 0, ▲ 1; hollow: test points"),
        (130, "SGD: class ● 0, ▲ 1"),
        (90, "SGD: ● 0, ▲ 1"),
    ],
)
def test_the_heading_says_whose_it_is_and_what(room: float, says: str) -> None:
    _, panel = drawn([[1, 0, 0]], test=True)
    assert panel.plane is not None
    ways, width = panel.plane.says(True), panel.stage.width
    assert next((way for way in ways if width(way, 9) <= room), ways[-1]) == says
    assert panel.plane.says(False, "; seed 3")[2] == "x₂; class ● 0, ▲ 1; hollow: test points; seed 3"


def test_in_a_grid_each_run_has_its_plane() -> None:
    text = SCENE.replace("[fit]", "[grid: fit]").replace("sgd", "[sgd, adam]")
    film = Film(simulate(read(text)), Look(seconds=1, fps=5))
    assert film.frame(3).any()
    said = film.panels[0].said
    assert said.startswith("x₂; class ● 0, ▲ 1; ") and said.endswith("; hollow: test points")


def test_without_a_run_there_are_points() -> None:
    text = SCENE.replace("optimizers: sgd\nlr: 0.1\nsteps: 10\n", "")
    film = Film(simulate(read(text)), Look())
    (panel,) = film.panels
    assert film.count == 1 and len(np.unique(film.frame(0).reshape(-1, 4), axis=0)) > 50
    assert isinstance(panel, Fit) and panel.said == "x₂; class ● 0, ▲ 1; hollow: test points"


def test_a_network_of_one_input_is_a_line() -> None:
    text = "dataset: {formula: {f: sin(3*x), n: 30}}\nlandscape: {mlp: {hidden: [8], activation: tanh}}\n"
    text += "optimizers: [gd, adam]\nlr: 0.05\nsteps: 30\npanels: [fit]\n"
    trace = simulate(read(text))
    film = Film(trace, Look(seconds=1, fps=11))
    assert film.frame(6).any()
    (panel,) = film.panels
    assert isinstance(panel, Fit) and trace.problem is not None and trace.problem.model is not None
    line = panel._at(panel.params[1], 30)
    values = trace.problem.model(panel.grid, trace.runs[1].params[-1])[:, 0]
    np.testing.assert_allclose(line, panel.axes.pixels(np.column_stack([panel.grid, values])))
