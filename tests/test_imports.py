"""Imports point downward only, and what is heavy is imported where it is used."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent / "optanim"

# Each module knows only those before it; a package stands for all its modules.
TEXT = """
errors settings registry formula recording derivatives autodiff replay kinds scene batches trace hints values
losses search measures placement landscapes datasets schedules optimizers marks
yaml_mistakes yaml_nodes yaml_values epochs things mosaic outputs labels called drawable sweeps usual reader
array_problem problem oracles courses rules driver workload prepare worlds records simulate
scores views doubts themes hues typeset pen bands scales heights levels layout callouts tracks heads marking
stage panel paths relief hops insets counter means words planes slopes diagrams film panels formats budget
render jobs page gallery tables catalogue explain optim cli __init__ __main__
"""
ORDER = TEXT.split()

# A Formula checks itself when a scene is read; its parser raises what settings define.
UPWARD = {("settings", "formula")}

HEAVY = ("matplotlib", "av", "imageio", "PIL", "sklearn")
DRAWS = ("pen", "stage", "film", "themes", "panels")
WRITES = ("formats",)


def part(file: Path) -> str:
    """The module of ORDER that a file belongs to."""
    relative = file.relative_to(ROOT)
    return relative.parts[0] if len(relative.parts) > 1 else relative.stem


def imports(tree: ast.AST) -> Iterator[str]:
    """The full names that are imported anywhere in a tree."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from (f"{node.module}.{name.name}" for name in node.names)


def at_top(tree: ast.Module) -> Iterator[str]:
    """The full names that are imported when the module is."""
    for node in tree.body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from imports(node)


FILES = sorted(ROOT.rglob("*.py"))


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_imports_point_downward(file: Path) -> None:
    here = part(file)
    assert here in ORDER, f"give {here} a place in ORDER"
    for name in imports(ast.parse(file.read_text())):
        words = name.split(".")
        if words[0] != "optanim" or words[1] in (here, "__version__"):
            continue
        assert words[1] in ORDER, f"give {words[1]} a place in ORDER"
        if (here, words[1]) not in UPWARD:
            assert ORDER.index(words[1]) < ORDER.index(here), f"{here} imports {words[1]}, which is above it"


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_heavy_modules_are_imported_where_they_are_used(file: Path) -> None:
    tops = {name.split(".")[0] for name in at_top(ast.parse(file.read_text()))}
    allowed = HEAVY if part(file) in (*DRAWS, *WRITES) else ()
    assert not tops & set(HEAVY) - set(allowed)
    if part(file) not in DRAWS:
        assert "matplotlib" not in tops
    if part(file) not in WRITES:
        assert not tops & {"av", "imageio"}


@pytest.mark.parametrize(
    ("module", "absent"),
    [
        ("optanim.errors", ("numpy", "matplotlib", "yaml")),
        ("optanim.kinds", ("numpy", "matplotlib", "yaml", "PIL")),
        ("optanim.scene", ("numpy", "matplotlib", "yaml", "PIL")),
        ("optanim.cli", ("numpy", "matplotlib", "yaml", "PIL")),
        ("optanim.reader", ("matplotlib", "av", "imageio")),
        ("optanim.prepare", ("matplotlib", "av", "imageio")),
        ("optanim.simulate", ("matplotlib", "av", "imageio")),
    ],
)
def test_what_a_module_does_not_load(module: str, absent: tuple[str, ...]) -> None:
    code = f"import sys, {module}; print(*(name for name in {absent!r} if name in sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT.parent)
    assert result.stderr == ""
    assert result.stdout.strip() == ""
