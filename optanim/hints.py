"""Words that people try first, and the one that is meant; hints only, never second spellings."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence

from optanim.kinds import KINDS, format_
from optanim.registry import Registry
from optanim.settings import NUMBER, Choice, Type, closest

_MEANT = {
    "learning_rate eta alpha step_size schedule scheduler lr_schedule lr_scheduler": "lr",
    "epochs iterations iters n_steps n_iter num_steps max_iter": "steps",
    "wd decay l2": "weight_decay",
    "gamma mu": "momentum alpha",
    "beta rho": "momentum beta1 alpha",
    "epsilon": "eps",
    "init x0 initial start_point starting_point": "start",
    "function objective loss_function surface": "landscape",
    "data": "dataset",
    "optimizer optimiser optimisers methods method algorithms algorithm runs": "optimizers base",
    "bounds xlim ylim range extent window": "view",
    "format formats outputs": "output",
    "style palette": "theme",
    "duration length": "seconds",
    "name legend": "label",
    "colour": "color",
    "milestones boundaries": "at",
    "T_max": "steps",
    "max_lr": "peak",
    "warmup_steps": "warmup",
    "base_optimizer": "base",
    "k": "every",
    "start": "low",
    "stop": "high",
    "split": "data",
    "log_y yaxis": "yscale",
    "camera eye": "azimuth",
    "kernel noise_std sigma": "noise",
    "path filename csv": "file",
    "minimum optimum": "minima",
    "panel": "panels",
    "seeds n_seeds num_seeds": "seed",
}
MEANT = {word: meant.split() for words, meant in _MEANT.items() for word in words.split()}
PAIRS = {"betas": ("beta1", "beta2"), "b1": ("beta1",), "b2": ("beta2",)}
# What people call a panel, and the one that draws it.
_DRAWN = {
    "boundary decision decision_boundary decision_region regions": "fit",
    "landscape loss_landscape level_sets levels": "contour",
    "learning_curve learning_curves training": "loss",
    "learning_rate": "lr",
}
DRAWN = {word: panel for words, panel in _DRAWN.items() for word in words.split()}
SWEPT = ("lr", "seed", "batch", "weight_decay", "steps")  # numbers of a scene that several are wanted of
MAX_RUNS = 500  # that a sweep makes
NAMING = ("name", "type", "optimizer", "kind")  # keys under which people look for a thing's name
NOT_YET = ("svg", "pdf", "html")


def instead_of(word: str, known: Iterable[str], value: str = "") -> str:
    """What to write for a key that is not known here; empty where nothing is near.

    `value` is the text that the key was given, where it is a single one.
    """
    names = list(known)
    if word in PAIRS and all(name in names for name in PAIRS[word]):
        return f"write {' and '.join(PAIRS[word])}"
    for meant in MEANT.get(word, ()):
        if meant == "seed" and {"seed", "sweep"} <= set(names):
            return f"write sweep: {{{so_many_seeds(value, MAX_RUNS)}}}"
        if meant in names:
            named = meant == "lr" and value in KINDS["schedule"]
            return f"write {meant}: {value}" if named else f"write {meant}"
    return closest(word, names)


def instead_of_name(name: str, registry: Registry) -> str:
    """What to write for a name that no thing of this kind has."""
    kind = registry.kind
    if kind == "format":
        return instead_of_format(name)
    others = [other.kind for other in KINDS.values() if other is not registry and name in list(other)]
    hint = f"'{name}' is {a(others[0])}" if others else nearest(name, forms_of(registry))
    if kind == "panel" and name.lower() in DRAWN:
        hint = f"write {DRAWN[name.lower()]}"
    if leader := next((e.name for e in registry.entries() if e.lead and name in _words(e.lead.type)), ""):
        hint = f"write {kind}: {{{leader}: {name}}}"
    if not hint and any(c in name for c in "+*/^()") and kind == "landscape":
        hint = f"write formula: {name}"
    if " - " in name:
        hint = "give the dashes of one list the same indent"
    few = kind in ("distribution", "values")
    listed = f"takes {' or '.join(registry)}" if few else f"see optanim list {kind}s"
    return hint or listed


def _words(kind: Type) -> tuple[str, ...]:
    return kind.options if isinstance(kind, Choice) else ()


def nearest(name: str, forms: Mapping[str, str]) -> str:
    """The hint for a thing by its title or something like it; empty where nothing is near.

    `forms` are the names by the letters of themselves and of their titles.
    """
    word = letters(name)
    if word in forms:
        return f"write '{forms[word]}'"
    begin = list(dict.fromkeys(full for form, full in forms.items() if form.startswith(word)))
    if len(word) >= 5 and 1 < len(begin) <= 4:
        quoted = [f"'{each}'" for each in begin]
        return f"did you mean {', '.join(quoted[:-1])} or {quoted[-1]}?"
    hint = closest(name, forms.values())
    if not hint and len(word) > 4 and (near := difflib.get_close_matches(word, forms, n=1, cutoff=0.6)):
        hint = f"did you mean '{forms[near[0]]}'?"
    return hint


def forms_of(registry: Registry) -> dict[str, str]:
    """Every name of a kind by the letters of its title, and by its own."""
    return {letters(text): entry.name for entry in registry.entries() for text in (entry.title, entry.name)}


def letters(text: str) -> str:
    """A name without what people write in different ways: capitals, spaces, hyphens, underscores."""
    return "".join(character for character in text.lower() if character.isalnum())


def instead_of_format(name: str) -> str:
    """What to write for a format that nothing writes."""
    known = f"takes {', '.join(format_)}; also {', '.join(format_.also)}"
    if name.lower() in NOT_YET:
        return f"{name} is not written yet; {known}"
    return closest(name, [*format_, *format_.also]) or known


def several_of(name: str, values: Sequence[str]) -> str:
    """The sweep that a list of numbers under a key of a scene means; of several seeds from 0 their count."""
    counted = name == "seed" and list(values) == [str(i) for i in range(len(values))]
    listed = ", ".join([*values[:8], *(["…"] if len(values) > 8 else [])])
    spread = f"{{range: {len(values)}}}" if counted else f"[{listed}]"
    return f"write sweep: {{{name}: {spread}}}"


def so_many_seeds(value: str, most: int) -> str:
    """Seeds as an axis of a sweep takes them, as many as the text says where that is a number of them."""
    counts = value.isascii() and value.isdigit() and len(value) < 9 and 2 <= int(value) <= most
    return f"seed: {{range: {int(value) if counts else 4}}}"


def as_list(text: str) -> str:
    """The list that a text of several numbers means, as a scene writes it; empty where it is none."""
    parts = [part for part in re.split(r"[\s,;]+", text.strip("()[] ")) if part]
    return f"[{', '.join(parts)}]" if len(parts) > 1 and all(map(NUMBER.fullmatch, parts)) else ""


def a(noun: str) -> str:
    return noun if noun == "values" else f"{'an' if noun[0] in 'aeiou' else 'a'} {noun}"
