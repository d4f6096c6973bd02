"""Which rule and which settings of optanim a run of another library is: one table for all of them.

Each row is a class (or function) of a library. It names our rule, what the library's arguments are
called here, and the settings in which the library's defaults are not ours. A case that no settings
express cleanly is unsupported, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Settings = dict[str, Any]
# An argument is one of our settings, several (for a list of values), nothing that changes a path
# (None), or what a function of its value makes of it.
Argument = str | tuple[str, ...] | None | Callable[[Any], Settings]


class Unsupported(Exception):
    """A case that no settings of optanim express, and why."""


class Unknown(Unsupported):
    """A class or argument that the table does not have: nobody has looked at it yet."""


@dataclass(frozen=True)
class Row:
    """A class of a library as a rule of ours; `settings` are its defaults where ours are others.

    `given` are arguments with the value that they have in the library if a case does not give them.
    """

    rule: str
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    settings: Settings = field(default_factory=dict)
    lr: float | None = None
    given: Settings = field(default_factory=dict)


def to_settings(case: Mapping[str, Any]) -> tuple[str, Settings]:
    """The rule of a case, and its settings with `lr` and, where the loss is climbed, `maximize`.

    Of a wrapper the setting `base` is the inner rule as {rule: settings}. Raises Unsupported.
    """
    cls, given = case["cls"], dict(case["kw"])
    wrapper = re.fullmatch(r"([\w.]+)\(([\w.]+)\)", cls)
    if not wrapper:
        return _from(case["lib"], cls, given)
    outer, inner = wrapper.groups()
    lib, _, name = inner.rpartition(".")
    lib = {"": outer.partition(".")[0], "po": "pytorch_optimizer"}.get(lib, lib)
    lr = {word: given[word] for word in ("lr", "learning_rate") if word in given}
    base, settings = _from(lib, name, {**(given.pop("base", None) or {}), **lr})
    climbs = settings.pop("maximize", False)
    rate = settings.pop("lr")
    rule, own = _from(case["lib"], outer, given)
    return rule, own | {"base": {base: settings}, "lr": rate} | ({"maximize": True} if climbs else {})


def _from(lib: str, cls: str, given: Settings) -> tuple[str, Settings]:
    row = TABLE.get(f"{lib}:{cls}".lower())
    if callable(row):
        row = row(given)
    if row is None:
        raise Unknown(f"no rule for {lib}'s {cls}")
    if isinstance(row, str):
        raise Unsupported(row)
    settings: Settings = {"lr": row.lr, **row.settings}
    arguments = EVERYWHERE | dict(row.arguments)
    for name, value in (row.given | given).items():
        if name not in arguments:
            raise Unknown(f"{row.rule} has no setting for {cls}({name}={value!r})")
        argument = arguments[name]
        if isinstance(argument, str):
            settings[argument] = value
        elif isinstance(argument, tuple):
            settings |= dict(zip(argument, value, strict=True))
        elif argument is not None:
            settings |= argument(value)
    return settings.pop("rule", row.rule), settings


def only(expected: Any, why: str) -> Callable[[Any], Settings]:
    """An argument that is expressed at one value alone."""

    def check(value: Any) -> Settings:
        if value != expected:
            raise Unsupported(why)
        return {}

    return check


def decay(yes: str, no: str) -> Callable[[Any], Settings]:
    """A flag that says which of two ways weight decay goes."""
    return lambda value: {"decay": yes if value else no}


def _rule(name: str, **settings: Any) -> Callable[[Any], Settings]:
    """A flag that makes another rule of it."""
    return lambda on: {"rule": name, **settings} if on else {}


def _finite(setting: str) -> Callable[[Any], Settings]:
    """A bound that is none where it is infinite."""
    return lambda value: {setting: None if value == float("inf") else value}


def _root_of(setting: str) -> Callable[[Any], Settings]:
    """An argument that is the square of a setting, where it is told."""
    return lambda value: {setting: None if value is None else float(value) ** 0.5}


def _first_distance(told: Any) -> Settings:
    """optax's init_step: what the distance of DoG starts at."""
    word, value = told
    if word == "learning_rate":
        raise Unsupported("a first step by a learning rate")
    return {"r0" if word == "distance" else "reps_rel": value}


def _decayed(value: Any) -> Settings:
    """Weight decay that may be None."""
    return {"weight_decay": value or 0.0}


EVERYWHERE: dict[str, Argument] = {
    "lr": "lr",
    "learning_rate": "lr",
    "maximize": "maximize",
    "foreach": None,
    "fused": None,
    "capturable": None,
    "differentiable": None,
    "print_change_log": None,
    "name": None,
}
BETAS: dict[str, Argument] = {"betas": ("beta1", "beta2"), "eps": "eps", "weight_decay": "weight_decay"}
OPTAX: dict[str, Argument] = {"b1": "beta1", "b2": "beta2", "eps": "eps", "weight_decay": "weight_decay"}
KERAS: dict[str, Argument] = {
    "beta_1": "beta1",
    "beta_2": "beta2",
    "epsilon": "eps",
    "weight_decay": "weight_decay",
}

TORCH_SGD: dict[str, Argument] = {
    "momentum": "momentum",
    "dampening": "dampening",
    "nesterov": "nesterov",
    "weight_decay": "weight_decay",
}
RMS: dict[str, Argument] = {
    "alpha": "alpha",
    "eps": "eps",
    "momentum": "momentum",
    "centered": "centered",
    "weight_decay": "weight_decay",
}
EITHER_DECAY: dict[str, Argument] = {
    "weight_decay": "weight_decay",
    "weight_decouple": decay("decoupled", "coupled"),
    "fixed_decay": only(False, "decay that does not go with the learning rate"),
}
CAUTION: dict[str, Argument] = {
    "caution": only(False, "a cautious variant"),
    "corrected_weight_decay": None,  # lr**2 over the largest lr, which is lr while that is constant
}
CAUTIOUS: dict[str, Argument] = {
    "cautious": only(False, "a cautious variant"),
    "use_gc": only(False, "centralised gradients"),
    "adanorm": only(False, "gradients of averaged length"),
}
KERAS_DECAY: dict[str, Argument] = {"weight_decay": _decayed}
INSIDE: Settings = {"eps_inside_sqrt": True}
NO_DECAY_LEFT = "its coupled decay does nothing: it is added to a gradient that has been used"

