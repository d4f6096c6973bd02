"""Layer-wise, factored and matrix rules of other libraries, as rules of ours."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.reference.rows import (
    BETAS,
    CAUTION,
    EITHER_DECAY,
    KERAS,
    OPTAX,
    Argument,
    Row,
    Settings,
    Unsupported,
    decay,
    decayed,
    only,
)


# Whole layers, and matrices.
def _timm_adafactor(given: Settings) -> Row | str:
    """It scales the learning rate by the weights only where it is not given."""
    told = given.get("lr") is not None
    if not told and given.get("weight_decay"):
        return "decay that goes by the whole step"
    arguments: dict[str, Argument] = {
        "lr": lambda value: {} if value is None else {"lr": value},
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
    }
    settings = {"eps1": 1e-30, "eps_added": True, "min_dim_size_to_factor": 17}
    if told:
        settings |= {"relative_step": False, "scale_parameter": False}
    return Row("adafactor", arguments, settings, lr=1e-2)


def _root_mean_square(value: Any) -> Settings:
    """optax's consistent_rms, which is 0.2 where steps are to be as long as AdamW's."""
    if value not in (None, 0.2):
        raise Unsupported("steps of another root mean square than 0.2")
    return {} if value is None else {"adjust_lr": "match_rms_adamw"}


def _keras_muon(given: Settings) -> Row | str:
    """Its momentum is a sum where ours is an average, so that its eps weighs as much less."""
    return Row(
        "muon",
        {
            "momentum": "momentum",
            "nesterov": "nesterov",
            "ns_steps": "ns_steps",
            "weight_decay": decayed,
            "rms_rate": only(0.2, "steps of another root mean square than 0.2"),
        },
        {
            "matrices_only": True,
            "eps": float(f"{1e-7 * (1 - given.get('momentum', 0.95)):.12g}"),
            "eps_added": True,
            "adjust_lr": "match_rms_adamw",
            "weight_decay": 4e-3,
        },
        lr=1e-3,
    )


def _po_shampoo(given: Settings) -> Row | str:
    if given.get("maximize") and given.get("momentum"):
        return "its momentum starts at a gradient whose sign is not turned"
    return Row(
        "shampoo",
        EITHER_DECAY
        | {
            "momentum": "momentum",
            "preconditioning_compute_steps": "preconditioning_compute_steps",
            "matrix_eps": "matrix_eps",
        },
        lr=1e-3,
    )


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
LAYERS: dict[str, Row | str | Callable[[Settings], Row | str]] = {
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
        "lamb", KERAS | {"weight_decay": decayed}, {"eps": 1e-7, "decay": "decoupled"}, lr=1e-3
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
        "its bias correction stands outside the ratio and makes the first step ten times lr, "
        "and |p| counts as 10 at most"
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
    "timm:Adafactor": _timm_adafactor,
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
    "pytorch_optimizer:Shampoo": _po_shampoo,
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
            "matrices_only": True,
            "bias_correction": True,
            "eps": 1e-8,
            "eps_added": True,
            "adjust_lr": "original_transposed",
            "weight_decay": 0.0,
        },
    ),
    "keras:Muon": _keras_muon,
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
        {"weight_decay": 0.0, "matrices_only": True},
        lr=0.02,
    ),
}
