"""A relief hides what the formula says it hides, and paths lie on it."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from optanim.film import Film
from optanim.panels.surface import Surface
from optanim.pen import Box
from optanim.reader import read
from optanim.relief import block as relief
from optanim.relief.altitude import altitude
from optanim.relief.block import AWAY, FINE, Block, Camera, Paint, Shot, framed
from optanim.render import render
from optanim.scene import Look, Size
from optanim.simulate import simulate
from tests.conftest import GOLDEN, psnr

PAGE = Box(0, 0, 700, 460)
Height = Callable[[np.ndarray, np.ndarray], np.ndarray]


def hill(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return 0.45 * np.exp(-(x**2 + y**2) / 0.03)


def ridge(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return 0.35 * np.exp(-((x + 0.3 * y) ** 2) / 0.008)


def bowl(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return 1.3 * x**2 + 0.4 * y**2


def block(height: Height, n: int = 401) -> Block:
    x = np.linspace(-0.5, 0.5, n)
    return Block(height(x[None, :], x[:, None]).astype(np.float32), (0.5, 0.5), 0.45, 0.02)


def camera_on(made: Block, azimuth: float, elevation: float) -> tuple[Camera, Box]:
    cameras, boxes = framed(made, [azimuth], elevation, PAGE)
    return cameras[0], boxes[0]


def clearance(height: Height, camera: Camera, points: np.ndarray, samples: int = 5000) -> np.ndarray:
    """How far the straight lines from points on a surface to the eye stay above it, by its formula."""
    eye = np.array([-AWAY * camera.ahead[0], -AWAY * camera.ahead[1], camera.eye])
    part = np.linspace(0.002, 0.32, samples)[:, None]  # further on all of them are far above the block
    x, y, z = (points[:, i] + part * (eye[i] - points[:, i]) for i in range(3))
    inside = (np.abs(x) <= 0.5) & (np.abs(y) <= 0.5)
    return np.where(inside, z - height(x, y), np.inf).min(axis=0)


def on(height: Height, plan: np.ndarray) -> np.ndarray:
    return np.column_stack([plan, height(plan[:, 0], plan[:, 1])])


# -- what is hidden ------------------------------------------------------------------------------


@pytest.mark.parametrize(("azimuth", "elevation"), [(-90, 15), (-60, 34), (20, 25), (135, 50)])
@pytest.mark.parametrize("height", [hill, ridge, bowl])
def test_what_is_hidden_is_what_rays_on_the_formula_say(
    height: Height, azimuth: float, elevation: float
) -> None:
    made = block(height)
    camera, box = camera_on(made, azimuth, elevation)
    points = on(height, np.random.default_rng(1).uniform(-0.49, 0.49, (500, 2)))
    gap = clearance(height, camera, points)
    truth = gap < 0
    clear = (gap > 0.001) | (gap < -0.004)  # what is hidden by less than a pixel may be drawn
    assert clear.sum() > 350 and (truth[clear].sum() > 10 or elevation == 50 or height is bowl)
    paint = Paint(np.zeros((8, 8), np.uint32), np.zeros((2, 1024), np.uint32), np.uint32(0))
    shot = Shot(made, camera, box, paint)
    assert (shot.hides(points, camera.project(points))[clear] == truth[clear]).all()
    assert (made.hidden(camera, points)[clear] == truth[clear]).all()


@pytest.mark.parametrize("azimuth", [-90, -60, 10, 100, 200])
def test_every_pixel_shows_what_its_line_of_sight_meets_first(
    azimuth: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = block(hill)
    camera, box = camera_on(made, azimuth, 28)
    side = 1024  # a top whose colours tell the place
    rows, columns = np.meshgrid(np.arange(side), np.arange(side), indexing="ij")
    top = (columns + rows * side).astype(np.uint32)
    walls, around = np.full((2, 1024), 2**24, np.uint32), np.uint32(2**25)
    wide, high = box.width * FINE, box.height * FINE
    kept: list[np.ndarray] = []
    halved = relief._halved
    monkeypatch.setattr(relief, "_halved", lambda fine: (kept.append(fine), halved(fine))[1])
    Shot(made, camera, box, Paint(top, walls, around))
    (fine,) = kept
    rng = np.random.default_rng(2)
    checked = missed = 0
    for row, column in zip(rng.integers(0, high, 400), rng.integers(0, wide, 400), strict=True):
        px, py = box.left + (column + 0.5) / FINE, box.top + (row + 0.5) / FINE
        # The line of sight, by depth.
        depth = np.linspace(AWAY - 0.8, AWAY + 0.8, 40_000)
        across = (px - camera.middle[0]) / (AWAY * camera.scale) * depth
        x = (depth - AWAY) * camera.ahead[0] + across * camera.right[0]
        y = (depth - AWAY) * camera.ahead[1] + across * camera.right[1]
        z = camera.eye + (camera.horizon - py) * depth / camera.lift
        inside = (np.abs(x) <= 0.5) & (np.abs(y) <= 0.5)
        below = np.flatnonzero(inside & (z <= hill(x, y)) & (z >= -made.base))
        if not len(below):
            missed += fine[row, column] != around
            continue
        first = below[0]
        if np.flatnonzero(inside)[0] == first:
            assert fine[row, column] in (2**24, around)
            continue
        if fine[row, column] >= 2**24:
            missed += 1
            continue
        tx, ty = fine[row, column] % side, fine[row, column] // side
        at = np.array([tx, ty]) / (side - 1) - 0.5
        # Where a line grazes a slope, a little in height is more in the plan.
        assert abs(hill(at[0], at[1]) - z[first]) < 0.02
        assert np.hypot(at[0] - x[first], at[1] - y[first]) < 0.03
        checked += 1
    assert checked > 100 and missed <= 3  # within a sample of an edge


def test_upright_edges_stay_upright_and_the_nearer_is_longer() -> None:
    camera = Camera(-60, 35, 300.0, (350.0, 230.0), 0.45)
    at = camera.project(block(hill).corners())
    assert np.allclose(at[:4, 0], at[4:, 0])
    lengths = at[:4, 1] - at[4:, 1]
    depth = camera.depth(*block(hill).corners()[:4, :2].T)
    assert (np.argsort(lengths) == np.argsort(-depth)).all()


# -- on a scene ----------------------------------------------------------------------------------

BEHIND = """\
landscape: {formula: 3 - 3*exp(-(x**2 + (y - 2)**2)/8) + 2.6*exp(-(x**2 + (y + 0.2)**2)/0.2)}
view: [-2, 2, -2, 2]
start: [-1.4, 0.9]
lr: 0.15
steps: 40
optimizers: [gd, momentum]
panels: [surface: {azimuth: -90, elevation: 20}]
"""
TURNING = BEHIND.replace("azimuth: -90, elevation: 20", "orbit: [-120, 40]")
LEAVING = """\
landscape: saddle
start: [1.2, 0.001]
lr: 0.05
optimizers: gd
panels: [surface: {marks: [point: {at: [0, 0], label: saddle}]}]
"""


def made(text: str, **look: object) -> Film:
    return Film(simulate(read(text, name="scene.yaml")), Look(**{"seconds": 2, "fps": 15, **look}))  # type: ignore[arg-type]


def surface_of(film: Film) -> Surface:
    assert film.static is not None
    panel = film.panels[0]
    assert isinstance(panel, Surface)
    return panel


def test_a_path_behind_a_hill_is_dashed_and_nothing_of_it_is_drawn_twice() -> None:
    film = made(BEHIND)
    panel = surface_of(film)
    camera = panel.cameras[0]
    paths = panel.paths
    formula = film.trace.problem
    assert formula is not None
    x0, x1, y0, y1 = panel.seen
    low, high = panel.altitude.scale.low, panel.altitude.scale.high

    def height(x: np.ndarray, y: np.ndarray) -> np.ndarray:
        value = formula.surface((x + 0.5) * (x1 - x0) + x0, (y + 0.5) * (y1 - y0) + y0)
        return (value - low) / (high - low) * panel.tall

    for way, seen, unseen in zip(paths.ways, paths.tracks, paths.unseen, strict=True):
        assert not (seen.ink & unseen.ink).any()
        inside = np.abs(way.xyz[:, :2]).max(axis=1) < 0.5
        gap = clearance(height, camera, way.xyz, 1200)
        both = (gap[:-1] < -0.01) & (gap[1:] < -0.01) & inside[1:]
        assert both.any() and not seen.ink[both].any()
        open_ = (gap[:-1] > 0.003) & (gap[1:] > 0.003) & inside[1:]
        assert not unseen.ink[open_].any()
    assert any(unseen.ink.any() for unseen in paths.unseen)
    assert any(seen.ink.any() for seen in paths.tracks)


@pytest.mark.parametrize("text", [BEHIND, TURNING, LEAVING], ids=["fixed", "turning", "leaving"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_step_by_step_is_rebuilt_from_nothing(text: str, theme: str) -> None:
    film = made(text, theme=theme, size=Size(500, 260))
    for k, frame in enumerate(film.frames()):
        if k % 7 == 0 or k == film.count - 1:
            rebuilt = film.frame(k)
            assert np.abs(frame.astype(int) - rebuilt).max() <= 3, k
            assert psnr(frame, rebuilt) >= 60, k


def test_frames_of_a_moving_camera_are_the_same_in_any_order() -> None:
    film = made(TURNING, size=Size(400, 240))
    frames = [frame.copy() for frame in film.frames()]
    for k in (9, 3, 29, 0):
        assert (film.frame(k) == frames[k]).all()
    assert all((a != b).any() for a, b in zip(frames, frames[1:], strict=False))


def test_a_run_that_leaves_is_marked_on_the_edge_and_says_when() -> None:
    film = made(LEAVING)
    panel = surface_of(film)
    (left,) = panel.paths.exits
    assert left is not None
    run = film.trace.runs[0].params
    x0, x1, y0, y1 = panel.seen
    outside = ~((run >= (x0, y0)) & (run <= (x1, y1))).all(axis=1)
    assert left.step == int(np.flatnonzero(outside)[0])
    assert panel.ending() == f"left at step {left.step}"
    # On the foot of that edge stand the numbers of the other axis: the place is on the rim.
    last = panel.paths.plain[0].xyz[panel.paths.left[0]]
    assert max(abs(last[0]) / panel.block.half[0], abs(last[1]) / panel.block.half[1]) > 0.985


def test_a_mark_is_on_the_surface_and_none_where_it_is_hidden() -> None:
    panel = surface_of(made(BEHIND))
    behind, ahead = np.array([[0.0, 0.3]]), np.array([[0.0, -1.5]])
    assert np.isnan(panel.pixels(behind)).all()
    assert np.isfinite(panel.pixels(ahead)).all()
    assert np.isnan(panel.pixels(np.array([[0.0, 5.0]]))).all()


def test_a_surface_that_is_cut_off_says_so_and_paths_end_there() -> None:
    film = made(
        "landscape: rosenbrock\nlr: 0.001\nsteps: 20\noptimizers: gd\npanels: [surface: {zscale: linear}]"
    )
    panel = surface_of(film)
    assert panel.altitude.cut and f"cut off at {panel.altitude.scale.high:.3g}" in panel.said
    assert panel.block.absent is not None and panel.block.absent.any()
    inside = film.trace.runs[0].loss
    assert panel.altitude.scale.high > inside[0]


def test_another_loss_has_its_own_minimum_and_name() -> None:
    film = made(
        "dataset: {line: {seed: 0, noise: {uniform: {low: 0, high: 1}}}}\n"
        "view: [-20, 20, -20, 20]\npanels: [surface: mae]"
    )
    panel = surface_of(film)
    assert panel.said.startswith("MAE")
    problem = film.trace.problem
    assert problem is not None
    place, found = panel._minima(*panel._surface())
    value = float(problem.surface(*place[0], loss="mae"))
    around = place + 0.02 * np.array([[1, 0], [-1, 0], [0, 1], [0, -1]])
    assert found and (problem.surface(*around.T, loss="mae") >= value).all()


# -- the axis of the heights -----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("values", "asked", "kind", "cut"),
    [
        (np.linspace(0, 1, 1000), None, "linear", False),
        (np.linspace(-4, 4, 1000), None, "linear", False),
        (np.geomspace(1, 1e4, 1000), None, "log", False),
        (np.geomspace(1, 1e4, 1000) - 1, None, "symlog", False),
        (np.geomspace(1, 1e4, 1000) - 9, None, "symlog", False),
        (np.geomspace(1, 1e4, 1000), "linear", "linear", True),
        (np.linspace(0, 1, 1000), "linear", "linear", False),
        (-np.ones(5) - np.arange(5), "log", "symlog", False),
        (np.full(10, 3.0), None, "linear", False),
        (np.full(10, np.nan), None, "linear", False),
    ],
)
def test_the_axis_suits_the_surface(values: np.ndarray, asked: str | None, kind: str, cut: bool) -> None:
    found = altitude(values, np.array([2.0]), asked)
    assert (found.scale.kind, found.cut) == (kind, cut)
    heights = found.heights(values[np.isfinite(values)])
    assert ((heights >= 0) & (heights <= 1)).all()
    assert (np.diff(heights[np.argsort(values[np.isfinite(values)])]) >= 0).all()
    if cut:
        assert found.scale.high > 2.0


def test_a_shaft_to_zero_is_cut_from_a_log_axis_and_told() -> None:
    found = altitude(np.r_[0.0, np.geomspace(1e-9, 10, 500)], np.zeros(0), "log")
    assert found.sunk and found.scale.low > 0


# -- files ---------------------------------------------------------------------------------------


def test_a_moving_camera_prefers_video_and_a_gif_of_it_says_its_weight(tmp_path: Path) -> None:
    text = "landscape: saddle\npanels: [surface: {orbit: [0, 40]}]\nseconds: 0.3\nhold: 0\nfps: 10"
    scene = read(text, name="turn.yaml")
    assert [output.format.name for output in scene.outputs] == ["mp4"]
    assert scene.moves and scene.turns
    (gif,) = render(scene, tmp_path / "turn.gif", size="240x160")
    assert any("turn.gif is" in note and "mp4" in note for note in gif.notes)
    still = read("landscape: saddle\npanels: [surface: {orbit: [40, 40]}]", name="still.yaml")
    assert not still.turns and [output.format.name for output in still.outputs] == ["png"]


@pytest.mark.parametrize("size", [Size(333, 251), Size(200, 150), Size(800, 800)])
@pytest.mark.parametrize("text", [BEHIND, TURNING], ids=["fixed", "turning"])
def test_any_size_is_drawn(text: str, size: Size) -> None:
    film = made(text, size=size, seconds=0.3)
    assert film.frame(-1).shape == (size.height, size.width, 4)


@pytest.mark.parametrize(
    ("name", "theme", "at", "text"),
    [
        ("surface_behind", "light", 0.6, BEHIND),
        ("surface_turning", "dark", 0.5, TURNING),
        ("surface_leaving", "paper", 1.0, LEAVING),
        ("surface_rosenbrock", "dark", 1.0, "landscape: rosenbrock\noptimizers: [gd, adam]\npanels: surface"),
        ("surface_cut", "light", 1.0, "landscape: beale\npanels: [surface: {zscale: linear}]"),
    ],
)
def test_golden_frames(name: str, theme: str, at: float, text: str, request: pytest.FixtureRequest) -> None:
    film = made(text, theme=theme, size=Size(600, 420))
    frame = film.frame(round(at * (film.count - 1)))[..., :3]
    golden = GOLDEN / f"{name}_{theme}.png"
    if request.config.getoption("--refresh"):
        Image.fromarray(frame).save(golden, optimize=True)
    expected = np.asarray(Image.open(golden).convert("RGB"))
    assert frame.shape == expected.shape
    assert psnr(frame, expected) >= 45


def test_the_eye_is_where_the_angles_say() -> None:
    camera = Camera(30, 45, tall=0.4)
    assert math.isclose(camera.eye, 0.2 + AWAY)
    assert np.allclose(camera.ahead, (-math.cos(math.pi / 6), -math.sin(math.pi / 6)))


def surface(text: str) -> Surface:
    film = Film(simulate(read(text)), Look(seconds=1, fps=5))
    assert film.static.any()
    panel = film.panels[0]
    assert isinstance(panel, Surface)
    return panel


@pytest.mark.parametrize(
    ("f", "cut"), [("1/(x**2 + y**2)", True), ("log(x) + y**2", False), ("x**2 + y**2", False)]
)
def test_what_has_no_end_does_not_set_the_axis(f: str, cut: bool) -> None:
    text = f'landscape: {{formula: "{f}"}}\nview: [-2, 2, -2, 2]\nstart: [1, 1]\nlr: 0.01\n'
    panel = surface(text + "optimizers: gd\nsteps: 5\npanels: [surface]\n")
    assert max(abs(panel.altitude.scale.low), abs(panel.altitude.scale.high)) < 1e6
    assert panel.altitude.cut == cut
    assert ("cut off at" in panel.said) == cut


DATA = "dataset: {line: {n: 64, noise: 0.8, seed: 1, test: 0.3}}\nlandscape: linear_regression\nlr: 0.05\n"


@pytest.mark.parametrize("loss", ["mae", "test"])
def test_the_contour_of_another_loss_has_its_own_star_as_the_surface_has(loss: str) -> None:
    film = Film(
        simulate(read(f"{DATA}optimizers: gd\npanels: [contour: {loss}, surface: {loss}, contour]\n")),
        Look(seconds=1, fps=5),
    )
    assert film.static.any()
    other, relief_, own = film.panels
    star, found = other.stars  # type: ignore[attr-defined]
    on_plan = relief_._plan(star)[0]  # type: ignore[attr-defined]
    assert found and np.allclose(on_plan, relief_.paths.stars[0, :2], atol=1e-3)  # type: ignore[attr-defined]
    assert own.stars[1] is False and np.abs(star - own.stars[0]).max() > 1e-3  # type: ignore[attr-defined]
    problem = film.trace.problem
    assert problem is not None
    at, beside = (problem.surface(*(star + off).T, loss=loss)[0] for off in (0.0, 0.05))
    assert at < beside
    assert other.said == ("intercept; MAE" if loss == "mae" else "intercept; loss of the test points")


def test_where_a_loss_still_falls_at_the_edge_there_is_no_star() -> None:
    assert not len(surface(f"{DATA}view: [0, 1, 0, 1]\noptimizers: gd\npanels: [surface: mae]\n").paths.stars)


def test_numbers_keep_off_the_words_of_marks_under_a_moving_camera() -> None:
    marks = "[text: {label: many words at the rim of the block, at: [3.5, -1.4]}]"
    text = "landscape: beale\nlr: 0.01\noptimizers: gd\n"
    film = Film(
        simulate(read(f"{text}panels: [surface: {{orbit: [-90, 90], marks: {marks}}}]\n")),
        Look(seconds=2, fps=15),
    )
    assert film.static.any()
    panel = film.panels[0]
    assert isinstance(panel, Surface)
    near = 0
    for k, camera in enumerate(panel.cameras):
        boxes = panel.marking.boxes(k)
        near += any(label.box.touches(box) for label in panel.rim.labels(camera) for box in boxes)
        assert not any(label.box.touches(box) for label in panel.rim.labels(camera, boxes) for box in boxes)
    assert near
