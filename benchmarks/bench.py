"""optanim against what people use today: whole cold processes, interleaved in one run.

    python benchmarks/bench.py [--full] [--rounds N] [--only WORD ...] [--latest]

Prints the tables of docs/speed.md and writes benchmarks/results/TIME.json. A quick run (about five
minutes on two cores) draws less of what is slow and measures some of it once; --full draws all that
memory allows, in every round. Ratios are to be trusted, seconds are those of this machine.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import once
from measure import ENV, ROOT, cold, machine
from report import LATEST, PAGE, page, tables
from routes import OPTANIM, SCENE, Route, many_scenes, routes

CHECKED = {
    "s-ours-gif": "ours",
    "s-ours-mp4": "ours",
    "s-pillow": "today",
    "s-ffmpeg": "today",
    "s-savefig": "today",
}
ASIDE = ("startup", "steps", "rules", "relief", "figures", "memory", "quality")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--full", action="store_true", help="all of it, in every round")
    parser.add_argument("--rounds", type=int, help="how often (2; 5 with --full)")
    parser.add_argument(
        "--only", nargs="+", metavar="WORD", help="routes whose key begins so, or " + ", ".join(ASIDE)
    )
    parser.add_argument("--latest", action="store_true", help="keep as latest.json and in docs/speed.md")
    given = parser.parse_args()
    if given.latest and given.only:
        parser.error("--latest keeps whole runs: drop --only")
    rounds = given.rounds or (5 if given.full else 2)
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as name:
        found = measured(Path(name), rounds, given.full, tuple(given.only or ()))
    say("")
    print(tables(found))
    text = json.dumps(found, indent=1) + "\n"
    LATEST.parent.mkdir(exist_ok=True)
    kept = LATEST.parent / time.strftime("%Y-%m-%dT%H-%M-%S.json")
    kept.write_text(text)
    print(f"\n{kept.relative_to(ROOT)}")
    if given.latest:
        LATEST.write_text(text)
        PAGE.write_text(page(found))
        print(f"{LATEST.relative_to(ROOT)}\n{PAGE.relative_to(ROOT)}")


def measured(folder: Path, rounds: int, full: bool, only: tuple[str, ...]) -> dict[str, Any]:
    """All that `only` does not leave out, as the JSON that report.py reads."""

    def wanted(key: str) -> bool:
        return not only or key.startswith(only)

    cores = os.cpu_count() or 1
    every = routes(folder, cores, full=full)
    bases = {route.base for route in every if route.base and wanted(route.key)}
    chosen = [route for route in every if wanted(route.key) or route.key in bases]
    many_scenes(folder / "scenes")
    with (folder / "trace.json").open("w") as file:
        subprocess.run([*OPTANIM, "trace", str(SCENE)], env=ENV, stdout=file, check=True)
    found: dict[str, Any] = {
        "date": time.strftime("%Y-%m-%d"),
        "full": full,
        "rounds": rounds,
        "machine": machine(),
        "load": os.getloadavg()[0],
        "routes": {route.key: described(route) for route in chosen},
    }
    if chosen:
        warm({route.key: route for route in every})
    for number in range(rounds):
        for route in chosen:
            if number == 0 or full or route.quick:
                say(f"round {number + 1} of {rounds}: {route.key}")
                taken = asdict(cold(route.command, times=route.times))
                for what, value in taken.items():
                    found["routes"][route.key][what].append(round(value, 4))
    for route in chosen:
        found["routes"][route.key]["bytes"] = size(route.out)
    aside: dict[str, Callable[[], Any]] = {
        "startup": lambda: once.startup(11 if full else 7),
        "steps": lambda: once.steps(7 if full else 3),
        "rules": once.rules,
        "relief": lambda: once.relief(5 if full else 2),
        "figures": lambda: [once.figures(folder / str(number)) for number in range(3 if full else 1)],
        "memory": lambda: [once.memory(folder) for _ in range(3 if full else 1)],
        "quality": lambda: quality(folder, {route.key: route for route in chosen}),
    }
    for what, measure in aside.items():
        if wanted(what):
            say(what)
            found[what] = measure()
    return found


def warm(every: dict[str, Route]) -> None:
    """Have both sides' code compiled and on hand, so that the first round is like the others."""
    for key in ("s-ours-gif", "s-ours-mp4", "s-pillow-2", "s-ffmpeg-2", "s-savefig-2"):
        say(f"warming up: {key}")
        cold(every[key].command)


def described(route: Route) -> dict[str, Any]:
    facts = ("scene", "title", "frames", "full", "base", "times", "repeats")
    return {name: getattr(route, name) for name in facts} | {"seconds": [], "cpu": [], "peak_mb": []}


def quality(folder: Path, chosen: dict[str, Route]) -> dict[str, dict[str, float]]:
    """Of every file of job S that was written whole."""
    sources = {"ours": SCENE, "today": folder / "trace.json"}
    return {
        key: once.quality(whose, sources[whose], chosen[key].out)
        for key, whose in CHECKED.items()
        if key in chosen and chosen[key].frames == chosen[key].full
    }


def size(out: Path) -> int:
    """The bytes of a file, or of the animations in a folder."""
    files = [out] if out.is_file() else list(out.glob("*.gif"))
    return sum(file.stat().st_size for file in files)


def say(what: str) -> None:
    """Progress, where someone watches."""
    if sys.stderr.isatty():
        print(f"\r{what}\033[K", end="" if what else "\r", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
