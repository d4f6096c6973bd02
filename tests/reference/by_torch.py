"""Runs optimizers of torch, of what is built on it, and their wrappers, in float64.

What a library computes in lower precision in spite of float64 parameters is noticed (`lower`), and can be
taken out (`Double`) with the rest of the library's code as it is.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import inspect
import io
import sys
import types
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode
from torch.utils._python_dispatch import TorchDispatchMode

from tests.reference.losses import problems
from tests.reference.runs import Array, Noise, Steps, flat

# ASGD and NAdam keep numbers of their own in torch's default precision.
torch.set_default_dtype(torch.float64)
torch.set_num_threads(1)

LOW = (torch.float32, torch.bfloat16, torch.float16)
# Modules that are not called what their distributions are.
MODULES = {"torch": "torch.optim", "muon-optimizer": "muon", "dog-optimizer": "dog"}


class Lower(TorchDispatchMode):
    """Notes which lower precisions an operation's result has had."""

    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        made = func(*args, **(kwargs or {}))
        for part in made if isinstance(made, tuple | list) else (made,):
            if isinstance(part, torch.Tensor) and part.dtype in LOW:
                self.found.add(str(part.dtype).removeprefix("torch."))
        return made


class Double(TorchFunctionMode):
    """Makes every request for a lower precision one for float64, as a copy where it was to be one."""

    CASTS = (torch.Tensor.float, torch.Tensor.bfloat16, torch.Tensor.half)

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = dict(kwargs or {})
        if func in self.CASTS:
            return args[0].to(torch.float64, copy=True)
        if func is torch.Tensor.to and any(part in LOW for part in (*args[1:], *kwargs.values())):
            return args[0].to(torch.float64, copy=True)
        if kwargs.get("dtype") in LOW:
            kwargs["dtype"] = torch.float64
        return func(*args, **kwargs)


def run(case: dict[str, Any], steps: int, noise: Noise, foreach: bool = False, double: bool = False) -> Steps:
    """A case stepped by its library, `foreach` with all parameters at once if it knows that way."""
    on = problems()[case["problem"]]
    data = {name: torch.as_tensor(value) for name, value in on.data.items()}
    params = [torch.nn.Parameter(torch.as_tensor(part * noise(part))) for part in on.start]

    def loss(parts: list[Any]) -> Any:
        return on.loss(torch, data, *parts)

    def closure() -> Any:
        for p in params:
            p.grad = None
        value = loss([p * torch.as_tensor(noise(part)) for p, part in zip(params, on.start, strict=True)])
        value.backward()
        for p in params:
            p.grad.mul_(torch.as_tensor(noise(p.detach().numpy())))
        return value.detach()

    handed = ""

    def curvature() -> list[Any]:
        """The exact diagonal of the Hessian, per parameter."""
        nonlocal handed
        handed = "the exact diagonal of second derivatives"
        with torch.enable_grad():
            slopes = torch.autograd.grad(loss(params), params, create_graph=True)
            return [
                torch.stack(
                    [
                        torch.autograd.grad(one, p, retain_graph=True)[0].flatten()[i]
                        for i, one in enumerate(slope.flatten())
                    ]
                ).reshape(p.shape)
                for slope, p in zip(slopes, params, strict=True)
            ]

    with Double() if double else contextlib.nullcontext():
        with contextlib.redirect_stdout(io.StringIO()):  # some announce their settings
            optimizer = _made(case, params, foreach)
        _feed_curvature(optimizer, curvature)
        if hasattr(optimizer, "train"):
            optimizer.train()
        points, shown = [], []
        for _ in range(steps):
            closure()
            if type(optimizer).__name__ in ("LBFGS", "SAM"):
                optimizer.step(closure)
            else:
                optimizer.step()
            points.append(flat(params))
            other = _shown(optimizer, params)
            shown += [] if other is None else [other]
    return Steps(np.array(points), np.array(shown) if shown else None, handed)


