"""Where everything stands: the mosaic of panels, and labels that do not overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optanim.pen import Box

Floats = NDArray[np.float64]
Mosaic = Sequence[Sequence[int | None]]


@dataclass(frozen=True)
class Margins:
    """Pixels that a panel needs around its axes for ticks, names and labels."""

    left: float
    top: float
    right: float
    bottom: float


def cells(
    mosaic: Mosaic, area: Box, gap_x: float, gap_y: float, shapes: Mapping[int, tuple[float, Margins]]
) -> dict[int, Box]:
    """The box of each panel of a mosaic inside an area, margins included.

    Rows are equal. Columns are equal too, but where a panel has a shape (width : height of its
    axes, and its margins) and no other panel with one stands beside it, its columns take the width
    of that shape, up to two thirds of the area, and leave the others a quarter each.
    """
    rows, columns = len(mosaic), len(mosaic[0])
    step_y = (area.height + gap_y) / rows
    spans: dict[int, list[tuple[int, int]]] = {}
    for r, row in enumerate(mosaic):
        for c, panel in enumerate(row):
            if panel is not None:
                spans.setdefault(panel, []).append((r, c))
    extents = {
        panel: (
            min(r for r, _ in places),
            max(r for r, _ in places) + 1,
            min(c for _, c in places),
            max(c for _, c in places) + 1,
        )
        for panel, places in spans.items()
    }
    widths = [(area.width + gap_x) / columns] * columns
    shaped = [panel for panel in extents if panel in shapes]
    if len(shaped) == 1:
        top, bottom, left, right = extents[shaped[0]]
        if right - left < columns:
            ratio, need = shapes[shaped[0]]
            height = (bottom - top) * step_y - gap_y - need.top - need.bottom
            wish = height * ratio + need.left + need.right + gap_x
            others = columns - (right - left)
            beside = max(len({p for p in row if p is not None}) - 1 for row in mosaic[top:bottom])
            most = min(0.64, max(0.34, 1 - 0.25 * beside))
            wish = min(max(wish, min(0.52, most) * area.width), most * area.width)
            rest = (area.width + gap_x - wish) / others
            widths = [wish / (right - left) if left <= c < right else rest for c in range(columns)]
    edges = [area.left + sum(widths[:c]) for c in range(columns + 1)]
    return {
        panel: Box(
            round(edges[left]),
            round(area.top + top * step_y),
            round(edges[right] - gap_x),
            round(area.top + bottom * step_y - gap_y),
        )
        for panel, (top, bottom, left, right) in extents.items()
    }


def spread(wanted: Sequence[float], heights: Sequence[float], low: float, high: float) -> list[float]:
    """Centres near the wanted ones, in their order, so that stacked labels do not overlap.

    Labels that would overlap are moved apart around their common centre, and all stay between
    low and high as long as they fit there.
    """
    order = sorted(range(len(wanted)), key=lambda i: wanted[i])
    groups: list[tuple[list[int], float]] = []  # members from top to bottom, centre of the group
    for index in order:
        half = heights[index] / 2
        centre = min(max(wanted[index], low + half), max(high - half, low + half))
        members = [index]
        while groups:
            above, above_centre = groups[-1]
            reach = sum(heights[i] for i in above) / 2 + sum(heights[i] for i in members) / 2
            if centre - above_centre >= reach:
                break
            groups.pop()
            members = above + members
            # The centres the members would like this group to have, given their place in it.
            total = sum(heights[i] for i in members)
            offset, wishes = -total / 2, []
            for i in members:
                wishes.append(wanted[i] - (offset + heights[i] / 2))
                offset += heights[i]
            centre = sum(wishes) / len(wishes)
            centre = min(max(centre, low + total / 2), max(high - total / 2, low + total / 2))
        groups.append((members, centre))
    centres = [0.0] * len(wanted)
    for members, centre in groups:
        offset = centre - sum(heights[i] for i in members) / 2
        for i in members:
            centres[i] = offset + heights[i] / 2
            offset += heights[i]
    return centres


def follow(
    heads: Floats, sizes: Sequence[tuple[int, int]], box: Box, gap: float, marks: Floats
) -> NDArray[np.int64]:
    """Positions for the labels of moving heads, solved for the whole film.

    heads (F, R, 2) are pixels, sizes (width, height) of the R labels, marks (M, 2) points to keep
    clear of. The result (F, R, 2) holds left top corners in whole pixels: right of the head, turned
    above it where the box ends, off one another and, where there is room, off the other heads and
    the marks. Labels are steady: they follow the smoothed motion of the heads with a dead band, and
    which of two stands above changes only when their heads have clearly passed each other.
    """
    widths = np.array([w for w, _ in sizes], float)
    heights = np.array([h for _, h in sizes], float) + 1
    calm = _smooth(heads, 5.0)
    centre = calm + np.stack([gap + widths / 2, np.zeros(len(widths))], axis=1)
    over = np.clip(centre[..., 0] + widths / 2 - (box.right - 4), 0, None)
    centre[..., 0] -= over
    # A label pushed back over its own head rises above it as far as it was pushed.
    rise = np.minimum(over, gap + heights / 2 + 3)
    upward = calm[..., 1] - rise - heights / 2 > box.top + 2
    centre[..., 1] += np.where(upward, -rise, rise)
    centre[..., 0] = np.clip(centre[..., 0], box.left + 4 + widths / 2, None)
    centre[..., 1] = np.clip(centre[..., 1], box.top + 2 + heights / 2, box.bottom - 2 - heights / 2)
    rank = _ranks(calm[..., 1], gap)
    still = np.broadcast_to(marks, (len(heads), *marks.shape))
    _clear(centre, np.concatenate([calm, still], axis=1), widths, heights, gap)
    _part(centre, rank, widths, heights, box)
    centre = _smooth(centre, 3.0)
    _part(centre, rank, widths, heights, box)
    corners = centre - np.stack([widths, heights], axis=1) / 2
    return _steady(corners, 1.5)


def _ranks(y: Floats, band: float) -> NDArray[np.int64]:
    """The vertical order (F, R) of labels, 0 the uppermost.

    The first frame has the order in which the heads will part. After that two neighbours change
    places only once their heads have passed each other by more than the band.
    """
    runs = y.shape[1]
    ahead = y[: max(1, len(y) // 4)].mean(axis=0)
    order = sorted(range(runs), key=lambda i: ahead[i])
    ranks = np.empty(y.shape, np.int64)
    for frame in range(len(y)):
        for _ in range(runs):
            swapped = False
            for place in range(runs - 1):
                upper, lower = order[place], order[place + 1]
                if y[frame, upper] > y[frame, lower] + band:
                    order[place], order[place + 1] = lower, upper
                    swapped = True
            if not swapped:
                break
        ranks[frame, order] = np.arange(runs)
    return ranks


def _clear(centre: Floats, points: Floats, widths: Floats, heights: Floats, gap: float) -> None:
    """Moves labels vertically off points that are not their own head, in place.

    The first R points are the heads. A label moves the shorter way, and keeps to that side for as
    long as the point is beside it.
    """
    for i in range(len(widths)):
        for j in range(points.shape[1]):
            if i == j:
                continue
            room = heights[i] / 2 + gap - 2
            beside = np.abs(centre[:, i, 0] - points[:, j, 0]) < widths[i] / 2 + gap - 2
            apart = points[:, j, 1] - centre[:, i, 1]
            close = beside & (np.abs(apart) < room)
            edges = np.flatnonzero(np.diff(np.concatenate([[False], close, [False]]).astype(int)))
            for start, stop in zip(edges[::2], edges[1::2], strict=True):
                side = 1.0 if apart[start:stop].mean() >= 0 else -1.0
                lack = np.clip(room - side * apart[start:stop], 0, 2 * room)
                centre[start:stop, i, 1] -= side * lack


def _part(centre: Floats, rank: NDArray[np.int64], widths: Floats, heights: Floats, box: Box) -> None:
    """Pushes overlapping labels apart vertically, in their order, in place and in all frames at once."""
    runs = range(len(widths))
    pairs = [(i, j) for i in runs for j in runs if i < j]
    for _ in range(60):
        moved = False
        for i, j in pairs:
            beside = np.abs(centre[:, i, 0] - centre[:, j, 0]) < (widths[i] + widths[j]) / 2 + 2
            side = np.where(rank[:, j] > rank[:, i], 1.0, -1.0)
            lack = (heights[i] + heights[j]) / 2 - side * (centre[:, j, 1] - centre[:, i, 1])
            push = np.where(beside & (lack > 0.01), lack / 2 * side, 0.0)
            # Far apart the other way round they are in nobody's way.
            push = np.where(np.abs(push) > (heights[i] + heights[j]) / 2, 0.0, push)
            if push.any():
                centre[:, i, 1] -= push
                centre[:, j, 1] += push
                moved = True
        centre[..., 1] = np.clip(centre[..., 1], box.top + heights / 2, box.bottom - heights / 2)
        if not moved:
            break


def _smooth(values: Floats, sigma: float) -> Floats:
    """A Gaussian average over frames (the first axis) that keeps the first and the last as they are."""
    reach = min(int(3 * sigma), len(values) - 1)
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    weights /= weights.sum()
    before, after = values[reach:0:-1], values[-2 : -2 - reach : -1]
    padded = np.concatenate([2 * values[0] - before, values, 2 * values[-1] - after])
    return np.asarray(sum(w * padded[i : i + len(values)] for i, w in enumerate(weights)))


def _steady(corners: Floats, band: float) -> NDArray[np.int64]:
    """Whole pixels that move only once the true position is further away than the dead band."""
    held = np.empty_like(corners)
    held[0] = np.round(corners[0])
    for frame in range(1, len(corners)):
        off = corners[frame] - held[frame - 1]
        held[frame] = np.where(
            np.abs(off) > band, np.round(corners[frame] - np.sign(off) * band), held[frame - 1]
        )
    return held.astype(np.int64)
