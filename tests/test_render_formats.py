"""The flagship scene in every format, read back by decoders that are not ours, and within given bytes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

import optanim
from optanim.errors import RenderError
from optanim.film import Film

FLAGSHIP = Path(__file__).parents[1] / "scenes" / "beale.yaml"
SECONDS, HOLD, FPS = 1.2, 0.5, 30
FRAMES = 36
SHORT: dict[str, Any] = {"theme": "dark", "seconds": SECONDS, "hold": HOLD, "scale": 0.5}
LEAST = {"gif": 48.0, "mp4": 28.0, "webm": 28.0}  # dB; half the chroma is lost in video; the others are exact
LOADED = optanim.load(FLAGSHIP)
TEXT = """
landscape: beale
optimizers: [gd, adam]
lr: 0.01
steps: 60
size: 400x300
seconds: 1
hold: 0.2
"""


@pytest.fixture(scope="module")
def film() -> Film:
    look = replace(LOADED.outputs[0].look, **SHORT)
    return Film(optanim.simulate(LOADED), look)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("flagship")
    for name in ("a", "b"):
        optanim.render(LOADED, folder / name, formats=["gif", "mp4", "webm", "webp"], **SHORT)
        frames = optanim.read(FLAGSHIP.read_text() + "output: [png: {frames: true}]\n")
        optanim.render(frames, folder / name, **SHORT)
    return folder


def pictures(path: Path) -> Iterator[tuple[NDArray[np.uint8], float]]:
    """The frames of a file or a folder as RGB, each with its start in seconds, where it has one."""
    if path.is_dir():
        for number, file in enumerate(sorted(path.iterdir())):
            yield np.asarray(Image.open(file).convert("RGB")), number / FPS
    elif path.suffix in (".gif", ".webp"):
        start = 0.0
        with Image.open(path) as picture:
            for k in range(picture.n_frames):  # type: ignore[attr-defined]
                picture.seek(k)
                picture.load()
                yield np.asarray(picture.convert("RGB")), start
                start += picture.info["duration"] / 1000
        yield np.zeros((0, 0, 3), np.uint8), start
    else:
        with av.open(str(path)) as container:
            for frame in container.decode(video=0):
                assert frame.time is not None
                yield frame.to_ndarray(format="rgb24"), frame.time


@pytest.mark.parametrize("ending", [".gif", ".mp4", ".webm", ".webp", "-frames"])
def test_every_format_of_the_flagship_is_the_film(film: Film, folder: Path, ending: str) -> None:
    name = "scene" if ending == "-frames" else "beale"
    found = list(pictures(folder / "a" / f"{name}{ending}"))
    if ending in (".gif", ".webp"):
        assert found.pop()[1] == pytest.approx(SECONDS + HOLD, abs=0.006)
    if ending in (".mp4", ".webm"):
        with av.open(str(folder / "a" / f"beale{ending}")) as container:
            assert container.duration == pytest.approx(1e6 * (SECONDS + HOLD), abs=2000)
    assert film.count == FRAMES
    assert len(found) == FRAMES + (HOLD * FPS if ending in (".mp4", ".webm") else 0)
    for k in (0, FRAMES // 2, FRAMES - 1):
        shown, start = found[k]
        error = shown.astype(float) - film.frame(k)[..., :3]
        assert start == pytest.approx(k / FPS, abs=0.006)
        if ending[1:] in LEAST:
            assert 10 * np.log10(255**2 / np.mean(error**2)) >= LEAST[ending[1:]]
        else:
            # A frame that grew from the one before may round differently from one drawn afresh.
            assert np.abs(error).max() <= 2


def test_two_renders_of_the_flagship_are_the_same_bytes(folder: Path) -> None:
    files = sorted(path.relative_to(folder / "a") for path in (folder / "a").rglob("*") if path.is_file())
    assert len(files) == 4 + 1 + FRAMES
    for file in files:
        assert (folder / "a" / file).read_bytes() == (folder / "b" / file).read_bytes(), file


# -- size on demand ----------------------------------------------------------------------------

PARTS = [("gif", 0.6), ("webp", 0.4), ("mp4", 0.7), ("webm", 0.5), ("png", 0.5), ("avi", 0.8)]


@pytest.mark.parametrize(("name", "part"), PARTS)
def test_bytes_are_kept_and_what_it_cost_is_said(tmp_path: Path, name: str, part: float) -> None:
    scene = optanim.read(TEXT, "small.yaml")
    (whole,) = optanim.render(scene, tmp_path / f"whole.{name}")
    assert whole.notes == ()
    limit = int(whole.bytes * part)
    small, again = (
        optanim.render(scene, tmp_path / f"{n}.{name}", max_bytes=limit)[0] for n in ("small", "again")
    )
    assert small.bytes == small.path.stat().st_size <= limit
    assert small.path.read_bytes() == again.path.read_bytes()
    (note,) = small.notes
    assert note.startswith(f"small.{name}: ")
    assert " to stay within " in note
    assert small.seconds == pytest.approx(whole.seconds, abs=0.1)
    (same,) = optanim.render(scene, tmp_path / f"same.{name}", max_bytes=whole.bytes)
    assert same.path.read_bytes() == whole.path.read_bytes()
    assert same.notes == ()


def test_each_format_has_its_own_limit(tmp_path: Path) -> None:
    scene = optanim.read(
        TEXT + "output: [gif: {max_bytes: 45kB, fps: 20}, png: {frames: true, max_bytes: 300kB}]\n", "s.yaml"
    )
    gif, frames, poster = optanim.render(scene, tmp_path)
    assert gif.bytes <= 45_000
    assert frames.bytes <= 300_000
    assert frames.bytes == sum(file.stat().st_size for file in (tmp_path / "s-frames").iterdir())
    assert frames.frames == len(list((tmp_path / "s-frames").iterdir()))
    assert poster.notes == ()
    assert Image.open(poster.path).size == (400, 300)


def test_too_few_bytes_say_what_is_the_least(tmp_path: Path) -> None:
    scene = optanim.read(TEXT)
    path = tmp_path / "a.gif"
    path.write_bytes(b"old")
    least = r"a\.gif cannot be 2 kB or less: the smallest is \S+ kB, with 12 frames .*, 50% of the size$"
    with pytest.raises(RenderError, match=least):
        optanim.render(scene, path, max_bytes="2kB")
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == ["a.gif"]


def test_an_interrupt_while_bytes_are_sought_leaves_nothing(tmp_path: Path) -> None:
    calls = 0

    def progress(name: str, done: int, total: int) -> None:
        nonlocal calls
        calls += name == "a.gif"
        if calls == 50:  # in the second trial
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        optanim.render(optanim.read(TEXT), tmp_path / "a.gif", max_bytes="50kB", progress=progress)
    assert not list(tmp_path.iterdir())
