"""Adam and its kin in other libraries, as rules of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.reference.rows import (
    BETAS,
    CAUTION,
    CAUTIOUS,
    EITHER_DECAY,
    KERAS,
    KERAS_DECAY,
    NO_DECAY_LEFT,
    OPTAX,
    Argument,
    Row,
    Settings,
    choose,
    decay,
    only,
)

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


def _optax_nadam(given: Settings, **settings: Any) -> Row | str:
    arguments: dict[str, Argument] = OPTAX_ADAM | {"nesterov": None}
    if not given.get("nesterov", True):
        return Row("adam", arguments, settings)
    return Row("nadam", arguments, {"schedule": "constant", **settings})


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
    settings = {"optimize_1d": False, "lr_1d_factor": factor, "weight_decay_1d": 0.1}
    return Row("mars", PO_ADAM | UNCOUPLED | arguments, settings, lr=3e-3)


def _timm_mars(given: Settings) -> Row | str:
    betas = given.get("betas_1d") or given.get("betas", (0.9, 0.99))
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
    "torch:Adam": Row("adam", TORCH_ADAM | {"amsgrad": choose("amsgrad")}, lr=1e-3),
    "torch:AdamW": Row(
        "adamw",
        BETAS | {"amsgrad": choose("amsgrad", decay="decoupled")},
        {"weight_decay": 0.01},
        lr=1e-3,
    ),
    "optax:adam": Row("adam", OPTAX_ADAM | {"nesterov": choose("nadam", schedule="constant")}),
    "optax:adamw": Row(
        "adamw",
        OPTAX_ADAM | {"nesterov": choose("nadam", schedule="constant", decay="decoupled")},
        {"weight_decay": 1e-4},
    ),
    "keras:Adam": Row("adam", KERAS_ADAM | {"amsgrad": choose("amsgrad")}, KERAS_HAT, lr=1e-3),
    "keras:AdamW": Row(
        "adam", KERAS_ADAM | {"amsgrad": choose("amsgrad")}, KERAS_HAT | {"weight_decay": 4e-3}, lr=1e-3
    ),
    "timm:AdamWLegacy": Row(
        "adamw",
        TIMM_ADAM | {"amsgrad": choose("amsgrad", decay="decoupled"), "caution": choose("cautious_adamw")},
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
    "optax:nadam": _optax_nadam,
    "optax:nadamw": lambda given: _optax_nadam(given, weight_decay=1e-4, decay="decoupled"),
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
            "maximize": only(False, "its first change of the gradient is of one whose sign is not turned"),
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
