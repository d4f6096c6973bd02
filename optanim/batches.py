"""Which rows of the data each step sees: epochs are permutations, the same for every optimizer."""

from __future__ import annotations

from copy import copy
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Rows = NDArray[np.int64]


class Batches:
    """The batches of a run: the rows that each step asks for, `asked` (N,), and those it gets, `sizes` (N,).

    An epoch is a permutation of all rows drawn from the seed and the number of the epoch alone; a
    batch never reaches into the next epoch, so the last one of an epoch may be short.
    """

    def __init__(self, rows: int, sizes: Any, seed: int) -> None:
        self.count, self.seed = rows, seed
        self.asked = np.clip(np.round(np.asarray(sizes, float)), 1, rows).astype(np.int64)
        self.epochs = np.empty(len(self.asked), np.int64)  # of each step, from 0
        self.starts = np.empty(len(self.asked), np.int64)  # in the permutation of the epoch
        self.sizes = np.empty(len(self.asked), np.int64)
        epoch = at = 0
        for step, size in enumerate(self.asked.tolist()):
            if at == rows:
                epoch, at = epoch + 1, 0
            size = min(size, rows - at)
            self.epochs[step], self.starts[step], self.sizes[step] = epoch, at, size
            at += size
        self._order = lru_cache(maxsize=2)(self._permutation)
        self._others: dict[int, Batches] = {}

    def _permutation(self, epoch: int) -> Rows:
        seeds = np.random.SeedSequence(self.seed, spawn_key=(2, epoch))
        return np.random.Generator(np.random.PCG64(seeds)).permutation(self.count)

    def rows(self, t: int) -> Rows:
        """The rows that step t sees, from 1."""
        start, size = int(self.starts[t - 1]), int(self.sizes[t - 1])
        return self._order(int(self.epochs[t - 1]))[start : start + size]

    def of(self, seed: int) -> Batches:
        """The same sizes of the batches of another seed."""
        if seed == self.seed:
            return self
        if seed not in self._others:
            other = copy(self)
            other.seed = seed
            other._order = lru_cache(maxsize=2)(other._permutation)
            self._others[seed] = other
        return self._others[seed]

    def rows_of(self, t: int, seeds: Rows) -> Rows:
        """The rows that step t sees of each of several seeds (R,), in a row for each: (R, b)."""
        unique, place = np.unique(seeds, return_inverse=True)
        table: Rows = np.stack([self.of(seed).rows(t) for seed in unique.tolist()])[place]
        return table

    @property
    def passed(self) -> NDArray[np.float64]:
        """How many epochs had passed at each iterate, (N+1,)."""
        return np.concatenate([[0], np.cumsum(self.sizes)]) / self.count
