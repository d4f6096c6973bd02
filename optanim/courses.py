"""Numbers that change with the step, of many runs: the values of their schedules, made as they are used."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.kinds import schedule
from optanim.oracles import together
from optanim.scene import Thing
from optanim.schedules import _parts as schedules

Array = NDArray[Any]


class Course:
    """One setting of several runs over all their steps: `table` (steps, R), NaN where not known yet.

    Schedules of the step alone are known from the beginning; one that looks at the loss is asked
    in each step.
    """

    def __init__(self, values: Sequence[Any], steps: int) -> None:
        self.steps = steps
        if not any(map(is_scheduled, values)):
            self.table: Array = np.broadcast_to(np.array(values, dtype=np.float64), (steps, len(values)))
            self.asked: dict[int, tuple[Thing, dict[str, Any]]] = {}
            return
        self.table = np.empty((steps, len(values)))
        self.asked = {}
        for i, value in enumerate(values):
            if not isinstance(value, Thing):
                self.table[:, i] = value
            elif schedules.looks(value):
                self.table[:, i] = np.nan
                self.asked[i] = (value, {})
            else:
                self.table[:, i] = schedules.values(value, steps)

    def at(self, t: int, runs: Any, loss: Array | None) -> Any:
        """The value in step t, from 1, of the runs that are going: one number if all have the same.

        `loss` is theirs at the last step, None in the first.
        """
        if self.asked:
            for place, i in enumerate(np.arange(self.table.shape[1])[runs].tolist()):
                if i in self.asked:
                    thing, state = self.asked[i]
                    seen = None if loss is None else loss[place]
                    self.table[t - 1, i] = schedules.asked(thing, t - 1, self.steps, seen, state)
        return together(self.table[t - 1, runs])


def is_scheduled(value: Any) -> bool:
    """Whether a setting's value is a schedule."""
    return isinstance(value, Thing) and value.name in schedule
