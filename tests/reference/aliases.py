"""Rules that are SGD with some of its settings, and have paths of its kind for that."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from optanim.kinds import optimizer
from tests.reference.rows import Settings

# By rule, which settings of SGD make it that rule.
ALIASES: Mapping[str, Callable[[Settings], bool]] = {
    "gd": lambda s: not s["momentum"] and not s["weight_decay"],
    "momentum": lambda s: s["momentum"] > 0 and not s["nesterov"],
    "nesterov": lambda s: s["nesterov"] and (not s["weight_decay"] or s["decay"] == "coupled"),
    "sgdw": lambda s: s["weight_decay"] > 0 and s["decay"] == "decoupled",
}


def also(rule: str, settings: Settings, lib: str) -> dict[str, dict[str, Any]]:
    """The other rules that have this one's path, by name with their settings."""
    if rule != "sgd":
        return {}
    full = optimizer[rule].defaults() | settings | {"lr_inside": lib == "keras"}
    return {
        name: {word: full[word] for word in optimizer[name].settings if word in full}
        for name, holds in ALIASES.items()
        if holds(full)
    }
