"""Datasets: the same data from the same seed, and every way a file can be wrong."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optanim.datasets import made as datasets
from optanim.errors import Place, Source, UserError
from optanim.problem import data
from optanim.scene import Scene, Thing
from optanim.trace import Data

FILE = Place(Source("scene.yaml", "dataset: {csv: points.csv}"), 1, 16, 10)


def scene(folder: Path, thing: Thing, seed: int = 0) -> Scene:
    return Scene("scene", Source("scene.yaml", ""), folder, dataset=thing, seed=seed)


def table(folder: Path, text: str | bytes, **settings: str | bool | float) -> Data | None:
    (folder / "points.csv").write_bytes(text.encode() if isinstance(text, str) else text)
    return data(scene(folder, Thing("csv", {"file": "points.csv", **settings}, FILE, {"file": FILE})))


def test_line_is_drawn_as_it_says() -> None:
    made = datasets.line(
        n=5, slope=2.0, intercept=-1.0, noise=Thing("uniform", {"low": 0.0, "high": 1.0}), seed=7
    )
    rng = np.random.Generator(np.random.PCG64(7))
    x = -1 + 2 * rng.random(5)
    np.testing.assert_array_equal(made.x, x)
    np.testing.assert_array_equal(made.y, 2 * x - 1 + rng.random(5))
    assert made.truth is not None
    np.testing.assert_array_equal(made.truth(x), 2 * x - 1)


RUNGE = "1/(1 + 25*x**2)"


@pytest.mark.parametrize(
    ("spacing", "expected"),
    [
        ("even", [-2.0, -1.0, 0.0, 1.0, 2.0]),
        ("chebyshev", 2 * np.cos(np.pi * (2 * np.arange(5, 0, -1) - 1) / 10)),
        ("random", np.sort(-2 + 4 * np.random.Generator(np.random.PCG64(3)).random(5))),
    ],
)
def test_points_of_a_formula(spacing: Any, expected: Any) -> None:
    made = datasets.formula(f=RUNGE, low=-2.0, high=2.0, n=5, spacing=spacing, seed=3)
    np.testing.assert_allclose(made.x, expected, atol=1e-15)
    np.testing.assert_allclose(made.y, 1 / (1 + 25 * made.x**2), rtol=1e-14)
    assert made.truth is not None and made.test is None


def test_midpoints_are_between_neighbours_and_as_noisy() -> None:
    made = datasets.formula(f=RUNGE, low=-2.0, high=2.0, n=5, test="midpoints", noise=0.1, seed=4)
    rng = np.random.Generator(np.random.PCG64(4))
    noise = 0.1 * rng.standard_normal(5), 0.1 * rng.standard_normal(4)
    assert made.test is not None and len(made.x) == 5
    np.testing.assert_array_equal(made.test.x, [-1.5, -0.5, 0.5, 1.5])
    np.testing.assert_allclose(made.y, 1 / (1 + 25 * made.x**2) + noise[0], rtol=1e-14)
    np.testing.assert_allclose(made.test.y, 1 / (1 + 25 * made.test.x**2) + noise[1], rtol=1e-14)


@pytest.mark.parametrize(("test", "kept"), [(0.25, 10), (7, 7), (1, 1), (0.001, 1), (39, 39)])
def test_rows_are_kept_back_by_the_seed(test: Any, kept: int) -> None:
    whole, other = datasets.line(n=40, seed=5), datasets.line(n=40, seed=6, test=test)
    made, again = (datasets.line(n=40, seed=5, test=test) for _ in range(2))
    assert made.test is not None and again.test is not None and other.test is not None
    assert len(made.test.x) == kept and len(made.x) == 40 - kept
    np.testing.assert_array_equal(made.test.x, again.test.x)
    np.testing.assert_array_equal(np.sort(np.r_[made.x, made.test.x]), np.sort(whole.x))
    back = np.isin(whole.x, made.test.x)
    np.testing.assert_array_equal(made.y, whole.y[~back])  # in their order, x with its y
    np.testing.assert_array_equal(made.test.y, whole.y[back])
    assert made.span == (made.x.min(), made.x.max())


def test_a_file_keeps_rows_back_too(tmp_path: Path) -> None:
    made = table(tmp_path, "x,y\n" + "".join(f"{i},{2 * i}\n" for i in range(20)), test=0.3)
    assert made is not None and made.test is not None
    assert (len(made.x), len(made.test.x)) == (14, 6) and set(made.test.y) == set(2 * made.test.x)


def test_a_number_of_noise_is_a_standard_deviation() -> None:
    made = datasets.line(n=20_000, slope=0.0, intercept=0.0, noise=0.3, seed=1)
    assert made.y.std() == pytest.approx(0.3, rel=0.02)
    assert made.y.mean() == pytest.approx(0, abs=0.01)
    named = datasets.line(n=20_000, slope=0.0, intercept=0.0, noise=Thing("normal", {"sd": 0.3}), seed=1)
    np.testing.assert_array_equal(made.y, named.y)


@pytest.mark.parametrize(("own", "scenes", "same_as"), [(None, 5, 5), (3, 5, 3), (0, 5, 0)])
def test_the_nearest_seed_wins(own: int | None, scenes: int, same_as: int, tmp_path: Path) -> None:
    settings = {} if own is None else {"seed": own}
    made = data(scene(tmp_path, Thing("line", settings), scenes))
    assert made is not None
    np.testing.assert_array_equal(made.x, datasets.line(seed=same_as).x)


@pytest.mark.parametrize(
    ("text", "columns", "x", "y"),
    [
        ("x,y\n1,2\n3,4\n", {}, [1, 3], [2, 4]),
        ("\ufeffx, y\r\n1, 2\r\n\r\n-.5,1e3", {}, [1, -0.5], [2, 1000]),
        ('a,"b, c",d\n1,2,z\n', {}, [1], [2]),
        ("a,b,c\n1,2,3\n", {"x": "c", "y": "a"}, [3], [1]),
        ("a,b,c\n1,2,3\n", {"x": "c"}, [3], [1]),
        ("a,b,c\n1,2,3\n", {"x": "a"}, [1], [2]),
        ("a,b,c\n1,2,3\n", {"y": "a"}, [2], [1]),
    ],
)
def test_csv(text: str, columns: dict[str, str], x: list[float], y: list[float], tmp_path: Path) -> None:
    made = table(tmp_path, text, **columns)
    assert made is not None
    assert (made.x.tolist(), made.y.tolist()) == (x, y)


@pytest.mark.parametrize(
    ("header", "settings", "names"),
    [
        ("year,price", {}, ("year", "price")),
        ("a,b", {"x": "b", "y": "a"}, ("b", "a")),
        (",price", {}, ("x", "price")),
        ("year,price", {"standardize": True}, ("year (standardized)", "price (standardized)")),
    ],
)
def test_data_are_called_what_the_file_calls_them(
    header: str, settings: dict[str, str | bool], names: tuple[str, str], tmp_path: Path
) -> None:
    made = table(tmp_path, f"{header}\n1,2\n3,5\n", **settings)
    assert made is not None
    assert made.names == names
    assert datasets.line().names == ("x", "y")


def test_standardized_by_hand(tmp_path: Path) -> None:
    made = table(tmp_path, "x,y\n1,10\n3,10\n5,40\n", standardize=True)
    assert made is not None
    # x: mean 3, variance 8/3; y: mean 20, variance 200.
    np.testing.assert_allclose(made.x, np.array([-2, 0, 2]) / np.sqrt(8 / 3), rtol=1e-15, atol=1e-16)
    np.testing.assert_allclose(made.y, np.array([-10, -10, 20]) / np.sqrt(200), rtol=1e-15)


@pytest.mark.parametrize(
    "values", ["1e308 -1e308 1e308", "1e-320 3e-320 2e-320", "1e16 1e16 10000000000000002"]
)
def test_standardized_whatever_the_size(values: str, tmp_path: Path) -> None:
    rows = "".join(f"{value},{i}\n" for i, value in enumerate(values.split()))
    made = table(tmp_path, "x,y\n" + rows, standardize=True)
    assert made is not None
    assert made.x.mean() == pytest.approx(0, abs=1e-15)
    assert made.x.std() == pytest.approx(1, rel=1e-15)


def test_a_constant_column_cannot_be_standardized(tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        table(tmp_path, "\n year , price\n0.1,5\n0.1,5\n", standardize=True)
    assert [str(one).split("\n")[0] for one in caught.value.mistakes] == [
        "points.csv:2:2: all numbers of column 'year' are the same",
        "points.csv:2:9: all numbers of column 'price' are the same",
    ]


@pytest.mark.parametrize(
    ("text", "columns", "places", "message"),
    [
        (
            "x,y\n1,2\n3,four\n5, nan\n",
            {},
            ["points.csv:3:3", "points.csv:4:4"],
            "'four' is not a finite number",
        ),
        ("x,y\n1,\n", {}, ["points.csv:2:3"], "the cell in column 'y' is empty"),
        ("x,y\n1,2,3\n", {}, ["points.csv:2:1"], "3 cells where the header has 2"),
        ("x,y\n1\n", {}, ["points.csv:2:1"], "1 cell where the header has 2"),
        ("x,y\n1,1e999\n", {}, ["points.csv:2:3"], "'1e999' is not a finite number"),
        ('x,y,z\n"1","2, 3",4\n', {}, ["points.csv:2:1"], "'2, 3' is not a finite number"),
        ("1,2\n3,4\n", {}, ["points.csv:1:1"], "add a header such as x,y"),
        ("x;y\n1;2\n", {}, ["points.csv:1:1"], "separate columns with commas"),
        ("x,x\n1,2\n", {"x": "x"}, ["points.csv:1:1"], "more than one column is called 'x'"),
        ('x,y\n1,"2\n', {}, ["points.csv:2:1"], "not a row of a table: unexpected end of data"),
        ("x,y\n" + "a,b\n" * 100, {}, [f"points.csv:{i}:1" for i in range(2, 22)], "'a' is not"),
        ("height,y\n1,2\n", {"x": "hight"}, ["scene.yaml:1:16"], "did you mean 'height'?"),
        ("", {}, ["scene.yaml:1:16"], "points.csv is empty"),
        ("x,y\n", {}, ["scene.yaml:1:16"], "has no rows under its header"),
        (b"x,y\n1,2\n\xff,3", {}, ["scene.yaml:1:16"], "is not UTF-8 (line 3)"),
        ("x,y\n" + "1,2\n" * 200_001, {}, ["scene.yaml:1:16"], "takes at most 200 000"),
        ("x,y\n" + " " * 5_000_000, {}, ["scene.yaml:1:16"], "takes at most 5 MB"),
        ("x,y\n1,\x002\n", {}, ["points.csv:2:3"], "is not a finite number"),
    ],
)
def test_csv_mistakes(
    text: str | bytes, columns: dict[str, str], places: list[str], message: str, tmp_path: Path
) -> None:
    with pytest.raises(UserError) as caught:
        table(tmp_path, text, **columns)
    said = [str(mistake) for mistake in caught.value.mistakes]
    assert [one.split(": ")[0] for one in said] == places
    assert message in said[0]


def test_csv_stays_in_the_folder(tmp_path: Path) -> None:
    folder = tmp_path / "scenes"
    folder.mkdir()
    (tmp_path / "secret.csv").write_text("x,y\n1,2\n")
    (folder / "link.csv").symlink_to(tmp_path / "secret.csv")
    (folder / "deep").symlink_to(tmp_path)
    os.mkfifo(folder / "pipe.csv")
    for file, message in [
        ("../secret.csv", "is outside the scene's folder"),
        ("link.csv", "is outside the scene's folder"),
        ("deep/secret.csv", "is outside the scene's folder"),
        (str(tmp_path / "secret.csv"), "is outside the scene's folder"),
        ("pipe.csv", "is not a file"),
        (".", "is not a file"),
        ("none.csv", "no such file or directory"),
        ("a\0b", "cannot be read"),
        ("x" * 5000, "cannot be read"),
    ]:
        with pytest.raises(UserError, match=message):
            data(scene(folder, Thing("csv", {"file": file})))


def test_a_link_inside_the_folder_is_fine(tmp_path: Path) -> None:
    (tmp_path / "real.csv").write_text("x,y\n1,2\n")
    (tmp_path / "points.csv").symlink_to(tmp_path / "real.csv")
    made = data(scene(tmp_path, Thing("csv", {"file": "points.csv"})))
    assert made is not None
    assert made.x.tolist() == [1]