# Gradient descent, momentum, signs, and steps that shrink with all gradients so far.
SIMPLE: dict[str, Row | str] = {
    "torch:SGD": Row("sgd", TORCH_SGD, lr=1e-3),
    "pytorch_optimizer:SGD": Row("sgd", TORCH_SGD, lr=1e-3),
    "optax:sgd": Row(
        "sgd",
        {
            "momentum": lambda value: {"momentum": value or 0.0},
            "nesterov": "nesterov",
            "accumulator_dtype": only(None, "another precision"),
        },
    ),
    "keras:SGD": Row(
        "sgd",
        KERAS_DECAY | {"momentum": "momentum", "nesterov": "nesterov"},
        {"decay": "decoupled"},
        lr=0.01,
    ),
    "timm:SGDW": Row("sgdw", TORCH_SGD | CAUTION, {"momentum": 0.0, "weight_decay": 0.0}, lr=1e-3),
    "pytorch_optimizer:SGDW": Row("sgd", TORCH_SGD | EITHER_DECAY, {"decay": "decoupled"}, lr=1e-4),
    "torch_optimizer:SGDW": "it takes lr * weight_decay from every parameter, however large that is",
    "pytorch_optimizer:QHM": Row(
        "qhm",
        EITHER_DECAY | {"momentum": "momentum", "nu": "nu"},
        {"momentum": 0.0, "nu": 1.0},
        lr=1e-3,
    ),
    "torch_optimizer:QHM": Row(
        "qhm",
        {
            "momentum": "momentum",
            "nu": "nu",
            "weight_decay": "weight_decay",
            "weight_decay_type": lambda value: {"decay": "coupled" if value == "grad" else "decoupled"},
        },
        {"momentum": 0.0},
        lr=1e-3,
    ),
    "pytorch_optimizer:AggMo": Row("aggmo", EITHER_DECAY | {"betas": "betas"}, lr=1e-3),
    "torch_optimizer:AggMo": Row("aggmo", {"betas": "betas", "weight_decay": "weight_decay"}, lr=1e-3),
    "pytorch_optimizer:AccSGD": Row(
        "accsgd",
        {"kappa": "kappa", "xi": "xi", "constant": "constant", "weight_decay": "weight_decay"},
        lr=1e-3,
    ),
    "torch_optimizer:AccSGD": Row(
        "accsgd",
        {"kappa": "kappa", "xi": "xi", "small_const": "constant", "weight_decay": "weight_decay"},
        lr=1e-3,
    ),
    "torch:ASGD": Row(
        "asgd",
        {"lambd": "lambd", "alpha": "alpha", "t0": "t0", "weight_decay": "weight_decay"},
        lr=1e-2,
    ),
    "pytorch_optimizer:ASGD": "another method of this name, with a learning rate that follows the curvature",
    "pytorch_optimizer:SGDP": Row(
        "sgdp",
        TORCH_SGD
        | EITHER_DECAY
        | {
            "delta": "delta",
            "wd_ratio": "wd_ratio",
            "eps": "eps",
            "weight_decouple": only(True, NO_DECAY_LEFT),
        },
        lr=1e-3,
    ),
    "timm:SGDP": Row("sgdp", TORCH_SGD | CAUTION | {"delta": "delta", "wd_ratio": "wd_ratio", "eps": "eps"}),
    "torch_optimizer:SGDP": "it projects its momentum too, as the step is taken in the buffer itself",
    "optax:sign_sgd": Row("signsgd"),
    "optax:signum": Row("signum", {"beta": "momentum", "accumulator_dtype": only(None, "another precision")}),
    "pytorch_optimizer:SignSGD": Row("signum", EITHER_DECAY | {"momentum": "momentum"}, lr=1e-3),
    "pytorch_optimizer:Tiger": Row("tiger", EITHER_DECAY | {"beta": "beta"}, lr=1e-3),
    "lion_pytorch:Lion": Row(
        "lion",
        {
            "betas": ("beta1", "beta2"),
            "weight_decay": "weight_decay",
            "use_triton": None,
            "decoupled_weight_decay": only(False, "decay that does not go with the learning rate"),
        },
        lr=1e-4,
    ),
    "pytorch_optimizer:Lion": Row(
        "lion",
        EITHER_DECAY
        | CAUTIOUS
        | {"betas": ("beta1", "beta2"), "cautious": _rule("cautious_lion", rescale="plus_one")},
        lr=1e-4,
    ),
    "timm:Lion": Row(
        "lion",
        CAUTION
        | {
            "betas": ("beta1", "beta2"),
            "weight_decay": "weight_decay",
            "caution": _rule("cautious_lion"),
        },
        lr=1e-4,
    ),
    "optax:lion": Row(
        "lion",
        {
            "b1": "beta1",
            "b2": "beta2",
            "weight_decay": "weight_decay",
            "mu_dtype": only(None, "another precision"),
        },
        {"weight_decay": 1e-3},
    ),
    "keras:Lion": Row("lion", KERAS_DECAY | {"beta_1": "beta1", "beta_2": "beta2"}, lr=1e-3),
    "torch:Rprop": Row(
        "rprop",
        {"etas": ("eta_minus", "eta_plus"), "step_sizes": ("step_min", "step_max")},
        lr=1e-2,
    ),
    "optax:rprop": "it takes in each step the step of the gradient before (optax pull request 1725)",
    "torch:Adagrad": Row(
        "adagrad",
        {
            "lr_decay": "lr_decay",
            "weight_decay": "weight_decay",
            "initial_accumulator_value": "initial",
            "eps": "eps",
        },
        lr=1e-2,
    ),
    "optax:adagrad": Row(
        "adagrad",
        {"initial_accumulator_value": "initial", "eps": "eps"},
        INSIDE | {"initial": 0.1, "eps": 1e-7},
    ),
    "keras:Adagrad": Row(
        "adagrad",
        KERAS_DECAY | {"initial_accumulator_value": "initial", "epsilon": "eps"},
        INSIDE | {"initial": 0.1, "eps": 1e-7, "decay": "decoupled"},
        lr=1e-3,
    ),
    "torch:Adadelta": Row("adadelta", {"rho": "rho", "eps": "eps", "weight_decay": "weight_decay"}, lr=1.0),
    "optax:adadelta": Row("adadelta", {"rho": "rho", "eps": "eps", "weight_decay": "weight_decay"}),
    "pytorch_optimizer:AdaDelta": Row("adadelta", EITHER_DECAY | {"rho": "rho", "eps": "eps"}, lr=1.0),
    "keras:Adadelta": Row(
        "adadelta",
        KERAS_DECAY | {"rho": "rho", "epsilon": "eps"},
        {"rho": 0.95, "eps": 1e-7, "decay": "decoupled"},
        lr=1e-3,
    ),
    "torch:RMSprop": Row("rmsprop", RMS, lr=1e-2),
    "pytorch_optimizer:RMSprop": Row("rmsprop", RMS, lr=1e-2),
    "optax:rmsprop": Row(
        "rmsprop",
        {
            "decay": "alpha",
            "eps": "eps",
            "initial_scale": "initial",
            "eps_in_sqrt": "eps_inside_sqrt",
            "centered": "centered",
            "momentum": lambda value: {"momentum": value or 0.0},
            # Without a momentum there is none to look ahead with.
            "nesterov": "nesterov",
            "bias_correction": "bias_correction",
        },
        INSIDE | {"alpha": 0.9, "lr_inside": True},
    ),
    "keras:RMSprop": Row(
        "rmsprop",
        KERAS_DECAY | {"rho": "alpha", "momentum": "momentum", "epsilon": "eps", "centered": "centered"},
        INSIDE | {"alpha": 0.9, "eps": 1e-7, "lr_inside": True, "decay": "decoupled"},
        lr=1e-3,
    ),
    "timm:RMSpropTF": Row(
        "rmsprop",
        RMS | CAUTION | {"decoupled_decay": decay("decoupled", "coupled"), "lr_in_momentum": "lr_inside"},
        INSIDE | {"alpha": 0.9, "eps": 1e-10, "initial": 1.0, "lr_inside": True},
        lr=1e-2,
    ),
    "pytorch_optimizer:SM3": Row("sm3", {"momentum": "momentum", "beta": "beta", "eps": "eps"}, lr=0.1),
    "optax:sm3": Row("sm3", {"momentum": "momentum"}, {"momentum": 0.9, "eps": 1e-8}),
    "pytorch_optimizer:FTRL": Row(
        "ftrl",
        {
            "beta": "beta",
            "lambda_1": "lambda1",
            "lambda_2": "lambda2",
            "lr_power": only(-0.5, "it keeps the root in the step whatever the power"),
        },
        lr=1e-3,
    ),
    "keras:Ftrl": Row(
        "ftrl",
        KERAS_DECAY
        | {
            "beta": "beta",
            "initial_accumulator_value": "initial",
            "l1_regularization_strength": "lambda1",
            "l2_regularization_strength": lambda value: {"lambda2": 2.0 * value},
            "l2_shrinkage_regularization_strength": only(0.0, "a second decay, in z alone"),
            "learning_rate_power": only(-0.5, "a power other than the root"),
        },
        {"initial": 0.1},
        lr=1e-3,
    ),
    "pytorch_optimizer:Kate": Row("kate", EITHER_DECAY | {"delta": "delta", "eps": "eps"}, lr=1e-3),
    "pytorch_optimizer:MADGRAD": Row(
        "madgrad",
        {
            "momentum": "momentum",
            "eps": "eps",
            "weight_decay": "weight_decay",
            "weight_decouple": only(False, "decoupled decay of a point that is made anew from the start"),
        },
        lr=1e-3,
    ),
    "timm:MADGRAD": Row(
        "madgrad",
        {
            "momentum": "momentum",
            "eps": "eps",
            "weight_decay": "weight_decay",
            "decoupled_decay": only(False, "decoupled decay of a point that is made anew from the start"),
        },
        lr=1e-2,
    ),
    "optax:contrib.madgrad": "it takes lr * sqrt(t) in single precision, so that paths agree to 1e-8 only",
}

