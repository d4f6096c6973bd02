"""What stands on the page of scenes, made of items that no scene stands behind."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from html import unescape

import pytest

from optanim.page import ICON, Chapter, Item, _coloured, _Ids, _prose, _url, page
from tests.test_gallery import Page

ITEM = Item(
    name="a b",
    title="A & B",
    caption="",
    alt='A "valley"',
    text="landscape: beale\n",
    file="a b.yaml",
    width=1600,
    height=1000,
    pictures={theme: {"still": f"{theme}/a b.png"} for theme in ("light", "dark")},
    optimizers=(("gd", "GD"),),
    landscapes=(("beale", "Beale"),),
)


def made(lead: Chapter, *chapters: Chapter, first: int = 1, url: str = "") -> Page:
    """A page with some scenes at its head and one in each chapter."""
    parts = [(lead, [ITEM] * first), *((chapter, [replace(ITEM, name="c")]) for chapter in chapters)]
    return Page("".join(page("Title", parts, "1.2.3", url)))


def said(found: Page) -> dict[str, object]:
    """What the head of a page says of it, by name."""
    return {str(m.get("property") or m.get("name")): m.get("content") for m in found.all("meta")}


@pytest.mark.parametrize(
    ("first", "headings", "levels"),
    [
        (1, ["A", "B"], "h1 h2 h2 h3 h2 h3"),
        (1, [""], "h1 h2 h2"),
        (0, ["A"], "h1 h2 h3"),
        (0, ["", "A"], "h1 h2 h2 h3"),
    ],
)
def test_headings_go_down_one_level_at_a_time(first: int, headings: list[str], levels: str) -> None:
    found = made(Chapter(), *map(Chapter, headings), first=first)
    assert " ".join(str(e["tag"]) for e in found.elements if re.fullmatch(r"h\d", str(e["tag"]))) == levels


def test_only_the_first_picture_is_fetched_before_it_is_seen() -> None:
    for first in (0, 2):
        found = made(Chapter(), Chapter("A"), Chapter("B"), first=first).all("img")
        asked = [(image.get("loading"), image.get("fetchpriority")) for image in found]
        assert asked == [(None, "high")] + [("lazy", None)] * (first + 1)


def test_chapters_are_listed_below_the_head() -> None:
    found = made(Chapter("", "Words."), Chapter("A"), Chapter("B"))
    tags = [(e["tag"], e.get("class")) for e in found.elements if e["tag"] in ("section", "nav")]
    assert tags == [("section", "lead"), ("nav", None), ("section", None), ("section", None)]
    assert [a["text"] for a in found.all("a", found.all("nav")[0])] == ["A 1", "B 1"]


@pytest.mark.parametrize("url", ["https://a.b/c", "https://a.b/c/", "https://a.b/c/index.html"])
def test_a_card_has_whole_addresses(url: str) -> None:
    metas = said(made(Chapter(), url=url))
    assert metas["og:url"] == "https://a.b/c/"
    assert metas["og:image"] == "https://a.b/c/light/a%20b.png"
    assert metas["og:image:alt"] == ITEM.alt
    assert metas["og:title"] == "Title"


def test_without_an_address_there_is_none() -> None:
    found = made(Chapter("", "Some `words` and [a link](https://a.b)."))
    metas = said(found)
    assert not {"og:url", "og:image", "twitter:card"} & set(metas)
    assert metas["og:description"] == "Some words and a link."
    assert "//" not in ICON


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a  `b`\nc", "a <code>b</code> c"),
        ("[a <b>](https://x.y/?a&b)", '<a href="https://x.y/?a&amp;b">a &lt;b&gt;</a>'),
        ("[a](javascript:alert(1))", "[a](javascript:alert(1))"),
        ('[a](https://x.y/"onclick=1)', '<a href="https://x.y/&quot;onclick=1">a</a>'),
        ("`[a](https://x.y)`", "<code>[a](https://x.y)</code>"),
        ("[a](notes.html)", '<a href="notes.html">a</a>'),
        ("[a](../b/c%20d.pdf?x=1#part:2)", '<a href="../b/c%20d.pdf?x=1#part:2">a</a>'),
        ("[a](#chapter-Networks)", '<a href="#chapter-Networks">a</a>'),
        ("[a](//x.y/b)", "[a](//x.y/b)"),
        ("[a](\\\\x.y)", "[a](\\\\x.y)"),
        ("[a](/\\x.y)", "[a](/\\x.y)"),
        ("[a](JaVaScRiPt:b)", "[a](JaVaScRiPt:b)"),
        ("[a](data:text/html,b)", "[a](data:text/html,b)"),
        ("[a](javascript&colon;b)", '<a href="javascript&amp;colon;b">a</a>'),
    ],
)
def test_words_have_code_and_links(text: str, html: str) -> None:
    assert _prose(text) == html


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("start: [-10, 1e-3]", ["-10", "1e-3"]),
        ("view: [[1, .5], [2, -3]]", ["1", ".5", "2", "-3"]),
        ("a: {b: 5, c: -6}", ["5", "-6"]),
        ("- 3\n- 4", ["3", "4"]),
        ("title: at learning rate 1", []),
        ("formula: x**2 - 3*y", []),
    ],
)
def test_numbers_are_coloured(text: str, numbers: list[str]) -> None:
    html = _coloured(text)
    assert re.findall(r'<i class="n">(.*?)</i>', html) == numbers
    assert unescape(re.sub(r"<.*?>", "", html)) == text


def test_a_name_that_is_not_utf8_is_linked_by_its_bytes() -> None:
    assert _url(os.fsdecode(b"light/b\xff &.png")) == "light/b%FF%20%26.png"


def test_where_names_are_alike_places_are_not() -> None:
    ids = _Ids(["scenes"])
    assert [ids.of(name) for name in ("a b", "a-b", "scenes", "é", "ü")] == [
        "a-b",
        "a-b-2",
        "scenes-2",
        "scene",
        "scene-2",
    ]
