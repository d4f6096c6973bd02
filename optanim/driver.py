"""Steps one rule over several runs at once: layers, oracles, and runs that end."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from optanim.batches import Batches
from optanim.courses import Course
from optanim.optimizers._parts import Parts
from optanim.oracles import Array, Draws, Layer, Noise, Oracles, Residuals, State, across, kept
from optanim.rules import Rule, asks_of
from optanim.search import Slope
from optanim.trace import Ended


class Record(Protocol):
    """Where the driver reports; `runs` are the numbers of those still going.

    Of the iterates that it does not keep it is told nothing, and on batches they are not scored.
    """

    def keeps(self, t: int) -> bool: ...

    def point(self, t: int, runs: Any, shown: Array) -> None: ...

    def loss(self, t: int, runs: Any, loss: Array) -> None: ...

    def batch(self, t: int, runs: Any, loss: Array) -> None: ...

    def parts(self, t: int, runs: Any, gradient: Array, parts: Parts) -> None: ...


@dataclass
class Group:
    """Runs that are stepped as one array: one rule, one layer division, one number of steps."""

    rule: Rule
    lr: Course
    start: Array  # (R, n)
    layers: Sequence[Layer]
    steps: int
    seeds: Sequence[Any] = ()  # per run, for rules that draw random numbers
    own: Array | None = None  # (R,) of each run the seed of its batches and its noise, where not the scene's
    explains: bool = False  # whether the record is told what every step was made of
    evals: Array = field(init=False)  # (steps + 1,) cumulative gradient evaluations of a run
    ended: dict[int, Ended] = field(default_factory=dict)


def drive(
    groups: Sequence[tuple[Group, Record]],
    loss: Callable[..., Array],
    slope: Slope,
    progress: Callable[[int], None] | None = None,
    residuals: Residuals | None = None,
    noise: Noise | None = None,
    batches: Batches | None = None,
) -> None:
    """Steps all runs of all groups to their end, with one gradient of everything in each step.

    With `batches` the gradients, and all else that a rule asks for, see the rows of the step, while
    what is scored is the loss of all the data. A run whose parameters, loss or gradient stop being
    finite is taken out of the arrays, so that its NaNs reach no other run; `group.ended` says when.
    """
    with np.errstate(all="ignore"):
        steppers = [
            _stepper(group, loss, slope, residuals, noise, batches, record) for group, record in groups
        ]
        going = [(stepper, next(stepper)) for stepper in steppers]
        for t in itertools.count(1):
            if not going:
                return
            everything = [params for _, (params, _) in going]
            # In one memory order, as NumPy's functions may round by how their numbers lie in memory.
            params = everything[0] if len(going) == 1 else np.asfortranarray(np.concatenate(everything))
            value, gradient = slope(params, **_seen(batches, t, [own for _, (_, own) in going]))
            if progress:
                progress(len(value))
            still, at = [], 0
            for stepper, (params, _) in going:
                part = slice(at, at + len(params))
                at = part.stop
                try:
                    still.append((stepper, stepper.send((value[part], np.asfortranarray(gradient[part])))))
                except StopIteration:
                    continue
            going = still


def _stepper(
    group: Group,
    loss: Callable[[Array], Array],
    slope: Slope,
    residuals: Residuals | None,
    noise: Noise | None,
    batches: Batches | None,
    record: Record,
) -> Generator[tuple[Array, Array | None], tuple[Array, Array], None]:
    """Steps one group: hands out its parameters and seeds, is sent losses and gradients, to its end."""
    rule, asks = group.rule, asks_of(group.rule)
    layers = rule.layers(group.layers)
    params = np.asfortranarray(group.start, dtype=np.float64)
    states: list[State] = [{} for _ in layers]
    oracles = Oracles(loss, slope, residuals)
    draws = Draws(group.seeds) if "rng" in asks else None
    tilts = noise.tilts(group.own) if noise else None
    group.evals = np.zeros(group.steps + 1, dtype=np.int64)
    runs: Any = np.arange(len(params))
    everyone: Any = slice(None)
    averaging = rule.averages
    shown = params
    before: Array | None = None  # the loss of the step before, which a schedule may look at
    seen = params[:, 0]  # the loss of each step's batch
    keeps = record.keeps(0)
    record.point(0, everyone, shown)

    for t in range(1, group.steps + 1):
        own = None if group.own is None else group.own[runs]
        value, gradient = yield params, own
        oracles.count += 1
        if batches:
            seen = value
            scored = loss(shown) if keeps else value
            oracles.see(_seen(batches, t, [own])["rows"])
        else:
            scored = loss(shown) if averaging and t > 1 else value
        why = _failures(t - 1, shown, scored, params, value, gradient)
        if why:
            _end(group, record, t - 1, runs, scored, why)
            mask = np.array([i not in why for i in range(len(runs))])
            runs = everyone = runs[mask]
            if not len(runs):
                group.evals[t:] = oracles.count
                return
            params, gradient, scored = (kept(a, mask) for a in (params, gradient, scored))
            before = None if before is None else before[mask]
            states = [kept(state, mask) for state in states]
            rule.keep(mask)
            if draws:
                draws.keep(mask)
            seen = seen[mask] if batches else seen
            oracles.keep(mask)
        if keeps:
            record.loss(t - 1, everyone, scored)
        if batches:
            record.batch(t - 1, everyone, seen)
        if tilts:
            tilt = next(tilts)
            oracles.tilt = tilt if tilt.ndim == 1 else tilt[runs]
            gradient = np.asfortranarray(gradient + oracles.tilt)
        lr = group.lr.at(t, everyone, before)
        rule.turn(t, everyone, before)
        # On batches only what is scored is the loss that a schedule may look at.
        before = scored if keeps or not batches else before
        start = params
        params, shown = _step(rule, params, gradient, states, lr, t, layers, oracles, asks, draws)
        if group.explains:
            parts = rule.explained(start, gradient, states, lr, t, layers)
            record.parts(t - 1, everyone, gradient, parts)
        keeps = record.keeps(t)
        if keeps:
            record.point(t, everyone, shown)
        group.evals[t] = oracles.count

    scored = loss(shown)
    why = _failures(group.steps, shown, scored, params, scored, params)
    _end(group, record, group.steps, runs, scored, why)
    fine = np.array([i not in why for i in range(len(runs))])
    record.loss(group.steps, runs[fine], scored[fine])


def _seen(batches: Batches | None, t: int, own: Sequence[Array | None]) -> dict[str, Any]:
    """The rows of a step: the same for all runs, or those of the seed of each."""
    if batches is None:
        return {}
    known = [seeds for seeds in own if seeds is not None]
    return {"rows": batches.rows_of(t, np.concatenate(known)) if known else batches.rows(t)}


def _step(
    rule: Rule,
    params: Array,
    gradient: Array,
    states: list[State],
    lr: Any,
    t: int,
    layers: Sequence[Layer],
    oracles: Oracles,
    asks: tuple[str, ...],
    draws: Draws | None,
) -> tuple[Array, Array]:
    """The new parameters, and what is shown of them."""
    if len(layers) == 1 and len(layers[0].shape) == 1:  # the array is the layer
        bound = oracles.bound(params, layers[0], asks, draws)
        new = np.asfortranarray(rule.step(params, gradient, states[0], across(lr, 2), t, bound))
        return new, np.asfortranarray(rule.shown(new, states[0]))
    new = np.empty_like(params)
    shown = np.empty_like(params) if rule.averages else new
    runs = len(params)
    for layer, state in zip(layers, states, strict=True):
        p, g = layer.of(params), layer.of(gradient)
        bound = oracles.bound(params, layer, asks, draws)
        moved = rule.step(p, g, state, across(lr, p.ndim), t, bound)
        new[:, layer.columns] = moved.reshape(runs, -1)
        if shown is not new:
            shown[:, layer.columns] = rule.shown(moved, state).reshape(runs, -1)
    return new, shown


def _failures(
    t: int, shown: Array, scored: Array, params: Array, value: Array, gradient: Array
) -> dict[int, Ended]:
    """The runs that cannot go on after step t: the place of each in the arrays, and why."""
    why: dict[int, Ended] = {}
    # One number to look at in every step; a sum may overflow though its terms are finite.
    different = {id(array): array for array in (shown, scored, params, value, gradient)}
    if np.isfinite(sum(array.sum() for array in different.values())):
        return why
    point: Any = np.isfinite(shown).all(axis=1) & np.isfinite(params).all(axis=1)
    scores: Any = np.isfinite(scored) & np.isfinite(value)
    slopes: Any = np.isfinite(gradient).all(axis=1)
    for i in np.flatnonzero(~(point & scores & slopes)):
        if not point[i]:
            bad = params[i] if not np.isfinite(params[i]).all() else shown[i]
            why[int(i)] = Ended(
                t, "the parameters " + ("are not numbers" if np.isnan(bad).any() else "are infinite")
            )
        elif not scores[i]:
            bad = scored[i] if not np.isfinite(scored[i]) else value[i]
            why[int(i)] = Ended(t, f"the loss {how_not_finite(bad)}")
        else:  # the point itself is fine; it is the next that cannot be made
            why[int(i)] = Ended(t + 1, f"the gradient {how_not_finite(gradient[i])}")
    return why


def how_not_finite(bad: Any) -> str:
    """How a number or an array that is not finite is not."""
    return "is not a number" if np.isnan(bad).any() else "is infinite"


def _end(group: Group, record: Record, t: int, runs: Array, scored: Array, why: dict[int, Ended]) -> None:
    """Notes which runs end at point t; of a point that is not finite nothing is kept but the start."""
    for i, ended in why.items():
        group.ended[int(runs[i])] = ended
        if not record.keeps(t):
            continue
        if ended.step > t:
            record.loss(t, runs[[i]], scored[[i]])
        elif t > 0:
            record.point(t, runs[[i]], np.full((1, 1), np.nan))
