"""The GIF encoder: palette, times, and what is sent of a frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from optanim.formats.gif import ALIKE, Nearest, Painter, choose_palette, nearest, unpack
from tests.decoders import psnr, read_pillow, save
from tests.fake_film import FakeFilm

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


@pytest.mark.parametrize(("loop", "found"), [(0, 0), (1, None), (3, 2)])
def test_gif_loop(tmp_path: Path, loop: int, found: int | None) -> None:
    with Image.open(save(FakeFilm(), tmp_path / "a.gif", loop=loop)) as picture:
        assert picture.info.get("loop") == found


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


def test_gif_shows_every_flat_area_as_it_is() -> None:
    rng = np.random.default_rng(2)
    bands = rng.integers(0, 256, (100, 3))
    picture = np.full((200, 300, 4), 255, np.uint8)
    picture[..., :3] = np.repeat(bands, 2, axis=0)[:, None]
    picture[:, ::3, :3] = rng.integers(0, 256, (200, 100, 3))  # 20,000 colours, one pixel each
    shown = Nearest(palette := choose_palette([picture], 255))
    flat = (bands * [1, 256, 65536]).sum(1).astype(np.uint32)
    assert np.array_equal(palette[shown(flat) - 1], bands)


def test_gif_finds_the_nearest_colour_whatever_it_found_before() -> None:
    rng = np.random.default_rng(3)
    palette = rng.integers(0, 256, (200, 3)).astype(np.uint8)
    shown = Nearest(palette)
    for _ in range(3):
        keys = rng.integers(0, 1 << 24, 200_000).astype(np.uint32)  # many share a slot
        assert np.array_equal(shown(keys), nearest(unpack(keys), palette.astype(np.int32)) + 1)


def test_small_changes_do_not_add_up_in_a_gif() -> None:
    painter = Painter(8, 8, np.array([[100 + 3 * i] * 3 for i in range(20)], np.uint8))
    for level in range(100, 150):
        painter.draw(np.full((8, 8, 4), (level, level, level, 255), np.uint8))
        assert np.abs(painter.colors[painter.shown] - level).max() <= ALIKE


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
