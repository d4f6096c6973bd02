"""A part of a panel drawn larger in its corner: where it stands, and what it shows and hides."""

from __future__ import annotations

import numpy as np
import pytest

from optanim.film import Film
from optanim.panels.contour import Contour
from optanim.panels.loss import Loss
from optanim.reader import read
from optanim.scene import Look
from optanim.simulate import simulate

SCENE = "landscape: rosenbrock\noptimizers: [gd, adam]\nlr: 0.001\nsteps: 60\n"


def film(panel: str, scene: str = SCENE, theme: str = "light") -> Film:
    made = Film(simulate(read(f"{scene}panels: [{panel}]\n")), Look(seconds=2, fps=10, theme=theme))
    assert made.static is not None
    return made


def glass(made: Film):  # type: ignore[no-untyped-def]
    panel = made.panels[0]
    assert isinstance(panel, Contour | Loss) and panel.glass is not None
    return panel.glass


@pytest.mark.parametrize("panel", ["contour: {inset: [0.8, 1.2, 0.8, 1.2]}", "loss: {inset: [20, 40, 1, 9]}"])
@pytest.mark.parametrize("place", ["upper right", "upper left", "lower right", "lower left"])
def test_it_stands_in_the_corner_that_is_said(panel: str, place: str) -> None:
    inset = panel.split("inset: ")[1].rstrip("}")
    made = film(panel.replace(inset, f"{{view: {inset}, place: {place}}}"))
    outer, box = glass(made).outer, made.panels[0].box
    assert outer.within(box) == outer
    low, right = (
        outer.bottom > (box.top + box.bottom) / 2,
        outer.right > (box.left + box.right) / 2 + box.width / 4,
    )
    assert (low, right) == (place.startswith("lower"), place.endswith("right"))


def test_it_keeps_off_the_paths_and_off_what_it_shows() -> None:
    made = film("contour: {inset: [0.8, 1.2, 0.8, 1.2]}")
    inset, (x, y) = glass(made), made.panels[0].clutter().T
    o = inset.outer
    assert not ((x > o.left) & (x < o.right) & (y > o.top) & (y < o.bottom)).any()
    (x0, y0), (x1, y1) = inset.frame
    assert x1 <= o.left or x0 >= o.right or y1 <= o.top or y0 >= o.bottom


def test_it_shows_its_own_view() -> None:
    contour = glass(film("contour: {inset: [0.8, 1.2, 0.7, 1.1]}")).inner.axes
    assert np.allclose(
        [contour.x.low, contour.x.high, contour.y.low, contour.y.high], [0.8, 1.2, 0.7, 1.1], atol=0.02
    )
    part = glass(film("loss: {inset: [20, 40, 1, 9]}")).inner.axes
    assert (part.x.low, part.x.high, part.y.low, part.y.high) == (20, 40, 1, 9)
    whole = glass(film("loss: {inset: [1, 9]}")).inner.axes
    assert (whole.x.low, whole.x.high, whole.y.low, whole.y.high) == (0, 60, 1, 9)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_of_the_panel_shows_through(theme: str) -> None:
    # The path goes right through it.
    scene = (
        "landscape: {formula: x**2 + y**2}\nview: [-4, 4, -1.5, 1.5]\nstart: [3.6, 1.3]\n"
        "optimizers: gd\nlr: 0.05\n"
    )
    made = film("contour: {inset: {view: [-0.2, 0.1, -0.2, 0.1], place: upper right}}", scene, theme)
    inset, background = glass(made), tuple(made.static[0, 0])
    o, b = inset.outer, inset.box
    x, y = made.panels[0].clutter().T
    assert ((x > o.left) & (x < o.right) & (y > o.top) & (y < o.bottom)).any()
    for k in (0, 4, made.count - 1):
        frame = made.frame(k)
        for strip in (
            frame[o.top : b.top - 3, o.left : o.right],
            frame[o.top : o.bottom, o.left : o.left + 2],
        ):
            assert (strip.reshape(-1, 4) == background).all()


