"""Panels fill their area; stacked labels keep their order and do not overlap."""

from __future__ import annotations

import numpy as np
import pytest

from optanim.layout import Margins, aligned, cells, spread
from optanim.pen import Box

AREA = Box(10, 20, 1000, 480)
MARGINS = Margins(30, 20, 10, 20)


@pytest.mark.parametrize(
    "mosaic",
    [
        ((0,),),
        ((0, 1),),
        ((0, 0, 1), (0, 0, 2)),
        ((0, 1, 1), (2, 1, 1), (3, 3, 3)),
        ((0, None), (1, 1)),
    ],
)
@pytest.mark.parametrize("shapes", [{}, {0: (1.1, MARGINS)}, {1: (2.0, MARGINS)}])
def test_cells_are_disjoint_and_reach_the_edges(mosaic, shapes) -> None:  # type: ignore[no-untyped-def]
    boxes = cells(mosaic, AREA, 14, 12, shapes)
    assert set(boxes) == {panel for row in mosaic for panel in row if panel is not None}
    every = list(boxes.values())
    assert not any(a.touches(b) for i, a in enumerate(every) for b in every[i + 1 :])
    assert min(box.left for box in every) == AREA.left and max(box.right for box in every) == AREA.right
    assert min(box.top for box in every) == AREA.top and max(box.bottom for box in every) == AREA.bottom


@pytest.mark.parametrize(
    "wanted",
    [[100.0, 100.0, 100.0], [10.0, 10.0, 290.0], [295.0, 296.0, 297.0], [50.0, 150.0, 250.0], [150.0]],
)
def test_spread_labels_keep_order_and_distance(wanted: list[float]) -> None:
    heights = [30.0] * len(wanted)
    centres = spread(wanted, heights, 0, 300)
    ordered = [centres[i] for i in np.argsort(wanted, kind="stable")]
    assert all(b - a >= 30 - 1e-9 for a, b in zip(ordered, ordered[1:], strict=False))
    assert min(centres) >= 15 and max(centres) <= 285
    if min(np.diff(sorted(wanted)), default=99) >= 30:
        assert centres == wanted


def test_panels_of_one_timeline_under_one_another_have_equal_margins() -> None:
    needs = [Margins(10, 1, 30, 2), Margins(20, 3, 5, 4), Margins(1, 1, 1, 1), Margins(7, 7, 99, 7)]
    boxes = [Box(0, 0, 100, 50), Box(0, 60, 100, 110), Box(0, 120, 100, 170), Box(110, 0, 200, 50)]
    made = aligned(needs, boxes, ["step", "step", None, "step"])
    assert made == [Margins(20, 1, 30, 2), Margins(20, 3, 30, 4), needs[2], needs[3]]
    assert aligned(needs, boxes, [None] * 4) == needs
    assert aligned(needs, boxes, ["step", "time", None, None]) == needs
