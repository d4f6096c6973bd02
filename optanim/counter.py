"""The step counter: its words stand still, and its digits stay in their slots."""

from __future__ import annotations

from optanim.pen import Pen
from optanim.stage import Stage
from optanim.typeset import Sprite, glyph

FAMILY = "DejaVu Sans Mono"
SIZE = 9.5


class Counter:
    """`step 12 / 200` in type of one width, right aligned; only the first number ever changes."""

    def __init__(self, stage: Stage, steps: int, right: float, baseline: float) -> None:
        self.stage, self.steps = stage, steps
        self.slot = round(stage.px(7.95))
        self.digits = len(str(steps))
        length = len("step  / ") + 2 * self.digits
        self.left = round(right) - length * self.slot
        self.baseline = round(baseline)
        self._glyphs: dict[tuple[str, str], Sprite] = {}

    @property
    def width(self) -> int:
        """The pixels it takes."""
        return (len("step  / ") + 2 * self.digits) * self.slot

    def draw_still(self, pen: Pen) -> None:
        """The words around the number."""
        theme = self.stage.theme
        self._write(pen, "step ", 0, theme.muted)
        self._write(pen, " / ", 5 + self.digits, theme.muted)
        self._write(pen, str(self.steps), 8 + self.digits, theme.ink)

    def draw(self, pen: Pen, k: int) -> None:
        """The step just completed in frame k: between two iterates the earlier one."""
        step = int(self.stage.tau[k] + 1e-9)
        self._write(pen, f"{step:>{self.digits}}", 5, self.stage.theme.ink)

    def _write(self, pen: Pen, text: str, slot: int, color: str) -> None:
        rise = round(self.stage.px(14))
        for place, character in enumerate(text, slot):
            if character != " ":
                pen.place(self._glyph(character, color), self.left + place * self.slot, self.baseline - rise)

    def _glyph(self, character: str, color: str) -> Sprite:
        """A glyph in its slot, with the same baseline as all others."""
        key = (character, color)
        if key not in self._glyphs:
            rise, height = round(self.stage.px(14)), round(self.stage.px(19))
            line = (character, color, SIZE, "normal")
            cell = (self.slot + 1, height, rise)
            self._glyphs[key] = glyph(character, line, self.stage.dpi, FAMILY, *cell)
        return self._glyphs[key]
