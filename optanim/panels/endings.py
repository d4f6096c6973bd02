"""Names beside the axes at the height at which their curves end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from optanim.layout import spread
from optanim.pen import Box, Pen
from optanim.stage import Stage
from optanim.themes import RGB, rgb
from optanim.typeset import Sprite

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Ending:
    """The name of a curve, its colour, and the pixel at which the curve ends."""

    sprite: Sprite
    rgb: RGB
    end: Floats


@dataclass(frozen=True)
class Name:
    """A curve's name beside the axes, and the leader that ties it to the curve's end."""

    sprite: Sprite
    rgb: RGB
    place: tuple[int, int]
    leader: Floats
    early: bool = False  # whether the curve ends before the axes do


def placed(
    endings: Sequence[Ending], box: Box, px: Callable[[float], float], above: float = 10
) -> list[Name]:
    """The names right of the axes, none over another; those that are moved get a leader.

    They begin at most so many pixels `above` the axes.
    """
    ends = [
        (float(np.clip(x, box.left, box.right)), float(np.clip(y, box.top, box.bottom)))
        for x, y in (each.end for each in endings)
    ]
    heights = [each.sprite.height + px(5) for each in endings]
    low, high = box.top - px(above), box.bottom + px(4)
    if sum(heights) > high - low:  # closer, and at last as close as lines of text can be
        heights = [max(h - px(4), 1) * min(1, (high - low) / sum(heights)) for h in heights]
    centres = spread([y for _, y in ends], heights, low, high)
    return [
        Name(
            each.sprite,
            each.rgb,
            (round(box.right + px(10)), round(centre - each.sprite.height / 2)),
            *_leader(x, y, centre, box, px),
        )
        for each, (x, y), centre in zip(endings, ends, centres, strict=True)
    ]


def _leader(x: float, y: float, centre: float, box: Box, px: Callable[[float], float]) -> tuple[Floats, bool]:
    """From a curve's end to its name; along its height where it ends before the axes do."""
    outside = [[box.right + px(1.5), y], [box.right + px(8), centre]]
    early = [] if x > box.right - px(6) else [[x + px(6), y]]
    return np.array([*early, *outside]), bool(early)


def draw(pen: Pen, names: Sequence[Name], stage: Stage) -> None:
    """The names, and the leaders of those that stand elsewhere than their curves end."""
    for name in names:
        if name.early:  # in dots, so that nobody takes it for a curve
            ends = np.r_[0.0, np.cumsum(np.hypot(*np.diff(name.leader, axis=0).T))]
            for at in np.arange(0.0, ends[-1], stage.px(5)):
                x, y = (float(np.interp(at, ends, axis)) for axis in name.leader.T)
                pen.mark("circle", x, y, stage.px(0.7), rgb(stage.theme.muted))
        elif abs(name.leader[0, 1] - name.leader[1, 1]) > stage.px(3):
            pen.stroke(name.leader, None, name.rgb, stage.px(1.0), 0.6)
        pen.place(name.sprite, *name.place)
