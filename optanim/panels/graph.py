"""The loss as a computation graph: values flow forward, gradients back, and the optimizer steps."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from optanim import words
from optanim.diagrams.dag import MOST, Changed, Numbers, graph
from optanim.diagrams.diagram import GIVES, Diagram, Sizes, arranged, rounded
from optanim.diagrams.phases import PHASES, UPDATE, Moment, moment, whole
from optanim.errors import Mistake, RenderError
from optanim.kinds import Marks, Only, optimizer, panel
from optanim.labels import listed
from optanim.layout import Margins
from optanim.panel import Panel
from optanim.pen import Box, Pen
from optanim.scales import Axes, Scale
from optanim.scene import Scene, Thing, first_seeds
from optanim.settings import View
from optanim.themes import RGB, cycle_color, mix, rgb
from optanim.trace import Problem
from optanim.typeset import Sprite, sprite

Floats = NDArray[np.float64]
SLOW = 24  # frames that a step needs for its phases to be followed; in fewer all numbers are shown at once
# The type, and whether arrays are told by their shape alone.
SMALLER = tuple((scale, False) for scale in (1.2, 1.1, 1.0)) + tuple(
    (scale, brief) for scale in (0.92, 0.85, 0.78, 0.72) for brief in (False, True)
)
KEPT = 600  # sprites of numbers
GROWN = tuple(1 + n / 10 for n in range(1, 31))  # how much larger a picture may be proposed to be


def fits(thing: Thing, scene: Scene, problem: Problem) -> Iterator[Mistake]:
    """What is wrong with a graph panel: several runs, or more boxes than can be read."""
    only = thing.settings.get("only")
    runs = [run for run in scene.runs if only is None or not {run.label, run.rule.name}.isdisjoint(only)]
    runs = first_seeds(runs)
    if len(runs) != 1:
        names = [run.label or run.rule.name for run in runs]
        hint = f"choose one, such as graph: {{only: {names[0]}}}"
        if names.count(names[0]) > 1:
            hint = "give each run a label, and choose one with only:"
        yield Mistake(f"a graph shows one run, not {len(runs)}", thing.where("only"), hint)
        return
    start = np.array(runs[0].start or problem.start, dtype=np.float64)
    boxes = len(graph(problem, [start]).nodes)
    if boxes > MOST:
        message = f"the graph of this loss has {boxes} boxes, more than one can read"
        yield Mistake(message, thing.place, f"takes a loss of at most {MOST}, such as a short formula")


@panel(name="graph", needs="landscape runs", view=(), marks=(), fits=fits)
@dataclass(kw_only=True)
class GraphPanel(Panel):
    """The computation graph of the loss of one run, as autodiff computed it.

    In each step the values are computed from the parameters to the loss, then the gradients of the loss from
    there back, then the optimizer gives the parameters new values. Where a step is too short to be
    followed, all numbers of its iterate are shown. `group: optimizer` draws the optimizer around the
    parameters: it gives them and gets their gradients, and sees nothing else.
    """

    group: Literal["optimizer"] | None = None
    title: str | None = None
    only: Only | None = None
    view: View | None = None
    marks: Marks | None = None

    def margins(self) -> Margins:
        px = self.stage.px
        return Margins(left=px(42), top=px(24), right=px(34), bottom=px(44))

    # -- numbers -------------------------------------------------------------------------------

    def _read(self) -> None:
        """The graph, with its numbers at every iterate that a frame shows."""
        trace, tau = self.stage.trace, self.stage.tau
        problem, self.run = trace.problem, self.runs[0]
        assert problem is not None
        self.last = min(self.run.steps, self.run.ended.step - 1 if self.run.ended else self.run.steps)
        reached = np.minimum((tau + 1e-9).astype(int), self.last)
        self.frames = np.bincount(reached, minlength=self.last + 1)  # of every iterate
        made = np.flatnonzero(self.frames[: self.last] >= SLOW) + 1  # by steps that are followed
        shown = sorted({*reached.tolist(), *made.tolist(), self.last})
        batches = None
        if (seen := trace.batches_of(self.indices[0])) is not None:
            # What no step is made from any more is seen on all the data.
            batches = [seen.rows(t + 1) if t < trace.steps else None for t in shown]
        try:
            self.graph = graph(problem, [self.run.params[t] for t in shown], batches)
        except Changed:
            raise RenderError(
                f"the graph of {self.run.label} has other operations in other steps, and cannot be drawn"
            ) from None
        self.readings = dict(zip(shown, self.graph.readings, strict=True))
        self.inputs = len(problem.names)
        self.plain = self._descends()

    def _moment(self, k: int) -> Moment:
        tau, deep = float(self.stage.tau[k]), self.diagram.deep
        step = int(tau + 1e-9)
        if step >= self.last or self.frames[step] < SLOW:
            return whole(min(step, self.last), deep)
        return moment(step, max(0.0, tau - step), step + 1 == self.last, deep)

    # -- static --------------------------------------------------------------------------------

    def draw_static(self, pen: Pen, box: Box) -> None:
        self.box = box
        self.axes = Axes(box, Scale("linear", 0, 1), Scale("linear", 0, 1))
        self._sprites: dict[Any, Sprite] = {}
        self._read()
        self._choose_colors()
        self._arrange((pen.page.width, pen.page.height))
        diagram, px = self.diagram, self.stage.px
        self.heading(pen, self._fitting(self._says(), 9) + self.of_seed)
        room = self.box.width - px(15 + 28 + 15 + 28 + 15)
        fitting = sum(self.stage.width(text, 9.5) for text in PHASES) <= room
        self.phases = PHASES if fitting else tuple(text.split(":")[0] for text in PHASES)
        if diagram.frame is not None:
            self._draw_frame(pen)
        for there, _ in diagram.curves:
            pen.stroke(there.points, None, self.faint, px(1.3), cap="butt")
            pen.fill(self._arrow(there.points, px(7)), None, self.faint)
        for i, node in enumerate(self.graph.nodes):
            pen.fill(diagram.outline(i), None, self.fills[node.kind])
            self._border(pen, i, self.ink if node.kind == "loss" else self.faint, 1.2)
            color = self.stage.theme.ink
            left, baseline = diagram.baseline(i, 0)
            text = self._titles()[i]
            size = diagram.sizes.title
            self.stage.write(pen, text, left, baseline, size, color, "bold", align="centre")
        self._phases(pen, None)

    def _says(self) -> tuple[str, ...]:
        """What the numbers are, and what they are not; the last is as short as that can be."""
        asks = optimizer[self.run.rule]
        several = self.run.evals[self.last] != self.last  # gradients in a step
        if "shows" in asks.facts or "grad" in asks.asks or several:
            label = self.run.label
            return (f"the loss and its gradients at the parameters shown; {label} takes its own elsewhere",)
        problem = self.stage.trace.problem
        assert problem is not None
        what = "the loss as a computation graph"
        if self.run.ended is not None:
            return (f"{what}; {self.run.label} ended at step {self.run.ended.step}",)
        if problem.noise is not None:
            return (f"{what}, without the noise that {self.run.label} sees",)
        if self.stage.trace.batches is not None:
            what = "the loss of each batch, at the end of all data, as a computation graph"
        return f"{what}; in each box its value, and the gradient of the loss by it", what

    def _choose_colors(self) -> None:
        theme, run = self.stage.theme, self.stage.styles[self.indices[0]]
        self.own = run
        # The gradients' colour is none that the run has.
        hue = next(color for slot in (1, 2) if (color := cycle_color(theme, slot)) != run.color)
        self.back: RGB = rgb(hue)
        self.back_words = mix(hue, theme.ink, max(1.4 * theme.deepen, 0.1))
        self.ink = rgb(theme.ink)
        self.faint = rgb(mix(theme.grid, theme.muted, 0.35))
        self.fills = {
            "parameter": rgb(mix(theme.background, run.color, 0.16)),
            "data": rgb(mix(theme.background, theme.muted, 0.2)),
            "constant": rgb(mix(theme.background, theme.muted, 0.2)),
            "operation": rgb(theme.background),
            "loss": rgb(theme.background),
        }

    def _arrange(self, page: tuple[int, int]) -> None:
        """The largest type in which the graph fits, from left to right or from top to bottom."""
        ways = (False, True) if self.box.width >= self.box.height else (True, False)
        for scale, self.brief in SMALLER:
            sizes = Sizes(scale, self.stage.px)
            widths = [self._needs(i, sizes) for i in range(len(self.graph.nodes))]
            for upright in ways:
                made = arranged(self.graph.nodes, widths, sizes, self.box, upright, self._frame_words(sizes))
                if made is not None:
                    self.diagram: Diagram = made
                    return
        width, height = round(self.box.width), round(self.box.height)
        raise RenderError(
            f"a graph of {len(self.graph.nodes)} boxes is too small to read in {width}x{height} pixels: "
            f"give the panel more room{self._larger(widths, sizes, page)}"
        )

    def _larger(self, widths: Sequence[float], sizes: Sizes, page: tuple[int, int]) -> str:
        """A size of the picture in which the graph fits, in words; what is not panel stays as it is."""
        box, around = self.box, self._frame_words(sizes)
        for more in GROWN:
            for wider, higher in ((1.0, more), (more, 1.0), (more, more)):
                area = Box(0, 0, round(wider * box.width), round(higher * box.height))
                if any(arranged(self.graph.nodes, widths, sizes, area, way, around) for way in (False, True)):
                    width, height = (
                        math.ceil(length * by / 50) * 50 if by > 1 else length
                        for length, by in zip(page, (wider, higher), strict=True)
                    )
                    return f", or the picture, such as size: {width}x{height}"
        return ""

    def _needs(self, i: int, sizes: Sizes) -> float:
        """The width of the widest text that a box ever holds."""
        node = self.graph.nodes[i]
        title = max(self.stage.width(text, sizes.title, "bold") for text in node.between or (node.title,))
        texts = {self._text(reading.values[i]) for reading in self.readings.values()}
        texts |= {
            GIVES + self._text(gradient)
            for reading in self.readings.values()
            if (gradient := reading.gradients[i]) is not None
        }
        return max(title, *(self._width(text, sizes.number) for text in texts))

    def _text(self, numbers: Numbers) -> str:
        return _text(numbers, self.brief)

    def _width(self, text: str, size: float) -> float:
        """The width of a text, or a little more: the sum of its characters, of which there are few."""
        return sum(self.stage.width(character, size) for character in text)

    def _titles(self) -> list[str]:
        return [
            node.between[self.diagram.turned(i)] if node.between else node.title
            for i, node in enumerate(self.graph.nodes)
        ]

    def _frame_words(self, sizes: Sizes) -> tuple[str, float] | None:
        """What stands over the parameters where they are drawn inside the optimizer, and its width."""
        if self.group is None:
            return None
        text = f"Optimizer: {self.run.label}"
        return text, self.stage.width(text, sizes.title, "bold")

    def _draw_frame(self, pen: Pen) -> None:
        diagram = self.diagram
        assert diagram.frame is not None
        tint = rgb(mix(self.stage.theme.background, self.own.color, 0.07))
        pen.fill(diagram.frame, None, tint)
        pen.stroke(diagram.frame, None, self.own.rgb, self.stage.px(1.4))
        made = self._frame_words(diagram.sizes)
        assert made is not None
        x, y = diagram.frame_words
        self.stage.write(pen, made[0], x, y, diagram.sizes.title, self.own.words, "bold", align="centre")

    # -- foreground ----------------------------------------------------------------------------

    def draw_front(self, pen: Pen, k: int) -> None:
        now = self._moment(k)
        self._draw_edges(pen, now)
        reading = self.readings[now.step]
        after = self.readings.get(now.step + 1) if now.updated else None
        for i, node in enumerate(self.graph.nodes):
            level = self.diagram.layer[i]
            has_value = node.kind == "parameter" or node.given or level <= now.values + 1e-9
            has_gradient = not node.given and level >= now.gradients - 1e-9
            if has_value:
                values = after.values[i] if after and node.kind == "parameter" else reading.values[i]
                self._number(pen, i, 1, self._text(values), self.stage.theme.ink)
            gradient = reading.gradients[i]
            if has_gradient and gradient is not None:
                self._number(pen, i, 2, GIVES + self._text(gradient), self.back_words)
            if now.updated and node.kind == "parameter":
                self._border(pen, i, self.own.rgb, 2.6)
            elif now.phase is not None and has_gradient:
                self._border(pen, i, self.back, 1.7)
            elif now.phase is not None and has_value and not node.given:
                self._border(pen, i, self.ink, 1.5)
        if now.phase is not None:
            self._phases(pen, now.phase)
        if now.phase == UPDATE:
            self._update(pen, now.step)

    def _draw_edges(self, pen: Pen, now: Moment) -> None:
        """The edges as far as values have come along them, and over them as far as gradients have."""
        if now.phase is None:
            return
        for there, back in self.diagram.curves:
            first, last = (self.diagram.layer[end] for end in there.ends)
            part = (now.values - first) / (last - first)
            if part > 0:
                self._flow(pen, there.upto(part), part >= 1, self.ink)
            part = (last - now.gradients) / (last - first)
            if back is not None and part > 0:
                self._flow(pen, back.upto(part), part >= 1, self.back)

    def _flow(self, pen: Pen, points: Floats, arrived: bool, color: RGB) -> None:
        pen.stroke(points, None, color, self.stage.px(1.7), cap="butt")
        if arrived:
            pen.fill(self._arrow(points, self.stage.px(8)), None, color)
        else:
            x, y = points[-1]
            pen.mark(
                "circle", float(x), float(y), self.stage.px(3.4), color, self.stage.halo, self.stage.px(1.0)
            )

    def _arrow(self, points: Floats, length: float) -> Floats:
        """The triangle of an arrow head whose tip is the last of the points."""
        tip = points[-1]
        far = np.hypot(*(points[:-1] - tip).T)
        way = tip - points[:-1][far >= min(length, far.max())][-1]
        way = way / max(float(np.hypot(*way)), 1e-9)
        side = np.array([-way[1], way[0]])
        base = tip - length * way
        return np.array([tip, base + 0.42 * length * side, base - 0.42 * length * side, tip])

    def _border(self, pen: Pen, i: int, color: RGB, width: float) -> None:
        pen.stroke(self.diagram.outline(i), None, color, self.stage.px(width))

    def _number(self, pen: Pen, i: int, line: int, text: str, color: str) -> None:
        x, y = self.diagram.baseline(i, line)
        self._place(pen, text, x, y, self.diagram.sizes.number, color)

    def _place(self, pen: Pen, text: str, x: float, y: float, size: float, color: str) -> None:
        """A text that changes, centred; of so many only some are kept."""
        key = (text, size, color)
        made = self._sprites.get(key)
        if made is None:
            if len(self._sprites) > KEPT:
                self._sprites.clear()
            line = (text, color, size, "normal")
            made = self._sprites[key] = sprite([line], self.stage.dpi, self.stage.theme.family)
        pen.place(made, round(x - made.width / 2), round(y - made.rise))

    def _phases(self, pen: Pen, current: int | None) -> None:
        """The phases of a step in their colours, the current one over its grey words."""
        px, theme = self.stage.px, self.stage.theme
        x, y = float(self.box.left), self.box.bottom + px(20)
        followed = self.frames.max() >= SLOW
        for number, color in enumerate((theme.ink, self.back_words, self.own.words) if followed else ()):
            radius, text = px(4.5), self.phases[number]
            width = self.stage.width(text, 9.5)
            if current is None:
                pen.mark("circle", x + radius, y - px(4), radius, self.faint)
                self.stage.write(pen, text, x + px(15), y, 9.5, theme.muted)
            elif current == number:
                line = np.array([[x + px(15), y + px(5)], [x + px(15) + width, y + px(5)]])
                pen.mark("circle", x + radius, y - px(4), radius, rgb(color))
                pen.stroke(line, None, rgb(color), px(1.6), cap="butt")
            x += px(15 + 28) + width
        if current is None:
            self._legend(pen, x)

    def _fitting(self, texts: Sequence[str], size: float) -> str:
        """The first of several ways to say a thing that fits, or as much of the last as does."""
        for text in texts:
            if self.stage.width(text, size) <= self.box.width:
                return text
        return self.stage.fitted(texts[-1], size, "normal", self.box.width)

    def _legend(self, pen: Pen, left: float) -> None:
        """What the fills of the boxes say, at the right, where there is room for it."""
        px, y = self.stage.px, self.box.bottom + self.stage.px(20)
        found = {node.kind for node in self.graph.nodes}
        kinds = [kind for kind in ("parameter", "data", "operation") if kind in found]
        x = self.box.right + px(20) - sum(px(40) + self.stage.width(kind, 9.5) for kind in kinds)
        if x < left:
            return
        for kind in kinds:
            swatch = rounded((x, y - px(10), x + px(14), y + px(2)), px(3))
            pen.fill(swatch, None, self.fills[kind])
            pen.stroke(swatch, None, self.faint, px(1.2))
            self.stage.write(pen, kind, x + px(20), y, 9.5)
            x += px(40) + self.stage.width(kind, 9.5)

    def _step(self, step: int) -> tuple[float, Floats, Floats, Floats]:
        """The lr of a step, the parameters before and after it, and the gradient before it."""
        slopes = [gradient.head[0] for gradient in self.readings[step].gradients[: self.inputs] if gradient]
        return float(self.run.lr[step]), *self.run.params[step : step + 2], np.array(slopes)

    def _descends(self) -> bool:
        """Whether every step that is followed is that of plain gradient descent, and can be shown as one."""
        for step in np.flatnonzero(self.frames[: self.last] >= SLOW).tolist():
            lr, old, new, slopes = self._step(step)
            if not np.allclose(new, old - lr * slopes, rtol=1e-12, atol=1e-15 * float(np.abs(old).max())):
                return False
        return True

    def _update(self, pen: Pen, step: int) -> None:
        """What the optimizer makes of every parameter, as arithmetic where it is that of plain descent."""
        run, names = self.run, self.graph.nodes[: self.inputs]
        lr, old, new, slopes = self._step(step)
        said, made = words.number, []
        for node, before, after, slope in zip(names, old, new, slopes, strict=True):
            down = said(slope) if slope >= 0 else f"({said(slope)})"
            ways = [f"{node.title} {said(before)} → {said(after)}", f"{node.title} → {said(after)}"]
            if self.plain:
                ways.insert(0, f"{node.title} = {said(before)} − {said(lr)} × {down} = {said(after)}")
            made.append(ways)
        texts = [f"{run.label}, lr {said(lr)}: {listed(each)}" for each in zip(*made, strict=True)]
        text = self._fitting(texts, 9.5)
        sprites = self.stage.sprite([(text, self.own.words, 9.5, "normal")])
        y = self.box.bottom + self.stage.px(40)
        pen.place(sprites, self.box.left, round(y - sprites.rise))


def _text(numbers: Numbers, brief: bool) -> str:
    """Numbers as a box shows them: of many the first and the shape, or briefly the shape alone."""
    shape = f"[{'×'.join(map(str, numbers.shape))}]"
    if brief and not numbers.single:
        return shape
    head = ", ".join(words.number(value) for value in numbers.head)
    if numbers.single or int(np.prod(numbers.shape)) <= len(numbers.head):
        return head
    return f"{head}, … {shape}"
