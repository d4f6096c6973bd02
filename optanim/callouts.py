"""Names that go with moving heads: off one another, off the heads and marks, and calm.

A name may stand in slots around its head: beside it on either side, some lines higher or lower, or
above and below it. Which slot it has in which frame is solved for the whole film at once, by dynamic
programming: what a name covers costs in every frame, and a change of slot costs once. So a name
leaves in time for what comes, and stays where it is for what only passes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from optanim.pen import Box

Floats = NDArray[np.float64]

KNOTS = 240  # frames at which slots are chosen, at most; a longer film has them further apart
SWEEPS = 2  # how often every name is placed anew among the others
HEAD = 6.5  # pixels of a head, and of a mark, to each side of its middle
TEXT = 3.0  # how much worse it is to stand on a text than on a mark
GRID = 2  # pixels of the grid on which what stands still is looked up
EDGE = 3.0  # pixels to the edge of the box
SPARE = 2.0  # pixels between names, which may be off by a little for the sake of calm
CALM, GLIDE = 5.0, 3.0  # frames over which the heads' motion and a change of slot are smoothed
CALMER = 2.0  # frames over which the names of arrows are smoothed
AWAY = 20.0  # pixels from which on calm names follow more closely
# What a frame costs in which a name stands on another, on what stands still, on a head, or outside.
ON_NAME, ON_MARK, ON_HEAD, OUTSIDE = 25.0, 8.0, 3.0, 60.0
HELD = 30.0  # how many frames the last one counts for: it is held
CHANGE = 18.0  # what leaving a slot costs
FADE = (0.75, 0.5, 0.25)  # of a name that makes way for another, frame by frame


def follow(
    heads: Floats,
    sizes: Sequence[tuple[int, int]] | NDArray[np.int64],
    box: Box,
    gap: float,
    marks: Floats,
    texts: Sequence[Box] = (),
) -> NDArray[np.int64]:
    """Positions for the names of moving heads, solved for the whole film.

    heads (F, R, 2) are pixels, sizes (width, height) of the R names, or (F, R, 2) where they change;
    marks (M, 2) are points to keep clear of and texts boxes. The result (F, R, 2) holds left top
    corners in whole pixels.
    """
    frames, runs = heads.shape[:2]
    size = np.broadcast_to(np.asarray(sizes, float), (frames, runs, 2))
    calm = _calm(heads)
    stride = -(-frames // KNOTS)
    knots = np.unique(np.append(np.arange(0, frames, stride), frames - 1))
    still = _Still(box, marks, texts)
    corners = np.zeros((frames, runs, 2))
    placed: list[int] = []
    for _ in range(SWEEPS if runs > 1 else 1):
        for i in range(runs):
            others = [j for j in placed if j != i]
            slots = _Slots(size[:, i], gap, runs)
            at = slots.corners(calm[knots, i], size[knots, i], box)
            cost = slots.cost + _outside(at, calm[knots, i], slots, size[knots, i], box)
            cost += ON_MARK * still.covered(at, size[knots, i])
            for j in range(runs):
                cost += ON_HEAD * _on_heads(at, size[knots, i], heads[knots, j])
            for j in others:
                cost += ON_NAME * _shared(at, size[knots, i], corners[knots, j], size[knots, j])
            # A name begins and ends at rest: the first frames are one, and so are the last.
            first = int(np.searchsorted(knots, min(4 * GLIDE, frames / 4), side="right")) - 1
            last = min(int(np.searchsorted(knots, max(frames - 4 * GLIDE, 3 * frames / 4))), len(knots) - 1)
            cost[first] = cost[: first + 1].sum(axis=0)
            cost[last] = cost[last:].sum(axis=0) + HELD * cost[-1]
            spans = np.r_[0, knots[first + 1 : last + 1], frames]
            chosen = np.repeat(_path(cost[first : last + 1], slots.far), np.diff(spans))
            corners[:, i] = slots.travelled(chosen, calm[:, i], size[:, i], box)
            placed = placed if i in placed else [*placed, i]
    return _steady(corners, 1.5)


class _Slots:
    """Where a name may stand about its head: the side (1 right, -1 left) and how far down."""

    def __init__(self, size: Floats, gap: float, runs: int) -> None:
        height = float(size[:, 1].max())
        self.gap, self.height = gap, height
        step = 0.5 if runs <= 6 else 1.0
        lines = np.arange(-(runs + 1), runs + 1.5, step)
        lines = lines[np.argsort(np.abs(lines), kind="stable")]
        over = (gap + height / 2) / height
        columns = [(1.0, line) for line in lines] + [(-1.0, line) for line in lines]
        columns += [(0.0, sign * (over + more)) for more in (0, 1) for sign in (-1, 1)]
        self.side = np.array([side for side, _ in columns])
        self.down = np.array([line for _, line in columns]) * height
        away = np.abs(self.down) / height
        self.cost = 0.25 * away + 0.3 * np.maximum(away - 1, 0)
        self.cost += np.where(self.side < 0, 0.7, np.where(self.side == 0, 0.5 - 0.25 * over, 0))
        # What a change from each slot to each other costs: further is dearer.
        aside = np.abs(self.side[:, None] - self.side)
        self.far = CHANGE + 2 * aside + np.abs(self.down[:, None] - self.down) / height
        np.fill_diagonal(self.far, 0.0)

    def corners(self, head: Floats, size: Floats, box: Box) -> Floats:
        """The left top corner (F, S, 2) in every slot, kept inside the box."""
        return self._kept(head, size, self.side[None, :], self.down[None, :], box)

    def travelled(self, chosen: NDArray[np.int64], head: Floats, size: Floats, box: Box) -> Floats:
        """The corners (F, 2) of a name that glides from slot to slot, over its head or under it."""
        side, down = smooth(np.c_[self.side[chosen], self.down[chosen]], GLIDE).T
        clear = (self.gap + self.height / 2) * np.sqrt(np.clip(1 - side**4, 0, 1))
        room = head[:, 1] - clear - self.height / 2 > box.top + EDGE
        way = np.where(np.abs(down) > 0.3 * self.height, np.sign(down), np.where(room, -1.0, 1.0))
        down = np.where(np.abs(down) < clear, way * clear, down)
        return self._kept(head, size, side[:, None], down[:, None], box)[:, 0]

    def _kept(self, head: Floats, size: Floats, side: Floats, down: Floats, box: Box) -> Floats:
        width, height = size[:, :1], size[:, 1:]
        x = head[:, :1] + side * (self.gap + width / 2) - width / 2
        y = head[:, 1:] + down - height / 2
        x = np.clip(x, box.left + EDGE, np.maximum(box.right - EDGE - width, box.left + EDGE))
        y = np.clip(y, box.top + EDGE, np.maximum(box.bottom - EDGE - height, box.top + EDGE))
        return np.stack(np.broadcast_arrays(x, y), axis=-1)


class _Still:
    """What does not move, on a grid: how much of it a box covers is read off in four places."""

    def __init__(self, box: Box, marks: Floats, texts: Iterable[Box]) -> None:
        self.left, self.top = box.left, box.top
        shape = box.height // GRID + 1, box.width // GRID + 1
        weight = np.zeros(shape)
        boxes = [(x - HEAD, y - HEAD, x + HEAD, y + HEAD, 1.0) for x, y in marks]
        boxes += [(each.left, each.top, each.right, each.bottom, TEXT) for each in texts]
        for left, top, right, bottom, heavy in boxes:
            x0, x1 = (max(round((x - self.left) / GRID), 0) for x in (left, right))
            y0, y1 = (max(round((y - self.top) / GRID), 0) for y in (top, bottom))
            weight[y0:y1, x0:x1] = np.maximum(weight[y0:y1, x0:x1], heavy)
        self.any = bool(weight.any())
        self.sums = np.pad(weight, ((1, 0), (1, 0))).cumsum(axis=0).cumsum(axis=1)

    def covered(self, at: Floats, size: Floats) -> Floats:
        """How much each box (F, S) covers: 1 for as much as a mark."""
        if not self.any:
            return np.zeros(at.shape[:2])
        most_y, most_x = self.sums.shape[0] - 1, self.sums.shape[1] - 1
        x0 = np.clip(((at[..., 0] - self.left) / GRID).astype(int), 0, most_x)
        y0 = np.clip(((at[..., 1] - self.top) / GRID).astype(int), 0, most_y)
        x1 = np.clip(np.ceil((at[..., 0] + size[:, :1] - self.left) / GRID).astype(int), 0, most_x)
        y1 = np.clip(np.ceil((at[..., 1] + size[:, 1:] - self.top) / GRID).astype(int), 0, most_y)
        cells = self.sums[y1, x1] - self.sums[y0, x1] - self.sums[y1, x0] + self.sums[y0, x0]
        part = np.asarray(cells * GRID**2 / (2 * HEAD) ** 2)
        return np.where(part > 0, 0.3 + np.minimum(part, 3.0), 0.0)


def _shared(at: Floats, size: Floats, other: Floats, its: Floats) -> Floats:
    """How much of another box, with some pixels to spare, boxes (F, S) cover: from 0 to about 1."""
    x = np.minimum(at[..., 0] + size[:, :1], other[:, :1] + its[:, :1] + SPARE)
    x -= np.maximum(at[..., 0], other[:, :1] - SPARE)
    y = np.minimum(at[..., 1] + size[:, 1:], other[:, 1:] + its[:, 1:] + SPARE)
    y -= np.maximum(at[..., 1], other[:, 1:] - SPARE)
    # A little is bad already, for it cannot be read; more is worse, so that there is a way out.
    part = np.minimum(x / np.minimum(size[:, :1], its[:, :1]), y / np.minimum(size[:, 1:], its[:, 1:]))
    return np.where((x > 0) & (y > 0), 0.5 + 0.5 * part, 0.0)


def _on_heads(at: Floats, size: Floats, head: Floats) -> Floats:
    """How much of a head (F, 2) boxes (F, S) cover, from 0 to 1."""
    x, y = head[:, :1], head[:, 1:]
    wide = np.minimum(at[..., 0] + size[:, :1], x + HEAD) - np.maximum(at[..., 0], x - HEAD)
    high = np.minimum(at[..., 1] + size[:, 1:], y + HEAD) - np.maximum(at[..., 1], y - HEAD)
    return np.asarray(np.clip(np.minimum(wide, high) / HEAD, 0, 1))


def _outside(at: Floats, head: Floats, slots: _Slots, size: Floats, box: Box) -> Floats:
    """What it costs that a slot is not all inside the box, and the name kept from it."""
    wished = head[:, None, 1] + slots.down - size[:, 1:] / 2
    return OUTSIDE * np.minimum(np.abs(wished - at[..., 1]) / slots.height, 1.0)


def _path(cost: Floats, far: Floats) -> NDArray[np.int64]:
    """The slots (F,) of the least sum of what they cost (F, S) and of what their changes do (S, S)."""
    best = cost[0].copy()
    came = np.empty(cost.shape, np.int64)
    own = np.arange(len(best))
    for k in range(1, len(cost)):
        total = best[:, None] + far
        came[k] = total.argmin(axis=0)
        best = total[came[k], own] + cost[k]
    chosen = np.empty(len(cost), np.int64)
    chosen[-1] = best.argmin()
    for k in range(len(cost) - 1, 0, -1):
        chosen[k - 1] = came[k, chosen[k]]
    return chosen


def shown(places: NDArray[np.int64], sizes: NDArray[np.int64], texts: Sequence[Box] = ()) -> Floats:
    """How visible each name is in each frame, (F, R): it fades where it would stand on another or a text.

    places (F, R, 2) are left top corners, sizes (F, R, 2). Of two the one that moves more about that
    time makes way.
    """
    frames, runs = places.shape[:2]
    gone = np.zeros((frames, runs), bool)
    low, high = places.astype(float), (places + sizes).astype(float)
    moved = np.pad(np.abs(np.diff(low, axis=0)).sum(axis=2), ((0, 1), (0, 0)))
    for text in texts:
        wide = np.minimum(high[..., 0], text.right) - np.maximum(low[..., 0], text.left)
        tall = np.minimum(high[..., 1], text.bottom) - np.maximum(low[..., 1], text.top)
        gone |= (wide > 1) & (tall > 1)
    for i in range(runs):
        for j in range(i + 1, runs):
            common = np.minimum(high[:, i], high[:, j]) - np.maximum(low[:, i], low[:, j])
            both = (common > 1).all(axis=1) & ~gone[:, i] & ~gone[:, j]
            for start, stop in _stretches(both):
                near = slice(max(start - 10, 0), stop + 10)
                gone[start:stop, i if moved[near, i].sum() > moved[near, j].sum() else j] = True
    visible = np.ones((frames, runs))
    for run in range(runs):
        spans = _stretches(gone[:, run])
        for (_, stop), (start, _) in zip(spans, spans[1:], strict=False):
            if start - stop < 12:  # no flicker
                gone[stop:start, run] = True
        for start, stop in _stretches(gone[:, run]):
            visible[start:stop, run] = 0.0
            for away, part in enumerate(FADE[::-1]):
                for frame in (start - 1 - away, stop + away):
                    if 0 <= frame < frames:
                        visible[frame, run] = min(visible[frame, run], part)
    return visible


def _stretches(where: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """The first frame and the one after the last of every stretch in which it is so."""
    edges = np.flatnonzero(np.diff(np.concatenate([[False], where, [False]]).astype(int)))
    return [(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _calm(heads: Floats) -> Floats:
    """The motion that names follow: without the trembling of the heads, but not far from where they are."""
    calm = smooth(heads, CALM)
    off = smooth(np.hypot(*np.moveaxis(heads - calm, -1, 0)), CALM)[..., None]
    return calm + np.clip((off - AWAY) / AWAY, 0, 1) * (smooth(heads, CALM / 2) - calm)


def beyond(tips: Floats, middle: Floats, sizes: Floats, box: Box, gap: float) -> NDArray[np.int64]:
    """Left top corners (F, R, 2) of the names of arrows, each on its arrow's way beyond the tip (F, R, 2).

    Names that would meet are moved apart up and down, in the order of the places they would have. They
    follow smoothed tips, and move by whole pixels once they are off by more than one.
    """
    calm = smooth(tips, CALMER)
    way = smooth(
        (tips - middle) / np.maximum(np.hypot(*np.moveaxis(tips - middle, 2, 0)), 1.0)[..., None], CALMER
    )
    length = np.maximum(np.hypot(way[..., 0], way[..., 1]), 1e-9)[..., None]
    way = way / length
    # How far a box reaches to the side that looks at the tip.
    reach = (np.abs(way) * sizes / 2).sum(axis=2, keepdims=True)
    centre = calm + way * (gap + reach)
    low = np.array([box.left, box.top]) + gap + sizes / 2
    high = np.maximum(np.array([box.right, box.bottom]) - gap - sizes / 2, low)
    centre = np.clip(centre, low, high)
    order = smooth(centre[..., 1], 4 * CALMER) + 1e-6 * np.arange(len(sizes))
    for _ in range(40):
        moved = False
        for i in range(len(sizes)):
            for j in range(i + 1, len(sizes)):
                side = np.where(order[:, j] > order[:, i], 1.0, -1.0)
                near = np.abs(centre[:, i, 0] - centre[:, j, 0]) < (sizes[i, 0] + sizes[j, 0]) / 2 + 2
                lack = (sizes[i, 1] + sizes[j, 1]) / 2 + 1 - side * (centre[:, j, 1] - centre[:, i, 1])
                push = np.where(
                    near & (lack > 0.01) & (lack < sizes[i, 1] + sizes[j, 1] + 2), lack / 2 * side, 0.0
                )
                if push.any():
                    moved = True
                    centre[:, i, 1] -= push
                    centre[:, j, 1] += push
        centre = np.clip(centre, low, high)
        if not moved:
            break
    corners = smooth(centre, CALMER) - sizes / 2
    held = np.round(corners)
    for k in range(1, len(held)):
        off = corners[k] - held[k - 1]
        held[k] = np.where(np.abs(off) > 1.5, np.round(corners[k] - np.sign(off)), held[k - 1])
    return held.astype(np.int64)


def smooth(values: Floats, sigma: float) -> Floats:
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
