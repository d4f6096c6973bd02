"""Films in no more bytes than are allowed."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from optanim.budget import search, steps
from optanim.formats import find
from optanim.scene import Look


def words(name: str, look: Look, settings: dict[str, object], moves: bool = True) -> list[str]:
    entry = find(name)
    assert entry is not None
    return [step.words for step in steps(look, entry, settings, moves)]


def test_a_gif_loses_frames_and_then_pixels() -> None:
    slow = "12 frames a second instead of 30"
    assert words("gif", Look(), {}) == [
        "",
        "25 frames a second instead of 30",
        "20 frames a second instead of 30",
        "15 frames a second instead of 30",
        slow,
        *(f"{slow}, {part}% of the size" for part in (90, 80, 70, 60, 50)),
    ]


def test_a_video_is_compressed_more_before_it_loses_frames() -> None:
    found = words("mp4", Look(fps=24), {"crf": 28})
    assert found[:4] == [
        "",
        "crf 31 instead of 28",
        "crf 33 instead of 28",
        "crf 33 instead of 28, 20 frames a second instead of 24",
    ]
    assert found[-1] == "crf 33 instead of 28, 12 frames a second instead of 24, 50% of the size"


@pytest.mark.parametrize(
    ("name", "look", "settings", "moves", "count"),
    [
        ("png", Look(), {}, False, 6),
        ("gif", Look(fps=60), {}, True, 11),
        ("gif", Look(fps=10), {}, True, 6),
        ("avi", Look(fps=12), {}, True, 6),
        ("webm", Look(fps=12), {"crf": 63}, True, 6),
    ],
)
def test_what_is_low_already_is_left(
    name: str, look: Look, settings: dict[str, object], moves: bool, count: int
) -> None:
    assert len(words(name, look, settings, moves)) == count


@pytest.mark.parametrize("name", ["gif", "mp4", "webm", "webp", "png"])
def test_every_step_shows_less_of_the_same(name: str) -> None:
    entry = find(name)
    assert entry is not None
    look = Look(seconds=3, hold=1, theme="dark", scale=2)
    ladder = list(steps(look, entry, {}, name != "png"))
    expected = [step.expected for step in ladder]
    assert expected == sorted(set(expected), reverse=True)
    assert expected[0] == 1
    assert ladder[-1].look.scale == 1
    for step in ladder:
        assert (step.look.seconds, step.look.hold, step.look.theme) == (3, 1, "dark")
        assert step.look.size == look.size


def measured(sizes: list[int]) -> tuple[Callable[[int], int], list[int]]:
    asked: list[int] = []

    def measure(index: int) -> int:
        asked.append(index)
        return sizes[index]

    return measure, asked


SIZES = [1000, 900, 800, 500, 450, 300, 260, 200, 150, 100]


@pytest.mark.parametrize("limit", [99, *(size + extra for size in SIZES for extra in (0, 1)), 5000])
@pytest.mark.parametrize("guess", [SIZES, [1000 - k for k in range(10)], [1000 * 0.3**k for k in range(10)]])
def test_the_first_step_that_fits_is_taken_whatever_was_expected(guess: list[float], limit: int) -> None:
    measure, asked = measured(SIZES)
    chosen, found = search(list(guess), limit, measure)
    assert chosen == next((i for i, size in enumerate(SIZES) if size <= limit), None)
    assert found == {i: SIZES[i] for i in asked}
    assert len(asked) == len(found)


def test_a_good_guess_needs_three_trials_and_a_hopeless_one_two() -> None:
    measure, asked = measured(SIZES)
    search(list(SIZES), 450, measure)
    assert asked == [0, 4, 3]
    measure, asked = measured(SIZES)
    assert search(list(SIZES), 50, measure)[0] is None
    assert asked == [0, 9]
