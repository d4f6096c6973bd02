"""What is warned of when a figure is built: one scene for each doubt, and its exact words."""

from __future__ import annotations

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
