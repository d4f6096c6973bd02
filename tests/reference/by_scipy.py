"""Runs SciPy's minimizers, which show their iterates to a callback."""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from scipy.optimize import minimize

from tests.reference.losses import problems
from tests.reference.runs import Array, Noise, Steps, flat


def run(case: dict[str, Any], steps: int, noise: Noise) -> Steps:
    """A case stepped by SciPy, as far as it goes."""
    on = problems()[case["problem"]]
    data = {name: torch.as_tensor(value) for name, value in on.data.items()}
    ends = np.cumsum([part.size for part in on.start])[:-1]

    def slope(w: Array) -> tuple[float, Array]:
        parts = [
            torch.tensor(part.reshape(like.shape), requires_grad=True)
            for part, like in zip(np.split(w * noise(w), ends), on.start, strict=True)
        ]
        value = on.loss(torch, data, *parts)
        value.backward()
        return float(value), flat(part.grad for part in parts) * noise(w)

    points: list[Array] = []

    def seen(intermediate_result: Any) -> None:
        points.append(intermediate_result.x.copy())

    begin = flat(on.start)
    minimize(
        slope,
        begin * noise(begin),
        jac=True,
        method=case["cls"],
        options={"maxiter": steps, **case["kw"]},
        callback=seen,
    )
    return Steps(np.array(points))
