"""The check against reference files: what it reads, what it refuses to pass."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.reference.check import CASES, check, read
from tests.reference.problems import problem
from tests.reference.settings import to_settings

HELD, PROBLEMS = read(CASES)
X, Y = 0.7, -1.3


def stated(formula: str, **more: Any) -> dict[str, Any]:
    return {"family": "formula", "formula": formula, "param_shapes": [[2]], "init": [[X, Y]], **more}


@pytest.mark.parametrize(
    ("formula", "value"),
    [
        ("x^2 + 3y^2", X * X + 3 * Y * Y),
        ("|y| + x**2", -Y + X * X),
        ("ln(1 + x^2) + y**2", np.log(1 + X * X) + Y * Y),
        ("f(x,y) = x^2 + y^2", X * X + Y * Y),
        ("x0**2 + 2*x1**2", X * X + 2 * Y * Y),
        ("x[0]^2 + x[1]", X * X + Y),
        ("x_1^2 + x_2", X * X + Y),
        ("theta0^2 + theta1", X * X + Y),
        ("w1^2*w2", X * X * Y),
        ("log1p(x**2 + y**2)", np.log(1 + X * X + Y * Y)),
        ("x**2 + y**2 (a bowl)", X * X + Y * Y),
        ("(a-x)^2 + b*(y-x^2)^2, a=1.0, b=30.0", (1 - X) ** 2 + 30 * (Y - X * X) ** 2),
        ("f = a*x^2 + y, with a = 2", 2 * X * X + Y),
        ("2(x+y)(x-y) + 0.5xy", 2 * (X + Y) * (X - Y) + 0.5 * X * Y),
        ("1.5e1x + 2exp(y)sin(x)", 15 * X + 2 * np.exp(Y) * np.sin(X)),
        ("max(x, y)", X),
    ],
)
def test_formulas_are_read_as_people_write_them(formula: str, value: float) -> None:
    found = problem(stated(formula))
    np.testing.assert_allclose(found.loss(found.start[None])[0], value, rtol=1e-14)


def test_logistic_regression_with_a_bias() -> None:
    features, signs = np.array([[1.0, -2.0], [0.5, 1.0], [-1.0, 3.0]]), np.array([1.0, -1.0, 1.0])
    w, b, lam = np.array([0.3, -0.2]), 0.4, 0.1
    margin = signs * (features @ w + b)
    data = {"X": features.tolist(), "y": signs.tolist(), "lam": lam}
    found = problem(
        {
            "family": "logreg",
            "formula": "",
            "param_shapes": [[2], [1]],
            "init": [w.tolist(), [b]],
            "data": data,
        }
    )
    expected = np.log(1 + np.exp(-margin)).mean() + lam / 2 * (w @ w)
    np.testing.assert_allclose(found.loss(found.start[None])[0], expected, rtol=1e-14)
    slope = found.slope(found.start[None])[1][0]
    np.testing.assert_allclose(slope[2], (-signs / (1 + np.exp(margin))).mean(), rtol=1e-13)


def test_a_problem_that_cannot_be_read_fails_its_cases(tmp_path: Path) -> None:
    bad = {
        "one": stated("x + what(y)"),
        "two": {"family": "quad2"},
        "three": stated("x", loss0=7.0, grad0=[[1, 0]]),
    }
    four = {"family": "matfac", "param_shapes": [[2]], "init": [[1, 2]], "data": {"M": [[1]]}, "loss0": 1.0}
    path = tmp_path / "bad.json"
    path.write_text(json.dumps({"problems": bad | {"four": four}, "cases": []}))
    _, problems = read(path)
    for name, found in problems.items():
        outcome = check({"problem": name}, found)
        assert outcome.status == "failed" and name in outcome.why


def of(rule: str) -> dict[str, Any]:
    return copy.deepcopy(next(case for case in HELD if to_settings(case)[0] == rule and len(case["p"]) > 2))


def test_a_checkpoint_without_a_tolerance_fails() -> None:
    case = of("adam")
    on = PROBLEMS[case["problem"]]
    assert check(case, on).status == "passed"
    short = case | {"tol": case["tol"][:1]}
    assert check(short, on).status == "failed"
    assert check(case | {"tol": []}, on).status == "failed"
    first = int(next(iter(case["p"])))
    assert check(short | {"chaotic_after": first}, on).status == "passed"
    last = int(list(case["p"])[-1])
    assert check(short | {"chaotic_after": last}, on).status == "failed"


def test_a_path_goes_on_where_its_loss_overflows() -> None:
    """Libraries do not look at the loss, so that a point is asked for whose square is infinite."""
    on = problem(
        {
            "family": "quad2",
            "formula": "",
            "param_shapes": [[2]],
            "init": [[1.0, 2.0]],
            "data": {"a": 1, "b": 1, "c": 0},
        }
    )
    p, path = np.array([1.0, 2.0]), {}
    for t in range(1, 101):
        p = p - 100 * 2 * p
        path[str(t)] = p.tolist()
    assert not np.isfinite(on.loss(p[None])).all()
    case = {
        "lib": "torch",
        "cls": "SGD",
        "kw": {"lr": 100.0},
        "problem": "",
        "p": {"100": path["100"]},
        "tol": [1e-9],
    }
    assert check(case, on).status == "passed"
    assert not replace(on, unscored=True).loss(p[None]).any()


@pytest.mark.parametrize(
    ("cls", "given", "rule"),
    [
        ("nadam", {}, "nadam"),
        ("nadam", {"nesterov": True}, "nadam"),
        ("nadam", {"nesterov": False}, "adam"),
        ("nadamw", {"nesterov": False}, "adam"),
    ],
)
def test_optax_nadam_is_adam_without_nesterov(cls: str, given: dict[str, Any], rule: str) -> None:
    name, settings = to_settings({"lib": "optax", "cls": cls, "kw": given})
    assert name == rule
    assert settings.get("decay", "coupled") == ("decoupled" if cls == "nadamw" else "coupled")
