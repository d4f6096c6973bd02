"""Steps the cases of a reference file by optanim's rules and compares checkpoint by checkpoint.

    python -m tests.reference.check FILE [WORD ...]
    python -m tests.reference.check --write

FILE holds `problems` and `cases` as `cases.json` beside this file does; with WORDs only the cases
whose optimizer is one of them are run. Exit code 1 if a case failed. With --write the cases of
`cases.json` are run, and what was compared and found goes to `optanim/verified.json`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from optanim.courses import Course
from optanim.driver import Group, drive
from optanim.kinds import optimizer
from optanim.registry import Registry
from optanim.rules import Rule, asks_of, kind_of
from optanim.scene import Thing
from optanim.settings import Wrong
from tests.reference import verified
from tests.reference.aliases import also
from tests.reference.problems import Problem, problem
from tests.reference.settings import Unknown, Unsupported, to_settings

CASES = Path(__file__).with_name("cases.json")


@dataclass(frozen=True)
class Outcome:
    """How a case went: passed, failed or unsupported, and why not passed; `error` is over the tolerance."""

    status: str
    why: str = ""
    error: float = 0.0  # the largest, relative to max(1, the largest parameter)


def thing(rule: str, settings: dict[str, Any], registry: Registry = optimizer) -> Thing:
    """A rule with its settings as the scene's reader would hand them on."""
    entry = registry[rule]
    made: dict[str, Any] = {}
    for name, value in settings.items():
        if name == "base":
            made[name] = thing(*next(iter(value.items())), registry)
        elif name not in entry.settings:
            raise Unknown(f"{rule} has no setting '{name}'")
        elif value is None:  # as a default may be
            made[name] = None
        else:
            kind = entry.settings[name].type
            try:
                made[name] = kind.check(value) if hasattr(kind, "check") else tuple(map(float, value))
            except Wrong as wrong:
                raise Unsupported(f"{rule}: {name}: {wrong.message}") from None
    return Thing(rule, made)


def beside(rule: Thing, factor: float, registry: Registry = optimizer) -> Thing:
    """The same rule with every fractional number a little different, defaults included."""
    settings = registry[rule.name].defaults() | dict(rule.settings)
    changed = {
        name: beside(value, factor, registry)
        if isinstance(value, Thing)
        else value * factor
        if isinstance(value, float)
        else value
        for name, value in settings.items()
    }
    return Thing(rule.name, changed)


class Points:
    """Records the shown points, and the losses, of every run."""

    def __init__(self, runs: int, steps: int, n: int) -> None:
        self.points = np.full((steps + 1, runs, n), np.nan)
        self.losses = np.full((steps + 1, runs), np.nan)

    def keeps(self, t: int) -> bool:
        return True

    def point(self, t: int, runs: Any, shown: np.ndarray) -> None:
        self.points[t, runs] = shown

    def loss(self, t: int, runs: Any, loss: np.ndarray) -> None:
        self.losses[t, runs] = loss


def stepped(
    things: list[Thing],
    rates: list[float],
    starts: np.ndarray,
    on: Problem,
    steps: int,
    shown: bool = True,
    registry: Registry = optimizer,
) -> tuple[Points, Group]:
    """Runs of one rule stepped together; without `shown` the points that gradients are taken at."""
    rule = Rule.of(things, registry)
    if not shown:
        rule.hide()
    group = Group(rule, Course(rates, steps), starts, on.layers, steps, range(9))
    record = Points(len(things), steps, len(on.start))
    drive([(group, record)], on.loss, on.slope)
    return record, group


def ours(case: dict[str, Any], on: Problem) -> tuple[Thing, float, float]:
    """A case as a rule of ours with its settings, its learning rate, and the sign of the loss."""
    rule, settings = to_settings(case)
    if rule not in optimizer:
        raise Unknown(f"no rule '{rule}'")
    lr = settings.pop("lr")
    lr = optimizer[rule].facts.get("lr") if lr is None else lr
    if settings.pop("matrices_only", False) and any(len(shape) != 2 for shape in on.shapes):
        raise Unsupported(f"{case['cls']} steps vectors by another rule")
    sign = -1.0 if settings.pop("maximize", False) else 1.0
    return thing(rule, settings), lr, sign


def others(case: dict[str, Any], on: Problem) -> list[Thing]:
    """The rules beside the first that have the path of a case as well."""
    first, _, _ = ours(case, on)
    return [thing(*each) for each in also(first.name, dict(first.settings), case["lib"]).items()]


