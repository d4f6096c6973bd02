"""Points that are made about a line, about a formula, and in two groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal

import numpy as np

from optanim.datasets._parts import SHARE, SOME, Rows, Test, split
from optanim.datasets.distributions import Distribution, Noise, draw
from optanim.formula import parse
from optanim.kinds import dataset
from optanim.scene import Thing
from optanim.settings import Choice, Formula, Lead, NonNegative, OneOf, Real, Seed, Wrong
from optanim.trace import Array, Data

TestOrBetween = Annotated[float | int | str, OneOf((SHARE, SOME, Choice(("midpoints",))))]
Spacing = Literal["even", "random", "chebyshev"]


@dataset(rows="n")
def line(
    *,
    n: Rows = 100,
    slope: Real = 5.0,
    intercept: Real = 3.0,
    x: Distribution = Thing("uniform", {"low": -1.0, "high": 1.0}),  # noqa: B008
    noise: Noise = 0.5,
    test: Test | None = None,
    seed: Seed | None = None,
) -> Data:
    """Points about a straight line: y = slope * x + intercept + noise.

    First the n values of x are drawn, then the n of the noise, which is a distribution or the
    standard deviation of normal noise. Without a seed of its own it takes the scene's.
    `test`, a share of the rows or a number of them, is kept back at random for the test loss.
    """
    rng = np.random.Generator(np.random.PCG64(seed or 0))
    xs = draw(x, rng, (n,))
    ys = slope * xs + intercept + draw(noise, rng, (n,))
    return split(Data(xs, ys, lambda x: slope * x + intercept), test, seed)


def _empty_range(settings: Mapping[str, Any]) -> str | None:
    low, high = settings["low"], settings["high"]
    return None if low < high else f"high is {high:g}, and has to be above low, {low:g}"


@dataset(check=_empty_range)
def formula(
    *,
    f: Lead[Annotated[str, Formula((("x",),))]],
    low: Real = -1.0,
    high: Real = 1.0,
    n: Rows = 50,
    spacing: Spacing = "even",
    noise: Noise = 0.0,
    test: TestOrBetween | None = None,
    seed: Seed | None = None,
) -> Data:
    """Points of a formula in x between low and high: y = f(x) + noise.

    even: both ends and what divides the range between them evenly; random: drawn evenly, in order;
    chebyshev: the roots of the Chebyshev polynomial of degree n, which crowd at the ends.
    `test: midpoints` are the points halfway between neighbours, made as the others are; a share or a
    number is kept back of the n.
    """
    rng = np.random.Generator(np.random.PCG64(seed or 0))
    program = parse(f, (("x",),))
    if spacing == "even":
        xs = np.linspace(low, high, n)
    elif spacing == "random":
        xs = np.sort(draw(Thing("uniform", {"low": low, "high": high}), rng, (n,)))
    else:
        xs = (low + high) / 2 - (high - low) / 2 * np.cos(np.pi * (np.arange(n) + 0.5) / n)

    def truth(x: Array) -> Array:
        return np.asarray(program.evaluate(x), float)

    made = Data(xs, truth(xs) + draw(noise, rng, (n,)), truth)
    if test == "midpoints":
        if n < 2:
            raise Wrong(
                "test takes midpoints of neighbours, and there is one point", "takes an n of at least 2"
            )
        between = (xs[1:] + xs[:-1]) / 2
        made = replace(made, test=Data(between, truth(between) + draw(noise, rng, (n - 1,)), truth))
    for part in (made, made.test):
        if part is not None and not (fine := np.isfinite(part.y)).all():
            raise Wrong(
                f"{f} is not finite at x = {part.x[~fine][0]:.6g}", "change low or high, or the formula"
            )
    return made if test == "midpoints" else split(made, test, seed)


@dataset(rows="n")
def classes(
    *,
    n: Rows = 100,
    distance: NonNegative = 2.0,
    noise: Noise = 1.0,
    test: Test | None = None,
    seed: Seed | None = None,
) -> Data:
    """Two groups along x that overlap: y is -1 in the left one and 1 in the right one.

    Points belong to them in turn, and lie around -distance / 2 and distance / 2, off by the noise.
    `test`, a share of the rows or a number of them, is kept back at random for the test loss.
    """
    rng = np.random.Generator(np.random.PCG64(seed or 0))
    y = np.where(np.arange(n) % 2, 1.0, -1.0)
    return split(Data(distance / 2 * y + draw(noise, rng, (n,)), y), test, seed)
