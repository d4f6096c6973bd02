"""What a step of every registered rule costs, beside the least that NumPy could do.

    python benchmarks/rules.py [RULE ...]

prints as JSON, for each rule, the seconds of a step of one run alone, and of a step of many runs by the
number of runs; what it asks for beyond its gradient is in the time. The bound is that of one call of a
ufunc that reads two arrays and writes one, for the parameters and for every array of the rule's state
that a step changes: whatever is written in NumPy calls at least so many.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from optanim.errors import Source
from optanim.kinds import optimizer
from optanim.oracles import Draws, Layer, Oracles
from optanim.problem import problem
from optanim.registry import Entry
from optanim.rules import Rule, asks_of
from optanim.scene import Scene, Thing

RUNS = 10_000
STEPS = {1: 100, RUNS: 12}
REPEATS = 5
BASE = Thing("adam")  # inside a wrapper
SQUARES = Scene(
    "", Source("", ""), Path(), landscape=Thing("linear_regression"), dataset=Thing("line", {"n": 20})
)
BOWL = Scene(
    "",
    Source("", ""),
    Path(),
    landscape=Thing("formula", {"f": "0.1*x1**2 + 2*x2**2"}),
    minima=((0.0, 0.0),),
)


def arrays(state: Any) -> Iterator[Any]:
    """Every array that a rule remembers."""
    if isinstance(state, np.ndarray):
        yield state
    elif isinstance(state, dict):
        for part in state.values():
            yield from arrays(part)
    elif isinstance(state, (list, tuple)):
        for part in state:
            yield from arrays(part)


def measured(entry: Entry, runs: int) -> tuple[float, float]:
    """The seconds of one step of all runs, and the bound: the least of several repeats."""
    thing = Thing(entry.name, {"base": BASE} if "base" in entry.asks else {})
    asks = asks_of(Rule.of([thing], optimizer))
    on = problem(SQUARES if "residuals" in asks else BOWL)
    assert on is not None
    layer = Layer(slice(0, 2), (2,))
    lr = entry.facts.get("lr") or 0.01
    start = np.asfortranarray(np.random.default_rng(0).normal(size=(runs, 2)))
    took, least = [], []
    for _ in range(REPEATS):
        rule = Rule.of([thing], optimizer)
        rule.layers([layer])
        oracles = Oracles(on.loss, on.slope, on.residuals)
        draws = Draws(range(runs)) if "rng" in asks else None
        p, state, seconds = start, dict[str, Any](), 0.0
        before: list[Any] = []
        with np.errstate(all="ignore"):
            for t in range(1, STEPS[runs] + 1):
                gradient = on.slope(p)[1]
                if t == STEPS[runs]:
                    before = [array.copy() for array in arrays(state)]
                bound = oracles.bound(p, layer, asks, draws)
                started = time.perf_counter()
                new = rule.step(p, gradient, state, lr, t, bound)
                seconds += time.perf_counter() - started
                p = np.asfortranarray(new)
        took.append(seconds / STEPS[runs])
        after = list(arrays(state))
        changed = [
            new
            for new, old in zip(after, before, strict=False)
            if new.shape == old.shape and not np.array_equal(new, old, equal_nan=True)
        ]
        least.append(bare([p, *changed], STEPS[runs]))
    return min(took), min(least)


def bare(written: list[Any], steps: int) -> float:
    """The seconds of one ufunc for each array that is written."""
    calls = [(array, np.ones_like(array), np.empty_like(array)) for array in written]
    started = time.perf_counter()
    for _ in range(steps):
        for one, other, out in calls:
            np.add(one, other, out)
    return (time.perf_counter() - started) / steps


def main(names: list[str]) -> None:
    found = {}
    for entry in optimizer.entries():
        if names and entry.name not in names:
            continue
        one, _ = measured(entry, 1)
        row: dict[str, Any] = {"title": entry.title, "asks": list(entry.asks), "one": one}
        if not entry.facts.get("single_run"):
            many, bound = measured(entry, RUNS)
            row |= {"many": many / RUNS, "bound": bound / RUNS}
        found[entry.name] = row
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1:])