def check(case: dict[str, Any], on: Problem | ValueError, rule: Thing | None = None) -> Outcome:
    """One case, stepped as the middle one of three runs with other numbers, where a rule can do that.

    By the rule that the case is a path of, or by another that has it as well.
    """
    if isinstance(on, ValueError):
        return Outcome("failed", f"the problem {case['problem']}: {on}")
    try:
        first, lr, sign = ours(case, on)
    except Unsupported as reason:
        return Outcome("unsupported", str(reason))
    middle = rule or first
    on = replace(on, sign=sign)
    if optimizer[middle.name].facts.get("single_run"):
        things, rates, starts, mine = [middle], [lr], on.start[None], 0
    else:
        things = [beside(middle, 0.9), middle, beside(middle, 0.8)]
        rates, starts, mine = (
            [lr * 0.7, lr, lr * 0.5],
            np.array([on.start * 1.01, on.start, on.start * 0.99]),
            1,
        )
        assert len({kind_of(one, optimizer) for one in things}) == 1
    if "loss" not in asks_of(Rule.of([middle], optimizer)):
        on = replace(on, unscored=True)
    if len(case["p"]) != len(case["tol"]) and case.get("chaotic_after") is None:
        return Outcome("failed", f"{len(case['p'])} checkpoints, but {len(case['tol'])} tolerances")
    allowed = dict(zip(case["p"], case["tol"], strict=False))
    steps = max(int(t) for t in case["p"])
    worst = 0.0
    for what, shown in (("p", False), ("aux", True)):
        if what not in case:
            continue
        record, _ = stepped(things, rates, starts, on, steps, shown)
        for t, expected in case[what].items():
            if t not in allowed:
                if int(t) <= (case.get("chaotic_after") or steps):
                    return Outcome("failed", f"step {t} has no tolerance")
                continue
            tolerance, off = allowed[t], record.points[int(t), mine] - expected
            error = np.abs(off).max() / max(1.0, np.abs(expected).max())
            if not error <= tolerance:
                where = "" if what == "p" else f" ({case.get('aux_is', what)})"
                return Outcome(
                    "failed", f"step {t}{where}: off by {error:.3g}, allowed {tolerance:.3g}", error
                )
            worst = max(worst, float(error))
    return Outcome("passed", error=worst)


@cache
def read(path: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The cases of a file, and its problems by name, or what is wrong with them."""
    held = json.loads(path.read_text())
    problems: dict[str, Problem | ValueError] = {}
    for name, stated in held["problems"].items():
        try:
            problems[name] = problem(stated)
        except (ValueError, TypeError, LookupError) as error:
            problems[name] = ValueError(f"{type(error).__name__}: {error}")
    return held["cases"], problems


def versions(path: Path) -> dict[str, str]:
    """The versions of the libraries that a file was made with."""
    held: dict[str, str] = json.loads(path.read_text())["versions"]
    return held


def named(case: dict[str, Any]) -> str:
    settings = ", ".join(f"{name}={value!r}" for name, value in case["kw"].items())
    return f"{case['lib']} {case['cls']}({settings}) on {case['problem']}"


def main(path: Path, words: list[str], write: bool = False) -> int:
    cases, problems = read(path)
    counts: dict[str, Counter[str]] = {}
    compared = []
    for case in cases:
        if words and case["opt"] not in words:
            continue
        on = problems[case["problem"]]
        outcome = check(case, on)
        if outcome.status == "passed" and not isinstance(on, ValueError):
            compared.append((case, ours(case, on)[0].name, outcome.error))
            for rule in others(case, on):
                again = check(case, on, rule)
                compared.append((case, rule.name, again.error))
                if again.status != "passed":
                    outcome = replace(again, why=f"as {rule.name}: {again.why}")
        counts.setdefault(case["opt"], Counter())[outcome.status] += 1
        if outcome.status != "passed":
            print(f"{outcome.status}: {case['opt']}: {named(case)}: {outcome.why}")
    total: Counter[str] = Counter()
    for name, count in counts.items():
        print(
            f"{name:28} {count['passed']:4} passed {count['failed']:4} failed "
            f"{count['unsupported']:4} unsupported"
        )
        total += count
    print(f"{total['passed']} passed, {total['failed']} failed, {total['unsupported']} unsupported")
    if write:
        verified.FILE.write_text(verified.text(verified.entries(compared, versions(path))))
    return 1 if total["failed"] else 0


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    if sys.argv[1] == "--write":
        sys.exit(main(CASES, [], write=True))
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:]))
