"""What the tables of other libraries' schedules are written with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from optanim.kinds import schedule
from optanim.scene import Thing
from optanim.settings import ListOf, Wrong
from tests.reference.rows import Unknown, Unsupported


class Arguments:
    """The arguments of a class; one that is not taken is one that nobody has looked at.

    `base` is the learning rate of the optimizer that a schedule was put on, `steps` what is compared.
    """

    def __init__(self, given: Mapping[str, Any], base: float, steps: int) -> None:
        self.given = dict(given)
        self.base = base
        self.steps = steps

    def take(self, name: str, default: Any = ...) -> Any:
        """An argument, or the library's default; without one it must be given."""
        if name in self.given:
            return self.given.pop(name)
        if default is ...:
            raise Unknown(f"no {name}")
        return default

    def only(self, name: str, expected: Any, why: str) -> None:
        """An argument that is expressed at one value alone."""
        if self.take(name, expected) != expected:
            raise Unsupported(why)

    def end(self) -> None:
        """Refuses what has not been taken."""
        if self.given:
            raise Unknown("no setting for " + ", ".join(f"{n}={v!r}" for n, v in self.given.items()))


# A row makes our schedule from arguments; a text says why none is.
Row = Callable[[Arguments], Thing] | str


def made(name: str, **settings: Any) -> Thing:
    """A schedule with its settings as the scene's reader would hand them on; what is None is left out."""
    entry = schedule[name]
    known = schedule.common | dict(entry.settings)
    held: dict[str, Any] = {}
    for word, value in settings.items():
        if value is None:
            continue
        kind = known[word].type
        try:
            if not isinstance(kind, ListOf):
                held[word] = kind.check(value)  # type: ignore[union-attr]
            elif word == "parts":
                held[word] = tuple(value)
            else:
                held[word] = tuple(kind.item.check(part) for part in value)  # type: ignore[union-attr]
        except Wrong as wrong:
            raise Unsupported(f"{name}: {word}: {wrong.message}") from None
    check = entry.facts.get("check")
    if check and (why := check(entry.defaults() | held)):
        raise Unsupported(f"{name}: {why}")
    return Thing(name, held)


def held_first(steps: int) -> dict[str, Any]:
    """The settings of a schedule that stays at its first value for so many steps."""
    return {"warmup": steps, "warmup_from": 1.0, "warmup_shape": "constant"} if steps > 0 else {}


def risen(steps: int, first: float, peak: float) -> dict[str, Any]:
    """The settings of a schedule that comes in a line from a first value up to its own."""
    if steps <= 0:
        return {}
    if peak == 0:
        raise Unsupported("a warm-up is a part of the value that it leads to, here 0")
    return {"warmup": steps, "warmup_from": first / peak}
