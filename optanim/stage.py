"""What every panel of a film shares: the trace, the clock, the colours and the type."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim import typeset
from optanim.hues import key, short_names, styles
from optanim.layout import Margins
from optanim.marking import Marking
from optanim.pen import Box, Pen
from optanim.scales import Axes, Scale, linear_ticks, tick_words
from optanim.scene import Thing
from optanim.themes import RGB, Theme, rgb
from optanim.trace import Path, Trace
from optanim.typeset import Sprite

Floats = NDArray[np.float64]
NAME_WIDTH = 300  # what a name may take, in pixels at 100 dpi
SLIM = 0.65  # of the width of a path
BRIGHT_SECONDS = 1.0  # how much of its past a head's bright tail shows
TICKS = range(2, 9)  # numbers beside the axes, by their height
CHANGES = 8.0  # times a second that the picture of a batch changes, at most: more would flicker


def clock(steps: int, frames: int, pace: str) -> Floats:
    """The step that each frame shows, from 0 to `steps`; frames glide between whole steps.

    With pace "log" the early steps take most of the film.
    """
    part = np.linspace(0.0, 1.0, frames) if frames > 1 else np.ones(1)
    return np.expm1(part * np.log1p(steps)) if pace == "log" else part * steps


def held(steps: NDArray[np.int64], least: int) -> NDArray[np.int64]:
    """The steps (F,), each held for so many frames at least, and as they are from the last change on."""
    changes = np.flatnonzero(np.diff(steps)) + 1
    kept: list[int] = []
    for frame in changes[::-1].tolist():
        if not kept or kept[-1] - frame >= least:
            kept.append(frame)
    if len(kept) > 1 and kept[-1] < least:
        kept.pop()
    begins = np.array([0, *kept[::-1]])
    return steps[np.repeat(begins, np.diff([*begins, len(steps)]))]


class Stage:
    """The trace on a theme and a clock; lengths are in units of a pixel at 100 dpi."""

    def __init__(self, trace: Trace, theme: Theme, dpi: float, frames: int, fps: float, pace: str) -> None:
        self.trace = trace
        self.theme = theme
        self.dpi = dpi
        self.unit = dpi / 100
        self.fps = fps
        self.tau = clock(trace.steps, frames, pace)
        behind = np.arange(frames) - round(BRIGHT_SECONDS * fps)
        self.dim = np.where(behind >= 0, self.tau[np.maximum(behind, 0)], 0.0)  # tails are faint before
        self.styles = styles(trace, theme)
        self.key = key(trace, self.styles)  # of their colours, where it stands for names
        self.called = short_names(trace)
        self.measured: dict[Any, Floats] = {}  # numbers of runs and frames that were worked out once
        self._sprites: dict[Any, Sprite] = {}

    def on(self, trace: Trace) -> Stage:
        """The stage of the same runs in another trace, such as one that is cast on a plane."""
        other = copy(self)
        other.trace = trace
        return other

    def world(self, place: int) -> Stage:
        """The stage of one part of a sweep: its trace, with the clock and the colours of the whole."""
        part = copy(self)
        part.trace = self.trace.worlds[place]
        count = len(part.trace.runs)
        part.styles = self.styles[place * count : (place + 1) * count]
        part.called = [path.label for path in part.trace.runs]
        return part

    @cached_property
    def batch_steps(self) -> NDArray[np.int64]:
        """The step whose batch is drawn in every frame: the one that the heads are taking.

        Where steps are too short to be seen some batches are left out, and the others held.
        """
        taken = np.minimum((self.tau + 1e-9).astype(np.int64), self.trace.steps - 1) + 1
        return held(taken, math.ceil(self.fps / CHANGES - 1e-9))

    @cached_property
    def batches_shown(self) -> NDArray[np.int64]:
        """The steps whose batches are drawn, each once."""
        return np.unique(self.batch_steps)

    @property
    def batches_told(self) -> str:
        """How many of the batches are drawn, where some are left out."""
        shown, steps = len(self.batches_shown), self.trace.steps
        return f"{shown} of {steps} batches" if shown < steps else ""

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
            around = self.theme.background if halo else None
            self._sprites[key] = typeset.sprite(key[0], self.dpi, self.theme.family, around, self.px(2.2))
        return self._sprites[key]

    def width(self, text: str, size: float, weight: str = "normal") -> float:
        """The width of a line of text in pixels."""
        return typeset.measure(text, size, self.dpi, self.theme.family, weight)

    def write(
        self,
        pen: Pen,
        text: str,
        x: float,
        y: float,
        size: float = 9.0,
        color: str | None = None,
        weight: str = "normal",
        align: str = "left",
        middle: bool = False,
    ) -> None:
        """A line of text with its baseline at y, or its middle; x is its left, right or centre."""
        sprite = self.sprite([(text, color or self.theme.muted, size, weight)])
        left = x - {"left": 0.0, "right": sprite.width, "centre": sprite.width / 2}[align]
        top = y - (sprite.height / 2 if middle else sprite.rise)
        pen.place(sprite, round(left), round(top))

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

    def fitted_name(self, text: str, size: float, room: float) -> tuple[str, float]:
        """The name of a run and the size at which it fits: in smaller type first, then cut inside.

        Its end stays: there stands what really ran, or the setting that tells two runs apart.
        """
        text = " ".join(text.split())
        for smaller in (size, size - 0.5, size - 1.0, size - 1.5):
            if self.width(text, smaller, "bold") <= room:
                return text, smaller
        for kept in range(len(text) - 1, 1, -1):
            tail = kept * 2 // 3
            short = text[: kept - tail].rstrip() + "…" + text[-tail:].lstrip()
            if self.width(short, smaller, "bold") <= room:
                return short, smaller
        return "…", smaller

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
        words, size = self.fitted_name(text or self.called[index], size, self.px(NAME_WIDTH))
        return self.sprite([(words, self.styles[index].words, size, "bold")], halo=True)

    def slim(self, index: int) -> float:
        """How much of its width the path of a run has: one of several seeds has less."""
        trace = self.trace
        return SLIM if len(trace.families[trace.family_of[index]]) > 1 else 1.0

    def head(self, pen: Pen, index: int, x: float, y: float, radius: float = 5.2) -> None:
        """The marker of a run with its halo."""
        style = self.styles[index]
        pen.mark(style.marker, x, y, self.px(radius), style.rgb, self.halo, self.px(1.6))


def arrow(
    pen: Pen,
    start: Floats,
    tip: Floats,
    color: RGB,
    halo: RGB,
    width: float,
    head: float,
    rim: float,
    wide: float,
) -> None:
    """An arrow on its halo, which is wider by `rim`; the head is twice `wide` times as wide as it is long."""
    way = (tip - start) / float(np.hypot(*(tip - start)))
    base = tip - head * way
    side = np.array([-way[1], way[0]]) * wide * head
    corners = np.array([tip, base + side, base - side, tip])
    for ink, wider in ((halo, rim), (color, 0.0)):
        pen.stroke(np.array([start, base]), None, ink, width + wider, cap="butt")
        if wider:
            pen.stroke(corners, None, ink, wider)
        pen.fill(corners, None, ink)


@dataclass(frozen=True)
class Cell:
    """What a panel knows of the grid that it is a cell of."""

    runs: tuple[int, ...]  # those that it draws
    peers: tuple[int, ...]  # all runs of the grid, whose view and scales it has
    left: bool = True  # whether it stands at the left edge, where the numbers are, or at the lower one
    low: bool = True


class Panel:
    """One region of the picture.

    A panel draws what never changes once; after that it answers for each
    frame which pixels of its past have changed, draws that past (the pen keeps it inside those
    pixels), and draws its moving foreground. `draw_past` must draw the whole past as it is at
    frame k, whatever was drawn before: a film repaints only what `grown` names, and rebuilds any
    frame from nothing by the same call.
    """

    whole_steps = False  # whether the horizontal axis counts steps
    cell: Cell | None = None  # set before it enters
    timeline: Any = None  # what its horizontal axis is, where panels under one another should share it
    small = False  # an inset, without names and words
    said = ""  # what stands above the axes, in a grid above all of them
    ways: Sequence[str] = ()  # the same in fewer and fewer words, where there are such
    box: Box
    title: str | None
    only: tuple[str, ...] | None
    view: tuple[float, ...] | None
    marks: Sequence[Thing] | None = None
    axes: Axes  # set by draw_static
    marks_move = False  # whether a place of the data moves in the picture, as under a moving camera

    def rows(self, trace: Trace) -> int:
        """How many rows of panels it is as high as, where it can choose."""
        return 1

    def enter(self, stage: Stage) -> None:
        """Takes the stage before anything is laid out."""
        self.stage = stage
        self.indices = stage.trace.chosen(self.only) if self.cell is None else list(self.cell.runs)

    @property
    def runs(self) -> list[Path]:
        """The runs that it draws."""
        return [self.stage.trace.runs[index] for index in self.indices]

    @property
    def families(self) -> int:
        """How many of its runs differ in more than the seed."""
        return len({self.stage.trace.family_of[index] for index in self.indices})

    @property
    def peers(self) -> list[Path]:
        """The runs that its view and scales are made for: those it draws, in a grid those of all cells."""
        return [self.stage.trace.runs[index] for index in self.peers_at]

    @property
    def peers_at(self) -> list[int]:
        """The places of these runs."""
        return self.indices if self.cell is None else list(self.cell.peers)

    @property
    def of_seed(self) -> str:
        """Of a panel that draws one run, which of several seeds it is, to stand after its words."""
        scene = self.stage.trace.scene
        many = len(self.stage.trace.families[self.stage.trace.family_of[self.indices[0]]]) > 1
        return f"; seed {scene.seed_of(scene.runs[self.indices[0]])}" if many else ""

    @property
    def named(self) -> bool:
        """Whether the names of runs stand in the picture."""
        return self.cell is None and not self.small

    def margins(self) -> Margins:
        """The room it needs around its axes."""
        px = self.stage.px
        return Margins(left=px(42), top=px(24), right=px(6), bottom=px(24))

    def ticked(self, few: Margins, up: Scale) -> Margins:
        """The margins with room for numbers such as 1.5·10⁻³, however many of them will stand there."""
        texts = {text for most in TICKS for text in up.ticks(most)[1]}
        widest = max((self.stage.width(text, 9) for text in texts), default=0.0)
        return replace(few, left=max(few.left, widest + self.stage.px(10)))

    def fit(self, cell: Box) -> None:
        """Makes do with a cell of the layout, margins included: shortens what would not fit."""

    def shape(self) -> float | None:
        """Width : height that suits its axes; None where any does."""
        return None

    def draw_static(self, pen: Pen, box: Box) -> None:
        """Everything that never changes, axes and all, in and around the box."""

    def grown(self, k: int) -> Sequence[Box]:
        """The pixels in which the past at frame k differs from that at frame k - 1."""
        return ()

    def draw_past(self, pen: Pen, k: int) -> None:
        """All that stays on the picture once it has happened, as of frame k."""

    def draw_front(self, pen: Pen, k: int) -> None:
        """What moves, on top of everything, at frame k."""

    def pixels(self, points: Floats, k: int = 0) -> Floats:
        """Places of the data, one a row, in pixels (m, 2) at frame k; NaN where they cannot be seen."""
        return self.axes.pixels(points)

    def clutter(self) -> Floats:
        """Pixels (m, 2) of what is drawn, off which the words of marks keep where they can."""
        return np.zeros((0, 2))

    @cached_property
    def marking(self) -> Marking:
        """The marks, laid out; to be asked for once the box and the axes are known."""
        return Marking(self.stage, self, self.marks or ())

    def draw_marks(self, pen: Pen, k: int) -> None:
        """What the scene points at, over the picture and under what moves, at frame k."""
        if self.marks:
            self.marking.draw(pen, k)

    @property
    def texts(self) -> list[str]:
        """The words of the scene in it."""
        return [self.title or "", *(str(mark.settings.get("label", "")) for mark in self.marks or ())]

    def notes(self, name: str) -> list[str]:
        """What the user should know about it, once it is drawn."""
        outside = self.marking.outside if self.marks else ()
        return [f"the {mark.name} marked on {name} is outside its view: not drawn" for mark in outside]

    def ending(self) -> str:
        """How the run of a cell ended, where that was early."""
        ended = self.runs[0].ended
        return f"ended at step {ended.step}" if ended else ""

    def heading(self, pen: Pen, text: str, room: float | None = None) -> None:
        """Small grey words above the left edge of the axes, as long as these or as the room."""
        self.said = self.title if self.title is not None else text
        if self.named:
            words = self.stage.fitted(self.said, 9, "normal", room or self.box.width)
            self.stage.write(pen, words, self.box.left, self.box.top - self.stage.px(9))

    def name_across(self, pen: Pen, text: str) -> None:
        """The name of the horizontal axis, small and grey under its right end."""
        if self.small or (self.cell and not self.cell.low):
            return
        words = self.stage.fitted(text, 9, "normal", 0.5 * self.box.width)
        self.stage.write(pen, words, self.box.right, self.box.bottom + self.stage.px(17), align="right")

    def across_to(self, low: float, high: float, text: str) -> float:
        """Up to where the horizontal axis may carry ticks: its right end belongs to its name."""
        taken = 0.0 if self.small else self.stage.width(text, 9) + self.stage.px(14)
        return high - (high - low) * min(taken / self.box.width, 0.6)

    def ticks_across(self, pen: Pen, axes: Axes, high: float) -> None:
        """Numbers under the axes, up to a value."""
        if self.cell and not self.cell.low:
            return
        px, (size, below) = self.stage.px, (7.5, 15) if self.small else (9.0, 17)
        spacing = 50 if self.whole_steps or self.small or axes.x.kind == "log" else 75
        low = float(axes.y.low)
        end = float(axes.pixels([[high, low]])[0, 0]) + px(13) if high < axes.x.high else np.inf
        for most in range(max(2, int(self.box.width / px(spacing))), 0, -1):
            values = linear_ticks(axes.x.low, high, most, whole=self.whole_steps)
            if axes.x.kind == "log":  # two at least, as one alone is no measure
                closer = ([v for v in axes.x.ticks(n)[0] if v <= high] for n in range(most, most + 4))
                values = max(closer, key=lambda each: min(len(each), 2))
            places = axes.pixels([[value, low] for value in values] or np.zeros((0, 2)))[:, 0]
            texts = tick_words(values)
            half = np.array([self.stage.width(text, size) for text in texts]) / 2
            if (np.diff(places) > half[:-1] + half[1:] + px(4)).all():
                break
        for x, text, reach in zip(places, texts, half, strict=True):
            if x + reach <= end:  # the rest is the name's
                self.stage.write(pen, text, x, self.box.bottom + px(below), size, align="centre")

    def ticks_up(self, pen: Pen, axes: Axes, spacing: float, grid: bool) -> None:
        """Numbers left of the axes, about so many pixels apart, with lines across if there is a grid."""
        if self.small:
            spacing *= 0.7
        size, beside = (7.5, 4) if self.small else (9.0, 7)
        values, texts = axes.y.ticks(max(2, int(self.box.height / self.stage.px(spacing))))
        places = axes.pixels(np.column_stack([np.full(len(values), axes.x.low), values]))
        for (_, y), text in zip(places, texts, strict=True):
            if grid:
                pen.rule((self.box.left, y), (self.box.right, y), rgb(self.stage.theme.grid))
            if self.cell is None or self.cell.left:
                left = self.box.left - self.stage.px(beside)
                self.stage.write(pen, text, left, y, size, align="right", middle=True)
