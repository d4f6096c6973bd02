"""The tables of a benchmark, and the page that shows the last one.

    python benchmarks/report.py

writes docs/speed.md from benchmarks/results/latest.json.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bounds import BOUNDS, Found, per_frame, ratios, whole

HERE = Path(__file__).parent
LATEST = HERE / "results" / "latest.json"
PAGE = HERE.parent / "docs" / "speed.md"
SCENES = {
    "job S": "1000x450, 200 frames",
    "long": "job S in 2,000 frames",
    "large": "job S in 1920x1080",
    "many": "20 scenes like job S",
}
OURS = {  # a route of theirs, and ours to the same kind of file
    "s-pillow": "s-ours-gif",
    "s-ffmpeg": "s-ours-mp4",
    "s-savefig": "s-ours-gif",
    "large-pillow": "large-ours-gif",
    "large-ffmpeg": "large-ours-mp4",
    "many-pillow": "many-ours",
}
SIDES = {
    "optanim": "optanim, in double precision",
    "optax": "optax, vmap over scan, in double precision",
    "optax-float32": "optax, vmap over scan, in single precision",
}
LONG = {"long-pillow": ("s-pillow", "long-ours-gif"), "long-ffmpeg": ("s-ffmpeg", "long-ours-mp4")}

PAGE_TEXT = """\
# Speed, size and memory

optanim against what people use today: FuncAnimation with `set_data`, written by matplotlib's PillowWriter
and FFMpegWriter, and `savefig` for every frame with imageio. All draw job S, four optimizers in a valley
with their trails and log losses, from the same numbers. Theirs (`benchmarks/today.py`) leaves out what a
careful user leaves out, and is given the iterates. Ours (`benchmarks/job_s.yaml`) computes them, and has
optanim's own look, which draws more: names that follow their heads, tails in two tones, a moving cursor,
faint curves of what is to come.

{tables}

The bounds are those that optanim is built to; `must` and `aim` say which the median reaches.

## How it was measured

Every time is that of a whole cold process, wall clock, from its start to its end, with the code compiled
and the files in the system's cache. The routes ran interleaved, {rounds} rounds of them; the medians are
shown, with the least and the most of all rounds in brackets. A ratio is taken round by round, for a shared
machine is faster in one minute than in the next: trust the ratios, and of these two digits at most.{once}

- **≈** marks a film of which a part was drawn: it counts as much as two frames take, and for every further
  frame what the part took. PillowWriter and imageio hold every frame in memory, so that their 2,000 frames
  are reckoned from 200.
- **long**: what a further frame costs is the difference between 2,000 and 200 frames for ours, and between
  200 and 2 for theirs.
- **many**: one `optanim render` of 20 scenes, against 20 runs of the script with as many at a time as there
  are cores; the first of these batches stands for all.
- **CPU** is the time of all cores together, FFmpeg's with it; it drifts less than the wall clock.
- **Memory** is the peak of the largest process, and of FFMpegWriter leaves out FFmpeg itself where that is
  the smaller one.
- **PSNR and SSIM** compare a file with its own frames before any encoder, in RGB: all frames of ours, every
  fifth of theirs; SSIM is of every tenth, on the luma with a window of 7 pixels. Both MP4s are 4:2:0, which
  halves the resolution of colour and so bounds the PSNR of thin coloured lines.
- FFMpegWriter has matplotlib's own settings for H.264 (x264's medium, crf 23) and the FFmpeg of the package
  imageio-ffmpeg; optanim's are veryfast and crf 18. As the two draw different pictures, their kB say little:
  the bound on GIF bytes compares encoders on the same frames.
- **Runs of Adam**: 10,000 on 0.1 x₁² + 2 x₂², from one start with as many learning rates, every point and
  loss of every run kept by both. The whole process has imports in it, and optax's compilation; the call is
  all that optanim does with the scene, and of optax the compiled function alone, which may use every core
  where optanim uses one. Bounds are against double precision, in which both end at the same points.
