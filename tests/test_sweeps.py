"""Sweeps: which runs an axis makes, that each is the run it would be alone, and how families are drawn."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from optanim import bands, simulate, words
from optanim.doubts import doubts
from optanim.errors import UserError
from optanim.film import Film
from optanim.hues import key, styles
from optanim.reader import read
from optanim.scene import Look, Scene, Thing
from optanim.tables import as_csv, as_json
from optanim.themes import THEMES
from optanim.trace import Trace
from tests.test_reader import wrong

# -- reading -----------------------------------------------------------------------------------


def told(scene: Scene) -> list[Any]:
    """Each run as its rule, its settings and what else a sweep may vary."""
    return [
        (run.rule.name, dict(run.rule.settings), run.lr, run.start, run.steps, run.seed) for run in scene.runs
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "optimizers: [gd, adam]\nlr: 0.1\nsweep: {seed: [4, 7]}",
            [("gd", {}, 0.1, None, 100, 4), ("gd", {}, 0.1, None, 100, 7),
             ("adam", {}, 0.1, None, 100, 4), ("adam", {}, 0.1, None, 100, 7)],
        ),
        (  # one that gives the setting itself, and one that has none, run once
            "optimizers: [adam, adam: {beta1: 0.3}, gd]\nlr: 0.1\nsweep: {beta1: [0.5, 0.9]}",
            [("adam", {"beta1": 0.5}, 0.1, None, 100, 0), ("adam", {"beta1": 0.9}, 0.1, None, 100, 0),
             ("adam", {"beta1": 0.3}, 0.1, None, 100, 0), ("gd", {}, 0.1, None, 100, 0)],
        ),
        (  # a rule with a learning rate of its own does not take that of the scene
            "optimizers: [gd, newton]\nsweep: {lr: [0.1, 0.2]}",
            [("gd", {}, 0.1, None, 100, 0), ("gd", {}, 0.2, None, 100, 0), ("newton", {}, 1.0, None, 100, 0)],
        ),
        (  # several axes multiply, the last fastest
            "optimizers: gd\nsweep: {lr: [0.1, tuned], steps: [5, 6]}",
            [("gd", {}, 0.1, None, 5, 0), ("gd", {}, 0.1, None, 6, 0), ("gd", {}, None, None, 5, 0),
             ("gd", {}, None, None, 6, 0)],
        ),
        (
            "lr: 0.1\nsweep: {optimizer: [gd, momentum: 0.5]}",
            [("gd", {}, 0.1, None, 100, 0), ("momentum", {"momentum": 0.5}, 0.1, None, 100, 0)],
        ),
        (
            "optimizers: gd\nlr: 0.1\nsweep: {start: [[1, 2], [3, 4]]}",
            [("gd", {}, 0.1, (1.0, 2.0), 100, 0), ("gd", {}, 0.1, (3.0, 4.0), 100, 0)],
        ),
        (
            "optimizers: adamw\nlr: 0.1\nsweep: {weight_decay: 0.1}",
            [("adamw", {"weight_decay": 0.1}, 0.1, None, 100, 0)],
        ),
    ],
)  # fmt: skip
def test_runs_of_a_sweep(text: str, expected: list[Any]) -> None:
    assert told(read(f"landscape: beale\n{text}\n")) == expected


def test_a_setting_of_the_rule_inside_another_is_swept() -> None:
    scene = read("landscape: beale\noptimizers: {lookahead: sgd}\nlr: 0.1\nsweep: {momentum: [0.5, 0.9]}\n")
    assert [run.rule.settings["base"].settings for run in scene.runs] == [
        {"momentum": 0.5},
        {"momentum": 0.9},
    ]


def test_a_schedule_is_one_value() -> None:
    text = "landscape: beale\noptimizers: gd\nsweep: {lr: [cosine, {linear: {initial: 0.01}}, 0.02]}\n"
    rates = [run.lr for run in read(text).runs]
    assert [rate.name if isinstance(rate, Thing) else rate for rate in rates] == ["cosine", "linear", 0.02]


def test_every_run_knows_what_it_is_of_in_the_order_of_the_scene() -> None:
    text = (
        "optimizers: [gd, adam]\nlr: 0.1\nsweep: {steps: [5, 6], landscape: [beale, himmelblau], seed: [3]}\n"
    )
    scene = read(text + "panels: loss\n")
    assert [axis.name for axis in scene.axes] == ["steps", "landscape", "seed"]
    assert all(list(run.swept) == ["steps", "landscape", "seed"] for run in scene.runs)
    assert [run.number for run in scene.runs] == [0, 0, 1, 1] * 2
    assert [run.swept["landscape"].name for run in scene.runs] == ["beale"] * 4 + ["himmelblau"] * 4
    assert [world.landscape.name for world in scene.worlds if world.landscape] == ["beale", "himmelblau"]
    assert scene.landscape is None and sum((world.runs for world in scene.worlds), ()) == scene.runs


def test_the_runs_of_a_sweep_are_bounded() -> None:
    axes = "{{lr: {{logspace: {{low: 1e-4, high: 1, n: {}}}}}, seed: [0, 1]}}"
    text = "landscape: beale\noptimizers: gd\nsweep: {}\n"
    assert len(read(text.format(axes.format(250))).runs) == 500
    hint = "takes at most 500: fewer values, or fewer axes"
    assert wrong(text.format(axes.format(251))) == [("the sweep makes 502 runs", hint)]


# -- numbers -----------------------------------------------------------------------------------

ENTRIES = {
    "gd": "gd: {{lr: {lr}}}",
    "adam": "adam: {{lr: {lr}, beta1: {beta1}}}",
    "lookahead": "lookahead: {{lr: {lr}, base: {{sgd: {{momentum: 0.9}}}}}}",
    "langevin": "langevin: {{lr: {lr}, temperature: 0.1}}",
    "sam": "sam: {{lr: {lr}, base: gd}}",
    "newton": "newton: {{lr: {lr}}}",
}
REGRESSION = "dataset: {line: {n: 40, noise: 1, seed: 3, test: 0.2}}\nlandscape: {linear_regression: mse}\n"
SWEPT = """\
optimizers:
  - gd
  - adam
  - lookahead: {base: {sgd: {momentum: 0.9}}}
  - langevin: {temperature: 0.1}
  - sam: gd
  - newton: {lr: 0.05}
