"""Makes the schedules of a reference file by optanim's and compares them step by step.

    python -m tests.reference.schedules FILE [WORD ...]

FILE holds `schedules` as `schedules.json` beside this file does; with WORDs only the cases of these
classes (or libraries) are compared. Exit code 1 if a case failed.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from optanim.scene import Thing
from optanim.schedules import _parts as schedules
from tests.reference.check import Outcome
from tests.reference.rows import Unknown, Unsupported
from tests.reference.schedules_jax import KERAS, OPTAX
from tests.reference.schedules_made import Arguments, Row, made
from tests.reference.schedules_others import PYTORCH_OPTIMIZER, TIMM
from tests.reference.schedules_torch import MOMENTA, TORCH, from_table

FILE = Path(__file__).with_name("schedules.json")
TOLERANCE = 1e-12  # times the largest value, or 1
TABLES: dict[str, dict[str, Row]] = {
    "torch": TORCH,
    "optax": OPTAX,
    "keras": KERAS,
    "pytorch_optimizer": PYTORCH_OPTIMIZER,
    "timm": TIMM,
}


def to_schedule(case: Mapping[str, Any], of: str = "lr") -> Thing:
    """The schedule of a case, or that of the momentum which it changes too. Raises Unsupported."""
    lib, cls = case["lib"], case["cls"].removeprefix(case["lib"] + ".")
    if of == "momentum" and cls not in MOMENTA:
        return made("constant", initial=case["momentum0"])
    table = MOMENTA if of == "momentum" else TABLES.get(lib, {})
    if lib == "pytorch_optimizer" and cls not in table:
        table = TORCH  # it hands these on
    if cls not in table:
        raise Unknown(f"no schedule for {lib}'s {cls}")
    base = case.get("momentum0", 0.0) if of == "momentum" else case.get("lr0", 1.0)
    return from_table(table, cls, Arguments(case["kw"], base, len(case[of])))


def values(thing: Thing, case: Mapping[str, Any], steps: int) -> np.ndarray:
    """What a schedule is in every step; one that looks at the loss is handed the case's `metric`."""
    if not schedules.looks(thing):
        return schedules.values(thing, steps)
    metric, state = case["metric"], dict[str, Any]()
    # optax looks at the loss of the step itself, which is to be scaled, the others at that of the last.
    lead = 1 if case["lib"] == "optax" else 0
    found = [
        schedules.asked(thing, t, steps + lead, metric[t - 1] if t else None, state)
        for t in range(steps + lead)
    ]
    return np.array(found[lead:])


def check(case: Mapping[str, Any]) -> Outcome:
    """One case: its learning rates, and its momenta where it has them."""
    worst = 0.0
    for of in ("lr", "momentum"):
        if of not in case:
            continue
        expected = np.array(case[of])
        try:
            found = values(to_schedule(case, of), case, len(expected))
        except Unsupported as reason:
            return Outcome("unsupported", str(reason))
        off = np.abs(found - expected)
        error = float(off.max()) / max(1.0, float(np.abs(expected).max()))
        if not error <= TOLERANCE:
            t = int(np.argmax(~(off <= TOLERANCE)))
            return Outcome("failed", f"{of} of step {t}: {found[t]!r} and not {expected[t]!r}", error)
        worst = max(worst, error)
    return Outcome("passed", error=worst)


def read(path: Path) -> list[dict[str, Any]]:
    """The cases of a file."""
    held: list[dict[str, Any]] = json.loads(path.read_text())["schedules"]
    return held


def named(case: Mapping[str, Any]) -> str:
    given = ", ".join(f"{name}={value!r}" for name, value in case["kw"].items())
    return f"{case['lib']} {case['cls']}({given})"


def main(path: Path, words: list[str]) -> int:
    counts: dict[str, Counter[str]] = {}
    for case in read(path):
        if words and case["cls"] not in words and case["lib"] not in words:
            continue
        outcome = check(case)
        counts.setdefault(f"{case['lib']} {case['cls']}", Counter())[outcome.status] += 1
        if outcome.status != "passed":
            print(f"{outcome.status}: {named(case)}: {outcome.why}")
    total: Counter[str] = Counter()
    for name, count in counts.items():
        print(
            f"{name:52} {count['passed']:3} passed {count['failed']:3} failed "
            f"{count['unsupported']:3} unsupported"
        )
        total += count
    print(f"{total['passed']} passed, {total['failed']} failed, {total['unsupported']} unsupported")
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
