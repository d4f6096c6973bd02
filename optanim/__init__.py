"""optanim: a short YAML scene in, a true and beautiful animation of optimizers out."""

from __future__ import annotations

import importlib
import sys
import types
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from optanim import optim as optim
    from optanim.autodiff import Tensor as Tensor
    from optanim.errors import RenderError as RenderError
    from optanim.errors import UserError as UserError
    from optanim.kinds import landscape as landscape
    from optanim.kinds import optimizer as optimizer
    from optanim.reader import load as load
    from optanim.reader import read as read
    from optanim.render import Written as Written
    from optanim.render import render as render
    from optanim.scene import Scene as Scene
    from optanim.simulate import simulate as simulate
    from optanim.trace import Trace as Trace

__version__ = "0.1.0"

HOMES = {
    "load": "reader",
    "read": "reader",
    "simulate": "simulate",
    "optimizer": "kinds",
    "landscape": "kinds",
    "render": "render",
    "Tensor": "autodiff",
    "Scene": "scene",
    "Trace": "trace",
    "Written": "render",
    "UserError": "errors",
    "RenderError": "errors",
}
__all__ = [*HOMES, "optim"]


class _Package(types.ModuleType):
    """Keeps `optanim.simulate` and `optanim.render` the functions.

    Importing a submodule sets it as an attribute of its package, which would hide them.
    """

    def __setattr__(self, name: str, value: Any) -> None:
        if name in HOMES and isinstance(value, types.ModuleType):
            return
        super().__setattr__(name, value)

    def __getattr__(self, name: str) -> Any:
        # What is public is imported when asked for: the command line's help needs no NumPy.
        if name == "optim":
            return importlib.import_module("optanim.optim")
        if name not in HOMES:
            raise AttributeError(f"module 'optanim' has no attribute {name!r}")
        value = getattr(importlib.import_module(f"optanim.{HOMES[name]}"), name)
        setattr(self, name, value)
        return value

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *__all__})


sys.modules[__name__].__class__ = _Package
