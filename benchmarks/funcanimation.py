"""The same film as people make it today: FuncAnimation with set_data, written by PillowWriter.

    python funcanimation.py TRACE.json OUT.gif FRAMES

It is given the numbers of the same trace, so that neither side's time holds the other's stepping,
and draws what job_s.yaml shows: filled contours with levels even in the logarithm, trails, heads,
log losses, a legend and a step counter, at the same size and rate. Nothing is redrawn that
`set_data` need not change.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import matplotlib

matplotlib.use("Agg")

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.animation import FuncAnimation, PillowWriter


def main(trace: Path, out: Path, frames: int) -> None:
    runs = json.loads(trace.read_text())["runs"]
    paths = [np.array(run["params"]) for run in runs]
    losses = [np.array(run["loss"]) for run in runs]
    steps = len(losses[0]) - 1

    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.5), dpi=100)
    x, y = np.meshgrid(np.linspace(-6, 3, 200), np.linspace(-3, 3, 200))
    values = 0.1 * x**2 + 2 * y**2
    levels = np.geomspace(values.max() / 1e4, values.max(), 14)
    left.contourf(x, y, values, levels=levels, norm="log", cmap="Blues_r", extend="min")
    left.set(xlabel="x", ylabel="y")
    right.set(xlabel="step", ylabel="loss", yscale="log", xlim=(0, steps))
    right.set_ylim(max(1e-12, min(loss.min() for loss in losses)), max(loss.max() for loss in losses))
    counter = left.set_title("")
    trails, heads, curves = [], [], []
    for number, run in enumerate(runs):
        color = f"C{number}"
        trails += left.plot([], [], color=color, label=run["label"])
        heads += left.plot([], [], "o", color=color)
        curves += right.plot([], [], color=color)
    left.legend(loc="upper right")
    figure.tight_layout()

    def draw(k: int) -> list[object]:
        now = k * steps / (frames - 1)
        last = int(now)
        for path, loss, trail, head, curve in zip(paths, losses, trails, heads, curves, strict=True):
            here = path[last] + (now - last) * (path[min(last + 1, steps)] - path[last])
            trail.set_data([*path[: last + 1, 0], here[0]], [*path[: last + 1, 1], here[1]])
            head.set_data([here[0]], [here[1]])
            curve.set_data(range(last + 1), loss[: last + 1])
        counter.set_text(f"step {last} / {steps}")
        return [*trails, *heads, *curves, counter]

    FuncAnimation(figure, draw, frames=frames, blit=True).save(out, writer=PillowWriter(fps=30))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
