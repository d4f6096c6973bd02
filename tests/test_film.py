"""Frames built step by step equal frames rebuilt from nothing, and look as they did before."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from optanim.film import Film
from optanim.reader import load
from optanim.scene import NAMED_SIZES, Look, Size
from optanim.simulate import simulate
from optanim.stage import clock
from optanim.trace import Trace
from tests.conftest import GOLDEN, psnr

SCENES = Path(__file__).parent.parent / "scenes"
NAMES = sorted(path.stem for path in SCENES.glob("*.yaml"))


@cache
def trace(name: str) -> Trace:
    return simulate(load(SCENES / f"{name}.yaml"))


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_step_by_step_is_rebuilt_from_nothing(name: str, theme: str) -> None:
    film = Film(trace(name), Look(theme=theme, seconds=4, fps=15))
    checked = set(range(0, film.count, 7)) | {1, film.count - 1}
    for k, frame in enumerate(film.frames()):
        assert frame.shape == (film.height, film.width, 4) and (frame[..., 3] == 255).all()
        if k in checked:
            rebuilt = film.frame(k)
            assert np.abs(frame.astype(int) - rebuilt).max() <= 3, k
            assert psnr(frame, rebuilt) >= 60, k


@pytest.mark.parametrize("name", ["smallest", "lamb_lr1", "s1_04_gd_diverges"])
def test_every_iteration_gives_the_same_frames(name: str) -> None:
    film = Film(trace(name), Look(seconds=1, fps=10))
    first = [frame.copy() for frame in film.frames()]
    second = [frame.copy() for frame in film.frames()]
    assert len(first) == film.count == 10
    assert all((a == b).all() for a, b in zip(first, second, strict=True))
    assert any((a != b).any() for a, b in zip(first, first[1:], strict=False))
    assert (film.frame(-1) == film.frame(film.count - 1)).all()


@pytest.mark.parametrize(
    ("name", "theme", "at"),
    [
        ("smallest", "light", 0.0),
        ("smallest", "light", 0.5),
        ("smallest", "light", 1.0),
        ("smallest", "dark", 0.5),
        ("lamb_lr1", "light", 0.15),
        ("lamb_lr1", "dark", 1.0),
        ("s1_06_momentum_lr06", "dark", 0.5),
        ("s1_13_amsgrad", "paper", 1.0),
        ("s2_1_dataset", "light", 1.0),
        ("s2_3_losses_lr01", "light", 1.0),
        ("s3_15_per_parameter", "light", 0.6),
        ("s3_10_annealing", "dark", 1.0),
        ("s3_14_overfitting", "light", 0.6),
        ("gradient_flow", "light", 0.3),
        ("x03_why_adam", "light", 0.8),
        ("x03_why_adam", "dark", 0.5),
        ("weight_decay", "light", 1.0),
        ("trust_ratio", "dark", 1.0),
        ("edge_of_stability", "light", 0.5),
        ("x06_saddle_flight", "dark", 0.6),
        ("x15_valley", "light", 1.0),
        ("x17_landmarks", "dark", 0.2),
        ("x18_four_ways", "light", 0.5),
    ],
)
def test_golden_frames(name: str, theme: str, at: float, request: pytest.FixtureRequest) -> None:
    film = Film(trace(name), Look(theme=theme))
    frame = film.frame(round(at * (film.count - 1)))[..., :3]
    golden = GOLDEN / f"{name}_{theme}_{round(at * 100)}.png"
    if request.config.getoption("--refresh"):
        golden.parent.mkdir(exist_ok=True)
        Image.fromarray(frame).save(golden, optimize=True)
    expected = np.asarray(Image.open(golden).convert("RGB"))
    assert frame.shape == expected.shape
    assert psnr(frame, expected) >= 45


@pytest.mark.parametrize("size", [Size(333, 251), Size(1280, 720), Size(800, 800), Size(200, 150)])
@pytest.mark.parametrize("name", ["smallest", "lamb_lr1", "s2_1_dataset"])
def test_any_size_is_drawn(name: str, size: Size) -> None:
    film = Film(trace(name), Look(size=size, seconds=0.2))
    assert film.frame(0).shape == (size.height, size.width, 4)


@pytest.mark.parametrize("pace", ["linear", "log"])
@pytest.mark.parametrize(("steps", "frames"), [(20, 180), (2000, 60), (1, 2), (100, 1)])
def test_the_clock_runs_from_the_start_to_the_last_step(steps: int, frames: int, pace: str) -> None:
    tau = clock(steps, frames, pace)
    assert len(tau) == frames and np.isclose(tau[-1], steps)
    assert (np.diff(tau) > 0).all()
    if frames > 2:
        assert tau[0] == 0
        assert (np.diff(tau)[0] < steps / frames) == (pace == "log")


@pytest.mark.parametrize("name", ["smallest", "lamb_lr1"])
def test_scale_keeps_the_layout(name: str) -> None:
    one, two = (Film(trace(name), Look(scale=scale)) for scale in (1.0, 2.0))
    assert (two.width, two.height) == (2 * one.width, 2 * one.height)
    large = two.frame(-1)[..., :3].astype(float)
    small = (large[::2, ::2] + large[1::2, ::2] + large[::2, 1::2] + large[1::2, 1::2]) / 4
    # Type is set for each size: only its outlines may differ.
    assert psnr(one.frame(-1), np.dstack([small, small[..., :1]]).astype(np.uint8)) > 22
    for a, b in zip(one.panels, two.panels, strict=True):
        assert np.allclose(
            2 * np.array([a.box.left, a.box.top, a.box.right, a.box.bottom]),
            [b.box.left, b.box.top, b.box.right, b.box.bottom],
            atol=4,
        )


def test_still_scenes_have_one_frame() -> None:
    film = Film(trace("s2_1_dataset"), Look())
    assert film.still and film.count == 1 and film.hold == 0
    assert len(list(film.frames())) == 1


def test_only_limits_a_panel_to_its_runs() -> None:
    one = trace("smallest")
    panels = tuple(replace(p, settings={"only": ("Adam",)}) for p in one.scene.panels)
    film = Film(replace(one, scene=replace(one.scene, panels=panels)), Look(seconds=1))
    assert [panel.indices for panel in film.panels] == [[2], [2]]
    assert psnr(film.frame(-1), Film(one, Look(seconds=1)).frame(-1)) < 40


def test_slides_have_larger_type_in_the_same_pixels() -> None:
    wide, slides = (Film(trace("smallest"), Look(size=NAMED_SIZES[name])) for name in ("wide", "slides"))
    assert (wide.width, wide.height) == (slides.width, slides.height) == (1280, 720)
    assert slides.stage.dpi == pytest.approx(1.5 * wide.stage.dpi)
