"""A landscape whose parameters are arrays, such as a network, bound to its data."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.errors import Mistake, UserError
from optanim.registry import Entry
from optanim.replay import Evaluation
from optanim.scene import Scene, Thing
from optanim.trace import Data, Problem

AT_ONCE = 600_000  # numbers of one layer that are held at once: with many more caches are of no use
UNIT = 30  # products that take as long as what is done to each output of a layer
SIMPLE = 60  # and that take as long as a model of two parameters
MOST = 200_000  # parameters

Array = NDArray[Any]


def of_arrays(scene: Scene, thing: Thing, entry: Entry, settings: dict[str, Any], points: Data) -> Problem:
    """The problem of a landscape of arrays; UserError for what it cannot take."""
    sizes: Sequence[tuple[int, ...]] = entry.facts["arrays"](points, **settings)
    n = sum(map(math.prod, sizes))
    mistakes = [
        Mistake(
            f"{name} is of landscapes of few variables", thing.where(name), f"leave it out of {thing.name}"
        )
        for name in ("shift", "rotate", "scale", "view")
        if name in thing.settings
    ]
    mistakes += [
        Mistake(
            "the start of a network is drawn from the seed",
            run.rule.places.get("start") or scene.places.get("start") or run.rule.place,
            "leave start out",
        )
        for run in scene.runs
        if run.start is not None
    ]
    if n > MOST:
        mistakes.append(
            Mistake(f"a network of {n} parameters is too large", thing.place, f"takes at most {MOST}")
        )
    if mistakes:
        raise UserError(dict.fromkeys(mistakes))

    def function(*arrays: Any, given: Any) -> Any:
        x = given[0][..., None] if points.x.ndim == 1 else given[0]  # rows of inputs, also of one
        return entry.function(replace(points, x=x, y=given[1]), *arrays, **settings)

    widest = max(max(shape) for shape in sizes)
    evaluation = Evaluation(function, n, max(1, AT_ONCE // (len(points.x) * widest)), sizes)

    def loss(params: Array, rows: Any = None) -> Array:
        return evaluation.loss(params, *_data(points, rows))

    def slope(params: Array, rows: Any = None) -> tuple[Array, Array]:
        return evaluation.slope(params, *_data(points, rows))

    made = entry.facts["model"](points, **settings)

    def model(x: Array, params: Any) -> Array:
        """The outputs (rows, outputs) at one point of the parameters."""
        outputs: Array = made(x, *evaluation.operands(np.asarray(params, float)[None]))
        return outputs[0]

    def begin(seed: int) -> Array:
        rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(4,))))
        return np.concatenate([np.ravel(array) for array in entry.facts["initial"](rng, sizes)])

    return Problem(
        names=tuple(f"p{i}" for i in range(n)),
        loss=loss,
        slope=slope,
        surface=_nowhere,
        start=tuple(begin(scene.seed).tolist()),
        data=points,
        model=model,
        noise=thing.settings.get("noise") or None,
        test_loss=_tested(function, evaluation, points, widest),
        shapes=tuple(sizes),
        begin=begin,
        effort=max(1.0, (n + UNIT * sum(shape[-1] for shape in sizes if len(shape) > 1)) / SIMPLE),
    )


def _data(points: Data, rows: Any) -> tuple[tuple[Array, Array], bool]:
    """The x and y of some rows, and whether each run has rows of its own."""
    if rows is None:
        return (points.x, points.y), False
    return (points.x[rows], points.y[rows]), np.ndim(rows) == 2


def _tested(
    function: Callable[..., Any], evaluation: Evaluation, points: Data, widest: int
) -> Callable[[Array], Array] | None:
    """The loss of the points kept back, without a tape: it is asked once."""
    test = points.test
    if test is None:
        return None

    piece = max(1, AT_ONCE // (len(test.x) * widest))

    def loss(params: Array) -> Array:
        parts = [params[at : at + piece] for at in range(0, len(params), piece)]
        with np.errstate(all="ignore"):
            values = [function(*evaluation.operands(part), given=(test.x, test.y)) for part in parts]
        return np.concatenate(values) if values else np.zeros(0)

    return loss


def _nowhere(*_: Any, **__: Any) -> Array:
    raise TypeError("a landscape of arrays has no surface over two coordinates")
