"""Schedules: against the tables of other libraries, by hand, with every warm-up, at every length."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import optanim
from optanim.errors import UserError
from optanim.explain import explanation
from optanim.kinds import schedule
from optanim.prepare import prepare
from optanim.scene import Thing, without_initial
from optanim.schedules import _parts as schedules
from tests.reference.rows import Unknown
from tests.reference.schedules import FILE, check, named, read, to_schedule

CASES = read(FILE)
VERSIONS: dict[str, str] = json.loads(FILE.read_text())["versions"]
NAMES = list(schedule)

# Settings without which a schedule says nothing.
NEEDED: dict[str, dict[str, Any]] = {
    "multistep": {"at": (1, 5)},
    "piecewise": {"values": (0.1, 0.05, 0.01), "at": (1, 5)},
    "multiplicative": {"factor": "1 - 1/(t + 2)"},
    "formula": {"f": "0.1/(1 + t/T)"},
    "sequence": {"parts": (Thing("linear", {"initial": 0.1}), Thing("cosine", {"initial": 0.1})), "at": (1,)},
    "product": {"parts": (Thing("linear", {"initial": 0.1}), Thing("step", {"initial": 1.0, "every": 3}))},
}
SHAPES = ("linear", "cosine", "exponential", "constant")


def made(name: str, **settings: Any) -> Thing:
    """A schedule with what it needs, its first value 0.1 where it has one."""
    first = {"initial": 0.1} if "initial" in schedule[name].settings else {}
    return Thing(name, first | NEEDED.get(name, {}) | settings)


def values(thing: Thing, total: int) -> np.ndarray:
    """What it is in every step; one that looks at the loss sees it rise."""
    if not schedules.looks(thing):
        return schedules.values(thing, total)
    state: dict[str, Any] = {}
    return np.array([schedules.asked(thing, t, total, 1.0 + t if t else None, state) for t in range(total)])


# -- other libraries' tables -------------------------------------------------------------------


def label(case: dict[str, Any]) -> str:
    return re.sub(r"[^\w.=,()-]+", "_", named(case))[:120]


@pytest.mark.parametrize(
    "case", [pytest.param(case, id=f"{i}-{label(case)}") for i, case in enumerate(CASES)]
)
def test_table(case: dict[str, Any], record_property: Callable[[str, object], None]) -> None:
    outcome = check(case)
    assert outcome.status == "passed", f"{named(case)}: {outcome.why}"
    record_property("schedule", [to_schedule(case).name, f"{case['lib']} {VERSIONS[case['lib']]}"])


def test_most_schedules_have_a_table() -> None:
    tabled = {name for case in CASES for name in _inside(to_schedule(case))}
    assert set(NAMES) - tabled == {"noam"}  # which no library here has


def _inside(thing: Thing) -> list[str]:
    return [thing.name, *(name for part in thing.settings.get("parts", ()) for name in _inside(part))]


def test_a_class_or_argument_that_nobody_looked_at_is_said() -> None:
    with pytest.raises(Unknown, match="no schedule for torch's NoamLR"):
        to_schedule({"lib": "torch", "cls": "NoamLR", "kw": {}, "lr": []})
    kw = {"gamma": 0.9, "verbose": True}
    with pytest.raises(Unknown, match="verbose=True"):
        to_schedule({"lib": "torch", "cls": "ExponentialLR", "kw": kw, "lr0": 0.1, "lr": []})


def test_a_table_that_is_off_fails() -> None:
    case = next(case for case in CASES if case["cls"] == "CyclicLR")
    assert check(case).status == "passed"
    for of in ("lr", "momentum"):
        off = list(case[of])
        off[41] += 1e-11
        outcome = check(case | {of: off})
        assert (outcome.status, outcome.why.split(":")[0]) == ("failed", f"{of} of step 41")


# -- every schedule ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", NAMES)
def test_explained_in_one_line_and_a_formula(name: str) -> None:
    texts = explanation(name).split("\n\n\n")  # of other kinds too, as a landscape may have the name
    lines = next(text for text in texts if text.startswith(f"{name}: a schedule")).splitlines()
    assert re.fullmatch(r"[A-Z].{10,100}\.", lines[2])
    assert lines[3] == ""
    # What it computes, in terms of its own settings; `formula` is the scene's own.
    own = [each for each in schedule[name].settings if each != "f"]
    assert name == "formula" or any(re.search(rf"\b{each}\b", "\n".join(lines[4:8])) for each in own)


@pytest.mark.parametrize("warmup", [0, 3])
@pytest.mark.parametrize("total", [1, 2, 7, 100])
@pytest.mark.parametrize("name", NAMES)
def test_finite_at_every_length(name: str, total: int, warmup: int) -> None:
    found = values(made(name, warmup=warmup) if warmup else made(name), total)
    assert found.shape == (total,)
    assert np.isfinite(found).all()
    assert (found >= 0).all()


@pytest.mark.parametrize("warmup", [0, 10])
@pytest.mark.parametrize("name", [name for name in NAMES if name != "plateau"])
def test_all_steps_at_once_are_each_alone(name: str, warmup: int) -> None:
    thing = made(name, warmup=warmup) if warmup else made(name)
    whole = schedules.values(thing, 60)
    alone = [float(schedules.at(thing, np.array([float(t)]), 60)[0]) for t in range(60)]
    assert whole.tolist() == alone


@pytest.mark.parametrize("name", [name for name in NAMES if "initial" in schedule[name].settings])
def test_a_first_value_that_is_missing_is_found(name: str) -> None:
    thing = made(name)
    without = Thing(name, {key: value for key, value in thing.settings.items() if key != "initial"})
    assert without_initial(thing) is None
    assert without_initial(without) is (None if name == "noam" else without)


@pytest.mark.parametrize("name", [name for name in NAMES if "initial" in schedule[name].settings])
def test_the_first_value_scales_the_schedule(name: str) -> None:
    """What tuning relies on: without other values given, twice the first is twice the whole."""
    one, two = values(made(name), 50), values(made(name, initial=0.2), 50)
    np.testing.assert_allclose(two, 2 * one, rtol=1e-14)


# -- warm-up -----------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", [name for name in NAMES if "warmup" not in schedule[name].settings])
def test_warm_up_before_any(name: str, shape: str) -> None:
    """The schedule begins where the warm-up ends, and has the steps that are left."""
    warmed = values(made(name, warmup=20, warmup_from=0.25, warmup_shape=shape), 80)
    later = values(made(name), 60)
    np.testing.assert_array_equal(warmed[20:], later if name != "plateau" else _plateau_after(20))
    part = np.arange(20) / 20
    expected = {
        "linear": 0.25 + 0.75 * part,
        "cosine": 0.25 + 0.75 * (1 - np.cos(np.pi * part)) / 2,
        "exponential": 0.25 ** (1 - part),
        "constant": np.full(20, 0.25),
    }[shape]
    np.testing.assert_allclose(warmed[:20], later[0] * expected, rtol=1e-13)


def _plateau_after(steps: int) -> np.ndarray:
    """A plateau that sees a rising loss only from a step on."""
    state: dict[str, Any] = {}
    thing = made("plateau")
    return np.array([schedules.asked(thing, t, 60, 1.0 + steps + t, state) for t in range(60)])


def test_warm_up_begins_at_nothing() -> None:
    assert values(made("constant", warmup=4), 6).tolist() == pytest.approx([0, 0.025, 0.05, 0.075, 0.1, 0.1])


def test_an_exponential_warm_up_cannot_begin_at_nothing() -> None:
    found = values(made("constant", warmup=2, warmup_shape="exponential"), 3)
    assert found == pytest.approx([0.001, 0.01, 0.1])


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("name", NAMES)
def test_a_warm_up_longer_than_the_run(name: str, shape: str) -> None:
    settings = {} if name == "noam" else {"warmup_from": 0.1, "warmup_shape": shape}
    found = values(made(name, warmup=50, **settings), 20)
    assert np.isfinite(found).all()
    assert (np.diff(found) >= 0).all()
    if name != "noam":
        assert found[0] == pytest.approx(0.1 * values(made(name), 1)[0], rel=1e-12)


def test_a_warm_up_may_come_down() -> None:
    assert values(made("constant", warmup=2, warmup_from=3.0), 3) == pytest.approx([0.3, 0.2, 0.1])


# -- by hand -----------------------------------------------------------------------------------


def test_noam() -> None:
    found = values(Thing("noam", {"width": 64, "warmup": 10}), 40)
    assert found[0] == pytest.approx(64**-0.5 * 10**-1.5)
    assert found[4] == pytest.approx(5 * found[0])
    assert found[9] == pytest.approx((64 * 10) ** -0.5)
    assert found[39] == pytest.approx(found[9] / 2)
    assert np.argmax(found) == 9


def test_rex_is_half_way_at_two_thirds() -> None:
    found = values(made("rex", initial=1.0), 30)
    assert found[0] == 1
    assert found[20] == pytest.approx((1 / 3) / (0.5 + 0.5 / 3))
    assert found[15] == pytest.approx(2 / 3)
    assert values(made("rex", initial=1.0, beta=0.0), 4) == pytest.approx([1, 0.75, 0.5, 0.25])
    assert values(made("rex", initial=1.0, steps=2), 4) == pytest.approx([1, 2 / 3, 0, 0])


@pytest.mark.parametrize(
    ("shape", "left"),
    [
        ("linear", [1, 0.75, 0.5, 0.25]),
        ("sqrt", [1, 0.5, 1 - math.sqrt(0.5), 1 - math.sqrt(0.75)]),
        ("square", [1, 1 - 1 / 16, 0.75, 1 - 9 / 16]),
        ("cosine", [1, (1 + math.sqrt(0.5)) / 2, 0.5, (1 - math.sqrt(0.5)) / 2]),
    ],
)
def test_wsd(shape: str, left: list[float]) -> None:
    found = values(made("wsd", final=0.02, cooldown=0.4, shape=shape), 10)
    assert found == pytest.approx([0.1] * 6 + [0.02 + 0.08 * part for part in left])
    warmed = values(made("wsd", warmup=10, cooldown=0.4, shape=shape, final=0.02), 20)
    assert warmed[10:] == pytest.approx(found)


def test_inverse_sqrt_and_inverse_time() -> None:
    assert values(made("inverse_sqrt", scale=1.0), 9)[[0, 3, 8]] == pytest.approx([0.1, 0.05, 0.1 / 3])
    assert values(made("inverse_sqrt", scale=4.0), 13)[[0, 12]] == pytest.approx([0.1, 0.05])
    assert values(made("inverse_time", decay=0.5), 7)[[0, 2, 6]] == pytest.approx([0.1, 0.05, 0.025])
    stairs = values(made("inverse_time", decay=1.0, every=2.0, staircase=True), 5)
    assert stairs == pytest.approx([0.1, 0.1, 0.05, 0.05, 0.1 / 3])


def test_exponential_reaches_its_final_value_after_the_last_step() -> None:
    assert values(made("exponential", final=0.001), 4) == pytest.approx(0.1 * 0.1 ** (np.arange(4) / 2))
    assert values(made("exponential"), 2) == pytest.approx([0.1, 0.01])


def test_tanh_falls_where_its_argument_is_zero() -> None:
    found = values(made("tanh", low=-4.0, high=4.0, final=0.02), 8)
    assert found[4] == pytest.approx(0.06)
    assert found[0] == pytest.approx(0.02 + 0.08 * (1 + math.tanh(4)) / 2)
    assert values(made("tanh", steps=3), 5)[3:].tolist() == [0, 0]


def test_warm_restarts_begin_at_the_top() -> None:
    found = values(made("warm_restarts", every=2, longer=2.0, factor=0.5, final=0.01), 16)
    assert found[[0, 2, 6, 14]] == pytest.approx([0.1, 0.05, 0.025, 0.0125])
    assert found[[1, 4, 10]] == pytest.approx([0.055, 0.03, 0.0175])
    once = values(made("warm_restarts", every=4, cycles=2, final=0.01), 12)
    assert once[8:].tolist() == [0.01] * 4


def test_triangles() -> None:
    found = values(made("triangular", initial=1.0, peak=3.0, up=2, down=4), 13)
    assert found == pytest.approx([1, 2, 3, 2.5, 2, 1.5, 1, 2, 3, 2.5, 2, 1.5, 1])
    assert values(made("triangular2", initial=0.0, peak=4.0, up=1), 6) == pytest.approx([0, 4, 0, 2, 0, 1])
    found = values(made("exp_range", initial=0.0, peak=1.0, up=1, factor=0.5), 6)
    assert found == pytest.approx([0, 0.5, 0, 0.125, 0, 1 / 32])


@pytest.mark.parametrize("name", ["sequence", "schedule_order", "range"])
def test_one_mistake_is_told_once(name: str) -> None:
    scene = {
        "sequence": "lr: {sequence: [cosine, step]}\noptimizers: [gd, adam]\n",
        "schedule_order": "optimizers: {gd: {lr: {multistep: {initial: 1, at: [50, 20]}}}}\n",
        "range": "lr: {formula: 9*cos(t) - 4}\noptimizers: [gd, adam: {steps: 50}, sgd: {steps: 9}]\n",
    }[name]
    with pytest.raises(UserError) as caught:
        prepare(optanim.read("landscape: rosenbrock\n" + scene))
    assert len(caught.value.mistakes) == 1


@pytest.mark.parametrize(
    "settings",
    ["at: [20, 20, 50]", "phases: three, rise: 0.5", "phases: three, rise: 0.7, home: 0.8", "rise: 0.7"],
)
def test_what_is_in_order_is_taken(settings: str) -> None:
    name = "multistep" if settings.startswith("at") else "one_cycle"
    text = f"landscape: rosenbrock\nlr: {{{name}: {{initial: 1, {settings}}}}}\noptimizers: gd\n"
    assert prepare(optanim.read(text)).runs


def test_one_cycle_of_a_momentum_comes_back() -> None:
    found = values(Thing("one_cycle", {"initial": 0.95, "peak": 0.85, "rise": 0.4}), 10)
    assert found[[0, 3, 6, 9]] == pytest.approx([0.95, 0.85, 0.9, 0.95])
    rate = values(Thing("one_cycle", {"initial": 0.01, "rise": 0.5}), 10)
    assert rate[[0, 2, 4, 9]] == pytest.approx([0.01, 0.13, 0.25, 1e-6])


def test_formula_knows_the_step_and_the_steps() -> None:
    assert values(Thing("formula", {"f": "t/T"}), 4).tolist() == [0, 0.25, 0.5, 0.75]
    found = values(Thing("formula", {"f": "(T - t)/T", "warmup": 2}), 6)
    assert found == pytest.approx([0, 0.5, 1, 0.75, 0.5, 0.25])


def test_multiplicative_is_a_running_product() -> None:
    found = values(Thing("multiplicative", {"initial": 2.0, "factor": "t/(t + 1)"}), 5)
    assert found == pytest.approx([2, 1, 2 / 3, 0.5, 0.4])
    assert values(Thing("multiplicative", {"initial": 1.0, "factor": "0.5 + 0*t"}), 3).tolist() == [
        1,
        0.5,
        0.25,
    ]


def test_a_sequence_begins_each_part_anew() -> None:
    line = Thing("linear", {"initial": 1.0})
    found = values(Thing("sequence", {"parts": (line, line), "at": (4,)}), 6)
    assert found == pytest.approx([1, 0.75, 0.5, 0.25, 1, 0.5])  # each has its own steps as its whole
    warmed = Thing("linear", {"initial": 1.0, "warmup": 1})
    assert values(Thing("sequence", {"parts": (warmed, line), "at": (3,)}), 4) == pytest.approx(
        [0, 1, 0.5, 1]
    )
    late = values(Thing("sequence", {"parts": (line, Thing("constant", {"initial": 9.0})), "at": (50,)}), 5)
    assert (late <= 1).all()  # the run ends before


def test_a_product_has_a_rate_and_factors() -> None:
    parts = (
        Thing("constant", {"initial": 0.2}),
        Thing("step", {"initial": 1.0, "every": 2, "factor": 0.5}),
        Thing("formula", {"f": "1 + t"}),
    )
    assert values(Thing("product", {"parts": parts}), 4) == pytest.approx([0.2, 0.4, 0.3, 0.4])


def test_piecewise_jumps_or_glides() -> None:
    given = {"values": (1.0, 3.0, 0.0), "at": (2, 4)}
    assert values(Thing("piecewise", given), 6).tolist() == [1, 1, 3, 3, 0, 0]
    assert values(Thing("piecewise", given | {"shape": "linear"}), 6).tolist() == [1, 2, 3, 1.5, 0, 0]
    assert values(Thing("piecewise", given | {"shape": "cosine"}), 6) == pytest.approx([1, 2, 3, 1.5, 0, 0])


def test_plateau_waits_cuts_and_rests() -> None:
    thing = Thing("plateau", {"initial": 1.0, "factor": 0.5, "patience": 1, "cooldown": 1, "final": 0.2})
    losses = [5, 4, 4, 4, 4, 4, 4, 4, 3, 3, 3]
    state: dict[str, Any] = {}
    found = [schedules.asked(thing, t, 12, losses[t - 1] if t else None, state) for t in range(12)]
    # Bad are the third and fourth loss; the fifth is not counted, and so on.
    assert found == [1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 0.2]
