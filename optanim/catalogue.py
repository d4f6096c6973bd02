"""Everything a scene can name, as plain data, and the page of optimizers that is made of it."""

from __future__ import annotations

import inspect
import json
import re
import sys
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

from optanim.kinds import KINDS
from optanim.registry import Entry, Setting
from optanim.scene import Thing
from optanim.settings import Choice, grouped

COSTS = {
    "grad": "gradients at further points",
    "hessian": "second derivatives, a gradient for each parameter",
    "hessian_diag": "the diagonal of second derivatives, a gradient for each parameter",
    "residuals": "the residuals of a regression with their derivatives, which count as one gradient",
    "linear_residuals": "in place of all that, of a regression with the loss mse, once its residuals",
    "base": "what the rule inside it takes",
    "loss": "the loss at further points, which is not counted",
}


def catalogue(kind: str) -> dict[str, dict[str, Any]]:
    """Every thing of a kind by name, with its settings and what is stated about it."""
    return {entry.name: described(entry) for entry in KINDS[kind].entries()}


def described(entry: Entry) -> dict[str, Any]:
    """One thing in JSON's types; what is not stated of it is left out."""
    found: dict[str, Any] = {
        "title": entry.title,
        "summary": entry.summary,
        "text": body(entry),
        "settings": {each.name: _setting(each) for each in entry.settings.values()},
    }
    found |= {
        name: plain(value)
        for name in ("view", "start", "minima", "lr", "paper", "reference", "variants")
        if (value := entry.facts.get(name)) is not None and not callable(value)
    }
    if "times" in entry.facts:  # through which it goes without a learning rate
        del found["lr"]
    if entry.kind == "optimizer":
        found["family"] = family(entry)
        found["takes"] = [COSTS[ask] for ask in entry.asks if ask in COSTS]
        found["verified"] = verified().get(entry.name, [])
    return found


# What each way of weight decay does, said of every rule whose own formula does not.
DECAYS = {
    "coupled": "g = g + weight_decay * p, before the step",
    "decoupled": "p = p * (1 - lr * weight_decay), before the step",
    "after": "p = p * (1 - lr * weight_decay), after the step",
}


def body(entry: Entry) -> str:
    """The docstring after its first line: the formula, and what needs words; and how its weight decays."""
    told = (inspect.getdoc(entry.function) or "").partition("\n")[2].strip("\n")
    return "\n".join([told, *_decay_lines(entry, told)]) if told else told


def _decay_lines(entry: Entry, told: str) -> list[str]:
    ways = entry.settings.get("decay")
    if (
        entry.kind != "optimizer"
        or ways is None
        or re.search(r"\bdecay:", told)
        or not isinstance(ways.type, Choice)
    ):
        return []
    return [
        f"{'weight_decay' if i == 0 else '':12}  {way + ':':10} {DECAYS[way]}"
        for i, way in enumerate(ways.type.options)
    ]


def family(entry: Entry) -> str:
    """What the rules of one module have in common: the first sentence of its docstring."""
    module = sys.modules[entry.function.__module__]
    return (module.__doc__ or "").strip().split("\n")[0].rstrip(".")


@cache
def verified() -> dict[str, list[dict[str, Any]]]:
    """Of every rule the reference implementations it was compared with, as the tests last wrote it."""
    text = resources.files("optanim").joinpath("verified.json").read_text(encoding="utf-8")
    found: dict[str, list[dict[str, Any]]] = json.loads(text)
    return found


def _setting(setting: Setting) -> dict[str, Any]:
    found: dict[str, Any] = {"takes": setting.type.describe()}
    if setting.required:
        found["required"] = True
    else:
        found["default"] = plain(setting.default)
    if setting.lead:
        found["lead"] = True
    if setting.scheduled:
        found["scheduled"] = True
    return found


def plain(value: Any) -> Any:
    """A value in JSON's own types; a thing as the scene writes it."""
    if isinstance(value, Thing):
        return {value.name: plain(dict(value.settings))} if value.settings else value.name
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    return value


def written(value: Any) -> str:
    """A setting's value as a scene writes it."""
    if isinstance(value, Thing):
        return written(plain(value))
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {written(each)}" for name, each in value.items()) + "}"
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, float):
        return f"{value:.10g}"
    return "none" if value is None else str(value)


