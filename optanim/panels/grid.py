"""Small multiples: a panel for every run, side by side, all in one view and to one scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal

from optanim.errors import RenderError
from optanim.kinds import Marks, Only, panel
from optanim.layout import Margins
from optanim.pen import Box, Pen
from optanim.scene import Thing
from optanim.settings import Lead, Number, ThingOf, View
from optanim.stage import Cell, Panel, Stage
from optanim.trace import Trace

MOST = 24  # cells: a picture of more is one of stamps
Columns = Annotated[int, Number(low=1, high=MOST, whole=True)]
USUAL = ((4, 1), (8, 2), (15, 3), (MOST, 4))  # up to so many cells stand in so many rows
SQUARE = 1.3  # width : height of a cell whose panel suits any


@panel(needs="runs")
@dataclass(kw_only=True)
class Grid(Panel):
    """The same panel for every run, side by side, so that no path hides another.

    All cells have the view and the scales that one panel of all runs would have, and one clock. The
    runs are those of `only`, or all; `view` and `marks` are those of every cell.
    """

    panel: Lead[Annotated[Any, ThingOf("panel")]]
    by: Literal["optimizer"] = "optimizer"
    columns: Columns | None = None
    title: str | None = None
    only: Only | None = None
    view: View | None = None
    marks: Marks | None = None

    def enter(self, stage: Stage) -> None:
        super().enter(stage)
        inner: Thing = self.panel
        self.indices = self._chosen(stage.trace)
        said = {"view": self.view, "marks": self.marks}
        settings = {name: value for name, value in said.items() if value is not None} | dict(inner.settings)
        self.cells: list[Panel] = []
        for index in self.indices[:MOST]:
            made: Panel = panel[inner.name].function(**settings)
            made.cell = Cell(index, tuple(self.indices))
            made.enter(stage)
            self.cells.append(made)
        self.across = self.columns or math.ceil(len(self.cells) / self.rows(stage.trace))

    def _chosen(self, trace: Trace) -> list[int]:
        inner: Thing = self.panel
        return [i for i in trace.chosen(self.only) if i in trace.chosen(inner.settings.get("only"))]

    def rows(self, trace: Trace) -> int:
        count = min(len(self._chosen(trace)), MOST)
        if self.columns:
            return math.ceil(count / self.columns)
        return next(rows for most, rows in USUAL if count <= most)

    @property
    def down(self) -> int:
        return math.ceil(len(self.cells) / self.across)

    def shape(self) -> float | None:
        shape = self.cells[0].shape()
        return shape * self.across / self.down if shape else None

    def margins(self) -> Margins:
        need = self._need()
        return replace(need, top=self.stage.px(18))

    def _need(self) -> Margins:
        """The room that every cell can have around its axes."""
        needs = [each.margins() for each in self.cells]
        left, top = max(need.left for need in needs), max(need.top for need in needs)
        return Margins(left, top, max(n.right for n in needs), max(n.bottom for n in needs))

    def _gaps(self) -> tuple[float, float]:
        """Pixels between the axes of neighbours, beside and below each other."""
        px, need = self.stage.px, self._need()
        return need.right + px(18), need.top + px(4)

    def fit(self, cell: Box) -> None:
        if self.columns is None:
            counts = range(1, len(self.cells) + 1)
            self.across = max(counts, key=lambda across: (self._size(cell, across), -across))
        for each in self.cells:
            each.fit(Box(0, 0, cell.width // self.across, cell.height // self.down))

    def _size(self, cell: Box, across: int) -> float:
        """How large the cells are with so many side by side: the length of a square in the smallest."""
        need, (beside, below) = self._need(), self._gaps()
        down = math.ceil(len(self.cells) / across)
        wide = (cell.width - need.left - need.right - (across - 1) * beside) / across
        high = (cell.height - self.margins().top - need.bottom - down * below) / down
        return min(wide, high * (self.cells[0].shape() or SQUARE))

    def draw_static(self, pen: Pen, box: Box) -> None:
        self.box = box
        top, (beside, below) = self._need().top, self._gaps()
        across, down, count = self.across, self.down, len(self.cells)
        # Of whole pixels, and all alike: then one view fills them all.
        wide = int((box.width - (across - 1) * beside) / across)
        high = int((box.height - top - (down - 1) * below) / down)
        if wide < self.stage.px(40) or high < self.stage.px(30):
            raise RenderError(f"a grid of {count} cells has no room: take a larger size, or only some runs")
        for place, each in enumerate(self.cells):
            row, column = divmod(place, across)
            left = round(box.left + column * (wide + beside))
            upper = round(box.top + top + row * (high + below))
            assert each.cell is not None
            each.cell = replace(each.cell, left=column == 0, low=place + across >= count)
            each.draw_static(pen, Box(left, upper, left + wide, upper + high))
            self._name(pen, each)
        self._heading(pen)

    def _name(self, pen: Pen, each: Panel) -> None:
        """Above a cell the name of its run beside its marker, and how it ended if early."""
        stage, (index,), box = self.stage, each.indices, each.box
        px, style, base = stage.px, stage.styles[index], box.top - stage.px(9)
        pen.mark(style.marker, box.left + px(5), base - px(3.5), px(3.8), style.rgb)
        left, ending = box.left + px(14), each.ending()
        name, size = stage.fitted_name(stage.trace.runs[index].label, 9.5, max(box.right - left, px(20)))
        stage.write(pen, name, left, base, size, style.words, "bold")
        left += stage.width(name, size, "bold") + px(8)
        if ending and stage.width(ending, 8.5) > box.right - left:  # as short as it can be
            ending = ending.split(" at ")[0]
        if ending and stage.width(ending, 8.5) <= box.right - left:
            stage.write(pen, ending, left, base, 8.5)

    def _heading(self, pen: Pen) -> None:
        self.said = self.title if self.title is not None else self.cells[0].said
        words = self.stage.fitted(self.said, 9, "normal", self.box.width)
        self.stage.write(pen, words, self.box.left, self.box.top - self.stage.px(2))

    # -- layers --------------------------------------------------------------------------------

    def grown(self, k: int) -> list[Box]:
        return [box for each in self.cells for box in each.grown(k)]

    def draw_past(self, pen: Pen, k: int) -> None:
        near = pen.clip.grow(round(self.stage.px(8)))
        for each in self.cells:
            if each.box.touches(near):
                each.draw_past(pen, k)

    def draw_marks(self, pen: Pen, k: int) -> None:
        """None of its own: its cells have them, and draw them under what moves in each."""

    def draw_front(self, pen: Pen, k: int) -> None:
        for each in self.cells:
            each.draw_marks(pen, k)
            each.draw_front(pen, k)

    # -- what is told --------------------------------------------------------------------------

    @property
    def texts(self) -> list[str]:
        return [self.title or "", *self.cells[0].texts]

    def notes(self, name: str) -> list[str]:
        inner: Thing = self.panel
        found: Sequence[str] = [note for each in self.cells for note in each.notes(inner.name)]
        return list(dict.fromkeys(found))
