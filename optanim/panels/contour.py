"""The landscape from above, with the paths on it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim import words
from optanim.kinds import Only, panel
from optanim.layout import follow
from optanim.pen import Box, Pen
from optanim.settings import Count, Lead, View
from optanim.stage import Panel
from optanim.themes import rgb
from optanim.tracks import Track, interleave, track

Floats = NDArray[np.float64]
EQUAL = 3.0  # sides of the view that differ by less than this are drawn to one scale
DOTTED = 60  # runs of at most this many steps carry a dot on each iterate


def geometric_levels(values: Floats, count: int) -> Floats:
    """Contour levels of a surface, geometric in its height above the lowest value in view.

    They run from what the lowest hundredth of the view stays below to the highest value, so that
    a narrow valley and steep walls both show.
    """
    finite = values[np.isfinite(values)]
    lowest = float(finite.min())
    above = np.sort(finite - lowest)
    top = float(above[-1])
    if top <= 0:
        return np.array([lowest, lowest + 1.0])
    first = max(float(above[int(0.012 * len(above))]), top * 1e-7)
    return lowest + np.r_[0.0, np.geomspace(first, top * (1 + 1e-9), count)]


@panel(needs="landscape")
@dataclass(kw_only=True)
class Contour(Panel):
    """The landscape as quiet bands, the paths of the optimizers on it.

    Levels are geometric in the loss above the lowest in view. Where the sides of the view differ
    by less than 3 : 1 both axes have one scale, and the view is widened to fill its panel. The
    star is the minimum of the loss; words under it say where it was only found by a search in view.
    """

    loss: Lead[str] = "full"
    levels: Count = 13
    title: str | None = None
    only: Only | None = None
    view: View | None = None

    # -- static --------------------------------------------------------------------------------

    def draw_static(self, axes: Any, box: Box) -> None:
        problem = self.stage.trace.problem
        assert problem is not None
        self.box = box
        self.seen = self._view(box)
        x0, x1, y0, y1 = self.seen
        axes.set_xlim(x0, x1)
        axes.set_ylim(y0, y1)
        self._draw_bands(axes, box)
        self._draw_ticks(axes)
        self.heading(axes, words.symbol(problem.names[1]))
        axes.annotate(
            words.symbol(problem.names[0]), (1, 0), xycoords="axes fraction", xytext=(0, -5),
            textcoords="offset points", va="top", ha="right", color=self.stage.theme.muted, size=9,
            annotation_clip=False, parse_math=False,
        )  # fmt: skip
        self.marks = self.to_pixels(axes, np.array(problem.minima, float).reshape(-1, 2))
        self._prepare_tracks(axes, box)

    def shape(self) -> float | None:
        x0, x1, y0, y1 = self._least()
        ratio = (x1 - x0) / (y1 - y0)
        return ratio if 1 / EQUAL < ratio < EQUAL else None

    def _least(self) -> tuple[float, float, float, float]:
        """The least that must be seen: the view of the panel, scene or landscape, or the paths."""
        problem = self.stage.trace.problem
        assert problem is not None
        given = self.view or problem.view or self._around_paths()
        x0, x1, y0, y1 = given if len(given) == 4 else (*given, *given)
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

    def _around_paths(self) -> tuple[float, float, float, float]:
        """The box of starts, minima and the paths that stay near them, with a margin."""
        problem = self.stage.trace.problem
        assert problem is not None
        anchors = [np.array(problem.minima, float).reshape(-1, 2)]
        anchors += [run.params[:1] for run in self.runs] or [np.array([problem.start], float)]
        points = np.vstack(anchors)
        centre, reach = points.mean(axis=0), np.ptp(points, axis=0).max() or 1.0
        for run in self.runs:
            if run.ended is None and (np.abs(run.params - centre) < 3 * reach).all():
                points = np.vstack([points, run.params])
        low, high = points.min(axis=0), points.max(axis=0)
        room = 0.12 * max(float((high - low).max()), 1e-9)
        # A flat box would show nothing of the landscape across it.
        thin = np.maximum(0, (high - low).max() / 2.5 - (high - low)) / 2
        low, high = low - room - thin, high + room + thin
        return float(low[0]), float(high[0]), float(low[1]), float(high[1])

    def _draw_bands(self, axes: Any, box: Box) -> None:
        from matplotlib.colors import LinearSegmentedColormap

        problem, theme = self.stage.trace.problem, self.stage.theme
        assert problem is not None
        x0, x1, y0, y1 = self.seen
        # A point for every pixel, up to 400 a side: a narrow valley must not break into islands.
        x = np.linspace(x0, x1, min(max(60, box.width), 400))
        y = np.linspace(y0, y1, min(max(60, box.height), 400))
        with np.errstate(all="ignore"):
            z = problem.surface(x[None, :], y[:, None], loss=None if self.loss == "full" else self.loss)
        z = np.where(np.isfinite(z), z, np.nan)
        levels = geometric_levels(z, self.levels)
        colors = LinearSegmentedColormap.from_list("bands", theme.bands)(np.linspace(0, 1, len(levels) - 1))
        axes.contourf(x, y, np.ma.masked_invalid(z), levels=levels, colors=colors, zorder=0)
        axes.contour(
            x, y, np.ma.masked_invalid(z), levels=levels[1:-1], colors=[theme.contour_line],
            linewidths=0.6, alpha=theme.contour_alpha, linestyles="solid", zorder=1,
        )  # fmt: skip

    def _draw_ticks(self, axes: Any) -> None:
        from matplotlib.ticker import MaxNLocator

        px = self.stage.px
        x0, x1, y0, y1 = self.seen
        nice = [1, 2, 5, 10]
        across = MaxNLocator(max(2, int(self.box.width / px(75))), steps=nice).tick_values(x0, x1)
        up = MaxNLocator(max(2, int(self.box.height / px(55))), steps=nice).tick_values(y0, y1)
        # The right end of the axis belongs to its name.
        room = (x1 - x0) * px(20) / self.box.width
        axes.set_xticks([value for value in across if x0 <= value <= x1 - room])
        axes.set_yticks([value for value in up if y0 <= value <= y1])

    # -- paths ---------------------------------------------------------------------------------

    def _prepare_tracks(self, axes: Any, box: Box) -> None:
        stage, tau = self.stage, self.stage.tau
        plain = [track(self.to_pixels(axes, run.params), box) for run in self.runs]
        self.tracks = interleave(plain, box)
        # Bright tails share a place only if they are there together: a leader is not dashed for
        # those who come after.
        self.bright = interleave(plain, box, window=0.5 * float((tau - stage.dim).max()))
        self.dots = max((run.steps for run in self.runs), default=0) <= DOTTED
        self.left = [self._left_at(each) for each in plain]
        self.thin = [self._thinned(each) for each in plain]
        inner = box.grow(-round(stage.px(8)))
        heads = np.zeros((len(tau), len(plain), 2))
        self.outside = np.zeros((len(tau), len(plain)), bool)
        self.turn = np.zeros((len(tau), len(plain)))
        for column, each in enumerate(plain):
            x = np.interp(tau, each.t, each.xy[:, 0])
            y = np.interp(tau, each.t, each.xy[:, 1])
            out = (x < box.left) | (x > box.right) | (y < box.top) | (y > box.bottom)
            heads[:, column, 0] = np.where(out, np.clip(x, inner.left, inner.right), x)
            heads[:, column, 1] = np.where(out, np.clip(y, inner.top, inner.bottom), y)
            self.outside[:, column] = out
            self.turn[:, column] = np.arctan2(heads[:, column, 1] - y, x - heads[:, column, 0])
        self.heads = heads
        self.names = [
            (
                stage.name_sprite(index),
                stage.name_sprite(index, f"{run.label} left at step {left}") if left is not None else None,
            )
            for index, run, left in zip(self.indices, self.runs, self.left, strict=True)
        ]
        if plain:
            sizes = [
                (max(s.width for s in pair if s), max(s.height for s in pair if s)) for pair in self.names
            ]
            fixed = np.vstack([self.marks, *(each.xy[:1] for each in plain)])
            self.places = follow(heads, sizes, box, stage.px(9), np.unique(fixed, axis=0))

    def _left_at(self, each: Track) -> int | None:
        """The step at which a run left the view for good; None where it is in view at the end."""
        box = self.box
        xy = each.xy
        inside = (
            (xy[:, 0] >= box.left - 1) & (xy[:, 0] <= box.right + 1)
            & (xy[:, 1] >= box.top - 1) & (xy[:, 1] <= box.bottom + 1)
        )  # fmt: skip
        if inside[-1]:
            return None
        last = int(np.flatnonzero(inside)[-1]) if inside.any() else -1
        return math.ceil(float(each.t[last + 1]))

    def _thinned(self, each: Track) -> float:
        """The width of the faint tail: thinner where a long zigzag would smear into a blot."""
        steps = np.hypot(*np.diff(each.xy, axis=0).T)
        inside = steps[steps < 2 * self.box.width]
        if len(inside) < 30:
            return self.stage.px(2.0)
        span = np.ptp(each.xy, axis=0).clip(1, [self.box.width, self.box.height])
        crowding = float(inside.sum()) * self.stage.px(2.0) / float(span[0] * span[1] + 400)
        return self.stage.px(2.0) * min(1.0, max(0.35, 0.5 / max(crowding, 1e-9)))

    def grown(self, k: int) -> list[Box]:
        dim, tau = self.stage.dim, self.stage.tau
        spans = [(dim[k - 1], dim[k])]
        if self.dots:
            spans.append((math.floor(tau[k - 1]), math.floor(tau[k])))
        boxes = [
            each.bounds(a, b, margin=self.stage.px(5)) for each in self.tracks for a, b in spans if b > a
        ]
        return [part for box in boxes if box and (part := box.within(self.box))]

    def draw_past(self, pen: Pen, k: int) -> None:
        theme = self.stage.theme
        with pen.clipped(self.box) as any_left:
            if not any_left:
                return
            for index, each, width in zip(self.indices, self.tracks, self.thin, strict=True):
                piece = each.cut(0.0, self.stage.dim[k], pen.clip)
                if piece:
                    pen.stroke(*piece, self.stage.styles[index].rgb, width, theme.faint, cap="butt")
            if self.dots:
                self._draw_dots(pen, k)

    def _draw_dots(self, pen: Pen, k: int) -> None:
        radius = self.stage.px(2.3)
        near = pen.clip.grow(math.ceil(radius) + 1)
        for index, each in zip(self.indices, self.tracks, strict=True):
            reached = (each.t <= math.floor(self.stage.tau[k] + 1e-9)) & (each.t == np.round(each.t))
            for x, y in each.xy[reached]:
                if near.left <= x <= near.right and near.top <= y <= near.bottom:
                    pen.mark("circle", x, y, radius, self.stage.styles[index].rgb)

    def draw_front(self, pen: Pen, k: int) -> None:
        stage = self.stage
        tau, dim = stage.tau[k], stage.dim[k]
        with pen.clipped(self.box):
            for index, each, width in zip(self.indices, self.bright, self.thin, strict=True):
                piece = each.cut(dim, tau)
                if piece:
                    pen.stroke(*piece, stage.styles[index].rgb, max(width, stage.px(2.0)), cap="round")
            self._draw_marks(pen)
        for column, index in enumerate(self.indices):
            x, y = self.heads[k, column]
            if self.outside[k, column]:
                style = stage.styles[index]
                turn = self.turn[k, column] - math.pi / 2
                pen.mark("triangle", x, y, stage.px(5.5), style.rgb, stage.halo, stage.px(1.6), turn)
            else:
                stage.head(pen, index, x, y)
        for column in range(len(self.indices)):
            name, gone = self.names[column]
            left = self.left[column]
            sprite = gone if gone is not None and left is not None and tau >= left else name
            x, y = self.places[k, column]
            pen.place(sprite, int(x), int(y))

    def _draw_marks(self, pen: Pen) -> None:
        """The starts as crosses and the minima as stars."""
        stage = self.stage
        problem = stage.trace.problem
        assert problem is not None
        ink = rgb(stage.theme.ink)
        for x, y in dict.fromkeys((float(x), float(y)) for x, y in self.marks):
            if self.box.left <= x <= self.box.right and self.box.top <= y <= self.box.bottom:
                pen.mark("star", x, y, stage.px(8), ink, stage.halo, stage.px(1.4))
                if problem.minima_found:
                    note = stage.sprite([("lowest found", stage.theme.ink, 7.5, "normal")], halo=True)
                    pen.place(note, round(x - note.width / 2), round(y + stage.px(9)))
        arm = stage.px(6)
        for x, y in dict.fromkeys((float(t.xy[0, 0]), float(t.xy[0, 1])) for t in self.tracks):
            for width, color in ((4.6, stage.halo), (2.0, ink)):
                for dx, dy in ((arm, 0.0), (0.0, arm)):
                    line = np.array([[x - dx, y - dy], [x + dx, y + dy]])
                    pen.stroke(line, None, color, stage.px(width), cap="butt")
