"""Panels fill their area; labels neither overlap nor jump."""

from __future__ import annotations

import numpy as np
import pytest

from optanim.layout import Margins, cells, follow, spread
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
    box = Box(50, 50, 950, 450)
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
