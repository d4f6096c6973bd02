"""Tracks are cut by time, survive infinity, and share their ink where they coincide."""

from __future__ import annotations

import numpy as np
import pytest

from optanim.pen import Box
from optanim.tracks import FAR, LINETO, MOVETO, Track, interleave, track

PAGE = Box(0, 0, 400, 300)
ZIGZAG = np.array([[10.0, 10], [100, 40], [30, 90], [200, 200]])


def test_a_cut_begins_and_ends_between_vertices() -> None:
    points, codes = track(ZIGZAG, PAGE).cut(0.5, 2.5)  # type: ignore[misc]
    assert np.allclose(points, [[55, 25], [100, 40], [30, 90], [115, 145]])
    assert list(codes) == [MOVETO, LINETO, LINETO, LINETO]


@pytest.mark.parametrize(("t0", "t1"), [(1, 1), (2, 1), (5, 9), (-3, -1)])
def test_an_empty_cut_is_none(t0: float, t1: float) -> None:
    assert track(ZIGZAG, PAGE).cut(t0, t1) is None


def test_the_head_rests_at_the_end() -> None:
    assert track(ZIGZAG, PAGE).at(99.0) == (200.0, 200.0)


def test_a_run_that_ends_has_no_track_beyond() -> None:
    xy = np.array([[10.0, 10], [20, 20], [np.nan, np.nan], [np.nan, np.nan]])
    assert track(xy, PAGE).end == 1.0


@pytest.mark.parametrize("far", [1e4, 1e9, 1e200])
def test_far_vertices_are_cut_where_their_segments_leave(far: float) -> None:
    xy = np.array([[200.0, 150], [200 + far, 150], [200 + far, 150 + far], [200, 150], [200, 160]])
    each = track(xy, PAGE)
    assert np.isfinite(each.xy).all() and np.abs(each.xy).max() < 2 * FAR
    assert (np.diff(each.t) >= 0).all() and each.t[0] == 0 and each.end == 4.0
    # On its way out the head is where the straight segment is.
    part = 100 / far
    assert np.allclose(each.at(part), (300, 150))
    drawn = each.cut(0, 4)
    assert drawn is not None and np.abs(drawn[0]).max() < 2 * FAR


def test_a_segment_between_two_far_points_still_crosses_the_page() -> None:
    xy = np.array([[200.0, 150], [-1e5, 150], [1e5, 150.0], [200, 150]])
    each = track(xy, PAGE)
    points, codes = each.cut(1.0, 2.0)  # type: ignore[misc]
    crossing = points[codes == LINETO]
    assert len(crossing) and crossing[-1][0] > PAGE.right


def test_bounds_hold_what_is_stroked() -> None:
    box = track(ZIGZAG, PAGE).bounds(0.5, 1.5, 4)
    assert box is not None
    assert box.left <= 51 and box.right >= 104 and box.top <= 21 and box.bottom >= 69


def test_only_what_is_near_a_box_is_cut() -> None:
    xy = np.column_stack([np.linspace(0, 400, 401), np.full(401, 50.0)])
    points, _ = track(xy, PAGE).cut(0, 400, Box(100, 40, 110, 60))  # type: ignore[misc]
    assert points[:, 0].min() > 85 and points[:, 0].max() < 125


def along(offset: float) -> Track:
    xy = np.column_stack([np.linspace(0, 380, 20), np.full(20, 50.0 + offset)])
    return track(xy, PAGE)


@pytest.mark.parametrize("count", [2, 3])
def test_equal_tracks_take_turns_and_leave_nothing_out(count: int) -> None:
    shared = interleave([along(0)] * count, PAGE)
    ink = np.array([each.ink for each in shared])
    assert (ink.sum(axis=0) == 1).all()
    assert (ink.mean(axis=1) > 0.8 / count).all()


def test_tracks_apart_and_crossing_stay_whole() -> None:
    up = track(np.column_stack([np.full(20, 200.0), np.linspace(0, 280, 20)]), PAGE)
    for each in interleave([along(0), along(9), up], PAGE):
        assert each.ink.all()


def test_tracks_share_only_within_the_window() -> None:
    late = Track(along(0).xy, along(0).t + 100, along(0).ink)
    assert all(each.ink.all() for each in interleave([along(0), late], PAGE, window=50))
    assert not all(each.ink.all() for each in interleave([along(0), late], PAGE))
