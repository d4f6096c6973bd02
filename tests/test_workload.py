"""What is too much to be stepped, in time and in memory, is found before the first step."""

from __future__ import annotations

import pytest

from optanim.errors import UserError
from optanim.kinds import optimizer
from optanim.prepare import prepare
from optanim.reader import read
from optanim.scene import Limits, Thing
from optanim.workload import MOST_HELD, asking, nested

ONE = "dataset: {{digits: {{train: 1}}}}\nlandscape: {{mlp: {hidden}}}\nsteps: {steps}\noptimizers: {rule}\n"
WIDE = "[1024, 120]"  # 190 770 parameters


def one(hidden: str = "32", steps: int = 1, rule: str = "{gd: {lr: 0.1}}", more: str = "") -> str:
    return ONE.format(hidden=hidden, steps=steps, rule=rule) + more


MOONS = (
    "dataset: {{moons: {{n: {n}}}}}\nlandscape: {{mlp: {hidden}}}\n"
    "steps: 2\nbatch: 1\noptimizers: gd\nlr: 0.1\n"
)
TESTED = (
    "dataset: {digits: {train: 1, shift: 2}}\nlandscape: {mlp: 512}\nsteps: 60\nlr: 0.1\noptimizers: gd\n"
)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (MOONS.format(n=200000, hidden="[190, 1024]"), "200 000 points through 1216 units"),
        (one(WIDE, more="sweep: {seed: {range: 500}}\n"), "500 runs of 190 770 parameters would hold"),
        (one(WIDE, 30, "adam", "sweep: {seed: {range: 10}}\n"), "10 runs, tuned, of 190 770 parameters"),
        (one(WIDE, more="sweep: {seed: {range: 20}}\n"), "20 runs of 190 770 parameters are too many"),
        (one("700", 1, "newton"), "newton with matrices of 52 510 parameters"),
        (one("512", 1, "bfgs"), "bfgs with matrices"),
        (one("512", 1, "{shampoo: {lr: 0.1, layers: joint}}"), "shampoo with matrices"),
        (one("512", 1, "{lookahead: {base: newton, lr: 1}}"), "lookahead with matrices"),
        (one("512", 1, "{adahessian: {lr: 0.1}}"), "adahessian with matrices"),
        (TESTED + "panels: [accuracy]\nsweep: {seed: {range: 20}}\n", "20 runs tested on 44 900 test points"),
        (TESTED + "panels: [loss: test]\nsweep: {seed: {range: 20}}\n", "20 runs tested on 44 900"),
        (
            MOONS.format(n=20000, hidden=300).replace("steps: 2\nbatch: 1", "steps: 90000"),
            "90 000 steps of all runs",
        ),
    ],
)
def test_what_is_too_much_is_said(text: str, told: str) -> None:
    with pytest.raises(UserError) as raised:
        prepare(read(text))
    (mistake,) = raised.value.mistakes
    assert told.replace(" ", "") in mistake.message.replace("\N{NARROW NO-BREAK SPACE}", "").replace(" ", "")
    assert mistake.place is not None and mistake.hint


@pytest.mark.parametrize(
    "text",
    [
        one(WIDE, 30, "adam"),
        one("512", 1, "{shampoo: {lr: 0.1}}"),
        one("16", 1, "newton"),
        one("16", 1, "bfgs"),
        MOONS.format(n=20000, hidden="[64, 64]"),
        TESTED + "panels: [accuracy, loss: test]\n",
    ],
)
def test_what_can_be_done_is(text: str) -> None:
    assert prepare(read(text)).steps


def test_every_scoring_of_a_network_is_counted() -> None:
    """301 a run and no more: of batches of one row it is most of the work."""
    text = "dataset: {digits: {train: 1000}}\nlandscape: {mlp: 32}\n"
    text += "steps: 400\nbatch: 1\nlr: 0.1\noptimizers: gd\npanels: [loss]\n"
    many = text + "sweep: {seed: [0, 1, 2, 3]}\n"
    cost = 400 + 301 * 1000  # evaluations of a network that costs 48.2 times a simple model
    for scene, runs in ((text, 1), (many, 4)):
        work = runs * cost * 2410 / 50
        assert prepare(read(scene), limits=Limits(work=round(1.001 * work))).steps
        with pytest.raises(UserError, match="evaluations"):
            prepare(read(scene), limits=Limits(work=round(0.999 * work)))


def test_rules_inside_rules() -> None:
    thing = Thing("lookahead", {"base": Thing("newton", {}, None)}, None)
    assert [each.name for each in nested(thing, optimizer)] == ["lookahead", "newton"]
    found = asking(thing, "hessian", optimizer)
    assert found is not None and found.name == "newton"
    assert asking(thing, "residuals", optimizer) is None


def test_the_bound_lets_a_rule_with_a_matrix_of_thousands_through() -> None:
    assert 3000**2 < MOST_HELD < 10_000**2
