"""A static page of scenes: which pictures it needs, which are there already, and how it is put together."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from optanim import __version__, formats, reader
from optanim.doubts import doubts
from optanim.errors import Mistake, Place, Source, UserError
from optanim.jobs import Result, each
from optanim.kinds import format_, landscape, optimizer
from optanim.outputs import beyond
from optanim.page import COLUMN, Chapter, Item, Named, page
from optanim.render import Job, Progress, Written, write
from optanim.scene import Limits, Output, Scene, Thing
from optanim.settings import closest
from optanim.simulate import simulate
from optanim.yaml_nodes import shown

PAGE, MANIFEST, CHAPTERS = "index.html", "gallery.json", "gallery.md"
THEMES = ("light", "dark")
SHARP = 2  # pixels of a picture for one of the page, along each side
FILM = {"crf": 20}  # of H.264; at twice the pixels it need not be finer
HEADING = re.compile(r"(#{1,2})\s+(.+)")
PATTERN = re.compile(r"[-*]\s+`?([^`]+?)`?\s*")


@dataclass(frozen=True)
class Made:
    """The pictures of a scene as they were made: from what, and what is said of them.

    `digest` stands for everything that they depend on; `files` are the sizes in bytes by the path from
    the page.
    """

    digest: str
    title: str
    alt: str
    width: int
    height: int
    files: dict[str, int]


@dataclass
class Gallery:
    """A page of scenes in a folder, which `update` brings up to date.

    `scenes` are files; those in which `load` finds mistakes come up in `update` with the others.
    Raises UserError where two scenes have one name, or the chapters are not as they should be.
    """

    scenes: Sequence[str]
    out: Path
    limits: Limits = field(default_factory=Limits)
    force: bool = False
    url: str = ""  # where the folder will stand, for what shows a link as a card
    bytes: int = 0  # of the page and all of its pictures, when it is written
    _loaded: dict[str, Scene] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.out.exists() and not self.out.is_dir():
            raise UserError(Mistake(f"{self.out} is not a folder", hint="give a folder for the page"))
        names: dict[str, str] = {}
        for path in self.scenes:
            # Not every system tells names apart by their case.
            first = names.setdefault(Path(path).stem.casefold(), path)
            if first != path:
                raise UserError(
                    Mistake(
                        f"{first} and {path} would have the same pictures",
                        hint="rename one, or make two pages in two folders",
                    )
                )
        source = Path(self.scenes[0]).parent / CHAPTERS if self.scenes else Path(CHAPTERS)
        self.title, self.lead, self.chapters = chapters(source, [Path(path).stem for path in self.scenes])

    def update(self, workers: int, progress: Progress) -> Iterator[tuple[str, Result]]:
        """Draw what is not there as it would be drawn, yield each scene's name and result, write the page.

        Where a scene fails, the others are drawn and the page stays as it was.
        """
        made = self._read()
        before = {name: old.files for name, old in made.items()}
        tasks, digests, failed = [], {}, False
        code = code_digest()
        for path in self.scenes:
            try:
                scene = reader.load(path, limits=self.limits)
            except UserError as error:
                failed = True
                yield path, Result(error=str(error), code=2)
                continue
            self._loaded[scene.name] = scene
            digests[scene.name] = digest(scene, code)
            if self.force or not self._stands(made.get(scene.name), digests[scene.name]):
                tasks.append({"scene": path, "out": str(self.out), "limits": self.limits})
        try:
            for path, result in each(tasks, workers, progress, make=draw) if tasks else ():
                failed = failed or bool(result.code)
                if result.written:
                    name = Path(path).stem
                    made[name] = _made(result.written, digests[name], self.out)
                yield path, result
        finally:  # what was drawn need not be drawn again, whatever happened to the others
            if tasks:
                self._write(MANIFEST, [json.dumps({n: asdict(m) for n, m in sorted(made.items())}, indent=1)])
        if failed:
            return
        made = {name: made[name] for name in self._loaded}
        self._write(PAGE, page(self.title, self._held(made), __version__, self.url))
        self._write(MANIFEST, [json.dumps({n: asdict(m) for n, m in sorted(made.items())}, indent=1)])
        files = {file: count for one in made.values() for file, count in one.files.items()}
        for file in {file for old in before.values() for file in old} - set(files):
            formats.remove(self.out / file)
        self.bytes = sum(files.values()) + (self.out / PAGE).stat().st_size

    def _held(self, made: dict[str, Made]) -> list[tuple[Chapter, list[Item]]]:
        """The head of the page and the chapters, with their scenes; a scene stands in the first it fits."""
        names = list(made)
        held: list[tuple[Chapter, list[Item]]] = []
        for chapter in (self.lead, *(self.chapters or prefixes(names))):
            fitting = [n for pattern in chapter.patterns for n in names if fnmatchcase(n, pattern)]
            mine = list(dict.fromkeys(fitting))
            names = [name for name in names if name not in mine]
            held.append((chapter, [self._item(name, made[name]) for name in mine]))
        rest = Chapter("More" if len(held) > 1 else "")
        return [*held, (rest, [self._item(name, made[name]) for name in names])]

    def _item(self, name: str, made: Made) -> Item:
        scene = self._loaded[name]
        pictures: dict[str, dict[str, str]] = {theme: {} for theme in THEMES}
        for file in made.files:
            kind = "still" if file.endswith(".png") else "film"
            pictures[file.split("/")[0]][kind] = file
        return Item(
            name=name,
            title=made.title,
            caption=scene.caption or "",
            alt=made.alt,
            text=scene.source.text,
            file=Path(scene.source.name).name,
            width=made.width,
            height=made.height,
            pictures=pictures,
            optimizers=_optimizers(scene),
            landscapes=_landscapes(scene),
        )

    def _read(self) -> dict[str, Made]:
        """What an earlier time made; nothing where there is no telling, and then all is made anew."""
        try:
            found = json.loads((self.out / MANIFEST).read_text(encoding="utf-8"))
            made = {str(name): Made(**values) for name, values in found.items()}
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, TypeError, AttributeError, RecursionError):
            return {}
        return {name: one for name, one in made.items() if _sound(name, one)}

    def _stands(self, made: Made | None, digest: str) -> bool:
        """Whether pictures are still as they were made, and would be made so again."""
        if made is None or made.digest != digest:
            return False
        files = [(self.out / file, count) for file, count in made.files.items()]
        return all(path.is_file() and path.stat().st_size == count for path, count in files)

    def _write(self, name: str, parts: Iterable[str]) -> None:
        with formats.placed(self.out / name) as part, part.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(parts)


def _sound(name: str, made: Made) -> bool:
    """Whether a record holds what one of ours would: files to be removed some day are named in it."""
    ours = {f"{theme}/{name}.{kind}" for theme in THEMES for kind in ("png", "mp4")}
    return (
        isinstance(made.files, dict)
        and set(made.files) <= ours
        and {f"{theme}/{name}.png" for theme in THEMES} <= set(made.files)
        and "/" not in name
        and "\\" not in name
        and all(isinstance(text, str) for text in (made.digest, made.title, made.alt))
        and all(isinstance(n, int) and n > 0 for n in (made.width, made.height, *made.files.values()))
    )


def _made(written: Sequence[Written], digest: str, out: Path) -> Made:
    first = written[0]
    files = {file.path.relative_to(out).as_posix(): file.bytes for file in written}
    return Made(digest, first.title, first.alt, first.width, first.height, files)


def draw(scene: Scene, out: str, limits: Limits, progress: Progress | None = None) -> list[Written]:
    """Draw a scene for the page, light and dark: a still of the end, and a film where something moves."""
    look = scene.look
    height = look.size.height or look.size.width
    most = math.sqrt(limits.pixels / (look.size.width * height))
    look = replace(look, scale=min(SHARP, SHARP * COLUMN / look.size.width, most))
    jobs = []
    for theme in THEMES:
        for kind, settings in (("png", {}), *([("mp4", FILM)] if scene.moves else [])):
            output = Output(Thing(kind), replace(look, theme=theme))
            wrong = next(beyond(output, limits, scene.moves), None)
            if wrong:
                names, why = wrong
                place = next((scene.places[name] for name in names if name in scene.places), None)
                raise UserError(Mistake(why.message, place, why.hint))
            path = Path(out) / theme / f"{scene.name}.{kind}"
            jobs.append(Job(path, format_[kind], output.look, settings))
    named = (lambda done, total: progress("stepping", done, total)) if progress else None
    trace = simulate(scene, named, limits=limits)
    told = tuple(map(str, doubts(trace)))
    return [replace(file, doubts=told) for file in write(trace, jobs, progress)]


# -- what pictures depend on -------------------------------------------------------------------


def code_digest() -> str:
    """What stands for the code that draws: the version, and in a clone every change."""
    from importlib.metadata import version

    root = Path(__file__).parent
    total = hashlib.sha256(__version__.encode())
    for name in ("numpy", "matplotlib", "av"):
        total.update(f"{name} {version(name)}\n".encode())
    for file in sorted(root.rglob("*.py")):
        if file.name != "page.py":
            total.update(file.relative_to(root).as_posix().encode() + b"\0" + file.read_bytes())
    return total.hexdigest()


def digest(scene: Scene, code: str) -> str:
    """What stands for everything that the pictures of a scene depend on: its text, its data, the code."""
    total = hashlib.sha256(f"{code}\0{SHARP}\0{COLUMN}\0{FILM}\0{scene.source.text}".encode())
    places = [thing for each in _worlds(scene) for thing in (each.dataset, each.landscape)]
    things = [*places, *(run.rule for run in scene.runs)]
    root = scene.folder.resolve()
    for word in sorted({word for thing in things for word in _words(thing)}):
        # Any word that is a file's name, as a setting may be one some day that is none today.
        path = (root / word).resolve() if "\0" not in word and len(word) < 256 else root
        if path.is_relative_to(root) and path.is_file():
            with path.open("rb") as file:
                total.update(word.encode() + b"\0" + hashlib.file_digest(file, "sha256").digest())
    return total.hexdigest()


def _words(value: Any) -> Iterator[str]:
    """The text in the settings of a thing, and of those inside it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Thing):
        yield from _words(tuple(value.settings.values()))
    elif isinstance(value, tuple | list):
        for inside in value:
            yield from _words(inside)