- **A path on a surface**: 1000x480 from a fixed camera, no file written. mplot3d draws all of its axes anew
  in every frame, for it finds the order of drawing each time, and draws paths through the surface; ours
  draws the surface once, and hides what is behind it.
- **Rules**: two parameters a run, with what the rule asks for beside its gradient in the time; wrappers
  wrap Adam. The bound is one call of a ufunc that reads two arrays and writes one, for the parameters and
  for every array of the rule's state that a step changes: whatever is written in NumPy calls at least so
  many. Rules without numbers for many runs search along a line, and step one run at a time.

Measured on {date}: {processor}, {cores} cores, {memory_gb} GB, {system}, load {load:.1f} before the run.
Python {python}, {packages}.

## On your machine

```sh
make bench
```

takes about five minutes on two cores and prints these tables.
`.venv/bin/python benchmarks/bench.py --full --latest` makes this page.
"""


def tables(found: Found) -> str:
    """All that was measured, as Markdown."""
    parts = (
        routes_table,
        bounds_table,
        quality_table,
        encoding_table,
        startup_table,
        steps_table,
        rules_table,
        relief_table,
    )
    return "\n\n".join(text for part in parts if (text := part(found)))


def page(found: Found) -> str:
    """docs/speed.md."""
    computer = found["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in computer["packages"].items())
    once = "" if found["full"] else "\nThis was a quick run: what is slow was measured once."
    facts = {**computer, "load": found["load"], "packages": packages}
    return PAGE_TEXT.format(
        tables=tables(found), rounds=found["rounds"], once=once, date=found["date"], **facts
    )


def routes_table(found: Found) -> str:
    rows = []
    routes = found["routes"]
    shown = [(key, route) for key, route in routes.items() if route["title"]]
    for scene, what in SCENES.items():
        own = [(key, route) for key, route in shown if route["scene"] == scene]
        label = f"**{scene}**: {what}"
        for key, route in own:
            seconds = whole(found, key)
            times = [1 / value for value in ratios(whole(found, OURS[key]), seconds)] if key in OURS else []
            part = route["frames"] < route["full"]
            rows.append(
                [
                    label,
                    route["title"],
                    ("≈ " if part else "") + spread(seconds, "{:.3g}".format),
                    spread(times, "{:.1f}".format),
                    f"{statistics.median(whole(found, key, 'cpu')):.3g}",
                    "" if part else spread(route["peak_mb"], "{:.0f}".format),
                    "" if part or scene == "many" else f"{route['bytes'] / 1e3:.0f}",
                ]
            )
            label = ""
        if scene == "long":
            rows += [row for key in LONG if (row := _long(found, key))]
    if not rows:
        return ""
    return table(["scene", "route", "seconds", "times ours", "CPU s", "peak MB", "kB"], rows)


def _long(found: Found, key: str) -> list[str] | None:
    """What 2,000 frames would take by a route that was measured with 200 and 2."""
    theirs, ours = LONG[key]
    routes = found["routes"]
    if theirs not in routes or ours not in routes or f"{theirs}-2" not in routes:
        return None
    frame = per_frame(found, f"{theirs}-2", theirs)
    more = routes[ours]["frames"] - routes[theirs]["frames"]
    seconds = [a + more * b for a, b in zip(whole(found, theirs), frame, strict=True)]
    times = [1 / value for value in ratios(whole(found, ours), seconds)]
    shown = [f"≈ {spread(seconds, '{:.3g}'.format)}", spread(times, "{:.1f}".format)]
    return ["", routes[theirs]["title"], *shown, "", "", ""]


def bounds_table(found: Found) -> str:
    rows = [
        [
            bound.what,
            bound.show(bound.must),
            bound.show(bound.aim),
            spread(bound.values(found), bound.show),
            bound.met(found),
        ]
        for bound in BOUNDS
    ]
    return table(["bound", "must", "aim", "measured", "met"], rows)


def quality_table(found: Found) -> str:
    near = {found["routes"][key]["title"]: value for key, value in found.get("quality", {}).items()}
    for each in found.get("memory", ())[:1]:
        near["PillowWriter, GIF of optanim's frames"] = each["pillow_writer"]
    rows = [
        [title, f"{value['psnr']:.1f}", f"{value['psnr_min']:.1f}", f"{value['ssim']:.4f}"]
        for title, value in near.items()
    ]
    return table(["file against its own frames", "PSNR dB", "worst frame", "SSIM"], rows) if rows else ""


def encoding_table(found: Found) -> str:
    """How far a render is from encoding alone."""
    rows = []
    for name, key in (("gif", "s-ours-gif"), ("mp4", "s-ours-mp4")):
        measured = [each[name] for each in found.get("memory", ())]
        if not measured or key not in found["routes"]:
            continue
        alone = [each["encode"] for each in measured]
        drawn = [each["draw_and_encode"] for each in measured]
        process = whole(found, key)
        times = [seconds / statistics.median(alone) for seconds in process]
        rows.append(
            [
                name.upper(),
                spread(alone, "{:.2f}".format),
                spread(drawn, "{:.2f}".format),
                spread(process, "{:.2f}".format),
                f"{statistics.median(times):.1f}",
            ]
        )
    head = [
        "job S",
        "frames in memory, encoded, s",
        "drawn and encoded, s",
        "whole process, s",
        "over encoding",
    ]
    return table(head, rows) if rows else ""


def startup_table(found: Found) -> str:
    rows = [
        [f"`{name}`", spread(seconds, "{:.3f}".format)] for name, seconds in found.get("startup", {}).items()
    ]
    return table(["start-up", "CPU s"], rows) if rows else ""


def steps_table(found: Found) -> str:
    """Many runs of Adam, ours and theirs."""
    rows = [
        [
            SIDES[side],
            spread(taken["process"], "{:.2f}".format),
            spread(taken["call"], "{:.2f}".format),
        ]
        for side, taken in found.get("steps", {}).items()
    ]
    return table(["10,000 Adam runs x 1,000 steps", "whole process, s", "the call, s"], rows) if rows else ""


def relief_table(found: Found) -> str:
    """A path on a surface under a fixed camera, ours and mplot3d's."""
    taken = found.get("relief", {})
    rows = [[side, spread(seconds, "{:.2f}".format)] for side, seconds in taken.items()]
    return table(["120 frames of a path on a surface", "whole process, s"], rows) if rows else ""


