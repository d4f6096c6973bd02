"""A part of a panel drawn larger inside it, where that hides least."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from optanim.marking import Marking
from optanim.panel import Panel
from optanim.pen import Box, Pen, Pixels
from optanim.scales import Scale
from optanim.themes import rgb

Floats = NDArray[np.float64]
CORNERS = ("upper right", "upper left", "lower right", "lower left")
PARTS = (0.4, 0.37, 0.34, 0.31, 0.28)  # of the panel's sides that the axes of an inset may take
LESS = 6.0  # how much worse the next smaller one is, in hidden pixels of a path
ALONG = 7  # places across the panel, and as many down it
ASIDE = 3.0  # how much worse each place further from a corner is, in hidden pixels of a path
SIGN = 1e4  # how much worse it is to cover a mark or its words
STAR = 8.0  # pixels from the middle of a star to its points
OFF = 6.0  # pixels from its corner
LEAST = 5.0  # pixels of the frame that shows where it looks
NOWHERE = np.zeros((0, 2))


class Inset:
    """A small panel inside a panel: the same picture in another view, on ground of its own.

    `inner` is the panel that is drawn in it, not yet laid out; `up` the scale of its vertical axis,
    `shape` width : height of its axes where it has one. Nothing of the panel around it shows inside
    its `outer` box: what lies there is taken back before the inset is drawn.
    """

    def __init__(self, around: Panel, inner: Panel, up: Scale, shape: float | None) -> None:
        self.around, self.inner, self.stage = around, inner, around.stage
        px = self.stage.px
        numbers = {text for most in range(2, 7) for text in up.ticks(most)[1]}
        self.left = max(self.stage.width(text, 7.5) for text in numbers) + px(9)
        self.top, self.right, self.bottom = px(6), px(14), px(20)
        self.shape = shape

    def _size(self, part: float) -> tuple[int, int]:
        """The pixels of its axes, width and height."""
        wide, high = part * self.around.box.width, part * self.around.box.height
        if self.shape:
            wide = min(wide, high * self.shape)
            high = wide / self.shape
        return round(wide), round(high)

    def _outer(self, corner: str, size: tuple[int, int], across: float = 0.0, down: float = 0.0) -> Box:
        """In a corner, or so far from it: parts of the way to the corners beside it."""
        box, off = self.around.box, round(self.stage.px(OFF))
        wide = round(self.left + size[0] + self.right)
        high = round(self.top + size[1] + self.bottom)
        aside, below = across * (box.width - 2 * off - wide), down * (box.height - 2 * off - high)
        left = box.left + off + aside if corner.endswith("left") else box.right - off - wide - aside
        top = box.top + off + below if corner.startswith("upper") else box.bottom - off - high - below
        return Box(round(left), round(top), round(left) + wide, round(top) + high)

    def place(self, corner: str | None, looks: Floats, clutter: Floats, stars: Floats = NOWHERE) -> None:
        """Takes a corner, or the place that hides least, and moves the words of the panel's marks off it.

        looks (2, 2) are opposite corners of what it shows, stars (m, 2) are not to be covered; in pixels.
        """
        (x0, y0), (x1, y1) = looks.min(axis=0), looks.max(axis=0)
        least, box = self.stage.px(LEAST), self.around.box
        grow_x, grow_y = max(0.0, least - (x1 - x0)) / 2, max(0.0, least - (y1 - y0)) / 2
        frame = np.array([[x0 - grow_x, y0 - grow_y], [x1 + grow_x, y1 + grow_y]])
        self.frame = np.clip(frame, [box.left, box.top], [box.right - 1, box.bottom - 1])
        self.outside = bool(x1 < box.left or x0 > box.right or y1 < box.top or y0 > box.bottom)
        reach = round(self.stage.px(STAR))
        signs = [Box(round(x), round(y), round(x) + 1, round(y) + 1).grow(reach) for x, y in stars]
        signs += [*self.around.marking.signs, *self.around.marking.texts]
        sizes = [self._size(part) for part in PARTS]
        steps = [(0, 0)] if corner else list(np.ndindex(ALONG // 2 + 1, ALONG // 2 + 1))
        choices = [
            (self._cost(outer, clutter, signs) + LESS * smaller + ASIDE * (i + j), outer, size)
            for smaller, size in enumerate(sizes)
            for i, j in steps
            for name in ([corner] if corner else CORNERS)
            for outer in [self._outer(name, size, i / (ALONG - 1), j / (ALONG - 1))]
        ]
        _, self.outer, size = min(choices, key=lambda choice: choice[0])
        left, top = round(self.outer.left + self.left), round(self.outer.top + self.top)
        self.box = Box(left, top, left + size[0], top + size[1])
        self.around.marking = Marking(self.stage, self.around, self.around.marks or (), [self.outer])

    def _cost(self, outer: Box, clutter: Floats, signs: Sequence[Box]) -> float:
        """What of the panel would be hidden."""
        x, y = clutter.T
        hidden = float(np.sum((x > outer.left) & (x < outer.right) & (y > outer.top) & (y < outer.bottom)))
        (x0, y0), (x1, y1) = self.frame
        over = x0 < outer.right and x1 > outer.left and y0 < outer.bottom and y1 > outer.top
        return hidden + SIGN * sum(outer.touches(sign) for sign in signs) + 1e6 * over

    @property
    def empty(self) -> bool:
        """Whether nothing that it looks at comes by."""
        return not len(self.inner.clutter())

    # -- drawing ---------------------------------------------------------------------------------

    def draw_static(self, pen: Pen) -> None:
        """Where it looks, on the panel, and its own still picture."""
        ink, background = rgb(self.stage.theme.ink), rgb(self.stage.theme.background)
        with pen.clipped(self.around.box):
            if not self.outside:
                self._draw_frame(pen)
        own = Pen(pen.page.width, pen.page.height)
        own.pixels[:] = pen.pixels
        with own.clipped(self.outer):
            o = self.outer
            corners = [(o.left, o.top), (o.right, o.top), (o.right, o.bottom), (o.left, o.bottom)]
            own.fill(np.array(corners, float), None, background)
            self.inner.draw_static(own, self.box)
            _outline(own, self.box, ink, 0.75)
        self.picture: Pixels = own.pixels
        pen.restore(self.picture, self.outer)

    def _draw_frame(self, pen: Pen) -> None:
        """A frame around what it shows, and hairlines to those of its corners that are free."""
        ink, (x0, y0, x1, y1) = rgb(self.stage.theme.ink), self.frame.ravel().tolist()
        _outline(pen, Box(round(x0), round(y0), round(x1), round(y1)), ink, 0.75)
        b = self.box
        left, right, above, below = x0 < b.left, x1 < b.right, y0 > b.top, y1 > b.bottom
        free = {
            (x0, y0, b.left, b.top): left == above,
            (x0, y1, b.left, b.bottom): left != below,
            (x1, y0, b.right, b.top): right != above,
            (x1, y1, b.right, b.bottom): right == below,
        }
        for (ax, ay, bx, by), drawn in free.items():
            if drawn:
                pen.stroke(np.array([[ax, ay], [bx, by]], float), None, ink, self.stage.px(0.8), 0.45)

    def grown(self, k: int) -> Sequence[Box]:
        return self.inner.grown(k)

    def draw_past(self, pen: Pen, k: int) -> None:
        """Its past over that of the panel."""
        box = self.outer.within(pen.clip)
        if box is None:
            return
        pen.restore(self.picture, box)
        with pen.clipped(self.outer):
            self.inner.draw_past(pen, k)

    def keep(self, pen: Pen) -> None:
        """Remembers its part of the picture, before the panel's foreground is drawn over it."""
        o = self.outer
        self.kept = pen.pixels[o.top : o.bottom, o.left : o.right].copy()

    def draw_front(self, pen: Pen, k: int) -> None:
        """Its foreground, with that of the panel taken back."""
        o = self.outer
        pen.pixels[o.top : o.bottom, o.left : o.right] = self.kept
        with pen.clipped(self.box.grow(1)):
            self.inner.draw_front(pen, k)


def _outline(pen: Pen, box: Box, color: tuple[float, float, float], alpha: float) -> None:
    left, top, right, bottom = box.left, box.top, box.right - 1, box.bottom - 1
    for start, end in (
        ((left, top), (right + 1, top)),
        ((left, bottom), (right + 1, bottom)),
        ((left, top + 1), (left, bottom)),
        ((right, top + 1), (right, bottom)),
    ):
        pen.rule(start, end, color, alpha)
