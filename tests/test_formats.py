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
from optanim.formats.gif import Painter, choose_palette, nearest
from optanim.formats.mp4 import Planes
from tests.fake_film import FakeFilm

OURS = ["gif", "mp4", "webp", "png"]
OTHERS = ["tiff", "apng", "jpg", "bmp", "mov", "mkv", "avi"]


def save(film: Any, path: Path, **settings: Any) -> Path:
    entry = find(path.suffix[1:])
    assert entry is not None
    write(film, path, entry, settings)
    return path


def read_pillow(path: Path) -> tuple[list[NDArray[np.uint8]], list[float]]:
    """All frames as RGB, and their times in milliseconds."""
    frames, times = [], []
    with Image.open(path) as picture:
        for k in range(getattr(picture, "n_frames", 1)):
            picture.seek(k)
            picture.load()
            times.append(picture.info.get("duration", 0))
            frames.append(np.asarray(picture.convert("RGB")))
    return frames, times


def read_video(path: Path) -> tuple[list[NDArray[np.uint8]], float]:
    """All frames as RGB, and the whole time in milliseconds."""
    with av.open(str(path)) as container:
        frames = [picture.to_ndarray(format="rgb24") for picture in container.decode(video=0)]
        assert container.duration is not None
        return frames, container.duration / 1000


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    error = np.mean((one.astype(float) - other[: one.shape[0], : one.shape[1], :3]) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-9)))


SIZES = [(160, 120), (161, 121), (160, 121), (163, 120)]


@pytest.mark.parametrize("size", SIZES)
def test_gif_size_time_and_pixels(tmp_path: Path, size: tuple[int, int]) -> None:
    film = FakeFilm(*size)
    frames, times = read_pillow(save(film, tmp_path / "a.gif"))
    assert frames[0].shape == (size[1], size[0], 3)
    assert len(frames) == film.count
    assert sum(times) == 1670
    assert set(times[:-1]) == {30, 40}
    for k in (0, 7, film.count - 1):
        assert psnr(frames[k], film.frame(k)) >= 48


@pytest.mark.parametrize("size", SIZES)
def test_webp_is_exact(tmp_path: Path, size: tuple[int, int]) -> None:
    film = FakeFilm(*size)
    frames, times = read_pillow(save(film, tmp_path / "a.webp"))
    assert len(frames) == film.count
    assert sum(times) == 1667
    assert set(times[:-1]) == {33, 34}
    for k, frame in enumerate(frames):
        assert np.array_equal(frame, film.frame(k)[..., :3])


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "avi"])
@pytest.mark.parametrize("size", SIZES)
def test_h264_size_time_and_pixels(tmp_path: Path, size: tuple[int, int], suffix: str) -> None:
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


def test_mp4_says_what_its_colors_are(tmp_path: Path) -> None:
    path = save(FakeFilm(), tmp_path / "a.mp4")
    with av.open(str(path)) as container:
        context = container.streams.video[0].codec_context
        assert context.pix_fmt == "yuv420p"
        assert (context.color_primaries, context.color_trc, context.colorspace) == (1, 1, 1)
        assert context.color_range == 1
    data = path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


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
    planes = Planes(4, 4)
    planes.draw(np.full((4, 4, 4), (*rgb, 255), np.uint8))
    assert (planes.y[0], planes.cb[0], planes.cr[0]) == ycbcr
    for plane in (planes.y, planes.cb, planes.cr):
        assert len(set(plane.tolist())) == 1


def test_planes_convert_what_changed_as_the_whole() -> None:
    film = FakeFilm(163, 121)
    growing = Planes(163, 121)
    for k, frame in enumerate(film.frames()):
        growing.draw(frame)
        fresh = Planes(163, 121)
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
    with av.open(str(save(film, tmp_path / "a.mp4"))) as container:
        assert container.metadata["comment"] == film.comment
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
    for name in [f".a.{dead.pid}.part.gif", *stays]:
        (tmp_path / name).write_text("")
    save(FakeFilm(), tmp_path / "a.gif")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([*stays, "a.gif"])


GIF_TIMES = [  # fps, frames, hold -> centiseconds
    (30, 4, 0, [3, 4, 3, 3]),
    (25, 3, 1, [4, 4, 104]),
    (50, 3, 0, [2, 2, 2]),
    (60, 6, 0, [2, 3, 3, 2]),
    (100, 5, 0.5, [2, 2, 51]),
    (1000, 30, 0, [2, 2]),
    (0.5, 2, 1, [200, 300]),
]


@pytest.mark.parametrize(("fps", "count", "hold", "times"), GIF_TIMES)
def test_gif_times(tmp_path: Path, fps: float, count: int, hold: float, times: list[int]) -> None:
    film = FakeFilm(64, 120, count=count, fps=fps, hold=hold)
    frames, found = read_pillow(save(film, tmp_path / "a.gif"))
    assert [round(time / 10) for time in found] == times
    assert psnr(frames[-1], film.frame(-1)) >= 48


