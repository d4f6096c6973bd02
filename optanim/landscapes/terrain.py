"""Real ground: mountains and river valleys as they were measured."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.autodiff import Tensor
from optanim.kinds import landscape
from optanim.recording import recordable
from optanim.scene import Point
from optanim.settings import Lead, NonNegative

Floats = NDArray[np.float64]
WEST_EAST, SOUTH_NORTH = 0.0745, 0.0925  # kilometres between measured points, 3 seconds of arc at 36.6° N


def _filter(n: int, weights: Floats) -> Floats:
    """The matrix that weights each of n numbers in a row with its neighbours, mirrored at both ends."""
    matrix = np.zeros((n, n))
    for offset, weight in enumerate(weights, start=-(len(weights) // 2)):
        np.add.at(matrix, (np.arange(n), _mirrored(np.arange(n) + offset, n)), weight)
    return matrix


def _mirrored(index: Any, n: int) -> Any:
    """Any whole number as an index below n, as if the row were continued by its mirror image."""
    index = np.abs(index) % (2 * n - 2)
    return np.minimum(index, 2 * n - 2 - index)


def _bell(sd: float) -> Floats:
    reach = int(np.ceil(5 * sd))
    weights = np.exp(-0.5 * (np.arange(-reach, reach + 1) / max(sd, 1e-9)) ** 2)
    return np.asarray(weights / weights.sum())


@lru_cache(maxsize=8)
def _coefficients(blur: float) -> Floats:
    """Of the cubic B-spline through the blurred heights in kilometres, south to north and west to east."""
    import matplotlib  # whose sample data the heights are

    file = Path(matplotlib.get_data_path()) / "sample_data" / "jacksboro_fault_dem.npz"
    with np.load(file, allow_pickle=False) as stored:
        heights = stored["elevation"][::-1].astype(float) / 1000
    spline = np.array([1, 4, 1]) / 6
    for spacing in (SOUTH_NORTH, WEST_EAST):
        n = len(heights)
        heights = np.linalg.solve(_filter(n, spline), _filter(n, _bell(blur / spacing)) @ heights).T
    return heights


def _cell(x: Any, spacing: float) -> tuple[Any, list[Any]]:
    """The cell of the grid that a coordinate is in, and the weights of the spline's four coefficients."""
    cells = x / spacing
    index = np.floor(np.real(cells.data if isinstance(cells, Tensor) else cells))
    t = cells - index
    weights = [(1 - t) ** 3, 3 * t**3 - 6 * t**2 + 4, 1 + 3 * t + 3 * t**2 - 3 * t**3, t**3]
    # Far away, or not a number, is no cell: there the weights are not finite or meaningless anyway.
    return np.where(np.abs(index) < 2**52, index, 0).astype(np.int64), [w / 6 for w in weights]


@recordable
def _coefficient(table: Floats, row: Any, column: Any) -> Any:
    rows, columns = table.shape
    return table[_mirrored(row, rows), _mirrored(column, columns)]


def _lowest(data: Any, blur: float) -> list[Point]:
    """The lowest point in view, by Newton's method from the lowest grid point; none on level water."""
    x0, x1, y0, y1 = VIEW
    x, y = np.meshgrid(np.linspace(x0, x1, 241), np.linspace(y0, y1, 241))
    least = int(np.argmin(terrain(x.ravel(), y.ravel(), blur=blur)))
    point = np.array([x.flat[least], y.flat[least]])
    for _ in range(20):
        columns = []
        for i in range(2):
            shifted = [Tensor(c + 1e-30j * (i == j)) for j, c in enumerate(point)]
            terrain(*shifted, blur=blur).backward()
            columns.append(np.array([tensor.grad for tensor in shifted]))
        gradient, hessian = columns[0].real, np.stack(columns, axis=1).imag / 1e-30
        if np.linalg.eigvalsh(hessian)[0] < 1e-6:
            return []
        point = point - np.linalg.solve(hessian, gradient)
    inside = x0 < point[0] < x1 and y0 < point[1] < y1
    return [(float(point[0]), float(point[1]))] if inside else []


VIEW = (15.0, 27.0, 4.0, 13.0)


@landscape(
    view=VIEW,
    start=(17.6, 11.2),
    minima=_lowest,
    paper="U.S. Geological Survey, elevation at the Jacksboro fault, Tennessee, as matplotlib ships it",
)
def terrain(x: Any, y: Any, *, blur: Lead[NonNegative] = 0.3) -> Any:
    """Mountains in Tennessee, a height in kilometres over kilometres east and north: nature's own traps.

    f = cubic spline of the measured heights, blurred over a distance of `blur` kilometres
    """
    table = _coefficients(blur)
    (i, across), (j, up) = _cell(x, WEST_EAST), _cell(y, SOUTH_NORTH)
    return sum(
        up[k] * sum(across[m] * _coefficient(table, j + k - 1, i + m - 1) for m in range(4)) for k in range(4)
    )
