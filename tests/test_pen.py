"""Strokes inside a clip box are the strokes without one; markers and sprites stand where told."""

from __future__ import annotations

import numpy as np
import pytest

from optanim.pen import Box, Pen, _outline, merge
from optanim.themes import MARKERS
from optanim.typeset import Sprite

BLUE = (0.2, 0.4, 0.9)


def blank(width: int = 300, height: int = 200) -> Pen:
    pen = Pen(width, height)
    pen.pixels[:] = 255
    return pen


def scribble(pen: Pen) -> None:
    points = np.random.default_rng(0).uniform(0, 200, (60, 2))
    pen.stroke(points, None, BLUE, 3.0, 0.5)
    pen.mark("star", 50.3, 60.2, 10, (0, 0, 0), (1, 1, 1), 2)


def test_tiles_make_the_whole() -> None:
    whole, tiled = blank(), blank()
    scribble(whole)
    for box in (Box(0, 0, 300, 77), Box(0, 77, 123, 200), Box(123, 77, 300, 140), Box(123, 140, 300, 200)):
        with tiled.clipped(box):
            scribble(tiled)
    assert np.abs(whole.pixels.astype(int) - tiled.pixels).max() <= 1


@pytest.mark.parametrize("box", [Box(50, 50, 100, 100), Box(0, 0, 10, 200), Box(290, 190, 300, 200)])
def test_nothing_leaks_out_of_a_clip_box(box: Box) -> None:
    pen = blank()
    with pen.clipped(box):
        pen.stroke(np.array([[-10.0, -10], [310, 210], [-10, 210], [310, -10]]), None, BLUE, 80.0)
    rows, columns = np.nonzero((pen.pixels[..., :3] != 255).any(axis=-1))
    assert rows.min() >= box.top and rows.max() < box.bottom
    assert columns.min() >= box.left and columns.max() < box.right


def test_nested_clips_intersect_and_are_undone() -> None:
    pen = blank()
    with pen.clipped(Box(0, 0, 50, 50)) as some:
        assert some
        with pen.clipped(Box(60, 60, 90, 90)) as none:
            assert not none
            scribble(pen)
        assert pen.clip == Box(0, 0, 50, 50)
    assert (pen.pixels == 255).all()
    assert pen.clip == pen.page


@pytest.mark.parametrize("marker", [*MARKERS, "star"])
def test_markers_move_by_parts_of_a_pixel(marker: str) -> None:
    def centre(x: float) -> float:
        pen = blank()
        pen.mark(marker, x, 100.25, 8, (0, 0, 0))
        dark = 255.0 - pen.pixels[..., 0]
        return float((dark.sum(axis=0) * (np.arange(300) + 0.5)).sum() / dark.sum())

    outline = _outline(marker)
    assert np.allclose(outline[0], outline[-1])
    shifts = [centre(100 + part) - centre(100.0) for part in (0.25, 0.5, 0.75)]
    assert np.allclose(shifts, (0.25, 0.5, 0.75), atol=0.03)


def test_sprites_blend_by_their_alpha_and_may_hang_over_the_edge() -> None:
    pen = blank(20, 20)
    pixels = np.zeros((10, 10, 4), np.uint8)
    pixels[..., 3] = 128
    pen.place(Sprite(pixels), 15, -5)
    assert (pen.pixels[:5, 15:, 0] == 127).all()
    assert (pen.pixels[5:, :, 0] == 255).all() and (pen.pixels[:, :15, 0] == 255).all()


def test_merged_boxes_do_not_touch() -> None:
    boxes = [Box(0, 0, 10, 10), Box(20, 0, 30, 10), Box(8, 5, 22, 8), Box(50, 50, 60, 60)]
    assert sorted(merge(boxes), key=lambda box: box.left) == [Box(0, 0, 30, 10), Box(50, 50, 60, 60)]
