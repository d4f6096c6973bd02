"""Rules that scale the step of a whole layer."""

from __future__ import annotations

from typing import Any

import numpy as np

from optanim.kinds import optimizer
from optanim.optimizers._parts import adam_direction, norm
from optanim.settings import NonNegative, Positive, Scheduled, Unit


@optimizer(title="LAMB", paper="You et al. 2020, arXiv:1904.00962")
def lamb(
    p: Any,
    g: Any,
    state: dict[str, Any],
    lr: Any,
    t: int,
    *,
    beta1: Scheduled[Unit] = 0.9,
    beta2: Unit = 0.999,
    eps: NonNegative = 1e-6,
    weight_decay: Scheduled[NonNegative] = 0.0,
    trust_clip: Positive | None = None,
) -> Any:
    """Adam's direction, rescaled per layer to the length of the weights.

    u = mhat / (sqrt(vhat) + eps) + weight_decay * p      (mhat, vhat as in Adam)
    r = |p| / |u|, or 1 where one of them is 0; at most trust_clip
    p = p - lr * r * u
    """
    u = adam_direction(g, state, t, beta1, beta2, eps) + weight_decay * p
    return p - lr * trust_ratio(norm(p), norm(u), trust_clip) * u


def trust_ratio(weights: Any, update: Any, clip: Any) -> Any:
    """The factor that gives the update the length of the weights."""
    known = (weights > 0) & (update > 0)
    ratio = np.where(known, weights / np.where(known, update, 1.0), 1.0)
    return ratio if clip is None else np.minimum(ratio, clip)
