"""What every panel of curves over steps shares: ghosts ahead, a cursor, names at the ends."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import reduce
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from optanim.layout import Margins, spread
from optanim.pen import Box, Pen
from optanim.scales import Axes, Scale
from optanim.stage import NAME_WIDTH, Panel
from optanim.themes import RGB, rgb
from optanim.tracks import Track, dashed, interleave, track
from optanim.typeset import Sprite

Floats = NDArray[np.float64]
Across = Literal["step", "gradients"]


@dataclass(frozen=True)
class Curve:
    """One curve: whose it is, its values (N+1,), and what stands at its end."""

    index: int  # of the run
    values: Floats
    name: Sprite | None = None
    dashed: bool = False


@dataclass(frozen=True)
class Name:
    """A curve's name beside the axes, and the leader that ties it to the curve's end."""

    sprite: Sprite
    rgb: RGB
    place: tuple[int, int]
    leader: Floats


class CurvePanel(Panel, ABC):
    """Curves over the steps, or over the gradients that were evaluated for them.

    A subclass says which curves, and on which scale they stand. Over gradients the runs are not
    at one place at one time: a rule that takes two a step has gone twice as far to the right.
    """

    x: Across
    yscale: str | None
    head_radius = 4.2
    whole_steps = True

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
        self.lines = self.curves()

    def fit(self, cell: Box) -> None:
        self.room = min(self.room, 0.48 * cell.width)
        self.lines = self.curves()

    def margins(self) -> Margins:
        px = self.stage.px
        names = max((line.name.width for line in self.lines if line.name), default=0)
        return Margins(left=px(42), top=px(24), right=px(4) + (names + px(9) if names else 0), bottom=px(24))

    def draw_static(self, pen: Pen, box: Box) -> None:
        self.box = box
        scale = self.scale()
        end = max(1.0, *(float(self.along(line)[-1]) for line in self.lines))
        self.axes = Axes(box, Scale("linear", 0, end), scale)
        if self.x == "gradients":
            name = "gradients"
            self.name_across(pen, name)
            self.ticks_across(pen, self.axes, self.across_to(0, end, name))
        else:
            self.ticks_across(pen, self.axes, end)
        self.ticks_up(pen, self.axes, 34, grid=True)
        self.heading(pen, self.says(scale))
        self._prepare(box)
        self._draw_ghosts(pen)
        self._place_names(box)
        self._draw_names(pen)
        self.cursor_color: RGB = rgb(self.stage.theme.muted)

    def along(self, line: Curve) -> Floats:
        """Where a curve's values stand on the horizontal axis, (N+1,)."""
        run = self.stage.trace.runs[line.index]
        return run.evals.astype(float) if self.x == "gradients" else np.arange(float(len(line.values)))

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
            pixels = self.axes.pixels(np.column_stack([self.along(line), values]))
            plain.append(self.drawn(line, track(pixels, box)))
        self.ghosts = plain
        on, off = self.stage.px(4.5), self.stage.px(2.5)
        self.broken = [
            dashed(each, on, off) if line.dashed else each
            for line, each in zip(self.lines, plain, strict=True)
        ]
        self.tracks = interleave(self.broken, box)

    def _draw_ghosts(self, pen: Pen) -> None:
        """Each whole curve, faint: what is still to come."""
        with pen.clipped(self.box.grow(round(self.stage.px(1)))):
            for line, each in zip(self.lines, self.broken, strict=True):
                piece = each.cut(0.0, each.end)
                if piece:
                    color = self.stage.styles[line.index].rgb
                    pen.stroke(*piece, color, self.stage.px(1.1), self.stage.theme.ghost, cap="butt")

    def _place_names(self, box: Box) -> None:
        """Names right of the axes at the height of the curves' ends; moved ones get a leader."""
        px = self.stage.px
        named = [(line, each) for line, each in zip(self.lines, self.ghosts, strict=True) if line.name]
        ends = [
            (float(np.clip(x, box.left, box.right)), float(np.clip(y, box.top, box.bottom)))
            for x, y in (each.xy[-1] for _, each in named)
        ]
        heights = [line.name.height + px(5) for line, _ in named if line.name]
        low, high = box.top - px(10), box.bottom + px(4)
        if sum(heights) > high - low:  # closer, and at last as close as lines of text can be
            heights = [max(h - px(4), 1) * min(1, (high - low) / sum(heights)) for h in heights]
        centres = spread([y for _, y in ends], heights, low, high)
        self.names = [
            Name(
                line.name,
                self.stage.styles[line.index].rgb,
                (round(box.right + px(10)), round(centre - line.name.height / 2)),
                self._leader(x, y, centre),
            )
            for (line, _), (x, y), centre in zip(named, ends, centres, strict=True)
            if line.name
        ]

    def _leader(self, x: float, y: float, centre: float) -> Floats:
        """From a curve's end to its name; along its height where it ends before the axes do."""
        px, right = self.stage.px, self.box.right
        outside = [[right + px(1.5), y], [right + px(8), centre]]
        early = [] if x > right - px(6) else [[x + px(6), y]]
        return np.array([*early, *outside])

    def _draw_names(self, pen: Pen) -> None:
        stage = self.stage
        for name in self.names:
            if len(name.leader) > 2 or abs(name.leader[0, 1] - name.leader[1, 1]) > stage.px(3):
                pen.stroke(name.leader, None, name.rgb, stage.px(1.0), 0.6)
            pen.place(name.sprite, *name.place)

    # -- past and front ------------------------------------------------------------------------

    def grown(self, k: int) -> list[Box]:
        tau = self.stage.tau
        boxes = [each.bounds(tau[k - 1], tau[k], margin=self.stage.px(3)) for each in self.tracks]
        reach = self.box.grow(round(self.stage.px(3)))
        inside = [part for box in boxes if box and (part := box.within(reach))]
        # All stand in one narrow column: repainting it once is less than each in turn.
        return [reduce(Box.join, inside)] if inside else []

    def draw_past(self, pen: Pen, k: int) -> None:
        stage = self.stage
        with pen.clipped(self.box.grow(round(stage.px(2)))) as any_left:
            if not any_left:
                return
            for line, each in zip(self.lines, self.tracks, strict=True):
                piece = each.cut(0.0, stage.tau[k], pen.clip)
                if piece:
                    pen.stroke(*piece, stage.styles[line.index].rgb, stage.px(1.9), cap="butt")

    def draw_front(self, pen: Pen, k: int) -> None:
        stage = self.stage
        if self.x == "step":
            x = self.box.left + stage.tau[k] / max(stage.trace.steps, 1) * self.box.width
            # On the middle of a pixel the hairline is crisp in every frame.
            x_line = int(x) + 0.5
            cursor = np.array([[x_line, self.box.top], [x_line, self.box.bottom]])
            pen.stroke(cursor, None, self.cursor_color, 1.0, 0.55, cap="butt")
        for line, each in zip(self.lines, self.tracks, strict=True):
            hx, hy = each.at(stage.tau[k])
            if self.box.top - 1 <= hy <= self.box.bottom + 1:
                stage.head(pen, line.index, hx, hy, radius=self.head_radius)
            else:
                edge = self.box.top + stage.px(5) if hy < self.box.top else self.box.bottom - stage.px(5)
                turn = 0.0 if hy < self.box.top else np.pi
                style = stage.styles[line.index]
                hx = min(max(hx, self.box.left), self.box.right)
                pen.mark("triangle", hx, edge, stage.px(4.5), style.rgb, stage.halo, stage.px(1.4), turn)


def end_name(panel: CurvePanel, index: int, text: str, below: str = "") -> Sprite:
    """A run's name in its colour, with a grey line of settings under it if there is one."""
    stage = panel.stage
    room = panel.room
    words, size = stage.fitted_name(text, 9.5, room)
    lines = [(words, stage.styles[index].words, size, "bold")]
    if below:
        lines.append((stage.fitted(below, 8.5, "normal", room), stage.theme.muted, 8.5, "normal"))
    return stage.sprite(lines)
