"""Numbers of a run that are worked out of its path: how far from the minimum, how steep, how sharp."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.errors import Mistake
from optanim.kinds import optimizer
from optanim.kinds import panel as panels
from optanim.scene import Run, Scene, Thing, first_seeds, told_apart
from optanim.search import hessian
from optanim.settings import closest, grouped
from optanim.trace import Path, Problem

Floats = NDArray[np.float64]

STRAY = 1e7  # times the loss at both ends of a run: one that was so high and came back had run away
HELD = 1_000_000  # second derivatives that are held at once
MOST_SECOND = 100_000_000  # numbers that the second derivatives of all runs may go through


@dataclass(frozen=True)
class Measure:
    """A number of every iterate (N+1,) or, where it is one of every step, (N,).

    `words` say it above its axis; `log` where a logarithmic axis is usual; `minima` where it is
    measured from the known minima.
    """

    of: Callable[[Path, Problem], Floats]
    words: str
    log: bool = True
    each_step: bool = False
    minima: bool = False


def gap(run: Path, problem: Problem) -> Floats:
    """How far the loss is above that of the lowest known minimum."""
    return run.loss - float(problem.loss(np.array(problem.minima, float)).min())


def distance(run: Path, problem: Problem) -> Floats:
    """How far the parameters are from the nearest known minimum."""
    ways = run.params[:, None, :] - np.array(problem.minima, float)
    return np.asarray(np.sqrt((ways**2).sum(axis=2)).min(axis=1))


def gradient_norm(run: Path, problem: Problem) -> Floats:
    """The length of the gradient of the whole loss, without noise."""
    return _of_iterates(run, lambda points: np.sqrt((problem.slope(points)[1] ** 2).sum(axis=1)))


def step_norm(run: Path, problem: Problem) -> Floats:
    """The length of each step."""
    return np.asarray(np.sqrt((np.diff(run.params, axis=0) ** 2).sum(axis=1)))


def sharpness(run: Path, problem: Problem) -> Floats:
    """The largest eigenvalue of the second derivatives of the whole loss."""

    def largest(points: Floats) -> Floats:
        piece = max(1, HELD // points.shape[1] ** 2)
        pieces = (points[at : at + piece] for at in range(0, len(points), piece))
        return np.concatenate([of_few(np.asfortranarray(few)) for few in pieces] or [np.zeros(0)])

    def of_few(points: Floats) -> Floats:
        second = hessian(problem.slope, points)
        second = (second + second.swapaxes(1, 2)) / 2
        fine: Any = np.isfinite(second).all(axis=(1, 2))
        known = np.linalg.eigvalsh(np.where(fine[:, None, None], second, 0.0))[:, -1]
        return np.where(fine, known, np.nan)

    return _of_iterates(run, largest)


def _of_iterates(run: Path, of: Callable[[Floats], Floats]) -> Floats:
    """A function of points at every iterate; not a number where the iterate is none."""
    made = np.full(len(run.params), np.nan)
    fine = np.isfinite(run.params).all(axis=1)
    with np.errstate(all="ignore"):
        made[fine] = of(np.asfortranarray(run.params[fine]))
    return made


def strays(run: Path) -> NDArray[np.bool_]:
    """At which kept iterates (K,) a run has run away, of one that comes back."""
    ends = float(np.abs(run.loss[[0, -1]]).max())
    high = run.loss > ends
    return high if 0 < STRAY * ends < run.loss.max() else np.zeros_like(high)


def _batch_loss(run: Path, problem: Problem) -> Floats:
    return np.full(len(run.params) - 1, np.nan) if run.batch_loss is None else run.batch_loss


MEASURES = {
    "gap": Measure(gap, "loss above the minimum", minima=True),
    "distance": Measure(distance, "distance to the minimum", minima=True),
    "gradient_norm": Measure(gradient_norm, "length of the gradient"),
    "step_norm": Measure(step_norm, "length of the step", each_step=True),
    "sharpness": Measure(sharpness, "sharpness (largest curvature)", log=False),
    "batch_loss": Measure(_batch_loss, "loss of the batch", each_step=True),
}


def stability(run: Path) -> tuple[Floats, str] | None:
    """The sharpness above which steps (N,) along a parabola overshoot ever further, and its formula.

    It is that of gradient descent and of its momentum, with what weight decay adds or takes; None for a
    rule that scales its gradients, for which the sharpness alone does not tell. From the characteristic
    polynomial of the linear recursion (Polyak 1964; Cohen et al. 2021, arXiv:2103.00065).
    """
    if run.rule == "gd":
        return _over(2.0, run.lr), "2/lr"
    if run.rule not in ("sgd", "momentum", "nesterov", "sgdw"):
        return None
    momentum = _setting(run, "momentum")
    dampening = _setting(run, "dampening")
    if run.rule == "nesterov" or run.settings.get("nesterov"):
        line, words = _over(2 * (1 + momentum) / (1 + 2 * momentum), run.lr), "2(1+β)/((1+2β)lr)"
    elif not momentum.any():
        line, words = _over(2.0, run.lr), "2/lr"
    elif dampening.any():
        line, words = _over(2 * (1 + momentum) / (1 - dampening), run.lr), "2(1+β)/((1−d)lr)"
    else:
        line, words = _over(2 * (1 + momentum), run.lr), "2(1+β)/lr"
    decay = _setting(run, "weight_decay")
    return (_decayed(line, decay, run), f"{words} with decay") if decay.any() else (line, words)


def _decayed(line: Floats, decay: Floats, run: Path) -> Floats:
    """The line of stability of a run with weight decay, from that of the same run without."""
    way = "decoupled" if run.rule == "sgdw" else run.settings.get("decay", "coupled")
    if way == "coupled":  # a parabola of its own, on top of that of the loss
        return line - decay
    shrunk = np.minimum(run.lr * decay, 1.0)
    line = line * (1 - shrunk / 2)
    return line if way == "decoupled" else _over(line, 1 - shrunk)


def _over(value: float | Floats, lr: Floats) -> Floats:
    """value / lr, and no number where nothing moves."""
    return np.where(lr > 0, value, np.nan) / np.where(lr > 0, lr, 1.0)


def _setting(run: Path, name: str) -> Floats:
    """A setting of a run in each of its steps; 0 where its rule has none of it."""
    changing = run.scheduled.get(name)
    return changing if changing is not None else np.full(len(run.lr), float(run.settings.get(name) or 0.0))


# -- what a scene may ask for ---------------------------------------------------------------------


def explained(scene: Scene) -> bool:
    """Whether a panel draws what the steps are made of."""
    drawn = [thing.settings.get("panel", thing) for thing in scene.panels]
    return any(panels[thing.name].facts.get("explains") for thing in drawn if isinstance(thing, Thing))


def mistakes(
    thing: Thing, runs: Sequence[Run], batch: bool, cells: bool = False, by: str | None = None
) -> list[Mistake]:
    """What a panel draws of the runs that they do not have; of `cells` of a grid each has one run.

    `by` is what tells the cells apart, where a grid says it.
    """
    if not runs:
        return []
    if thing.name == "curve":
        return _unknown(thing, runs, batch)
    explains = panels[thing.name].facts.get("explains")
    only = thing.settings.get("only")
    drawn = [run for run in runs if only is None or not {run.rule.name, run.label}.isdisjoint(only)]
    drawn = first_seeds(drawn)
    if not explains or not drawn:
        return []
    if explains == "one step" and len(drawn) > 1 and not cells:
        message = f"'{thing.name}' draws one run, and here are {len(drawn)} runs"
        return [Mistake(message, thing.where("only"), which(thing, drawn, by))]
    telling = _telling(explains)
    if any(run.rule.name in telling for run in drawn):
        return []
    base = drawn[0].rule.settings.get("base")
    what = "has no trust ratio" if explains == "trust" else "does not tell what its steps are made of"
    hint = f"{', '.join(telling[:-1])} and {telling[-1]} have one" if explains == "trust" else ""
    if isinstance(base, Thing) and base.name in telling:
        hint = f"take {base.name} by itself"
    elif not hint:
        hint = f"{len(telling)} rules do, such as {', '.join(telling[:1] + ['momentum', 'adam', 'lion'])}"
    return [Mistake(f"'{drawn[0].rule.name}' {what}", thing.place, hint)]


def which(panel: Thing, runs: Sequence[Run], by: str | None = None) -> str:
    """What to write where a panel that draws one run is given several; in a cell of a grid, `by` an axis."""
    names = list(dict.fromkeys(run.label or run.rule.name for run in runs))
    if by is not None:
        one = f", or say which in each with only: {names[0]}" if len(names) == len(runs) else ""
        return f"leave by: {by} out, for a cell of every run{one}"
    if len(names) == len(runs):
        return f"say which with only: {names[0]}, or take grid: {panel.name}"
    axes = dict.fromkeys(name for run in runs for name in run.swept if name != "seed")
    if not axes:
        return "give the run a label, and name that with only:"
    # A label is that of all runs which a sweep makes of one entry.
    told = [panel.name]
    if only := panel.settings.get("only"):
        told.append(f"only: {only[0] if len(only) == 1 else '[' + ', '.join(only) + ']'}")
    told += [f"by: {axis}" for axis in axes if len(told_apart(runs, axis)) == len(runs)][:1]
    return f"write grid: {{panel: {', '.join(told)}}}" if len(told) > 1 else f"take grid: {panel.name}"


def _unknown(thing: Thing, runs: Sequence[Run], batch: bool) -> list[Mistake]:
    of = str(thing.settings.get("of", ""))
    rules = [optimizer[run.rule.name] for run in runs]
    changing = [name for rule in rules for name, each in rule.settings.items() if each.scheduled]
    known = [name for name in MEASURES if batch or name != "batch_loss"]
    may = list(dict.fromkeys([*known, *changing]))
    if of in may or "of" not in thing.settings:
        return []
    if of == "batch_loss":
        return [
            Mistake("there are no batches to draw the loss of", thing.where("of"), "add batch: to the scene")
        ]
    hint = closest(of, may) or f"takes {', '.join(may[:-1])} or {may[-1]}"
    return [Mistake(f"no run has a '{of}' to draw", thing.where("of"), hint)]


def unmeasured(thing: Thing, scene: Scene, problem: Problem) -> list[Mistake]:
    """What a curve is to measure from a minimum that is not known, or by more work than is allowed."""
    of = str(thing.settings.get("of"))
    place = thing.where("of")
    if of == "sharpness" and (work := _second_work(thing, scene, problem)) > MOST_SECOND:
        message = f"the sharpness of every iterate goes through {grouped(work)} numbers"
        hint = f"takes at most {grouped(MOST_SECOND)}: fewer steps, rows of data or runs"
        return [Mistake(message, place, hint)]
    if problem.minima or of not in MEASURES or not MEASURES[of].minima:
        return []
    hint = (
        "take the loss or gradient_norm"
        if problem.shapes
        else "say where it is with minima:, or draw the loss"
    )
    return [Mistake(f"no minimum is known to measure the {of} from", place, hint)]


def _second_work(thing: Thing, scene: Scene, problem: Problem) -> int:
    """Numbers of the data and the parameters that the second derivatives at every iterate look at.

    For each parameter a gradient is taken, in which every row of the data meets every parameter.
    """
    only = thing.settings.get("only")
    drawn = [run for run in scene.runs if only is None or not {run.rule.name, run.label}.isdisjoint(only)]
    rows = 1 if problem.data is None else len(problem.data.x)
    return len(drawn) * (scene.steps + 1) * rows * len(problem.names) ** 2


def _telling(explains: str) -> list[str]:
    """The rules that tell what their steps are made of."""
    return [
        entry.name
        for entry in optimizer.entries()
        if "parts" in entry.facts and (explains != "trust" or entry.facts.get("by_weights"))
    ]
