"""A trace as numbers, JSON or CSV, in full precision."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Iterator
from typing import Any

import numpy as np

from optanim.scene import Thing
from optanim.trace import Path, Trace


def as_json(trace: Trace) -> Iterator[str]:
    """The trace as strict JSON; what is not finite is null.

    Each run has `lr` of its N steps, and `params`, `loss` and `evals` of its N+1 iterates; one through
    continuous time has no `lr`, and the `time` of its iterates.
    """
    yield f'{{"scene": {json.dumps(trace.scene.name)}, "steps": {trace.steps}, "runs": ['
    for number, run in enumerate(trace.runs):
        yield (",\n" if number else "\n") + json.dumps(_run(run), allow_nan=False)
    yield "\n]}\n"


def _run(run: Path) -> dict[str, Any]:
    ended = run.ended
    return {
        "label": run.label,
        "optimizer": run.rule,
        "settings": _plain(dict(run.settings)),
        "lr": _plain(run.lr),
        **({} if run.time is None else {"time": _plain(run.time)}),
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

    `lr` and `batch_loss` are those of the step that made the iterate, so the first has none.
    """
    names = trace.problem.names if trace.problem else ()
    yield _row(["run", "label", "optimizer", "step", "lr", *names, "loss", "batch_loss", "evals"])
    for number, run in enumerate(trace.runs):
        for t in range(len(run.loss)):
            lr = run.lr[t - 1] if t and len(run.lr) else None
            batch = run.batch_loss[t - 1] if t and run.batch_loss is not None else None
            numbers = [lr, *run.params[t], run.loss[t], batch]
            yield _row([number, run.label, run.rule, t, *map(_plain, numbers), int(run.evals[t])])


def _row(cells: list[Any]) -> str:
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow(cells)
    return line.getvalue()
