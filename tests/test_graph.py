"""The computation graph: its boxes and numbers, how they are placed, and the film of a step."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from PIL import Image

from optanim.diagrams.dag import Changed, Graph, edges, graph, layers
from optanim.diagrams.diagram import Sizes, arranged
from optanim.diagrams.layered import Layered, centres, layered
from optanim.diagrams.phases import BACKWARD, FORWARD, UPDATE, moment
from optanim.errors import RenderError, UserError
from optanim.film import Film
from optanim.panels.graph import GraphPanel
from optanim.pen import Box
from optanim.prepare import prepare
from optanim.reader import read
from optanim.scene import Look, Size
from optanim.simulate import simulate
from optanim.trace import Trace
from tests.conftest import GOLDEN, psnr
from tests.test_film import trace as of_scene

LINE = "dataset: {line: {n: 1}}"
FORMULA = "start: [-5, -2]\nlandscape: {formula: %r}"
BOWL = FORMULA % "0.1*x1**2 + 2*x2**2"


def run(landscape: str, rule: str = "sgd", panel: str = "graph", steps: int = 3, more: str = "") -> Trace:
    return simulate(
        read(f"{landscape}\noptimizers: {rule}\nlr: 0.01\nsteps: {steps}\npanels: [{panel}]\n{more}")
    )


def taken(made: Trace) -> Graph:
    assert made.problem is not None
    return graph(made.problem, list(made.runs[0].params))


def drawn(made: Trace, **look: Any) -> GraphPanel:
    film = Film(made, replace(Look(seconds=12), **look))
    assert film.static.any()
    (found,) = [panel for panel in film.panels if isinstance(panel, GraphPanel)]
    return found


# -- boxes and numbers -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("landscape", "titles"),
    [
        (LINE, "slope intercept x × + y −_y ( )² loss"),
        ("dataset: {line: {n: 9}}", "slope intercept x × + y −_y ( )² mean loss"),
        (
            "dataset: line\nlandscape: {linear_regression: {loss: rmse, intercept: false}}",
            "slope x × y −_y ( )² mean √( ) loss",
        ),
        (BOWL, "x₁ x₂ x₁² 0.1_× x₂² 2_× + loss"),
        ("landscape: rosenbrock", "x y 1_− ( )² x² y_− ( )² 100_× + loss"),
        (FORMULA % "exp(x)/y + sin(x*y)**-1 + 2**abs(y)", "x y exp_x ÷_y × sin ( )⁻¹ + |y| 2^( ) + loss"),
        (FORMULA % "(x+y)/(x-y) + sqrt(y*y) + max(x, 1)**1.5", None),
        (FORMULA % "x*x + 0*y", "x y × 0_× + loss"),
        (FORMULA % "0 + 1*x*y/1 - (0 - y)", "x y × 0_− − loss"),
        ("start: 1\nlandscape: {formula: -x + log(x) + x**2 / 4}", "x −x log_x + x² ÷_4 + loss"),
    ],
)
def test_boxes_are_named_as_people_write_the_operations(landscape: str, titles: str | None) -> None:
    nodes = taken(run(landscape, steps=1)).nodes
    if titles is None:
        assert [node.between for node in nodes if node.between] == [("upper ÷ lower", "lower ÷ upper")]
    else:
        assert [node.title.replace("( )", "()").replace(" ", "_") for node in nodes] == titles.replace(
            "( )", "()"
        ).split()


@pytest.mark.parametrize("rule", ["gd", "adam", "momentum"])
@pytest.mark.parametrize(
    "landscape",
    [
        LINE,
        "dataset: {line: {n: 30}}",
        "dataset: line\nlandscape: {linear_regression: huber}",
        "dataset: line\nlandscape: {linear_regression: rmse}",
        "dataset: line\nlandscape: {linear_regression: log_cosh}",
        "dataset: line\nlandscape: {linear_regression: {loss: mse, shift: [1, 2], scale: 2}}",
        BOWL,
        "landscape: beale",
        "landscape: {ackley: {rotate: 30, shift: [0.5, 1]}}",
        "landscape: himmelblau",
    ],
)
def test_numbers_are_those_of_the_problem_to_the_last_bit(landscape: str, rule: str) -> None:
    made = run(landscape, rule, steps=4, panel="loss")
    found, problem = taken(made), made.problem
    assert problem is not None
    for t, (params, reading) in enumerate(zip(made.runs[0].params, found.readings, strict=True)):
        value, slope = problem.slope(params[None])
        assert reading.values[-1].head == (value[0],) == (made.runs[0].loss[t],)
        assert reading.gradients[-1] is not None and reading.gradients[-1].head == (1.0,)
        for i, parameter in enumerate(params):
            gradient = reading.gradients[i]
            assert found.nodes[i].kind == "parameter"
            assert reading.values[i].head == (parameter,)
            assert gradient is not None and gradient.head == (slope[0, i],)


def test_numbers_of_batches_are_those_that_each_step_saw() -> None:
    made = run("dataset: {line: {n: 10}}", steps=4, more="batch: 3")
    panel, path = drawn(made), made.runs[0]
    assert made.batches is not None and path.batch_loss is not None and made.problem is not None
    for t in range(4):
        assert panel.readings[t].values[-1].head == (path.batch_loss[t],)
        _, slope = made.problem.slope(path.params[[t]], rows=made.batches.rows(t + 1))
        gradients = [gradient.head[0] for gradient in panel.readings[t].gradients[:2] if gradient]
        assert gradients == slope[0].tolist()
    assert panel.readings[4].values[-1].head == (path.loss[4],)  # no step is made from there


def test_every_box_is_what_its_inputs_make() -> None:
    found = taken(run(LINE))
    for reading in found.readings:
        slope, intercept, x, product, line, y, off, square, loss = (each.head[0] for each in reading.values)
        assert product == slope * x and line == product + intercept
        assert off == line - y and square == off * off == loss
        back = [gradient.head[0] if gradient else None for gradient in reading.gradients]
        assert back == [2 * off * x, 2 * off, None, 2 * off, 2 * off, None, 2 * off, 1.0, 1.0]


def test_arrays_show_a_few_numbers_and_their_shape() -> None:
    for n, shown in ((1, 1), (3, 3), (4, 2), (50, 2)):
        reading = taken(run(f"dataset: {{line: {{n: {n}}}}}")).readings[0]
        assert len(reading.values[2].head) == shown and reading.values[2].shape == (n,)
    texts = []
    for n in (1, 3, 50):
        panel = drawn(run(f"dataset: {{line: {{n: {n}}}}}"), size=Size(2400, 600))
        texts.append(panel._text(panel.readings[0].values[2]))
    assert "," not in texts[0] and texts[1].count(",") == 2 and texts[2].endswith(", … [50]")


def test_a_loss_of_other_operations_for_other_parameters_has_no_graph() -> None:
    made = run(BOWL)
    assert made.problem is not None
    branching = replace(made.problem, function=lambda x, y: x * y if (x.data > -4).all() else x + y)
    with pytest.raises(Changed):
        graph(branching, [np.array([-5.0, 0.0]), np.array([1.0, 0.0])])
    with pytest.raises(RenderError, match="other operations in other steps"):
        drawn(replace(made, problem=branching, runs=(replace(made.runs[0], params=np.eye(4, 2) * 9 - 5),)))


# -- layers and places -------------------------------------------------------------------------


@pytest.mark.parametrize("landscape", [LINE, BOWL, "landscape: beale", "landscape: ackley"])
def test_edges_go_forward_and_boxes_do_not_overlap(landscape: str) -> None:
    nodes = taken(run(landscape, steps=1)).nodes
    level = layers(nodes)
    assert all(level[a] < level[b] for a, b, _ in edges(nodes))
    assert level[-1] == max(level) and level.count(max(level)) == 1
    for upright in (False, True):
        made = arranged(
            nodes, [60.0] * len(nodes), Sizes(0.7, float), Box(0, 0, 1500, 1500), upright, ("SGD", 40)
        )
        assert made is not None
        for i, (left, top, right, bottom) in enumerate(made.boxes):
            assert 0 <= left < right <= 1500 and 0 <= top < bottom <= 1500
            for other in made.boxes[:i]:
                beside = right <= other[0] or other[2] <= left
                assert beside or bottom <= other[1] or other[3] <= top
        for there, back in made.curves:
            for curve in (there, back) if back else (there,):
                for i, (left, top, right, bottom) in enumerate(made.boxes):
                    x, y = curve.points.T
                    inside = (x > left + 1) & (x < right - 1) & (y > top + 1) & (y < bottom - 1)
                    assert not inside.any(), (curve.ends, nodes[i].title)


@pytest.mark.parametrize(
    ("count", "links", "level", "crossings"),
    [
        (4, [(0, 3), (1, 2)], [0, 0, 1, 1], 0),
        (5, [(0, 3), (0, 4), (1, 3), (1, 4), (2, 3), (2, 4)], [0, 0, 0, 1, 1], 3),  # K(3, 2)
        (6, [(0, 3), (1, 4), (2, 5), (0, 5)], [0, 0, 0, 1, 1, 1], 0),
        (4, [(0, 1), (1, 2), (2, 3), (0, 3)], [0, 1, 2, 3], 0),
    ],
)
def test_as_few_edges_cross_as_can(count: int, links: Any, level: list[int], crossings: int) -> None:
    assert layered(count, links, level, ()).crossings == crossings


def test_some_boxes_stand_together_though_others_would_cross_less() -> None:
    links = [(0, 3), (1, 4), (2, 5)]
    made = layered(6, links, [0, 0, 0, 1, 1, 1], {0, 2})
    assert abs(made.rows[0].index(0) - made.rows[0].index(2)) == 1


def test_places_are_nearest_to_the_neighbours_and_never_too_near() -> None:
    plan = Layered(4, ((0, 1), (2,), (3,)), ((0, 2), (1, 2), (2, 3)))
    place = centres(plan, [10.0] * 4, [10.0] * 4, 6.0)
    assert place[1] - place[0] >= 26 - 1e-9
    assert np.allclose([place[2], place[3]], (place[0] + place[1]) / 2, atol=1e-6)


# -- the film ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("part", "last", "expected"),
    [
        (0.0, False, (5, 0.0, np.inf, FORWARD, False)),
        (0.42, False, (5, 4.0, np.inf, FORWARD, False)),
        (0.44, False, (5, 4.0, 4.0, BACKWARD, False)),
        (0.81, False, (5, 4.0, 0.0, BACKWARD, False)),
        (0.83, False, (5, 4.0, 0.0, UPDATE, False)),
        (0.99, False, (5, 4.0, 0.0, UPDATE, True)),
        (0.7, True, (5, 4.0, 0.0, UPDATE, True)),
        (0.72, True, (6, 0.0, np.inf, FORWARD, False)),
        (0.99, True, (6, 4.0, 0.0, BACKWARD, False)),
    ],
)
def test_a_step_goes_forward_then_back_then_changes(part: float, last: bool, expected: Any) -> None:
    assert tuple(moment(5, part, last, 4)) == pytest.approx(expected)


def test_numbers_appear_only_once_they_are_computed() -> None:
    panel = drawn(run(LINE))
    seen: dict[str, int] = {}
    shown: list[tuple[int, int]] = []
    panel._number = lambda pen, i, line, text, color: shown.append((i, line))  # type: ignore[method-assign]
    film = Film(run(LINE), Look(seconds=12))
    pen = type("Blank", (), {"__getattr__": lambda self, name: lambda *a, **k: None})()
    first = int(film.count / 3)
    for k in range(first):
        shown.clear()
        panel.draw_front(pen, k)
        for i, line in shown:
            seen.setdefault(f"{panel.graph.nodes[i].title} {'value' if line == 1 else 'grad'}", k)
    order = [
        "slope value", "× value", "+ value", "− y value", "( )² value", "loss value",
        "loss grad", "( )² grad", "− y grad", "+ grad", "× grad", "slope grad",
    ]  # fmt: skip
    assert sorted(order, key=lambda name: seen[name]) == order
    assert len({seen[name] for name in order}) >= len(order) - 1
    assert "x grad" not in seen and "y grad" not in seen


@pytest.mark.parametrize(
    ("rule", "steps", "plain"),
    [("gd", 3, True), ("sgd", 3, True), ("momentum", 3, False), ("adam", 3, False)],
)
def test_a_step_is_written_as_plain_descent_only_where_it_is(rule: str, steps: int, plain: bool) -> None:
    assert drawn(run(BOWL, rule, steps=steps)).plain is plain


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("optimizers: gd", "its value, and the gradient"),
        ("optimizers: {sam: {base: sgd}}", "takes its own elsewhere"),
        ("optimizers: schedulefree_sgd", "takes its own elsewhere"),
    ],
)
def test_the_heading_says_where_gradients_are_not_those_of_the_rule(text: str, says: str) -> None:
    made = simulate(read(f"{BOWL}\nlr: 0.01\nsteps: 3\npanels: graph\n{text}"))
    assert says in drawn(made)._says()[0]


def test_a_run_that_ends_early_keeps_its_last_graph() -> None:
    made = simulate(read(f"{FORMULA % 'x**4 + y**4'}\nlr: 9\nsteps: 20\noptimizers: gd\npanels: graph"))
    assert made.runs[0].ended is not None
    panel = drawn(made)
    assert panel.last == made.runs[0].ended.step - 1
    assert np.isfinite(panel.readings[panel.last].values[-1].head[0])
    assert "ended at step" in panel._says()[0]


@pytest.mark.parametrize("name", ["s3_01_graph", "s3_02_graph_optimizer", "graph_formula"])
def test_frames_are_the_same_from_nothing(name: str) -> None:
    film = Film(of_scene(name), Look(seconds=6, fps=20))
    for k, frame in enumerate(film.frames()):
        if k % 9 == 0 or k == film.count - 1:
            assert (frame == film.frame(k)).all(), k


@pytest.mark.parametrize(
    ("name", "theme", "at"),
    [
        ("s3_01_graph", "light", 0.25),
        ("s3_02_graph_optimizer", "dark", 0.31),
        ("graph_formula", "paper", 1.0),
    ],
)
def test_golden_frames(name: str, theme: str, at: float, request: pytest.FixtureRequest) -> None:
    film = Film(of_scene(name), Look(theme=theme, seconds=18))
    frame = film.frame(round(at * (film.count - 1)))[..., :3]
    golden = GOLDEN / f"{name}_{theme}_{round(at * 100)}.png"
    if request.config.getoption("--refresh"):
        Image.fromarray(frame).save(golden, optimize=True)
    assert psnr(frame, np.asarray(Image.open(golden).convert("RGB"))) >= 45


@pytest.mark.parametrize("theme", ["light", "dark", "paper"])
@pytest.mark.parametrize(
    ("panels", "size"),
    [
        ("graph", Size(1000, 480)),
        ("graph: {group: optimizer}", Size(1000, 480)),
        ("contour, graph: {group: optimizer}", Size(1000, 480)),
        ("graph", Size(500, 900)),
        ("graph", Size(200, 150)),
    ],
)
def test_it_fits(panels: str, size: Size, theme: str) -> None:
    panel = drawn(run(LINE, panel=panels), size=size, theme=theme)
    area = panel.box.grow(1)
    for left, top, right, bottom in panel.diagram.boxes:
        assert area.left <= left and right <= area.right and area.top <= top and bottom <= area.bottom
    for i in range(len(panel.graph.nodes)):
        left, _, right, _ = panel.diagram.boxes[i]
        assert panel._needs(i, panel.diagram.sizes) <= right - left


@pytest.mark.parametrize("batch", ["", "batch: 4\n"])
def test_what_is_computed_from_the_data_alone_has_a_name(batch: str) -> None:
    made = run("dataset: {line: {n: 9}}\nlandscape: {polynomial_regression: 2}", more=batch)
    panel = drawn(made)
    assert [node.title for node in panel.graph.nodes if node.given] == ["1", "x", "x²", "y"]
    other = run("dataset: {line: {n: 9}}\nlandscape: {polynomial_regression: {degree: 2, basis: legendre}}")
    assert [node.title for node in taken(other).nodes if node.given] == ["1", "from x", "from x", "y"]


def test_the_size_that_is_proposed_is_enough() -> None:
    scene = "dataset: {line: {n: 3}}"
    with pytest.raises(RenderError) as caught:
        drawn(run(scene, panel="graph, fit"))
    width, height = map(int, str(caught.value).split("size: ")[1].split("x"))
    assert drawn(run(scene, panel="graph, fit"), size=Size(width, height)).diagram


def test_what_does_not_fit_says_what_to_do() -> None:
    with pytest.raises(RenderError, match="or the picture, such as size: "):
        drawn(run("landscape: ackley", panel="contour, loss, graph"))


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("optimizers: [gd, adam]", "choose one, such as graph: {only: gd}"),
        ("optimizers: [gd, {gd: {lr: 0.2}}]", "give each run a label, and choose one with only:"),
    ],
)
def test_a_graph_is_of_one_run(text: str, hint: str) -> None:
    with pytest.raises(UserError) as caught:
        prepare(read(f"landscape: rosenbrock\nlr: 0.001\npanels: graph\n{text}"))
    assert [mistake.hint for mistake in caught.value.mistakes] == [hint]
