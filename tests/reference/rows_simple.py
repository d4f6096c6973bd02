"""Gradient descent, momentum, signs and adaptive steps of other libraries, as rules of ours."""

from __future__ import annotations

from tests.reference.rows import (
    CAUTION,
    CAUTIOUS,
    EITHER_DECAY,
    INSIDE,
    KERAS_DECAY,
    NO_DECAY_LEFT,
    RMS,
    TORCH_SGD,
    Row,
    choose,
    decay,
    only,
)

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
        | {"betas": ("beta1", "beta2"), "cautious": choose("cautious_lion", rescale="plus_one")},
        lr=1e-4,
    ),
    "timm:Lion": Row(
        "lion",
        CAUTION
        | {
            "betas": ("beta1", "beta2"),
            "weight_decay": "weight_decay",
            "caution": choose("cautious_lion"),
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
