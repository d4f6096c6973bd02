"""Every landscape of the plane: gradient, minima against a global search, view, one text for all numbers."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy import optimize

from optanim.autodiff import Tensor
from optanim.errors import Source
from optanim.kinds import landscape
from optanim.problem import problem
from optanim.replay import Evaluation
from optanim.scene import Scene, Thing
from optanim.search import hessian
from optanim.trace import Problem

Floats = NDArray[np.float64]
Record = Callable[[str, object], None]

PLANE = [entry for entry in landscape.entries() if "view" in entry.facts and "data" not in entry.asks]
# With the settings that the literature has, and with others.
ROWS: list[tuple[str, dict[str, Any]]] = [(entry.name, {}) for entry in PLANE] + [
    ("quadratic", {"condition": 1.0}),
    ("rosenbrock", {"a": -0.5, "b": 7.0}),
    ("deep_linear_network", {"decay": 0.6}),
    ("deep_linear_network", {"decay": 1.5}),
    ("terraces", {"flatness": 0.0}),
    ("terraces", {"flatness": 1.0}),
    ("rastrigin", {"amplitude": 3.0}),
    ("ackley", {"a": 10.0, "b": 0.5, "c": 3.0}),
    ("weierstrass", {"waves": 3}),
    ("l1_norm", {"condition": 10.0}),
    ("lp_norm", {"p": 1.0}),
    ("lp_norm", {"p": 3.0}),
    ("log_sum_exp", {"sharpness": 40.0}),
    ("lasso", {"weight": 0.0}),
    ("lasso", {"weight": 0.5}),
    ("lasso", {"weight": 3.0}),
    ("absolute_rosenbrock", {"a": -0.5, "b": 2.0}),
    ("terrain", {"blur": 0.6}),
]
IDS = ["-".join([name, *(f"{k}{v:g}" for k, v in settings.items())]) for name, settings in ROWS]

# Not differentiable everywhere, or made with absolute values, which a complex step does not pass.
KINKED = {entry.name for entry in PLANE if entry.function.__module__.endswith(".nonsmooth")}
KINKED |= {"sum_of_different_powers", "schwefel", "eggholder"}
SHARP = KINKED - {"log_sum_exp", "sum_of_different_powers", "schwefel", "eggholder"}  # at their minima
SHARP |= {"ackley", "salomon"}
ROUGH = SHARP | {"weierstrass", "log_sum_exp"}  # where steps that trust the gradient end early
ENDLESS = {"saddle", "monkey_saddle"}  # downhill without end
FLAT = {"price_4": 0.05}  # how near in parts of the view a search comes, where not within 0.004

POINTS = 200
SIDE = 201


def made(name: str, settings: dict[str, Any]) -> Problem:
    scene = Scene("t", Source("t.yaml", ""), Path("."), landscape=Thing(name, settings))
    found = problem(scene)
    assert found is not None
    return found


def corners(bound: Problem) -> tuple[Floats, Floats]:
    assert bound.view is not None
    return np.array(bound.view[0::2]), np.array(bound.view[1::2])


def function(name: str, settings: dict[str, Any]) -> Callable[..., Any]:
    entry = landscape[name]
    return lambda *at: entry.function(*at, **(entry.defaults() | settings))


def in_view(bound: Problem) -> list[tuple[float, ...]]:
    """The stated minima that the view shows."""
    low, high = corners(bound)
    return [m for m in bound.minima if (low < m).all() and (m < high).all()]


def drawn(bound: Problem, count: int) -> Floats:
    low, high = corners(bound)
    return np.random.default_rng(7).uniform(low, high, (count, 2))


@pytest.mark.parametrize(("name", "settings"), ROWS, ids=IDS)
def test_gradient(name: str, settings: dict[str, Any], record_property: Record) -> None:
    bound, f = made(name, settings), function(name, settings)
    places = drawn(bound, 2 * POINTS)
    expected = np.empty_like(places)
    if name not in KINKED:
        places, expected = places[:POINTS], expected[:POINTS]
        for i in range(2):
            shifted = places.astype(complex)
            shifted[:, i] += 1e-30j
            expected[:, i] = f(*shifted.T).imag / 1e-30
        tolerance = 1e-12
    else:
        smooth = np.ones(len(places), dtype=bool)
        low, high = corners(bound)
        for i in range(2):
            step = np.zeros(2)
            step[i] = 1e-6 * (high - low)[i]
            here, above, below = bound.loss(places), bound.loss(places + step), bound.loss(places - step)
            forward, backward = (above - here) / step[i], (here - below) / step[i]
            expected[:, i] = (above - below) / (2 * step[i])
            # Where the slopes to both sides differ there is a kink between them.
            smooth &= np.abs(forward - backward) <= 1e-3 * np.abs(expected[:, i]) + 1e-6
        assert smooth.sum() >= POINTS
        places, expected = places[smooth][:POINTS], expected[smooth][:POINTS]
        tolerance = 2e-6
    value, gradient = bound.slope(places)
    np.testing.assert_allclose(value, bound.loss(places), rtol=1e-13, atol=1e-13 * np.abs(value).max())
    size = np.abs(expected).max(axis=1, keepdims=True) + 1e-3 * np.abs(expected).max()
    assert (np.abs(gradient - expected) <= tolerance * size).all()
    second = hessian(bound.slope, places)
    assert np.isfinite(second).all()
    np.testing.assert_allclose(second, second.swapaxes(1, 2), rtol=1e-9, atol=1e-12 * np.abs(second).max())
    record_property("landscape", ["gradients", len(places)])


@pytest.mark.parametrize(("name", "settings"), ROWS, ids=IDS)
def test_stated_minima_are_minima(name: str, settings: dict[str, Any], record_property: Record) -> None:
    bound = made(name, settings)
    if name in ENDLESS:
        assert bound.minima == ()
        return
    low, high = corners(bound)
    lowest = np.array(bound.minima)
    value = bound.loss(lowest)
    spread = float(np.median(bound.loss(drawn(bound, 1000)))) - value.min()
    assert np.ptp(value) <= 1e-12 * spread
    turns = np.linspace(0, 2 * np.pi, 64, endpoint=False)
    for reach in (1e-5, 1e-4, 1e-3, 1e-2):
        ring = reach * (high - low) * np.column_stack([np.cos(turns), np.sin(turns)])
        around = (lowest[:, None] + ring).reshape(-1, 2)
        assert (bound.loss(around) >= value.max() - 1e-14 * (spread + abs(value.max()))).all(), reach
    if name not in SHARP or settings.get("p", 0) > 2 or settings.get("weight") == 0:
        slope = extended_gradient(name, settings, lowest)
        second = hessian(bound.slope, lowest)
        scale = np.linalg.eigvalsh(second)
        assert (scale >= -1e-12 * max(np.abs(second).max(), spread)).all()
        for point, g, h, s in zip(lowest, slope, second, scale, strict=True):
            if s[0] > 1e-9 * s[1]:
                assert (np.abs(np.linalg.solve(h, g)) <= DIGITS * np.maximum(1, np.abs(point))).all()
            else:
                assert (np.abs(g) <= 1e-12 * spread).all()
    record_property("landscape", ["minima", len(lowest)])


# A spline through measured heights rounds otherwise with every build of the linear algebra.
DIGITS = 1e-14 if np.finfo(np.longdouble).eps < 1e-18 else 1e-10


def extended_gradient(name: str, settings: dict[str, Any], places: Floats) -> Floats:
    """The gradient with more digits than a double has, where the machine has them."""
    tensors = [Tensor(column.astype(np.longdouble)) for column in places.T]
    result = function(name, settings)(*tensors)
    result.backward(1.0)
    return np.stack([tensor.grad for tensor in tensors], axis=1).astype(float)


@pytest.mark.parametrize(("name", "settings"), ROWS, ids=IDS)
def test_a_global_search_finds_the_stated_minima(
    name: str, settings: dict[str, Any], record_property: Record
) -> None:
    bound = made(name, settings)
    low, high = corners(bound)
    found, values, spread = searched(bound, name in ROUGH)
    if name in ENDLESS:
        best = found[np.argmin(values)]
        assert (np.minimum(best - low, high - best) <= 1e-9 * (high - low)).any()
        return
    stated = np.array(in_view(bound) if settings.get("a") != -0.5 else bound.minima)
    floor = float(bound.loss(stated).min())
    assert values.min() >= floor - 1e-9 * spread, (found[np.argmin(values)], values.min(), floor)
    far = np.abs((found[:, None] - stated) / (high - low)).max(axis=2)
    near = FLAT.get(name, 0.004)
    assert (far.min(axis=0) <= near).all(), "a stated minimum is not found"
    level = values <= floor + 1e-9 * spread
    assert (far.min(axis=1)[level] <= near).all(), found[level][far.min(axis=1)[level] > near]
    record_property("landscape", ["searches", len(found)])


def searched(bound: Problem, rough: bool) -> tuple[Floats, Floats, float]:
    """Where SciPy's searches end in view, their values, and how far the usual value is above the best."""
    low, high = corners(bound)
    axes = [np.linspace(low[i], high[i], SIDE) for i in range(2)]
    surface = bound.surface(axes[0][:, None], axes[1][None, :])
    padded = np.pad(surface, 1, constant_values=np.inf)
    least = np.ones(surface.shape, dtype=bool)
    for i, j in itertools.product(range(3), range(3)):
        least &= surface <= padded[i : i + SIDE, j : j + SIDE]
    places = np.argwhere(least)[np.argsort(surface[least], kind="stable")][: 24 + len(bound.minima)][:64]
    starts = [np.array([axes[0][i], axes[1][j]]) for i, j in places]
    bounds = optimize.Bounds(low, high)
    evolved = optimize.differential_evolution(
        lambda points: bound.loss(points.T),
        bounds,
        popsize=20,
        maxiter=100,
        vectorized=True,
        updating="deferred",
        polish=False,
        rng=1,
    )
    results = []
    for start in [evolved.x, *starts]:
        if rough:
            options = {"xatol": 1e-12, "fatol": 1e-15, "maxiter": 400}
            result = optimize.minimize(
                lambda p: bound.loss(p[None])[0], start, method="Nelder-Mead", bounds=bounds, options=options
            )
        else:
            result = optimize.minimize(
                lambda p: tuple(each[0] for each in bound.slope(p[None])),
                start,
                jac=True,
                method="TNC",  # which L-BFGS-B's BLAS on several threads would slow down
                bounds=bounds,
                options={"ftol": 1e-16, "gtol": 1e-12, "xtol": 1e-14, "maxfun": 200},
            )
        results.append((result.x, float(result.fun)))
    values = np.array([value for _, value in results])
    return np.array([x for x, _ in results]), values, float(np.median(surface) - values.min())


