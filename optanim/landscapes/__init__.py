"""Loss landscapes, one function each, by family; they work on floats, arrays and Tensors alike.

A landscape that is differentiable works on complex arrays too. Its `view` is the part worth
looking at, with all of its minima that are lowest there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from optanim.registry import Entry
from optanim.scene import Thing

# To be read in this order: simplest first.
ORDER = (
    "bowls",
    "valleys",
    "saddles",
    "plateaus",
    "wells",
    "ripples",
    "rugged",
    "nonsmooth",
    "terrain",
    "formula",
    "regression",
    "polynomials",
    "networks",
)


def settings_of(entry: Entry, thing: Thing) -> dict[str, Any]:
    """The settings that the landscape's own function takes, defaults included."""
    given = {name: value for name, value in thing.settings.items() if name in entry.settings}
    return entry.defaults() | given


def fact(entry: Entry, name: str, settings: Mapping[str, Any]) -> Any:
    """A fact that is stated, or computed from the settings; None where there is none."""
    stated = entry.facts.get(name)
    return stated(**settings) if callable(stated) else stated


def names(entry: Entry, thing: Thing) -> tuple[str, ...] | None:
    """The names of the parameters, as many as a start has numbers; None where they are arrays."""
    if "arrays" in entry.facts:
        return None
    stated = fact(entry, "names", settings_of(entry, thing))
    return tuple(stated) if stated else tuple(ask for ask in entry.asks if ask != "data")
