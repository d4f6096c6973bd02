"""One region of the picture: what every panel of a film has and can be asked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.layout import Margins
from optanim.marking import Marking
from optanim.pen import Box, Pen
from optanim.scales import Axes, Scale, linear_ticks, tick_words
from optanim.scene import Thing
from optanim.stage import Stage
from optanim.themes import rgb
from optanim.trace import Path, Trace

Floats = NDArray[np.float64]
TICKS = range(2, 9)  # numbers beside the axes, by their height


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
