"""Points in classes: where moons and spirals lie, and which digits are learnt from and tested on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optanim.datasets import images
from optanim.datasets.classified import FAR, INNER, OUTER, moons, spirals
from optanim.datasets.images import digits
from optanim.errors import UserError
from optanim.prepare import prepare
from optanim.reader import read
from optanim.scene import Thing
from optanim.settings import Wrong


def test_moons_are_two_half_circles() -> None:
    made = moons(n=400, noise=0.0, seed=3)
    zero, one = made.x[made.y == 0], made.x[made.y == 1]
    assert len(zero) == len(one) == 200 and made.classes == 2 and made.names == ("x1", "x2")
    for points, centre, side in ((zero, (0, 0), 1), (one, (1, 0.5), -1)):
        np.testing.assert_allclose(np.hypot(*(points - centre).T), 1, rtol=1e-12)
        assert (side * (points[:, 1] - centre[1]) >= 0).all()
        assert np.ptp(points[:, 0]) > 1.9  # all of it


@pytest.mark.parametrize("turns", [0.5, 1.5, 4.0])
def test_spirals_wind_around_the_centre(turns: float) -> None:
    made = spirals(n=400, turns=turns, noise=0.0, seed=1)
    radius = np.hypot(*made.x.T)
    assert radius.min() >= INNER and radius.max() <= OUTER
    angle = 2 * np.pi * turns * radius / OUTER + np.pi * made.y
    np.testing.assert_allclose(made.x, radius[:, None] * np.column_stack([np.cos(angle), np.sin(angle)]))
    assert np.median(radius) == pytest.approx(np.sqrt((INNER**2 + OUTER**2) / 2), rel=0.1)


@pytest.mark.parametrize("make", [moons, spirals])
def test_the_same_points_from_the_same_seed(make: Any) -> None:
    made, again, other = make(seed=5), make(seed=5), make(seed=6)
    np.testing.assert_array_equal(made.x, again.x)
    assert made.x.shape == (200, 2) and made.y.shape == (200,)
    assert not np.array_equal(made.x, other.x)
    still = make(seed=5, noise=0.0)
    assert 0 < np.abs(made.x - still.x).max() < 1
    np.testing.assert_array_equal(still.x, make(seed=5, noise=Thing("normal", {"sd": 0.0})).x)


@pytest.mark.parametrize(("test", "kept"), [(0.25, 50), (30, 30)])
def test_points_are_kept_back(test: Any, kept: int) -> None:
    whole, made = spirals(seed=2), spirals(seed=2, test=test)
    assert made.test is not None and made.test.classes == 2
    assert made.test.x.shape == (kept, 2) and made.x.shape == (200 - kept, 2)
    both = np.concatenate([np.column_stack([part.x, part.y]) for part in (made, made.test)])
    rows = np.column_stack([whole.x, whole.y])
    np.testing.assert_array_equal(both[np.lexsort(both.T)], rows[np.lexsort(rows.T)])


def test_points_that_the_noise_moves_beyond_all_bounds() -> None:
    for noise in (1e7, 1e308):
        with pytest.raises(Wrong, match="moves points by more"):
            moons(noise=noise)
    assert np.abs(moons(noise=1e3).x).max() < FAR


def whole(n: int = 1797) -> np.ndarray:
    pixels, labels = images._images()
    return np.column_stack([pixels.reshape(len(pixels), -1)[:n], labels[:n]])


def test_digits_are_parted_into_those_to_learn_from_and_those_to_test_on() -> None:
    made = digits(train=1300, seed=4)
    assert made.test is not None and made.classes == made.test.classes == 10
    assert made.x.shape == (1300, 64) and made.test.x.shape == (497, 64)
    assert made.x.min() == 0 and made.x.max() == 1
    assert set(made.y) == set(range(10))
    both = np.concatenate([np.column_stack([part.x, part.y]) for part in (made, made.test)])
    np.testing.assert_array_equal(both[np.lexsort(both.T)], whole()[np.lexsort(whole().T)])
    again, other, few = (
        digits(train=1300, seed=4),
        digits(train=1300, seed=5),
        digits(train=1300, test=20, seed=4),
    )
    np.testing.assert_array_equal(made.x, again.x)
    assert not np.array_equal(made.x, other.x)
    assert few.test is not None
    np.testing.assert_array_equal(few.test.x, made.test.x[:20])
    np.testing.assert_array_equal(few.x, made.x)


def by_hand(image: np.ndarray, right: int, down: int) -> np.ndarray:
    made = np.zeros((8, 8))
    for row in range(8):
        for column in range(8):
            if 0 <= row - down < 8 and 0 <= column - right < 8:
                made[row, column] = image[row - down, column - right]
    return made


@pytest.mark.parametrize("shift", [1, 2])
def test_digits_are_shifted(shift: int) -> None:
    made, still = digits(train=60, shift=shift, test=7, seed=1), digits(train=60, test=7, seed=1)
    assert made.test is not None and still.test is not None
    moves = [(i, j) for i in range(-shift, shift + 1) for j in range(-shift, shift + 1)]
    tested = made.test.x.reshape(len(moves), 7, 8, 8)
    for move, images_moved in zip(moves, tested, strict=True):
        for image, moved in zip(still.test.x.reshape(-1, 8, 8), images_moved, strict=True):
            np.testing.assert_array_equal(moved, by_hand(image, *move))
    np.testing.assert_array_equal(made.test.y, np.tile(still.test.y, len(moves)))
    np.testing.assert_array_equal(made.y, still.y)
    used = set()
    for image, moved in zip(still.x.reshape(-1, 8, 8), made.x.reshape(-1, 8, 8), strict=True):
        (move,) = {m for m in moves if np.array_equal(moved, by_hand(image, *m))}
        used.add(move)
    assert len(used) > len(moves) // 2


def test_without_scikit_learn_it_is_said_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    images._images.cache_clear()
    with pytest.raises(UserError) as caught:
        prepare(read("dataset: digits\noptimizers: sgd\nlr: 0.1\n"))
    (mistake,) = caught.value.mistakes
    assert mistake.message == "digits needs scikit-learn, which is not installed"
    assert mistake.hint == "install it with pip install 'optanim[data]'"
    assert mistake.place is not None and (mistake.place.line, mistake.place.column) == (1, 10)


@pytest.mark.parametrize(
    ("dataset", "landscape", "message"),
    [
        ("moons", "linear_regression", "linear_regression takes one input, and moons has 2"),
        ("digits", "linear_regression", "linear_regression takes one input, and digits has 64"),
        ("spirals", "polynomial_regression: 3", "polynomial_regression takes one input, and spirals has 2"),
    ],
)
def test_a_regression_takes_one_input(dataset: str, landscape: str, message: str) -> None:
    with pytest.raises(UserError) as caught:
        prepare(
            read(f"dataset: {dataset}\nlandscape: {{{landscape}}}\noptimizers: gd\nlr: 0.1\npanels: loss\n")
        )
    (mistake,) = caught.value.mistakes
    assert (mistake.message, mistake.hint) == (message, "take landscape: mlp")
    assert mistake.place is not None and mistake.place.line == 2


def test_data_of_several_inputs_are_met_by_a_network() -> None:
    scene = read("dataset: moons\noptimizers: adam\nlr: 0.1\n")
    assert scene.landscape is not None and scene.landscape.name == "mlp"


def test_scikit_learn_is_not_loaded_before_it_is_needed() -> None:
    code = "import sys; from optanim.kinds import dataset; list(dataset); print('sklearn' in sys.modules)"
    root = Path(__file__).parent.parent
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=root)
    assert done.stdout.strip() == "False", done.stderr
