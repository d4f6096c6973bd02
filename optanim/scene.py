"""A scene as it was read: what to run, what to draw, what to write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from optanim.errors import Mistake, Place, Source
from optanim.kinds import SIZES
from optanim.settings import Wrong, closest

Point = tuple[float, ...]


@dataclass(frozen=True)
class Thing:
    """A thing that a scene names: only the settings that it gives, already checked.

    `places` tells where each setting stands, for what can only be found wrong later.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    place: Place | None = None
    places: Mapping[str, Place] = field(default_factory=dict)

    def where(self, setting: str) -> Place | None:
        """The place of a setting, or of the thing where the setting was not given."""
        return self.places.get(setting, self.place)


@dataclass(frozen=True)
class Run:
    """One optimizer on the scene's landscape, everything resolved by nearest-wins.

    `rule.settings` are the rule's own. `lr` is None where it is to be tuned in the open; `start`
    is None for the landscape's own.
    """

    rule: Thing
    lr: float | None
    steps: int
    start: Point | None = None
    label: str | None = None
    color: str | None = None
    layers: str = "joint"


@dataclass(frozen=True)
class Size:
    """The size of a picture in pixels; `dpi` sets how large type and lines are in it.

    A height of None is chosen by the layout: one row of panels is flat, three are tall.
    """

    width: int
    height: int | None
    dpi: int = 100


NAMED_SIZES = {
    "readme": Size(1000, None),
    "wide": Size(1280, 720, 120),
    "square": Size(800, 800),
    "hd": Size(1920, 1080, 180),
}
assert tuple(NAMED_SIZES) == SIZES


def parse_size(text: str) -> Size:
    """The size that a word or WIDTHxHEIGHT means, or Wrong."""
    if text in NAMED_SIZES:
        return NAMED_SIZES[text]
    match = re.fullmatch(r"(\d{1,6})x(\d{1,6})", text)
    if not match:
        raise Wrong(
            f"'{text}' is not a size",
            closest(text, SIZES) or f"takes {', '.join(SIZES)} or WIDTHxHEIGHT such as 1280x720",
        )
    width, height = int(match[1]), int(match[2])
    if width < 200 or height < 150:
        raise Wrong(f"{text} is too small to draw in", "takes at least 200x150")
    return Size(width, height)


@dataclass(frozen=True)
class Look:
    """How long, how large and in which colours a scene is shown."""

    seconds: float = 6.0
    hold: float = 2.0
    fps: float = 30.0
    size: Size = NAMED_SIZES["readme"]
    theme: str = "light"


@dataclass(frozen=True)
class Output:
    """One file to write: its format with the settings of the format alone, and its look."""

    format: Thing
    look: Look
    suffix: str = ""  # what stands between the scene's name and the file's ending


@dataclass(frozen=True)
class Limits:
    """What one scene may ask for; a stranger's scene must not eat the machine."""

    steps: int = 100_000
    frames: int = 5_000
    pixels: int = 4_000_000


@dataclass(frozen=True)
class Scene:
    """Everything a scene file says, with the defaults filled in."""

    name: str
    source: Source
    folder: Path
    title: str | None = None
    caption: str | None = None
    alt: str | None = None
    landscape: Thing | None = None
    dataset: Thing | None = None
    runs: tuple[Run, ...] = ()
    seed: int = 0
    view: Point | None = None
    minima: tuple[Point, ...] | None = None
    panels: tuple[Thing, ...] = ()
    mosaic: tuple[tuple[int | None, ...], ...] = ()  # per row, which of the panels; None: nothing
    pace: str = "linear"
    outputs: tuple[Output, ...] = ()
    warnings: tuple[Mistake, ...] = ()

    @property
    def steps(self) -> int:
        """The steps of the longest run."""
        return max((run.steps for run in self.runs), default=0)

    @property
    def moves(self) -> bool:
        """Whether anything in the figure changes with time."""
        return bool(self.runs)
