"""What can be named, said in words: from the registry's signatures and docstrings."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence
from typing import Any

from optanim.catalogue import COSTS, body, catalogue, check_lines, family, variant_lines, written
from optanim.errors import Mistake, UserError
from optanim.hints import DRAWN, a, forms_of, letters, nearest
from optanim.kinds import KINDS, THEMES
from optanim.losses import LOSSES, OWN, TITLES
from optanim.marks import FORMS
from optanim.registry import Entry, Setting, settings_of
from optanim.scene import Thing, keys
from optanim.settings import Group

THEME_WORDS = {
    "light": "For a white page; the default.",
    "dark": "For dark slides and dark pages.",
    "paper": "For print: black on white, serif type.",
}
assert tuple(THEME_WORDS) == THEMES

# The numbers that a panel's view has, by how many may stand there, and those of a mark's place.
VIEWS = {
    (2,): "[low, high] of the upright axis",
    (4,): "[x0, x1, y0, y1]",
    (2, 4): "[x0, x1] or [x0, x1, y0, y1]",
}
PLACES = ("at", "from", "to")
ON_CURVE = ", where x alone is a place on the curve"

KEYS = settings_of(keys)
# Of every key of a scene, and of every setting that all things of a kind take: what it means, and
# what it is where nothing is said and its type has no default.
KEY_WORDS = {
    "title": ("Text above the figure or a panel.", "made of what runs"),
    "caption": ("Text under the figure.", ""),
    "alt": ("The figure in words, for those who cannot see it.", "made of what ran"),
    "landscape": ("The loss that the optimizers go down.", "linear_regression with a dataset, or mlp"),
    "dataset": ("The points that a regression fits.", "none"),
    "optimizers": ("What runs: one, or a list with a run each.", "none: a still"),
    "lr": ("The learning rate, or a schedule.", "the best of a grid of 25, tuned in the open"),
    "start": ("The parameters that a run starts from.", "the landscape's"),
    "weight_decay": (
        "How strongly parameters are pulled to 0, by the rules that have the setting: gd has none, sgd has.",
        "the rule's own",
    ),
    "steps": ("How many steps a run makes; of a mark, from which step to which it is shown.", ""),
    "batch": (
        "How many rows of the dataset each step sees, one number or schedule for all runs: epochs are "
        "permutations drawn from the seed, and the last batch of an epoch may be short.",
        "full: all rows",
    ),
    "seed": ("What random numbers start from: the same seed, the same numbers.", ""),
    "sweep": (
        "What is varied, each with its values: lr, start, seed, batch, weight_decay, steps, landscape, "
        "dataset, optimizer or a setting of a rule; of several, every combination runs.",
        "nothing",
    ),
    "view": (
        "The part of the plane that is shown, and searched for minima; of an inset that which is enlarged. "
        "A panel of curves takes [low, high] of its upright axis.",
        "the landscape's, or made",
    ),
    "minima": ("The points marked as minima.", "the landscape's; of a formula the lowest found in view"),
    "panels": ("What is drawn: a list is a row, a list of lists is rows.", "contour or line, loss, fit"),
    "layout": ("A word for each row: A is the first panel, B the second, a dot nothing.", "from panels"),
    "seconds": ("Seconds from the first step to the last.", ""),
    "hold": ("Seconds that the last frame stays longer.", ""),
    "fps": ("Frames a second.", ""),
    "pace": ("How time goes over the steps; log gives the early ones most of the film.", ""),
    "size": ("Pixels: readme, wide, square, hd, slides or WIDTHxHEIGHT.", ""),
    "theme": ("The colours; of several, a file each.", ""),
    "output": (
        "The files to write: one format, or a list.",
        "gif; mp4 where a camera moves, png where nothing does",
    ),
    "label": ("Words for the legend; another rule's name in them is set right.", "made of what ran"),
    "color": ("The colour of a run.", "the theme's next"),
    "layers": ("Whether a rule that looks at norms sees all parameters together.", ""),
    "only": ("The labels or rules of the runs that a panel draws, also as pictures write them.", "all runs"),
    "inset": ("A part of a panel, larger, in one of its corners: by default the emptiest.", ""),
    "marks": ("What a panel points at: points, arrows, levels and words, in its own numbers.", ""),
    "scale": (
        "Of a format, times as many pixels along each side, with the same layout; of a landscape, how many "
        "times as large it is drawn, one number or one for each axis.",
        "",
    ),
    "shift": ("How far a landscape is moved along each axis, its start, view and minima with it.", ""),
    "rotate": ("By how many degrees a landscape is turned about the origin, counterclockwise.", ""),
    "noise": (
        "Of a landscape, how far every gradient that a rule sees is off: a standard deviation, or a "
        "distribution; what is drawn and scored has none. Of a dataset, how far its points are off.",
        "none for a landscape",
    ),
    "max_bytes": ("What the file may take; met by showing less, which is said.", ""),
    "warmup": ("The first steps, in which the value rises to where the schedule begins.", ""),
    "warmup_from": (
        "What part of that value it begins with; 0.01 if it is exponential and this 0.",
        "",
    ),
    "warmup_shape": ("How the value rises; constant keeps it where it begins.", ""),
    "suffix": ("What stands behind the scene's name in the name of the file.", ""),
}

TUNED = """\
tuned: a word for lr

