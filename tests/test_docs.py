"""Every scene in README and docs reads, and what they link to is there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from optanim.catalogue import page
from optanim.reader import read

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SCENES = [
    pytest.param(
        block, id=f"{page.name}:{page.read_text()[: page.read_text().index(block)].count(chr(10)) + 1}"
    )
    for page in PAGES
    for block in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.S)
]


@pytest.mark.parametrize("text", SCENES)
def test_scenes_in_docs_read(text: str) -> None:
    assert read(text, name="docs.yaml", folder=ROOT).panels


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text()
    links = re.findall(r"\]\(([^)#:]+)\)", text) + re.findall(r'(?:src|srcset)="(docs/[^"]+)"', text)
    assert page.name != "README.md" or len(links) > 3
    for link in links:
        assert (page.parent / link).exists(), link


def test_the_first_scene_of_the_readme_is_the_one_that_made_its_picture() -> None:
    from PIL import Image

    text = re.findall(r"```yaml\n(.*?)```", PAGES[0].read_text(), re.S)[0]
    assert (ROOT / "scenes" / "beale.yaml").read_text() == text
    for name in ("beale.gif", "beale-dark.gif"):
        with Image.open(ROOT / "docs" / "figures" / name) as picture:
            assert picture.info["comment"].decode() == text


def test_the_page_of_optimizers_is_what_the_rules_say() -> None:
    # `make docs` writes it anew.
    assert (ROOT / "docs" / "optimizers.md").read_text() == page()


def test_a_rule_of_ones_own_as_the_readme_registers_it(tmp_path: Path) -> None:
    blocks = re.findall(r"```python\n(.*?)```", PAGES[0].read_text(), re.S)
    code = next(block for block in blocks if "@optimizer" in block)
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.rglob("*.gif")) or list(tmp_path.rglob("*.png"))
