"""How near a file is to the frames that it was made from.

    python quality.py ours|today SCENE-or-TRACE FILE

Prints JSON: the PSNR in dB of all compared frames together (`psnr`) and of the worst (`psnr_min`),
and their mean SSIM. Of optanim every frame is compared, of matplotlib every fifth; of these every
tenth has its SSIM taken.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from optanim.film import Film

Pixels = NDArray[np.uint8]
COUNT = 200  # frames of job S
WINDOW = 7  # pixels, as in the widespread implementations with a uniform window
ONE, TWO = (0.01 * 255) ** 2, (0.03 * 255) ** 2  # C1 and C2 of the paper
LUMA = (0.299, 0.587, 0.114)


def psnr(one: Pixels, other: Pixels) -> float:
    """Peak signal-to-noise ratio of two pictures (height, width, 3) in dB; infinite where equal."""
    return decibel(error(one, other))


def error(one: Pixels, other: Pixels) -> float:
    """The mean squared difference."""
    difference = one.astype(np.int32) - other
    return float(np.mean(difference * difference))


def decibel(mean_square: float) -> float:
    """A mean squared error of 8-bit values as PSNR."""
    return float("inf") if mean_square == 0 else float(10 * np.log10(255**2 / mean_square))


def ssim(one: Pixels, other: Pixels) -> float:
    """Mean structural similarity of the luma of two pictures (height, width, 3).

    Wang et al. 2004, with a uniform window of 7 pixels and unbiased variances.
    """
    x, y = one @ np.array(LUMA), other @ np.array(LUMA)
    unbiased = WINDOW**2 / (WINDOW**2 - 1)
    mean_x, mean_y = _means(x), _means(y)
    var_x = unbiased * (_means(x * x) - mean_x**2)
    var_y = unbiased * (_means(y * y) - mean_y**2)
    both = unbiased * (_means(x * y) - mean_x * mean_y)
    near = (2 * mean_x * mean_y + ONE) * (2 * both + TWO)
    far = (mean_x**2 + mean_y**2 + ONE) * (var_x + var_y + TWO)
    return float(np.mean(near / far))


def _means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The means of all windows that lie inside."""
    sums: NDArray[np.float64] = np.pad(values.cumsum(0).cumsum(1), ((1, 0), (1, 0)))
    n = WINDOW
    return (sums[n:, n:] - sums[:-n, n:] - sums[n:, :-n] + sums[:-n, :-n]) / n**2


def gif_frames(file: Path, count: int) -> Iterator[Pixels]:
    """What a GIF shows in the middle of each of `count` equal parts of its time."""
    from PIL import Image, ImageSequence

    with Image.open(file) as gif:
        lasts = [image.info["duration"] for image in ImageSequence.Iterator(gif)]
        part = sum(lasts) / count
        end, k = 0.0, 0
        for image, last in zip(ImageSequence.Iterator(gif), lasts, strict=True):
            end += last
            if (k + 0.5) * part < end:
                pixels = np.array(image.convert("RGB"))
            while k < count and (k + 0.5) * part < end:
                yield pixels
                k += 1


def mp4_frames(file: Path) -> Iterator[Pixels]:
    """The frames of a video as FFmpeg's program decodes it, by the colour matrix that its tag names."""
    import imageio_ffmpeg

    exact = "accurate_rnd+full_chroma_int"
    reader = imageio_ffmpeg.read_frames(
        str(file), pix_fmt="rgb24", output_params=["-sws_flags", exact, "-fps_mode", "passthrough"]
    )
    width, height = next(reader)["size"]
    for frame in reader:
        yield np.frombuffer(frame, np.uint8).reshape(height, width, 3)


def shown(file: Path) -> Iterator[Pixels]:
    return gif_frames(file, COUNT) if file.suffix == ".gif" else mp4_frames(file)


def film_of(scene: Path) -> Film:
    """The film of a scene's first output."""
    from optanim import film, reader, simulate

    read = reader.load(scene)
    return film.Film(simulate(read), read.outputs[0].look)


def ours(scene: Path) -> Iterator[tuple[int, Pixels]]:
    """The frames of optanim's film, before any encoder; one buffer for all."""
    for k, frame in enumerate(film_of(scene).frames()):
        yield k, frame[..., :3]


def todays(trace: Path) -> Iterator[tuple[int, Pixels]]:
    """Every fifth frame of matplotlib's canvas, before any writer."""
    from today import picture

    figure, draw = picture(trace, 1000, 450, COUNT)
    for k in range(0, COUNT, 5):
        draw(k)
        canvas: Any = figure.canvas
        canvas.draw()
        yield k, np.asarray(canvas.buffer_rgba())[..., :3]


def compare(raw: Iterator[tuple[int, Pixels]], file: Iterator[Pixels]) -> dict[str, float]:
    """PSNR and SSIM of the numbered raw frames against those of the file that have the same numbers."""
    errors, similar = [], []
    numbered = enumerate(file)
    for k, frame in raw:
        number, picture = next(numbered)
        while number < k:
            number, picture = next(numbered)
        errors.append(error(frame, picture))
        if k % 10 == 0:
            similar.append(ssim(frame, picture))
    return {
        "psnr": decibel(float(np.mean(errors))),
        "psnr_min": decibel(max(errors)),
        "ssim": float(np.mean(similar)),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("whose", choices=("ours", "today"))
    parser.add_argument("source", type=Path)
    parser.add_argument("file", type=Path)
    given = parser.parse_args()
    raw = ours(given.source) if given.whose == "ours" else todays(given.source)
    print(json.dumps(compare(raw, shown(given.file))))


if __name__ == "__main__":
    main()
