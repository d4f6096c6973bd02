"""The page of scenes: what stands on it, what is drawn for it, and what is left alone."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from fnmatch import fnmatchcase
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image

from optanim import gallery, reader
from optanim.errors import UserError
from optanim.gallery import MANIFEST, PAGE, Gallery, chapters
from optanim.jobs import Result
from optanim.page import Chapter
from tests.test_cli import Run, run

__all__ = ["run"]  # a fixture

HEAD = "size: 240x160\nseconds: 0.2\nhold: 0\nfps: 10\nsteps: 5\nlr: 0.001\n"
HOSTILE = """</code></pre><script>alert(1)</script><img src=x onerror="alert(2)"> & "quoted" 'single' &amp;"""
SCENES = {
    "a_plain": f"landscape: rosenbrock\noptimizers: [gd, lookahead: adam]\n{HEAD}",
    "a_still": "title: A valley\nlandscape: beale\nsize: 240x160\npanels: contour\n",
    "b hostile": f"title: '{HOSTILE.replace(chr(39), chr(39) * 2)}'\ncaption: <b>bold</b>\n"
    f"# </code> -->\nlandscape: {{formula: x**2 + y**2}}\nstart: [1, 1]\noptimizers: momentum\n{HEAD}",
    "data": f"dataset: {{csv: points.csv}}\nstart: [0, 0]\noptimizers: gd\n{HEAD}",
}
SWEPT = {
    "optimizers: gd\nsweep: {landscape: [beale, {quadratic: 5}, beale: {noise: 0.1}]}\n"
    "panels: [grid: {panel: contour, by: landscape}]\n": (["gd"], ["beale", "quadratic"]),
    "landscape: beale\nsweep: {optimizer: [gd, lookahead: adam, sam: momentum]}\n": (
        ["gd", "lookahead", "adam", "sam", "momentum"],
        ["beale"],
    ),
    "landscape: beale\noptimizers: momentum\nsweep: {momentum: [0.5, 0.9]}\n": (["momentum"], ["beale"]),
    "optimizers: sgd\nstart: [0, 0]\nsweep: {dataset: [line, csv: points.csv]}\npanels: loss\n": (
        ["sgd"],
        ["linear_regression"],
    ),
    "dataset: line\noptimizers: [sgd, adam]\nstart: [0, 0]\nsweep: {batch: [1, 4]}\npanels: loss\n": (
        ["sgd", "adam"],
        ["linear_regression"],
    ),
}
WORDS = """\
# Ways <down>

One line with `code`.

## The first & only

Words of the chapter.

- a_*
- nothing_*
"""
VOID = {"meta", "link", "img", "source", "input", "br"}


class Page(HTMLParser):
    """The elements of a page, each with its attributes, its parents and all text in it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[dict[str, object]] = []
        self.elements: list[dict[str, object]] = []
        self.feed(text)
        self.close()
        assert not self.open, "an element is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = {"tag": tag, "text": "", "within": list(self.open), **dict(attrs)}
        self.elements.append(element)
        if tag not in VOID:
            self.open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop()["tag"] == tag

    def handle_data(self, data: str) -> None:
        for element in self.open:
            element["text"] = f"{element['text']}{data}"

    def all(self, tag: str, within: dict[str, object] | None = None) -> list[dict[str, object]]:
        return [
            e
            for e in self.elements
            if e["tag"] == tag and (within is None or any(e_ is within for e_ in e["within"]))  # type: ignore[attr-defined]
        ]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, text in SCENES.items():
        (tmp_path / f"{name}.yaml").write_text(text)
    (tmp_path / "points.csv").write_text("x,y\n0,1\n1,2\n2,2\n")
    (tmp_path / "gallery.md").write_text(WORDS)
    return tmp_path


