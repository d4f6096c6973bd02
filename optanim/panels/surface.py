"""The landscape in relief, with the paths on it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from optanim import views, words
from optanim.kinds import Degrees, Marks, Only, panel
from optanim.layout import Margins
from optanim.levels import bands
from optanim.panel import Panel
from optanim.panels.contour import PlaneKind
from optanim.pen import CLOSEPOLY, LINETO, MOVETO, Box, Pen
from optanim.planes import Cast, cast
from optanim.relief.altitude import Altitude, altitude
from optanim.relief.block import Block, Camera, Shot, framed
from optanim.relief.draped import Draped
from optanim.relief.rim import Rim
from optanim.relief.shading import line_color, painted
from optanim.relief.viewpoint import tall, viewpoint
from optanim.scales import LARGEST, Axes, Scale
from optanim.settings import Lead, ListOf, Number, View
from optanim.stage import Stage
from optanim.themes import rgb

Floats = NDArray[np.float64]
Steepness = Annotated[float, Number(low=10, high=80)]
Orbit = Annotated[tuple[float, ...], ListOf(Number(low=-720, high=720), lengths=(2,), one_will_do=False)]
GRID = 401  # points of the relief along its longer side, at most
BASE = 0.035  # of the longer side of the block: what is under its lowest place
EQUAL = 3.0  # sides of the view that differ by less than this are drawn to one scale
SLENDER = 1.8  # and else the longer is so many times as long
LEVELS = 13
SHARP = 0.3  # pixels by which a hill may hide a line and it is still drawn


@panel(needs="landscape", view=(4,), dimensions=2)
@dataclass(kw_only=True)
class Surface(Panel):
    """The landscape as a block in relief, the paths of the optimizers on it.

    What a hill hides of a path is dashed and fainter. Bands and lines stand at the levels of `contour`.
    The camera is at `azimuth` degrees about the block, counterclockwise from the first axis, and
    `elevation` above it; where these are not given it stands where it sees most of the paths, and `orbit`
    lets it travel from one azimuth to another. `zscale` is the axis of the heights: without one it is linear,
    unless that would leave much of the view flat. Where a linear axis would hide the valley between high
    walls, the block is cut off, and the panel says at which loss. A landscape of more than two parameters is
    drawn on a `plane`, as `contour` does.
    """

    loss: Lead[str] = "full"
    plane: PlaneKind | None = None
    azimuth: Degrees | None = None
    elevation: Steepness | None = None
    orbit: Orbit | None = None
    zscale: Literal["linear", "log", "symlog"] | None = None
    title: str | None = None
    only: Only | None = None
    view: View | None = None
    marks: Marks | None = None

    cast: Cast | None = field(init=False, default=None)  # of more than two parameters

    def enter(self, stage: Stage) -> None:
        super().enter(stage)
        self.cast = cast(stage.trace, self.plane, self.peers_at, self.loss)
        if self.cast:
            self.stage = stage.on(self.cast.trace)

    # -- layout --------------------------------------------------------------------------------

    @property
    def marks_move(self) -> bool:  # type: ignore[override]
        return self.orbit is not None and len(self.stage.tau) > 1

    def margins(self) -> Margins:
        px = self.stage.px
        return Margins(left=px(42), top=px(24), right=px(6), bottom=px(8))

    def shape(self) -> float | None:
        return 1.45

    # -- the block -----------------------------------------------------------------------------

    def draw_static(self, pen: Pen, box: Box) -> None:
        problem = self.stage.trace.problem
        assert problem is not None
        self.box = box
        px = self.stage.px
        self.region = Box(max(box.left - round(px(38)), 0), box.top, box.right, box.bottom)
        self.seen = x0, x1, y0, y1 = views.least(self.stage.trace, self.view, self.peers)
        x, y, z = self._surface()
        self.axes = Axes(box, Scale("linear", x0, x1), Scale("linear", y0, y1))
        self.altitude = self._altitude(z)
        part = self.altitude.heights(z)
        self.tall = tall(part, self._half())
        self.block = self._block(z, part * self.tall)
        lowest, found = self._minima(x, y, z)
        minima = self._plan(lowest)
        plans = [self._plan(run.params) for run in self.runs]
        self.rim = Rim(
            self.stage,
            self.block,
            (self.axes.x, self.axes.y, self.altitude.scale),
            (words.symbol(problem.names[0]), words.symbol(problem.names[1])),
            self.region,
            turning=self.marks_move,
            rests=self.orbit or (),
        )
        # In a grid all cells are seen from one place: where the paths of all are seen best.
        self._frame(*self._views([self._plan(run.params) for run in self.peers], minima))
        edges = bands(z, LEVELS) if np.isfinite(z).any() else np.array([0.0, 1.0])
        steps = self.altitude.heights(edges) * self.tall
        fine = round(np.clip(2.2 * self.cameras[0].scale, 200, 1600))
        middle = self.cameras[len(self.cameras) // 2].azimuth
        above = self._above(z)
        void = np.isnan(z)
        self.paint = painted(self.stage.theme, self.block, _rising(steps), above, void, middle, fine)
        self.lines = self._lines(edges, z)
        self._last: tuple[Camera, Shot] | None = None
        first = self.rim.labels(self.cameras[0]) if len(self.cameras) == 1 else []
        texts = [label.box for label in first]
        clear = np.zeros((0, 2))
        if self.marks and not self.marks_move:
            clear, texts = self.marking.taken, [*texts, *self.marking.texts]
        self.paths = Draped(
            self.stage,
            self.indices,
            self.block,
            self.cameras,
            plans,
            minima,
            self.region,
            note="lowest found" if found and len(self.cameras) == 1 else "",
            clear=clear,
            texts=texts,
            named=self.named,
            small=self.small or self.cell is not None,
            told=self.cast.told if self.cast else None,
        )
        said = self._says()
        if found and len(self.cameras) > 1 and len(self.paths.stars):
            said += ", star: lowest found"
        if len(self.cameras) > 1 and self.paths.fixed_behind[:, len(self.paths.first) :].any():
            said += ", dashed where hidden" if found else ", star: dashed where hidden"
        self.heading(pen, said)
        if len(self.cameras) == 1:
            self._draw_block(pen, 0)

    def _frame(self, azimuths: list[float], elevation: float) -> None:
        """Places the cameras so that the block is as large as it can be with its numbers and names."""
        room = self.box.grow(-round(self.stage.px(3)))
        for _ in range(4):
            self.cameras, self.boxes = framed(self.block, azimuths, elevation, room)
            # Of a moving camera a few places tell how far its words reach.
            places = [*self.cameras[:: len(self.cameras) // 24 + 1], self.cameras[-1]]
            some = [self.rim.overhang(camera) for camera in places]
            left, top, right, bottom = (
                max(side + 1.0 if side else 0.0 for side in sides) for sides in zip(*some, strict=True)
            )
            if max(left, top, right, bottom) <= 0:
                break
            room = Box(
                room.left + ceil(left),
                room.top + ceil(top),
                room.right - ceil(right),
                room.bottom - ceil(bottom),
            )

    def _says(self) -> str:
        said = f"{self._name()}, {self.altitude.words}"
        if self.altitude.cut:
            said += f", cut off at {words.number(self.altitude.scale.high)}"
        if self.altitude.sunk:
            said += f", down to {words.number(self.altitude.scale.low)}"
        if self.cast:
            axes = f"; {self.cast.around}" if self.cast.plane.share is None else "; PC: share of the variance"
            told = [far for _, far in self.cast.says(self.indices)]
            ways = [*(f"{said}{axes}{far}" for far in told[:3]), *(said + far for far in told)]
            self.ways = ways if self.cell else ()
            said = next((each for each in ways if self.stage.width(each, 9) <= self.box.width), said)
        return said

    def _surface(self) -> tuple[Floats, Floats, Floats]:
        """The landscape in view: x (w,), y (h,) and values (h, w), NaN where there is none."""
        problem, data = self.stage.trace.problem, self.stage.trace.data
        assert problem is not None
        x0, x1, y0, y1 = self.seen
        if data and self.loss == "test" and data.test:
            data = data.test
        most = int(np.clip(np.sqrt(3e8 / (len(data.x) * problem.effort)), 40, GRID)) if data else GRID
        a, b = self._half()
        # An odd number: the middle of the view is one of the points.
        x = np.linspace(x0, x1, max(round(most * a), 20) * 2 + 1)
        y = np.linspace(y0, y1, max(round(most * b), 20) * 2 + 1)
        with np.errstate(all="ignore"):
            z = self._values(x[None, :], y[:, None])
        # A wall may be infinitely high, and is cut off; a hole without a bottom is none of the block.
        return x, y, np.where(np.isnan(z) | (z == -np.inf), np.nan, np.clip(z, -LARGEST, LARGEST))

    def _half(self) -> tuple[float, float]:
        x0, x1, y0, y1 = self.seen
        ratio = (x1 - x0) / (y1 - y0)
        if not 1 / EQUAL < ratio < EQUAL:
            ratio = SLENDER if ratio > 1 else 1 / SLENDER
        return (0.5, 0.5 / ratio) if ratio >= 1 else (0.5 * ratio, 0.5)

    def _plan(self, points: Floats) -> Floats:
        """Points of the data (m, 2) in the plan of the block."""
        x0, x1, y0, y1 = self.seen
        with np.errstate(all="ignore"):
            part = (points - (x0, y0)) / (x1 - x0, y1 - y0)
            return np.asarray((2 * part - 1) * self._half())

    def _altitude(self, z: Floats) -> Altitude:
        x0, x1, y0, y1 = self.seen
        visited = []
        for run in self.peers:
            inside = (run.params >= (x0, y0)).all(axis=1) & (run.params <= (x1, y1)).all(axis=1)
            visited.append(run.loss[inside])
        return altitude(
            np.r_[z.ravel(), self._lowest()], np.concatenate([np.zeros(0), *visited]), self.zscale
        )

    def _minima(self, x: Floats, y: Floats, z: Floats) -> tuple[Floats, bool]:
        """The minima (m, 2) of the loss that is drawn, and whether they were only found by a search."""
        trace = self.stage.trace
        problem = trace.problem
        assert problem is not None
        stated = np.array(problem.minima, float).reshape(-1, 2)
        if self.cast or self._name() == words.loss_name(trace) or not np.isfinite(z).any():
            return stated, problem.minima_found
        return views.lowest(self._values, x, y, z), True

    def _values(self, x: Floats, y: Floats) -> Floats:
        problem = self.stage.trace.problem
        assert problem is not None
        return np.asarray(problem.surface(x, y, loss=None if self.loss == "full" else self.loss))

    def _name(self) -> str:
        """What the loss is called that is drawn."""
        return words.drawn_loss(self.stage.trace, self.loss)

    def _lowest(self) -> Floats:
        """The surface at the minima in view, which may lie between points of the grid."""
        problem = self.stage.trace.problem
        assert problem is not None
        x0, x1, y0, y1 = self.seen
        found = np.array(problem.minima, float).reshape(-1, 2)
        found = found[(found >= (x0, y0)).all(axis=1) & (found <= (x1, y1)).all(axis=1)]
        if not len(found):
            return np.zeros(0)
        return self._values(found[:, 0], found[:, 1])

    def _block(self, z: Floats, heights: Floats) -> Block:
        void = np.isnan(z)
        with np.errstate(invalid="ignore"):
            absent = void | (z > self.altitude.scale.high) if self.altitude.cut else void
        solid = np.where(void, 0.0, heights).astype(np.float32)
        return Block(solid, self._half(), self.tall, BASE, absent if absent.any() else None)

    def _above(self, z: Floats) -> Floats:
        """How far the surface is above where it is cut off, in heights of the block; below 0 elsewhere."""
        if not self.altitude.cut:
            return np.full(z.shape, -1.0)
        low, high = self.altitude.scale.low, self.altitude.scale.high
        return np.clip((np.nan_to_num(z, nan=low) - high) / (high - low), -1.0, 1.0)

    def _lines(self, edges: Floats, z: Floats) -> list[tuple[Floats, NDArray[np.uint8]]]:
        """The contour lines on the block: points (m, 3) and codes."""
        from contourpy import LineType, contour_generator

        rows, columns = z.shape
        (a, b), stride = self._half(), 2
        x, y = np.linspace(-a, a, columns)[::stride], np.linspace(-b, b, rows)[::stride]
        some = np.ma.masked_invalid(z[::stride, ::stride])
        found = contour_generator(x, y, some, line_type=LineType.SeparateCode)
        lines = []
        ends = [self.altitude.scale.high] if self.altitude.cut else []
        for level in [*(each for each in edges[1:-1] if not ends or each < ends[0]), *ends]:
            height = float(self.altitude.heights(np.array([level]))[0]) * self.tall
            for points, codes in zip(*found.lines(level), strict=True):
                # A closed line ends where it began: closing a part of it would draw a chord.
                drawn = np.where(codes == CLOSEPOLY, LINETO, codes).astype(np.uint8)
                lines.append((np.column_stack([points, np.full(len(points), height)]), drawn))
        return lines

    def _views(self, plans: Sequence[Floats], minima: Floats) -> tuple[list[float], float]:
        """The azimuth of every frame, or one for all, and the elevation."""
        if self.orbit is None:
            azimuth, elevation = viewpoint(self.block, plans, minima, self.azimuth, self.elevation)
            return [azimuth], elevation
        first, last = self.orbit
        elevation = viewpoint(self.block, plans, minima, (first + last) / 2, self.elevation)[1]
        part = np.linspace(0, 1, len(self.stage.tau)) if self.marks_move else np.zeros(1)
        eased = part - 0.6 * np.sin(2 * np.pi * part) / (2 * np.pi)  # it sets off and arrives gently
        return [float(v) for v in first + (last - first) * eased], elevation

    # -- the picture ---------------------------------------------------------------------------

    def _camera(self, k: int) -> tuple[Camera, Box]:
        at = k if len(self.cameras) > 1 else 0
        return self.cameras[at], self.boxes[at]

    def _draw_block(self, pen: Pen, k: int) -> None:
        camera, box = self._camera(k)
        if self._last is None or self._last[0] is not camera:
            self._last = camera, Shot(self.block, camera, box, self.paint)
        shot = self._last[1]
        self.paths.show(shot, k)
        shot.draw(pen)
        theme, px = self.stage.theme, self.stage.px
        line, width = rgb(theme.contour_line), px(0.85)
        for points, codes in self.lines:
            self._draw_line(pen, shot, points, codes, line, width, theme.contour_alpha)
        edge = line_color(theme)
        for points in self.rim.edges(camera):
            codes = np.full(len(points), LINETO, np.uint8)
            codes[0] = MOVETO
            self._draw_line(pen, shot, points, codes, edge, px(1.0), 0.8)
        names = self.paths.boxes(k) if len(self.cameras) > 1 else []
        if self.marks:
            names = [*names, *self.marking.boxes(k)]
        self.rim.draw(pen, camera, names)

    def _draw_line(
        self,
        pen: Pen,
        shot: Shot,
        points: Floats,
        codes: NDArray[np.uint8],
        color: tuple[float, float, float],
        width: float,
        alpha: float,
    ) -> None:
        """A line on the block, where it is seen."""
        xy = shot.camera.project(points)
        covered = shot.hides(points, xy, SHARP)
        if covered.all():
            return
        shown = codes.copy()
        shown[1:][covered[1:] & covered[:-1]] = MOVETO
        pen.stroke(xy, shown, color, width, alpha, cap="butt")

    def ending(self) -> str:
        left = self.paths.exits[0]
        return f"left at step {left.step}" if left else super().ending()

    def grown(self, k: int) -> list[Box]:
        return [self.region] if len(self.cameras) > 1 else self.paths.grown(k)

    def draw_past(self, pen: Pen, k: int) -> None:
        if len(self.cameras) > 1:
            with pen.clipped(self.region):
                self._draw_block(pen, k)
        self.paths.draw_past(pen, k)

    def draw_front(self, pen: Pen, k: int) -> None:
        self.paths.draw_front(pen, k)

    def pixels(self, points: Floats, k: int = 0) -> Floats:
        plan = self._plan(np.asarray(points, float))
        camera = self._camera(k)[0]
        xyz = np.column_stack([plan, self.block.height(*plan.T)])
        out = (np.abs(plan) > self._half()).any(axis=1) | self.block.missing(*plan.T)
        return np.where((out | self.block.hidden(camera, xyz))[:, None], np.nan, camera.project(xyz))


def _rising(edges: Floats) -> Floats:
    """Edges that never fall: those beyond the ends of the axis are on them."""
    return np.maximum.accumulate(edges)
