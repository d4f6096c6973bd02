"""Errors of a prediction, over the points in the last axis.

Where a loss has a kink, its slope there is one that lies between those to both sides: 0 at a perfect
fit, and 0 for the hinge at a margin of exactly 1.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from optanim.autodiff import Tensor, relu
from optanim.recording import recordable


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


def huber(prediction: Any, target: Any, delta: float) -> Any:
    """Half the square of what is off by less than delta, and a straight line beyond, mean."""
    rest = prediction - target
    inner = np.minimum(np.maximum(rest, -delta), delta)
    return np.mean(inner * (rest - inner / 2), axis=-1)


def quantile(prediction: Any, target: Any, tau: float) -> Any:
    """tau times what a point lies above the prediction, or 1 - tau times what it lies below, mean."""
    above = target - prediction
    return np.mean(above * (tau * (above > 0) - (1 - tau) * (above < 0)), axis=-1)


def log_cosh(prediction: Any, target: Any) -> Any:
    """log(cosh(r)), mean: half a square near 0 and a straight line far off, with a smooth change."""
    rest = prediction - target
    # Of the two signs the one that cannot overflow; also at 0 both have all derivatives.
    size = rest * np.where(rest >= 0, 1.0, -1.0)
    return np.mean(size + np.log1p(np.exp(-2 * size)) - np.log(2), axis=-1)


def logistic(prediction: Any, target: Any) -> Any:
    """log(1 + exp(-m)) of the margin m = prediction, or -prediction for the lower class, mean."""
    margin = prediction * signs(target)
    right = margin >= 0
    size = margin * np.where(right, 1.0, -1.0)
    return np.mean(np.log1p(np.exp(-size)) + size * np.where(right, 0.0, 1.0), axis=-1)


def hinge(prediction: Any, target: Any) -> Any:
    """What the margin is below 1, or 0, mean."""
    return np.mean(relu(1 - prediction * signs(target)), axis=-1)


def cross_entropy(prediction: Any, target: Any) -> Any:
    """Minus the logarithm of the probability of each row's class, mean.

    A prediction has an output for each class in its last axis, (..., rows, k), whose exponentials are
    as the probabilities; a target has whole numbers from 0 to k - 1, (rows,) or (..., rows).
    """
    # By the largest output nothing changes, and none overflows.
    rest = prediction - _largest(prediction.data if isinstance(prediction, Tensor) else prediction)
    own = (target[..., None] == np.arange(prediction.shape[-1])) * 1.0
    return np.mean(np.log(np.sum(np.exp(rest), axis=-1)) - np.sum(rest * own, axis=-1), axis=-1)


@recordable
def _largest(outputs: Any) -> Any:
    return np.max(np.real(outputs), axis=-1, keepdims=True)


def hits(prediction: Any, target: Any) -> Any:
    """The share of the rows whose largest output is that of their class; NaN where outputs are no numbers."""
    right = np.mean(np.argmax(prediction, axis=-1) == target, axis=-1)
    return np.where(np.isfinite(prediction).all(axis=(-2, -1)), right, np.nan)


LOSSES: dict[str, Callable[..., Any]] = {
    loss.__name__: loss for loss in (mse, rmse, mae, huber, quantile, log_cosh, logistic, hinge)
}
TITLES = {"mse": "MSE", "rmse": "RMSE", "mae": "MAE", "huber": "Huber loss", "log_cosh": "log-cosh loss"}
TITLES |= {name: f"{name} loss" for name in ("quantile", "logistic", "hinge")}
CLASSIFY = ("logistic", "hinge")  # whose target is one of two classes
OWN = {name: tuple(inspect.signature(loss).parameters)[2:] for name, loss in LOSSES.items()}


def error(loss: str, prediction: Any, target: Any, **settings: float) -> Any:
    """A loss by its name, with those of the settings that are its own."""
    return LOSSES[loss](prediction, target, **{name: settings[name] for name in OWN[loss]})


def signs(target: Any) -> Any:
    """-1 and 1 for two classes that are that, or 0 and 1."""
    return np.where(target > 0, 1.0, -1.0)


def two_classes(target: Any) -> bool:
    """Whether all numbers are -1 and 1, or all 0 and 1."""
    found = {float(value) for value in np.unique(target)}
    return found <= {-1.0, 1.0} or found <= {0.0, 1.0}
