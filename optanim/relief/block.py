"""A landscape as a block of relief: its geometry, its cameras, and what of it each of them sees.

Heights are those of the block, not of the loss: a unit is the longer side of the block.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.pen import Box, Pen

Floats = NDArray[np.float64]
Singles = NDArray[np.float32]
Colors = NDArray[np.uint32]  # four bytes each, as they stand in a picture

FINE = 2  # samples for every pixel along each side
AWAY = 5.0  # how far the camera stands from the middle of the block: a mild perspective
DEEP = 440  # samples of the relief along every line of sight
CHUNK = 160  # columns of the picture worked on at once: what they need stays in the cache
STRATA = 1024  # heights at which the colour of a wall is known
MARCH = 220  # samples by which a few points are asked whether they are seen
BLUNT = 0.9  # pixels by which something in front must stand higher to hide a point


@dataclass(frozen=True)
class Camera:
    """Where a block is seen from: degrees around it, counterclockwise from its first axis, and above it.

    `scale` is in pixels for a unit at the middle of the block, which stands at `middle` in the picture.
    The image plane is upright, as that of a view camera: upright edges stay upright, and every
    column of the picture looks along one straight line of the plan.
    """

    azimuth: float
    elevation: float
    scale: float = 1.0
    middle: tuple[float, float] = (0.0, 0.0)
    tall: float = 0.0  # of the block: its middle is at half of it

    @cached_property
    def ahead(self) -> tuple[float, float]:
        """The way it looks, in the plan."""
        angle = math.radians(self.azimuth)
        return -math.cos(angle), -math.sin(angle)

    @cached_property
    def right(self) -> tuple[float, float]:
        x, y = self.ahead
        return y, -x

    @cached_property
    def eye(self) -> float:
        """Its height."""
        return self.tall / 2 + AWAY * math.tan(math.radians(self.elevation))

    @cached_property
    def lift(self) -> float:
        """Pixels that a unit of height takes at a distance of 1."""
        return self.scale * AWAY * math.cos(math.radians(self.elevation))

    @cached_property
    def horizon(self) -> float:
        """The row of the picture in which everything level with the eye stands."""
        return self.middle[1] - self.scale * AWAY * math.sin(math.radians(self.elevation))

    def depth(self, x: Floats, y: Floats) -> Floats:
        """The distance of points from the image plane through the eye."""
        return AWAY + x * self.ahead[0] + y * self.ahead[1]

    def project(self, xyz: Floats) -> Floats:
        """Points of the block (m, 3) in pixels (m, 2)."""
        x, y, z = xyz.T
        far = self.depth(x, y)
        across = (x * self.right[0] + y * self.right[1]) * AWAY * self.scale / far
        return np.column_stack([self.middle[0] + across, self.horizon - self.lift * (z - self.eye) / far])


@dataclass(frozen=True)
class Block:
    """A relief on a rectangle: heights (h, w) over an even grid from -half to half of both axes.

    `tall` is the height of what is drawn highest; below 0 a plinth of the height `base` goes down.
    `absent` (h, w) says where the surface itself is not: it is cut off there, or has no value.
    """

    heights: Singles
    half: tuple[float, float]
    tall: float
    base: float
    absent: NDArray[np.bool_] | None = None

    @cached_property
    def _flat(self) -> Singles:
        return np.ascontiguousarray(self.heights).ravel()

    def height(self, x: Floats, y: Floats) -> Floats:
        """The height at points of the plan; at the edge's for those outside."""
        rows, columns = self.heights.shape
        gx = np.clip((np.nan_to_num(x) / self.half[0] + 1) / 2, 0, 1) * (columns - 1)
        gy = np.clip((np.nan_to_num(y) / self.half[1] + 1) / 2, 0, 1) * (rows - 1)
        ix, iy = np.minimum(gx.astype(int), columns - 2), np.minimum(gy.astype(int), rows - 2)
        fx, fy, at = gx - ix, gy - iy, iy * columns + ix
        z = self._flat
        low = z[at] * (1 - fx) + z[at + 1] * fx
        high = z[at + columns] * (1 - fx) + z[at + columns + 1] * fx
        return np.asarray(low * (1 - fy) + high * fy, float)

    def missing(self, x: Floats, y: Floats) -> NDArray[np.bool_]:
        """At which points of the plan the surface is not."""
        if self.absent is None:
            return np.zeros(len(x), bool)
        rows, columns = self.absent.shape
        gx = np.clip((np.nan_to_num(x) / self.half[0] + 1) / 2, 0, 1) * (columns - 1)
        gy = np.clip((np.nan_to_num(y) / self.half[1] + 1) / 2, 0, 1) * (rows - 1)
        return np.asarray(self.absent[np.round(gy).astype(int), np.round(gx).astype(int)])

    def corners(self) -> Floats:
        """The eight corners (8, 3), those of the foot first."""
        (a, b), top = self.half, self.tall
        plan = [(-a, -b), (a, -b), (a, b), (-a, b)]
        return np.array([(x, y, z) for z in (-self.base, top) for x, y in plan])

    @cached_property
    def outline(self) -> Floats:
        """Points (m, 3) of which some are the outermost in every picture of the block."""
        rows, columns = self.heights.shape
        iy, ix = np.meshgrid(
            *(np.unique(np.linspace(0, n - 1, 25).astype(int)) for n in (rows, columns)), indexing="ij"
        )
        a, b = self.half
        x, y = (2 * ix / (columns - 1) - 1) * a, (2 * iy / (rows - 1) - 1) * b
        top = np.column_stack([x.ravel(), y.ravel(), self.heights[iy, ix].ravel()])
        return np.vstack([self.corners()[:4], top])

    def hidden(self, camera: Camera, xyz: Floats, samples: int = MARCH) -> NDArray[np.bool_]:
        """Which points (m, 3) on the block it hides itself from a camera: by walking to each of them."""
        x, y, z = xyz.T
        ex, ey = -AWAY * camera.ahead[0], -AWAY * camera.ahead[1]
        with np.errstate(divide="ignore", invalid="ignore"):
            sides = [
                (-math.copysign(1, ex) * -self.half[0] - ex) / (x - ex),
                (-math.copysign(1, ey) * -self.half[1] - ey) / (y - ey),
            ]
        # The part of the way from the eye at which it comes over the block.
        enter = np.nanmax([np.where(np.isfinite(s) & (s < 1), s, 0.0) for s in sides], axis=0)
        # Closer together towards the point: what hides it is most often right in front of it.
        part = 1 - (1 - enter) * np.linspace(1, 0, samples, endpoint=False)[:, None] ** 2
        wx, wy = ex + part * (x - ex), ey + part * (y - ey)
        far = camera.depth(wx, wy)
        inside = (np.abs(wx) <= self.half[0] * (1 + 1e-9)) & (np.abs(wy) <= self.half[1] * (1 + 1e-9))
        # At the eye itself nothing is in front.
        far = np.maximum(far, 1e-9)
        above = np.where(inside, camera.lift * (self.height(wx, wy) - camera.eye) / far, -np.inf)
        own = camera.lift * (z - camera.eye) / camera.depth(x, y)
        return np.asarray(above.max(axis=0) > own + BLUNT)