sweep: {beta1: [0.5, 0.9], seed: [0, 7], lr: [0.02, 0.05], steps: [20, 30]}
"""


@pytest.mark.parametrize(
    "where",
    [
        REGRESSION,
        REGRESSION + "batch: 8\n",
        REGRESSION.replace("mse", "mae") + "batch: 5\n",
        "landscape: {beale: {noise: 0.5}}\n",
        "landscape: beale\n",
    ],
)
def test_a_swept_run_is_the_run_it_is_alone_to_the_last_bit(where: str) -> None:
    together = simulate(read(where + SWEPT))
    entries = ["gd", "adam", "lookahead", "langevin", "sam", "newton"]
    assert len(together.runs) == 4 * 8 + 2 * 8 + 4
    for run, path in list(zip(together.scene.runs, together.runs, strict=True))[::3]:
        known = {"lr": path.lr[0], "beta1": run.swept.get("beta1", 0.9)}
        # The others are there for its number, of which its random numbers are.
        others = [ENTRIES[name].format(lr=0.05, beta1=0.9) for name in entries]
        others[run.number or 0] = ENTRIES[path.rule].format(**known)
        text = f"{where}optimizers: [{', '.join(others)}]\nseed: {run.seed}\nsteps: {run.steps}\n"
        alone = simulate(read(text)).runs[run.number or 0]
        n = run.steps
        assert np.array_equal(alone.params, path.params[: n + 1], equal_nan=True), path.label
        assert np.array_equal(alone.loss, path.loss[: n + 1], equal_nan=True), path.label
        if path.batch_loss is not None and alone.batch_loss is not None:
            assert np.array_equal(alone.batch_loss, path.batch_loss[:n], equal_nan=True)


@pytest.mark.parametrize("batch", ["16", "1", "199", "full"])  # with 199 the other one is of one row
def test_a_network_of_a_seed_is_the_network_it_is_alone(batch: str) -> None:
    text = "dataset: {moons: {seed: 0}}\nlandscape: {mlp: {hidden: [8]}}\nlr: 0.05\nsteps: 30\n"
    text += f"batch: {batch}\n"
    rules = ["sgd", "adam", "bfgs", "lbfgs", "conjugate_gradient"]
    both = simulate(read(text + f"optimizers: [{', '.join(rules)}]\nsweep: {{seed: [0, 3]}}\npanels: loss\n"))
    for run, path in zip(both.scene.runs, both.runs, strict=True):
        alone = simulate(read(f"{text}optimizers: {run.rule.name}\nseed: {run.seed}\npanels: loss\n")).runs[0]
        assert np.array_equal(alone.params, path.params) and np.array_equal(alone.loss, path.loss)
    assert not np.array_equal(both.runs[0].params[0], both.runs[1].params[0])


LINE = "dataset: {line: {n: 30, noise: 1, seed: 5}}\nbatch: 4\nsteps: 40\n"


def test_a_seed_axis_varies_the_batches_and_not_the_data() -> None:
    text = LINE.replace(", seed: 5", "") + "optimizers: gd\nlr: 0.05\nseed: 5\n"
    trace, plain = simulate(read(text + "sweep: {seed: [5, 6]}\n")), simulate(read(text))
    first, second = trace.batches_of(0), trace.batches_of(1)
    assert first is not None and first is trace.batches and second is not None
    assert not np.array_equal(first.rows(1), second.rows(1))
    assert trace.data is not None and plain.data is not None
    assert np.array_equal(plain.data.y, trace.data.y)
    assert np.array_equal(plain.runs[0].params, trace.runs[0].params)
    assert not np.array_equal(plain.runs[0].params, trace.runs[1].params)


def test_a_run_that_ends_leaves_those_of_other_seeds_their_batches() -> None:
    text = LINE + "optimizers: [adam: {lr: 1e300}, adam: {lr: 0.05}]\n"
    both = simulate(read(text + "sweep: {seed: [1, 2]}\n"))
    assert [run.ended is not None for run in both.runs] == [True, True, False, False]
    for index, seed in ((2, 1), (3, 2)):
        alone = simulate(read(text + f"seed: {seed}\n")).runs[1]
        assert np.array_equal(alone.params, both.runs[index].params)


def test_tuning_is_judged_by_the_mean_over_the_seeds() -> None:
    text = LINE + "optimizers: [gd, adam]\n"
    swept = simulate(read(text + "sweep: {seed: [0, 1, 2, 3]}\n"))
    assert [len({swept.runs[i].tuned for i in family}) for family in swept.families] == [1, 1]
    alone = [simulate(read(text + f"seed: {seed}\n")).runs[0].tuned for seed in range(4)]
    assert len(set(alone)) > 1


@pytest.mark.parametrize(
    ("axis", "values", "shared"),
    [
        ("landscape", ["{linear_regression: mse}", "{linear_regression: mae}"], False),
        ("dataset", ["{line: {n: 20}}", "{line: {n: 30, slope: 1}}"], False),
        ("batch", ["4", "full"], True),
    ],
)
def test_each_landscape_dataset_and_batch_is_a_trace_of_its_own(
    axis: str, values: list[str], shared: bool
) -> None:
    rest = "optimizers: [gd, adam]\nlr: 0.05\nsteps: 15\npanels: loss\n"
    rest += "" if axis == "dataset" else "dataset: {line: {n: 20}}\n"
    trace = simulate(read(f"{rest}sweep: {{{axis}: [{', '.join(values)}]}}\n"))
    assert (trace.problem is not None) == shared and len(trace.worlds) == 2 and len(trace.runs) == 4
    for place, value in enumerate(values):
        alone = simulate(read(f"{rest}{axis}: {value}\n"))
        outside = trace.runs[2 * place : 2 * place + 2]
        for own, inside, out in zip(alone.runs, trace.worlds[place].runs, outside, strict=True):
            assert np.array_equal(own.params, inside.params) and inside.params is out.params
            assert inside.label == own.label and out.label.startswith(f"{own.label}, ")
        assert [trace.world_of(2 * place + i) is trace.worlds[place] for i in (0, 1)] == [True, True]


def test_what_is_wrong_with_several_landscapes_is_told_once() -> None:
    axes = "{landscape: [{formula: log(x)}, {formula: sqrt(x)}, {formula: x**2}]}"
    with pytest.raises(UserError) as caught:
        simulate(read(f"optimizers: gd\nlr: 1\nsweep: {axes}\nstart: -1\npanels: loss\n"))
    assert [mistake.message for mistake in caught.value.mistakes] == [
        "the loss is not a number at the start (-1)"
    ]


# -- families ----------------------------------------------------------------------------------

SEEDS = "dataset: {line: {n: 40, noise: 1}}\nbatch: 4\nlr: 0.05\nsteps: 40\nsweep: {seed: {range: 5}}\n"


def seeds(more: str = "optimizers: [gd, adam]\n") -> Trace:
    return simulate(read(SEEDS + more))


def test_runs_that_differ_in_the_seed_alone_are_one_family() -> None:
    trace = seeds()
    assert trace.families == (tuple(range(5)), tuple(range(5, 10)))
    assert [run.label for run in trace.runs] == ["GD"] * 5 + ["Adam"] * 5
    looks = styles(trace, THEMES["light"])
    assert len(set(looks[:5])) == 1 and looks[0] != looks[5]
    assert trace.chosen(("Adam",)) == [5, 6, 7, 8, 9]


VALUES = np.array([[1.0, 10.0, 100.0], [4.0, 10.0, np.nan], [16.0, 40.0, 1.0]])


@pytest.mark.parametrize(
    ("band", "log", "middle", "low", "high"),
    [
        ("minmax", False, [7, 20], [1, 10], [16, 40]),
        ("minmax", True, [4, 4000 ** (1 / 3)], [1, 10], [16, 40]),
        ("sd", False, [7, 20], [7 - 63**0.5, 20 - 300**0.5], [7 + 63**0.5, 20 + 300**0.5]),
        ("sd", True, [4, 4000 ** (1 / 3)], [1, 7.130], [16, 35.345]),
        ("quartiles", True, [4, 10], [2.5, 10], [10, 25]),
        ("none", True, [4, 4000 ** (1 / 3)], None, None),
    ],
)
def test_the_middle_and_the_band(
    band: str, log: bool, middle: list[float], low: list[float] | None, high: list[float] | None
) -> None:
    made, edges = bands.middle(VALUES, band, log), bands.edges(VALUES, band, log)
    assert made[:2] == pytest.approx(middle, rel=1e-3) and np.isnan(made[2])
    if low is None or high is None:
        assert edges is None
    else:
        assert edges is not None
        assert edges[0][:2] == pytest.approx(low, rel=1e-3) and edges[1][:2] == pytest.approx(high, rel=1e-3)
        assert np.isnan(edges[0][2]) and np.isnan(edges[1][2])


@pytest.mark.parametrize(
    ("panel", "expected"),
    [
        ("loss", "MSE, log axis; geometric mean of 5 seeds, band: lowest to highest"),
        ("loss: {yscale: linear}", "MSE, linear axis; mean of 5 seeds, band: lowest to highest"),
        ("loss: {band: none}", "MSE, log axis; geometric mean of 5 seeds"),
        ("loss: {band: quartiles}", "MSE, log axis; median of 5 seeds, band: middle half"),
        ("curve: {of: distance, band: sd}", "distance to the minimum, log axis; geometric mean of 5 seeds, "
         "band: one standard deviation of the logarithm on each side"),
    ],
)  # fmt: skip
def test_panels_that_the_facts_cannot_tell_apart_say_what_stands_for_the_seeds(
    panel: str, expected: str
) -> None:
    name, _, band = panel.partition(": ")
    twin = "curve: {of: distance" if name == "curve" else "loss: {title: Another"
    twin += ", band: sd}" if "band" not in band else "}"
    film = Film(seeds(f"optimizers: [gd, adam]\npanels: [[{panel}], [{twin}]]\n"), Look())
    assert film.static is not None
    assert film.panels[0].said == expected


def test_a_family_is_one_curve() -> None:
    film = Film(seeds("optimizers: [gd, adam]\npanels: [loss, weights]\n"), Look())
    loss: Any = film.panels[0]
    assert [line.index for line in loss.lines] == [0, 5]
    every = np.stack([run.loss for run in film.trace.runs[:5]])
    assert np.allclose(loss.lines[0].values, np.exp(np.log(every).mean(axis=0)))
    assert np.array_equal(loss.lines[0].band[0], every.min(axis=0))
    weights: Any = film.panels[1]
    assert [(line.index, line.dashed) for line in weights.lines] == [
        (0, False),
        (0, True),
        (5, False),
        (5, True),
    ]


@pytest.mark.parametrize(
    "more",
    [
        "optimizers: [gd, adam]\npanels: [contour, loss, curve: {of: distance, band: sd}]\n",
        "optimizers: [gd, adam]\npanels: [grid: loss, loss: {x: gradients, inset: [10, 20, 0.5, 4]}]\n",
        "optimizers: [gd, adam]\npanels: [surface: {orbit: [0, 40]}, loss: {xscale: log}]\n",
    ],
)
def test_bands_are_drawn_the_same_step_by_step(more: str) -> None:
    film = Film(seeds(more), Look(seconds=2, fps=15))
    for k, frame in enumerate(film.frames()):
        if k % 7 == 0 or k == film.count - 1:
            assert np.abs(frame.astype(int) - film.frame(k)).max() <= 3, k


def test_seeds_where_nothing_is_random_are_doubted() -> None:
    found = doubts(
        simulate(read("landscape: beale\nlr: 0.01\noptimizers: [gd, adam]\nsweep: {seed: [0, 1]}\n"))
    )
    assert [doubt.message for doubt in found] == ["nothing in GD and Adam is random: all seeds take one path"]
    assert not doubts(seeds())


# -- pictures ----------------------------------------------------------------------------------


def test_values_of_an_order_have_the_colours_of_one() -> None:
    text = "landscape: {{formula: x**2}}\nstart: 1\noptimizers: {}\nsweep: {{lr: {}}}\n"
    trace = simulate(read(text.format("gd", "[0.3, 0.1, 0.2]")))
    theme = THEMES["light"]
    looks = styles(trace, theme)
    assert [look.color for look in looks] == [theme.ramp[-1], theme.ramp[0], looks[2].color]
    assert len({look.marker for look in looks}) == 3 and key(trace, looks) is None
    many = simulate(read(text.format("gd", "{linspace: {low: 0.1, high: 0.8, n: 8}}")))
    told = key(many, styles(many, theme))
    assert told is not None and (told.first, told.last, len(told.colors)) == ("lr 0.1", "0.8", 8)
    two = simulate(read(text.format("[gd, momentum]", "[0.01, 0.02]")))
    first = styles(two, theme)
    assert first[0].color == theme.cycle[0] and first[1].color != first[0].color
    assert first[0].marker == first[1].marker != first[2].marker


FOUR = """\
optimizers: [gd, adam]
lr: 0.005
steps: 20
sweep: {landscape: [rosenbrock, beale, {quadratic: 10}]}
panels: [grid: {panel: PANEL, by: BY}]
"""


@pytest.mark.parametrize("panel", ["contour", "loss", "curve: gap", "surface"])
@pytest.mark.parametrize("by", ["landscape", "optimizer"])
def test_a_grid_by_an_axis(panel: str, by: str) -> None:
    text = FOUR.replace("PANEL", f"{{{panel}}}" if ":" in panel else panel).replace("BY", by)
    if by == "optimizer" and panel != "loss":
        ((message, _),) = wrong(text)
        assert message == f"'{panel.split(':')[0]}' draws one landscape, and here are 3"
        return
    film = Film(simulate(read(text)), Look(seconds=1, fps=10))
    frames = [frame.copy() for frame in film.frames()]
    assert np.abs(frames[-1].astype(int) - film.frame(-1)).max() <= 3
    grid: Any = film.panels[0]
    assert [grid._title(members) for members in grid.members] == (
        ["Rosenbrock", "Beale", "Quadratic (condition 10)"] if by == "landscape" else ["GD", "Adam"]
    )
    assert grid.apart == (by == "landscape")


def test_without_by_every_run_has_a_cell() -> None:
    trace = simulate(read(FOUR.replace("{panel: PANEL, by: BY}", "contour")))
    film = Film(trace, Look(seconds=1, fps=5))
    grid: Any = film.panels[0]
    assert film.static is not None and [each.stage.trace is not trace for each in grid.cells] == [True] * 6
    assert [grid._title(members) for members in grid.members] == [run.label for run in trace.runs]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("title: T\nlandscape: beale\noptimizers: momentum\nsweep: {lr: [0.001, 0.002, 0.003]}",
         "Beale  ·  Momentum  ·  3 learning rates  ·  start (1, 1.5)"),
        ("landscape: beale\noptimizers: [gd, adam]\nlr: 0.01\nsweep: {start: [[0, 1], [1, 0]]}",
         "2 starts  ·  lr 0.01"),
        ("optimizers: [gd, adam]\nsweep: {landscape: [beale, rosenbrock]}\n"
         "panels: [grid: {panel: contour, by: landscape}]",
         "lr of GD, Beale 0.033, Adam, Beale 0.47, GD, Rosenbrock 0.0015, Adam, Rosenbrock 1 (best of 25)"),
        ("dataset: line\nbatch: 4\noptimizers: gd\nlr: 0.1\nsweep: {seed: {range: 5}}",
         "5 seeds: mean (geometric on log axes), lowest to highest  ·  batch 4 of 100  ·  start (0, 0)  ·  "
         "lr 0.1"),
        ("dataset: line\noptimizers: gd\nlr: 0.1\nsweep: {batch: [4, 8]}",
         "2 sizes of batches  ·  start (0, 0)  ·  lr 0.1"),
    ],
)  # fmt: skip
def test_the_facts_say_what_is_swept(text: str, expected: str) -> None:
    assert words.facts(simulate(read(text + "\n"))) == expected


def test_the_words_of_a_figure_know_the_seeds() -> None:
    trace = seeds()
    assert words.title(trace) == "GD and Adam on MSE of linear regression"
    assert "GD ends with losses from" in words.alt(trace) and "over 5 seeds" in words.alt(trace)
    lost = simulate(read(SEEDS.replace("lr: 0.05", "lr: 1e300") + "optimizers: gd\n"))
    assert words.settings_line(lost.runs[0], lost) == "5 of 5 end early"
    assert words.alt(lost).endswith("5 of its 5 seeds end early.")


def test_numbers_say_what_was_swept() -> None:
    trace = simulate(
        read(FOUR.replace("grid: {panel: PANEL, by: BY}", "loss").replace("steps: 20", "steps: 1"))
    )
    found = json.loads("".join(as_json(trace)))
    assert found["runs"][5]["swept"] == {"landscape": {"quadratic": {"condition": 10.0}}}
    assert {run["seed"] for run in found["runs"]} == {0}
    rows = list(as_csv(trace))
    assert rows[0] == "run,label,optimizer,swept_landscape,step,lr,x,y,loss,batch_loss,evals\n"
    assert len(rows) == 1 + 6 * 2
