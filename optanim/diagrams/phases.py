"""The time inside a step: values go forward, gradients back, then the parameters change."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

FORWARD, BACKWARD, UPDATE = range(3)
PHASES = ("forward: values", "backward: gradients", "update: new parameters")
# The part of a step at which each phase is over; the last step ends with the graph of what it made.
ENDS = (0.44, 0.82, 1.0)
LAST_ENDS = (0.32, 0.6, 0.72, 0.87, 1.0)
RESTS = 0.12  # of a phase, at its end, in which nothing moves
CHANGES = 0.3  # of the update, at which the parameters have their new values


class Moment(NamedTuple):
    """What a frame shows: the graph of an iterate, and how far its numbers have come, in layers."""

    step: int  # the iterate
    values: float  # values of boxes in layers up to here
    gradients: float  # gradients of boxes in layers down to here
    phase: int | None = None
    updated: bool = False  # the parameters are those of the next iterate


def whole(step: int, deep: int) -> Moment:
    """All numbers of an iterate, of a graph with its last layer at `deep`."""
    return Moment(step, float(deep), 0.0)


def moment(step: int, part: float, last: bool, deep: int) -> Moment:
    """A part of the way, from 0 to below 1, through the step that is made from an iterate."""
    ends = LAST_ENDS if last else ENDS
    phase = int(np.searchsorted(ends, part, side="right"))
    begun = ends[phase - 1] if phase else 0.0
    moved = min(1.0, (part - begun) / (ends[phase] - begun) / (1 - RESTS))
    shown = step
    if phase > UPDATE:  # the graph of what the last step made
        shown, phase = step + 1, phase - UPDATE - 1
    if phase == FORWARD:
        return Moment(shown, moved * deep, np.inf, FORWARD)
    if phase == BACKWARD:
        return Moment(shown, float(deep), (1 - moved) * deep, BACKWARD)
    return Moment(shown, float(deep), 0.0, UPDATE, updated=moved > CHANGES)
