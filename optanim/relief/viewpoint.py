"""From where a relief shows most, and how tall it may be so that one looks into its valleys."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from optanim.relief.block import Block, Camera

Floats = NDArray[np.float64]

TALL, LOW = 0.42, 0.24  # of the longer side: as tall as a block is, and at least
SLOPE = 0.95  # up to which the lower half of it may be steep
# Of these the pair is taken that shows most; the first is the usual one.
AZIMUTHS = (-60.0, -30.0, -120.0, -150.0, 30.0, 60.0, 120.0, 150.0)
ELEVATIONS = (34.0, 40.0, 46.0, 52.0)
BROAD = 0.15  # how much it counts that the longer side of the block lies across the picture
HIGH = 0.0045  # what a degree of elevation costs: from high above nothing looks deep
BETTER = 0.04  # more of the paths must show than in the usual view
MARCH = 90  # samples of a line of sight are enough to choose a view
POINTS, LEAST, MOST = 600, 8, 120  # that are looked for: of all paths about so many, and of each


def tall(part: Floats, half: tuple[float, float]) -> float:
    """How tall a block of heights (h, w) from 0 to 1 may be, so that one looks into its valleys."""
    some = np.nan_to_num(part[::4, ::4])
    rows, columns = some.shape
    up, along = np.gradient(some, 2 * half[1] / (rows - 1), 2 * half[0] / (columns - 1))
    slopes = np.hypot(up, along)[some <= np.median(some)]
    return float(np.clip(SLOPE / max(float(np.quantile(slopes, 0.8)), 1e-9), LOW, TALL))


def viewpoint(
    block: Block,
    plans: Sequence[Floats],
    minima: Floats,
    azimuth: float | None = None,
    elevation: float | None = None,
) -> tuple[float, float]:
    """What is given of azimuth and elevation, and else the view that shows most of paths and minima.

    plans and minima are points (m, 2) of the block's plan. Where nothing runs it is the view that shows
    most of the lower half of the surface.
    """
    choices = [
        (a, e)
        for a in (AZIMUTHS if azimuth is None else (azimuth,))
        for e in (ELEVATIONS if elevation is None else (elevation,))
    ]
    if len(choices) == 1:
        return choices[0]
    half, low = block.half, block.heights[::16, ::16]
    most = int(np.clip(POINTS // max(len(plans), 1), LEAST, MOST))
    # How a run ends counts twice.
    sets = [
        part for plan in plans for thin in (_thin(plan, most),) for part in (thin, thin[2 * len(thin) // 3 :])
    ]
    if not sets:
        y, x = np.nonzero(low <= np.median(low))
        sets = [(np.column_stack([x, y]) / (low.shape[1] - 1, low.shape[0] - 1) * 2 - 1) * half]
    laid = []
    for plan in [*sets, minima]:
        inside = plan[(np.abs(plan) <= half).all(axis=1)]
        if len(inside):
            laid.append(np.column_stack([inside, block.height(*inside.T)]))
    scores = []
    for a, e in choices:
        camera = Camera(a, e, 300.0, (0.0, 0.0), block.tall)
        shares = [1 - block.hidden(camera, xyz, MARCH).mean() for xyz in laid]
        across = abs(camera.right[0]) * half[0] + abs(camera.right[1]) * half[1]
        scores.append(float(np.mean(shares or [0.0])) + BROAD * across - HIGH * e)
    best = max(range(len(scores)), key=lambda i: (scores[i], -i))
    return choices[best if scores[best] > scores[0] + BETTER else 0]


def _thin(plan: Floats, most: int) -> Floats:
    finite = plan[np.isfinite(plan).all(axis=1)]
    return finite[np.unique(np.linspace(0, len(finite) - 1, most).astype(int))] if len(finite) else finite