@dataclass(frozen=True)
class Paint:
    """The colours of a block: of its top by place, of its walls by height, and of what is around it.

    `top` (th, tw) lies over the plan; `walls` (2, STRATA) are those across the first and the second axis,
    from the foot up.
    """

    top: Colors
    walls: Colors
    around: np.uint32


class Shot:
    """A block as one camera sees it, inside a box of the picture.

    The picture is made column by column: along a line of sight the surface shows where it rises higher
    in the picture than all that is nearer. `rising` (n, columns) is that highest rise so far.
    """

    def __init__(self, block: Block, camera: Camera, box: Box, paint: Paint) -> None:
        self.block, self.camera, self.box = block, camera, box
        wide, high = box.width * FINE, box.height * FINE
        across = box.left + (np.arange(wide) + 0.5) / FINE - camera.middle[0]
        across /= camera.scale * AWAY
        (ax, ay), (rx, ry) = camera.ahead, camera.right
        way_x, way_y = ax + across * rx, ay + across * ry  # of a column in the plan, for a unit of depth
        eye_x, eye_y = -AWAY * ax, -AWAY * ay
        (near_x, far_x), (near_y, far_y) = (
            _slab(e, w, half) for e, w, half in zip((eye_x, eye_y), (way_x, way_y), block.half, strict=True)
        )
        near, far = np.maximum(near_x, near_y), np.minimum(far_x, far_y)
        hits = np.flatnonzero(far > near)
        self.first, self.last = (int(hits[0]), int(hits[-1]) + 1) if len(hits) else (0, 0)
        self.near = near
        self.step = (far - near) / DEEP
        self.rising = np.full((DEEP + 1, wide), -np.inf, np.float32)
        self._ways = (way_x, way_y, eye_x, eye_y, near_x > near_y)
        fine = np.full((high, wide), paint.around, np.uint32)
        for start in range(self.first, self.last, CHUNK):
            self._columns(slice(start, min(start + CHUNK, self.last)), fine, paint)
        self.pixels = _halved(fine)

    def _columns(self, some: slice, fine: Colors, paint: Paint) -> None:
        """Draws some columns: walks away from the camera, then asks for every row what was first there."""
        block, camera = self.block, self.camera
        way_x, way_y, eye_x, eye_y, sided = self._ways
        dx, dy = way_x[some].astype(np.float32), way_y[some].astype(np.float32)
        near, step = self.near[some].astype(np.float32), self.step[some].astype(np.float32)
        lift, eye = np.float32(camera.lift), np.float32(camera.eye)
        high, count = fine.shape[0], dx.size
        depth = near + np.arange(DEEP + 1, dtype=np.float32)[:, None] * step
        z = self._heights(depth, dx, dy, np.float32(eye_x), np.float32(eye_y))
        rise = (z - eye) * lift
        rise /= depth
        rising = np.maximum.accumulate(rise, axis=0, out=self.rising[:, some])

        # Of every sample the first row that it reaches; of every row then how many samples lie below it.
        top = np.float32(camera.horizon - self.box.top)
        rows = np.ceil((top - rising) * FINE - np.float32(0.5))
        np.clip(rows, 0, high, out=rows)
        place = rows.astype(np.int32)
        place *= count
        place += np.arange(count, dtype=np.int32)
        reached = np.bincount(place.ravel(), minlength=(high + 1) * count).reshape(high + 1, count)
        below = (DEEP + 1) - np.cumsum(reached[:high], axis=0, dtype=np.int32)

        up = top - (np.arange(high, dtype=np.float32)[:, None] + np.float32(0.5)) / FINE  # of a row
        at = np.clip(below, 1, DEEP).astype(np.int32)
        depth_before = near + (at - 1).astype(np.float32) * step
        index: NDArray[Any] = at * np.int32(count) + np.arange(count, dtype=np.int32)
        flat = z.ravel()
        after, before = flat.take(index), flat.take(index - count)
        # Where the straight line between two samples meets the line of sight.
        part = up * depth_before - (before - eye) * lift
        rest = (after - before) * lift - up * step
        with np.errstate(divide="ignore", invalid="ignore"):
            part /= rest
        np.clip(part, 0, 1, out=part)
        part *= step
        part += depth_before
        colors = self._painted(part, dx, dy, np.float32(eye_x), np.float32(eye_y), paint.top)

        sky = below > DEEP
        colors[sky] = paint.around
        front = below == 0
        y, x = np.nonzero(front)
        tall = block.tall + block.base
        wall = (up[y, 0] * near[x] / lift + eye + block.base) * ((STRATA - 1) / tall)
        strata = np.clip(wall, 0, STRATA - 1).astype(np.int32) + np.where(sided[some][x], 0, STRATA)
        colors[front] = np.where(wall < 0, paint.around, paint.walls.ravel().take(strata))
        fine[:, some] = colors

    def _heights(self, depth: Singles, dx: Singles, dy: Singles, ex: np.float32, ey: np.float32) -> Singles:
        """The relief at depths (n, columns) along columns."""
        rows, columns = self.block.heights.shape
        gx, gy = self._grid(depth, dx, dy, ex, ey, columns, rows)
        ix, iy = gx.astype(np.int32), gy.astype(np.int32)
        gx -= ix
        gy -= iy
        iy *= columns
        iy += ix
        flat = self.block._flat
        low, high = flat.take(iy), flat[columns:].take(iy)
        low += (flat[1:].take(iy) - low) * gx
        high += (flat[columns + 1 :].take(iy) - high) * gx
        high -= low
        high *= gy
        high += low
        return high

    def _painted(
        self, depth: Singles, dx: Singles, dy: Singles, ex: np.float32, ey: np.float32, top: Colors
    ) -> Colors:
        rows, columns = top.shape
        gx, gy = self._grid(depth, dx, dy, ex, ey, columns, rows)
        at = gy.astype(np.int32)
        at *= columns
        at += gx.astype(np.int32)
        return np.asarray(top.ravel().take(at))

    def _grid(
        self,
        depth: Singles,
        dx: Singles,
        dy: Singles,
        ex: np.float32,
        ey: np.float32,
        columns: int,
        rows: int,
    ) -> tuple[Singles, Singles]:
        """Depths along columns in cells of a grid that lies over the plan."""
        half_x, half_y = map(np.float32, self.block.half)
        to_x, to_y = np.float32((columns - 1) / 2) / half_x, np.float32((rows - 1) / 2) / half_y
        gx = depth * (dx * to_x)
        gx += (ex + half_x) * to_x
        gy = depth * (dy * to_y)
        gy += (ey + half_y) * to_y
        np.clip(gx, 0, np.float32(columns - 1.001), out=gx)
        np.clip(gy, 0, np.float32(rows - 1.001), out=gy)
        return gx, gy

    def draw(self, pen: Pen) -> None:
        """Puts the picture of the block where it belongs, inside the pen's clip box."""
        part = self.box.within(pen.clip)
        if part is None:
            return
        target = pen.pixels.view(np.uint32)[..., 0]
        rows = slice(part.top - self.box.top, part.bottom - self.box.top)
        columns = slice(part.left - self.box.left, part.right - self.box.left)
        target[part.top : part.bottom, part.left : part.right] = self.pixels[rows, columns]

    def hides(self, xyz: Floats, pixels: Floats, blunt: float = BLUNT) -> NDArray[np.bool_]:
        """Which points (m, 3) on the block, at `pixels` (m, 2) of the picture, it hides itself.

        What stands higher in front by no more than `blunt` pixels hides nothing.
        """
        far = self.camera.depth(xyz[:, 0], xyz[:, 1])
        column = np.clip((pixels[:, 0] - self.box.left) * FINE, self.first, self.last - 1).astype(int)
        with np.errstate(divide="ignore", invalid="ignore"):
            nearer = np.floor((far - self.near[column]) / self.step[column]) - 1
        above = self.rising[np.clip(np.nan_to_num(nearer), 0, DEEP).astype(int), column]
        return np.asarray((nearer >= 0) & (above > self.camera.horizon - pixels[:, 1] + blunt))


