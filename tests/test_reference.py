"""Every rule against paths of other libraries' optimizers, checkpoint by checkpoint."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from optanim.kinds import optimizer
from tests.reference import verified
from tests.reference.check import CASES, check, named, ours, read, versions
from tests.reference.settings import Unknown, Unsupported

ALL, PROBLEMS = read(CASES)
VERSIONS = versions(CASES)

# Rules that no library has or whose path none shows, and the test that checks them instead.
OTHERWISE = {
    "gd": "test_printed_end_points",
    "momentum": "test_printed_end_points",
    "nesterov": "test_what_a_rule_is_when_its_own_idea_is_off",
    "barzilai_borwein": "test_barzilai_borwein_steps_by_the_curvature_it_met",
    "newton": "test_newton_converges_quadratically",
    "saddle_free_newton": "test_newton_goes_to_a_saddle_and_saddle_free_newton_away_from_it",
    "gauss_newton": "test_gauss_newton_solves_linear_least_squares_in_one_step",
    "levenberg_marquardt": "test_levenberg_marquardt_never_goes_up_and_gets_there",
    "adagrad_norm": "test_adagrad_norm_keeps_the_direction_of_the_gradient",
    "sgd_hd": "test_hypergradient_descent_by_hand",
    "adam_hd": "test_adam_hd_learns_along_the_direction_of_the_step_before",
}


def rule_of(case: dict[str, Any]) -> str | None:
    """The rule that a case is a path of; None for what is left out on purpose, '?' for what is not known."""
    try:
        return ours(case, PROBLEMS[case["problem"]])[0].name
    except Unknown:
        return "?"
    except Unsupported:
        return None


def label(case: dict[str, Any]) -> str:
    given = [f"{name}={value}" for name, value in case["kw"].items()]
    words = "-".join([case["opt"], "_".join(verified.library(case)), *given, case["problem"]])
    return re.sub(r"[^\w.=,()-]+", "_", words)


CHECKED = [(case, rule) for case in ALL if (rule := rule_of(case))]


@pytest.mark.parametrize(("case", "rule"), [pytest.param(*each, id=label(each[0])) for each in CHECKED])
def test_path(case: dict[str, Any], rule: str, record_property: Callable[[str, object], None]) -> None:
    library, _ = verified.library(case)
    outcome = check(case, PROBLEMS[case["problem"]])
    assert outcome.status == "passed", f"{named(case)}: {outcome.why}"
    record_property("reference", [rule, f"{library} {VERSIONS[library]}"])


def test_every_rule_is_checked(record_property: Callable[[str, object], None]) -> None:
    compared = {rule for _, rule in CHECKED}
    rules = {entry.name for entry in optimizer.entries()}
    assert rules - compared == set(OTHERWISE)
    tests = "".join(file.read_text() for file in Path(__file__).parent.glob("test_*.py"))
    for rule, test in OTHERWISE.items():
        assert f"def {test}(" in tests
        record_property("otherwise", [rule, test])


def test_verified_is_up_to_date() -> None:
    """`python -m tests.reference.check --write` writes it; errors found may differ between machines."""
    expected = verified.entries(((case, rule, 0.0) for case, rule in CHECKED), VERSIONS)
    found = json.loads(verified.FILE.read_text())
    for entry in (entry for made in found.values() for entry in made):
        assert 0 <= entry["error"] <= entry["tolerance"]
        entry["error"] = 0.0
    assert found == expected
