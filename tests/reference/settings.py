"""Which rule and which settings of optanim a run of another library is: one table for all of them.

Each row is a class (or function) of a library. It names our rule, what the library's arguments are
called here, and the settings in which the library's defaults are not ours. A case that no settings
express cleanly is unsupported, with the reason.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from tests.reference.rows import EVERYWHERE, Row, Settings, Unknown, Unsupported
from tests.reference.rows_adam import ADAPTIVE
from tests.reference.rows_layers import LAYERS
from tests.reference.rows_others import OTHERS
from tests.reference.rows_simple import SIMPLE


def to_settings(case: Mapping[str, Any]) -> tuple[str, Settings]:
    """The rule of a case, and its settings with `lr` and, where the loss is climbed, `maximize`.

    `matrices_only` stands among them where the library steps vectors by another rule.

    Of a wrapper the setting `base` is the inner rule as {rule: settings}. Raises Unsupported.
    """
    cls, given = case["cls"], dict(case["kw"])
    wrapper = re.fullmatch(r"([\w.]+)\(([\w.]+)\)", cls)
    if not wrapper:
        return _from(case["lib"], cls, given)
    outer, inner = wrapper.groups()
    lib, _, name = inner.rpartition(".")
    lib = {"": outer.partition(".")[0], "po": "pytorch_optimizer"}.get(lib, lib)
    lr = {word: given[word] for word in ("lr", "learning_rate") if word in given}
    base, settings = _from(lib, name, {**(given.pop("base", None) or {}), **lr})
    climbs = settings.pop("maximize", False)
    rate = settings.pop("lr")
    rule, own = _from(case["lib"], outer, given)
    return rule, own | {"base": {base: settings}, "lr": rate} | ({"maximize": True} if climbs else {})


def _from(lib: str, cls: str, given: Settings) -> tuple[str, Settings]:
    row = TABLE.get(f"{lib}:{cls}".lower())
    if callable(row):
        row = row(given)
    if row is None:
        raise Unknown(f"no rule for {lib}'s {cls}")
    if isinstance(row, str):
        raise Unsupported(row)
    settings: Settings = {"lr": row.lr, **row.settings}
    arguments = EVERYWHERE | dict(row.arguments)
    for name, value in (row.given | given).items():
        if name not in arguments:
            raise Unknown(f"{row.rule} has no setting for {cls}({name}={value!r})")
        argument = arguments[name]
        if isinstance(argument, str):
            settings[argument] = value
        elif isinstance(argument, tuple):
            settings |= dict(zip(argument, value, strict=True))
        elif argument is not None:
            settings |= argument(value)
    return settings.pop("rule", row.rule), settings


# By names in lower case, as pytorch_optimizer knows each of its classes by that too.
TABLE: dict[str, Row | str | Callable[[Settings], Row | str]] = {
    name.lower(): row for name, row in (SIMPLE | ADAPTIVE | LAYERS | OTHERS).items()
}
