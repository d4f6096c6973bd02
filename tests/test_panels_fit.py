"""What the lines of the fit panel are: the model, a probability, or a score."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from optanim.film import Film
from optanim.panels import fit as fits
from optanim.panels.fit import Fit
from optanim.reader import load, read
from optanim.scene import Look
from optanim.simulate import simulate
from optanim.tracks import Track, turn

X = np.array([-2.0, -1.5, -1, -0.5, 0, 0.5, 1, 1.5, 2, 2.5])
TRUE = np.array([0, 0, 1, 0, 1, 0, 1, 1, 0, 1])


def fit(folder: Path, loss: str, low: float = -1.0) -> Fit:
    y = np.where(TRUE, 1.0, low)
    (folder / "points.csv").write_text("x,y\n" + "".join(f"{a},{b}\n" for a, b in zip(X, y, strict=True)))
    scene = folder / "scene.yaml"
    scene.write_text(
        f"dataset: {{csv: points.csv}}\nlandscape: {{linear_regression: {loss}}}\nstart: [-1, 0.5]\n"
        "lr: 0.5\nsteps: 20\noptimizers: [gd, adam]\npanels: [fit]\n"
    )
    film = Film(simulate(load(scene)), Look(seconds=1, fps=21))
    assert film.static.any() and film.frame(7).any()
    (panel,) = film.panels
    assert isinstance(panel, Fit)
    return panel


def values(panel: Fit, run: int, step: float) -> tuple[np.ndarray, np.ndarray]:
    """The line of a run at a step, back in the numbers of the axes."""
    line = panel._at(panel.params[run], step)
    x, y, box = panel.axes.x, panel.axes.y, panel.box
    across = x.low + (line[:, 0] - box.left) / box.width * (x.high - x.low)
    return across, y.low + (box.bottom - line[:, 1]) / box.height * (y.high - y.low)


@pytest.mark.parametrize("low", [-1.0, 0.0])
@pytest.mark.parametrize("step", [0, 3, 20])
def test_logistic_draws_the_probability_between_the_classes(tmp_path: Path, low: float, step: int) -> None:
    panel = fit(tmp_path, "logistic", low)
    slope, offset = panel.runs[1].params[step]
    x, y = values(panel, 1, step)
    assert len(x) > 100  # a curve
    np.testing.assert_allclose(y, low + (1 - low) / (1 + np.exp(-(slope * x + offset))), atol=1e-9)


@pytest.mark.parametrize("low", [-1.0, 0.0])
def test_hinge_draws_the_score_with_its_margin_at_the_classes(tmp_path: Path, low: float) -> None:
    panel = fit(tmp_path, "hinge", low)
    slope, offset = panel.runs[0].params[5]
    x, y = values(panel, 0, 5)
    score = slope * x + offset
    np.testing.assert_allclose(y, low + (1 - low) * (1 + score) / 2, atol=1e-9)


def test_another_loss_draws_the_model_between_iterates_too(tmp_path: Path) -> None:
    panel = fit(tmp_path, "huber")
    before, after = panel.runs[0].params[3:5]
    slope, offset = (before + after) / 2
    x, y = values(panel, 0, 3.5)
    np.testing.assert_allclose(y, slope * x + offset, atol=1e-9)


@pytest.mark.parametrize(
    ("loss", "low", "says"),
    [
        ("logistic", -1.0, "y; line: P(y = 1), 0 to 1; dashed: least loss"),
        ("logistic", 0.0, "y; line: P(y = 1), 0 to 1; dashed: least loss"),
        ("hinge", -1.0, "y; line: score, margin at ±1; dashed: least loss"),
        ("hinge", 0.0, "y; line: score, margin at 0 and 1; dashed: least loss"),
        ("mse", 0.0, "y; dashed: the least loss"),
    ],
)
def test_the_heading_says_what_the_line_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, loss: str, low: float, says: str
) -> None:
    said: list[str] = []
    monkeypatch.setattr(Fit, "heading", lambda self, pen, text: said.append(text))
    fit(tmp_path, loss, low)
    assert said == [says]


def test_a_line_far_outside_keeps_its_slope(tmp_path: Path) -> None:
    panel = fit(tmp_path, "mse")
    panel.params = [np.array([[1e6, 0.0]]), np.array([[1e6, 0.0]])]
    x, y = values(panel, 0, 0)
    np.testing.assert_allclose(y, 1e6 * x, rtol=1e-9)


LINE = "dataset: {line: {n: 30, noise: 1, seed: 0}}\nbatch: 4\nlr: 0.05\nsteps: 40\n"


@pytest.mark.parametrize(
    ("more", "whole", "parts"),
    [
        ("optimizers: sgd\nsweep: {seed: {range: 5}}\n", 5, set()),
        ("optimizers: [sgd, gd]\n", 0, {2}),
        ("optimizers: [sgd, adam]\nsweep: {seed: [0, 1, 2]}\n", 0, {2}),
    ],
)
def test_only_lines_of_several_looks_take_turns(
    more: str, whole: int, parts: set[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    taken: list[int] = []

    def noted(line: Track, place: int, count: int) -> Track:
        taken.append(count)
        return turn(line, place, count)

    monkeypatch.setattr(fits, "turn", noted)
    film = Film(simulate(read(f"{LINE}{more}panels: fit\n")), Look(seconds=1))
    assert film.frame(0).any()  # where all stand at the start
    assert set(taken) == parts and len(film.trace.runs) - len(taken) == whole
