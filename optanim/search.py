"""The lowest points of a landscape: Newton's method on exact second derivatives."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.scene import Point

COMPLEX_STEP = 1e-30
MANY = 40  # more equally low points than this are no points but a floor

Array = NDArray[Any]  # real, or complex to differentiate
Slope = Callable[..., tuple[Array, Array]]


def hessian(slope: Slope, params: Array) -> Array:
    """Second derivatives at (R, n) points, (R, n, n), exact: a complex step through the gradient."""
    n = params.shape[1]
    second = np.empty((*params.shape, n))
    for i in range(n):
        shifted = params.astype(np.complex128)
        shifted[:, i] += 1j * COMPLEX_STEP
        second[:, :, i] = slope(shifted)[1].imag / COMPLEX_STEP
    return second


def around(places: Sequence[Point], origin: Point | None = None) -> Point | None:
    """The box [x0, x1, y0, y1] of some points and the origin, with the largest side as margin."""
    known = np.array([place for place in places if place])
    if not len(known):
        return None
    known = np.vstack([known, origin or (0.0,) * known.shape[1]])
    low, high = known.min(axis=0), known.max(axis=0)
    margin = max(float((high - low).max()), 1.0)
    return tuple(float(v) for side in zip(low - margin, high + margin, strict=True) for v in side)


def wider(box: Point) -> Point:
    """The box with three times as long sides about the same middle."""
    return tuple(
        v for low, high in zip(box[0::2], box[1::2], strict=True) for v in (2 * low - high, 2 * high - low)
    )


def lowest(loss: Callable[[Array], Array], slope: Slope, box: Point) -> tuple[Point, ...]:
    """The lowest points inside a box, all that are equally low; none where the edge is lower.

    A fixed grid, then Newton's method with halved steps from every grid point that is lower than
    its neighbours: the same answer every time, to rounding.
    """
    n = len(box) // 2
    low, high = np.array(box[0::2]), np.array(box[1::2])
    side = 2001 if n == 1 else 201
    axes = [np.linspace(low[i], high[i], side) for i in range(n)]
    points = np.stack([c.ravel() for c in np.meshgrid(*axes, indexing="ij")], axis=1)
    values = loss(points)
    values = np.where(np.isfinite(values), values, np.inf).reshape((side,) * n)
    padded = np.pad(values, 1, constant_values=np.inf)
    least = np.ones(values.shape, dtype=bool)
    for shift in np.ndindex((3,) * n):
        least &= values <= padded[tuple(slice(s, s + side) for s in shift)]
    seeds = np.flatnonzero(least.ravel() & np.isfinite(values.ravel()))
    seeds = seeds[np.argsort(values.ravel()[seeds], kind="stable")][:64]
    if not len(seeds):
        return ()
    with np.errstate(all="ignore"):
        found, depth = descend(loss, slope, points[seeds])
    floor = float(depth.min())
    if not np.isfinite(floor):
        return ()  # it falls for ever
    # Sums of terms of the surface's size cannot be told apart below this.
    finite = values[np.isfinite(values)]
    spread = float(np.median(finite) - floor)
    near: Any = depth <= floor + 1e-9 * max(spread, 1e-300)
    step = (high - low) / (side - 1)
    kept: list[Array] = []
    for point in found[near][np.argsort(depth[near], kind="stable")]:
        if np.any(point < low + step / 2) or np.any(point > high - step / 2):
            return ()  # it goes on falling outside
        if all(np.any(np.abs(point - other) > step) for other in kept):
            kept.append(point)
    if len(kept) > MANY:
        return ()  # a valley floor or a plain, not a point
    # Digits below the rounding of the box's own numbers say nothing: 0 and not 6e-172.
    digits = 13 - math.ceil(math.log10(float(np.abs(box).max())))
    return tuple(tuple(round(float(v), digits) + 0.0 for v in point) for point in kept)


def descend(loss: Callable[[Array], Array], slope: Slope, params: Array) -> tuple[Array, Array]:
    """Each point led downhill to where no step lowers the loss; with the losses there."""
    params = params.copy()
    value = loss(params).copy()
    damping = np.full(len(params), 1e-12)
    eye = np.eye(params.shape[1])
    for _ in range(200):
        gradient = slope(params)[1]
        curvature = hessian(slope, params)
        usable: Any = np.isfinite(gradient).all(axis=1) & np.isfinite(curvature).all(axis=(1, 2))
        gradient = np.where(usable[:, None], gradient, 0.0)
        # Symmetric and turned upwards: along a downward curve the step still goes down.
        curvature = np.where(usable[:, None, None], curvature / 2 + curvature.swapaxes(1, 2) / 2, eye)
        scale, basis = np.linalg.eigh(curvature)
        scale = np.abs(scale) + damping[:, None] * (1 + np.abs(scale).max(axis=1, keepdims=True))
        step = np.einsum("rij,rj->ri", basis, np.einsum("rji,rj->ri", basis, gradient) / scale)
        trial = params - step
        reached = loss(trial)
        better = reached <= value  # equal too: where f is flat its rounding hides the last digits
        params[better], value[better] = trial[better], reached[better]
        damping = np.clip(np.where(better, damping / 10, damping * 10), 1e-12, 1e12)
        if np.all(~better & (damping >= 1e12) | (np.abs(step) <= 1e-15 * (1 + np.abs(params))).all(axis=1)):
            break
    return params, value
