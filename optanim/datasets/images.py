"""Small pictures, of which every pixel is an input."""

from __future__ import annotations

from functools import cache
from typing import Annotated

import numpy as np

from optanim.kinds import dataset
from optanim.settings import Number, Seed, Wrong, grouped
from optanim.trace import Array, Data

IMAGES = 1797
SIDE = 8  # pixels
WHITE = 16.0
Train = Annotated[int, Number(low=1, high=IMAGES - 1, whole=True)]
Few = Annotated[int, Number(low=1, high=IMAGES - 1, whole=True)]
Shift = Annotated[int, Number(low=0, high=2, whole=True)]


@dataset(inputs=SIDE * SIDE, classes=10, tested=True, rows="train")
def digits(
    *, train: Train = 1200, shift: Shift = 0, test: Few | None = None, seed: Seed | None = None
) -> Data:
    """Handwritten digits of 8 x 8 pixels, 1,797 in all, drawn at random to be learnt from or tested on.

    `train` of them are learnt from; `test` of the others are kept back, all unless it is given. With a
    `shift` every image to learn from is moved by up to so many pixels along each side, at random, and every
    image to test on is tested in all of these positions. A pixel is a number from 0 to 1. Needs the extra
    `data`: the images are scikit-learn's copy of the UCI test set (Alpaydin and Kaynak 1998,
    doi:10.24432/C50P49).
    """
    last = IMAGES if test is None else train + test
    if last > IMAGES:
        rest = f"{grouped(IMAGES - train)} of the {grouped(IMAGES)} images"
        raise Wrong(f"test asks for {grouped(test or 0)} images", f"train leaves {rest}")
    images, labels = _images()
    rng = np.random.Generator(np.random.PCG64(seed or 0))
    order = rng.permutation(IMAGES)
    learnt, tested = order[:train], order[train:last]
    reach = range(-shift, shift + 1)
    moves = [(right, down) for right in reach for down in reach]
    each = rng.integers(len(moves), size=train)
    x = np.empty((train, SIDE, SIDE))
    for number, move in enumerate(moves):
        x[each == number] = _moved(images[learnt[each == number]], *move)
    kept = np.concatenate([_moved(images[tested], *move) for move in moves])
    names = ("pixels", "digit")
    test_data = Data(_flat(kept), np.tile(labels[tested], len(moves)), names=names, classes=10)
    return Data(_flat(x), labels[learnt], names=names, test=test_data, classes=10)


@cache
def _images() -> tuple[Array, Array]:
    """The images (1797, 8, 8) and their digits; Wrong where scikit-learn is not installed."""
    try:
        from sklearn.datasets import load_digits
    except ImportError:
        hint = "install it with pip install 'optanim[data]'"
        raise Wrong("digits needs scikit-learn, which is not installed", hint) from None
    pixels, labels = load_digits(return_X_y=True)
    return pixels.reshape(-1, SIDE, SIDE) / WHITE, labels.astype(np.float64)


def _moved(images: Array, right: int, down: int) -> Array:
    """Images (n, 8, 8) moved by whole pixels; what enters is empty."""
    wide = np.pad(images, ((0, 0), (2, 2), (2, 2)))
    return wide[:, 2 - down : 2 - down + SIDE, 2 - right : 2 - right + SIDE]


def _flat(images: Array) -> Array:
    return images.reshape(len(images), SIDE * SIDE)
