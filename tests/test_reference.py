"""Every rule against paths of other libraries' optimizers, checkpoint by checkpoint."""

from __future__ import annotations

import json
import re
from ast import literal_eval
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from optanim.kinds import optimizer
from optanim.scene import Thing
from tests.reference import verified
from tests.reference.aliases import also
from tests.reference.check import CASES, check, named, others, ours, read, versions
from tests.reference.settings import Unknown, Unsupported, to_settings

ALL, PROBLEMS = read(CASES)
VERSIONS = versions(CASES)

# Rules that no library has or whose path none shows, and the test that checks them instead.
OTHERWISE = {
    "barzilai_borwein": "test_barzilai_borwein_steps_by_the_curvature_it_met",
    "newton": "test_newton_converges_quadratically",
    "saddle_free_newton": "test_newton_goes_to_a_saddle_and_saddle_free_newton_away_from_it",
    "gauss_newton": "test_gauss_newton_solves_linear_least_squares_in_one_step",
    "levenberg_marquardt": "test_levenberg_marquardt_never_goes_up_and_gets_there",
    "gradient_flow": "test_the_flow_down_a_parabola_is_one_exponential_along_each_axis",
    "langevin": "test_langevin_comes_to_the_spread_of_its_temperature",
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


def rules_of(case: dict[str, Any]) -> list[tuple[str, Thing | None]]:
    """The rules whose path a case is: the first by name, the others with their settings."""
    rule = rule_of(case)
    also = others(case, PROBLEMS[case["problem"]]) if rule and rule != "?" else []
    return [(rule, None), *((each.name, each) for each in also)] if rule else []


CHECKED = [(case, *each) for case in ALL for each in rules_of(case)]
PATHS = [pytest.param(*each, id=f"{label(each[0])}-as-{each[1]}") for each in CHECKED]


@pytest.mark.parametrize(("case", "rule", "settings"), PATHS)
def test_path(
    case: dict[str, Any], rule: str, settings: Thing | None, record_property: Callable[[str, object], None]
) -> None:
    library, _ = verified.library(case)
    outcome = check(case, PROBLEMS[case["problem"]], settings)
    assert outcome.status == "passed", f"{named(case)}: {outcome.why}"
    record_property("reference", [rule, f"{library} {VERSIONS[library]}"])


def test_every_rule_is_checked(record_property: Callable[[str, object], None]) -> None:
    compared = {rule for _, rule, _ in CHECKED}
    rules = {entry.name for entry in optimizer.entries()}
    assert rules - compared == set(OTHERWISE)
    tests = [
        part for file in Path(__file__).parent.glob("test_*.py") for part in file.read_text().split("\n\n\n")
    ]
    for rule, test in OTHERWISE.items():
        found = [part for part in tests if f"\ndef {test}(" in f"\n{part}"]
        assert len(found) == 1 and re.search(rf"\b{rule}\b", found[0].replace(test, "")), f"{test}: {rule}"
        record_property("otherwise", [rule, test])


LIBRARIES = {
    "torch.optim": "torch",
    "keras.optimizers": "keras",
    "timm.optim": "timm",
    "muon": "muon-optimizer",
}


# They agree as far as their precision lets them.
SINGLE = ("keras.optimizers.Adafactor", "optax.adafactor", "pytorch_optimizer.DAdaptSGD")
# What makes SGD of another library the rule.
AT = {"momentum": {"momentum": 0.9}, "nesterov": {"momentum": 0.9, "nesterov": True}}


def stated_variants() -> Iterator[tuple[str, str, dict[str, Any], dict[str, Any]]]:
    """Every variant that is settings: the rule, its settings, and the case of the library's defaults."""
    for entry in optimizer.entries():
        for name, variant in entry.facts.get("variants", {}).items():
            match = re.fullmatch(r"(\w+(?:\.optim\w*)?)\.((?:contrib\.)?\w+)(?:\(([^)]*)\))?", name)
            if not match or not isinstance(variant, dict) or entry.function.__module__.endswith("wrappers"):
                continue
            lib, cls, words = match.groups()
            given = {word: literal_eval(value) for word, value in re.findall(r"(\w+)=([^,]+)", words or "")}
            given |= AT.get(entry.name, {})
            settings = {word: value for word, value in variant.items() if word != "but"}
            yield entry.name, name, settings, {"lib": LIBRARIES.get(lib, lib), "cls": cls, "kw": given}


@pytest.mark.parametrize(
    ("rule", "name", "variant", "case"), [pytest.param(*v, id=v[1]) for v in stated_variants()]
)
def test_a_variant_is_the_row_of_its_class(
    rule: str, name: str, variant: dict[str, Any], case: dict[str, Any]
) -> None:
    """What explain says of another implementation is what its paths are checked with."""
    entry = optimizer[rule]
    if name in SINGLE:
        assert "single precision" in entry.facts["variants"][name]["but"]
        with pytest.raises(Unsupported, match="single precision"):
            to_settings(case)
        return
    theirs, settings = to_settings(case)
    if theirs != rule:  # AdamW and SGDW are Adam and SGD with decoupled decay
        full = optimizer[theirs].defaults() | settings
        settings = also(theirs, settings, case["lib"]).get(rule, full)
    expected = entry.defaults() | {word: value for word, value in settings.items() if word in entry.settings}
    assert entry.defaults() | variant == expected


def test_verified_is_up_to_date() -> None:
    """`python -m tests.reference.check --write` writes it; errors found may differ between machines."""
    expected = verified.entries(((case, rule, 0.0) for case, rule, _ in CHECKED), VERSIONS)
    found = json.loads(verified.FILE.read_text())
    for entry in (entry for made in found.values() for entry in made):
        assert 0 <= entry["error"] <= entry["tolerance"]
        entry["error"] = 0.0
    assert found == expected
