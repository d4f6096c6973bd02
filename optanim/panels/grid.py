"""Small multiples: a panel for every run, side by side, all in one view and to one scale."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

from optanim.errors import RenderError
from optanim.kinds import Marks, Only, panel
from optanim.labels import axis_words, figure_name, labels, title
from optanim.layout import Margins
from optanim.panel import Cell, Panel
from optanim.panels.headings import fitting, parted
from optanim.pen import Box, Pen
from optanim.scene import OF_WORLDS, Thing, told_apart
from optanim.settings import Lead, Number, ThingOf, View
from optanim.stage import Stage
from optanim.trace import Trace

MOST = 24  # cells: a picture of more is one of stamps
Columns = Annotated[int, Number(low=1, high=MOST, whole=True)]
USUAL = ((4, 1), (8, 2), (15, 3), (MOST, 4))  # up to so many cells stand in so many rows
SQUARE = 1.3  # width : height of a cell whose panel suits any
NAMED = 6  # runs of a cell that the legend names; of more only the optimizers, whose shades tell the rest
LEGEND = 0.6  # of the width that it takes, where smaller type or fewer names make that possible
SHADES = 3  # markers of one name, where its runs have several colours


@panel(needs="runs")
@dataclass(kw_only=True)
class Grid(Panel):
    """The same panel for every run, side by side, so that no path hides another.

    All cells have the view and the scales that one panel of all runs would have, and one clock. The
    runs are those of `only`, or all; `view` and `marks` are those of every cell. `by` an axis of a sweep
    there is a cell for each of its values, with all runs that have it, and by `optimizer` one for each
    optimizer; cells of different landscapes or datasets have views and scales of their own.
    """

    panel: Lead[Annotated[Any, ThingOf("panel")]]
    by: str | None = None
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
        self.members = self._members(stage.trace)[:MOST]
        for members in self.members:
            made: Panel = panel[inner.name].function(**settings)
            stood, made.cell = self._cell(stage, members)
            made.enter(stood)
            self.cells.append(made)
        # Whether each cell has a view and scales of its own.
        self.apart = len({id(each.stage.trace) for each in self.cells}) > 1
        self.across = self.columns or math.ceil(len(self.cells) / self.rows(stage.trace))

    def _members(self, trace: Trace) -> list[list[int]]:
        """The runs of each cell."""
        chosen = self._chosen(trace)
        return [
            [chosen[i] for i in group] for group in told_apart([trace.scene.runs[i] for i in chosen], self.by)
        ]

    def _cell(self, stage: Stage, members: Sequence[int]) -> tuple[Stage, Cell]:
        """What some runs are drawn on: where they share a landscape that others do not have, on that."""
        trace = stage.trace
        places = {trace.place_of(index)[0] for index in members}
        if not trace.worlds or trace.problem is not None or len(places) > 1:
            return stage, Cell(tuple(members), tuple(self.indices))
        place = places.pop()
        inside = [index for index in self.indices if trace.place_of(index)[0] == place]
        own, peers = (tuple(trace.place_of(index)[1] for index in some) for some in (members, inside))
        return stage.world(place), Cell(own, peers)

    def _labels(self, members: Sequence[int]) -> list[str]:
        """What the runs of a cell are called among each other."""
        trace = self.stage.trace
        named: dict[int, str] = {}
        for place in {trace.place_of(index)[0] for index in members}:
            there = [index for index in members if trace.place_of(index)[0] == place]
            paths = [trace.runs[index] for index in there]
            rates = [path.schedule or (float(path.lr[0]) if len(path.lr) else 0.0) for path in paths]
            made = labels([trace.scene.runs[index] for index in there], rates)
            named |= {index: figure_name(*each) for index, each in zip(there, made, strict=True)}
        runs = [trace.scene.runs[index] for index in members]
        axes = [axis for axis in trace.scene.axes if axis.name in OF_WORLDS and len(axis.values) > 1]
        varied = [axis.name for axis in axes if axis.name != self.by]
        return [
            ", ".join([named[index], *(axis_words(name, run.swept[name]) for name in varied)])
            for index, run in zip(members, runs, strict=True)
        ]

    def _chosen(self, trace: Trace) -> list[int]:
        inner: Thing = self.panel
        return [i for i in trace.chosen(self.only) if i in trace.chosen(inner.settings.get("only"))]

    def rows(self, trace: Trace) -> int:
        count = min(len(self._members(trace)), MOST)
        if self.columns:
            return math.ceil(count / self.columns)
        return next(rows for most, rows in USUAL if count <= most)

    @property
    def down(self) -> int:
        return math.ceil(len(self.cells) / self.across)

    def shape(self) -> float | None:
        shape = self._shape()
        return shape * self.across / self.down if shape else None

    def _shape(self) -> float | None:
        """Width : height that suits the cells, those of several landscapes on the whole."""
        shapes = [shape for each in self.cells if (shape := each.shape())]
        return math.exp(sum(map(math.log, shapes)) / len(shapes)) if len(shapes) == len(self.cells) else None

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
        if self.apart:  # with numbers of its own
            return need.left + need.right + px(10), need.top + need.bottom
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
        return min(wide, high * (self._shape() or SQUARE))

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
            left_most, lowest = column == 0 or self.apart, place + across >= count or self.apart
            each.cell = replace(each.cell, left=left_most, low=lowest)
            each.draw_static(pen, Box(left, upper, left + wide, upper + high))
        own = self._heading(pen)
        for each, members, ways in zip(self.cells, self.members, own, strict=True):
            self._name(pen, each, members, ways)

    def _title(self, members: Sequence[int]) -> str:
        """What the runs of a cell have in common, in words."""
        trace = self.stage.trace
        run = trace.scene.runs[members[0]]
        if self.by is not None and self.by in run.swept:
            return axis_words(self.by, run.swept[self.by])
        several = len({trace.family_of[index] for index in members}) > 1
        return title(run.rule, leads=True) if several else self.stage.called[members[0]]

    def _name(self, pen: Pen, each: Panel, members: Sequence[int], own: Sequence[str]) -> None:
        """Above a cell the name of its run beside its marker, how it ended if early, and its own words."""
        stage, box = self.stage, each.box
        px, style, base = stage.px, stage.styles[members[0]], box.top - stage.px(9)
        left, ending, words = float(box.left), "", stage.theme.ink
        if each.families == 1:
            pen.mark(style.marker, box.left + px(5), base - px(3.5), px(3.8), style.rgb)
            left, words = left + px(14), style.words
            ending = each.ending() if len(members) == 1 else ""
        called = self._title(members)
        name, size = stage.fitted_name(called, 9.5, max(box.right - left, px(20)))
        stage.write(pen, name, left, base, size, words, "bold")
        left += stage.width(name, size, "bold") + px(8)
        if ending and stage.width(ending, 8.5) > box.right - left:  # as short as it can be
            ending = ending.split(" at ")[0]
        if ending and stage.width(ending, 8.5) <= box.right - left:
            stage.write(pen, ending, left, base, 8.5)
            left += stage.width(ending, 8.5) + px(8)
        own, room = [words for words in own if words != called], box.right - left
        said = fitting(own, lambda text: self._fits(text, room)) if own else ""
        if self._fits(said, room):
            stage.write(pen, said, left, base, 9)

    def _fits(self, text: str, room: float) -> bool:
        return self.stage.width(text, 9) <= room

    def _heading(self, pen: Pen) -> list[list[str]]:
        """Above all cells what their words have in common; returns of each the rest, ever shorter."""
        room = self._draw_legend(pen) - self.box.left
        said = [list(each.ways or [each.said]) for each in self.cells]
        made = [parted(texts) for texts in zip(*said, strict=False)]
        common = [words for words, _ in made]
        self.said = (
            self.title if self.title is not None else fitting(common, lambda text: self._fits(text, room))
        )
        words = self.stage.fitted(self.said, 9, "normal", room)
        self.stage.write(pen, words, self.box.left, self.box.top - self.stage.px(2))
        if self.title is not None:
            return [[] for _ in self.cells]
        told = common.index(self.said) if self.said in common else len(common) - 1
        rest = zip(*(own for _, own in made[told:]), strict=True)
        return [[words for words in ways if words] for ways in rest]

    def _names(self) -> dict[str, list[int]]:
        """The runs that share cells, by what the legend calls them."""
        trace = self.stage.trace
        named: dict[str, list[int]] = {}
        for members in self.members:
            for index, name in zip(members, self._labels(members), strict=True):
                named.setdefault(name, []).append(index)
        if len(named) <= NAMED and self._legend_width(named, 7) <= LEGEND * self.box.width:
            return named
        rules: dict[str, list[int]] = {}
        for index in (index for members in self.members for index in members):
            run = trace.scene.runs[index]
            rules.setdefault(run.label or title(run.rule, leads=True), []).append(index)
        return rules if len(rules) < len(named) else named

    def _legend_width(self, names: dict[str, list[int]], size: float) -> float:
        stage, px = self.stage, self.stage.px
        return sum(
            stage.width(name, size, "bold") + px(19 + 11 * len(self._colors(runs)))
            for name, runs in names.items()
        )

    def _colors(self, runs: Sequence[int]) -> list[int]:
        """The runs of one name whose markers stand before it: of many colours some from first to last."""
        firsts = {self.stage.styles[index].color: index for index in sorted(runs, reverse=True)}
        shades = sorted(firsts.values())
        if len(shades) <= SHADES:
            return shades
        return [shades[place * (len(shades) - 1) // (SHADES - 1)] for place in range(SHADES)]

    def _draw_legend(self, pen: Pen) -> float:
        """The markers and names of runs that share cells, above the right end; what is free left of it."""
        stage, px = self.stage, self.stage.px
        if all(each.families == 1 for each in self.cells):
            return float(self.box.right)
        names = self._names()
        size = 9.5
        while size > 7 and self._legend_width(names, size) > LEGEND * self.box.width:
            size -= 0.5
        shown = dict(sorted(names.items(), key=lambda item: min(item[1])))
        hidden = 0
        while len(shown) > 1 and self._legend_width(shown, size) > self.box.width - px(50):
            shown.popitem()
            hidden += 1
        right, base = float(self.box.right), self.box.top - px(2)
        if hidden:
            more = f"and {hidden} more"
            stage.write(pen, more, right, base, 9, align="right")
            right -= stage.width(more, 9) + px(10)
        for name, runs in reversed(shown.items()):
            marked = self._colors(runs)
            stage.write(pen, name, right, base, size, stage.styles[marked[0]].words, "bold", align="right")
            right -= stage.width(name, size, "bold") + px(9)
            for index in reversed(marked):
                style = stage.styles[index]
                pen.mark(style.marker, right, base - px(3.5), px(3.8), style.rgb)
                right -= px(11)
            right -= px(8)
        return right

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
