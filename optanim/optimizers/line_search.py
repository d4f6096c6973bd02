"""Rules that choose a direction, then search along it for how far to go."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

import numpy as np

from optanim.kinds import optimizer
from optanim.optimizers._wolfe import Line, Trial, bracket_and_zoom, more_thuente
from optanim.settings import Count, Lead, NonNegative, Unit

State = dict[str, Any]


def _wolfe_needs(settings: Mapping[str, Any]) -> str | None:
    return None if settings["c1"] < settings["c2"] else "c1 has to be below c2"


@optimizer(
    title="Conjugate gradient",
    paper="Polak and Ribière 1969; Fletcher and Reeves 1964, doi:10.1093/comjnl/7.2.149",
    reference="scipy.optimize.minimize(method='CG')",
    sees="all",
    single_run=True,
    lr=1.0,
    check=_wolfe_needs,
)
def conjugate_gradient(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    loss: Any,
    grad: Any,
    *,
    beta: Lead[Literal["polak_ribiere", "fletcher_reeves", "hestenes_stiefel", "dai_yuan"]] = "polak_ribiere",
    c1: Unit = 1e-4,
    c2: Unit = 0.4,
) -> Any:
    """Momentum without a guess: how much of the last direction to keep follows from the gradients.

    y = g - g_before
    beta = max(0, g·y / g_before·g_before)        (fletcher_reeves: g·g / g_before·g_before,
                                                   hestenes_stiefel: max(0, g·y / d·y), dai_yuan: g·g / d·y)
    d = -g + beta * d                             (d = -g in the first step, and where d would not go down)
    p = p + a * d,  a by a strong Wolfe search whose first trial is a guess from the last step times lr
    On a parabola in n numbers, with a exact, n steps are enough.
    """
    d = -g
    if "d" in state:
        before, last = state["g"], state["d"]
        y = g - before
        above = np.vdot(g, g if beta in ("fletcher_reeves", "dai_yuan") else y)
        below = np.vdot(before, before) if beta in ("fletcher_reeves", "polak_ribiere") else np.vdot(last, y)
        kept = -g + max(0.0, above / below) * last if below else d
        d = kept if np.vdot(kept, g) < 0 else d
    step = _step(p, g, d, state, lr, loss, grad, c1, c2)
    if step is None:
        return p
    state |= {"d": d, "g": g}
    return p + step


@optimizer(
    title="BFGS",
    paper="Broyden, Fletcher, Goldfarb and Shanno 1970; Fletcher 1970, doi:10.1093/comjnl/13.3.317",
    reference="scipy.optimize.minimize(method='BFGS')",
    sees="all",
    single_run=True,
    lr=1.0,
    check=_wolfe_needs,
    matrix="all",
)
def bfgs(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    loss: Any,
    grad: Any,
    *,
    c1: Unit = 1e-4,
    c2: Unit = 0.9,
) -> Any:
    """Newton's method that learns the curvature from the gradients on its way.

    s = the last step,  y = g - g_before,  H = I at first
    H = (I - s yᵀ / y·s) H (I - y sᵀ / y·s) + s sᵀ / y·s
    p = p - a * H g,  a by a strong Wolfe search whose first trial is a guess from the last step times lr
    """
    eye = np.eye(p.shape[1])
    H = state.get("H", eye[None])[0]
    if "s" in state:
        s, y = state["s"], g - state["g"]
        bend = np.vdot(y, s)
        if bend > 0:
            left = eye - s.T @ y / bend
            H = left @ H @ left.T + s.T @ s / bend
    s = _step(p, g, -g @ H, state, lr, loss, grad, c1, c2)
    if s is None:
        return p
    state |= {"H": H[None], "g": g, "s": s}
    return p + s


@optimizer(
    title="L-BFGS",
    paper="Liu and Nocedal 1989, doi:10.1007/BF01589116",
    reference="torch.optim.LBFGS",
    variants={
        "torch.optim.LBFGS": {"max_iter": 20, "max_eval": None, "line_search": "none"},
        "optax.lbfgs": "scales its first step and searches along the line in another way",
    },
    sees="all",
    single_run=True,
    lr=1.0,
)
def lbfgs(
    p: Any,
    g: Any,
    state: State,
    lr: Any,
    t: int,
    loss: Any,
    grad: Any,
    *,
    history: Count = 100,
    line_search: Literal["strong_wolfe", "none"] = "strong_wolfe",
    max_iter: Count = 1,
    max_eval: Count | None = 25,
    tolerance_grad: NonNegative = 1e-7,
    tolerance_change: NonNegative = 1e-9,
) -> Any:
    """BFGS that keeps the last few steps s and changes y of the gradient instead of a matrix.

    d = -H g,  H as in BFGS from the last `history` pairs of s and y, begun with I * s·y / y·y of the last
    p = p + a * d,  a by a strong Wolfe search from lr on (none: a = lr);  lr * min(1, 1/|g|₁) at first
    A step is max_iter iterations: 1, so that a path shows all of them, and with a line search; torch's
    own defaults are 20, and none. One step takes at most max_eval gradients (max_eval: none, 5/4 of
    max_iter), and below the tolerances of gradient and change the path ends where it is.
    """
    value, evals = loss(p)[0, 0], 1
    most = max_iter * 5 // 4 if max_eval is None else max_eval
    if np.abs(g).max() <= tolerance_grad or lr == 0:
        return p
    for left in reversed(range(max_iter)):
        first = "g" not in state
        d = _two_loops(g, state, history)
        state["g"] = g
        start = Trial(0.0, value, np.vdot(g, d), g)
        if start.slope > -tolerance_change:
            break
        line, step = _line(p, d, loss, grad), lr * (min(1.0, 1 / np.abs(g).sum()) if first else 1.0)
        end = start
        if line_search == "strong_wolfe":
            end, tried = bracket_and_zoom(line, start, step, most - evals, np.abs(d).max(), tolerance_change)
            step, evals = end.step, evals + tried
        elif left:
            end, evals = line(step), evals + 1
        s = state["s"] = step * d
        p, g, value = p + s, end.gradient, end.value
        moved = np.abs(s).max() > tolerance_change and abs(value - start.value) >= tolerance_change
        if evals >= most or np.abs(g).max() <= tolerance_grad or not moved:
            break
    return p


def _two_loops(g: Any, state: State, history: int) -> Any:
    """L-BFGS's direction, after the pair of the last step has joined those that are kept."""
    pairs = state.setdefault("pairs", [])
    if "s" in state:
        s, y = state["s"], g - state["g"]
        if np.vdot(y, s) > 1e-10:
            pairs = state["pairs"] = [*pairs, (s, y)][-history:]
    d = -g
    shares = []
    for s, y in reversed(pairs):
        shares.append(np.vdot(s, d) / np.vdot(y, s))
        d = d - shares[-1] * y
    if pairs:
        s, y = pairs[-1]
        d = d * (np.vdot(y, s) / np.vdot(y, y))
    for (s, y), share in zip(pairs, reversed(shares), strict=True):
        d = d + s * (share - np.vdot(y, d) / np.vdot(y, s))
    return d


