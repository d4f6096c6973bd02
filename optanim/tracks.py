"""Paths in pixels: cut by time, kept drawable far outside the picture, dashed where they coincide."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from optanim.pen import LINETO, MOVETO, Box

Floats = NDArray[np.float64]

FAR = 4000.0  # pixels beyond the panel at which a segment is cut: the rasterizer's numbers are finite
DASH = 9.0  # pixels of one dash where paths coincide
NEAR = 1.6  # pixels within which two paths count as one
CELL = 2  # pixels of the grid on which neighbours are looked up


@dataclass(frozen=True)
class Track:
    """A polyline that is travelled in time.

    xy (m, 2) are pixels, t (m,) the steps at which the vertices are reached, never decreasing;
    ink (m-1,) says which segments are drawn.
    """

    xy: Floats
    t: Floats
    ink: NDArray[np.bool_]

    @property
    def end(self) -> float:
        """The step at which the track ends."""
        return float(self.t[-1])

    @cached_property
    def _spans(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Of each segment the left, top, right and bottom."""
        low, high = np.minimum(self.xy[:-1], self.xy[1:]), np.maximum(self.xy[:-1], self.xy[1:])
        return low[:, 0].copy(), low[:, 1].copy(), high[:, 0].copy(), high[:, 1].copy()

    def at(self, t: float) -> tuple[float, float]:
        """Where the head is at step t (held before the first and after the last vertex)."""
        i = int(self.t.searchsorted(t, side="right")) - 1
        if i < 0 or i >= len(self.t) - 1:
            x, y = self.xy[max(i, 0)]
            return float(x), float(y)
        part = (t - self.t[i]) / (self.t[i + 1] - self.t[i])
        (x0, y0), (x1, y1) = self.xy[i], self.xy[i + 1]
        return float(x0 + part * (x1 - x0)), float(y0 + part * (y1 - y0))

    def cut(self, t0: float, t1: float, box: Box | None = None) -> tuple[Floats, NDArray[np.uint8]] | None:
        """The stretch between two steps as points and codes; only what can touch `box`, if given.

        Segments next to those that touch are kept, so that joints inside the box are complete.
        """
        t0, t1 = max(t0, float(self.t[0])), min(t1, self.end)
        if t1 <= t0:
            return None
        first = int(self.t.searchsorted(t0, side="right"))
        last = int(self.t.searchsorted(t1, side="left"))
        ink = self.ink[first - 1 : last]
        if box is not None:
            left, top, right, bottom = (span[first - 1 : last] for span in self._spans)
            near = (right >= box.left - 8) & (left <= box.right + 8)
            near &= (bottom >= box.top - 8) & (top <= box.bottom + 8)
            found = near.nonzero()[0]
            if not len(found):
                return None
            # Of a long track only the stretch that comes near is looked at further.
            start, stop = max(int(found[0]) - 1, 0), min(int(found[-1]) + 2, len(near))
            near = near[start:stop]
            wide = near.copy()
            wide[1:] |= near[:-1]
            wide[:-1] |= near[1:]
            ink = ink[start:stop] & wide
        else:
            start, stop = 0, last - first + 1
        points = np.empty((stop - start + 1, 2))
        points[:] = self.xy[first - 1 + start : first + stop]
        if start == 0:
            points[0] = self.at(t0)
        if stop == last - first + 1:
            points[-1] = self.at(t1)
        if ink.all():
            codes = np.full(len(points), LINETO, np.uint8)
            codes[0] = MOVETO
            return points, codes
        if not ink.any():
            return None
        draws = np.zeros(len(points), bool)
        draws[1:] = ink  # a vertex is drawn to where the segment before it has ink
        needed = draws.copy()
        needed[:-1] |= ink
        codes = np.where(draws, LINETO, MOVETO).astype(np.uint8)
        return points[needed], codes[needed]

    def bounds(self, t0: float, t1: float, margin: float) -> Box | None:
        """The pixels that may change when the track grows from one step to another, under a pen this wide."""
        t0, t1 = max(t0, float(self.t[0])), min(t1, self.end)
        if t1 <= t0:
            return None
        x, y = self.at(t0)
        first = int(self.t.searchsorted(t0, side="right"))
        last = int(self.t.searchsorted(t1, side="left"))
        # A joint changes its shape as long as the segment after it grows, and a sharp one far along
        # it: the whole segment counts, and those before it that are shorter than the pen is wide.
        while first > 0:
            first -= 1
            px, py = self.xy[first]
            if abs(px - x) + abs(py - y) > 4 * margin:
                break
        inside = self.xy[first:last]
        x1, y1 = self.at(t1)
        (left, top), (right, bottom) = inside.min(axis=0), inside.max(axis=0)
        return Box(
            math.floor(min(left, x1) - margin),
            math.floor(min(top, y1) - margin),
            math.ceil(max(right, x1) + margin) + 1,
            math.ceil(max(bottom, y1) + margin) + 1,
        )


