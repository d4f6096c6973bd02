"""Why a run turns: the arrows a step is made of, seen from where the run is."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim import words
from optanim.callouts import beyond, shown, smooth
from optanim.kinds import Marks, Only, panel
from optanim.layout import Margins
from optanim.panel import Panel
from optanim.pen import Box, Pen
from optanim.scales import Axes, Scale, linear_ticks, tick_words
from optanim.settings import View
from optanim.stage import arrow
from optanim.themes import RGB, mix, rgb
from optanim.trace import Path
from optanim.typeset import Sprite

Floats = NDArray[np.float64]

REACH = 0.8  # of the way to the edge, up to which the longest arrow comes
LEAST = 1.6  # the step is at most so many times shorter than the arrows that set the scale
LEVELS = (1.0, 2.0, 5.0)  # times powers of ten: the scales there are
FEWER = (1.0, 3.0)  # where arrows shrink a thousandfold and more: else one would follow on the other
CALM = 0.5  # seconds on both sides over which a scale must hold, unless then in more than
RARE, TINY = 0.25, 0.15  # so many frames the arrows would be so small a part of it
UNDER, RIM = 3.0, 4.0  # pixels between tips of arrows on one another, and by which the lower is wider
ZOOM = 3.0  # frames over which the change to another is smoothed
FAST = 12.0  # pixels a frame, from which on nobody could read a name on an arrow
SEEN = 0.97  # of the frames, in which a name on an arrow must have room
TAIL = 400  # steps behind the head that are drawn
TURNS = np.linspace(0, 2 * np.pi, 97)


@dataclass(frozen=True)
class _Arrow:
    """An arrow from the head, or from another's tip: its ways (N, 2) and how it is drawn."""

    name: str
    ways: Floats
    rgb: RGB
    words: str
    width: float
    start: Floats | None = None


@dataclass(frozen=True)
class _Steps:
    """What the steps of a run were made of, (N, 2) each but `mean` (N, 1); 0 where that is not known."""

    rate: Floats
    direction: Floats
    gradient: Floats
    decay: Floats
    mean: Floats

    @classmethod
    def of(cls, run: Path) -> _Steps:
        parts, last = run.parts, _last(run)
        assert parts is not None
        rate, direction, gradient, decay = (
            np.nan_to_num(part[:last])
            for part in (parts.preconditioner, parts.direction, parts.gradient, parts.decay)
        )
        mean = np.sqrt(rate[:, :1]) * np.sqrt(rate[:, 1:2])
        return cls(rate, direction, gradient, decay, mean)

    @property
    def own(self) -> Floats:
        return -self.rate * self.direction

    def needed(self) -> Floats:
        """How far axes have to reach in every step, (N,)."""
        step = np.hypot(*(self.own - self.decay).T)
        others = (self.mean * self.gradient, self.mean * self.direction, self.decay)
        longest = np.max([step, *(np.hypot(*way.T) for way in others)], axis=0)
        return np.asarray(np.minimum(longest, LEAST * step) / REACH)


def _last(run: Path) -> int:
    """The steps of which there are arrows."""
    return max(run.ended.step - 1 if run.ended else run.steps or len(run.lr), 1)


