"""The driver: what rules ask for is counted, and runs that are stepped together leave each other alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optanim.courses import Course
from optanim.driver import Group, drive
from optanim.errors import UserError
from optanim.kinds import optimizer
from optanim.optimizers import norm
from optanim.oracles import Layer
from optanim.registry import Registry
from optanim.rules import Rule
from optanim.scene import Thing
from tests.reference.check import Points, stepped, thing
from tests.reference.problems import Problem, problem

VALLEY = problem(
    {
        "family": "quad2",
        "formula": "",
        "param_shapes": [[2]],
        "init": [[-5.0, -2.0]],
        "data": {"a": 0.1, "b": 2.0},
    }
)
ROSENBROCK = problem({"family": "rosenbrock", "formula": "", "param_shapes": [[2]], "init": [[-1.5, 2.0]]})
MATRIX = problem(
    {
        "family": "matls",
        "formula": "",
        "param_shapes": [[2, 3], [3]],
        "init": [[[1.0, -2.0, 0.5], [0.3, 0.8, -1.5]], [0.1, 0.2, -0.3]],
        "data": {
            "A": [[1.0, 2.0], [-1.0, 0.5], [0.3, 3.0]],
            "B": [[1.0, 0.0, 2.0], [0.5, 1.5, -1.0], [1.0] * 3],
        },
    }
)
MOMENTUM = {"sgd": {"momentum": 0.9}}


def together(
    things: list[Thing], starts: list[list[float]], on: Problem, steps: int, rates: list[float] | None = None
) -> tuple[Points, Group]:
    return stepped(things, rates or [0.1] * len(things), np.array(starts), on, steps)


@pytest.mark.parametrize(
    ("rule", "settings", "evals"),
    [
        ("gd", {}, [0, 1, 2, 3]),
        ("lookahead", {"base": {"gd": {}}}, [0, 1, 2, 3]),
        ("sam", {"base": MOMENTUM}, [0, 2, 4, 6]),
        ("lookahead", {"base": {"sam": {"base": MOMENTUM}}}, [0, 2, 4, 6]),
        ("newton", {}, [0, 3, 6, 9]),  # the gradient, and one more for each of two columns
        ("sophia_h", {"update_period": 2}, [0, 3, 4, 7]),
        ("sam", {"base": {"newton": {}}}, [0, 4, 8, 12]),
    ],
)
def test_gradients_are_counted(rule: str, settings: dict[str, Any], evals: list[int]) -> None:
    _, group = together([thing(rule, settings)], [[-5, -2]], VALLEY, 3)
    assert group.evals.tolist() == evals


def test_a_run_without_a_hessian_does_not_stop_its_neighbours() -> None:
    # Its Hessian is not a number, at which `solve` and `svd` raise for everyone.
    record, group = together(
        [Thing("newton")] * 3, [[0.9, 0.7], [np.nan, 0.0], [1.1, 1.3]], ROSENBROCK, 6, [1.0] * 3
    )
    assert list(group.ended) == [1]
    assert np.abs(record.points[-1, [0, 2]] - 1).max() < 1e-12


@pytest.mark.parametrize("rule", ["lookahead", "sam", "asam"])
@pytest.mark.parametrize("base", [MOMENTUM, {"adam": {"beta2": 0.9}}, {"lookahead": {"base": MOMENTUM}}])
def test_wrapped_runs_are_the_same_alone_and_beside_others(rule: str, base: dict[str, Any]) -> None:
    name, settings = next(iter(base.items()))
    inner = [base, {name: settings | {"weight_decay": 0.1}} if name != "lookahead" else base, base]
    things = [thing(rule, {"base": each}) for each in inner]
    starts = [[-5.0, -2.0], [1.0, 2.0], [3.0, 1.0]]
    rates = [0.1, 0.2, 0.05]
    all_three, _ = together(things, starts, VALLEY, 20, rates)
    for i in range(3):
        alone, _ = together([things[i]], [starts[i]], VALLEY, 20, [rates[i]])
        np.testing.assert_array_equal(alone.points[:, 0], all_three.points[:, i])


@pytest.mark.parametrize("rule", ["lookahead", "sam"])
def test_a_wrapped_run_that_ends_leaves_the_others_their_state(rule: str) -> None:
    things = [thing(rule, {"base": MOMENTUM})] * 3
    starts, rates = [[-5.0, -2.0], [1.0, 2.0], [3.0, 1.0]], [0.1, 1e200, 0.05]
    with_it, group = together(things, starts, VALLEY, 20, rates)
    assert list(group.ended) == [1]
    without, _ = together(things[:2], starts[::2], VALLEY, 20, rates[::2])
    np.testing.assert_array_equal(with_it.points[:, [0, 2]], without.points)


def test_a_wrapper_has_the_facts_of_the_rule_inside_that_it_does_not_state() -> None:
    assert optimizer.stated(Thing("lookahead", {"base": Thing("lbfgs")}), "single_run")
    assert optimizer.stated(Thing("lookahead", {"base": Thing("lbfgs")}), "lr") == 1.0
    assert optimizer.stated(Thing("lookahead", {"base": Thing("adam")}), "lr") is None
    assert optimizer.stated(Thing("lookahead"), "lr") is None


def test_what_a_rule_returns_has_to_have_the_shape_of_the_parameters() -> None:
    rules = Registry("optimizer", "optanim.optimizers", fixed=optimizer.fixed, asks=optimizer.may_ask)

    @rules()
    def flattened(p: Any, g: Any, state: Any, lr: Any, t: int) -> Any:
        return p.ravel()

    group = Group(
        Rule.of([Thing("flattened")] * 2, rules), Course([1.0, 1.0], 1), np.ones((2, 2)), VALLEY.layers, 1
    )
    with pytest.raises(UserError, match=r"'flattened' returned an array of shape \(4,\)\n.*shape \(2, 2\)"):
        drive([(group, Points(2, 1, 2))], VALLEY.loss, VALLEY.slope)


@pytest.mark.parametrize("shapes", [[[2]], [[1], [1]]])
def test_a_rule_of_ones_own_that_returns_nothing_or_mixes_runs_is_told(shapes: list[list[int]]) -> None:
    rules = Registry("optimizer", "optanim.optimizers", fixed=optimizer.fixed, asks=optimizer.may_ask)

    @rules
    def forgetful(p: Any, g: Any, state: Any, lr: Any, t: int) -> Any:
        p - lr * g

    @rules
    def mixing(p: Any, g: Any, state: Any, lr: Any, t: int, *, eps: float = 0.1) -> Any:
        return p - lr * g / (np.linalg.norm(g) + eps)

    @rules
    def apart(p: Any, g: Any, state: Any, lr: Any, t: int, *, eps: float = 0.1) -> Any:
        return p - lr * g / (norm(g) + eps)

    layers = (
        [Layer(slice(0, 2), (2,))] if len(shapes) == 1 else [Layer(slice(i, i + 1), (1,)) for i in (0, 1)]
    )

    def run(name: str) -> None:
        things = [Thing(name, {} if name == "forgetful" else {"eps": eps}) for eps in (0.1, 0.2)]
        start = np.array([[1.0, 2.0], [3.0, 4.0]])
        group = Group(Rule.of(things, rules), Course([1.0, 2.0], 2), start, layers, 2)
        drive([(group, Points(2, 2, 2))], VALLEY.loss, VALLEY.slope)

    run("apart")
    with pytest.raises(UserError, match="the rule 'forgetful' returned None\n  it has to return the new p"):
        run("forgetful")
    with pytest.raises(UserError, match="'mixing' steps a run another way alone than beside others"):
        run("mixing")


def test_what_cannot_be_asked_for_fails_when_it_is_registered() -> None:
    rules = Registry("optimizer", "optanim.optimizers", fixed=optimizer.fixed, asks=optimizer.may_ask)
    with pytest.raises(TypeError, match="asks for 'weather'; it can ask for loss"):

        @rules()
        def forecast(p: Any, g: Any, state: Any, lr: Any, t: int, weather: Any) -> Any:
            return p


@pytest.mark.parametrize(
    "base", [{"gd": {}}, {"lamb": {"weight_decay": 0.1}}, {"adafactor": {}}, {"sophia_h": {}}]
)
def test_a_rule_inside_one_that_sees_all_sees_its_own_layers(base: dict[str, Any]) -> None:
    # Where rho is 0, SAM is the rule inside it.
    name, settings = next(iter(base.items()))
    for outer in (
        {"rho": 0.0, "base": base},
        {"rho": 0.0, "base": {"lookahead": {"base": base, "every": 99}}},
    ):
        starts = [MATRIX.start.tolist(), (MATRIX.start * 1.1).tolist()]
        around, _ = together([thing("sam", outer)] * 2, starts, MATRIX, 5, [0.1, 0.05])
        alone, _ = together([thing(name, settings)] * 2, starts, MATRIX, 5, [0.1, 0.05])
        np.testing.assert_allclose(around.points, alone.points, rtol=1e-13, atol=1e-15)


def test_a_rule_that_sees_all_does_so_inside_another() -> None:
    # Without base's norms over all layers the two would look in other directions.
    paths = [
        together([thing(rule, settings)], [MATRIX.start.tolist()], MATRIX, 4)[0].points
        for rule, settings in (
            ("sam", {"rho": 0.5, "base": {"gd": {}}}),
            ("lookahead", {"base": {"sam": {"rho": 0.5, "base": {"gd": {}}}}, "every": 99}),
        )
    ]
    np.testing.assert_array_equal(*paths)