def _optimizers(scene: Scene) -> Named:
    found = dict.fromkeys(name for run in scene.runs for name in _rules(run.rule))
    return tuple((name, optimizer[name].title) for name in found)


def _rules(thing: Thing) -> Iterator[str]:
    """The rule and those that it wraps."""
    yield thing.name
    for value in thing.settings.values():
        if isinstance(value, Thing) and value.name in optimizer:
            yield from _rules(value)


def _landscapes(scene: Scene) -> Named:
    found = dict.fromkeys(each.landscape.name for each in _worlds(scene) if each.landscape is not None)
    titles = [(name, landscape[name].title) for name in found]
    return tuple((name, title[:1].upper() + title[1:]) for name, title in titles)


def _worlds(scene: Scene) -> tuple[Scene, ...]:
    """The scene, or where it sweeps landscapes, datasets or batches one scene for each."""
    return scene.worlds or (scene,)


# -- chapters ----------------------------------------------------------------------------------


def chapters(file: Path, scenes: Sequence[str] | None = None) -> tuple[str, Chapter, list[Chapter]]:
    """The page's title, what stands at its head, and its chapters, from a Markdown file beside the scenes.

    `# Title`, words and scenes for the head, and for every chapter `## Heading`, words, and a list of scenes
    by name, in which `*` stands for any letters. Without the file the title is made, and there are no
    chapters. Raises UserError for a name that is none of the `scenes`, where they are given,
    nor of those beside the file.
    """
    title, blocks = "A gallery of optimizers", [Chapter()]
    try:
        source = Source(str(file), file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return title, Chapter(), []
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(Mistake(f"{file} cannot be read: {error}")) from None
    listed: list[tuple[str, Place]] = []
    for number, line in enumerate(source.text.splitlines(), 1):
        last = blocks[-1]
        if heading := HEADING.fullmatch(line):
            if heading[1] == "#":
                title = heading[2].strip()
            else:
                blocks.append(Chapter(heading[2].strip()))
        elif pattern := PATTERN.fullmatch(line):
            blocks[-1] = replace(last, patterns=(*last.patterns, pattern[1]))
            listed.append((pattern[1], Place(source, number, pattern.start(1) + 1, len(pattern[1]))))
        else:
            blocks[-1] = replace(last, words=f"{last.words}{line}\n")
    if scenes is not None and (strangers := list(_strangers(listed, scenes, file.parent))):
        raise UserError(strangers)
    return title, blocks[0], blocks[1:]


def _strangers(listed: Iterable[tuple[str, Place]], scenes: Iterable[str], folder: Path) -> Iterator[Mistake]:
    """The names in a list of scenes that no scene has; a page may be made of some of those in the folder."""
    known = set(scenes)
    named = [(name, place) for name, place in listed if not set(name) & set("*?[")]
    if any(name not in known for name, _ in named):
        known |= {path.stem for path in folder.rglob("*") if path.suffix in (".yaml", ".yml")}
    for name, place in named:
        if name not in known:
            hint = closest(name, sorted(known)) or "a list names scenes, without their .yaml"
            yield Mistake(f"no scene '{shown(name)}'", place, hint)


def prefixes(names: Sequence[str]) -> list[Chapter]:
    """Chapters from the first words of the scenes' names, of those that several share."""
    firsts = [name.split("_")[0] for name in names if "_" in name]
    shared = [first for first in dict.fromkeys(firsts) if firsts.count(first) > 1]
    return [Chapter(first[:1].upper() + first[1:], "", (f"{first}_*",)) for first in shared]
