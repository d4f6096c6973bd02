"""Gradients as arrows at the heads of runs: of all data, of the batch of the step, and of many others."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from optanim.datasets.distributions import draw
from optanim.errors import Mistake
from optanim.oracles import Noise
from optanim.pen import CLOSEPOLY, LINETO, MOVETO, Pen
from optanim.scales import Axes
from optanim.scene import Scene, Thing
from optanim.stage import Stage
from optanim.themes import RGB, rgb
from optanim.trace import Problem
from optanim.words import number

Floats = NDArray[np.float64]
CLOUD = 40  # gradients of a cloud
SAMPLED = 16  # iterates of each run by which the scale is chosen
SHORT, LONG, FITTING = 0.12, 0.8, 0.4  # of the shorter side of the axes: what the longest arrow may be
HEAD = 6.0


def fits(thing: Thing, scene: Scene, problem: Problem) -> Iterator[Mistake]:
    """What arrows a scene cannot have."""
    kind, place = thing.settings.get("arrows"), thing.where("arrows")
    if kind and not scene.runs:
        yield Mistake("arrows stand at the heads of runs, and nothing runs", place, "add optimizers")
    elif kind == "noise" and scene.batch is None and problem.noise is None:
        hint = "add batch: to the scene, noise: to the landscape, or take arrows: gradient"
        yield Mistake("without batches and noise there is one gradient, and no cloud", place, hint)


class Slopes:
    """Arrows of minus the gradient, from the iterate that each run has reached.

    One of the whole loss; with `noise` also that which the coming step sees, and a cloud of those that
    it might have seen: of random batches of its size, or with other noise. All are to one scale, which is the
    lr where that makes them neither long nor short: then an arrow is a step of plain descent.
    """

    def __init__(self, stage: Stage, indices: Sequence[int], axes: Axes, noise: bool) -> None:
        trace = stage.trace
        assert trace.problem is not None
        self.stage, self.indices, self.axes, self.noise = stage, list(indices), axes, noise
        self.runs = [trace.runs[index] for index in indices]
        self.problem, self.batches = trace.problem, trace.batches
        size = len(self.problem.names)
        self.tilts: Floats | None = None  # what the gradient of each step was off by, and of others
        if noise and self.problem.noise is not None:
            tilts = Noise(self.problem.noise, trace.scene.seed, size).tilts()
            self.tilts = np.array(list(islice(tilts, trace.steps)))
            self.others = draw(self.problem.noise, self._generator(), (CLOUD, size))
        self._rows = lru_cache(maxsize=4)(self._random_rows)
        self._of = lru_cache(maxsize=2 * max(1, len(self.runs)))(self._gradients)
        self.scale = self._scale()

    def _generator(self) -> np.random.Generator:
        # A stream of its own, beside those of the data, the rules, the noise and the batches.
        seeds = np.random.SeedSequence(self.stage.trace.scene.seed, spawn_key=(3,))
        return np.random.Generator(np.random.PCG64(seeds))

    def _random_rows(self, size: int) -> list[NDArray[np.int64]]:
        """The rows of the batches of the cloud, the same in every step of so many rows."""
        assert self.batches is not None
        generator = self._generator()
        return [generator.choice(self.batches.count, size, replace=False) for _ in range(CLOUD)]

    def _gradients(self, place: int, t: int) -> tuple[Floats, Floats | None, Floats]:
        """At iterate t of a run the whole gradient (n,), that of the coming step, and the cloud (m, n)."""
        run = self.runs[place]
        at = np.asfortranarray(run.params[[t]])
        whole = self.problem.slope(at)[1][0]
        if not self.noise:
            return whole, None, np.empty((0, len(whole)))
        coming = t < run.steps
        own, cloud = whole, np.repeat(whole[None], CLOUD, axis=0)
        if self.batches is not None:
            step = min(t, self.stage.trace.steps - 1)
            own = self.problem.slope(at, rows=self.batches.rows(step + 1))[1][0]
            rows = self._rows(int(self.batches.sizes[step]))
            cloud = np.array([self.problem.slope(at, rows=each)[1][0] for each in rows])
        if self.tilts is not None:
            own = own + self.tilts[min(t, len(self.tilts) - 1)]
            cloud = cloud + self.others
        return whole, own if coming else None, cloud

    def _last(self, place: int) -> int:
        run = self.runs[place]
        return max(0, run.ended.step - 1) if run.ended else run.steps

    def _scale(self) -> float:
        """What a gradient is multiplied by: the lr, or a round number with which the arrows can be seen."""
        longest, box = 0.0, self.axes.box
        side = min(box.width, box.height)
        for place, run in enumerate(self.runs):
            last = self._last(place)
            for t in sorted({round(each) for each in np.linspace(0, last, min(SAMPLED, last + 1))}):
                whole, own, cloud = self._of(place, t)
                slopes = np.vstack([whole[None], cloud, whole[None] if own is None else own[None]])
                ends = self.axes.pixels(np.vstack([run.params[t], run.params[t] - slopes]))
                if np.isfinite(ends).all() and self._inside(ends[0]):
                    longest = max(longest, float(np.hypot(*(ends[1:] - ends[0]).T).max()))
        if longest == 0.0:
            return 1.0
        rates = {float(rate) for run in self.runs for rate in run.lr[: run.steps]}
        if len(rates) == 1:
            (rate,) = rates
            if SHORT * side <= rate * longest <= LONG * side:
                return rate
        wish = FITTING * side / longest
        power = 10.0 ** math.floor(math.log10(wish))
        return float(f"{max(m for m in (1, 2, 5) if m * power <= wish * (1 + 1e-9)) * power:.6g}")

    def _inside(self, point: Floats) -> bool:
        box = self.axes.box
        return bool(box.left <= point[0] <= box.right and box.top <= point[1] <= box.bottom)

    def words(self) -> list[str]:
        """What the arrows are, the longest way to say it first."""
        times = f"−{number(self.scale)} × gradient"
        if not self.noise:
            return [f"arrow: {times}{' of all data' if self.batches is not None else ''}", f"arrow: {times}"]
        whole, others = "without noise", f"{CLOUD} with other noise"
        if self.batches is not None:
            size = int(np.median(self.batches.sizes))
            whole, others = "all data", f"{CLOUD} random batches of {size}"
        return [
            f"arrows: {times}, bold {whole}, coloured of the step, thin {others}",
            f"{times}: bold {whole}, thin {others}",
            f"arrows: bold {whole}, thin {others}",
            f"bold: {whole}, thin: others",
        ]

    def draw_front(self, pen: Pen, k: int) -> None:
        """The cloud, over it the arrow of the whole loss, over both that of the step."""
        stage, px = self.stage, self.stage.px
        reached = int(stage.tau[k] + 1e-9)
        ink, halo = rgb(stage.theme.ink), stage.halo
        with pen.clipped(self.axes.box):
            for place, index in enumerate(self.indices):
                run, t = self.runs[place], min(reached, self._last(place))
                whole, own, cloud = self._of(place, t)
                color = stage.styles[index].rgb
                self._arrows(pen, run.params[t], cloud, color, px(1.0), px(0.75 * HEAD), 0.55)
                for slope, hue, wide in ((whole, ink, 3.0), (own, color, 2.4)):
                    if slope is not None:
                        self._arrows(pen, run.params[t], slope[None], halo, px(wide + 2), px(1.6 * HEAD + 1))
                        self._arrows(pen, run.params[t], slope[None], hue, px(wide), px(1.6 * HEAD))

    def _arrows(
        self, pen: Pen, at: Floats, slopes: Floats, color: RGB, width: float, head: float, alpha: float = 1.0
    ) -> None:
        """Arrows down some slopes (m, n), all in one stroke and one fill."""
        ends = self.axes.pixels(np.vstack([at, at - self.scale * slopes]))
        start, tips = ends[0], ends[1:]
        length = np.hypot(*(tips - start).T)
        # An arrow that is too short for its head is none.
        seen = np.isfinite(length) & (length > 0.5)
        start, tips, length = start, tips[seen], length[seen]
        if not len(tips) or not np.isfinite(start).all():
            return
        way = (tips - start) / length[:, None]
        head = np.minimum(head, 0.6 * length)[:, None]
        side = np.column_stack([-way[:, 1], way[:, 0]])
        base = tips - head * way
        lines = np.stack([np.broadcast_to(start, base.shape), base], axis=1).reshape(-1, 2)
        pen.stroke(
            lines, np.tile([MOVETO, LINETO], len(tips)).astype(np.uint8), color, width, alpha, cap="butt"
        )
        spread = np.maximum(0.42 * head, width / 2 + self.stage.px(0.5)) * side
        heads = np.stack([tips, base + spread, base - spread, tips], axis=1).reshape(-1, 2)
        codes = np.tile([MOVETO, LINETO, LINETO, CLOSEPOLY], len(tips)).astype(np.uint8)
        pen.fill(heads, codes, color)
