"""Every scene in README and docs reads, and what they link to is there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from optanim.catalogue import page
from optanim.explain import KEYS
from optanim.kinds import KINDS
from optanim.measures import MEASURES
from optanim.prepare import prepare
from optanim.reader import read
from tools.pictures import FOLDER, Picture, pictures

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
SCENES = [
    pytest.param(
        block, id=f"{page.name}:{page.read_text()[: page.read_text().index(block)].count(chr(10)) + 1}"
    )
    for page in PAGES
    for block in re.findall(r"```yaml\n(.*?)```", page.read_text(), re.S)
]


PICTURES = list(pictures())


@pytest.mark.parametrize("text", SCENES)
def test_scenes_in_docs_are_without_mistakes_and_warnings(text: str) -> None:
    scene = read(text, name="docs.yaml", folder=ROOT)
    assert scene.panels
    assert not scene.warnings
    prepare(scene)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text()
    links = re.findall(r"\]\(([^)#:]+)\)", text) + re.findall(r'(?:src|srcset)="(docs/[^"]+)"', text)
    assert page.name != "README.md" or len(links) > 3
    for link in links:
        assert (page.parent / link.split(" ")[0]).exists(), link
    headings = [re.sub(r"[^\w -]", "", line).lower() for line in re.findall(r"^#+ (.+)$", text, re.M)]
    anchors = {heading.replace(" ", "-") for heading in headings} | set(re.findall(r'<a id="([^"]+)"', text))
    assert set(re.findall(r"\]\(#([^)]+)\)", text)) <= anchors


def test_the_first_scene_of_the_readme_is_the_one_that_made_its_picture() -> None:
    text = re.findall(r"```yaml\n(.*?)```", PAGES[0].read_text(), re.S)[0]
    assert (ROOT / "scenes" / "beale.yaml").read_text() == text


@pytest.mark.parametrize("made", PICTURES, ids=lambda made: made.file.name)
def test_a_picture_is_of_the_scene_beside_it(made: Picture) -> None:
    # `make pictures` draws it anew.
    from PIL import Image

    with Image.open(made.file) as picture:
        comment = picture.info["comment" if made.file.suffix == ".gif" else "Comment"]
    assert (comment.decode() if isinstance(comment, bytes) else comment) == made.text


def test_every_picture_is_shown_and_all_are_small() -> None:
    files = [file for file in FOLDER.iterdir() if not file.name.startswith(".")]
    assert {file.name for file in files} == {made.file.name for made in PICTURES}
    shown = [name for page in PAGES for name in re.findall(r"figures/([\w-]+\.\w+)", page.read_text())]
    assert {made.file.name for made in PICTURES} == set(shown)
    assert sum(file.stat().st_size for file in files if not file.name.startswith("beale")) < 2_400_000


def test_the_table_of_keys_has_all_keys() -> None:
    text = (ROOT / "docs" / "scenes.md").read_text()
    table = text.split("## Keys of a scene")[1].split("## ")[0]
    assert re.findall(r"^\| `(\w+)` \|", table, re.M) == list(KEYS)


def test_every_panel_curve_mark_and_dataset_is_told_of() -> None:
    panels, landscapes = ((ROOT / "docs" / f"{name}.md").read_text() for name in ("panels", "landscapes"))
    for name in KINDS["panel"]:
        assert f"\n| [`{name}`](#" in panels, name
        assert re.search(rf"```yaml\n(?:(?!```).*\n)*panels:(?:(?!```).*\n)*?.*\b{name}\b", panels), name
    assert all(f"\n| `{name}` |" in panels for name in MEASURES)
    assert all(f"`{name}`" in panels for name in KINDS["mark"])
    assert all(f"\n| `{name}` |" in landscapes for name in KINDS["dataset"])


def test_as_many_figures_are_redrawn_as_is_said() -> None:
    count = len(list((ROOT / "scenes").glob("s[123]_*.yaml")))
    assert f"[{count} figures](docs/figures-of-the-sources.md)" in PAGES[0].read_text()
    assert f"All {count} are here" in (ROOT / "docs" / "figures-of-the-sources.md").read_text()


def test_make_has_the_targets_that_are_named() -> None:
    makefile = (ROOT / "Makefile").read_text()
    named = {name for page in PAGES for name in re.findall(r"(?:`|^)make ([a-z-]+)", page.read_text(), re.M)}
    assert {"install", "figures", "pictures"} <= named
    for name in named:
        assert re.search(rf"^{name}:", makefile, re.M), name


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
