"""Which runs the words of `only` mean."""

from __future__ import annotations

import pytest

from optanim.called import named
from optanim.reader import read
from optanim.scene import Thing

RUNS = "[sgd, adam: {label: Fast}, lookahead: adam, sam: sgd, sam: adam, gd: {label: ADAM}]"


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("sgd", "sgd"),
        ("SGD", "sgd"),
        ("Sgd", "sgd"),
        ("fast", "Fast"),
        ("Adam", "adam"),
        ("ADAM", "ADAM"),
        ("aDAM", "aDAM"),  # the rule or the label
        ("Lookahead (Adam)", "lookahead"),
        ("lookahead", "lookahead"),
        ("SAM", "sam"),
        ("SAM (Adam)", "SAM (Adam)"),  # one of two of its rule
        ("gradient descent", "gradient descent"),
        ("", ""),
    ],
)
def test_a_word_is_a_label_a_rule_or_its_title(word: str, meant: str) -> None:
    runs = read(f"landscape: beale\nlr: 0.01\noptimizers: {RUNS}\n").runs
    assert named(Thing("loss", {"only": (word,)}), runs).settings["only"] == (meant,)
    within = named(Thing("grid", {"panel": Thing("loss", {"only": (word,)})}), runs).settings["panel"]
    assert within.settings["only"] == (meant,)


def test_a_panel_of_all_runs_stays() -> None:
    panel = Thing("grid", {"panel": Thing("loss")})
    assert named(panel, ()) is panel


def test_a_panel_draws_the_runs_that_it_names_by_their_titles() -> None:
    scene = read("landscape: beale\nlr: 0.01\noptimizers: [sgd, adam]\npanels: [loss: {only: [SGD, Adam]}]\n")
    assert scene.panels[0].settings["only"] == ("sgd", "adam")