The run gets the best learning rate of a grid of 25, from 1e-4 to 1: that with the lowest final loss of those
whose path stays near the view. A run without an lr is tuned as well. The legend says so, and where the best
is the first or last of the grid the figure says that too. A schedule without its first value has that tuned.

May stand in
  a scene       lr: tuned
  an optimizer  adam: {lr: tuned}"""

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


def names(plural: str) -> dict[str, dict[str, str]]:
    """The things of a kind, each with its one sentence, under headings: of optimizers their families."""
    if plural == "themes":
        return {"": dict(THEME_WORDS)}
    found: dict[str, dict[str, str]] = {}
    for entry in KINDS[_kind(plural)].entries():
        heading = family(entry) if entry.kind == "optimizer" else ""
        found.setdefault(heading, {})[entry.name] = entry.summary
    return found


def _kind(plural: str) -> str:
    return plural if plural in KINDS else plural.removesuffix("s")


def listing(plural: str) -> dict[str, Any]:
    """The things of a kind with all that is known of them, in JSON's types."""
    if plural == "themes":
        return {name: {"summary": words} for name, words in THEME_WORDS.items()}
    return catalogue(_kind(plural))


def explanation(name: str) -> str:
    """Everything of this name: things, keys and settings; UserError with the nearest where there is none."""
    kinds = sorted(KINDS.values(), key=lambda kind: kind.kind in ("distribution", "values"))  # inside others
    found = [kind[name] for kind in kinds if name in kind]
    texts = [_explain(entry) for entry in found]
    if name in THEMES:
        texts.append(f"{name}: a theme\n\n{THEME_WORDS[name]}")
    tuned = TUNED if name == "tuned" else ""
    texts += [
        each for each in (_explain_loss(name), _explain_schedules(name), tuned, _explain_key(name)) if each
    ]
    if not texts:
        things = [each for kind in KINDS.values() for each in kind]
        known = [*THEMES, *things, *LOSSES, "schedule", "tuned", *KEY_WORDS, *_owners()]
        forms = {letters(title): loss for loss, title in TITLES.items()}
        forms |= {letters(each): each for each in known}
        for kind in KINDS.values():
            forms |= forms_of(kind)
        if letters(name) in forms:
            return explanation(forms[letters(name)])
        if name.lower() in DRAWN:
            panel = DRAWN[name.lower()]
            raise UserError(Mistake(f"nothing is called '{name}'", hint=f"the panel '{panel}' draws it"))
        raise UserError(
            Mistake(f"nothing is called '{name}'", hint=nearest(name, forms) or "see `optanim list`")
        )
    return "\n\n\n".join(texts)


