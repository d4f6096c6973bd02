"""Animated WebP, lossless."""

from __future__ import annotations

import io
import os
import struct
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import numpy as np
from numpy.typing import NDArray

from optanim.formats import Moving
from optanim.kinds import format_
from optanim.settings import Number

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

Loop = Annotated[int, Number(low=0, high=65535, whole=True)]
Words = NDArray[np.uint32]

METHOD, QUALITY = 1, 50  # libwebp's efforts: more takes long and gains nothing on such pictures
WORKERS = min(4, os.cpu_count() or 1)  # libwebp runs outside of Python's lock; the bytes do not depend on it
ALPHA, XMP, ANIMATION = 16, 4, 2  # flags in VP8X
BLEND = 0  # an image's transparent pixels leave what was; nothing is disposed of
LONGEST = (1 << 24) - 1  # the largest duration a frame can have, in milliseconds


@format_(title="WebP")
def webp(film: Moving, file: Path, *, loop: Loop = 0) -> None:
    """A lossless animation, every pixel as it was drawn.

    `loop`: how often it plays, 0 for ever.
    """
    if film.count == 1:
        _still(film, file)
        return
    with file.open("wb") as out:
        out.write(b"RIFF\0\0\0\0WEBP")
        flags = bytes([ALPHA | XMP | ANIMATION, 0, 0, 0])
        out.write(chunk(b"VP8X", flags + _three(film.width - 1) + _three(film.height - 1)))
        out.write(chunk(b"ANIM", struct.pack("<IH", 0, loop)))
        for image, milliseconds in timed(film):
            out.write(chunk(b"ANMF", image.placed(min(milliseconds, LONGEST))))
        out.write(chunk(b"XMP ", packet(film.comment)))
        size = out.tell() - 8
        out.seek(4)
        out.write(struct.pack("<I", size))


def _still(film: Moving, file: Path) -> None:
    from PIL import Image

    picture = Image.fromarray(film.frame(0)).convert("RGB")
    picture.save(file, "WEBP", lossless=True, method=METHOD, quality=QUALITY, xmp=packet(film.comment))


@dataclass(frozen=True)
class Part:
    """What changed of a picture: a box with its left top corner at (x, y), and its compressed pixels."""

    x: int
    y: int
    width: int
    height: int
    pixels: Future[bytes]

    def placed(self, milliseconds: int) -> bytes:
        """The content of an ANMF chunk that shows it for a time."""
        numbers = (self.x // 2, self.y // 2, self.width - 1, self.height - 1, milliseconds)
        return b"".join(map(_three, numbers)) + bytes([BLEND]) + self.pixels.result()


def timed(film: Moving) -> Iterator[tuple[Part, int]]:
    """The parts to write, each with its time in milliseconds. Equal frames become one, for longer."""
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(WORKERS) as pool:
        waiting: deque[tuple[Part, int]] = deque()  # each with its start
        shown: Words = np.zeros((film.height, film.width), np.uint32)
        for k, frame in enumerate(film.frames()):
            words = np.ascontiguousarray(frame).view(np.uint32)[..., 0]
            part = _part(words, shown, pool)
            if part is not None:
                waiting.append((part, round(1000 * k / film.fps)))
            if len(waiting) > 2 * WORKERS:
                part, start = waiting.popleft()
                yield part, waiting[0][1] - start
        end = round(1000 * (film.count / film.fps + film.hold))
        while waiting:
            part, start = waiting.popleft()
            yield part, (waiting[0][1] if waiting else end) - start


def _part(words: Words, shown: Words, pool: ThreadPoolExecutor) -> Part | None:
    """The part that turns what is shown into a frame, which then is shown; None where they are equal."""
    places = np.flatnonzero(words.ravel() != shown.ravel())
    if not len(places):
        return None
    rows, columns = np.divmod(places, words.shape[1])
    top, left = int(rows[0]) // 2 * 2, int(columns.min()) // 2 * 2  # offsets can only be even
    image = np.zeros((int(rows[-1]) + 1 - top, int(columns.max()) + 1 - left), np.uint32)
    image[rows - top, columns - left] = shown[rows, columns] = words[rows, columns]
    height, width = image.shape
    return Part(left, top, width, height, pool.submit(compress, image))


def compress(words: Words) -> bytes:
    """The chunk of an RGBA image, lossless; what is wholly transparent may lose its colour."""
    from PIL import Image

    picture = Image.fromarray(words.view(np.uint8).reshape(*words.shape, 4))
    data = io.BytesIO()
    picture.save(data, "WEBP", lossless=True, method=METHOD, quality=QUALITY)
    return data.getvalue()[12:]  # the file is one VP8L chunk behind a RIFF header


def chunk(name: bytes, body: bytes) -> bytes:
    """A chunk of a RIFF file."""
    return name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2)


def _three(number: int) -> bytes:
    return number.to_bytes(3, "little")


def packet(comment: str) -> bytes:
    """XMP metadata that holds a text as the description."""
    from xml.sax.saxutils import escape  # drags in urllib: only where it is needed

    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>'
        f'<rdf:li xml:lang="x-default">{escape(comment)}</rdf:li>'
        "</rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()