@pytest.mark.parametrize("name", [entry.name for entry in PLANE])
def test_view(name: str) -> None:
    bound = made(name, {})
    low, high = corners(bound)
    # Symmetric views have 0 and the diagonals on this grid, where kinks and roots are.
    axes = [np.linspace(low[i], high[i], 101) for i in range(2)]
    points = np.stack([c.ravel() for c in np.meshgrid(*axes)], axis=1)
    value, gradient = bound.slope(
        np.vstack([points, [bound.start], *([bound.minima] if bound.minima else [])])
    )
    assert np.isfinite(value).all()
    assert np.isfinite(gradient).all()
    assert np.abs(gradient[len(points)]).max() > 0, "the start is no place to start from"
    room = 0.02 * (high - low)
    assert (low + room < bound.start).all() and (bound.start < high - room).all()
    assert in_view(bound) or name in ENDLESS
    for minimum in bound.minima:
        assert np.abs((np.array(bound.start) - minimum) / (high - low)).max() > 0.05
        # What a wider panel shows beside the view may be stated too, but nothing far off.
        assert np.abs((np.array(minimum) - (low + high) / 2) / (high - low)).max() < 1.5


@pytest.mark.parametrize(("name", "settings"), ROWS, ids=IDS)
def test_one_function_for_floats_arrays_and_tensors(name: str, settings: dict[str, Any]) -> None:
    f = function(name, settings)
    points = drawn(made(name, settings), 20)
    whole = f(*points.T)
    close = {"rtol": 1e-12, "atol": 1e-12 * np.abs(whole).max()}
    assert np.asarray(whole).shape == (20,)
    np.testing.assert_allclose([float(f(*map(float, point))) for point in points], whole, **close)
    np.testing.assert_allclose([f(*map(Tensor, map(float, point))).value for point in points], whole, **close)
    np.testing.assert_allclose(f(*map(Tensor, points.T)).data, whole, **close)
    np.testing.assert_allclose(f(*points.reshape(4, 5, 2).transpose(2, 0, 1)), whole.reshape(4, 5), **close)


