"""A scene's landscape on its data, with its start, view and minima: what the driver steps on."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim import landscapes
from optanim.array_problem import of_arrays
from optanim.errors import Mistake, UserError
from optanim.kinds import dataset, landscape
from optanim.losses import CLASSIFY, LOSSES, OWN, two_classes
from optanim.placement import Misplaced, Placement, parameter, placement
from optanim.registry import Entry
from optanim.replay import Evaluation
from optanim.scene import Point, Scene, Thing, drawn
from optanim.search import around, lowest, wider
from optanim.settings import Wrong, grouped
from optanim.trace import Data, Problem

MOST_NUMBERS = 5_000_000  # of the rows of data by the parameters
CHUNK = 100_000  # numbers of each kind that are held at once while a landscape is evaluated

Array = NDArray[Any]  # real, or complex to differentiate


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
        # Told at the first setting that the message names.
        named = (thing.places[word] for word in wrong.message.split() if word in thing.places)
        raise UserError(Mistake(wrong.message, next(named, thing.where(lead)), wrong.hint)) from None
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
    if "arrays" in entry.facts and points is not None:
        return of_arrays(scene, thing, entry, settings, points)
    if names is None:
        raise TypeError(f"{thing.name} has neither names nor arrays")
    if points is not None and "data" in entry.asks:
        _check_inputs(scene, thing, points)
    made = entry.facts.get("model")
    model = made(points, **settings) if made and points else None
    placed = _placed(thing, names, model is None)
    if points is not None and "data" in entry.asks:
        if len(points.x) * len(names) > MOST_NUMBERS:
            numbers = f"{grouped(len(points.x))} rows by {len(names)} parameters"
            hint = f"takes at most {grouped(MOST_NUMBERS)}: fewer rows, or a lower degree"
            raise UserError(Mistake(f"{numbers} are too many numbers", thing.place, hint))
        _check_losses(scene, thing, settings, points)
    evaluation = _evaluation(entry, settings, points, placed, len(names))
    loss, slope = evaluation.loss, evaluation.slope
    own = landscapes.fact(entry, "start", settings)
    start = placed.drawn(own) if own else ()
    if not start and any(run.start is None for run in scene.runs):
        raise UserError(Mistake(f"{thing.name} has no start of its own", thing.place, "add `start:`"))
    view = scene.view or thing.settings.get("view")
    if not view and (own := landscapes.fact(entry, "view", settings)):
        view = placed.box(own)
    minima, found = _minima(scene, entry, thing, settings, points, placed), False
    if minima is None:
        origin = placed.drawn((0.0,) * len(names))
        box = view or around([run.start or start for run in scene.runs], origin)
        minima = lowest(loss, slope, box) if box else ()
        if box and not minima and not view:  # it goes on down outside: perhaps not far
            minima = lowest(loss, slope, wider(box))
        found = bool(minima)
    noise = thing.settings.get("noise") or None
    at = None if model is None else lambda x, *drawn: model(x, *placed.own(*drawn))
    squares, linear = settings.get("loss") == "mse" and not noise, bool(entry.facts.get("linear"))
    surface = _surface(entry, settings, points, placed)
    tested = points is not None and points.test is not None and "data" in entry.asks
    return Problem(
        names=tuple(parameter(name, placed, i) for i, name in enumerate(names)) if model else names,
        loss=loss,
        slope=slope,
        function=evaluation.function,
        surface=surface,
        test_loss=(lambda params: surface(*params.T, loss="test")) if tested else None,
        start=start,
        view=tuple(float(v) for v in view) if view else None,
        minima=minima,
        minima_found=found,
        data=points if "data" in entry.asks else None,
        model=(lambda x, params: at(x, *params)) if at else None,
        residuals=_Residuals(at, points, len(names), linear) if at and points and squares else None,
        noise=noise,
    )


def _placed(thing: Thing, names: tuple[str, ...], mixes: bool) -> Placement:
    try:
        return placement(thing, names, mixes)
    except Misplaced as wrong:
        raise UserError(Mistake(wrong.message, thing.where(wrong.setting), wrong.hint)) from None


def _check_inputs(scene: Scene, thing: Thing, points: Data) -> None:
    """UserError for data of several inputs or classes, where the model is a function of one number."""
    name = scene.dataset.name if scene.dataset else "the dataset"
    if points.x.ndim > 1:
        message = f"{thing.name} takes one input, and {name} has {points.x.shape[1]}"
    elif points.classes > 2:
        message = f"{thing.name} has one output, and {name} {points.classes} classes"
    else:
        return
    raise UserError(Mistake(message, thing.place, "take landscape: mlp"))


def _check_losses(scene: Scene, thing: Thing, settings: dict[str, Any], points: Data) -> None:
    """UserError for a loss, scored or drawn by a panel, that the data or the settings do not suit."""
    used = [(settings["loss"], thing.where("loss"))] if "loss" in settings else []
    shown = map(drawn, scene.panels)
    for each in shown:
        names = each.settings.get("loss", ())
        names = names if isinstance(names, tuple) else (names,)
        used += [(name, each.where("loss")) for name in names if name in LOSSES]
    mistakes = [
        Mistake(f"{loss} needs a y of two classes: -1 and 1, or 0 and 1", place, "as dataset: classes has")
        for loss, place in used
        if loss in CLASSIFY and not two_classes(points.y)
    ]
    for owner, own in OWN.items():
        mistakes += [
            Mistake(f"{name} is a setting of the loss {owner}", thing.where(name), f"write loss: {owner}")
            for name in own
            if name in thing.settings and owner not in [loss for loss, _ in used]
        ]
    if mistakes:
        raise UserError(mistakes)


def _bound(entry: Entry, settings: dict[str, Any], points: Data | None) -> Callable[..., Any]:
    """The landscape as a function of its coordinates alone."""
    bound = partial(entry.function, points) if "data" in entry.asks else entry.function
    return partial(bound, **settings)


class _Rows:
    """What depends on the data, on all of it or on some rows: loss and slope as a Problem has them."""

    def __init__(self, points: Data | None, whole: Evaluation, some: Evaluation | None) -> None:
        self.points, self.whole, self.some = points, whole, some

    def loss(self, params: Array, rows: Any = None) -> Array:
        if rows is None:
            return self.whole.loss(params)
        return self._some().loss(params, self._given(rows), np.ndim(rows) == 2)

    def slope(self, params: Array, rows: Any = None) -> tuple[Array, Array]:
        if rows is None:
            return self.whole.slope(params)
        return self._some().slope(params, self._given(rows), np.ndim(rows) == 2)

    def function(self, *coordinates: Any, given: tuple[Array, Array] | None = None) -> Any:
        """The loss as it is written, of numbers, arrays or Tensors, on other x and y where they are given."""
        if given is None:
            return self.whole.function(*coordinates)
        return self._some().function(*coordinates, given=given)

    def _some(self) -> Evaluation:
        if self.some is None:
            raise ValueError("a landscape without data has no rows")
        return self.some

    def _given(self, rows: Any) -> tuple[Array, Array]:
        assert self.points is not None
        return self.points.x[rows], self.points.y[rows]


def _evaluation(
    entry: Entry, settings: dict[str, Any], points: Data | None, placed: Placement, n: int
) -> _Rows:
    whole = Evaluation(placed.function(_bound(entry, settings, points)), n, _rows(_count(entry, points)))
    if "data" not in entry.asks or points is None:
        return _Rows(None, whole, None)

    def on_rows(*coordinates: Any, given: Any) -> Any:
        some = replace(points, x=given[0], y=given[1])
        return placed.function(_bound(entry, settings, some))(*coordinates)

    return _Rows(points, whole, Evaluation(on_rows, n, _rows(len(points.x))))


def _count(entry: Entry, points: Data | None) -> int:
    return len(points.x) if "data" in entry.asks and points is not None else 1


def _rows(count: int) -> int:
    """How many points of a landscape are evaluated at once, if each meets so many numbers of a dataset."""
    return max(1, CHUNK // count)


class _Residuals:
    """How far a model is off at every point of the data, and the derivatives by each parameter."""

    def __init__(self, model: Callable[..., Any], points: Data, n: int, linear: bool) -> None:
        count = len(points.x)

        def off(*params: Any) -> Any:
            x, y = (np.tile(part, len(params[0]) // count) for part in (points.x, points.y))
            return model(x[:, None], *params)[..., 0] - y

        self.evaluation = Evaluation(off, n, _rows(count) * count)
        self.count, self.n = count, n
        self.linear = linear  # in the parameters

    def __call__(self, params: Array, rows: Any = None) -> tuple[Array, Array]:
        # Every point gets parameters of its own, so that one pass backward gives all derivatives.
        value, gradient = self.evaluation.slope(np.asfortranarray(np.repeat(params, self.count, axis=0)))
        value, gradient = value.reshape(-1, self.count), gradient.reshape(-1, self.count, self.n)
        if rows is None:
            return value, gradient
        chosen = (slice(None), rows) if np.ndim(rows) == 1 else (np.arange(len(params))[:, None], rows)
        return value[chosen], gradient[chosen]


def _surface(
    entry: Entry, settings: dict[str, Any], points: Data | None, placed: Placement
) -> Callable[..., Array]:
    def surface(*coordinates: Any, loss: str | None = None, rows: Any = None) -> Array:
        """The loss at broadcast coordinates, a chunk at a time."""
        chosen, seen = settings, points
        if loss == "test":
            if points is None or points.test is None:
                raise ValueError("the dataset keeps no points back")
            seen = replace(points, x=points.test.x, y=points.test.y)
        elif loss in LOSSES and "loss" in settings:
            chosen = settings | {"loss": loss}
        elif loss not in (None, "full", "train"):
            raise ValueError(f"{entry.name} has no loss '{loss}'")
        if rows is not None and points is not None:
            seen = replace(points, x=points.x[rows], y=points.y[rows])
        function = placed.function(_bound(entry, chosen, seen))
        grid = np.broadcast_arrays(*(np.asarray(c, dtype=np.float64) for c in coordinates))
        flat = [np.ravel(c) for c in grid]
        piece = _rows(_count(entry, seen))
        out = np.empty(flat[0].size)
        with np.errstate(all="ignore"):
            for at in range(0, out.size, piece):
                out[at : at + piece] = function(*(c[at : at + piece] for c in flat))
        return out.reshape(grid[0].shape)

    return surface


def _minima(
    scene: Scene,
    entry: Entry,
    thing: Thing,
    settings: dict[str, Any],
    points: Data | None,
    placed: Placement,
) -> tuple[Point, ...] | None:
    """The minima that are stated; None where they have to be searched for."""
    if scene.minima is not None:
        return tuple(tuple(float(v) for v in point) for point in scene.minima)
    stated: Any = entry.facts.get("minima")
    if callable(stated):
        stated = stated(points, **settings)
    # A landscape with a start of its own is known: without stated minima it has none.
    if stated is None and entry.facts.get("start") is not None:
        stated = ()
    return None if stated is None else tuple(placed.drawn(point) for point in stated)
