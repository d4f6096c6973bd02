"""Heads that stand on one another: the lower ones grow, so that each is seen around those that cover it."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

ON, OFF = 1.5, 5.0  # pixels between heads of which one covers the other, and of which none does
MOST = 2  # so many sizes more than its own, at most: a picture is not to be filled by heads
CALM = 0.4  # seconds that a meeting lasts at least, and over which heads grow and shrink
RING = 2.8  # pixels that a head grows for each on it: a halo, and as much of its own colour
CROWD = 24  # of more heads none grows


def covered(heads: Floats, looks: Sequence[Hashable], unit: float, fps: float) -> Floats:
    """How many heads of other looks lie on each, for heads (F, n, 2) drawn in this order; (F, n).

    Only meetings of more than CALM seconds count. It is no whole number while heads come or go, which takes
    as long; ON and OFF are in `unit` pixels.
    """
    frames, count = heads.shape[:2]
    made = np.zeros((frames, count))
    if not 1 < count <= CROWD:
        return made
    for upper in range(1, count):
        for lower in range(upper):
            if looks[lower] != looks[upper]:
                away = np.hypot(*(heads[:, lower] - heads[:, upper]).T) / unit
                made[:, lower] += np.clip((OFF - away) / (OFF - ON), 0.0, 1.0)
    half = round(CALM * fps / 2)

    def around(values: Floats, reach: int) -> Floats:
        """Of each frame the values of those around it, in a third axis."""
        return np.lib.stride_tricks.sliding_window_view(values, 2 * reach + 1, axis=0)

    # What is met in passing would make heads pulse, so only meetings that last count; before the first frame
    # and behind the last all are as in these. They begin early enough to be whole while heads do coincide.
    padded = np.pad(np.minimum(made, MOST), ((4 * half, 4 * half), (0, 0)), "edge")
    lasting = around(around(padded, half).min(axis=-1), 2 * half).max(axis=-1)
    return np.asarray(around(lasting, half).mean(axis=-1))
