"""Which rule and which settings of optanim a run of another library is: one table for all of them.

Each row is a class (or function) of a library. It names our rule, what the library's arguments are
called here, and the settings in which the library's defaults are not ours. A case that no settings
express cleanly is unsupported, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Settings = dict[str, Any]
# An argument is one of our settings, several (for a list of values), nothing that changes a path
# (None), or what a function of its value makes of it.
Argument = str | tuple[str, ...] | None | Callable[[Any], Settings]


class Unsupported(Exception):
    """A case that no settings of optanim express, and why."""


@dataclass(frozen=True)
class Row:
    """A class of a library as a rule of ours; `settings` are its defaults where ours are others."""

    rule: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    settings: Settings = field(default_factory=dict)
    lr: float | None = None


def to_settings(case: Mapping[str, Any]) -> tuple[str, Settings]:
    """The rule of a case, and its settings with `lr` and, where the loss is climbed, `maximize`.

    Of a wrapper the setting `base` is the inner rule as {rule: settings}. Raises Unsupported.
    """
    cls, given = case["cls"], dict(case["kw"])
    wrapper = re.fullmatch(r"([\w.]+)\(([\w.]+)\)", cls)
    if not wrapper:
        return _from(case["lib"], cls, given)
    outer, inner = wrapper.groups()
    lib, _, name = inner.rpartition(".")
    lib = {"": outer.partition(".")[0], "po": "pytorch_optimizer"}.get(lib, lib)
    lr = {word: given[word] for word in ("lr", "learning_rate") if word in given}
    base, settings = _from(lib, name, {**(given.pop("base", None) or {}), **lr})
    climbs = settings.pop("maximize", False)
    rate = settings.pop("lr")
    rule, own = _from(case["lib"], outer, given)
    return rule, own | {"base": {base: settings}, "lr": rate} | ({"maximize": True} if climbs else {})


def _from(lib: str, cls: str, given: Settings) -> tuple[str, Settings]:
    row = TABLE.get(f"{lib}:{cls}")
    if row is None:
        raise Unsupported(f"no rule for {lib}'s {cls}")
    if isinstance(row, str):
        raise Unsupported(row)
    settings: Settings = {"lr": row.lr, **row.settings}
    arguments = EVERYWHERE | dict(row.arguments)
    for name, value in given.items():
        if name not in arguments:
            raise Unsupported(f"{row.rule} has no setting for {cls}({name}={value!r})")
        argument = arguments[name]
        if isinstance(argument, str):
            settings[argument] = value
        elif isinstance(argument, tuple):
            settings |= dict(zip(argument, value, strict=True))
        elif argument is not None:
            settings |= argument(value)
    return row.rule, settings


def only(expected: Any, why: str) -> Callable[[Any], Settings]:
    """An argument that is expressed at one value alone."""

    def check(value: Any) -> Settings:
        if value != expected:
            raise Unsupported(why)
        return {}

    return check


def decay(yes: str, no: str) -> Callable[[Any], Settings]:
    """A flag that says which of two ways weight decay goes."""
    return lambda value: {"decay": yes if value else no}


EVERYWHERE: dict[str, Argument] = {
    "lr": "lr",
    "learning_rate": "lr",
    "maximize": "maximize",
    "foreach": None,
    "fused": None,
    "capturable": None,
    "differentiable": None,
    "print_change_log": None,
    "name": None,
}
BETAS: dict[str, Argument] = {"betas": ("beta1", "beta2"), "eps": "eps", "weight_decay": "weight_decay"}
OPTAX: dict[str, Argument] = {"b1": "beta1", "b2": "beta2", "eps": "eps", "weight_decay": "weight_decay"}
KERAS: dict[str, Argument] = {
    "beta_1": "beta1",
    "beta_2": "beta2",
    "epsilon": "eps",
    "weight_decay": "weight_decay",
}

# Gradient descent, momentum, signs, and steps that shrink with all gradients so far.
SIMPLE: dict[str, Row | str] = {
    "torch:SGD": Row(
        "sgd",
        {
            "momentum": "momentum",
            "dampening": "dampening",
            "nesterov": "nesterov",
            "weight_decay": "weight_decay",
        },
        lr=1e-3,
    ),
    "optax:sgd": Row("sgd", {"momentum": "momentum", "nesterov": "nesterov"}),
}

# Adam and what was made of it.
ADAPTIVE: dict[str, Row | str] = {
    "torch:AdamW": Row("adamw", BETAS, lr=1e-3),
}

# Whole layers, and matrices.
LAYERS: dict[str, Row | str] = {}

# Second order, line searches, steps without a learning rate, averages, wrappers.
OTHERS: dict[str, Row | str] = {}

TABLE: dict[str, Row | str] = SIMPLE | ADAPTIVE | LAYERS | OTHERS
