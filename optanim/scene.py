"""A scene as it was read: what to run, what to draw, what to write."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

from optanim.errors import Mistake, Place, Source
from optanim.kinds import SIZES, LearningRate, Start, Themes, panel, schedule
from optanim.settings import (
    Axes,
    Count,
    ListOf,
    NonNegative,
    Number,
    OneOf,
    Positive,
    Rate,
    Scheduled,
    Seed,
    Text,
    ThingOf,
    View,
    Wrong,
    closest,
)

Point = tuple[float, ...]


@dataclass(frozen=True)
class Thing:
    """A thing that a scene names: only the settings that it gives, already checked.

    `places` tells where each setting stands, for what can only be found wrong later.
    """

    name: str
    settings: Mapping[str, Any] = field(default_factory=dict)
    place: Place | None = field(default=None, compare=False)
    places: Mapping[str, Place] = field(default_factory=dict, compare=False)

    def where(self, setting: str) -> Place | None:
        """The place of a setting, or of the thing where the setting was not given."""
        return self.places.get(setting, self.place)


def drawn(panel: Thing) -> Thing:
    """What a panel draws: itself, or of a grid the panel in its cells, with what the grid says for it."""
    inner = panel.settings.get("panel")
    if not isinstance(inner, Thing):
        return panel
    said = [name for name in ("only", "view", "marks") if name in panel.settings]
    settings = {name: panel.settings[name] for name in said} | dict(inner.settings)
    places = {name: panel.places[name] for name in said if name in panel.places} | dict(inner.places)
    return Thing(inner.name, settings, inner.place, places)


def turning(panels: Iterable[Thing]) -> bool:
    """Whether a camera moves in a panel, or in the cells of a grid."""
    orbits = [drawn(panel).settings.get("orbit") for panel in panels]
    return any(orbit is not None and orbit[0] != orbit[1] for orbit in orbits)


def without_initial(thing: Thing) -> Thing | None:
    """A schedule that lacks its first value, or the part of it that does; None where none does."""
    settings = schedule[thing.name].settings
    if "initial" in settings:
        lacks = thing.settings.get("initial", settings["initial"].default) is None
        return thing if lacks else None
    parts = thing.settings.get("parts", ())
    return next((lacking for part in parts if (lacking := without_initial(part)) is not None), None)


@dataclass(frozen=True)
class Run:
    """One optimizer on the scene's landscape, everything resolved by nearest-wins.

    `rule.settings` are the rule's own. `lr` is None where it is to be tuned in the open, and a
    schedule may stand for it and for settings that may change with the step; `start`
    is None for the landscape's own.
    """

    rule: Thing
    lr: float | Thing | None
    steps: int
    start: Point | None = None
    label: str | None = None
    color: str | None = None
    layers: str | None = None  # of a network each array is one, elsewhere all are one
    seed: int | None = None  # of what is random in it, but not of the data; None: the scene's
    swept: Mapping[str, Any] = field(default_factory=dict)  # axis to value, in the order of the scene
    number: int | None = None  # which of the scene's optimizers it is, from 0; None: by its place


@dataclass(frozen=True)
class Axis:
    """What a sweep varies, and the values that it takes, with their places in the scene."""

    name: str
    values: tuple[Any, ...]
    place: Place
    places: tuple[Place, ...] = field(default=(), compare=False)


# An axis that changes what is run on: each of its values is a scene of its own.
OF_WORLDS = ("landscape", "dataset", "batch")


def told_apart(runs: Sequence[Run], by: str | None = None) -> list[list[int]]:
    """The runs in groups that are alike `by` an axis or by the optimizer; else by all but the seed.

    A run that an axis does not apply to is alike with the others of its optimizer.
    """
    groups: dict[Any, list[int]] = {}
    for i, run in enumerate(runs):
        which = i if run.number is None else run.number
        if by is None:
            key: Any = which, key_of({name: value for name, value in run.swept.items() if name != "seed"})
        elif by in run.swept:
            key = key_of(run.swept[by])
        else:
            key = "", which
        groups.setdefault(key, []).append(i)
    return list(groups.values())


def first_seeds(runs: Sequence[Run]) -> list[Run]:
    """Of runs that differ in the seed alone the first, and all others."""
    return [runs[group[0]] for group in told_apart(runs)]


def key_of(value: Any) -> Any:
    """What stands for a value among others: a thing holds a mapping, and has no hash."""
    if isinstance(value, Thing):
        return value.name, key_of(value.settings)
    if isinstance(value, Mapping):
        return tuple(sorted((name, key_of(each)) for name, each in value.items()))
    if isinstance(value, (tuple, list)):
        return tuple(map(key_of, value))
    return type(value).__name__, value


@dataclass(frozen=True)
class Size:
    """The size of a picture in pixels; type and lines grow with it, and are so many times larger.

    A height of None is chosen by the layout: one row of panels is flat, three are tall.
    """

    width: int
    height: int | None
    type: float = 1.0


NAMED_SIZES = {
    "readme": Size(1000, None),
    "wide": Size(1280, 720),
    "square": Size(800, 800),
    "hd": Size(1920, 1080),
    "slides": Size(1280, 720, type=1.5),  # to be read from the last row
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
    """How long, how large and in which colours a scene is shown.

    With a `scale` of 2 the same layout has twice the pixels along each side.
    """

    seconds: float = 6.0
    hold: float = 2.0
    fps: float = 30.0
    size: Size = NAMED_SIZES["readme"]
    theme: str = "light"
    scale: float = 1.0


@dataclass(frozen=True)
class Output:
    """One file to write: its format with the settings of the format alone, and its look."""

    format: Thing
    look: Look
    suffix: str = ""  # what stands between the scene's name and the file's ending
    max_bytes: int | None = None  # that the file may have


@dataclass(frozen=True)
class Limits:
    """What one scene may ask for; a stranger's scene must not eat the machine."""

    steps: int = 100_000
    frames: int = 5_000
    pixels: int = 4_000_000
    work: int = (
        2_000_000_000  # evaluations of the model: steps of all runs, tuning included, times rows of data
    )


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
    batch: int | Thing | None = None  # rows of data that a step sees; None: all
    seed: int = 0
    axes: tuple[Axis, ...] = ()  # of the sweep
    worlds: tuple[Scene, ...] = ()  # one for each landscape, dataset and batch of a sweep, its runs in order
    view: Point | None = None
    minima: tuple[Point, ...] | None = None
    panels: tuple[Thing, ...] = ()
    mosaic: tuple[tuple[int | None, ...], ...] = ()  # per row, which of the panels; None: nothing
    arranged: bool = True  # the scene says how its panels stand; else a tall picture may stack them
    pace: str = "linear"
    look: Look = Look()  # of the scene, which an output may change for itself
    themes: tuple[str, ...] = (Look.theme,)
    outputs: tuple[Output, ...] = ()
    warnings: tuple[Mistake, ...] = ()
    places: Mapping[str, Place] = field(default_factory=dict)  # where the value of each key stands

    def seed_of(self, run: Run) -> int:
        """Where the random numbers of a run start from."""
        return self.seed if run.seed is None else run.seed

    @property
    def steps(self) -> int:
        """The steps of the longest run."""
        return max((run.steps for run in self.runs), default=0)

    @property
    def landscape_shown(self) -> bool:
        """Whether a panel draws the landscape itself."""
        return any("landscape" in panel[thing.name].facts.get("needs", "").split() for thing in self.panels)

    @property
    def moves(self) -> bool:
        """Whether anything in the figure changes with time."""
        return bool(self.runs) or self.turns

    @property
    def turns(self) -> bool:
        """Whether a camera moves, so that every frame is a new picture."""
        return turning(self.panels)


