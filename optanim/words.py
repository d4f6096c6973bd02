"""What a figure says in words when the scene does not: numbers, title, line of facts, alt text."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from typing import Any

import numpy as np

from optanim import means, scores
from optanim.kinds import KINDS, landscape, optimizer
from optanim.labels import figure_name, listed, schedule_words
from optanim.labels import title as rule_title
from optanim.losses import TITLES as LOSS_TITLES
from optanim.scene import Axis, Run, Thing
from optanim.trace import Path, Trace

_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_SUBSCRIPTS = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")


NAMED = 6  # runs whose learning rates are told
PLACES = ("landscape", "dataset")  # axes that a title made of what runs tells, as it does optimizers
WRITTEN = 8  # digits of a number that somebody wrote
MANY = 4  # numbers of a point that are all told
RATE = re.compile(r"\blr (\d*\.?\d+(?:e[+-]?\d+)?)")


def number(value: float, digits: int = 3) -> str:
    """A number as a legend prints it: a few significant digits, a true minus sign."""
    if not math.isfinite(value):
        return "∞" if value > 0 else "−∞" if value < 0 else "nan"
    text = f"{value:.{digits}g}"
    if "e" in text:
        mantissa, exponent = text.split("e")
        text = f"{mantissa}e{int(exponent)}"
    return text.replace("-", "−")


def percent(share: float) -> str:
    """A share in per cent, rounded down, so that 100 % is all."""
    return f"{math.floor(round(10 * share, 6)) / 10:g} %"


def point(values: Sequence[float], written: int = 3) -> str:
    """A point as (x, y), or the bare number in one dimension; of many numbers the first and the last.

    A number that takes up to so many digits, as one that somebody wrote, has them all.
    """
    told = [_exact(value, written) for value in values]
    inside = ", ".join(told if len(told) <= MANY else [*told[:2], "…", told[-1]])
    return f"({inside})" if len(values) > 1 else inside


def _exact(value: float, most: int) -> str:
    """A number with all its digits where so many are enough, as short as it can be; else with three."""
    if float(f"{value:.{most}g}") != value:
        return number(value)
    told = (number(value, digits) for digits in range(3, most + 1) if float(f"{value:.{digits}g}") == value)
    return min(told, key=len)


def symbol(name: str) -> str:
    """A variable's name as it is read: x1 becomes x₁."""
    return re.sub(r"(?<=[a-z])\d+$", lambda m: m[0].translate(_SUBSCRIPTS), name)


def formula(text: str) -> str:
    """A formula as it is read rather than typed: `2*x1**2` becomes 2 x₁²."""
    text = re.sub(r"\b[a-z]\d\b", lambda m: symbol(m[0]), text)
    text = re.sub(r"\*\*\s*(\d+)(?![.\d])", lambda m: m[1].translate(_SUPERSCRIPTS), text)
    text = re.sub(r"(?<=[\w)²³])\s*\*\s*(?=[\w(])", " ", text)
    text = re.sub(r"\bpi\b", "π", text)
    return re.sub(r"(?<!e)-", "−", text)


def landscape_words(trace: Trace) -> str:
    """The landscape as a figure names it, with all that makes it another than its name says."""
    thing = trace.scene.landscape
    if thing is None:
        return ""
    return ", ".join([_landscape_name(trace, thing), *_altered(thing)])


def _landscape_name(trace: Trace, thing: Thing) -> str:
    if thing.name == "formula":
        return "f = " + formula(str(thing.settings.get("f", "")))
    if "degree" in landscape[thing.name].settings:
        degree = thing.settings.get("degree", landscape[thing.name].settings["degree"].default)
        return _scored(trace, f"a polynomial of degree {degree}")
    if is_network(thing):
        return _network_words(trace)
    if "loss" in landscape[thing.name].settings:
        return _scored(trace, landscape[thing.name].title.replace("_", " "))
    title = landscape[thing.name].title
    return title[:1].upper() + title[1:]


def is_network(thing: Thing) -> bool:
    """Whether a landscape is the error of a network."""
    return "arrays" in landscape[thing.name].facts


def _network_words(trace: Trace) -> str:
    """A network, and what it learns: of several datasets its layers differ, and they are told elsewhere."""
    if trace.problem is None or trace.scene.dataset is None:
        return "MLP"
    return f"{network_name(trace.problem.shapes)} on {dataset_name(trace.scene.dataset)}"


