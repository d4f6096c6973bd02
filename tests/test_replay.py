"""What is recorded gives the bits of what is computed, and what cannot be repeated is not replayed."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pytest

from optanim.autodiff import Tensor, columns, relu
from optanim.formula import parse
from optanim.kinds import landscape
from optanim.replay import CHUNKS, IDLE, SEEN, TAPES, TRIALS, Evaluation
from optanim.search import hessian
from optanim.settings import Choice, Flag
from optanim.trace import Data

RNG = np.random.default_rng(0)
X = RNG.normal(size=37)
DATA = Data(X, 1 - 2 * X + RNG.normal(size=37))
SIZES = (1, 3, 17, 1000)
FORMULAS = (
    "0.1*x1**2 + 2*x2**2",
    "exp(0.3*x)/3 + (x**2 + y - 1)**2 + 0.2*sin(5*y)**3 + abs(y)**1.7",
    "max(x, y, 0.5)*min(x, -y) - log(x**2 + 1)*sqrt(y**2 + 0.1)",
    "tanh(x)*cosh(y/3) + sinh(x/4) - cos(x)*tan(y/9) + 2**x*pi - e",
    "x**2**0.5 + 1/y + x**-1 + x**0 + x**1 + x**3 - y**0.5 + x**y",
    "3 - x", "y**2", "x", "-(x*0)",
)  # fmt: skip


def variants() -> list[tuple[str, Callable[..., Any], int]]:
    """Every landscape with every word and flag of its settings, as functions of their coordinates."""
    found = []
    for entry in landscape.entries():
        if entry.name == "formula" or "arrays" in entry.facts:
            continue
        every: list[dict[str, Any]] = [{}]
        for name, setting in entry.settings.items():
            if isinstance(setting.type, Choice):
                every += [{name: word} for word in setting.type.options]
            if isinstance(setting.type, Flag):
                every.append({name: not setting.default})
        for changed in every:
            settings = entry.defaults() | changed
            names = entry.facts.get("names")
            names = names(**settings) if callable(names) else names
            names = names or [ask for ask in entry.asks if ask != "data"]
            function = partial(entry.function, DATA) if "data" in entry.asks else entry.function
            found.append((f"{entry.name} {changed}", partial(function, **settings), len(names)))
    for text in FORMULAS:
        parsed = parse(text, (("x",), ("x", "y"), ("x1", "x2")))
        found.append((text, parsed.evaluate, len(parsed.variables)))
    return found


ROWS = variants()


def places(rows: int, n: int, kind: Any) -> np.ndarray:
    """Points here, far and nowhere, in the memory order of the driver."""
    points = np.random.default_rng(rows).normal(size=(rows, n)) * 2
    special = (0.0, -0.0, 1.0, np.nan, np.inf, -1e200)
    for i in range(min(rows - 1, len(special))):
        points[i + 1, i % n] = special[i]
    made = points.astype(kind)
    if kind is complex:
        made[:, 0] += 1e-30j
    return np.asfortranarray(made)


def plain(function: Callable[..., Any], n: int, rows: int = 300) -> Evaluation:
    """The same, always computed."""
    evaluation = Evaluation(function, n, rows)
    evaluation.repeatable = False
    return evaluation


def same(a: np.ndarray, b: np.ndarray) -> None:
    np.testing.assert_array_equal(a, b)
    number = ~np.isnan(a)
    assert np.array_equal(np.signbit(a.real)[number], np.signbit(b.real)[number])


@pytest.mark.parametrize("kind", [float, complex])
@pytest.mark.parametrize(("name", "function", "n"), ROWS, ids=[row[0] for row in ROWS])
def test_replayed_is_computed_bit_for_bit(name: str, function: Callable[..., Any], n: int, kind: Any) -> None:
    recorded, computed = Evaluation(function, n, 300), plain(function, n)
    for rows in SIZES:
        for turn in range(TRIALS + 3):
            with np.errstate(invalid="ignore"):
                points = places(rows, n, kind) * (1 + turn / 7)
            before = points.copy()
            value, gradient = recorded.slope(points)
            same(points, before)
            expected = computed.slope(points)
            same(value, expected[0])
            same(gradient, expected[1])
            assert gradient.flags.f_contiguous
            if kind is float:
                same(recorded.loss(points), computed.loss(points))
    assert recorded.repeatable
    assert all(tape.trials == 0 for tape in recorded._tapes.values())
    # In pieces of 300 points; of 1000 a last one of 100 is left.
    assert {rows for rows, *_ in recorded._tapes} == {1, 3, 17, 300, 100}


def test_second_derivatives_are_those_that_are_computed() -> None:
    for _, function, n in ROWS[-len(FORMULAS) :]:
        recorded, points = Evaluation(function, n, 300), places(5, n, float)
        for _ in range(TRIALS + 2):
            same(hessian(recorded.slope, points), hessian(plain(function, n).slope, points))


@pytest.mark.parametrize("n", [-3, -2, -1, -0.5, 0, 0.5, 1, 1.7, 2, 2.0, np.float64(2), 3, 4, 60])
def test_powers(n: Any) -> None:
    evaluation, computed = Evaluation(lambda x: x**n, 1, 3000), plain(lambda x: x**n, 1, 3000)
    for turn in range(TRIALS + 2):
        points = np.random.default_rng(turn).normal(size=(3000, 1)) * 3
        for a, b in zip(evaluation.slope(points), computed.slope(points), strict=True):
            same(a, b)
    assert evaluation.repeatable


DREW = np.random.default_rng(1)
COUNT = [0]


def counting(x: Any) -> Any:
    COUNT[0] += 1
    return x * COUNT[0]


def swallowing(x: Any) -> Any:
    try:
        return x * float(x.sum())
    except Exception:
        return x * 7.0


def scratch(x: Any) -> Any:
    buffer = np.zeros(len(x))
    buffer[:] = x.value
    return x * buffer


@pytest.mark.parametrize(
    "function",
    [
        lambda x: x * float(x.sum()),
        lambda x: x if x.sum() > 0 else -x,
        lambda x: x if (x.value > 0).all() else -x,
        lambda x: x if x.value[0] > 0 else -x,
        lambda x: x * math.sin(x.sum()),
        lambda x: x * x.value.max(),
        lambda x: x * np.asarray(x.value),
        lambda x: x * np.array([v * 2 for v in x.value.tolist()]),
        lambda x: x * np.sort(x.value),
        lambda x: x[np.argsort(x.value)],
        lambda x: x * len(str(x.value)),
        lambda x: x * np.linalg.norm(x.value),
        lambda x: x * np.add.reduce(x.value),
        lambda x: x * [2.0, 3.0][int(x.sum() > 0)],
        lambda x: x * Tensor(x.value + 1),
        swallowing,
        scratch,
    ],
)
def test_what_depends_on_the_numbers_is_computed_every_time(function: Callable[..., Any]) -> None:
    evaluation, computed = Evaluation(function, 1, 100), plain(function, 1, 100)
    for turn in range(TRIALS + 5):
        points = np.random.default_rng(turn).normal(size=(3, 1)) * (-1) ** turn
        for a, b in zip(evaluation.slope(points), computed.slope(points), strict=True):
            same(a, b)
    assert not evaluation.repeatable
    assert not evaluation._tapes


@pytest.mark.parametrize(
    "function", [lambda x: x * DREW.normal(), lambda x: x + DREW.random(len(x)), counting]
)
def test_what_changes_by_itself_is_computed_every_time(function: Callable[..., Any]) -> None:
    evaluation = Evaluation(function, 1, 100)
    for _ in range(3):
        evaluation.slope(np.ones((3, 1)))
    assert not evaluation.repeatable
    assert len({float(evaluation.slope(np.ones((3, 1)))[0][0]) for _ in range(5)}) == 5


@pytest.mark.parametrize(
    "function",
    [
        lambda x, y: relu(x) * y,
        lambda x, y: np.where(x > 0, x * y, y),
        lambda x, y: np.where((x > 0) & ~(y.value < 0), x, 1.0) + np.where(x < y, 2.0, 0.0),
        lambda x, y: x * np.sign(y) + np.where(x, 1.0, 2.0),
        lambda x, y: np.mean((columns(x) * X - columns(y)) ** 2, axis=-1),
        lambda x, y: (columns(x) * X)[:, 3] * (columns(y) @ np.ones((1, 2))).sum(axis=1),
        lambda x, y: (columns(x) * X)[:, np.array([1, 1, 5])].sum(axis=-1) * y,
        lambda x, y: (columns(x) * X).mean() * y,
        lambda x, y: x * y.shape[0] + len(y),
        lambda x, y: 2 * x,
        lambda x, y: 2 * y + X[:1],
    ],
)
def test_masks_and_shapes_are_recorded(function: Callable[..., Any]) -> None:
    evaluation, computed = Evaluation(function, 2, 100), plain(function, 2, 100)
    for turn in range(TRIALS + 5):
        points = np.random.default_rng(turn).normal(size=(4, 2))
        for a, b in zip(evaluation.slope(points), computed.slope(points), strict=True):
            same(a, b)
    assert evaluation.repeatable


def test_what_was_returned_stays() -> None:
    evaluation = Evaluation(lambda x, y: x * y, 2, 100)
    points = [np.random.default_rng(i).normal(size=(5, 2)) for i in range(TRIALS + 4)]
    kept = [(evaluation.loss(p), *evaluation.slope(p)) for p in points]
    for (loss, value, gradient), p in zip(kept, points, strict=True):
        same(loss, p[:, 0] * p[:, 1])
        same(value, loss)
        same(gradient, p[:, ::-1])


def test_tapes_and_what_is_remembered_are_bounded() -> None:
    evaluation = Evaluation(lambda x: x * x, 1, 10_000)
    for rows in (*range(1, 3 * SEEN), *range(1, 40), *range(1, 40)):
        value, gradient = evaluation.slope(np.full((rows, 1), 3.0))
        assert (value.tolist(), gradient[:, 0].tolist()) == ([9.0] * rows, [6.0] * rows)
        assert len(evaluation._tapes) <= TAPES
        assert len(evaluation._seen) <= SEEN
    assert len(evaluation._tapes) == TAPES


def test_large_tapes_are_fewer() -> None:
    evaluation = Evaluation(lambda x, y: x * y, 2, 1000)
    for _ in range(3):
        for rows in (1000, 900, 800, 700, 600, 500):
            evaluation.slope(np.ones((rows, 2)))
            evaluation.slope(np.ones((rows, 2), dtype=complex))
    assert sum(tape.nbytes for tape in evaluation._tapes.values()) <= CHUNKS * 1000 * 2 * 8
    assert len(evaluation._tapes) >= 3


def test_tapes_that_are_in_use_are_not_recorded_again_and_again() -> None:
    evaluation = Evaluation(lambda x: x * x, 1, 10_000)
    made = []
    for _ in range(20):
        for rows in range(1, 3 * TAPES):
            evaluation.slope(np.ones((rows, 1)))
        made.append(list(evaluation._tapes.values()))
    assert all(tapes == made[1] for tapes in made[1:])


def test_idle_tapes_make_room() -> None:
    evaluation = Evaluation(lambda x: x * x, 1, 10_000)
    for rows in range(TAPES, 0, -1):
        for _ in range(TRIALS + 2):
            evaluation.slope(np.ones((rows + 5, 1)))
    assert 5 not in {rows for rows, *_ in evaluation._tapes}
    for _ in range(IDLE + 3):
        evaluation.slope(np.ones((5, 1)))
    assert 5 in {rows for rows, *_ in evaluation._tapes}


def test_an_error_of_the_function_is_its_own() -> None:
    def fails(x: Any) -> Any:
        raise ZeroDivisionError("mine")

    evaluation = Evaluation(fails, 1, 10)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError, match="mine"):
            evaluation.slope(np.ones((2, 1)))