@pytest.mark.parametrize(
    "panel",
    [
        "contour: {inset: [0.8, 1.2, 0.8, 1.2]}",
        "contour: {inset: {view: [-1.6, -1, 1, 2], place: upper left}}",
        "loss: {inset: [20, 40, 1, 9]}",
    ],
)
def test_step_by_step_is_rebuilt_from_nothing(panel: str) -> None:
    made = film(panel)
    for k, frame in enumerate(made.frames()):
        assert np.abs(frame.astype(int) - made.frame(k)).max() <= 3, k


def test_names_are_not_repeated_in_it() -> None:
    inner = glass(film("contour: {inset: [-2, 2, -1, 3]}")).inner
    assert inner.paths.names == [] and not inner.named
    assert all(line.name is None for line in glass(film("loss: {inset: [1, 9]}")).inner.lines)


@pytest.mark.parametrize(
    ("panel", "said"),
    [
        ("contour: {inset: [0, 1, 0, 1]}", ()),
        ("contour: {inset: [30, 31, 0, 1]}", ("the inset of contour looks outside its view",)),
        ("loss: {inset: [500, 600, 1, 2]}", ("the inset of loss looks outside its view",)),
        ("loss: {inset: [0, 40, -1, 20]}", ()),
    ],
)
def test_what_it_cannot_show_is_told(panel: str, said: tuple[str, ...]) -> None:
    assert film(panel).notes == said


WELLS = (
    "landscape: {formula: x**4/4 - x**2 + 0.3*x + 2*y**2}\nstart: [1.8, 1]\nlr: 0.05\nsteps: 60\n"
    "optimizers: [gd, momentum]\n"
)
MARKS = (
    "marks: [point: {at: [0.15, 0], label: the pass}, text: {at: [-1.2, 0.9], label: the deep well},"
    " arrow: {from: [0.5, -1], to: [1.3, -0.1], label: the shallow well}]"
)


def test_it_keeps_off_marks_and_stars_where_no_place_is_said() -> None:
    made = film(f"contour: {{{MARKS}, inset: [1, 1.5, -0.2, 0.2]}}", WELLS)
    panel, outer = made.panels[0], glass(made).outer
    assert isinstance(panel, Contour) and panel.stars is not None
    for box in (*panel.marking.signs, *panel.marking.texts):
        assert not box.touches(outer)
    for x, y in panel.axes.pixels(panel.stars[0]):
        assert not (outer.left < x < outer.right and outer.top < y < outer.bottom)
    # The words stay where they would be without it.
    assert panel.marking.texts == film(f"contour: {{{MARKS}}}", WELLS).panels[0].marking.texts


def test_words_that_stood_where_it_is_put_are_beside_it() -> None:
    made = film(f"contour: {{{MARKS}, inset: {{view: [1, 1.5, -0.2, 0.2], place: upper left}}}}", WELLS)
    texts, outer = made.panels[0].marking.texts, glass(made).outer
    assert texts and not any(box.touches(outer) for box in texts)


def test_it_keeps_off_the_curves_that_are_to_come() -> None:
    scene = "landscape: himmelblau\nstart: [0, -1]\noptimizers: [gd, momentum]\n"
    made = film("contour, loss: {inset: {view: [0, 15, 1, 200]}}", scene)
    panel = made.panels[1]
    assert isinstance(panel, Loss) and panel.glass is not None
    o, (x, y) = panel.glass.outer, panel.clutter().T
    assert not ((x > o.left) & (x < o.right) & (y > o.top) & (y < o.bottom)).any()


def test_one_that_shows_no_curve_is_told() -> None:
    assert film("loss: {inset: [20, 40, 30, 90], view: [0.1, 100]}").notes == (
        "the inset of loss shows nothing: no curve comes by",
    )
    assert film("loss: {inset: [20, 40, 1, 9]}").notes == ()
