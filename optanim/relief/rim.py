"""The edges of a block, and the numbers and names that stand along them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optanim.pen import Box, Pen
from optanim.relief.block import AWAY, Block, Camera
from optanim.scales import Scale, linear_ticks, tick_words
from optanim.stage import Stage
from optanim.themes import rgb
from optanim.typeset import Sprite

Floats = NDArray[np.float64]

TICK = 4.0  # pixels that a tick is long
GAP = 4.0  # pixels from there to its number
APART = 44.0  # pixels from one number to the next, at least
CLEARLY = 1.6  # times as far aside as shows a wall at all, a moving camera shows its numbers
UP = 18.0  # on the axis of the heights
ROW = 15.0  # pixels from one number to the next, at least, along an edge that is seen end-on
RESTING = 6.0  # degrees around where a moving camera rests, within which it shows such an edge


@dataclass(frozen=True)
class Label:
    """Words in the picture: a sprite with its left top corner, and the tick that leads to it."""

    sprite: Sprite
    left: int
    top: int
    tick: Floats | None

    @property
    def box(self) -> Box:
        return Box(self.left, self.top, self.left + self.sprite.width, self.top + self.sprite.height)


class Rim:
    """The edges of a block that a camera sees, with ticks and numbers for the scales along them."""

    def __init__(
        self,
        stage: Stage,
        block: Block,
        scales: tuple[Scale, Scale, Scale],
        names: tuple[str, str],
        region: Box,
        turning: bool = False,
        rests: Sequence[float] = (),
    ) -> None:
        self.stage, self.block, self.scales, self.names, self.region = stage, block, scales, names, region
        a, b = block.half
        z = block.heights.astype(float)
        x, y = np.linspace(-a, a, z.shape[1]), np.linspace(-b, b, z.shape[0])
        # The surface over each side of the plan, and over its corners: -y, x, y, -x.
        self.sides = [
            np.column_stack([x, np.full(len(x), -b), z[0]]),
            np.column_stack([np.full(len(y), a), y, z[:, -1]]),
            np.column_stack([x, np.full(len(x), b), z[-1]]),
            np.column_stack([np.full(len(y), -a), y, z[:, 0]]),
        ]
        self.turning, self.rests = turning, rests
        self.tops = [z[0, 0], z[0, -1], z[-1, -1], z[-1, 0]]

    def _fronts(self, camera: Camera) -> tuple[float, float]:
        """On which side of each axis the camera stands."""
        x, y = camera.ahead
        return (1.0 if x <= 1e-9 else -1.0), (1.0 if y <= 1e-9 else -1.0)

    def _faces(self, camera: Camera, axis: int, clearly: float = 1.02) -> bool:
        """Whether the camera sees a wall across an axis: none, of a block that it looks straight along."""
        return AWAY * abs(camera.ahead[axis]) > self.block.half[axis] * clearly

    def edges(self, camera: Camera) -> list[Floats]:
        """The edges of the block as lines (m, 3): its rim, and of its foot what is in front."""
        a, b = self.block.half
        sx, sy = self._fronts(camera)
        foot = -self.block.base
        corners = [(-a, -b), (a, -b), (a, b), (-a, b)]
        front = [(sx * a, sy * b)]
        if self._faces(camera, 1):
            front.insert(0, (-sx * a, sy * b))
        if self._faces(camera, 0):
            front.append((sx * a, -sy * b))
        lines = [*self.sides, np.array([(x, y, foot) for x, y in front])]
        for (x, y), top in zip(corners, self.tops, strict=True):
            if (x, y) in front:
                lines.append(np.array([(x, y, foot), (x, y, top)]))
        return lines

    def overhang(self, camera: Camera) -> tuple[float, float, float, float]:
        """By how many pixels words stand out of the region: left, top, right and bottom."""
        boxes = [label.box for label in (*self._names(camera), *self._numbers(camera))]
        region = self.region
        return (
            max(0, *(region.left - box.left for box in boxes)),
            max(0, *(region.top - box.top for box in boxes)),
            max(0, *(box.right - region.right for box in boxes)),
            max(0, *(box.bottom - region.bottom for box in boxes)),
        )

    def labels(self, camera: Camera, taken: Sequence[Box] = ()) -> list[Label]:
        """Numbers and names where they stand, none on another and none on what is taken."""
        placed: list[Label] = []
        wanted = [*self._names(camera), *self._numbers(camera)]
        for label in wanted:
            inside = label.box.within(self.region) == label.box
            if inside and not any(
                label.box.grow(2).touches(box) for box in [*taken, *(p.box for p in placed)]
            ):
                placed.append(label)
        return placed

    def draw(self, pen: Pen, camera: Camera, taken: Sequence[Box] = ()) -> None:
        color = rgb(self.stage.theme.muted)
        pen.stroke(camera.project(self._upright(camera)), None, color, self.stage.px(1.0), 0.7, cap="butt")
        for label in self.labels(camera, taken):
            if label.tick is not None:
                pen.stroke(label.tick, None, color, self.stage.px(1.0), 0.7, cap="butt")
            pen.place(label.sprite, label.left, label.top)

    def _along(self, camera: Camera, axis: int) -> tuple[Floats, Floats]:
        """Two ends (2, 3) of the front edge of the foot along an axis, and the way out from it.

        Of an axis seen end-on it is the edge on the right: on the left stands the axis of the heights.
        """
        side = self._fronts(camera)[1 - axis]
        if not self._faces(camera, 1 - axis):
            side = 1.0 if camera.right[1 - axis] > 0 else -1.0
        ends, out = np.zeros((2, 3)), np.zeros(3)
        ends[:, axis] = -self.block.half[axis], self.block.half[axis]
        ends[:, 1 - axis] = side * self.block.half[1 - axis]
        ends[:, 2] = -self.block.base
        out[1 - axis] = side
        return ends, out

    def _numbers(self, camera: Camera) -> list[Label]:
        labels = []
        upright = self._upright(camera)
        for axis in (0, 1):
            values, places, out = self._ticks(camera, axis)
            # At the corner under the axis of the heights a number would look like one of its own.
            clear = np.hypot(*(places - upright[0])[:, :2].T) > 0.04
            places, values = places[clear], values[clear]
            labels += self._row(camera, places, out, tick_words(values.tolist()))
        height = camera.lift / AWAY * self.block.tall
        least = 5 if self.scales[2].kind == "linear" else 3
        levels, texts = self.scales[2].ticks(max(least, int(height / self.stage.px(UP))))
        part = np.asarray(self.scales[2].place(levels))
        places = upright[0] + part[:, None] * (upright[1] - upright[0])
        for at, text in zip(camera.project(places), texts, strict=True):
            labels.append(self._label(text, at, np.array([-1.0, 0.0])))
        return labels

    def _ticks(self, camera: Camera, axis: int) -> tuple[Floats, Floats, Floats]:
        """Values along an axis, their places (m, 3) and the way out; none where all would stand in a heap."""
        ends, out = self._along(camera, axis)
        scale = self.scales[axis]
        # As if it lay across the picture: under a moving camera the numbers stay the same.
        length = 2 * self.block.half[axis] * camera.scale
        most = max(2, int(length / self.stage.px(APART)))
        if self._faces(camera, 1 - axis):
            some = np.array(linear_ticks(scale.low, scale.high, most))
            if self.turning and not self._faces(camera, 1 - axis, CLEARLY):
                some = some[:0]
            return some, ends[0] + scale.place(some)[:, None] * (ends[1] - ends[0]), out
        # The foot is behind the block: along the rim, from the back as far as that is seen and comes nearer.
        rests = not self.turning or any(abs(camera.azimuth - rest) < RESTING for rest in self.rests)
        best, most_told = (np.zeros(0), np.zeros((0, 3)), out), 0.0
        for count in range(most, 1, -1) if rests else ():
            some = np.array(linear_ticks(scale.low, scale.high, count))
            if camera.ahead[axis] > 0:
                some = some[::-1]
            places = ends[0] + scale.place(some)[:, None] * (ends[1] - ends[0])
            places[:, 2] = self.block.height(places[:, 0], places[:, 1])
            apart = np.diff(camera.project(places)[:, 1], prepend=-np.inf) > self.stage.px(ROW)
            kept = int(np.logical_and.accumulate(apart & ~self.block.hidden(camera, places)).sum())
            told = min(kept, 4) + kept / max(len(some), 1)  # four numbers will do, of as few as can be
            if kept > 1 and told > most_told:
                best, most_told = (some[:kept], places[:kept], out), told
        return best

    def _upright(self, camera: Camera) -> Floats:
        """The axis of the heights: at the corner furthest to the left."""
        foot = self.block.corners()[:4]
        foot[:, 2] = 0.0
        left = foot[np.argmin(camera.project(foot)[:, 0])]
        return np.array([left, left + (0, 0, self.block.tall)])

    def _row(self, camera: Camera, places: Floats, out: Floats, texts: Sequence[str]) -> list[Label]:
        at = camera.project(places)
        ways = camera.project(places + 0.02 * out) - at
        return [
            self._label(text, p, way / np.hypot(*way)) for text, p, way in zip(texts, at, ways, strict=True)
        ]

    def _label(self, text: str, at: Floats, way: Floats, further: float = 0.0, ink: bool = False) -> Label:
        stage, theme = self.stage, self.stage.theme
        sprite = stage.sprite([(text, theme.ink if ink else theme.muted, 9.5 if ink else 9.0, "normal")])
        start = stage.px(TICK + GAP + further)
        reach = start + abs(way[0]) * sprite.width / 2 + abs(way[1]) * sprite.height / 2
        x, y = at + way * reach
        tick = None if ink else np.array([at, at + way * stage.px(TICK)])
        return Label(sprite, round(x - sprite.width / 2), round(y - sprite.height / 2), tick)

    def _names(self, camera: Camera) -> list[Label]:
        labels = []
        for axis in (0, 1):
            values, places, out = self._ticks(camera, axis)
            if not (len(values) or self._faces(camera, 1 - axis, CLEARLY)):
                continue
            middle, further = self._along(camera, axis)[0].mean(axis=0, keepdims=True), 17.0
            if not self._faces(camera, 1 - axis):
                middle = places[[0, -1]].mean(axis=0, keepdims=True)
                middle[:, 2] = self.block.height(middle[:, 0], middle[:, 1])
                numbers = self._row(camera, places, out, tick_words(values.tolist()))
                further = max(further, 5.0 + max(each.sprite.width for each in numbers) / self.stage.px(1.0))
            at = camera.project(middle)[0]
            way = camera.project(middle + 0.02 * out)[0] - at
            labels.append(self._label(self.names[axis], at, way / np.hypot(*way), further, ink=True))
        return labels
