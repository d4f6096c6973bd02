"""The update rules as the classes that users of PyTorch know: `optim.Adam(params, lr=0.1)`.

There is a class for every registered rule that needs no more than gradients, by its title without
spaces and hyphens: GD, SGD, Momentum, Nesterov, Adagrad, RMSprop, Adam, AdamW, LAMB, Lion, Muon, …
Capitals may differ: SignSGD is signSGD. `help` of a class says its formula and its settings.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from functools import cache
from typing import Any, ClassVar

import numpy as np

from optanim.autodiff import Tensor
from optanim.catalogue import body
from optanim.hints import instead_of
from optanim.kinds import optimizer
from optanim.registry import Entry, type_of
from optanim.settings import Positive, Wrong

RATE = type_of(Positive)[0]


class Optimizer:
    """Steps Tensors along their `.grad` by one rule; each Tensor is a layer, as in torch.

    Settings are the rule's own and its defaults; a name it does not have is a TypeError, a value
    out of range a ValueError.
    """

    entry: ClassVar[Entry]

    def __init__(self, params: Iterable[Tensor], lr: float | None = None, **settings: Any) -> None:
        self.params = [params] if isinstance(params, Tensor) else list(params)
        name = type(self).__name__
        for param in self.params:
            if not isinstance(param, Tensor):
                raise TypeError(f"{name} steps Tensors, not a {type(param).__name__}")
        if not self.params:
            raise ValueError(f"{name} has no Tensors to step")
        if len({id(param) for param in self.params}) < len(self.params):
            raise ValueError(f"{name}: one Tensor is given twice")
        known = self.entry.settings
        for word in settings:
            if word not in known:
                hint = instead_of(word, ["lr", *known])
                raise TypeError(f"{name} has no setting '{word}'" + (f": {hint}" if hint else ""))
        if lr is None:
            lr = self.entry.facts.get("lr")
        if lr is None:
            raise TypeError(f"{name} needs a learning rate, such as lr=0.1")
        self.lr = float(_checked(name, "lr", RATE, lr))
        given = {
            word: value if value is known[word].default else _checked(name, word, known[word].type, value)
            for word, value in settings.items()
        }
        self.settings = self.entry.defaults() | given
        check = self.entry.facts.get("check")
        if check and (wrong := check(self.settings)):
            raise ValueError(f"{name}: {wrong}")
        self.t = 0
        self._states: list[dict[str, Any]] = [{} for _ in self.params]

    def zero_grad(self) -> None:
        """Sets every gradient back to 0, which `backward` would otherwise add to."""
        for param in self.params:
            param.grad = 0.0

    def step(self) -> None:
        """Moves every Tensor once."""
        self.t += 1
        rule, settings = self.entry.function, self.settings
        with np.errstate(all="ignore"):
            if self.entry.facts.get("sees") == "all":
                p = np.concatenate([param.data.ravel() for param in self.params])[None]
                g = np.concatenate([np.ravel(param.grad) for param in self.params])[None]
                moved = rule(p, g, self._states[0], self.lr, self.t, **settings)[0]
                ends = np.cumsum([param.data.size for param in self.params])[:-1]
                for param, part in zip(self.params, np.split(moved, ends), strict=True):
                    param.value = part.reshape(param.shape)
                return
            for param, state in zip(self.params, self._states, strict=True):
                # A rule steps many runs: this is one of one.
                p, g = (
                    param.data.reshape(1, *(param.shape or (1,))),
                    np.reshape(param.grad, (1, *(param.shape or (1,)))),
                )
                param.value = rule(p, g, state, self.lr, self.t, **settings).reshape(param.shape)

    def average(self) -> list[np.ndarray]:
        """What is to be used in place of each Tensor, by a rule that averages its points.

        The Tensors are where gradients are taken. A TypeError of rules whose Tensors are the result.
        """
        shows = self.entry.facts.get("shows")
        if shows is None:
            raise TypeError(f"{type(self).__name__} averages nothing: its Tensors are the result")
        if not self.t:
            return [np.array(param.data) for param in self.params]
        return [
            shows(param.data.reshape(1, *(param.shape or (1,))), state, **self.settings).reshape(param.shape)
            for param, state in zip(self.params, self._states, strict=True)
        ]

    def __repr__(self) -> str:
        settings = "".join(f", {name}={value!r}" for name, value in self.settings.items())
        return f"{type(self).__name__}({len(self.params)} Tensors, lr={self.lr!r}{settings})"


def _checked(name: str, word: str, kind: Any, value: Any) -> Any:
    try:
        return kind.check(value)
    except Wrong as wrong:
        raise ValueError(
            f"{name}: {word}: {wrong.message}" + (f": {wrong.hint}" if wrong.hint else "")
        ) from None


def _class_name(entry: Entry) -> str:
    return "".join(character for character in entry.title if character.isalnum())


@cache
def _classes() -> dict[str, type[Optimizer]]:
    """A class per rule; rules that ask for more than a gradient can only be stepped by a scene."""
    made = {}
    for entry in optimizer.entries():
        if not entry.asks:
            name = _class_name(entry)
            formula = f"{entry.summary}\n\n{body(entry)}".rstrip()
            members = {
                "entry": entry,
                "__doc__": f"{formula}\n\nThe rule '{entry.name}'; see `optanim explain {entry.name}`.",
                "__module__": __name__,
                "__signature__": _signature(entry),
            }
            made[name] = type(name, (Optimizer,), members)
    return made


def _signature(entry: Entry) -> inspect.Signature:
    """What a class takes: Tensors, a learning rate and the settings of its rule."""
    either, named = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    return inspect.Signature(
        [
            inspect.Parameter("params", either),
            inspect.Parameter("lr", either, default=entry.facts.get("lr")),
            *(inspect.Parameter(each.name, named, default=each.default) for each in entry.settings.values()),
        ]
    )


def __getattr__(name: str) -> type[Optimizer]:
    if name.startswith("_"):
        raise AttributeError(f"optanim.optim has no {name}")
    for known, made in _classes().items():
        if name.lower() == known.lower():
            return made
    for entry in optimizer.entries():
        if name.lower() == _class_name(entry).lower():
            more = ", ".join(entry.asks)
            raise AttributeError(
                f"{name} asks for more than a gradient ({more}): name {entry.name} in a scene"
            )
    raise AttributeError(f"optanim.optim has no {name}")


def __dir__() -> list[str]:
    return ["Optimizer", *_classes()]
