"""Job S as people draw and write it today, in matplotlib with `set_data`.

    python today.py TRACE.json OUT [--writer pillow|ffmpeg|savefig] [--frames N] [--size WxH]

It is given the numbers of optanim's own trace, so that neither side's time holds the other's
stepping, and draws what job_s.yaml shows: filled contours with levels even in the logarithm,
trails, heads, log losses, a legend and a step counter. Nothing is drawn anew by our code that
`set_data` need not change, and no slow default is left in: the legend's place is given, the
layout is solved once.
"""

from __future__ import annotations

import argparse
import io
import json
from collections.abc import Callable
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import FFMpegWriter, FuncAnimation, PillowWriter
from matplotlib.figure import Figure

FPS = 30
WRITERS = ("pillow", "ffmpeg", "savefig")


def picture(trace: Path, width: int, height: int, frames: int) -> tuple[Figure, Callable[[int], None]]:
    """The figure, and the function that brings it to a frame of the film of so many."""
    runs = json.loads(trace.read_text())["runs"]
    paths = [np.array(run["params"]) for run in runs]
    losses = [np.array(run["loss"]) for run in runs]
    steps = len(losses[0]) - 1
    dpi = width / 10  # type is as large as the picture, as in optanim
    figure, (left, right) = plt.subplots(1, 2, figsize=(width / dpi, height / dpi), dpi=dpi)
    x, y = np.meshgrid(np.linspace(-6, 3, 200), np.linspace(-3, 3, 200))
    values = 0.1 * x**2 + 2 * y**2
    levels = np.geomspace(values.max() / 1e4, values.max(), 14)
    left.contourf(x, y, values, levels=levels, norm="log", cmap="Blues_r", extend="min")
    left.set(xlabel="x", ylabel="y")
    right.set(xlabel="step", ylabel="loss", yscale="log", xlim=(0, steps))
    right.set_ylim(max(1e-12, min(loss.min() for loss in losses)), max(loss.max() for loss in losses))
    counter = left.set_title("step 0")
    trails, heads, curves = [], [], []
    for number, run in enumerate(runs):
        color = f"C{number}"
        trails += left.plot([], [], color=color, label=run["label"])
        heads += left.plot([], [], "o", color=color)
        curves += right.plot([], [], color=color)
    left.legend(loc="upper right")
    figure.tight_layout()

    def draw(k: int) -> None:
        now = k * steps / (frames - 1)
        last = int(now)
        for path, loss, trail, head, curve in zip(paths, losses, trails, heads, curves, strict=True):
            here = path[last] + (now - last) * (path[min(last + 1, steps)] - path[last])
            trail.set_data([*path[: last + 1, 0], here[0]], [*path[: last + 1, 1], here[1]])
            head.set_data([here[0]], [here[1]])
            curve.set_data(range(last + 1), loss[: last + 1])
        counter.set_text(f"step {last} / {steps}")

    return figure, draw


def write(figure: Figure, draw: Callable[[int], None], out: Path, writer: str, frames: int) -> None:
    """Write the film as each of the three routes does, with the route's own defaults."""
    if writer == "savefig":
        savefig_each(figure, draw, out, frames)
        return
    film = FuncAnimation(figure, draw, frames=frames)
    if writer == "pillow":
        film.save(out, writer=PillowWriter(fps=FPS))
        return
    import imageio_ffmpeg

    plt.rcParams["animation.ffmpeg_path"] = imageio_ffmpeg.get_ffmpeg_exe()
    film.save(out, writer=FFMpegWriter(fps=FPS, codec="h264"))


def savefig_each(figure: Figure, draw: Callable[[int], None], out: Path, frames: int) -> None:
    """A PNG for every frame, gathered by imageio."""
    import imageio.v2 as imageio

    with imageio.get_writer(out, mode="I", duration=1000 / FPS, loop=0) as gif:
        for k in range(frames):
            draw(k)
            buffer = io.BytesIO()
            figure.savefig(buffer, format="png")
            buffer.seek(0)
            gif.append_data(imageio.imread(buffer))  # type: ignore[attr-defined]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("trace", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--writer", choices=WRITERS, default="pillow")
    parser.add_argument("--frames", type=int, default=200)
    parser.add_argument("--size", default="1000x450")
    given = parser.parse_args()
    width, height = map(int, given.size.split("x"))
    figure, draw = picture(given.trace, width, height, given.frames)
    write(figure, draw, given.out, given.writer, given.frames)


if __name__ == "__main__":
    main()
