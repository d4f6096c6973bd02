"""What setup.cfg, the constraints and the Makefile promise each other."""

from __future__ import annotations

import configparser
import re
import tomllib
from pathlib import Path

import pytest

import optanim

ROOT = Path(__file__).parents[1]
SETUP = configparser.ConfigParser()
SETUP.read(ROOT / "setup.cfg", encoding="utf-8")


def names(section: str, key: str) -> list[str]:
    """The packages that a list of requirements names, as constraints spell them."""
    found = [re.split(r"[ <>=!\[]", line)[0] for line in SETUP[section][key].split("\n") if line.strip()]
    return [name.lower() for name in found if name != "optanim"]


def pins() -> dict[str, str]:
    lines = (ROOT / "tests" / "constraints.txt").read_text().splitlines()
    return dict(line.lower().split("==") for line in lines if line and not line.startswith("#"))


@pytest.mark.parametrize(
    ("section", "key"),
    [
        ("options", "install_requires"),
        ("options.extras_require", "data"),
        ("options.extras_require", "test"),
        ("options.extras_require", "lint"),
        ("options.extras_require", "bench"),
    ],
)
def test_every_requirement_is_pinned_for_the_tests(section: str, key: str) -> None:
    assert names(section, key)
    assert set(names(section, key)) <= set(pins())


def test_every_dependency_has_its_licence_named() -> None:
    head = (ROOT / "setup.cfg").read_text().split("[metadata]")[0].lower()
    extras = [name for extra in ("data", "bench") for name in names("options.extras_require", extra)]
    for name in names("options", "install_requires") + extras:
        assert name in head


def test_what_is_no_code_is_shipped_too() -> None:
    found = {path.name for path in (ROOT / "optanim").iterdir() if path.is_file() and path.suffix != ".py"}
    assert found == set(SETUP["options.package_data"]["optanim"].split())


def test_pyproject_holds_no_metadata() -> None:
    found = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert set(found) == {"build-system", "tool"}


def test_version_and_script() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", optanim.__version__)
    assert SETUP["metadata"]["version"] == "attr: optanim.__version__"
    assert SETUP["options.entry_points"]["console_scripts"].strip() == "optanim = optanim.cli:main"
