"""Palettes, type and line weights; what makes a picture light, dark or fit for paper."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

RGB = tuple[float, float, float]

# Slots of the colour cycle that the everyday rules keep in every figure, so that Adam is one
# colour throughout a post. Others, and second runs of one rule, take the next free slot.
SLOTS = {
    "gd": 0, "momentum": 1, "nesterov": 2, "adam": 3, "rmsprop": 4, "adagrad": 5,
    "sgd": 0, "adamw": 5, "amsgrad": 1, "lamb": 2,
}  # fmt: skip
MARKERS = ("circle", "square", "triangle", "diamond", "pentagon", "down", "plus", "hexagon")


@dataclass(frozen=True)
class Theme:
    """The colours of a picture; bands run from the lowest of the landscape to the highest."""

    name: str
    background: str
    ink: str
    muted: str
    grid: str
    bands: tuple[str, str, str]  # lowest, middle, highest
    contour_line: str
    contour_alpha: float
    cycle: tuple[str, ...]
    ramp: tuple[str, ...]  # of values in an order, from dark to light
    classes: tuple[str, ...]  # the colours of points in classes, unlike those of the first runs
    family: str = "DejaVu Sans"
    faint: float = 0.42  # opacity of a tail that has dimmed
    ghost: float = 0.28  # opacity of a curve ahead of the cursor
    deepen: float = 0.0  # how far words in a cycle colour lean to the ink, to be readable


# petroff6 (Petroff 2021, arXiv:2107.02270) with umber in place of its grey, which would be lost on
# the bands; no two closer than 0.11 in OKLab for any kind of colour vision.
_PETROFF = ("#5790fc", "#f89c20", "#e42536", "#964a8b", "#6b3210", "#7a21dd", "#9c9ca1")
# Okabe and Ito 2008 without black, which the background would swallow, and two for more runs.
_OKABE = ("#56b4e9", "#e69f00", "#00b882", "#cc79a7", "#f0e442", "#8f7bf5", "#9ff3f3")

THEMES = {
    theme.name: theme
    for theme in (
        Theme(
            name="light",
            background="#ffffff",
            ink="#1b2030",
            muted="#6b7280",
            grid="#e4e7ec",
            bands=("#c3d1de", "#dfe7ee", "#f6f8fa"),
            contour_line="#ffffff",
            contour_alpha=0.9,
            cycle=_PETROFF,
            ramp=("#2340b4", "#8d35b4", "#dc4468", "#f4921e"),
            classes=("#009e9e", "#7a1f3d"),
            deepen=0.22,
        ),
        Theme(
            name="dark",
            background="#10141b",
            ink="#eef1f6",
            muted="#98a1b0",
            grid="#262d39",
            bands=("#0c1017", "#1d2736", "#34455f"),
            contour_line="#0b0e14",
            contour_alpha=0.55,
            cycle=_OKABE,
            ramp=("#5b86ff", "#b679f5", "#ff7f9a", "#ffd667"),
            classes=("#8fe6d8", "#9a6cf0"),
            faint=0.45,
            ghost=0.26,
        ),
        Theme(
            name="paper",
            background="#ffffff",
            ink="#000000",
            muted="#4a4a4a",
            grid="#dcdcdc",
            bands=("#cfcfcf", "#e6e6e6", "#f8f8f8"),
            contour_line="#8a8a8a",
            contour_alpha=0.8,
            cycle=("#2f6fe0", "#c8730a", "#c81e2f", "#7d3574", "#54260b", "#5f15b3", "#77777c"),
            ramp=("#1b2f8a", "#7a2a92", "#bf3658", "#d9760c"),
            classes=("#0b8f96", "#5e1438"),
            family="DejaVu Serif",
            deepen=0.15,
        ),
    )
}


def rgb(color: str) -> RGB:
    """`#rrggbb` as three numbers from 0 to 1."""
    return int(color[1:3], 16) / 255, int(color[3:5], 16) / 255, int(color[5:7], 16) / 255


def mix(color: str, other: str, part: float) -> str:
    """A colour leaning a part of the way to another."""
    pairs = zip(rgb(color), rgb(other), strict=True)
    return "#" + "".join(f"{round(255 * (a + (b - a) * part)):02x}" for a, b in pairs)


def assign_slots(rules: Iterable[str], count: int) -> list[int]:
    """A slot of a cycle of `count` colours for each run, no two alike.

    A rule has its own slot where that is free, and else the next free one; slots past the cycle
    are its second lap.
    """
    slots: list[int | None] = []
    for rule in rules:
        slot = SLOTS.get(rule)
        slots.append(slot if slot is not None and slot not in slots else None)
    spare = (slot for slot in range(count + len(slots)) if slot not in set(slots))
    return [next(spare) if slot is None else slot for slot in slots]


def cycle_color(theme: Theme, slot: int) -> str:
    """The colour of a slot: later laps of the cycle lean towards the ink."""
    lap, place = divmod(slot, len(theme.cycle))
    return mix(theme.cycle[place], theme.ink, min(0.35 * lap, 0.7))


def class_color(theme: Theme, number: int) -> str:
    """The colour of the points of a class; past the theme's own those of runs."""
    own = theme.classes
    return own[number] if number < len(own) else cycle_color(theme, number - len(own))


def band_colors(theme: Theme, count: int) -> list[RGB]:
    """So many colours from the theme's lowest band over the middle to the highest."""
    low, middle, high = map(rgb, theme.bands)
    colors = []
    for index in range(count):
        part = 2 * index / max(count - 1, 1)
        a, b = (low, middle) if part <= 1 else (middle, high)
        inside = part if part <= 1 else part - 1
        red, green, blue = (p + (q - p) * inside for p, q in zip(a, b, strict=True))
        colors.append((red, green, blue))
    return colors
