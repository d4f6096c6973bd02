"""The landscape from above, with the paths on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from optanim import views, words
from optanim.insets import Inset
from optanim.kinds import Inset as InsetSetting
from optanim.kinds import Marks, Only, panel
from optanim.layout import Margins
from optanim.levels import bands
from optanim.panel import Panel
from optanim.paths import Paths
from optanim.pen import Box, Pen
from optanim.planes import WAYS, Cast, cast
from optanim.scales import LARGEST, Axes, Scale
from optanim.settings import Lead, Number, View
from optanim.slopes import Slopes, fits
from optanim.stage import Stage
from optanim.themes import band_colors, rgb
from optanim.tracks import sampled, track

Floats = NDArray[np.float64]
Levels = Annotated[int, Number(low=2, high=100, whole=True)]
PlaneKind = Literal["pca", "random"]
DRAWN = {"batch": "; loss of the batch", "test": "; loss of the test points"}
TYPICAL = 8  # batches whose losses choose the levels for all
EQUAL = 3.0  # sides of the view that differ by less than this are drawn to one scale


@panel(needs="landscape", view=(4,), inset=(4,), dimensions=2, fits=fits)
@dataclass(kw_only=True)
class Contour(Panel):
    """The landscape as quiet bands, the paths of the optimizers on it.

    Levels are geometric in the loss above the lowest in view; where that would show little, as about a
    saddle, in the distance from the saddle's loss. Where the sides of the view differ
    by less than 3 : 1 both axes have one scale, and the view is widened to fill its panel. The
    star is the minimum of the loss; words under it say where it was only found by a search in view.
    `loss: batch` draws the loss of the rows that the coming step sees, which changes with every step;
    its levels stay, and the star is still the minimum over all rows. With more than eight steps a second
    some batches are left out. Of another loss the star is its own lowest place in view. An `inset` draws a
    part of the view larger, with levels of its own. `arrows: gradient` draws minus the gradient at each
    head; `arrows: noise` also the gradient that the step sees, and a cloud of those that it might have seen.

    A landscape of more than two parameters is drawn on a `plane` through them: `pca`, that of the most
    variance of the paths it draws, which the axes tell, through the mean of their ends; or `random`, through
    the end of the first path, with directions whose filters are as long as its own. A path is drawn by its
    foot on the plane, so each head says its true loss beside that of its foot, and how far it is off.
    """

    loss: Lead[str] = "full"
    plane: PlaneKind | None = None
    levels: Levels = 13
    inset: InsetSetting | None = None
    arrows: Literal["gradient", "noise"] | None = None
    title: str | None = None
    only: Only | None = None
    view: View | None = None
    marks: Marks | None = None

    # The minima (m, 2), in an inset those of the panel around, and whether they were found by a search.
    stars: tuple[Floats, bool] | None = field(init=False, default=None)
    cast: Cast | None = field(init=False, default=None)  # of more than two parameters

    def enter(self, stage: Stage) -> None:
        super().enter(stage)
        self.cast = cast(stage.trace, self.plane, self.peers_at, self.loss)
        if self.cast:
            self.stage = stage.on(self.cast.trace)

    # -- static --------------------------------------------------------------------------------

    def draw_static(self, pen: Pen, box: Box) -> None:
        problem = self.stage.trace.problem
        assert problem is not None
        self.box = box
        self.seen = x0, x1, y0, y1 = self._view(box)
        axes = Axes(box, Scale("linear", x0, x1), Scale("linear", y0, y1))
        across, up = map(words.symbol, problem.names)
        self.axes = axes
        self.moving = self.loss == "batch" and self.stage.trace.batches is not None
        if self.moving:
            self.edges: Floats | None = bands(self._typical(), self.levels)
            self.stars = self.stars or self._stated()
            self.shown = -1  # the step whose batch `picture` is of
            self.picture = Pen(pen.page.width, pen.page.height)
        else:
            x, y, z = self._surface()
            self.stars = self.stars or self._minima(x, y, z)
            self.edges = None if np.isnan(z).all() else bands(z, self.levels)
            self._draw_bands(pen, x, y, z)
        self.ticks_across(pen, axes, self.across_to(x0, x1, across))
        self.ticks_up(pen, axes, 55, grid=False)
        noise = self.arrows == "noise"
        self.slopes = Slopes(self.stage, self.indices, axes, noise) if self.arrows else None
        self.heading(pen, self._says(up))
        self.name_across(pen, across)
        self.glass = self._glass(pen, self.inset.settings) if self.inset else None
        self.paths = Paths(
            self.stage,
            self.indices,
            [track(axes.pixels(run.params), box, run.at.astype(float)) for run in self.runs],
            axes.pixels(self.stars[0]),
            box,
            note="lowest found" if self.stars[1] else "",
            clear=self.marking.taken,
            texts=[*self.marking.texts, *([self.glass.outer] if self.glass else [])],
            # One name would lie over the arrows of its run.
            named=self.named and not (self.slopes and len(self.indices) == 1),
            small=self.small,
            told=self.cast.told if self.cast else None,
        )

    def _drawn(self) -> str:
        """Which loss it is, where it is not that of all data."""
        told = self.stage.batches_told if self.moving else ""
        if told or self.loss in DRAWN:
            return f"; loss of {told}" if told else DRAWN[self.loss]
        name = words.drawn_loss(self.stage.trace, self.loss)
        return "" if name == words.loss_name(self.stage.trace) else f"; {name}"

    def _stated(self) -> tuple[Floats, bool]:
        problem = self.stage.trace.problem
        assert problem is not None
        return np.array(problem.minima, float).reshape(-1, 2), problem.minima_found

    def _minima(self, x: Floats, y: Floats, z: Floats) -> tuple[Floats, bool]:
        """The minima (m, 2) of the loss that is drawn, and whether they were only found by a search."""
        trace = self.stage.trace
        if self.cast or words.drawn_loss(trace, self.loss) == words.loss_name(trace):
            return self._stated()  # on a plane none: its lowest place is no minimum
        return views.lowest(self._values, x, y, z), True

    def _says(self, name: str) -> str:
        """The heading, with as much about the arrows, or about the plane, as there is room for."""
        drawn = self._drawn()
        text = name + drawn
        ways = [text]
        if self.slopes:
            ways = [f"{text}; {each}" for each in self.slopes.words()]
        if self.cast:
            ways = [f"{name}{of}{drawn}{far}" for of, far in self.cast.says(self.indices)]
        if self.cell and not self.slopes:  # beside cells on planes also where there is none
            self.ways = ways if self.cast else ways * WAYS
        return next((each for each in ways if self.stage.width(each, 9) <= self.box.width), ways[-1])

    def _glass(self, pen: Pen, settings: Mapping[str, Any]) -> Inset:
        """The inset, placed and its still part drawn."""
        inner = replace(self, view=settings["view"], inset=None, title=None, marks=None)
        inner.small, inner.cell = True, self.cell and replace(self.cell, left=True, low=True)
        inner.stars = self.stars
        inner.enter(self.stage)
        x0, x1, y0, y1 = settings["view"]
        made = Inset(self, inner, Scale("linear", y0, y1), inner.shape())
        stars = self.axes.pixels(self.stars[0]) if self.stars else np.zeros((0, 2))
        made.place(settings.get("place"), self.axes.pixels([[x0, y0], [x1, y1]]), self.clutter(), stars)
        made.draw_static(pen)
        return made

    def notes(self, name: str) -> list[str]:
        outside = self.glass is not None and self.glass.outside
        return super().notes(name) + ([f"the inset of {name} looks outside its view"] if outside else [])

    def ending(self) -> str:
        left = self.paths.exits[0]
        return f"left at step {left.step}" if left else super().ending()

    def clutter(self) -> Floats:
        # In a grid that of all cells: what keeps off it stands at one place in all.
        stars = self.stars[0] if self.stars else np.zeros((0, 2))
        points = [run.params for run in self.peers] + [star[None] for star in stars]
        return sampled([self.axes.pixels(each) for each in points], self.box)

    def margins(self) -> Margins:
        return self.ticked(super().margins(), Scale("linear", *self._least()[2:]))

    def shape(self) -> float | None:
        x0, x1, y0, y1 = self._least()
        ratio = (x1 - x0) / (y1 - y0)
        return ratio if 1 / EQUAL < ratio < EQUAL else None

    def _least(self) -> tuple[float, float, float, float]:
        x0, x1, y0, y1 = views.least(self.stage.trace, self.view, self.peers)
        return x0, x1, y0, y1

    def _view(self, box: Box) -> tuple[float, float, float, float]:
        """The least view, widened to one scale on both axes where its sides are not too unlike."""
        x0, x1, y0, y1 = self._least()
        wide, high = x1 - x0, y1 - y0
        if 1 / EQUAL < wide / high < EQUAL:
            scale = max(wide / box.width, high / box.height)
            cx, cy = (x0 + x1) / 2, (y0 + y1) / 2
            wide, high = scale * box.width, scale * box.height
            x0, x1, y0, y1 = cx - wide / 2, cx + wide / 2, cy - high / 2, cy + high / 2
        return x0, x1, y0, y1

    def _draw_bands(self, pen: Pen, x: Floats, y: Floats, z: Floats) -> None:
        """Bands from the lowest up, each over the whole of those below: no seams, and edges that blend."""
        from contourpy import FillType, LineType, contour_generator

        theme, box, axes = self.stage.theme, self.box, self.axes
        if self.edges is None:
            middle = (box.left + box.right) / 2, (box.top + box.bottom) / 2
            self.stage.write(pen, "no finite value in view", *middle, size=10, align="centre")
            return
        edges = self.edges
        gridded = contour_generator(
            axes.pixels(np.column_stack([x, np.full(len(x), y[0])]))[:, 0],
            axes.pixels(np.column_stack([np.full(len(y), x[0]), y]))[:, 1],
            np.ma.masked_invalid(z),
            fill_type=FillType.OuterCode,
            line_type=LineType.SeparateCode,
        )
        with pen.clipped(box):
            for level, color in zip(edges, band_colors(theme, len(edges) - 1), strict=False):
                # From a level up: the next band covers what is above its own.
                bottom = -np.inf if level == edges[0] else level
                for points, codes in zip(*gridded.filled(bottom, np.inf), strict=True):
                    pen.fill(points, codes, color)
            line, width = rgb(theme.contour_line), self.stage.px(0.85)
            for level in edges[1:-1]:
                for points, codes in zip(*gridded.lines(level), strict=True):
                    pen.stroke(points, codes, line, width, theme.contour_alpha, cap="butt")

    # -- the loss of a batch -------------------------------------------------------------------

    def _typical(self) -> Floats:
        """The losses of a few batches over the view, side by side: what all levels have to show."""
        batches = self.stage.trace.batches
        assert batches is not None
        last = self.stage.trace.steps
        steps = sorted({round(t) for t in np.linspace(1, last, min(TYPICAL, last))})
        return np.hstack([self._surface(batches.rows(t))[2] for t in steps])

    def _draw_batch(self, pen: Pen, k: int) -> None:
        step, batches = int(self.stage.batch_steps[k]), self.stage.trace.batches
        assert batches is not None
        if step != self.shown:
            self.shown = step
            self._draw_bands(self.picture, *self._surface(batches.rows(step)))
        box = pen.clip.within(self.box)
        if box:
            pen.restore(self.picture.pixels, box)

    def _surface(self, rows: NDArray[np.int64] | None = None) -> tuple[Floats, Floats, Floats]:
        """The landscape in view, or that of some rows of its data: x (w,), y (h,) and values (h, w).

        They are NaN where they are not finite.
        """
        data = self.stage.trace.data
        x0, x1, y0, y1 = self.seen
        # A point for every pixel, up to 400 a side: a narrow valley must not break into islands.
        # With very many rows of data fewer: such a loss is smooth, and each point costs all rows.
        most, effort = 400, self.stage.trace.problem.effort if self.stage.trace.problem else 1.0
        if data and self.loss == "test" and data.test:
            data = data.test
        if data:
            most = int(np.clip(np.sqrt(3e8 / (len(data.x) * effort)), 40, 400))
        batches = self.stage.trace.batches
        if rows is not None and batches is not None:  # a picture for every step, of one size for all
            most = int(np.clip(np.sqrt(3e5 / (batches.sizes.max() * effort)), 40, 160))
        x = np.linspace(x0, x1, min(max(60, self.box.width), most))
        y = np.linspace(y0, y1, min(max(60, self.box.height), most))
        return x, y, self._values(x[None, :], y[:, None], rows)

    def _values(self, x: Floats, y: Floats, rows: NDArray[np.int64] | None = None) -> Floats:
        problem = self.stage.trace.problem
        assert problem is not None
        with np.errstate(all="ignore"):
            z = problem.surface(x, y, loss=None if self.moving else self.loss, rows=rows)
        return np.where(np.isfinite(z), np.clip(z, -LARGEST, LARGEST), np.nan)

    def grown(self, k: int) -> list[Box]:
        if self.moving and self.stage.batch_steps[k] != self.stage.batch_steps[k - 1]:
            return [self.box]
        return [*self.paths.grown(k), *(self.glass.grown(k) if self.glass else ())]

    def draw_past(self, pen: Pen, k: int) -> None:
        if self.moving:
            self._draw_batch(pen, k)
        self.paths.draw_past(pen, k)
        if self.glass:
            self.glass.draw_past(pen, k)

    def draw_front(self, pen: Pen, k: int) -> None:
        if self.glass:
            self.glass.keep(pen)
        if self.slopes:
            self.slopes.draw_front(pen, k)
        self.paths.draw_front(pen, k)
        if self.glass:
            self.glass.draw_front(pen, k)
