"""What every panel of curves over steps shares: ghosts ahead, a cursor, names at the ends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.layout import Margins, spread
from optanim.pen import Box, Pen, Sprite
from optanim.scales import Scale, linear_ticks, tick_words
from optanim.stage import NAME_WIDTH, Panel
from optanim.themes import RGB, rgb
from optanim.tracks import dashed, interleave, track

Floats = NDArray[np.float64]


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


class CurvePanel(Panel):
    """Curves over the steps; a subclass says which, and on which scale they stand."""

    yscale: str | None
    head_radius = 4.2

    def curves(self) -> list[Curve]:
        """The curves of the panel, named."""
        return []

    def scale(self) -> Scale:
        """The axis of the values."""
        raise NotImplementedError

    def says(self, scale: Scale) -> str:
        """What stands above the axes."""
        return ""

    def enter(self, stage: Any) -> None:
        super().enter(stage)
        self.lines = self.curves()

    def margins(self) -> Margins:
        px = self.stage.px
        names = max((line.name.width for line in self.lines if line.name), default=0)
        return Margins(left=px(42), top=px(24), right=px(4) + (names + px(9) if names else 0), bottom=px(24))

    def draw_static(self, axes: Any, box: Box) -> None:
        self.box = box
        px, steps = self.stage.px, max(self.stage.trace.steps, 1)
        scale = self.scale()
        axes.set_xlim(0, steps)
        axes.set_yscale(scale.kind, **({"linthresh": scale.threshold} if scale.kind == "symlog" else {}))
        axes.set_ylim(scale.low, scale.high)
        axes.grid(axis="y")
        across = linear_ticks(0, steps, max(2, int(box.width / px(60))), whole=True)
        axes.set_xticks(across, tick_words(across))
        axes.set_yticks(*scale.ticks(max(2, int(box.height / px(34)))))
        axes.minorticks_off()
        self.heading(axes, self.says(scale))
        self._prepare(axes, box)
        self._draw_ghosts(axes)
        self._place_names(box)
        self.cursor_color: RGB = rgb(self.stage.theme.muted)

    def _prepare(self, axes: Any, box: Box) -> None:
        steps = np.arange(self.stage.trace.steps + 1, dtype=float)
        low = min(axes.get_ylim())
        plain = []
        for line in self.lines:
            values = np.where(np.isfinite(line.values), line.values, np.nan)
            if axes.get_yscale() == "log":  # what is not positive leaves through the lower edge
                values = np.where(values <= 0, low / 10, values)
            plain.append(track(self.to_pixels(axes, np.column_stack([steps, values])), box))
        self.ghosts = plain
        broken = [
            dashed(each, self.stage.px(4.5), self.stage.px(2.5)) if line.dashed else each
            for line, each in zip(self.lines, plain, strict=True)
        ]
        self.tracks = interleave(broken, box)

    def _draw_ghosts(self, axes: Any) -> None:
        """Each whole curve, faint: what is still to come."""
        theme = self.stage.theme
        height = axes.figure.bbox.height
        from matplotlib.lines import Line2D
        from matplotlib.transforms import IdentityTransform

        for line, each in zip(self.lines, self.ghosts, strict=True):
            axes.add_line(
                Line2D(
                    each.xy[:, 0], height - each.xy[:, 1], transform=IdentityTransform(),
                    color=self.stage.styles[line.index].color, alpha=theme.ghost,
                    linewidth=self.stage.px(1.1) * 72 / self.stage.dpi, zorder=2,
                    linestyle=(0, (4, 2)) if line.dashed else "solid",
                )
            )  # fmt: skip

    def _place_names(self, box: Box) -> None:
        """Names right of the axes at the height of the curves' ends; moved ones get a leader."""
        px = self.stage.px
        named = [(line, each) for line, each in zip(self.lines, self.ghosts, strict=True) if line.name]
        ends = [float(np.clip(each.xy[-1, 1], box.top, box.bottom)) for _, each in named]
        heights = [line.name.height + px(5) for line, _ in named if line.name]
        low, high = box.top - px(10), box.bottom + px(4)
        if sum(heights) > high - low:  # closer, and at last as close as lines of text can be
            heights = [max(h - px(4), 1) * min(1, (high - low) / sum(heights)) for h in heights]
        centres = spread(ends, heights, low, high)
        self.names = [
            Name(
                line.name,
                self.stage.styles[line.index].rgb,
                (round(box.right + px(10)), round(centre - line.name.height / 2)),
                np.array([[box.right + px(1.5), end], [box.right + px(8), centre]]),
            )
            for (line, _), end, centre in zip(named, ends, centres, strict=True)
            if line.name
        ]

    def draw_names(self, pen: Pen) -> None:
        stage = self.stage
        for name in self.names:
            if abs(name.leader[0, 1] - name.leader[1, 1]) > stage.px(3):
                pen.stroke(name.leader, None, name.rgb, stage.px(1.0), 0.6)
            pen.place(name.sprite, *name.place)

    # -- past and front ------------------------------------------------------------------------

    def grown(self, k: int) -> list[Box]:
        tau = self.stage.tau
        boxes = [each.bounds(tau[k - 1], tau[k], margin=self.stage.px(3)) for each in self.tracks]
        reach = self.box.grow(round(self.stage.px(3)))
        return [part for box in boxes if box and (part := box.within(reach))]

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


def end_name(panel: Panel, index: int, text: str, below: str = "") -> Sprite:
    """A run's name in its colour, with a grey line of settings under it if there is one."""
    stage = panel.stage
    room = stage.px(NAME_WIDTH) * 0.75
    lines = [(stage.fitted(text, 9.5, "bold", room), stage.styles[index].words, 9.5, "bold")]
    if below:
        lines.append((stage.fitted(below, 8.5, "normal", room), stage.theme.muted, 8.5, "normal"))
    return stage.sprite(lines)
