"""What a rule says its step is made of is what it did: step == -preconditioner * direction - decay."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from optanim.driver import _step
from optanim.kinds import optimizer
from optanim.optimizers._parts import Parts
from optanim.oracles import Layer, Oracles
from optanim.rules import Rule, asks_of
from optanim.scene import Thing

RULES = [entry.name for entry in optimizer.entries() if "parts" in entry.facts]
LAYERS = {
    "vector": [Layer(slice(0, 3), (3,))],
    "numbers": [Layer(slice(i, i + 1), (1,)) for i in range(3)],
    "matrix": [Layer(slice(0, 12), (3, 4)), Layer(slice(12, 16), (4,))],
}
# Settings that change what a step is made of, beside the defaults of every rule.
SETTINGS: list[tuple[str, dict[str, Any]]] = [
    ("sgd", {"momentum": 0.9, "nesterov": True}),
    ("sgd", {"momentum": 0.9, "dampening": 0.3, "dampen_first": True}),
    ("momentum", {"lr_inside": True}),
    ("nesterov", {"lr_inside": True}),
    ("sgdw", {"nesterov": True}),
    ("sgdp", {"momentum": 0.9, "nesterov": True}),
    ("sgdp", {"delta": 50.0}),
    ("adagrad", {"eps_inside_sqrt": True, "initial": 0.1, "lr_decay": 0.1}),
    ("rmsprop", {"centered": True, "momentum": 0.9, "nesterov": True}),
    ("rmsprop", {"centered": True, "bias_correction": True, "eps": 0.1, "eps_inside_sqrt": True}),
    ("rmsprop", {"momentum": 0.9, "lr_inside": True, "nesterov": True}),
    ("rmsprop", {"eps_inside_sqrt": True, "momentum": 0.9, "lr_inside": True}),
    ("sm3", {"momentum": 0.9, "beta": 0.9}),
    ("kate", {"delta": 0.1}),
    ("adam", {"eps_inside_sqrt": True}),
    ("adam", {"eps_hat": True, "eps": 0.1}),
    ("adam", {"bias_correction": False, "eps": 0.1, "eps_inside_sqrt": True}),
    ("adamw", {"eps_hat": True, "eps": 0.1}),
    ("amsgrad", {"max_corrected": True}),
    ("amsgrad", {"bias_correction": False}),
    ("amsgrad", {"eps_hat": True, "eps": 0.1}),
    ("adamax", {"eps_inside_max": False, "eps": 0.1}),
    ("nadam", {"schedule": "constant"}),
    ("radam", {"degenerated_to_sgd": False}),
    ("radam", {"beta2": 0.9}),
    ("qhadam", {"nu1": 0.3, "nu2": 0.5}),
    ("ademamix", {"warmup": 5}),
    ("simplified_ademamix", {"averaged": True, "alpha": 2.0}),
    ("simplified_ademamix", {"beta1_warmup": 5}),
    ("laprop", {"eps_hat": True, "eps_root": 0.1}),
    ("adabelief", {"rectify": True}),
    ("adabelief", {"amsgrad": True}),
    ("adabound", {"amsbound": True, "gamma": 0.1}),
    ("adashift", {"keep_num": 2, "reduce": "none"}),
    ("adopt", {"clip_exponent": None}),
    ("cautious_adamw", {"rescale": "plus_one"}),
    ("cautious_lion", {"rescale": "plus_one"}),
    ("ano", {"logarithmic_schedule": True}),
    ("adamp", {"nesterov": True}),
    ("adamp", {"delta": 50.0, "eps_hat": True}),
    ("mars", {"mars_type": "lion"}),
    ("mars", {"optimize_1d": False, "weight_decay_1d": 0.3, "lr_1d_factor": 0.5}),
    ("lars", {"nesterov": True}),
    ("lars", {"norms_apart": True, "eps": 0.1}),
    ("lars", {"larc": True, "trust_coefficient": 0.5}),
    ("lars", {"always_adapt": False}),
    ("lars", {"exclude_vectors": True}),
    ("lamb", {"trust_clip": 0.5}),
    ("lamb", {"bias_correction": False, "decay": "decoupled"}),
    ("lamb", {"always_adapt": False}),
    ("novograd", {"grad_averaging": True, "beta2": 0.5}),
    ("fromage", {"p_bound": 1.01}),
    ("fromage", {"min_norm": 10.0}),
    ("adahessian", {"hessian_power": 0.5, "update_period": 2}),
    ("sophia_h", {"clip": 100.0}),
    ("momo", {"f_star": -3.0}),
    ("polyak", {"max_lr": 0.1}),
    ("dog", {"reps_rel": 0.1}),
    ("dowg", {"r0": 0.3}),
    ("barzilai_borwein", {"step": "short"}),
]
WAYS = [
    (rule, {"decay": way})
    for rule in RULES
    if (decay := optimizer[rule].settings.get("decay"))
    for way in getattr(decay.type, "options", ())
]


def loss(p: Any) -> Any:
    """Neither level anywhere nor separable, so that no number is 0 and no two are alike."""
    curve = 0.5 + 0.25 * np.arange(p.shape[1])
    return (curve * p * p).sum(axis=1) + 0.1 * np.sin(p.sum(axis=1)) + 0.3 * p.sum(axis=1)


def slope(p: Any) -> tuple[Any, Any]:
    curve = 0.5 + 0.25 * np.arange(p.shape[1])
    inner = p.sum(axis=1, keepdims=True)
    return loss(p), 2 * curve * p + 0.1 * np.cos(inner) + 0.3


def stepped(
    things: list[Thing], layers: list[Layer], rates: Any, steps: int
) -> list[tuple[Any, Any, Any, Parts]]:
    """Of each step p, g and the new p, and what it was made of, each (R, n)."""
    rule = Rule.of(things, optimizer)
    layers = list(rule.layers(layers))
    n = max(layer.columns.stop for layer in layers)
    params = np.random.default_rng(5).normal(size=(len(things), n)) * 2
    states: list[dict[str, Any]] = [{} for _ in layers]
    oracles = Oracles(loss, slope)
    made = []
    for t in range(1, steps + 1):
        g = slope(params)[1]
        new, _ = _step(rule, params, g, states, rates[t - 1], t, layers, oracles, asks_of(rule), None)
        made.append((params, g, new, rule.explained(params, g, states, rates[t - 1], t, layers)))
        params = new
    return made


@pytest.mark.parametrize("layers", LAYERS)
@pytest.mark.parametrize(
    ("rule", "settings"),
    [*((rule, {}) for rule in RULES), *SETTINGS, *WAYS],
    ids=lambda value: value if isinstance(value, str) else ",".join(f"{k}={v}" for k, v in value.items()),
)
@pytest.mark.parametrize("weight_decay", [0.0, 0.4])
def test_a_step_is_what_it_is_said_to_be_made_of(
    rule: str, settings: dict[str, Any], layers: str, weight_decay: float
) -> None:
    entry = optimizer[rule]
    if "weight_decay" in entry.settings:
        settings = settings | {"weight_decay": weight_decay}
    elif weight_decay:
        pytest.skip("the rule has no weight decay")
    other = {n: v * 0.9 for n, v in {**entry.defaults(), **settings}.items() if isinstance(v, float)}
    things = [Thing(rule, settings), Thing(rule, {**entry.defaults(), **settings, **other})]
    rate = 0.3 if entry.facts.get("lr") else 0.05
    rates = rate * np.array([[1.0, 0.8], [0.7, 0.8], [0.0, 0.5], [0.4, 0.5], *[[0.3, 0.2]] * 10])
    for t, (p, _, new, parts) in enumerate(stepped(things, LAYERS[layers], rates, len(rates)), start=1):
        assert np.isfinite(new).all()
        said = -parts.preconditioner * parts.direction - parts.decay
        np.testing.assert_allclose(
            new - p, said, rtol=1e-9, atol=1e-12 * np.abs(p).max(), err_msg=f"step {t}"
        )
        assert (parts.preconditioner >= 0).all(), "it scales, and does not turn"


@pytest.mark.parametrize("rule", ["lars", "lamb", "fromage"])
def test_the_trust_ratio_is_in_the_preconditioner(rule: str) -> None:
    """At twice the weights' length and the same gradients the ratio and the first step are twice as large."""
    entry = optimizer[rule]
    g = np.array([[3.0, -4.0]])
    made = []
    for p in (np.array([[6.0, 8.0]]), np.array([[12.0, 16.0]])):
        state: dict[str, Any] = {}
        entry.function(p, g, state, 0.1, 1, **entry.defaults())
        made.append(entry.facts["parts"](p, g, state, 0.1, 1, **entry.defaults()))
    assert np.all(made[0].trust > 0)
    np.testing.assert_allclose(made[1].trust, 2 * made[0].trust)
    np.testing.assert_allclose(made[1].preconditioner, 2 * made[0].preconditioner)