def _explain(entry: Entry) -> str:
    parts = [f"{entry.name}: {a(entry.kind)}", entry.summary, body(entry)]
    refused = _refused(entry)
    own = [setting for name, setting in entry.settings.items() if name not in refused]
    if own:
        parts.append("Settings\n" + _table(own, entry.kind, _views(entry)))
    common = KINDS[entry.kind].common
    others = [each for name, each in common.items() if name not in refused | entry.settings.keys()]
    if others:
        parts.append(f"Settings of every {entry.kind}\n" + _table(others))
    if entry.kind == "mark" and any(name in entry.settings for name in PLACES):
        parts.append("Numbers of a place\n" + _rows(_places()))
    facts = _facts(entry)
    if facts:
        parts.append("\n".join(facts))
    return "\n\n".join(part for part in parts if part)


def _refused(entry: Entry) -> set[str]:
    """The settings of all things of its kind that this one does not take."""
    facts, names = entry.facts, set()
    if entry.kind == "panel":
        names = {name for name in ("view", "marks") if facts.get(name) == ()}
    elif entry.kind == "optimizer":
        names = {"lr"} if "times" in facts else set()
        names |= {"weight_decay"} - entry.settings.keys()
    return names


def _places() -> list[tuple[str, str]]:
    """How many numbers the place of a mark has, and on which panels."""
    panels: dict[str, list[str]] = {}
    for entry in KINDS["panel"].entries():
        counts = entry.facts.get("marks", (2,))
        form = " or ".join(FORMS[count] for count in counts) or "none"
        panels.setdefault("as the panel in it" if entry.name == "grid" else form, []).append(entry.name)
    return [(form, ", ".join(names) + ON_CURVE * form.startswith("[x] ")) for form, names in panels.items()]


def _explain_loss(name: str) -> str:
    """A loss that a regression may have; empty where it is none."""
    if name not in LOSSES:
        return ""
    regression = KINDS["landscape"]["linear_regression"]
    parts = [f"{name}: a loss of a regression", inspect.getdoc(LOSSES[name]) or ""]
    if OWN[name]:
        parts.append("Settings\n" + _table(regression.settings[each] for each in OWN[name]))
    more = f"{{loss: {name}, {OWN[name][0]}: …}}" if OWN[name] else name
    parts.append(f"Write landscape: {{{regression.name}: {more}}}, with a dataset")
    return "\n\n".join(parts)


def _explain_schedules(name: str) -> str:
    """What a schedule is, and which there are; empty where another name is asked for."""
    if name != "schedule":
        return ""
    listed = names("schedules")[""]
    wide = max(map(len, listed))
    return "\n\n".join(
        [
            "schedule: what may stand for a number that changes with the step",
            "Write lr: cosine, or with its settings lr: {cosine: {initial: 0.1, final: 0.001}}.\n"
            "A momentum and other settings of optimizers take one too, where their table says so.",
            "Schedules\n" + "\n".join(f"  {each:{wide}}  {words}" for each, words in listed.items()),
            "Settings of every schedule\n" + _table(KINDS["schedule"].common.values()),
        ]
    )


def _explain_key(name: str) -> str:
    """A key of a scene, or a setting: what it takes, and where it may stand; empty where it is neither."""
    places: dict[str, Setting] = {"a scene": KEYS[name]} if name in KEYS else {}
    for kind, registry in KINDS.items():
        if name in registry.common:
            places[a(kind)] = registry.common[name]
    places |= _owners().get(name, {})
    if not places:
        return ""
    means, default = KEY_WORDS.get(name, ("", ""))
    wide = max(map(len, places))
    kinds = {place: "schedule" if place in KINDS["schedule"] else "" for place in places}
    lines = [f"  {at:{wide}}  {_takes(s)}  {_default(s, kinds[at])}".rstrip() for at, s in places.items()]
    what = "a key of a scene" if name in KEYS else "a setting"
    parts = [f"{name}: {what}", means, "\n".join(["May stand in", *lines])]
    groups = [each.type for each in places.values() if isinstance(each.type, Group)]
    if groups:
        parts.append("Settings\n" + _table(settings_of(groups[0].of).values()))
    if default:
        parts.append(f"Where it is not given: {default}")
    if len(places) > 1 and name in KEYS and name != "title":  # both titles are drawn
        parts.append("What is said of one thing beats what is said of the scene.")
    return "\n\n".join(part for part in parts if part)


