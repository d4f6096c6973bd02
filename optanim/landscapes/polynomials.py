"""Regression by a polynomial, with a parameter for each of its terms."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Annotated, Any, Literal

import numpy as np

from optanim.autodiff import columns
from optanim.kinds import landscape
from optanim.landscapes.regression import Loss, Share, least_convex
from optanim.losses import error, signs
from optanim.scene import Point
from optanim.settings import Lead, Number, Positive
from optanim.trace import Data

Degree = Annotated[int, Number(low=0, high=100, whole=True)]
Basis = Literal["monomial", "chebyshev", "legendre"]


def terms(u: Any, degree: int, basis: str) -> Iterator[Any]:
    """The polynomials of a basis at u, from the constant one to the one of the degree."""
    before, now = 0 * u, 0 * u + 1
    for k in range(degree + 1):
        yield now
        if basis == "monomial":
            now = u * now
        elif basis == "chebyshev":
            before, now = now, (2 if k else 1) * u * now - before
        else:
            before, now = now, ((2 * k + 1) * u * now - k * before) / (k + 1)


def polynomial(data: Data, degree: int, basis: str, **_: Any) -> Callable[..., Any]:
    """The polynomial as a function of x and its coefficients, which with runs meet x in a last axis."""
    low, high = data.span or (-1.0, 1.0)
    middle, half = low / 2 + high / 2, high / 2 - low / 2

    def model(x: Any, *c: Any) -> Any:
        u = x if basis == "monomial" else (x - middle) / (half or 1.0)
        value: Any = 0.0
        for each, term in zip(c, terms(u, degree, basis), strict=True):
            value = value + columns(each) * term
        return value

    return model


def minima(
    data: Data, degree: int, basis: str, loss: str, delta: float = 1.0, tau: float = 0.5
) -> list[Point]:
    """The coefficients of the smallest loss, by least squares or Newton; none where they are not known.

    That is where many are equally good, as with fewer points than coefficients, and for losses with kinks.
    """
    model = polynomial(data, degree, basis)
    table = model(data.x, *np.eye(degree + 1)).T  # (points, coefficients)
    if not np.isfinite(table).all() or np.linalg.matrix_rank(table) <= degree:
        return []
    if loss in ("mse", "rmse"):
        return [tuple(np.linalg.lstsq(table, data.y, rcond=None)[0].tolist())]
    if loss not in ("huber", "log_cosh", "logistic"):
        return []
    # In coordinates that are as good as orthogonal, however alike the terms are.
    q, r = np.linalg.qr(table)
    found = least_convex(q, data.y, partial(error, loss, delta=delta, tau=tau))
    if found is None or (loss == "logistic" and (signs(data.y) * (q @ found) > 0).all()):
        return []
    return [tuple(np.linalg.solve(r, found).tolist())]


@landscape(
    names=lambda degree, **_: tuple(f"c{k}" for k in range(degree + 1)),
    start=lambda degree, **_: (0.0,) * (degree + 1),
    minima=minima,
    model=polynomial,
    linear=True,
)
def polynomial_regression(
    data: Data,
    *c: Any,
    degree: Lead[Degree] = 2,
    basis: Basis = "monomial",
    loss: Loss = "mse",
    delta: Positive = 1.0,
    tau: Share = 0.5,
) -> Any:
    """The error of a polynomial over a dataset, by its degree + 1 coefficients c0, c1, ...

    f = loss(c0 * b0(u) + c1 * b1(u) + ..., y) over all points
    monomial: bk = u**k with u = x; chebyshev and legendre: the orthogonal polynomials of that name, with
    u from -1 at the least x of the data to 1 at the largest. All start at 0. The minimum is known for the
    losses mse, rmse, huber, log_cosh and logistic, where one set of coefficients is better than all others.
    """
    prediction = polynomial(data, degree, basis)(data.x, *c)
    return error(loss, prediction, data.y, delta=delta, tau=tau)
