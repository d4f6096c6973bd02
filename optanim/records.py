"""What the driver's reports are kept in: everything of a run, or only how good it was."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.driver import Group
from optanim.optimizers._parts import Parts
from optanim.trace import Ended, StepParts

Array = NDArray[Any]


class Paths:
    """Everything that the runs of a group did, time first, so that a step is written in one piece."""

    def __init__(self, runs: int, at: NDArray[np.int64], n: int, batches: bool) -> None:
        steps = int(at[-1])
        self.at = at
        self.rows = dict(zip(at.tolist(), range(len(at)), strict=True))  # of each iterate that is kept
        self.points = _room(len(at), n, runs)
        self.losses = _room(len(at), runs)
        self.evals = np.zeros(steps + 1, dtype=np.int64)
        self.batches = np.full((steps, runs), np.nan) if batches else None
        self.made: Array | None = None

    def keeps(self, t: int) -> bool:
        return t in self.rows

    def point(self, t: int, runs: Any, shown: Array) -> None:
        self.points[self.rows[t]][:, runs] = shown.T

    def loss(self, t: int, runs: Any, loss: Array) -> None:
        self.losses[self.rows[t], runs] = loss

    def batch(self, t: int, runs: Any, loss: Array) -> None:
        assert self.batches is not None
        self.batches[t, runs] = loss

    def explain(self) -> None:
        """Room for what every step is made of: its gradient, and its parts."""
        _, n, runs = self.points.shape
        self.made = np.full((1 + len(Parts._fields), int(self.at[-1]), n, runs), np.nan)

    def parts(self, t: int, runs: Any, gradient: Array, parts: Parts) -> None:
        assert self.made is not None
        for into, part in zip(self.made, (gradient, *parts), strict=True):
            if part is not None:
                into[t][:, runs] = part.T

    def parts_of(self, place: int) -> StepParts | None:
        if self.made is None:
            return None
        gradient, direction, preconditioner, decay, trust = self.made[..., place]
        known = None if np.isnan(trust).all() else trust
        return StepParts(gradient, direction, preconditioner, decay, known)

    def finish(self, group: Group) -> None:
        """With fewer steps than others a run stays where it is; one that ended has no more numbers."""
        n = group.steps
        self.evals[: n + 1] = group.evals
        self.evals[n + 1 :] = group.evals[n]
        end = self.rows[n]
        for rows in (self.points, self.losses):
            rows[end + 1 :] = rows[end]
        for place, ended in group.ended.items():
            self.points[self.at >= max(ended.step, 1), :, place] = np.nan  # the start is kept
            self.losses[self.at >= ended.step, place] = np.nan

    def evals_of(self, ended: Ended | None) -> Array:
        """The gradients that a run needed, after its end no more."""
        return self.evals if ended is None else np.minimum(self.evals, self.evals[ended.step])


def _room(*shape: int) -> Array:
    """An array to be filled.

    NumPy would ask for huge pages, for which a virtual machine may need longer than for all the steps.
    """
    return np.frombuffer(bytearray(8 * math.prod(shape))).reshape(shape)


class Verdict:
    """Of every run only its last loss, or the mean from step `tail` on; infinite where it left the box."""

    def __init__(self, tail: Array, low: Array, high: Array, scored: frozenset[int] | None = None) -> None:
        self.tail = tail
        self.scored = scored  # the iterates that are; None: all
        self.final = np.full(len(tail), np.inf)
        self.sum = np.zeros(len(tail))
        self.count = np.zeros(len(tail))
        self.inside = np.ones(len(tail), dtype=bool)
        self.low, self.high = low, high

    def part(self, members: Sequence[int]) -> VerdictPart:
        return VerdictPart(self, np.array(members))


@dataclass(frozen=True)
class VerdictPart:
    whole: Verdict
    members: Array

    def keeps(self, t: int) -> bool:
        return self.whole.scored is None or t in self.whole.scored

    def point(self, t: int, runs: Any, shown: Array) -> None:
        # NaN is not inside.
        within = ((shown >= self.whole.low) & (shown <= self.whole.high)).all(axis=1)
        self.whole.inside[self.members[runs]] &= within

    def loss(self, t: int, runs: Any, loss: Array) -> None:
        chosen = self.members[runs]
        counted = t >= self.whole.tail[chosen]
        self.whole.sum[chosen] += np.where(counted, loss, 0.0)
        self.whole.count[chosen] += counted
        mean = self.whole.sum[chosen] / np.maximum(self.whole.count[chosen], 1)
        self.whole.final[chosen] = np.where(self.whole.inside[chosen], np.where(counted, mean, loss), np.inf)

    def batch(self, t: int, runs: Any, loss: Array) -> None:
        """What is judged is the loss of all the data."""

    def parts(self, t: int, runs: Any, gradient: Array, parts: Parts) -> None:
        """What a step is made of is of no account."""
