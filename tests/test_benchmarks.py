"""The benchmark's measures of pictures, its reckoning, its command lines, and the page it makes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import bounds
import measure
import quality
import report
import rules
import steps
from optanim.kinds import optimizer
from routes import LARGE, SCENES, TODAY, many_scenes, routes

ROOT = Path(__file__).parent.parent


def noise(seed: int, shape: tuple[int, ...] = (40, 50, 3)) -> np.ndarray:
    return np.random.default_rng(seed).integers(0, 256, shape, np.uint8)


# -- the page -----------------------------------------------------------------------------------


def test_the_page_is_what_the_last_run_makes() -> None:
    assert report.PAGE.read_text() == report.page(report.read())


def test_the_last_run_is_whole_and_tells_nothing_private() -> None:
    found = report.read()
    assert "not measured" not in [bound.met(found) for bound in bounds.BOUNDS]
    every = routes(Path("."), found["machine"]["cores"], full=found["full"])
    assert set(found["routes"]) == {route.key for route in every}
    text = report.LATEST.read_text()
    assert str(ROOT) not in text and "/home" not in text and "/tmp" not in text


# -- PSNR and SSIM ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("one", "other", "decibel"),
    [
        (0, 0, np.inf),
        (0, 255, 0.0),
        (100, 101, 20 * np.log10(255)),
        (255, 0, 0.0),  # the difference of bytes must not wrap
        (7, 17, 20 * np.log10(25.5)),
    ],
)
def test_psnr_of_even_pictures(one: int, other: int, decibel: float) -> None:
    shape = (9, 8, 3)
    pictures = np.full(shape, one, np.uint8), np.full(shape, other, np.uint8)
    assert quality.psnr(*pictures) == pytest.approx(decibel, abs=1e-9)


def test_ssim_of_a_picture_with_itself_is_one() -> None:
    assert quality.ssim(noise(1), noise(1)) == pytest.approx(1)


@pytest.mark.parametrize(("one", "other"), [(0, 255), (10, 20), (200, 100)])
def test_ssim_of_even_pictures_is_that_of_their_means(one: int, other: int) -> None:
    c = (0.01 * 255) ** 2
    expected = (2 * one * other + c) / (one**2 + other**2 + c)
    pictures = np.full((20, 30, 3), one, np.uint8), np.full((20, 30, 3), other, np.uint8)
    assert quality.ssim(*pictures) == pytest.approx(expected)


def test_ssim_is_the_formula_of_the_paper_window_by_window() -> None:
    one, other = noise(2, (9, 10, 3)), noise(3, (9, 10, 3))
    x, y = one @ np.array(quality.LUMA), other @ np.array(quality.LUMA)
    c1, c2 = 6.5025, 58.5225
    found = []
    for i in range(3):
        for j in range(4):
            a, b = x[i : i + 7, j : j + 7].ravel(), y[i : i + 7, j : j + 7].ravel()
            both = np.cov(a, b)
            near = (2 * a.mean() * b.mean() + c1) * (2 * both[0, 1] + c2)
            far = (a.mean() ** 2 + b.mean() ** 2 + c1) * (both[0, 0] + both[1, 1] + c2)
            found.append(near / far)
    assert quality.ssim(one, other) == pytest.approx(np.mean(found))


def test_noise_is_unlike_and_a_blur_is_between() -> None:
    picture = np.kron(noise(4, (5, 5, 3)), np.ones((8, 8, 1), np.uint8))
    disturbed = (picture * 0.9 + noise(5)[:40, :40] * 0.1).astype(np.uint8)
    assert quality.ssim(noise(6), noise(7)) < 0.1 < quality.ssim(picture, disturbed) < 0.99


def test_a_gif_shows_its_frames_in_their_time(tmp_path: Path) -> None:
    shades = [0, 60, 120, 250]
    delays = [30, 30, 60, 40]  # the third stands for two equal frames; hundredths do not come out even
    pictures = [Image.new("RGB", (4, 3), (shade,) * 3) for shade in shades]
    out = tmp_path / "a.gif"
    pictures[0].save(out, save_all=True, append_images=pictures[1:], duration=delays)
    found = [int(frame[0, 0, 0]) for frame in quality.gif_frames(out, 5)]
    assert found == [0, 60, 120, 120, 250]


def test_compare_matches_frames_by_number() -> None:
    pictures = [noise(number) for number in range(6)]
    raw = ((k, pictures[k]) for k in (0, 5))
    assert quality.compare(raw, iter(pictures)) == {
        "psnr": np.inf,
        "psnr_min": np.inf,
        "ssim": pytest.approx(1),
    }
    worse = pictures[0].copy()
    worse[0, 0] ^= 255
    two = quality.compare(iter([(0, pictures[0]), (1, pictures[1])]), iter([pictures[0], pictures[1]]))
    one = quality.compare(iter([(0, pictures[0]), (1, pictures[1])]), iter([worse, pictures[1]]))
    assert one["psnr_min"] < one["psnr"] < two["psnr"]
    assert one["psnr"] - one["psnr_min"] == pytest.approx(10 * np.log10(2))


# -- the reckoning ------------------------------------------------------------------------------


def made(**routes: dict[str, Any]) -> dict[str, Any]:
    usual = {"frames": 200, "full": 200, "base": "", "repeats": 1}
    return {"routes": {key.replace("_", "-"): usual | route for key, route in routes.items()}}


def test_a_part_stands_for_the_whole() -> None:
    found = made(
        two={"frames": 2, "seconds": [1.0, 2.0]},
        part={"frames": 12, "base": "two", "repeats": 10, "seconds": [2.0, 4.0]},
        all={"seconds": [5.0]},
    )
    assert bounds.whole(found, "part") == pytest.approx([10 * (1 + 19.8), 10 * (2 + 2 * 19.8)])
    assert bounds.whole(found, "all") == [5.0]
    assert bounds.whole(found, "other") == []


def test_the_ratio_of_a_further_frame() -> None:
    found = made(
        s_ours_gif={"seconds": [1.0]},
        long_ours_gif={"frames": 2000, "seconds": [2.8]},
        s_pillow_2={"frames": 2, "seconds": [1.0]},
        s_pillow={"seconds": [20.8]},
    )
    bound = next(bound for bound in bounds.BOUNDS if bound.what.startswith("time per further"))
    assert bound.values(found) == pytest.approx([1 / 100])
    assert bound.met(found) == "aim"


@pytest.mark.parametrize(
    ("measured", "at_least", "met"),
    [
        ([1.0], False, "aim"),
        ([1.5, 1.5, 9.0], False, "must"),
        ([3.0], False, "no"),
        ([3.0], True, "aim"),
        ([0.5], True, "no"),
        ([], False, "not measured"),
    ],
)
def test_met(measured: list[float], at_least: bool, met: str) -> None:
    must, aim = (1.0, 2.0) if at_least else (2.0, 1.0)
    bound = bounds.Bound("", must, aim, str, lambda found: measured, at_least)
    assert bound.met({}) == met


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ([], ""),
        ([0.05], "1/20"),
        ([0.05, 0.050001], "1/20"),
        ([0.05, 0.04, 0.1], "1/20 (1/25 to 1/10)"),
    ],
)
def test_spread(values: list[float], text: str) -> None:
    assert report.spread(values, bounds.ratio) == text


def test_a_table_lines_up() -> None:
    text = report.table(["a", "wide"], [["longer", "1"]])
    assert text.splitlines() == ["| a      | wide |", "|--------|------|", "| longer | 1    |"]


def test_the_ratio_of_many_runs_is_taken_round_by_round() -> None:
    taken = {"process": [1.0, 3.0], "call": [0.5, 0.9]}
    theirs = {"process": [2.0, 4.0], "call": [0.25, 0.3]}
    from_start, alone = (
        next(bound for bound in bounds.BOUNDS if bound.what.startswith(what))
        for what in ("10,000 Adam", "the same, against the call")
    )
    found = {"steps": {"optanim": taken, "optax": theirs}}
    assert from_start.values(found) == pytest.approx([0.5, 0.75])
    assert alone.values(found) == pytest.approx([2.0, 3.0])
    assert alone.values({"steps": {"optanim": taken}}) == []
    assert "| optanim, in double precision               | 2.00 (1.00 to 3.00) |" in report.steps_table(found)


def test_rules_are_listed_with_what_they_ask_for() -> None:
    rows = {
        "gd": {"title": "GD", "asks": [], "one": 1.5e-6, "many": 9e-10, "bound": 3e-10},
        "lbfgs": {"title": "L-BFGS", "asks": ["loss", "grad"], "one": 2e-5},
    }
    lines = [" ".join(line.split()) for line in report.rules_table({"rules": rows}).splitlines()]
    assert lines[2:] == ["| `gd` | | 1.5 | 0.9 | 0.3 | 3.0 |", "| `lbfgs` | loss, grad | 20.0 | | | |"]


# -- what is run --------------------------------------------------------------------------------


@pytest.mark.parametrize("full", [False, True])
def test_every_route_is_a_command_that_is_there(tmp_path: Path, full: bool) -> None:
    many_scenes(tmp_path / "scenes")
    every = {route.key: route for route in routes(tmp_path, 2, full=full)}
    for route in every.values():
        assert all(Path(word).exists() for word in route.command if word.endswith((".py", ".yaml")))
        assert route.out.parent == tmp_path
        assert str(route.out) in route.command
        if route.base:
            assert every[route.base].frames == 2
        else:
            assert route.frames == route.full or not route.title
    assert {route.scene for route in every.values()} == {*report.SCENES, ""}
    assert {*report.OURS, *report.OURS.values()} <= set(every)
    # Both sides draw as large and as long a film.
    assert LARGE in every["large-ours-gif"].command and LARGE in every["large-pillow"].command
    assert every["many-pillow"].times * every["many-pillow"].repeats == SCENES


@pytest.mark.parametrize("writer", ["pillow", "savefig"])
def test_the_script_of_today_draws_every_frame(tmp_path: Path, writer: str) -> None:
    runs = [{"label": "a", "params": [[-5, -2], [-4, 1], [-2, 0]], "loss": [10.5, 3.6, 0.4]}]
    trace, out = tmp_path / "trace.json", tmp_path / "out.gif"
    trace.write_text(json.dumps({"runs": runs}))
    subprocess.run([*TODAY, str(trace), str(out), "--writer", writer, "--frames", "4"], check=True)
    with Image.open(out) as gif:
        assert gif.size == (1000, 450)
        assert gif.n_frames == 4  # type: ignore[attr-defined]


def test_many_runs_of_adam_end_where_adam_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(steps, "RUNS", 20)
    monkeypatch.setattr(steps, "STEPS", 3)
    ends = np.array(steps.optanim()())
    assert ends.shape == (1, 2)  # every thousandth, as of 10,000
    np.testing.assert_allclose(ends, [np.array(steps.START) + 3e-3], rtol=1e-4)


def test_every_rule_has_its_cost(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(rules, "RUNS", 50)
    monkeypatch.setattr(rules, "STEPS", {1: 2, 50: 3})
    monkeypatch.setattr(rules, "REPEATS", 1)
    rules.main([])
    found = json.loads(capsys.readouterr().out)
    assert list(found) == list(optimizer)
    for name, row in found.items():
        assert row["one"] > 0
        assert ("many" in row) == (not optimizer[name].facts.get("single_run"))
        assert row.get("many", 1) > 0 < row.get("bound", 1)


def test_the_bound_counts_what_a_step_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[int] = []
    monkeypatch.setattr(rules, "REPEATS", 1)
    monkeypatch.setattr(rules, "STEPS", {4: 3})
    monkeypatch.setattr(rules, "bare", lambda written, steps: counted.append(len(written)) or 0.0)
    for name in ("gd", "momentum", "adam", "adan", "lookahead"):
        rules.measured(optimizer[name], 4)
    # p, and momentum's v, Adam's m and v, Adan's m, v, n and last gradient; Lookahead's base is Adam.
    assert counted == [1, 2, 3, 5, 3]


def test_a_process_is_measured_and_must_not_fail() -> None:
    code = "import time; x = bytearray(60_000_000); time.sleep(0.05)"
    taken = measure.cold([sys.executable, "-c", code], times=2)
    assert taken.seconds >= 0.05 and taken.cpu > 0 and 60 < taken.peak_mb < 1000
    with pytest.raises(SystemExit, match="failed"):
        measure.cold([sys.executable, "-c", "raise SystemExit(3)"])
