"""A computation graph on the picture: where its boxes, edges and words stand."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from optanim.diagrams.dag import Node, edges, layers
from optanim.diagrams.layered import Layered, centres, layered
from optanim.pen import Box

Floats = NDArray[np.float64]
LANE = 3.2  # half of what is between an edge and the way back along it
GIVES = "grad "  # before a gradient


@dataclass(frozen=True)
class Sizes:
    """Type and distances, all as large as the scale; in pixels but for the type, which is in points."""

    scale: float
    px: Callable[[float], float]

    @property
    def title(self) -> float:
        return 10.5 * self.scale

    @property
    def number(self) -> float:
        return 9.5 * self.scale

    def of(self, length: float) -> float:
        return self.px(length * self.scale)


@dataclass(frozen=True)
class Curve:
    """An edge in pixels, from the box `ends[0]` to the box `ends[1]`."""

    ends: tuple[int, int]
    points: Floats  # (m, 2)
    way: Floats = field(repr=False)  # (m,) how long it is up to each point, 1 at its end

    def upto(self, part: float) -> Floats:
        """The points of its first part."""
        if part >= 1:
            return self.points
        kept = self.points[self.way < part]
        end = [np.interp(part, self.way, self.points[:, axis]) for axis in (0, 1)]
        return np.vstack([kept, end]) if len(kept) else np.array([end, end])


@dataclass(frozen=True)
class Diagram:
    """Boxes as (left, top, right, bottom) in pixels, the edges between them, and what is around some."""

    sizes: Sizes
    boxes: tuple[tuple[float, float, float, float], ...]
    layer: tuple[int, ...]
    curves: tuple[tuple[Curve, Curve | None], ...]  # there, and back where a gradient flows
    inputs: tuple[tuple[float, ...], ...]  # of each box, where its operands come in, across the layers
    frame: Floats | None = None  # the outline around the parameters
    frame_words: tuple[float, float] = (0.0, 0.0)  # the middle of their baseline

    @property
    def deep(self) -> int:
        """The layer of the loss."""
        return max(self.layer)

    def turned(self, i: int) -> bool:
        """Whether the first operand of a box comes in below the second, or right of it."""
        return self.inputs[i][0] > self.inputs[i][1]

    def outline(self, i: int) -> Floats:
        return rounded(self.boxes[i], self.sizes.of(6))

    def baseline(self, i: int, line: int) -> tuple[float, float]:
        """The middle of the baseline of a line of a box: its title, its value, its gradient."""
        left, top, right, _ = self.boxes[i]
        return (left + right) / 2, top + self.sizes.of((17, 33, 48)[line])


def height(node: Node, sizes: Sizes) -> float:
    return sizes.of(40 if node.given else 55)


def arranged(
    nodes: Sequence[Node],
    widths: Sequence[float],
    sizes: Sizes,
    area: Box,
    upright: bool,
    around: tuple[str, float] | None,
) -> Diagram | None:
    """The graph from left to right, or from top to bottom, inside an area; None where it does not fit.

    `widths` are those of the boxes' texts, `around` the words over the parameters and their width.
    """
    plan, level = _plan(tuple(nodes))
    wide = [max(width + sizes.of(20), sizes.of(54)) for width in widths]
    high = [height(node, sizes) for node in nodes]
    first = [i for i, node in enumerate(nodes) if node.kind == "parameter"]
    for i in first:
        wide[i] = max(wide[each] for each in first)
    along, across = (high, wide) if upright else (wide, high)
    bends = len({item for row in plan.rows for item in row}) - len(nodes)
    before = [length / 2 for length in across] + [sizes.of(1)] * bends
    after = list(before)
    inset = sizes.of(10) if around else 0.0
    header = sizes.of(22) if around else 0.0
    if around:
        inside = [item for item in plan.rows[0] if item in first]
        before[inside[0]] += inset + (0.0 if upright else header)
        after[inside[-1]] += inset
    depths = [
        max(along[i] for i in range(len(nodes)) if level[i] == number) for number in range(len(plan.rows))
    ]
    # The optimizer reaches beyond its parameters on both sides, and is as wide as its words.
    widest = max(depths[0], (around[1] if around and not upright else 0.0)) + (2 * inset if around else 0.0)
    depths[0] = widest + (header if around and upright else 0.0)
    room_along, room_across = (area.height, area.width) if upright else (area.width, area.height)
    gaps = len(depths) - 1
    gap = (room_along - sum(depths)) / max(gaps, 1)
    if gap < sizes.of(15 if upright else 24):
        return None
    gap = min(gap, sizes.of(96))
    place = _spread(plan, before, after, sizes, room_across)
    if place is None:
        return None
    middle = ((area.left + area.right) / 2, (area.top + area.bottom) / 2)[not upright]
    start = ((area.top + area.bottom) if upright else (area.left + area.right)) / 2
    start -= (sum(depths) + gap * gaps) / 2
    edge = [start + sum(depths[:number]) + gap * number for number in range(len(depths))]
    boxes = []
    for i in range(len(nodes)):
        number = level[i]
        centre = (
            edge[number] + depths[number] / 2 + (header / 2 if around and upright and not number else 0.0)
        )
        x, y = (middle + place[i], centre) if upright else (centre, middle + place[i])
        boxes.append((x - wide[i] / 2, y - high[i] / 2, x + wide[i] / 2, y + high[i] / 2))
    curves, inputs = _curves(nodes, plan, boxes, place, middle, edge, depths, sizes, upright)
    frame, at = None, (0.0, 0.0)
    if around:
        left, top, right, bottom = _around([boxes[i] for i in first], inset)
        half = around[1] / 2 + inset
        centre = (left + right) / 2
        left, right = min(left, centre - half), max(right, centre + half)
        frame = rounded((left, top - header, right, bottom), sizes.of(9))
        at = centre, top - header + sizes.of(21)
    return Diagram(sizes, tuple(boxes), tuple(level), tuple(curves), inputs, frame, at)


@lru_cache(maxsize=16)
def _plan(nodes: tuple[Node, ...]) -> tuple[Layered, list[int]]:
    level = layers(nodes)
    first = {i for i, node in enumerate(nodes) if node.kind == "parameter"}
    return layered(len(nodes), [(a, b) for a, b, _ in edges(nodes)], level, first), level


def _spread(
    plan: Layered, before: Sequence[float], after: Sequence[float], sizes: Sizes, room: float
) -> list[float] | None:
    """The places across the layers, with as much air as there is room for."""
    for gap in (44, 36, 28, 22, 17, 13):
        place = centres(plan, before, after, sizes.of(gap))
        ends = [(at - one, at + other) for at, one, other in zip(place, before, after, strict=True)]
        if max(high for _, high in ends) - min(low for low, _ in ends) <= room:
            return place
    return None


def _curves(
    nodes: Sequence[Node],
    plan: Layered,
    boxes: Sequence[tuple[float, float, float, float]],
    place: Sequence[float],
    middle: float,
    edge: Sequence[float],
    depths: Sequence[float],
    sizes: Sizes,
    upright: bool,
) -> tuple[list[tuple[Curve, Curve | None]], tuple[tuple[float, ...], ...]]:
    """The edges, which come into a box in the order in which they come from, and where they do."""
    listed = list(edges(nodes))
    ports: list[list[float]] = [[0.0] * len(node.inputs) for node in nodes]
    for to, node in enumerate(nodes):
        mine = [
            (place[chain[-2]], each[2])
            for each, chain in zip(listed, plan.chains, strict=True)
            if each[1] == to
        ]
        for rank, (_, slot) in enumerate(sorted(mine)):
            ports[to][slot] = (rank - (len(node.inputs) - 1) / 2) * sizes.of(17)
    curves = []
    for (source, to, slot), chain in zip(listed, plan.chains, strict=True):
        one, other = boxes[source], boxes[to]
        begin, end = (one[3], other[1]) if upright else (one[2], other[0])
        level = next(number for number, row in enumerate(plan.rows) if source in row)
        # Straight as far as its layers reach, so that it meets no box or frame beside its own.
        stops = [(begin, middle + place[source]), (edge[level] + depths[level], middle + place[source])]
        for hop, item in enumerate(chain[1:-1], 1):
            number = level + hop
            at = middle + place[item]
            stops += [(edge[number], at), (edge[number] + depths[number], at)]
        at = middle + place[to] + ports[to][slot]
        stops += [(edge[level + len(chain) - 1], at), (end, at)]
        points = _smooth(stops)
        points = points[:, ::-1] if upright else points
        lane = 0.0 if nodes[source].given else sizes.of(LANE)
        back = _curve((source, to), _beside(points, -lane)[::-1]) if lane else None
        curves.append((_curve((source, to), _beside(points, lane)), back))
    return curves, tuple(tuple(each) for each in ports)


def _curve(ends: tuple[int, int], points: Floats) -> Curve:
    way = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(points, axis=0).T))])
    return Curve(ends, points, way / way[-1])


def _beside(points: Floats, distance: float) -> Floats:
    """The same line so many pixels to the left of its way, as one looks along it on the picture."""
    way = np.gradient(points, axis=0)
    way /= np.hypot(*way.T)[:, None]
    return points + distance * np.column_stack([way[:, 1], -way[:, 0]])


def _smooth(stops: Sequence[tuple[float, float]]) -> Floats:
    """A line along the first axis through all stops, which leaves and reaches each straight."""
    pieces = [np.array(stops[:1])]
    t = np.linspace(0, 1, 25)[1:, None]
    for (x0, y0), (x1, y1) in zip(stops, stops[1:], strict=False):
        if x1 - x0 < 0.01:
            continue
        if abs(y1 - y0) < 0.01:
            pieces.append(np.array([[x1, y1]]))
            continue
        # Bézier's cubic with both inner points half-way, so that its ends run along the axis.
        along, across = 1.5 * t * (1 - t) + t**3, t * t * (3 - 2 * t)
        pieces.append(np.hstack([x0 + (x1 - x0) * along, y0 + (y1 - y0) * across]))
    return np.vstack(pieces)


def _around(
    boxes: Sequence[tuple[float, float, float, float]], inset: float
) -> tuple[float, float, float, float]:
    lefts, tops, rights, bottoms = zip(*boxes, strict=True)
    return min(lefts) - inset, min(tops) - inset, max(rights) + inset, max(bottoms) + inset


def rounded(box: tuple[float, float, float, float], radius: float) -> Floats:
    """The outline of a rectangle with round corners, closed."""
    left, top, right, bottom = box
    radius = min(radius, (right - left) / 2, (bottom - top) / 2)
    turn = np.linspace(0, math.pi / 2, 7)
    corners = []
    for x, y, first in (
        (right - radius, bottom - radius, 0.0),
        (left + radius, bottom - radius, math.pi / 2),
        (left + radius, top + radius, math.pi),
        (right - radius, top + radius, 1.5 * math.pi),
    ):
        corners.append(
            np.column_stack([x + radius * np.cos(first + turn), y + radius * np.sin(first + turn)])
        )
    points = np.vstack(corners)
    return np.vstack([points, points[:1]])
