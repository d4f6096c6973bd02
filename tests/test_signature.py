"""One signature for every rule: rules of very different kinds through the one driver.

SAM and Lookahead wrap another rule, Adafactor needs the layer's matrix, Schedule-Free shows
another point than it steps, Newton asks for second derivatives. They and the project's own rules
are checked against paths of their reference implementations, each as the middle one of three runs.
"""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from optanim.autodiff import Tensor, columns
from optanim.driver import Group, Layer, Rule, drive, kind_of
from optanim.kinds import optimizer
from optanim.landscapes.classic import beale, rosenbrock
from optanim.losses import mse
from optanim.optimizers._parts import norm
from optanim.problem import _loss, _slope
from optanim.registry import Registry
from optanim.scene import Thing
from optanim.settings import NonNegative, Positive, Real, ThingOf, Unit

REFERENCE = json.loads((Path(__file__).parent / "data" / "signature_cases.json").read_text())

rules = Registry(
    "optimizer",
    "optanim.optimizers",
    facts=optimizer.fact_names[:-1],
    fixed=optimizer.fixed,
    asks=optimizer.may_ask,
    given={"base": ThingOf("optimizer")},
)
for entry in optimizer.entries():
    rules(name=entry.name, **entry.facts)(entry.function)


@rules(sees="all", paper="Foret et al. 2021, arXiv:2010.01412")
def sam(p: Any, g: Any, state: Any, lr: Any, t: int, grad: Any, base: Any, *, rho: Positive = 0.05) -> Any:
    return base(p, grad(p + rho * g / (norm(g) + 1e-12)))


@rules(paper="Zhang et al. 2019, arXiv:1907.08610")
def lookahead(
    p: Any, g: Any, state: Any, lr: Any, t: int, base: Any, *, every: Positive = 5, alpha: Unit = 0.5
) -> Any:
    slow = state.setdefault("slow", p)
    p = base(p, g)
    syncs = t % every == 0
    state["slow"] = np.where(syncs, slow + alpha * (p - slow), slow)
    return np.where(syncs, state["slow"], p)


@rules(paper="Shazeer and Stern 2018, arXiv:1804.04235")
def adafactor(
    p: Any,
    g: Any,
    state: Any,
    lr: Any,
    t: int,
    *,
    beta2_decay: Real = -0.8,
    eps1: Positive = 2.0**-52,
    eps2: Positive = 1e-3,
    d: Positive = 1.0,
    weight_decay: NonNegative = 0.0,
) -> Any:
    def rms(x: Any) -> Any:
        return norm(x) / np.sqrt(x[0].size)

    new = t**beta2_decay
    alpha = np.maximum(eps2, rms(p)) * np.minimum(lr, t**-0.5)
    p = p * (1 - lr * weight_decay)
    if g.ndim == 3:
        rows = state["rows"] = (1 - new) * state.get("rows", 0.0) + new * (g * g).mean(axis=2, keepdims=True)
        cols = state["cols"] = (1 - new) * state.get("cols", 0.0) + new * (g * g).mean(axis=1, keepdims=True)
        v = rows @ cols / np.maximum(rows.mean(axis=1, keepdims=True), eps1)
    else:
        v = state["v"] = (1 - new) * state.get("v", 0.0) + new * g * g
    u = g / np.sqrt(np.maximum(v, eps1 * eps1))
    return p - alpha * u / np.maximum(1.0, rms(u) / d)


def _average(p: Any, state: Any, *, beta1: Any, **_: Any) -> Any:
    return p + (state["z"] - p) * (1 - 1 / beta1)


@rules(shows=_average, paper="Defazio et al. 2024, arXiv:2405.15682")
def schedulefree_adamw(
    p: Any,
    g: Any,
    state: Any,
    lr: Any,
    t: int,
    *,
    beta1: Unit = 0.9,
    beta2: Unit = 0.999,
    eps: Positive = 1e-8,
    weight_decay: NonNegative = 0.0,
    warmup: NonNegative = 0.0,
    r: NonNegative = 0.0,
    weight_lr_power: NonNegative = 2.0,
) -> Any:
    z = state.get("z", p)
    lr = lr * np.minimum(1.0, t / np.maximum(warmup, 1))
    largest = state["largest"] = np.maximum(lr, state.get("largest", 0.0))
    weight = t**r * largest**weight_lr_power
    total = state["total"] = state.get("total", 0.0) + weight
    c = weight / total
    v = state["v"] = beta2 * state.get("v", 0.0) + (1 - beta2) * g * g
    step = g / (np.sqrt(v / (1 - beta2**t)) + eps) + weight_decay * p
    state["z"] = z - lr * step
    return p + c * (z - p) + lr * (beta1 * (1 - c) - 1) * step