# Adam and what was made of it.
OPTAX_ADAM: dict[str, Argument] = OPTAX | {
    "eps_root": only(0.0, "an eps inside the root and another outside"),
    "mu_dtype": only(None, "another precision"),
    "mask": only(None, "parameters that do not decay"),
}
KERAS_ADAM: dict[str, Argument] = KERAS | KERAS_DECAY
KERAS_HAT: Settings = {"eps": 1e-7, "eps_hat": True, "decay": "decoupled"}
TORCH_ADAM: dict[str, Argument] = BETAS | {"decoupled_weight_decay": decay("decoupled", "coupled")}
PO_ADAM: dict[str, Argument] = (
    BETAS
    | EITHER_DECAY
    | CAUTIOUS
    | {
        "ams_bound": only(False, "this rule with AMSGrad's maximum"),
        "adam_debias": only(False, "a step whose average is not corrected"),
        "stable_adamw": only(False, "this rule with the step size of StableAdamW"),
    }
)
TIMM_ADAM: dict[str, Argument] = (
    BETAS | CAUTION | {"clipping_threshold": only(None, "this rule with the step size of StableAdamW")}
)
THREE_BETAS: dict[str, Argument] = {"betas": ("beta1", "beta2", "beta3")}
UNCOUPLED: dict[str, Argument] = {"weight_decouple": only(True, NO_DECAY_LEFT)}


def _optax_amsgrad(given: Settings) -> Row | str:
    corrects = {given.get(f"bias_correction_{moment}", True) for moment in ("mu", "nu")}
    if len(corrects) == 2:
        return "one average corrected and the other not"
    arguments: dict[str, Argument] = {"bias_correction_mu": None, "bias_correction_nu": None}
    return Row("amsgrad", OPTAX_ADAM | arguments, {"max_corrected": True, "bias_correction": corrects.pop()})


def _po_adabelief(given: Settings) -> Row | str:
    if given.get("rectify") and given.get("ams_bound"):
        return "AMSGrad's maximum in a rectified step"
    return Row("adabelief", PO_ADAM | BELIEF | {"ams_bound": "amsgrad"}, lr=1e-3)


def _po_mars(given: Settings) -> Row | str:
    if given.get("mars_type") == "shampoo":
        return "MARS of Shampoo, which is computed in bfloat16"
    arguments: dict[str, Argument] = {
        "gamma": "gamma",
        "mars_type": "mars_type",
        "optimize_1d": "optimize_1d",
        "lr_1d": None,
        "betas_1d": ("beta1_1d", "beta2_1d"),
        "weight_decay_1d": "weight_decay_1d",
    }
    factor = given.get("lr_1d", 3e-3) / given.get("lr", 3e-3)
    return Row(
        "mars", PO_ADAM | UNCOUPLED | arguments, {"optimize_1d": False, "lr_1d_factor": factor}, lr=3e-3
    )


def _timm_mars(given: Settings) -> Row | str:
    betas = given.get("betas_1d") or given.get("betas", (0.9, 0.99))
    decays = given.get("weight_decay", 0.0)
    arguments: dict[str, Argument] = {
        "gamma": "gamma",
        "mars_type": "mars_type",
        "optimize_1d": "optimize_1d",
        "lr_1d_factor": "lr_1d_factor",
        "betas_1d": None,
    }
    settings = {
        "beta1": 0.9,
        "beta1_1d": betas[0],
        "beta2_1d": betas[1],
        "weight_decay_1d": decays,
        "correct_first": False,
        "optimize_1d": False,
        "eps_hat": False,
        "eps_root": 0.0,
    }
    return Row("mars", TIMM_ADAM | arguments, settings, lr=3e-3)


