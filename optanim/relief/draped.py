"""Paths of optimizers on a relief: what a hill hides of them is dashed and fainter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optanim.paths import DOTTED, Exit, Paths, Told, step_of
from optanim.pen import Box, Pen
from optanim.relief.block import Block, Camera, Shot
from optanim.relief.shading import is_light
from optanim.stage import Stage
from optanim.themes import rgb
from optanim.tracks import Track, interleave, resampled, track
from optanim.typeset import Sprite

Floats = NDArray[np.float64]

ON, OFF = 4.0, 4.0  # pixels of the plan that a dash of a hidden path takes, and a gap
EDGE = 0.006  # of half a side by which a point may lie outside and still count as on the edge
HIDDEN = 0.55  # of its opacity that a path keeps where it is hidden
TAIL = 0.62  # the opacity, at least, of a tail that has dimmed on a dark relief
GLASS = 0.6  # the opacity of the outline of a star or a start that is hidden


@dataclass(frozen=True)
class Way:
    """A path over the plan, laid on the block: points (m, 3) and the steps at which they are reached.

    `ink` and `dash` (m-1,) say which pieces are drawn, where they are seen and where they are hidden.
    """

    xyz: Floats
    t: Floats
    ink: NDArray[np.bool_]
    dash: NDArray[np.bool_]

    def at(self, t: Floats) -> Floats:
        """Where it is at steps (F,): points (F, 3)."""
        return np.column_stack([np.interp(t, self.t, column) for column in self.xyz.T])

    def seen(self, shot: Shot) -> tuple[Track, Track]:
        """Its tracks in the picture: what is seen of it, and what is hidden, in dashes."""
        xy = shot.camera.project(self.xyz)
        covered = shot.hides(self.xyz, xy)
        piece = covered[:-1] & covered[1:]
        return Track(xy, self.t, self.ink & ~piece), Track(xy, self.t, self.ink & self.dash & piece)


def _tips() -> Floats:
    """A star of radius 1 as its five tips (5, 3, 2), with gaps between them."""
    angle = np.pi * (np.arange(10) / 5 - 0.5)
    corners = np.column_stack([np.cos(angle), np.sin(angle)])
    corners[1::2] *= 0.42
    tips = corners[::2]
    sides = [tips + 0.72 * (np.roll(corners[1::2], turn, axis=0) - tips) for turn in (1, 0)]
    return np.stack([sides[0], tips, sides[1]], axis=1)


STAR = _tips()
PLUS = np.array([[(0.35 * x, 0.35 * y), (x, y)] for x, y in ((1, 0), (0, 1), (-1, 0), (0, -1))])


class Draped(Paths):
    """The paths of some runs on a block, from one camera for all frames or from one for each.

    `plans` are the iterates of each run in the plan of the block (N+1, 2), `minima` (M, 2) are there too.
    Names keep off what else is in `clear`, points (m, 2) of the picture, and off `texts`.
    """

    def __init__(
        self,
        stage: Stage,
        indices: Sequence[int],
        block: Block,
        cameras: Sequence[Camera],
        plans: Sequence[Floats],
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
        self.texts, self.told = list(texts), told
        self.block, self.cameras = block, cameras
        self.runs = [stage.trace.runs[index] for index in indices]
        self.unit = max(cameras[0].scale, 1.0)  # pixels of the plan for a unit
        half = np.array(block.half)
        self.page = Box(0, 0, *(max(1, math.ceil(2 * h * self.unit)) for h in half))
        plain = [
            resampled(track((xy + half) * self.unit, self.page, run.at.astype(float)))
            for xy, run in zip(plans, self.runs, strict=True)
        ]
        window = 0.5 * float((stage.tau - stage.dim).max())
        self.plain = [self._laid(each) for each in plain]
        self.ways = [self._laid(each) for each in interleave(plain, self.page)]
        self.lit = [self._laid(each) for each in interleave(plain, self.page, window=window)]
        self.dotted = max((run.steps for run in self.runs), default=0) <= DOTTED
        ended = [run.ended.step if run.ended else np.inf for run in self.runs]
        self.left = [self._last_inside(way) for way in self.plain]
        self.over = [
            float(self.plain[i].t[left]) if left is not None else step - 1
            for i, (left, step) in enumerate(zip(self.left, ended, strict=True))
        ]
        self.slim = [stage.slim(index) for index in indices]
        self.thin = [part * self._thinned(each) for part, each in zip(self.slim, plain, strict=True)]
        firsts = np.array([way.xyz[0] for way in self.plain if self._inside(way.xyz[:1])[0]]).reshape(-1, 3)
        self.first = np.unique(firsts, axis=0)
        stars = np.unique(np.column_stack([minima, block.height(*minima.T)]), axis=0).reshape(-1, 3)
        self.stars = stars[self._inside(stars)]
        self.note = stage.sprite([(note, stage.theme.ink, 7.5, "normal")], halo=True) if note else None
        self.shot: Shot | None = None
        self._stand(plain)
        if len(cameras) == 1 and len(self.stars) and self.fixed_behind[0, len(self.first) :].all():
            said = f"{note}, behind" if note else "behind"
            self.note = stage.sprite([(said, stage.theme.ink, 7.5, "normal")], halo=True)
        self.starts, self.minima = self._marked(0)
        self.exits = [self._exit(i, 0) for i in range(len(plain))]
        self.names: list[tuple[Sprite, Sprite | None]] = []
        if named and stage.key is None:
            self._place_names(np.zeros((0, 2)) if clear is None else clear, texts)

    # -- on the block --------------------------------------------------------------------------

    def _laid(self, each: Track) -> Way:
        """A track over the plan on the block."""
        plan = each.xy / self.unit - np.array(self.block.half)
        xyz = np.column_stack([plan, self.block.height(*plan.T)])
        there = self._inside(xyz)
        arc = np.r_[0.0, np.cumsum(np.hypot(*np.diff(each.xy, axis=0).T))]
        dash = arc[:-1] % (self.stage.px(ON) + self.stage.px(OFF)) < self.stage.px(ON)
        return Way(xyz, each.t, each.ink & there[:-1] & there[1:], dash)

    def _inside(self, xyz: Floats) -> NDArray[np.bool_]:
        """Which points (m, 3) lie on the block, and not where its top is cut off."""
        (a, b), room = self.block.half, 1 + EDGE
        within = (np.abs(xyz[:, 0]) <= a * room) & (np.abs(xyz[:, 1]) <= b * room)
        return np.asarray(within & ~self.block.missing(xyz[:, 0], xyz[:, 1]))

    def _last_inside(self, way: Way) -> int | None:
        """The last vertex on the block of a way that leaves it for good."""
        inside = self._inside(way.xyz)
        return None if inside[-1] or not inside.any() else int(np.flatnonzero(inside)[-1])

    def _exit(self, column: int, k: int) -> Exit | None:
        last, way = self.left[column], self.plain[column]
        if last is None:
            return None
        camera = self.cameras[k if len(self.cameras) > 1 else 0]
        (x, y), (u, v) = camera.project(way.xyz[last : last + 2])
        turn = math.atan2(y - v, u - x) - math.pi / 2
        return Exit(step_of(way.t, last), float(way.t[last]), (x, y), turn)

    def _seen(self, xyz: Floats) -> tuple[Floats, NDArray[np.bool_]]:
        """Points (F, n, 3) in pixels (F, n, 2) by the camera of every frame, and which of them are hidden."""
        pixels, hidden = np.zeros((*xyz.shape[:2], 2)), np.zeros(xyz.shape[:2], bool)
        if not xyz.size:
            return pixels, hidden
        if len(self.cameras) == 1:
            flat = xyz.reshape(-1, 3)
            pixels = self.cameras[0].project(flat).reshape(pixels.shape)
            return pixels, self.block.hidden(self.cameras[0], flat).reshape(hidden.shape)
        for k, camera in enumerate(self.cameras):
            pixels[k], hidden[k] = camera.project(xyz[k]), self.block.hidden(camera, xyz[k])
        return pixels, hidden

    def _stand(self, plain: Sequence[Track]) -> None:
        """Heads, starts and stars of all frames; a head that is not on the block waits at its edge."""
        tau, (a, b) = self.stage.tau, self.block.half
        frames = len(tau)
        places = np.zeros((frames, len(plain), 3))
        self.outside = np.zeros((frames, len(plain)), bool)
        for column, (way, last) in enumerate(zip(self.plain, self.left, strict=True)):
            at = way.at(tau)
            away = ~self._inside(at)
            held = np.clip(at[:, :2], (-a, -b), (a, b))
            places[:, column] = np.column_stack([held, self.block.height(*held.T)])
            if last is not None:
                places[tau >= way.t[last], column] = way.xyz[last]
            self.outside[:, column] = away
        self.heads, self.behind = self._seen(places)
        self.turn = np.zeros((frames, len(plain)))
        for column, (way, last) in enumerate(zip(self.plain, self.left, strict=True)):
            for k in np.flatnonzero(self.outside[:, column]).tolist():
                if last is not None and tau[k] >= way.t[last]:
                    left = self._exit(column, k)
                    self.turn[k, column] = left.turn if left else 0.0
                else:  # it is on its way to the block, or never comes
                    held, there = places[k, column], way.at(tau[k : k + 1])[0]
                    out = (there - held)[:2]
                    ahead = held + np.append(0.02 * out / max(float(np.hypot(*out)), 1e-9), 0.0)
                    camera = self.cameras[k if len(self.cameras) > 1 else 0]
                    (x, y), (u, v) = camera.project(np.array([held, ahead]))
                    self.turn[k, column] = math.atan2(y - v, u - x) - math.pi / 2
        rows = frames if len(self.cameras) > 1 else 1
        fixed = np.vstack([self.first, self.stars])
        self.fixed, self.fixed_behind = self._seen(np.broadcast_to(fixed, (rows, *fixed.shape)))

    def _marked(self, k: int) -> tuple[list[tuple[float, float]], list[tuple[float, float]]]:
        """Starts and stars in pixels at a frame."""
        row = self.fixed[k if len(self.cameras) > 1 else 0]
        points = [(float(x), float(y)) for x, y in row]
        return points[: len(self.first)], points[len(self.first) :]

    # -- layers --------------------------------------------------------------------------------

    def show(self, shot: Shot, k: int) -> None:
        """Takes the picture that the tracks are to lie on."""
        if shot is self.shot:
            return
        self.shot = shot
        pairs = [way.seen(shot) for way in self.ways]
        self.tracks, self.unseen = [one for one, _ in pairs], [other for _, other in pairs]
        pairs = [way.seen(shot) for way in self.lit]
        self.bright, self.dimmed = [one for one, _ in pairs], [other for _, other in pairs]
        if len(self.cameras) > 1:
            self.starts, self.minima = self._marked(k)
            self.exits = [self._exit(i, k) for i in range(len(self.runs))]

    def boxes(self, k: int) -> list[Box]:
        """Where names stand at a frame."""
        found = []
        for column, (name, over) in enumerate(self.names):
            sprite = over if over is not None and self.stage.tau[k] >= self.over[column] else name
            x, y = map(int, self.places[k, column])
            width, height = self._size(column, sprite)
            found.append(Box(x, y, x + width, y + height))
        return found

    def draw_past(self, pen: Pen, k: int) -> None:
        stage = self.stage
        faint = max(stage.theme.faint, 0.0 if is_light(stage.theme) else TAIL)
        with pen.clipped(self.box) as some:
            if not some:
                return
            for index, seen, unseen, width in zip(
                self.indices, self.tracks, self.unseen, self.thin, strict=True
            ):
                color = stage.styles[index].rgb
                for each, part in ((unseen, HIDDEN), (seen, 1.0)):
                    piece = each.cut(0.0, stage.dim[k], pen.clip)
                    if piece:
                        pen.stroke(*piece, color, width, faint * part, cap="butt")
            if self.dotted:
                self._draw_dots(pen, k)
            self._draw_fixed(pen, k)

    def _draw_dots(self, pen: Pen, k: int) -> None:
        assert self.shot is not None
        radius = self.stage.px(2.2)
        near = pen.clip.grow(math.ceil(radius) + 1)
        for index, each, way in zip(self.indices, self.tracks, self.ways, strict=True):
            reached = (each.t <= math.floor(self.stage.tau[k] + 1e-9)) & (each.t == np.round(each.t))
            reached &= self._inside(way.xyz)
            at = np.flatnonzero(reached)
            covered = self.shot.hides(way.xyz[at], each.xy[at])
            for (x, y), hidden in zip(each.xy[at], covered, strict=True):
                if near.left <= x <= near.right and near.top <= y <= near.bottom:
                    alpha = 0.3 if hidden else 1.0
                    pen.mark("circle", x, y, radius, self.stage.styles[index].rgb, alpha=alpha)

    def _draw_fixed(self, pen: Pen, k: int) -> None:
        """Starts and stars; what is hidden of them is an outline in dashes, as of something behind glass."""
        behind = self.fixed_behind[k if len(self.cameras) > 1 else 0]
        marks = [*self.starts, *self.minima]
        shown = [at for at, hidden in zip(marks, behind, strict=True) if not hidden]
        count = int((~behind[: len(self.starts)]).sum())
        kept = self.starts, self.minima
        self.starts, self.minima = shown[:count], shown[count:]
        self._draw_marks(pen)
        self.starts, self.minima = kept
        ink, stage = rgb(self.stage.theme.ink), self.stage
        for number, ((x, y), hidden) in enumerate(zip(marks, behind, strict=True)):
            if hidden:
                star = number >= len(self.starts)
                for line in STAR * (8.0 if self.small else 10.5) if star else PLUS * 6.0:
                    pen.stroke(line * stage.px(1.0) + (x, y), None, ink, stage.px(1.4), GLASS, cap="butt")
                if star and self.note and (under := self.notes().get((x, y))):
                    pen.place(self.note, under.left, under.top)

    def draw_front(self, pen: Pen, k: int) -> None:
        stage = self.stage
        tau, dim = stage.tau[k], stage.dim[k]
        with pen.clipped(self.box):
            for index, seen, unseen, width, slim in zip(
                self.indices, self.bright, self.dimmed, self.thin, self.slim, strict=True
            ):
                color, wide = stage.styles[index].rgb, max(width, slim * stage.px(2.0))
                for each, part in ((unseen, HIDDEN), (seen, 1.0)):
                    piece = each.cut(dim, tau)
                    if piece:
                        pen.stroke(*piece, color, wide, part, cap="round" if part == 1 else "butt")
        for index, left in zip(self.indices, self.exits, strict=True):
            if left and tau >= left.t:
                color, size = stage.styles[index].rgb, stage.px(4.6)
                pen.mark("triangle", *left.place, size, stage.halo, color, stage.px(1.2), left.turn)
        self._draw_names(pen, k)
        for column, index in enumerate(self.indices):
            x, y = self.heads[k, column]
            style = stage.styles[index]
            out = self.outside[k, column]
            if self.exits[column] is None and not out and tau > self.over[column]:
                self._draw_end(pen, index, x, y)
            elif out:
                turn = self.turn[k, column]
                pen.mark("triangle", x, y, stage.px(5.5), style.rgb, stage.halo, stage.px(1.6), turn)
            elif self.behind[k, column]:  # an outline, as of something behind glass
                pen.mark(style.marker, x, y, stage.px(4.2), stage.halo, style.rgb, stage.px(1.6))
            else:
                stage.head(pen, index, x, y, 5.2 * self.slim[column])
