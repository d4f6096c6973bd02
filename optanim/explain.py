"""What can be named, said in words: from the registry's signatures and docstrings."""

from __future__ import annotations

import inspect
from typing import Any

from optanim.errors import Mistake, UserError
from optanim.kinds import KINDS, THEMES
from optanim.registry import Entry, Setting
from optanim.settings import closest

THEME_WORDS = {
    "light": "For a white page; the default.",
    "dark": "For dark slides and dark pages.",
    "paper": "For print: black on white, serif type.",
}
assert tuple(THEME_WORDS) == THEMES

STARTER = """\
# A scene: what to run, and how to show it. Write its files with `optanim render` and this file's name.

title: Three ways down a curved valley

# A test function, or a formula of your own:
#   landscape: {formula: 0.1*x**2 + 2*y**2}
landscape: rosenbrock        # `optanim list landscapes` has the others

# Where every run starts.
start: [-1.5, 2]

# One run each. A name alone takes the defaults; `optanim explain adam` lists the settings.
optimizers:
  - gd
  - momentum: {momentum: 0.95}
  - adam: {beta2: 0.99, label: Adam with a short memory}

# Without a learning rate each run gets the best of 25, and the legend says so.
# lr: 0.01                   # one for all; an optimizer may have its own: adam: {lr: 0.1}

steps: 200

panels: [contour, loss]
output: gif                  # or several: [gif, mp4, webp, png]
# seconds: 6                 # from the first step to the last
# theme: dark
"""


def names(plural: str) -> dict[str, str]:
    """The things of a kind, each with its one sentence."""
    if plural == "themes":
        return dict(THEME_WORDS)
    return {entry.name: entry.summary for entry in KINDS[plural.removesuffix("s")].entries()}


def explanation(name: str) -> str:
    """Everything of this name, of whatever kind; UserError with the nearest name where there is none."""
    found = [kind[name] for kind in KINDS.values() if name in kind]
    texts = [_explain(entry) for entry in found]
    if name in THEMES:
        texts.append(f"{name}: a theme\n\n{THEME_WORDS[name]}")
    if not texts:
        known = [*THEMES, *(each for kind in KINDS.values() for each in kind)]
        raise UserError(
            Mistake(f"nothing is called '{name}'", hint=closest(name, known) or "see `optanim list`")
        )
    return "\n\n\n".join(texts)


def _explain(entry: Entry) -> str:
    article = "an" if entry.kind[0] in "aeiou" else "a"
    parts = [f"{entry.name}: {article} {entry.kind}", inspect.getdoc(entry.function) or ""]
    if entry.settings:
        parts.append("Settings\n" + _table(entry.settings.values()))
    common = KINDS[entry.kind].common
    others = [setting for name, setting in common.items() if name not in entry.settings]
    if others:
        parts.append(f"Settings of every {entry.kind}\n" + _table(others))
    facts = _facts(entry)
    if facts:
        parts.append("\n".join(facts))
    return "\n\n".join(part for part in parts if part)


def _table(settings: Any) -> str:
    rows = [(each.name, _takes(each), _default(each)) for each in settings]
    wide = [max(len(row[i]) for row in rows) for i in (0, 1)]
    return "\n".join(f"  {a:{wide[0]}}  {b:{wide[1]}}  {c}".rstrip() for a, b, c in rows)


def _takes(setting: Setting) -> str:
    return setting.type.describe() + (", or a schedule" if setting.scheduled else "")


def _default(setting: Setting) -> str:
    if setting.required:
        words = "must be given"
    elif setting.default is None:
        words = ""
    elif isinstance(setting.default, bool):
        words = f"default {str(setting.default).lower()}"
    elif isinstance(setting.default, float):
        words = f"default {setting.default:g}"
    else:
        words = f"default {setting.default}"
    if setting.lead:
        words += " (may stand alone)" if words else "(may stand alone)"
    return words


def _facts(entry: Entry) -> list[str]:
    said = []
    for fact in ("view", "start", "minima"):
        value = entry.facts.get(fact)
        if value is not None and not callable(value):
            said.append(f"{fact.capitalize()}: {_points(value)}")
    if entry.facts.get("lr") is not None:
        said.append(f"Learning rate of its own: {entry.facts['lr']:g}")
    if entry.facts.get("paper"):
        said.append(f"Paper: {entry.facts['paper']}")
    return said


def _points(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        inner = ", ".join(map(_points, value))
        return f"[{inner}]"
    return f"{value:g}"