BELIEF: dict[str, Argument] = {
    "eps": lambda eps: {"eps": eps, "eps_root": eps},
    "rectify": "rectify",
    "degenerated_to_sgd": only(True, "a rectified AdaBelief that rests in the first steps"),
    "n_sma_threshold": only(5, "another threshold of the rectified AdaBelief"),
}
ADAPTIVE: dict[str, Row | str | Callable[[Settings], Row | str]] = {
    "torch:Adam": Row("adam", TORCH_ADAM | {"amsgrad": _rule("amsgrad")}, lr=1e-3),
    "torch:AdamW": Row(
        "adamw",
        BETAS | {"amsgrad": _rule("amsgrad", decay="decoupled")},
        {"weight_decay": 0.01},
        lr=1e-3,
    ),
    "optax:adam": Row("adam", OPTAX_ADAM | {"nesterov": _rule("nadam", schedule="constant")}),
    "optax:adamw": Row(
        "adamw",
        OPTAX_ADAM | {"nesterov": _rule("nadam", schedule="constant", decay="decoupled")},
        {"weight_decay": 1e-4},
    ),
    "keras:Adam": Row("adam", KERAS_ADAM | {"amsgrad": _rule("amsgrad")}, KERAS_HAT, lr=1e-3),
    "keras:AdamW": Row(
        "adam", KERAS_ADAM | {"amsgrad": _rule("amsgrad")}, KERAS_HAT | {"weight_decay": 4e-3}, lr=1e-3
    ),
    "timm:AdamWLegacy": Row(
        "adamw",
        TIMM_ADAM | {"amsgrad": _rule("amsgrad", decay="decoupled"), "caution": _rule("cautious_adamw")},
        {"weight_decay": 0.01},
        lr=1e-3,
    ),
    "optax:amsgrad": _optax_amsgrad,
    "torch:Adamax": Row("adamax", BETAS, lr=2e-3),
    "pytorch_optimizer:AdaMax": Row("adamax", PO_ADAM, lr=1e-3),
    "optax:adamax": Row("adamax", OPTAX),
    "optax:adamaxw": Row("adamax", OPTAX, {"weight_decay": 1e-4, "decay": "decoupled"}),
    "keras:Adamax": Row(
        "adamax", KERAS_ADAM, {"eps": 1e-7, "eps_inside_max": False, "decay": "decoupled"}, lr=1e-3
    ),
    "torch:NAdam": Row("nadam", TORCH_ADAM | {"momentum_decay": "momentum_decay"}, lr=2e-3),
    "optax:nadam": Row("nadam", OPTAX_ADAM, {"schedule": "constant"}),
    "optax:nadamw": Row(
        "nadam", OPTAX_ADAM, {"schedule": "constant", "weight_decay": 1e-4, "decay": "decoupled"}
    ),
    "keras:Nadam": Row(
        "nadam", KERAS_ADAM, {"eps": 1e-7, "momentum_decay": 1.0, "decay": "decoupled"}, lr=1e-3
    ),
    "timm:NAdamW": Row("nadamw", TIMM_ADAM, lr=1e-3),
    "torch:RAdam": Row("radam", TORCH_ADAM, lr=1e-3),
    "optax:radam": Row(
        "radam",
        OPTAX_ADAM | {"threshold": "threshold", "nesterov": only(False, "RAdam with Nesterov's momentum")},
        {"eps_hat": False},
    ),
    "pytorch_optimizer:RAdam": Row(
        "radam",
        PO_ADAM
        | {
            "weight_decouple": only(True, "its coupled weight decay does nothing"),
            "n_sma_threshold": "threshold",
            "degenerated_to_sgd": "degenerated_to_sgd",
        },
        {"degenerated_to_sgd": False, "decay": "decoupled"},
        lr=1e-3,
    ),
    "pytorch_optimizer:QHAdam": Row(
        "qhadam", PO_ADAM | {"nus": ("nu1", "nu2")}, {"beta1": 0.9, "nu1": 1.0, "nu2": 1.0}, lr=1e-3
    ),
    "timm:LaProp": Row("laprop", TIMM_ADAM, lr=4e-4),
    "pytorch_optimizer:LaProp": Row(
        "laprop",
        PO_ADAM
        | {
            **UNCOUPLED,
            "centered": only(False, "LaProp that divides by the variance"),
            "steps_before_using_centered": None,
        },
        {"eps_hat": True, "eps_root": 1e-15},
        lr=4e-4,
    ),
    "pytorch_optimizer:StableAdamW": Row("stableadamw", PO_ADAM | {"kahan_sum": None}, lr=1e-3),
    "adabelief_pytorch:AdaBelief": Row(
        "adabelief",
        BETAS
        | BELIEF
        | {
            "amsgrad": "amsgrad",
            "weight_decouple": decay("decoupled", "coupled"),
            "fixed_decay": only(False, "decay that does not go with the learning rate"),
        },
        {"rectify": True},
        lr=1e-3,
    ),
    "timm:AdaBelief": Row(
        "adabelief",
        BETAS
        | BELIEF
        | {
            "amsgrad": "amsgrad",
            "decoupled_decay": decay("decoupled", "coupled"),
            "fixed_decay": only(False, "decay that does not go with the learning rate"),
        },
        {"rectify": True},
        lr=1e-3,
    ),
    "pytorch_optimizer:AdaBelief": _po_adabelief,
    "optax:adabelief": Row(
        "adabelief",
        OPTAX | {"eps_root": "eps_root", "nesterov": only(False, "AdaBelief with Nesterov's momentum")},
    ),
    "pytorch_optimizer:Yogi": Row("yogi", PO_ADAM | {"initial_accumulator": "initial_accumulator"}, lr=1e-2),
    "optax:yogi": Row("yogi", OPTAX),
    "pytorch_optimizer:DiffGrad": Row(
        "diffgrad",
        PO_ADAM
        | {
            "rectify": only(False, "DiffGrad with RAdam's start"),
            "degenerated_to_sgd": None,
            "n_sma_threshold": None,
        },
        lr=1e-3,
    ),
    "pytorch_optimizer:AdaBound": Row(
        "adabound", PO_ADAM | {"final_lr": "final_lr", "gamma": "gamma", "ams_bound": "amsbound"}, lr=1e-3
    ),
    "pytorch_optimizer:AdaMod": Row("adamod", PO_ADAM | THREE_BETAS, lr=1e-3),
    "pytorch_optimizer:AdaShift": Row(
        "adashift",
        {
            "betas": ("beta1", "beta2"),
            "eps": "eps",
            "keep_num": "keep_num",
            "reduce_func": lambda told: only(None, "another reduction")(told) or {"reduce": "none"},
            "cautious": only(False, "this rule with caution"),
        },
        lr=1e-3,
    ),
    "pytorch_optimizer:AvaGrad": Row("avagrad", PO_ADAM, lr=0.1),
    "pytorch_optimizer:ADOPT": Row("adopt", PO_ADAM, {"clip_lag": 0}, lr=1e-3),
    "timm:Adopt": Row(
        "adopt",
        TIMM_ADAM
        | {"clip_exp": "clip_exponent", "decoupled": only(False, "decay that spares the first step")},
        {"clip_exponent": 0.333},
        lr=1e-3,
    ),
    "optax:contrib.adopt": Row(
        "adopt",
        OPTAX
        | {
            "use_clipping": lambda clips: {} if clips else {"clip_exponent": None},
            "nesterov": only(False, "ADOPT with Nesterov's momentum"),
        },
    ),
    "optax:contrib.acprop": Row("acprop", OPTAX | {"eps_root": "eps_root"}),
    "timm:Adan": Row(
        "adan",
        TIMM_ADAM | {**THREE_BETAS, "no_prox": decay("decoupled", "prox")},
        lr=1e-3,
    ),
    "pytorch_optimizer:Adan": Row(
        "adan",
        PO_ADAM
        | {
            **THREE_BETAS,
            "weight_decouple": decay("decoupled", "prox"),
            "max_grad_norm": only(0.0, "gradients of a bounded length"),
        },
        lr=1e-3,
    ),
    "optax:adan": "optax 0.2.8 has 1 - b2 in Adan where b2 belongs",
    "pytorch_optimizer:AdEMAMix": Row(
        "ademamix",
        PO_ADAM | {**THREE_BETAS, "alpha": "alpha", "t_alpha_beta3": "warmup"},
        lr=1e-3,
    ),
    "optax:contrib.ademamix": Row(
        "ademamix", OPTAX_ADAM | {"b3": "beta3", "alpha": "alpha"}, {"decay": "decoupled"}
    ),
    "pytorch_optimizer:SimplifiedAdEMAMix": Row(
        "simplified_ademamix",
        PO_ADAM | {"alpha": "alpha", "beta1_warmup": "beta1_warmup", "min_beta1": "min_beta1"},
        {"averaged": True},
        lr=1e-4,
    ),
    "optax:contrib.simplified_ademamix": Row("simplified_ademamix", OPTAX_ADAM | {"alpha": "alpha"}),
    "pytorch_optimizer:MARS": _po_mars,
    "timm:Mars": _timm_mars,
    "torch_optimizer:AdaBelief": Row(
        "adabelief",
        BETAS
        | BELIEF
        | {
            **EITHER_DECAY,
            "rectify": only(False, "a rectified AdaBelief with another threshold and no correction of m"),
            "amsgrad": only(False, "its eps adds up in the maximum and not in s"),
        },
        {"eps": 1e-8, "eps_root": 1e-8, "decay": "coupled"},
        lr=1e-3,
    ),
    "torch_optimizer:AdaBound": Row(
        "adabound",
        BETAS | {"final_lr": "final_lr", "gamma": "gamma", "amsbound": "amsbound"},
        {"eps_root": 0.0, "decay": "coupled"},
        lr=1e-3,
    ),
    "torch_optimizer:AdaMod": Row(
        "adamod", BETAS | {"beta3": "beta3"}, {"beta2": 0.999, "beta3": 0.999}, lr=1e-3
    ),
    "torch_optimizer:AdamP": Row(
        "adamp", BETAS | {"delta": "delta", "wd_ratio": "wd_ratio", "nesterov": "nesterov"}, lr=1e-3
    ),
    "torch_optimizer:DiffGrad": Row("diffgrad", BETAS, {"eps_root": 0.0, "decay": "coupled"}, lr=1e-3),
    "torch_optimizer:QHAdam": Row(
        "qhadam",
        BETAS | {"nus": ("nu1", "nu2"), "decouple_weight_decay": decay("decoupled", "coupled")},
        {"beta1": 0.9, "nu1": 1.0, "nu2": 1.0},
        lr=1e-3,
    ),
    "torch_optimizer:RAdam": "it computes in float32 whatever the parameters are",
    "torch_optimizer:Yogi": Row(
        "yogi", BETAS | {"initial_accumulator": "initial_accumulator"}, {"decay": "coupled"}, lr=1e-2
    ),
    "pytorch_optimizer:Grams": Row("grams", PO_ADAM | UNCOUPLED, lr=1e-3),
    "pytorch_optimizer:Ano": Row("ano", PO_ADAM | {"logarithmic_schedule": "logarithmic_schedule"}, lr=1e-4),
    "pytorch_optimizer:AdamP": Row(
        "adamp",
        PO_ADAM
        | {
            "delta": "delta",
            "wd_ratio": "wd_ratio",
            "nesterov": "nesterov",
            **UNCOUPLED,
        },
        {"eps_hat": True},
        lr=1e-3,
    ),
    "timm:AdamP": Row(
        "adamp", TIMM_ADAM | {"delta": "delta", "wd_ratio": "wd_ratio", "nesterov": "nesterov"}, lr=1e-3
    ),
}