def dataset_name(thing: Thing) -> str:
    """A dataset as a figure names it: a file or a formula by that, others by their names."""
    entry = KINDS["dataset"][thing.name]
    lead = thing.settings.get(entry.lead.name) if entry.lead else None
    if isinstance(lead, str):
        return formula(lead) if thing.name == "formula" else lead
    name = entry.title.replace("_", " ")
    return name[:1].upper() + name[1:]


def network_name(shapes: Sequence[tuple[int, ...]]) -> str:
    """A network as papers name it, by the sizes of its layers: MLP 64–32–10."""
    sizes = [shapes[0][0], *(shape[-1] for shape in shapes if len(shape) > 1)]
    return f"MLP {'–'.join(map(str, sizes))}"


def _scored(trace: Trace, model: str) -> str:
    """A model with the loss that the runs go down; alone where panels draw several and nothing runs."""
    drawn = {panel.settings["loss"] for panel in trace.scene.panels if "loss" in panel.settings}
    if not trace.runs and len(drawn) > 1:
        return model[:1].upper() + model[1:]
    return f"{loss_name(trace)} of {model}"


def _altered(thing: Thing) -> list[str]:
    """What the scene does to a landscape: where it lies, and what its gradients are off by."""
    said = []
    shift, scale = thing.settings.get("shift", ()), thing.settings.get("scale", ())
    if any(factor != 1 for factor in scale):
        said.append(f"scaled by {point(scale)}")
    if thing.settings.get("rotate", 0.0) % 360:
        said.append(f"rotated by {number(thing.settings['rotate'])}°")
    if any(shift):
        said.append(f"shifted by {point(shift)}")
    if noise := thing.settings.get("noise"):
        given = noise.settings.items() if isinstance(noise, Thing) else [("sd", noise)]
        words = [noise.name] if isinstance(noise, Thing) else []
        said.append(" ".join(["gradient noise", *words, *(f"{n} {number(v)}" for n, v in given)]))
    return said


def loss_of(trace: Trace) -> str | None:
    """The name of the loss, where a landscape has a setting that says it."""
    thing = trace.scene.landscape
    choice = landscape[thing.name].settings.get("loss") if thing else None
    return str(thing.settings.get("loss", choice.default)) if thing and choice else None


def loss_name(trace: Trace) -> str:
    """What the loss is: RMSE where a landscape has a setting that says so, else loss."""
    name = loss_of(trace)
    return LOSS_TITLES[name] if name else "loss"


def drawn_loss(trace: Trace, loss: str) -> str:
    """What the loss is called that a panel draws; where it says nothing else, that of the scene."""
    name = loss_name(trace)
    return LOSS_TITLES.get(loss, f"test {name}" if loss == "test" else name)


def title(trace: Trace) -> str:
    """The scene's title, or one made of what ran."""
    if trace.scene.title is not None:
        return trace.scene.title
    rules = list(dict.fromkeys(run.label for run in trace.runs))
    where = _places(trace)
    if trace.scene.axes:
        rules = who_ran(trace)
    if not rules:
        return where or "The data"
    who, s = listed(rules) if len(rules) < 5 else f"{len(rules)} optimizers", "s" * (len(rules) == 1)
    if where.startswith("f = "):
        return f"{who} descend{s} {where[4:]}"
    return f"{who} train{s} {where}" if _of_networks(trace) else f"{who} on {where}"


def _of_networks(trace: Trace) -> bool:
    """Whether all that is run on are networks."""
    places = [trace.scene, *trace.scene.worlds] if trace.scene.landscape else trace.scene.worlds
    things = [each.landscape for each in places]
    return bool(things) and all(thing is not None and is_network(thing) for thing in things)


def _places(trace: Trace) -> str:
    """What is run on, and of several landscapes or datasets how many."""
    scene = trace.scene
    counted = {axis.name: axis_count(axis) for axis in scene.axes if axis.name in PLACES}
    words, datasets = landscape_words(trace), counted.get("dataset")
    if not words:
        if "landscape" in counted and not datasets and _of_networks(trace) and scene.dataset:
            return f"{counted['landscape'].replace('landscape', 'network')} on {dataset_name(scene.dataset)}"
        return " and ".join(counted.values())
    if not datasets:
        return words
    return f"{words} on {datasets}" if _of_networks(trace) else f"{words}, {datasets}"


def who_ran(trace: Trace) -> list[str]:
    """The optimizers of a sweep, each once whatever it is run with."""
    own: dict[Any, tuple[Run, bool]] = {}
    for run in trace.scene.runs:
        entry = optimizer[run.rule.name]
        varies = entry.lead is not None and entry.lead.name in run.swept
        own.setdefault(run.number, (run, varies))
    named = [run.label or rule_title(run.rule, leads=not varies) for run, varies in own.values()]
    return list(dict.fromkeys(named))


