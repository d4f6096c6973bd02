"""Losses over the last axis, and their slope at a perfect fit."""

from __future__ import annotations

import numpy as np
import pytest

from optanim.autodiff import Tensor
from optanim.losses import LOSSES

PREDICTION = np.array([[1.0, 2, 4], [0, 0, 0]])
TARGET = np.array([1.0, 0, 0])


@pytest.mark.parametrize(
    ("name", "expected"),
    [("mse", [20 / 3, 1 / 3]), ("rmse", [(20 / 3) ** 0.5, (1 / 3) ** 0.5]), ("mae", [2, 1 / 3])],
)
def test_loss(name: str, expected: list[float]) -> None:
    np.testing.assert_allclose(LOSSES[name](PREDICTION, TARGET), expected, rtol=1e-15)
    np.testing.assert_allclose(LOSSES[name](Tensor(PREDICTION), TARGET).value, expected, rtol=1e-15)


@pytest.mark.parametrize("name", LOSSES)
def test_slope_of_a_perfect_fit_is_zero(name: str) -> None:
    fit = Tensor(TARGET)
    loss = LOSSES[name](fit, TARGET)
    loss.backward()
    assert float(loss) == 0
    assert LOSSES[name](TARGET, TARGET) == 0
    assert fit.grad.tolist() == [0, 0, 0]


@pytest.mark.parametrize("name", LOSSES)
def test_no_prediction_is_no_perfect_fit(name: str) -> None:
    assert np.isnan(LOSSES[name](np.array([[np.nan, 0, 0]]), TARGET)).all()
