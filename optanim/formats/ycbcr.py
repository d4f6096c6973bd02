"""Frames as Y'CbCr planes, of which only what changes is converted."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Bytes = NDArray[np.uint8]
Places = NDArray[np.intp]

BATCH = 1 << 14  # blocks that are converted at a time, so that a whole frame takes little memory

# BT.709 to limited-range Y'CbCr in units of 2**-16 (ITU-R BT.709-6, 3.2 to 3.4).
LUMA = (0.2126, 0.7152, 0.0722)
TO_Y = tuple(round(65536 * 219 / 255 * k) for k in LUMA)
TO_CB = tuple(
    round(65536 * 224 / 255 * k) for k in (-LUMA[0] / 1.8556, -LUMA[1] / 1.8556, (1 - LUMA[2]) / 1.8556)
)
TO_CR = tuple(
    round(65536 * 224 / 255 * k) for k in ((1 - LUMA[0]) / 1.5748, -LUMA[1] / 1.5748, -LUMA[2] / 1.5748)
)


class Planes:
    """A frame as Y'CbCr, 4:2:0 or (`full`) 4:4:4.

    `planes` holds Y, Cb and Cr as PyAV takes them: below one another in 4:2:0, of shape
    (3, height, width) in 4:4:4. Odd sizes are made even by repeating the last column and row.
    """

    def __init__(self, width: int, height: int, full: bool = False) -> None:
        self.size = width, height
        self.width, self.height, self.full = width + width % 2, height + height % 2, full
        area = self.width * self.height
        shape = (3, self.height, self.width) if full else (self.height * 3 // 2, self.width)
        self.planes = np.zeros(shape, np.uint8)
        chroma = area if full else area // 4
        self.y, self.cb, self.cr = np.split(self.planes.reshape(-1), [area, area + chroma])
        self.words = np.zeros(width * height, np.uint32)

    def draw(self, frame: Bytes) -> None:
        """Bring the planes to this frame, RGBA of shape (height, width, 4)."""
        words = np.ascontiguousarray(frame).view(np.uint32).ravel()
        places = np.flatnonzero(words != self.words)
        self.words[places] = words[places]
        pixels = self.words.view(np.uint8).reshape(-1, 4)
        blocks = self._blocks(places)
        for start in range(0, len(blocks), BATCH):
            self._convert(pixels, blocks[start : start + BATCH])

    def _blocks(self, places: Places) -> Places:
        """The 2x2 blocks, by number, in which a pixel changed, or in the block before."""
        row, column = np.divmod(places, self.size[0])
        across = self.width // 2
        changed = np.zeros((self.height // 2, across), bool)
        changed[row // 2, column // 2] = True
        changed[:, 1:] |= changed[:, :-1].copy()
        return np.flatnonzero(changed)

    def _convert(self, pixels: Bytes, blocks: Places) -> None:
        width, height = self.size
        row, column = np.divmod(blocks, self.width // 2)
        # Chroma sits on the left column of its block (H.264's default), hence the pixels before it.
        columns = np.stack([2 * column - (column > 0), 2 * column, 2 * column + 1] * 2, 1)
        rows = np.stack([2 * row] * 3 + [2 * row + 1] * 3, 1)
        source = np.minimum(rows, height - 1) * width + np.minimum(columns, width - 1)
        rgb = pixels[source, :3].astype(np.int32)
        places = rows * self.width + columns
        here = [1, 2, 4, 5]
        self.y[places[:, here]] = (_weigh(rgb[:, here], TO_Y) + (16 << 16) + (1 << 15)) >> 16
        if self.full:
            places, rgb, shift = places[:, here], rgb[:, here], 16
        else:
            places, shift = blocks, 19
            rgb = rgb[:, 0] + 2 * rgb[:, 1] + rgb[:, 2] + rgb[:, 3] + 2 * rgb[:, 4] + rgb[:, 5]
        middle = (128 << shift) + (1 << (shift - 1))
        self.cb[places] = (_weigh(rgb, TO_CB) + middle) >> shift
        self.cr[places] = (_weigh(rgb, TO_CR) + middle) >> shift


def _weigh(rgb: NDArray[np.int32], weights: tuple[int, ...]) -> NDArray[np.int32]:
    return rgb[..., 0] * weights[0] + rgb[..., 1] * weights[1] + rgb[..., 2] * weights[2]
