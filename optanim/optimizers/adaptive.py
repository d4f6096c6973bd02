"""Rules that give every parameter a step size of its own."""

from __future__ import annotations

from typing import Any

from optanim.kinds import optimizer
from optanim.optimizers._parts import average, decay_before, root
from optanim.settings import NonNegative, Scheduled, Unit

State = dict[str, Any]


@optimizer(title="Adagrad", paper="Duchi et al. 2011, jmlr.org/papers/v12/duchi11a")
def adagrad(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    eps: NonNegative = 1e-10,
    eps_inside_sqrt: bool = False,
    weight_decay: Scheduled[NonNegative] = 0.0,
) -> Any:
    """Steps that shrink with all the squared gradients so far.

    s = s + g**2
    p = p - lr * g / (sqrt(s) + eps)              (eps_inside_sqrt: lr * g / sqrt(s + eps))
    """
    p, g = decay_before(p, g, lr, weight_decay, "coupled")
    s = state["s"] = state.get("s", 0.0) + g * g
    return p - lr * g / root(s, eps, eps_inside_sqrt)


@optimizer(title="RMSprop", paper="Tieleman and Hinton 2012, Coursera lecture 6.5")
def rmsprop(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    *,
    alpha: Unit = 0.99,
    eps: NonNegative = 1e-8,
    eps_inside_sqrt: bool = False,
    weight_decay: Scheduled[NonNegative] = 0.0,
) -> Any:
    """Adagrad that forgets: an average of the squared gradients instead of their sum.

    s = alpha * s + (1 - alpha) * g**2
    p = p - lr * g / (sqrt(s) + eps)              (eps_inside_sqrt: lr * g / sqrt(s + eps))
    """
    p, g = decay_before(p, g, lr, weight_decay, "coupled")
    s = state["s"] = average(state.get("s", 0.0), g * g, alpha)
    return p - lr * g / root(s, eps, eps_inside_sqrt)
