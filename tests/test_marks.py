"""Marks on panels: where they stand, when they are shown, and that their words keep off each other."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from optanim import marks
from optanim.film import Film
from optanim.kinds import mark
from optanim.pen import Box
from optanim.reader import load, read
from optanim.scene import Look
from optanim.simulate import simulate

SCENES = Path(__file__).parent.parent / "scenes"


def film(panels: str, scene: str = "landscape: himmelblau\noptimizers: gd\nlr: 0.01\nsteps: 40\n") -> Film:
    made = Film(simulate(read(f"{scene}panels: [{panels}]\n")), Look(seconds=2, fps=10))
    assert made.static is not None
    return made


def difference(panels: str, plain: str, k: int) -> np.ndarray:
    """The pixels (m, 2), across and down, that marks change at frame k."""
    with_marks, without = film(panels).frame(k), film(plain).frame(k)
    down, across = np.nonzero((with_marks != without).any(axis=2))
    return np.column_stack([across, down])


def test_a_word_of_python_is_a_setting_without_its_underscore() -> None:
    assert list(mark["arrow"].settings) == ["from", "to", "label"]
    scene = read("landscape: beale\npanels: [contour: {marks: [arrow: {from: [0, 0], to: [1, 1]}]}]\n")
    made = marks.made(scene.panels[0].settings["marks"][0])
    assert made == marks.Arrow(from_=(0.0, 0.0), to=(1.0, 1.0))


@pytest.mark.parametrize(
    ("written", "at"),
    [
        ("point: [1, 2]", (1, 2)),
        ("point: {at: [-3, -1], label: here}", (-3, -1)),
        ("arrow: {from: [-4, 0], to: [0, 4]}", (-2, 2)),
        ("level: {y: 5}", (0, 5)),
        ("level: 5", (0, 5)),
        ("level: {x: -5.5}", (-5.5, 3)),
        ("text: {label: o, at: [-2, 5]}", (-2, 5)),
    ],
)
def test_a_mark_stands_where_it_is_put(written: str, at: tuple[float, float]) -> None:
    changed = difference(f"contour: {{marks: [{written}]}}", "contour", 0)
    panel = film("contour").panels[0]
    place = panel.pixels(np.array([at], float))[0]
    assert np.hypot(*(changed + 0.5 - place).T).min() < 2.5
    inside = panel.box.grow(1)
    assert (changed >= (inside.left, inside.top)).all() and (changed < (inside.right, inside.bottom)).all()


@pytest.mark.parametrize(
    ("steps", "shown"),
    [
        ("[10, 20]", (False, True, False)),
        ("[0, 10]", (True, False, False)),
        ("[15, 40]", (False, True, True)),
    ],
)
def test_a_mark_is_shown_from_one_step_to_another(steps: str, shown: tuple[bool, ...]) -> None:
    marked = f"contour: {{marks: [point: {{at: [-5, 5], label: for a while, steps: {steps}}}]}}"
    tau = film("contour").stage.tau
    for step, seen in zip((0, 17, 40), shown, strict=True):
        k = int(np.abs(tau - step).argmin())
        assert bool(len(difference(marked, "contour", k))) == seen, step


@pytest.mark.parametrize("panel", ["contour", "loss: {yscale: log}", "weights"])
def test_the_points_of_a_panel_are_its_own_numbers(panel: str) -> None:
    made = film(panel).panels[0]
    axes = made.axes
    corners = made.pixels(np.array([[axes.x.low, axes.y.low], [axes.x.high, axes.y.high]]))
    box = made.box
    assert np.allclose(corners, [[box.left, box.bottom], [box.right, box.top]])


def _boxes(made: Film) -> list[Box]:
    return [box for each in made.panels for box in each.marking.texts]


def test_words_keep_off_each_other_and_inside_the_panel() -> None:
    many = ", ".join(
        f"point: {{at: [{x}, {y}], label: place {x} {y}}}" for x in (5.0, 5.9) for y in (4.9, 5.9)
    )
    made = film(f"contour: {{marks: [{many}, text: {{label: a title of some length, at: [5, 5.8]}}]}}")
    boxes = _boxes(made)
    assert len(boxes) == 5
    for one, other in combinations(boxes, 2):
        assert not one.touches(other)
    for box in boxes:
        assert box.within(made.panels[0].box) == box


def test_the_words_of_a_level_keep_off_the_curves() -> None:
    made = film("loss: {marks: [level: {y: 1, label: good enough}]}")
    panel = made.panels[0]
    (box,), (x, y) = _boxes(made), panel.clutter().T
    assert len(x) > 50
    assert not ((x > box.left) & (x < box.right) & (y > box.top) & (y < box.bottom)).any()


@pytest.mark.parametrize(
    ("panels", "said"),
    [
        ("contour: {marks: [point: [1, 1]]}", ()),
        (
            "contour: {marks: [point: [40, 1]]}",
            ("the point marked on contour is outside its view: not drawn",),
        ),
        (
            "loss: {yscale: log, marks: [level: -1]}",
            ("the level marked on loss is outside its view: not drawn",),
        ),
        (
            "grid: {panel: contour, marks: [text: {label: far, at: [0, 99]}]}",
            ("the text marked on contour is outside its view: not drawn",),
        ),
        ("contour: {marks: [text: {label: 好, at: [0, 0]}]}", ("DejaVu Sans has no 好: drawn as a box",)),
    ],
)
def test_what_cannot_be_seen_is_told(panels: str, said: tuple[str, ...]) -> None:
    assert film(panels).notes == said


def test_marks_of_a_line_stand_on_the_curve_where_only_x_is_given() -> None:
    scene = "landscape: {formula: x**2}\nstart: 1.5\noptimizers: gd\nlr: 0.1\nsteps: 10\n"
    panel = film("line", scene).panels[0]
    assert np.allclose(panel.pixels(np.array([[1.0]])), panel.pixels(np.array([[1.0, 1.0]])), atol=0.5)


def test_the_scene_of_marks_names_true_places() -> None:
    trace = simulate(load(SCENES / "x17_landmarks.yaml"))
    assert trace.problem is not None
    hilltop = np.array([[-0.271, -0.923]])
    value, slope = trace.problem.slope(hilltop)
    assert abs(value[0] - 181.6) < 0.1 and np.abs(slope).max() < 0.1
    first = trace.runs[0].params[1] - trace.runs[0].params[0]
    assert abs(first[1]) < 1e-9 * abs(first[0])
