"""Heads on one another: the lower ones are larger, and nothing jumps."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optanim.film import Film
from optanim.heads import CROWD, MOST, OFF, covered
from optanim.panels.curves import CurvePanel
from optanim.reader import read
from optanim.scene import Look
from optanim.simulate import simulate


def still(*places: float, frames: int = 9) -> np.ndarray:
    """Heads at rest in a row."""
    return np.tile(np.column_stack([places, np.zeros(len(places))]), (frames, 1, 1))


@pytest.mark.parametrize(
    ("places", "looks", "expected"),
    [
        ((0, 0), "ab", [1, 0]),
        ((0, 1), "ab", [1, 0]),
        ((0, OFF), "ab", [0, 0]),
        ((0, 0, 0), "abc", [2, 1, 0]),
        ((0, 9, 0), "abc", [1, 0, 0]),
        ((0, 0), "aa", [0, 0]),  # two curves of one run
        ((0,) * 5, "abcde", [MOST, MOST, MOST, 1, 0]),
        ((0,) * (CROWD + 1), range(CROWD + 1), [0] * (CROWD + 1)),
        ((0,), "a", [0]),
        ((), "", []),
    ],
)
def test_how_many_lie_on_each(places: tuple[float, ...], looks: Any, expected: list[float]) -> None:
    np.testing.assert_allclose(covered(still(*places), list(looks), 1.0, 10), np.tile(expected, (9, 1)))


@pytest.mark.parametrize(("lasts", "whole"), [(1, 0), (8, 0), (14, 1), (60, 1)])
def test_only_what_lasts_counts_and_nothing_jumps(lasts: int, whole: float) -> None:
    heads = still(0, 0, frames=200)
    heads[:, 1, 0] = np.where(np.abs(np.arange(200) - 100) <= lasts // 2, 0, 50)
    made = covered(heads, ["a", "b"], 1.0, 30)
    together = heads[:, 1, 0] == 0
    np.testing.assert_allclose(made[together, 0], whole)
    assert not made[[0, -1]].any() and not made[:, 1].any()
    assert np.abs(np.diff(made[:, 0])).max() < 0.1


def test_the_start_and_the_end_last() -> None:
    heads = still(0, 0, frames=100)
    heads[1:-1, 1, 0] = 50  # on one another in the first frame and the last
    made = covered(heads, ["a", "b"], 1.0, 30)
    assert made[[0, 50, -1], 0].tolist() == pytest.approx([1, 0, 1])


@pytest.mark.parametrize("scale", [1.0, 2.0])
def test_both_colours_are_seen_where_curves_begin(scale: float) -> None:
    text = "landscape: beale\nlr: 0.01\nsteps: 20\noptimizers: [gd, adam]\npanels: [loss]\n"
    film = Film(simulate(read(text)), Look(seconds=1, scale=scale))
    assert film.static is not None
    panel: Any = film.panels[0]
    x, y = panel.tracks[0].at(0.0)
    reach = round(12 * scale)
    near = film.frame(0)[round(y) - reach : round(y) + reach, round(x) - reach : round(x) + reach, :3]
    for index in (0, 1):
        own = np.array([round(255 * part) for part in film.stage.styles[index].rgb])
        assert (np.abs(near.astype(int) - own).max(axis=2) <= 2).sum() >= 8 * scale


def test_a_film_in_one_go_is_every_frame_alone() -> None:
    text = "landscape: beale\nlr: 0.01\nsteps: 20\noptimizers: [gd, adam]\npanels: [loss, weights]\n"
    film = Film(simulate(read(text)), Look(seconds=1, fps=10))
    for k, frame in enumerate(film.frames()):
        assert np.abs(frame.astype(int) - film.frame(k)).max() <= 3, (
            k
        )  # rounding at the edges of what is redrawn


def test_under_a_key_of_colours_no_head_grows() -> None:
    text = "landscape: {formula: x**2}\noptimizers: gd\nsteps: 5\nlr: 0.1\npanels: [loss]\n"
    many = simulate(read(text + "sweep: {start: {linspace: {low: 1, high: 1.000001, n: 12}}}\n"))
    two = simulate(read(text + "sweep: {start: [1, 1.000001]}\n"))
    for trace, grows in ((many, False), (two, True)):
        film = Film(trace, Look(seconds=1.0))
        film.frame(0)
        (panel,) = film.panels
        assert isinstance(panel, CurvePanel)
        assert (panel.stage.key is not None) == (not grows)
        assert bool(panel.grown_by.any()) == grows
