"""GIF: one palette for the whole film, and in each frame only what changed."""

from __future__ import annotations

import struct
from collections.abc import Iterator
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

CLEAR = 0  # the palette index of "as it was"; colours have 1 and up
SAMPLES = 6  # frames that the palette is made from
LONGEST = 65535  # the largest delay a frame can have, in centiseconds
SHORTEST = 2  # browsers slow anything faster down to 10


@format_(title="GIF")
def gif(film: Moving, file: Path, *, loop: Loop = 0, colors: Colors = 256) -> None:
    """A GIF of one palette, without dither.

    `loop`: how often it plays, 0 for ever.
    """
    palette = choose_palette([film.frame(k) for k in sample(film.count)], colors - 1)
    painter = Painter(film.width, film.height, palette)
    with file.open("wb") as out:
        out.write(_header(film.width, film.height, palette))
        if loop != 1 and film.count > 1:
            out.write(b"!\xff\x0bNETSCAPE2.0\x03\x01" + struct.pack("<H", max(0, loop - 1)) + b"\0")
        out.write(b"!\xfe" + _blocks(film.comment.encode()))
        for image, delay in timed(painter, film):
            while delay > LONGEST:
                out.write(_control(LONGEST - 10) + image)
                image, delay = painter.nothing, delay - (LONGEST - 10)
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
        self.palette = palette.astype(np.int32)
        self.index = np.zeros(1 << 24, np.uint8)  # colour to palette index, filled when met
        self.shown = np.full((height, width), CLEAR, np.uint8)
        self.words: Words = np.zeros((height, width), np.uint32)
        self.nothing = self._image(np.zeros((1, 1), np.uint8), 0, 0)

    def draw(self, frame: Bytes) -> bytes:
        """The image that turns what is shown into this frame; empty where that is nothing."""
        words = np.ascontiguousarray(frame).view(np.uint32)[..., 0]
        box = _bounds(words != self.words)
        if box is None:
            return b""
        top, bottom, left, right = box
        here = (slice(top, bottom), slice(left, right))
        new = words[here]
        moved = new != self.words[here]
        self.words[here] = new
        keys = new[moved] & 0xFFFFFF
        indices = self.index[keys]
        missing = indices == 0
        if missing.any():
            self._learn(np.unique(keys[missing]))
            indices = self.index[keys]
        shown = self.shown[here]
        image = shown.copy()
        image[moved] = indices
        image[image == shown] = CLEAR
        box = _bounds(image != CLEAR)
        if box is None:
            return b""
        shown[moved] = indices
        image = image[box[0] : box[1], box[2] : box[3]]
        return self._image(image, left + box[2], top + box[0])

    def _learn(self, keys: Words) -> None:
        for block in np.array_split(keys, len(keys) // 2048 + 1):
            self.index[block] = nearest(unpack(block), self.palette) + 1

    def _image(self, image: Bytes, x: int, y: int) -> bytes:
        from PIL import Image

        height, width = image.shape
        picture = Image.frombytes("P", (width, height), image.tobytes())
        place = struct.pack("<HHHHB", x, y, width, height, 0)
        return b"," + place + b"\x08" + picture.tobytes("gif", "P", 8, 0) + b"\0"


def sample(count: int) -> list[int]:
    """Which frames the palette is made from: the first, the last and some between."""
    return sorted({round(i * (count - 1) / (SAMPLES - 1)) for i in range(SAMPLES)})


def choose_palette(frames: list[Bytes], size: int) -> Bytes:
    """At most `size` colours of shape (n, 3): the frequent ones as they are, and a median cut of the rest.

    The first frame counts whole, the others only where they differ from it: what moves covers
    few pixels, but is what is looked at.
    """
    first = np.ascontiguousarray(frames[0]).view(np.uint32).ravel()
    parts = [first]
    for frame in frames[1:]:
        words = np.ascontiguousarray(frame).view(np.uint32).ravel()
        parts.append(words[words != first])
    keys, counts = np.unique(np.concatenate(parts) & 0xFFFFFF, return_counts=True)
    if len(keys) <= size:
        return unpack(keys).astype(np.uint8)
    order = np.lexsort((keys, -counts))
    exact, rest = order[: size // 2], np.sort(order[size // 2 :])
    cut = median_cut(unpack(keys[rest]), counts[rest], size - len(exact))
    return np.concatenate([unpack(keys[exact]).astype(np.uint8), cut])


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
    distance = np.zeros((len(colors), len(palette)), np.int32)
    for channel in range(3):
        distance += (colors[:, channel, None] - palette[None, :, channel]) ** 2
    return distance.argmin(1)


def unpack(keys: Words) -> NDArray[np.int32]:
    """The colours (n, 3) of little-endian RGBA words."""
    return np.stack([keys & 255, keys >> 8 & 255, keys >> 16 & 255], 1).astype(np.int32)


def _bounds(mask: NDArray[np.bool_]) -> tuple[int, int, int, int] | None:
    """The top, bottom, left and right (exclusive) of what is set."""
    rows = np.flatnonzero(mask.any(1))
    if not len(rows):
        return None
    top, bottom = int(rows[0]), int(rows[-1]) + 1
    columns = np.flatnonzero(mask[top:bottom].any(0))
    return top, bottom, int(columns[0]), int(columns[-1]) + 1


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