def update(folder: Path, names: list[str] | None = None, force: bool = False) -> dict[str, Result]:
    """Bring the page of these scenes up to date, and give what became of those that were drawn."""
    scenes = [str(folder / f"{name}.yaml") for name in names or SCENES]
    made = Gallery(scenes, folder / "out", force=force)
    return {Path(name).stem: result for name, result in made.update(1, lambda *_: None)}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A page of all scenes, which no test changes."""
    folder = tmp_path_factory.mktemp("scenes")
    for name, text in SCENES.items():
        (folder / f"{name}.yaml").write_text(text)
    (folder / "points.csv").write_text("x,y\n0,1\n1,2\n2,2\n")
    (folder / "gallery.md").write_text(WORDS)
    assert all(not result.code for result in update(folder).values())
    return folder / "out"


@pytest.fixture(scope="module")
def page(built: Path) -> Page:
    return Page((built / PAGE).read_text())


def test_every_scene_stands_once_with_its_text(page: Page) -> None:
    assert [a["id"] for a in page.all("article")] == ["a_plain", "a_still", "b-hostile", "data"]
    for article, (name, text) in zip(page.all("article"), SCENES.items(), strict=True):
        (code,) = page.all("code", article)
        assert code["text"] == text
        copy = next(button for button in page.all("button", article) if button["class"] == "copy")
        assert copy["aria-label"] == f"Copy {name}.yaml"
        (link,) = page.all("a", page.all("h3", article)[0])
        assert link["href"] == f"#{article['id']}"


def test_ids_are_alone_and_every_link_in_the_page_has_one(page: Page) -> None:
    ids = [e["id"] for e in page.elements if "id" in e]
    assert len(ids) == len(set(ids))
    inside = [str(a["href"])[1:] for a in page.all("a") if str(a["href"]).startswith("#")]
    assert set(inside) <= set(ids)
    assert {"chapter-The-first-only", "chapter-More"} <= set(inside)


def test_pictures_are_there_in_both_themes_and_at_rest(page: Page, built: Path) -> None:
    for article, moves in zip(page.all("article"), (True, False, True, True), strict=True):
        (image,) = page.all("img", article)
        (source,) = page.all("source", article)
        assert source["media"] == "(prefers-color-scheme: dark)"
        stills = [unquote(str(image["src"])), unquote(str(source["srcset"]))]
        assert [still.split("/")[0] for still in stills] == ["light", "dark"]
        for still in stills:
            with Image.open(built / still) as picture:
                width, height = picture.size
                assert getattr(picture, "n_frames", 1) == 1
            # The size that it takes on the page is known before it is there.
            assert abs(int(str(image["width"])) * height / width - int(str(image["height"]))) < 1
        assert image.get("loading") == (None if article is page.all("article")[0] else "lazy")
        assert image["alt"]
        links = {(str(a["class"])): unquote(str(a["href"])) for a in page.all("a", article) if "class" in a}
        films = {kind: file for kind, file in links.items() if "film" in kind}
        assert (sorted(films) == ["film day", "film night"]) is moves
        assert all((built / file).stat().st_size for file in links.values())
        (figure,) = page.all("figure", article)
        assert figure["class"] == ("moves" if moves else "rests")
        # Without a script nothing moves, and no control is there that does nothing.
        assert not page.all("video")
        assert all("hidden" in e for e in [*page.all("button", article), *page.all("input", article)])


def test_the_words_of_a_scene_are_words(page: Page) -> None:
    article = page.all("article")[2]
    title = HOSTILE
    assert page.all("h3", article)[0]["text"] == title
    assert str(page.all("img", article)[0]["alt"]).startswith(title)
    assert page.all("p", article)[0]["text"] == "<b>bold</b>"
    assert [e["tag"] for e in page.elements if "onerror" in e or e["tag"] == "b"] == []
    assert len(page.all("script")) == 1


def test_nothing_but_its_own_runs_or_is_fetched(page: Page, built: Path) -> None:
    text = (built / PAGE).read_text()
    for tag in ("script", "style"):
        (own,) = page.all(tag)
        found = re.search(rf"{tag}-src '(sha256-[^']+)'", text)
        assert found
        assert found[1] == f"sha256-{b64encode(hashlib.sha256(str(own['text']).encode()).digest()).decode()}"
    assert "default-src 'none'" in text
    before_script = re.sub(r"<pre.*?</pre>", "", text, flags=re.S).split("<script>")[0]
    assert not re.findall(r"https?://|//[a-z]", before_script)
    assert not [e for e in page.elements if "style" in e or any(k.startswith("on") for k in e)]


def test_filters_name_what_is_there(page: Page) -> None:
    optimizers, landscapes = page.all("select")
    named = [[str(o["value"]) for o in page.all("option", s)] for s in (optimizers, landscapes)]
    assert named[0] == ["", "adam", "gd", "lookahead", "momentum"]
    assert named[1] == ["", "beale", "formula", "linear_regression", "rosenbrock"]
    assert page.all("article")[0]["data-optimizers"] == "gd lookahead adam"
    assert page.all("article")[1]["data-landscapes"] == "beale"
    assert "hidden" in page.all("form")[0]


@pytest.mark.parametrize(("text", "named"), SWEPT.items())
def test_filters_name_what_is_swept(folder: Path, text: str, named: tuple[list[str], list[str]]) -> None:
    (folder / "swept.yaml").write_text(f"lr: 0.001\nsteps: 5\n{text}")
    scene = reader.load(folder / "swept.yaml")
    things = gallery._optimizers(scene), gallery._landscapes(scene)
    assert tuple([name for name, _ in each] for each in things) == named
    assert all(title and title != name for each in things for name, title in each)


def test_files_of_a_sweep_are_watched(folder: Path) -> None:
    (folder / "swept.yaml").write_text(next(text for text in SWEPT if "csv" in text) + "lr: 0.1\n")
    scene = reader.load(folder / "swept.yaml")
    before = gallery.digest(scene, "")
    assert gallery.digest(scene, "") == before
    (folder / "points.csv").write_text("x,y\n0,1\n1,2\n2,3\n")
    assert gallery.digest(scene, "") != before


def test_the_first_scenes_stand_at_the_head(folder: Path) -> None:
    words = "# T\n\n- data\n\n## The first\n\n- a_*\n- data\n"
    (folder / "gallery.md").write_text(words)
    update(folder, ["a_still", "data"])
    page = Page((folder / "out" / PAGE).read_text())
    lead, chapter = page.all("section")
    assert [a["id"] for a in page.all("article", lead)] == ["data"]
    assert [a["id"] for a in page.all("article", chapter)] == ["a_still"]
    assert not page.all("nav")  # of one chapter


def test_words_and_chapters_stand_above_the_scenes(page: Page) -> None:
    assert page.all("h1")[0]["text"] == "Ways <down>"
    assert page.all("title")[0]["text"] == "Ways <down>"
    assert page.all("p", page.all("header")[0])[0]["text"] == "One line with code."
    assert [h["text"] for h in page.all("h2")] == ["The first & only", "More"]
    first = page.all("section")[0]
    assert len(page.all("article", first)) == 2
    assert page.all("p", first)[0]["text"] == "Words of the chapter."


def test_every_scene_of_ours_has_its_chapter() -> None:
    folder = Path(__file__).parent.parent / "scenes"
    _, lead, found = chapters(folder / "gallery.md")
    patterns = [pattern for chapter in (lead, *found) for pattern in chapter.patterns]
    names = [file.stem for file in folder.glob("*.yaml")]
    assert [name for name in names if not any(fnmatchcase(name, p) for p in patterns)] == []
    assert [p for p in patterns if not any(fnmatchcase(name, p) for name in names)] == []


def test_only_what_has_changed_is_drawn(folder: Path) -> None:
    assert set(update(folder)) == set(SCENES)
    assert update(folder) == {}
    for change, drawn in [
        (lambda: (folder / "points.csv").write_text("x,y\n0,1\n1,2\n2,3\n"), {"data"}),
        (lambda: (folder / "a_plain.yaml").write_text(SCENES["a_plain"] + "title: New\n"), {"a_plain"}),
        (lambda: (folder / "out/dark/a_still.png").unlink(), {"a_still"}),
        (lambda: (folder / "out/light/data.mp4").write_bytes(b""), {"data"}),
        (lambda: (folder / "out" / MANIFEST).write_text('{"a_still": 3}'), set(SCENES)),
        (lambda: (folder / "out" / MANIFEST).write_text("[" * 100_000), set(SCENES)),
        (lambda: (folder / "gallery.md").write_text("# Other words\n"), set()),
    ]:
        change()
        assert set(update(folder)) == drawn
    assert ">Other words</h1>" in (folder / "out" / PAGE).read_text()
    assert ">New</a></h3>" in (folder / "out" / PAGE).read_text()
    assert set(update(folder, ["a_still"], force=True)) == {"a_still"}


def test_other_code_draws_anew(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    update(folder, ["a_still"])
    monkeypatch.setattr(gallery, "code_digest", lambda: "another version")
    assert set(update(folder, ["a_still"])) == {"a_still"}


def test_what_is_no_longer_shown_is_removed_and_nothing_else(folder: Path) -> None:
    update(folder, ["a_plain", "a_still"])
    (folder / "out/light/mine.png").write_bytes(b"mine")
    update(folder, ["a_still"])
    files = {path.name for path in (folder / "out/light").iterdir()}
    assert files == {"a_still.png", "mine.png"}
    # Nor does a record that somebody wrote lead out of the folder.
    found = json.loads((folder / "out" / MANIFEST).read_text())
    bad = {**found["a_still"], "files": {"light/../../points.csv": 1, "dark/x.png": 1}}
    (folder / "out" / MANIFEST).write_text(json.dumps({**found, "../points": bad, "x": bad}))
    update(folder, ["a_still"])
    assert (folder / "points.csv").exists()


def test_a_scene_that_fails_leaves_the_page_as_it_was(run: Run) -> None:
    Path("small.yaml").write_text(SCENES["a_plain"])
    code, out, err = run("gallery", "small.yaml", "-o", "g", "--jobs", "1")
    assert (code, err) == (0, "")
    assert out.splitlines()[0].startswith("g/light/small.png  still, ")
    assert re.fullmatch(r"g/index.html  1 scene, 1 drawn, \d+ kB with all pictures", out.splitlines()[-1])
    before = (Path("g") / PAGE).read_bytes()
    Path("other.yaml").write_text(SCENES["a_still"])
    Path("late.yaml").write_text("dataset: {csv: no.csv}\noptimizers: gd\nstart: [0, 0]\nlr: 0.1\n")
    code, out, err = run("gallery", "small.yaml", "broken.yaml", "late.yaml", "other.yaml", "-o", "g")
    assert code == 2
    assert "broken.yaml:1:12: unknown landscape 'rosenbrok'" in err
    assert "late.yaml:1:16: 'no.csv': no such file" in err
    assert err.splitlines()[-1] == "error: g/index.html is not written: 2 of 4 scenes failed"
    assert (Path("g") / PAGE).read_bytes() == before
    assert not [path for path in Path("g").rglob("*") if "part" in path.name]
    # What was drawn is not drawn again.
    code, out, err = run("gallery", "small.yaml", "other.yaml", "-o", "g")
    assert (code, err) == (0, "")
    assert out.startswith("g/index.html  2 scenes, 0 drawn, ")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["gallery"], "scenes: no such"),
        (["gallery", "small.yaml", "-o", "plain"], "plain is not a folder"),
        (["gallery", "small.yaml", "x/Small.yaml"], "would have the same pictures"),
        (["gallery", "empty"], "empty: no scenes in this folder"),
        (["gallery", "small.yaml", "--url", "example.org"], "begins with https://"),
        (["gallery", "long.yaml"], "long.yaml:4:10: fps × (seconds + hold) is "),
    ],
)
def test_mistakes(run: Run, words: list[str], said: str) -> None:
    Path("empty").mkdir()
    Path("plain").touch()
    # The scene's own output moves nothing, and so its time was no matter until now.
    Path("long.yaml").write_text("landscape: beale\noptimizers: gd\noutput: png\nseconds: 1e6\nlr: 1e-4\n")
    code, _, err = run(*words)
    assert code == 2
    assert said in err


def test_chapters_of_a_file_and_without_one(tmp_path: Path) -> None:
    file = tmp_path / "gallery.md"
    assert chapters(file) == ("A gallery of optimizers", Chapter(), [])
    file.write_text("# T\nwords\n- c\n## A\n- `a_*`\n* b\n## B\nwords\n")
    title, lead, found = chapters(file)
    assert (title, lead) == ("T", Chapter("", "words\n", ("c",)))
    assert found == [Chapter("A", "", ("a_*", "b")), Chapter("B", "words\n")]
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "coffee.yaml").touch()
    file.write_text("# T\n- b\n\n## A\n- `coffe`\n- none_*\n- coffee\n- of words.\n")
    with pytest.raises(UserError) as caught:
        chapters(file, ["b"])
    assert str(caught.value) == (
        f"{file}:5:4: no scene 'coffe'\n  |\n5 | - `coffe`\n  |    ^^^^^ did you mean 'coffee'?\n\n"
        f"{file}:8:3: no scene 'of words.'\n  |\n8 | - of words.\n"
        "  |   ^^^^^^^^^ a list names scenes, without their .yaml"
    )
    file.write_bytes(b"\xff")
    with pytest.raises(UserError, match=r"gallery.md cannot be read"):
        chapters(file)
    assert gallery.prefixes(["x_1", "x_2", "y_1", "z"]) == [Chapter("X", "", ("x_*",))]
