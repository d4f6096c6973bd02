"""What a rule may ask of the problem beside its gradient, and how values of many runs are held."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.datasets.distributions import draw
from optanim.scene import Thing
from optanim.search import Slope, hessian

Array = NDArray[Any]
State = dict[str, Any]
Residuals = Callable[..., tuple[Array, Array]]  # (R, n) to (R, rows) and their Jacobian (R, rows, n)


@dataclass(frozen=True)
class Layer:
    """Some of the parameters, which a rule sees as one array of this shape per run."""

    columns: slice
    shape: tuple[int, ...]

    def of(self, whole: Array) -> Array:
        """This layer's numbers out of those of all, (R, *shape)."""
        part = whole[:, self.columns].reshape(len(whole), *self.shape)
        # A matrix in one memory order: sums along an axis round by it, and it is another for one run alone.
        return part if part.ndim == 2 else np.ascontiguousarray(part)


class Draws:
    """Random numbers for a rule: each run draws from a generator of its own.

    So a run is the same whether it is stepped alone or beside others, some of which may end.
    """

    def __init__(self, seeds: Sequence[Any]) -> None:
        self.generators = [np.random.Generator(np.random.PCG64(seed)) for seed in seeds]

    def normal(self, shape: tuple[int, ...]) -> Array:
        """Standard normal numbers of shape (R, ...)."""
        return np.stack([generator.standard_normal(shape[1:]) for generator in self.generators])

    def uniform(self, shape: tuple[int, ...]) -> Array:
        """Numbers evenly spread over [0, 1), of shape (R, ...)."""
        return np.stack([generator.random(shape[1:]) for generator in self.generators])

    def keep(self, mask: Array) -> None:
        self.generators = [g for g, kept in zip(self.generators, mask, strict=True) if kept]


class Noise:
    """What every gradient of a step is off by: in each step the landscape is tilted anew, for all runs alike.

    As a batch of data would, the tilt is the same wherever in a step the gradient is taken.
    """

    def __init__(self, what: Thing | float, seed: int, n: int) -> None:
        # A stream of its own, beside those of the data and of the rules.
        self.what, self.seed, self.n = what, np.random.SeedSequence(seed, spawn_key=(1,)), n

    def tilts(self, seeds: Array | None = None) -> Iterator[Array]:
        """Of each step in turn what is added to the gradient, (n,); (R, n) for runs of so many seeds."""
        if seeds is not None:
            unique, place = np.unique(seeds, return_inverse=True)
            of_each = [Noise(self.what, seed, self.n).tilts() for seed in unique.tolist()]
            while True:
                yield np.stack([next(tilts) for tilts in of_each])[place]
        generator = np.random.Generator(np.random.PCG64(self.seed))
        while True:
            yield draw(self.what, generator, (self.n,))


class Oracles:
    """What a rule may ask of the problem, in the shape of its own layer; gradients are counted."""

    def __init__(self, loss: Callable[..., Array], slope: Slope, residuals: Residuals | None = None) -> None:
        self.problem_loss = loss
        self.problem_slope = slope
        self.problem_residuals = residuals
        self.rows: dict[str, Any] = {}  # of the data that the step sees, where not all
        self.count = 0
        self.tilt: Array | None = None  # of the step, about where its gradient was taken

    def see(self, rows: Array) -> None:
        """From now on only these rows of the data."""
        self.rows = {"rows": rows}

    def keep(self, mask: Array) -> None:
        """From now on only these runs."""
        rows: Any = self.rows.get("rows")
        if np.ndim(rows) == 2:
            self.rows = {"rows": rows[mask]}

    def bound(
        self, params: Array, layer: Layer, asks: tuple[str, ...], draws: Draws | None
    ) -> dict[str, Any]:
        """The oracles by name; every other layer stays where it is in `params`."""
        if not asks:
            return {}

        def whole(p: Array) -> Array:
            moved = params.astype(p.dtype, copy=True, order="F")
            moved[:, layer.columns] = p.reshape(len(p), -1)
            return moved

        tilt, rows = self.tilt, self.rows

        def loss(p: Array) -> Array:
            value = self.problem_loss(whole(p), **rows)
            if tilt is not None:
                value = value + ((whole(p) - params) * tilt).sum(axis=1)
            return across(value, 1 + len(layer.shape))

        def grad(p: Array) -> Array:
            self.count += 1
            slope = self.problem_slope(whole(p), **rows)[1]
            slope = slope if tilt is None else slope + tilt
            return slope[:, layer.columns].reshape(p.shape)

        def second(p: Array) -> Array:
            size = layer.columns.stop - layer.columns.start
            flat = partial(_flat, grad=grad, shape=layer.shape)
            return hessian(flat, p.reshape(len(p), size))

        def diagonal(p: Array) -> Array:
            return np.diagonal(second(p), axis1=1, axis2=2).reshape(p.shape)

        def residuals(p: Array) -> tuple[Array, Array]:
            if self.problem_residuals is None:
                raise TypeError("the problem is no sum of squares: it has no residuals")
            self.count += 1
            rest, jacobian = self.problem_residuals(whole(p), **rows)
            return rest, jacobian[:, :, layer.columns]

        return {
            "loss": loss,
            "grad": grad,
            "hessian": second,
            "hessian_diag": diagonal,
            "residuals": residuals,
            "linear_residuals": residuals if getattr(self.problem_residuals, "linear", False) else None,
            "rng": draws,
        }


def _flat(params: Array, grad: Callable[[Array], Array], shape: tuple[int, ...]) -> tuple[Array, Array]:
    gradient = grad(params.reshape(len(params), *shape))
    return params[:, 0], gradient.reshape(len(params), -1)


def is_number(value: Any) -> bool:
    """Whether a setting may differ between runs that are stepped as one array: a whole number may not."""
    return isinstance(value, float)


def together(values: Any) -> Any:
    """One value if all are equal, else an array of one per run."""
    if not is_number(values[0]):
        return values[0]
    array = np.asarray(values, dtype=np.float64)
    return float(array[0]) if (array == array[0]).all() else array


def across(value: Any, ndim: int) -> Any:
    """One value per run, shaped to broadcast against arrays of that many axes."""
    return value.reshape(-1, *(1,) * (ndim - 1)) if isinstance(value, np.ndarray) else value


def kept(value: Any, mask: Array) -> Any:
    """The same without the runs outside the mask, in everything that has one row per run."""
    if isinstance(value, np.ndarray) and value.ndim:
        return np.asfortranarray(value[mask]) if value.ndim == 2 else value[mask]
    if isinstance(value, dict):
        return {name: kept(part, mask) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)(kept(part, mask) for part in value)
    return value