AXES = {
    "lr": "learning rates",
    "start": "starts",
    "batch": "sizes of batches",
    "steps": "numbers of steps",
    "weight_decay": "weight decays",
}


def axis_count(axis: Axis) -> str:
    """An axis of a sweep in words: 5 seeds."""
    own = axis.name in ("seed", "landscape", "dataset", "optimizer")
    many = AXES.get(axis.name) or (f"{axis.name}s" if own else f"values of {axis.name.replace('_', ' ')}")
    return f"{len(axis.values)} {many if len(axis.values) > 1 else many.removesuffix('s')}"


def facts(trace: Trace) -> str:
    """One line of what all runs share: the landscape, the start, the learning rate.

    Of several seeds it tells what stands for them in panels of curves, which have no room for it.

    Learning rates that differ are told by the curves' names; where no panel has curves, here.
    """
    parts = []
    words, titled = landscape_words(trace), trace.scene.title is not None
    axes = [axis for axis in trace.scene.axes if len(axis.values) > 1]
    if titled and not words and _of_networks(trace):
        words, axes = _places(trace), [axis for axis in axes if axis.name not in PLACES]
    if words and titled and (trace.runs or trace.scene.landscape_shown):
        parts.append(words)
    if axes and titled and len(who := who_ran(trace)) == 1:
        parts.append(who[0])
    for axis in axes:
        if titled or axis.name not in (*PLACES, "optimizer"):
            drawn = means.told(trace) if axis.name == "seed" else ""
            parts.append(": ".join(filter(None, (axis_count(axis), drawn))))
    if trace.batches is not None:
        parts.append(_batch_words(trace))
    starts = {tuple(run.params[0]) for run in trace.runs}
    if len(starts) == 1 and not _of_networks(trace):
        parts.append(f"start {point(next(iter(starts)), WRITTEN)}")
    named = any(thing.name == "loss" for thing in trace.scene.panels)
    shared = shared_rate(trace.runs)
    tuned = trace.runs[0].tuned if trace.runs and all(run.tuned for run in trace.runs) else None
    if tuned and (named or shared):
        which = "learning rate" if len(trace.runs) == 1 else "learning rate of each"
        told = f" {shared}," if shared and not named else ":"
        parts.append(f"{which}{told} best of {len(tuned.grid)}")
    elif any(axis.name == "lr" for axis in axes):
        pass  # its values are names
    elif shared:
        parts.append(f"lr {shared}")
    elif tuned and len(trace.families) > NAMED:
        parts.append(f"learning rate of each: best of {len(tuned.grid)}")
    elif not named and not any(thing.name == "lr" for thing in trace.scene.panels):
        # A name that tells its learning rate is not told it again.
        firsts = [trace.runs[family[0]] for family in trace.families]
        runs = [run for run in firsts if len(run.lr) and not _tells_rate(run)]
        if runs:
            each = ", ".join(f"{name_of(run)} {rate(run)}" for run in runs)
            parts.append(f"lr of {each}" + (f" (best of {len(tuned.grid)})" if tuned else ""))
    if not named:  # no curve's name tells what a label hides
        parts += [f"{name_of(run)}: {hidden}" for run in trace.runs if (hidden := _hidden(run))]
    return "  ·  ".join(parts)


def _batch_words(trace: Trace) -> str:
    batch, batches = trace.scene.batch, trace.batches
    assert batches is not None
    if isinstance(batch, Thing):
        first, last = batches.asked[[0, -1]].tolist()
        return f"batch {first} to {last} of {batches.count} ({batch.name.replace('_', ' ')})"
    return f"batch {batch} of {batches.count}"


def _hidden(run: Path) -> str:
    """What tells a run from others of its rule, beside its learning rate, where its name does not say it."""
    parts = run.differs.split(", ") if run.differs not in run.label else []
    return ", ".join(part for part in parts if not part.startswith("lr ") and not _says(run.label, part))


def _says(label: str, part: str) -> bool:
    """Whether a label has all the words of a part that tell something."""
    return all(word in label.split() for word in part.split() if word not in ("weight", "decay", "sqrt"))


def shared_rate(runs: Sequence[Path]) -> str | None:
    """The one learning rate or schedule of all runs, if there is one."""
    rates = {rate(run) for run in runs if len(run.lr)}
    same = all(np.array_equal(run.lr, runs[0].lr) for run in runs)
    return rates.pop() if len(rates) == 1 and same and all(len(run.lr) for run in runs) else None