def track(xy: Floats, page: Box, t: Floats | None = None) -> Track:
    """The track through pixel points; it ends before the first that is not finite.

    t are the steps at which they are reached, never decreasing; without it there is one per step.
    """
    finite = np.isfinite(xy).all(axis=1)
    count = len(xy) if finite.all() else max(int(np.argmin(finite)), 1)
    xy = np.nan_to_num(xy[:count])
    t = np.arange(count, dtype=float) if t is None else t[:count]
    ink = np.ones(max(count - 1, 0), bool)
    centre = np.array([page.left + page.right, page.top + page.bottom]) / 2
    reach = np.array([page.width, page.height]) / 2 + FAR
    far = np.asarray((np.abs(xy - centre) > reach).any(axis=1))
    if not far.any():
        return Track(xy, t, ink)
    points: list[Floats] = []
    times: list[float] = []
    inked: list[bool] = []
    for i in range(count):
        if not far[i]:
            points.append(xy[i])
            times.append(float(t[i]))
            inked.append(True)
            continue
        before, after = float(t[max(i - 1, 0)]), float(t[min(i + 1, count - 1)])
        # A far vertex becomes where its two segments cross the outer frame, with a gap between.
        leaves = _crossing(xy[i - 1], xy[i], centre, reach) if i and not far[i - 1] else None
        enters = _crossing(xy[i + 1], xy[i], centre, reach) if i + 1 < count and not far[i + 1] else None
        passes = _passage(xy[i], xy[i + 1], centre, reach) if i + 1 < count and far[i + 1] else None
        edge = centre + np.clip(xy[i] - centre, -reach, reach)
        now = float(t[i])
        out = [(leaves[0], before + leaves[1] * (now - before), True)] if leaves else [(edge, now, False)]
        if enters:
            out.append((enters[0], after - enters[1] * (after - now), False))
        elif passes:
            way = after - now
            out += [(passes[0], now + passes[2] * way, False), (passes[1], now + passes[3] * way, True)]
        else:
            out.append((edge, now, False))
        for point, time, drawn in out:
            points.append(point)
            times.append(float(time))
            inked.append(drawn)
    return Track(np.array(points), np.maximum.accumulate(np.array(times)), np.array(inked[1:], bool))


def _crossing(inside: Floats, outside: Floats, centre: Floats, reach: Floats) -> tuple[Floats, float]:
    """Where the segment from inside to outside crosses the frame, and at which part of it."""
    a, d = inside - centre, outside - inside
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        parts = np.where(d > 0, (reach - a) / d, np.where(d < 0, (-reach - a) / d, np.inf))
    part = float(np.clip(np.nanmin(parts), 0, 1))
    return inside + part * d, part


def _passage(
    a: Floats, b: Floats, centre: Floats, reach: Floats
) -> tuple[Floats, Floats, float, float] | None:
    """The stretch of a segment between two far points that lies inside the frame, if any."""
    d = b - a
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        one, two = (centre - reach - a) / d, (centre + reach - a) / d
    enter, leave = float(np.nanmax(np.minimum(one, two))), float(np.nanmin(np.maximum(one, two)))
    if not 0 <= enter < leave <= 1:
        return None
    return a + enter * d, a + leave * d, enter, leave


def sampled(lines: Sequence[Floats], box: Box, spacing: float = 4.0, most: int = 20_000) -> Floats:
    """Points (m, 2) along lines of pixels, about so far apart, where they are inside a box."""
    found = [np.zeros((0, 2))]
    low, high = np.array([box.left, box.top], float), np.array([box.right, box.bottom], float)
    for line in lines:
        xy = np.clip(line[np.isfinite(line).all(axis=1)], low - FAR, high + FAR)
        lengths = np.hypot(*np.diff(xy, axis=0).T) if len(xy) > 1 else np.zeros(0)
        counts = np.maximum(np.ceil(lengths / max(spacing, lengths.sum() / most)).astype(int), 1)
        start = np.repeat(np.arange(len(counts)), counts)
        first = np.cumsum(counts) - counts
        part = ((np.arange(len(start)) - first[start]) / counts[start])[:, None] if len(start) else 0.0
        found += [xy[start] + part * (xy[start + 1] - xy[start]), xy[-1:]] if len(start) else [xy]
    points = np.concatenate(found)
    return points[((points >= low) & (points <= high)).all(axis=1)]


def dashed(each: Track, on: float, off: float, first: float = 0.0) -> Track:
    """The track in dashes of a length in pixels with gaps of another; the first begins so far along."""
    fine = resampled(each)
    arc = np.r_[0.0, np.cumsum(np.hypot(*np.diff(fine.xy, axis=0).T))]
    return replace(fine, ink=fine.ink & ((arc[:-1] - first) % (on + off) < on))


def turn(each: Track, rank: int, count: int) -> Track:
    """The track in the dashes that are the turn of one of `count` that share its place."""
    return dashed(each, DASH, (count - 1) * DASH, rank * DASH)


