"""A scene's landscape on its data, with its start, view and minima: what the driver steps on."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim import landscapes
from optanim.errors import Mistake, UserError
from optanim.kinds import dataset, landscape
from optanim.losses import LOSSES
from optanim.registry import Entry
from optanim.replay import Evaluation
from optanim.scene import Point, Scene, Thing
from optanim.settings import Wrong
from optanim.trace import Data, Problem

CHUNK = 100_000  # numbers of each kind that are held at once while a landscape is evaluated
COMPLEX_STEP = 1e-30
MANY = 40  # more equally low points than this are no points but a floor

Array = NDArray[Any]  # real, or complex to differentiate
Slope = Callable[[Array], tuple[Array, Array]]


def data(scene: Scene) -> Data | None:
    """The scene's dataset; UserError where a file is not what it should be."""
    thing = scene.dataset
    if thing is None:
        return None
    entry = dataset[thing.name]
    settings = entry.defaults() | {n: v for n, v in thing.settings.items() if n in entry.settings}
    if "seed" in settings and settings["seed"] is None:
        settings["seed"] = scene.seed
    asked = [scene.folder for _ in entry.asks]
    try:
        made: Data = entry.function(*asked, **settings)
    except Wrong as wrong:
        lead = entry.lead.name if entry.lead else thing.name
        raise UserError(Mistake(wrong.message, thing.where(lead), wrong.hint)) from None
    return made


def problem(scene: Scene, points: Data | None = None) -> Problem | None:
    """The scene's landscape bound to its data (made here unless given); None without a landscape."""
    thing = scene.landscape
    points = data(scene) if points is None else points
    if thing is None:
        return None
    entry = landscape[thing.name]
    settings = landscapes.settings_of(entry, thing)
    names = landscapes.names(entry, thing)
    if "data" in entry.asks and points is None:
        raise UserError(Mistake(f"{thing.name} needs a dataset", thing.place, "add `dataset:` to the scene"))
    function = _bound(entry, settings, points)
    evaluation = Evaluation(function, len(names), _rows(_count(entry, points)))
    loss, slope = evaluation.loss, evaluation.slope
    start = tuple(float(v) for v in landscapes.fact(entry, "start", settings) or ())
    if not start and any(run.start is None for run in scene.runs):
        raise UserError(Mistake(f"{thing.name} has no start of its own", thing.place, "add `start:`"))
    view = scene.view or thing.settings.get("view") or landscapes.fact(entry, "view", settings)
    minima, found = _minima(scene, entry, thing, settings, points), False
    if minima is None:
        box = view or around([run.start or start for run in scene.runs])
        minima = lowest(loss, slope, box) if box else ()
        found = bool(minima)
    model = entry.facts.get("model")
    squares = settings.get("loss") == "mse"
    return Problem(
        names=names,
        loss=loss,
        slope=slope,
        surface=_surface(entry, settings, points),
        start=start,
        view=tuple(float(v) for v in view) if view else None,
        minima=minima,
        minima_found=found,
        data=points if "data" in entry.asks else None,
        model=(lambda x, params: model(x, *params)) if model else None,
        residuals=_residuals(model, points, len(names)) if model and points and squares else None,
    )


def _bound(entry: Entry, settings: dict[str, Any], points: Data | None) -> Callable[..., Any]:
    """The landscape as a function of its coordinates alone."""
    bound = partial(entry.function, points) if "data" in entry.asks else entry.function
    return partial(bound, **settings)


def _count(entry: Entry, points: Data | None) -> int:
    return len(points.x) if "data" in entry.asks and points is not None else 1


def _rows(count: int) -> int:
    """How many points of a landscape are evaluated at once, if each meets so many numbers of a dataset."""
    return max(1, CHUNK // count)


def _residuals(model: Callable[..., Any], points: Data, n: int) -> Callable[[Array], tuple[Array, Array]]:
    count = len(points.x)

    def off(*params: Any) -> Any:
        x, y = (np.tile(part, len(params[0]) // count) for part in (points.x, points.y))
        return model(x[:, None], *params)[..., 0] - y

    evaluation = Evaluation(off, n, _rows(count) * count)

    def residuals(params: Array) -> tuple[Array, Array]:
        """How far the model is off at every point of the data, and the derivatives by each parameter."""
        # Every point gets parameters of its own, so that one pass backward gives all derivatives.
        value, gradient = evaluation.slope(np.asfortranarray(np.repeat(params, count, axis=0)))
        return value.reshape(-1, count), gradient.reshape(-1, count, n)

    return residuals


def _surface(entry: Entry, settings: dict[str, Any], points: Data | None) -> Callable[..., Array]:
    def surface(*coordinates: Any, loss: str | None = None) -> Array:
        """The loss at broadcast coordinates, a chunk at a time."""
        chosen = settings
        if loss is not None and loss != "full":
            if "loss" not in settings or loss not in LOSSES:
                raise ValueError(f"{entry.name} has no loss '{loss}'")
            chosen = settings | {"loss": loss}
        function = _bound(entry, chosen, points)
        grid = np.broadcast_arrays(*(np.asarray(c, dtype=np.float64) for c in coordinates))
        flat = [np.ravel(c) for c in grid]
        rows = _rows(_count(entry, points))
        out = np.empty(flat[0].size)
        with np.errstate(all="ignore"):
            for at in range(0, out.size, rows):
                out[at : at + rows] = function(*(c[at : at + rows] for c in flat))
        return out.reshape(grid[0].shape)

    return surface


def hessian(slope: Slope, params: Array) -> Array:
    """Second derivatives at (R, n) points, (R, n, n), exact: a complex step through the gradient."""
    n = params.shape[1]
    second = np.empty((*params.shape, n))
    for i in range(n):
        shifted = params.astype(np.complex128)
        shifted[:, i] += 1j * COMPLEX_STEP
        second[:, :, i] = slope(shifted)[1].imag / COMPLEX_STEP
    return second


def _minima(
    scene: Scene, entry: Entry, thing: Thing, settings: dict[str, Any], points: Data | None
) -> tuple[Point, ...] | None:
    """The minima that are stated; None where they have to be searched for."""
    stated: Any = scene.minima
    if stated is None:
        stated = entry.facts.get("minima")
        if callable(stated):
            stated = stated(points, **settings)
        # A landscape with a start of its own is known: without stated minima it has none.
        if stated is None and entry.facts.get("start") is not None:
            stated = ()
    return None if stated is None else tuple(tuple(float(v) for v in point) for point in stated)


def around(places: list[Point]) -> Point | None:
    """The box [x0, x1, y0, y1] of some points and the origin, with the largest side as margin."""
    known = np.array([place for place in places if place])
    if not len(known):
        return None
    low, high = np.minimum(known.min(axis=0), 0), np.maximum(known.max(axis=0), 0)
    margin = max(float((high - low).max()), 1.0)
    return tuple(float(v) for side in zip(low - margin, high + margin, strict=True) for v in side)


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
        found, depth = _descend(loss, slope, points[seeds])
    floor = float(depth.min())
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


def _descend(loss: Callable[[Array], Array], slope: Slope, params: Array) -> tuple[Array, Array]:
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