def rules_table(found: Found) -> str:
    """What a step of each rule costs."""
    rows = [
        [
            f"`{name}`",
            ", ".join(rule["asks"]),
            f"{rule['one'] * 1e6:.1f}",
            *(f"{rule[what] * 1e9:.1f}" if what in rule else "" for what in ("many", "bound")),
            f"{rule['many'] / rule['bound']:.1f}" if "many" in rule else "",
        ]
        for name, rule in found.get("rules", {}).items()
    ]
    head = ["rule", "asks for", "alone, µs a step", "of 10,000 runs, ns a step", "bound, ns", "times bound"]
    return table(head, rows) if rows else ""


def spread(values: Sequence[float], show: Callable[[float], str]) -> str:
    """The median, and in brackets the least and the most where they differ."""
    if not values:
        return ""
    text = show(statistics.median(values))
    low, high = sorted((show(min(values)), show(max(values))), key=_size)
    if low == text == high:
        return text
    return f"{text} ({low} to {high})"


def _size(shown: str) -> float:
    """What a number that is shown stands for, for 1/20 is less than 1/10."""
    above, _, below = shown.split(" ")[0].partition("/")
    return float(above) / float(below or 1)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table whose columns also line up on a terminal."""
    every = [head, *rows]
    widths = [max(len(row[i]) for row in every) for i in range(len(head))]
    lines = [
        "| " + " | ".join(f"{cell:{w}}" for cell, w in zip(row, widths, strict=True)) + " |" for row in every
    ]
    return "\n".join([lines[0], "|" + "|".join("-" * (w + 2) for w in widths) + "|", *lines[1:]])


def read(file: Path = LATEST) -> dict[str, Any]:
    return dict(json.loads(file.read_text()))


if __name__ == "__main__":
    PAGE.write_text(page(read()))