@pytest.mark.parametrize("name", [entry.name for entry in PLANE])
def test_its_calls_can_be_recorded_and_replayed(name: str) -> None:
    bound, entry = made(name, {}), landscape[name]
    evaluation = Evaluation(lambda *at: entry.function(*at, **entry.defaults()), 2, 100)
    for points in drawn(bound, 70).reshape(7, 10, 2):
        value, gradient = evaluation.slope(points)
        tensors = [Tensor(column) for column in points.T]
        computed = entry.function(*tensors, **entry.defaults())
        computed.backward(1.0)
        np.testing.assert_array_equal(value, computed.data)
        np.testing.assert_array_equal(gradient, np.stack([tensor.grad for tensor in tensors], axis=1))
    assert evaluation.repeatable


def test_no_landscape_is_another_one_rescaled() -> None:
    points = np.random.default_rng(5).uniform(-1.6, 1.6, (60, 2))
    curves = {}
    for entry in PLANE:
        with np.errstate(invalid="ignore"):  # one of them ends at 0
            values = np.nan_to_num(function(entry.name, {})(*points.T))
        curves[entry.name] = (values - values.mean()) / values.std()
    for one, other in itertools.combinations(curves, 2):
        assert np.abs(curves[one] - curves[other]).max() > 1e-6, (one, other)


