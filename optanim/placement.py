"""A landscape shifted, rotated and scaled: the same function of other coordinates."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from optanim.scene import Point, Thing
from optanim.settings import Wrong


@dataclass(frozen=True)
class Placement:
    """How a landscape lies in the plane that is drawn and stepped in.

    It is scaled, then turned counterclockwise, both about the origin, then shifted:
    drawn = shift + rotation @ (scale * own). What is not given leaves every number as it is, to the bit.
    """

    shift: Point = ()
    degrees: float = 0.0
    scale: Point = ()

    @property
    def trivial(self) -> bool:
        return not self.shift and not self.degrees and not self.scale

    def own(self, *drawn: Any) -> tuple[Any, ...]:
        """The landscape's own coordinates of a drawn point; arrays and Tensors alike."""
        at = drawn
        if self.shift:
            at = tuple(u - d for u, d in zip(at, self.shift, strict=True))
        if self.degrees:
            cos, sin = _turn(self.degrees)
            at = cos * at[0] + sin * at[1], cos * at[1] - sin * at[0]
        if self.scale:
            at = tuple(u / s for u, s in zip(at, self.scale, strict=True))
        return at

    def drawn(self, own: Sequence[float]) -> Point:
        """Where a point of the landscape is drawn."""
        at = tuple(float(v) for v in own)
        if self.scale:
            at = tuple(u * s for u, s in zip(at, self.scale, strict=True))
        if self.degrees:
            cos, sin = _turn(self.degrees)
            at = cos * at[0] - sin * at[1], sin * at[0] + cos * at[1]
        if self.shift:
            at = tuple(u + d for u, d in zip(at, self.shift, strict=True))
        return at

    def box(self, own: Sequence[float]) -> Point:
        """The box [low, high, …] around where a box of the landscape is drawn."""
        ends = [own[i : i + 2] for i in range(0, len(own), 2)]
        corners = np.array([self.drawn(corner) for corner in _corners(ends)])
        return tuple(
            float(v) for pair in zip(corners.min(axis=0), corners.max(axis=0), strict=True) for v in pair
        )

    def function(self, own: Callable[..., Any]) -> Callable[..., Any]:
        """A function of the landscape's own coordinates as one of those that are drawn."""
        return own if self.trivial else lambda *drawn: own(*self.own(*drawn))


def placement(thing: Thing, names: Sequence[str], mixes: bool) -> Placement:
    """How the scene places a landscape; `mixes` says whether its parameters may be mixed by a rotation.

    Raises Wrong, with the name of the setting as what is wrong, where that cannot be.
    """
    n = len(names)
    shift, scale = tuple(thing.settings.get("shift", ())), tuple(thing.settings.get("scale", ()))
    degrees = thing.settings.get("rotate", 0.0) % 360
    if len(scale) == 1:
        scale = scale * n
    form = ", ".join(names)
    for setting, given in (("shift", shift), ("scale", scale)):
        if given and len(given) != n:
            numbers = f"{len(given)} number{'s' if len(given) > 1 else ''}"
            raise Misplaced(
                setting, f"a {setting} of {numbers} where {thing.name} takes {n}", f"takes [{form}]"
            )
    if degrees and n != 2:
        raise Misplaced("rotate", f"{thing.name} is a function of {form} alone, with no plane to rotate")
    if degrees and not mixes:
        message = f"rotate would mix {' and '.join(names)}, which mean different things"
        raise Misplaced("rotate", message, "shift and scale keep them apart")
    return Placement(shift if any(shift) else (), degrees, scale if any(s != 1 for s in scale) else ())


class Misplaced(Wrong):
    """A placement that a landscape cannot have, and the setting that asks for it."""

    def __init__(self, setting: str, message: str, hint: str = "") -> None:
        super().__init__(message, hint)
        self.setting = setting


def parameter(name: str, placed: Placement, i: int) -> str:
    """The name of a placed parameter that means something: a slope drawn at twice itself is `2 slope`."""
    scaled = f"{placed.scale[i]:g} {name}" if placed.scale and placed.scale[i] != 1 else name
    shift = placed.shift[i] if placed.shift else 0.0
    return f"{scaled} {'+' if shift > 0 else '−'} {abs(shift):g}" if shift else scaled


def _turn(degrees: float) -> tuple[float, float]:
    """Cosine and sine, exact for right angles."""
    exact = {90.0: (0.0, 1.0), 180.0: (-1.0, 0.0), 270.0: (0.0, -1.0)}
    angle = math.radians(degrees)
    return exact.get(degrees, (math.cos(angle), math.sin(angle)))


def _corners(ends: Sequence[Sequence[float]]) -> list[Point]:
    corners: list[Point] = [()]
    for pair in ends:
        corners = [(*corner, end) for corner in corners for end in pair]
    return corners
