"""A part of a panel drawn larger in one of its corners."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from optanim.pen import Box, Pen, Pixels
from optanim.scales import Scale
from optanim.stage import Panel
from optanim.themes import rgb

Floats = NDArray[np.float64]
CORNERS = ("upper right", "upper left", "lower right", "lower left")
PARTS = (0.4, 0.37, 0.34, 0.31, 0.28)  # of the panel's sides that the axes of an inset may take
LESS = 6.0  # how much worse the next smaller one is, in hidden pixels of a path
OFF = 6.0  # pixels from its corner
LEAST = 5.0  # pixels of the frame that shows where it looks


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

    def _outer(self, corner: str, size: tuple[int, int]) -> Box:
        box, off = self.around.box, round(self.stage.px(OFF))
        wide = round(self.left + size[0] + self.right)
        high = round(self.top + size[1] + self.bottom)
        left = box.left + off if corner.endswith("left") else box.right - off - wide
        top = box.top + off if corner.startswith("upper") else box.bottom - off - high
        return Box(left, top, left + wide, top + high)

    def place(self, corner: str | None, looks: Floats, clutter: Floats) -> None:
        """Takes a corner, or the emptiest: looks (2, 2) are opposite corners of what it shows, in pixels."""
        (x0, y0), (x1, y1) = looks.min(axis=0), looks.max(axis=0)
        least, box = self.stage.px(LEAST), self.around.box
        grow_x, grow_y = max(0.0, least - (x1 - x0)) / 2, max(0.0, least - (y1 - y0)) / 2
        frame = np.array([[x0 - grow_x, y0 - grow_y], [x1 + grow_x, y1 + grow_y]])
        self.frame = np.clip(frame, [box.left, box.top], [box.right - 1, box.bottom - 1])
        self.outside = bool(x1 < box.left or x0 > box.right or y1 < box.top or y0 > box.bottom)
        sizes = [self._size(part) for part in PARTS]
        choices = [
            (self._cost(self._outer(name, size), clutter) + LESS * smaller, self._outer(name, size), size)
            for smaller, size in enumerate(sizes)
            for name in ([corner] if corner else CORNERS)
        ]
        _, self.outer, size = min(choices, key=lambda choice: choice[0])
        left, top = round(self.outer.left + self.left), round(self.outer.top + self.top)
        self.box = Box(left, top, left + size[0], top + size[1])

    def _cost(self, outer: Box, clutter: Floats) -> float:
        """What of the panel would be hidden."""
        x, y = clutter.T
        hidden = float(np.sum((x > outer.left) & (x < outer.right) & (y > outer.top) & (y < outer.bottom)))
        (x0, y0), (x1, y1) = self.frame
        over = x0 < outer.right and x1 > outer.left and y0 < outer.bottom and y1 > outer.top
        return hidden + 1e6 * over

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
