"""Options and helpers that all tests share."""

from __future__ import annotations

import os
from collections import Counter
from pathlib import Path

# Before NumPy is imported, as on the command line: networks take several times as long on many threads.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pytest
from numpy.typing import NDArray

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--refresh", action="store_true", help="write the golden frames anew instead of comparing"
    )


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """How many rules were compared with which libraries: from the reports, which workers hand on."""
    found: dict[str, list[list[str]]] = {}
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            found.setdefault(name, []).append(value)
    if compared := found.get("reference"):
        rules = {rule for rule, _ in compared}
        libraries = Counter(library for _, library in compared).most_common()
        named = ", ".join(f"{library} ({cases})" for library, cases in libraries)
        terminalreporter.write_line(f"reference: {len(rules)} rules, {len(compared)} comparisons: {named}")
    if tables := found.get("schedule"):
        libraries = Counter(library for _, library in tables).most_common()
        named = ", ".join(f"{library} ({cases})" for library, cases in libraries)
        kinds = {name for name, _ in tables}
        terminalreporter.write_line(f"schedules: {len(kinds)} kinds, {len(tables)} tables: {named}")
    if checked := found.get("landscape"):
        totals: Counter[str] = Counter()
        for what, count in checked:
            totals[what] += int(count)
        named = ", ".join(f"{count} {what}" for what, count in totals.items())
        terminalreporter.write_line(f"landscapes: {named} checked")
    if otherwise := found.get("otherwise"):
        tests = ", ".join(f"{rule} ({test})" for rule, test in otherwise)
        terminalreporter.write_line(f"reference: {len(otherwise)} rules checked otherwise: {tests}")


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio of two pictures in dB; infinite where they are equal."""
    error = float(np.mean((one[..., :3].astype(float) - other[..., :3].astype(float)) ** 2))
    return float("inf") if error == 0 else 10 * np.log10(255**2 / error)
