"""What a scene may point at on any panel: points, arrows, levels and words, in the panel's own numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from keyword import iskeyword
from typing import Annotated, Any

from optanim.errors import Mistake
from optanim.hints import a
from optanim.kinds import mark, panel
from optanim.scene import Thing
from optanim.settings import Lead, ListOf, Number, Real

FORMS = {1: "[x]", 2: "[x, y]", 3: "[x, y, z]"}
Place = Annotated[tuple[float, ...], ListOf(Number(), lengths=(1, 2, 3))]


def _one_axis(settings: Mapping[str, Any]) -> str | None:
    given = [name for name in ("x", "y") if settings[name] is not None]
    if len(given) == 1:
        return None
    return "x and y are two levels, a mark each" if given else "'level' needs x or y"


@mark
@dataclass(frozen=True, kw_only=True)
class Point:
    """A ring around a place, with words beside it."""

    at: Lead[Place]
    label: str | None = None

    @property
    def places(self) -> tuple[tuple[float, ...], ...]:
        return (self.at,)


@mark
@dataclass(frozen=True, kw_only=True)
class Arrow:
    """An arrow from one place to another, with words at its tail."""

    from_: Place
    to: Place
    label: str | None = None

    @property
    def places(self) -> tuple[tuple[float, ...], ...]:
        return (self.from_, self.to)


@mark(check=_one_axis)
@dataclass(frozen=True, kw_only=True)
class Level:
    """A hairline across the panel, level at a y or upright at an x, with words on it."""

    y: Lead[Real] | None = None
    x: Real | None = None
    label: str | None = None

    @property
    def places(self) -> tuple[tuple[float, ...], ...]:
        return ()


@mark
@dataclass(frozen=True, kw_only=True)
class Text:
    """Words alone, their middle at a place."""

    label: Lead[str]
    at: Place

    @property
    def places(self) -> tuple[tuple[float, ...], ...]:
        return (self.at,)


Mark = Point | Arrow | Level | Text


def made(thing: Thing) -> Mark:
    """The mark that a scene names; `steps`, which all marks have, is left to who draws it."""
    own = mark[thing.name].settings
    settings = {name + "_" * iskeyword(name): v for name, v in thing.settings.items() if name in own}
    found: Mark = mark[thing.name].function(**settings)
    return found


def mistakes(on: Thing, steps: int) -> Iterator[Mistake]:
    """What is wrong with the marks of a panel, in a film of so many steps."""
    allowed: tuple[int, ...] = panel[on.name].facts.get("marks", (2,))
    for thing in on.settings.get("marks", ()):
        if not allowed:
            yield Mistake(f"'{on.name}' takes no marks", thing.place, "it has no axes to place them on")
            continue
        if thing.name == "level" and 3 in allowed:
            yield Mistake(f"'{on.name}' takes no level", thing.place, "mark a point or draw an arrow")
        for name in ("at", "from", "to"):
            place = thing.settings.get(name)
            if place is not None and len(place) not in allowed:
                forms = " or ".join(FORMS[n] for n in allowed)
                what = f"{a(thing.name)} at {len(place)} number{'s' if len(place) > 1 else ''}"
                yield Mistake(f"{what} on '{on.name}'", thing.where(name), f"takes {forms}")
        span = thing.settings.get("steps")
        if span and steps and span[0] > steps:
            hint = f"the film ends with step {steps}"
            yield Mistake(f"{a(thing.name)} from step {span[0]:g} is never shown", thing.where("steps"), hint)
