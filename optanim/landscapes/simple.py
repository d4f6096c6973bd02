"""The two shapes every landscape is made of near a point: a bowl and a saddle."""

from __future__ import annotations

from typing import Annotated, Any

from optanim.kinds import landscape
from optanim.settings import Lead, Number

Condition = Annotated[float, Number(low=1)]


@landscape(view=(-5, 5, -2.5, 2.5), start=(-4.5, 1.5), minima=[(0, 0)])
def quadratic(x: Any, y: Any, *, condition: Lead[Condition] = 20.0) -> Any:
    """A bowl that is steeper in y than in x: the classical narrow valley.

    f = (x**2 + condition * y**2) / 2
    """
    return (x**2 + condition * y**2) / 2


@landscape(view=(-2, 2, -2, 2), start=(-1.5, 0.01))
def saddle(x: Any, y: Any) -> Any:
    """A saddle point at the origin, downhill without end along y; it has no minimum.

    f = x**2 - y**2
    """
    return x**2 - y**2
