"""Colours: values in an order have those of one, landscapes and datasets shades, seeds none of their own."""

from __future__ import annotations

from typing import Any

import pytest

from optanim.hues import key, short_names, styles
from optanim.reader import read
from optanim.simulate import simulate
from optanim.themes import THEMES
from optanim.trace import Trace

LIGHT = THEMES["light"]


def traced(text: str) -> Trace:
    return simulate(read(f"lr: 0.01\nsteps: 2\n{text}\n"))


@pytest.mark.parametrize(
    ("values", "ranks"),
    [("[1, 8, 64]", [0, 1, 2]), ("[8, full, 2]", [1, 2, 0]), ("[64, 8, full, 1]", [2, 1, 3, 0])],
)
def test_sizes_of_batches_are_an_order(values: str, ranks: list[int]) -> None:
    trace = traced(f"dataset: moons\noptimizers: sgd\nsweep: {{batch: {values}, seed: [0, 1]}}")
    looks = styles(trace, LIGHT)
    of_rank = {rank: looks[2 * place].color for place, rank in enumerate(ranks)}
    assert (of_rank[0], of_rank[max(ranks)]) == (LIGHT.ramp[0], LIGHT.ramp[-1])
    assert len(set(of_rank.values())) == len({look.marker for look in looks}) == len(ranks)
    assert looks[0] == looks[1]


def test_many_batches_have_a_key() -> None:
    trace = traced("dataset: moons\noptimizers: sgd\nsweep: {batch: [1, 2, 4, 8, 16, 32, full]}")
    found = key(trace, styles(trace, LIGHT))
    assert found is not None and (found.first, found.last) == ("batch 1", "full")


PLACES = "sweep: {landscape: [beale, himmelblau], seed: [0, 1]}\noptimizers: [gd, adam]\npanels: "


@pytest.mark.parametrize(
    ("panels", "shades"),
    [
        ("[loss]", 2),
        ("[grid: {panel: contour, by: landscape}]", 1),
        ("[grid: contour]", 1),
        ("[grid: {panel: contour, by: landscape}, loss]", 2),
        ("[grid: {panel: loss, by: optimizer}]", 2),
    ],
)
def test_landscapes_have_shades_where_a_panel_draws_several(panels: str, shades: int) -> None:
    looks = styles(traced(PLACES + panels), LIGHT)
    assert looks[0].color == LIGHT.cycle[0] and looks[0] == looks[1]
    assert len({looks[index].color for index in (0, 1, 4, 5)}) == shades
    assert looks[0].marker == looks[4].marker != looks[2].marker


@pytest.mark.parametrize(
    ("by", "colors"), [("batch", [0, 1, 0, 1]), ("landscape", [0, 0, 1, 1]), ("seed", [0, 1, 2, 3])]
)
def test_of_several_places_those_of_one_cell_are_told_apart(by: str, colors: list[int]) -> None:
    axes = "{batch: [1, 2], landscape: [mlp: 2, mlp: 3], seed: [0, 1]}"
    trace = traced(
        f"dataset: moons\noptimizers: gd\nsweep: {axes}\npanels: [grid: {{panel: loss, by: {by}}}]"
    )
    looks: list[Any] = [look.color for look in styles(trace, LIGHT)][::2]
    assert [list(dict.fromkeys(looks)).index(color) for color in looks] == colors


def test_names_have_true_minus_signs() -> None:
    text = "landscape: beale\noptimizers: gd\nsweep: {start: [[-1, 2], [1, -2.5]], lr: [1e-5, 2e-5]}"
    trace = simulate(read(f"steps: 2\n{text}\n"))
    assert short_names(trace) == [
        "from (−1, 2), lr 1e−5",
        "from (−1, 2), lr 2e−5",
        "from (1, −2.5), lr 1e−5",
        "from (1, −2.5), lr 2e−5",
    ]
    own = traced("landscape: beale\noptimizers: [gd: {label: a-1}, gd: {label: a-1, start: [-1, 0]}]")
    assert short_names(own) == ["a-1 from (1, 1.5)", "a-1 from (−1, 0)"]