def _shown(optimizer: Any, params: list[Any]) -> Array | None:
    """What a library says is to be used, where that is not where the gradient is taken."""
    state, group = optimizer.state, optimizer.param_groups[0]
    first = state.get(params[0], {})
    if "ax" in first:
        return flat(state[p]["ax"] for p in params)
    if "train_mode" in group and "z" in first:
        beta = group["betas"][0] if "betas" in group else group["momentum"]
        return flat(p.detach().lerp(state[p]["z"], 1 - 1 / beta) for p in params)
    return None


def _feed_curvature(optimizer: Any, curvature: Callable[[], list[Any]]) -> None:
    """Puts the exact diagonal of the Hessian where a library would draw an estimate of it."""

    def fed(param_groups: Any, state: Any, **_: Any) -> None:
        for p, exact in zip(param_groups[0]["params"], curvature(), strict=True):
            state[p]["hessian"].copy_(exact)

    def kept() -> None:
        for p, exact in zip(optimizer.param_groups[0]["params"], curvature(), strict=True):
            p.hess = exact

    # Others have these methods too, and never call them.
    if hasattr(optimizer, "compute_hutchinson_hessian"):
        optimizer.compute_hutchinson_hessian = fed
    elif type(optimizer).__module__ == "timm.optim.adahessian":
        optimizer.set_hessian = kept


def _made(case: dict[str, Any], params: list[Any], foreach: bool) -> Any:
    settings = {name: tuple(v) if isinstance(v, list) else v for name, v in case["kw"].items()}
    if case["lib"] != "wrapper":
        made = _class(case["lib"], case["cls"])
        if "foreach" in inspect.signature(made).parameters:
            settings["foreach"] = foreach
        return made(_groups(case, params), **settings)
    outer, _, inner = case["cls"].rstrip(")").partition("(")
    lib, _, name = inner.partition(".")
    base = _class(lib, name)
    own = {"lr": settings.pop("lr"), **settings.pop("base")}
    if outer == "po.SAM":
        return _class("pytorch_optimizer", "SAM")(params, base, **settings, **own)
    assert outer == "po.Lookahead"
    return _class("pytorch_optimizer", "Lookahead")(base(params, **own), **settings)


def _groups(case: dict[str, Any], params: list[Any]) -> Any:
    if case["lib"] == "pytorch_optimizer" and case["cls"].lower() == "muon":
        return [{"params": params, "use_muon": True}]
    return params


@cache
def _class(lib: str, name: str) -> Any:
    if lib == "timm":
        module = {"RMSpropTF": "rmsprop_tf", "AdamWLegacy": "adamw"}.get(name, name.lower())
        return getattr(_timm(module), name)
    home = importlib.import_module(MODULES.get(lib, lib))
    if not hasattr(home, name):  # pytorch_optimizer registers its classes in lower case
        return home.load_optimizer(name)
    return getattr(home, name)


def _timm(module: str) -> Any:
    """A module of timm.optim without the rest of timm, which needs torchvision."""
    if "timm" not in sys.modules:
        spec = importlib.util.find_spec("timm")
        assert spec and spec.submodule_search_locations
        folder = Path(next(iter(spec.submodule_search_locations)))
        for name, place in (("timm", folder), ("timm.optim", folder / "optim")):
            bare = types.ModuleType(name)
            bare.__path__ = [str(place)]
            sys.modules[name] = bare
    return importlib.import_module(f"timm.optim.{module}")


def lower(case: dict[str, Any], double: bool = False) -> list[str]:
    """The lower precisions that a case computes in, with the casts taken out if `double`."""
    with Lower() as mode:
        run(case, 25, Noise(None), double=double)
    return sorted(mode.found)


def foreach_too(case: dict[str, Any]) -> bool:
    """Whether the library has a second way of computing the same."""
    if case["lib"] == "wrapper":
        return False
    return "foreach" in inspect.signature(_class(case["lib"], case["cls"])).parameters


def gradient(name: str) -> tuple[float, list[Array]]:
    """The loss of a problem and its gradient where it is started."""
    on = problems()[name]
    params = [torch.tensor(part, requires_grad=True) for part in on.start]
    value = on.loss(torch, {word: torch.as_tensor(v) for word, v in on.data.items()}, *params)
    value.backward()
    return float(value), [p.grad.numpy() for p in params]
