"""Levels of a surface: geometric above the lowest, or about a saddle where that would show little."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from optanim.kinds import landscape
from optanim.levels import about, bands, geometric

PLANE = [e for e in landscape.entries() if "view" in e.facts and "data" not in e.asks]


def surface(name: str, wider: float = 1.0) -> NDArray[np.float64]:
    entry = landscape[name]
    x0, x1, y0, y1 = entry.facts["view"]
    cx, wide = (x0 + x1) / 2, (x1 - x0) / 2 * wider
    x, y = np.meshgrid(np.linspace(cx - wide, cx + wide, 301), np.linspace(y0, y1, 301))
    with np.errstate(all="ignore"):
        z = entry.function(x, y, **entry.defaults())
    return np.where(np.isfinite(z), z, np.nan)


def shares(z: NDArray[np.float64], levels: NDArray[np.float64]) -> NDArray[np.float64]:
    finite = z[np.isfinite(z)]
    return np.histogram(finite, np.r_[-np.inf, levels[1:-1], np.inf])[0] / len(finite)


@pytest.mark.parametrize("count", [2, 3, 13, 40])
@pytest.mark.parametrize("name", [entry.name for entry in PLANE])
def test_levels_rise_from_the_lowest_to_above_the_highest(name: str, count: int) -> None:
    z = surface(name)
    for levels in (
        bands(z, count),
        about(z, float(np.nanmedian(z)), count),
        geometric(z[np.isfinite(z)], count),
    ):
        assert (np.diff(levels) > 0).all()
        assert levels[0] == np.nanmin(z)
        assert levels[-1] > np.nanmax(z)
        assert len(levels) == count + 1


@pytest.mark.parametrize("wider", [1.0, 1.5])
@pytest.mark.parametrize("name", [entry.name for entry in PLANE])
def test_no_landscape_is_all_one_colour(name: str, wider: float) -> None:
    z = surface(name, wider)
    parts = shares(z, bands(z, 13))
    # A plain that fills the view is one colour in truth.
    most = {"easom": 0.97, "two_wells": 0.8, "michalewicz": 0.75, "keane": 0.8}.get(name, 0.68)
    assert parts.max() < most
    assert (parts > 0.002).sum() >= 5


def test_a_saddle_is_parted_alike_on_both_sides() -> None:
    z = surface("saddle")
    levels = bands(z, 13)
    inner = levels[1:-1]
    np.testing.assert_allclose(inner, -inner[::-1], rtol=1e-6)
    assert np.abs(inner).min() < 0.15  # beside the saddle's height
    assert shares(z, levels).max() < 0.2


@pytest.mark.parametrize(
    "name", ["rosenbrock", "beale", "himmelblau", "sphere", "l1_norm", "goldstein_price"]
)
def test_valleys_and_bowls_keep_levels_that_are_geometric_above_the_lowest(name: str) -> None:
    z = surface(name)
    levels = bands(z, 13)
    above = levels[1:] - levels[0]
    np.testing.assert_allclose(above[1:] / above[:-1], above[1] / above[0])


def test_a_valley_that_leaves_the_view_keeps_them_too() -> None:
    x, y = np.meshgrid(np.linspace(-1.5, 0.5, 201), np.linspace(-0.5, 2, 201))
    z = (1 - x) ** 2 + 100 * (y - x**2) ** 2
    np.testing.assert_array_equal(bands(z, 13), geometric(z, 13))


def test_a_plain_has_one_band() -> None:
    assert bands(np.full((9, 9), 3.0), 13).tolist() == [3, 6]


def test_values_that_are_not_numbers_do_not_count() -> None:
    z = surface("saddle")
    z[:40] = np.nan
    levels = bands(z, 13)
    assert np.isfinite(levels).all() and levels[0] == np.nanmin(z)
