"""Layers of boxes and the edges between them, placed so that few edges cross and most run straight.

After Gansner, Koutsofios, North and Vo 1993, "A technique for drawing directed graphs", for graphs that
one can read: edges over several layers get a bend in each, layers are ordered by the mean place of the
neighbours and by swaps, and places follow by isotonic regression.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np

SWEEPS = 24
SETTLING = 40
STRAIGHT = (1.0, 2.0, 8.0)  # how much an edge wants to be straight, by how many of its ends are bends

Edge = tuple[int, int]


@dataclass(frozen=True)
class Layered:
    """Boxes 0 to count - 1, and bends after them, in the order in which they stand in their layers.

    `chains` are the items that each edge passes, its ends included.
    """

    count: int
    rows: tuple[tuple[int, ...], ...]
    chains: tuple[tuple[int, ...], ...]

    @property
    def crossings(self) -> int:
        """How many pairs of edges cross."""
        return sum(_crossings(*pair) for pair in _between(self.rows, self.chains))


def layered(count: int, edges: Sequence[Edge], layer: Sequence[int], together: Collection[int]) -> Layered:
    """An order of each layer with few crossings, in which some boxes of one layer stand together.

    An edge leads from a lower layer to a higher one.
    """
    level = list(layer)
    chains = []
    for source, to in edges:
        bends = range(len(level), len(level) + level[to] - level[source] - 1)
        level += range(level[source] + 1, level[to])
        chains.append((source, *bends, to))
    rows = _as_met(level, chains, together)
    best = Layered(count, _frozen(rows), tuple(chains))
    least = best.crossings
    for sweep in range(SWEEPS):
        _by_neighbours(rows, chains, together, down=sweep % 2 == 0)
        _by_swaps(rows, chains, together)
        made = Layered(count, _frozen(rows), tuple(chains))
        if (crossings := made.crossings) < least:
            best, least = made, crossings
        if not least:
            break
    return best


def _frozen(rows: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(row) for row in rows)


def _as_met(
    level: Sequence[int], chains: Sequence[Sequence[int]], together: Collection[int]
) -> list[list[int]]:
    """The order in which the edges are met from the last box back, which lets no edges of a tree cross."""
    into: dict[int, list[int]] = {}
    for chain in chains:
        for before, after in zip(chain, chain[1:], strict=False):
            into.setdefault(after, []).append(before)
    rows: list[list[int]] = [[] for _ in range(max(level) + 1)]
    seen = set()
    stack = sorted(range(len(level)), key=lambda item: level[item])
    while stack:
        item = stack.pop()
        if item not in seen:
            seen.add(item)
            rows[level[item]].append(item)
            stack += reversed(into.get(item, []))
    return [_joined(row, range(len(row)), together) for row in rows]


def _joined(row: Sequence[int], wanted: Sequence[float], together: Collection[int]) -> list[int]:
    """A row in the order of the wanted places, those that stand together moved to their mean."""
    inside = [place for item, place in zip(row, wanted, strict=True) if item in together]
    mean = float(np.mean(inside)) if inside else 0.0
    keys = {
        item: (mean, 1, place) if item in together else (place, 2 * (place > mean), 0.0)
        for item, place in zip(row, wanted, strict=True)
    }
    return sorted(row, key=lambda item: keys[item])


def _between(
    rows: Sequence[Sequence[int]], chains: Sequence[Sequence[int]]
) -> list[tuple[list[int], list[int]]]:
    """For each layer the places of the ends of the edges that lead from it to the next."""
    place = {item: i for row in rows for i, item in enumerate(row)}
    at = {item: number for number, row in enumerate(rows) for item in row}
    pairs: list[tuple[list[int], list[int]]] = [([], []) for _ in rows]
    for chain in chains:
        for before, after in zip(chain, chain[1:], strict=False):
            pairs[at[before]][0].append(place[before])
            pairs[at[before]][1].append(place[after])
    return pairs


def _crossings(starts: Sequence[int], ends: Sequence[int]) -> int:
    a, b = np.array(starts), np.array(ends)
    turned = (a[:, None] - a[None, :]) * (b[:, None] - b[None, :]) < 0
    return int(turned.sum()) // 2


def _by_neighbours(
    rows: list[list[int]], chains: Sequence[Sequence[int]], together: Collection[int], down: bool
) -> None:
    """Orders each layer by the mean place of its neighbours in the one before, or after, in place."""
    near: dict[int, list[int]] = {}
    for chain in chains:
        for before, after in zip(chain, chain[1:], strict=False):
            one, other = (after, before) if down else (before, after)
            near.setdefault(one, []).append(other)
    place = {item: i for row in rows for i, item in enumerate(row)}
    for number in range(len(rows)) if down else reversed(range(len(rows))):
        row = rows[number]
        means = [
            float(np.mean([place[other] for other in near[item]])) if item in near else float(place[item])
            for item in row
        ]
        rows[number] = _joined(row, means, together)
        place.update({item: i for i, item in enumerate(rows[number])})


def _by_swaps(rows: list[list[int]], chains: Sequence[Sequence[int]], together: Collection[int]) -> None:
    """Swaps neighbours for as long as that takes crossings away, in place."""
    least = sum(_crossings(*pair) for pair in _between(rows, chains))
    better = True
    while better and least:
        better = False
        for row in rows:
            for i in range(len(row) - 1):
                if (row[i] in together) != (row[i + 1] in together):
                    continue
                row[i], row[i + 1] = row[i + 1], row[i]
                made = sum(_crossings(*pair) for pair in _between(rows, chains))
                if made < least:
                    least, better = made, True
                else:
                    row[i], row[i + 1] = row[i + 1], row[i]


def centres(plan: Layered, before: Sequence[float], after: Sequence[float], gap: float) -> list[float]:
    """The place of every item across its layer, the middle of all at 0.

    `before` and `after` are how far each reaches to both sides of its place; a gap is left between.
    """
    near: dict[int, list[tuple[int, float]]] = {}
    for chain in plan.chains:
        for one, other in zip(chain, chain[1:], strict=False):
            weight = STRAIGHT[(one >= plan.count) + (other >= plan.count)]
            near.setdefault(one, []).append((other, weight))
            near.setdefault(other, []).append((one, weight))
    place = [0.0] * len(before)
    for row in plan.rows:
        for item, at in zip(
            row, _stacked(row, [0.0] * len(row), [1.0] * len(row), before, after, gap), strict=True
        ):
            place[item] = at
    order = [*range(len(plan.rows)), *reversed(range(len(plan.rows)))]
    for number in order * (SETTLING // 2):
        row = plan.rows[number]
        pulls = [near.get(item, [(item, 0.1)]) for item in row]
        weights = [sum(weight for _, weight in each) for each in pulls]
        wanted = [
            sum(place[other] * weight for other, weight in each) / total
            for each, total in zip(pulls, weights, strict=True)
        ]
        for item, at in zip(row, _stacked(row, wanted, weights, before, after, gap), strict=True):
            place[item] = at
    low = min(at - reach for at, reach in zip(place, before, strict=True))
    high = max(at + reach for at, reach in zip(place, after, strict=True))
    return [at - (low + high) / 2 for at in place]


def _stacked(
    row: Sequence[int],
    wanted: Sequence[float],
    weights: Sequence[float],
    before: Sequence[float],
    after: Sequence[float],
    gap: float,
) -> list[float]:
    """Places nearest to the wanted ones in the order of the row, none nearer than the items are large."""
    offsets, reach = [], 0.0
    for i, item in enumerate(row):
        reach += before[item] + gap + after[row[i - 1]] if i else 0.0
        offsets.append(reach)
    groups: list[list[float]] = []  # sum of weight times place, sum of weights, members
    for want, weight, offset in zip(wanted, weights, offsets, strict=True):
        groups.append([weight * (want - offset), weight, 1])
        while len(groups) > 1 and groups[-2][0] / groups[-2][1] >= groups[-1][0] / groups[-1][1]:
            last = groups.pop()
            groups[-1] = [a + b for a, b in zip(groups[-1], last, strict=True)]
    bases = [total / weight for total, weight, members in groups for _ in range(int(members))]
    return [base + offset for base, offset in zip(bases, offsets, strict=True)]
