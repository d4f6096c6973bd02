"""What stands above panels: what is drawn comes first, and the rest as there is room."""

from __future__ import annotations

from typing import Any

import pytest

from optanim.bands import said
from optanim.film import Film
from optanim.panels.headings import fitting, in_fewer, parted
from optanim.reader import read
from optanim.scene import Look
from optanim.simulate import simulate

WAYS = in_fewer("loss: test, dashed training, log axis", said("minmax", True, 4))


@pytest.mark.parametrize(
    ("room", "expected"),
    [
        (99, "loss: test, dashed training, log axis; geometric mean of 4 seeds, band: lowest to highest"),
        (80, "loss: test, dashed training, log axis; geometric mean of 4 seeds, band: min–max"),
        (75, "loss: test, dashed training, log axis; geometric mean, min–max of 4 seeds"),
        (62, "loss: test, dashed training, log axis; geometric mean, min–max"),
        (60, "loss: test, dashed training, log axis; geom. mean, min–max"),
        (54, "loss: test, dashed training, log; geom. mean, min–max"),
        (49, "loss: test, dashed training, log; geometric mean"),
        (40, "loss: test, dashed training, log axis"),
        (33, "loss: test, dashed training, log"),
        (28, "loss: test, dashed training"),
        (10, "loss: test"),
        (4, "loss"),
    ],
)
def test_what_is_drawn_is_said_before_its_axis_and_that_before_the_seeds(room: int, expected: str) -> None:
    assert fitting(WAYS, lambda text: len(text) <= room) == expected


@pytest.mark.parametrize(
    ("text", "room", "expected"),
    [
        ("loss, log axis; time: the sum of lr", 31, "loss, log; time: Σ lr"),
        ("loss, log axis; time: the sum of lr", 14, "loss, log"),
        ("learning rate", 3, "learning rate"),
    ],
)
def test_a_clause_goes_whole(text: str, room: int, expected: str) -> None:
    assert fitting(in_fewer(text), lambda words: len(words) <= room) == expected


@pytest.mark.parametrize(
    ("band", "log", "expected"),
    [
        ("minmax", False, ["mean of 3 seeds, band: lowest to highest", "mean"]),
        ("sd", False, ["mean of 3 seeds, band: one standard deviation on each side", "mean"]),
        ("sd", True, ["geometric mean of 3 seeds, band: one standard deviation of the logarithm on each side",
                      "geometric mean"]),
        ("quartiles", True, ["median of 3 seeds, band: middle half", "median"]),
        ("none", False, ["mean of 3 seeds", "mean"]),
    ],
)  # fmt: skip
def test_each_way_to_say_a_band_but_the_last_says_it_and_is_shorter(
    band: str, log: bool, expected: list[str]
) -> None:
    ways = said(band, log, 3)
    assert [ways[0], ways[-1]] == expected
    assert sorted(map(len, ways), reverse=True) == list(map(len, ways))


@pytest.mark.parametrize(
    ("texts", "common", "own"),
    [
        (["loss, log axis"] * 2, "loss, log axis", ["", ""]),
        (["loss, log axis", "loss, linear axis"], "loss", ["log axis", "linear axis"]),
        (["loss, log axis", "MSE, log axis"], "", ["loss, log axis", "MSE, log axis"]),
        (["loss, log axis; mean of 3 seeds, min–max", "MSE, log axis; mean of 3 seeds, min–max"],
         "mean of 3 seeds, min–max", ["loss, log axis", "MSE, log axis"]),
        (["y; ● 0; seed 0", "y; ● 0; seed 1"], "y; ● 0", ["seed 0", "seed 1"]),
        (["loss", "loss, log axis"], "", ["loss", "loss, log axis"]),
        (["y"], "y", [""]),
    ],
)  # fmt: skip
def test_what_cells_have_in_common_stands_above_all(texts: list[str], common: str, own: list[str]) -> None:
    assert parted(texts) == (common, own)


SEEDS = "dataset: {{moons: {{n: 40, test: 0.3}}}}\nlr: 0.1\nsteps: 8\noptimizers: [{}]\n{}"
SEEDS += "sweep: {{seed: [0, 1]}}\npanels: [{}]\n"


@pytest.mark.parametrize(
    ("rules", "more", "panels", "begins"),
    [
        ("sgd, adam, lion", "", "loss: [train, test], accuracy: [train, test]",
         ["loss: test, dashed training, log axis", "accuracy in %: test, dashed training"]),
        ("sgd", "batch: 8\n", "curve: batch_loss, loss: {x: gradients}, loss: {x: time, xscale: log}",
         ["loss of the batch, log axis", "loss, linear axis", "loss, linear axis; time: the sum of lr"]),
        ("sgd, adam", "", "accuracy: [train, test], accuracy: {band: sd}, loss",
         ["accuracy in %: test, dashed training; mean", "accuracy in %: test; mean ±1 sd", "loss, "]),
    ],
)  # fmt: skip
def test_narrow_panels_say_what_they_draw(rules: str, more: str, panels: str, begins: list[str]) -> None:
    film = Film(simulate(read(SEEDS.format(rules, more, panels))), Look())
    assert film.static is not None
    for each, begin in zip(film.panels, begins, strict=True):
        assert each.said.startswith(begin), each.said


def test_names_make_room_for_what_stands_above_them() -> None:
    text = "landscape: {formula: 3 + x**2 + y**2}\nstart: [1, 1]\nlr: 1e-3\nsteps: 9\noptimizers: gd\n"
    text += "panels: [loss: {yscale: linear, view: [2, 4], title: WORDS}, loss, loss]\n"

    def above(words: str) -> bool:
        film = Film(simulate(read(text.replace("WORDS", words))), Look())
        assert film.static is not None
        panel: Any = film.panels[0]
        return bool(panel.names[0].place[1] < panel.box.top - 4)

    assert above("short") and not above("as long as there is room for above the axes")
