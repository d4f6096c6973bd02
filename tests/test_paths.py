"""Names stay apart and near their heads; runs are marked where they leave and where they end."""

from __future__ import annotations

import pytest

from optanim.film import Film
from optanim.paths import NAMED, Paths
from optanim.pen import Box, Pen
from optanim.reader import read
from optanim.scene import Look
from optanim.simulate import simulate
from tests.test_film import NAMES, trace


def paths_of(film: Film) -> Paths | None:
    assert film.static.any()
    return next((panel.paths for panel in film.panels if hasattr(panel, "paths")), None)


def made(text: str) -> Film:
    return Film(simulate(read(text, name="scene.yaml")), Look(seconds=2))


@pytest.mark.parametrize("name", NAMES)
def test_names_keep_off_one_another(name: str) -> None:
    film = Film(trace(name), Look())
    paths = paths_of(film)
    if paths is None or not paths.names:
        return
    for k in range(film.count):
        boxes = []
        for column, (sprite, over) in enumerate(paths.names):
            drawn = over if over and film.stage.tau[k] >= paths.over[column] else sprite
            x, y = paths.places[k, column]
            if paths.shown[k, column]:
                boxes.append(Box(x + 1, y + 1, x + drawn.width - 1, y + drawn.height - 1))
        assert not any(a.touches(b) for i, a in enumerate(boxes) for b in boxes[i + 1 :])
    assert (paths.shown == 1).mean() > 0.75  # a name only makes way for another while they pass
    assert (paths.shown[[0, -1]] == 1).mean() > 0.75


@pytest.mark.parametrize(
    ("scene", "step", "side"),
    [
        (
            "landscape: {formula: x**2+y**2}\nview: [-2, 2, -2, 2]\nstart: [1, 0.5]\nlr: 1.2\noptimizers: gd",
            3,
            0,
        ),
        ("landscape: saddle\nstart: [0.5, 0.01]\nlr: 0.3\nsteps: 30\noptimizers: gd", 12, 1),
        (
            "landscape: {formula: x**2+y**2}\nview: [-2, 2, -2, 2]\nstart: [1, 0]\nlr: 1e30\noptimizers: gd",
            1,
            0,
        ),
    ],
)
def test_a_run_that_leaves_is_marked_on_the_edge(scene: str, step: int, side: int) -> None:
    film = made(scene)
    paths = paths_of(film)
    assert paths is not None
    left = paths.exits[0]
    assert left is not None
    run = film.trace.runs[0]
    assert left.step == step
    edges = (paths.box.left, paths.box.right) if side == 0 else (paths.box.top, paths.box.bottom)
    assert min(abs(left.place[side] - edge) for edge in edges) <= 1.5
    # Out by that step, and no iterate after it comes back.
    view = film.panels[0].seen  # type: ignore[attr-defined]
    inside = (run.params >= view[0::2]).all(axis=1) & (run.params <= view[1::2]).all(axis=1)
    assert inside[step - 1] and not inside[step:].any()


def test_a_run_that_ends_is_crossed_out_where_it_ended() -> None:
    film = made("landscape: {formula: sqrt(x) + y**2}\nstart: [0.5, 1]\nlr: 0.05\noptimizers: gd")
    paths = paths_of(film)
    assert paths is not None
    ended = film.trace.runs[0].ended
    assert ended is not None
    assert paths.over == [ended.step - 1]
    x, y = paths.heads[-1, 0]
    crossed = film.frame(-1)[round(y) - 6 : round(y) + 7, round(x) - 6 : round(x) + 7]
    alive = Pen(film.width, film.height)
    alive.pixels[:] = film.static
    film.stage.head(alive, 0, x, y)
    assert (alive.pixels[round(y) - 6 : round(y) + 7, round(x) - 6 : round(x) + 7] != crossed).any()


def test_many_runs_have_no_names_on_the_picture() -> None:
    runs = ", ".join(f"adam: {{beta2: 0.{i}}}" for i in range(10, 11 + NAMED))
    paths = paths_of(made(f"landscape: rosenbrock\nlr: 0.01\noptimizers: [{runs}]"))
    assert paths is not None
    assert paths.names == []


def test_notes_of_stars_that_are_close_do_not_overlap() -> None:
    film = made(
        'landscape: {formula: "(x**2 - 0.02)**2 + y**2"}\nview: [-2, 2, -1, 1]\nstart: [1.5, 0.8]\n'
        "lr: 0.1\noptimizers: gd"
    )
    paths = paths_of(film)
    assert paths is not None and paths.note is not None
    assert len(paths.minima) == 2 and len(paths.notes()) == 1
    far = paths_of(
        made("landscape: {formula: (x**2 - 1)**2 + y**2}\nstart: [1.5, 0.8]\nlr: 0.1\noptimizers: gd")
    )
    assert far is not None and len(far.notes()) == len(far.minima) == 2
    for star, note in far.notes().items():
        assert note.within(far.box) == note and abs((note.left + note.right) / 2 - star[0]) < 2


def test_the_note_of_a_star_keeps_off_the_words_of_marks() -> None:
    scene = (
        "landscape: {formula: x**2 + y**2}\nview: [-2, 2, -2, 2]\nstart: [1, 1]\nlr: 0.1\noptimizers: gd\n"
    )
    film = made(scene + "panels: [contour: {marks: [text: {label: a few words, at: [0, -0.17]}]}]\n")
    paths = paths_of(film)
    assert paths is not None
    (note,) = paths.notes().values()
    words = film.panels[0].marking.texts
    assert words and not any(note.touches(box) for box in words)


@pytest.mark.parametrize("panel", ["contour", "surface"])
def test_a_run_that_ends_where_nobody_sees_it_has_no_cross(
    panel: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    crosses: list[int] = []
    monkeypatch.setattr(Paths, "_draw_end", lambda self, pen, index, x, y: crosses.append(index))
    scene = "landscape: {formula: x**4 + y**4}\nview: [-1, 1, -1, 1]\nstart: [2.5, 2.5]\nlr: 1\n"
    film = made(f"{scene}optimizers: gd\npanels: [{panel}]\n")
    assert film.trace.runs[0].ended is not None
    film.frame(-1)
    assert not crosses
