"""Averages, rules without a learning rate, curvature, line searches and wrappers of other libraries."""

from __future__ import annotations

from collections.abc import Callable

from tests.reference.rows import (
    BETAS,
    KERAS,
    OPTAX,
    Argument,
    Row,
    Settings,
    decay,
    decayed,
    finite,
    first_distance,
    only,
    root_of,
)

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
    "weight_decay": decayed,
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
    "growth_rate": finite("growth_rate"),
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


def _optax_prodigy(given: Settings) -> Row | str:
    if given.get("betas", (0.9,))[0] == 0:
        return "with beta1 0 it steps by the d of before, where the author's code takes the new one"
    return Row(
        "prodigy",
        PRODIGY | {"estim_lr0": "d0", "estim_lr_coef": "d_coef"},
        {"bias_correction": True},
        lr=1.0,
    )


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
OTHERS: dict[str, Row | str | Callable[[Settings], Row | str]] = {
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
        "dog", {"init_step": first_distance, "eps": "eps", "weight_decay": decayed}, lr=1.0
    ),
    "optax:contrib.dowg": Row(
        "dowg",
        {"init_estim_sq_dist": root_of("r0"), "eps": "eps", "weight_decay": decayed},
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
            "growth_rate": finite("growth_rate"),
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
            "growth_rate": finite("growth_rate"),
            "d0": "d0",
            "d_coef": "d_coef",
            "weight_decouple": only(True, "its coupled weight decay comes after the gradient was used"),
            "bias_correction": "bias_correction",
            "fixed_decay": only(False, "decay that does not go with the learning rate"),
        },
        lr=1.0,
    ),
    "optax:contrib.prodigy": _optax_prodigy,
}
