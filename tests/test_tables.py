"""The table of where runs end: every cell by hand."""

from __future__ import annotations

import csv
import math

import numpy as np
import pytest

from optanim import scores
from optanim.reader import read
from optanim.simulate import simulate
from optanim.tables import as_csv, as_summary
from optanim.trace import Trace

CLASSES = """
dataset: {{moons: {{n: 60{test}, seed: 1}}}}
landscape: {{mlp: {{hidden: [5], activation: tanh}}}}
optimizers: [sgd, adam]
lr: 0.1
batch: 8
steps: 20
{sweep}
panels: [loss]
"""
SEEDS = "sweep: {seed: [0, 1, 2]}"
PLAIN = "landscape: rosenbrock\nsteps: 20\n"
POLYNOMIAL = "dataset: {line: {n: 20, test: 5}}\nsteps: 9\nlr: 0.1\noptimizers: [gd, adam]\n"


def table(trace: Trace) -> list[dict[str, str]]:
    """The rows of the table, by the names of its columns."""
    head, *rows = (line.rstrip("\n") for line in as_summary(trace))
    names = [name for name in head.split("  ") if name]
    at = [head.index(name) for name in map(str.strip, names)]
    return [
        {
            name.strip(): row[low:high].strip()
            for name, low, high in zip(names, at, [*at[1:], None], strict=True)
        }
        for row in rows
    ]


LOSSES, SHARES = ["loss", "test loss"], ["training accuracy in %", "test accuracy in %"]


@pytest.mark.parametrize(
    ("text", "names"),
    [
        (CLASSES.format(test=", test: 0.25", sweep=SEEDS), ["run", "seeds", *LOSSES, *SHARES]),
        (CLASSES.format(test=", test: 0.25", sweep=""), ["run", *LOSSES, *SHARES]),
        (CLASSES.format(test="", sweep=""), ["run", "loss", "training accuracy in %"]),
        (POLYNOMIAL, ["run", *LOSSES]),
        (PLAIN + "optimizers: [gd, adam]\nlr: 1e-3", ["run", "loss"]),
        (PLAIN + "optimizers: [gd, adam]\nlr: 10", ["run", "loss", "ended early"]),
        ("landscape: rosenbrock", None),
    ],
)
def test_a_column_is_there_where_there_is_something_to_say(text: str, names: list[str] | None) -> None:
    trace = simulate(read(text))
    if names is None:
        assert list(as_summary(trace)) == ["no runs\n"]
        return
    rows = table(trace)
    assert [list(row) for row in rows] == [names] * 2
    assert [row["run"] for row in rows] == [trace.runs[family[0]].label for family in trace.families]


@pytest.mark.parametrize("sweep", ["", SEEDS])
def test_cells_by_hand(sweep: str) -> None:
    trace = simulate(read(CLASSES.format(test=", test: 0.25", sweep=sweep)))
    made, data = trace.problem, trace.data
    assert made and made.model and made.test_loss and data and data.test
    for row, family in zip(table(trace), trace.families, strict=True):
        ends = [trace.runs[run].params[-1] for run in family]
        expected = {
            "loss": [made.loss(end[None])[0] for end in ends],
            "test loss": [made.test_loss(end[None])[0] for end in ends],
        }
        for name, part in (("training", data), ("test", data.test)):
            told = [made.model(part.x, end).argmax(axis=1) for end in ends]
            right = [sum(a == b for a, b in zip(each, part.y, strict=True)) for each in told]
            expected[f"{name} accuracy in %"] = [100 * count / len(part.y) for count in right]
        for name, values in expected.items():
            mean, _, spread = row[name].partition(" ± ")
            off = 0.005001 if "%" in name else 1e-4 * values[0]
            assert float(mean) == pytest.approx(sum(values) / len(values), abs=off)
            if not sweep:
                assert not spread
                continue
            sd = math.sqrt(sum((value - np.mean(values)) ** 2 for value in values) / (len(values) - 1))
            assert float(spread) == pytest.approx(sd, rel=0.05, abs=0.005)


def test_a_run_that_ended_has_no_end_to_tell() -> None:
    rows = table(simulate(read(PLAIN + "optimizers: [gd, adam]\nsweep: {lr: [1e-3, 10]}")))
    assert [(row["loss"] == "-", row["ended early"]) for row in rows] == [
        (False, ""),
        (True, "yes"),
        (False, ""),
        (False, ""),
    ]
    noisy = PLAIN.replace("rosenbrock", "{rosenbrock: {noise: 1}}") + f"optimizers: gd\nlr: 10\n{SEEDS}"
    (row,) = table(simulate(read(noisy)))
    assert (row["seeds"], row["loss"], row["ended early"]) == ("3", "-", "3 of 3")


def test_the_csv_of_a_network_has_its_scores_and_no_parameters() -> None:
    trace = simulate(read(CLASSES.format(test=", test: 0.25", sweep="")))
    rows = list(csv.DictReader(as_csv(trace)))
    assert list(rows[0]) == [
        *("run", "label", "optimizer", "step", "lr", "loss"),
        *("train_accuracy", "test_loss", "test_accuracy", "batch_loss", "evals"),
    ]
    for run in (0, 1):
        last = [row for row in rows if row["run"] == str(run)][-1]
        assert float(last["test_loss"]) == scores.test_loss(trace, run)[-1]
        assert float(last["train_accuracy"]) == scores.accuracy(trace, run, False)[-1]
        assert float(last["test_accuracy"]) == scores.accuracy(trace, run, True)[-1]


def test_what_was_not_asked_is_empty(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scores, "WORK", 1.0)
    trace = simulate(read(CLASSES.format(test=", test: 0.25", sweep="")))
    rows = [row for row in csv.DictReader(as_csv(trace)) if row["run"] == "0"]
    assert sum(row["test_loss"] != "" for row in rows) == scores.ASKED < len(rows)
    assert all(row["loss"] for row in rows)
