"""What the legend calls each run, so that no run goes by the name of another rule."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from itertools import combinations
from typing import Any

from optanim.kinds import KINDS, optimizer, schedule
from optanim.registry import Registry
from optanim.scene import OF_WORLDS, Run, Thing, key_of, told_apart


def number(value: float) -> str:
    """A number as short as it is exact: 0.1, 1e-05, 30, 1e12."""
    if abs(value) >= 1e6 and float(f"{value:.2e}") == value:
        mantissa, power = f"{value:.2e}".split("e+")
        return f"{float(mantissa):g}e{int(power)}"
    short = f"{value:.15g}"
    return short if float(short) == value else repr(float(value))


def figure_name(name: str, made: str) -> str:
    """A run's name as a figure writes it: with true minus signs in what was `made` to tell it apart."""
    if not made or not name.endswith(made):
        return name
    told = re.sub(r"(?<=[\s(])-(?=\d)|^-(?=\d)", "−", made)
    return name.removesuffix(made) + re.sub(r"(?<=\de)-0?(?=\d)", "−", told)


def listed(words: Sequence[str]) -> str:
    """Words as a sentence lists them: a, b and c."""
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else list(words))


def title(rule: Thing, registry: Registry = optimizer, leads: bool = False) -> str:
    """The rule as a legend names it, with the rule inside it: Lookahead (Adam).

    With `leads`, leading numbers that are not the default too: SAM (SGD momentum 0.9).
    """
    base, entry = _inside(rule, registry), registry[rule.name]
    own = entry.title
    lead = entry.lead
    value: Any = rule.settings.get(lead.name, lead.default) if lead else None
    if leads and lead and is_number(value) and value != lead.default:
        named = "" if lead.name == rule.name else f"{lead.name.replace('_', ' ')} "
        own = f"{own} {named}{number(value)}"
    return f"{own} ({title(base, registry, leads)})" if base else own


def is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _inside(rule: Thing, registry: Registry) -> Thing | None:
    """The rule that this one wraps, if it does."""
    return rule.settings.get("base") if "base" in registry[rule.name].asks else None


def labels(
    runs: Sequence[Run], rates: Sequence[float | Thing], registry: Registry = optimizer
) -> list[tuple[str, str]]:
    """For every run its label, and the part of it that says in what it differs from others.

    `rates` are the learning rates that the runs had, tuned or given.
    """
    families = told_apart(runs)
    if len(families) < len(runs):  # what differs in the seed alone has one name
        heads = [family[0] for family in families]
        made = labels([runs[i] for i in heads], [rates[i] for i in heads], registry)
        of_run = {i: label for family, label in zip(families, made, strict=True) for i in family}
        return [of_run[i] for i in range(len(runs))]
    titles = [title(run.rule, registry) for run in runs]
    texts = [
        name if run.label is None else honest(run.label, run.rule, registry)
        for run, name in zip(runs, titles, strict=True)
    ]
    for text in dict.fromkeys(texts):
        alike = [i for i, each in enumerate(texts) if each == text]
        if len({titles[i] for i in alike}) > 1:
            for i in alike:
                texts[i] = text if text == titles[i] else f"{text} ({titles[i]})"
    out = [(text, "") for text in texts]
    for text in dict.fromkeys(texts):
        alike = [i for i, each in enumerate(texts) if each == text]
        facts = _facts([runs[i] for i in alike], [rates[i] for i in alike], registry)
        if any(runs[i].rule.settings for i in alike) and all(runs[i].label is None for i in alike):
            whole = {title(runs[i].rule, registry, leads=True) for i in alike}
            text = whole.pop() if len(whole) == 1 else text
        swept = {name for i in alike for name in _swept(runs[i], registry)}
        for i, differs in zip(alike, _differences(facts, swept), strict=True):
            out[i] = (f"{text} {differs}", differs) if differs else (text, "")
    # What a name of the user's own may hide is told beside it.
    for rule in dict.fromkeys(run.rule.name for run in runs if run.label is not None):
        alike = [i for i, run in enumerate(runs) if run.rule.name == rule]
        facts = _facts([runs[i] for i in alike], [rates[i] for i in alike], registry)
        lead = registry[rule].lead  # after a name that is not the rule's, its value alone would say nothing
        facts = [{(lead.name if lead and not name else name): one[name] for name in one} for one in facts]
        for i, differs in zip(alike, _differences(facts), strict=True):
            if runs[i].label is not None and "#" not in differs:
                out[i] = (out[i][0], differs)
    return _numbered(out)


