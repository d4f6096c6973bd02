"""What a true run can still make false in a figure: doubts that are told when it is built."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from optanim.errors import Mistake
from optanim.kinds import landscape, optimizer
from optanim.labels import listed
from optanim.losses import TITLES
from optanim.measures import MEASURES
from optanim.scene import Run, Thing, drawn
from optanim.simulate import simulate
from optanim.trace import Path, Problem, Trace
from optanim.views import least

SAME = 1e-12  # of the largest parameter: paths that are nearer are one path
CUT = 0.25  # of its steps that a run may be outside the picture
NEAR = 1e-3  # of the distance from start to the origin, or of the view: as good as there
FAR = 0.01  # of its first height above the lowest loss known, at which a run is not at an end
FLAT = 1e-3  # of its first slope, at which it is
MANY = 4  # runs that are named, before the rest is counted
FEW = 5  # steps: what differs at all mostly does so within them
SEARCHES = 20  # steps of other rules that one of a line search is counted as
AGAIN = 200_000  # run-steps that may be spent to see whether a setting has an effect
PROGRESS = ("loss", "gap", "distance", "gradient_norm")  # numbers that tell how far a run has come
LATE = 0.2  # of its steps, over which a run is judged whose last loss is luck
FINAL = (
    r"converge[sd]?|converging|convergence|settle[sd]?|final(?:ly)?|arrive[sd]?|"
    r"(?:reach(?:es|ed)?|at|in) (?:the|its) (?:minimum|optimum)|wins?|winner"
)

MINIMA = tuple(name for name, measure in MEASURES.items() if measure.minima)
BELOW = 1e-9  # of the first height above a minimum: less below it is rounding

DIVERGES = "diverges"
NOT = r"\b(?:not|never|without|before|nowhere|nor|no)\b|n't"


def doubts(trace: Trace) -> tuple[Mistake, ...]:
    """What should be looked at before a figure of this trace is shown, each with its place and what to do."""
    parts = trace.worlds or (trace,)
    return tuple(dict.fromkeys(doubt for check in CHECKS for part in parts for doubt in check(part)))


def same_path(trace: Trace) -> Iterator[Mistake]:
    """Runs that should differ and do not."""
    alike: dict[Any, list[int]] = {}
    for i, run in enumerate(trace.runs):
        # Of many thousand runs only those are compared that meet half-way and at the end.
        with np.errstate(over="ignore"):
            met = run.params[[run.row(run.steps // 2), run.row(run.steps)]].astype(np.float32).tobytes()
        alike.setdefault((run.steps, met), []).append(i)
    settled: list[str] = []
    for members in alike.values():
        first = trace.runs[members[0]]
        family = trace.families[trace.family_of[members[0]]]
        if len(family) > 1 and all(_same(first.params, trace.runs[i].params) for i in family):
            settled.append(first.label)
        firsts = {trace.family_of[i]: i for i in reversed(members)}
        members = sorted(firsts.values())
        first = trace.runs[members[0]]
        same = [i for i in members[1:] if _same(first.params, trace.runs[i].params)]
        if same:
            yield Mistake(
                f"{_names([first.label, *(trace.runs[i].label for i in same)])} take the same path",
                trace.scene.runs[same[0]].rule.place,
                "drop one, or look at the settings that should tell them apart",
            )

    if settled:
        place = next((axis.place for axis in trace.scene.axes if axis.name == "seed"), None)
        message = f"nothing in {_names(settled)} is random: all seeds take one path"
        yield Mistake(message, place, "leave seed out of the sweep, or take batches or noise")


def _names(labels: list[str]) -> str:
    return listed(labels if len(labels) <= MANY else [*labels[:MANY], f"{len(labels) - MANY} more"])


def _same(one: Any, other: Any) -> bool:
    known = np.isfinite(one)
    if not np.array_equal(known, np.isfinite(other)):
        return False
    fine = known.all(axis=1)
    travelled = max(float(np.ptp(path[fine], axis=0).max(initial=0.0)) for path in (one, other))
    ulps = 4 * np.finfo(float).eps * np.abs(one[fine])
    return bool(np.all(np.abs(one - other)[fine] <= SAME * travelled + ulps))


def to_the_origin(trace: Trace) -> Iterator[Mistake]:
    """A rule whose steps shrink with the weights, where the weights go to 0."""
    problem = trace.problem
    if problem is None:
        return
    for run, given in zip(trace.runs, trace.scene.runs, strict=True):
        if not optimizer.stated(given.rule, "by_weights"):
            continue
        start = run.params[0]
        reach = NEAR * max(float(np.abs(start).max()), 1e-300)
        if any(np.abs(point).max() <= reach for point in problem.minima):
            yield Mistake(
                f"{run.label} makes steps as long as the weights, and the minimum is where they are 0: "
                "it would end there whatever the slope",
                given.rule.place,
                "move the minimum off the origin: shift",
            )
            continue
        if run.ended is not None:
            continue
        if problem.shapes:
            yield from _vanished(problem, run, given)
            continue
        stuck = [
            name
            for name, value, of in zip(problem.names, run.params[-1], start, strict=True)
            if abs(value) <= NEAR * abs(of)
        ]
        if stuck and not any(abs(point[problem.names.index(stuck[0])]) <= reach for point in problem.minima):
            yield Mistake(
                f"{run.label} makes steps as long as the weights, and is stuck where {stuck[0]} is 0",
                given.rule.place,
                "layers: joint gives all weights one length",
            )


def _vanished(problem: Problem, run: Path, given: Run) -> Iterator[Mistake]:
    """The first array of a network that a run has shrunk to nothing; with layers: joint all are one."""
    joint = given.layers == "joint"
    borders = [] if joint else np.cumsum(list(map(math.prod, problem.shapes)))[:-1].tolist()
    starts, ends = (np.split(run.params[row], borders) for row in (0, -1))
    for place, (first, last) in enumerate(zip(starts, ends, strict=True)):
        # What begins at 0 has no length that it could lose.
        if first.any() and np.linalg.norm(last) <= NEAR * np.linalg.norm(first):
            kind = "weights" if len(problem.shapes[place]) > 1 else "biases"
            what = "all weights" if joint else f"the {kind} of layer {place // 2 + 1}"
            yield Mistake(
                f"{run.label} makes steps as long as the weights, and is stuck where {what} are 0",
                given.rule.place,
                "take a smaller lr" if joint else "layers: joint gives all weights one length",
            )
            return


def cut_off(trace: Trace) -> Iterator[Mistake]:
    """A run of which the picture leaves out more than a little, though it did not blow up."""
    problem = trace.problem
    if problem is None or not problem.minima:
        return  # without a minimum a run goes down for ever, and is marked where it leaves
    if len(problem.names) > 2:
        return  # its view is of a plane, that of the paths
    for thing in map(drawn, trace.scene.panels):
        if thing.name not in ("contour", "surface", "line"):
            continue
        box = np.array(least(trace, thing.settings.get("view")))
        low, high = box[0::2], box[1::2]
        # The picture may be widened to fill its panel: what is just outside can still be seen.
        margin = 0.25 * (high - low)
        for index in trace.chosen(thing.settings.get("only")):
            run, given = trace.runs[index], trace.scene.runs[index]
            way = run.params[: run.steps + 1]
            outside = 1 - float(((way >= low - margin) & (way <= high + margin)).all(axis=1).mean())
            # A run that diverges is marked where it leaves: that is what the picture shows.
            diverges = run.ended is not None or run.loss[-1] > run.loss[0]
            if outside > CUT and not diverges:
                yield Mistake(
                    f"{run.label} is outside the picture in {outside:.0%} of its steps",
                    thing.where("view") if "view" in thing.settings else given.rule.place,
                    "take a larger view or a smaller lr",
                )


def without_effect(trace: Trace) -> Iterator[Mistake]:
    """A setting that was given and changes nothing: the same run without it takes the same path."""
    scene = trace.scene
    trials: list[tuple[int, Thing, str, Run]] = []
    firsts = {family[0] for family in trace.families}
    for i, (run, path) in enumerate(zip(scene.runs, trace.runs, strict=True)):
        if i not in firsts:  # another seed of one that is looked at
            continue
        # Of a run that hardly moved, or ended at once, nothing can be said.
        if path.steps < FEW or (path.ended and path.ended.step <= FEW) or not path.lr.any():
            continue
        lr = path.schedule or (float(path.lr[0]) if len(path.lr) else run.lr)
        for owner, name, rule in _without(run.rule):
            trials.append((i, owner, name, replace(run, rule=rule, lr=lr)))
    # Nearly all differ within a few steps: only the rest is run to the end.
    for steps in (FEW, None):
        trials = _that_repeat(trace, trials, steps)
    for i, owner, name, _ in trials:
        yield Mistake(
            f"{name} has no effect on {trace.runs[i].label}: without it the path is the same to the last bit",
            owner.where(name),
            f"drop it, or see optanim explain {owner.name}",
        )


def _without(rule: Thing) -> Iterator[tuple[Thing, str, Thing]]:
    """Every setting that a rule or one inside it was given: its rule, its name, and all without it."""
    defaults = optimizer[rule.name].defaults()
    for name, value in rule.settings.items():
        if name in defaults and value != defaults[name]:
            rest = {word: each for word, each in rule.settings.items() if word != name}
            yield rule, name, replace(rule, settings=rest)
        elif isinstance(value, Thing) and value.name in optimizer:
            for owner, inner, made in _without(value):
                yield owner, inner, replace(rule, settings={**rule.settings, name: made})


def _that_repeat(
    trace: Trace, trials: list[tuple[int, Thing, str, Run]], steps: int | None
) -> list[tuple[int, Thing, str, Run]]:
    """The trials that take their run's path for so many steps, or to its end; none where that is too much."""
    rows = len(trace.data.x) if trace.data else 1
    short = []
    for i, *_, run in trials:
        # A schedule counts on all the steps of its run.
        whole = steps is None or trace.runs[i].schedule or trace.runs[i].scheduled
        short.append(run if whole else replace(run, steps=min(steps or 0, run.steps)))
    heavy = [SEARCHES if optimizer.stated(run.rule, "single_run") else 1 for run in short]
    if not trials or rows * sum(run.steps * n for run, n in zip(short, heavy, strict=True)) > AGAIN:
        return []
    again = simulate(replace(trace.scene, runs=tuple(short)))
    kept = []
    for trial, run, path in zip(trials, short, again.runs, strict=True):
        part = slice(0, run.steps + 1)
        if np.array_equal(path.params[part], trace.runs[trial[0]].params[part], equal_nan=True):
            kept.append(trial)
    return kept


