"""The page about the figures of the sources: each has its scene, and the numbers are those of the runs."""

from __future__ import annotations

import functools
import re
from pathlib import Path

import numpy as np
import pytest

from optanim.losses import hits
from optanim.reader import load
from optanim.simulate import simulate
from optanim.trace import Trace

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "figures-of-the-sources.md"
ROWS = [line for line in PAGE.read_text().splitlines() if re.match(r"\| \d\.\d", line)]
FIRST = re.compile(r"s\d_\d+")  # of the scene that a row is about


@functools.cache
def trace(scene: str) -> Trace:
    return simulate(load(ROOT / "scenes" / f"{scene}.yaml"))


def row(scene: str) -> str:
    """The row whose scene this is."""
    short = FIRST.match(scene)
    assert short
    (found,) = [line for line in ROWS if f"[{short[0]}]" in line]
    return found


def test_every_figure_has_one_row_and_every_row_its_scene() -> None:
    figures = [line.split("|")[1].split()[0] for line in ROWS]
    assert figures == [
        *(f"1.{n}" for n in range(1, 14)),
        *(f"2.{n}" for n in range(1, 9)),
        "3.1a",
        "3.1b",
        *(f"3.{n}" for n in range(2, 15)),
    ]
    assert len(figures) == 36
    for line in ROWS:
        cell = line.split("|")[2]
        linked = re.findall(r"\(\.\./(scenes/[^)]+)\)", cell)
        assert all((ROOT / name).is_file() for name in linked)
        assert linked


def test_every_scene_of_a_source_is_on_the_page() -> None:
    linked = set(re.findall(r"\(\.\./scenes/(\w+)\.yaml\)", PAGE.read_text()))
    scenes = {path.stem for path in (ROOT / "scenes").glob("s[123]_*.yaml")}
    assert scenes <= linked


# (scene, run, step, "loss" or the number of a coordinate, as the page says it)
NUMBERS = [
    ("s1_03_gd", 0, 20, 0, "−0.9435"),
    ("s1_03_gd", 0, 20, 1, "−0.0000731"),
    ("s1_04_gd_diverges", 0, 20, 1, "−1673"),
    ("s1_04_gd_diverges", 0, 20, "loss", "5.6 million"),
    ("s1_05_momentum", 0, 20, 0, "−0.06284"),
    ("s1_05_momentum", 0, 20, 1, "0.001202"),
    ("s1_06_momentum_lr06", 0, 20, "loss", "0.0000182"),
    ("s1_07_momentum_heavy", 0, 20, 1, "0.6985"),
    ("s1_08_nesterov", 0, 20, "loss", "0.0457"),
    ("s1_08_nesterov", 1, 20, "loss", "1.01"),
    ("s1_09_adagrad", 0, 20, 0, "−2.38256277"),
    ("s1_09_adagrad", 0, 20, 1, "−0.15859055"),
    ("s1_10_adagrad_lr2", 0, 20, 0, "−0.0023"),
    ("s1_10_adagrad_lr2", 0, 1, 1, "−0.0000000156"),
    ("s1_11_rmsprop", 0, 20, 0, "−0.0106"),
    ("s1_12_adam", 0, 20, 0, "0.4142"),
    ("s1_12_adam", 0, 20, 1, "0.08614"),
    ("s2_3_losses_lr01", 5, 99, "loss", "0.2986"),
    ("s2_3_losses_lr01", 4, 99, "loss", "5.181"),
    ("s2_4_losses_lr1", 0, 99, "loss", "0.5073"),
    ("s2_4_losses_lr1", 2, 99, "loss", "0.2915"),
    ("s2_4_losses_lr1", 4, 99, "loss", "0.2958"),
    ("s2_4_losses_lr1", 5, 99, "loss", "0.3458"),
    ("s2_5_adam_lr01", 0, 99, "loss", "0.2983"),
    ("s2_5_adam_lr01", 1, 99, "loss", "5.181"),
    ("s2_6_lamb_lr01", 0, 1, 0, "−9.801"),
    ("s2_6_lamb_lr01", 1, 1, 0, "−8.76"),
    ("s2_6_lamb_lr01", 1, 99, "loss", "0.2986"),
    ("s2_7_adam_lr1", 0, 99, "loss", "0.2915"),
    ("s2_7_adam_lr1", 1, 99, "loss", "0.2958"),
    ("s2_8_lamb_lr1", 1, 1, 0, "2.40"),
    ("s2_8_lamb_lr1", 1, 1, 1, "−1.39"),
    ("s3_03_gd", 0, 1, 0, "1.65"),
    ("s3_03_gd", 0, 3, 0, "0.8677"),
    ("s3_03_gd", 0, 4, 0, "0.3913"),
    ("s3_05_lr_too_big", 0, 8, "loss", "2.25"),
    ("s3_06_lr_too_small", 0, 12, 0, "−1.35"),
    ("s3_08_lr_schedule", 0, 1, 0, "0.4592"),
    ("s3_08_lr_schedule", 0, 12, 0, "1.493"),
    ("s3_10_annealing", 0, 2000, "loss", "24.87"),
    ("s3_10_annealing", 1, 2000, "loss", "11.25"),
    ("s3_10_annealing", 2, 2000, "loss", "4.98"),
    ("s3_11_large_lr", 0, 20, 1, "−0.884"),
    ("s3_12_small_lr", 0, 20, 0, "−0.9435"),
    ("s3_13_momentum", 0, 10, 0, "2.811"),
    ("s3_14_overfitting", 0, 240, "loss", "0.00001"),
    ("s3_14_overfitting", 1, 240, "loss", "0.000023"),
]


