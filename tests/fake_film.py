"""A film that needs no matplotlib: what encoders are tested on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]


class FakeFilm:
    """A square that glides over quiet bands, the line it leaves, and a counter that changes in steps."""

    def __init__(
        self,
        width: int = 160,
        height: int = 120,
        count: int = 20,
        fps: float = 30,
        hold: float = 1,
        comment: str = "landscape: rosenbrock\ntitle: <π & more>\n",
    ) -> None:
        self.width, self.height, self.count = width, height, count
        self.fps, self.hold, self.comment = fps, hold, comment
        y, x = np.mgrid[:height, :width]
        band = (np.hypot(x - width / 2, y - height / 2) // 12).astype(int) % 9
        colors = np.linspace([235, 240, 248], [150, 180, 215], 9).astype(np.uint8)
        self.static = np.dstack([colors[band], np.full((height, width), 255, np.uint8)])
        ramp = np.linspace(0, 255, width).astype(np.uint8)
        self.static[4:8, :, :3] = np.stack([ramp, ramp // 2, 255 - ramp], 1)

    def _paint(self, buffer: Pixels, k: int) -> None:
        buffer[:] = self.static
        place = (self.width - 24) * k / max(1, self.count - 1)
        left, part = int(place), place % 1
        red, middle = np.array([220.0, 60.0, 40.0]), self.height // 2
        for column, weight in ((left, 1 - part), (left + 20, part)):
            edge = buffer[middle : middle + 20, column, :3]
            edge[:] = edge * (1 - weight) + red * weight
        buffer[middle : middle + 20, left + 1 : left + 20, :3] = red
        buffer[middle + 30 : middle + 33, : left + 1, :3] = [20, 110, 190]
        buffer[10:20, 10:20, :3] = 40 * (k // 5 % 6)

    def frames(self) -> Iterator[Pixels]:
        buffer = np.empty_like(self.static)
        for k in range(self.count):
            self._paint(buffer, k)
            yield buffer

    def frame(self, k: int) -> Pixels:
        buffer = np.empty_like(self.static)
        self._paint(buffer, k % self.count)
        return buffer