def idle_schedule(trace: Trace) -> Iterator[Mistake]:
    """A learning rate's schedule that does in this run nothing of what it is named for."""
    for run in trace.runs:
        thing = run.schedule
        lr = run.lr[: run.steps]
        if thing is None or not len(lr) or run.ended is not None:
            continue
        said = ""
        if int(thing.settings.get("warmup", 0)) >= run.steps:
            said = f"the warm-up is not over when {run.label} ends: its {thing.name} never begins"
        elif thing.name != "constant" and (lr == lr[0]).all():
            said = f"the lr of {run.label} is {lr[0]:g} in every step: its {thing.name} never changes it"
        elif (lr == 0).mean() > 0.5:
            said = f"the lr of {run.label} is 0 in {(lr == 0).mean():.0%} of its steps"
        if said:
            yield Mistake(said, thing.place, "fit it to the steps of the run, or give it more steps")


def not_final(trace: Trace) -> Iterator[Mistake]:
    """Words of an end, where a run is nowhere near one."""
    scene = trace.scene
    for key, text in (("title", scene.title), ("caption", scene.caption)):
        # Clause by clause: "momentum converges, plain gradient descent does not" is said of one run.
        clauses = re.split(r"[;,:]|\.(?!\d)", text or "")
        claims = [(clause, re.search(rf"\b({FINAL})\b", clause, re.IGNORECASE)) for clause in clauses]
        if "?" in (text or ""):
            continue  # a question claims nothing
        clause, said = next(
            ((c, word) for c, word in claims if word and not re.search(NOT, c, re.IGNORECASE)), ("", None)
        )
        if said is None:
            continue
        named = [run for run in trace.runs if _is_named(run, clause)]
        for run in named or trace.runs:
            where = _not_there(trace, run)
            if where and not (where == DIVERGES and re.search("diverg", text or "", re.IGNORECASE)):
                yield Mistake(
                    f"the {key} says '{said[0]}', but {run.label} {where}",
                    scene.places.get(key),
                    "give it more steps, or say what it is",
                )


