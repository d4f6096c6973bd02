"""What encoders write, read back with decoders that are not ours."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import av
import imageio.v3 as iio
import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from optanim.errors import RenderError
from optanim.formats import find, other, write
from optanim.formats.ycbcr import Planes
from optanim.kinds import format_
from tests.decoders import psnr, read_pillow, read_video, save
from tests.fake_film import FakeFilm

OURS = ["gif", "mp4", "webm", "webp", "png"]
OTHERS = ["tiff", "apng", "jpg", "bmp", "mov", "mkv", "avi"]


SIZES = [(160, 120), (161, 121), (160, 121), (163, 120)]


@pytest.mark.parametrize("size", SIZES)
def test_webp_is_exact(tmp_path: Path, size: tuple[int, int]) -> None:
    film = FakeFilm(*size)
    frames, times = read_pillow(save(film, tmp_path / "a.webp"))
    assert len(frames) == film.count
    assert sum(times) == 1667
    assert set(times[:-1]) == {33, 34}
    for k, frame in enumerate(frames):
        assert np.array_equal(frame, film.frame(k)[..., :3])


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "avi", "webm"])
@pytest.mark.parametrize("size", SIZES)
def test_video_size_time_and_pixels(tmp_path: Path, size: tuple[int, int], suffix: str) -> None:
    film = FakeFilm(*size)
    frames, total = read_video(save(film, tmp_path / f"a.{suffix}"))
    assert frames[0].shape == (size[1] + size[1] % 2, size[0] + size[0] % 2, 3)
    assert len(frames) == film.count + 30
    assert total == pytest.approx(50 * 1000 / 30, abs=1)
    for k, shown in ((0, 0), (7, 7), (film.count - 1, -1), (film.count - 1, 25)):
        frame = frames[shown][: film.height, : film.width]
        assert psnr(frame, film.frame(k)) >= 32
        drift = frame.mean((0, 1)) - film.frame(k)[..., :3].mean((0, 1))
        assert np.abs(drift).max() < 2.5  # swscale alone drifts by up to 1.5


@pytest.mark.parametrize("pixels", ["yuv420p", "yuv444p"])
@pytest.mark.parametrize("suffix", ["mp4", "webm"])
def test_videos_say_what_their_colors_are(tmp_path: Path, suffix: str, pixels: str) -> None:
    path = save(FakeFilm(161, 121), tmp_path / f"a.{suffix}", pixels=pixels)
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert context.name == {"mp4": "h264", "webm": "vp9"}[suffix]
        assert context.pix_fmt == pixels
        assert (context.color_primaries, context.color_trc, context.colorspace) == (1, 1, 1)
        assert context.color_range == 1


def test_mp4_starts_before_it_is_whole(tmp_path: Path) -> None:
    data = save(FakeFilm(), tmp_path / "a.mp4").read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize("suffix", ["mp4", "webm"])
def test_full_chroma_keeps_coloured_edges(tmp_path: Path, suffix: str) -> None:
    film = FakeFilm(161, 121)
    found = {}
    for pixels in ("yuv420p", "yuv444p"):
        frames, _ = read_video(save(film, tmp_path / f"a.{suffix}", pixels=pixels))
        assert len(frames) == film.count + 30
        found[pixels] = min(psnr(frames[k][:121, :161], film.frame(k)) for k in (0, 7, 19))
    assert found["yuv444p"] > found["yuv420p"] + 2


@pytest.mark.parametrize(("suffix", "best", "worst"), [("mp4", 10, 33), ("webm", 10, 48)])
def test_crf_trades_bytes_for_quality(tmp_path: Path, suffix: str, best: int, worst: int) -> None:
    film = FakeFilm(320, 240)
    fine = save(film, tmp_path / f"a.{suffix}", crf=best).stat().st_size
    assert fine > 1.5 * save(film, tmp_path / f"b.{suffix}", crf=worst).stat().st_size


BT709 = [  # BT.709 limited range, from the standard's formulas
    ((0, 0, 0), (16, 128, 128)),
    ((255, 255, 255), (235, 128, 128)),
    ((255, 0, 0), (63, 102, 240)),
    ((0, 255, 0), (173, 42, 26)),
    ((0, 0, 255), (32, 240, 118)),
    ((128, 128, 128), (126, 128, 128)),
]


@pytest.mark.parametrize(("rgb", "ycbcr"), BT709)
def test_planes_convert_by_bt709(rgb: tuple[int, ...], ycbcr: tuple[int, ...]) -> None:
    for full in (False, True):
        planes = Planes(4, 4, full)
        planes.draw(np.full((4, 4, 4), (*rgb, 255), np.uint8))
        assert (planes.y[0], planes.cb[0], planes.cr[0]) == ycbcr
        for plane in (planes.y, planes.cb, planes.cr):
            assert len(set(plane.tolist())) == 1


@pytest.mark.parametrize("full", [False, True])
def test_planes_convert_what_changed_as_the_whole(full: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("optanim.formats.ycbcr.BATCH", 1000)
    film = FakeFilm(163, 121)
    growing = Planes(163, 121, full)
    for k, frame in enumerate(film.frames()):
        growing.draw(frame)
        fresh = Planes(163, 121, full)
        fresh.draw(film.frame(k))
        assert np.array_equal(growing.planes, fresh.planes)


def test_png_is_the_frame_asked_for_and_carries_the_scene(tmp_path: Path) -> None:
    film = FakeFilm()
    for settings, k in (({}, 19), ({"at": 0.0}, 0), ({"at": 0.5}, 10)):
        path = save(film, tmp_path / "a.png", **settings)
        assert np.array_equal(iio.imread(path), film.frame(k)[..., :3])
        with Image.open(path) as picture:
            assert picture.info["Comment"] == film.comment


def test_metadata_carries_the_scene(tmp_path: Path) -> None:
    film = FakeFilm(comment="x" * 600 + " é & <")
    with Image.open(save(film, tmp_path / "a.gif")) as picture:
        assert picture.info["comment"].decode() == film.comment
    for suffix, key in (("mp4", "comment"), ("webm", "COMMENT")):
        with av.open(str(save(film, tmp_path / f"a.{suffix}"))) as container:
            assert container.metadata[key] == film.comment
    with Image.open(save(film, tmp_path / "a.webp")) as picture:
        described = ElementTree.fromstring(picture.info["xmp"]).find(".//{*}li")
        assert described is not None
        assert described.text == film.comment


@pytest.mark.parametrize("suffix", [*OURS, *OTHERS])
def test_same_bytes_twice(tmp_path: Path, suffix: str) -> None:
    film = FakeFilm(161, 121, count=40)
    one, other = save(film, tmp_path / f"a.{suffix}"), save(film, tmp_path / f"b.{suffix}")
    assert one.read_bytes() == other.read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == [f"a.{suffix}", f"b.{suffix}"]


def save_frames(film: Any, folder: Path) -> list[Path]:
    write(film, folder, format_["png"], {"frames": True})
    return sorted(folder.iterdir())


def test_a_folder_of_frames_is_exact_and_replaced_whole(tmp_path: Path) -> None:
    long, short = FakeFilm(161, 121), FakeFilm(161, 121, count=12, comment="other: scene")
    paths = save_frames(long, tmp_path / "frames")
    assert [path.name for path in paths] == [f"{k:04}.png" for k in range(1, 21)]
    for k, path in enumerate(paths):
        assert np.array_equal(iio.imread(path), long.frame(k)[..., :3])
    again = save_frames(long, tmp_path / "again")
    assert [path.read_bytes() for path in again] == [path.read_bytes() for path in paths]
    paths = save_frames(short, tmp_path / "frames")
    assert len(paths) == 12
    with Image.open(paths[5]) as picture:
        assert picture.info["Comment"] == "other: scene"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "frames"]


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    save_frames(FakeFilm(), tmp_path / "frames")
    (tmp_path / "frames" / "notes.txt").write_text("mine")
    with pytest.raises(RenderError, match=r"frames holds more than frames: notes\.txt"):
        save_frames(FakeFilm(count=3), tmp_path / "frames")
    assert len(list((tmp_path / "frames").iterdir())) == 21
    assert [path.name for path in tmp_path.iterdir()] == ["frames"]


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("broken")])
def test_failure_leaves_the_old_folder_and_no_other(tmp_path: Path, error: BaseException) -> None:
    before = [path.read_bytes() for path in save_frames(FakeFilm(count=3), tmp_path / "frames")]
    with pytest.raises(type(error)):
        save_frames(Failing(error), tmp_path / "frames")
    assert [path.read_bytes() for path in sorted((tmp_path / "frames").iterdir())] == before
    assert [path.name for path in tmp_path.iterdir()] == ["frames"]


def test_a_file_in_the_place_of_a_folder_of_frames(tmp_path: Path) -> None:
    (tmp_path / "frames").write_text("mine")
    with pytest.raises(RenderError, match=r"cannot write .*frames: "):
        save_frames(FakeFilm(count=3), tmp_path / "frames")
    assert (tmp_path / "frames").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["frames"]


@pytest.mark.parametrize("suffix", ["apng", "tiff"])
def test_other_sequences_through_imageio(tmp_path: Path, suffix: str) -> None:
    film = FakeFilm(161, 121)
    frames, times = read_pillow(save(film, tmp_path / f"a.{suffix}"))
    assert len(frames) == film.count
    for k in (0, 7, 19):
        assert np.array_equal(frames[k], film.frame(k)[..., :3])
    assert sum(times) == (1667 if suffix == "apng" else 0)


@pytest.mark.parametrize(("suffix", "least"), [("bmp", 90), ("jpg", 25)])
def test_other_images_show_the_last_frame(tmp_path: Path, suffix: str, least: float) -> None:
    film = FakeFilm(161, 121)
    assert psnr(iio.imread(save(film, tmp_path / f"a.{suffix}")), film.frame(-1)) > least


@pytest.mark.parametrize("suffix", ["xyz", "pdf", "py", "", "dcm", "hdr", "h5", "wmf", "xbm"])
def test_unknown_suffixes(suffix: str) -> None:
    assert find(suffix) is None


def test_what_imageio_cannot_write_is_said(tmp_path: Path) -> None:
    with pytest.raises(RenderError, match=r"^imageio cannot write \.h5: "):
        other.image(FakeFilm(), tmp_path / "a.h5", suffix="h5")
    assert not list(tmp_path.iterdir())


def test_what_killed_processes_left_of_a_file_is_removed(tmp_path: Path) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    stays = [
        f".a.{os.getppid()}.part.gif",
        f".b.{dead.pid}.part.gif",
        f".a.{dead.pid}.part.png",
        ".a.x.part.gif",
    ]
    for name in [f".a.{dead.pid}.part.gif", f".a.{dead.pid}.part.gif.trial", *stays]:
        (tmp_path / name).write_text("")
    (tmp_path / f".a.{dead.pid}.part.gif.old").mkdir()
    save(FakeFilm(), tmp_path / "a.gif")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*stays, "a.gif"])


@pytest.mark.parametrize("suffix", ["gif", "webp", "mp4", "webm"])
def test_a_film_of_equal_frames(tmp_path: Path, suffix: str) -> None:
    still = FakeFilm(count=12)
    still._paint = lambda buffer, k: FakeFilm._paint(still, buffer, 0)  # type: ignore[method-assign]
    path = save(still, tmp_path / f"a.{suffix}")
    if suffix in ("mp4", "webm"):
        assert len(read_video(path)[0]) == 42
    else:
        frames, _ = read_pillow(path)
        assert len(frames) == 1
        assert psnr(frames[0], still.frame(0)) >= 48


@pytest.mark.parametrize("suffix", OURS)
def test_a_film_of_one_frame(tmp_path: Path, suffix: str) -> None:
    film = FakeFilm(161, 121, count=1, hold=2)
    path = save(film, tmp_path / f"a.{suffix}")
    if suffix in ("mp4", "webm"):
        frames, total = read_video(path)
        assert total == pytest.approx(61 * 1000 / 30, abs=1)
    else:
        frames, _ = read_pillow(path)
        assert psnr(frames[0], film.frame(0)) >= 48


@pytest.mark.parametrize("loop", [0, 1, 3])
def test_webp_loop(tmp_path: Path, loop: int) -> None:
    with Image.open(save(FakeFilm(), tmp_path / "a.webp", loop=loop)) as picture:
        assert picture.info["loop"] == loop


class Failing(FakeFilm):
    """Breaks in the middle."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    def frames(self) -> Any:
        for k, frame in enumerate(super().frames()):
            if k == 10:
                raise self.error
            yield frame

    def frame(self, k: int) -> NDArray[np.uint8]:
        if k == self.count - 1 and isinstance(self.error, MemoryError):
            raise self.error
        return super().frame(k)