def _owners() -> dict[str, dict[str, Setting]]:
    """Of every setting, the things that have it for themselves."""
    owners: dict[str, dict[str, Setting]] = {}
    for registry in KINDS.values():
        for entry in registry.entries():
            for name, setting in entry.settings.items():
                common = registry.common.get(name)
                if common and common.default == setting.default:
                    continue  # said of the kind
                owners.setdefault(name, {})[entry.name] = setting
    return owners


def _views(entry: Entry) -> str:
    """Which numbers a panel's view has; empty for what is no panel."""
    if entry.kind != "panel" or entry.name == "grid":
        return "as the panel in it" if entry.kind == "panel" else ""
    return VIEWS.get(entry.facts.get("view", (2, 4)), "")


def _table(settings: Iterable[Setting], kind: str = "", view: str = "") -> str:
    """A row for each setting; `view` says what a view takes, where that is known better than by its type."""
    known = {"view": view} if view else {}
    return _rows(
        [(each.name, known.get(each.name) or _takes(each), _default(each, kind)) for each in settings]
    )


def _rows(rows: Sequence[tuple[str, ...]]) -> str:
    """Columns below each other."""
    wide = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "".join(f"  {cell:{w}}" for cell, w in zip(row, wide, strict=True)).rstrip() for row in rows
    )


def _takes(setting: Setting) -> str:
    schedules = "schedule" in KINDS and KINDS["schedule"].entries()
    return setting.type.describe() + (", or a schedule" if setting.scheduled and schedules else "")


def _default(setting: Setting, kind: str = "") -> str:
    if setting.required:
        words = "must be given"
    elif kind == "schedule" and setting.name == "steps":
        words = "default the run's"
    elif setting.default is None or setting.default == ():
        words = ""
    elif isinstance(setting.default, tuple):
        words = f"default {', '.join(map(written, setting.default))}"
    elif isinstance(setting.default, Thing):
        words = f"default {setting.default.name}: {written(setting.default.settings)}"
    else:
        words = f"default {written(setting.default)}"
    if setting.lead:
        words += " (may stand alone)" if words else "(may stand alone)"
    return words


def _facts(entry: Entry) -> list[str]:
    said = []
    for fact in ("view", "start", "minima") if entry.kind == "landscape" else ():
        stated = entry.facts.get(fact)
        if not callable(stated):
            if stated is not None:
                said.append(f"{fact.capitalize()}: {_points(stated)}")
        elif fact == "minima" and "data" in entry.asks:
            said.append("Minima: computed from the dataset")
        else:
            made = stated(*([None] if fact == "minima" else []), **entry.defaults())
            defaults = " with the default settings" if entry.settings else ""
            said.append(f"{fact.capitalize()}{defaults}: {_points(made) if made else 'none'}")
    if entry.facts.get("lr") is not None and "times" not in entry.facts:
        said.append(f"Learning rate of its own: {entry.facts['lr']:g}")
    takes = [COSTS[ask] for ask in entry.asks if ask in COSTS]
    if takes and entry.kind == "optimizer":
        said.append(f"Takes more than one gradient a step: {'; '.join(takes)}")
    if entry.facts.get("paper"):
        said.append(f"Paper: {entry.facts['paper']}")
    if entry.facts.get("reference"):
        said.append(f"Path and defaults of: {entry.facts['reference']}")
    if entry.facts.get("variants"):
        others = _indented(variant_lines(entry.facts["variants"]))
        said.append("\n".join(["", "Other implementations", *others]))
    if entry.kind == "optimizer":
        said.append("\n".join(["", "Verified against", *_indented(check_lines(entry))]))
    return said


def _indented(lines: list[str]) -> list[str]:
    return [f"  {line}" for line in lines]


def _points(value: Any) -> str:
    if isinstance(value, (list, tuple)):
        inner = ", ".join(map(_points, value))
        return f"[{inner}]"
    return f"{value:g}"
