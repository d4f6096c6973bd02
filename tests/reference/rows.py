"""What a row of the table is, and what several rows share."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Settings = dict[str, Any]
# An argument is one of our settings, several (for a list of values), nothing that changes a path
# (None), or what a function of its value makes of it.
Argument = str | tuple[str, ...] | None | Callable[[Any], Settings]


class Unsupported(Exception):
    """A case that no settings of optanim express, and why."""


class Unknown(Unsupported):
    """A class or argument that the table does not have: nobody has looked at it yet."""


@dataclass(frozen=True)
class Row:
    """A class of a library as a rule of ours; `settings` are its defaults where ours are others.

    `given` are arguments with the value that they have in the library if a case does not give them.
    """

    rule: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    settings: Settings = field(default_factory=dict)
    lr: float | None = None
    given: Settings = field(default_factory=dict)


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


def choose(name: str, **settings: Any) -> Callable[[Any], Settings]:
    """A flag that makes another rule of it."""
    return lambda on: {"rule": name, **settings} if on else {}


def finite(setting: str) -> Callable[[Any], Settings]:
    """A bound that is none where it is infinite."""
    return lambda value: {setting: None if value == float("inf") else value}


def root_of(setting: str) -> Callable[[Any], Settings]:
    """An argument that is the square of a setting, where it is told."""
    return lambda value: {setting: None if value is None else float(value) ** 0.5}


def first_distance(told: Any) -> Settings:
    """optax's init_step: what the distance of DoG starts at."""
    word, value = told
    if word == "learning_rate":
        raise Unsupported("a first step by a learning rate")
    return {"r0" if word == "distance" else "reps_rel": value}


def decayed(value: Any) -> Settings:
    """Weight decay that may be None."""
    return {"weight_decay": value or 0.0}


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

TORCH_SGD: dict[str, Argument] = {
    "momentum": "momentum",
    "dampening": "dampening",
    "nesterov": "nesterov",
    "weight_decay": "weight_decay",
}
RMS: dict[str, Argument] = {
    "alpha": "alpha",
    "eps": "eps",
    "momentum": "momentum",
    "centered": "centered",
    "weight_decay": "weight_decay",
}
EITHER_DECAY: dict[str, Argument] = {
    "weight_decay": "weight_decay",
    "weight_decouple": decay("decoupled", "coupled"),
    "fixed_decay": only(False, "decay that does not go with the learning rate"),
}
CAUTION: dict[str, Argument] = {
    "caution": only(False, "a cautious variant"),
    "corrected_weight_decay": None,  # lr**2 over the largest lr, which is lr while that is constant
}
CAUTIOUS: dict[str, Argument] = {
    "cautious": only(False, "a cautious variant"),
    "use_gc": only(False, "centralised gradients"),
    "adanorm": only(False, "gradients of averaged length"),
}
KERAS_DECAY: dict[str, Argument] = {"weight_decay": decayed}
INSIDE: Settings = {"eps_inside_sqrt": True}
NO_DECAY_LEFT = "its coupled decay does nothing: it is added to a gradient that has been used"
