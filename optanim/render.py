"""From a scene to its files."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from optanim import formats as encoders
from optanim import reader, words
from optanim.budget import search, steps
from optanim.doubts import doubts
from optanim.errors import Mistake, RenderError, UserError
from optanim.kinds import format_
from optanim.outputs import file_name
from optanim.registry import Entry
from optanim.scene import Limits, Look, Output, Scene
from optanim.settings import Number, Wrong, sized
from optanim.simulate import simulate
from optanim.trace import Trace

if TYPE_CHECKING:
    from optanim.film import Film

Progress = Callable[[str, int, int], None]
FRACTION = Number(low=0, high=1)


@dataclass(frozen=True)
class Written:
    """A file that was written: its size in bytes, its frames, and how long it plays in seconds.

    `title` and `alt` say in words what is seen, in `width` times `height` pixels; `notes` what the
    user should know about the picture, and `doubts` what may make a false one of true runs.
    """

    path: Path
    format: str
    bytes: int
    frames: int
    seconds: float
    title: str = ""
    alt: str = ""
    width: int = 0
    height: int = 0
    notes: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()


@dataclass(frozen=True)
class Job:
    """A file to write."""

    path: Path
    entry: Entry
    look: Look
    settings: dict[str, Any]
    max_bytes: int | None = None

    @property
    def folder(self) -> bool:
        """Whether it is a folder of frames."""
        return bool(self.settings.get(self.entry.facts.get("folder", "")))

    @property
    def still(self) -> bool:
        """Whether it shows one frame."""
        return bool(self.entry.facts.get("still")) and not self.folder


def render(
    scene: Scene | str | Path,
    out: str | Path = "output",
    *,
    formats: Sequence[str] | None = None,
    theme: str | Sequence[str] | None = None,
    size: str | None = None,
    scale: float | None = None,
    fps: float | None = None,
    seconds: float | None = None,
    hold: float | None = None,
    max_bytes: int | str | None = None,
    limits: Limits | None = None,
    progress: Progress | None = None,
) -> list[Written]:
    """Write a scene's files and say which.

    `out` is a folder, in which the files are named after the scene and every animation has a
    poster, NAME.png, of its last frame; or one file, whose suffix chooses the format. What is
    given here replaces what the scene says. `progress` is called with what is being done, how
    much of it is done, and how much there is to do. `max_bytes` is met by showing less, which the
    notes say.
    Raises UserError for what is wrong with the scene, RenderError where a file cannot be made.
    """
    limits = limits or Limits()
    if not isinstance(scene, Scene):
        scene = reader.load(scene, limits=limits)
    jobs = plan(
        scene,
        out,
        formats=formats,
        theme=theme,
        size=size,
        scale=scale,
        fps=fps,
        seconds=seconds,
        hold=hold,
        max_bytes=max_bytes,
        limits=limits,
    )
    trace = simulate(scene, _named(progress, "stepping"), limits=limits)
    told = tuple(map(str, doubts(trace)))
    return [replace(file, doubts=told) for file in write(trace, jobs, progress)]


def plan(scene: Scene, out: str | Path, *, formats: Sequence[str] | None = None, **options: Any) -> list[Job]:
    """The files that `render` writes of a scene, from the same arguments but `progress`."""
    single = is_file(out)
    out = Path(out)
    if single:
        if formats:
            raise UserError(
                Mistake(f"{out} is one file, and its suffix chooses the format", hint="drop formats")
            )
        formats = [out.suffix[1:].lower()]
    outputs = reader.outputs(scene, formats=formats, **options)
    jobs = [
        _job(scene, output, out if single else None, out) for output in (outputs[:1] if single else outputs)
    ]
    if not single:
        jobs += _posters(jobs)
    return jobs


def write(trace: Trace, jobs: Sequence[Job], progress: Progress | None = None) -> list[Written]:
    """Write the files of a trace; those of one look share their film."""
    written: dict[Path, Written] = {}
    for look in dict.fromkeys(job.look for job in jobs):
        film = _film(trace, look)
        for job in jobs:
            if job.look == look:
                written[job.path] = _write(film, job, progress)
    return [written[job.path] for job in jobs]


def _write(film: Film, job: Job, progress: Progress | None) -> Written:
    note: tuple[str, ...] = ()
    if job.max_bytes is None:
        encoders.write(_watched(film, job, progress), job.path, job.entry, job.settings)
    else:
        with encoders.placed(job.path) as part:
            film, note = _within(job.max_bytes, film, job, part, progress)
    still = job.still or film.count == 1
    return Written(
        path=job.path,
        format=job.entry.name,
        bytes=encoders.size(job.path),
        frames=1 if still else film.count,
        seconds=0.0 if still else film.count / film.fps + film.hold,
        title=words.title(film.trace),
        alt=film.alt,
        width=film.width,
        height=film.height,
        notes=film.notes + note + _heavy(film, job),
    )


def _heavy(film: Film, job: Job) -> tuple[str, ...]:
    """What an animated picture of a moving camera weighs: its format has little use for whole new frames."""
    if job.still or not film.trace.scene.turns or job.entry.name not in ("gif", "apng"):
        return ()
    size = sized(encoders.size(job.path))
    told = f"{job.path.name} is {size}: the camera moves, so every frame is a new picture"
    return (f"{told}, which an mp4 holds in far less",)


def _watched(film: Film, job: Job, progress: Progress | None) -> encoders.Watched:
    return encoders.Watched(film, _Ticks(_named(progress, job.path.name), film.count))


def _within(
    limit: int, film: Film, job: Job, part: Path, progress: Progress | None
) -> tuple[Film, tuple[str, ...]]:
    """Write a film to `part` in at most so many bytes; gives the film that was written, and a note."""
    ladder = list(steps(job.look, job.entry, job.settings, film.count > 1 and not job.still))
    trial = part.with_name(f"{part.name}.trial")
    films: dict[int, Film] = {}

    def measure(index: int) -> int:
        step = ladder[index]
        made = film if step.look == job.look else _film(film.trace, step.look)
        job.entry.function(_watched(made, job, progress), trial, **step.settings)
        count = encoders.size(trial)
        if count <= limit:  # the last one that fits is the one that is taken
            encoders.remove(part)
            os.replace(trial, part)
            films[index] = made
        encoders.remove(trial)
        return count

    try:
        chosen, found = search([step.expected for step in ladder], limit, measure)
    finally:
        encoders.remove(trial)
    if chosen is None:
        least = f"the smallest is {sized(min(found.values()))}, with {ladder[-1].words}"
        raise RenderError(f"{job.path} cannot be {sized(limit)} or less: {least}")
    told = ladder[chosen].words
    return films[chosen], (f"{job.path.name}: {told}, to stay within {sized(limit)}",) if told else ()


def still(
    scene: Scene | str | Path,
    out: str | Path = "output",
    *,
    at: float = 1.0,
    theme: str | None = None,
    size: str | None = None,
    scale: float | None = None,
    limits: Limits | None = None,
) -> Written:
    """Write one frame of a scene as a PNG: from `at` 0, the first, to 1, the last.

    `out` is a folder, in which it becomes NAME-still.png, or a .png file.
    """
    limits = limits or Limits()
    try:
        at = FRACTION.check(at)
    except Wrong as wrong:
        raise UserError(Mistake(f"at: {wrong.message}", hint=wrong.hint)) from None
    if not isinstance(scene, Scene):
        scene = reader.load(scene, limits=limits)
    path = Path(out) if is_file(out) else Path(out) / f"{scene.name}-still.png"
    if path.suffix.lower() != ".png":
        raise UserError(Mistake(f"a still is a .png, not {path.name}"))
    output = reader.outputs(scene, formats=["png"], theme=theme, size=size, scale=scale, limits=limits)[0]
    job = Job(path, format_["png"], output.look, {"at": at})
    trace = simulate(scene, limits=limits)
    return replace(write(trace, [job])[0], doubts=tuple(map(str, doubts(trace))))


def is_file(out: str | Path) -> bool:
    """Whether `out` names one file rather than a folder: it has a suffix, and no folder is there.

    Raises UserError where it can only be a folder and a file is there.
    """
    path = Path(out)
    if path.is_dir():
        return False
    if path.suffix and not str(out).endswith(("/", "\\")):
        return True
    if path.exists():
        raise UserError(
            Mistake(f"{out} is not a folder", hint="give a folder, or a file with a suffix such as .gif")
        )
    return False


def _film(trace: Trace, look: Look) -> Film:
    from optanim.film import Film

    return Film(trace, look)


def _job(scene: Scene, output: Output, path: Path | None, folder: Path) -> Job:
    name = output.format.name
    entry = encoders.find(name)
    if entry is None:
        raise RenderError(f"no format writes .{name}")
    job = Job(path or folder, entry, output.look, dict(output.format.settings), output.max_bytes)
    if path is None:
        return replace(job, path=folder / file_name(scene.name, output))
    if job.folder:
        return replace(job, path=path.with_name(f"{path.stem}-{entry.facts['folder']}"))
    return job


def _posters(jobs: Sequence[Job]) -> list[Job]:
    """A still of the last frame beside each animation, where the scene writes no PNG of that name."""
    taken = {job.path for job in jobs}
    posters = []
    for job in jobs:
        path = job.path.with_suffix(".png")
        if not job.still and not job.folder and path not in taken:
            taken.add(path)
            posters.append(Job(path, format_["png"], job.look, {}))
    return posters


def _named(progress: Progress | None, name: str) -> Callable[[int, int], None] | None:
    return (lambda done, total: progress(name, done, total)) if progress else None


class _Ticks:
    """Counts the frames that were drawn."""

    def __init__(self, progress: Callable[[int, int], None] | None, total: int) -> None:
        self.progress, self.total, self.done = progress, total, 0

    def __call__(self) -> None:
        self.done += 1
        if self.progress:
            self.progress(self.done, self.total)
