"""A page of scenes as one HTML file: what stands on it; all words of a scene are a stranger's."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from importlib import resources
from urllib.parse import quote

COLUMN = 800  # pixels of the page that a picture takes at most
# To the web, or to a file of the same site: what has no scheme, and is no other host's.
LINK = re.compile(r"\[([^\]`]+)\]\(((?:https?://|(?![/\\]{2})(?![^/?#)]*[:\\]))[^\s)`]+)\)")
# A valley and what rolls into it. The slashes are written so that it is no address elsewhere.
ICON = "data:image/svg+xml," + quote(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" '
    'fill="#1f5fd6"/><path d="M5 8q11 35 22 0" fill="none" stroke="#fff" stroke-width="3.5" '
    'stroke-linecap="round"/><circle cx="16" cy="14" r="4" fill="#ffc85c"/></svg>',
    safe="",
)

Named = tuple[tuple[str, str], ...]  # things by name and by title


@dataclass(frozen=True)
class Item:
    """What the page shows of one scene: its words, its text, and its pictures by theme.

    `pictures` maps `light` and `dark` to the files of the still and, of a scene that moves, of the film, as
    paths from the page. `width` and `height` are those of the still in pixels.
    """

    name: str
    title: str
    caption: str
    alt: str
    text: str
    file: str
    width: int
    height: int
    pictures: dict[str, dict[str, str]]
    optimizers: Named
    landscapes: Named

    @property
    def moves(self) -> bool:
        return "film" in self.pictures["light"]


@dataclass(frozen=True)
class Chapter:
    """A heading, words below it, and the scenes that it holds: by name, with `*` for any letters."""

    heading: str = ""
    words: str = ""
    patterns: tuple[str, ...] = ()


def page(
    title: str, parts: Sequence[tuple[Chapter, Sequence[Item]]], version: str, url: str = ""
) -> Iterator[str]:
    """The page, in parts. It stands alone: styles and script are in it, and nothing else may be loaded.

    The first of the `parts` is the head of the page. `url` is that of the folder in which the page stands.
    """
    style, script = _asset("gallery.css"), _asset("gallery.js")
    ids = _Ids(("scenes",))
    (lead, first), *chapters = parts
    held = [(chapter, items, ids.of(f"chapter-{chapter.heading}")) for chapter, items in chapters if items]
    everything = [*first, *(item for _, items, _ in held for item in items)]
    places = {item.name: ids.of(item.name) for item in everything}
    yield _head(title, lead.words, style, script, _card(url, everything))
    yield "<body>\n" + '<a class="skip" href="#scenes">To the scenes</a>\n'
    yield f"<header>\n<h1>{_text(title)}</h1>\n"
    yield from (f"<p>{_prose(part)}</p>\n" for part in _paragraphs(lead.words))
    yield "</header>\n"
    yield _filter(everything)
    yield '<main id="scenes" tabindex="-1">\n'
    yield '<div class="none" hidden><p>No scene has all of these.</p><p><button type="button">'
    yield "Show all scenes</button></p></div>\n"
    if first:
        yield '<section class="lead">\n'
        yield from (_article(item, places[item.name], "h2", i == 0) for i, item in enumerate(first))
        yield "</section>\n"
    if len(held) > 1:
        links = "".join(
            f'<li><a href="#{quote(place)}">{_text(chapter.heading)} '
            f'<span class="quiet">{len(items)}</span></a></li>\n'
            for chapter, items, place in held
        )
        yield f'<nav aria-label="Chapters">\n<ul>\n{links}</ul>\n</nav>\n'
    for chapter, items, place in held:
        yield f'<section aria-labelledby="{escape(place)}">\n' if chapter.heading else "<section>\n"
        if chapter.heading:
            yield f'<h2 id="{escape(place)}"><a href="#{quote(place)}">{_text(chapter.heading)}</a></h2>\n'
        yield from (f"<p>{_prose(part)}</p>\n" for part in _paragraphs(chapter.words))
        level = "h3" if chapter.heading else "h2"
        yield from (_article(item, places[item.name], level, item is everything[0]) for item in items)
        yield "</section>\n"
    yield "</main>\n"
    yield '<p class="status unseen" role="status"></p>\n'
    yield (
        f"<footer><p>Drawn by optanim {_text(version)}. To draw a scene yourself, save its text as "
        "<code>scene.yaml</code> and say <code>optanim render scene.yaml</code>.</p></footer>\n"
    )
    yield f"<script>{script}</script>\n</body>\n</html>\n"


def _card(url: str, items: Sequence[Item]) -> str:
    """What shows a link to the page as a card needs for its picture, which has to be a whole address."""
    if not url or not items:
        return ""
    folder = url.removesuffix("index.html").removesuffix("/") + "/"
    picture = folder + quote(items[0].pictures["light"]["still"], errors="surrogateescape")
    named = (("url", folder), ("image", picture), ("image:alt", items[0].alt))
    return "".join(f'<meta property="og:{name}" content="{_text(value)}">\n' for name, value in named) + (
        f'<meta name="twitter:card" content="summary_large_image">\n'
        f'<link rel="canonical" href="{_text(folder)}">\n'
    )


def _head(title: str, words: str, style: str, script: str, card: str) -> str:
    # Whatever a scene says, no other script runs and nothing is fetched from elsewhere.
    policy = (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "img-src 'self' file: data:; media-src 'self' file:; base-uri 'none'; form-action 'none'"
    )
    about = " ".join(re.sub(r"`", "", LINK.sub(r"\1", words)).split())
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="color-scheme" content="light dark">\n'
        '<meta name="theme-color" content="#ffffff" media="(prefers-color-scheme: light)">\n'
        '<meta name="theme-color" content="#10141b" media="(prefers-color-scheme: dark)">\n'
        + (f'<meta name="description" property="og:description" content="{_text(about)}">\n' if about else "")
        + f'<meta property="og:title" content="{_text(title)}">\n'
        + '<meta property="og:type" content="website">\n'
        + f"{card}<title>{_text(title)}</title>\n"
        + f'<link rel="icon" href="{ICON}">\n<style>{style}</style>\n</head>\n'
    )


def _filter(items: Sequence[Item]) -> str:
    """The bar that filters, which the script shows, as it does nothing without it."""
    selects = "".join(
        f'<label><span class="unseen">{label}</span><select name="{name}">\n'
        f'<option value="">{everything}</option>\n{_options(things)}</select></label>\n'
        for label, name, everything, things in (
            ("Optimizer", "optimizer", "All optimizers", [item.optimizers for item in items]),
            ("Landscape", "landscape", "All landscapes", [item.landscapes for item in items]),
        )
    )
    return (
        '<form class="filter" role="search" hidden>\n<div>\n'
        '<label class="words"><span class="unseen">Search</span>'
        '<input type="search" name="q" placeholder="Search titles and scenes" autocomplete="off" '
        f'spellcheck="false"></label>\n{selects}'
        f'<output aria-live="polite">{len(items)} scenes</output>\n'
        '<button type="button" class="play all"><span>Pause all</span></button>\n'
        "</div>\n</form>\n"
    )


def _options(things: Iterable[Named]) -> str:
    found = {name: title for named in things for name, title in named}
    ordered = sorted(found.items(), key=lambda pair: pair[1].casefold())
    return "".join(f'<option value="{_text(name)}">{_text(title)}</option>\n' for name, title in ordered)


def _article(item: Item, place: str, level: str, first: bool) -> str:
    """A scene with its title in a heading of this level; the first on the page is seen at once."""
    optimizers, landscapes = (" ".join(n for n, _ in named) for named in (item.optimizers, item.landscapes))
    caption = f'<p class="caption" dir="auto">{_text(item.caption)}</p>\n' if item.caption else ""
    return (
        f'<article id="{escape(place)}" data-optimizers="{_text(optimizers)}" '
        f'data-landscapes="{_text(landscapes)}">\n'
        f'<div class="label">\n<{level} dir="auto"><a href="#{quote(place)}">{_text(item.title)}</a>'
        f"</{level}>\n{caption}</div>\n{_figure(item, first)}"
        f'<div class="text"><div class="scene"><div><span>{_text(item.file)}</span>'
        f'<button type="button" class="copy" hidden aria-label="Copy {_text(item.file)}">Copy</button></div>'
        f'<pre tabindex="0" role="group" aria-label="{_text(item.file)}" translate="no"><code>'
        f"{_coloured(item.text)}</code></pre></div></div>\n</article>\n"
    )


def _figure(item: Item, first: bool) -> str:
    """The still, which needs no script, and what plays the film on it."""
    light, dark = item.pictures["light"], item.pictures["dark"]
    height = round(COLUMN * item.height / item.width)
    loading = 'fetchpriority="high"' if first else 'loading="lazy"'
    screen = (
        f'<div class="screen"><picture><source media="(prefers-color-scheme: dark)" '
        f'srcset="{_url(dark["still"])}"><img src="{_url(light["still"])}" alt="{_text(item.alt)}" '
        f'width="{COLUMN}" height="{height}" {loading} decoding="async"></picture></div>\n'
    )
    files = "".join(
        f'<a class="{kind} {time}" href="{_url(pictures[kind])}">{word}</a>\n'
        for kind, word in (("film", "MP4"), ("still", "PNG"))
        for time, pictures in (("day", light), ("night", dark))
        if kind in pictures
    )
    title = _text(item.title)
    play = (
        f'<button type="button" class="play" hidden><span>Play</span> <span class="unseen">{title}</span>'
        f'</button>\n<input type="range" max="1000" value="1000" hidden aria-label="Time in {title}">\n'
        if item.moves
        else ""
    )
    return (
        f'<figure class="{"moves" if item.moves else "rests"}">\n{screen}'
        f'<div class="controls">\n{play}<span class="files">\n{files}</span>\n</div>\n</figure>\n'
    )


# Words in quotes, comments, keys and numbers; the rest is as it is.
_TOKENS = re.compile(
    r"""(?P<s>"(?:[^"\\\n]|\\.)*"|(?<![\w])'(?:[^'\n]|'')*'(?![\w]))"""
    r"""|(?P<c>(?:(?<=\s)|^)\#[^\n]*)"""
    r"""|(?P<k>(?:(?<=[\s{\[,])|^)[A-Za-z_]\w*(?=:(?:\s|$)))"""
    r"""|(?P<n>(?:(?<=[:,-][ ])|(?<=\[))-?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?(?=[,\]}]|\s*$))""",
    re.MULTILINE,
)