# Both hand on torch's own classes.
ADAPTIVE |= {
    f"{lib}:{cls}": ADAPTIVE[f"torch:{cls}"]
    for lib, classes in {
        "pytorch_optimizer": ("Adam", "AdamW", "NAdam"),
        "timm": ("Adam", "AdamW", "Adamax", "NAdam", "RAdam"),
    }.items()
    for cls in classes
}


# Whole layers, and matrices.
def _adapted(given: Any) -> Settings:
    """timm's Adafactor scales the learning rate by the weights only where it is not given."""
    if given is None:
        return {"lr": 1e-2}
    return {"lr": given, "relative_step": False, "scale_parameter": False}


def _root_mean_square(value: Any) -> Settings:
    """optax's consistent_rms, which is 0.2 where steps are to be as long as AdamW's."""
    if value not in (None, 0.2):
        raise Unsupported("steps of another root mean square than 0.2")
    return {} if value is None else {"adjust_lr": "match_rms_adamw"}


TOGETHER = "it clips the gradient of all layers together, and a rule sees one of them"
TIMM_LARS: dict[str, Argument] = {
    "trust_coeff": "trust_coefficient",
    "momentum": "momentum",
    "dampening": only(0, "LARS with dampening"),
    "nesterov": "nesterov",
    "weight_decay": "weight_decay",
    "eps": "eps",
    "trust_clip": "larc",
    "always_adapt": "always_adapt",
}
LAYERS: dict[str, Row | str] = {
    "optax:lars": Row(
        "lars",
        {
            "trust_coefficient": "trust_coefficient",
            "momentum": "momentum",
            "nesterov": "nesterov",
            "weight_decay": "weight_decay",
            "eps": "eps",
        },
    ),
    "timm:Lars": Row(
        "lars",
        TIMM_LARS,
        {"norms_apart": True, "always_adapt": False, "momentum": 0.0, "eps": 1e-8},
        lr=1.0,
    ),
    "torch_optimizer:LARS": Row(
        "lars",
        TIMM_LARS | {"trust_coefficient": "trust_coefficient"},
        {
            "norms_apart": True,
            "always_adapt": False,
            "momentum": 0.0,
            "eps": 1e-8,
            "trust_coefficient": 0.01,
        },
        lr=1e-2,
    ),
    "pytorch_optimizer:LARS": Row(
        "lars",
        TIMM_LARS | {"trust_coefficient": "trust_coefficient"},
        {"norms_apart": True, "exclude_vectors": True},
        lr=1e-3,
    ),
    "optax:lamb": Row("lamb", OPTAX | {"eps_root": only(0, "a second eps, inside the root")}),
    "keras:Lamb": Row(
        "lamb", KERAS | {"weight_decay": _decayed}, {"eps": 1e-7, "decay": "decoupled"}, lr=1e-3
    ),
    "timm:Lamb": Row(
        "lamb",
        BETAS
        | CAUTION
        | {
            "bias_correction": "bias_correction",
            "grad_averaging": only(True, "LAMB that sums its gradients up"),
            "max_grad_norm": only(None, TOGETHER),
            "trust_clip": lambda value: {"trust_clip": 1.0 if value else None},
            "always_adapt": "always_adapt",
            "decoupled_decay": decay("decoupled", "update"),
        },
        {"always_adapt": False, "weight_decay": 0.01},
        lr=1e-3,
        given={"max_grad_norm": 1.0},
    ),
    "pytorch_optimizer:Lamb": (
        "its bias correction stands outside the ratio and makes the first step ten times lr, |p| counts as 10 at most"
    ),
    "torch_optimizer:Lamb": "it counts |p| as 10 at most",
    "pytorch_optimizer:NovoGrad": Row(
        "novograd",
        EITHER_DECAY
        | {
            "betas": ("beta1", "beta2"),
            "eps": "eps",
            "grad_averaging": "grad_averaging",
            "adam_debias": only(False, "a learning rate that is corrected as Adam's"),
        },
        lr=1e-3,
    ),
    "timm:NvNovoGrad": Row(
        "novograd",
        BETAS
        | {
            "grad_averaging": only(False, "averaging that does not spare the first step"),
            "amsgrad": only(False, "the largest v so far"),
            "decoupled_decay": decay("decoupled", "coupled"),
        },
        lr=1e-3,
    ),
    "torch_optimizer:NovoGrad": Row(
        "novograd",
        BETAS
        | {
            "grad_averaging": only(False, "averaging that does not spare the first step"),
            "amsgrad": only(False, "the largest v so far"),
        },
        {"beta2": 0.0},
        lr=1e-3,
    ),
    "optax:novograd": Row(
        "novograd",
        OPTAX | {"eps_root": only(0, "a second eps, inside the root")},
        {"beta1": 0.9, "beta2": 0.25, "eps": 1e-6},
    ),
    "pytorch_optimizer:Fromage": Row("fromage", {"p_bound": "p_bound"}, lr=1e-2),
    "optax:fromage": Row("fromage", {"min_norm": "min_norm"}, {"min_norm": 1e-6}),
    "torch:Adafactor": Row(
        "adafactor",
        {
            "beta2_decay": "beta2_decay",
            "eps": lambda value: {"eps1": 2.0**-52 if value[0] is None else value[0], "eps2": value[1]},
            "d": "d",
            "weight_decay": "weight_decay",
        },
        lr=1e-2,
    ),
    "optax:adafactor": "it takes t**beta2_decay in single precision",
    "timm:Adafactor": Row(
        "adafactor",
        {
            "lr": _adapted,
            "eps": "eps1",
            "eps_scale": "eps2",
            "clip_threshold": "d",
            "decay_rate": "beta2_decay",
            "betas": lambda value: {"beta1": value[0] if value else 0.0},
            "weight_decay": "weight_decay",
            "scale_parameter": lambda value: {} if value else {"scale_parameter": False},
            "warmup_init": only(False, "a learning rate that starts at 1e-6"),
            "min_dim_size_to_factor": lambda value: {"min_dim_size_to_factor": value + 1},
            "caution": only(False, "a cautious variant"),
        },
        {"eps1": 1e-30, "eps_added": True, "min_dim_size_to_factor": 17},
        lr=1e-2,
    ),
    "keras:Adafactor": "it takes its means in single precision",
    "pytorch_optimizer:AdaFactor": "it keeps its momentum in bfloat16 and bounds its learning rate by 0.01",
    "pytorch_optimizer:CAME": Row(
        "came",
        EITHER_DECAY
        | {
            "betas": ("beta1", "beta2", "beta3"),
            "clip_threshold": "d",
            "ams_bound": only(False, "the largest average so far"),
            "eps1": "eps1",
            "eps2": "eps2",
        },
        lr=2e-4,
    ),
    "pytorch_optimizer:Adalite": Row(
        "adalite",
        EITHER_DECAY
        | {"betas": ("beta1", "beta2")}
        | {name: name for name in ("g_norm_min", "ratio_min", "tau", "eps1", "eps2")},
        lr=1e-3,
    ),
    "pytorch_optimizer:Shampoo": Row(
        "shampoo",
        EITHER_DECAY
        | {
            "momentum": "momentum",
            "preconditioning_compute_steps": "preconditioning_compute_steps",
            "matrix_eps": "matrix_eps",
        },
        lr=1e-3,
    ),
    "torch_optimizer:Shampoo": (
        "its powers are -1/2 where the paper has -1/4, and R sums up gradients that L has already changed"
    ),
    "pytorch_optimizer:SOAP": Row(
        "soap",
        BETAS
        | {
            "shampoo_beta": "shampoo_beta",
            "precondition_frequency": "precondition_frequency",
            "precondition_1d": "precondition_1d",
            "normalize_gradient": "normalize_gradient",
            "correct_bias": "bias_correction",
            "max_precondition_dim": only(10000, "axes that are not turned"),
            "merge_dims": only(False, "axes that are merged"),
            "data_format": None,
        },
        lr=3e-3,
    ),
    "torch:Muon": Row(
        "muon",
        {
            "momentum": "momentum",
            "nesterov": "nesterov",
            "ns_coefficients": "ns_coefficients",
            "ns_steps": "ns_steps",
            "eps": "eps",
            "adjust_lr_fn": lambda value: {"adjust_lr": value or "original"},
            "weight_decay": "weight_decay",
        },
        lr=1e-3,
    ),
    "muon-optimizer:SingleDeviceMuon": Row(
        "muon",
        {"momentum": "momentum", "weight_decay": "weight_decay"},
        {"eps_added": True, "weight_decay": 0.0},
        lr=0.02,
    ),
    "optax:contrib.muon": Row(
        "muon",
        {
            "beta": "momentum",
            "nesterov": "nesterov",
            "ns_coeffs": "ns_coefficients",
            "ns_steps": "ns_steps",
            "eps": "eps",
            "adaptive": "adaptive",
            "weight_decay": "weight_decay",
            "consistent_rms": _root_mean_square,
            "preconditioning": only("frobenius", "another length to divide by"),
        },
        {
            "bias_correction": True,
            "eps": 1e-8,
            "eps_added": True,
            "adjust_lr": "original_transposed",
            "weight_decay": 0.0,
        },
    ),
    "pytorch_optimizer:Muon": Row(
        "muon",
        {
            "momentum": "momentum",
            "nesterov": "nesterov",
            "ns_steps": "ns_steps",
            "weight_decay": "weight_decay",
            "weight_decouple": only(True, "decay that goes through the momentum"),
            "use_adjusted_lr": lambda value: {"adjust_lr": "match_rms_adamw" if value else "original"},
        },
        {"weight_decay": 0.0},
        lr=0.02,
    ),
}