def _line(p: Any, d: Any, loss: Any, grad: Any) -> Line:
    """The loss along a direction."""

    def line(step: Any) -> Trial:
        there = p + step * d
        gradient = grad(there)
        return Trial(step, loss(there)[0, 0], np.vdot(gradient, d), gradient)

    return line


def _step(p: Any, g: Any, d: Any, state: State, lr: Any, loss: Any, grad: Any, c1: float, c2: float) -> Any:
    """How far SciPy goes along d, or None where no step along it meets the Wolfe conditions.

    The first trial would lower the loss, if it fell as fast as now, by twice what the last step did.
    Where a search fails SciPy gives up. Here the next step begins anew from the gradient; if that fails
    too, what is left is rounding.
    """
    if state.get("stuck") or lr == 0:
        return None
    start = Trial(0.0, loss(p)[0, 0], np.vdot(g, d), g)
    found = None
    if start.slope < 0:
        before = state.get("value", start.value + np.sqrt(np.vdot(g, g)) / 2)
        guess = 2.02 * (start.value - before) / start.slope
        first = lr * (1.0 if guess < 0 else min(1.0, guess))
        found = more_thuente(_line(p, d, loss, grad), start, first, c1, c2)
    if found is None:
        anew = "value" not in state
        state.clear()
        state["stuck"] = anew
        return None
    state["value"] = start.value
    return found.step * d
