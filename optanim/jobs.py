"""Several scenes, one after another or side by side; one that fails does not stop the others."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

from optanim.errors import Mistake, RenderError, UserError
from optanim.reader import load
from optanim.render import Progress, Written, plan, render

Make = Callable[..., list[Written]]  # of a scene, with what else a task holds

TERMINATED = 143
PATIENCE = 0.5  # seconds for a worker to tidy up
REPORT = "This is a bug in optanim: please report it, with these lines and the scene."


@dataclass(frozen=True)
class Result:
    """What became of a scene: the exit code it deserves, and what to say."""

    written: tuple[Written, ...] = ()
    warnings: tuple[str, ...] = ()
    error: str = ""
    code: int = 0


def each(
    tasks: Sequence[dict[str, Any]], workers: int, progress: Progress, make: Make = render
) -> Iterator[tuple[str, Result]]:
    """Render every scene and yield its name and result as it is done.

    A task holds the arguments of `make`, which is at the top of a module. With several workers
    `progress` counts scenes. Raises UserError, before anything is rendered, where `render` would write
    one file for two scenes.
    """
    if len(tasks) > 1 and make is render:
        _refuse_clashes(tasks)
    if workers == 1 or len(tasks) == 1:
        for task in tasks:
            yield task["scene"], one(task, progress, make)
        return
    context = multiprocessing.get_context("spawn")
    workers = min(workers, len(tasks))
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare)
    try:
        futures = {pool.submit(_one, task, make): task["scene"] for task in tasks}
        progress("scenes", 0, len(tasks))
        for done, future in enumerate(as_completed(futures), 1):
            try:
                result = future.result()
            except BrokenProcessPool:
                killed = f"error: {futures[future]}: the process that rendered it was killed"
                result = Result(error=killed, code=1)
            except Exception as error:
                result = _internal(futures[future], error)
            progress("scenes", done, len(tasks))
            yield futures[future], result
    except BaseException:
        # Not a second shutdown that waits: it would take the cancelling back.
        pool.shutdown(wait=False, cancel_futures=True)
        _end(multiprocessing.active_children())
        raise
    pool.shutdown()


def _end(workers: Sequence[BaseProcess]) -> None:
    """Ends workers: they tidy up, and those that do not do it in time are killed."""
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join(PATIENCE)
        if worker.is_alive():
            worker.kill()


def _one(task: dict[str, Any], make: Make) -> Result:
    """Render one scene in a worker, which is gone once it has been told to end."""
    try:
        return one(task, make=make)
    except SystemExit:
        os._exit(TERMINATED)  # the pool would swallow it and start on the next scene


def one(task: dict[str, Any], progress: Progress | None = None, make: Make = render) -> Result:
    """Render one scene; what is wrong with it is in the result."""
    warnings: tuple[str, ...] = ()
    try:
        scene = load(task["scene"], limits=task["limits"])
        warnings = tuple(map(str, scene.warnings))
        written = make(**{**task, "scene": scene}, progress=progress)
        notes = dict.fromkeys(f"{task['scene']}: {note}" for file in written for note in file.notes)
        told = written[0].doubts if written else ()
        return Result(tuple(written), (*warnings, *told, *notes))
    except UserError as error:
        return Result(warnings=warnings, error=str(error), code=2)
    except RenderError as error:
        return Result(warnings=warnings, error=f"error: {task['scene']}: {error}", code=1)
    except Exception as error:
        return _internal(task["scene"], error, warnings)


def _internal(scene: str, error: Exception, warnings: tuple[str, ...] = ()) -> Result:
    """A mistake of optanim's own: told in full, and no reason to leave out the other scenes."""
    what = f"error: {scene}: internal error: {type(error).__name__}: {error}"
    trace = "".join(traceback.format_exception(error)).rstrip()
    return Result(warnings=warnings, error=f"{what}\n{trace}\n{REPORT}", code=1)


def _refuse_clashes(tasks: Sequence[dict[str, Any]]) -> None:
    writers: dict[str, int] = {}  # the file, and which task writes it
    clashes: dict[tuple[int, int], Path] = {}
    for i, task in enumerate(tasks):
        try:
            scene = load(task["scene"], limits=task["limits"])
            paths = [job.path for job in plan(scene, **{n: v for n, v in task.items() if n != "scene"})]
        except Exception:  # said when its turn comes to be rendered
            continue
        for path in paths:
            # Not every system tells names apart by their case.
            first = writers.setdefault(os.path.abspath(path).casefold(), i)
            if first != i:
                clashes.setdefault((first, i), path)
    if clashes:
        hint = "rename one, or render them into two folders"
        raise UserError(
            Mistake(f"{tasks[a]['scene']} and {tasks[b]['scene']} would both write {path}", hint=hint)
            for (a, b), path in clashes.items()
        )


def _prepare() -> None:
    """A worker leaves interrupts to its parent, which ends it by SIGTERM; then it tidies up."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: sys.exit(TERMINATED))
