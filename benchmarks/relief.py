"""A path on a loss surface, 120 frames from a fixed camera: optanim's, and mplot3d's as people draw it today.

    python relief.py optanim | mplot3d

Both draw the same surface and path in 1000x480 and hand over the pixels of every frame; neither writes a
file. mplot3d's surface is drawn anew in every frame, as it is wherever an artist in its axes changes: it has
no layers to keep, for the order of drawing is found anew each time.
"""

from __future__ import annotations

import sys

import numpy as np

FRAMES, WIDTH, HEIGHT = 120, 1000, 480
SCENE = """\
landscape: {formula: 0.1*x**2 + 2*y**2}
view: [-6, 4, -3, 3]
start: [-5, -2]
steps: 20
lr: 0.4
optimizers: gd
panels: [surface: {azimuth: -60, elevation: 40}]
"""


def optanim() -> int:
    """Draws all frames; gives their number."""
    from optanim.film import Film
    from optanim.reader import read
    from optanim.scene import Look, Size
    from optanim.simulate import simulate

    trace = simulate(read(SCENE, name="relief.yaml"))
    film = Film(trace, Look(seconds=FRAMES / 30, fps=30, size=Size(WIDTH, HEIGHT)))
    return sum(frame.shape == (HEIGHT, WIDTH, 4) for frame in film.frames())


def mplot3d() -> int:
    """Draws all frames; gives their number."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure = plt.figure(figsize=(WIDTH / 100, HEIGHT / 100), dpi=100)
    axes = figure.add_subplot(projection="3d")
    axes.view_init(elev=40, azim=-60)
    x, y = np.meshgrid(np.linspace(-6, 4, 100), np.linspace(-3, 3, 100))
    axes.plot_surface(x, y, 0.1 * x**2 + 2 * y**2, cmap="Blues_r", alpha=0.9)
    axes.set(xlabel="x", ylabel="y", zlabel="loss")
    steps = np.arange(21)
    path = np.column_stack([-5 * 0.92**steps, -2 * (-0.6) ** steps])
    (trail,) = axes.plot([], [], [], color="C0")
    (head,) = axes.plot([], [], [], "o", color="C0")
    drawn = 0
    for k in range(FRAMES):
        now = np.linspace(0, k / (FRAMES - 1) * 20, 2 + k)
        px, py = (np.interp(now, steps, path[:, i]) for i in (0, 1))
        pz = 0.1 * px**2 + 2 * py**2
        trail.set_data_3d(px, py, pz)
        head.set_data_3d(px[-1:], py[-1:], pz[-1:])
        figure.canvas.draw()
        drawn += np.asarray(figure.canvas.buffer_rgba()).shape == (HEIGHT, WIDTH, 4)
    return drawn


SIDES = {"optanim": optanim, "mplot3d": mplot3d}

if __name__ == "__main__":
    if SIDES[sys.argv[1]]() != FRAMES:
        raise SystemExit("not all frames were drawn")
