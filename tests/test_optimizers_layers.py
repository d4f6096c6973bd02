"""The rules of whole layers and of matrices, where paths of other libraries do not show what they do."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optanim.kinds import optimizer
from optanim.oracles import across

RULES = ("lars", "lamb", "novograd", "fromage", "adafactor", "came", "adalite", "shampoo", "soap", "muon")
SHAPES = [(2,), (1,), (12,), (6, 4), (3, 11), (1, 1), (3, 2, 5)]


def stepped(
    rule: str, start: np.ndarray, gradients: np.ndarray, lr: Any = 0.1, **settings: Any
) -> np.ndarray:
    """The points of a rule that is handed these gradients, (steps, R, *shape)."""
    state: dict[str, Any] = {}
    points = [start]
    settings = {name: across(value, start.ndim) for name, value in settings.items()}
    with np.errstate(all="ignore"):
        for t, g in enumerate(gradients, start=1):
            lr_t = across(lr, start.ndim)
            points.append(optimizer[rule].function(points[-1], g, state, lr_t, t, **settings))
    return np.array(points)


def given(shape: tuple[int, ...], runs: int = 3, steps: int = 12) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(7)
    return rng.normal(size=(runs, *shape)), rng.normal(size=(steps, runs, *shape))


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("rule", RULES)
def test_a_run_is_the_same_to_the_last_bit_alone_and_among_others(rule: str, shape: tuple[int, ...]) -> None:
    start, gradients = given(shape)
    lr = np.array([0.1, 0.02, 0.3])
    numbers = {
        name: np.array([value * 0.9, value * 0.8, value])
        for name, value in optimizer[rule].defaults().items()
        if isinstance(value, float)
    }
    together = stepped(rule, start, gradients, lr, **numbers)
    for i in range(3):
        own = {name: float(values[i]) for name, values in numbers.items()}
        alone = stepped(rule, start[i : i + 1], gradients[:, i : i + 1], float(lr[i]), **own)
        np.testing.assert_array_equal(together[:, i], alone[:, 0])
    assert np.isfinite(together).all()


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("rule", RULES)
def test_without_a_gradient_nothing_breaks(rule: str, shape: tuple[int, ...]) -> None:
    start, gradients = given(shape)
    gradients[:6] = 0
    points = stepped(rule, start, gradients)
    assert np.isfinite(points).all()
    assert np.isfinite(stepped(rule, start * 0, gradients)).all()


@pytest.mark.parametrize("rule", ["shampoo", "soap"])
def test_a_matrix_that_is_not_finite_ends_its_own_run_only(rule: str) -> None:
    start, gradients = given((4, 3))
    fine = stepped(rule, start, gradients)
    gradients[0, 1] = 1e200  # its square is not a number any more
    points = stepped(rule, start, gradients)
    assert not np.isfinite(points[-1, 1]).any()
    np.testing.assert_array_equal(points[:, [0, 2]], fine[:, [0, 2]])


def test_shampoo_of_one_matrix_takes_the_inverse_fourth_roots() -> None:
    g = np.diag([4.0, 0.25])[None]
    step = -stepped("shampoo", g * 0, g[None], 1.0, matrix_eps=0.0)[1, 0]
    np.testing.assert_allclose(step, np.eye(2), atol=1e-12)  # both roots make the sizes 1


def test_shampoo_stands_until_its_first_root() -> None:
    start, gradients = given((4, 3))
    points = stepped("shampoo", start, gradients, preconditioning_compute_steps=5)
    np.testing.assert_array_equal(points[4], start)
    assert (points[5] != start).all()


def test_soap_first_looks_and_then_steps_as_adam_in_its_axes() -> None:
    # A gradient along the diagonal is turned to one axis, where Adam's step is 1 long.
    start, g = np.zeros((1, 2)), np.array([[3.0, 3.0]])
    points = stepped("soap", start, np.array([g] * 4), 1.0, precondition_1d=True, weight_decay=0.0)
    np.testing.assert_array_equal(points[1], start)
    np.testing.assert_allclose(np.diff(points[1:], axis=0)[:, 0], -np.full((3, 2), 0.5**0.5), rtol=1e-6)
    plain = stepped("soap", start, np.array([g] * 4), 1.0, weight_decay=0.0)
    np.testing.assert_allclose(np.diff(plain[1:], axis=0)[:, 0], -np.ones((3, 2)), rtol=1e-6)


@pytest.mark.parametrize("shape", [(6, 4), (3, 11), (3, 2, 5)], ids=str)
def test_muon_makes_all_singular_values_about_one(shape: tuple[int, ...]) -> None:
    start, gradients = given(shape, steps=1)
    step = stepped("muon", start * 0, gradients, 1.0, adjust_lr="original_transposed", weight_decay=0.0)[1]
    flat = step.reshape(3, shape[0], -1) / max(1, np.prod(shape[1:]) / shape[0]) ** 0.5
    values = np.linalg.svd(flat)[1]
    assert values.min() > 0.6
    assert values.max() < 1.25


def test_muon_of_a_vector_is_its_direction() -> None:
    # A matrix of one row: five times x -> 3.4445 x - 4.775 x^3 + 2.0315 x^5 of a length of 1.
    length = 1.0
    for _ in range(5):
        length = 3.4445 * length - 4.775 * length**3 + 2.0315 * length**5
    g = np.array([[3.0, -4.0]])
    step = -stepped("muon", g * 0, g[None], 1.0, weight_decay=0.0)[1, 0]
    np.testing.assert_allclose(step, length * np.array([0.6, -0.8]), rtol=1e-12)


def test_adafactor_remembers_a_row_and_a_column() -> None:
    state: dict[str, Any] = {}
    optimizer["adafactor"].function(np.ones((1, 6, 4)), np.ones((1, 6, 4)), state, 0.1, 1)
    assert {name: value.shape for name, value in state.items() if name != "m"} == {
        "rows": (1, 6, 1),
        "cols": (1, 1, 4),
    }
    # Of squares that are a product, which rank one holds exactly, nothing is lost.
    g = np.outer([1.0, 2, 3], [1.0, 5])[None]
    kept = {
        least: stepped("adafactor", g, np.array([g, 2 * g]), min_dim_size_to_factor=least) for least in (1, 9)
    }
    np.testing.assert_allclose(kept[1], kept[9], rtol=1e-13)


def test_fromage_keeps_the_weights_as_long_as_they_may_be() -> None:
    start, gradients = given((6, 4))
    points = stepped("fromage", start, gradients, 0.5, p_bound=1.0)
    long = np.linalg.norm(points.reshape(13, 3, -1), axis=2)
    assert (long <= long[0] * (1 + 1e-12)).all()


def test_lars_moves_each_layer_by_a_share_of_its_length() -> None:
    start, gradients = given((6, 4), steps=1)
    moved = stepped("lars", start, gradients, 1.0, trust_coefficient=0.1)[1] - start
    shares = np.linalg.norm(moved, axis=(1, 2)) / np.linalg.norm(start, axis=(1, 2))
    np.testing.assert_allclose(shares, 0.1, rtol=1e-12)
    # LARC never goes further than the gradient times lr.
    near = stepped("lars", start, gradients, 1e-3, trust_coefficient=0.1, larc=True)[1] - start
    np.testing.assert_allclose(near, -1e-3 * gradients[0], rtol=1e-9)
