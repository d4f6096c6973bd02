"""GIF: one palette for the whole film, and in each frame only what changed."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated

import numpy as np
from numpy.typing import NDArray

from optanim.formats import Moving
from optanim.kinds import format_
from optanim.settings import Number

Colors = Annotated[int, Number(low=4, high=256, whole=True)]
Loop = Annotated[int, Number(low=0, high=65536, whole=True)]
Words = NDArray[np.uint32]
Bytes = NDArray[np.uint8]
Places = NDArray[np.intp]  # numbers of pixels, row by row

CLEAR = 0  # the palette index of "as it was"; colours have 1 and up
SAMPLES = 6  # frames that the palette is made from
FREQUENT = 1000  # a colour of one in so many pixels is kept as it is: the page, the ink, the bands
ALIKE = 1  # level by which a pixel may be off and is not sent again: repainting rounds; more leaves ghosts
GAP = 2  # unchanged pixels between changed ones are sent too: it is shorter than to leave them out
RGB = np.uint32(0xFFFFFF)  # of a little-endian RGBA word
REFINED = 3  # more gains a tenth of a decibel
BATCH = 1 << 16  # pixels that are looked at together, so that a whole frame takes little memory
BLOCK = 1024  # colours that are compared with the palette at a time
SLOTS = 18  # bits: 2**SLOTS colours have their palette index remembered
LONGEST = 65535  # the largest delay a frame can have, in centiseconds
SHORTEST = 2  # browsers slow anything faster down to 10


@format_(title="GIF")
def gif(film: Moving, file: Path, *, loop: Loop = 0, colors: Colors = 256) -> None:
    """A GIF of one palette, without dither.

    `loop`: how often it plays, 0 for ever.
    """
    palette = choose_palette((film.frame(k) for k in sample(film.count)), colors - 1)
    painter = Painter(film.width, film.height, palette)
    nothing = encode(np.full(1, CLEAR, np.uint8), 0, 0, 1)
    with file.open("wb") as out:
        out.write(_header(film.width, film.height, palette))
        if loop != 1 and film.count > 1:
            out.write(b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", max(0, loop - 1)) + b"\0")
        out.write(b"!\xfe" + _blocks(film.comment.encode()))
        for image, delay in timed(painter, film):
            while delay > LONGEST:
                out.write(_control(LONGEST - 10) + image)
                image, delay = nothing, delay - (LONGEST - 10)
            out.write(_control(delay) + image)
        out.write(b";")


def timed(painter: Painter, film: Moving) -> Iterator[tuple[bytes, int]]:
    """The images to write, each with its delay in centiseconds. Equal frames become one, for longer."""
    starts, end = schedule(film.count, film.fps, film.hold)
    pending, since = b"", 0
    for k, frame in enumerate(film.frames()):
        if k not in starts:
            continue
        image = painter.draw(frame)
        if pending and image:
            yield pending, starts[k] - since
            since = starts[k]
        pending = image or pending
    yield pending, end - since


def schedule(count: int, fps: float, hold: float) -> tuple[dict[int, int], int]:
    """The frames to show, each with its start, and the end of the last, in centiseconds.

    Starts are rounded, not delays, so that 30 fps is 3, 3, 4 and the sum is right. Above 50 fps
    the frames that a GIF has no time for are left out, but never the last.
    """
    end = max(round(100 * (count / fps + hold)), SHORTEST * min(count, 2))
    final = min(round(100 * (count - 1) / fps), end - SHORTEST)
    starts = {0: 0}
    since = 0
    for k in range(1, count - 1):
        start = round(100 * k / fps)
        if start - since >= SHORTEST and final - start >= SHORTEST:
            starts[k] = since = start
    if count > 1:
        starts[count - 1] = max(final, SHORTEST)
    return starts, end


class Painter:
    """Turns frames into GIF images of what changed since the last."""

    def __init__(self, width: int, height: int, palette: Bytes) -> None:
        self.width = width
        self.nearest = Nearest(palette)
        self.colors = np.concatenate([np.full((1, 3), -999, np.int16), palette.astype(np.int16)])
        self.shown = np.full(height * width, CLEAR, np.uint8)
        self.words: Words = np.zeros(height * width, np.uint32)

    def draw(self, frame: Bytes) -> bytes:
        """The image that turns what is shown into this frame; empty where that is nothing."""
        words = np.ascontiguousarray(frame).view(np.uint32).ravel()
        places = np.flatnonzero(words != self.words)
        parts = [places[start : start + BATCH] for start in range(0, len(places), BATCH)]
        changed = [self._show(part, words[part]) for part in parts]
        places = np.concatenate(changed) if changed else places
        return self._image(places) if len(places) else b""

    def _show(self, places: Places, words: Words) -> Places:
        """Show new colours at these places; gives those of them at which another index is shown."""
        self.words[places] = words
        # What is shown is compared with what it stands for, so that small changes cannot add up.
        shown, channels = self.shown[places], words.view(np.uint8).reshape(-1, 4)[:, :3]
        differs = (np.abs(self.colors[shown] - channels) > ALIKE).any(1)
        places, indices = places[differs], self.nearest(words[differs] & RGB)
        new = indices != shown[differs]
        self.shown[places[new]] = indices[new]
        return places[new]

    def _image(self, places: Places) -> bytes:
        """The image of the smallest box around these places, which are in rising order."""
        columns = places % self.width
        top, bottom = int(places[0]) // self.width, int(places[-1]) // self.width + 1
        left, right = int(columns.min()), int(columns.max()) + 1
        shown = self.shown.reshape(-1, self.width)[top:bottom, left:right].ravel()
        if 2 * len(places) > len(shown):
            return encode(shown, left, top, right - left)
        inside = (places // self.width - top) * (right - left) + columns - left
        steps = np.diff(inside)
        short = [inside[:-1][(steps > gap) & (steps <= GAP + 1)] + gap for gap in range(1, GAP + 1)]
        sent = np.concatenate([inside, *short])
        image = np.full(len(shown), CLEAR, np.uint8)
        image[sent] = shown[sent]
        return encode(image, left, top, right - left)


def encode(indices: Bytes, left: int, top: int, width: int) -> bytes:
    """The image of rows of palette indices, with its left top corner at a place of the picture."""
    from PIL import Image

    height = len(indices) // width
    place = struct.pack("<HHHHB", left, top, width, height, 0)
    picture = Image.frombytes("P", (width, height), indices.tobytes())
    return b"," + place + b"\x08" + picture.tobytes("gif", "P", 8, 0) + b"\0"


class Nearest:
    """The palette index, from 1, of the nearest colour; what was found is remembered.

    Every colour has one slot, which several share: a later one takes it over.
    """

    def __init__(self, palette: Bytes) -> None:
        self.palette = palette.astype(np.int32)
        self.keys: Words = np.full(1 << SLOTS, 0xFFFFFFFF, np.uint32)
        self.index = np.zeros(1 << SLOTS, np.uint8)

    def __call__(self, keys: Words) -> Bytes:
        """The indices of colours, given as words without alpha."""
        slots = keys * np.uint32(2654435761) >> np.uint32(32 - SLOTS)  # Knuth's multiplicative hash
        indices = self.index[slots]
        missing = np.flatnonzero(self.keys[slots] != keys)
        if len(missing):
            new, back = np.unique(keys[missing], return_inverse=True)
            found = (nearest(unpack(new), self.palette) + 1).astype(np.uint8)
            indices[missing] = found[back]
            slots = new * np.uint32(2654435761) >> np.uint32(32 - SLOTS)
            self.keys[slots], self.index[slots] = new, found
        return indices


def sample(count: int) -> list[int]:
    """Which frames the palette is made from: the first, the last and some between."""
    return sorted({round(i * (count - 1) / (SAMPLES - 1)) for i in range(SAMPLES)})


def choose_palette(frames: Iterable[Bytes], size: int) -> Bytes:
    """At most `size` colours of shape (n, 3): the frequent ones as they are, the others by median cut.

    The first frame counts whole, the others only where they differ from it: what moves covers
    few pixels, but is what is looked at.
    """
    parts: list[Words] = []
    for frame in frames:
        words = np.ascontiguousarray(frame).view(np.uint32).ravel()
        parts.append(words[words != parts[0]] if parts else words.copy())
    keys, counts = np.unique(np.concatenate(parts) & RGB, return_counts=True)
    colors = unpack(keys)
    if len(keys) <= size:
        return colors.astype(np.uint8)
    order = np.lexsort((keys, -counts))
    frequent = int((FREQUENT * counts >= counts.sum()).sum())
    exact = order[: min(frequent, size // 2)]
    rest = np.sort(order[len(exact) :])
    cut = median_cut(colors[rest], counts[rest], size - len(exact))
    palette = np.concatenate([colors[exact].astype(np.uint8), cut])
    for _ in range(REFINED):
        palette = refine(palette, len(exact), colors, counts)
    return palette


def refine(palette: Bytes, exact: int, colors: NDArray[np.int32], counts: NDArray[np.int64]) -> Bytes:
    """The palette, from number `exact` on moved to the means of the colours next to it (Lloyd 1982)."""
    mates = nearest(colors, palette.astype(np.int32))
    total = np.bincount(mates, counts, len(palette))
    moved = (total > 0) & (np.arange(len(palette)) >= exact)
    better = palette.copy()
    for channel in range(3):
        sums = np.bincount(mates, counts * colors[:, channel], len(palette))
        better[moved, channel] = ((sums + total // 2) // np.maximum(total, 1))[moved]
    return better


def median_cut(colors: NDArray[np.int32], counts: NDArray[np.int64], size: int) -> Bytes:
    """`size` colours that stand for many (Heckbert 1982, splitting the box with the largest error)."""
    boxes = [np.arange(len(colors))]
    errors = [_spread(colors, counts, boxes[0])]
    while len(boxes) < size:
        worst = max(range(len(boxes)), key=lambda i: errors[i][0])
        error, axis, middle = errors[worst]
        if error == 0:
            break
        box = boxes[worst]
        low = colors[box, axis] <= middle
        boxes[worst : worst + 1] = [box[low], box[~low]]
        errors[worst : worst + 1] = [_spread(colors, counts, b) for b in (box[low], box[~low])]
    means = [_mean(colors[box], counts[box]) for box in boxes]
    return np.array(means, np.uint8)


def _spread(
    colors: NDArray[np.int32], counts: NDArray[np.int64], box: NDArray[np.intp]
) -> tuple[int, int, int]:
    """The squared error of a box along its longest axis, that axis, and where to cut it."""
    inside, weight = colors[box].astype(np.int64), counts[box][:, None]
    total = int(weight.sum())
    mean = (inside * weight).sum(0) // total
    errors = ((inside - mean) ** 2 * weight).sum(0)
    axis = int(errors.argmax())
    # A cut at the mean must leave something on both sides.
    middle = min(int(mean[axis]), int(inside[:, axis].max()) - 1)
    spread = int(inside[:, axis].max() - inside[:, axis].min())
    return (int(errors[axis]) if spread else 0), axis, middle


def _mean(colors: NDArray[np.int32], counts: NDArray[np.int64]) -> NDArray[np.int64]:
    total = int(counts.sum())
    return ((colors * counts[:, None]).sum(0) + total // 2) // total


def nearest(colors: NDArray[np.int32], palette: NDArray[np.int32]) -> NDArray[np.intp]:
    """For each colour (n, 3) the row of the palette (m, 3) at the least squared distance."""
    rows = np.empty(len(colors), np.intp)
    for start in range(0, len(colors), BLOCK):
        block = colors[start : start + BLOCK]
        distance = np.zeros((len(block), len(palette)), np.int32)
        for channel in range(3):
            distance += (block[:, channel, None] - palette[None, :, channel]) ** 2
        rows[start : start + BLOCK] = distance.argmin(1)
    return rows


def unpack(keys: Words) -> NDArray[np.int32]:
    """The colours (n, 3) of little-endian RGBA words."""
    return np.stack([keys & 255, keys >> 8 & 255, keys >> 16 & 255], 1).astype(np.int32)


def _header(width: int, height: int, palette: Bytes) -> bytes:
    table = np.zeros((256, 3), np.uint8)
    table[1 : len(palette) + 1] = palette
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0xF7, 0, 0) + table.tobytes()


def _control(delay: int) -> bytes:
    """A graphic control extension: leave the image in place, index CLEAR shows what was."""
    return b"!\xf9\x04\x05" + struct.pack("<HB", delay, CLEAR) + b"\0"


def _blocks(data: bytes) -> bytes:
    """Data in sub-blocks of at most 255 bytes, with the empty one that ends them."""
    parts = [data[i : i + 255] for i in range(0, len(data), 255)]
    return b"".join(bytes([len(part)]) + part for part in parts) + b"\0"
