"""Where everything stands: the mosaic of panels, and stacked labels that do not overlap."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from optanim.pen import Box

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


def aligned(needs: Sequence[Margins], boxes: Sequence[Box], kinds: Sequence[Any]) -> list[Margins]:
    """The margins of panels, those that stand one above the other with axes of one kind equal at the sides.

    So that what happens at one step stands on one line. A kind of None is equal to no other.
    """
    made = []
    for need, box, kind in zip(needs, boxes, kinds, strict=True):
        column = [
            other
            for other, place, theirs in zip(needs, boxes, kinds, strict=True)
            if theirs == kind and kind is not None and (place.left, place.right) == (box.left, box.right)
        ] or [need]
        left, right = max(each.left for each in column), max(each.right for each in column)
        made.append(replace(need, left=left, right=right))
    return made


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