def _coloured(text: str) -> str:
    """YAML in HTML, whose text is the YAML to the letter."""
    parts, at = [], 0
    for match in _TOKENS.finditer(text):
        parts.append(_text(text[at : match.start()]))
        parts.append(f'<i class="{match.lastgroup}">{_text(match[0])}</i>')
        at = match.end()
    return "".join([*parts, _text(text[at:])])


def _paragraphs(words: str) -> list[str]:
    return [part for part in re.split(r"\n\s*\n", words.strip()) if part]


def _prose(text: str) -> str:
    """Words with `code` and [links](https://…), also to files beside the page, in them."""
    parts = re.split(r"`([^`]+)`", _text(" ".join(text.split())))
    parts[::2] = [LINK.sub(r'<a href="\2">\1</a>', part) for part in parts[::2]]
    parts[1::2] = [f"<code>{part}</code>" for part in parts[1::2]]
    return "".join(parts)


def _text(text: str) -> str:
    """Text as it may stand between tags and in quoted attributes, whatever it holds."""
    # Half of a surrogate pair cannot be encoded, and HTML has no way to say other control characters.
    legal = re.sub(r"[\ud800-\udfff\x00-\x08\x0b\x0c\x0e-\x1f]", "\ufffd", text)
    return escape(legal, quote=True)


def _url(path: str) -> str:
    return escape(quote(path, errors="surrogateescape"))  # of a name that is not UTF-8 the bytes


def _asset(name: str) -> str:
    return "\n" + resources.files("optanim").joinpath(name).read_text(encoding="utf-8")


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


class _Ids:
    """Names for places on the page, no two alike."""

    def __init__(self, taken: Iterable[str]) -> None:
        self.taken = set(taken)

    def of(self, name: str) -> str:
        """A place named like this, in letters that an address shows as they are."""
        base = re.sub(r"[^\w.]+", "-", name, flags=re.ASCII).strip("-") or "scene"
        made, number = base, 1
        while made in self.taken:
            number += 1
            made = f"{base}-{number}"
        self.taken.add(made)
        return made