# Of values that are published, with the digits that are.
PUBLISHED = [
    ("rosenbrock", (-1.2, 1), 24.2),
    ("beale", (1, 1), 14.203125),
    ("freudenstein_roth", (0.5, -2), 400.5),
    ("freudenstein_roth", (11.4128, -0.896805), 48.9842),
    ("jennrich_sampson", (0.3, 0.4), 4171.3),
    ("jennrich_sampson", (0.257825, 0.257825), 124.362),
    ("modified_rosenbrock", (-0.90955374, -0.95057172), 34.0402431),
    ("zettl", (-0.02989598, 0), -0.00379124),
    ("el_attar", (3.40918683, -2.17143304), 1.712780354),
    ("aluffi_pentini", (-1.046680576580755, 0), -0.352386073800034),
    ("dekkers_aarts", (0, 14.9451209), -24776.5183),
    ("hosaki", (4, 2), -2.345811576101292),
    ("muller_brown", (-0.558, 1.442), -146.700),
    ("muller_brown", (0.623, 0.028), -108.167),
    ("muller_brown", (-0.050, 0.467), -80.768),
    ("easom", (3.14159265, 3.14159265), -1.0),
    ("peaks", (0.228, -1.626), -6.5511),
    ("six_hump_camel", (0.08984201, -0.7126564), -1.031628453489877),
    ("three_hump_camel", (1.747552, -0.873776), 0.298638),
    ("styblinski_tang", (-2.903534, -2.903534), -78.33233),
    ("mccormick", (-0.5471975602214493, -1.547197559268372), -1.913222954981037),
    ("goldstein_price", (0, -1), 3.0),
    ("goldstein_price", (1.2, 0.8), 840.0),
    ("goldstein_price", (1.8, 0.2), 84.0),
    ("goldstein_price", (-0.6, -0.4), 30.0),
    ("branin", (9.42478, 2.475), 0.397887),
    ("bird", (4.701055751981055, 3.152946019601391), -106.7645367198034),
    ("giunta", (0.4673200277395354, 0.4673200169591304), 0.06447042053690566),
    ("ursem_1", (1.69713645, 0), -4.81681406371),
    ("price_2", (0, 0), 0.9),
    ("schaffer_4", (0, 1.253115), 0.292579),
    ("shubert", (-1.42512843, -0.80032110), -186.7309088),
    ("deb_1", (0.1, 0.3), -1.0),
    ("venter_sobieski", (0, 0), -400.0),
    ("schwefel", (420.9687467475071, 420.9687467475071), 0.0),
    ("eggholder", (512, 404.2319), -959.6407),
    ("whitley", (1, 1), 0.0),
    ("michalewicz", (2.20290552, 1.57079633), -1.8013034),
    ("langermann", (2.00299219, 1.006096), -5.1621259),
    ("trefethen", (-0.02440307923, 0.2106124261), -3.3068686474),
    ("keane", (1.39324907, 0), -0.673667521146855),
    ("xin_she_yang_3", (0, 0), -1.0),
    ("cb2", (1, -0.1), 5.41),
    ("cb2", (1.1390377, 0.8995599), 1.9522245),
    ("dem", (1, 1), 6.0),
    ("mifflin_2", (-1, -1), 4.75),
    ("crescent", (-1.5, 2), 4.25),
    ("wolfe", (-1, 0), -8.0),
    ("bukin_6", (-10, 1), 0.0),
    ("bartels_conn", (0, 0), 1.0),
    ("cross_in_tray", (1.349406685353340, 1.349406608602084), -2.062611870822739),
    ("holder_table", (8.055023472141116, 9.664590028909654), -19.20850256788675),
]


