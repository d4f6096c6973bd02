"""From a scene to its trace: every run stepped once, the learning rates tuned where none is given."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.batches import Batches
from optanim.courses import Course
from optanim.driver import Group, drive
from optanim.errors import Mistake, UserError
from optanim.kinds import optimizer
from optanim.labels import labels
from optanim.measures import explained
from optanim.oracles import Layer, Noise
from optanim.prepare import GRID, Prepared, is_open, prepare, standardize
from optanim.records import Paths, Verdict
from optanim.registry import Registry
from optanim.rules import Rule, kind_of
from optanim.scene import Limits, Run, Scene, Thing, told_apart
from optanim.schedules._parts import known_once
from optanim.search import around
from optanim.trace import Path, Problem, Trace, Tuned
from optanim.workload import FEWEST_KEPT, MOST_KEPT, SCORES
from optanim.worlds import joined

TAIL = 0.2  # of a run's steps, over which it is judged under noise
KEPT_NUMBERS = 40_000_000  # of the iterates of all runs of a network
REACH = 3.0  # view-widths outside the view within which a tuned run has to stay

Array = NDArray[Any]
Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class Job:
    """One run with a learning rate."""

    run: Run
    lr: float | Thing
    start: Array
    seed: Any


@known_once()
def simulate(
    scene: Scene,
    progress: Progress | None = None,
    registry: Registry = optimizer,
    limits: Limits | None = None,
) -> Trace:
    """Steps everything the scene names and returns the whole path of every run.

    `progress` is called with the steps made and the steps to make; of `limits` only the work is
    looked at, the others when the scene is read. Raises UserError for what
    `prepare` finds wrong, and where no learning rate of the grid keeps a run near the view.
    """
    ready = prepare(scene, registry, limits)
    ticks = _Ticks(progress, ready.steps)
    if ready.worlds:
        worlds = zip(scene.worlds, ready.worlds, strict=True)
        return joined(scene, [_simulated(world, each, ticks, registry) for world, each in worlds], registry)
    return _simulated(scene, ready, ticks, registry)


def _simulated(scene: Scene, ready: Prepared, ticks: _Ticks, registry: Registry) -> Trace:
    data, problem, runs = ready.data, ready.problem, ready.runs
    if problem is None or not runs:
        return Trace(scene, scene.steps, (), problem, data)
    batches = ready.batches
    fixed = list(ready.rates)
    missing = [i for i, lr in enumerate(fixed) if is_open(lr)]
    tuned: dict[int, Tuned] = {}
    if missing:
        best = _tune(problem, scene, [(runs[i], fixed[i]) for i in missing], registry, ticks, batches)
        for i, lr in zip(missing, best, strict=True):
            fixed[i] = _at_rate(fixed[i], lr)
            tuned[i] = Tuned(GRID, at_edge=lr in (GRID[0], GRID[-1]), lr=lr)
    rates = [lr if isinstance(lr, Thing) else float(lr) for lr in fixed if lr is not None]
    jobs = [_job(scene, problem, run, lr, i) for i, (run, lr) in enumerate(zip(runs, rates, strict=True))]
    names = labels([job.run for job in jobs], rates, registry)
    kept = _kept(scene, problem, [run.steps for run in runs])
    groups = [
        (members, group, Paths(len(members), kept, len(problem.names), batches is not None))
        for members, group in _groups(scene, jobs, problem, registry)
    ]
    if explained(scene):
        for _, group, record in groups:
            if group.rule.made_of:
                group.explains = True
                record.explain()
    drive(
        [(group, record) for _, group, record in groups],
        problem.loss,
        problem.slope,
        ticks,
        problem.residuals,
        _noise(problem, scene),
        batches,
    )
    steps = scene.steps  # of the longest run: it asks all of them
    paths: dict[int, Path] = {}
    for members, group, record in groups:
        record.finish(group)
        entry = registry[jobs[members[0]].run.rule.name]
        defaults = entry.defaults()
        scheduled = group.rule.scheduled()
        for place, i in enumerate(members):
            job, (label, differs) = jobs[i], names[i]
            times = _times(job.run, registry)
            paths[i] = Path(
                label=label,
                rule=entry.name,
                settings={**defaults, **job.run.rule.settings},
                lr=np.zeros(0) if times is not None else _lasting(group.lr.table[:, place], steps),
                time=None if times is None else _lasting(times, steps + 1),
                scheduled={
                    name: _lasting(course.table[:, place], steps) for name, course in scheduled.items()
                },
                schedule=job.lr if isinstance(job.lr, Thing) else None,
                params=record.points[:, :, place],
                loss=record.losses[:, place],
                batch_loss=None if record.batches is None else record.batches[:, place],
                at=kept,
                evals=record.evals_of(group.ended.get(place)),
                tuned=tuned.get(i),
                ended=group.ended.get(place),
                color=job.run.color,
                steps=job.run.steps,
                parts=record.parts_of(place),
                differs=differs,
            )
    return Trace(scene, scene.steps, tuple(paths[i] for i in range(len(jobs))), problem, data, batches)


def _kept(scene: Scene, problem: Problem, steps: Sequence[int]) -> NDArray[np.int64]:
    """The iterates that are kept: all, but of a network about as many as fit into memory.

    They lie as evenly over the film as its pace has it, and the ends of all runs are among them.
    """
    last = max(steps)
    if not problem.shapes:
        return np.arange(last + 1)
    count = int(np.clip(KEPT_NUMBERS / (len(problem.names) * len(steps)), FEWEST_KEPT, MOST_KEPT))
    part = np.linspace(0.0, 1.0, count)
    spread = np.expm1(part * np.log1p(last)) if scene.pace == "log" else part * last
    return np.unique(np.concatenate([np.round(spread).astype(np.int64), [0, *steps]]))


def _lasting(values: Array, steps: int) -> Array:
    """A number of every step, the last one kept where a run has fewer steps than others."""
    return values if len(values) == steps else np.pad(values, (0, steps - len(values)), mode="edge")


def _at_rate(given: float | Thing | None, lr: float) -> float | Thing:
    """A learning rate of the grid, as the first value where a schedule was given."""
    return replace(given, settings={**given.settings, "initial": lr}) if isinstance(given, Thing) else lr


def _job(scene: Scene, problem: Problem, run: Run, lr: float | Thing, number: int) -> Job:
    seed, own = scene.seed_of(run), number if run.number is None else run.number
    return Job(run, lr, problem.starts(run.start, seed), (seed, own))


def _groups(
    scene: Scene, jobs: Sequence[Job], problem: Problem, registry: Registry
) -> list[tuple[list[int], Group]]:
    """The jobs by what has to be equal to be stepped as one array, with their numbers."""
    alike: dict[Any, list[int]] = {}
    bare: dict[str, Any] = {}  # the kinds of rules without settings, as many a sweep has
    for i, job in enumerate(jobs):
        rule = job.run.rule
        kind = bare.get(rule.name) if not rule.settings else None
        if kind is None:
            kind = kind_of(rule, registry)
            if not rule.settings:
                bare[rule.name] = kind
        alone = i if registry.stated(rule, "single_run") else None
        alike.setdefault((kind, job.run.layers, job.run.steps, alone), []).append(i)
    groups = [(members, _group([jobs[i] for i in members], problem, registry)) for members in alike.values()]
    if len({job.seed[0] for job in jobs} | {scene.seed}) > 1:
        for members, group in groups:
            group.own = np.array([jobs[i].seed[0] for i in members])
    return groups


def _times(run: Run, registry: Registry) -> Array | None:
    """The time of every iterate of a run in continuous time."""
    entry = registry[run.rule.name]
    made = entry.facts.get("times")
    return made(run.steps, **{**entry.defaults(), **run.rule.settings}) if made else None


def _group(jobs: Sequence[Job], problem: Problem, registry: Registry) -> Group:
    run = jobs[0].run
    course = Course([job.lr for job in jobs], run.steps)
    if (times := _times(run, registry)) is not None:
        course.table = np.diff(times)[:, None]
    return Group(
        rule=Rule.of([job.run.rule for job in jobs], registry, run.steps),
        lr=course,
        start=np.array([job.start for job in jobs]),
        layers=_layers(run, problem),
        steps=run.steps,
        seeds=[job.seed for job in jobs],
    )


def _noise(problem: Problem, scene: Scene) -> Noise | None:
    return None if problem.noise is None else Noise(problem.noise, scene.seed, len(problem.names))


def _layers(run: Run, problem: Problem) -> list[Layer]:
    """The layers that rules see: of a network each array, elsewhere all parameters as one."""
    n = len(problem.names)
    if problem.shapes and run.layers != "joint":
        ends = np.cumsum([math.prod(shape) for shape in problem.shapes]).tolist()
        starts = [0, *ends[:-1]]
        return [
            Layer(slice(start, end), shape)
            for start, end, shape in zip(starts, ends, problem.shapes, strict=True)
        ]
    if run.layers == "separate":
        return [Layer(slice(i, i + 1), (1,)) for i in range(n)]
    return [Layer(slice(0, n), (n,))]


def _tune(
    problem: Problem,
    scene: Scene,
    open_runs: Sequence[tuple[Run, float | Thing | None]],
    registry: Registry,
    ticks: _Ticks,
    batches: Batches | None,
) -> list[float]:
    """The learning rate of each run: of the grid the one with the lowest final loss.

    Only runs that stay finite and near the view count; ties go to the smaller learning rate.
    """
    runs = [run for run, _ in open_runs]
    if problem.shapes:  # a network has no view to leave
        low, high = np.array(-np.inf), np.array(np.inf)
    else:
        view = problem.view or around([*(run.start or () for run in runs), *problem.minima]) or ()
        low, high = np.array(view[0::2]), np.array(view[1::2])
        low, high = low - REACH * (high - low), high + REACH * (high - low)
    jobs = [
        _job(scene, problem, run, _at_rate(given, lr), i)
        for i, (run, given) in enumerate(open_runs)
        for lr in GRID
    ]
    # Under noise, and on batches, the last loss is luck: there the mean of the last fifth is judged.
    noisy = problem.noise is not None or batches is not None
    tail = [round((1 - TAIL) * job.run.steps) if noisy else job.run.steps for job in jobs]
    scored = None
    if problem.shapes:  # the loss of all the data costs more than many steps
        ends = {job.run.steps for job in jobs}
        spread = [np.linspace((1 - TAIL) * end, end, SCORES).round().astype(int).tolist() for end in ends]
        scored = frozenset(t for part in spread for t in part)
    verdict = Verdict(np.array(tail), low, high, scored)
    groups = _groups(scene, jobs, problem, registry)
    parts = [(group, verdict.part(members)) for members, group in groups]
    noise = _noise(problem, scene)
    drive(parts, problem.loss, problem.slope, ticks, problem.residuals, noise, batches)
    for members, group in groups:
        for place in group.ended:
            verdict.final[members[place]] = np.inf
    final = verdict.final.reshape(len(runs), len(GRID))
    for family in told_apart(runs):  # of runs that differ in the seed alone the mean is judged
        final[family] = final[family].mean(axis=0)
    best = np.argmin(final, axis=1)
    lost = [run for run, i, row in zip(runs, best, final, strict=True) if not np.isfinite(row[i])]
    if lost:
        advice = standardize(scene, problem)
        hint = f"{advice}, or give it an lr" if advice else "give it an lr"
        message = f"leaves the view at every lr from {GRID[0]:g} to {GRID[-1]:g}"
        mistakes = [Mistake(f"{run.rule.name} {message}", run.rule.place, hint) for run in lost]
        raise UserError(dict.fromkeys(mistakes))  # told once of several seeds
    return [GRID[i] for i in best]


class _Ticks:
    """Counts run-steps for a progress bar."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.progress = progress
        self.total = total
        self.done = 0

    def __call__(self, steps: int) -> None:
        self.done += steps
        if self.progress:
            self.progress(self.done, self.total)
