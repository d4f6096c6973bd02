"""A film in no more bytes than are allowed: what the eye misses least goes first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from optanim.registry import Entry
from optanim.scene import Look

RATES = (30, 25, 20, 15, 12)  # frames a second
PARTS = (0.9, 0.8, 0.7, 0.6, 0.5)  # of the width and the height
COARSER = 3  # how much crf grows with a step; 6 halve the bytes of H.264, by x264's design


@dataclass(frozen=True)
class Step:
    """A look and settings that a film may be written in.

    `words` say what is less than was asked for; `expected` is about which part of its bytes is left.
    """

    look: Look
    settings: Mapping[str, Any]
    words: str
    expected: float


def steps(look: Look, entry: Entry, settings: Mapping[str, Any], moves: bool) -> Iterator[Step]:
    """What may be written, from all that was asked for to the least that is still of use.

    First a video is compressed more, down to its format's `coarsest`; then frames are left out;
    then the picture gets smaller. What does not move can only get smaller.
    """
    settings = {**entry.defaults(), **settings}
    said: dict[str, str] = {}
    expected = 1.0

    def step() -> Step:
        return Step(look, dict(settings), ", ".join(said.values()), expected)

    yield step()
    crf = settings.get("crf")
    while moves and crf is not None and settings["crf"] < entry.facts["coarsest"]:
        finer = settings["crf"]
        settings["crf"] = min(finer + COARSER, entry.facts["coarsest"])
        said["crf"] = f"crf {settings['crf']} instead of {crf}"
        expected *= 0.5 ** ((settings["crf"] - finer) / 6)
        yield step()
    fps = look.fps
    for rate in RATES:
        if moves and rate < look.fps:
            expected *= rate / look.fps
            look = replace(look, fps=float(rate))
            said["fps"] = f"{rate} frames a second instead of {fps:g}"
            yield step()
    whole, start = look, expected
    for part in PARTS:
        look = replace(whole, scale=whole.scale * part)
        expected = start * part**1.5
        said["size"] = f"{part:.0%} of the size"
        yield step()


def search(
    expected: list[float], limit: int, measure: Callable[[int], int]
) -> tuple[int | None, dict[int, int]]:
    """The first step that fits a limit, and the bytes of every step that was measured.

    `measure(i)` gives the bytes of step i, of which `expected` are the ratios; it is asked for few
    steps, on the assumption that each is smaller than the one before. None where not even the last fits.
    """
    found: dict[int, int] = {}
    low, high = -1, len(expected)  # too large up to low, fits from high on
    at = 0
    while True:
        found[at] = measure(at)
        low, high = (low, at) if found[at] <= limit else (at, high)
        if high == low + 1:
            return (high if high < len(expected) else None), found
        ratio = found[at] / expected[at]
        likely = (i for i in range(low + 1, high) if ratio * expected[i] <= limit)
        at = next(likely, high - 1)
