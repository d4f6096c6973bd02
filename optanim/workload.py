"""What stepping a scene would cost in time and in memory, and what of it is too much."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from optanim.batches import Batches
from optanim.errors import Mistake
from optanim.registry import Registry
from optanim.scene import Limits, Run, Scene, Thing, drawn
from optanim.settings import grouped
from optanim.trace import Data, Problem

CHEAP = 50  # parameters that a row of data meets in the time in which a small model is evaluated
INNER = 30  # steps within a step that a run through continuous time may take, about
MOST_KEPT, FEWEST_KEPT = 301, 31  # iterates of a run of a network, at which all the data score it
SCORES = 20  # of the last part of a network's run, when its learning rate is tuned
ASKED = 11  # iterates at least that a network is tested at
MOST_HELD = 60_000_000  # numbers that the runs of a network may hold while they are stepped
MOST_POINTS = 100_000_000  # and of their iterates that are kept, at least
MOST_OUTPUTS = 30_000_000  # and of its layers' outputs for all rows at once
COPIES = 4  # of its parameters that a rule holds, about

Tries = Sequence[tuple[Run, int]]  # every run with the steps of all its tries


def asking(rule: Thing, ask: str, registry: Registry) -> Thing | None:
    """The rule that asks for this: this one, or one inside it."""
    return next((each for each in nested(rule, registry) if ask in registry[each.name].asks), None)


def nested(rule: Thing, registry: Registry) -> Iterator[Thing]:
    """A rule, and those inside it."""
    inner: Thing | None = rule
    while inner is not None:
        yield inner
        entry = registry[inner.name]
        inner = (entry.defaults() | dict(inner.settings))["base"] if "base" in entry.asks else None


def mistakes(
    scene: Scene,
    problem: Problem,
    tries: Tries,
    batches: Batches | None,
    limits: Limits,
    registry: Registry,
) -> list[Mistake]:
    """What takes more time than the limit, or more memory than any scene may."""
    large = list(_too_large(scene, problem, tries, registry)) if problem.shapes else []
    return large or list(_too_long(scene, problem, tries, batches, limits, registry))


# -- memory ------------------------------------------------------------------------------------


def _too_large(scene: Scene, problem: Problem, tries: Tries, registry: Registry) -> Iterator[Mistake]:
    """What the numbers of networks would take: their layers' outputs, their matrices, their iterates."""
    place = scene.landscape.place if scene.landscape else None
    n, runs = len(problem.names), len(tries)
    units = sum(shape[-1] for shape in problem.shapes if len(shape) > 1)
    for data, what in _parts(problem):
        if len(data.x) * units > MOST_OUTPUTS:
            message = f"{grouped(len(data.x))} {what} through {grouped(units)} units are too many numbers"
            yield Mistake(message, place, f"takes at most {grouped(MOST_OUTPUTS)}: fewer points, or units")
    once = sum(COPIES * n + _matrices(run, problem, registry) for run, _ in tries)
    held = sum(
        (COPIES * n + _matrices(run, problem, registry)) * (steps // max(run.steps, 1))
        for run, steps in tries
    )
    if held > MOST_HELD:
        dearest = max((run for run, _ in tries), key=lambda run: _matrices(run, problem, registry))
        matrices = _matrices(dearest, problem, registry)
        what = f"{grouped(runs)} runs" if runs > 1 else "a run"
        if matrices > COPIES * n:
            what, place = f"{dearest.rule.name} with matrices", dearest.rule.place
        hint = "a smaller network" if matrices > COPIES * n else "fewer runs, or a smaller network"
        if once <= MOST_HELD:
            what, hint = f"{what}, tuned,", "give an lr, or take fewer runs"
        message = f"{what} of {grouped(n)} parameters would hold {grouped(held)} numbers"
        yield Mistake(message, place, f"takes at most {grouped(MOST_HELD)}: {hint}")
    elif runs * n * FEWEST_KEPT > MOST_POINTS:
        message = f"{grouped(runs)} runs of {grouped(n)} parameters are too many numbers to keep"
        hint = f"takes at most {grouped(MOST_POINTS // FEWEST_KEPT)}: fewer runs, or a smaller network"
        yield Mistake(message, place, hint)


def _parts(problem: Problem) -> Iterator[tuple[Data, str]]:
    if problem.data is not None:
        yield problem.data, "points"
        if problem.data.test is not None:
            yield problem.data.test, "test points"


def _matrices(run: Run, problem: Problem, registry: Registry) -> int:
    """How many numbers the matrices of a run's rule have, those of a rule inside it among them."""
    n, found = len(problem.names), 0
    for rule in nested(run.rule, registry):
        facts, asks = registry[rule.name].facts, registry[rule.name].asks
        whole = run.layers == "joint" or facts.get("sees") == "all"
        shapes = [(n,)] if whole else problem.shapes
        if facts.get("matrix") == "all" or {"hessian", "hessian_diag"} & set(asks):
            found += sum(math.prod(shape) ** 2 for shape in shapes)
        elif facts.get("matrix") == "axes":
            found += sum(side**2 for shape in shapes for side in shape)
    return found


# -- time --------------------------------------------------------------------------------------


def _weight(run: Run, problem: Problem, registry: Registry) -> float:
    """How many evaluations of a model of two parameters a step costs."""
    n = len(problem.names)
    weight = _evaluation(problem)
    if any(asking(run.rule, ask, registry) for ask in ("hessian", "hessian_diag", "residuals")):
        weight *= n
    return weight * (INNER if registry[run.rule.name].facts.get("times") else 1)


def _evaluation(problem: Problem) -> float:
    """What a row of data costs, in terms of a model of two parameters."""
    n = len(problem.names)
    if problem.shapes:
        return max(1.0, n / CHEAP)
    # A row of data meets every parameter; a landscape that is a formula is one evaluation.
    return max(1.0, n / 2) if problem.data is not None else 1.0


def _too_long(
    scene: Scene,
    problem: Problem,
    tries: Tries,
    batches: Batches | None,
    limits: Limits,
    registry: Registry,
) -> Iterator[Mistake]:
    """The mistake of a scene that evaluates its model more often than the limit allows."""
    rows = 1 if problem.data is None else len(problem.data.x)
    seen = float(rows) if batches is None else float(batches.sizes.mean())
    each = _evaluation(problem)
    work = sum(steps * seen * _weight(run, problem, registry) for run, steps in tries)
    place = scene.dataset.place if scene.dataset else None
    hint = f"takes at most {grouped(limits.work)}; --max-work lifts it"
    if batches is not None:  # what is scored is the loss of all the data
        work += sum(_scored(run, steps, problem) for run, steps in tries) * rows * each
    if problem.shapes and problem.data is not None and problem.data.test is not None:
        asked = sum(min(ASKED, run.steps + 1) for run, _ in tries)
        tests = asked * len(problem.data.test.x) * each * _tested(scene)
        if tests > limits.work:
            points = f"{grouped(len(problem.data.test.x))} test points"
            message = f"{grouped(len(tries))} runs tested on {points} are {grouped(round(tests))} evaluations"
            yield Mistake(message, place, hint)
            return
        work += tests
    if work <= limits.work:
        return
    steps = sum(steps for _, steps in tries)
    tuned = ", tuning included," if any(steps > run.steps for run, steps in tries) else ""
    on = f" on {grouped(rows)} rows of data" if problem.data is not None else ""
    longest = max((run for run, _ in tries), key=lambda run: run.steps).rule
    told = scene.places.get("steps") or longest.places.get("steps")
    place = told or (place if place and rows > 1 else longest.place)
    message = f"{grouped(steps)} steps of all runs{tuned}{on} are {grouped(round(work))} evaluations"
    yield Mistake(message, place, hint)


def _scored(run: Run, steps: int, problem: Problem) -> int:
    """How often all the data score a run, in all its tries; a network is scored now and then."""
    if not problem.shapes:
        return steps
    return min(MOST_KEPT, run.steps) + min(SCORES, run.steps) * (steps // max(run.steps, 1) - 1)


def _tested(scene: Scene) -> int:
    """How many panels draw what the points say that are kept back."""
    shown = map(drawn, scene.panels)
    return sum(thing.name == "accuracy" or "test" in thing.settings.get("data", ()) for thing in shown)
