"""What the legend calls each run."""

from __future__ import annotations

from typing import Any

import pytest

from optanim.labels import figure_name, honest, labels, number
from optanim.scene import Run, Thing


def run(rule: str, settings: dict[str, Any] | None = None, **more: Any) -> Run:
    return Run(Thing(rule, settings or {}), more.pop("lr", 0.1), more.pop("steps", 20), **more)


@pytest.mark.parametrize(
    ("runs", "expected"),
    [
        ([run("gd")], ["GD"]),
        ([run("momentum", {"momentum": 0.5}), run("gd")], ["Momentum 0.5", "GD"]),
        (
            [run("sgd", {"momentum": 0.9}), run("sgd", {"momentum": 0.9}, lr=0.2)],
            ["SGD momentum 0.9 lr 0.1", "SGD momentum 0.9 lr 0.2"],
        ),
        ([run("sam", {"base": Thing("sgd", {"momentum": 0.9})})], ["SAM (SGD momentum 0.9)"]),
        ([run("adam", lr=0.1), run("adam", lr=0.01)], ["Adam lr 0.1", "Adam lr 0.01"]),
        ([run("momentum"), run("momentum", {"momentum": 0.5})], ["Momentum 0.9", "Momentum 0.5"]),
        ([run("adam", {"beta2": 0.99}), run("adam")], ["Adam beta2 0.99", "Adam beta2 0.999"]),
        (
            [run("adagrad", {"eps_inside_sqrt": True}), run("adagrad")],
            ["Adagrad eps inside sqrt", "Adagrad no eps inside sqrt"],
        ),
        (
            [run("gd", start=(1.0, -2.5)), run("gd", start=(0.0, 1.0))],
            ["GD from (1, -2.5)", "GD from (0, 1)"],
        ),
        ([run("lamb", {"trust_clip": 10.0}), run("lamb")], ["LAMB trust clip 10", "LAMB no trust clip"]),
        ([run("lamb", layers="separate"), run("lamb")], ["LAMB separate layers", "LAMB joint layers"]),
        (
            [run("adam", {"decay": "after"}), run("adam", {"decay": "coupled"})],
            ["Adam after weight decay", "Adam coupled weight decay"],
        ),
        ([run("gd", steps=5), run("gd", steps=9)], ["GD 5 steps", "GD 9 steps"]),
        ([run("gd"), run("gd")], ["GD #1", "GD #2"]),
        (
            [run("gd", lr=0.1), run("gd", lr=0.1), run("gd", lr=0.2)],
            ["GD lr 0.1 #1", "GD lr 0.1 #2", "GD lr 0.2"],
        ),
        (  # neither alone tells all three apart
            [run("adam", lr=0.1), run("adam", {"beta1": 0.5}, lr=0.1), run("adam", lr=0.2)],
            ["Adam lr 0.1, beta1 0.9", "Adam lr 0.1, beta1 0.5", "Adam lr 0.2, beta1 0.9"],
        ),
        (  # with a label of its own a run needs no telling apart
            [run("momentum", {"dampening": 0.9}, label="averaged momentum"), run("momentum")],
            ["averaged momentum", "Momentum"],
        ),
        (  # labels that are equal are told apart
            [run("adam", label="mine"), run("adam", label="mine", lr=0.2), run("gd", label="mine")],
            ["mine (Adam) lr 0.1", "mine (Adam) lr 0.2", "mine (GD)"],
        ),
        ([run("adam", label="mine"), run("adam", label="mine")], ["mine #1", "mine #2"]),
        ([run("gd", label="GD"), run("gd", lr=0.2)], ["GD lr 0.1", "GD lr 0.2"]),
        (
            [run("gd"), run("gd", lr=0.2), run("gd", lr=0.3, label="GD lr 0.1")],
            ["GD lr 0.1", "GD lr 0.2", "GD lr 0.1 #2"],
        ),
        (  # the scenes' own
            [run("sgd", {"weight_decay": 0.0}), run("sgd", {"weight_decay": 0.1, "decay": "decoupled"})],
            ["SGD weight decay 0", "SGD weight decay 0.1"],
        ),
        (
            [run("lookahead", {"base": Thing("adam")}), run("lookahead", {"base": Thing("gd")}), run("adam")],
            ["Lookahead (Adam)", "Lookahead (GD)", "Adam"],
        ),
        ([run("sam", {"base": Thing("lookahead", {"base": Thing("gd")})})], ["SAM (Lookahead (GD))"]),
        (  # by the settings of the rule inside
            [run("sam", {"base": Thing("sgd", {"momentum": m})}) for m in (0.5, 0.9)],
            ["SAM (SGD) 0.5", "SAM (SGD) 0.9"],
        ),
        (  # of both rules
            [
                run("lookahead", {"base": Thing("lookahead", {"base": Thing("gd"), "every": 3})}),
                run("lookahead", {"base": Thing("lookahead", {"base": Thing("gd")}), "every": 3}),
                run("lookahead", {"base": Thing("lookahead", {"base": Thing("gd")})}),
            ],
            [
                "Lookahead (Lookahead (GD)) every 5, inner every 3",
                "Lookahead (Lookahead (GD)) every 3, inner every 5",
                "Lookahead (Lookahead (GD)) every 5, inner every 5",
            ],
        ),
        (
            [run("lookahead", {"base": Thing("adam")}, label="mine"), run("adam", label="mine")],
            ["mine (Lookahead (Adam))", "mine (Adam)"],
        ),
        (
            [run("barzilai_borwein", {"step": "short"}), run("barzilai_borwein")],
            ["Barzilai-Borwein short", "Barzilai-Borwein long"],
        ),
    ],
)
def test_labels(runs: list[Run], expected: list[str]) -> None:
    made = labels(runs, [run.lr or 0.0 for run in runs])
    assert [label for label, _ in made] == expected
    for (label, differs), given in zip(made, runs, strict=True):
        assert label.endswith(differs) or given.label is not None


