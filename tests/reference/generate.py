"""Writes cases.json: the paths of the libraries' own optimizers, each checkpoint with its tolerance.

    python -m tests.reference.generate [--only WORD ...]
    python -m tests.reference.generate --schedules

Needs the extra `reference`; with WORDs only the cases of these optimizers (or libraries) are made anew.
With --schedules it is schedules.json that is written: what the libraries' own schedules are in every step.

A tolerance is measured, not chosen: a case is run again from starts, at points and with gradients that
are off by a few 1e-16 of themselves, and with the library's other order of operations where it has one.
A hundred times what that changes is allowed, and 1e-12 in any case. Where this passes 1e-4 the path is
chaotic: the checkpoints from there on are left out.
"""

from __future__ import annotations

import argparse
import json
import platform
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from tests.reference.by_torch import gradient
from tests.reference.libraries import foreach_too, lower, stepped
from tests.reference.losses import problems
from tests.reference.plan import cases
from tests.reference.runs import Noise, Steps
from tests.reference.schedules_by_library import metric, table
from tests.reference.schedules_plan import cases as planned_schedules

FILE = Path(__file__).with_name("cases.json")
SCHEDULES = Path(__file__).with_name("schedules.json")
CHECKPOINTS = (1, 2, 5, 10, 50, 100, 200)
LEAST, MOST, TIMES, REPEATS = 1e-12, 1e-4, 100, 5
DISTRIBUTIONS = (
    "torch",
    "pytorch_optimizer",
    "optax",
    "jax",
    "timm",
    "keras",
    "schedulefree",
    "prodigyopt",
    "dadaptation",
    "adabelief_pytorch",
    "lion_pytorch",
    "muon-optimizer",
    "dog-optimizer",
    "torch_optimizer",
    "scipy",
    "numpy",
)
SCHEDULED = ("torch", "pytorch_optimizer", "optax", "jax", "keras", "timm")
SHOWN = {"asgd": "ASGD's averaged iterate ax"}
ABOUT = (
    "Paths of other libraries' optimizers in float64. cases[i].p[k] are all parameters, flattened in order, "
    "after k steps; |ours - p| <= tol * max(1, max|p|) is asked for, tol being aligned with the keys of p. "
    "kw are the arguments of the library's class. aux is a point that the library shows in place of p, and "
    "aux_is what it is. computes_in: the library computes in this lower precision; patch: it does, and its "
    "casts were taken out. handed: what it draws at random it was handed as this. chaotic_after: past this "
    "step a change of 1e-16 decides, so none is checked."
)

ABOUT_SCHEDULES = (
    "What other libraries' schedules are in every step, in float64. schedules[i].lr[t] is the learning rate "
    "of step t, from 0; |ours - lr| <= 1e-12 * max(1, max|lr|) is asked for. kw are the arguments of the "
    "library's class or function, lr0 and momentum0 what the optimizer was made with, momentum[t] a momentum "
    "that is moved too, and metric[t] the loss of step t that the schedule was told."
)


def made(case: dict[str, Any]) -> dict[str, Any] | None:
    """The case with its path; None if not even its first step can be relied on."""
    more: dict[str, Any] = {}
    low, removable = lower(case)
    if removable:
        more, case = {"double": True}, case | {"patch": f"float64 in place of {', '.join(low)}"}
    elif low:
        case = case | {"computes_in": low}
    last = CHECKPOINTS[-1]
    path = stepped(case, last, Noise(None), **more)
    if path.handed:
        case = case | {"handed": path.handed}
    # A library that rounds to float32 may end up that far elsewhere.
    unit = 1e-8 if "computes_in" in case else np.finfo(float).eps
    others = [stepped(case, last, Noise(seed, unit), **more) for seed in range(REPEATS)]
    if foreach_too(case):
        others.append(stepped(case, last, Noise(None), foreach=True, **more))
    p, aux, tolerances = {}, {}, []
    for t in CHECKPOINTS:
        tolerance = max(_off(what, path, others, t) for what in ("points", "shown"))
        if not tolerance <= MOST:
            if t <= len(path.points):
                case = case | {"chaotic_after": max(p, default=0)}
            break
        p[t] = _written(path.points[t - 1])
        if path.shown is not None:
            aux[t] = _written(path.shown[t - 1])
        tolerances.append(float(f"{tolerance:.2g}"))
    if not p:
        return None
    case = case | {"p": p, "tol": tolerances}
    return case | {"aux": aux, "aux_is": SHOWN.get(case["opt"], "Schedule-Free's average x")} if aux else case