AVERAGE: dict[str, Argument] = {
    "weight_decay": "weight_decay",
    "warmup_steps": "warmup",
    "r": "r",
    "weight_lr_power": "weight_lr_power",
}
SCHEDULE_FREE_SGD = AVERAGE | {"momentum": "momentum"}
SCHEDULE_FREE_ADAM = AVERAGE | BETAS
SCHEDULE_FREE_OPTAX: dict[str, Argument] = {
    "b1": "momentum",
    "weight_decay": _decayed,
    "weight_lr_power": "weight_lr_power",
    "warmup_steps": only(None, "in optax each step of z is one warmup step behind its weight in the average"),
    "state_dtype": only(None, "another precision"),
}
DOG: dict[str, Argument] = {
    "reps_rel": "reps_rel",
    "eps": "eps",
    "weight_decay": "weight_decay",
    "init_eta": only(None, "a first step by a learning rate"),
}
DADAPT: dict[str, Argument] = {
    "d0": "d0",
    "growth_rate": _finite("growth_rate"),
    "weight_decay": "weight_decay",
    "log_every": None,
    "fsdp_in_use": None,
}
MOMO: dict[str, Argument] = {
    "lower_bound": "f_star",
    "weight_decay": "weight_decay",
    "adapt_lower_bound": only(False, "a lower bound of the loss that is estimated on the way"),
}
PRODIGY: dict[str, Argument] = BETAS | {"beta3": "beta3", "safeguard_warmup": "safeguard_warmup"}