@pytest.mark.parametrize(
    ("label", "rule", "expected"),
    [
        ('the post\'s "LAMB"', "adam", 'the post\'s "LAMB" (Adam)'),
        ('the post\'s "Adam"', "momentum", 'the post\'s "Adam" (Momentum)'),
        ("LAMB, not Adam", "adam", "LAMB, not Adam (Adam)"),
        ("lamb", "adam", "lamb (Adam)"),
        ("AdamW", "adam", "AdamW (Adam)"),
        ("Adam with decay", "adam", "Adam with decay"),
        ("SGD with momentum", "sgd", "SGD with momentum"),
        ("averaged momentum", "momentum", "averaged momentum"),
        ("LAMB2", "adam", "LAMB2 (Adam)"),
        ("LAMB_v1", "adam", "LAMB_v1 (Adam)"),
        ("my_lamb", "adam", "my_lamb (Adam)"),
        ("ADAM W/O LAMB", "adam", "ADAM W/O LAMB (Adam)"),
        ("\uff2c\uff21\uff2d\uff22", "adam", "\uff2c\uff21\uff2d\uff22 (Adam)"),  # in full width
        ("Adam, like LAMB", "adam", "Adam, like LAMB (Adam)"),
        ("adam 2", "adam", "adam 2"),
        ("no momentum", "sgd", "no momentum"),
        ("nesterov momentum", "sgd", "nesterov momentum"),
        ("Nesterov", "sgd", "Nesterov (SGD)"),
        ("momentum", "adam", "momentum (Adam)"),
        ("nesterov momentum", "momentum", "nesterov momentum (Momentum)"),
        ("eps inside the root", "adagrad", "eps inside the root"),
        ("lambda 3", "adam", "lambda 3"),
        ("madam", "gd", "madam"),
        ("2019", "gd", "2019"),
        ("the one that came first", "adam", "the one that came first"),
        ("in grams, with a lion", "gd", "in grams, with a lion"),
        ("CAME first", "adam", "CAME first (Adam)"),
        ("Lion", "tiger", "Lion (Tiger)"),
    ],
)
def test_no_run_goes_by_another_rules_name(label: str, rule: str, expected: str) -> None:
    assert honest(label, Thing(rule)) == expected
    assert labels([run(rule, label=label)], [0.1]) == [(expected, "")]


@pytest.mark.parametrize(
    ("label", "expected"),
    [
        ("SAM with momentum", "SAM with momentum"),
        ("SGD, looking around", "SGD, looking around"),
        ("momentum", "momentum"),
        ("Adam", "Adam (SAM (SGD))"),
        ("SAM around Adam", "SAM around Adam (SAM (SGD))"),
    ],
)
def test_a_wrapped_run_goes_by_the_names_of_both_rules(label: str, expected: str) -> None:
    assert honest(label, Thing("sam", {"base": Thing("sgd")})) == expected


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1, "0.1"), (1e-5, "1e-05"), (30.0, "30"), (1e12, "1e12"), (1 / 3, "0.3333333333333333")],
)
def test_number(value: float, text: str) -> None:
    assert number(value) == text
    assert float(text) == value


@pytest.mark.parametrize(
    ("swept", "rates", "expected"),
    [
        (["tuned", 0.1], [1.0, 0.1], ["GD lr 1", "GD lr 0.1"]),
        (["tuned", 1.0], [1.0, 1.0], ["GD lr 1, tuned", "GD lr 1"]),
        ([1.0, 0.1, "tuned"], [1.0, 0.1, 0.1], ["GD lr 1", "GD lr 0.1", "GD lr 0.1, tuned"]),
    ],
)
def test_a_rate_that_was_tuned_to_one_that_is_given_says_so(
    swept: list[Any], rates: list[float], expected: list[str]
) -> None:
    runs = [run("gd", lr=rate, swept={"lr": rate}, number=0) for rate in swept]
    assert [label for label, _ in labels(runs, rates)] == expected


@pytest.mark.parametrize(
    ("name", "made", "expected"),
    [
        ("GD from (-1, 2.5)", "from (-1, 2.5)", "GD from (−1, 2.5)"),
        ("GD from -2", "from -2", "GD from −2"),
        ("Adam lr 1e-05", "lr 1e-05", "Adam lr 1e−5"),
        ("a-1 lr 1e-10", "lr 1e-10", "a-1 lr 1e−10"),
        ("-1", "-1", "−1"),
        ("x-1 from -2", "", "x-1 from -2"),
        ("mine", "lr -1", "mine"),
        ("GD, x**2 - 3", "x**2 - 3", "GD, x**2 - 3"),
        ("D-Adaptation", "", "D-Adaptation"),
    ],
)
def test_a_figure_writes_true_minus_signs_in_what_was_made(name: str, made: str, expected: str) -> None:
    assert figure_name(name, made) == expected


def test_what_a_label_hides_is_told_beside_it() -> None:
    runs = [
        run("sgd", {"weight_decay": 0.3}, label="weak"),
        run("sgd", {"weight_decay": 1.0}, label="strong"),
        run("adam"),
    ]
    made = labels(runs, [0.1, 0.1, 0.1])
    assert made == [("weak", "weight decay 0.3"), ("strong", "weight decay 1"), ("Adam", "")]
