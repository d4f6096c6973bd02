"""Which schedules of other libraries are tabled, and with which arguments."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

Case = dict[str, Any]


def _of(lib: str, cls: str, *several: dict[str, Any], **more: Any) -> Iterator[Case]:
    for kw in several:
        yield {"lib": lib, "cls": cls, "kw": kw, **more}


def cases() -> Iterator[Case]:
    """All of them, without their tables."""
    yield from _torch()
    yield from _torch_joined()
    yield from _optax()
    yield from _keras()
    yield from _pytorch_optimizer()
    yield from _timm()


def _torch() -> Iterator[Case]:
    def torch(cls: str, *several: dict[str, Any], lr0: float = 0.2, **more: Any) -> Iterator[Case]:
        return _of("torch", cls, *several, lr0=lr0, **more)

    yield from torch("StepLR", {"step_size": 7, "gamma": 0.8}, {"step_size": 33})
    yield from torch("MultiStepLR", {"milestones": [1, 30, 30, 90]}, {"milestones": [60, 15], "gamma": 0.3})
    yield from torch("ConstantLR", {"factor": 0.6, "total_iters": 31}, {"factor": 0.5, "total_iters": 0})
    yield from torch(
        "LinearLR",
        {},
        {"start_factor": 0.02, "end_factor": 0.7, "total_iters": 41},
        {"start_factor": 0.9, "end_factor": 0.0, "total_iters": 99},
    )
    yield from torch("ExponentialLR", {"gamma": 0.97}, {"gamma": 1.01})
    yield from torch(
        "PolynomialLR", {}, {"total_iters": 120, "power": 0.9}, {"total_iters": 37, "power": 3.0}
    )
    yield from torch(
        "CosineAnnealingLR", {"T_max": 13}, {"T_max": 150, "eta_min": 0.02}, {"T_max": 1, "eta_min": 0.05}
    )
    yield from torch(
        "CosineAnnealingWarmRestarts",
        {"T_0": 7, "T_mult": 3, "eta_min": 0.001},
        {"T_0": 1, "T_mult": 2},
        {"T_0": 33},
    )
    yield from torch("LambdaLR", {"lr_lambda": "lambda epoch: 0.95 ** epoch / (1 + 0.1 * epoch)"})
    yield from torch("LambdaLR", {"lr_lambda": "lambda t: 0.5 * (1 + math.cos(math.pi * min(t, 80) / 80))"})
    yield from torch("MultiplicativeLR", {"lr_lambda": "lambda epoch: 1 - 1 / (epoch + 2)"})
    yield from torch("MultiplicativeLR", {"lr_lambda": "lambda epoch: 0.95"})
    yield from torch("SWALR", {"swa_lr": 0.01}, {"swa_lr": 0.4, "anneal_epochs": 35})
    yield from torch("SWALR", {"swa_lr": 0.05, "anneal_epochs": 20, "anneal_strategy": "linear"})
    for kw in (
        {"max_lr": 0.3, "total_steps": 130, "pct_start": 0.25, "div_factor": 10.0, "final_div_factor": 100.0},
        {"max_lr": 0.5, "epochs": 5, "steps_per_epoch": 20, "anneal_strategy": "linear", "three_phase": True},
        {"max_lr": 0.5, "total_steps": 100, "pct_start": 0.7, "three_phase": True, "base_momentum": 0.6},
        {"max_lr": 2.0, "total_steps": 101, "pct_start": 0.0, "max_momentum": 0.99},
        {"max_lr": 0.1, "total_steps": 100, "pct_start": 1.0, "cycle_momentum": False},
    ):
        yield from torch("OneCycleLR", kw, momentum0=0.8)
    ends = {"base_lr": 0.001, "max_lr": 0.2}
    for kw in (
        {"step_size_up": 17},
        {"step_size_up": 12, "step_size_down": 7, "base_momentum": 0.5, "max_momentum": 0.97},
        {"step_size_up": 9, "mode": "triangular2", "cycle_momentum": False},
        {"step_size_up": 8, "step_size_down": 3, "mode": "exp_range", "gamma": 0.96},
        {"step_size_up": 20, "mode": "exp_range"},
        {"step_size_up": 5, "mode": "triangular2", "scale_mode": "iterations"},
    ):
        yield from torch("CyclicLR", ends | kw, momentum0=0.8)
    yield from torch("CyclicLR", ends, momentum0=0.8)
    for seed, kw in enumerate(
        (
            {"patience": 1},
            {"patience": 0, "factor": 0.9},
            {"patience": 4, "factor": 0.7, "cooldown": 3},
            {"patience": 2, "factor": 0.3, "threshold": 0.05, "threshold_mode": "abs"},
            {"patience": 1, "factor": 0.5, "min_lr": 0.02, "threshold": 0.2},
            {"patience": 3, "factor": 0.5, "eps": 0.04},
        )
    ):
        yield from torch("ReduceLROnPlateau", kw, metric=seed)


def _torch_joined() -> Iterator[Case]:
    for parts, milestones in (
        (
            [
                ["LinearLR", {"start_factor": 0.01, "total_iters": 15}],
                ["CosineAnnealingLR", {"T_max": 85, "eta_min": 0.01}],
            ],
            [15],
        ),
        ([["StepLR", {"step_size": 4}], ["PolynomialLR", {"total_iters": 40, "power": 2.0}]], [12]),
        (
            [
                ["ConstantLR", {"factor": 0.5, "total_iters": 3}],
                ["CosineAnnealingWarmRestarts", {"T_0": 9, "T_mult": 2, "eta_min": 0.01}],
                ["MultiStepLR", {"milestones": [5, 11], "gamma": 0.5}],
            ],
            [10, 70],
        ),
    ):
        kw = {"schedulers": parts, "milestones": milestones}
        yield from _of("torch", "SequentialLR", kw, lr0=0.3)
    for parts in (
        [
            ["MultiStepLR", {"milestones": [20, 60], "gamma": 0.2}],
            ["PolynomialLR", {"total_iters": 90, "power": 0.8}],
        ],
        [
            ["LinearLR", {"start_factor": 0.1, "total_iters": 12}],
            ["CosineAnnealingLR", {"T_max": 100}],
            ["StepLR", {"step_size": 40, "gamma": 0.6}],
        ],
    ):
        yield from _of("torch", "ChainedScheduler", {"schedulers": parts}, lr0=0.3)


def _optax() -> Iterator[Case]:
    def optax(cls: str, *several: dict[str, Any], **more: Any) -> Iterator[Case]:
        return _of("optax", cls, *several, **more)

    yield from optax("constant_schedule", {"value": 0.37})
    yield from optax("linear_schedule", {"init_value": 0.01, "end_value": 0.3, "transition_steps": 45})
    ends = {"init_value": 0.3, "end_value": 0.02}
    yield from optax(
        "polynomial_schedule",
        ends | {"power": 3.0, "transition_steps": 70, "transition_begin": 20},
        ends | {"power": 1.5, "transition_steps": 0},
    )
    yield from optax(
        "piecewise_constant_schedule",
        {"init_value": 0.2, "boundaries_and_scales": {"70": 0.1, "5": 3.0, "33": 0.5}},
        {"init_value": 0.2},
    )
    for shape in ("linear", "cosine"):
        yield from optax(
            "piecewise_interpolate_schedule",
            {
                "interpolate_type": shape,
                "init_value": 0.05,
                "boundaries_and_scales": {"12": 4.0, "50": 0.5, "90": 0.0},
            },
        )
    falls = {"init_value": 0.4, "transition_steps": 15, "decay_rate": 0.7}
    yield from optax(
        "exponential_decay",
        falls | {"transition_begin": 10},
        falls | {"staircase": True, "end_value": 0.1},
        falls | {"decay_rate": 1.2, "end_value": 0.9},
        falls | {"decay_rate": 0.0},
    )
    yield from optax("cosine_decay_schedule", {"init_value": 0.2, "decay_steps": 120, "alpha": 0.05})
    yield from optax("cosine_decay_schedule", {"init_value": 0.2, "decay_steps": 60, "exponent": 0.7})
    warmed = {"init_value": 0.002, "peak_value": 0.3, "warmup_steps": 14}
    yield from optax("warmup_constant_schedule", warmed)
    yield from optax(
        "warmup_cosine_decay_schedule",
        warmed | {"decay_steps": 100, "exponent": 1.8},
        warmed | {"decay_steps": 70, "end_value": 0.03, "warmup_steps": 0},
    )
    yield from optax(
        "warmup_exponential_decay_schedule",
        warmed | {"transition_steps": 12, "decay_rate": 0.6, "staircase": True, "end_value": 0.02},
        warmed | {"transition_steps": 30, "decay_rate": 0.4, "transition_begin": 25},
    )
    yield from optax(
        "linear_onecycle_schedule",
        {"transition_steps": 80, "peak_value": 0.5},
        {"transition_steps": 117, "peak_value": 0.5, "pct_start": 0.4, "pct_final": 0.7, "div_factor": 5.0},
    )
    yield from optax(
        "cosine_onecycle_schedule",
        {"transition_steps": 90, "peak_value": 0.5, "pct_start": 0.15, "final_div_factor": 20.0},
    )
    cycle = {"init_value": 0.01, "peak_value": 0.2, "warmup_steps": 4, "decay_steps": 20}
    cycles = [
        cycle,
        cycle | {"peak_value": 0.15, "decay_steps": 30, "end_value": 0.02},
        cycle | {"warmup_steps": 9, "exponent": 2.0},
    ]
    yield from optax("sgdr_schedule", {"cosine_kwargs": cycles})
    joined = [
        ["linear_schedule", {"init_value": 0.0, "end_value": 0.2, "transition_steps": 10}],
        ["constant_schedule", {"value": 0.2}],
        ["exponential_decay", {"init_value": 0.2, "transition_steps": 10, "decay_rate": 0.5}],
    ]
    yield from optax("join_schedules", {"schedules": joined, "boundaries": [10, 55]})
    for seed, kw in enumerate(
        (
            {"patience": 3, "factor": 0.5},
            {"patience": 1, "factor": 0.8, "cooldown": 4, "min_scale": 0.1},
            {"patience": 2, "factor": 0.3, "rtol": 0.0, "atol": 0.02},
        )
    ):
        yield from optax("contrib.reduce_on_plateau", kw, lr0=0.4, metric=seed)


def _keras() -> Iterator[Case]:
    def keras(cls: str, *several: dict[str, Any]) -> Iterator[Case]:
        return _of("keras", cls, *({"initial_learning_rate": 0.3} | kw for kw in several))

    yield from keras("ExponentialDecay", {"decay_steps": 20, "decay_rate": 0.8, "staircase": True})
    yield from keras(
        "InverseTimeDecay",
        {"decay_steps": 8, "decay_rate": 0.6},
        {"decay_steps": 9, "decay_rate": 0.5, "staircase": True},
    )
    yield from _of("keras", "PiecewiseConstantDecay", {"boundaries": [10, 64], "values": [0.3, 0.1, 0.02]})
    yield from keras("PolynomialDecay", {"decay_steps": 66, "power": 0.5})


def _pytorch_optimizer() -> Iterator[Case]:
    lengths = {"num_warmup_steps": 12, "num_stable_steps": 40, "num_decay_steps": 33}
    for kw in (
        {},
        {"cooldown_type": "linear", "min_lr_ratio": 0.2},
        {"cooldown_type": "cosine", "min_lr_ratio": 0.1},
        {"cooldown_type": "1-square", "num_warmup_steps": 0},
        {"num_stable_steps": 0, "num_decay_steps": 80},
    ):
        yield from _of("pytorch_optimizer", "get_wsd_schedule", lengths | kw, lr0=0.25)
    yield from _of("pytorch_optimizer", "REXScheduler", {"total_steps": 80, "max_lr": 0.3, "min_lr": 0.01})
    ends = {"max_lr": 0.3, "min_lr": 0.02}
    yield from _of(
        "pytorch_optimizer",
        "CosineAnnealingWarmupRestarts",
        ends | {"first_cycle_steps": 30, "warmup_steps": 6},
        ends | {"first_cycle_steps": 14, "warmup_steps": 4, "cycle_mult": 1.6, "gamma": 0.75},
    )
    for cls in ("LinearScheduler", "CosineScheduler"):
        yield from _of(
            "pytorch_optimizer",
            cls,
            ends | {"t_max": 100},
            ends | {"t_max": 110, "init_lr": 0.05, "warmup_steps": 25},
        )


def _timm() -> Iterator[Case]:
    def timm(cls: str, *several: dict[str, Any], **more: Any) -> Iterator[Case]:
        return _of("timm", cls, *several, lr0=0.4, **more)

    warmed = {"warmup_t": 11, "warmup_lr_init": 0.01, "warmup_prefix": True}
    yield from timm(
        "CosineLRScheduler",
        {"t_initial": 75, "lr_min": 0.01},
        {"t_initial": 10, "cycle_mul": 2.0, "cycle_decay": 0.6, "cycle_limit": 3, "lr_min": 0.02} | warmed,
    )
    yield from timm("TanhLRScheduler", {"t_initial": 90}, {"t_initial": 70, "lb": -6.0, "ub": 2.0} | warmed)
    yield from timm("PolyLRScheduler", {"t_initial": 80}, {"t_initial": 60, "power": 2.0, "lr_min": 0.1})
    yield from timm("StepLRScheduler", {"decay_t": 13, "decay_rate": 0.7} | warmed)
    yield from timm("MultiStepLRScheduler", {"decay_t": [10, 40, 80], "decay_rate": 0.2} | warmed)
    falls = {"mode": "min", "decay_rate": 0.5, "patience_t": 2}
    yield from timm("PlateauLRScheduler", falls | {"cooldown_t": 2}, metric=7)
    yield from timm("PlateauLRScheduler", falls | {"warmup_t": 10, "lr_min": 0.05}, metric=8)
    steady = {"t_initial": 80, "decay_t": 30}
    yield from timm(
        "WSDLRScheduler",
        steady,
        steady | {"decay_fn": "cosine", "lr_min": 0.05, "warmup_t": 9},
        steady | {"stable_fn": "rsqrt", "decay_fn": "linear", "warmup_t": 16},
    )
