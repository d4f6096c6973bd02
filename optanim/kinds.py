"""The kinds of thing a scene can name, and the settings that all of a kind share."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from optanim.registry import Registry
from optanim.settings import (
    Budget,
    Choice,
    Count,
    Group,
    Hue,
    Lead,
    ListOf,
    Magnification,
    NonNegative,
    Number,
    OneOf,
    Positive,
    Rate,
    Scheduled,
    Text,
    ThingOf,
    View,
    Whole,
)

SIZES = ("readme", "wide", "square", "hd", "slides")  # or WIDTHxHEIGHT; their pixels are in scene.py
THEMES = ("light", "dark", "paper")

Schedule = Annotated[Any, ThingOf("schedule")]
LearningRate = Positive | Literal["tuned"] | Schedule
Start = Annotated[tuple[float, ...], ListOf(Number())]
# Of a landscape that is placed, beyond what any plot has use for: numbers that doubles still tell apart.
Shift = Annotated[tuple[float, ...], ListOf(Number(low=-1e6, high=1e6))]
Degrees = Annotated[float, Number(low=-360, high=360)]
Scales = Annotated[tuple[float, ...], ListOf(Number(low=1e-6, high=1e6))]
Noise = Annotated[Any, OneOf((Number(low=0, high=1e6), ThingOf("distribution")))]
Only = Annotated[tuple[str, ...], ListOf(Text())]
Marks = Annotated[tuple[Any, ...], ListOf(ThingOf("mark"))]
While = Annotated[
    tuple[float, ...],
    ListOf(Number(low=0), lengths=(2,), one_will_do=False, increasing_pairs=True),
]
Themes = Annotated[tuple[str, ...], ListOf(Choice(THEMES))]


def _run(
    *,
    lr: LearningRate | None = None,
    start: Start | None = None,
    weight_decay: Scheduled[NonNegative] | None = None,
    steps: Count | None = None,
    label: str | None = None,
    color: Hue | None = None,
    layers: Literal["joint", "separate"] | None = None,
) -> None: ...


def _panel(
    *,
    title: str | None = None,
    only: Only | None = None,
    view: View | None = None,
    marks: Marks | None = None,
) -> None: ...


Corner = Literal["upper right", "upper left", "lower right", "lower left"]


def inset(*, view: Lead[View], place: Corner | None = None) -> None: ...


Inset = Annotated[Any, Group(inset)]


def _mark(*, steps: While | None = None) -> None: ...


def _format(
    *,
    size: str | None = None,
    scale: Magnification | None = None,
    theme: Themes | None = None,
    fps: Rate | None = None,
    seconds: Positive | None = None,
    hold: NonNegative | None = None,
    suffix: str | None = None,
    max_bytes: Budget | None = None,
) -> None: ...


def _schedule(
    *,
    warmup: Whole = 0,
    warmup_from: NonNegative = 0.0,
    warmup_shape: Literal["linear", "cosine", "exponential", "constant"] = "linear",
) -> None: ...


def _landscape(
    *,
    view: View | None = None,
    shift: Shift | None = None,
    rotate: Degrees = 0.0,
    scale: Scales | None = None,
    noise: Noise | None = None,
) -> None: ...


# A rule is rule(p, g, state, lr, t, [what it asks for,] *, settings) -> new p.
# Facts: `lr`, a learning rate of its own that is used instead of the scene's; `sees="all"`, all
# layers as one vector; `shows(p, state, **settings)`, what is drawn and scored where that is not
# p; `single_run`, it cannot step several runs at once; `check(settings)`, what is wrong with settings
# that are right one by one, or None; `velocity`, the name in its state of a momentum that a wrapper
# may pull back; `rebuilds`, it makes p from what it remembers and not from the p it is handed.
# A rule that asks for `base` wraps another: the scene's setting
# `base` names it, and `base(p, g)` is that rule's step from p with state of its own, which is kept
# in state["base"]. `residuals(p)` are the numbers whose squares the loss averages, with their Jacobian;
# `linear_residuals` is the same where they are linear in the parameters, and None elsewhere.
# `times(steps, **settings)`, the time of every iterate, (steps + 1,): it goes through continuous time, and
# its lr in each step is the time that the step takes.
# `matrix`, it holds a matrix of "all" the numbers of a layer by each other, as one that asks for the hessian
# does, or one for each of its "axes".
# `by_weights`, its steps are as long as the weights, or a part of it.
# `parts(p, g, state, lr, t, **settings)`, asked after the step with the p and g from before it, tells
# what the step was made of, as optimizers._parts.Parts.
# Said of a rule are its `paper`; `reference`, the implementation whose defaults and path are its own;
# and `variants`, of other implementations what to set to get theirs, or what sets them apart.
# A fractional setting may come as an array of one value per run; a whole number, a flag and a word
# are the same for all runs that are stepped together.
optimizer = Registry(
    "optimizer",
    "optanim.optimizers",
    common=_run,
    facts=(
        "paper",
        "reference",
        "variants",
        "lr",
        "sees",
        "shows",
        "single_run",
        "check",
        "velocity",
        "rebuilds",
        "by_weights",
        "parts",
        "times",
        "matrix",
    ),
    fixed=("p", "g", "state", "lr", "t"),
    asks=("loss", "grad", "hessian", "hessian_diag", "residuals", "linear_residuals", "base", "rng"),
    given={"base": ThingOf("optimizer")},
)

# A landscape is landscape([data,] x[, y], *, settings) -> value. Facts: `view`, `start`, `minima`
# (points, or a function of the dataset and the settings that finds them), `paper`, `model`, which makes
# of the dataset and the settings the function model(x, *params) whose error over the data the landscape
# is, `linear`, that model is linear in its parameters, and `names`, the names of the parameters where
# they are not those of x, y: a tuple, or a function of the settings. Where `arrays` gives, of the dataset and
# the settings, the shapes of its parameters, it is landscape(data, *arrays, *, settings) -> (R,) of arrays
# with R points in front; `initial(rng, shapes)` draws the arrays a run starts from.
landscape = Registry(
    "landscape",
    "optanim.landscapes",
    common=_landscape,
    facts=("paper", "view", "start", "minima", "model", "linear", "names", "arrays", "initial"),
)

# A schedule is schedule(t, total, [loss, state,] *, settings) -> value in the steps t, an array of
# the steps made before, of a run of `total`. One that asks for the loss is asked step by step, with
# one t, the loss of the last step and a state of its own.
schedule = Registry(
    "schedule",
    "optanim.schedules",
    common=_schedule,
    facts=("paper", "check"),
    fixed=("t", "total"),
    asks=("loss", "state"),
)

# Facts: `check`, as of an optimizer; `classes`, y are so many classes, of which a network tells one from
# another; `inputs`, how many numbers an x is, where it is not one; `tested`, it keeps points back to test on
# without being asked; `rows`, the setting that says how many rows there are: `n` with those of `test`, or
# `train` without.
dataset = Registry("dataset", "optanim.datasets", facts=("check", "classes", "inputs", "tested", "rows"))

# A distribution is distribution(rng, shape, *, settings) -> array. Facts: `check`, as of an optimizer.
distribution = Registry("distribution", "optanim.datasets", facts=("check",), fixed=("rng", "shape"), asks=())

# Values are values([rng,] *, settings) -> (n, numbers of each), for an axis of a sweep. Facts: `check`, as of
# an optimizer.
values = Registry("values", "optanim.values", facts=("check",), fixed=(), asks=("rng",))

# Facts: `needs`, which of landscape, dataset and runs the scene must have; `dimensions`, how many
# parameters the landscape must have; `view`, how many numbers its view may have; `marks`, how many the
# place of a mark may have (2 where it is not stated, none where it takes no marks).
# `fits(thing, scene, problem)`, the mistakes of a panel that only the landscape on its data shows.
panel = Registry(
    "panel",
    "optanim.panels",
    common=_panel,
    facts=("needs", "dimensions", "view", "marks", "inset", "explains", "fits"),
)

# What a scene points at on a panel. Facts: `check`, as of an optimizer.
mark = Registry("mark", "optanim.marks", common=_mark, facts=("check",))

# A format is format(film, file, *, settings), which writes the film to a path. Facts: `still`, it
# shows one frame; `folder`, the setting that makes it write a folder of all frames instead;
# `coarsest`, how far its `crf` may be raised to save bytes; `check`, as of an optimizer.
format_ = Registry(
    "format",
    "optanim.formats",
    common=_format,
    facts=("still", "folder", "coarsest", "check"),
    elsewhere="optanim.formats.other",
)

KINDS: dict[str, Registry] = {
    registry.kind: registry
    for registry in (optimizer, landscape, dataset, schedule, distribution, values, panel, mark, format_)
}
