"""Planes through a space of many parameters, on which a landscape is drawn with the paths cast on it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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
            return np.asarray((points - self.centre) @ axes.T / (axes**2).sum(axis=1))

    def off(self, points: Floats) -> Floats:
        """How far points (m, n) are from the plane, (m,)."""
        with np.errstate(all="ignore"):
            return np.asarray(np.linalg.norm(points - self.lifted(self.on(points)), axis=1))

    def lifted(self, at: Floats) -> Floats:
        """The points (m, n) at coordinates (m, 2)."""
        return np.asarray(self.centre + at[:, :1] * self.first + at[:, 1:] * self.second)


def pca(paths: Sequence[Floats]) -> Plane:
    """The plane through the mean of the ends of paths (m, n), along their two directions of most variance.

    These come from the products of all points with each other, or of all columns, whichever are
    fewer; of many points some are left out, evenly.
    """
    points = np.concatenate(paths)
    points = points[:: -(-len(points) // MOST_POINTS)]
    centre = np.mean([path[-1] for path in paths], axis=0)
    rest = points - points.mean(axis=0)
    wide = rest.shape[1] > len(rest)
    values, vectors = np.linalg.eigh(rest @ rest.T if wide else rest.T @ rest)
    values, vectors = np.maximum(values[::-1], 0.0), vectors[:, ::-1]
    total = float(values.sum())
    directions: list[Floats] = []
    shares = [0.0, 0.0]
    for i in range(2):
        if i < len(values) and values[i] > STRAIGHT * max(values[0], 1e-300):
            direction = rest.T @ vectors[:, i] if wide else vectors[:, i]
            shares[i] = float(values[i]) / total
        else:
            direction = _across(directions, rest.shape[1])
        direction = direction / np.linalg.norm(direction)
        # The sign is free: towards the end of the first path the numbers grow.
        back = float((paths[0][-1] - paths[0][0]) @ direction) < 0
        directions.append(-direction if back else direction)
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
    second = second - (second @ first) / (first @ first) * first
    return Plane(centre, first, second)


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
        return f"PC 1: {one}", f"PC 2: {two}"

    def _view(self, chosen: Sequence[int]) -> tuple[float, ...]:
        """All of the plane that runs come over, but where they run away."""
        feet = np.concatenate([self.plane.on(steady(self.whole.runs[index])) for index in chosen])
        return views.with_margin(feet.min(axis=0), feet.max(axis=0), float(np.abs(feet).max()))

    def off(self, index: int) -> Floats:
        """How far the iterates of a run (K,) are from the plane."""
        return self.plane.off(self.whole.runs[index].params)

    def furthest(self, chosen: Sequence[int]) -> float:
        """How far runs ever are from the plane, while they are at places that are numbers."""
        far = [self.plane.off(steady(self.whole.runs[index])) for index in chosen]
        return max((float(each.max()) for each in far), default=0.0)

    def says(self, chosen: Sequence[int], axis: bool) -> list[str]:
        """How far runs get from the plane, in fewer and fewer words that stand after the name of its axis."""
        of = " of the variance" if axis and self.plane.share else ""
        if not chosen:
            return [of]
        far = f"up to {words.number(self.furthest(chosen), 2)} off"
        return [f"{of}; paths {far} this plane", f"{of}; {far} this plane", f"; {far} the plane", f"; {far}"]

    def told(self, index: int, steps: NDArray[np.int64]) -> list[tuple[str, ...]]:
        """At steps (F,) the loss of a run, that of the plane at its foot, and how far the two are apart."""
        run = self.whole.runs[index]
        rows = np.array([run.row(step) for step in steps.tolist()])
        asked, back = np.unique(rows, return_inverse=True)
        off = [f"{words.number(far, 2)} off" for far in self.off(index)[asked]]
        said: list[tuple[str, ...]] = [(far,) for far in off]
        if self.loss != "batch":
            test = self.problem.test_loss if self.loss == "test" else None
            with np.errstate(all="ignore"):
                true = test(run.params[asked]) if test else run.loss[asked]
                flat = self._values(self.plane.on(run.params[asked]), self.loss, None)
            said = [
                (f"loss {words.number(one, 2)}", f"on plane {words.number(two, 2)}", far)
                for one, two, far in zip(true, flat, off, strict=True)
            ]
        lost = ~np.isfinite(run.params[asked]).all(axis=1)
        return [() if lost[i] else said[i] for i in back.tolist()]

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

    def _values(self, at: Floats, loss: str | None, rows: Any) -> Floats:
        """The loss of points of the plane (m, 2)."""
        ask = self._asked(loss, rows)
        piece = max(1, AT_ONCE // len(self.plane.centre))
        parts = [ask(self.plane.lifted(at[i : i + piece])) for i in range(0, len(at), piece)]
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
    paths = [steady(trace.runs[index]) for index in chosen]
    if kind == "random" or not paths:
        centre = paths[0][-1] if paths else np.array(problem.start, float)
        return random(centre, problem.shapes, trace.scene.seed)
    return pca(paths)


def steady(run: Path) -> Floats:
    """The iterates of a run before it runs away or is too far to be reckoned with, the start among them."""
    path = views.steady(run)
    far = np.flatnonzero(np.abs(path).max(axis=1) > FAR)
    return path[: max(int(far[0]), 1)] if len(far) else path
