"""Names are shortened so that runs stay apart and what really ran stays readable."""

from __future__ import annotations

import numpy as np
import pytest

from optanim.film import Film
from optanim.panels.curves import CurvePanel
from optanim.reader import read
from optanim.scene import Look, Size
from optanim.simulate import simulate
from optanim.stage import Stage, held
from tests.test_film import NAMES, trace


def stage():  # type: ignore[no-untyped-def]
    return Film(trace("smallest"), Look()).stage


@pytest.mark.parametrize("room", [400, 150, 100, 60, 20])
@pytest.mark.parametrize("text", ["Adam", 'the post\'s "Adam" (Momentum)', "Adagrad, eps outside", "a" * 200])
def test_names_fit_and_keep_their_end(text: str, room: float) -> None:
    words, size = stage().fitted_name(text, 9.5, room)
    assert stage().width(words, size, "bold") <= room
    assert 8 <= size <= 9.5
    if words != text:
        assert size == 8
        head, tail = words.split("…")
        assert text.startswith(head) and text.endswith(tail)
        assert len(tail) >= len(head) or not tail


def test_two_runs_stay_apart() -> None:
    names = {stage().fitted_name(f"Adagrad, eps {word}", 9.5, 90)[0] for word in ("inside", "outside")}
    assert len(names) == 2


@pytest.mark.parametrize("name", NAMES)
def test_no_name_in_a_committed_scene_is_cut(name: str) -> None:
    film = Film(trace(name), Look())
    assert film.static.any()
    for panel in film.panels:
        if isinstance(panel, CurvePanel):
            named = {line.index for line in panel.lines if line.name}
            for run in (film.trace.runs[index] for index in named):
                assert film.stage.fitted_name(run.label, 9.5, panel.room)[0] == run.label


@pytest.mark.parametrize("name", ["rosenbrock", "ackley"])
@pytest.mark.parametrize("scale", ["1e-6", "1", "1e6"])
def test_a_landscape_placed_as_far_off_as_it_may_be_is_drawn(name: str, scale: str) -> None:
    placed = f"{{{name}: {{shift: [1e6, -1e6], rotate: 30, scale: {scale}, noise: 1e6}}}}"
    text = f"landscape: {placed}\noptimizers: adam\nlr: 0.01\nsteps: 3\n"
    assert Film(simulate(read(text)), Look()).static.any()


@pytest.mark.parametrize(
    ("steps", "least", "shown"),
    [
        ([1, 1, 1, 2, 2, 2, 3, 3, 3], 3, [1, 1, 1, 2, 2, 2, 3, 3, 3]),
        ([1, 2, 3, 4, 5, 6, 7, 8, 9], 3, [1, 1, 1, 1, 1, 6, 6, 6, 9]),
        ([1, 2, 2, 2, 2, 2, 2, 2, 2], 3, [1, 2, 2, 2, 2, 2, 2, 2, 2]),
        ([5, 5, 5, 5], 3, [5, 5, 5, 5]),
        ([1, 9], 4, [1, 9]),
        ([4], 4, [4]),
    ],
)
def test_batches_are_held_and_the_last_is_shown(steps: list[int], least: int, shown: list[int]) -> None:
    assert held(np.array(steps), least).tolist() == shown


@pytest.mark.parametrize(
    ("panels", "runs", "lines", "names"),
    [("loss", 9, 2, 9), ("[loss], [contour], [lr]", 9, 1, 9), ("[loss], [contour], [lr]", 24, 0, 0)],
)
def test_names_that_have_no_room_are_shorter_or_none(panels: str, runs: int, lines: int, names: int) -> None:
    many = ", ".join(f"gd: {{lr: {i}e-3, label: number {i}}}" for i in range(1, runs + 1))
    text = f"landscape: beale\nsteps: 10\noptimizers: [{many}]\npanels: [{panels}]\n"
    film = Film(simulate(read(text)), Look(seconds=1, fps=5, size=Size(1000, 600)))
    assert film.static.any()
    panel = film.panels[0]
    assert isinstance(panel, CurvePanel) and len(panel.names) == names
    places = sorted((name.place[1], name.sprite.height) for name in panel.names)
    assert all(a + height <= b + 1 for (a, height), (b, _) in zip(places, places[1:], strict=False))
    assert not names or (places[0][1] > 18) == (lines == 2)


@pytest.mark.parametrize("count", [1, 3])
def test_a_narrow_log_axis_has_two_numbers(count: int, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "landscape: beale\nlr: 0.01\nsteps: 400\npace: log\noptimizers: [gd: {label: with a long name}]\n"
    panels = ", ".join(f"loss: {{view: [0.1, {10 + i}]}}" for i in range(count))
    film = Film(simulate(read(f"{text}panels: [[{panels}]]\n")), Look(seconds=1))
    written: list[tuple[str, float]] = []
    write = Stage.write
    monkeypatch.setattr(
        Stage,
        "write",
        lambda self, pen, text, x, y, *a, **k: (
            written.append((text, y)),
            write(self, pen, text, x, y, *a, **k),
        ),
    )
    assert film.static.any()
    below = [text for text, y in written if y > film.panels[0].box.bottom]
    assert below.count("step") == count and all(below.count(number) == count for number in ("1", "10"))
