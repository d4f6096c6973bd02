"""What the legend calls each run, so that no run goes by the name of another rule."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import combinations
from typing import Any

from optanim.kinds import optimizer
from optanim.registry import Registry
from optanim.scene import Run, Thing


def number(value: float) -> str:
    """A number as short as it is exact: 0.1, 1e-05, 30."""
    return f"{value:.15g}" if float(f"{value:.15g}") == value else repr(float(value))


def labels(
    runs: Sequence[Run], rates: Sequence[float], registry: Registry = optimizer
) -> list[tuple[str, str]]:
    """For every run its label, and the part of it that says in what it differs from others.

    `rates` are the learning rates that the runs had, tuned or given.
    """
    out = [("", "")] * len(runs)
    unnamed: dict[str, list[int]] = {}
    for i, run in enumerate(runs):
        if run.label is None:
            unnamed.setdefault(run.rule.name, []).append(i)
        else:
            out[i] = (honest(run.label, run.rule.name, registry), "")
    for name, alike in unnamed.items():
        title = registry[name].title
        facts = [_facts(runs[i], rates[i], registry) for i in alike]
        for i, differs in zip(alike, _differences(facts), strict=True):
            out[i] = (f"{title} {differs}" if differs else title, differs)
    return out


def honest(label: str, rule: str, registry: Registry = optimizer) -> str:
    """The user's label, with the real rule's title after it where another rule is named first."""
    words = {}
    for entry in registry.entries():
        words.update(
            {word.lower(): entry.name for word in (entry.name, entry.name.replace("_", " "), entry.title)}
        )
    longest = sorted(words, key=len, reverse=True)
    pattern = r"(?<!\w)(" + "|".join(map(re.escape, longest)) + r")(?!\w)"
    named = re.search(pattern, label.lower())
    if named is None or words[named[1]] == rule:
        return label
    return f"{label} ({registry[rule].title})"


def _facts(run: Run, rate: float, registry: Registry) -> dict[str, Any]:
    """All that can tell a run from another of its rule, what is best said first."""
    entry = registry[run.rule.name]
    settings = entry.defaults() | dict(run.rule.settings)
    facts: dict[str, Any] = {"lr": rate}
    facts.update((name, settings[name]) for name in entry.settings if name in settings)
    facts.update(start=run.start, layers=run.layers, steps=run.steps)
    if entry.lead:
        # The lead setting needs no name: "Momentum 0.5".
        facts = {("" if name == entry.lead.name else name): value for name, value in facts.items()}
    return facts


def _differences(facts: list[dict[str, Any]]) -> list[str]:
    """The fewest facts that tell all apart, in words; numbered where nothing does."""
    if len(facts) == 1:
        return [""]
    varying = [name for name in facts[0] if any(one[name] != facts[0][name] for one in facts)]
    for count in range(1, len(varying) + 1):
        for chosen in combinations(varying, count):
            if all(_apart(a, b, chosen) for a, b in combinations(facts, 2)):
                return [", ".join(_word(name, one[name]) for name in chosen) for one in facts]
    # Some are the same run twice.
    words = [", ".join(_word(name, one[name]) for name in varying) for one in facts]
    return [
        f"{word} #{words[:i].count(word) + 1}".strip() if words.count(word) > 1 else word
        for i, word in enumerate(words)
    ]


def _apart(a: dict[str, Any], b: dict[str, Any], names: tuple[str, ...]) -> bool:
    return any(a[name] != b[name] for name in names)


def _word(name: str, value: Any) -> str:
    spoken = name.replace("_", " ")
    if isinstance(value, bool):
        return spoken if value else f"no {spoken}"
    if value is None:
        return f"no {spoken}"
    if isinstance(value, tuple):
        spoken, text = "from", "(" + ", ".join(number(v) for v in value) + ")"
    elif isinstance(value, Thing):
        text = value.name.replace("_", " ")
    else:
        text = number(value) if isinstance(value, (int, float)) else str(value)
    if name in ("decay", "layers"):  # the word alone would say nothing
        return f"{text} {'weight decay' if name == 'decay' else 'layers'}"
    return f"{spoken} {text}".strip()
