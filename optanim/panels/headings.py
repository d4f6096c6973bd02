"""What stands above panels, in as many words as there is room for."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

PARTS = re.compile(r"(?<=[;,:]) ")
ENDS = re.compile(r"(.+)[;,:] ")  # of a part of a heading, all but the last of what it says
BRIEFLY = {
    "symmetric log axis": "symlog",
    "log axis": "log",
    "linear axis": "linear",
    "the sum of lr": "Σ lr",
    "accuracy in %": "accuracy",
}


def in_fewer(text: str, several: Sequence[str] = ()) -> list[str]:
    """What curves are, and what stands for several runs, in fewer and fewer words.

    `several` are the words for that, the last without the band. What the curves are is said every time, and
    their axis too, at last in a word.
    """
    brief = text
    for long, short in BRIEFLY.items():
        brief = brief.replace(long, short)
    *whole, alone = several or [""]
    ways = [f"{text}; {words}" for words in whole]
    ways += [f"{brief}; {words}" for words in whole[-1:]]
    ways += [f"{each}; {alone}" for each in (text, brief) if alone]
    return list(dict.fromkeys([*ways, text, brief]))


def fitting(ways: Sequence[str], fits: Callable[[str], bool]) -> str:
    """The first of the ways that fits; where none does the last without its end, again and again."""
    text = next((way for way in ways if fits(way)), ways[-1])
    while not fits(text):
        if "; " in text:
            text = text.rpartition("; ")[0]
        elif most := ENDS.match(text):
            text = most[1]
        else:
            break
    return text


def parted(texts: Sequence[str]) -> tuple[str, list[str]]:
    """What several headings have in common, at their beginnings and ends, and the rest of each."""
    parts = [PARTS.split(text) for text in texts]
    most = min(map(len, parts))
    head = next((n for n in range(most) if len({each[n] for each in parts}) > 1), most)
    tail = next((n for n in range(most - head) if len({each[-1 - n] for each in parts}) > 1), most - head)
    while tail and not all(each[len(each) - tail - 1].endswith(";") for each in parts):
        tail -= 1  # an end is common from a semicolon on: an axis alone would say nothing
    common = [*parts[0][:head], *parts[0][len(parts[0]) - tail :]]
    rest = [each[head : len(each) - tail] for each in parts]
    return _joined(common), [_joined(each) for each in rest]


def _joined(parts: Sequence[str]) -> str:
    return " ".join(parts).rstrip(";,:")