def _slab(eye: float, way: Floats, half: float) -> tuple[Floats, Floats]:
    """At which depths columns enter and leave what lies between -half and half of one axis."""
    way = np.where(np.abs(way) < 1e-9, 1e-9, way)
    one, two = (-half - eye) / way, (half - eye) / way
    return np.minimum(one, two), np.maximum(one, two)


def _halved(fine: Colors) -> Colors:
    """Every four samples as their mean: two channels at a time, each in a lane of 16 bits."""
    lanes = np.uint32(0x00FF00FF)
    out = np.zeros((fine.shape[0] // 2, fine.shape[1] // 2), np.uint32)
    for shift in (np.uint32(0), np.uint32(8)):
        some = (fine >> shift) & lanes
        upright = some[0::2] + some[1::2]
        total = upright[:, 0::2] + upright[:, 1::2]
        total += np.uint32(0x00020002)
        total >>= np.uint32(2)
        total &= lanes
        out |= total << shift
    return out


def framed(
    block: Block, azimuths: Sequence[float], elevation: float, box: Box
) -> tuple[list[Camera], list[Box]]:
    """Cameras that fit a block into a box as large as can be, all at one scale, and where it shows.

    One camera has the block in the middle of the box; of several each has the block's axis there.
    """
    cameras = [Camera(azimuth, elevation, tall=block.tall) for azimuth in azimuths]
    extents = []
    for camera in cameras:
        at = camera.project(block.outline)
        extents.append(np.r_[at.min(axis=0), at.max(axis=0)])
    seen = np.array(extents)
    if len(cameras) > 1:  # it turns about its axis
        reach = max(-seen[:, 0].min(), seen[:, 2].max())
        seen[:, 0], seen[:, 2] = -reach, reach
    left, top = seen[:, :2].min(axis=0)
    right, bottom = seen[:, 2:].max(axis=0)
    scale = min(box.width / (right - left), box.height / (bottom - top))
    middle = (
        (box.left + box.right) / 2 - scale * (left + right) / 2,
        (box.top + box.bottom) / 2 - scale * (top + bottom) / 2,
    )
    placed = [Camera(c.azimuth, elevation, scale, middle, block.tall) for c in cameras]
    boxes = []
    for camera in placed:
        at = camera.project(block.outline)
        (x0, y0), (x1, y1) = np.floor(at.min(axis=0)) - 4, np.ceil(at.max(axis=0)) + 2
        boxes.append(Box(int(x0), int(y0), int(x1), int(y1)))
    return placed, boxes
