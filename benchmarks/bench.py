"""optanim against what people use today: whole cold processes, interleaved in one run.

    python benchmarks/bench.py [--rounds N]

Prints a table and writes benchmarks/results/TIME.json. Ratios are to be trusted, seconds are
those of this machine.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"}
FRAMES = 200


def measure(command: list[str]) -> tuple[float, float]:
    """The wall seconds and the peak memory in MB of a process."""
    started = time.perf_counter()
    process = subprocess.Popen(command, env=ENV, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise SystemExit(f"failed: {' '.join(command)}")
    unit = 1e6 if sys.platform == "darwin" else 1e3  # ru_maxrss is in bytes there
    return seconds, usage.ru_maxrss / unit


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    arguments.add_argument("--rounds", type=int, default=3)
    rounds = arguments.parse_args().rounds
    optanim = [sys.executable, "-m", "optanim"]
    scene = str(HERE / "job_s.yaml")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        trace = folder / "trace.json"
        with trace.open("w") as file:
            subprocess.run([*optanim, "trace", scene], env=ENV, stdout=file, check=True)
        ours = [*optanim, "render", scene, "-o"]
        routes = {
            "optanim, GIF": ([*ours, str(folder / "ours.gif")], folder / "ours.gif"),
            "FuncAnimation + PillowWriter, GIF": (
                [
                    sys.executable,
                    str(HERE / "funcanimation.py"),
                    str(trace),
                    str(folder / "today.gif"),
                    str(FRAMES),
                ],
                folder / "today.gif",
            ),
            "optanim, MP4": ([*ours, str(folder / "ours.mp4")], folder / "ours.mp4"),
            "optanim, GIF of 2,000 frames": (
                [*ours, str(folder / "long.gif"), "--seconds", str(10 * FRAMES / 30)],
                folder / "long.gif",
            ),
        }
        taken: dict[str, list[tuple[float, float]]] = {route: [] for route in routes}
        for number in range(rounds):
            for route, (command, _) in routes.items():
                print(f"\rround {number + 1} of {rounds}: {route}\033[K", end="", file=sys.stderr)
                taken[route].append(measure(command))
        print("\r\033[K", end="", file=sys.stderr)
        rows = [
            {
                "route": route,
                "seconds": statistics.median(seconds for seconds, _ in taken[route]),
                "all_seconds": [seconds for seconds, _ in taken[route]],
                "peak_mb": statistics.median(memory for _, memory in taken[route]),
                "kb": file.stat().st_size / 1e3,
            }
            for route, (_, file) in routes.items()
        ]
    report(rows, rounds)


def report(rows: list[dict[str, object]], rounds: int) -> None:
    """Print the table and keep the numbers."""
    by_route = {str(row["route"]): row for row in rows}
    base = float(str(by_route["optanim, GIF"]["seconds"]))
    print(f"1000x450, {FRAMES} frames; whole cold processes, medians of {rounds} interleaved rounds\n")
    print(f"{'route':36}{'seconds':>9}{'times ours':>12}{'peak MB':>9}{'kB':>7}")
    for row in rows:
        seconds, memory, size = (float(str(row[key])) for key in ("seconds", "peak_mb", "kb"))
        print(f"{row['route']:36}{seconds:9.2f}{seconds / base:12.1f}{memory:9.0f}{size:7.0f}")
    versions = {name: version(name) for name in ("numpy", "matplotlib", "pillow", "av")}
    machine = {"python": platform.python_version(), "machine": platform.platform(), "cpus": os.cpu_count()}
    results = HERE / "results"
    results.mkdir(exist_ok=True)
    path = results / time.strftime("%Y-%m-%dT%H-%M-%S.json")
    path.write_text(json.dumps({"rows": rows, "rounds": rounds, **machine, **versions}, indent=2) + "\n")
    print(f"\n{path.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
