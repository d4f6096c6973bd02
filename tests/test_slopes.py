"""Gradients as arrows: which they are, how long, and that a film of them is the same from nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from optanim.film import Film
from optanim.oracles import Noise
from optanim.panels.contour import Contour
from optanim.reader import read
from optanim.scene import Look
from optanim.simulate import simulate
from optanim.slopes import CLOUD, LONG, SHORT, Slopes
from optanim.trace import Trace
from tests.conftest import GOLDEN, psnr
from tests.test_film import trace as of_scene

DATA = "dataset: {line: {n: 40, noise: 2}}\nbatch: 6\nsteps: 9"
NOISY = "landscape: {quadratic: {noise: 0.5}}\nsteps: 9"


def run(text: str, arrows: str = "noise", rule: str = "sgd", lr: Any = 0.2) -> Trace:
    return simulate(read(f"{text}\noptimizers: {rule}\nlr: {lr}\npanels: [contour: {{arrows: {arrows}}}]"))


def slopes(made: Trace) -> Slopes:
    film = Film(made, Look(seconds=2))
    assert film.static.any()
    (panel,) = film.panels
    assert isinstance(panel, Contour) and panel.slopes is not None
    return panel.slopes


def test_the_cloud_is_of_batches_of_the_size_of_the_step() -> None:
    made = run(DATA)
    found, path, problem = slopes(made), made.runs[0], made.problem
    assert problem is not None and made.batches is not None
    assert sorted(set(made.batches.sizes)) == [4, 6]  # the last batch of an epoch is short
    for t in range(9):
        whole, own, cloud = found._of(0, t)
        at = path.params[[t]]
        assert own is not None and cloud.shape == (CLOUD, 2)
        assert (whole == problem.slope(at)[1][0]).all()
        assert (own == problem.slope(at, rows=made.batches.rows(t + 1))[1][0]).all()
        rows = found._rows(int(made.batches.sizes[t]))
        for each, slope in zip(rows, cloud, strict=True):
            assert len(set(each.tolist())) == len(each) == made.batches.sizes[t]
            assert (slope == problem.slope(at, rows=each)[1][0]).all()
        assert np.allclose(path.params[t + 1], path.params[t] - 0.2 * own, rtol=1e-12)
    assert found._of(0, 9)[1] is None  # no step is made from the last iterate


def test_a_batch_of_all_data_has_no_cloud() -> None:
    whole, own, cloud = slopes(run("dataset: {line: {n: 6}}\nbatch: 6\nsteps: 3"))._of(0, 0)
    assert own is not None and np.allclose(own, whole) and np.allclose(cloud, whole)


def test_the_cloud_of_a_noisy_landscape_is_off_by_the_noise_of_the_scene() -> None:
    made = run(NOISY, lr=0.01)
    found, path = slopes(made), made.runs[0]
    assert made.problem is not None and made.problem.noise is not None
    tilts = Noise(made.problem.noise, made.scene.seed, 2).tilts()
    for t in range(9):
        whole, own, cloud = found._of(0, t)
        assert own is not None and np.allclose(own - whole, next(tilts))
        assert np.allclose(path.params[t + 1], path.params[t] - 0.01 * own, rtol=1e-12)
        assert 0.3 < (cloud - whole).std() < 0.8


def test_an_arrow_alone_is_minus_the_gradient() -> None:
    made = run("landscape: rosenbrock\nsteps: 9", "gradient", "adam", 0.05)
    found = slopes(made)
    whole, own, cloud = found._of(0, 4)
    assert made.problem is not None and own is None and not len(cloud)
    assert (whole == made.problem.slope(made.runs[0].params[[4]])[1][0]).all()


@pytest.mark.parametrize("lr", [1e-5, 0.01, 0.2, "{linear: {initial: 0.2}}"])
def test_arrows_are_neither_long_nor_short(lr: Any) -> None:
    made = run(DATA, lr=lr)
    found = slopes(made)
    side = min(found.axes.box.width, found.axes.box.height)
    ways = [found._of(0, t)[2] * found.scale for t in range(10)]
    ends = [
        found.axes.pixels(p + np.vstack([[0, 0], w])) for p, w in zip(made.runs[0].params, ways, strict=True)
    ]
    longest = max(np.hypot(*(each[1:] - each[0]).T).max() for each in ends)
    assert SHORT * 0.9 * side <= longest <= LONG * 1.1 * side
    if lr == 0.2:
        assert found.scale == 0.2  # then an arrow is the step


@pytest.mark.parametrize("text", [DATA, NOISY])
def test_the_heading_says_what_is_bold_and_what_is_thin(text: str) -> None:
    for way in slopes(run(text, lr=0.01)).words():
        assert "bold" in way and "thin" in way


@pytest.mark.parametrize(("theme", "at"), [("light", 0.2), ("dark", 1.0)])
def test_golden_frames(theme: str, at: float, request: pytest.FixtureRequest) -> None:
    film = Film(of_scene("gradient_noise"), Look(theme=theme, seconds=12))
    frame = film.frame(round(at * (film.count - 1)))[..., :3]
    golden = GOLDEN / f"gradient_noise_{theme}_{round(at * 100)}.png"
    if request.config.getoption("--refresh"):
        Image.fromarray(frame).save(golden, optimize=True)
    assert psnr(frame, np.asarray(Image.open(golden).convert("RGB"))) >= 45
