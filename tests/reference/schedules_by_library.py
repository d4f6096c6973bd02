"""Runs schedules of other libraries in float64. Needs the extra `reference`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
import types
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch

from tests.reference import by_jax

STEPS = 100
Table = dict[str, list[float]]


def table(case: Mapping[str, Any]) -> Table:
    """What a case's learning rate is in every step, and its momentum where the schedule moves that too."""
    return {"torch": _torch, "pytorch_optimizer": _torch, "timm": _timm}.get(case["lib"], _function)(case)


def metric(seed: int) -> list[float]:
    """A loss that falls, rests and jumps."""
    rng = np.random.default_rng(seed)
    t = np.arange(STEPS)
    falling = np.exp(-np.minimum(t, 30 + 25 * (t > 55)) / 12) + 0.2 * (t > 70)
    return [float(f"{value:.6g}") for value in falling + 0.01 * rng.standard_normal(STEPS)]


def _function(case: Mapping[str, Any]) -> Table:
    """A schedule that is a function of the step."""
    cls, given = case["cls"], dict(case["kw"])
    if cls == "contrib.reduce_on_plateau":
        return {"lr": _plateau_of_optax(given, case)}
    if case["lib"] == "keras":
        function = getattr(by_jax.keras.optimizers.schedules, cls)(**given)
    else:
        function = _of_optax(cls, given)
    return {"lr": [float(function(t)) for t in range(STEPS)]}


def _of_optax(cls: str, given: dict[str, Any]) -> Callable[[int], Any]:
    if cls == "join_schedules":
        parts = [_of_optax(name, settings) for name, settings in given["schedules"]]
        joined: Callable[[int], Any] = by_jax.optax.join_schedules(parts, given["boundaries"])
        return joined
    if given.get("boundaries_and_scales"):
        given["boundaries_and_scales"] = {int(t): by for t, by in given["boundaries_and_scales"].items()}
    made: Callable[[int], Any] = getattr(by_jax.optax, cls)(**given)
    return made


def _plateau_of_optax(given: dict[str, Any], case: Mapping[str, Any]) -> list[float]:
    made = by_jax.optax.contrib.reduce_on_plateau(**given)
    params = by_jax.jnp.zeros(1)
    state, scales = made.init(params), []
    for loss in case["metric"]:
        _, state = made.update(params, state, value=loss)
        scales.append(case["lr0"] * float(state.scale))
    return scales


def _optimizer(case: Mapping[str, Any]) -> torch.optim.SGD:
    parameter = torch.nn.Parameter(torch.zeros(1))
    return torch.optim.SGD([parameter], lr=case.get("lr0", 1.0), momentum=case.get("momentum0", 0.0))


def _torch(case: Mapping[str, Any]) -> Table:
    """A schedule that is stepped on an optimizer; its rate is read before every step of that."""
    optimizer = _optimizer(case)
    made = _scheduler(case["lib"], case["cls"], case["kw"], optimizer)
    group, rates, momenta = optimizer.param_groups[0], [], []
    # Of these two the first call is that of the first step: what they are made with is something else.
    early = case["cls"] in ("LinearScheduler", "CosineScheduler")
    for t in range(STEPS):
        if early:
            made.step()
        rates.append(float(made.get_lr()) if case["cls"] == "REXScheduler" else float(group["lr"]))
        momenta.append(float(group["momentum"]))
        optimizer.step()
        if "metric" in case:
            made.step(case["metric"][t])
        elif not early and t < STEPS - 1:
            made.step()
    return {"lr": rates} | ({"momentum": momenta} if "momentum0" in case else {})


def _scheduler(lib: str, cls: str, given: Mapping[str, Any], optimizer: Any) -> Any:
    home = torch.optim.lr_scheduler
    if lib == "pytorch_optimizer":
        made = getattr(importlib.import_module("pytorch_optimizer.lr_scheduler"), cls)
    else:
        made = getattr(home, cls, None) or getattr(torch.optim.swa_utils, cls)
    settings = dict(given)
    if "lr_lambda" in settings:
        settings["lr_lambda"] = eval(settings["lr_lambda"], {"math": importlib.import_module("math")})
    if "schedulers" in settings:
        parts = [_scheduler(lib, name, own, optimizer) for name, own in settings.pop("schedulers")]
        return made(optimizer, parts, **settings) if cls == "SequentialLR" else made(parts, **settings)
    return made(optimizer, **settings)


def _timm(case: Mapping[str, Any]) -> Table:
    """A schedule that is told the step."""
    optimizer = _optimizer(case)
    made = getattr(_timm_module(case["cls"]), case["cls"])(optimizer, **case["kw"])
    rates = []
    for t in range(STEPS):
        if "metric" not in case:
            made.step(t)
        elif t:
            made.step(t, case["metric"][t - 1])
        rates.append(float(optimizer.param_groups[0]["lr"]))
    return {"lr": rates}


def _timm_module(cls: str) -> Any:
    """A module of timm.scheduler without the rest of timm, which needs torchvision."""
    if "timm" not in sys.modules:
        spec = importlib.util.find_spec("timm")
        assert spec and spec.submodule_search_locations
        _bare("timm", Path(next(iter(spec.submodule_search_locations))))
    if "timm.scheduler" not in sys.modules:
        _bare("timm.scheduler", Path(sys.modules["timm"].__path__[0]) / "scheduler")
    file = cls.removesuffix("LRScheduler").lower() + "_lr"
    return importlib.import_module(f"timm.scheduler.{file}")


def _bare(name: str, place: Path) -> None:
    """A package without what its own file would import."""
    sys.modules[name] = types.ModuleType(name)
    sys.modules[name].__path__ = [str(place)]
