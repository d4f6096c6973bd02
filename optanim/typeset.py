"""Lines of text as small pictures, through FreeType and the fonts that matplotlib brings.

Only FreeType itself is used, not matplotlib's text: importing and laying out that would take a
third of the time of a whole film.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.themes import rgb

Pixels = NDArray[np.uint8]
Line = tuple[str, str, float, str]  # text, colour, size in points, weight

FILES = {
    ("DejaVu Sans", "normal"): "DejaVuSans.ttf",
    ("DejaVu Sans", "bold"): "DejaVuSans-Bold.ttf",
    ("DejaVu Serif", "normal"): "DejaVuSerif.ttf",
    ("DejaVu Serif", "bold"): "DejaVuSerif-Bold.ttf",
    ("DejaVu Sans Mono", "normal"): "DejaVuSansMono.ttf",
}


@dataclass(frozen=True)
class Sprite:
    """A small picture with an alpha channel, made once and placed often.

    `rise` is how many of its rows stand above the baseline of its first line.
    """

    pixels: Pixels  # (h, w, 4), straight alpha
    rise: int = 0

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])

    def faded(self, part: float) -> Sprite:
        """The same with so much of its opacity, from 0 to 1."""
        pixels = self.pixels.copy()
        pixels[..., 3] = np.round(part * pixels[..., 3].astype(float))
        return Sprite(pixels, self.rise)


@cache
def _face(family: str, weight: str) -> Any:
    import matplotlib
    from matplotlib.ft2font import FT2Font

    return FT2Font(f"{matplotlib.get_data_path()}/fonts/ttf/{FILES[family, weight]}")


def _set(text: str, size: float, dpi: float, family: str, weight: str) -> Any:
    from matplotlib.ft2font import LoadFlags

    face = _face(family, weight)
    known = _known(family, weight)
    face.clear()
    face.set_size(size, dpi)
    # A character that the font lacks is set as its own box for a missing one.
    shown = "".join(c if ord(c) in known else "\ufffd" for c in text)
    # Light hinting: stems sharp up and down, distances between letters as the font has them.
    face.set_text(shown, 0.0, LoadFlags.TARGET_LIGHT)
    return face


@cache
def _known(family: str, weight: str) -> frozenset[int]:
    return frozenset(_face(family, weight).get_charmap())


def lacking(texts: Iterable[str], family: str) -> str:
    """The characters that a family does not have, each once."""
    known = _known(family, "normal")
    return "".join(dict.fromkeys(c for text in texts for c in text if ord(c) not in known and c > " "))


@lru_cache(maxsize=4096)
def measure(text: str, size: float, dpi: float, family: str, weight: str) -> float:
    """The width of a line of text in pixels."""
    if not text:
        return 0.0
    return float(_set(text, size, dpi, family, weight).get_width_height()[0]) / 64


def mask(text: str, size: float, dpi: float, family: str, weight: str) -> tuple[Pixels, int]:
    """How much of each pixel a line of text covers (h, w), and the rows above its baseline."""
    if not text.strip():
        return np.zeros((1, max(1, round(measure(text, size, dpi, family, weight)))), np.uint8), 1
    face = _set(text, size, dpi, family, weight)
    drop = face.get_descent() / 64
    face.draw_glyphs_to_bitmap(antialiased=True)
    covered = np.array(face.get_image())
    return covered, covered.shape[0] - math.ceil(drop) - 1  # FreeType's picture has an empty row below


def sprite(
    lines: Sequence[Line], dpi: float, family: str, halo: str | None = None, halo_width: float = 2.0
) -> Sprite:
    """One sprite of lines under one another, cut tight, with a halo of a width in pixels around it."""
    margin = math.ceil(halo_width) + 1 if halo else 0
    masks = [mask(text, size, dpi, family, weight) for text, _, size, weight in lines]
    baselines: list[int] = []
    baseline = 0
    for (_, rise), (_, _, size, _) in zip(masks, lines, strict=True):
        baseline = rise if not baselines else baseline + round(size * 1.38 * dpi / 72)
        baselines.append(baseline)
    height = max(b - rise + m.shape[0] for b, (m, rise) in zip(baselines, masks, strict=True)) + 2 * margin
    width = max(m.shape[1] for m, _ in masks) + 2 * margin
    cover = np.zeros((height, width), np.uint8)
    color = np.zeros((height, width, 3))
    for (covered, rise), (_, name, _, _), base in zip(masks, lines, baselines, strict=True):
        top = base - rise + margin
        here = (slice(top, top + covered.shape[0]), slice(margin, margin + covered.shape[1]))
        color[here][covered >= cover[here]] = rgb(name)
        cover[here] = np.maximum(cover[here], covered)
    alpha = cover / 255
    if halo:
        around = _dilated(alpha, halo_width)
        total = alpha + around * (1 - alpha)
        weight = np.divide(alpha, total, out=np.zeros_like(alpha), where=total > 0)[..., None]
        color = color * weight + np.array(rgb(halo)) * (1 - weight)
        alpha = total
    pixels = np.dstack([np.round(color * 255), np.round(alpha * 255)]).astype(np.uint8)
    rows, columns = np.flatnonzero(pixels[..., 3].any(axis=1)), np.flatnonzero(pixels[..., 3].any(axis=0))
    if not len(rows):
        return Sprite(np.zeros((1, 1, 4), np.uint8))
    first = int(rows[0])
    tight = pixels[first : rows[-1] + 1, columns[0] : columns[-1] + 1].copy()
    return Sprite(tight, baselines[0] + margin - first)


def _dilated(alpha: NDArray[np.float64], radius: float) -> NDArray[np.float64]:
    """The mask spread by a disc: at each pixel the most of what lies within the radius."""
    reach = math.ceil(radius)
    height, width = alpha.shape
    padded = np.pad(alpha, reach)
    spread = np.zeros_like(alpha)
    for dy in range(-reach, reach + 1):
        for dx in range(-reach, reach + 1):
            weight = min(1.0, radius + 0.5 - math.hypot(dx, dy))
            if weight > 0:
                shifted = padded[reach + dy : reach + dy + height, reach + dx : reach + dx + width]
                np.maximum(spread, weight * shifted, out=spread)
    return spread


def glyph(
    character: str, line: Line, dpi: float, family: str, width: int, height: int, baseline: int
) -> Sprite:
    """A character in a cell of a given size, its baseline so many pixels from the top; not cut."""
    _, color, size, weight = line
    covered, rise = mask(character, size, dpi, family, weight)
    pixels = np.zeros((height, width, 4), np.uint8)
    pixels[..., :3] = np.round(np.array(rgb(color)) * 255)
    # A cell can be smaller than its glyph in a tiny picture: what does not fit is cut.
    above = max(0, rise - baseline)
    top = baseline - rise + above
    fitting = covered[above : above + height - top, :width]
    pixels[top : top + fitting.shape[0], : fitting.shape[1], 3] = fitting
    return Sprite(pixels)
