"""The traces of a sweep of landscapes, datasets or batches as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from optanim.labels import axis_words
from optanim.registry import Registry
from optanim.scene import OF_WORLDS, Run, Scene
from optanim.trace import Trace


def joined(scene: Scene, worlds: Sequence[Trace], registry: Registry) -> Trace:
    """One trace with the runs of all, each named by where it ran.

    Where only batches differ it has the problem that all share, and where landscapes or datasets do none.
    """
    varied = [axis for axis in scene.axes if axis.name in OF_WORLDS]
    runs = tuple(
        replace(path, label=f"{path.label}, {words}", differs=", ".join(filter(None, (path.differs, words))))
        for world in worlds
        for path, words in zip(
            world.runs,
            (_where(run, [axis.name for axis in varied], registry) for run in world.scene.runs),
            strict=True,
        )
    )
    apart = any(axis.name in ("landscape", "dataset") for axis in varied)
    problem, data = (None, None) if apart else (worlds[0].problem, worlds[0].data)
    return Trace(scene, scene.steps, runs, problem, data, worlds=tuple(worlds))


def _where(run: Run, axes: Sequence[str], registry: Registry) -> str:
    return ", ".join(axis_words(name, run.swept[name], registry) for name in axes)