def interleave(tracks: list[Track], page: Box, window: float = np.inf) -> list[Track]:
    """The tracks with alternating dashes where they coincide, so that none hides another.

    A stretch on the page counts as shared where it runs within NEAR pixels of another track's and
    the same way, at most `window` steps earlier or later, for at least four dashes; crossings stay
    as they are.
    """
    if len(tracks) < 2:
        return tracks
    fine = [resampled(each) for each in tracks]
    ways = [_directions(each.xy) for each in fine]
    arcs = [np.r_[0.0, np.cumsum(np.hypot(*np.diff(each.xy, axis=0).T))] for each in fine]
    cells = [((each.xy - (page.left, page.top)) // CELL).astype(int) + 1 for each in fine]
    shape = (page.height // CELL + 4, page.width // CELL + 4)
    on_page = [
        (c[:, 0] > 0) & (c[:, 0] < shape[1] - 1) & (c[:, 1] > 0) & (c[:, 1] < shape[0] - 1) for c in cells
    ]
    grids = []
    for c, on in zip(cells, on_page, strict=True):
        grid = np.full(shape, -1)
        order = np.flatnonzero(on)[::-1]  # the first visit of a cell is the one that stays
        grid[c[order, 1], c[order, 0]] = order
        grids.append(grid)
    done = []
    for index, each in enumerate(fine):
        here = np.flatnonzero(on_page[index])
        members = np.zeros((len(tracks), len(each.xy)), bool)
        members[index] = True
        anchor = arcs[index] + 1e-6
        for other in reversed(range(len(tracks))):  # the lowest member sets the dashes for all
            if other == index:
                continue
            at, gap = _nearest(each, cells[index], here, fine[other], grids[other], window)
            along = np.abs((ways[index][here] * ways[other][at]).sum(axis=1)) > 0.9
            both = (gap <= NEAR) & along
            shared, twin = here[both], at[both]
            members[other, shared] = True
            if other < index:
                ahead = ((each.xy[shared] - fine[other].xy[twin]) * ways[other][twin]).sum(axis=1)
                anchor[shared] = arcs[other][twin] + ahead + 1e-6
        done.append(_dashed(tracks[index], each, members, anchor, index))
    return done


def _nearest(
    each: Track, cells: NDArray[np.int64], here: NDArray[np.int64], other: Track, grid: NDArray[np.int64],
    window: float,
) -> tuple[NDArray[np.int64], Floats]:  # fmt: skip
    """For the samples `here` of a track the nearest sample of another and its distance."""
    best = np.zeros(len(here), int)
    gap = np.full(len(here), np.inf)
    for dx in (-1, 0, 1):
        for dy in (-1, 0, 1):
            found = grid[cells[here, 1] + dy, cells[here, 0] + dx]
            distance = np.hypot(*(other.xy[found] - each.xy[here]).T)
            closer = (found >= 0) & (distance < gap) & (np.abs(other.t[found] - each.t[here]) <= window)
            best[closer], gap[closer] = found[closer], distance[closer]
    return best, gap


def resampled(each: Track) -> Track:
    """The same track with a vertex at least every two pixels, or coarser where it is very long."""
    if len(each.xy) < 2:
        return each
    lengths = np.hypot(*np.diff(each.xy, axis=0).T)
    spacing = max(1.5, float(lengths.sum()) / 20_000)
    counts = np.maximum(np.ceil(lengths / spacing).astype(int), 1)
    start = np.append(np.repeat(np.arange(len(counts)), counts), len(counts))
    first = np.append(0, np.cumsum(counts))
    part = np.append((np.arange(first[-1]) - first[start[:-1]]) / counts[start[:-1]], 0.0)
    upper = np.minimum(start + 1, len(each.xy) - 1)
    xy = each.xy[start] * (1 - part[:, None]) + each.xy[upper] * part[:, None]
    t = each.t[start] * (1 - part) + each.t[upper] * part
    return Track(xy, t, np.repeat(each.ink, counts))


def _directions(xy: Floats) -> Floats:
    if len(xy) < 2:
        return np.zeros_like(xy)
    steps = np.gradient(xy, axis=0)
    lengths = np.hypot(steps[:, 0], steps[:, 1])
    return np.asarray(steps / np.maximum(lengths, 1e-9)[:, None])


def _dashed(plain: Track, fine: Track, members: NDArray[np.bool_], anchor: Floats, index: int) -> Track:
    """The track without ink where it is another member's turn; the plain one if it shares nothing."""
    count = members.sum(axis=0)
    together = count > 1
    edges = np.flatnonzero(np.diff(np.concatenate([[False], together, [False]]).astype(int)))
    arc = np.r_[0.0, np.cumsum(np.hypot(*np.diff(fine.xy, axis=0).T))]
    dashed = np.zeros(len(together), bool)
    for start, stop in zip(edges[::2], edges[1::2], strict=True):
        if arc[stop - 1] - arc[start] >= 4 * DASH:
            dashed[start:stop] = True
    if not dashed.any():
        return plain
    rank = members[:index].sum(axis=0)
    skip = dashed & ((anchor // DASH).astype(int) % count != rank)
    return replace(fine, ink=fine.ink & ~skip[:-1])
