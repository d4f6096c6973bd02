"""What several rules share: weight decay, moments, norms."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any, Literal, NamedTuple

import numpy as np

State = dict[str, Any]
Decay = Literal["coupled", "decoupled", "after"]


class Parts(NamedTuple):
    """What a step is made of: p = p - preconditioner * direction - decay.

    The direction is in units of the gradient. The preconditioner is the learning rate of each
    parameter: the scene's, times everything the rule scales with. The decay is what weight decay takes
    beside the gradient, and `trust` what a rule of layers scales the whole layer with, within the
    preconditioner.
    """

    direction: Any
    preconditioner: Any
    decay: Any = 0.0
    trust: Any = None


Split = Callable[[Any, State, Any, int, Any], tuple[Any, Any]]


def explained(split: Split, way: str = "coupled") -> Callable[..., Parts]:
    """The parts of a rule's step, out of a function that tells direction and preconditioner.

    It is asked after the step, as split(g, state, lr, t, settings), with the gradient as the rule sees it
    once coupled weight decay is in it. `way` is how the rule decays where it has no setting `decay`.
    """

    def parts(p: Any, g: Any, state: State, lr: Any, t: int, **settings: Any) -> Parts:
        weight_decay, how = settings.get("weight_decay", 0.0), settings.get("decay", way)
        if how == "coupled":
            g = decay_before(p, g, lr, weight_decay, how)[1]
        direction, preconditioner = split(g, state, lr, t, SimpleNamespace(**settings))
        decay = decayed(p, preconditioner * direction, lr, weight_decay, how)
        return Parts(direction, preconditioner, decay)

    return parts


def decayed(p: Any, step: Any, lr: Any, weight_decay: Any, decay: str) -> Any:
    """What weight decay takes from p beside the gradient, in a step that takes `step` beside that."""
    if _none(weight_decay) or decay == "coupled":
        return 0.0
    return lr * weight_decay * (p - step if decay == "after" else p)


def inside(v: Any, lr: Any) -> tuple[Any, Any]:
    """Direction and preconditioner of a velocity that has learning rates in it: in units of today's."""
    rate = np.where(lr > 0, lr, 1.0)
    return v / rate, rate


def signed(m: Any, lr: Any) -> tuple[Any, Any]:
    """Direction and preconditioner of a step of lr along the sign of m."""
    return m, over(lr, abs(m))


def decay_before(p: Any, g: Any, lr: Any, weight_decay: Any, decay: str) -> tuple[Any, Any]:
    """Point and gradient with the weight decay that comes before the step."""
    if _none(weight_decay) or decay == "after":
        return p, g
    if decay == "coupled":
        return p, g + weight_decay * p
    return p * (1 - lr * weight_decay), g


def decay_after(p: Any, lr: Any, weight_decay: Any, decay: str) -> Any:
    """The new point with the weight decay that comes after the step."""
    return p if decay != "after" or _none(weight_decay) else p * (1 - lr * weight_decay)


def _none(number: Any) -> bool:
    return isinstance(number, float) and number == 0


def average(old: Any, new: Any, beta: Any) -> Any:
    """The exponential moving average after one more value; it starts at 0."""
    return beta * old + (1 - beta) * new


def corrected(average: Any, beta: Any, t: int) -> Any:
    """The average without its bias towards its start at 0."""
    return average / (1 - power(beta, t))


def power(base: Any, exponent: Any) -> Any:
    """base**exponent, to the last bit the same for a number alone and among those of other runs.

    NumPy's power of an array may round differently from Python's of a float, and a path that is
    chaotic would then depend on its neighbours. For one number per run, not for parameters.
    Infinite or not a number where there is no such power, which ends that run alone.
    """
    if isinstance(base, np.ndarray) or isinstance(exponent, np.ndarray):
        pairs = np.broadcast(base, exponent)
        return np.array([power(b.item(), e.item()) for b, e in pairs]).reshape(pairs.shape)
    return float(np.float64(base) ** np.float64(exponent))


def half_life_between(start: Any, end: Any, share: float) -> Any:
    """The beta whose half-life lies that share of the way from the one of start to the one of end."""
    if isinstance(start, np.ndarray) or isinstance(end, np.ndarray):
        pairs = np.broadcast(start, end)
        betas = [half_life_between(float(a), float(b), share) for a, b in pairs]
        return np.array(betas).reshape(pairs.shape)
    first, last = (-1 / math.log(beta) if beta > 0 else 0.0 for beta in (start, end))
    life = (1 - share) * first + share * last
    return math.exp(-1 / life) if life > 0 else 0.0


def total(x: Any) -> Any:
    """The sum over each run's layer, with axes of length 1 that broadcast against it."""
    if x[0].size >= 8:  # from there on a sum rounds by the memory order, which is another for one run alone
        return np.ascontiguousarray(x).reshape(len(x), -1).sum(axis=1).reshape(-1, *(1,) * (x.ndim - 1))
    return np.sum(x, axis=tuple(range(1, x.ndim)), keepdims=True)


def norm(p: Any) -> Any:
    """The length of each run's layer, with axes of length 1 that broadcast against it."""
    return np.sqrt(total(p * p))


def over(a: Any, b: Any) -> Any:
    """a / b, and 0 where a is 0 whatever b is there, or b is 0: the square of a tiny a is."""
    none = (a == 0) | (b == 0)
    return np.where(none, 0.0, a) / np.where(none, 1.0, b)


