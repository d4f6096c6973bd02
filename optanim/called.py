"""Which runs the words of `only` mean: by label, by rule, and by the title that a picture shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from optanim.kinds import KINDS
from optanim.labels import title
from optanim.scene import Run, Thing


def named(thing: Thing, runs: Sequence[Run]) -> Thing:
    """The panel with the runs of its `only`, and of a panel in it, by their labels and rules.

    A picture shows the title of a rule, which may stand there too, and capitals are not told apart where
    one thing alone can be meant.
    """
    settings = dict(thing.settings)
    if "only" in settings:
        settings["only"] = tuple(_called(word, runs) for word in settings["only"])
    if isinstance(settings.get("panel"), Thing):
        settings["panel"] = named(settings["panel"], runs)
    return thing if settings == thing.settings else replace(thing, settings=settings)


def _called(word: str, runs: Sequence[Run]) -> str:
    """The label or rule that a word means, itself where that cannot be told."""
    names: dict[str, set[str]] = {}  # what a run may be called, and of each the label or rule
    for run in runs:
        names.setdefault(run.rule.name, set()).add(run.rule.name)
        if run.label:
            names.setdefault(run.label, set()).add(run.label)
    if word in names:
        return word
    whole: dict[str, set[str]] = {}
    for run in runs:
        whole.setdefault(run.rule.name, set()).add(title(run.rule))
    for rule, titles in whole.items():
        # Two wrappers of different rules have one name, and a title each.
        for name in (KINDS["optimizer"][rule].title, *(titles if len(titles) == 1 else ())):
            names.setdefault(name, set()).add(rule)
    like = [meant for name, each in names.items() if name.casefold() == word.casefold() for meant in each]
    found = names.get(word) or set(like)
    return next(iter(found)) if len(found) == 1 else word
