"""Files written through a format, and read back with decoders that are not ours."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from optanim.formats import find, write


def save(film: Any, path: Path, **settings: Any) -> Path:
    entry = find(path.suffix[1:])
    assert entry is not None
    write(film, path, entry, settings)
    return path


def read_pillow(path: Path) -> tuple[list[NDArray[np.uint8]], list[float]]:
    """All frames as RGB, and their times in milliseconds."""
    frames, times = [], []
    with Image.open(path) as picture:
        for k in range(getattr(picture, "n_frames", 1)):
            picture.seek(k)
            picture.load()
            times.append(picture.info.get("duration", 0))
            frames.append(np.asarray(picture.convert("RGB")))
    return frames, times


def read_video(path: Path) -> tuple[list[NDArray[np.uint8]], float]:
    """All frames as RGB, and the whole time in milliseconds."""
    with av.open(str(path)) as container:
        frames = [picture.to_ndarray(format="rgb24") for picture in container.decode(video=0)]
        assert container.duration is not None
        return frames, container.duration / 1000


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    error = np.mean((one.astype(float) - other[: one.shape[0], : one.shape[1], :3]) ** 2)
    return float(10 * np.log10(255**2 / max(error, 1e-9)))
