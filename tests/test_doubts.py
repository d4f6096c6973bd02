"""What is warned of when a figure is built: one scene for each doubt, and its exact words."""

from __future__ import annotations

import warnings
from dataclasses import replace
from pathlib import Path

import pytest

from optanim.doubts import CHECKS, doubts
from optanim.reader import load, read
from optanim.simulate import simulate

FOLDER = Path(__file__).parent / "doubtful"
SCENES = sorted(FOLDER.glob("*.yaml"))


def told(path: Path) -> str:
    trace = simulate(read(path.read_text(), name=path.name, folder=FOLDER))
    return "\n\n".join(map(str, doubts(trace))) + "\n"


@pytest.mark.parametrize("path", SCENES, ids=lambda path: path.stem)
def test_a_doubtful_scene_is_warned_of_in_these_words(path: Path, request: pytest.FixtureRequest) -> None:
    expected = path.with_suffix(".txt")
    if request.config.getoption("--refresh"):
        expected.write_text(told(path))
    assert told(path) == expected.read_text()


def test_every_doubt_has_its_scene() -> None:
    said = {}
    for path in SCENES:
        trace = simulate(read(path.read_text(), name=path.name, folder=FOLDER))
        for check in CHECKS:
            if list(check(trace)):
                said[check] = path.name
    assert set(said) == set(CHECKS)
    assert told(FOLDER / "none.yaml") == "\n"


@pytest.mark.parametrize("path", sorted(Path("scenes").glob("*.yaml")), ids=lambda path: path.stem)
def test_no_committed_scene_is_doubtful(path: Path) -> None:
    assert not doubts(simulate(load(path)))


def test_of_a_network_arrays_are_looked_at_and_not_each_weight() -> None:
    text = "dataset: {moons: {n: 40, seed: 1}}\nlr: 0.02\nsteps: 20\noptimizers: lamb\npanels: loss\n"
    trace = simulate(read(text))
    params = trace.runs[0].params.copy()
    params[-1, :3] = 0.0  # of 64 weights of the first array
    assert not doubts(replace(trace, runs=(replace(trace.runs[0], params=params),)))
    params[-1, :64] = 0.0
    (told,) = doubts(replace(trace, runs=(replace(trace.runs[0], params=params),)))
    assert told.message.endswith("is stuck where the weights of layer 1 are 0")


def test_what_ran_far_away_is_compared_in_silence() -> None:
    text = (
        "landscape: {formula: x**2 + y**2}\nstart: [1, 1]\nlr: 1e10\nsteps: 5\noptimizers: [gd, momentum]\n"
    )
    trace = simulate(read(text))
    assert abs(trace.runs[0].params[-1]).max() > 1e39
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        doubts(trace)


def test_a_view_of_a_plane_is_not_one_of_all_parameters() -> None:
    text = "dataset: line\nlandscape: {polynomial_regression: 3}\nlr: 0.1\nsteps: 30\noptimizers: gd\n"
    assert not doubts(simulate(read(text + "panels: [contour: {view: [-1, 1, -1, 1]}]\n")))
