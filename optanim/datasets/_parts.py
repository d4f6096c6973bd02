"""What several datasets share: how many rows there are, and which are kept back."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

import numpy as np

from optanim.settings import Number, OneOf, Wrong, grouped
from optanim.trace import Data

MAX_ROWS = 200_000

Rows = Annotated[int, Number(low=1, high=MAX_ROWS, whole=True)]
SHARE, SOME = Number(low=0, high=1, low_open=True, high_open=True), Number(low=1, whole=True)
Test = Annotated[float | int, OneOf((SHARE, SOME))]


def kept_back(rows: int, test: Any) -> int:
    """How many of so many rows a `test` keeps back, which is None, a share or a number of them."""
    if test is None:
        return 0
    return test if isinstance(test, int) else max(1, round(test * rows))


def split(data: Data, test: Any, seed: int | None) -> Data:
    """The data without the rows that are kept back, a share or a number of them, which are its test data."""
    if test is None:
        return data
    n = len(data.x)
    count = kept_back(n, test)
    if count >= n:
        rows = f"{grouped(n)} row{'s' * (n != 1)}"
        raise Wrong(f"test would keep back {grouped(count)} of {rows}", "one at least has to stay")
    # A stream of its own, so that the rows are the same with and without a test.
    seeds = np.random.SeedSequence(seed or 0, spawn_key=(3,))
    back = np.zeros(n, bool)
    back[np.random.Generator(np.random.PCG64(seeds)).permutation(n)[:count]] = True
    kept = replace(data, x=data.x[back], y=data.y[back], span=None)
    return replace(data, x=data.x[~back], y=data.y[~back], test=kept, span=None)
