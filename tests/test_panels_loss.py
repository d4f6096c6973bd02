"""The axis of the losses: as wide as they need, and never as narrow as rounding."""

from __future__ import annotations

import pytest

from optanim.film import Film
from optanim.panels.loss import LEVEL, Loss
from optanim.reader import read
from optanim.scene import Look
from optanim.simulate import simulate

SCENE = """landscape: {{formula: "{f}"}}
start: [-4, 2]
optimizers: [gd, adam]
lr: 0.1
steps: 40
panels: [loss{settings}]
"""


def loss(f: str, settings: str = "") -> Loss:
    film = Film(simulate(read(SCENE.format(f=f, settings=settings))), Look(seconds=1, fps=5))
    assert film.static.any()
    (panel,) = film.panels
    assert isinstance(panel, Loss)
    return panel


@pytest.mark.parametrize(
    ("f", "settings", "kind", "least", "most"),
    [
        ("x**2 + y**2", "", "log", 100, 1e9),
        ("10 + 0.02*x**2 + 0.4*y**2", "", "linear", 1.15, 1.25),
        ("3 + 0.2*x**2 + 0.4*y**2", "", "linear", 2, 4),
        ("10 + 0.02*x**2 + 0.4*y**2", ": {yscale: log}", "log", 1.15, 1.25),
        ("10 + 0.02*x**2 + 0.4*y**2", ": {yscale: symlog}", "symlog", 1.1, 1.3),
        ("1e6 + 1e-8*x**2 + 1e-8*y**2", "", "linear", 1 + LEVEL, 1 + 1.2 * LEVEL),
        ("1e6 + 1e-8*x**2 + 1e-8*y**2", ": {yscale: log}", "log", 1 + LEVEL, 1 + 1.2 * LEVEL),
        ("1e6 + 1e-8*x**2 + 1e-8*y**2", ": {yscale: linear}", "linear", 1 + LEVEL, 1 + 1.2 * LEVEL),
    ],
)
def test_the_axis_is_as_wide_as_the_losses_and_says_what_it_is(
    f: str, settings: str, kind: str, least: float, most: float
) -> None:
    panel = loss(f, settings)
    scale = panel.axes.y
    assert scale.kind == kind
    for run in panel.runs:
        assert ((run.loss > scale.low) & (run.loss < scale.high)).all()
    assert least <= scale.high / scale.low <= most
    assert ("linear" in panel.says(scale)) == (kind == "linear")
    values, words = scale.ticks(6)
    assert len(set(words)) == len(values) >= 2


def test_a_loss_of_nothing_but_0_has_an_axis() -> None:
    panel = loss("0*x + 0*y")
    assert panel.axes.y.low < 0 < panel.axes.y.high


def test_long_numbers_have_room_beside_the_axis() -> None:
    narrow, plain = loss("1e6 + 1e-8*x**2 + 1e-8*y**2"), loss("x**2 + y**2")
    assert narrow.box.left > plain.box.left
    widest = max(narrow.stage.width(word, 9) for word in narrow.axes.y.ticks(6)[1])
    assert widest < narrow.box.left - narrow.stage.px(18)