@rules(lr=1.0)
def newton(p: Any, g: Any, state: Any, lr: Any, t: int, hessian: Any) -> Any:
    return p - lr * np.linalg.solve(hessian(p), g[..., None])[..., 0]


def matrix_problem(shapes: list[list[int]], data: Any) -> Any:
    """The error of A W (+ b) against B: the parameters are the matrix row by row, then the bias."""
    a, b = np.array(data["A"]), np.array(data["B"])

    def error(params: np.ndarray) -> tuple[list[Tensor], Tensor]:
        parts = np.split(params, np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1], axis=1)
        tensors = [Tensor(part.reshape(-1, *shape)) for part, shape in zip(parts, shapes, strict=True)]
        rest = a @ tensors[0] - b
        if len(tensors) == 2:
            rest = rest + tensors[1][:, None, :]
        return tensors, (rest**2).sum(axis=(1, 2)) / len(a)

    def slope(params: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        tensors, loss = error(params)
        loss.backward(1.0)
        return loss.value, np.concatenate([t.grad.reshape(len(params), -1) for t in tensors], axis=1)

    return (lambda params: error(params)[1].value), slope


def problem(name: str) -> tuple[Any, Any, np.ndarray, list[Layer]]:
    """Loss, slope, start and layers of a problem of the reference file."""
    stated = REFERENCE["problems"][name]
    data, start, shapes = stated["data"], np.array(stated["start"]), stated["shapes"]
    ends = np.cumsum([0, *(int(np.prod(shape)) for shape in shapes)])
    layers = [Layer(slice(a, b), tuple(s)) for a, b, s in zip(ends[:-1], ends[1:], shapes, strict=True)]
    if name.startswith("matls"):
        return *matrix_problem(shapes, data), start, layers
    if name.startswith("linreg"):
        x, y = np.array(data["x"]), np.array(data["y"])
        function: Any = lambda b, a: mse(columns(b) + columns(a) * x, y)  # noqa: E731
    else:
        function = {"f2d": lambda x, y: 0.1 * x**2 + 2 * y**2, "rosenbrock": rosenbrock, "beale": beale}[name]
    return _loss(function, len(start)), _slope(function, len(start)), start, layers


class Points:
    """Records the shown points of every run, and the losses."""

    def __init__(self, runs: int, steps: int, n: int) -> None:
        self.points = np.full((steps + 1, runs, n), np.nan)
        self.losses = np.full((steps + 1, runs), np.nan)

    def point(self, t: int, runs: Any, shown: np.ndarray) -> None:
        self.points[t, runs] = shown

    def loss(self, t: int, runs: Any, loss: np.ndarray) -> None:
        self.losses[t, runs] = loss


def thing(name: str, settings: dict[str, Any]) -> Thing:
    base = settings.get("base")
    return Thing(name, settings | {"base": thing(*next(iter(base.items())))} if base else settings)


def beside(rule: Thing, factor: float) -> Thing:
    """The same rule with every number a little different, defaults included."""
    settings = rules[rule.name].defaults() | dict(rule.settings)
    changed: dict[str, Any] = {}
    for name, value in settings.items():
        if isinstance(value, Thing):
            value = beside(value, factor)
        elif isinstance(value, int) and not isinstance(value, bool):
            value += 1
        elif isinstance(value, float):
            value = value * factor
        changed[name] = value
    return Thing(rule.name, changed)


def case_id(case: dict[str, Any]) -> str:
    return f"{case['rule']}-{case['problem']}-{case['lr']}-{json.dumps(case['settings'])}"


@pytest.mark.parametrize("case", REFERENCE["cases"], ids=case_id)
def test_the_middle_of_three_runs_is_the_reference(case: dict[str, Any]) -> None:
    loss, slope, start, layers = problem(case["problem"])
    middle = thing(case["rule"], case["settings"])
    things = [beside(middle, 0.9), middle, beside(middle, 0.8)]
    assert len({kind_of(one, rules) for one in things}) == 1
    entry = rules[case["rule"]]
    if entry.facts.get("sees") == "all":
        layers = [Layer(slice(0, len(start)), (len(start),))]
    steps = case["steps"][-1]
    lr = case["lr"]
    group = Group(
        rule=Rule.of(things, rules),
        lr=np.broadcast_to(np.array([lr * 0.7, lr, lr * 0.5]), (steps, 3)),
        start=np.array([start * 1.01, start, start * 0.99]),
        layers=layers,
        steps=steps,
    )
    stepped = Points(3, steps, len(start))

    class Stepped:
        """The points before the rule's `shows`, which the reference also prints."""

        point = stepped.point
        loss = stepped.loss

    if "shown" in case:
        seen = Rule.of(things, rules)
        seen.shows = None
        drive([(Group(seen, group.lr, group.start, layers, steps), Stepped())], loss, slope)  # type: ignore[arg-type]
        agree(stepped.points[:, 1], case["steps"], case["p"], case["tol"])
    record = Points(3, steps, len(start))
    drive([(group, record)], loss, slope)
    agree(record.points[:, 1], case["steps"], case.get("shown", case["p"]), case["tol"])
    assert record.losses[-1, 1] == pytest.approx(loss(record.points[-1, 1:2])[0], rel=1e-9)
    assert 1 not in group.ended


def agree(
    points: np.ndarray, steps: list[int], reference: list[list[float]], tolerances: list[float]
) -> None:
    for step, expected, tolerance in zip(steps, reference, tolerances, strict=True):
        scale = max(1.0, float(np.max(np.abs(expected))))
        assert np.max(np.abs(points[step] - expected)) <= tolerance * scale, f"step {step}"


def run(rule: str, problem_name: str, start: list[list[float]], steps: int) -> tuple[Points, Group]:
    loss, slope, _, layers = problem(problem_name)
    group = Group(
        Rule.of([Thing(rule)] * len(start), rules),
        np.ones((steps, len(start))),
        np.array(start),
        layers,
        steps,
    )
    record = Points(len(start), steps, len(start[0]))
    drive([(group, record)], loss, slope)
    return record, group


def test_newton_solves_a_quadratic_in_one_step() -> None:
    record, group = run("newton", "f2d", [[-5, -2], [3, 7], [1e3, -1e-3]], 1)
    assert np.abs(record.points[1]).max() < 1e-12
    assert group.evals.tolist() == [0, 3]  # the gradient, and one more for each of two columns


def test_newton_converges_quadratically() -> None:
    record, _ = run("newton", "rosenbrock", [[1.2, 1.2], [0.9, 0.7], [1.1, 1.3]], 6)
    distance = np.linalg.norm(record.points - 1, axis=2)
    near = [(a, b) for path in distance.T for a, b in pairwise(path) if 1e-7 < a < 0.1]
    assert len(near) >= 3
    assert all(b < 30 * a * a for a, b in near)
    assert distance[-1].max() < 1e-12


def test_a_singular_run_does_not_stop_its_neighbours() -> None:
    # Its Hessian is not a number, at which `solve` and `svd` raise for everyone.
    loss, slope, _, layers = problem("rosenbrock")
    start = np.array([[0.9, 0.7], [np.nan, 0.0], [1.1, 1.3]])
    group = Group(Rule.of([Thing("newton")] * 3, rules), np.ones((6, 3)), start, layers, 6)
    record = Points(3, 6, 2)
    drive([(group, record)], loss, slope)
    assert list(group.ended) == [1]
    assert np.abs(record.points[-1, [0, 2]] - 1).max() < 1e-12


def test_gradients_of_a_wrapper_are_counted() -> None:
    loss, slope, start, layers = problem("f2d")
    group = Group(
        Rule.of([thing("sam", {"base": {"sgd": {}}})], rules), np.full((3, 1), 0.1), start[None], layers, 3
    )
    drive([(group, Points(1, 3, 2))], loss, slope)
    assert group.evals.tolist() == [0, 2, 4, 6]


def test_what_cannot_be_asked_for_fails_when_it_is_registered() -> None:
    with pytest.raises(TypeError, match="asks for 'weather'; it can ask for loss"):

        @rules()
        def forecast(p: Any, g: Any, state: Any, lr: Any, t: int, weather: Any) -> Any:
            return p