@panel(needs="landscape runs", dimensions=2, view=(), marks=(), explains="one step")
@dataclass(kw_only=True)
class Why(Panel):
    """What the coming step of one run is made of, seen from its point: gradient, momentum and step.

    The step is drawn true to the axes, which count from where the run is; the scale of both axes is the
    same, and changes at times by a fixed factor. Gradient and momentum are drawn downhill, times the
    geometric mean of the two effective learning rates: as far as they would go if both parameters had
    the same. The dotted circle is as wide as the momentum is long; the rule's preconditioner makes the
    ellipse of it, and of the momentum the step, which ends on the ellipse. What weight decay takes
    beside that is an arrow of its own. Between iterates the arrows turn evenly from one step's to the
    next's. With several runs `only` says which.
    """

    title: str | None = None
    only: Only | None = None
    view: View | None = None
    marks: Marks | None = None

    def shape(self) -> float | None:
        return 1.0

    def margins(self) -> Margins:
        return self.room

    @cached_property
    def room(self) -> Margins:
        px = self.stage.px
        texts = {text for reach in set(self._levels()) for text in tick_words(linear_ticks(-reach, reach, 6))}
        widest = max((self.stage.width(text, 9) for text in texts), default=0.0)
        return Margins(left=max(px(42), widest + px(10)), top=px(24), right=px(6), bottom=px(24))

    def enter(self, stage: Any) -> None:
        super().enter(stage)
        self.index = self.indices[0]
        run = stage.trace.runs[self.index]
        self.run, self.last = run, _last(run)
        self.points = run.params[: self.last + 1]
        self._compose(_Steps.of(run))

    # -- what is drawn, in units of the parameters -------------------------------------------------

    def _compose(self, steps: _Steps) -> None:
        """The arrows of every step, and the ellipse."""
        stage, theme = self.stage, self.stage.theme
        rate, direction, gradient = steps.rate, steps.direction, steps.gradient
        decay, mean, own = steps.decay, steps.mean, steps.own
        style = stage.styles[self.index]
        ink = mix(theme.ink, theme.background, 0.3)
        # Of the colours of runs one that this run has not.
        soft, third = [color for color in theme.cycle if color != style.color][1::-1]
        self.alike = np.allclose(rate[:, 0], rate[:, 1], rtol=1e-9)
        self.plain = np.allclose(direction, gradient, rtol=1e-9, atol=1e-300)
        arrows: list[_Arrow] = []
        if not (self.plain and self.alike):
            arrows.append(_Arrow("−gradient", -mean * gradient, rgb(ink), ink, 1.8))
        if not self.plain and not self.alike:
            arrows.append(
                _Arrow("−momentum", -mean * direction, rgb(soft), mix(soft, theme.ink, theme.deepen), 2.4)
            )
        if np.abs(decay).max() > 0:
            arrows.append(
                _Arrow("−decay", -decay, rgb(third), mix(third, theme.ink, theme.deepen), 2.2, start=own)
            )
        arrows.append(_Arrow("step", own - decay, style.rgb, style.words, 3.2))
        self.arrows = arrows
        length = np.sqrt((direction**2).sum(axis=1, keepdims=True))
        self.ellipse = np.hstack([rate * length, mean * length])

    def _at(self, values: Floats, k: int) -> Floats:
        """The values of the steps, turned from one to the next, at frame k."""
        t = min(float(self.stage.tau[k]), len(values) - 1.0)
        i = int(t)
        after = values[min(i + 1, len(values) - 1)]
        return np.asarray(values[i] + (t - i) * (after - values[i]))

    def _levels(self) -> Floats:
        """How far the axes reach from the middle in every frame, of a few fixed scales."""
        key = ("why", tuple(self.indices if self.cell is None else self.cell.peers))
        if key not in self.stage.measured:
            self.stage.measured[key] = self._fixed(np.max([self._seen(run) for run in self.peers], axis=0))
        return self.stage.measured[key]

    def _seen(self, run: Path) -> Floats:
        """How far the axes have to reach for the arrows of a run, in every frame."""
        needed, tau = _Steps.of(run).needed(), np.minimum(self.stage.tau, _last(run) - 1)
        # Between two frames there may be several steps.
        every = [needed[int(a) : math.ceil(b) + 1].max() for a, b in zip(np.r_[0.0, tau], tau, strict=False)]
        return np.array(every)

    def _fixed(self, seen: Floats) -> Floats:
        """The least of a few scales that hold what is seen in every frame, and about it."""
        if not seen.any():
            return np.ones(len(seen))
        floor = max(float(seen.max()) * 1e-12, 1e-300)
        window = max(1, round(CALM * self.stage.fps))
        while True:
            padded = np.pad(seen, window, mode="edge")
            held = np.array([padded[k : k + 2 * window + 1].max() for k in range(len(seen))])
            scales = _scales(np.maximum(held, floor))
            # Arrows that shrink fast are followed closely: none could be seen on a scale that waits.
            if window == 1 or np.mean(seen < TINY * scales) < RARE:
                return scales
            window //= 2

    # -- static ----------------------------------------------------------------------------------

    def draw_static(self, pen: Pen, box: Box) -> None:
        self.box = box
        stage, theme, px = self.stage, self.stage.theme, self.stage.px
        problem = stage.trace.problem
        assert problem is not None
        self.across, self.up = (f"Δ{words.symbol(name)}" for name in problem.names)
        # The change to another scale is even in its logarithm.
        self.reach = 10 ** smooth(np.log10(self._levels()), ZOOM)
        self.axes = self._axes(0)
        corners = [(box.left, box.top), (box.right, box.top), (box.right, box.bottom), (box.left, box.bottom)]
        pen.fill(np.array(corners, float), None, rgb(mix(theme.background, theme.bands[1], 0.35)))
        self.heading(pen, self.up + self.of_seed)
        self.name_across(pen, self.across)
        self.middle = np.array([box.left + box.right, box.top + box.bottom]) / 2
        inside = box.grow(-round(px(4)))
        ends = np.array([[self._end(each, k) for each in self.arrows] for k in range(len(stage.tau))])
        half = np.array([box.width, box.height]) / 2
        self.cut = bool((np.abs(ends - self.middle) > half).any())
        lines = [(line, theme.muted, 8.0, "normal") for text in self._notes() for line in self._wrapped(text)]
        self.note = stage.sprite(lines, halo=True) if lines else None
        self.tips = np.clip(ends, (inside.left, inside.top), (inside.right, inside.bottom))
        self._place_names()

    def _place_names(self) -> None:
        """Names on the arrows that turn calmly and have room; the others in a key."""
        stage, box, px = self.stage, self.box, self.stage.px
        named = [stage.sprite([(a.name, a.words, 9.0, "bold")], halo=True) for a in self.arrows]
        some = [i for i, arrow in enumerate(self.arrows) if arrow.ways.any()]
        sizes = np.array([(name.width, name.height) for name in named], float)
        moved = (
            np.sqrt((np.diff(self.tips, axis=0) ** 2).sum(axis=2)) if len(self.tips) > 1 else np.zeros((1, 1))
        )
        calm = [i for i in some if np.quantile(moved[:, i % moved.shape[1]], 0.9) < px(FAST)]
        while True:
            self.key = self._key([i for i in some if i not in calm])
            top = box.top + (self.key.height if self.key else 0)
            area = Box(box.left, top, box.right, box.bottom - (self.note.height if self.note else 0))
            self.places = beyond(self.tips[:, calm], self.middle, sizes[calm], area, px(4))
            whole = np.broadcast_to(np.rint(sizes[calm]).astype(int), self.places.shape)
            self.visible = shown(self.places, whole)
            seen = (self.visible == 1).mean(axis=0)
            if not calm or seen.min() >= SEEN:
                break
            calm.pop(int(seen.argmin()))
        self.names = [named[i] for i in calm]

    def _key(self, which: Sequence[int]) -> Sprite | None:
        arrows = [self.arrows[i] for i in which]
        if not arrows:
            return None
        return self.stage.sprite([(f"→ {each.name}", each.words, 9.0, "bold") for each in arrows], halo=True)

    def _wrapped(self, text: str) -> list[str]:
        return self.stage.wrapped(text, 8.0, "normal", self.box.width - self.stage.px(12), 2)

    def _notes(self) -> list[str]:
        """How the arrows are to scale, and what the ellipse is."""
        rates = "times lr" if self.alike else "times the mean lr"
        names = [each.name[1:] for each in self.arrows if each.name in ("−gradient", "−momentum")]
        said = [f"{' and '.join(names)} {rates}"] if names else []
        if not np.any(self.arrows[-1].ways):
            return ["no step: the gradient is 0"]
        if not self.alike:
            thing = "gradient" if self.plain else "momentum"
            said.append(f"ellipse: steps of a {thing} this long")
        if self.cut:
            said[-1] += "; arrows at the edge go on"
        return said

    def _axes(self, k: int) -> Axes:
        box, reach = self.box, float(self.reach[k])
        unit = 2 * reach / min(box.width, box.height)
        x, y = unit * box.width / 2, unit * box.height / 2
        return Axes(box, Scale("linear", -x, x), Scale("linear", -y, y))

    def _end(self, each: _Arrow, k: int) -> Floats:
        """The tip of an arrow at frame k, in pixels."""
        way = self._at(each.ways, k) + (0.0 if each.start is None else self._at(each.start, k))
        return self._pixels(way[None], k)[0]

    def _pixels(self, ways: Floats, k: int) -> Floats:
        """Ways from the head in pixels."""
        scale = min(self.box.width, self.box.height) / (2 * float(self.reach[k]))
        return np.asarray(self.middle + ways * (scale, -scale))

    # -- past and front --------------------------------------------------------------------------

    def grown(self, k: int) -> list[Box]:
        if self.reach[k] == self.reach[k - 1]:
            return []
        box, room, px = self.box, self.margins(), self.stage.px
        left, top = round(box.left - room.left + px(2)), round(box.top - px(8))
        return [Box(left, top, round(box.right + px(4)), round(box.bottom + px(22)))]

    def draw_past(self, pen: Pen, k: int) -> None:
        self._draw_ticks(pen, k)

    def draw_front(self, pen: Pen, k: int) -> None:
        stage, theme, px = self.stage, self.stage.theme, self.stage.px
        box, edge = self.box, px(5)
        if self.note:
            pen.place(self.note, round(box.left + edge), round(box.bottom - edge - self.note.height))
        with pen.clipped(self.box):
            self._draw_tail(pen, k)
            if not self.alike:
                a, b, r = self._at(self.ellipse, k)
                circle = np.column_stack([np.cos(TURNS), np.sin(TURNS)])
                ring = self._pixels(r * circle, k)
                codes = np.tile(np.array([1, 2], np.uint8), len(ring) // 2 + 1)[: len(ring)]
                pen.stroke(ring, codes, rgb(theme.muted), px(1.0), 0.7, cap="butt")
                pen.stroke(self._pixels(circle * (a, b), k), None, stage.styles[self.index].rgb, px(1.3), 0.6)
            for i, each in enumerate(self.arrows):
                start = np.zeros(2) if each.start is None else self._at(each.start, k)
                foot, tip = self._pixels(start[None], k)[0], self._end(each, k)
                length = float(np.hypot(*(tip - foot)))
                if length >= px(1.5):
                    head = min(px(3.2 * each.width + 2.5), 0.7 * length)
                    # What lies under another arrow shows on both sides of it.
                    under = any(
                        other.start is None and np.hypot(*(self._end(other, k) - tip)) < px(UNDER)
                        for other in self.arrows[i + 1 :]
                    )
                    width = px(each.width + (RIM if under and each.start is None else 0.0))
                    arrow(pen, foot, tip, each.rgb, stage.halo, width, head, px(1.6), 0.4)
        if self.key:
            pen.place(self.key, round(box.left + edge), round(box.top + edge))
        for name, place, part in zip(self.names, self.places[k], self.visible[k], strict=True):
            if part > 0:
                pen.place(name if part == 1 else name.faded(float(part)), int(place[0]), int(place[1]))
        stage.head(pen, self.index, float(self.middle[0]), float(self.middle[1]), radius=4.6)

    def _draw_ticks(self, pen: Pen, k: int) -> None:
        axes, box, px = self._axes(k), self.box, self.stage.px
        left, low = (self.cell.left, self.cell.low) if self.cell else (True, True)
        most = max(2, int(min(box.width, box.height) / px(55)))
        high = self.across_to(axes.x.low, axes.x.high, self.across)
        values = _values(axes.x, most, int(box.width / px(75)))
        grid, ink = rgb(self.stage.theme.grid), mix(self.stage.theme.muted, self.stage.theme.background, 0.4)
        places = axes.pixels(np.column_stack([values, np.zeros(len(values))]))[:, 0]
        for value, x, text in zip(values, places, tick_words(values), strict=True):
            pen.rule((x, box.top), (x, box.bottom), rgb(ink) if value == 0 else grid)
            half = self.stage.width(text, 9) / 2
            if low and value <= high and x - half > box.left - px(4):
                self.stage.write(pen, text, x, box.bottom + px(17), align="centre")
        values = _values(axes.y, most, int(box.height / px(55)))
        places = axes.pixels(np.column_stack([np.zeros(len(values)), values]))[:, 1]
        for value, y, text in zip(values, places, tick_words(values), strict=True):
            pen.rule((box.left, y), (box.right, y), rgb(ink) if value == 0 else grid)
            if left and box.top + px(5) < y < box.bottom - px(5):
                self.stage.write(pen, text, box.left - px(7), y, align="right", middle=True)

    def _draw_tail(self, pen: Pen, k: int) -> None:
        """Where the run came from."""
        t = min(float(self.stage.tau[k]), float(self.last))
        here, first = self._at(self.points, k), max(int(t) - TAIL, 0)
        behind = np.vstack([self.points[first : int(t) + 1], here]) - here
        pixels = np.clip(self._pixels(behind, k), -1e4, 1e4)
        pen.stroke(
            pixels, None, self.stage.styles[self.index].rgb, self.stage.px(2.0), self.stage.theme.faint
        )


def _scales(held: Floats) -> Floats:
    """The least of a few fixed scales that hold so much, in every frame."""
    power = 10.0 ** np.floor(np.log10(held))
    scales = FEWER if held.max() > 1000 * held.min() else LEVELS
    choices = np.stack([level * power for level in (*scales, 10.0)])
    fits = choices >= held * (1 - 1e-9)
    return np.asarray(np.min(np.where(fits, choices, np.inf), axis=0))


def _values(axis: Scale, most: int, room: int) -> list[float]:
    """The ticks of an axis; as many as there is room for where so few would only mark the middle."""
    values = linear_ticks(axis.low, axis.high, most)
    return values if len(values) > 2 else linear_ticks(axis.low, axis.high, max(most, room))
