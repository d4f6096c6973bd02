"""Whole cold processes: their time and memory, and the machine they ran on.

The process that measures stays small and imports no NumPy: Linux counts the memory of the parent
as the child's where the child never needs more.
"""

from __future__ import annotations

import os
import platform
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

HERE = Path(__file__).parent
ROOT = HERE.parent
ENV = {**os.environ, "PYTHONPATH": str(ROOT), "MPLBACKEND": "Agg"}
# Compiled modules are kept, as pip leaves them for everyone: none is compiled again for each command.
ENV.pop("PYTHONDONTWRITEBYTECODE", None)
PACKAGES = ("numpy", "matplotlib", "pillow", "imageio", "imageio-ffmpeg", "av", "jax", "optax")


@dataclass(frozen=True)
class Taken:
    """What a process took: wall and CPU seconds (its children's included), peak memory in MB.

    The memory is that of the largest process, where it starts others.
    """

    seconds: float
    cpu: float
    peak_mb: float


def cold(command: Sequence[str], cwd: Path | None = None, *, times: int = 1) -> Taken:
    """Run a command, `times` of it side by side, to the end of the last. SystemExit where one fails."""
    started = time.perf_counter()
    processes = [subprocess.Popen(command, cwd=cwd, env=ENV, stdout=subprocess.DEVNULL) for _ in range(times)]
    cpu = peak = 0.0
    for process in processes:
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise SystemExit(f"failed: {' '.join(command)}")
        cpu += usage.ru_utime + usage.ru_stime
        unit = 1e6 if sys.platform == "darwin" else 1e3  # ru_maxrss is in bytes there
        peak = max(peak, usage.ru_maxrss / unit)
    return Taken(time.perf_counter() - started, cpu, peak)


def machine() -> dict[str, object]:
    """What the numbers depend on, without the machine's name."""
    pages = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "memory_gb": round(pages / 1e9),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "packages": {name: version(name) for name in PACKAGES if _installed(name)},
    }


def _installed(name: str) -> bool:
    try:
        version(name)
    except PackageNotFoundError:
        return False
    return True


def _processor() -> str:
    info = Path("/proc/cpuinfo")
    if info.exists():
        for line in info.read_text().splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    return platform.processor() or platform.machine()
