"""What a true run can still make false in a figure: doubts that are told when it is built."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import combinations
from typing import Any

import numpy as np

from optanim.errors import Mistake
from optanim.kinds import landscape, optimizer
from optanim.losses import TITLES
from optanim.scene import Run
from optanim.simulate import simulate
from optanim.trace import Path, Trace
from optanim.views import least

SAME = 1e-12  # of the largest parameter: paths that are nearer are one path
CUT = 0.25  # of its steps that a run may be outside the picture
NEAR = 1e-3  # of the distance from start to the origin, or of the view: as good as there
FALLING = 0.01  # of what is left to go down, in the last tenth of the steps
AGAIN = 200_000  # run-steps that may be spent to see whether a setting has an effect
FINAL = (
    r"converge[sd]?|converging|settle[sd]?|final(?:ly)?|"
    r"reach(?:es|ed)? the (?:minimum|optimum)|wins?|winner"
)


def doubts(trace: Trace) -> tuple[Mistake, ...]:
    """What should be looked at before a figure of this trace is shown, each with its place and what to do."""
    return tuple(doubt for check in CHECKS for doubt in check(trace))


def same_path(trace: Trace) -> Iterator[Mistake]:
    """Two runs that should differ and do not."""
    for i, j in combinations(range(len(trace.runs)), 2):
        one, other = trace.runs[i], trace.runs[j]
        if one.steps == other.steps and _same(one.params, other.params):
            yield Mistake(
                f"{one.label} and {other.label} take the same path",
                trace.scene.runs[j].rule.place,
                "drop one, or look at the settings that should tell them apart",
            )


def _same(one: Any, other: Any) -> bool:
    known = np.isfinite(one)
    if not np.array_equal(known, np.isfinite(other)):
        return False
    size = max(1.0, float(np.abs(one[known]).max(initial=0.0)))
    return bool(np.all(np.abs(one - other)[known] <= SAME * size))


def to_the_origin(trace: Trace) -> Iterator[Mistake]:
    """A rule whose steps shrink with the weights, where the weights go to 0."""
    problem = trace.problem
    if problem is None:
        return
    for run, given in zip(trace.runs, trace.scene.runs, strict=True):
        if not optimizer[run.rule].facts.get("by_weights"):
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


def cut_off(trace: Trace) -> Iterator[Mistake]:
    """A run of which the picture leaves out more than a little, though it did not blow up."""
    problem = trace.problem
    if problem is None or len(problem.names) != 2 or not problem.minima:
        return  # without a minimum a run goes down for ever, and is marked where it leaves
    for thing in trace.scene.panels:
        if thing.name != "contour":
            continue
        x0, x1, y0, y1 = least(trace, thing.settings.get("view"))
        # The picture may be widened to fill its panel: what is just outside can still be seen.
        wide, high = 0.25 * (x1 - x0), 0.25 * (y1 - y0)
        for run, given in zip(trace.runs, trace.scene.runs, strict=True):
            x, y = run.params[: run.steps + 1].T
            seen = (x >= x0 - wide) & (x <= x1 + wide) & (y >= y0 - high) & (y <= y1 + high)
            outside = 1 - float(seen.mean())
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
    trials: list[tuple[int, str, Run]] = []
    for i, (run, path) in enumerate(zip(scene.runs, trace.runs, strict=True)):
        defaults = optimizer[run.rule.name].defaults()
        for name, value in run.rule.settings.items():
            if name in defaults and value != defaults[name]:
                rest = {word: each for word, each in run.rule.settings.items() if word != name}
                lr = float(path.lr[0]) if len(path.lr) else run.lr
                trials.append((i, name, replace(run, rule=replace(run.rule, settings=rest), lr=lr)))
    rows = len(trace.data.x) if trace.data else 1
    if not trials or rows * sum(run.steps for *_, run in trials) > AGAIN:
        return
    again = simulate(replace(scene, runs=tuple(run for *_, run in trials)))
    for (i, name, _), path in zip(trials, again.runs, strict=True):
        if np.array_equal(path.params, trace.runs[i].params, equal_nan=True):
            rule = scene.runs[i].rule
            yield Mistake(
                f"{name} has no effect on {trace.runs[i].label}: "
                "without it the path is the same to the last bit",
                rule.where(name),
                f"drop it, or see optanim explain {rule.name}",
            )


def not_final(trace: Trace) -> Iterator[Mistake]:
    """Words of an end, where a run is still on its way."""
    scene = trace.scene
    for key, text in (("title", scene.title), ("caption", scene.caption)):
        said = re.search(rf"\b({FINAL})\b", text or "", re.IGNORECASE)
        if not said:
            continue
        for run in trace.runs:
            left = _left_to_go(trace, run)
            if left > FALLING:
                yield Mistake(
                    f"the {key} says '{said[0]}', but {run.label} is still falling: "
                    f"the last tenth of its steps took off {left:.0%} of what was left",
                    scene.places.get(key),
                    "give it more steps, or say what it is",
                )


def _left_to_go(trace: Trace, run: Path) -> float:
    """The part of its height above the lowest loss known that a run lost in the last tenth of its steps."""
    if run.ended is not None or run.steps < 10 or trace.problem is None:
        return 0.0
    loss = run.loss[: run.steps + 1]
    minima = np.array(trace.problem.minima, dtype=np.float64)
    known = [float(trace.problem.loss(minima).min())] if len(minima) else []
    floor = min(known + [float(np.nanmin(one.loss)) for one in trace.runs])
    before, last = float(loss[-1 - run.steps // 10]), float(loss[-1])
    height = float(loss[0]) - floor
    if not height > 0 or last - floor <= 1e-3 * height or not before > floor:
        return 0.0
    return (before - last) / (before - floor)


def unequal_cost(trace: Trace) -> Iterator[Mistake]:
    """Runs side by side per step, of which one takes more gradients for a step."""
    by_step = (each for each in trace.scene.panels if each.name == "loss" and "x" not in each.settings)
    panel = next(by_step, None)
    costs = [float(run.evals[-1]) / run.steps for run in trace.runs if run.ended is None and run.steps]
    if panel is None or len(costs) < 2 or max(costs) < 1.5 * min(costs):
        return
    dear = max((run for run in trace.runs if run.ended is None), key=lambda run: run.evals[-1] / run.steps)
    cheap = min((run for run in trace.runs if run.ended is None), key=lambda run: run.evals[-1] / run.steps)
    yield Mistake(
        f"{dear.label} takes {max(costs):.3g} gradients a step and {cheap.label} {min(costs):.3g}, "
        "and the loss panel compares them step by step",
        panel.place,
        "write loss: {x: gradients}",
    )


def another_loss(trace: Trace) -> Iterator[Mistake]:
    """A landscape under the paths that is not the loss they went down."""
    thing = trace.scene.landscape
    if thing is None or not trace.runs:
        return
    setting = landscape[thing.name].settings.get("loss")
    real = thing.settings.get("loss", setting.default if setting else None)
    for panel in trace.scene.panels:
        drawn = panel.settings.get("loss")
        if panel.name == "contour" and drawn not in (None, "full", real):
            yield Mistake(
                f"the contour draws {TITLES[drawn]}, but the runs go down {TITLES[str(real)]}",
                panel.where("loss"),
                "say so in the panel's title, or draw the loss itself",
            )


CHECKS: tuple[Callable[[Trace], Iterator[Mistake]], ...] = (
    same_path,
    to_the_origin,
    cut_off,
    without_effect,
    not_final,
    unequal_cost,
    another_loss,
)
