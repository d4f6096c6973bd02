"""Hops are arcs from iterate to iterate, above the ground, with a head that points where they land."""

from __future__ import annotations

import numpy as np
import pytest

from optanim.hops import POINTED, VERTICES, arcs, arrows, bend
from optanim.pen import Box

BOX = Box(0, 0, 800, 400)
X = np.linspace(0, 800, 801)
FLAT = np.column_stack([X, np.full(len(X), 390.0)])
HILL = np.column_stack([X, 380 - 250 * np.exp(-(((X - 400) / 90) ** 2))])  # y is down: it rises to 130
WELL = np.column_stack([X, 390 - 0.0022 * (X - 400) ** 2])


def legs(*points: tuple[float, float]) -> np.ndarray:
    p = np.array(points, float)
    return np.stack([p[:-1], p[1:]], axis=1)


def on(ground: np.ndarray, *x: float) -> np.ndarray:
    return legs(*zip(x, np.interp(x, ground[:, 0], ground[:, 1]), strict=True))


@pytest.mark.parametrize(
    ("ground", "x"),
    [(HILL, (100, 700)), (HILL, (700, 100)), (HILL, (330, 420)), (WELL, (100, 350)), (WELL, (750, 300))],
)
def test_an_arc_keeps_above_the_ground(ground: np.ndarray, x: tuple[float, float]) -> None:
    hop = on(ground, *x)
    way = arcs(hop, bend(hop, ground, BOX), BOX)
    inside = way.xy[(way.t > 0.2) & (way.t < 0.8)]
    assert (inside[:, 1] < np.interp(inside[:, 0], ground[:, 0], ground[:, 1])).all()
    assert (way.xy[:, 1] > BOX.top).all()


def test_hops_to_and_fro_are_two_arcs() -> None:
    hop = on(WELL, 700, 100, 700)
    left, right = bend(hop, WELL, BOX)
    assert left < -20 and right > 20
    a, b = (arcs(hop, np.array([left, right]), BOX).at(t)[1] for t in (0.5, 1.5))
    assert a - b > 40


@pytest.mark.parametrize("top", [385.0, 200.0, 20.0])
def test_no_arc_leaves_through_the_top(top: float) -> None:
    hop = legs((100, top), (700, top))
    assert arcs(hop, bend(hop, FLAT, BOX), BOX).xy[:, 1].min() >= min(top, BOX.top + 5)


def test_runs_bend_differently_between_the_same_iterates() -> None:
    hop = on(HILL, 100, 250)
    assert bend(hop, HILL, BOX, lane=1.3)[0] > bend(hop, HILL, BOX)[0] + 3


def test_a_track_is_at_its_iterates_at_whole_steps() -> None:
    rng = np.random.default_rng(0)
    points = np.column_stack([rng.uniform(0, 800, 40), rng.uniform(0, 390, 40)])
    hop = np.stack([points[:-1], points[1:]], axis=1)
    way = arcs(hop, bend(hop, FLAT, BOX), BOX)
    assert np.allclose([way.at(t) for t in range(40)], points)
    assert (np.diff(way.t) > 0).all()


def test_a_hop_may_begin_elsewhere_than_the_last_one_ended() -> None:
    hop = np.array([[[0.0, 300], [100, 200]], [[100, 250], [200, 150]]])
    way = arcs(hop, np.zeros(2), BOX)
    at_one = way.xy[way.t == 1]
    assert at_one.tolist() == [[100, 200], [100, 250]]
    assert way.at(0.999)[1] < 201 and way.at(1.0)[1] == 250


def test_a_track_ends_where_the_run_does() -> None:
    hop = legs((0, 300), (100, 200), (200, 300))
    ended = np.concatenate([hop, np.full((1, 2, 2), np.nan)])
    assert arcs(ended[:2], np.zeros(2), BOX).end == 2
    at_once = np.array([[[50.0, 60], [np.nan, np.nan]]])
    way = arcs(at_once, np.zeros(1), BOX)
    assert way.xy.tolist() == [[50, 60]] and way.end == 0


def test_hops_far_outside_are_finite() -> None:
    hop = legs((100, 100), (-1e7, -1e7), (1e7, -1e7), (300, 100))
    way = arcs(hop, bend(hop, FLAT, BOX), BOX)
    assert np.abs(way.xy).max() < 6000 and way.end == 3
    assert way.at(3.0) == (300, 100)


def test_very_many_hops_stay_drawable() -> None:
    points = np.column_stack([np.tile([10.0, 790.0], 50_000), np.full(100_000, 100.0)])
    hop = np.stack([points[:-1], points[1:]], axis=1)
    way = arcs(hop, bend(hop, FLAT, BOX), BOX)
    assert len(way.xy) <= max(len(hop), VERTICES) + 1
    assert len(arrows(hop, np.zeros(len(hop)), BOX, 10, 4).t) == 0


@pytest.mark.parametrize("rise", [-60.0, 0.0, 60.0])
@pytest.mark.parametrize(
    "ends", [((100, 300), (700, 100)), ((700, 300), (100, 300)), ((300, 90), (330, 300))]
)
def test_a_head_points_to_where_the_hop_lands(ends: tuple[tuple[float, float], ...], rise: float) -> None:
    hop = legs(*ends)
    (tip, left, right), *_ = arrows(hop, np.array([rise]), BOX, 10, 4).corners
    end = hop[0, 1]
    assert np.hypot(*(tip - end)) == pytest.approx(4)
    ahead = tip - (left + right) / 2
    assert np.hypot(*ahead) == pytest.approx(10)
    assert np.dot(ahead, end - tip) / (10 * 4) == pytest.approx(1)  # it goes on to the iterate
    before = np.array(arcs(hop, np.array([rise]), BOX).at(0.97))
    way = (end - before) / np.hypot(*(end - before))
    assert np.dot(ahead / 10, way) > 0.97


def test_heads_of_hops_that_are_long_enough_and_land_in_the_box() -> None:
    hop = legs((100, 300), (200, 300), (206, 300), (300, -50), (300, 200))
    made = arrows(hop, np.zeros(4), BOX, 10, 4)
    assert made.t.tolist() == [1, 4]
    shape = made.shape(0, 3)
    assert shape is not None and len(shape[0]) == 4
    assert made.shape(1, 3) is None
    many = np.repeat(hop[:1], POINTED + 1, axis=0)
    assert len(arrows(many, np.zeros(len(many)), BOX, 10, 4).t) == 0