def _is_named(run: Path, text: str) -> bool:
    words = {run.label, run.rule, optimizer[run.rule].title}
    return any(re.search(rf"\b{re.escape(word)}\b", text, re.IGNORECASE) for word in words)


def _not_there(trace: Trace, run: Path) -> str:
    """Why a run is at no minimum, in words; empty where it may be at one."""
    loss = run.loss[: run.row(run.steps) + 1]
    end = float(loss[-1])
    if trace.batches is not None or "rng" in optimizer[run.rule].asks:
        end = float(loss[-max(1, round(LATE * len(loss))) :].mean())
    if run.ended is not None or end > loss[0]:
        return DIVERGES
    if trace.problem is None or trace.problem.noise is not None:
        return ""
    minima = np.array(trace.problem.minima, dtype=np.float64)
    known = [float(trace.problem.loss(minima).min())] if len(minima) else []
    floor = min(known + [float(np.nanmin(one.loss)) for one in trace.runs])
    ends = run.params[[0, run.row(run.steps)]]
    slopes = np.linalg.norm(trace.problem.slope(ends)[1], axis=1)
    # In a minimum of its own, higher than others, a run is at an end too: there the slope is gone.
    if end - floor <= FAR * (loss[0] - floor) or (end == loss[-1] and slopes[1] <= FLAT * slopes[0]):
        return ""
    what = "its loss is" if end == loss[-1] else "late on its loss is on average"
    return f"is not there: {what} {end:.3g}, and {floor:.3g} is known"