def tangent(p: Any, g: Any, step: Any, delta: Any, eps: Any) -> tuple[Any, Any]:
    """The step without its part along p, in the runs where the gradient has hardly any; and which they are.

    There the length of p does not matter to the loss: of each row of p or, if not of each, of p as
    a whole. A layer of one axis is left as it is.
    """
    if p.ndim < 3:
        return step, np.zeros((len(p), *(1,) * (p.ndim - 1)), dtype=bool)
    delta, eps = np.reshape(delta, (-1, 1, 1)), np.reshape(eps, (-1, 1, 1))
    made, freed = step.reshape(len(p), -1), np.zeros((len(p), 1), dtype=bool)
    for rows in (p.shape[1], 1):
        # In one memory order, as sums round by that, and it is another where there is one run.
        w, slope, u = (np.ascontiguousarray(x).reshape(len(p), rows, -1) for x in (p, g, step))
        length, steep = (np.sqrt(np.sum(x * x, axis=2, keepdims=True)) for x in (w, slope))
        along = np.sum(w * slope, axis=2, keepdims=True) / (np.maximum(length, eps) * np.maximum(steep, eps))
        free = np.all(abs(along) < delta / np.sqrt(w.shape[2]), axis=1)
        unit = w / (length + eps)
        across = u - unit * np.sum(unit * u, axis=2, keepdims=True)
        made = np.where(free & ~freed, across.reshape(len(p), -1), made)
        freed = freed | free
    return made.reshape(p.shape), freed.reshape(len(p), *(1,) * (p.ndim - 1))


def root(s: Any, eps: Any, inside: bool) -> Any:
    """The root of an average of squares, kept from 0 by eps."""
    return np.sqrt(s + eps) if inside else np.sqrt(s) + eps


def moments(g: Any, state: dict[str, Any], beta1: Any, beta2: Any) -> tuple[Any, Any]:
    """Adam's averages: of the gradient, and of its square."""
    m = state["m"] = average(state.get("m", 0.0), g, beta1)
    v = state["v"] = average(state.get("v", 0.0), g * g, beta2)
    return m, v


def adam_direction(
    g: Any,
    state: dict[str, Any],
    t: int,
    beta1: Any,
    beta2: Any,
    eps: Any,
    bias_correction: bool = True,
    eps_inside_sqrt: bool = False,
    eps_hat: bool = False,
) -> Any:
    """Adam's step for lr 1: the average gradient over the root of the average squared gradient."""
    moments(g, state, beta1, beta2)
    m, scale = adam_fraction(state, t, beta1, beta2, eps, bias_correction, eps_inside_sqrt, eps_hat)
    return m / scale


def adam_fraction(
    state: State,
    t: int,
    beta1: Any,
    beta2: Any,
    eps: Any,
    bias_correction: bool = True,
    eps_inside_sqrt: bool = False,
    eps_hat: bool = False,
) -> tuple[Any, Any]:
    """Adam's average gradient, and the root of the average squared gradient that it is divided by."""
    m, v = state["m"], state["v"]
    if not bias_correction:
        return m, root(v, eps, eps_inside_sqrt)
    if eps_inside_sqrt:
        return corrected(m, beta1, t), adam_root(v, beta2, t, 0.0, eps_hat, eps_root=eps)
    return corrected(m, beta1, t), adam_root(v, beta2, t, eps, eps_hat)


def adam_split(g: Any, state: State, lr: Any, t: int, s: Any) -> tuple[Any, Any]:
    """Direction and preconditioner of Adam's step, by those of its settings that the rule has."""
    known = ("bias_correction", "eps_inside_sqrt", "eps_hat")
    options = {name: getattr(s, name) for name in known if hasattr(s, name)}
    m, scale = adam_fraction(state, t, s.beta1, s.beta2, s.eps, **options)
    return m, lr / scale


def adam_root(v: Any, beta2: Any, t: int, eps: Any, eps_hat: bool = False, eps_root: Any = 0.0) -> Any:
    """The root of an average of squares, corrected and kept from 0 by eps.

    With eps_hat eps is added before the root is corrected, and is corrected with it.
    """
    correction = 1 - power(beta2, t)
    square = v if eps_hat else v / correction
    scale = np.sqrt(square if _none(eps_root) else square + eps_root) + eps
    return scale / np.sqrt(correction) if eps_hat else scale


def rectification(beta2: Any, t: int, threshold: Any = 5.0) -> tuple[Any, Any]:
    """Whether the average of the squares is long enough to divide by, and the factor if it is.

    The factor is 1 where it is not.
    """
    longest = 2 / (1 - beta2) - 1
    gone = power(beta2, t)
    length = longest - 2 * t * gone / (1 - gone)
    enough = length > threshold
    length, longest = np.where(enough, length, longest), np.where(enough, longest, 5.0)
    factor = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
    return enough, np.sqrt(np.where(enough, factor, 1.0))


def cautious(update: Any, g: Any, rescale: str) -> Any:
    """The update without the numbers whose sign is not the gradient's, the others made longer for it.

    `mean`: as much as their share is short of 1, a thousandfold at most; `plus_one`: n / (kept + 1).
    """
    return update * caution(update, g, rescale)


def caution(update: Any, g: Any, rescale: str) -> Any:
    """What a cautious update is multiplied with."""
    agrees = update * g > 0
    kept = np.sum(agrees, axis=tuple(range(1, g.ndim)), keepdims=True)
    n = g[0].size
    return agrees * (n / (kept + 1) if rescale == "plus_one" else n / np.maximum(kept, n / 1000))
