"""The loss panel: losses of points that were kept back, and time across."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from optanim import read, simulate
from optanim.film import Film
from optanim.panels.loss import Loss
from optanim.scene import Look
from optanim.trace import Trace

SCENE = """
dataset: {{formula: {{f: 1/(1 + 25*x**2), n: 20, test: midpoints}}}}
landscape: {{polynomial_regression: {{degree: 12, basis: chebyshev}}}}
steps: 30
optimizers: [{rules}]
panels: [{panel}]
"""
FLOW = "gradient_flow: 1e6"
GD = "gd: {lr: 0.1}"


def traced(panel: str, rules: str = FLOW) -> Trace:
    return simulate(read(SCENE.format(panel=panel, rules=rules)))


def drawn(trace: Trace) -> Loss:
    film = Film(trace, Look(seconds=0.5))
    assert film.static.any()
    (panel,) = film.panels
    assert isinstance(panel, Loss)
    return panel


def by_hand(trace: Trace) -> np.ndarray:
    """The test loss of the first run at every iterate."""
    problem, data = trace.problem, trace.data
    assert problem is not None and problem.model is not None and data is not None and data.test is not None
    test, model = data.test, problem.model
    return np.array([np.mean((model(test.x, tuple(p)) - test.y) ** 2) for p in trace.runs[0].params])


def test_both_losses_of_a_run_stand_side_by_side() -> None:
    trace = traced("loss: [train, test]", f"{FLOW}, {GD}")
    panel = drawn(trace)
    assert [(line.index, line.dashed, line.name is None) for line in panel.lines] == [
        (0, True, True),
        (0, False, False),
        (1, True, True),
        (1, False, False),
    ]
    np.testing.assert_array_equal(panel.lines[0].values, trace.runs[0].loss)
    np.testing.assert_allclose(panel.lines[1].values, by_hand(trace), rtol=1e-10)
    assert panel.says(panel.scale()) == "MSE: test, dashed training, log axis"


def test_a_test_loss_that_grows_is_followed_to_its_end() -> None:
    text = SCENE.format(panel="loss: [train, test]", rules="gradient_flow: 1e12")
    text = text.replace("degree: 12", "degree: 19").replace("n: 20", "n: 20, low: -2, high: 2")
    trace = simulate(read(text))
    panel, test = drawn(trace), by_hand(trace)
    assert test.max() > 30 * test[0] and test[-1] > 0.99 * test.max()
    scale = panel.scale()
    assert scale.high > test.max()


@pytest.mark.parametrize(("data", "count"), [("train", 1), ("test", 1), ("[test, train]", 2)])
def test_a_set_alone_is_a_whole_line(data: str, count: int) -> None:
    panel = drawn(traced(f"loss: {data}"))
    assert len(panel.lines) == count
    assert [line.dashed for line in panel.lines] == ([False] if count == 1 else [True, False])
    assert ("test" in panel.says(panel.scale())) == (data != "train")


@pytest.mark.parametrize(
    ("panel", "rules", "kind"),
    [
        ("loss: {x: time}", FLOW, "log"),
        ("loss: {x: time, xscale: linear}", FLOW, "linear"),
        ("loss: {x: time}", "gradient_flow: {until: 3, spacing: even}", "linear"),
        ("loss: {x: time}", f"{FLOW}, {GD}", "linear"),
        ("loss: {x: time, xscale: log}", f"{FLOW}, {GD}", "log"),
        ("loss: {xscale: log}", GD, "log"),
        ("loss", GD, "linear"),
    ],
)
def test_the_horizontal_axis(panel: str, rules: str, kind: str) -> None:
    made = drawn(traced(panel, rules))
    assert made.axes.x.kind == kind
    for line, track in zip(made.lines, made.ghosts, strict=True):
        places = made.axes.x.place(np.maximum(made.along(line), made.axes.x.low))
        assert places.min() >= 0 and places.max() <= 1 + 1e-12
        assert (np.diff(track.xy[:, 0]) >= -1e-9).all()
    if kind == "log":  # the start has a place of its own, left of the first step
        assert made.ghosts[-1].xy[0, 0] == pytest.approx(made.box.left)
        assert made.ghosts[-1].xy[1, 0] > made.box.left + 1


def test_time_is_the_sum_of_learning_rates_and_a_shorter_run_rests() -> None:
    trace = traced(
        "loss: {x: time}", f"{GD}, gd: {{lr: 0.2, steps: 10}}, adam: {{lr: {{linear: {{initial: 1}}}}}}"
    )
    first, second, third = trace.runs
    np.testing.assert_allclose(first.clock, 0.1 * np.arange(31), rtol=1e-12)
    np.testing.assert_allclose(second.clock, np.minimum(0.2 * np.arange(31), 2.0), rtol=1e-12)
    np.testing.assert_allclose(np.diff(third.clock), third.lr, rtol=1e-9, atol=1e-12)
    assert drawn(trace).axes.x.high == pytest.approx(third.clock[-1])


def test_frames_of_time_are_the_same_from_nothing() -> None:
    film = Film(traced("{loss: {data: [train, test], x: time}}, fit", f"{FLOW}, {GD}"), Look(seconds=0.5))
    for k, frame in enumerate(film.frames()):
        np.testing.assert_array_equal(frame, film.frame(k))


def test_a_run_that_diverges_leaves_the_test_losses_of_the_others_on_the_axis() -> None:
    text = """
    dataset: {line: {n: 40, test: 0.25}}
    optimizers: [sgd: {lr: 0.1}, sgd: {lr: 3, label: too large}]
    steps: 60
    panels: [loss: [train, test]]
    """
    trace = simulate(read(text))
    film = Film(trace, Look())
    film.frame(0)
    good = trace.problem.surface(*trace.runs[0].params.T, loss="test")  # type: ignore[union-attr]
    places = film.panels[0].axes.y.place(good)  # type: ignore[attr-defined]
    assert (places > 0).all() and places.max() - places.min() > 0.3


@pytest.mark.parametrize(
    ("more", "panel", "kind"),
    [
        ("pace: log\n", "loss", "log"),
        ("pace: log\n", "loss: {xscale: linear}", "linear"),
        ("pace: log\n", "loss: {x: gradients}", "linear"),
        ("pace: log\n", "loss: {inset: [0, 5, 1, 30]}", "log"),
        ("", "loss", "linear"),
    ],
)
def test_the_steps_go_as_the_film_does(more: str, panel: str, kind: str) -> None:
    text = f"landscape: rosenbrock\noptimizers: gd\nlr: 0.001\nsteps: 40\n{more}panels: [{panel}]\n"
    assert drawn(simulate(read(text))).axes.x.kind == kind


def test_the_name_of_a_curve_that_ends_early_is_tied_to_it_by_dots() -> None:
    rules = "steps: 200\noptimizers: [gradient_flow: 20, gd: {lr: 0.001}]\n"
    film = Film(
        simulate(read(f"landscape: rosenbrock\nstart: [-1.2, 1]\n{rules}panels: [loss: {{x: time}}]\n")),
        Look(),
    )
    assert film.static is not None
    (panel,) = film.panels
    assert isinstance(panel, Loss)
    (name,) = [name for name in panel.names if name.early]
    y = round(float(name.leader[0, 1]))
    row = film.static[y - 1 : y + 2, panel.box.left + 40 : panel.box.right - 40, :3].astype(int)
    ground = (np.abs(row - film.static[0, 0, :3].astype(int)).max(axis=(0, 2)) < 12).mean()
    assert ground > 0.25


@pytest.mark.parametrize(
    "panel", ["loss", "loss: [train, test]", "loss: {yscale: linear}", "curve: step_norm"]
)
@pytest.mark.parametrize(("factor", "followed"), [(1e5, True), (1e9, False), (1e70, False)])
def test_a_run_that_came_back_from_far_leaves_the_others_in_view(
    panel: str, factor: float, followed: bool
) -> None:
    trace = traced(panel, f"{GD}, adam: {{lr: 0.1}}")
    first, other = trace.runs
    loss, params = first.loss.copy(), first.params.copy()
    loss[4:8] *= factor
    params[4:8] *= factor**0.5
    film = Film(replace(trace, runs=(replace(first, loss=loss, params=params), other)), Look(seconds=0.5))
    scale = film.panels[0].scale()  # type: ignore[attr-defined]
    steps = np.abs(np.diff(params, axis=0)).max()
    top = loss.max() if "loss" in panel else steps
    assert (scale.high >= top) == followed
    if not followed:
        low, high = other.loss.min(), max(other.loss.max(), loss[0])
        if "loss" not in panel:
            low, high = (f(np.linalg.norm(np.diff(other.params, axis=0), axis=1)) for f in (np.min, np.max))
        assert scale.low <= low and high <= scale.high < 1e3 * high


@pytest.mark.parametrize("panel", ["loss", "curve: gradient_norm"])
def test_where_all_diverge_the_axis_begins_at_the_start(panel: str) -> None:
    text = "landscape: {formula: x**2 + 4*y**2}\nstart: [1, 1]\nlr: 1\nsteps: 150\noptimizers: gd\n"
    trace = simulate(read(f"{text}panels: [{panel}]\n"))
    scale = Film(trace, Look(seconds=0.5)).panels[0].scale()  # type: ignore[attr-defined]
    assert trace.runs[0].loss[-1] > 1e200
    assert scale.low <= 10 and scale.high > 1e100
