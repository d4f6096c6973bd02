"""A scene made ready to be stepped: all that can be found wrong with it before the first step."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from optanim import workload
from optanim.batches import Batches
from optanim.courses import is_scheduled
from optanim.driver import how_not_finite
from optanim.errors import Mistake, UserError
from optanim.kinds import dataset, optimizer, panel
from optanim.labels import number
from optanim.problem import data as data_of
from optanim.problem import problem as problem_of
from optanim.registry import Registry
from optanim.scene import Limits, Run, Scene, Thing, drawn, without_initial
from optanim.schedules._parts import effort, known_once, looks, values
from optanim.settings import Number, Wrong, grouped
from optanim.trace import Array, Data, Problem

# The E6 series from 1e-4 to 1: even on a log axis, and each number is printed exactly.
GRID: tuple[float, ...] = (
    *(
        float(f"{e6}e{power}")
        for power in (-4, -3, -2, -1)
        for e6 in ("1", "1.5", "2.2", "3.3", "4.7", "6.8")
    ),
    1.0,
)
RATE = Number(low=0)  # of a schedule: one that has come to 0 rests
MOST_SCHEDULED = 30_000_000  # values of schedules, in terms of simple ones
OVERHEAD = 500  # what a schedule costs before its first step, in steps
FAR = 10.0  # times larger or smaller than 1: data that one grid of learning rates need not fit


@dataclass(frozen=True)
class Prepared:
    """A scene's data and landscape, its runs with their starts, and their learning rates.

    A rate is None, or a schedule without its first value, where it is to be tuned. Without a landscape
    there are no runs.
    """

    data: Data | None
    problem: Problem | None
    runs: tuple[Run, ...] = ()
    rates: tuple[float | Thing | None, ...] = ()
    batches: Batches | None = None
    worlds: tuple[Prepared, ...] = ()  # of a sweep of landscapes, datasets or batches

    @property
    def tries(self) -> list[tuple[Run, int]]:
        """Every run with its steps; one that is tuned makes them once more for every rate of the grid."""
        if self.worlds:
            return [each for world in self.worlds for each in world.tries]
        tries = [1 + len(GRID) if is_open(rate) else 1 for rate in self.rates]
        return [(run, run.steps * n) for run, n in zip(self.runs, tries, strict=True)]

    @property
    def steps(self) -> int:
        """Of all runs together."""
        return sum(steps for _, steps in self.tries)


@known_once()
def prepare(scene: Scene, registry: Registry = optimizer, limits: Limits | None = None) -> Prepared:
    """Everything that stepping a scene needs, without a step.

    Raises UserError with all that is wrong: a file of data, a start at which the loss or its
    gradient is not finite, a learning rate that is missing where there is no minimum to tune it for,
    more work than the limit.
    """
    if scene.worlds:
        return _prepared_worlds(scene, registry, limits or Limits())
    data = data_of(scene)
    problem = problem_of(scene, data)
    checks = [(thing, panel[thing.name].facts.get("fits")) for thing in map(drawn, scene.panels)]
    unfit = [mistake for thing, fits in checks if fits and problem for mistake in fits(thing, scene, problem)]
    if problem is None or not scene.runs:
        if unfit:
            raise UserError(unfit)
        return Prepared(data, problem)
    runs = scene.runs
    if problem.begin is None:  # each has its own in a network, of too many numbers to be written down
        runs = tuple(run if run.start else replace(run, start=problem.start) for run in scene.runs)
    if long := _too_long(scene, runs, registry):
        raise UserError(long)
    rates = tuple(run.lr for run in scene.runs)
    batches, wrong = _batches(scene, problem)
    ready = Prepared(data, problem, runs, rates, batches)
    if dear := workload.mistakes(scene, problem, ready.tries, batches, limits or Limits(), registry):
        raise UserError(in_order([*wrong, *unfit, *dear]))
    bad = _bad_starts(scene, problem, runs)
    mistakes = [mistake for mistake in bad if mistake]
    for run, rate, start in zip(runs, rates, bad, strict=True):
        # Where minima are searched is told by the starts: a wrong one says nothing of them.
        # The loss of a network has a floor, at 0.
        if is_open(rate) and not (problem.minima or problem.shapes) and start is None:
            message = f"no lr for {run.rule.name}, and the landscape has no minimum to tune it for"
            mistakes.append(Mistake(message, run.rule.place, "give it an lr, such as lr: 0.1"))
        rule = workload.asking(run.rule, "residuals", registry)
        if problem.residuals is None and rule:
            noisy = " and no noise" if problem.noise is not None else ""
            message = f"{rule.name} needs a regression with the loss mse{noisy}"
            plain = scene.dataset and not dataset[scene.dataset.name].facts.get("inputs")
            hint = f"write {'' if plain else 'dataset: line, '}landscape: {{linear_regression: mse}}"
            mistakes.append(Mistake(message, rule.place or run.rule.place, hint))
        if registry[run.rule.name].facts.get("times") and (what := _partial(scene, problem)):
            message = f"{run.rule.name} follows the whole loss, and {what}"
            partial = "batch" if problem.noise is None else "noise"
            mistakes.append(Mistake(message, run.rule.place, f"leave out {partial}, or {run.rule.name}"))
        told = {mistake.place for mistake in mistakes}
        mistakes += [m for m in _out_of_range(run, registry) if m.place is None or m.place not in told]
    mistakes += [*wrong, *unfit]
    if mistakes:
        raise UserError(in_order(mistakes))
    return ready


def in_order(mistakes: Sequence[Mistake]) -> list[Mistake]:
    """Mistakes as they stand in the file, each once: runs that share a start share its mistake."""
    found = dict.fromkeys(mistakes)
    return sorted(found, key=lambda m: (m.place.line, m.place.column) if m.place else (0, 0))


def _prepared_worlds(scene: Scene, registry: Registry, limits: Limits) -> Prepared:
    """Each part of a sweep, with its share of the limit; what is wrong with several is told once."""
    made: list[Prepared] = []
    mistakes: list[Mistake] = []
    each = replace(limits, work=limits.work // len(scene.worlds))
    for world in scene.worlds:
        try:
            made.append(prepare(world, registry, each))
        except UserError as error:
            mistakes += error.mistakes
    if mistakes:
        raise UserError(dict.fromkeys(mistakes))
    return Prepared(made[0].data, made[0].problem, worlds=tuple(made))


def _partial(scene: Scene, problem: Problem) -> str:
    """Why a gradient is not that of the whole loss; empty where it is."""
    if problem.noise is not None:
        return "under noise no gradient is its own"
    return "each batch is a part of it" if scene.batch is not None else ""


def _batches(scene: Scene, problem: Problem) -> tuple[Batches | None, list[Mistake]]:
    """The batches of all steps, or what is wrong with their sizes; None where all data are one."""
    if scene.batch is None or problem.data is None:
        return None, []
    rows, place = len(problem.data.x), scene.places.get("batch")
    if isinstance(scene.batch, Thing):
        place = scene.batch.place
        if looks(scene.batch):
            message = f"'{scene.batch.name}' looks at the loss of one run, and all runs see the same batches"
            return None, [Mistake(message, place, "take a schedule of the step alone")]
        with np.errstate(all="ignore"):
            sizes = values(scene.batch, scene.steps)
    else:
        sizes = np.full(scene.steps, float(scene.batch))
    wrong = np.flatnonzero(~((sizes >= 1) & (sizes <= rows)))
    if len(wrong):
        step = f" in step {wrong[0] + 1}" if isinstance(scene.batch, Thing) else ""
        message = f"a batch of {sizes[wrong[0]]:.6g} rows{step} where the data have {grouped(rows)}"
        return None, [Mistake(message, place, f"takes 1 to {grouped(rows)}, or full")]
    return Batches(rows, sizes, scene.seed), []


def _scheduled(run: Run, registry: Registry) -> Iterator[tuple[str, Any, Thing]]:
    """The settings of a run that change with the step: their names, their types and the schedules."""
    rule: Thing | None = run.rule
    while rule is not None:
        entry, inner = registry[rule.name], None
        for name, value in rule.settings.items():
            if is_scheduled(value):
                yield name, entry.settings[name].type, value
            elif isinstance(value, Thing):
                inner = value
        rule = inner
    if isinstance(run.lr, Thing):
        yield "lr", RATE, run.lr


def _too_long(scene: Scene, runs: Sequence[Run], registry: Registry) -> list[Mistake]:
    """The mistake of a scene that would spend its time on schedules: they have many parts, or many steps."""
    efforts: dict[tuple[int, int], tuple[int, Thing]] = {}
    scheduled = [(run.steps, value) for run in runs for _, _, value in _scheduled(run, registry)]
    if isinstance(scene.batch, Thing):
        scheduled.append((scene.steps, scene.batch))
    for steps, value in scheduled:
        tries = 2 + len(GRID) if is_open(value) else 1
        efforts[id(value), steps] = effort(value) * (steps + OVERHEAD) * tries, value
    total = sum(cost for cost, _ in efforts.values())
    if total <= MOST_SCHEDULED:
        return []
    _, dearest = max(efforts.values(), key=lambda each: each[0])
    message = f"the schedules have {grouped(total)} values to compute, the most of them here"
    hint = f"takes at most {grouped(MOST_SCHEDULED)} in all: fewer parts, or fewer steps"
    return [Mistake(message, dearest.place, hint)]


def _out_of_range(run: Run, registry: Registry) -> list[Mistake]:
    """The mistakes of schedules that leave the range of the setting they stand for, in a run of its steps."""
    found = []
    for name, kind, value in _scheduled(run, registry):
        if is_open(value):  # looked at as it is for one rate of the grid
            value = replace(value, settings={**value.settings, "initial": GRID[0]})
        table = _known(value, run.steps)
        if not isinstance(kind, Number):
            continue
        for step, number_in_step in ((int(i), table[i]) for i in (np.argmin(table), np.argmax(table))):
            try:
                kind.check(float(number_in_step))
            except Wrong:
                message = f"{name} would be {number_in_step:.6g} in step {step + 1}"
                found.append(Mistake(message, value.place, f"takes {kind.describe()}"))
                break
    return found


def _known(schedule: Thing, steps: int) -> Array:
    """What a schedule is in every step; of one that looks at the loss the values it stays between."""
    with np.errstate(all="ignore"):
        if not looks(schedule):
            return values(schedule, steps)
        initial = float(schedule.settings["initial"])
        return np.array([initial, min(initial, float(schedule.settings.get("final", initial)))])


def is_open(rate: float | Thing | None) -> bool:
    """Whether a learning rate is to be tuned: none is given, or a schedule without its first value."""
    return rate is None or (isinstance(rate, Thing) and without_initial(rate) is rate)


def _bad_starts(scene: Scene, problem: Problem, runs: Sequence[Run]) -> list[Mistake | None]:
    """For every run what is wrong with its start, None where nothing is."""
    starts = np.array([problem.starts(run.start, scene.seed_of(run)) for run in runs])
    value, gradient = problem.slope(starts)
    fine = np.isfinite(value) & np.isfinite(gradient).all(axis=1)
    found: list[Mistake | None] = []
    for given, run, loss, slope, good in zip(scene.runs, runs, value, gradient, fine.tolist(), strict=True):
        if good:
            found.append(None)
            continue
        what = f"the gradient {how_not_finite(slope)}"
        if not np.isfinite(loss):
            what = f"the loss {how_not_finite(loss)}"
        at = f" ({', '.join(map(number, run.start))})" if run.start else ""
        place = scene.landscape.place if scene.landscape else None
        if given.start:
            place = run.rule.places.get("start") or scene.places.get("start") or run.rule.place
        hint = standardize(scene, problem) or "take a start where the loss and its gradient are finite"
        found.append(Mistake(f"{what} at the start{at}", place, hint))
    return found


def standardize(scene: Scene, problem: Problem) -> str:
    """The hint to standardize data whose numbers are far from 1; empty where that would not help."""
    thing, data = scene.dataset, problem.data
    if thing is None or data is None or "standardize" not in dataset[thing.name].settings:
        return ""
    if thing.settings.get("standardize") or not (np.ptp(data.x) > 0 and np.ptp(data.y) > 0):
        return ""
    if not (_far(data.x) or _far(data.y)):
        return ""
    advice = "write standardize: true in the dataset"
    model = scene.landscape or Thing("")
    powers = model.name == "polynomial_regression" and model.settings.get("basis", "monomial") == "monomial"
    if powers and not _far(data.y):
        # Other polynomials are of x as it lies between the ends of the data.
        advice += ", or basis: legendre in the landscape, which keeps the units"
    return advice


def _far(values: Array) -> bool:
    """Whether a column is spread over much more or less than 1, or lies far from 0."""
    with np.errstate(over="ignore"):
        spread, reach = float(values.std()), float(np.sqrt(np.mean(values**2)))
    return not (spread >= 1 / FAR and reach <= FAR)