Landscape = Annotated[Thing, ThingOf("landscape")]
Dataset = Annotated[Thing, ThingOf("dataset")]
Optimizers = Annotated[tuple[Thing, ...], ListOf(ThingOf("optimizer"))]
Points = Annotated[tuple[Point, ...], ListOf(ListOf(Number()))]
Panels = Annotated[tuple[Any, ...], ListOf(OneOf((ThingOf("panel"), ListOf(ThingOf("panel")))))]
Sweep = Annotated[Any, Axes()]
Words = Annotated[tuple[str, ...], ListOf(Text())]
Formats = Annotated[tuple[Thing, ...], ListOf(ThingOf("format"))]


def keys(
    *,
    title: str | None = None,
    caption: str | None = None,
    alt: str | None = None,
    landscape: Landscape | None = None,
    dataset: Dataset | None = None,
    optimizers: Optimizers = (),
    lr: LearningRate | None = None,
    start: Start | None = None,
    weight_decay: Scheduled[NonNegative] | None = None,
    steps: Count = 100,
    batch: Scheduled[Count] | Literal["full"] = "full",
    seed: Seed = 0,
    sweep: Sweep | None = None,
    view: View | None = None,
    minima: Points | None = None,
    panels: Panels | None = None,
    layout: Words | None = None,
    seconds: Positive = Look.seconds,
    hold: NonNegative = Look.hold,
    fps: Rate = Look.fps,
    pace: Literal["linear", "log"] = "linear",
    size: str = "readme",
    theme: Themes = (Look.theme,),
    output: Formats | None = None,
) -> None:
    """The keys of a scene file, with their types and defaults."""