def variant_lines(variants: Mapping[str, Any]) -> list[str]:
    """Of every other implementation what to set to get its path, or what sets it apart."""
    lines = []
    for name, each in variants.items():
        if not isinstance(each, Mapping):
            lines.append(f"{name}: {each}")
            continue
        settings = [f"{word}: {written(value)}" for word, value in each.items() if word != "but"]
        words = f"; but {each['but']}" if "but" in each else ""
        lines.append(f"{name}: {', '.join(settings) or 'the same'}{words}")
    return lines


def check_lines(entry: Entry) -> list[str]:
    """What a rule was compared with, a line for each implementation."""
    checks = verified().get(entry.name)
    if checks is None:
        if entry.function.__module__.startswith("optanim."):
            return ["no other library's path, but computed by hand and by what it must do, in the tests"]
        return ["nothing: it is not one of optanim's own"]
    return [
        f"{each['library']} {each['version']} {each['class']}{', ' + each['how'] if each['how'] else ''}: "
        f"{each['cases']} "
        f"path{'s' * (each['cases'] != 1)} equal to {each['tolerance']:.1e}, "
        f"the largest difference {each['error']:.0e}"
        for each in checks
    ]


def page() -> str:
    """docs/optimizers.md: every rule by family, with its formula, settings, paper and how it is known."""
    rules = KINDS["optimizer"].entries()
    cases = sum(each["cases"] for entry in rules for each in verified().get(entry.name, ()))
    compared = sum(1 for entry in rules if verified().get(entry.name))
    parts = [
        "# The update rules",
        "Made by `optanim list optimizers --markdown` from the rules themselves; `optanim explain NAME` says "
        "the same of one.",
        f"{len(rules)} rules, {compared} of them compared with other implementations in {grouped(cases)} "
        "comparisons with recorded paths of up to 200 steps, parameter by parameter: each stands with the "
        "largest tolerance that a path was allowed and the largest difference that was found, relative to "
        "the largest parameter or 1. Tolerances are measured: a path that amplifies rounding is allowed "
        "what rounding does to it. `make test` compares them all again.",
        "Every implementation was run in float64, torch's default precision included, with its code as it "
        "is. Where it was not, its line says so: computed in float64 where it asks for a lower precision, or "
        "handed what it would draw at random, and then its users see another path than this; or in a lower "
        "precision all the same.",
    ]
    families: dict[str, list[Entry]] = {}
    for entry in rules:
        families.setdefault(family(entry), []).append(entry)
    for name, members in families.items():
        links = ", ".join(f"[{entry.title}](#{entry.name})" for entry in members)
        parts.append(f"- {name}: {links}")
    parts = ["\n\n".join(parts[:4]), "\n".join(parts[4:])]
    for name, members in families.items():
        parts.append(f"## {name}")
        parts += [_section(entry) for entry in members]
    return "\n\n".join(parts) + "\n"


def _section(entry: Entry) -> str:
    parts = [f'### <a id="{entry.name}"></a>{entry.title}', f"`{entry.name}`: {entry.summary}"]
    if body(entry):
        parts.append(f"```\n{body(entry).strip()}\n```")
    settings = [
        f"`{each.name}`" + ("" if each.required else f" {written(each.default)}")
        for each in entry.settings.values()
    ]
    lines = []
    if settings:
        lines.append(f"- Settings and defaults: {', '.join(settings)}")
    if "lr" in entry.facts and "times" not in entry.facts:
        lines.append(f"- Learning rate of its own: {written(entry.facts['lr'])}")
    takes = [COSTS[ask] for ask in entry.asks if ask in COSTS]
    if takes:
        lines.append(f"- Takes more than one gradient a step: {'; '.join(takes)}")
    if entry.facts.get("paper"):
        lines.append(f"- Paper: {entry.facts['paper']}")
    if entry.facts.get("reference"):
        lines.append(f"- Path and defaults of: {entry.facts['reference']}")
    lines += [f"- {line}" for line in variant_lines(entry.facts.get("variants", {}))]
    lines += [f"- Verified: {line}" for line in check_lines(entry)]
    return "\n\n".join([*parts, "\n".join(lines)] if lines else parts)
