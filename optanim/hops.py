"""Hops of optimizers over a curve: from iterate to iterate an arc, with an arrow head where it lands."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optanim.paths import Exit, Paths, leaving
from optanim.pen import CLOSEPOLY, LINETO, MOVETO, Box, Pen
from optanim.stage import Stage
from optanim.themes import RGB, mix, rgb
from optanim.tracks import Track, sampled, track

Floats = NDArray[np.float64]
SAMPLES = 24  # vertices of the longest arc
SPACING = 6.0  # pixels between the vertices of an arc, at 100 dpi
VERTICES = 8_000  # of all arcs of a run: where there are more hops they turn into chords
RISE, SAG, LIFT = 0.11, 0.10, 5.0  # of the width of a hop, how far an arc bends; and pixels beside that
AIR = 5.0  # pixels that an arc keeps above the ground, where it can
LEFT = 0.7  # times as high an arc to the left rises, so that a way back is not the way there
ROOMY = 0.1  # a hop to the left over a well of this part of its width hangs below its chord
LANES = 4  # arcs of so many runs bend differently, so that they stay apart where their ends are the same
DOT, RIM = 3.1, 1.1  # pixels of the dot of an iterate, and of its halo
BRIGHTER = 1.5  # times the opacity of a tail: of few hops all are to be read
HEAD = 10.0  # pixels of an arrow head; of a short hop no more than this part:
PART = 0.45
POINTED = 120  # hops of a run that have heads; among more nobody could tell one from another
SHORTEST = 11.0  # pixels of a hop that has a head


@dataclass(frozen=True)
class Arrows:
    """Arrow heads at the ends of hops: corners (m, 3, 2) in pixels and the steps (m,) of landing."""

    corners: Floats
    t: Floats

    def shape(self, t0: float, t1: float) -> tuple[Floats, NDArray[np.uint8]] | None:
        """Those of hops that land after t0 and not after t1, as one shape."""
        first, last = self.t.searchsorted([t0, t1], side="right")
        if first >= last:
            return None
        some = self.corners[first:last]
        points = np.concatenate([some, some[:, :1]], axis=1).reshape(-1, 2)
        return points, np.tile(np.array([MOVETO, LINETO, LINETO, CLOSEPOLY], np.uint8), len(some))


class Hops(Paths):
    """The paths of some runs on the curve of a loss of one variable, inside a box of the picture.

    legs: for each run the ends of its hops in pixels (N, 2, 2), NaN after its end; a hop need not begin
    where the last one ended, as where the curve has changed meanwhile. ground (m, 2) is the curve in
    pixels, from left to right, which arcs keep above.
    """

    def __init__(
        self,
        stage: Stage,
        indices: Sequence[int],
        legs: Sequence[Floats],
        ground: Floats,
        minima: Floats,
        box: Box,
        note: str = "",
        clear: Floats | None = None,
        texts: Sequence[Box] = (),
        named: bool = True,
    ) -> None:
        legs = [_known(each) for each in legs]
        bends = [
            bend(each, ground, box, stage.unit, 1 + 0.3 * (lane % LANES)) for lane, each in enumerate(legs)
        ]
        ways = [arcs(each, rise, box, stage.unit) for each, rise in zip(legs, bends, strict=True)]
        self.starts_of = [each[:, 0] for each in legs]  # where each hop begins
        off = [sampled([ground], box, SPACING), *([clear] if clear is not None else [])]
        super().__init__(stage, indices, ways, minima, box, note, np.vstack(off), texts, named)
        gap = stage.px(DOT + RIM if self.dotted else 0.5)
        self.arrows = [
            arrows(each, rise, box, stage.px(HEAD), gap) for each, rise in zip(legs, bends, strict=True)
        ]

    def _leaves(self, each: Track) -> Exit | None:
        """Where the last iterate inside the box hops out of it; an arc may come back without landing."""
        low, high = (self.box.left - 1, self.box.top - 1), (self.box.right + 1, self.box.bottom + 1)
        inside = np.asarray(((each.xy >= low) & (each.xy <= high)).all(axis=1))
        landed = np.flatnonzero(inside & (each.t == np.round(each.t)))
        first = int(landed[-1]) if len(landed) else len(inside)
        out = np.flatnonzero(~inside[first:])
        if not len(out):
            return None
        last = first + int(out[0])
        return leaving(
            Track(each.xy[first : last + 1], each.t[first : last + 1], each.ink[first:last]), self.box
        )

    def grown(self, k: int) -> list[Box]:
        boxes = super().grown(k)
        dim = self.stage.dim
        if dim[k] > dim[k - 1]:
            for each in self.arrows:
                shape = each.shape(dim[k - 1], dim[k])
                if shape:
                    (left, top), (right, bottom) = shape[0].min(axis=0), shape[0].max(axis=0)
                    box = Box(math.floor(left), math.floor(top), math.ceil(right) + 1, math.ceil(bottom) + 1)
                    if part := box.grow(1).within(self.box):
                        boxes.append(part)
        return boxes

    def draw_past(self, pen: Pen, k: int) -> None:
        """Dimmed hops with their arrow heads, the dots of iterates, and over them stars and crosses."""
        theme, dim = self.stage.theme, self.stage.dim[k]
        part = 1 - (theme.faint if not self.dotted else BRIGHTER * theme.faint)
        with pen.clipped(self.box) as some:
            if not some:
                return
            for i, index in enumerate(self.indices):
                # Mixed and not transparent: a hop over the same place again must not look stronger.
                faint = rgb(mix(self.stage.styles[index].color, theme.background, part))
                piece = self.tracks[i].cut(0.0, dim, pen.clip)
                if piece:
                    pen.stroke(*piece, faint, self.thin[i], cap="butt")
                self._draw_arrows(pen, self.arrows[i], -1.0, dim, faint)
            if self.dotted:
                self._draw_dots(pen, k)
            self._draw_marks(pen)

    def _draw_dots(self, pen: Pen, k: int) -> None:
        stage = self.stage
        radius, rim = stage.px(DOT), stage.px(RIM)
        near = pen.clip.grow(math.ceil(radius + rim) + 1)
        for index, each in zip(self.indices, self.tracks, strict=True):
            reached = (each.t <= math.floor(stage.tau[k] + 1e-9)) & (each.t == np.round(each.t))
            inside = (each.xy >= (near.left, near.top)) & (each.xy <= (near.right, near.bottom))
            places = each.xy[reached & inside.all(axis=1)].tolist()
            # All halos first: a dense row of dots is a line, and not a comb.
            for size, color in ((radius + rim, stage.halo), (radius, stage.styles[index].rgb)):
                for x, y in places:
                    pen.mark("circle", x, y, size, color)

    def draw_front(self, pen: Pen, k: int) -> None:
        """As of paths, with the arrow heads of hops in the bright tail."""
        dim, tau = self.stage.dim[k], self.stage.tau[k] + 1e-9
        with pen.clipped(self.box):
            for index, each in zip(self.indices, self.arrows, strict=True):
                self._draw_arrows(pen, each, dim, tau, self.stage.styles[index].rgb)
        super().draw_front(pen, k)

    @staticmethod
    def _draw_arrows(pen: Pen, each: Arrows, t0: float, t1: float, color: RGB) -> None:
        shape = each.shape(t0, t1)
        if shape:
            pen.fill(*shape, color)


def _known(legs: Floats) -> Floats:
    """The hops of a run before its end; at least one, which may have no end."""
    known = np.isfinite(legs).all(axis=(1, 2))
    return legs if known.all() else legs[: max(int(np.argmin(known)), 1)]


def bend(legs: Floats, ground: Floats, box: Box, unit: float = 1.0, lane: float = 1.0) -> Floats:
    """How far the arc of each hop (N, 2, 2) rises above its chord half-way, in pixels (N,).

    An arc rises so far that it keeps above the ground, and no further than the top of the box. A hop
    to the left from wall to wall of a well hangs below its chord instead: two hops to and fro are two arcs.
    """
    a, b = legs[:, 0], legs[:, 1]
    width = np.abs(b[:, 0] - a[:, 0])
    s = np.linspace(0, 1, SAMPLES + 1)[1:-1]
    weight = 4 * s * (1 - s)
    middle = (s > 0.15) & (s < 0.85)
    x, y = (a[:, i, None] + s * (b[:, i] - a[:, i])[:, None] for i in (0, 1))
    earth = np.interp(x, ground[:, 0], ground[:, 1]) if len(ground) else np.full(y.shape, 1e7)
    room = earth - y
    leftwards = b[:, 0] < a[:, 0]
    rise = lane * RISE * width + np.minimum(LIFT * unit, 0.2 * width)
    rise = np.where(leftwards, LEFT * rise, rise)
    air = np.minimum(AIR * unit, 0.2 * width)[:, None]
    rise = np.maximum(rise, ((air - room) / weight)[:, middle].max(axis=1))
    below = room[:, (s > 0.3) & (s < 0.7)].min(axis=1)
    deep = earth.max(axis=1) - np.maximum(a[:, 1], b[:, 1])
    low, high = (box.left - 1, box.top - 1), (box.right + 1, box.bottom + 1)
    lands = ((legs >= low) & (legs <= high)).all(axis=(1, 2))
    hangs = leftwards & lands & (np.minimum(below, deep) > ROOMY * width)
    rise = np.where(hangs, -np.minimum(lane * SAG * width, 0.4 * below), rise)
    under = ((y - box.top - 7 * unit) / weight).min(axis=1)
    return np.where(rise > 0, np.minimum(rise, np.maximum(under, 0.0)), rise)


def arcs(legs: Floats, rise: Floats, box: Box, unit: float = 1.0) -> Track:
    """The track over arcs from end to end of each hop; hops far outside the box are straight."""
    if not np.isfinite(legs[0]).all():
        return track(legs[0], box)
    a, way = legs[:, 0], legs[:, 1] - legs[:, 0]
    length = np.hypot(way[:, 0], way[:, 1])
    reach = max(box.width, box.height)
    wide = box.grow(reach)
    near = ((legs >= (wide.left, wide.top)) & (legs <= (wide.right, wide.bottom))).all(axis=(1, 2))
    count = np.where(near, np.clip(np.ceil(length / (SPACING * unit)), 1, SAMPLES), 1).astype(np.int64)
    if count.sum() > VERTICES:
        count = np.maximum(count * VERTICES // count.sum(), 1)
    joined = np.array_equal(legs[1:, 0], legs[:-1, 1])
    each = count if joined else count + 1
    hop = np.repeat(np.arange(len(legs)), each)
    inside = np.arange(each.sum()) - np.repeat(np.cumsum(each) - each, each)
    part = inside / count[hop]
    bent = np.where(count > 1, rise, 0.0)[hop]
    xy = a[hop] + part[:, None] * way[hop]
    xy[:, 1] -= bent * 4 * part * (1 - part)
    t = hop + part
    if joined:
        xy, t = np.vstack([xy, legs[-1:, 1]]), np.append(t, float(len(legs)))
    return track(xy, box, t)


def arrows(legs: Floats, rise: Floats, box: Box, size: float, gap: float) -> Arrows:
    """The heads of hops that are long enough, so far short of where these land, inside the box."""
    a, b = legs[:, 0], legs[:, 1]
    way = b - a
    length = np.hypot(way[:, 0], way[:, 1])
    seen = (b[:, 0] > box.left - 1) & (b[:, 0] < box.right + 1)
    seen &= (b[:, 1] > box.top - 1) & (b[:, 1] < box.bottom + 1)
    seen &= (length > SHORTEST * size / HEAD) & (len(legs) <= POINTED)
    a, b, way, length, rise = (each[seen] for each in (a, b, way, length, rise))
    # A head points the way that the arc has about its own length before the end.
    part = np.clip(1 - 0.6 * (size + gap) / np.maximum(length, 1e-9), 0.5, 1)
    slope = np.column_stack([way[:, 0], way[:, 1] - 4 * rise * (1 - 2 * part)])
    slope /= np.maximum(np.hypot(slope[:, 0], slope[:, 1]), 1e-9)[:, None]
    across = np.column_stack([-slope[:, 1], slope[:, 0]])
    long = np.minimum(size, PART * length)[:, None]
    tip = b - slope * np.minimum(gap, 0.3 * length)[:, None]
    base = tip - slope * long
    corners: Floats = np.stack([tip, base + 0.45 * long * across, base - 0.45 * long * across], axis=1)
    return Arrows(corners, np.asarray(np.flatnonzero(seen) + 1, float))
