"""The arrows of a step are as long as the numbers, on axes that keep still, with names that can be read."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optanim.callouts import beyond
from optanim.film import Film
from optanim.panels.why import Why
from optanim.pen import Box
from optanim.reader import load, read
from optanim.scene import Look
from optanim.simulate import simulate

SCENES = Path(__file__).parent.parent / "scenes"
VALLEY = "landscape: {formula: 0.1*x1**2 + 2*x2**2}\nstart: [-5, -2]\nsteps: 20\npanels: [why]\n"


@cache
def film(optimizer: str, seconds: float = 2.0) -> Film:
    return Film(
        simulate(read(f"{VALLEY}optimizers: [{optimizer}]\n", "t.yaml")), Look(seconds=seconds, fps=20)
    )


def drawn(made: Film) -> Why:
    assert made.static.any()
    panel = made.panels[0]
    assert isinstance(panel, Why)
    return panel


RULES = [
    "gd: {lr: 0.1}",
    "momentum: {lr: 0.05}",
    "adam: {lr: 0.4}",
    "adam: {lr: 0.4, weight_decay: 0.3, decay: decoupled}",
    "rmsprop: {lr: 0.1}",
    "lamb: {lr: 0.1}",
]


@pytest.mark.parametrize("rule", RULES)
def test_the_step_is_true_to_the_axes(rule: str) -> None:
    """At every whole step the arrow ends where the next iterate is, as the axes count from this one."""
    made = film(rule, seconds=1.05)  # a frame for every step
    panel, run = drawn(made), made.trace.runs[0]
    assert np.allclose(made.stage.tau, np.arange(21))
    for k in range(20):
        ahead = run.params[k + 1] - run.params[k]
        tip = panel._end(panel.arrows[-1], k)
        np.testing.assert_allclose(tip, panel._axes(k).pixels([ahead])[0], atol=1e-6)
        inside = (np.abs(tip - panel.middle) <= np.array([panel.box.width, panel.box.height]) / 2).all()
        assert inside, "it fits"


@pytest.mark.parametrize("rule", ["adam: {lr: 0.4}", "adam: {lr: 0.4, weight_decay: 0.3, decay: decoupled}"])
def test_without_its_decay_the_step_ends_on_the_ellipse(rule: str) -> None:
    panel = drawn(film(rule))
    parts = panel.run.parts
    assert parts is not None
    own = -parts.preconditioner * parts.direction
    np.testing.assert_allclose(((own / panel.ellipse[:, :2]) ** 2).sum(axis=1), 1.0)
    # The momentum ends on the circle, which has the ellipse's area.
    momentum = next(each for each in panel.arrows if each.name == "−momentum").ways
    np.testing.assert_allclose(np.hypot(*momentum.T), panel.ellipse[:, 2])
    np.testing.assert_allclose(panel.ellipse[:, 2] ** 2, panel.ellipse[:, 0] * panel.ellipse[:, 1])


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        ("gd: {lr: 0.1}", ["step"]),
        ("momentum: {lr: 0.05}", ["−gradient", "step"]),
        ("rmsprop: {lr: 0.1}", ["−gradient", "step"]),
        ("adam: {lr: 0.4}", ["−gradient", "−momentum", "step"]),
        (RULES[3], ["−gradient", "−momentum", "−decay", "step"]),
    ],
)
def test_what_would_be_drawn_twice_is_drawn_once(rule: str, names: list[str]) -> None:
    assert [each.name for each in drawn(film(rule)).arrows] == names


@pytest.mark.parametrize("rule", RULES)
def test_the_scale_keeps_still_most_of_the_time(rule: str) -> None:
    panel = drawn(film(rule, seconds=6.0))
    assert len(set(panel._levels())) <= 12
    assert (np.abs(np.diff(np.log(panel.reach))) < 1e-9).mean() > 0.15


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("at", [0.0, 0.4, 1.0])
def test_names_stand_apart_and_inside(rule: str, at: float) -> None:
    made = film(rule, seconds=6.0)
    panel, k = drawn(made), round(at * (made.count - 1))
    boxes = [
        Box(int(x), int(y), int(x) + name.width, int(y) + name.height)
        for name, (x, y), part in zip(panel.names, panel.places[k], panel.visible[k], strict=True)
        if part > 0
    ]
    for i, box in enumerate(boxes):
        assert box.within(panel.box) == box
        for other in boxes[:i]:
            common = box.within(other)
            assert common is None or min(common.width, common.height) <= 1


def test_a_name_goes_with_its_arrow_all_the_way_round() -> None:
    turns = np.linspace(0, 2 * np.pi, 200)
    tips = 150 + 60 * np.stack([np.cos(turns), np.sin(turns)], axis=1)[:, None, :]
    size = np.array([[40.0, 12.0]])
    places = beyond(tips, np.array([150.0, 150.0]), size, Box(0, 0, 300, 300), 4.0)
    centre = places[:, 0] + size[0] / 2
    away = centre - 150
    assert (np.hypot(*away.T) > 64).all(), "never on the arrow"
    assert ((away * (tips[:, 0] - 150)).sum(axis=1) > 0).all(), "on its side"
    assert np.abs(np.diff(places[:, 0], axis=0)).max() <= 6, "it does not jump"


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    "rule",
    [
        "gd: {lr: 1e3, steps: 300}",
        "gd: {lr: 0.9}",
        "adam: {lr: 0.4, steps: 3}",
        "gd: {lr: {linear: {initial: 0.1, final: 0}}}",
        "gd: {lr: 0.1, steps: 1}",
    ],
)
def test_runs_that_end_or_rest_are_drawn(rule: str) -> None:
    made = film(rule, seconds=0.5)
    for k in (0, made.count // 2, made.count - 1):
        assert made.frame(k).any()


def test_the_scene_of_the_panel_has_its_numbers() -> None:
    trace = simulate(load(SCENES / "x03_why_adam.yaml"))
    parts: Any = trace.runs[0].parts
    steps = np.diff(trace.runs[0].params, axis=0)
    np.testing.assert_allclose(steps, -parts.preconditioner * parts.direction, rtol=1e-9, atol=1e-15)


def test_the_cells_of_a_grid_have_one_scale_that_holds_all_arrows() -> None:
    text = "landscape: rosenbrock\nlr: 0.001\nsteps: 60\noptimizers: [gd, momentum, adam: {lr: 0.1}]\n"
    made = Film(simulate(read(f"{text}panels: [grid: why]\n")), Look(seconds=2))
    assert made.static.any()
    cells = made.panels[0].cells  # type: ignore[attr-defined]
    for cell in cells:
        assert np.array_equal(cell.reach, cells[0].reach)
        assert len(set(zip(cell.reach, cells[0].reach, strict=True))) > 1
        ways = np.array([[cell._end(cell.arrows[-1], k) for k in range(made.count)]]) - cell.middle
        assert (np.abs(ways) <= np.array([cell.box.width, cell.box.height]) / 2).all()
    alone = Film(simulate(read(f"{text}panels: [why: {{only: gd}}]\n")), Look(seconds=2))
    assert not np.array_equal(drawn(alone).reach, cells[0].reach)


def test_a_run_that_makes_no_step_has_axes_and_says_so() -> None:
    text = "landscape: rosenbrock\nstart: [1, 1]\nlr: 0.1\noptimizers: [adam]\npanels: [why]\n"
    panel = drawn(Film(simulate(read(text)), Look(seconds=1)))
    assert (panel.reach == 1).all()
    assert panel._notes() == ["no step: the gradient is 0"]
    assert not panel.names and panel.key is None


def test_steps_that_shrink_fast_can_be_seen() -> None:
    text = "landscape: {formula: x**2 + 3*y**2}\nstart: [1.5, 1.5]\nlr: 0.1\noptimizers: gd\npanels: [why]\n"
    made = Film(simulate(read(text)), Look(seconds=3))
    panel = drawn(made)
    lengths = [np.hypot(*(panel._end(panel.arrows[-1], k) - panel.middle)) for k in range(made.count)]
    assert np.mean(np.array(lengths) > 8) > 0.7


def test_an_arrow_under_another_shows_beside_it() -> None:
    """At the start the momentum of Adam is its gradient: both are seen."""
    made = film("adam: {lr: 0.4}")
    panel = drawn(made)
    below, above = (next(a for a in panel.arrows if a.name == name) for name in ("−gradient", "−momentum"))
    np.testing.assert_allclose(panel._end(below, 0), panel._end(above, 0), atol=1e-6)
    frame = made.frame(0)[panel.box.top : panel.box.bottom, panel.box.left : panel.box.right, :3].astype(int)
    seen = [
        int((np.abs(frame - np.round(255 * np.array(each.rgb))).max(axis=2) < 30).sum())
        for each in (below, above)
    ]
    assert min(seen) > 80


def test_arrows_that_are_cut_are_told() -> None:
    made = Film(
        simulate(
            read(
                "landscape: booth\nstart: [-6, 6]\nsteps: 40\npanels: [why]\n"
                "optimizers: [lamb: {lr: 0.1, weight_decay: 0.1}]\n"
            )
        ),
        Look(seconds=2, fps=20),
    )
    panel = drawn(made)
    assert panel.cut and panel._notes()[-1].endswith("arrows at the edge go on")
