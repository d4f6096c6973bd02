"""Bands of many curves: each is the weaker the more of them lie on one another."""

from __future__ import annotations

from typing import Any

import pytest

from optanim import bands
from optanim.film import Film
from optanim.reader import read
from optanim.scene import Look
from optanim.simulate import simulate


@pytest.mark.parametrize(("count", "strength"), [(0, 1), (1, 1), (3, 1), (6, 0.5), (12, 0.25)])
def test_how_strong_each_of_several_bands_is(count: int, strength: float) -> None:
    assert bands.thinned(count) == strength


@pytest.mark.parametrize(
    ("rules", "panel", "strength"),
    [
        ("sgd, adam", "loss: [train, test]", 1),  # two curves of a run are no two runs
        ("sgd, adam, momentum, nesterov, adagrad, rmsprop", "loss", 0.5),
        ("sgd, adam, momentum, nesterov, adagrad, rmsprop", "loss: {band: none}", 1),
    ],
)
def test_bands_are_counted_by_what_was_run(rules: str, panel: str, strength: float) -> None:
    text = "dataset: {line: {n: 20, noise: 1, test: 0.2}}\nbatch: 4\nlr: 0.05\nsteps: 9\n"
    text += f"optimizers: [{rules}]\nsweep: {{seed: [0, 1]}}\npanels: [{panel}]\n"
    film = Film(simulate(read(text)), Look(seconds=1))
    assert film.static is not None
    drawn: Any = film.panels[0]
    assert drawn.strength == strength
