"""Animated WebP, lossless."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Annotated
from xml.sax.saxutils import escape

from optanim.formats import Moving
from optanim.kinds import format_
from optanim.settings import Number

Loop = Annotated[int, Number(low=0, high=65535, whole=True)]

EFFORT = 4  # libwebp's method, 0 to 6: more gains nothing on such pictures
HAS_XMP = 4  # the flag in VP8X, https://developers.google.com/speed/webp/docs/riff_container
LONGEST = (1 << 24) - 1  # the largest duration a frame can have, in milliseconds


@format_(title="WebP")
def webp(film: Moving, file: Path, *, loop: Loop = 0) -> None:
    """A lossless animation, every pixel as it was drawn.

    `loop`: how often it plays, 0 for ever.
    """
    if film.count == 1:
        _still(film, file)
        return
    import av

    with av.open(str(file), "w", format="webp") as container:
        stream = container.add_stream("libwebp_anim", Fraction(1000))
        stream.width, stream.height, stream.pix_fmt = film.width, film.height, "bgra"
        stream.codec_context.time_base = Fraction(1, 1000)
        stream.options = {"lossless": "1", "compression_level": str(EFFORT), "quality": "50"}
        for k, frame in enumerate(film.frames()):
            picture = av.VideoFrame.from_ndarray(frame, format="rgba").reformat(format="bgra")
            picture.pts, picture.time_base = round(1000 * k / film.fps), Fraction(1, 1000)
            container.mux(stream.encode(picture))
        container.mux(stream.encode(None))
    data = file.read_bytes()
    if b"ANMF" not in dict(chunks_of(data)):  # all frames are equal
        _still(film, file)
        return
    end = round(1000 * (film.count / film.fps + film.hold))
    file.write_bytes(finish(data, end, loop, film.comment))


def _still(film: Moving, file: Path) -> None:
    from PIL import Image

    picture = Image.fromarray(film.frame(0)).convert("RGB")
    picture.save(file, "WEBP", lossless=True, method=EFFORT, xmp=packet(film.comment))


def finish(data: bytes, end: int, loop: int, comment: str) -> bytes:
    """An animation whose last frame stays until `end` milliseconds, with a comment and a loop count.

    libwebp gives the last frame the mean duration of the others.
    """
    chunks = [(name, bytearray(body)) for name, body in chunks_of(data)]
    frames = [body for name, body in chunks if name == b"ANMF"]
    passed = sum(int.from_bytes(body[12:15], "little") for body in frames[:-1])
    frames[-1][12:15] = min(end - passed, LONGEST).to_bytes(3, "little")
    for name, body in chunks:
        if name == b"VP8X":
            body[0] |= HAS_XMP
        elif name == b"ANIM":
            body[4:6] = struct.pack("<H", loop)
    chunks.append((b"XMP ", bytearray(packet(comment))))
    parts = [name + struct.pack("<I", len(body)) + body + b"\0" * (len(body) % 2) for name, body in chunks]
    content = b"WEBP" + b"".join(parts)
    return b"RIFF" + struct.pack("<I", len(content)) + content


def chunks_of(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The chunks of a RIFF file, each by name and content."""
    at = 12
    while at + 8 <= len(data):
        size = int.from_bytes(data[at + 4 : at + 8], "little")
        yield data[at : at + 4], data[at + 8 : at + 8 + size]
        at += 8 + size + size % 2


def packet(comment: str) -> bytes:
    """XMP metadata that holds a text as the description."""
    return (
        '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
        '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/"><dc:description><rdf:Alt>'
        f'<rdf:li xml:lang="x-default">{escape(comment)}</rdf:li>'
        "</rdf:Alt></dc:description></rdf:Description></rdf:RDF></x:xmpmeta>"
    ).encode()
