"""What a run of a library is given, and what it hands back."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray


@dataclass
class Steps:
    """All parameters as one vector after every step, and the point that is shown where that is another.

    `handed` is what the library was given in place of what it would have drawn at random.
    """

    points: Array
    shown: Array | None = None
    handed: str = ""


class Noise:
    """Factors 1 + a few `unit`, or exactly 1: for the start, each point of evaluation, each gradient."""

    def __init__(self, seed: int | None, unit: float = np.finfo(float).eps) -> None:
        self.rng = None if seed is None else np.random.default_rng(seed)
        self.unit = unit

    def __call__(self, like: Any) -> Array:
        shape = np.shape(like)
        if self.rng is None:
            return np.ones(shape)
        return 1 + self.rng.integers(-2, 3, size=shape) * self.unit


def flat(parts: Iterable[Any]) -> Array:
    """Parameters as one vector."""
    return np.concatenate([np.array(p.detach() if hasattr(p, "detach") else p).ravel() for p in parts])