TWO = [Layer(slice(0, 2), (2,))]


@pytest.mark.parametrize(
    ("rule", "settings", "expected"),
    [
        ("gd", {}, lambda g: np.full_like(g, 0.1)),
        ("momentum", {}, lambda g: np.full_like(g, 0.1)),
        ("adagrad", {"eps": 0.0}, lambda g: 0.1 / np.sqrt((g**2).sum(axis=0))),
        ("rmsprop", {"eps": 0.0, "alpha": 0.9}, lambda g: 0.1 / np.sqrt(ema(g**2, 0.9))),
        ("adam", {"eps": 0.0}, lambda g: 0.1 / np.sqrt(ema(g**2, 0.999) / (1 - 0.999 ** len(g)))),
        ("lion", {}, lambda g: 0.1 / abs(0.9 * ema(g[:-1], 0.99) + 0.1 * g[-1])),
    ],
)
def test_the_preconditioner_is_the_textbook_one(rule: str, settings: Any, expected: Any) -> None:
    made = stepped([Thing(rule, settings)], TWO, np.full((7, 1), 0.1), 7)
    gradients = np.array([g[0] for _, g, _, _ in made])
    for t, (_, _, _, parts) in enumerate(made, start=1):
        found = np.broadcast_to(parts.preconditioner, (1, 2))[0]
        np.testing.assert_allclose(found, np.broadcast_to(expected(gradients[:t]), (t, 2))[-1], rtol=1e-9)


def ema(values: Any, beta: float) -> Any:
    """The exponential moving average of rows, which starts at 0."""
    weights = (1 - beta) * beta ** np.arange(len(values) - 1, -1, -1)
    return weights @ values if len(values) else 0.0
