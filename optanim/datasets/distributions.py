"""What random numbers are drawn from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import numpy as np

from optanim.kinds import distribution
from optanim.scene import Thing
from optanim.settings import Lead, NonNegative, Number, OneOf, Real, ThingOf
from optanim.trace import Array

Distribution = Annotated[Thing, ThingOf("distribution")]
Noise = Annotated[float | Thing, OneOf((Number(low=0), ThingOf("distribution")))]


def _reversed(settings: Mapping[str, Any]) -> str | None:
    low, high = settings["low"], settings["high"]
    return f"high is {high:g}, below low, {low:g}" if high < low else None


@distribution(check=_reversed)
def uniform(rng: np.random.Generator, shape: tuple[int, ...], *, low: Real = 0.0, high: Real = 1.0) -> Array:
    """Evenly spread between low and high."""
    return low + (high - low) * rng.random(shape)


@distribution()
def normal(
    rng: np.random.Generator, shape: tuple[int, ...], *, sd: Lead[NonNegative] = 1.0, mean: Real = 0.0
) -> Array:
    """Bell-shaped around the mean with the standard deviation sd."""
    return mean + sd * rng.standard_normal(shape)


def draw(what: Thing | float, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Random numbers from a distribution; a number is the sd of normal ones around 0."""
    if not isinstance(what, Thing):
        return normal(rng, shape, sd=what)
    entry = distribution[what.name]
    values: Array = entry.function(rng, shape, **(entry.defaults() | dict(what.settings)))
    return values
