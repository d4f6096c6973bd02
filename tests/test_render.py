"""From Python: a scene's files, and the public names."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

import optanim
from optanim.errors import RenderError, UserError
from optanim.film import Film
from optanim.jobs import each
from optanim.render import still
from optanim.scene import Limits

ROOT = Path(__file__).parents[1]
HEAD = "landscape: rosenbrock\noptimizers: [gd, adam]\nlr: 0.001\nsteps: 20\nsize: 320x240\nseconds: 0.5\n"


@pytest.fixture
def scene(tmp_path: Path) -> Path:
    path = tmp_path / "small.yaml"
    path.write_text(HEAD)
    return path


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


OUTPUTS = [
    ("", ["small.gif", "small.png"]),
    ("output: [gif, mp4, webp]", ["small.gif", "small.mp4", "small.png", "small.webp"]),
    ("output: png", ["small.png"]),
    ("output: [gif, png: {at: 0}]", ["small.gif", "small.png"]),
    ("theme: [light, dark]", ["small-dark.gif", "small-dark.png", "small.gif", "small.png"]),
    (
        "output: [gif, gif: {size: 400x300, suffix: big}]",
        ["small-big.gif", "small-big.png", "small.gif", "small.png"],
    ),
]


@pytest.mark.parametrize(("line", "names"), OUTPUTS)
def test_files_of_a_scene(scene: Path, tmp_path: Path, line: str, names: list[str]) -> None:
    scene.write_text(HEAD + line)
    written = optanim.render(scene, tmp_path / "out")
    assert files(tmp_path / "out") == names == sorted(file.path.name for file in written)
    assert all(file.bytes == file.path.stat().st_size for file in written)


def test_first_and_last_frames_are_the_films(scene: Path, tmp_path: Path) -> None:
    optanim.render(scene, tmp_path, formats=["gif", "webp", "mp4"], hold=1)
    loaded = optanim.load(scene)
    film = Film(optanim.simulate(loaded), loaded.outputs[0].look)
    ends = [film.frame(0)[..., :3], film.frame(-1)[..., :3]]
    with Image.open(tmp_path / "small.webp") as picture:
        assert picture.n_frames == film.count
        for k, end in zip((0, film.count - 1), ends, strict=True):
            picture.seek(k)
            # A frame that grew from the one before may round differently from one drawn afresh.
            assert np.abs(np.asarray(picture.convert("RGB"), int) - end).max() <= 2
    with Image.open(tmp_path / "small.png") as picture:
        assert np.array_equal(np.asarray(picture), ends[1])
        assert picture.info["Comment"] == HEAD
    with Image.open(tmp_path / "small.gif") as picture:
        for k, end in zip((0, picture.n_frames - 1), ends, strict=True):
            picture.seek(k)
            assert np.mean((np.asarray(picture.convert("RGB"), float) - end) ** 2) < 255**2 / 10**4.8
    with av.open(str(tmp_path / "small.mp4")) as video:
        shown = [frame.to_ndarray(format="rgb24") for frame in video.decode(video=0)]
    assert len(shown) == film.count + 30
    for k, end in ((0, ends[0]), (film.count - 1, ends[1]), (-1, ends[1])):
        assert np.mean((shown[k].astype(float) - end) ** 2) < 255**2 / 10**3.0


def test_same_bytes_twice(scene: Path, tmp_path: Path) -> None:
    for folder in ("a", "b"):
        optanim.render(scene, tmp_path / folder, formats=["gif", "mp4", "webp", "png"])
    for name in files(tmp_path / "a"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_one_file(scene: Path, tmp_path: Path) -> None:
    written = optanim.render(scene, tmp_path / "deep" / "fig.tiff", size="300x200", fps=10)
    assert [(file.path.name, file.format, file.frames) for file in written] == [("fig.tiff", "tiff", 5)]
    with Image.open(tmp_path / "deep" / "fig.tiff") as picture:
        assert (picture.n_frames, picture.size) == (5, (300, 200))
    assert files(tmp_path / "deep") == ["fig.tiff"]


def test_a_folder_may_have_a_dot(scene: Path, tmp_path: Path) -> None:
    (tmp_path / "v1.0").mkdir()
    optanim.render(scene, tmp_path / "v1.0", formats=["png"])
    optanim.render(scene, f"{tmp_path}/v2.0/", formats=["png"])
    assert files(tmp_path / "v1.0") == files(tmp_path / "v2.0") == ["small.png"]


def test_a_loaded_scene_renders(scene: Path, tmp_path: Path) -> None:
    loaded = optanim.load(scene)
    assert [file.format for file in optanim.render(loaded, tmp_path, formats=["png"])] == ["png"]


def test_nothing_moves(tmp_path: Path) -> None:
    path = tmp_path / "data.yaml"
    path.write_text("landscape: himmelblau\nsize: 320x240\n")
    written = optanim.render(path, tmp_path / "out")
    assert [(file.path.name, file.frames, file.seconds) for file in written] == [("data.png", 1, 0.0)]


def test_limits(scene: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="--max-frames lifts it"):
        optanim.render(scene, tmp_path, seconds=1000)
    with pytest.raises(UserError, match="--max-frames lifts it"):
        optanim.render(scene, tmp_path, limits=Limits(frames=10))
    assert files(tmp_path) == ["small.yaml"]


def test_progress_reaches_the_end(scene: Path, tmp_path: Path) -> None:
    seen: dict[str, list[tuple[int, int]]] = {}
    optanim.render(
        scene, tmp_path, progress=lambda name, done, total: seen.setdefault(name, []).append((done, total))
    )
    assert set(seen) >= {"stepping", "small.gif"}
    for name, calls in seen.items():
        assert calls[-1][0] == calls[-1][1], name
    assert seen["small.gif"] == [(done, 15) for done in range(1, 16)]


def test_a_file_in_the_way(scene: Path, tmp_path: Path) -> None:
    (tmp_path / "out").write_text("here")
    with pytest.raises(RenderError, match=r"cannot write .*small\.gif: "):
        optanim.render(scene, tmp_path / "out" / "deeper")
    for write in (optanim.render, still):
        with pytest.raises(UserError, match=r"out is not a folder\n  give a folder, or a file with a suffix"):
            write(scene, tmp_path / "out")
    assert (tmp_path / "out").read_text() == "here"


def task(path: Path, **more: object) -> dict[str, object]:
    return {"scene": str(path), "out": path.parent / "out", "limits": Limits(), "formats": ["png"], **more}


@pytest.mark.parametrize("workers", [1, 2])
def test_an_exception_in_one_scene_is_told_in_full_and_stops_no_other(
    scene: Path, tmp_path: Path, workers: int
) -> None:
    other = tmp_path / "other.yaml"
    other.write_text(HEAD)
    # No user can give this: it stands for any error that nobody thought of.
    tasks = [task(scene, theme=5), task(other)]
    results = dict(each(tasks, workers, lambda *counts: None))
    bad, good = results[str(scene)], results[str(other)]
    lines = bad.error.splitlines()
    assert lines[0].startswith(f"error: {scene}: internal error: TypeError: ")
    assert lines[1] == "Traceback (most recent call last):"
    assert lines[-1].startswith("This is a bug in optanim: please report it")
    assert (bad.code, bad.written, good.code, good.error) == (1, (), 0, "")
    assert files(tmp_path / "out") == ["other.png"]


def test_two_scenes_that_would_write_one_file(scene: Path, tmp_path: Path) -> None:
    scene.write_text(HEAD + "theme: [light, dark]\n")
    (tmp_path / "deep").mkdir()
    names = ["small-dark.yaml", "deep/SMALL.yaml", "third.yaml"]
    for name in names:
        (tmp_path / name).write_text(HEAD)
    paths = [scene, *(tmp_path / name for name in names)]
    tasks = [task(path, out=tmp_path / "out") for path in paths]
    with pytest.raises(UserError) as caught:
        list(each(tasks, 1, lambda *counts: None))
    assert [str(one).splitlines()[0].replace(f"{tmp_path}/", "") for one in caught.value.mistakes] == [
        "small.yaml and small-dark.yaml would both write out/small-dark.png",
        "small.yaml and deep/SMALL.yaml would both write out/SMALL.png",
    ]
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("at", [float("nan"), -0.1, 1.5])
def test_a_still_is_from_0_to_1(scene: Path, tmp_path: Path, at: float) -> None:
    with pytest.raises(UserError, match=r"^at: "):
        still(scene, tmp_path, at=at)
    assert files(tmp_path) == ["small.yaml"]


@pytest.mark.parametrize("suffix", ["dcm", "hdr"])
def test_what_imageio_only_reads_is_unknown_before_the_first_step(
    scene: Path, tmp_path: Path, suffix: str
) -> None:
    with pytest.raises(UserError, match=f"unknown format '{suffix}'"):
        optanim.render(scene, tmp_path / f"a.{suffix}", progress=lambda *done: pytest.fail("it stepped"))


PUBLIC = """
import sys
import optanim
assert "numpy" not in sys.modules
assert all(map(callable, (optanim.render, optanim.simulate, optanim.load, optanim.read)))
import optanim.simulate, optanim.render
from optanim.simulate import drive
assert callable(optanim.render) and callable(optanim.simulate)
from optanim import Tensor, optim, render, simulate
assert callable(render) and callable(simulate)
assert optim.Adam([Tensor(1.0)], lr=0.1)
assert set(optanim.__all__) <= set(dir(optanim))
try:
    optanim.nothing
except AttributeError as error:
    assert "nothing" in str(error)
else:
    raise AssertionError
"""


@pytest.mark.parametrize("first", ["", "import optanim.render\n", "import optanim.simulate\n"])
def test_public_names_stay_functions(first: str) -> None:
    code = PUBLIC if not first else first + PUBLIC.replace('assert "numpy" not in sys.modules\n', "")
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
