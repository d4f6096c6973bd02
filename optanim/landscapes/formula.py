"""A landscape written into the scene as arithmetic."""

from __future__ import annotations

from functools import lru_cache
from typing import Annotated, Any

from optanim.formula import Parsed, parse
from optanim.kinds import landscape
from optanim.settings import Formula, Lead

VARIABLES = (("x",), ("x", "y"), ("x1", "x2"))


@lru_cache(maxsize=64)
def _parsed(f: str) -> Parsed:
    return parse(f, VARIABLES)


@landscape(names=lambda f: _parsed(f).variables)
def formula(*coordinates: Any, f: Lead[Annotated[str, Formula(VARIABLES)]]) -> Any:
    """The value of a formula in x, in x and y, or in x1 and x2."""
    return _parsed(f).evaluate(*coordinates)
