"""Rules around any other rule, which makes the step itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from optanim.kinds import optimizer
from optanim.optimizers._parts import norm
from optanim.settings import Count, NonNegative

State = dict[str, Any]

# What a rule may ask about the place where p is.
ELSEWHERE = {
    "loss": "the loss",
    "grad": "gradients",
    "hessian": "second derivatives",
    "hessian_diag": "second derivatives",
    "residuals": "the residuals",
}


def _lookahead_needs(settings: Mapping[str, Any]) -> str | None:
    base, inner = settings.get("base"), []
    while base:
        inner.append((base.name, optimizer[base.name].facts))
        base = base.settings.get("base")
    for name, facts in inner:
        if facts.get("rebuilds"):
            return f"lookahead puts p back, but {name} makes p anew from what it remembers"
        if facts.get("shows"):
            return f"lookahead puts p back, but what {name} shows is an average of its own"
        if facts.get("single_run"):  # a line search takes its next direction from its last step
            return f"lookahead puts p back, but its base {name} learns from where its steps led"
    if inner and settings["pullback"] != "none" and not any("velocity" in facts for _, facts in inner):
        return f"a pullback takes a base with a velocity, such as momentum, and {inner[-1][0]} has none"
    return None


@optimizer(
    title="Lookahead",
    paper="Zhang et al. 2019, arXiv:1907.08610",
    reference="pytorch_optimizer.Lookahead",
    variants={
        "optax.lookahead": {},
        "timm.optim.Lookahead": "takes its slow weights from the fast ones at the first pull",
        "torch_optimizer.Lookahead": "pulls after the first step already, then every k steps from there",
    },
    check=_lookahead_needs,
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
    pullback: the base's velocity is averaged in the same way, with 0 at first; reset: it is set to 0.
    The base may not be a rule that makes p anew from what it remembers, as COCOB does.
    """
    slow = state.setdefault("slow", p)
    p = base(p, g)
    if t % every:
        return p
    if pullback == "reset":
        base.momentum = 0 * base.momentum
    elif pullback == "pullback":
        held = state.get("slow_momentum", 0.0)
        base.momentum = state["slow_momentum"] = held + alpha * (base.momentum - held)
    state["slow"] = slow + alpha * (p - slow)
    return state["slow"]


def _sam_needs(settings: Mapping[str, Any]) -> str | None:
    base = settings.get("base")
    while base:
        for ask in optimizer[base.name].asks:
            if ask in ELSEWHERE:
                asked = ELSEWHERE[ask]
                return f"the base {base.name} asks for {asked} at p, but is handed another point's gradient"
        base = base.settings.get("base")
    return None


@optimizer(
    title="SAM",
    check=_sam_needs,
    paper="Foret et al. 2021, arXiv:2010.01412",
    reference="pytorch_optimizer.SAM",
    variants={"pytorch_optimizer.SAM as it is": "takes the length of g in single precision"},
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
    check=_sam_needs,
    paper="Kwon et al. 2021, arXiv:2102.11600",
    reference="pytorch_optimizer.SAM(adaptive=True)",
    variants={
        "github.com/SamsungLabs/ASAM": {
            "rho": 0.5,
            "eta": 0.01,
            "eps": 1e-16,
            "but": "only of parameters that are named a weight; w is 1 for the others",
        },
        "pytorch_optimizer.SAM as it is": "takes the length in single precision",
    },
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
