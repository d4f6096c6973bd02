"""What is drawn on a relief and along its edges is what a camera sees of it."""

from __future__ import annotations

import numpy as np
import pytest

from optanim.film import Film
from optanim.panels.surface import Surface
from optanim.pen import CLOSEPOLY, MOVETO, Pen
from optanim.reader import read
from optanim.relief.shading import relief_colors
from optanim.scene import Look
from optanim.simulate import simulate
from optanim.themes import THEMES, rgb

HILLS = "0.05*(x**2+y**2) + 2*exp(-((x-1.5)**2+y**2)) + 2*exp(-((x+1.5)**2+(y-1)**2))"
HILL = "0.08*(x**2 + y**2) + 3*exp(-((x-1)**2 + y**2)/1.5)"


def surface(formula: str, camera: str, more: str = "") -> tuple[Surface, Film]:
    text = f'landscape: {{formula: "{formula}"}}\nview: [-4, 4, -4, 4]\npanels: [surface: {{{camera}}}]\n'
    film = Film(simulate(read(text + more)), Look(seconds=1, fps=10))
    assert film.static.any()
    panel = film.panels[0]
    assert isinstance(panel, Surface)
    return panel, film


def longest(points: np.ndarray, codes: np.ndarray) -> float:
    """The longest piece that is drawn of a line."""
    began, most = points[0], 0.0
    for before, point, code in zip(points, points[1:], codes[1:], strict=False):
        if code == MOVETO:
            began = point
        else:
            most = max(most, float(np.hypot(*((began if code == CLOSEPOLY else point) - before))))
    return most


@pytest.mark.parametrize("camera", ["azimuth: 180, elevation: 25", "azimuth: -30, elevation: 40"])
@pytest.mark.parametrize("formula", [HILL, HILLS])
def test_a_contour_line_that_is_hidden_in_part_is_not_closed_by_a_chord(
    formula: str, camera: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    panel, film = surface(formula, camera)
    drawn: list[tuple[np.ndarray, np.ndarray]] = []
    monkeypatch.setattr(
        Pen, "stroke", lambda _, points, codes, *rest, **more: drawn.append((points, np.asarray(codes)))
    )
    panel._draw_block(Pen(*film.static.shape[1::-1]), 0)
    lines = [line for line in drawn if line[1].ndim]
    broken = 0
    for points, codes in lines:
        assert longest(points, codes) <= np.hypot(*np.diff(points, axis=0).T).max() + 1e-9
        broken += (codes[1:] == MOVETO).any() and np.allclose(points[0], points[-1])
    assert broken


@pytest.mark.parametrize("azimuth", [-90, 0, 3, 90, 180, 270])
@pytest.mark.parametrize("elevation", [12, 30])
def test_numbers_of_an_axis_seen_end_on_keep_off_the_heights(azimuth: int, elevation: int) -> None:
    panel, _ = surface(HILL, f"azimuth: {azimuth}, elevation: {elevation}")
    camera, rim = panel.cameras[0], panel.rim
    upright = camera.project(rim._upright(camera))[0, 0]
    axis = 0 if azimuth in (0, 3, 180) else 1
    assert not rim._faces(camera, 1 - axis)
    values, places, _ = rim._ticks(camera, axis)
    rows = camera.project(places)
    assert (rows[:, 0] > upright + panel.box.width / 8).all()
    assert (np.abs(np.diff(rows[:, 1])) > panel.stage.px(12)).all()
    assert not panel.block.hidden(camera, places).any()
    assert len(rim._names(camera)) == 1 + (len(values) > 1)
    assert len(values) > 1 or elevation == 12


def test_a_turning_camera_shows_both_axes_where_it_rests() -> None:
    runs = "optimizers: gd\nlr: 0.1\nstart: [3.5, 0.3]\nsteps: 20\n"
    panel, _ = surface(HILL, "orbit: [0, 360], elevation: 30", runs)
    named = [len(panel.rim._names(camera)) for camera in panel.cameras]
    assert named[0] == named[-1] == 2
    assert min(named) == 1
    for k in (0, -1):
        assert len(panel.rim.labels(panel.cameras[k])) > 6
        assert not any(panel.rim.overhang(panel.cameras[k]))


def test_a_hidden_star_is_an_outline_and_says_so() -> None:
    runs = "optimizers: gd\nlr: 0.1\nstart: [3.5, 0.3]\nsteps: 20\n"
    panel, film = surface(HILL, "azimuth: 0, elevation: 25", runs)
    paths = panel.paths
    assert paths.fixed_behind[0, len(paths.first) :].all()
    shown, _ = surface(HILL, "azimuth: 180, elevation: 60", runs)
    assert not shown.paths.fixed_behind[0, len(shown.paths.first) :].any()
    assert paths.note is not None and shown.paths.note is not None
    assert paths.note.width > shown.paths.note.width
    turning, _ = surface(HILL, "orbit: [0, 360], elevation: 30", runs)
    assert "dashed where hidden" in turning.said
    kinds: list[str] = []
    pen = Pen(*film.static.shape[1::-1])
    pen.mark = lambda marker, *rest, **more: kinds.append(marker)  # type: ignore[method-assign]
    paths._draw_fixed(pen, 0)
    assert "star" not in kinds and "plus" not in kinds


def test_the_lowest_band_of_a_dark_relief_stands_off_the_background() -> None:
    theme = THEMES["dark"]
    lowest = np.array(relief_colors(theme, 12)[0])
    assert np.abs(lowest - rgb(theme.background)).max() > 0.05
