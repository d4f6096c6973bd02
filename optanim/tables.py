"""A trace as numbers: JSON or CSV in full precision, or a table of where its runs end."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from optanim import scores
from optanim.losses import hits
from optanim.scene import Thing
from optanim.trace import Path, Trace


def as_json(trace: Trace) -> Iterator[str]:
    """The trace as strict JSON; what is not finite is null.

    A run of a sweep also has what is `swept`, axis to value, and the `seed` of what is random in it.
    Each run has `lr` of its N steps, and `params`, `loss` and `evals` of its N+1 iterates; one through
    continuous time has no `lr`, and the `time` of its iterates.
    """
    yield f'{{"scene": {json.dumps(trace.scene.name)}, "steps": {trace.steps}, "runs": ['
    for number, run in enumerate(trace.runs):
        given, swept = trace.scene.runs[number], {}
        if trace.scene.axes:
            swept = {"swept": _plain(dict(given.swept)), "seed": trace.scene.seed_of(given)}
        yield (",\n" if number else "\n") + json.dumps({**_run(run), **swept}, allow_nan=False)
    yield "\n]}\n"


def _run(run: Path) -> dict[str, Any]:
    ended = run.ended
    return {
        "label": run.label,
        "optimizer": run.rule,
        "settings": _plain(dict(run.settings)),
        "lr": _plain(run.lr),
        **({} if run.time is None else {"time": _plain(run.time)}),
        **({} if len(run.at) == len(run.evals) else {"at": _plain(run.at)}),
        "params": _plain(run.params),
        "loss": _plain(run.loss),
        "batch_loss": _plain(run.batch_loss),
        "evals": _plain(run.evals),
        "ended": {"step": ended.step, "why": ended.why} if ended else None,
    }


def _plain(value: Any) -> Any:
    """The value in JSON's own types; a thing as its name with its settings."""
    if isinstance(value, Thing):
        value = {value.name: dict(value.settings)}
    if isinstance(value, (np.ndarray, np.generic)):
        value = value.tolist()
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, (bool, int, str)):
        return value
    return str(value)


def as_csv(trace: Trace) -> Iterator[str]:
    """The trace as CSV: a row for each iterate of each run; what is not finite is empty.

    `lr` and `batch_loss` are those of the step that made the iterate, so the first has none. A sweep has a
    column for each of its axes. Of data with points kept back there is the test loss, and of classes are the
    accuracies, where they were worked out. The parameters of a network are left out: JSON has them.
    """
    axes = [axis.name for axis in trace.scene.axes]
    of_run = [_names(trace.world_of(number)) for number in range(len(trace.runs))]
    names = list(dict.fromkeys(name for own in of_run for name in own)) or _names(trace)
    head = ["run", "label", "optimizer", *(f"swept_{name}" for name in axes), "step", "lr"]
    scored = [_scores(trace, number) for number in range(len(trace.runs))]
    columns = list(dict.fromkeys(name for each in scored for name in each))
    yield _row([*head, *names, "loss", *columns, "batch_loss", "evals"])
    for number, run in enumerate(trace.runs):
        swept = trace.scene.runs[number].swept
        told = [_cell(swept[name]) if name in swept else None for name in axes]
        place = {name: i for i, name in enumerate(of_run[number])}
        for row, t in enumerate(run.at.tolist()):
            lr = run.lr[t - 1] if t and len(run.lr) else None
            batch = run.batch_loss[t - 1] if t and run.batch_loss is not None else None
            point = [run.params[row, place[name]] if name in place else None for name in names]
            scores_ = [scored[number][name][row] if name in scored[number] else None for name in columns]
            numbers = [lr, *point, run.loss[row], *scores_, batch]
            yield _row([number, run.label, run.rule, *told, t, *map(_plain, numbers), int(run.evals[t])])


def _names(trace: Trace) -> list[str]:
    return list(trace.problem.names) if trace.problem and not trace.problem.shapes else []


def _scores(trace: Trace, index: int) -> dict[str, Any]:
    """What a run scores beside its loss (K,), NaN where it was not asked."""
    problem, found = trace.world_of(index).problem, dict[str, Any]()
    if problem is None or problem.data is None:
        return found
    told = problem.data.classes and problem.model
    for test, name in ((False, "train"), (True, "test")):
        if test and problem.data.test is None:
            continue
        known = np.isin(np.arange(len(trace.runs[index].at)), scores.asked(trace, index, test))
        if test and problem.test_loss:
            found["test_loss"] = np.where(known, scores.test_loss(trace, index), np.nan)
        if told:
            found[f"{name}_accuracy"] = np.where(known, scores.accuracy(trace, index, test), np.nan)
    return found


def _cell(value: Any) -> Any:
    """A value of an axis in one cell."""
    plain = _plain(value)
    return json.dumps(plain) if isinstance(plain, (dict, list)) else plain


def _row(cells: list[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()


def as_summary(trace: Trace) -> Iterator[str]:
    """Where the runs end, as the lines of a table: one for each, or for those that differ in the seed alone.

    A cell is the value at the last iterate, of several seeds the mean and the standard deviation; `-` where
    one of them has none. Losses on data kept back and accuracies are there where the scene has them.
    """
    if not trace.runs:
        yield "no runs\n"
        return
    rows = []
    for family in trace.families:
        runs = [trace.runs[index] for index in family]
        ends = [_end(run, trace.world_of(index)) for run, index in zip(runs, family, strict=True)]
        cells = {"run": runs[0].label, "seeds": str(len(runs)) if len(runs) > 1 else ""}
        cells |= {name: _spread([end[name] for end in ends], name) for name in ends[0]}
        early = sum(run.ended is not None for run in runs)
        cells["ended early"] = (f"{early} of {len(runs)}" if len(runs) > 1 else "yes") if early else ""
        rows.append(cells)
    every = dict.fromkeys(name for cells in rows for name in cells)
    names = [name for name in every if any(cells.get(name) for cells in rows)]
    wide = {name: max(len(name), *(len(cells.get(name, "")) for cells in rows)) for name in names}
    for cells in [{name: name for name in names}, *rows]:
        yield "  ".join(f"{cells.get(name, ''):{wide[name]}}" for name in names).rstrip() + "\n"


def _end(run: Path, world: Trace) -> dict[str, float]:
    """What a run comes to at its last iterate: losses, and of classes accuracies in per cent."""
    found, problem, data = {"loss": float(run.loss[-1])}, world.problem, world.data
    if problem is None or data is None:
        return found
    last = run.params[-1]
    with np.errstate(all="ignore"):
        if problem.test_loss:
            found["test loss"] = float(problem.test_loss(last[None])[0])
        if problem.model and data.classes:
            parts = {"training": data, "test": data.test}
            for name, points in parts.items():
                if points is not None:
                    right = hits(problem.model(points.x, last), points.y)
                    found[f"{name} accuracy in %"] = 100 * float(right)
    return found


def _spread(values: list[float], name: str) -> str:
    """The mean of several values and their standard deviation in one cell."""
    if not np.isfinite(values).all():
        return "-"
    mean, sd = (".2f", ".2f") if name.endswith("%") else (".5g", ".2g")
    spread = f" ± {np.std(values, ddof=1):{sd}}" if len(values) > 1 else ""
    return f"{np.mean(values):{mean}}{spread}"
