"""Points of a plane in two classes."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from optanim.datasets._parts import MAX_ROWS, Test, split
from optanim.datasets.distributions import Noise, draw
from optanim.kinds import dataset
from optanim.settings import Number, Seed, Wrong
from optanim.trace import Array, Data

Points = Annotated[int, Number(low=2, high=MAX_ROWS, whole=True)]
Turns = Annotated[float, Number(low=0, high=20, low_open=True)]
FAR = 1e6
INNER, OUTER = 0.4, 3.0  # the radii between which the arms of spirals lie


@dataset(inputs=2, classes=2, rows="n")
def moons(
    *, n: Points = 200, noise: Noise = 0.15, test: Test | None = None, seed: Seed | None = None
) -> Data:
    """Two half circles of radius 1 that reach into each other, each a class of its own.

    Points belong to class 0 and class 1 in turn, at random places of their half circle, and both their
    coordinates are off by the noise. `test`, a share of the rows or a number of them, is kept back at random.
    """
    rng = np.random.Generator(np.random.PCG64(seed or 0))
    y = (np.arange(n) % 2).astype(np.float64)
    angle = np.pi * rng.random(n)
    x = np.where(y == 0, np.cos(angle), 1 - np.cos(angle))
    up = np.where(y == 0, np.sin(angle), 0.5 - np.sin(angle))
    return split(_points(np.column_stack([x, up]), y, noise, rng), test, seed)


@dataset(inputs=2, classes=2, rows="n")
def spirals(
    *,
    n: Points = 200,
    turns: Turns = 1.5,
    noise: Noise = 0.1,
    test: Test | None = None,
    seed: Seed | None = None,
) -> Data:
    """Two arms of a spiral that wind around one centre, each a class of its own.

    Points belong to class 0 and class 1 in turn, spread evenly along their arm, and both their coordinates
    are off by the noise. The arms end at radius 3. `test`, a share of the rows or a number of them, is kept
    back at random.
    """
    rng = np.random.Generator(np.random.PCG64(seed or 0))
    y = (np.arange(n) % 2).astype(np.float64)
    # Evenly along an arm is evenly in the square of the radius.
    radius = np.sqrt(INNER**2 + (OUTER**2 - INNER**2) * rng.random(n))
    angle = 2 * np.pi * turns * radius / OUTER + np.pi * y
    x = radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return split(_points(x, y, noise, rng), test, seed)


def _points(x: Array, y: Array, noise: Noise, rng: np.random.Generator) -> Data:
    with np.errstate(over="ignore", invalid="ignore"):
        x = x + draw(noise, rng, x.shape)
    if not np.abs(x).max() <= FAR:
        raise Wrong(f"the noise moves points by more than {FAR:g}", "take less of it")
    return Data(x, y, names=("x1", "x2"), classes=2)