def rate(run: Path) -> str:
    """The learning rate of a run, or what makes it where it changes."""
    return schedule_words(run.schedule) if run.schedule else number(float(run.lr[0]))


def _tells_rate(run: Path) -> bool:
    """Whether the name of a run tells its learning rate."""
    if run.schedule:
        return f"lr {rate(run)}" in run.label
    return any(number(float(each)) == rate(run) for each in RATE.findall(run.label))


def name_of(run: Path) -> str:
    """The name of a run as a figure writes it."""
    return figure_name(run.label, run.differs)


def settings_line(run: Path, trace: Trace) -> str:
    """What a curve's label says below its name: its learning rate, and how it ended if early."""
    parts, rates = [], [f"lr {rate(run)}"] if len(run.lr) and not _tells_rate(run) else []
    if run.tuned is not None:
        if run.tuned.at_edge:
            rates.append("largest tried" if run.tuned.lr == run.tuned.grid[-1] else "smallest tried")
        elif not all(each.tuned for each in trace.runs):
            rates.append(f"best of {len(run.tuned.grid)}")
        parts.append(", ".join(rates))
    elif len(run.lr) and shared_rate(trace.runs) is None:
        parts += rates
    decay = run.settings.get("weight_decay")
    hidden = _hidden(run)
    told = "weight decay" in run.label or "weight decay" in hidden
    if isinstance(decay, float) and decay and not told and _differ(trace.runs, "weight_decay"):
        parts.append(f"weight decay {number(decay)}")
    if hidden:
        parts.append(hidden)
    kin = _kin(run, trace)
    if len(kin) > 1:
        early = sum(one.ended is not None for one in kin)
        parts += [f"{early} of {len(kin)} end early"] if early else []
    elif run.ended is not None:
        parts.append(f"{run.ended.why.removeprefix('the loss is ')} at step {run.ended.step}")
    return " · ".join(filter(None, parts))


def _kin(run: Path, trace: Trace) -> list[Path]:
    """A run, and those that differ from it in the seed alone."""
    index = next((i for i, one in enumerate(trace.runs) if one is run), None)
    return [run] if index is None else [trace.runs[i] for i in trace.kin(index)]


def _differ(runs: Sequence[Path], setting: str) -> bool:
    """Whether runs have different values of a setting; one without it has none of it."""
    return len({str(run.settings.get(setting) or 0.0) for run in runs}) > 1


def alt(trace: Trace) -> str:
    """The scene's alt text, or one that tells what is seen: who ran where and how each ended."""
    if trace.scene.alt is not None:
        return trace.scene.alt
    if not trace.runs:
        return f"{title(trace)}."
    ends = [_end(trace, family) for family in trace.families]
    return f"{title(trace)}. {trace.steps} steps: {'; '.join(ends)}."


def _end(trace: Trace, family: Sequence[int]) -> str:
    """How a run ended, or those of several seeds: of networks with what they score, of others where."""
    kin = [trace.runs[index] for index in family]
    run, fine = kin[0], [index for index in family if trace.runs[index].ended is None]
    who, losses = name_of(run), [float(trace.runs[index].loss[-1]) for index in fine]
    problem = trace.world_of(family[0]).problem
    network = problem is not None and bool(problem.shapes)
    if len(kin) > 1:
        early = f"{len(kin) - len(fine)} of its {len(kin)} seeds end early" if len(fine) < len(kin) else ""
        if network and fine:
            reach = f"ends, in the mean of {len(fine)} seeds, with {_score(trace, fine)}"
        else:
            span = f"{number(min(losses))} to {number(max(losses))}" if losses else ""
            reach = f"ends with losses from {span} over {len(fine)} seeds" if losses else ""
        return f"{who} {', '.join(filter(None, (reach, early)))}"
    if run.ended is not None:
        return f"{who} ends early, {run.ended.why} at step {run.ended.step}"
    if network:
        return f"{who} ends with {_score(trace, fine)}"
    return f"{who} ends at {point(tuple(run.params[-1]))} with loss {number(losses[0])}"


def _score(trace: Trace, family: Sequence[int]) -> str:
    """The loss of networks after their last step and, of classes, how many points they tell right."""
    world = trace.world_of(family[0])
    loss = f"{loss_name(world)} {number(float(np.mean([trace.runs[index].loss[-1] for index in family])))}"
    if world.data is None or not world.data.classes:
        return loss
    test = world.data.test is not None
    share = float(np.mean([scores.final_accuracy(trace, index, test) for index in family]))
    if math.isnan(share):
        return loss  # at points that are kept back its outputs may be no numbers
    return f"{loss} and {percent(share)} of the {'test' if test else 'training'} points right"
