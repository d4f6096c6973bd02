"""The marks of a panel as they are drawn: rings, arrows, hairlines and words that keep off each other."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from optanim import marks
from optanim.callouts import follow
from optanim.marks import Mark
from optanim.pen import Box, Pen
from optanim.scales import Axes
from optanim.scene import Thing
from optanim.themes import RGB, Theme, rgb
from optanim.typeset import Sprite

Floats = NDArray[np.float64]
ROOM = 260.0  # pixels that a line of words may take, and no more than this part of the panel:
SHARE = 0.6
EDGE = 3.0  # pixels that words keep from the edge of the panel
TETHER = 15.0  # pixels from a point beyond which its words are tied to it by a line
BLUNT = 0.75  # pixels by which a place may lie outside and still count as on the edge


class Table(Protocol):
    """What is needed of the stage."""

    theme: Theme
    tau: Floats

    @property
    def halo(self) -> RGB: ...

    def px(self, length: float) -> float: ...

    def sprite(self, lines: Sequence[tuple[str, str, float, str]], halo: bool = False) -> Sprite: ...

    def wrapped(self, text: str, size: float, weight: str, room: float, most: int) -> list[str]: ...


class Marked(Protocol):
    """What is needed of the panel."""

    box: Box
    axes: Axes
    marks_move: bool

    def pixels(self, points: Floats, k: int = 0) -> Floats: ...

    def clutter(self) -> Floats: ...


@dataclass
class _Placed:
    """A mark in pixels: its places in every frame, or in one for all (F or 1, m, 2)."""

    thing: Thing
    mark: Mark
    at: Floats
    lines: tuple[str, ...]
    sprite: Sprite | None
    corners: NDArray[np.int64] | None = None  # of its words, left top, as many as `at`

    def shown(self, tau: float) -> bool:
        first, last = self.thing.settings.get("steps") or (0.0, np.inf)
        return bool(first <= tau <= last)


class Marking:
    """The marks of one panel, laid out once its box and its axes are known.

    A mark that lies outside the box in every frame is not drawn, and is told in `outside`. What lies
    over the picture, `covers`, stays over the marks, and their words keep off it.
    """

    def __init__(
        self, table: Table, panel: Marked, things: Sequence[Thing], covers: Sequence[Box] = ()
    ) -> None:
        self.covers = covers
        self.table, self.panel, self.box = table, panel, panel.box
        self.outside: list[Thing] = []
        self.placed: list[_Placed] = []
        for thing in things:
            made = marks.made(thing)
            at = self._at(made)
            if self._seen(at).any():
                self.placed.append(_Placed(thing, made, at, *self._words(made.label)))
            else:
                self.outside.append(thing)
        self._place_words()

    def _at(self, made: Mark) -> Floats:
        """The places of a mark in pixels; of a level its two ends."""
        if isinstance(made, marks.Level):
            axes = self.panel.axes
            if made.y is None:
                ends = [(made.x, axes.y.low), (made.x, axes.y.high)]
            else:
                ends = [(axes.x.low, made.y), (axes.x.high, made.y)]
            return axes.pixels(np.array(ends, float))[None]
        places = [np.array([place], float) for place in made.places]  # some may have fewer numbers
        frames = range(len(self.table.tau)) if self.panel.marks_move else range(1)
        with np.errstate(all="ignore"):
            return np.stack([np.vstack([self.panel.pixels(each, k) for each in places]) for k in frames])

    def _seen(self, at: Floats) -> NDArray[np.bool_]:
        """In which frames all places of a mark lie in the box."""
        box = self.box
        inside = (at[..., 0] >= box.left - BLUNT) & (at[..., 0] <= box.right + BLUNT)
        inside &= (at[..., 1] >= box.top - BLUNT) & (at[..., 1] <= box.bottom + BLUNT)
        return np.asarray(inside.all(axis=1))

    def _words(self, label: str | None) -> tuple[tuple[str, ...], Sprite | None]:
        table = self.table
        room = min(table.px(ROOM), SHARE * self.box.width)
        lines = table.wrapped(label or "", 9.0, "normal", room, 3)
        if not lines:
            return (), None
        return tuple(lines), table.sprite([(line, table.theme.ink, 9.0, "normal") for line in lines], True)

    # -- where words stand -----------------------------------------------------------------------

    def _place_words(self) -> None:
        if self.panel.marks_move:
            self._follow()
            return
        signs, taken = [self._around(each) for each in self.placed], list(self.covers)
        clutter = self.panel.clutter()
        # Words that must stand where they are come first, and what can be moved keeps off them.
        for each in sorted(self.placed, key=lambda one: not isinstance(one.mark, marks.Text)):
            if each.sprite is None:
                continue
            choices = self._choices(each, each.sprite)
            boxes = [self._kept(box) for box in choices]
            if all(any(box.touches(cover) for cover in self.covers) for box in boxes):
                boxes += [self._kept(box) for cover in self.covers for box in _off(choices[0], cover)]
            best = min(range(len(boxes)), key=lambda i: (self._cost(boxes[i], signs, taken, clutter), i))
            each.corners = np.array([[boxes[best].left, boxes[best].top]])
            taken.append(boxes[best])

    def _around(self, each: _Placed) -> Box:
        """What a mark without its words takes of the picture."""
        (left, top), (right, bottom) = each.at[0].min(axis=0), each.at[0].max(axis=0)
        r = 0.0 if isinstance(each.mark, marks.Text) else self.table.px(1 if _is_level(each) else 6)
        return Box(round(left - r), round(top - r), round(right + r), round(bottom + r))

    def _kept(self, box: Box) -> Box:
        """The box moved into the panel."""
        edge = round(self.table.px(EDGE))
        left = max(min(box.left, self.box.right - edge - box.width), self.box.left + edge)
        top = max(min(box.top, self.box.bottom - edge - box.height), self.box.top + edge)
        return Box(left, top, left + box.width, top + box.height)

    def _choices(self, each: _Placed, sprite: Sprite) -> list[Box]:
        """Where the words of a mark may stand, the usual place first."""
        px, (w, h) = self.table.px, (sprite.width, sprite.height)
        x, y = each.at[0][0]
        if isinstance(each.mark, marks.Text):
            # Off other words it may go a few lines up or down, or to a side.
            shifts = [(0.0, s * n * h) for n in (0, 0.6, 1.1, 1.7, 2.2) for s in (-1, 1)]
            centres = [(x + dx, y + dy) for dx, dy in [*shifts, (-0.6 * w, 0.0), (0.6 * w, 0.0)]]
        elif isinstance(each.mark, marks.Level):
            (x0, y0), (x1, y1) = each.at[0]
            gap = px(3)
            if y0 == y1:
                across = [x1 - w / 2 - px(4), x0 + w / 2 + px(4), (x0 + x1) / 2]
                centres = [(a, y0 + s * (h / 2 + gap)) for a in across for s in (-1, 1)]
            else:
                up = [y1 + h / 2 + px(4), y0 - h / 2 - px(4), (y0 + y1) / 2]
                centres = [(x0 + s * (w / 2 + gap + px(2)), b) for b in up for s in (1, -1)]
        elif isinstance(each.mark, marks.Arrow):
            way = each.at[0][0] - each.at[0][1]
            back = np.arctan2(way[1], way[0])
            turns = [back + turn for turn in (0, 0.6, -0.6, 1.2, -1.2, 1.6, -1.6)]
            centres = [self._beside(x, y, w, h, turn, px(4)) for turn in turns]
        else:
            eighths, gaps = (0, 4, -2, 2, -1, -3, 1, 3), (8, 16, 24, 34, 46, 60)
            ways = [(n * np.pi / 4, px(gap)) for gap in gaps for n in eighths]
            centres = [self._beside(x, y, w, h, turn, gap) for turn, gap in ways]
        corners = [(round(cx - w / 2), round(cy - h / 2)) for cx, cy in centres]
        return [Box(left, top, left + w, top + h) for left, top in corners]

    @staticmethod
    def _beside(x: float, y: float, w: int, h: int, turn: float, gap: float) -> tuple[float, float]:
        """The centre of a box that touches a circle around a point from a side."""
        return x + np.cos(turn) * (w / 2 + gap), y + np.sin(turn) * (h / 2 + gap)

    @staticmethod
    def _cost(box: Box, signs: Sequence[Box], words: Sequence[Box], clutter: Floats) -> float:
        """How bad it is for words to stand in a box: other words count most, then marks, then paths."""
        cost = 0.0
        for others, weight in ((words, 1e9), (signs, 1e6)):
            for other in others:
                shared = box.within(other)
                if shared is not None:
                    cost += weight + shared.width * shared.height
        x, y = clutter.T
        cost += float(np.sum((x > box.left) & (x < box.right) & (y > box.top) & (y < box.bottom)))
        return cost

    def _follow(self) -> None:
        """The words of marks that move in the picture, as the names of heads do."""
        worded = [each for each in self.placed if each.sprite is not None]
        if not worded:
            return
        heads = np.stack([_known(each.at[:, 0]) for each in worded], axis=1)
        sizes = [(each.sprite.width, each.sprite.height) for each in worded if each.sprite]
        corners = follow(heads, sizes, self.box, self.table.px(8), np.zeros((0, 2)))
        for i, each in enumerate(worded):
            each.corners = corners[:, i]

    def boxes(self, k: int) -> list[Box]:
        """Where words stand at frame k: of marks that move those that are shown, else all."""
        if not self.panel.marks_move:
            return self.texts
        return [
            Box(x, y, x + each.sprite.width, y + each.sprite.height)
            for each in self.placed
            if each.sprite is not None and each.corners is not None and self._visible(each, k)
            for x, y in [map(int, each.corners[k])]
        ]

    def _visible(self, each: _Placed, k: int) -> bool:
        frame = k if len(each.at) > 1 else 0
        return each.shown(self.table.tau[k]) and bool(self._seen(each.at[frame : frame + 1])[0])

    @property
    def signs(self) -> list[Box]:
        """What marks that do not move take of the picture, without their words and the words alone."""
        still = [] if self.panel.marks_move else self.placed
        return [self._around(each) for each in still if not isinstance(each.mark, marks.Text)]

    @property
    def texts(self) -> list[Box]:
        """Where words stand that do not move."""
        return [
            Box(x, y, x + each.sprite.width, y + each.sprite.height)
            for each in self.placed
            if each.sprite and each.corners is not None and len(each.corners) == 1
            for x, y in [map(int, each.corners[0])]
        ]

    @property
    def taken(self) -> Floats:
        """Points (m, 2) that names of heads are to keep clear of."""
        points = []
        for each in self.placed:
            if not _is_level(each) and not self.panel.marks_move:
                points += [tuple(at) for at in each.at[0]]
            if each.sprite is not None and each.corners is not None and len(each.corners) == 1:
                (left, top), n = each.corners[0], len(each.lines)
                across = np.linspace(0, each.sprite.width, 2 + each.sprite.width // 12)
                up = (np.arange(n) + 0.5) / n * each.sprite.height
                points += [(left + x, top + y) for x in across for y in up]
        return np.array(points, float).reshape(-1, 2)

    # -- drawing ---------------------------------------------------------------------------------

    def draw(self, pen: Pen, k: int) -> None:
        """The marks that are shown at frame k, words last."""
        shown = []
        for each in self.placed:
            if self._visible(each, k):
                shown.append((each, k if len(each.at) > 1 else 0))
        draws: dict[type, Callable[[Pen, Floats], None]] = {
            marks.Level: self._draw_level,
            marks.Arrow: self._draw_arrow,
            marks.Point: self._draw_point,
        }
        with pen.clipped(self.box):
            kept = [pen.pixels[o.top : o.bottom, o.left : o.right].copy() for o in self.covers]
            for kind, draw in draws.items():
                for each, frame in shown:
                    if isinstance(each.mark, kind):
                        draw(pen, each.at[frame])
            for o, pixels in zip(self.covers, kept, strict=True):
                pen.pixels[o.top : o.bottom, o.left : o.right] = pixels
            for each, frame in shown:
                if each.sprite is not None and each.corners is not None:
                    x, y = map(int, each.corners[frame])
                    self._draw_tether(
                        pen, each, frame, Box(x, y, x + each.sprite.width, y + each.sprite.height)
                    )
                    pen.place(each.sprite, x, y)

    def _draw_tether(self, pen: Pen, each: _Placed, frame: int, box: Box) -> None:
        """A line to a point from words that stand further away."""
        at = each.at[frame][0]
        near = np.clip(at, (box.left + 2, box.top + 2), (box.right - 2, box.bottom - 2))
        if isinstance(each.mark, marks.Point) and np.hypot(*(near - at)) > self.table.px(TETHER):
            gap = self.table.px(6) * (near - at) / np.hypot(*(near - at))
            pen.stroke(np.array([at + gap, near]), None, rgb(self.table.theme.ink), self.table.px(0.9), 0.7)

    def _draw_level(self, pen: Pen, at: Floats) -> None:
        (x0, y0), (x1, y1) = map(tuple, at)
        pen.rule((x0, y0), (x1, y1), rgb(self.table.theme.ink), 0.6)

    def _draw_point(self, pen: Pen, at: Floats) -> None:
        px, (x, y) = self.table.px, at[0]
        pen.mark("circle", x, y, px(4.6), rgb(self.table.theme.ink), self.table.halo, px(1.3))
        pen.mark("circle", x, y, px(2.9), self.table.halo)

    def _draw_arrow(self, pen: Pen, at: Floats) -> None:
        px, (tail, tip) = self.table.px, at
        way = tip - tail
        length = float(np.hypot(*way))
        if length < 1:
            return
        way = way / length
        across = np.array([-way[1], way[0]])
        head = min(px(9.5), length)
        base = tip - head * way
        wings = np.array([tip, base + 0.42 * head * across, base - 0.42 * head * across, tip])
        for color, wider in ((self.table.halo, px(2.6)), (rgb(self.table.theme.ink), 0.0)):
            pen.stroke(np.array([tail, base + 0.3 * head * way]), None, color, px(1.6) + wider)
            if wider:
                pen.stroke(wings, None, color, wider)
            pen.fill(wings, None, color)


def _is_level(each: _Placed) -> bool:
    return isinstance(each.mark, marks.Level)


def _off(box: Box, cover: Box) -> list[Box]:
    """The box moved off what would cover it, to each of its sides."""
    ways = (
        (0, cover.bottom - box.top),
        (0, cover.top - box.bottom),
        (cover.right - box.left, 0),
        (cover.left - box.right, 0),
    )
    return [Box(box.left + x, box.top + y, box.right + x, box.bottom + y) for x, y in ways]


def _known(way: Floats) -> Floats:
    """A path (F, 2) with its gaps filled: by where it was last, at first by where it will be."""
    known = np.flatnonzero(np.isfinite(way).all(axis=1))
    nearest = np.searchsorted(known, np.arange(len(way)), side="right") - 1
    return way[known[np.maximum(nearest, 0)]]
