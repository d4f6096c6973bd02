"""Paths of optimizers over a picture of the landscape: tails, heads, names, and where they left."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optanim.callouts import follow, shown
from optanim.pen import Box, Pen
from optanim.stage import Stage, held
from optanim.themes import rgb
from optanim.tracks import Track, interleave, track
from optanim.typeset import Sprite

Floats = NDArray[np.float64]
Told = Callable[[int, NDArray[np.int64]], list[tuple[str, ...]]]  # of a run, at steps (F,)
DOTTED = 60  # runs of at most this many steps carry a dot on each iterate
NAMED = 12  # more runs than this have no names on the picture: nobody could read them
MOST = 40  # more heads than this are not kept clear of names
TOLD = 5.0  # times a second that what is told of a run changes, at most: more could not be read
SMALL = 8.0  # points, of what is told
LINE = 16.0  # from the baseline of a name to that of what is told under it
BROAD = 0.4  # of the box, that a line of it may take
TETHER = 15.0  # a name further than this from its head is tied to it by a line


NAMELESS = Sprite(np.zeros((1, 1, 4), np.uint8))


@dataclass(frozen=True)
class Exit:
    """Where a run left the picture for good: the step it was out by, the place, and the way out."""

    step: int
    t: float
    place: tuple[float, float]
    turn: float


class Paths:
    """The paths of some runs inside a box of the picture.

    points: for each run its iterates in pixels (N+1, 2), or the track over them. minima (M, 2) are
    drawn as stars, with a `note` under them if there is one. Names keep off what else is in `clear`,
    points (m, 2), and off `texts`. In an inset, `small`, only what is inside is drawn. What is `told` of a
    run at steps stands in small type under its name.
    """

    small = False
    told: Told | None = None

    def __init__(
        self,
        stage: Stage,
        indices: Sequence[int],
        points: Sequence[Floats | Track],
        minima: Floats,
        box: Box,
        note: str = "",
        clear: Floats | None = None,
        texts: Sequence[Box] = (),
        named: bool = True,
        small: bool = False,
        told: Told | None = None,
    ) -> None:
        self.stage, self.indices, self.box, self.small = stage, list(indices), box, small
        self.texts = list(texts)
        runs = [stage.trace.runs[index] for index in indices]
        self.told = told
        plain = [each if isinstance(each, Track) else track(each, box) for each in points]
        self.tracks = interleave(plain, box)
        # Bright tails share a place only if they are there together: a leader is not dashed for
        # those who come after.
        self.bright = interleave(plain, box, window=0.5 * float((stage.tau - stage.dim).max()))
        self.dotted = max((run.steps for run in runs), default=0) <= DOTTED
        self.exits = [self._leaves(each) for each in plain]
        ended = [run.ended.step if run.ended else np.inf for run in runs]
        # When a run is over for the reader: it has left, or it has no next iterate.
        self.over = [left.t if left else step - 1 for left, step in zip(self.exits, ended, strict=True)]
        self.slim = [stage.slim(index) for index in indices]
        self.thin = [part * self._thinned(each) for part, each in zip(self.slim, plain, strict=True)]
        self.starts = list(dict.fromkeys((float(t.xy[0, 0]), float(t.xy[0, 1])) for t in plain))
        self.minima = [
            (float(x), float(y))
            for x, y in dict.fromkeys(map(tuple, minima))
            if box.left <= x <= box.right and box.top <= y <= box.bottom
        ]
        self.note = stage.sprite([(note, stage.theme.ink, 7.5, "normal")], halo=True) if note else None
        self._place_heads(plain)
        self.names: list[tuple[Sprite, Sprite | None]] = []
        if named and stage.key is None:
            self._place_names(np.zeros((0, 2)) if clear is None else clear, texts)

    def _leaves(self, each: Track) -> Exit | None:
        return leaving(each, self.box)

    def _place_heads(self, plain: Sequence[Track]) -> None:
        """Heads of all frames, held at the edge of the box and turned outwards where they are outside."""
        tau, box = self.stage.tau, self.box
        inner = box.grow(-round(self.stage.px(8)))
        self.heads = np.zeros((len(tau), len(plain), 2))
        self.outside = np.zeros((len(tau), len(plain)), bool)
        self.turn = np.zeros((len(tau), len(plain)))
        for column, each in enumerate(plain):
            x, y = np.interp(tau, each.t, each.xy[:, 0]), np.interp(tau, each.t, each.xy[:, 1])
            out = (x < box.left) | (x > box.right) | (y < box.top) | (y > box.bottom)
            held_x, held_y = np.clip(x, inner.left, inner.right), np.clip(y, inner.top, inner.bottom)
            self.heads[:, column] = np.where(out[:, None], np.c_[held_x, held_y], np.c_[x, y])
            self.outside[:, column] = out
            self.turn[:, column] = np.arctan2(held_y - y, x - held_x) - math.pi / 2

    def _place_names(self, clear: Floats, texts: Sequence[Box]) -> None:
        stage, box = self.stage, self.box
        named: set[int] = set()  # families: of several seeds one run carries the name
        self.lines: list[list[tuple[str, ...]]] = []  # what is told of each run in every frame
        steps = held((stage.tau + 1e-9).astype(np.int64), math.ceil(stage.fps / TOLD))
        for index, left in zip(self.indices, self.exits, strict=True):
            run, family = stage.trace.runs[index], stage.trace.family_of[index]
            self.lines.append(self.told(index, steps) if self.told and family not in named else [])
            if len(stage.trace.families[family]) > 1:
                self.names.append((NAMELESS if family in named else stage.name_sprite(index), None))
                named.add(family)
                continue
            named.add(family)
            called = stage.called[index]
            over = f"{called} left at step {left.step}" if left else None
            if over is None and run.ended:
                over = f"{called} ended at step {run.ended.step}"
            self.names.append((stage.name_sprite(index), stage.name_sprite(index, over) if over else None))
        if not 0 < len(named) <= NAMED or len(self.names) > MOST:
            self.names = []
            return
        told = {parts for lines in self.lines for parts in lines}
        self.stacked = (
            max(map(self._length, told), default=0.0) > BROAD * box.width
        )  # in a line for each part
        pairs = [
            [self._size(column, s) for s in (name, over or name)]
            for column, (name, over) in enumerate(self.names)
        ]
        late = self.stage.tau[:, None] >= np.array(self.over)
        sizes = np.where(late[..., None], [pair[1] for pair in pairs], [pair[0] for pair in pairs])
        notes = [*texts, *self.notes().values()]
        marks = np.vstack([np.array([*self.starts, *self.minima], float).reshape(-1, 2), clear])
        self.places = follow(self.heads, sizes, box, stage.px(9), marks, notes)
        self.shown = shown(self.places, sizes, notes)

    def _size(self, column: int, name: Sprite) -> tuple[int, int]:
        """The room of a name, with the longest line that is ever told under it."""
        lines = set(self.lines[column]) - {()}
        if not lines:
            return name.width, name.height
        longest = max(lines, key=self._length)
        parts = [(part,) for line in lines for part in line] if self.stacked else [longest]
        width = self._under(column, max(parts, key=self._length)).width
        under = self._under(column, longest)
        return max(name.width, width), self._below(name, under) + under.height

    def _length(self, parts: tuple[str, ...]) -> float:
        return self.stage.width(", ".join(parts), SMALL)

    def _below(self, name: Sprite, under: Sprite) -> int:
        """How far under the top of a name that of what is told stands: a line from baseline to baseline."""
        return round(name.rise + self.stage.px(LINE) - under.rise)

    def _under(self, column: int, parts: tuple[str, ...]) -> Sprite:
        """What is told of a run, in one line or, where that would be too long, in a line for each part."""
        color = self.stage.styles[self.indices[column]].words
        lines = parts if self.stacked else [", ".join(parts)]
        return self.stage.sprite([(each, color, SMALL, "normal") for each in lines], halo=True)

    def notes(self) -> dict[tuple[float, float], Box]:
        """Where the notes of the stars stand; of stars that are close together one has it for all."""
        found: dict[tuple[float, float], Box] = {}
        for star in self.minima if self.note else ():
            under = self._beside(star)
            if not any(under.touches(other) for other in found.values()):
                found[star] = under
        return found

    def _beside(self, star: tuple[float, float]) -> Box:
        """Where the note of a star stands: under it, or over or beside it where there is no room."""
        assert self.note is not None
        gap, box, (x, y), note = self.stage.px(10), self.box, star, self.note
        middle = min(max(x - note.width / 2, box.left + 1), box.right - 1 - note.width)
        level = y - note.height / 2
        ways = [(middle, y + gap), (middle, y - gap - note.height)]
        ways += [(x + gap + 2, level), (x - gap - 2 - note.width, level)]
        boxes = [Box(round(a), round(b), round(a) + note.width, round(b) + note.height) for a, b in ways]
        inside = [each for each in boxes if each.within(box.grow(-1)) == each] or boxes[1:2]
        free = [each for each in inside if not any(each.touches(text) for text in self.texts)]
        return (free or inside)[0]

    def _thinned(self, each: Track) -> float:
        """The width of the faint tail: thinner where a long zigzag would smear into a blot."""
        full = self.stage.px(2.0)
        steps = np.hypot(*np.diff(each.xy, axis=0).T)
        inside = steps[steps < 2 * self.box.width]
        if len(inside) < 30:
            return full
        span = np.ptp(each.xy, axis=0).clip(1, [self.box.width, self.box.height])
        crowding = float(inside.sum()) * full / float(span[0] * span[1] + 400)
        return full * min(1.0, max(0.35, 0.5 / max(crowding, 1e-9)))

    # -- layers --------------------------------------------------------------------------------

    def grown(self, k: int) -> list[Box]:
        """Where the past at frame k differs from that at frame k - 1."""
        dim, tau = self.stage.dim, self.stage.tau
        spans = [(dim[k - 1], dim[k])]
        if self.dotted:
            spans.append((math.floor(tau[k - 1]), math.floor(tau[k])))
        boxes = [each.bounds(a, b, self.stage.px(5)) for each in self.tracks for a, b in spans if b > a]
        return [part for box in boxes if box and (part := box.within(self.box))]

    def draw_past(self, pen: Pen, k: int) -> None:
        """Faint tails, the dots of iterates, and over them the stars and crosses."""
        with pen.clipped(self.box) as some:
            if not some:
                return
            for index, each, width in zip(self.indices, self.tracks, self.thin, strict=True):
                piece = each.cut(0.0, self.stage.dim[k], pen.clip)
                if piece:
                    faint = self.stage.theme.faint
                    pen.stroke(*piece, self.stage.styles[index].rgb, width, faint, cap="butt")
            if self.dotted:
                self._draw_dots(pen, k)
            self._draw_marks(pen)

    def _draw_dots(self, pen: Pen, k: int) -> None:
        stage = self.stage
        near = pen.clip.grow(math.ceil(stage.px(2.3)) + 1)
        for index, each, slim in zip(self.indices, self.tracks, self.slim, strict=True):
            radius = slim * stage.px(2.3)
            if stage.trace.runs[index].time is not None:  # it goes on between its iterates
                continue
            reached = (each.t <= math.floor(self.stage.tau[k] + 1e-9)) & (each.t == np.round(each.t))
            for x, y in each.xy[reached]:
                if near.left <= x <= near.right and near.top <= y <= near.bottom:
                    pen.mark("circle", x, y, radius, self.stage.styles[index].rgb)

    def draw_front(self, pen: Pen, k: int) -> None:
        """Bright tails, exits, names and, on top of all, the heads."""
        stage = self.stage
        tau, dim = stage.tau[k], stage.dim[k]
        with pen.clipped(self.box):
            for index, each, width, slim in zip(self.indices, self.bright, self.thin, self.slim, strict=True):
                piece = each.cut(dim, tau)
                if piece:
                    wide = max(width, slim * stage.px(2.0))
                    pen.stroke(*piece, stage.styles[index].rgb, wide, cap="round")
        for index, left in zip(self.indices, () if self.small else self.exits, strict=not self.small):
            if left and tau >= left.t:
                style = stage.styles[index]
                pen.mark(
                    "triangle", *left.place, stage.px(4.6), stage.halo, style.rgb, stage.px(1.2), left.turn
                )
        self._draw_names(pen, k)
        for column, index in enumerate(self.indices):
            x, y = self.heads[k, column]
            if self.small and self.outside[k, column]:
                continue
            out = self.outside[k, column]
            if self.exits[column] is None and not out and tau > self.over[column]:
                self._draw_end(pen, index, x, y)
            elif out:
                style, turn = stage.styles[index], self.turn[k, column]
                pen.mark("triangle", x, y, stage.px(5.5), style.rgb, stage.halo, stage.px(1.6), turn)
            else:
                stage.head(pen, index, x, y, 5.2 * self.slim[column])

    def _draw_end(self, pen: Pen, index: int, x: float, y: float) -> None:
        """A cross in the colour of a run that has no next iterate."""
        arm = self.stage.px(5)
        for width, color in ((5.0, self.stage.halo), (2.4, self.stage.styles[index].rgb)):
            for side in (-1, 1):
                line = np.array([[x - arm, y - side * arm], [x + arm, y + side * arm]])
                pen.stroke(line, None, color, self.stage.px(width), cap="butt")

    def _draw_names(self, pen: Pen, k: int) -> None:
        chosen: list[tuple[int, Sprite, int, int]] = []
        for column, (name, over) in enumerate(self.names):
            sprite = over if over is not None and self.stage.tau[k] >= self.over[column] else name
            part = float(self.shown[k, column])
            if part:
                x, y = map(int, self.places[k, column])
                chosen.append((column, sprite if part == 1 else sprite.faded(part), x, y))
        for column, sprite, x, y in chosen:
            head = self.heads[k, column]
            near = np.clip(head, (x + 2, y + 2), (x + sprite.width - 2, y + sprite.height - 2))
            if self.shown[k, column] == 1 and np.hypot(*(near - head)) > self.stage.px(TETHER):
                color = self.stage.styles[self.indices[column]].rgb
                pen.stroke(np.array([near, head]), None, color, self.stage.px(1.0), 0.75)
        for column, sprite, x, y in chosen:
            if self.lines[column] and (parts := self.lines[column][k]):
                under = self._under(column, parts)
                part = float(self.shown[k, column])
                below = y + self._below(sprite, under)
                pen.place(under if part == 1 else under.faded(part), x, below)
            pen.place(sprite, x, y)

    def _draw_marks(self, pen: Pen) -> None:
        """The starts as crosses and the minima as stars."""
        stage = self.stage
        ink = rgb(stage.theme.ink)
        near = pen.clip.grow(round(stage.px(80)))

        def touched(points: Sequence[tuple[float, float]]) -> list[tuple[float, float]]:
            return [(x, y) for x, y in points if near.left < x < near.right and near.top < y < near.bottom]

        notes = self.notes()
        for x, y in touched(self.minima):
            pen.mark("star", x, y, stage.px(8 if self.small else 11.5), ink, stage.halo, stage.px(1.4))
            if self.note and (under := notes.get((x, y))):
                pen.place(self.note, under.left, under.top)
        arm = stage.px(6)
        for x, y in touched(self.starts):
            for width, color in ((4.6, stage.halo), (2.0, ink)):
                for dx, dy in ((arm, 0.0), (0.0, arm)):
                    line = np.array([[x - dx, y - dy], [x + dx, y + dy]])
                    pen.stroke(line, None, color, stage.px(width), cap="butt")


def leaving(each: Track, box: Box) -> Exit | None:
    """Where a track leaves a box for good; None where it ends inside, or never was there."""
    low, high = np.array([box.left, box.top]) - 1, np.array([box.right, box.bottom]) + 1
    inside = np.asarray(((each.xy >= low) & (each.xy <= high)).all(axis=1))
    if inside[-1] or not inside.any():
        return None
    last = int(np.flatnonzero(inside)[-1])
    start, way = each.xy[last], each.xy[last + 1] - each.xy[last]
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.where(way > 0, (high - start) / way, np.where(way < 0, (low - start) / way, np.inf))
    part = float(np.clip(parts.min(), 0, 1))
    x, y = start + part * way
    t = float(each.t[last] + part * (each.t[last + 1] - each.t[last]))
    turn = math.atan2(-way[1], way[0]) - math.pi / 2
    return Exit(step_of(each.t, last), t, (float(x), float(y)), turn)


def step_of(times: Floats, last: int) -> int:
    """The step that leads from a vertex of a track to the next; one that goes far is out at its beginning."""
    return max(math.ceil(float(times[last + 1]) - 1e-9), math.floor(float(times[last])) + 1)
