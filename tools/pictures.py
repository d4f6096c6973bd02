"""The pictures of README and docs, from the scenes they show: python tools/pictures.py [NAME]..."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from optanim.reader import read
from optanim.render import render, still
from optanim.scene import Scene

ROOT = Path(__file__).parents[1]
FOLDER = ROOT / "docs" / "figures"
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
# A block of YAML, and the picture of it below, which may say which frame it is.
SHOWN = re.compile(
    r"```yaml\n((?:(?!```).*\n)*)```\n\n!\[[^\]]+\]\(figures/([\w-]+\.png)(?: \"at ([\d.]+) of the film\")?\)"
)
NAMED = re.compile(r"docs/figures/([\w-]+)\.(gif|png)")


@dataclass(frozen=True)
class Picture:
    """A picture in docs/figures, the text of its scene, and of a still which frame, from 0 to 1."""

    file: Path
    text: str
    theme: str = "light"
    at: float = 1.0

    @property
    def scene(self) -> Scene:
        return read(self.text, name=f"{self.file.stem}.yaml", folder=ROOT / "scenes")


def pictures() -> Iterator[Picture]:
    """All of them: stills of the blocks above them, films or stills of the scenes they are named after."""
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block, name, at in SHOWN.findall(text):
            yield Picture(FOLDER / name, block, at=float(at or 1))
        for name, suffix in dict.fromkeys(NAMED.findall(text)):
            theme = "dark" if name.endswith("-dark") else "light"
            scene = ROOT / "scenes" / f"{name.removesuffix('-dark')}.yaml"
            yield Picture(FOLDER / f"{name}.{suffix}", scene.read_text(encoding="utf-8"), theme)


def main(names: list[str]) -> None:
    for picture in pictures():
        if names and picture.file.stem not in names:
            continue
        if picture.file.suffix == ".png":
            made = still(picture.scene, picture.file, at=picture.at, theme=picture.theme)
        else:
            made = render(picture.scene, picture.file, theme=picture.theme)[0]
        for doubt in made.doubts:
            print(f"warning: {doubt}", file=sys.stderr)
        print(f"{picture.file.relative_to(ROOT)}  {made.bytes / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
