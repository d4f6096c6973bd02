"""What every panel of a film shares: the trace, the clock, the colours and the type."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.layout import Margins
from optanim.pen import Box, Pen, Sprite, text_sprite
from optanim.themes import MARKERS, RGB, Theme, assign_slots, cycle_color, mix, rgb
from optanim.trace import Path, Trace

Floats = NDArray[np.float64]
NAME_WIDTH = 300  # what a name may take, in pixels at 100 dpi
BRIGHT_SECONDS = 1.0  # how much of its past a head's bright tail shows


@dataclass(frozen=True)
class Style:
    """The look of one run, the same in every panel."""

    color: str
    marker: str
    words: str  # the colour of its name, deep enough to be read

    @property
    def rgb(self) -> RGB:
        return rgb(self.color)


def clock(steps: int, frames: int, pace: str) -> Floats:
    """The step that each frame shows, from 0 to `steps`; frames glide between whole steps.

    With pace "log" the early steps take most of the film.
    """
    part = np.linspace(0.0, 1.0, frames) if frames > 1 else np.ones(1)
    return np.expm1(part * np.log1p(steps)) if pace == "log" else part * steps


class Stage:
    """The trace on a theme and a clock; lengths are in units of a pixel at 100 dpi."""

    def __init__(self, trace: Trace, theme: Theme, dpi: float, frames: int, fps: float, pace: str) -> None:
        self.trace = trace
        self.theme = theme
        self.dpi = dpi
        self.unit = dpi / 100
        self.tau = clock(trace.steps, frames, pace)
        behind = np.arange(frames) - round(BRIGHT_SECONDS * fps)
        self.dim = np.where(behind >= 0, self.tau[np.maximum(behind, 0)], 0.0)  # tails are faint before
        slots = assign_slots((run.rule for run in trace.runs), len(theme.cycle))
        self.styles = []
        for run, slot in zip(trace.runs, slots, strict=True):
            color = run.color or cycle_color(theme, slot)
            marker = MARKERS[slot % len(MARKERS)]
            self.styles.append(Style(color, marker, mix(color, theme.ink, theme.deepen)))
        self._sprites: dict[Any, Sprite] = {}

    @cached_property
    def halo(self) -> RGB:
        return rgb(self.theme.background)

    def px(self, length: float) -> float:
        """A length at 100 dpi in pixels of this film."""
        return length * self.unit

    def sprite(self, lines: Iterable[tuple[str, str, float, str]], halo: bool = False) -> Sprite:
        """Lines of (text, colour, size in points, weight) as a sprite, made once."""
        key = (
            tuple((" ".join(text.split()), color, size, weight) for text, color, size, weight in lines),
            halo,
        )
        if key not in self._sprites:
            self._sprites[key] = text_sprite(
                key[0],
                self.dpi,
                self.theme.family,
                halo=self.theme.background if halo else None,
                halo_width=self.px(2.2),
            )
        return self._sprites[key]

    @cached_property
    def _ruler(self) -> Any:
        from matplotlib.backends.backend_agg import RendererAgg

        return RendererAgg(1, 1, self.dpi)

    def width(self, text: str, size: float, weight: str = "normal") -> float:
        """The width of a line of text in pixels."""
        from matplotlib.font_manager import FontProperties

        font = FontProperties(family=self.theme.family, size=size, weight=weight)
        wide, _, _ = self._ruler.get_text_width_height_descent(text, font, False)
        return float(wide)

    def lacking(self, texts: Iterable[str]) -> str:
        """The characters that the theme's type does not have, each once."""
        from matplotlib.font_manager import FontProperties, findfont, get_font

        known = get_font(findfont(FontProperties(family=self.theme.family))).get_charmap()
        return "".join(dict.fromkeys(c for text in texts for c in text if ord(c) not in known and c > " "))

    def fitted(self, text: str, size: float, weight: str, room: float) -> str:
        """The text on one line, or as much of it as fits into so many pixels, with an ellipsis."""
        text = " ".join(text.split())
        if self.width(text, size, weight) <= room:
            return text
        short, long = 0, len(text)  # so many characters fit, and so many do not
        while long - short > 1:
            middle = (short + long) // 2
            fits = self.width(text[:middle].rstrip() + "…", size, weight) <= room
            short, long = (middle, long) if fits else (short, middle)
        return text[:short].rstrip() + "…"

    def wrapped(self, text: str, size: float, weight: str, room: float, most: int) -> list[str]:
        """The text in at most so many lines of so many pixels; what is too long ends in an ellipsis."""
        lines: list[str] = []
        for word in text.split():
            joined = f"{lines[-1]} {word}" if lines else word
            if lines and (self.width(joined, size, weight) <= room or len(lines) == most):
                lines[-1] = joined
            else:
                lines.append(word)
        return [self.fitted(line, size, weight, room) for line in lines]

    def name_sprite(self, index: int, text: str | None = None, size: float = 9.5) -> Sprite:
        """The name of a run in its colour, haloed, to stand on a picture."""
        run = self.trace.runs[index]
        words = self.fitted(text or run.label, size, "bold", self.px(NAME_WIDTH))
        return self.sprite([(words, self.styles[index].words, size, "bold")], halo=True)

    def head(self, pen: Pen, index: int, x: float, y: float, radius: float = 5.2) -> None:
        """The marker of a run with its halo."""
        style = self.styles[index]
        pen.mark(style.marker, x, y, self.px(radius), style.rgb, self.halo, self.px(1.6))