def _numbered(made: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The labels with a number after those that are still equal, as where a user wrote what another got."""
    taken = {label for label, _ in made}
    seen: set[str] = set()
    out = []
    for label, differs in made:
        count = 2
        while label in seen and f"{label} #{count}" in taken | seen:
            count += 1
        if label in seen:
            at_end = label.endswith(differs)
            label = f"{label} #{count}"
            differs = f"{differs} #{count}".strip() if at_end else differs
        seen.add(label)
        out.append((label, differs))
    return out


# Names that are everyday words as well: in a label they are the rule only where spelt as its title.
EVERYDAY = ("adopt", "came", "dog", "grams", "lion", "mars", "sam", "soap", "tiger")


def honest(label: str, rule: Thing, registry: Registry = optimizer) -> str:
    """The user's label, with the real rule's title after it where it names another rule anywhere.

    A setting of the rule that is also another rule's name, as momentum is, counts as that rule
    only where it has a capital, and an everyday word only where it is spelt as a title. The rule
    inside another one may be named too.
    """
    real, settings = set[str](), set[str]()
    inner: Thing | None = rule
    while inner:
        real.add(inner.name)
        settings |= set(registry[inner.name].settings)
        inner = _inside(inner, registry)
    words = {}
    for entry in registry.entries():
        for word in (entry.name, entry.name.replace("_", " "), entry.title):
            words[word.casefold()] = entry.name
    longest = sorted(words, key=len, reverse=True)
    # No letter on either side; digits and underscores are no part of a name: LAMB2, LAMB_v1.
    pattern = r"(?<![^\W\d_])(" + "|".join(map(re.escape, longest)) + r")(?![^\W\d_])"
    for named in re.findall(pattern, unicodedata.normalize("NFKC", label), re.IGNORECASE):
        meant = words[named.casefold()]
        if meant in EVERYDAY and named != registry[meant].title:
            continue
        if meant not in real and named not in settings:
            return f"{label} ({title(rule, registry)})"
    return label


def _facts(runs: Sequence[Run], rates: Sequence[float | Thing], registry: Registry) -> list[dict[str, Any]]:
    """All that can tell a run from another of its rule, what is best said first."""
    bare: dict[str, dict[str, Any]] = {}  # of rules without settings, as many a sweep has
    found = []
    tuned = [run.swept.get("lr") == "tuned" for run in runs]
    given = [rate for rate, own in zip(rates, tuned, strict=True) if not own]
    for run, rate, best in zip(runs, rates, tuned, strict=True):
        settings = bare.get(run.rule.name) if not run.rule.settings else None
        if settings is None:
            settings = _settings(run.rule, registry)
            if not run.rule.settings:
                bare[run.rule.name] = settings
        told = f"{_value(rate)}, tuned" if best and rate in given else rate
        own = {"start": run.start, "layers": run.layers or "joint", "steps": run.steps}
        found.append({**_swept(run, registry), "lr": told, **settings, **own})
    return found


def _settings(rule: Thing, registry: Registry) -> dict[str, Any]:
    """The settings of a rule and of those inside it; the lead setting needs no name: "Momentum 0.5"."""
    entry, base = registry[rule.name], _inside(rule, registry)
    settings = entry.defaults() | dict(rule.settings)
    lead = entry.lead.name if entry.lead else None
    facts = {
        ("" if name == lead else name): settings[name]
        for name in entry.settings
        if name in settings and not (base and name == "base")
    }
    inner = _settings(base, registry) if base else {}
    return facts | {(f"inner {name}" if name in facts else name): value for name, value in inner.items()}


def _swept(run: Run, registry: Registry) -> dict[str, Any]:
    """What a sweep varies, of the run itself."""
    lead = registry[run.rule.name].lead
    return {
        "" if lead and name == lead.name else name: value
        for name, value in run.swept.items()
        if name not in ("seed", "optimizer", *OF_WORLDS)
    }


def _differences(facts: list[dict[str, Any]], swept: Collection[str] = ()) -> list[str]:
    """The fewest facts that tell all apart, with those that are swept, in words; numbered if none do."""
    if len(facts) == 1:
        return [""]
    columns = {name: [one[name] for one in facts] for name in facts[0]}
    varying = [name for name, values in columns.items() if values.count(values[0]) < len(values)]
    varying.sort(key=lambda name: name not in swept)
    places = {name: _places(columns[name]) for name in varying}
    told = [name for name in varying if name in swept]
    for count in range(len(varying) - len(told) + 1):
        for more in combinations(varying[len(told) :], count):
            chosen = (*told, *more)
            if len(set(zip(*(places[name] for name in chosen), strict=True))) == len(facts):
                short = [", ".join(_word(name, one[name]) for name in chosen) for one in facts]
                if len(set(short)) == len(facts):
                    return short
                return [", ".join(_word(name, one[name], whole=True) for name in chosen) for one in facts]
    # Some are the same run twice.
    words = [", ".join(_word(name, one[name]) for name in varying) for one in facts]
    often, numbers = Counter(words), Counter[str]()
    for i, word in enumerate(words):
        numbers[word] += 1
        if often[word] > 1:
            words[i] = f"{word} #{numbers[word]}".strip()
    return words


def _places(values: list[Any]) -> list[int]:
    """For each value the place of the first that equals it."""
    first: dict[Any, int] = {}
    return [first.setdefault(key_of(value), i) for i, value in enumerate(values)]


def schedule_words(thing: Thing, whole: bool = False) -> str:
    """A schedule as a legend names it: its name, its first value, and on request all that was said of it."""
    settings = dict(thing.settings)
    lead = schedule[thing.name].lead
    first = settings.pop(lead.name, None) if lead else None
    peak = settings.pop("peak", None)  # what a cycle is known by
    value = first if peak is None else peak
    words = thing.name.replace("_", " ") + ("" if value is None else f" {_value(value)}")
    if peak is not None:
        words = f"{thing.name.replace('_', ' ')} to {_value(peak)}"
    said = ", ".join(f"{name.replace('_', ' ')} {_value(value)}" for name, value in settings.items())
    return f"{words} ({said})" if said and whole else words


def _value(value: Any) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(_value, value))
    if isinstance(value, Thing):
        return schedule_words(value)
    return number(value) if isinstance(value, (int, float)) else str(value)


def _word(name: str, value: Any, whole: bool = False) -> str:
    spoken = name.replace("_", " ")
    if isinstance(value, bool):
        return spoken if value else f"no {spoken}"
    if value is None:
        return f"no {spoken}"
    if isinstance(value, tuple):
        inside = ", ".join(number(v) for v in value)
        spoken, text = "from", inside if len(value) == 1 else f"({inside})"
    elif isinstance(value, Thing):
        text = schedule_words(value, whole) if value.name in schedule else value.name.replace("_", " ")
    else:
        text = number(value) if isinstance(value, (int, float)) else str(value).replace("_", " ")
    if name == "steps":
        return f"{text} steps"
    if name in ("decay", "layers"):  # the word alone would say nothing
        return f"{text} {'weight decay' if name == 'decay' else 'layers'}"
    return f"{spoken} {text}".strip()


# -- sweeps ------------------------------------------------------------------------------------


def axis_words(name: str, value: Any, registry: Registry = optimizer) -> str:
    """A value of an axis of a sweep as a figure names it: lr 0.1, from -2, Beale."""
    if not isinstance(value, Thing) or value.name in schedule:
        return _word(name, value, whole=True)
    if name == "optimizer":
        return title(value, registry, leads=True)
    entry = KINDS[name][value.name]
    lead = value.settings.get(entry.lead.name) if entry.lead and len(value.settings) == 1 else None
    if isinstance(lead, str):  # a formula, or a file
        return lead
    spoken = entry.title.replace("_", " ")
    said = ", ".join(f"{word.replace('_', ' ')} {_value(each)}" for word, each in value.settings.items())
    return f"{spoken[:1].upper()}{spoken[1:]}" + (f" ({said})" if said else "")