@pytest.mark.parametrize("suffix", ["gif", "mp4", "webm", "webp", "apng"])
@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("broken"), SystemExit(143)])
def test_failure_leaves_the_old_file_and_no_other(tmp_path: Path, suffix: str, error: BaseException) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(b"old")
    with pytest.raises(type(error)):
        save(Failing(error), path)
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


def child(code: str) -> subprocess.Popen[str]:
    head = (
        "from pathlib import Path\n"
        "from optanim.formats import find, write\n"
        "from tests.fake_film import FakeFilm\n"
    )
    return subprocess.Popen(
        [sys.executable, "-c", head + textwrap.dedent(code)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=Path(__file__).parents[1],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])},
    )


@pytest.mark.parametrize("suffix", OURS)
def test_a_full_disk_leaves_the_old_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(b"old")
    run = child(
        f"""
        import resource, signal
        from optanim.errors import RenderError
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (2000, 2000))
        film = FakeFilm(640, 480, count=30)
        try:
            write(film, Path({str(path)!r}), find({suffix!r}), {{}})
        except RenderError as error:
            print(error)
        """
    )
    out, err = run.communicate(timeout=60)
    assert f"cannot write {path}: File too large" in out, err
    assert path.read_bytes() == b"old"
    assert [file.name for file in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("suffix", ["gif", "mp4", "webp"])
def test_kill_leaves_the_old_file(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(b"old")
    run = child(
        f"""
        import time
        class Slow(FakeFilm):
            def frames(self):
                for k, frame in enumerate(super().frames()):
                    if k == 10:
                        print("half", flush=True)
                        time.sleep(60)
                    yield frame
        write(Slow(), Path({str(path)!r}), find({suffix!r}), {{}})
        """
    )
    assert run.stdout is not None
    assert run.stdout.readline() == "half\n"
    run.send_signal(signal.SIGKILL)
    run.communicate(timeout=60)
    assert path.read_bytes() == b"old"


def test_no_folder_to_write_in(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(RenderError, match=r"cannot write .*a\.gif: "):
        save(FakeFilm(), tmp_path / "file" / "a.gif")


def test_encoders_are_imported_when_used() -> None:
    run = child(
        """
        import sys
        entry = find("gif")
        heavy = {"av", "PIL", "imageio", "matplotlib"} & set(sys.modules)
        assert not heavy, heavy
        """
    )
    _, err = run.communicate(timeout=60)
    assert run.returncode == 0, err