# Both draw the Hessian's diagonal at random unless they are handed the exact one, as here.
HANDED: dict[str, Argument] = {
    **BETAS,
    "weight_decouple": decay("decoupled", "coupled"),
    "fixed_decay": only(False, "decay that does not go with the learning rate"),
    "update_period": "update_period",
    "num_samples": None,
    "hessian_distribution": None,
}
WOLFE: dict[str, Argument] = {"c1": "c1", "c2": "c2", "gtol": None, "xrtol": None, "norm": None}
SOPHIA = Row("sophia_h", {**HANDED, "p": "clip"}, lr=0.06)
ADAHESSIAN = Row(
    "adahessian",
    {
        **HANDED,
        "hessian_power": "hessian_power",
        "adam_debias": only(False, "an average gradient that is not corrected"),
    },
    lr=0.1,
)

# Second order, line searches, steps without a learning rate, averages, wrappers.
OTHERS: dict[str, Row | str] = {
    "torch:LBFGS": Row(
        "lbfgs",
        {
            "history_size": "history",
            "max_iter": "max_iter",
            "max_eval": "max_eval",
            "tolerance_grad": "tolerance_grad",
            "tolerance_change": "tolerance_change",
            "line_search_fn": lambda name: {"line_search": name or "none"},
        },
        {"max_iter": 20, "max_eval": None, "line_search": "none"},
        lr=1.0,
    ),
    "optax:lbfgs": "scales its first step and searches along the line in another way",
    **dict.fromkeys(("pytorch_optimizer:SophiaH", "pytorch_optimizer:sophiah"), SOPHIA),
    **dict.fromkeys(("pytorch_optimizer:AdaHessian", "pytorch_optimizer:adahessian"), ADAHESSIAN),
    "timm:Adahessian": Row(
        "adahessian",
        {
            **BETAS,
            "hessian_power": "hessian_power",
            "update_each": only(1, "between its looks at the curvature it averages the last one again"),
            "n_samples": None,
            "avg_conv_kernel": None,
        },
        {"eps": 1e-8},
        lr=0.1,
    ),
    "scipy:BFGS": Row("bfgs", WOLFE, lr=1.0),
    "scipy:CG": Row("conjugate_gradient", WOLFE, lr=1.0),
    "torch_optimizer:Adahessian": "draws the Hessian's diagonal at random",
    "optax:contrib.sophia": "draws the Hessian's diagonal at random",
    "wrapper:po.Lookahead": Row(
        "lookahead", {"k": "every", "alpha": "alpha", "pullback_momentum": "pullback"}
    ),
    "wrapper:optax.lookahead": Row(
        "lookahead",
        {
            **{"k": "every", "sync_period": "every", "alpha": "alpha", "slow_step_size": "alpha"},
            "reset_state": only(False, "forgets all that the rule inside knew, and not its momentum alone"),
        },
    ),
    "wrapper:timm.Lookahead": "takes its slow weights from the fast ones at the first pull",
    "wrapper:torch_optimizer.Lookahead": "pulls after steps 1, 1 + k, 1 + 2k, ...",
    "wrapper:po.SAM": Row(
        "sam",
        {
            "rho": "rho",
            "perturb_eps": "eps",
            "adaptive": lambda yes: {"rule": "asam"} if yes else {},
            "use_gc": only(False, "no setting centres the gradient"),
        },
    ),
    "schedulefree:SGDScheduleFree": Row("schedulefree_sgd", SCHEDULE_FREE_SGD, lr=1.0),
    "schedulefree:AdamWScheduleFree": Row("schedulefree_adamw", SCHEDULE_FREE_ADAM, lr=0.0025),
    "schedulefree:RAdamScheduleFree": Row(
        "schedulefree_radam",
        SCHEDULE_FREE_ADAM | {"silent_sgd_phase": "silent_sgd_phase"},
        lr=0.0025,
    ),
    "pytorch_optimizer:ScheduleFreeSGD": Row("schedulefree_sgd", SCHEDULE_FREE_SGD | {"eps": None}, lr=1.0),
    "pytorch_optimizer:ScheduleFreeAdamW": Row(
        "schedulefree_adamw",
        SCHEDULE_FREE_ADAM
        | {
            "decoupling_c": only(0, "a second weight of the average"),
            "ams_bound": only(False, "Schedule-Free of AMSGrad"),
        },
        lr=0.0025,
    ),
    "pytorch_optimizer:ScheduleFreeRAdam": Row(
        "schedulefree_radam",
        SCHEDULE_FREE_ADAM
        | {"silent_sgd_phase": only(True, "its learning rate is 1 in the first steps, whatever lr is")},
        lr=0.0025,
    ),
    "keras:ScheduleFreeAdamW": Row(
        "schedulefree_adamw",
        KERAS | {"warmup_steps": "warmup", "weight_decay": only(None, "decay that is not of the gradient")},
        {"weight_lr_power": 0.0},
        lr=0.0025,
    ),
    "optax:contrib.schedule_free_sgd": Row("schedulefree_sgd", SCHEDULE_FREE_OPTAX, lr=1.0),
    "optax:contrib.schedule_free_adamw": Row(
        "schedulefree_adamw", OPTAX | SCHEDULE_FREE_OPTAX | {"b1": "beta1"}, lr=0.0025
    ),
    "dog:DoG": Row("dog", DOG, lr=1.0),
    "dog:LDoG": Row("ldog", DOG, lr=1.0),
    "dog-optimizer:DoG": Row("dog", DOG, lr=1.0),
    "dog-optimizer:LDoG": Row("ldog", DOG, lr=1.0),
    "optax:contrib.dog": Row(
        "dog", {"init_step": _first_distance, "eps": "eps", "weight_decay": _decayed}, lr=1.0
    ),
    "optax:contrib.dowg": Row(
        "dowg",
        {"init_estim_sq_dist": _root_of("r0"), "eps": "eps", "weight_decay": _decayed},
        lr=1.0,
    ),
    "dadaptation:DAdaptSGD": Row("dadapt_sgd", DADAPT | {"momentum": "momentum"}, lr=1.0),
    "dadaptation:DAdaptAdaGrad": Row(
        "dadapt_adagrad", DADAPT | {"momentum": "momentum", "eps": "eps"}, lr=1.0
    ),
    "dadaptation:DAdaptAdam": Row(
        "dadapt_adam",
        BETAS
        | DADAPT
        | {"decouple": decay("decoupled", "coupled"), "use_bias_correction": "bias_correction"},
        lr=1.0,
    ),
    "dadaptation:DAdaptLion": Row("dadapt_lion", BETAS | DADAPT, lr=1.0),
    "pytorch_optimizer:DAdaptAdaGrad": Row(
        "dadapt_adagrad",
        DADAPT
        | {
            "momentum": "momentum",
            "eps": "eps",
            "weight_decouple": only(False, "its decoupled decay goes by lr and not by d * lr"),
            "fixed_decay": None,
        },
        {"eps": 0.0},
        lr=1.0,
    ),
    "pytorch_optimizer:DAdaptSGD": "it takes the norm of the first gradient in single precision",
    "pytorch_optimizer:AliG": "it takes the norm of the gradient in single precision",
    "pytorch_optimizer:DAdaptAdam": Row(
        "dadapt_adam",
        BETAS
        | DADAPT
        | {
            "weight_decouple": decay("decoupled", "coupled"),
            "bias_correction": "bias_correction",
            "fixed_decay": only(False, "decay that does not go with the learning rate"),
        },
        lr=1.0,
    ),
    "pytorch_optimizer:DAdaptLion": Row(
        "dadapt_lion",
        BETAS
        | DADAPT
        | {
            "weight_decouple": decay("decoupled", "coupled"),
            "fixed_decay": only(False, "decay that does not go with the learning rate"),
        },
        {"beta2": 0.999, "decay": "coupled"},
        lr=1.0,
    ),
    "optax:polyak_sgd": Row(
        "polyak",
        {
            "scaling": only(1.0, "optax divides by scaling where its documentation multiplies"),
            "max_learning_rate": "max_lr",
            "f_min": "f_star",
            "eps": "eps",
            "variant": only("sps", "a step of 0 in place of one uphill where f_min is above the loss"),
        },
        {"max_lr": 1.0},
        lr=1.0,
    ),
    "optax:contrib.momo": Row("momo", MOMO | {"beta": "beta"}, lr=1.0),
    "optax:contrib.momo_adam": Row("momo_adam", OPTAX | MOMO, lr=1e-2),
    "optax:contrib.cocob": Row(
        "cocob", {"alpha": "alpha", "eps": "eps", "weight_decay": "weight_decay"}, lr=1.0
    ),
    "optax:contrib.dadapt_adamw": Row(
        "dadapt_adam",
        BETAS | {"estim_lr0": "d0"},
        {"bias_correction": True, "decay": "decoupled"},
        lr=1.0,
    ),
    "prodigyopt:Prodigy": Row(
        "prodigy",
        PRODIGY
        | {
            "growth_rate": _finite("growth_rate"),
            "d0": "d0",
            "d_coef": "d_coef",
            "decouple": decay("decoupled", "coupled"),
            "use_bias_correction": "bias_correction",
            "fsdp_in_use": None,
            "slice_p": only(1, "sums over every few parameters only"),
        },
        lr=1.0,
    ),
    "pytorch_optimizer:Prodigy": Row(
        "prodigy",
        PRODIGY
        | {
            "growth_rate": _finite("growth_rate"),
            "d0": "d0",
            "d_coef": "d_coef",
            "weight_decouple": only(True, "its coupled weight decay comes after the gradient was used"),
            "bias_correction": "bias_correction",
            "fixed_decay": only(False, "decay that does not go with the learning rate"),
        },
        lr=1.0,
    ),
    "optax:contrib.prodigy": Row(
        "prodigy",
        PRODIGY | {"estim_lr0": "d0", "estim_lr_coef": "d_coef"},
        {"bias_correction": True},
        lr=1.0,
    ),
}

# By names in lower case, as pytorch_optimizer knows each of its classes by that too.
TABLE: dict[str, Row | str | Callable[[Settings], Row | str]] = {
    name.lower(): row for name, row in (SIMPLE | ADAPTIVE | LAYERS | OTHERS).items()
}
