"""What every panel of a film shares: the trace, the clock, the colours and the type."""

from __future__ import annotations

import math
from collections.abc import Iterable
from copy import copy
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim import typeset
from optanim.hues import key, short_names, styles
from optanim.pen import Pen
from optanim.themes import RGB, Theme, rgb
from optanim.trace import Trace
from optanim.typeset import Sprite

Floats = NDArray[np.float64]
NAME_WIDTH = 300  # what a name may take, in pixels at 100 dpi
SLIM = 0.65  # of the width of a path
BRIGHT_SECONDS = 1.0  # how much of its past a head's bright tail shows
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
