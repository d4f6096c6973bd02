"""What is measured besides the routes: start-up, `make figures`, quality, frames in memory, stepping."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from measure import ENV, HERE, ROOT, cold
from routes import OPTANIM, SCENE

TREE = ("Makefile", "setup.cfg", "pyproject.toml", "optanim", "scenes", "tests/constraints.txt")
STARTS = {
    "python -c pass": [sys.executable, "-c", "pass"],
    "optanim --help": [*OPTANIM, "--help"],
    "optanim list": [*OPTANIM, "list"],
    "optanim check": [*OPTANIM, "check", str(SCENE)],
}


def startup(rounds: int) -> dict[str, list[float]]:
    """CPU seconds of commands that draw nothing, interleaved."""
    taken: dict[str, list[float]] = {name: [] for name in STARTS}
    for command in STARTS.values():  # the code compiled, the files in memory
        cold(command)
    for _ in range(rounds):
        for name, command in STARTS.items():
            taken[name].append(cold(command).cpu)
    return taken


def figures(folder: Path) -> dict[str, float]:
    """Wall seconds of `make figures` in a fresh copy of the tree that is set up, and of it again."""
    copy = folder / "tree"
    for name in TREE:
        source, target = ROOT / name, copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)
    # This Python stands in for the .venv that a set-up leaves, with the copy's code before any other.
    bin_ = copy / ".venv" / "bin"
    bin_.mkdir(parents=True)
    for name, start in (("python", "exec {0}"), ("optanim", "exec {0} -m optanim")):
        script = bin_ / name
        script.write_text(f'#!/bin/sh\nPYTHONPATH="{copy}" {start.format(sys.executable)} "$@"\n')
        script.chmod(0o755)
    (copy / ".venv" / "installed").touch()
    command = ["make", "--silent", "figures"]
    taken = {"clean": cold(command, copy).seconds, "again": cold(command, copy).seconds}
    taken["files"] = sum(1 for file in (copy / "output").iterdir() if file.is_file())
    return taken


def quality(whose: str, source: Path, file: Path) -> dict[str, float]:
    """What quality.py prints."""
    return dict(_printed([str(HERE / "quality.py"), whose, str(source), str(file)]))


def memory(folder: Path) -> dict[str, dict[str, float]]:
    """What memory.py prints."""
    return dict(_printed([str(HERE / "memory.py"), str(SCENE), str(folder)]))


def steps(rounds: int) -> dict[str, dict[str, list[float]]]:
    """Seconds of steps.py, whole cold processes and the call in each, interleaved.

    Without optax only ours. SystemExit where the two do not end at the same points.
    """
    sides = ["optanim", "optax", "optax-float32"] if find_spec("optax") else ["optanim"]
    taken: dict[str, dict[str, list[float]]] = {side: {"process": [], "call": []} for side in sides}
    for number in range(-1, rounds):  # first the code compiled, the files in memory
        ends = {}
        for side in sides:
            started = time.perf_counter()
            printed = _printed([str(HERE / "steps.py"), side])
            ends[side] = [number for point in printed["ends"] for number in point]
            if number >= 0:
                taken[side]["process"].append(round(time.perf_counter() - started, 4))
                taken[side]["call"].append(round(printed["call"], 4))
        for side in sides[1:]:
            tolerance = 1e-9 if side == "optax" else 1e-3
            if max(abs(a - b) for a, b in zip(ends["optanim"], ends[side], strict=True)) > tolerance:
                raise SystemExit(f"{side} does not end where optanim does")
    return taken


def relief(rounds: int) -> dict[str, list[float]]:
    """Wall seconds of relief.py, whole cold processes, the two sides interleaved."""
    taken: dict[str, list[float]] = {side: [] for side in ("optanim", "mplot3d")}
    for number in range(-1, rounds):  # first the code compiled, the files in memory
        for side in taken:
            seconds = cold([sys.executable, str(HERE / "relief.py"), side]).seconds
            if number >= 0:
                taken[side].append(round(seconds, 4))
    return taken


def rules() -> dict[str, Any]:
    """What rules.py prints."""
    return dict(_printed([str(HERE / "rules.py")]))


def _printed(command: list[str]) -> Any:
    """The JSON that a script of ours prints: NumPy stays out of this process."""
    done = subprocess.run([sys.executable, *command], env=ENV, stdout=subprocess.PIPE, check=True)
    return json.loads(done.stdout)
