"""Names that go with heads neither overlap nor jump, and keep off heads, marks and texts."""

from __future__ import annotations

import numpy as np
import pytest

from optanim.callouts import follow, shown
from optanim.pen import Box

BOX = Box(50, 50, 950, 450)
NONE = np.zeros((0, 2))


def heads(frames: int = 120) -> np.ndarray:
    part = np.linspace(0, 1, frames)
    jitter = 4 * (-1) ** np.arange(frames)
    return np.stack(
        [
            np.column_stack([100 + 780 * part, 200 + jitter]),
            np.column_stack([100 + 780 * part, 205 - 100 * part]),
            np.column_stack([900 - 700 * part, 400 - 150 * part]),
        ],
        axis=1,
    )


def test_followed_labels_stay_inside_apart_and_calm() -> None:
    sizes = [(60, 16), (90, 16), (40, 16)]
    box = BOX
    star = np.array([[520.0, 190.0]])
    places = follow(heads(), sizes, box, 9, star)
    assert places.dtype == np.int64
    for run, (width, height) in enumerate(sizes):
        assert (places[:, run, 0] >= box.left).all() and (places[:, run, 0] + width <= box.right).all()
        assert (places[:, run, 1] >= box.top).all() and (places[:, run, 1] + height <= box.bottom).all()
    steps = np.abs(np.diff(places, axis=0))
    assert steps.max() <= 10
    # The head of run 0 trembles by 8 pixels from frame to frame; its label does not.
    assert steps[10:45, 0, 1].max() <= 2
    clear = [
        abs(places[f, 0, 0] - places[f, 1, 0]) >= 90 or abs(places[f, 0, 1] - places[f, 1, 1]) >= 14
        for f in range(len(places))
    ]
    assert np.mean(clear) > 0.95
    on_star = [
        places[f, r, 0] < 520 < places[f, r, 0] + width and places[f, r, 1] < 190 < places[f, r, 1] + height
        for f in range(len(places))
        for r, (width, height) in enumerate(sizes)
    ]
    assert np.mean(on_star) < 0.02


def covered(places: np.ndarray, size: tuple[int, int], points: np.ndarray, radius: float = 4) -> np.ndarray:
    """Whether names (F, 2) stand on points (F, 2) or (2,), frame by frame."""
    low, high = places - radius, places + size + radius
    return np.asarray(((points > low) & (points < high)).all(axis=-1))


def test_a_name_leaves_its_side_for_a_head_that_stays_there() -> None:
    part = np.linspace(0, 1, 150)
    own, other = np.tile([400.0, 250.0], (150, 1)), np.column_stack([900 - 450 * part, 250 + 0 * part])
    places = follow(np.stack([own, other], axis=1), [(60, 16), (60, 16)], BOX, 9, NONE)
    assert abs(places[0, 0, 1] + 8 - 250) <= 2 and places[0, 0, 0] > 400  # beside its head, on the right
    assert covered(places[:, 0], (60, 16), other).mean() < 0.05
    assert not covered(places[:, 0], (60, 16), own).any()


def test_a_name_stays_where_it_is_for_a_head_that_only_passes() -> None:
    part = np.linspace(0, 1, 150)
    own, other = np.tile([400.0, 250.0], (150, 1)), np.column_stack([440 + 0 * part, 440 - 380 * part])
    slow = follow(np.stack([own, other], axis=1), [(60, 16), (60, 16)], BOX, 9, NONE)
    fast_other = np.where(part[:, None] < 0.5, [440.0, 440.0], [440.0, 60.0])
    fast = follow(np.stack([own, fast_other], axis=1), [(60, 16), (60, 16)], BOX, 9, NONE)
    assert np.ptp(fast[:, 0], axis=0).max() == 0
    assert not covered(slow[:, 0], (60, 16), other).all()


@pytest.mark.parametrize("runs", [6, 10, 12])
def test_many_names_round_one_place_stand_apart(runs: int) -> None:
    rng = np.random.default_rng(runs)
    part = np.linspace(0, 1, 90)[:, None, None]
    heads = (1 - part) * rng.uniform((60, 60), (940, 440), (runs, 2)) + part * (500, 250)
    heads += part * rng.normal(size=(runs, 2)) * 12
    sizes = np.column_stack([rng.integers(30, 110, runs), np.full(runs, 16)])
    places = follow(heads, sizes, BOX, 9, NONE)
    visible = shown(places, np.broadcast_to(sizes, (90, runs, 2)))
    assert (visible[-1] == 1).all()  # there is room for all of them
    assert (visible == 0).mean() < 0.1
    last = places[-1]
    assert (
        sum(covered(last[i], sizes[i], heads[-1, j]) for i in range(runs) for j in range(runs)) <= runs // 4
    )


def test_a_name_whose_words_grow_stays_beside_its_head() -> None:
    heads = np.tile([[[930.0, 250.0]]], (60, 1, 1))
    sizes = np.where(np.arange(60)[:, None, None] < 30, [[[40, 16]]], [[[140, 16]]])
    places = follow(heads, sizes, BOX, 9, NONE)
    right = places[:, 0, 0] + sizes[:, 0, 0]
    assert (right <= BOX.right).all()
    assert not any(covered(places[k, 0], tuple(sizes[k, 0]), heads[k, 0]) for k in range(60))


def test_a_name_keeps_off_a_text() -> None:
    heads = np.column_stack([np.linspace(100, 900, 160), np.full(160, 250.0)])[:, None]
    text = Box(480, 240, 560, 256)
    places = follow(heads, [(60, 16)], BOX, 9, NONE, [text])
    visible = shown(places, np.broadcast_to([60, 16], (160, 1, 2)), [text])
    assert (visible > 0).all()


def test_of_two_names_that_meet_one_fades_and_comes_back() -> None:
    x = np.arange(100)
    places = np.stack([np.column_stack([3 * x, 0 * x]), np.column_stack([0 * x + 150, 0 * x])], axis=1)
    visible = shown(places, np.broadcast_to([40, 16], (100, 2, 2)))
    assert (visible[:, 1] == 1).all()  # the one at rest stays
    meet = np.abs(places[:, 0, 0] - 150) < 39
    assert (visible[meet, 0] == 0).all()
    assert visible[0, 0] == visible[-1, 0] == 1
    assert set(np.unique(visible[:, 0])) == {0, 0.25, 0.5, 0.75, 1}


@pytest.mark.parametrize("frames", [1, 2, 3, 7, 241, 1000])
def test_films_may_be_short_or_long(frames: int) -> None:
    part = np.linspace(0, 1, frames)[:, None]
    heads = np.stack([(100, 200) + part * (700, 100), (800, 250) - part * (600, 0)], axis=1)
    places = follow(heads, [(60, 16), (40, 16)], BOX, 9, NONE)
    assert places.shape == (frames, 2, 2)
    away = np.clip(heads, places, places + [(60, 16), (40, 16)]) - heads
    assert np.hypot(away[..., 0], away[..., 1]).max() < 60
    assert np.abs(np.diff(places, axis=0)).max(initial=0) <= 720 / max(frames - 1, 1) + 12
