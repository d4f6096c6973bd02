"""The axis of a loss shows the wells, and not only the walls."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from optanim.heights import heights

NONE = np.zeros(0)


def wells(x: np.ndarray) -> np.ndarray:
    return x**4 / 4 - x**2 - 0.4 * x


@pytest.mark.parametrize(
    ("f", "view", "start", "kind", "low", "high"),
    [
        (lambda x: x**2, (-2, 2), 2, "linear", 0, 4),
        (lambda x: x**2, (-20, 20), 2, "linear", 0, 4),  # the walls above the start are cut
        (wells, (-5, 5), -2.2, "linear", -1.585, 1.897),
        (wells, (-3, 12), 10, "symlog", -1.585, 2396),  # wells would be flat beside such a start
        (lambda x: x**8, (-11, 11), 10, "symlog", 0, 1e8),  # half of the view would lie on the axis
        (np.exp, (-4, 4), 1, "linear", np.exp(-4), np.exp(1)),
        (lambda x: 1e250 * x**2, (-2, 2), 2, "linear", 0, 4e250),
    ],
)
def test_the_axis_reaches_from_the_lowest_to_the_start(
    f: Callable[[np.ndarray], np.ndarray], view: tuple[float, float], start: float, kind: str, low: float,
    high: float,
) -> None:  # fmt: skip
    scale = heights(f(np.linspace(*view, 2001)), f(np.array([float(start)])), NONE)
    assert scale.kind == kind
    ends = scale.place([low, high])
    # Some room below and above, and most of the axis for what must be seen.
    assert 0.03 < ends[0] < 0.2 and 0.75 < ends[1] < 0.97


def test_low_walls_are_shown_to_their_top() -> None:
    z = np.linspace(-1, 1, 101) ** 2
    assert heights(z, np.array([0.8]), NONE).high > 1
    assert heights(z, np.array([0.5]), NONE).high < 1


@pytest.mark.parametrize(("visited", "high"), [(8.0, 8.0), (11.9, 11.9), (1e9, 4.0), (np.nan, 4.0)])
def test_a_run_is_followed_up_the_walls_but_not_for_ever(visited: float, high: float) -> None:
    z = np.linspace(-10, 10, 201) ** 2
    scale = heights(z, np.array([4.0]), np.array([1.0, visited]))
    assert high < scale.high < 1.3 * high


def test_wells_stay_deep_on_the_symlog_axis() -> None:
    x = np.linspace(-3, 12, 3001)
    scale = heights(wells(x), wells(np.array([10.0])), NONE)
    shallow, barrier, deep = scale.place(wells(np.array([-1.30, -0.2, 1.505])))
    assert barrier - shallow > 0.04 and barrier - deep > 0.12


@pytest.mark.parametrize(
    "z", [np.full(9, np.nan), np.zeros(9), np.full(9, 3.0), np.array([1.0]), np.array([np.inf, 1, 2, np.nan])]
)
def test_there_is_always_an_axis(z: np.ndarray) -> None:
    scale = heights(z, NONE, NONE)
    assert np.isfinite([scale.low, scale.high]).all() and scale.low < scale.high
