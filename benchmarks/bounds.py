"""What optanim promises of its speed, each promise with what it must reach, should reach, and did."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Found = dict[str, Any]  # what bench.py writes


@dataclass(frozen=True)
class Bound:
    """A promise. `values` are its measurements, one per round; none where it was not measured."""

    what: str
    must: float
    aim: float
    show: Callable[[float], str]
    values: Callable[[Found], list[float]]
    at_least: bool = False

    def met(self, found: Found) -> str:
        """Which of the two the median reaches."""
        values = self.values(found)
        if not values:
            return "not measured"
        value = statistics.median(values)
        for limit, word in ((self.aim, "aim"), (self.must, "must")):
            if value >= limit if self.at_least else value <= limit:
                return word
        return "no"


def whole(found: Found, key: str, what: str = "seconds") -> list[float]:
    """The seconds, or `cpu` seconds, of a route's whole film, or all its scenes, in each round.

    A film of which only a part was drawn takes what two frames take, and for every further frame
    what the part's took on average.
    """
    route = found["routes"].get(key)
    if route is None:
        return []
    seconds = list(route[what])
    if route["base"] and route["frames"] < route["full"]:
        base = found["routes"][route["base"]][what]
        rest = (route["full"] - 2) / (route["frames"] - 2)
        seconds = [two + (part - two) * rest for two, part in zip(base, seconds, strict=True)]
    return [value * route["repeats"] for value in seconds]


def per_frame(found: Found, few: str, many: str) -> list[float]:
    """The seconds of one further frame: how much longer a route with more frames takes."""
    routes = found["routes"]
    if few not in routes or many not in routes:
        return []
    frames = routes[many]["frames"] - routes[few]["frames"]
    return [(b - a) / frames for a, b in zip(routes[few]["seconds"], routes[many]["seconds"], strict=False)]


def ratios(ours: list[float], theirs: list[float]) -> list[float]:
    """Round by round, for what drifts with the machine drifts for both."""
    return [a / b for a, b in zip(ours, theirs, strict=False)]


def against(ours: str, theirs: str) -> Callable[[Found], list[float]]:
    return lambda found: ratios(whole(found, ours), whole(found, theirs))


def _marginal(found: Found) -> list[float]:
    theirs = per_frame(found, "s-pillow-2", "s-pillow")
    return ratios(per_frame(found, "s-ours-gif", "long-ours-gif"), theirs)


def _bytes(found: Found) -> list[float]:
    ours = found["routes"].get("s-ours-gif")
    return (
        [ours["bytes"] / each["pillow_writer"]["bytes"] for each in found.get("memory", ())] if ours else []
    )


def _psnr(found: Found) -> list[float]:
    near = found.get("quality", {}).get("s-ours-gif")
    return [near["psnr"]] if near else []


def _peak(found: Found, key: str = "s-ours-gif") -> list[float]:
    return list(found["routes"].get(key, {}).get("peak_mb", ()))


def _growth(found: Found) -> list[float]:
    return [b / a - 1 for a, b in zip(_peak(found), _peak(found, "long-ours-gif"), strict=False)]


def _figures(which: str) -> Callable[[Found], list[float]]:
    return lambda found: [each[which] for each in found.get("figures", ())]


def over_bare(command: str) -> Callable[[Found], list[float]]:
    """CPU seconds of a command beyond those of Python alone."""

    def values(found: Found) -> list[float]:
        taken = found.get("startup", {})
        return [a - b for a, b in zip(taken.get(command, ()), taken.get("python -c pass", ()), strict=True)]

    return values


def stepping(what: str) -> Callable[[Found], list[float]]:
    """Seconds of many runs of Adam, of the `process` or the `call`: ours by optax's in double precision."""

    def values(found: Found) -> list[float]:
        taken = found.get("steps", {})
        if "optax" not in taken:
            return []
        return ratios(taken["optanim"][what], taken["optax"][what])

    return values


def _relief(found: Found) -> list[float]:
    taken = found.get("relief", {})
    return ratios(taken["optanim"], taken["mplot3d"]) if taken else []


def ratio(value: float) -> str:
    return f"1/{1 / value:.3g}"


def _times(value: float) -> str:
    return f"{value:.2f} times"


def _seconds(value: float) -> str:
    return f"{value:.2f} s" if value < 1 else f"{value:.1f} s"


def _megabytes(value: float) -> str:
    return f"{value:.0f} MB"


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %"


def _decibel(value: float) -> str:
    return f"{value:.1f} dB"


BOUNDS = (
    Bound("job S to GIF, against PillowWriter", 1 / 16, 1 / 22, ratio, against("s-ours-gif", "s-pillow")),
    Bound("job S to MP4, against FFMpegWriter", 1 / 10, 1 / 13, ratio, against("s-ours-mp4", "s-ffmpeg")),
    Bound("time per further frame, GIF, against PillowWriter", 1 / 50, 1 / 90, ratio, _marginal),
    Bound("GIF bytes, against PillowWriter of the same frames", 1 / 3, 1 / 5, ratio, _bytes),
    Bound("PSNR of that GIF", 50, 52, _decibel, _psnr, at_least=True),
    Bound("peak memory, GIF, 200 frames", 120, 100, _megabytes, _peak),
    Bound("its growth to 2,000 frames (1 % is none)", 0.10, 0.01, _percent, _growth),
    Bound(
        "10,000 Adam runs x 1,000 steps, against optax, from start to end",
        1,
        1 / 2,
        _times,
        stepping("process"),
    ),
    Bound("the same, against the call that optax compiled alone", 3, 1, _times, stepping("call")),
    Bound("120 frames of a path on a surface, against mplot3d", 1 / 3, 1 / 6, ratio, _relief),
    Bound("`make figures`, nothing made yet", 90, 45, _seconds, _figures("clean")),
    Bound("`make figures`, nothing changed", 3, 1, _seconds, _figures("again")),
    Bound("CPU of `optanim --help` over bare Python", 0.10, 0.10, _seconds, over_bare("optanim --help")),
    Bound("CPU of `optanim list` over bare Python", 0.25, 0.25, _seconds, over_bare("optanim list")),
    Bound("CPU of `optanim check` over bare Python", 0.25, 0.25, _seconds, over_bare("optanim check")),
)