def _off(what: str, path: Steps, others: list[Steps], t: int) -> float:
    """The tolerance of one checkpoint; infinite where a run has ended before it or is not finite."""
    mine = getattr(path, what)
    if mine is None:
        return LEAST
    if min(len(getattr(one, what)) for one in (path, *others)) < t or not np.isfinite(mine[t - 1]).all():
        return np.inf
    worst = max(np.abs(getattr(one, what)[t - 1] - mine[t - 1]).max() for one in others)
    return max(LEAST, TIMES * 1.1 * worst / max(1.0, np.abs(mine[t - 1]).max()))


def _written(values: np.ndarray) -> list[float]:
    return [float(f"{value:.15g}") for value in values]


def write(found: list[dict[str, Any]]) -> None:
    stated = {name: one.stated(*gradient(name)) for name, one in problems().items()}
    head = {
        "about": ABOUT,
        "versions": {name: version(name) for name in DISTRIBUTIONS},
        "python": platform.python_version(),
        "checkpoints": CHECKPOINTS,
    }
    lines = [f'"{name}": {json.dumps(value)},' for name, value in head.items()]
    lines.append(
        '"problems": {\n' + ",\n".join(f'"{n}": {json.dumps(v)}' for n, v in stated.items()) + "\n},"
    )
    lines.append('"cases": [\n' + ",\n".join(json.dumps(case) for case in found) + "\n]")
    FILE.write_text("{\n" + "\n".join(lines) + "\n}\n")


def write_schedules() -> int:
    """Writes schedules.json; how many tables it has."""
    found = []
    for case in planned_schedules():
        case = case | {"metric": metric(case["metric"])} if "metric" in case else case
        found.append(case | {name: _written(np.array(values)) for name, values in table(case).items()})
    head = {
        "about": ABOUT_SCHEDULES,
        "versions": {name: version(name) for name in SCHEDULED},
        "python": platform.python_version(),
    }
    lines = [f'"{name}": {json.dumps(value)},' for name, value in head.items()]
    lines.append('"schedules": [\n' + ",\n".join(json.dumps(case) for case in found) + "\n]")
    SCHEDULES.write_text("{\n" + "\n".join(lines) + "\n}\n")
    return len(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--only", nargs="+", default=[], metavar="WORD")
    parser.add_argument("--schedules", action="store_true")
    given = parser.parse_args()
    only = given.only
    warnings.simplefilter("ignore")
    if given.schedules:
        print(f"{write_schedules()} schedules, {SCHEDULES.stat().st_size / 1000:.0f} kB")
        return

    def key(case: dict[str, Any]) -> str:
        return json.dumps([case[name] for name in ("opt", "lib", "cls", "kw", "problem")])

    held = (
        {key(case): case for case in json.loads(FILE.read_text())["cases"]} if only and FILE.exists() else {}
    )
    found, began = [], time.perf_counter()
    for case in cases():
        if only and case["opt"] not in only and case["lib"] not in only:
            found += [held[key(case)]] if key(case) in held else []
            continue
        path = made(case)
        if path is None:
            print(f"chaotic from its first step, left out: {key(case)}")
        else:
            found.append(path)
    write(found)
    print(f"{len(found)} cases, {FILE.stat().st_size / 1000:.0f} kB, {time.perf_counter() - began:.0f} s")


if __name__ == "__main__":
    main()
