"""A landscape of one variable as a curve, with the hops of the optimizers on it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray

from optanim import views, words
from optanim.heights import heights
from optanim.hops import Hops
from optanim.kinds import Marks, Only, panel
from optanim.layout import Margins
from optanim.losses import TITLES
from optanim.panel import Panel
from optanim.pen import CLOSEPOLY, LINETO, MOVETO, Box, Pen
from optanim.scales import Axes, Scale
from optanim.settings import Lead, ListOf, Text, View
from optanim.stage import Stage, arrow
from optanim.themes import RGB, band_colors, mix, rgb
from optanim.tracks import FAR, dashed, sampled, track

Floats = NDArray[np.float64]
Rows = NDArray[np.int64]
Losses = Annotated[tuple[str, ...], ListOf(Text())]

PARTS = {"full": "all data", "batch": "batch of the step", "train": "training data", "test": "test data"}
SLICES = 24  # shades of the ground, darkest where it is lowest
TYPICAL = 12  # batches whose losses choose the axis for all
GHOSTS = 24  # curves of batches before that stay, faintly
COARSE = 400  # points of a curve that tell its heights
EDGE = 0.06  # of the view beside the walls, where these leave through the top
SIDE = 0.6  # of what is seen on one side of a minimum, how much is seen on the other
WIDE = 4.5  # pixels of the curve of the first loss; the others are thinner
DASHES = ((1.0, 0.0), (6.0, 3.0), (1.8, 2.6))  # of the losses after the first, in turn
ARROW = 0.25  # of the width of the panel, that the longest gradient is drawn with
FEWEST = 14.0  # pixels of the longest arrow, below which another length is chosen


@panel(needs="landscape", view=(2, 4), marks=(1, 2), dimensions=1)
@dataclass(kw_only=True)
class Line(Panel):
    """A loss of one variable as a curve, on which the optimizers hop from iterate to iterate.

    Arcs and their arrow heads tell the order of the steps; the star is the minimum. Several losses are
    drawn in one frame: `full`, of all data; `batch`, of the rows that the coming step sees, which
    changes with every step; `train`; `test`; and the names of losses such as mae. Hops stand on the
    first that does not change; on `batch` alone each hop stands on the loss of its own batch.
    `arrows: gradient` draws minus the gradient at the last iterate, as a way along the axis.
    """

    loss: Lead[Losses] = ("full",)
    arrows: Literal["gradient"] | None = None
    title: str | None = None
    only: Only | None = None
    view: View | None = None
    marks: Marks | None = None

    # -- static --------------------------------------------------------------------------------

    def enter(self, stage: Stage) -> None:
        super().enter(stage)
        self.still = [name for name in dict.fromkeys(self.loss) if not self._changes(name)]
        self.moving = len(self.still) < len(set(self.loss))

    def margins(self) -> Margins:
        return self.room

    @cached_property
    def room(self) -> Margins:
        few = super().margins()
        return self.ticked(few, self._up(self._curves(*self._seen(), COARSE)))

    def draw_static(self, pen: Pen, box: Box) -> None:
        problem = self.stage.trace.problem
        assert problem is not None
        self.box = box
        low, high = self._seen()
        curves = self._curves(low, high, 2 * box.width)
        up = self._up(curves)
        if curves and not self.view and not problem.view:
            low, high = self._climbed(curves[0], up.high)
            curves = self._curves(low, high, 2 * box.width)
        self.axes = Axes(box, Scale("linear", low, high), up)
        self._draw_axes(pen)
        with pen.clipped(box):
            if curves:
                self._draw_ground(pen, curves[0])
            for place, z in reversed(list(enumerate(curves))):
                self._draw_curve(pen, z, place)
        self.drawn: dict[int, list[Floats]] = {}  # curves of batches, by step
        minima = np.array(problem.minima, float).reshape(-1)
        of = self.still[0] if self.still else "full"
        self.hops = Hops(
            self.stage,
            self.indices,
            [self._legs(index) for index in self.indices],
            self._pixels(self.x, curves[0]) if curves else np.zeros((0, 2)),
            self._pixels(minima, self._values(minima, of)),
            box,
            note="lowest found" if problem.minima_found else "",
            clear=self.marking.taken,
            texts=self.marking.texts,
            named=self.named,
        )

    def _seen(self) -> tuple[float, float]:
        """The view: as it is given, or made so that a minimum at its edge has both its sides."""
        trace = self.stage.trace
        problem = trace.problem
        assert problem is not None
        low, high = views.least(trace, self.view[:2] if self.view else None)
        if self.view or problem.view or not problem.minima:
            return low, high
        ends = min(point[0] for point in problem.minima), max(point[0] for point in problem.minima)
        wide = min(low, ends[0] - SIDE * (high - ends[0])), max(high, ends[1] + SIDE * (ends[1] - low))
        # Where the loss is not defined there is no other side.
        fine = np.isfinite(self._values(np.linspace(*wide, 9), "full")).all()
        return wide if fine else (low, high)

    def _climbed(self, z: Floats, top: float) -> tuple[float, float]:
        """The view without the parts at its sides in which the curve is above the top of the picture."""
        seen = self.x[z <= top]
        if not len(seen):
            return float(self.x[0]), float(self.x[-1])
        room = EDGE * float(seen[-1] - seen[0])
        return max(float(seen[0]) - room, float(self.x[0])), min(float(seen[-1]) + room, float(self.x[-1]))

    def _curves(self, low: float, high: float, most: int) -> list[Floats]:
        """The curves of the losses that stay as they are, at the points `x` along a view."""
        data = self.stage.trace.data
        rows = len(data.x) if data else 1
        self.x = np.linspace(low, high, int(np.clip(2e7 / rows, min(200, most), most)))
        return [self._values(self.x, name) for name in self.still]

    def pixels(self, points: Floats, k: int = 0) -> Floats:
        """Places of the data in pixels; one of x alone lies on the curve."""
        if points.shape[1] == 1:
            on_curve = self._values(points[:, 0], self.still[0] if self.still else "full")
            points = np.column_stack([points[:, 0], on_curve])
        return self.axes.pixels(points)

    def _changes(self, name: str) -> bool:
        return name == "batch" and self.stage.trace.batches is not None

    def _values(self, x: Floats, name: str, rows: Rows | None = None) -> Floats:
        """A loss along the axis, or that of some rows of the data."""
        problem = self.stage.trace.problem
        assert problem is not None
        loss = None if name in ("full", "train", "batch") else name
        with np.errstate(all="ignore"):
            return np.asarray(problem.surface(x, loss=loss, rows=rows), float)

    def _batch(self, step: int) -> Rows:
        batches = self.stage.trace.batches
        assert batches is not None
        return batches.rows(step)

    def _pixels(self, x: Floats, z: Floats) -> Floats:
        """Points of the plot in pixels, kept where the rasterizer can draw to."""
        with np.errstate(all="ignore"):
            return np.clip(self.axes.pixels(np.column_stack([x, z])), -1e7, 1e7)

    def _up(self, curves: list[Floats]) -> Scale:
        """The axis of the losses: as given, or as all curves and runs need it."""
        if self.view and len(self.view) == 4:
            return Scale("linear", self.view[2], self.view[3])
        low, high = self.x[0], self.x[-1]
        name = self.still[0] if self.still else "full"
        # All runs, so that panels of some runs each are to one scale.
        runs = self.stage.trace.runs
        paths = [run.params[np.isfinite(run.params[:, 0]), 0] for run in runs]
        places = np.concatenate([*paths, np.zeros(0)])
        places = places[(places >= low) & (places <= high)][:20_000]
        starts = np.array([way[0] for way in paths])
        starts = starts[(starts >= low) & (starts <= high)]
        at = curves[0] if curves else self._values(self.x, "full")
        z = np.where(np.isfinite(at), at, np.nan)
        scale = heights(z, self._values(starts, name), self._values(places, name))
        others = curves[1:]
        if self.moving:
            last = self.stage.trace.steps
            steps = sorted({round(t) for t in np.linspace(1, last, min(TYPICAL, last))})
            others += [self._values(self.x, "batch", self._batch(t)) for t in steps]
        bottoms = [float(np.nanmin(each)) for each in others if np.isfinite(each).any()]
        bottom = min([scale.low, *(b - 0.06 * (scale.high - b) for b in bottoms)])
        return Scale(scale.kind, bottom, scale.high, scale.threshold)

    def _says(self) -> str:
        loss = TITLES.get(self.loss[0]) or words.loss_name(self.stage.trace)
        if not self.named and len(set(self.loss)) > 1:
            loss += " of " + ", ".join(map(self._part, self.loss))
        kind = ", symmetric log axis" if self.axes.y.kind == "symlog" else ""
        if self.moving and not self.still:
            told = self.stage.batches_told
            loss += f" of the batch of the step; {told} drawn" if told else " of the batch of the step"
        return loss + kind + (f"; arrow: {self.gradients[1]}" if self.arrows and self.runs else "")

    def _draw_axes(self, pen: Pen) -> None:
        problem, stage, box = self.stage.trace.problem, self.stage, self.box
        assert problem is not None
        across = words.symbol(problem.names[0])
        self.ticks_up(pen, self.axes, 45, grid=True)
        self.ticks_across(pen, self.axes, self.across_to(self.axes.x.low, self.axes.x.high, across))
        self.name_across(pen, across)
        self.said = self.title if self.title is not None else self._says()
        if self.named:
            right = self._draw_legend(pen)
            said = stage.fitted(self.said, 9, "normal", right - box.left - stage.px(14))
            stage.write(pen, said, box.left, box.top - stage.px(9))

    def _draw_legend(self, pen: Pen) -> float:
        """What the curves are, above the right end of the axes where there are several; its left end."""
        stage, right = self.stage, float(self.box.right)
        if len(set(self.loss)) < 2:
            return right
        y = self.box.top - stage.px(9)
        for name in reversed(list(dict.fromkeys(self.loss))):
            text = self._part(name)
            stage.write(pen, text, right, y, align="right")
            right -= stage.width(text, 9) + stage.px(7)
            line = np.array([[right - stage.px(20), y - stage.px(3.5)], [right, y - stage.px(3.5)]])
            self._stroke(pen, line, self._place(name))
            right -= stage.px(20 + 16)
        return right

    def _part(self, name: str) -> str:
        """What a loss is called beside the others."""
        told = self.stage.batches_told if self._changes(name) else ""
        return told or PARTS.get(name, TITLES.get(name, name))

    def _place(self, name: str) -> int:
        """Of a loss, the place of its pen."""
        return self.still.index(name) if name in self.still else -1

    def _stroke(self, pen: Pen, line: Floats, place: int, alpha: float = 1.0) -> None:
        """A curve as its place says: the first wide and quiet, a moving one thin in ink, others dashed."""
        px, theme = self.stage.px, self.stage.theme
        if place == 0:
            pen.stroke(line, None, self.quiet, px(WIDE), alpha)
        elif place < 0:
            pen.stroke(line, None, rgb(theme.ink), px(1.6), 0.75 * alpha)
        else:
            on, off = DASHES[(place - 1) % len(DASHES)]
            way = track(line, self.box)
            piece = (dashed(way, px(on), px(off)) if off else way).cut(0.0, way.end)
            if piece:
                pen.stroke(*piece, rgb(theme.muted), px(2.0), alpha, cap="butt")

    @cached_property
    def quiet(self) -> RGB:
        """The colour of the wide curve: of the ground where that is strongest, and stronger."""
        theme = self.stage.theme
        page = np.array(rgb(theme.background))
        strongest = max(theme.bands, key=lambda band: float(np.abs(rgb(band) - page).sum()))
        return rgb(mix(strongest, theme.muted, 0.55))

    def _strips(self, x: Floats, z: Floats) -> Iterator[Floats]:
        """The curve in pixels, in stretches where it is finite."""
        points = self._pixels(x, z)
        known = np.isfinite(z)
        edges = np.flatnonzero(np.diff(np.concatenate([[False], known, [False]]).astype(int)))
        for start, stop in zip(edges[::2], edges[1::2], strict=True):
            if stop - start > 1:
                strip = points[start:stop]
                strip[:, 1] = np.clip(strip[:, 1], self.box.top - FAR, self.box.bottom + FAR)
                yield strip

    def _draw_curve(self, pen: Pen, z: Floats, place: int) -> None:
        for strip in self._strips(self.x, z):
            self._stroke(pen, strip, place)

    def _draw_ground(self, pen: Pen, z: Floats) -> None:
        """What lies under the curve, in the shades of a landscape from above: darker where it is lower."""
        box = self.box
        edges = np.linspace(box.bottom, box.top, SLICES + 1)
        colors = band_colors(self.stage.theme, SLICES)
        for strip in self._strips(self.x, z):
            feet = np.array([[strip[-1, 0], box.bottom + 9], [strip[0, 0], box.bottom + 9]])
            shape = np.vstack([strip, feet, strip[:1]])
            codes = np.full(len(shape), LINETO, np.uint8)
            codes[0], codes[-1] = MOVETO, CLOSEPOLY
            for bottom, top, color in zip(edges, edges[1:], colors, strict=False):
                with pen.clipped(Box(box.left, round(top), box.right, round(bottom))):
                    pen.fill(shape, codes, color)

    # -- hops ----------------------------------------------------------------------------------

    def _legs(self, index: int) -> Floats:
        """The hops of a run, each from where it begins on its curve to where it lands, (N, 2, 2)."""
        x = self.stage.trace.runs[index].params[:, 0]
        if self.still:
            points = self._pixels(x, self._values(x, self.still[0]))
            return np.stack([points[:-1], points[1:]], axis=1)
        legs = np.full((len(x) - 1, 2, 2), np.nan)
        for step in range(1, len(x)):
            if np.isfinite(x[step]):
                pair = x[step - 1 : step + 1]
                legs[step - 1] = self._pixels(pair, self._values(pair, "batch", self._batch(step)))
        return legs

    @cached_property
    def gradients(self) -> tuple[list[Floats], str]:
        """For each run minus the gradient at the iterates before its steps (N,), as ways along the axis.

        Where all runs have one learning rate the way is that times the gradient, and else the same
        round number of times for all; the words say which.
        """
        trace = self.stage.trace
        problem = trace.problem
        assert problem is not None
        slopes = []
        for index, run in zip(self.indices, self.runs, strict=True):
            params = run.params[:-1]
            batches = trace.batches_of(index)
            if batches is None:
                slopes.append(problem.slope(params)[1][:, 0])
            else:
                seen = [problem.slope(p[None], rows=batches.rows(t))[1] for t, p in enumerate(params, 1)]
                slopes.append(np.concatenate(seen)[:, 0])
        low, high = self.axes.x.low, self.axes.x.high
        # What a run meets outside, where it is not drawn, does not set the scale.
        sizes = [
            np.abs(slope[np.isfinite(slope) & (run.params[:-1, 0] >= low) & (run.params[:-1, 0] <= high)])
            for run, slope in zip(self.runs, slopes, strict=True)
        ]
        most = float(np.concatenate(sizes).max(initial=0.0)) or 1.0
        wide = high - low
        rates = np.concatenate([run.lr for run in self.runs])
        name = "−gradient" + (" of the batch" if trace.batches else "")
        if len(rates) and (rates == rates[0]).all():
            longest = float(rates[0]) * most
            if self.stage.px(FEWEST) < longest / wide * self.box.width and longest < wide:
                return [-rates[0] * slope for slope in slopes], f"−lr × {name[1:]}"
        power = 10.0 ** np.floor(np.log10(ARROW * wide / most))
        times = max(m * power for m in (1.0, 2.0, 5.0) if m * power <= ARROW * wide / most)
        said = "" if times == 1 else f" × {words.number(float(times))}"
        return [-times * slope for slope in slopes], name + said

    # -- past and front ------------------------------------------------------------------------

    def ending(self) -> str:
        left = self.hops.exits[0]
        return f"left at step {left.step}" if left else super().ending()

    def clutter(self) -> Floats:
        z = self._values(self.x, self.still[0] if self.still else "full")
        return sampled(list(self._strips(self.x, z)), self.box)

    def _step(self, k: int) -> int:
        """The step that the heads are taking at frame k."""
        return min(int(self.stage.tau[k] + 1e-9), self.stage.trace.steps - 1) + 1

    def grown(self, k: int) -> list[Box]:
        if self.moving and self.stage.batch_steps[k] != self.stage.batch_steps[k - 1]:
            return [self.box]
        return self.hops.grown(k)

    def draw_past(self, pen: Pen, k: int) -> None:
        if self.moving:
            self._draw_batch(pen, int(self.stage.batch_steps[k]))
        self.hops.draw_past(pen, k)

    def _draw_batch(self, pen: Pen, step: int) -> None:
        with pen.clipped(self.box) as some:
            if not some:
                return
            shown = self.stage.batches_shown
            place = int(shown.searchsorted(step))
            recent = shown[max(place - GHOSTS, 0) : place + 1].tolist()
            for old in self.drawn.keys() - set(recent):
                del self.drawn[old]
            for before in recent[:-1]:
                for strip in self._of_batch(before):
                    self._stroke(pen, strip, -1, 0.14)
            for strip in self._of_batch(step):
                self._stroke(pen, strip, -1)

    def _of_batch(self, step: int) -> list[Floats]:
        """The curve of the batch of a step, kept as long as it is drawn."""
        if step not in self.drawn:
            x = self.x[:: max(len(self.x) // 300, 1)]
            self.drawn[step] = list(self._strips(x, self._values(x, "batch", self._batch(step))))
        return self.drawn[step]

    def draw_front(self, pen: Pen, k: int) -> None:
        if self.arrows:
            self._draw_gradients(pen, k)
        self.hops.draw_front(pen, k)

    def _draw_gradients(self, pen: Pen, k: int) -> None:
        step, px = self._step(k) - 1, self.stage.px
        if self.stage.tau[k] >= self.stage.trace.steps:
            return
        with pen.clipped(self.box):
            for column, index in enumerate(self.indices):
                starts = self.hops.starts_of[column]
                if step >= len(starts):  # it has ended
                    continue
                way, start = self.gradients[0][column][step], starts[step]
                if not (np.isfinite(way) and np.isfinite(start).all()):
                    continue
                length = way / (self.axes.x.high - self.axes.x.low) * self.box.width
                if abs(length) >= px(3):
                    color, head = rgb(self.stage.styles[index].words), min(px(9), abs(length))
                    tip = start + (length, 0)
                    arrow(pen, start, tip, color, self.stage.halo, px(2.2), head, px(2.6), 0.45)