@pytest.mark.parametrize(("scene", "run", "step", "what", "said"), NUMBERS)
def test_numbers_are_those_of_the_runs(scene: str, run: int, step: int, what: str | int, said: str) -> None:
    assert re.search(rf"(?<![\d−.]){re.escape(said)}(?!\d)", row(scene)), f"the row of {scene} says {said}"
    path = trace(scene).runs[run]
    found = float(path.loss[step] if isinstance(what, str) else path.params[step, what])
    number, _, unit = said.replace("−", "-").partition(" ")
    assert round(found / (1e6 if unit else 1), len(number.partition(".")[2])) == float(number)


# (scene, per cent that its groups of seeds end at, how far other processors' rounding may lead from them)
ENDS = [
    ("s3_07_three_lrs", (98, 97, 88), (1, 1, 1.5)),
    ("s3_09_ladder", (57, 85), (6, 3)),
]


def accuracies(scene: str) -> list[float]:
    """The test accuracy in % at the end of the runs, the mean of those that differ in the seed alone."""
    made = trace(scene)
    problem, data = made.problem, made.data
    assert problem and problem.model and data and data.test
    model, test = problem.model, data.test
    shares = [100 * float(hits(model(test.x, run.params[-1]), test.y)) for run in made.runs]
    return [float(np.mean([shares[run] for run in family])) for family in made.families]


@pytest.mark.parametrize(("scene", "said", "off"), ENDS)
def test_networks_come_to_what_is_said(scene: str, said: tuple[float, ...], off: tuple[float, ...]) -> None:
    assert all(f"{share}" in row(scene) for share in said)
    assert all(
        abs(found - share) < far for found, share, far in zip(accuracies(scene), said, off, strict=True)
    )


def test_the_ladder_ends_above_the_constant_rate() -> None:
    constant, stepped = accuracies("s3_09_ladder")
    assert [len(family) for family in trace("s3_09_ladder").families] == [4, 4]
    assert stepped - constant > 10


def test_what_is_said_of_the_posts_labels() -> None:
    text = PAGE.read_text()
    lamb = trace("s2_8_lamb_lr1").runs[1]
    assert "after 15 steps" in text
    assert lamb.rule == "lamb"
    assert int((lamb.loss < 0.5).argmax()) == 15
    for step, said in ((98, "1.071"), (99, "0.346")):
        assert f"{float(lamb.loss[step]):.3f}" == said
        assert f"{said} in step {step}" in text
    assert [
        trace(f"s2_{n}").runs[0].rule for n in ("5_adam_lr01", "6_lamb_lr01", "7_adam_lr1", "8_lamb_lr1")
    ] == [
        "momentum",
        "adam",
        "momentum",
        "adam",
    ]
    assert set(trace("s3_05_lr_too_big").runs[0].loss) == {2.25}
    momentum = trace("s3_13_momentum").runs[0].params[:, 0]
    assert int(momentum.argmax()) == 10
