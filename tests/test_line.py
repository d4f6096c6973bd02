"""The panel of a loss of one variable: hops on the curve, batches, gradients, and runs that fail."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from PIL import Image

from optanim import film as films
from optanim.film import Film
from optanim.panels.line import Line
from optanim.reader import read
from optanim.scene import Look, Size
from optanim.simulate import simulate
from tests import test_overlap
from tests.conftest import GOLDEN, psnr
from tests.test_film import trace

WELLS = "landscape: {formula: x**4/4 - x**2 - 0.4*x}\n"
DATA = "dataset: {line: {n: 32, slope: 2, intercept: 0, noise: 0.8, seed: 1}}\n"
SLOPE = DATA + "landscape: {linear_regression: {intercept: false}}\nstart: -1\nlr: 0.3\nsteps: 12\n"
BATCHES = SLOPE + "batch: 4\noptimizers: sgd\n"


@cache
def film(text: str, size: Size | None = None) -> Film:
    made = Film(simulate(read(text)), Look(seconds=2, size=size) if size else Look(seconds=2))
    assert made.static.any()
    return made


def line(text: str) -> Line:
    panel = film(text).panels[0]
    assert isinstance(panel, Line)
    return panel


@pytest.mark.parametrize("name", ["s3_03_gd", "s3_06_lr_too_small", "s3_08_lr_schedule", "x02_newton"])
def test_every_iterate_stands_on_the_curve(name: str) -> None:
    made = Film(trace(name), Look())
    assert made.static.any()
    panel = made.panels[0]
    assert isinstance(panel, Line)
    for run, way in zip(panel.runs, panel.hops.tracks, strict=True):
        expected = panel.axes.pixels(np.column_stack([run.params[:, 0], run.loss]))
        assert np.allclose([way.at(t) for t in range(len(expected))], expected, atol=1e-6)
        assert (expected[:, 1] > panel.box.top).all()


def test_a_period_of_two_is_two_arcs_with_a_head_each() -> None:
    made = Film(trace("s3_05_lr_too_big"), Look())
    assert made.static.any()
    hops = made.panels[0].hops  # type: ignore[attr-defined]
    there, back = hops.tracks[0].at(0.5), hops.tracks[0].at(1.5)
    assert abs(there[1] - back[1]) > 50
    tips = hops.arrows[0].corners[:, 0, 0]
    assert len(tips) == 8 and np.ptp(tips) > 500


# -- gradients ---------------------------------------------------------------------------------


def test_for_one_learning_rate_the_arrow_is_the_step_of_gradient_descent() -> None:
    panel = line(
        WELLS + "start: -2.2\nlr: 0.05\noptimizers: gd\nsteps: 8\npanels: [line: {arrows: gradient}]"
    )
    ways, said = panel.gradients
    assert said == "−lr × gradient"
    assert np.allclose(ways[0], np.diff(panel.runs[0].params[:, 0]))
    assert panel.said == "loss; arrow: −lr × gradient"


@pytest.mark.parametrize("rates", [(0.05, 0.2), (1e-6, 1e-6)])
def test_else_the_arrow_is_so_many_times_the_gradient_as_is_said(rates: tuple[float, float]) -> None:
    text = f"start: -2.2\noptimizers: [gd: {{lr: {rates[0]}}}, adam: {{lr: {rates[1]}}}]\nsteps: 8\n"
    panel = line(WELLS + text + "panels: [line: {arrows: gradient}]")
    ways, said = panel.gradients
    assert said.startswith("−gradient × ")
    times = float(said.split(" × ")[1])
    for run, way in zip(panel.runs, ways, strict=True):
        x = run.params[:-1, 0]
        assert np.allclose(way, -times * (x**3 - 2 * x - 0.4))
    assert 0.1 < max(np.abs(way).max() for way in ways) / (panel.axes.x.high - panel.axes.x.low) <= 0.25


def test_the_arrow_of_a_batch_is_what_sgd_steps_by() -> None:
    panel = line(BATCHES + "panels: [line: {loss: [full, batch], arrows: gradient}]")
    ways, said = panel.gradients
    assert said == "−lr × gradient of the batch"
    assert np.allclose(ways[0], np.diff(panel.runs[0].params[:, 0]))


# -- batches and other losses ------------------------------------------------------------------


def test_the_batch_of_the_step_is_drawn_and_changes_with_every_step() -> None:
    text = BATCHES + "panels: [line: [full, batch]]"
    panel = line(text)
    batches, problem = panel.stage.trace.batches, panel.stage.trace.problem
    assert batches is not None and problem is not None
    for step in (1, 7, 12):
        strip = panel._of_batch(step)[0]
        x = panel.axes.x.low + (strip[:, 0] - panel.box.left) / panel.box.width * (
            panel.axes.x.high - panel.axes.x.low
        )
        expected = panel.axes.pixels(np.column_stack([x, problem.surface(x, rows=batches.rows(step))]))
        seen = (expected[:, 1] > 0) & (expected[:, 1] < 480)
        assert seen.any() and np.allclose(strip[seen], expected[seen], atol=1e-3)
    changes = [k for k in range(1, film(text).count) if panel.grown(k) == [panel.box]]
    assert len(changes) == 11  # of 12 steps the first is there from the start


def test_hops_on_the_batch_alone_stand_on_the_curve_of_their_step() -> None:
    panel = line(BATCHES + "panels: [line: batch]")
    run, problem = panel.runs[0], panel.stage.trace.problem
    batches = panel.stage.trace.batches
    assert problem is not None and batches is not None
    starts = panel.hops.starts_of[0]
    assert run.batch_loss is not None
    expected = panel.axes.pixels(np.column_stack([run.params[:-1, 0], run.batch_loss]))
    assert np.allclose(starts, expected)
    assert panel.said == "MSE of the batch of the step"
    # The lowest of every batch is in view.
    lowest = min(problem.surface(panel.x, rows=batches.rows(t)).min() for t in range(1, 13))
    assert panel.axes.y.low < lowest


def test_hops_stand_on_the_first_loss_that_stays() -> None:
    panel = line(SLOPE + "optimizers: gd\npanels: [line: [mae, mse]]")
    problem, run = panel.stage.trace.problem, panel.runs[0]
    assert problem is not None
    x = run.params[:, 0]
    expected = panel.axes.pixels(np.column_stack([x, problem.surface(x, loss="mae")]))
    assert np.allclose(panel.hops.tracks[0].at(0), expected[0])
    assert np.allclose(panel.hops.tracks[0].at(12), expected[12])
    assert panel.said == "MAE"


def test_points_that_are_kept_back_have_a_curve() -> None:
    text = SLOPE.replace("seed: 1", "seed: 1, test: 0.5") + "optimizers: gd\npanels: [line: [train, test]]"
    assert (film(text).frame(-1) != film(text.replace("[train, test]", "train")).frame(-1)).any()


# -- views and runs that fail ------------------------------------------------------------------


def test_a_run_that_fails_is_marked_and_does_not_rescale_the_others() -> None:
    good = "landscape: {formula: x**2}\nview: [-2, 2]\nstart: 1.5\nsteps: 12\noptimizers: [gd: {lr: 0.1}"
    alone, both = (
        line(good + more + "]\npanels: line") for more in ("", ", gd: {lr: 1.1}, gd: {lr: 1.0e+100}")
    )
    left = both.hops.exits[1]
    assert left is not None
    run = both.runs[1]
    seen = (run.loss <= both.axes.y.high) & (np.abs(run.params[:, 0]) <= 2)
    assert seen[left.step - 1] and not seen[left.step :].any()
    assert abs(left.place[1] - both.box.top) <= 1.5 or abs(left.place[0] - both.box.right) <= 1.5
    assert both.hops.exits[2] is not None
    assert both.axes.y.high <= 4 * alone.axes.y.high


def test_a_made_view_shows_both_sides_of_the_minimum() -> None:
    panel = line("landscape: {formula: cosh(x/2)}\nstart: 8\nlr: 0.2\noptimizers: gd\npanels: line")
    assert panel.axes.x.low < -3 and 8 < panel.axes.x.high < 12
    edge = line("landscape: {formula: sqrt(x) + x}\nstart: 3\nlr: 0.1\noptimizers: gd\npanels: line")
    assert edge.axes.x.low > -1.5  # where nothing is, nothing is shown


def test_walls_that_nobody_climbs_do_not_take_room() -> None:
    panel = line(
        "landscape: {formula: x**2}\nstart: 1\noptimizers: [gd: {lr: 0.1}, gd: {lr: 1.2}]\npanels: line"
    )
    ends = np.array([panel.axes.x.low, panel.axes.x.high]) ** 2
    assert (ends < 1.5 * panel.axes.y.high).all()


def test_a_given_view_is_the_view() -> None:
    panel = line(WELLS + "start: -2\nlr: 0.1\noptimizers: gd\npanels: [line: {view: [-3, 3, -2, 5]}]")
    assert (panel.axes.x.low, panel.axes.x.high, panel.axes.y.low, panel.axes.y.high) == (-3, 3, -2, 5)


def test_panels_of_some_runs_each_have_one_scale() -> None:
    film_of = film(
        "landscape: {formula: x**2}\nview: [-2.8, 2.8]\nstart: 1.8\nsteps: 12\n"
        "optimizers: [gd: {lr: 0.05, label: a}, gd: {lr: 0.3, label: b}, gd: {lr: 1.04, label: c}]\n"
        "panels: [line: {only: a}, line: {only: b}, line: {only: c}]"
    )
    assert film_of.static.any()
    one, two, three = film_of.panels
    scales = {(panel.axes.x, panel.axes.y) for panel in film_of.panels}
    assert len(scales) == 1
    assert [panel.indices for panel in (one, two, three)] == [[0], [1], [2]]


@pytest.mark.parametrize(
    "text",
    [
        "landscape: {formula: log(x)}\nstart: 3\noptimizers: gd\nlr: 0.5",
        "landscape: {formula: 1/x}\nstart: 0.1\noptimizers: gd\nlr: 0.001",
        "landscape: {formula: abs(x)}\nstart: 3\noptimizers: gd\nlr: 0.7",
        "landscape: {formula: sin(50*x) + x**2}\nstart: 3\noptimizers: [gd, adam]\nlr: 0.01",
        "landscape: {formula: exp(x)}\nstart: 3\noptimizers: gd\nlr: 0.01\nsteps: 400",
        "landscape: {formula: 0*x}\nstart: 3\noptimizers: gd\nlr: 1",
        "landscape: {formula: sqrt(x)}\nstart: 0.01\noptimizers: gd\nlr: 1",  # ends in its first step
        "landscape: {formula: 1e300*x**2}\nstart: 3\noptimizers: gd\nlr: 1",
        "landscape: {formula: x**2}\nstart: 1.0e+150\noptimizers: gd\nlr: 0.1",
        "landscape: {formula: x**2}\nstart: 0\noptimizers: gd\nlr: 1\nsteps: 1",
        "landscape: {formula: x**2}\nview: [10, 20]\nstart: 1\noptimizers: gd\nlr: 0.1",
        "landscape: {formula: x**2}",
        DATA + "landscape: {linear_regression: {intercept: false, loss: rmse}}\noptimizers: adam",
        BATCHES.replace("batch: 4", "batch: {linear: {initial: 2, final: 32}}") + "panels: [line: batch]",
        BATCHES + "panels: [line: {loss: [full, batch, mae], arrows: gradient, marks: [point: [1, 1]]}]",
        "landscape: {formula: x**2}\nstart: 1\nlr: 0.9\n"
        "optimizers: [gd, momentum, adam, newton, sgd, rmsprop, adagrad, lion]",
        "landscape: {formula: x**2}\nstart: 1\noptimizers: [gd: {lr: 1.2}, adam]\npanels: [grid: line]",
    ],
)  # fmt: skip
@pytest.mark.parametrize("size", [None, Size(640, 400)])
def test_any_landscape_of_one_variable_is_drawn_the_same_step_by_step(text: str, size: Size | None) -> None:
    made = film(text, size)
    for k, frame in enumerate(made.frames()):
        if k % 11 == 0 or k == made.count - 1:
            assert np.abs(frame.astype(int) - made.frame(k)).max() <= 3, k


@pytest.mark.parametrize(
    ("name", "theme", "at"),
    [
        ("s3_03_gd", "light", 0.5),
        ("s3_04_sgd", "light", 0.5),
        ("s3_05_lr_too_big", "dark", 0.3),
        ("s3_08_lr_schedule", "paper", 1.0),
        ("x01_three_learning_rates", "light", 1.0),
    ],
)
def test_golden_frames(name: str, theme: str, at: float, request: pytest.FixtureRequest) -> None:
    made = Film(trace(name), Look(theme=theme))
    frame = made.frame(round(at * (made.count - 1)))[..., :3]
    golden = GOLDEN / f"{name}_{theme}_{round(at * 100)}.png"
    if request.config.getoption("--refresh"):
        Image.fromarray(frame).save(golden, optimize=True)
    assert psnr(frame, np.asarray(Image.open(golden).convert("RGB"))) >= 45


LEAVES = "landscape: {formula: x**4/4 - x**2 - 0.4*x}\nstart: -2.2\nsteps: 40\n"
LEAVES += "optimizers: [gd: {lr: 0.05}, gd: {lr: 0.9, label: wild}]\n"


def test_a_run_that_has_ended_has_no_arrow() -> None:
    made = film(LEAVES + "panels: [line: {arrows: gradient}]")
    assert made.trace.runs[1].ended is not None
    for k in (0, made.count // 2, made.count - 1):
        assert made.frame(k).any()


def test_gradients_outside_the_view_do_not_set_the_scale_of_the_arrows() -> None:
    ways, _ = line(LEAVES + "panels: [line: {arrows: gradient}]").gradients
    panel = line(LEAVES + "panels: [line: {arrows: gradient}]")
    longest = np.abs(ways[0][np.isfinite(ways[0])]).max()
    assert longest > 0.02 * (panel.axes.x.high - panel.axes.x.low)


FAST = SLOPE.replace("steps: 12", "steps: 600") + "batch: 4\noptimizers: sgd\n"


@pytest.mark.parametrize(
    ("panel", "said"),
    [
        ("line: batch", "MSE of the batch of the step; {} of 600 batches drawn"),
        ("line: [full, batch]", "MSE"),
    ],
)
def test_of_many_batches_some_are_drawn_and_it_says_how_many(panel: str, said: str) -> None:
    made = film(f"{FAST}panels: [{panel}]")
    shown = len(set(made.stage.batch_steps.tolist()))
    assert shown <= 8 * 2 + 1
    assert made.panels[0].said == said.format(shown)
    grown = [bool(k and made.panels[0].box in made.panels[0].grown(k)) for k in range(made.count)]
    assert sum(grown) == shown - 1


@pytest.mark.parametrize(
    "scene",
    [
        "landscape: {formula: 1e-12*cos(x)}\nstart: 1\noptimizers: [gd: {lr: 1e11}]\n",
        "landscape: {formula: 1e12*(x-1e6)**2}\nstart: 1000010\nlr: 1e-13\noptimizers: [gd, momentum]\n",
        "landscape: {formula: 1e12*(x-1e6)**2}\nstart: 1000010\nlr: 1e-13\noptimizers: [gd]\n"
        "panels: [line, weights]\n",
    ],
)
def test_long_numbers_find_room(scene: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(films, "Pen", test_overlap.Recorder)
    test_overlap.PENS.clear()
    test_overlap.check(Film(simulate(read(scene)), Look(seconds=1)))
