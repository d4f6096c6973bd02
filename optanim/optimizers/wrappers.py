"""Rules around any other rule, which makes the step itself."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

from optanim.kinds import optimizer
from optanim.optimizers._parts import norm
from optanim.settings import Count, NonNegative

State = dict[str, Any]


@optimizer(
    title="Lookahead",
    paper="Zhang et al. 2019, arXiv:1907.08610",
    reference="pytorch_optimizer.Lookahead",
    variants={
        "optax.lookahead": {},
        "timm.optim.Lookahead": "takes its slow weights from the fast ones at the first pull",
        "torch_optimizer.Lookahead": "pulls after the first step already, then every k steps from there",
    },
)
def lookahead(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    base: Any,
    *,
    every: Count = 5,
    alpha: NonNegative = 0.5,
    pullback: Literal["none", "reset", "pullback"] = "none",
) -> Any:
    """Every few steps of a rule, back to a point between where they started and where they led.

    p = p_base(p, g), the base's step;  and every `every` steps
    slow = slow + alpha * (p - slow),  p = slow   (slow = the start at first)
    pullback: the base's momentum is averaged in the same way, with 0 at first; reset: it is set to 0.
    """
    slow = state.setdefault("slow", p)
    p = base(p, g)
    if t % every:
        return p
    momentum = base.momentum
    if pullback == "reset":
        base.momentum = 0 * momentum
    elif pullback == "pullback":
        held = state.get("slow_momentum", 0.0)
        base.momentum = state["slow_momentum"] = held + alpha * (momentum - held)
    state["slow"] = slow + alpha * (p - slow)
    return state["slow"]


@optimizer(
    title="SAM",
    paper="Foret et al. 2021, arXiv:2010.01412",
    reference="pytorch_optimizer.SAM",
    sees="all",
)
def sam(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    grad: Any,
    base: Any,
    *,
    rho: NonNegative = 0.05,
    eps: NonNegative = 1e-12,
) -> Any:
    """A rule that goes by the gradient at the worst point near by, and so avoids sharp minima.

    g = the gradient at p + rho * g / (|g| + eps)
    p = p_base(p, g), the base's step
    """
    return base(p, grad(p + rho / (norm(g) + eps) * g))


@optimizer(
    title="ASAM",
    paper="Kwon et al. 2021, arXiv:2102.11600",
    reference="pytorch_optimizer.SAM(adaptive=True)",
    variants={"github.com/SamsungLabs/ASAM": {"rho": 0.5, "eta": 0.01, "eps": 1e-16}},
    sees="all",
)
def asam(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    grad: Any,
    base: Any,
    *,
    rho: NonNegative = 0.05,
    eta: NonNegative = 0.0,
    eps: NonNegative = 1e-12,
) -> Any:
    """SAM that looks further along large parameters, so that their scale does not count.

    w = |p| + eta, for each parameter
    g = the gradient at p + rho * w**2 * g / (|w * g| + eps)
    p = p_base(p, g), the base's step
    """
    w = np.abs(p) + eta
    return base(p, grad(p + rho / (norm(w * g) + eps) * w * w * g))
