"""Layout, time line and layers: a trace becomes frames.

A frame is made of three layers. The static picture is drawn once. The past (faint
tails, finished curves) is drawn on it and only ever changes in a few small boxes a frame. The
foreground (heads, bright tails, names, cursor, counter) is drawn whole on a copy of the past.
Nothing else remembers anything: `frame(k)` rebuilds any frame from nothing by the same calls.
"""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from optanim import typeset, words
from optanim.counter import Counter
from optanim.errors import RenderError
from optanim.hues import Key
from optanim.kinds import panel as panels
from optanim.layout import aligned, cells
from optanim.panel import Panel
from optanim.pen import Box, Pen, Pixels, merge
from optanim.scene import Look
from optanim.stage import Stage
from optanim.themes import THEMES, rgb
from optanim.trace import Trace

SWATCH = 9.0  # pixels of a colour in a key
HEIGHTS = (480, 640, 780, 920)  # of a picture with so many rows of panels, where no size says


class Film:
    """A trace in one look, as frames of (height, width, 4) opaque RGBA bytes.

    `count` frames are shown for 1/fps seconds each and the last for `hold` seconds more; a scene
    in which nothing moves has one frame.
    """

    def __init__(self, trace: Trace, look: Look) -> None:
        scene = trace.scene
        self.trace = trace
        self.comment = scene.source.text
        self.alt = words.alt(trace)
        self.still = not scene.moves
        self.fps = look.fps
        self.hold = 0.0 if self.still else look.hold
        self.count = 1 if self.still else max(2, round(look.seconds * look.fps))
        width = look.size.width
        self.mosaic = scene.mosaic
        if not scene.arranged and look.size.height and look.size.height > 0.9 * look.size.width:
            self.mosaic = tuple(zip(*scene.mosaic, strict=True))  # what stands beside stands below
        self.panels: list[Panel] = [panels[each.name].function(**each.settings) for each in scene.panels]
        rows = self._rows()
        usual = HEIGHTS[min(rows, len(HEIGHTS)) - 1]
        height = look.size.height or usual * width // 1000
        self.width, self.height = round(width * look.scale), round(height * look.scale)
        # Type is as large as the picture.
        dpi = 100 * look.scale * look.size.type * min(width / 1000, height / usual)
        self.theme = THEMES[look.theme]
        self.stage = Stage(trace, self.theme, dpi, self.count, look.fps, scene.pace)
        for each in self.panels:
            each.enter(self.stage)
        self._static: Pixels | None = None

    def _rows(self) -> int:
        """How many rows of panels the picture is as high as; a row is as high as the highest in it."""
        high = [1] * len(self.mosaic)
        for index, each in enumerate(self.panels):
            spans = [row for row, cells in enumerate(self.mosaic) if index in cells]
            for row in spans:
                high[row] = max(high[row], math.ceil(each.rows(self.trace) / len(spans)))
        return sum(high)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know about the picture."""
        texts = [words.title(self.trace), self.trace.scene.caption or ""]
        texts += [text for each in self.panels for text in each.texts]
        lacking = typeset.lacking([*texts, *(run.label for run in self.trace.runs)], self.theme.family)
        said = [f"{self.theme.family} has no {' '.join(lacking[:20])}: drawn as a box"] if lacking else []
        assert self.static is not None  # where marks are is known once it is drawn
        for thing, each in zip(self.trace.scene.panels, self.panels, strict=True):
            said += each.notes(thing.name)
        return tuple(said)

    # -- the static layer ---------------------------------------------------------------------

    @property
    def static(self) -> Pixels:
        """The picture of everything that never changes; drawn once, when first asked for."""
        if self._static is None:
            self._static = self._draw_static()
        return self._static

    def _draw_static(self) -> Pixels:
        pen, px = Pen(self.width, self.height), self.stage.px
        pen.pixels[:] = (*(round(255 * c) for c in rgb(self.theme.background)), 255)
        area = self._draw_words(pen)
        shapes = {
            index: (shape, each.margins())
            for index, each in enumerate(self.panels)
            if (shape := each.shape()) is not None
        }
        boxes = cells(self.mosaic, area, px(14), px(12), shapes)
        for index, each in enumerate(self.panels):
            each.fit(boxes[index])
        needs = aligned(
            [each.margins() for each in self.panels],
            [boxes[i] for i in range(len(self.panels))],
            [each.timeline for each in self.panels],
        )
        for index, each in enumerate(self.panels):
            cell, need = boxes[index], needs[index]
            box = Box(
                round(cell.left + need.left),
                round(cell.top + need.top),
                round(cell.right - need.right),
                round(cell.bottom - need.bottom),
            )
            if box.width < px(40) or box.height < px(30):
                raise RenderError(
                    f"{self.width}x{self.height} leaves no room for {len(self.panels)} panels; "
                    "take a larger size"
                )
            try:
                each.draw_static(pen, box)
            except RenderError as error:
                thing = self.trace.scene.panels[index]
                place = thing.place
                where = f"{place.source.name}:{place.line}:{place.column}: {thing.name}: " if place else ""
                raise RenderError(f"{where}{error}") from error
        return pen.pixels.copy()

    def _draw_words(self, pen: Pen) -> Box:
        """Title, line of facts, caption, and the still part of the counter; returns the area left."""
        theme, px, stage = self.theme, self.stage.px, self.stage
        left, right = px(54), self.width - px(20)
        title = words.title(self.trace)
        size = 16.0
        while size > 13 and stage.width(title, size, "bold") > right - left:
            size -= 0.5
        baseline = px(38)
        for line in stage.wrapped(title, size, "bold", right - left, 2):
            stage.write(pen, line, left, baseline, size, theme.ink, "bold")
            baseline += px(size * 1.56)
        top = baseline + px(10 - size * 1.56)
        facts, key = words.facts(self.trace), self.stage.key
        self.counter = None if not self.trace.runs else Counter(stage, self.trace.steps, right, top + px(15))
        if self.counter:
            self.counter.draw_still(pen)
        if facts or self.counter:
            room = right - left - (self.counter.width + px(16) if self.counter else 0)
            lines = stage.wrapped(facts, 9.5, "normal", room, 2)
            if key and (not lines or stage.width(lines[-1], 9.5) + px(20) + self._key_width(key) > room):
                lines.append("")
            for line in lines or [""]:
                stage.write(pen, line, left, top + px(15), 9.5)
                top += px(16)
            if key:
                self._draw_key(
                    pen, key, left + (stage.width(lines[-1], 9.5) + px(20) if lines[-1] else 0), top - px(1)
                )
            top += px(12)
        bottom = self.height - px(12)
        if self.trace.scene.caption:
            lines = stage.wrapped(self.trace.scene.caption, 9.5, "normal", right - left, 4)
            for number, line in enumerate(reversed(lines)):
                stage.write(pen, line, left, self.height - px(16) - number * px(17), 9.5)
            bottom -= px(12) + len(lines) * px(17)
        return Box(round(px(12)), round(top), round(right), round(bottom))

    def _key_width(self, key: Key) -> float:
        px, width = self.stage.px, self.stage.width
        return width(key.first, 9.5) + px(16 + SWATCH * len(key.colors)) + width(key.last, 9.5)

    def _draw_key(self, pen: Pen, key: Key, left: float, base: float) -> None:
        """What the colours of an order stand for: the first value, a swatch for each, the last."""
        stage, px = self.stage, self.stage.px
        stage.write(pen, key.first, left, base, 9.5)
        left += stage.width(key.first, 9.5) + px(8)
        wide = max(round(px(SWATCH)), 2)
        top, bottom = round(base - px(9)), round(base)
        for color in key.colors:
            x0, x1 = round(left), round(left) + wide
            pen.fill(np.array([(x0, top), (x1, top), (x1, bottom), (x0, bottom)], float), None, rgb(color))
            left += wide
        stage.write(pen, key.last, left + px(8), base, 9.5)

    # -- frames --------------------------------------------------------------------------------

    def frames(self) -> Iterator[Pixels]:
        """Every frame in turn, all in one buffer: copy what is to be kept."""
        past, pen = Pen(self.width, self.height), Pen(self.width, self.height)
        self._rebuild(past, 0)
        for k in range(self.count):
            if k:
                for each in self.panels:
                    self._grow(past, each, k)
            pen.pixels[:] = past.pixels
            self._draw_front(pen, k)
            yield pen.pixels

    def frame(self, k: int) -> Pixels:
        """Frame k, rebuilt from nothing; negative k count from the end."""
        k = range(self.count)[k]
        pen = Pen(self.width, self.height)
        self._rebuild(pen, k)
        self._draw_front(pen, k)
        return pen.pixels.copy()

    def _rebuild(self, pen: Pen, k: int) -> None:
        pen.pixels[:] = self.static
        for each in self.panels:
            each.draw_past(pen, k)

    def _grow(self, past: Pen, each: Panel, k: int) -> None:
        on_page = [part for box in each.grown(k) if (part := box.within(past.page))]
        for box in merge(on_page):
            past.restore(self.static, box)
            with past.clipped(box):
                each.draw_past(past, k)

    def _draw_front(self, pen: Pen, k: int) -> None:
        for each in self.panels:
            each.draw_marks(pen, k)
            each.draw_front(pen, k)
        if self.counter:
            self.counter.draw(pen, k)