def test_gif_holds_longer_than_one_frame_can(tmp_path: Path) -> None:
    film = FakeFilm(64, 120, count=3, fps=30, hold=1500)
    frames, times = read_pillow(save(film, tmp_path / "a.gif"))
    assert sum(times) == 1500_100
    assert psnr(frames[-1], film.frame(-1)) >= 48


class Pausing(FakeFilm):
    """Stands still between its first and its last frames."""

    def _paint(self, buffer: NDArray[np.uint8], k: int) -> None:
        super()._paint(buffer, k if k in (0, self.count - 1) else 1)


def test_gif_merges_equal_frames(tmp_path: Path) -> None:
    film = Pausing(count=31, hold=0)
    frames, times = read_pillow(save(film, tmp_path / "a.gif"))
    assert times == [30, 970, 30]
    assert psnr(frames[1], film.frame(5)) >= 48


@pytest.mark.parametrize("suffix", ["gif", "webp", "mp4"])
def test_a_film_of_equal_frames(tmp_path: Path, suffix: str) -> None:
    still = FakeFilm(count=12)
    still._paint = lambda buffer, k: FakeFilm._paint(still, buffer, 0)  # type: ignore[method-assign]
    path = save(still, tmp_path / f"a.{suffix}")
    if suffix == "mp4":
        assert len(read_video(path)[0]) == 42
    else:
        frames, _ = read_pillow(path)
        assert len(frames) == 1
        assert psnr(frames[0], still.frame(0)) >= 48


@pytest.mark.parametrize("suffix", OURS)
def test_a_film_of_one_frame(tmp_path: Path, suffix: str) -> None:
    film = FakeFilm(161, 121, count=1, hold=2)
    path = save(film, tmp_path / f"a.{suffix}")
    if suffix == "mp4":
        frames, total = read_video(path)
        assert total == pytest.approx(61 * 1000 / 30, abs=1)
    else:
        frames, _ = read_pillow(path)
        assert psnr(frames[0], film.frame(0)) >= 48


@pytest.mark.parametrize(("loop", "found"), [(0, 0), (1, None), (3, 2)])
def test_gif_loop(tmp_path: Path, loop: int, found: int | None) -> None:
    with Image.open(save(FakeFilm(), tmp_path / "a.gif", loop=loop)) as picture:
        assert picture.info.get("loop") == found


@pytest.mark.parametrize("loop", [0, 1, 3])
def test_webp_loop(tmp_path: Path, loop: int) -> None:
    with Image.open(save(FakeFilm(), tmp_path / "a.webp", loop=loop)) as picture:
        assert picture.info["loop"] == loop


@pytest.mark.parametrize("colors", [4, 16, 64])
def test_gif_of_fewer_colors(tmp_path: Path, colors: int) -> None:
    frames, _ = read_pillow(save(FakeFilm(), tmp_path / "a.gif", colors=colors))
    assert len(np.unique(np.concatenate(frames).reshape(-1, 3), axis=0)) < colors


def test_gif_keeps_frequent_colors_exactly() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (80, 80, 4)).astype(np.uint8)
    noise[..., 3] = 255
    noise[:40, :, :3] = (12, 34, 56)
    noise[40:50, :, :3] = (200, 100, 50)
    palette = choose_palette([noise], 32).tolist()
    assert len(palette) == 32
    assert [12, 34, 56] in palette
    assert [200, 100, 50] in palette


def test_nearest_is_the_least_distance() -> None:
    rng = np.random.default_rng(1)
    colors = rng.integers(0, 256, (500, 3)).astype(np.int32)
    palette = rng.integers(0, 256, (20, 3)).astype(np.int32)
    distance = ((colors[:, None].astype(float) - palette[None]) ** 2).sum(-1)
    assert np.array_equal(nearest(colors, palette), distance.argmin(1))


def test_gif_images_cover_only_what_changed() -> None:
    film = FakeFilm(160, 120)
    painter = Painter(160, 120, choose_palette([film.frame(0)], 255))
    whole = painter.draw(film.frame(0))
    assert painter.draw(film.frame(0)) == b""
    moved = film.frame(0)
    moved[50:53, 70:75, :3] = film.frame(0)[0, 0, :3] ^ 255
    image = painter.draw(moved)
    left, top, width, height = np.frombuffer(image[1:9], "<u2")
    assert (left, top, width, height) == (70, 50, 5, 3)
    assert len(image) < 60 < len(whole)


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


@pytest.mark.parametrize("suffix", ["gif", "mp4", "webp", "apng"])
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
