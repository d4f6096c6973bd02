"""Which optimizers of which libraries, with which arguments, on which problems: the cases of cases.json.

A row names the optimizer, the library's class, its learning rates, the problems it suits, and the
arguments to try: the first, mostly the library's defaults, on two or three of the problems; the others
each on one, in turn, so that they meet different losses.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zlib import crc32

Arguments = dict[str, Any]
# One for all; one after the other; by problem; or none.
Rates = float | tuple[float, ...] | dict[str, float] | None

# Steps in proportion to the gradient, as large as each loss bears.
SLOPE = {
    "quad": 0.1,
    "rosenbrock": 0.001,
    "beale": 0.005,
    "himmelblau": 0.006,
    "line": 0.12,
    "line_two": 0.12,
    "matls": 0.08,
    "matls_bias": 0.1,
    "matls_square": 0.08,
    "matfac": 0.02,
    "logreg": 0.6,
}
# Steps of about this length whatever the gradient is.
UNIT = (0.05, 0.02, 0.1, 0.01)
LARGE = (0.3, 0.1, 0.5)
SMALL = (0.05, 0.02, 0.1)

VECTORS = ("quad", "rosenbrock", "line_two", "logreg", "beale", "himmelblau", "line")
CONVEX = ("quad", "line_two", "logreg", "line")
LAYERS = ("line_two", "matls_bias", "quad", "matfac", "logreg")
MATRICES = ("matls", "matfac", "matls_square")
ONE = ("quad",)
MIXED = ("matls", "matls_bias", "matfac")


def slope(times: float) -> dict[str, float]:
    return {name: float(f"{rate * times:.3g}") for name, rate in SLOPE.items()}


def adamlike(**more: Any) -> tuple[Arguments, ...]:
    return ({}, {"betas": [0.8, 0.95]}, {"eps": 1e-3}, {"weight_decay": 0.08, **more})


DECAYS = ({}, {"weight_decay": 0.1})
DECOUPLED = ({"weight_decay": 0.08}, {"weight_decay": 0.08, "weight_decouple": True})
COUPLED = ({"weight_decay": 0.08}, {"weight_decay": 0.08, "weight_decouple": False})

Row = tuple[Any, ...]
TORCH: list[Row] = [
    ("sgd", "torch:SGD", SLOPE, VECTORS, {}, {"momentum": 0.8}, {"momentum": 0.7, "nesterov": True},
     {"momentum": 0.6, "dampening": 0.5, "weight_decay": 0.1}, {"weight_decay": 0.2, "maximize": True}),
    ("adagrad", "torch:Adagrad", LARGE, VECTORS, {}, {"eps": 1e-2}, {"initial_accumulator_value": 0.5},
     {"lr_decay": 0.05}, {"weight_decay": 0.2}, {"maximize": True}),
    ("adadelta", "torch:Adadelta", (1.0, 3.0), VECTORS, {}, {"rho": 0.8}, {"eps": 1e-3},
     {"weight_decay": 0.05}),
    ("rmsprop", "torch:RMSprop", UNIT, VECTORS, {}, {"alpha": 0.8}, {"eps": 1e-2}, {"momentum": 0.6},
     {"centered": True, "eps": 1e-3}, {"weight_decay": 0.1, "momentum": 0.5}),
    ("adam", "torch:Adam", UNIT, (*VECTORS, "matfac"), *adamlike(), {"amsgrad": True, "betas": [0.7, 0.8]},
     {"betas": [0.0, 0.9]}, {"maximize": True}),
    ("adamw", "torch:AdamW", UNIT, VECTORS, {}, {"weight_decay": 0.3, "betas": [0.85, 0.97]},
     {"amsgrad": True, "betas": [0.9, 0.9]}, {"eps": 1e-2}),
    ("adamw", "torch:Adam", UNIT, VECTORS, {"weight_decay": 0.2, "decoupled_weight_decay": True}),
    ("adamax", "torch:Adamax", UNIT, VECTORS, *adamlike()),
    ("nadam", "torch:NAdam", UNIT, VECTORS, *adamlike(), {"momentum_decay": 0.03},
     {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("radam", "torch:RAdam", UNIT, VECTORS, *adamlike(), {"betas": [0.9, 0.7]},
     {"weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("rprop", "torch:Rprop", UNIT, VECTORS, {}, {"etas": [0.6, 1.1]}, {"step_sizes": [1e-3, 0.2]}),
    ("asgd", "torch:ASGD", slope(0.8), VECTORS, {"t0": 1}, {"t0": 30, "lambd": 0.05}, {"t0": 5, "alpha": 0.5},
     {"t0": 10, "weight_decay": 0.2}, {}),
    ("adafactor", "torch:Adafactor", UNIT, LAYERS, {}, {"beta2_decay": -0.5}, {"d": 1.5}, {"eps": [0.1, 2.0]},
     {"weight_decay": 0.2}),
    ("muon", "torch:Muon", (0.03, 0.01), MATRICES, {}, {"nesterov": False, "momentum": 0.8},
     {"ns_steps": 4, "weight_decay": 0.0}, {"adjust_lr_fn": "match_rms_adamw"},
     {"ns_coefficients": [2.0, -1.5, 0.5], "eps": 3.0}),
    ("lbfgs", "torch:LBFGS", 1.0, VECTORS, {"line_search_fn": "strong_wolfe", "max_iter": 1},
     {"line_search_fn": "strong_wolfe", "max_iter": 3, "history_size": 2}),
    ("lbfgs", "torch:LBFGS", slope(2.0), CONVEX, {"max_iter": 1, "history_size": 3}),
]  # fmt: skip

PO: list[Row] = [
    ("qhm", "pytorch_optimizer:QHM", SLOPE, VECTORS, {}, {"momentum": 0.9, "nu": 0.7},
     {"momentum": 0.9, "weight_decay": 0.08},
     {"momentum": 0.9, "weight_decay": 0.08, "weight_decouple": True}),
    ("aggmo", "pytorch_optimizer:AggMo", SLOPE, VECTORS, {}, {"betas": [0.2, 0.8]}, *DECOUPLED),
    ("sgdw", "pytorch_optimizer:SGDW", SLOPE, VECTORS, {}, {"momentum": 0.8, "weight_decay": 0.1},
     {"momentum": 0.6, "nesterov": True, "weight_decay": 0.05}, {"momentum": 0.5, "dampening": 0.3}),
    ("sgdp", "pytorch_optimizer:SGDP", SLOPE, LAYERS, {}, {"momentum": 0.8, "weight_decay": 0.1},
     {"momentum": 0.7, "nesterov": True}),
    ("sgdp", "pytorch_optimizer:SGDP", SLOPE, MATRICES,
     {"momentum": 0.5, "delta": 5.0, "wd_ratio": 0.5, "weight_decay": 0.1},
     {"dampening": 0.3, "momentum": 0.5}),
    ("accsgd", "pytorch_optimizer:AccSGD", SLOPE, VECTORS, {}, {"kappa": 100.0, "xi": 5.0},
     {"constant": 0.5, "weight_decay": 0.1}),
    ("sm3", "pytorch_optimizer:SM3", LARGE, MIXED, {}, {"momentum": 0.8}, {"beta": 0.9},
     {"beta": 0.5, "momentum": 0.5}),
    ("ftrl", "pytorch_optimizer:FTRL", LARGE, VECTORS, {}, {"lambda_1": 0.2}, {"lambda_2": 0.3, "beta": 1.0},
     {"lr_power": -0.4}),
    ("signsgd", "pytorch_optimizer:SignSGD", SMALL, VECTORS, {}, {"momentum": 0.0}, {"momentum": 0.5},
     {"momentum": 0.5, "weight_decay": 0.1}),
    ("lion", "pytorch_optimizer:Lion", SMALL, VECTORS, {}, {"betas": [0.8, 0.95]}, *COUPLED),
    ("tiger", "pytorch_optimizer:Tiger", SMALL, VECTORS, {}, {"beta": 0.8},
     {"weight_decay": 0.1, "weight_decouple": False}),
    ("qhadam", "pytorch_optimizer:QHAdam", UNIT, VECTORS, {}, {"nus": [0.7, 0.9], "betas": [0.95, 0.99]},
     {"eps": 1e-3}, *DECOUPLED),
    ("adabelief", "pytorch_optimizer:AdaBelief", UNIT, VECTORS, {}, {"betas": [0.8, 0.95], "eps": 1e-6},
     *COUPLED, {"ams_bound": True}),
    ("adabound", "pytorch_optimizer:AdaBound", UNIT, VECTORS, {}, {"final_lr": 0.5, "gamma": 0.01},
     {"betas": [0.8, 0.95], "eps": 1e-3}, *COUPLED, {"ams_bound": True}),
    ("adamod", "pytorch_optimizer:AdaMod", UNIT, VECTORS, {}, {"betas": [0.8, 0.95, 0.9]}, {"eps": 1e-3},
     *COUPLED),
    ("adamp", "pytorch_optimizer:AdamP", UNIT, LAYERS, {}, {"betas": [0.8, 0.95], "nesterov": True},
     {"eps": 1e-3, "weight_decay": 0.1, "weight_decouple": False}),
    ("adamp", "pytorch_optimizer:AdamP", UNIT, MATRICES,
     {"delta": 5.0, "wd_ratio": 0.5, "weight_decay": 0.1}),
    ("diffgrad", "pytorch_optimizer:DiffGrad", UNIT, VECTORS, {}, {"betas": [0.8, 0.95], "eps": 1e-3},
     *COUPLED, {"ams_bound": True}),
    ("yogi", "pytorch_optimizer:Yogi", UNIT, VECTORS, {}, {"betas": [0.8, 0.95]},
     {"initial_accumulator": 0.1}, {"eps": 1e-6}, *COUPLED),
    ("adan", "pytorch_optimizer:Adan", UNIT, VECTORS, {}, {"betas": [0.9, 0.8, 0.95]}, {"eps": 1e-3},
     *DECOUPLED),
    ("adopt", "pytorch_optimizer:ADOPT", UNIT, VECTORS, {}, {"betas": [0.8, 0.99], "eps": 2.0}, *DECOUPLED),
    ("ademamix", "pytorch_optimizer:AdEMAMix", UNIT, VECTORS, {}, {"betas": [0.8, 0.95, 0.99], "alpha": 3.0},
     {"t_alpha_beta3": 50}, {"eps": 1e-3}, *DECOUPLED),
    ("simplified_ademamix", "pytorch_optimizer:SimplifiedAdEMAMix", SMALL, VECTORS, {},
     {"betas": [0.9, 0.9], "alpha": 1.0}, {"beta1_warmup": 50}, {"eps": 1e-3}, *COUPLED),
    ("mars", "pytorch_optimizer:MARS", UNIT, MIXED, {}, {"betas": [0.8, 0.95], "gamma": 0.1},
     {"weight_decay": 0.1}, {"mars_type": "lion"}, {"ams_bound": True}, {"cautious": True}),
    ("grams", "pytorch_optimizer:Grams", UNIT, VECTORS, {}, {"betas": [0.8, 0.95], "eps": 1e-3}, *COUPLED),
    ("laprop", "pytorch_optimizer:LaProp", UNIT, VECTORS, {}, {"betas": [0.8, 0.95], "eps": 1e-6}, *COUPLED,
     {"ams_bound": True}),
    ("stableadamw", "pytorch_optimizer:StableAdamW", UNIT, LAYERS, {}, {"betas": [0.8, 0.95], "eps": 1e-3},
     {"weight_decay": 0.1, "weight_decouple": False}),
    ("madgrad", "pytorch_optimizer:MADGRAD", UNIT, VECTORS, {}, {"momentum": 0.5}, {"momentum": 0.0},
     {"eps": 1e-2}, *DECOUPLED),
    ("novograd", "pytorch_optimizer:NovoGrad", UNIT, LAYERS, {},
     {"betas": [0.8, 0.9], "grad_averaging": True}, {"eps": 1e-3}, *DECOUPLED),
    ("fromage", "pytorch_optimizer:Fromage", UNIT, LAYERS, {}, {"p_bound": 0.8}),
    ("avagrad", "pytorch_optimizer:AvaGrad", LARGE, CONVEX, {}, {"betas": [0.8, 0.95]}, {"eps": 1e-2},
     *COUPLED),
    ("adashift", "pytorch_optimizer:AdaShift", UNIT, VECTORS, {}, {"betas": [0.8, 0.95], "keep_num": 4},
     {"eps": 1e-3}),
    ("adalite", "pytorch_optimizer:Adalite", UNIT, LAYERS, {}, {"betas": [0.8, 0.95]}, {"weight_decay": 0.1},
     {"eps1": 1e-3}, {"weight_decay": 0.1, "weight_decouple": False}),
    ("adalite", "pytorch_optimizer:Adalite", UNIT, ("matls",), {"tau": 0.5}),
    ("came", "pytorch_optimizer:CAME", UNIT, MIXED, {}, {"betas": [0.8, 0.95, 0.99]}, {"clip_threshold": 0.5},
     {"weight_decay": 0.1}, {"ams_bound": True}),
    ("kate", "pytorch_optimizer:Kate", UNIT, VECTORS, {}, {"delta": 0.1}, {"eps": 1e-3}, *COUPLED),
    ("ano", "pytorch_optimizer:Ano", SMALL, VECTORS, {}, {"betas": [0.8, 0.95], "eps": 1e-3}, *COUPLED,
     {"logarithmic_schedule": True}),
    ("shampoo", "pytorch_optimizer:Shampoo", LARGE, MIXED, {}, {"matrix_eps": 1e-2}, {"momentum": 0.4},
     {"preconditioning_compute_steps": 3}, *DECOUPLED),
    ("soap", "pytorch_optimizer:SOAP", UNIT, ("matls", "matls_square"), {},
     {"betas": [0.8, 0.9], "precondition_frequency": 3}, {"shampoo_beta": 0.9, "weight_decay": 0.1},
     {"correct_bias": False}, {"normalize_gradient": True}),
    ("soap", "pytorch_optimizer:SOAP", UNIT, ("matls_bias",), {"precondition_1d": True}),
    ("sophia_h", "pytorch_optimizer:SophiaH", UNIT, CONVEX, {},
     {"betas": [0.8, 0.9], "update_period": 3, "p": 2.0}, {"p": 0.5, "update_period": 1}, *COUPLED),
    ("adahessian", "pytorch_optimizer:AdaHessian", LARGE, CONVEX, {}, {"betas": [0.8, 0.95]},
     {"hessian_power": 0.5}, {"update_period": 4}, {"eps": 1e-2}, *COUPLED),
    ("prodigy", "pytorch_optimizer:Prodigy", 1.0, VECTORS, {"d0": 1e-2},
     {"d0": 1e-2, "bias_correction": True}),
    ("dadapt_adam", "pytorch_optimizer:DAdaptAdam", 1.0, CONVEX, {"d0": 1e-3}),
    ("schedulefree_adamw", "pytorch_optimizer:ScheduleFreeAdamW", UNIT, CONVEX, {}, {"warmup_steps": 10}),
    ("schedulefree_sgd", "pytorch_optimizer:ScheduleFreeSGD", SLOPE, CONVEX, {}),
    ("schedulefree_radam", "pytorch_optimizer:ScheduleFreeRAdam", UNIT, CONVEX, {}),
    ("lars_po", "pytorch_optimizer:LARS", 1.0, LAYERS, {"trust_coefficient": 0.03, "weight_decay": 0.1}),
    ("radam_po", "pytorch_optimizer:RAdam", UNIT, VECTORS, {}, {"degenerated_to_sgd": True},
     {"weight_decay": 0.1, "eps": 1e-2}),
    ("sgd", "pytorch_optimizer:SGDW", SLOPE, VECTORS, {"weight_decay": 0.1, "weight_decouple": False}),
    ("adadelta", "pytorch_optimizer:AdaDelta", 1.0, VECTORS, {}, {"weight_decay": 0.05},
     {"weight_decay": 0.05, "weight_decouple": True}),
    ("dadapt_adagrad", "pytorch_optimizer:DAdaptAdaGrad", 1.0, CONVEX, {"d0": 1e-2},
     {"d0": 1e-2, "momentum": 0.8, "weight_decay": 0.1}, {"d0": 1e-2, "eps": 1e-2}),
    ("dadapt_lion", "pytorch_optimizer:DAdaptLion", 1.0, CONVEX, {"d0": 1e-3},
     {"d0": 1e-3, "weight_decay": 0.2}, {"d0": 1e-3, "weight_decay": 0.2, "weight_decouple": True}),
    ("ademamix", "pytorch_optimizer:AdEMAMix", UNIT, VECTORS,
     {"t_alpha_beta3": 60, "weight_decay": 0.1, "weight_decouple": True}),
    ("muon_po", "pytorch_optimizer:Muon", (0.03, 0.01), MATRICES, {}, {"use_adjusted_lr": True},
     {"nesterov": False, "weight_decay": 0.1}),
]  # fmt: skip

OPTAX: list[Row] = [
    ("sgd", "optax:sgd", SLOPE, VECTORS, {"momentum": 0.8}, {"momentum": 0.7, "nesterov": True}),
    ("adam", "optax:adam", UNIT, VECTORS, {}, {"b1": 0.8, "b2": 0.95, "eps": 1e-3}, {"eps_root": 1e-3},
     {"nesterov": True}),
    ("adamw", "optax:adamw", UNIT, VECTORS, {}, {"weight_decay": 0.2, "b2": 0.95}),
    ("adamax", "optax:adamax", UNIT, VECTORS, {}, {"b1": 0.8, "b2": 0.9, "eps": 1e-3}),
    ("adamax", "optax:adamaxw", UNIT, VECTORS, {"weight_decay": 0.1}),
    ("adagrad_optax", "optax:adagrad", LARGE, VECTORS, {}, {"initial_accumulator_value": 0.0, "eps": 1e-3}),
    ("adadelta", "optax:adadelta", 1.0, VECTORS, {}, {"rho": 0.8, "eps": 1e-3}, {"weight_decay": 0.05}),
    ("rmsprop_optax", "optax:rmsprop", UNIT, VECTORS, {}, {"decay": 0.8, "eps": 1e-2, "eps_in_sqrt": False},
     {"centered": True, "eps": 1e-3}, {"momentum": 0.6, "nesterov": True}, {"initial_scale": 0.5},
     {"bias_correction": True}),
    ("amsgrad_optax", "optax:amsgrad", UNIT, ("rosenbrock", "himmelblau", "beale"), {"b2": 0.8},
     {"bias_correction_mu": False, "bias_correction_nu": False}),
    ("nadam_optax", "optax:nadam", UNIT, VECTORS, {}, {"b1": 0.8, "b2": 0.95}),
    ("nadam_optax", "optax:nadamw", UNIT, VECTORS, {"weight_decay": 0.1}),
    ("radam_optax", "optax:radam", UNIT, VECTORS, {}, {"b2": 0.8, "eps": 1e-3}),
    ("lamb", "optax:lamb", UNIT, LAYERS, {}, {"b1": 0.85, "b2": 0.97}, {"weight_decay": 0.05},
     {"eps_root": 1e-3}),
    ("lamb", "optax:lamb", UNIT, ("matfac",), {"eps": 1e-2}),
    ("lars", "optax:lars", (1.0, 0.5), LAYERS, {"trust_coefficient": 0.03},
     {"trust_coefficient": 0.03, "momentum": 0.6, "nesterov": True},
     {"trust_coefficient": 0.02, "weight_decay": 0.05},
     {"trust_coefficient": 0.05, "eps": 0.1, "momentum": 0.0}),
    ("lion", "optax:lion", SMALL, VECTORS, {}, {"b1": 0.8, "b2": 0.95, "weight_decay": 0.1}),
    ("adabelief", "optax:adabelief", UNIT, VECTORS, {},
     {"b1": 0.8, "b2": 0.95, "eps": 1e-4, "eps_root": 1e-6}),
    ("yogi_optax", "optax:yogi", UNIT, VECTORS, {}, {"b1": 0.8, "b2": 0.95, "eps": 1e-2}),
    ("adan_optax", "optax:adan", UNIT, ONE, {}),
    ("rprop_optax", "optax:rprop", UNIT, ONE, {}),
    ("novograd_optax", "optax:novograd", UNIT, LAYERS, {}, {"b1": 0.8, "b2": 0.9, "weight_decay": 0.1}),
    ("sm3_optax", "optax:sm3", LARGE, MIXED, {}, {"momentum": 0.5}),
    ("signsgd", "optax:sign_sgd", SMALL, VECTORS, {}),
    ("signum", "optax:signum", SMALL, VECTORS, {}, {"beta": 0.6}),
    ("fromage_optax", "optax:fromage", UNIT, LAYERS, {}, {"min_norm": 0.5}),
    ("polyak", "optax:polyak_sgd", None, VECTORS, {}, {"max_learning_rate": 0.4, "f_min": -0.5},
     {"scaling": 0.5, "eps": 0.1}, {"variant": "sps+", "f_min": 0.1}),
    ("adafactor_optax", "optax:adafactor", UNIT, ("matls_bias",), {"min_dim_size_to_factor": 2}),
    ("lookahead", "wrapper:optax.lookahead(sgd)", SLOPE, VECTORS,
     {"k": 4, "alpha": 0.6, "base": {"momentum": 0.8}}),
    ("lookahead", "wrapper:optax.lookahead(adam)", UNIT, VECTORS, {"k": 7, "alpha": 0.5, "base": {}}),
    ("muon_optax", "optax:contrib.muon", (0.03, 0.01), MATRICES, {}, {"nesterov": False, "beta": 0.8},
     {"adaptive": True}, {"consistent_rms": 0.3, "weight_decay": 0.1}, {"weight_decay": 0.1}),
    ("ademamix_optax", "optax:contrib.ademamix", UNIT, VECTORS, {}, {"b3": 0.99, "alpha": 3.0, "b2": 0.95},
     {"weight_decay": 0.1, "eps": 1e-3}),
    ("simplified_ademamix_optax", "optax:contrib.simplified_ademamix", SMALL, VECTORS, {},
     {"b1": 0.9, "alpha": 1.0}, {"weight_decay": 0.1}),
    ("adopt_optax", "optax:contrib.adopt", UNIT, VECTORS, {}, {"b1": 0.8, "b2": 0.99},
     {"eps": 1e-2}),
    ("adopt_optax", "optax:contrib.adopt", 0.8, ("himmelblau", "quad"), {"use_clipping": False}),
    ("prodigy_optax", "optax:contrib.prodigy", 1.0, CONVEX, {"estim_lr0": 1e-2},
     {"estim_lr0": 1e-2, "weight_decay": 0.1}),
    ("dadapt_adamw_optax", "optax:contrib.dadapt_adamw", 1.0, CONVEX, {"estim_lr0": 1e-3},
     {"estim_lr0": 1e-3, "weight_decay": 0.1}),
    ("schedule_free_sgd_optax", "optax:contrib.schedule_free_sgd", SLOPE, CONVEX, {},
     {"b1": 0.8, "warmup_steps": 10}),
    ("schedule_free_adamw_optax", "optax:contrib.schedule_free_adamw", UNIT, CONVEX, {},
     {"warmup_steps": 10, "b1": 0.95}),
    ("acprop_optax", "optax:contrib.acprop", UNIT, VECTORS, {}, {"weight_decay": 0.1, "eps": 1e-3}),
    ("madgrad_optax", "optax:contrib.madgrad", UNIT, ONE, {}),
    ("momo", "optax:contrib.momo", (1.0, 0.1), CONVEX, {}, {"beta": 0.7, "lower_bound": -0.5},
     {"weight_decay": 0.1}, {"adapt_lower_bound": True}),
    ("momo_adam", "optax:contrib.momo_adam", (1.0, 0.1), CONVEX, {},
     {"b1": 0.8, "b2": 0.95, "lower_bound": -0.5}, {"weight_decay": 0.1, "eps": 1e-3},
     {"adapt_lower_bound": True}),
    ("cocob", "optax:contrib.cocob", 1.0, CONVEX, {}, {"alpha": 20.0, "eps": 5.0}, {"weight_decay": 0.1}),
    ("dog_optax", "optax:contrib.dog", 1.0, CONVEX, {"init_step": ["heuristic", 1e-2]},
     {"init_step": ["distance", 0.1]}, {"init_step": ["distance", 0.1], "weight_decay": 0.1}),
    ("dowg", "optax:contrib.dowg", 1.0, CONVEX, {}, {"init_estim_sq_dist": 0.01},
     {"eps": 1e-2, "weight_decay": 0.1}),
]  # fmt: skip

TIMM: list[Row] = [
    ("adan", "timm:Adan", UNIT, VECTORS, {}, {"betas": [0.9, 0.8, 0.95], "eps": 1e-3}, {"weight_decay": 0.1},
     {"weight_decay": 0.1, "no_prox": True}),
    ("lamb_timm", "timm:Lamb", UNIT, LAYERS,
     {"max_grad_norm": None, "always_adapt": True, "weight_decay": 0.0},
     {"max_grad_norm": None, "weight_decay": 0.1, "betas": [0.8, 0.95]},
     {"max_grad_norm": None, "trust_clip": True}, {"max_grad_norm": None, "grad_averaging": False},
     {"max_grad_norm": None, "bias_correction": False}),
    ("lars_timm", "timm:Lars", (1.0, 0.5), LAYERS, {"trust_coeff": 0.03, "weight_decay": 0.05},
     {"trust_coeff": 0.03, "always_adapt": True, "momentum": 0.8},
     {"trust_coeff": 0.03, "momentum": 0.6, "nesterov": True, "weight_decay": 0.02}),
    ("rmsprop_tf", "timm:RMSpropTF", UNIT, VECTORS, {}, {"momentum": 0.6, "eps": 1e-2},
     {"momentum": 0.6, "lr_in_momentum": False}, {"centered": True, "eps": 1e-3},
     {"weight_decay": 0.1, "decoupled_decay": True}, {"weight_decay": 0.1}),
    ("sgdw_timm", "timm:SGDW", SLOPE, VECTORS, {"momentum": 0.8, "weight_decay": 0.1},
     {"momentum": 0.6, "nesterov": True, "weight_decay": 0.05}, {"momentum": 0.6, "dampening": 0.5}),
    ("sgdp", "timm:SGDP", SLOPE, LAYERS, {"momentum": 0.8}, {"momentum": 0.8, "weight_decay": 0.1}),
    ("adamp", "timm:AdamP", UNIT, LAYERS, {}, {"weight_decay": 0.1}),
    ("nadamw_timm", "timm:NAdamW", UNIT, VECTORS, {}, {"betas": [0.8, 0.95], "weight_decay": 0.1}),
    ("adabelief", "timm:AdaBelief", UNIT, VECTORS, {"rectify": False}, {}, {"weight_decay": 0.1}),
    ("adopt_timm", "timm:Adopt", UNIT, VECTORS, {}, {"weight_decay": 0.1, "decoupled": True},
     {"weight_decay": 0.1}),
    ("laprop_timm", "timm:LaProp", UNIT, VECTORS, {}, {"weight_decay": 0.1}),
    ("cautious_lion", "pytorch_optimizer:Lion", SMALL, VECTORS, {"cautious": True},
     {"cautious": True, "betas": [0.8, 0.95], "weight_decay": 0.1}),
    ("lion", "timm:Lion", SMALL, VECTORS, {}, {"weight_decay": 0.1}),
    ("madgrad_timm", "timm:MADGRAD", UNIT, VECTORS, {}, {"weight_decay": 0.1, "decoupled_decay": True}),
    ("mars_timm", "timm:Mars", UNIT, MIXED, {}, {"gamma": 0.1, "weight_decay": 0.1}),
    ("mars_timm", "timm:Mars", UNIT, ("logreg",), {"optimize_1d": True}),
    ("novograd_timm", "timm:NvNovoGrad", UNIT, LAYERS, {}, {"grad_averaging": True, "weight_decay": 0.1}),
    ("adahessian_timm", "timm:Adahessian", LARGE, CONVEX, {}, {"betas": [0.8, 0.95], "hessian_power": 0.5},
     {"weight_decay": 0.1, "eps": 1e-2}),
    ("adafactor_timm", "timm:Adafactor", UNIT, ("matls_bias", "matls"), {"min_dim_size_to_factor": 2},
     {"min_dim_size_to_factor": 2, "scale_parameter": False, "weight_decay": 0.1},
     {"min_dim_size_to_factor": 2, "betas": [0.8, 0.9], "weight_decay": 0.1}),
    ("adafactor_timm", "timm:Adafactor", None, ("matls_bias",), {"min_dim_size_to_factor": 2}),
    ("cautious_adamw", "timm:AdamWLegacy", UNIT, VECTORS, {"caution": True},
     {"caution": True, "betas": [0.8, 0.95], "weight_decay": 0.1}, {"caution": True, "eps": 1e-3}),
    ("cautious_lion", "timm:Lion", SMALL, VECTORS, {"caution": True},
     {"caution": True, "betas": [0.8, 0.95], "weight_decay": 0.1}),
]  # fmt: skip

KERAS: list[Row] = [
    ("keras_sgd", "keras:SGD", SLOPE, VECTORS, {"momentum": 0.8}, {"momentum": 0.7, "nesterov": True},
     {"momentum": 0.6, "weight_decay": 0.1}, {}),
    ("keras_adagrad", "keras:Adagrad", LARGE, VECTORS, {},
     {"initial_accumulator_value": 0.5, "epsilon": 1e-2}, {"weight_decay": 0.1}),
    ("keras_adadelta", "keras:Adadelta", 1.0, VECTORS, {}, {"rho": 0.8, "epsilon": 1e-3},
     {"weight_decay": 0.05}),
    ("keras_rmsprop", "keras:RMSprop", UNIT, VECTORS, {}, {"rho": 0.8, "momentum": 0.6},
     {"centered": True, "epsilon": 1e-3}, {"weight_decay": 0.1}),
    ("keras_adam", "keras:Adam", UNIT, VECTORS, {}, {"epsilon": 1e-2}, {"amsgrad": True, "beta_2": 0.8},
     {"weight_decay": 0.1}, {"amsgrad": True, "weight_decay": 0.1}),
    ("keras_adamw", "keras:AdamW", UNIT, VECTORS, {}, {"weight_decay": 0.2, "beta_1": 0.8}),
    ("keras_adamax", "keras:Adamax", UNIT, VECTORS, {}, {"beta_2": 0.9, "epsilon": 1e-2},
     {"weight_decay": 0.1}),
    ("keras_nadam", "keras:Nadam", UNIT, VECTORS, {}, {"beta_1": 0.8, "beta_2": 0.95},
     {"weight_decay": 0.1, "epsilon": 1e-2}),
    ("keras_ftrl", "keras:Ftrl", LARGE, VECTORS, {}, {"l1_regularization_strength": 0.2},
     {"l2_regularization_strength": 0.3, "beta": 1.0, "initial_accumulator_value": 0.5},
     {"weight_decay": 0.1}),
    ("keras_lion", "keras:Lion", SMALL, VECTORS, {}, {"beta_1": 0.8, "weight_decay": 0.1}),
    ("keras_lamb", "keras:Lamb", UNIT, LAYERS, {}, {"weight_decay": 0.1, "epsilon": 1e-3}),
    ("keras_adafactor", "keras:Adafactor", UNIT, ("matls_bias",), {}),
    ("keras_schedulefree_adamw", "keras:ScheduleFreeAdamW", UNIT, CONVEX, {}),
    ("keras_muon", "keras:Muon", (0.03, 0.01), MATRICES, {}, {"momentum": 0.8, "nesterov": False},
     {"weight_decay": 0.1}),
]  # fmt: skip

AUTHORS: list[Row] = [
    ("lion", "lion_pytorch:Lion", SMALL, VECTORS, {}, {"betas": [0.8, 0.95], "weight_decay": 0.1}),
    ("adabelief", "adabelief_pytorch:AdaBelief", UNIT, VECTORS, {"rectify": False, "print_change_log": False},
     {"rectify": False, "betas": [0.8, 0.95], "eps": 1e-6, "print_change_log": False},
     {"rectify": False, "weight_decay": 0.1, "weight_decouple": False, "print_change_log": False},
     {"rectify": False, "weight_decay": 0.1, "fixed_decay": True, "print_change_log": False},
     {"rectify": False, "amsgrad": True, "print_change_log": False}, {"print_change_log": False},
     {"weight_decay": 0.1, "eps": 1e-3, "print_change_log": False}),
    ("muon_kj", "muon-optimizer:SingleDeviceMuon", (0.03, 0.01), MATRICES, {},
     {"momentum": 0.8, "weight_decay": 0.1}),
    ("schedulefree_adamw", "schedulefree:AdamWScheduleFree", UNIT, VECTORS, {},
     {"betas": [0.8, 0.95], "eps": 1e-3}, {"warmup_steps": 10}, {"weight_decay": 0.2},
     {"r": 2.0, "weight_lr_power": 1.0, "warmup_steps": 20}),
    ("schedulefree_sgd", "schedulefree:SGDScheduleFree", SLOPE, VECTORS, {},
     {"momentum": 0.7, "warmup_steps": 15}, {"weight_decay": 0.2, "r": 1.0},
     {"weight_lr_power": 0.0, "warmup_steps": 20}),
    ("schedulefree_radam", "schedulefree:RAdamScheduleFree", UNIT, VECTORS, {}, {"betas": [0.8, 0.95]},
     {"silent_sgd_phase": False}, {"weight_decay": 0.2, "r": 1.0}),
    ("prodigy", "prodigyopt:Prodigy", 1.0, VECTORS, {"d0": 1e-2},
     {"d0": 1e-2, "betas": [0.8, 0.95], "beta3": 0.9}, {"d0": 0.05, "d_coef": 0.5},
     {"d0": 1e-2, "growth_rate": 1.1}, {"d0": 1e-2, "weight_decay": 0.2, "decouple": False},
     {"d0": 0.02, "use_bias_correction": True, "weight_decay": 0.1},
     {"d0": 0.02, "safeguard_warmup": True, "use_bias_correction": True}),
    ("dadapt_adam", "dadaptation:DAdaptAdam", 1.0, VECTORS, {"d0": 1e-2}, {"d0": 1e-2, "betas": [0.8, 0.95]},
     {"d0": 1e-2, "use_bias_correction": True}, {"d0": 1e-2, "weight_decay": 0.2},
     {"d0": 1e-2, "weight_decay": 0.1, "decouple": True}, {"d0": 1e-2, "growth_rate": 1.1}),
    ("dadapt_sgd", "dadaptation:DAdaptSGD", 1.0, CONVEX, {"d0": 1e-2}, {"d0": 1e-2, "momentum": 0.8},
     {"d0": 1e-2, "weight_decay": 0.2}, {"d0": 1e-3, "growth_rate": 1.3}),
    ("dadapt_adagrad", "dadaptation:DAdaptAdaGrad", 1.0, CONVEX, {"d0": 1e-2}, {"d0": 1e-2, "momentum": 0.8},
     {"d0": 1e-2, "weight_decay": 0.2}, {"d0": 1e-2, "eps": 1e-2}),
    ("dadapt_lion", "dadaptation:DAdaptLion", 1.0, CONVEX, {"d0": 1e-3}, {"d0": 1e-3, "betas": [0.8, 0.95]},
     {"d0": 1e-3, "weight_decay": 0.2}),
    ("dog", "dog-optimizer:DoG", 1.0, VECTORS, {"reps_rel": 1e-2}, {"reps_rel": 0.05, "weight_decay": 0.1},
     {"init_eta": 0.01}, {"reps_rel": 1e-2, "eps": 1.0}, {}),
    ("ldog", "dog-optimizer:LDoG", 1.0, ("line_two", "matls_bias"), {"reps_rel": 1e-2}),
    ("accsgd", "torch_optimizer:AccSGD", SLOPE, VECTORS, {}, {"kappa": 50.0, "xi": 4.0}),
    ("aggmo", "torch_optimizer:AggMo", SLOPE, VECTORS, {}, {"weight_decay": 0.1}),
    ("qhm", "torch_optimizer:QHM", SLOPE, VECTORS, {"momentum": 0.9}, {"momentum": 0.9, "weight_decay": 0.1}),
    ("yogi", "torch_optimizer:Yogi", UNIT, VECTORS, {}, {"weight_decay": 0.1}),
    ("qhadam", "torch_optimizer:QHAdam", UNIT, CONVEX, {"nus": [0.7, 0.9]}),
    ("adabound", "torch_optimizer:AdaBound", UNIT, CONVEX, {"weight_decay": 0.1}),
    ("adamod", "torch_optimizer:AdaMod", UNIT, CONVEX, {}),
    ("diffgrad", "torch_optimizer:DiffGrad", UNIT, CONVEX, {}),
    ("novograd", "torch_optimizer:NovoGrad", UNIT, LAYERS, {"betas": [0.9, 0.95]},
     {"weight_decay": 0.1, "eps": 1e-3}),
    ("lars", "torch_optimizer:LARS", (1.0, 0.5), LAYERS,
     {"trust_coefficient": 0.03, "momentum": 0.8, "weight_decay": 0.1}),
    ("shampoo_torch_optimizer", "torch_optimizer:Shampoo", LARGE, ("matls",), {}),
    ("lookahead", "wrapper:po.Lookahead(torch.SGD)", SLOPE, VECTORS,
     {"k": 4, "alpha": 0.6, "base": {"momentum": 0.8}},
     {"k": 6, "alpha": 0.3, "pullback_momentum": "reset", "base": {"momentum": 0.8}},
     {"k": 6, "alpha": 0.3, "pullback_momentum": "pullback", "base": {"momentum": 0.8}}),
    ("lookahead", "wrapper:po.Lookahead(torch.AdamW)", UNIT, VECTORS, {"k": 3, "alpha": 0.7, "base": {}}),
    ("sam", "wrapper:po.SAM(torch.SGD)", SLOPE, VECTORS, {"rho": 0.1, "base": {"momentum": 0.8}},
     {"rho": 0.02, "base": {"weight_decay": 0.1}}),
    ("asam", "wrapper:po.SAM(torch.SGD)", SLOPE, VECTORS, {"rho": 0.3, "adaptive": True, "base": {}},
     {"rho": 0.1, "adaptive": True, "base": {"momentum": 0.8}}),
    ("sam", "wrapper:po.SAM(torch.AdamW)", UNIT, VECTORS, {"rho": 0.1, "base": {"betas": [0.8, 0.95]}}),
    ("bfgs", "scipy:BFGS", None, VECTORS, {}),
    ("conjugate_gradient", "scipy:CG", None, VECTORS, {}),
]  # fmt: skip

RATE = {"optax": "learning_rate", "keras": "learning_rate"}


def cases() -> Iterator[dict[str, Any]]:
    """All cases, without their paths."""
    for opt, named, rates, on, *settings in (*TORCH, *PO, *AUTHORS, *OPTAX, *TIMM, *KERAS):
        lib, _, cls = named.partition(":")
        often = 2 if lib in ("optax", "timm", "keras", "torch_optimizer") else 3
        turn = crc32(f"{opt}{named}".encode())
        for i, arguments in enumerate(settings):
            for j in range(min(often, len(on)) if i == 0 else 1):
                problem = on[(turn + 2 * i + j) % len(on)]
                rate = _rate(rates, problem, i + j)
                given = {} if rate is None else {RATE.get(lib, "lr"): rate}
                yield {"opt": opt, "lib": lib, "cls": cls, "kw": {**arguments, **given}, "problem": problem}


def _rate(rates: Rates, problem: str, turn: int) -> float | None:
    if isinstance(rates, dict):
        return rates[problem]
    return rates[turn % len(rates)] if isinstance(rates, tuple) else rates