@pytest.mark.parametrize(("name", "point", "value"), PUBLISHED)
def test_published_values(name: str, point: tuple[float, float], value: float) -> None:
    assert function(name, {})(*map(float, point)) == pytest.approx(value, rel=1e-5, abs=1e-8)


def test_there_are_many_and_each_says_what_it_shows() -> None:
    assert len(PLANE) >= 60
    for entry in PLANE:
        first, formula = (entry.function.__doc__ or "").strip().split("\n", 1)
        assert first.endswith(".") and first.count(". ") == 0, entry.name
        assert formula.strip().startswith("f = "), entry.name
        assert entry.title.lower()[0] == entry.name[0] or entry.name == "bird", entry.name


def test_deep_linear_network_without_decay_has_a_curve_of_minima() -> None:
    assert made("deep_linear_network", {"decay": 0.0}).minima == ()
    assert made("deep_linear_network", {"decay": 1.5}).minima == ((0, 0),)


def test_level_water_has_no_lowest_point() -> None:
    assert made("terrain", {"blur": 3.0}).minima == ()


def test_terrain_goes_through_the_measured_heights_and_on_as_its_mirror_image() -> None:
    import matplotlib

    file = Path(matplotlib.get_data_path()) / "sample_data" / "jacksboro_fault_dem.npz"
    heights = np.load(file, allow_pickle=False)["elevation"][::-1] / 1000
    f = function("terrain", {"blur": 0.0})
    i, j = np.random.default_rng(2).integers(0, 300, (2, 50))
    np.testing.assert_allclose(f(0.0745 * j, 0.0925 * i), heights[i, j], rtol=1e-9)
    np.testing.assert_allclose(f(-0.0745 * j, -0.0925 * i), heights[i, j], rtol=1e-9)
    assert np.isnan(f(np.array([np.nan]), np.array([1.0]))).all()
