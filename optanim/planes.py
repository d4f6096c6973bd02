"""Planes through a space of many parameters, on which a landscape is drawn with the paths cast on it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim import views, words
from optanim.trace import Path, Problem, Trace

Floats = NDArray[np.float64]

MOST_POINTS = 1000  # iterates of all runs together, by which the directions of most variance are found
AT_ONCE = 2_000_000  # numbers of points of the plane that are held at once
STRAIGHT = 1e-9  # of the first direction's variance: less is rounding, and the paths are one line
FAR = 1e100  # no plane is made by what is further: its square is no number
BEYOND = 3.0  # times as far as runs go that come down: no plane is made by what another does there
PARALLEL = 1e-9  # of a direction's length: what is left of it across another is rounding
WAYS = 5  # in which it is said how far off a plane the paths are
ROUNDING = 1e-7  # of the reach of the paths: what is less is on the plane
AROUND = 0.15  # of the longer side of the paths on the plane, to each side of them
RANDOM_VIEW = (-1.0, 1.0, -1.0, 1.0)  # in lengths of the filters


@dataclass(frozen=True)
class Plane:
    """The points centre + a * first + b * second; the two directions (n,) are orthogonal.

    `share` is how much of the variance of the paths lies along each, None where the plane was not made
    from them.
    """

    centre: Floats
    first: Floats
    second: Floats
    share: tuple[float, float] | None = None

    def on(self, points: Floats) -> Floats:
        """The coordinates (m, 2) of the feet of points (m, n)."""
        axes = np.stack([self.first, self.second])
        with np.errstate(all="ignore"):
            return self._of_pieces(lambda some: (some - self.centre) @ axes.T / (axes**2).sum(axis=1), points)

    def off(self, points: Floats) -> Floats:
        """How far points (m, n) are from the plane, (m,)."""
        with np.errstate(all="ignore"):
            return self._of_pieces(
                lambda some: np.linalg.norm(some - self.lifted(self.on(some)), axis=1), points
            )

    def _of_pieces(self, function: Callable[[Floats], Any], points: Floats) -> Floats:
        """A function of points (m, n), asked a few at a time: of a network all would fill the memory."""
        piece = max(1, AT_ONCE // len(self.centre))
        return np.concatenate([function(points[i : i + piece]) for i in range(0, max(len(points), 1), piece)])

    def lifted(self, at: Floats) -> Floats:
        """The points (m, n) at coordinates (m, 2)."""
        return np.asarray(self.centre + at[:, :1] * self.first + at[:, 1:] * self.second)


def pca(paths: Sequence[Floats]) -> Plane:
    """The plane through the mean of the ends of paths (m, n), along their two directions of most variance.

    These come from the products of all points with each other, or of all columns, whichever are
    fewer; of many points some are left out, evenly.
    """
    skipped = np.cumsum([0, *map(len, paths)])
    stride = -(-int(skipped[-1]) // MOST_POINTS)
    some = [path[-before % stride :: stride] for path, before in zip(paths, skipped.tolist(), strict=False)]
    count, n = sum(map(len, some)), some[0].shape[1]
    wide, width = n > count, max(1, AT_ONCE // count)

    def parts() -> Iterator[Floats]:
        """The points less their mean, (count, width), a few columns at a time."""
        for at in range(0, n, width):
            columns = np.concatenate([path[:, at : at + width] for path in some])
            yield columns - columns.mean(axis=0)

    products = sum(part @ part.T if wide else part.T @ part for part in parts())
    values, vectors = np.linalg.eigh(np.asarray(products))
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    total = float(values.sum())
    directions: list[Floats] = []
    shares = [0.0, 0.0]
    for i in range(2):
        if i < len(values) and values[i] > STRAIGHT * max(values[0], 1e-300):
            along = vectors[:, i]
            direction = np.concatenate([part.T @ along for part in parts()]) if wide else along
            shares[i] = float(values[i]) / total
        else:
            direction = _across(directions, n)
        direction = direction / np.linalg.norm(direction)
        # The sign is free: towards the end of the first path the numbers grow.
        back = float((paths[0][-1] - paths[0][0]) @ direction) < 0
        directions.append(-direction if back else direction)
    centre = np.mean([path[-1] for path in paths], axis=0)
    return Plane(centre, directions[0], directions[1], (shares[0], shares[1]))


def _across(others: Sequence[Floats], n: int) -> Floats:
    """A direction at right angles to others of length 1."""
    axis = np.zeros(n)
    axis[int(np.argmin(np.abs(others[0]))) if others else 0] = 1.0
    for other in others:
        axis -= (axis @ other) * other
    return axis


def random(centre: Floats, shapes: Sequence[tuple[int, ...]], seed: int) -> Plane:
    """A plane of two random directions through a point, each filter of them as long as the point's.

    A filter is what leads to one output of a layer, a column of its weights; biases stay as they are. Without
    shapes all parameters are one filter. The second direction is made orthogonal to the first. Li et al.
    2018, arXiv:1712.09913.
    """
    rng = np.random.Generator(np.random.PCG64(np.random.SeedSequence(seed, spawn_key=(5,))))
    first, second = (_filtered(rng, centre, shapes or [(len(centre), 1)]) for _ in range(2))
    across = second - (second @ first) / (first @ first) * first
    if np.linalg.norm(across) <= PARALLEL * np.linalg.norm(second):
        # Filters of one number each may well leave one direction alone.
        length = np.linalg.norm(first)
        across = length * _across([first / length], len(first))
    return Plane(centre, first, across)


def _filtered(rng: np.random.Generator, centre: Floats, shapes: Sequence[tuple[int, ...]]) -> Floats:
    parts, at = [], 0
    for shape in shapes:
        size = int(np.prod(shape))
        own = centre[at : at + size].reshape(shape)
        at += size
        if len(shape) < 2:
            parts.append(np.zeros(size))
            continue
        drawn = rng.standard_normal(shape)
        length = np.linalg.norm(own, axis=0)
        # A filter that is nothing yet has no length to take.
        length = np.where(length > 0, length, 1.0)
        parts.append((drawn * length / np.linalg.norm(drawn, axis=0)).ravel())
    return np.concatenate(parts)


# -- a trace on a plane ------------------------------------------------------------------------


class Cast:
    """A trace cast on a plane: the same runs with the feet of their iterates, the loss of its points.

    `trace` has a problem of two parameters, without minima. `loss` is the name of the loss that is drawn.
    """

    def __init__(self, whole: Trace, kind: str, chosen: Sequence[int], loss: str) -> None:
        assert whole.problem is not None
        self.whole, self.problem, self.loss = whole, whole.problem, loss
        self.plane = _plane(whole, self.problem, kind, chosen)
        self._drawn: dict[Any, Floats] = {}
        self.chosen = tuple(chosen)
        self._reach = self.reach(chosen)
        self.trace = replace(
            whole,
            runs=tuple(replace(run, params=self.plane.on(run.params)) for run in whole.runs),
            problem=replace(
                self.problem,
                names=self._names,
                surface=self._surface,
                start=(0.0, 0.0),
                view=RANDOM_VIEW if kind == "random" else self._view(chosen),
                minima=(),
                shapes=(),
                function=None,
            ),
        )

    @property
    def _names(self) -> tuple[str, str]:
        if self.plane.share is None:
            return "random direction 1", "random direction 2"
        one, two = (words.percent(100 * share) for share in self.plane.share)
        # Held together: above the cells of a grid no name is parted from its share.
        return f"PC 1:\u00a0{one}", f"PC 2:\u00a0{two}"

    def _view(self, chosen: Sequence[int]) -> tuple[float, ...]:
        """All of the plane that runs come over, but where they run away."""
        feet = np.concatenate(list(map(self.plane.on, followed(self.whole, chosen))))
        low, high = feet.min(axis=0), feet.max(axis=0)
        # What the loss does around the ends is what is to be seen.
        room = AROUND * (high - low).max()
        return views.with_margin(low - room, high + room, float(np.abs(feet).max()))

    @property
    def around(self) -> str:
        """Through which point a random plane goes."""
        return (
            f"around the end of {self.whole.runs[self.chosen[0]].label}"
            if self.chosen
            else "around the start"
        )

    def reach(self, chosen: Sequence[int]) -> float:
        """How far runs ever are from their starts, but where they run away."""
        far = (np.linalg.norm(path - path[0], axis=1) for path in followed(self.whole, chosen))
        return max((float(each.max()) for each in far), default=0.0)

    def _length(self, far: float) -> str:
        """A distance in words, where rounding is none."""
        return words.number(0.0 if far < ROUNDING * self._reach else far, 2)

    def furthest(self, chosen: Sequence[int]) -> float:
        """How far runs ever are from the plane, but where they run away."""
        far = map(self.plane.off, followed(self.whole, chosen))
        return max((float(each.max()) for each in far), default=0.0)

    def says(self, chosen: Sequence[int]) -> list[tuple[str, str]]:
        """What stands after the name of an axis, and how far runs get off: in fewer and fewer words."""
        of = " of the variance" if self.plane.share else f" {self.around}"
        if not chosen:
            return [(of, "")]
        reach, n = words.number(self.reach(chosen), 2), len(self.plane.centre)
        far = f"up to {self._length(self.furthest(chosen))} off"
        paths = f"; paths reach {reach}, {far} this plane"
        return [
            (of, f"{paths} in {n} dimensions"),
            (of, paths),
            (of, f"; {far} this plane"),
            ("", f"; {far} the plane"),
            ("", f"; {far}"),
        ]

    def told(self, index: int, steps: NDArray[np.int64]) -> list[tuple[str, ...]]:
        """At steps (F,) the loss of a run, that of the plane at its foot, and how far the two are apart."""
        run = self.whole.runs[index]
        rows = np.array([run.row(step) for step in steps.tolist()])
        asked, back = np.unique(rows, return_inverse=True)
        off = [f"{self._length(far)} off" for far in self.plane.off(run.params[asked]).tolist()]
        said: list[tuple[str, ...]] = [(far,) for far in off]
        if self.loss != "batch":
            with np.errstate(all="ignore"):
                true = run.loss[asked] if self._descended else self._values(run.params[asked], self.loss)
                flat = self._values(self.plane.on(run.params[asked]), self.loss)
            said = [
                (f"loss {words.number(one, 2)}", f"on plane {words.number(two, 2)}", far)
                for one, two, far in zip(true, flat, off, strict=True)
            ]
        lost = ~np.isfinite(run.params[asked]).all(axis=1)
        return [() if lost[i] else said[i] for i in back.tolist()]

    @property
    def _descended(self) -> bool:
        """Whether the loss that is drawn is the one that the runs go down."""
        return words.drawn_loss(self.whole, self.loss) == words.loss_name(self.whole)

    def _surface(self, *coordinates: Any, loss: str | None = None, rows: Any = None) -> Floats:
        x, y = np.broadcast_arrays(*(np.asarray(c, np.float64) for c in coordinates))
        # The same picture is asked for by every output.
        key = x.tobytes(), y.tobytes(), x.shape, loss
        if rows is None and key in self._drawn:
            return self._drawn[key]
        made = self._values(np.column_stack([x.ravel(), y.ravel()]), loss, rows).reshape(x.shape)
        if rows is None:
            self._drawn[key] = made
        return made

    def _values(self, at: Floats, loss: str | None, rows: Any = None) -> Floats:
        """The loss at points (m, n), or at those of the plane (m, 2)."""
        ask, lifted = self._asked(loss, rows), at.shape[1] < len(self.plane.centre)
        piece = max(1, AT_ONCE // len(self.plane.centre))
        pieces = (at[i : i + piece] for i in range(0, len(at), piece))
        parts = [ask(self.plane.lifted(some) if lifted else some) for some in pieces]
        return np.concatenate(parts) if parts else np.zeros(0)

    def _asked(self, loss: str | None, rows: Any) -> Callable[[Floats], Floats]:
        problem = self.problem
        if not problem.shapes:
            return lambda points: problem.surface(*points.T, loss=loss, rows=rows)
        if loss == "test" and problem.test_loss is not None:
            return problem.test_loss
        return lambda points: problem.loss(points, rows)


def cast(trace: Trace, kind: str | None, chosen: Sequence[int], loss: str) -> Cast | None:
    """The trace on a plane; None where its landscape has two parameters and is drawn as it is.

    Without a kind it is that of the most variance of the chosen runs.
    """
    problem = trace.problem
    if problem is None or (len(problem.names) < 3 and not problem.shapes):
        return None
    kind = kind or "pca"
    key = "cast", kind, loss, tuple(chosen)
    if key not in trace.measured:
        trace.measured[key] = Cast(trace, kind, chosen, loss)
    made: Cast = trace.measured[key]
    return made


def _plane(trace: Trace, problem: Problem, kind: str, chosen: Sequence[int]) -> Plane:
    paths = followed(trace, chosen)
    if kind == "random" or not paths:
        centre = paths[0][-1] if paths else np.array(problem.start, float)
        return random(centre, problem.shapes, trace.scene.seed)
    return pca(paths)


def followed(trace: Trace, chosen: Sequence[int]) -> list[Floats]:
    """The iterates of runs before they run away; beside runs that come down, others while they are near."""
    runs = [trace.runs[index] for index in chosen]
    paths = list(map(steady, runs))
    reach = [np.abs(path - path[0]).max(axis=1) for path in paths]
    down = [run.ended is None and run.loss[-1] <= run.loss[0] for run in runs]
    room = BEYOND * max(
        (float(far.max()) for far, good in zip(reach, down, strict=True) if good), default=0.0
    )
    if not room:
        return paths
    gone = [np.flatnonzero(far > room) for far in reach]
    return [
        path if good or not len(left) else path[: left[0]]
        for path, good, left in zip(paths, down, gone, strict=True)
    ]


def steady(run: Path) -> Floats:
    """The iterates of a run before it runs away or is too far to be reckoned with, the start among them."""
    path = views.steady(replace(run, params=run.params[: run.row(run.steps) + 1]))
    far = np.flatnonzero(np.abs(path).max(axis=1) > FAR)
    return path[: max(int(far[0]), 1)] if len(far) else path
