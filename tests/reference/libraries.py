"""Runs an optimizer of another library and hands back its path. Needs the extra `reference`."""

from __future__ import annotations

from typing import Any

from tests.reference import by_jax, by_scipy, by_torch
from tests.reference.runs import Noise, Steps


def _lib(case: dict[str, Any]) -> str:
    """The library that a case is of; a wrapper's stands before its class."""
    lib: str = case["cls"].partition(".")[0] if case["lib"] == "wrapper" else case["lib"]
    return lib


def stepped(case: dict[str, Any], steps: int, noise: Noise, **more: Any) -> Steps:
    """A case stepped by its library, with what only torch knows as `more`."""
    runs = {"optax": by_jax.run, "keras": by_jax.run, "scipy": by_scipy.run}
    return runs.get(_lib(case), by_torch.run)(case, steps, noise, **more)


def lower(case: dict[str, Any]) -> tuple[list[str], bool]:
    """The lower precisions that a case computes in, and whether that can be taken out."""
    if _lib(case) == "scipy":
        return [], False
    if _lib(case) in ("optax", "keras"):
        return by_jax.lower(case), False
    found = by_torch.lower(case)
    return found, bool(found) and not by_torch.lower(case, double=True)


def foreach_too(case: dict[str, Any]) -> bool:
    """Whether the library has a second way of computing the same."""
    return _lib(case) not in ("optax", "keras", "scipy") and by_torch.foreach_too(case)
