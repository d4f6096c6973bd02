"""Errors of a prediction, over the points in the last axis."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


def mse(prediction: Any, target: Any) -> Any:
    """Mean squared error."""
    return np.mean((prediction - target) ** 2, axis=-1)


def rmse(prediction: Any, target: Any) -> Any:
    """Root of the mean squared error; its slope at a perfect fit, where it has none, is defined as 0."""
    square = mse(prediction, target)
    perfect = square == 0
    # The root's own slope at 0 is infinite, and times the 0 before it not a number.
    return np.where(perfect, 0.0, np.sqrt(np.where(perfect, 1.0, square)))


def mae(prediction: Any, target: Any) -> Any:
    """Mean absolute error; the slope of |r| at r = 0 is 0."""
    return np.mean(np.absolute(prediction - target), axis=-1)


LOSSES: dict[str, Callable[[Any, Any], Any]] = {loss.__name__: loss for loss in (mse, rmse, mae)}
