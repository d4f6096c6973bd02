"""What every panel of curves over steps shares: ghosts ahead, a cursor, names at the ends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from optanim import bands, heads, means
from optanim.bands import Ribbon
from optanim.insets import Inset
from optanim.layout import Margins
from optanim.panel import Panel
from optanim.panels.endings import Ending, Name, draw, placed
from optanim.panels.headings import fitting, in_fewer
from optanim.pen import Box, Pen
from optanim.scales import Axes, Scale
from optanim.scene import Thing
from optanim.settings import grouped
from optanim.stage import NAME_WIDTH
from optanim.themes import RGB, rgb
from optanim.trace import Path
from optanim.tracks import Track, dashed, interleave, sampled, track
from optanim.typeset import Sprite

Floats = NDArray[np.float64]
Across = Literal["step", "gradients", "time"]
AcrossScale = Literal["linear", "log"]
LOW = 2.5  # pixels that a name reaches above the axes where their heading stands above it
FAR_APART = 1e6  # pixels, where heads that are not drawn are thought to be
FAINT = 0.07  # how much of its colour a band has where it is still to come


@dataclass(frozen=True)
class Curve:
    """One curve: whose it is, its values (N+1,), and what stands at its end."""

    index: int  # of the run
    values: Floats
    name: Sprite | None = None
    dashed: bool = False
    quiet: bool = False  # what the others are held against: grey, and nothing moves along it
    band: tuple[Floats, Floats] | None = None  # below and above it, where it stands for several runs


class CurvePanel(Panel, ABC):
    """Curves over the steps, over the gradients that were evaluated for them, or over time.

    A subclass says which curves, and on which scale they stand. Over gradients the runs are not
    at one place at one time: a rule that takes two a step has gone twice as far to the right. The time
    of a run with learning rates is their sum, which the run has in common with the gradient flow
    that it follows.
    """

    x: Across
    xscale: AcrossScale | None = None
    yscale: str | None
    band: str = "minmax"  # of runs that differ in the seed alone
    head_radius = 4.2
    whole_steps = True
    brief = False  # whether names have one line for want of room
    unnamed = False  # and none at all
    inset: Thing | None = None
    span: tuple[float, ...] | None = None  # of the horizontal axis, where it is not all of it

    def curves(self) -> list[Curve]:
        """The curves of the panel, named."""
        return []

    @abstractmethod
    def scale(self) -> Scale:
        """The axis of the values."""

    def says(self, scale: Scale) -> str:
        """What stands above the axes."""
        return ""

    def enter(self, stage: Any) -> None:
        super().enter(stage)
        self.room = stage.px(NAME_WIDTH)
        self.lines = self._lines()

    def fit(self, cell: Box) -> None:
        px = self.stage.px
        self.room = min(self.room, 0.48 * cell.width)
        # Names that would lie on one another lose their second lines first, and are then left out.
        for self.brief, self.unnamed in ((False, False), (True, False), (True, True)):
            self.lines = self._lines()
            heights = sum(line.name.height - px(1) for line in self.lines if line.name)
            if heights <= cell.height - px(34):
                break

    def _lines(self) -> list[Curve]:
        lines = self._gathered(self.curves())
        named = self.named and self.stage.key is None and not self.unnamed
        return lines if named else [replace(line, name=None) for line in lines]

    def kin(self, index: int) -> list[int]:
        """A run, and those of the panel's runs that differ from it in the seed alone."""
        return [i for i in self.stage.trace.kin(index) if i in self.indices]

    def _gathered(self, lines: list[Curve]) -> list[Curve]:
        """The curves, those of runs that differ in the seed alone as one, with a band."""
        self.averaged = False
        if self.families == len(self.indices):
            return lines
        log, family_of = self.scale().kind == "log", self.stage.trace.family_of
        count: dict[int, int] = {}
        groups: dict[Any, list[Curve]] = {}
        for line in lines:
            place = count[line.index] = count.get(line.index, -1) + 1
            groups.setdefault(id(line) if line.quiet else (family_of[line.index], place), []).append(line)
        made = []
        for group in groups.values():
            values = np.stack([line.values for line in group])
            if len(group) == 1 or all(np.array_equal(values[0], row, equal_nan=True) for row in values):
                made.append(group[0])
                continue
            self.averaged = True
            middle, edges = bands.middle(values, self.band, log), bands.edges(values, self.band, log)
            made.append(replace(group[0], values=middle, band=edges))
        return made

    def _ways(self, text: str) -> list[str]:
        """What stands above the axes in fewer and fewer words.

        The facts tell how several seeds are drawn, but where panels that they cannot tell apart differ in it.
        """
        if self.title is not None:
            return [self.title]
        size = max((len(self.kin(index)) for index in self.indices), default=1)
        log = self.axes.y.kind == "log"
        own = self.averaged and means.alike(self.stage.trace)
        ways = in_fewer(text, bands.said(self.band, log, size) if own else ())
        return [f"{ways[0]}; {self._thinned()}", *ways] if self._thinned() else ways

    def _thinned(self) -> str:
        """At how many iterates the curves are known, where that is not at all."""
        count, steps = self.known(), self.stage.trace.steps
        return f"at {count} of {grouped(steps + 1)} iterates" if count <= steps else ""

    def known(self) -> int:
        """At how many iterates its values are known; between them it is straight."""
        return min(
            (len(line.values) for line in self.lines if not line.quiet), default=self.stage.trace.steps + 1
        )

    def _fits(self, text: str, room: float) -> bool:
        return self.stage.width(text, 9) <= room

    @property
    def timeline(self) -> Any:
        return self.x, self.xscale, self.span

    def margins(self) -> Margins:
        px = self.stage.px
        names = max((line.name.width for line in self.lines if line.name), default=0)
        return Margins(left=px(42), top=px(24), right=px(4) + (names + px(9) if names else 0), bottom=px(24))

    def draw_static(self, pen: Pen, box: Box) -> None:
        self.box = box
        scale = self.scale()
        self.axes = Axes(box, self._across(), scale)
        self.whole_steps = self.x != "time"
        if name := self._named():
            self.name_across(pen, name)
            low, high = self.axes.x.low, self.axes.x.high
            if self.axes.x.kind == "log":
                high = low * (high / low) ** self.across_to(0, 1, name)
            else:
                high = self.across_to(low, high, name)
            self.ticks_across(pen, self.axes, high)
        else:
            self.ticks_across(pen, self.axes, self.axes.x.high)
        self.ticks_up(pen, self.axes, 34, grid=True)
        summed = self.x == "time" and any(len(run.lr) for run in self.peers)
        self._prepare(box)
        self._draw_ghosts(pen)
        named = [(line, each) for line, each in zip(self.lines, self.ghosts, strict=True) if line.name]
        ends = [Ending(line.name, self.color(line), each.xy[-1]) for line, each in named if line.name]
        self.ways = self._ways(self.says(scale) + ("; time: the sum of lr" if summed else ""))
        self.names, room = self._beside(ends)
        # A grid has its own room for what its cells say.
        said = self.ways[0] if self.cell else fitting(self.ways, lambda text: self._fits(text, room))
        self.heading(pen, said, room)
        draw(pen, self.names, self.stage)
        self.cursor_color: RGB = rgb(self.stage.theme.muted)
        self.glass = self._glass(pen, self.inset.settings) if self.inset else None

    def _beside(self, ends: Sequence[Ending]) -> tuple[list[Name], float]:
        """The names right of the axes, and the room for what stands above these.

        Where it needs the room above the names too, no name stands higher than the axes.
        """
        box, px = self.box, self.stage.px
        names, room = placed(ends, box, px), box.width + self.margins().right
        if not any(name.place[1] < box.top for name in names):
            return names, room
        if self._fits(self.ways[0], box.width):
            return names, box.width
        return placed(ends, box, px, above=LOW), room

    def along(self, line: Curve) -> Floats:
        """Where a curve's values stand on the horizontal axis: all iterates, or those that are kept."""
        run = self.stage.trace.runs[line.index]
        return self._way(run)[self.iterates(line)]

    def iterates(self, line: Curve) -> NDArray[np.int64]:
        """Which iterate each value of a curve belongs to."""
        run = self.stage.trace.runs[line.index]
        return run.at if len(line.values) == len(run.at) else np.arange(len(line.values))

    def _way(self, run: Path) -> Floats:
        if self.x == "time":
            return run.clock
        return run.evals.astype(float) if self.x == "gradients" else np.arange(float(len(run.evals)))

    def _named(self) -> str:
        """What the horizontal axis is called; nothing for steps on a linear one."""
        if self.x == "time":
            return "time"
        return "gradients" if self.x == "gradients" else "step" if self._logarithmic() else ""

    def _logarithmic(self) -> bool:
        """Whether the horizontal axis is: where not said, if the film is, or all goes by equal factors."""
        if self.xscale is not None or self.x == "gradients":
            return self.xscale == "log"
        if self.x == "step":
            return self.stage.trace.scene.pace == "log"
        times = [run.time for run in self.peers]
        return bool(times) and all(t is not None and t[1] * 10 * (len(t) - 1) < t[-1] for t in times)

    def _across(self) -> Scale:
        """The horizontal axis; a logarithmic one begins a step before the first that is not at 0."""
        if self.span:
            return Scale("log" if self._logarithmic() else "linear", *self.span)
        ways = [way[np.isfinite(way)] for way in map(self._way, self.peers)]
        ends = [float(way[-1]) for way in ways if len(way)]
        if not self._logarithmic():
            end = max(ends, default=1.0)
            return Scale("linear", 0, max(end, 1.0) if self.x != "time" else end or 1.0)
        later = [way[way > 0][:2] for way in ways if (way > 0).any()]
        first = min((float(way[0]) for way in later), default=1.0)
        factor = min((float(way[-1] / way[0]) for way in later if way[0] == first), default=2.0)
        high = max(ends, default=first)
        low = first / max(factor, 1.05)
        return Scale("log", low, high if high > low else 2 * low)

    def color(self, line: Curve) -> RGB:
        stage = self.stage
        return rgb(stage.theme.muted) if line.quiet else stage.styles[line.index].rgb

    def drawn(self, line: Curve, way: Track) -> Track:
        """The track of a curve as the panel draws it."""
        return way

    def _prepare(self, box: Box) -> None:
        scale = self.axes.y
        plain = []
        for line in self.lines:
            values = np.where(np.isfinite(line.values), line.values, np.nan)
            if scale.kind == "log":  # what is not positive leaves through the lower edge
                values = np.where(values <= 0, scale.low / 10, values)
            # What is at 0, the start, stands at the left edge of a logarithmic axis.
            along = self.along(line)
            if self.axes.x.kind == "log":
                along = np.maximum(along, self.axes.x.low)
            pixels = self.axes.pixels(np.column_stack([along, values]))
            plain.append(self.drawn(line, track(pixels, box, self.iterates(line).astype(float))))
        self.ribbons = [self._ribbon(line, box) for line in self.lines]
        self.strength = bands.thinned(len({line.index for line in self.lines if line.band}))
        self.ghosts = plain
        self.widths = [
            self._width(each, 1.2 if line.quiet else 1.9)
            for line, each in zip(self.lines, plain, strict=True)
        ]
        on, off = self.stage.px(4.5), self.stage.px(2.5)
        self.broken = [
            dashed(each, on, off) if line.dashed else each
            for line, each in zip(self.lines, plain, strict=True)
        ]
        self.tracks = interleave(self.broken, box)
        self.grown_by = self._covered(box)

    def _covered(self, box: Box) -> Floats:
        """How much the head of each curve grows in every frame (F, n), to be seen around those on it."""
        stage, tau = self.stage, self.stage.tau
        places = np.zeros((len(tau), len(self.lines), 2))
        for column, (line, each) in enumerate(zip(self.lines, self.tracks, strict=True)):
            x, y = (np.interp(tau, each.t, along) for along in each.xy.T)
            out = (y < box.top - 1) | (y > box.bottom + 1) | line.quiet
            places[:, column] = np.where(out[:, None], -FAR_APART * (column + 1), np.c_[x, y])
        looks = [stage.styles[line.index] for line in self.lines]
        # Under a key of colours runs are many and of one kind: rings would cover what stands beside them.
        ring = 0.0 if self.small or stage.key else heads.RING
        return ring * heads.covered(places, looks, stage.unit, stage.fps)

    def _ribbon(self, line: Curve, box: Box) -> Ribbon | None:
        """The band of a curve in pixels."""
        if line.band is None:
            return None
        along = self.along(line)
        if self.axes.x.kind == "log":
            along = np.maximum(along, self.axes.x.low)
        low = self.axes.y.low / 10 if self.axes.y.kind == "log" else -np.inf
        lower, upper = (
            self.axes.pixels(np.column_stack([along, np.maximum(edge, low)])) for edge in line.band
        )
        return Ribbon.of(upper, lower, self.iterates(line).astype(float), box)

    def _width(self, each: Track, most: float) -> float:
        """The width of a curve: thinner where its noise would fill a band and hide what is in it."""
        full = self.stage.px(most)
        length = float(np.hypot(*np.diff(each.xy, axis=0).T).clip(0, self.box.height).sum())
        crowding = length * full / (self.box.width * self.box.height)
        return full * min(1.0, max(0.5, 0.5 / max(crowding, 1e-9)))

    def _draw_ghosts(self, pen: Pen) -> None:
        """Each whole curve, faint: what is still to come."""
        with pen.clipped(self.box.grow(round(self.stage.px(1)))):
            for line, ribbon in zip(self.lines, self.ribbons, strict=True):
                if ribbon:
                    ribbon.lay(pen, self.stage.trace.steps, self.color(line), FAINT * self.strength)
            for line, each in zip(self.lines, self.broken, strict=True):
                piece = each.cut(0.0, each.end)
                if piece:
                    pen.stroke(
                        *piece, self.color(line), self.stage.px(1.1), self.stage.theme.ghost, cap="butt"
                    )

    def _glass(self, pen: Pen, settings: Mapping[str, Any]) -> Inset:
        """The inset, placed and its still part drawn; a view of two numbers is of the values."""
        view = settings["view"]
        inner: CurvePanel = replace(self, view=view[-2:], inset=None, title=None, marks=None)  # type: ignore[type-var]
        inner.small, inner.cell = True, self.cell and replace(self.cell, left=True, low=True)
        inner.span = view[:2] if len(view) == 4 else None
        if inner.span and self.axes.x.kind == "log":
            low = max(inner.span[0], self.axes.x.low)
            inner.span = (low, max(inner.span[1], 2 * low))
        inner.enter(self.stage)
        up, across = inner.scale(), inner.span or (self.axes.x.low, self.axes.x.high)
        made = Inset(self, inner, up, None)
        # What of it is not on a logarithmic axis is below.
        low = up.low if up.low > 0 or self.axes.y.kind != "log" else self.axes.y.low
        looks = self.axes.pixels([[across[0], low], [across[1], up.high]])
        made.place(settings.get("place"), looks, self.clutter())
        made.draw_static(pen)
        return made

    def notes(self, name: str) -> list[str]:
        said, glass = super().notes(name), self.glass
        if glass is not None and glass.outside:
            said.append(f"the inset of {name} looks outside its view")
        elif glass is not None and glass.empty:
            said.append(f"the inset of {name} shows nothing: no curve comes by")
        return said

    def clutter(self) -> Floats:
        if self.cell is None:
            return sampled([each.xy for each in self.ghosts], self.box)
        # Of all cells: what keeps off the curves stands at one place in all.
        whole: CurvePanel = replace(self, inset=None, title=None, marks=None)  # type: ignore[type-var]
        whole.stage, whole.room, whole.indices = self.stage, self.room, list(self.cell.peers)
        ways = [np.column_stack([whole.along(line), line.values]) for line in whole.curves()]
        return sampled([self.axes.pixels(way) for way in ways], self.box)

    # -- past and front ------------------------------------------------------------------------

    def grown(self, k: int) -> list[Box]:
        tau = self.stage.tau
        boxes = [each.bounds(tau[k - 1], tau[k], margin=self.stage.px(3)) for each in self.tracks]
        boxes += [each.bounds(tau[k - 1], tau[k]) for each in self.ribbons if each]
        reach = self.box.grow(round(self.stage.px(3)))
        inside = [part for box in boxes if box and (part := box.within(reach))]
        # All stand in one narrow column: repainting it once is less than each in turn.
        joined = [reduce(Box.join, inside)] if inside else []
        return [*joined, *(self.glass.grown(k) if self.glass else ())]

    def draw_past(self, pen: Pen, k: int) -> None:
        stage = self.stage
        with pen.clipped(self.box.grow(round(stage.px(2)))) as any_left:
            if not any_left:
                return
            for line, ribbon in zip(self.lines, self.ribbons, strict=True):
                if ribbon:
                    ribbon.lay(pen, stage.tau[k], self.color(line), bands.OPAQUE * self.strength)
            for line, each, width in zip(self.lines, self.tracks, self.widths, strict=True):
                piece = each.cut(0.0, stage.tau[k], pen.clip)
                if piece:
                    pen.stroke(*piece, self.color(line), width, cap="butt")
        if self.glass:
            self.glass.draw_past(pen, k)

    def draw_front(self, pen: Pen, k: int) -> None:
        if self.glass:
            self.glass.keep(pen)
        self._draw_heads(pen, k)
        if self.glass:
            self.glass.draw_front(pen, k)

    def _draw_heads(self, pen: Pen, k: int) -> None:
        stage = self.stage
        if self.x == "step" and self.axes.x.kind == "linear":
            x = self.box.left + float(self.axes.x.place(stage.tau[k])) * self.box.width
            # On the middle of a pixel the hairline is crisp in every frame.
            x_line = int(x) + 0.5
            cursor = np.array([[x_line, self.box.top], [x_line, self.box.bottom]])
            pen.stroke(cursor, None, self.cursor_color, 1.0, 0.55, cap="butt")
        for line, each, more in zip(self.lines, self.tracks, self.grown_by[k], strict=True):
            if line.quiet:
                continue
            hx, hy = each.at(stage.tau[k])
            if self.small and not (self.box.left <= hx <= self.box.right):
                continue
            if self.box.top - 1 <= hy <= self.box.bottom + 1:
                stage.head(pen, line.index, hx, hy, radius=self.head_radius + more)
            elif not self.small:
                edge = self.box.top + stage.px(5) if hy < self.box.top else self.box.bottom - stage.px(5)
                turn = 0.0 if hy < self.box.top else np.pi
                style = stage.styles[line.index]
                hx = min(max(hx, self.box.left), self.box.right)
                pen.mark("triangle", hx, edge, stage.px(4.5), style.rgb, stage.halo, stage.px(1.4), turn)


def end_name(panel: CurvePanel, index: int, text: str, below: str = "") -> Sprite:
    """A run's name in its colour, with a grey line of settings under it if there is one."""
    stage = panel.stage
    room = panel.room
    if text == stage.trace.runs[index].label:
        text = stage.called[index]
    words, size = stage.fitted_name(text, 9.5, room)
    lines = [(words, stage.styles[index].words, size, "bold")]
    if below and not panel.brief:
        lines.append((stage.fitted(below, 8.5, "normal", room), stage.theme.muted, 8.5, "normal"))
    return stage.sprite(lines)
