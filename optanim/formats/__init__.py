"""One encoder per file, and how what they write gets to its place whole or not at all."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from optanim.errors import RenderError
from optanim.kinds import format_
from optanim.registry import Entry

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Pixels = NDArray[np.uint8]


class Moving(Protocol):
    """What an encoder is told of a film.

    `fps` is in frames a second; `hold` are the seconds that the last frame stays beyond its own
    1/fps; `count` is the number of frames. `comment` is the scene's text. Frames are opaque RGBA
    of shape (height, width, 4); `frames()` gives the same buffer each time, `frame(k)` a new one.
    """

    @property
    def width(self) -> int: ...
    @property
    def height(self) -> int: ...
    @property
    def fps(self) -> float: ...
    @property
    def hold(self) -> float: ...
    @property
    def count(self) -> int: ...
    @property
    def comment(self) -> str: ...
    def frames(self) -> Iterator[Pixels]: ...
    def frame(self, k: int) -> Pixels: ...


class Watched:
    """A film that calls `tick()` for every frame that it gives."""

    def __init__(self, film: Moving, tick: Callable[[], None]) -> None:
        self._film, self._tick = film, tick
        self.width, self.height, self.count = film.width, film.height, film.count
        self.fps, self.hold, self.comment = film.fps, film.hold, film.comment

    def frames(self) -> Iterator[Pixels]:
        for frame in self._film.frames():
            yield frame
            self._tick()

    def frame(self, k: int) -> Pixels:
        return self._film.frame(k)


def write(film: Moving, path: Path, entry: Entry, settings: Mapping[str, Any]) -> None:
    """Write the film to `path`, which afterwards is either the whole new file or what it was.

    Raises RenderError, which names the path and the reason, where the file cannot be written.
    """
    with placed(path) as part:
        entry.function(film, part, **{**entry.defaults(), **settings})


@contextlib.contextmanager
def placed(path: Path) -> Iterator[Path]:
    """A path to write a file or a folder to, which takes the place of `path` when all went well.

    Raises RenderError, which names the path and the reason, where it cannot be written.
    """
    part = path.with_name(f".{path.stem}.{os.getpid()}.part{path.suffix}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        _sweep(path)
        try:
            yield part
            if part.is_dir():
                _replace_folder(part, path)
            else:
                os.replace(part, path)
        finally:
            remove(part)
    except OSError as error:
        raise RenderError(f"cannot write {path}: {error.strerror or error}") from error


def size(path: Path) -> int:
    """The bytes of a file, or of all in a folder."""
    files = path.iterdir() if path.is_dir() else [path]
    return sum(file.stat().st_size for file in files)


def remove(path: Path) -> None:
    """Remove a file, or a folder with all that is in it; nothing where there is none."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def _replace_folder(new: Path, path: Path) -> None:
    """Put a folder of frames in the place of another; one that holds anything else is left alone."""
    old = new.with_name(f"{new.name}.old")
    _refuse_strange(path)
    if path.is_dir():
        os.replace(path, old)
    try:
        os.replace(new, path)
    except BaseException:
        if old.exists():
            os.replace(old, path)
        raise
    remove(old)


def _refuse_strange(folder: Path) -> None:
    """Raises RenderError where a folder to be replaced holds anything but a whole run of frames."""
    if folder.is_symlink():
        raise RenderError(f"{folder} is a link; remove it, or write elsewhere")
    if not folder.is_dir():
        return
    inside = sorted(folder.iterdir())
    for number, file in enumerate(inside, 1):
        ours = file.name == f"{number:04}.png" and file.is_file() and not file.is_symlink()
        if not ours:
            raise RenderError(f"{folder} holds more than frames: {file.name}; move it, or that folder")


def _sweep(path: Path) -> None:
    """Remove what processes that were killed left of this file."""
    name = re.compile(rf"\.{re.escape(path.stem)}\.(\d+)\.part{re.escape(path.suffix)}(\.old|\.trial)?")
    with contextlib.suppress(PermissionError):  # another user's stays
        for left in path.parent.iterdir():
            match = name.fullmatch(left.name)
            if match and not _alive(int(match[1])):
                remove(left)


def _alive(pid: int) -> bool:
    """Whether a process runs, or may run."""
    if os.name != "posix":  # elsewhere to ask is to send a signal
        return True
    try:
        os.kill(pid, 0)
    except (ProcessLookupError, OverflowError):
        return False
    except PermissionError:
        return True
    return True


def find(name: str) -> Entry | None:
    """The format of this name or file suffix: one of ours, or imageio's; None where neither has it."""
    if name in format_:
        return format_[name]
    from optanim.formats import other

    return other.entry(name)