def unequal_cost(trace: Trace) -> Iterator[Mistake]:
    """Runs side by side per step, of which one goes further in a step: by more gradients, or through time."""
    for panel in map(drawn, trace.scene.panels):
        of = panel.settings.get("of", "loss")
        if panel.name not in ("loss", "curve") or of not in PROGRESS or "x" in panel.settings:
            continue
        runs = [trace.runs[i] for i in trace.chosen(panel.settings.get("only"))]
        runs = [run for run in runs if run.ended is None and run.steps]
        flows, others = ([run for run in runs if (run.time is not None) is flow] for flow in (True, False))
        costs = [float(run.evals[-1]) / run.steps for run in runs]
        if flows and others:
            what = f"{flows[0].label} makes its steps through time and {others[0].label} by its lr"
            x = "time"
        elif len(costs) > 1 and max(costs) >= 1.5 * min(costs):
            dear, cheap = runs[int(np.argmax(costs))], runs[int(np.argmin(costs))]
            what = f"{dear.label} takes {max(costs):.3g} gradients a step and {cheap.label} {min(costs):.3g}"
            x = "gradients"
        else:
            continue
        written = f"loss: {{x: {x}}}" if panel.name == "loss" else f"curve: {{of: {of}, x: {x}}}"
        yield Mistake(
            f"{what}, and the {of} panel compares them step by step",
            panel.place,
            f"write {written} in its place",
        )


def another_loss(trace: Trace) -> Iterator[Mistake]:
    """A landscape under the paths that is not the loss they went down."""
    thing = trace.scene.landscape
    if thing is None or not trace.runs:
        return
    setting = landscape[thing.name].settings.get("loss")
    real = thing.settings.get("loss", setting.default if setting else None)
    for panel in map(drawn, trace.scene.panels):
        loss = panel.settings.get("loss")
        if isinstance(loss, tuple):  # of several the first that does not change is under the paths
            loss = next((each for each in loss if each != "batch"), "batch")
        # The loss of a batch is what a step goes down, and of test points the panel says so.
        if isinstance(loss, str) and loss in TITLES and loss != real:
            yield Mistake(
                f"the {panel.name} draws {TITLES[loss]}, but the runs go down {TITLES[str(real)]}",
                panel.where("loss"),
                "say so in the panel's title, or draw the loss itself",
            )


def below_the_minimum(trace: Trace) -> Iterator[Mistake]:
    """A gap or a distance from a minimum that a run goes below: it is not the lowest."""
    problem = trace.problem
    panels = [each for each in map(drawn, trace.scene.panels) if each.settings.get("of") in MINIMA]
    if problem is None or not panels or not problem.minima:
        return
    known = problem.loss(np.array(problem.minima, dtype=np.float64))
    floor, size = float(known.min()), float(np.abs(known).max())
    for panel in panels:
        for run in (trace.runs[i] for i in trace.chosen(panel.settings.get("only"))):
            lowest = float(np.nanmin(run.loss))
            if lowest < floor - BELOW * max(size, float(run.loss[0]) - floor):
                yield Mistake(
                    f"{run.label} comes to a loss of {lowest:.4g}, below that of the minimum, {floor:.4g}, "
                    f"from which the {panel.settings['of']} is measured",
                    trace.scene.places.get("minima") or panel.place,
                    "say with minima: where the loss is lowest",
                )


CHECKS: tuple[Callable[[Trace], Iterator[Mistake]], ...] = (
    same_path,
    to_the_origin,
    cut_off,
    without_effect,
    idle_schedule,
    not_final,
    unequal_cost,
    another_loss,
    below_the_minimum,
)