class Panel:
    """One region of the picture.

    A panel draws what never changes once, through matplotlib; after that it answers for each
    frame which pixels of its past have changed, draws that past (the pen keeps it inside those
    pixels), and draws its moving foreground. `draw_past` must draw the whole past as it is at
    frame k, whatever was drawn before: a film repaints only what `grown` names, and rebuilds any
    frame from nothing by the same call.
    """

    title: str | None
    only: tuple[str, ...] | None
    view: tuple[float, ...] | None

    def enter(self, stage: Stage) -> None:
        """Takes the stage before anything is laid out."""
        self.stage = stage
        given = [run.label for run in stage.trace.scene.runs]
        self.indices = [
            index
            for index, run in enumerate(stage.trace.runs)
            if self.only is None or not {run.label, run.rule, given[index]}.isdisjoint(self.only)
        ]

    @property
    def runs(self) -> list[Path]:
        return [self.stage.trace.runs[index] for index in self.indices]

    def margins(self) -> Margins:
        """The room it needs around its axes."""
        px = self.stage.px
        return Margins(left=px(42), top=px(24), right=px(6), bottom=px(24))

    def shape(self) -> float | None:
        """Width : height that suits its axes; None where any does."""
        return None

    def draw_static(self, axes: Any, box: Box) -> None:
        """Everything that never changes, into matplotlib axes that fill the box."""

    def draw_names(self, pen: Pen) -> None:
        """Words of its own that never change, with the pen on the finished static picture."""

    def grown(self, k: int) -> Sequence[Box]:
        """The pixels in which the past at frame k differs from that at frame k - 1."""
        return ()

    def draw_past(self, pen: Pen, k: int) -> None:
        """All that stays on the picture once it has happened, as of frame k."""

    def draw_front(self, pen: Pen, k: int) -> None:
        """What moves, on top of everything, at frame k."""

    def heading(self, axes: Any, text: str) -> None:
        """Small grey words above the left edge of the axes, no longer than these are wide."""
        room = axes.get_position().width * axes.figure.bbox.width
        axes.annotate(
            self.stage.fitted(self.title if self.title is not None else text, 9, "normal", room),
            (0, 1),
            xycoords="axes fraction",
            xytext=(0, 5),
            textcoords="offset points",
            color=self.stage.theme.muted,
            size=9,
            va="bottom",
            ha="left",
            annotation_clip=False,
            parse_math=False,
        )

    def name_across(self, axes: Any, text: str) -> None:
        """The name of the horizontal axis, small and grey under its right end."""
        room = 0.5 * axes.get_position().width * axes.figure.bbox.width
        axes.annotate(
            self.stage.fitted(text, 9, "normal", room),
            (1, 0),
            xycoords="axes fraction",
            xytext=(0, -5),
            textcoords="offset points",
            va="top",
            ha="right",
            color=self.stage.theme.muted,
            size=9,
            annotation_clip=False,
            parse_math=False,
        )

    def across_to(self, low: float, high: float, text: str, box: Box) -> float:
        """Up to where the horizontal axis may carry ticks: its right end belongs to its name."""
        return high - (high - low) * (self.stage.width(text, 9) + self.stage.px(14)) / box.width

    def to_pixels(self, axes: Any, points: Floats) -> Floats:
        """Data points (m, 2) in pixels from the left top corner of the picture."""
        with np.errstate(over="ignore", invalid="ignore"):
            xy = axes.transData.transform(np.asarray(points, float))
        height = axes.figure.bbox.height
        return np.column_stack([xy[:, 0], height - xy[:, 1]])
