"""The colours of a relief: quiet bands under a soft light, so that paths win."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from optanim.relief.block import STRATA, Block, Colors, Paint, Singles
from optanim.themes import RGB, Theme, band_colors, mix, rgb

Floats = NDArray[np.float64]

LOW, AROUND = 42.0, -62.0  # degrees: the light's height, and how far from the camera it stands, to the left
DIFFUSE = 0.5  # how much a place in no light leans to the shadow
HOLLOW = 0.22  # how much a place leans to it that lies as deep as a wide basin
DARKEST, BRIGHTEST = -0.62, 0.5  # so far places lean to the shadow, and to the light
SIDES = (-0.30, -0.12)  # how far walls do: the one across the first axis, and the other
BODY = 0.38  # how far the band next to the background's colour leans to the middle one, to stand off it
RAISED = 0.75  # how far it does on a dark background, where shadows would swallow it; the middle a third


def painted(
    theme: Theme,
    block: Block,
    edges: Floats,
    above: Floats,
    void: NDArray[np.bool_],
    azimuth: float,
    fineness: int,
) -> Paint:
    """The paint of a block whose bands part at heights `edges`, lit from the left of a camera.

    It is cut off where `above` (h, w) is above 0, and there is nothing where `void`; the longer side of the
    top gets `fineness` samples.
    """
    colors = np.array(relief_colors(theme, len(edges) - 1))
    share = np.array(block.half) / max(block.half)
    tw, th = (max(64, round(fineness * part)) for part in share)
    heights = _finer(block.heights, th, tw)
    shade = _finer(_shade(block, azimuth), th, tw)
    band = np.clip(np.searchsorted(edges.astype(np.float32), heights, side="right") - 1, 0, len(colors) - 1)
    top = _lit(theme, colors.astype(np.float32)[band], shade)
    if (above > 0).any():
        top[_finer(above.astype(np.float32), th, tw) > 0] = rgb(sawn(theme))
    if void.any():
        top[_finer(void.astype(np.float32), th, tw) > 0.5] = rgb(mix(theme.background, theme.grid, 0.5))
    walls = np.empty((2, STRATA, 3))
    z = np.linspace(-block.base, block.tall, STRATA)
    inside = colors[np.clip(np.searchsorted(edges, z, side="right") - 1, 0, len(colors) - 1)]
    inside[z < 0] = rgb(mix(theme.bands[0], theme.ink, 0.08))
    for side, bright in enumerate(SIDES):
        walls[side] = _lit(theme, inside, np.full(STRATA, bright))
    return Paint(_packed(top), _packed(walls), np.uint32(_packed(np.array(rgb(theme.background)))))


def relief_colors(theme: Theme, count: int) -> list[RGB]:
    """The colours of bands, a little heavier than on a map."""
    low, middle, high = theme.bands
    if is_light(theme):
        high = mix(high, middle, BODY)
    else:
        low, middle = mix(low, middle, RAISED), mix(middle, high, RAISED / 3)
    return band_colors(replace(theme, bands=(low, middle, high)), count)


def is_light(theme: Theme) -> bool:
    return sum(rgb(theme.background)) > 1.5


def _lit(theme: Theme, color: NDArray[Any], shade: NDArray[Any]) -> NDArray[Any]:
    """Colours (..., 3) as they lean to the shadow, below 0, or to the light."""
    light = is_light(theme)
    dark = rgb(mix(theme.bands[0], theme.muted, 0.75) if light else mix(theme.background, "#000000", 0.2))
    bright = rgb("#ffffff" if light else mix(theme.bands[2], theme.muted, 0.6))
    part = shade[..., None].astype(color.dtype)
    for way, sign in ((dark, -1), (bright, 1)):
        color = color + np.clip(sign * part, 0, 1) * (np.array(way, color.dtype) - color)
    return color


def sawn(theme: Theme) -> str:
    """The colour of what is cut off: flat, and a little apart from the highest band."""
    return mix(theme.bands[2], theme.background, 0.35)


def line_color(theme: Theme) -> RGB:
    """The colour of a block's edges."""
    return rgb(mix(theme.bands[1], theme.muted, 0.6))


def _shade(block: Block, azimuth: float) -> Singles:
    """How far every place of the relief leans to the shadow or to the light; 0 where it is level and open."""
    z = block.heights.astype(float)
    rows, columns = z.shape
    up, along = np.gradient(z, 2 * block.half[1] / (rows - 1), 2 * block.half[0] / (columns - 1))
    long = np.sqrt(1 + along**2 + up**2)
    angle, low = math.radians(azimuth + AROUND), math.radians(LOW)
    towards = np.cos(low) * (along * -math.cos(angle) + up * -math.sin(angle)) + np.sin(low)
    light = np.clip(towards / long, 0, None) / math.sin(low) - 1
    # The sky lights what is open to it: hollows get less.
    sky = np.zeros_like(z)
    for part in (24, 10):
        sky += z - _blurred(z, max(2, max(rows, columns) // part))
    sky = np.clip(sky / (0.25 * block.tall), -1, 0.4)
    return np.asarray(np.clip(DIFFUSE * light + HOLLOW * sky, DARKEST, BRIGHTEST), np.float32)


def _blurred(z: Floats, reach: int) -> Floats:
    """The mean of a square around every place, twice: nearly a Gaussian."""
    for axis in (0, 1, 0, 1):
        wide = np.take(z, np.clip(np.arange(-reach - 1, z.shape[axis] + reach), 0, z.shape[axis] - 1), axis)
        sums = np.cumsum(wide, axis)
        size = 2 * reach + 1
        low = np.take(sums, np.arange(z.shape[axis]), axis)
        z = (np.take(sums, np.arange(size, z.shape[axis] + size), axis) - low) / size
    return z


def _finer(z: Singles, th: int, tw: int) -> Singles:
    """Values over an even grid on a finer one, straight between them."""
    for axis, count in ((0, th), (1, tw)):
        at = np.linspace(0, z.shape[axis] - 1, count)
        low = np.minimum(at.astype(int), z.shape[axis] - 2)
        part = (at - low).astype(np.float32)
        part = part[:, None] if axis == 0 else part
        before = np.take(z, low, axis)
        z = before + (np.take(z, low + 1, axis) - before) * part
    return z


def _packed(color: NDArray[np.floating]) -> Colors:
    """Colours (..., 3) from 0 to 1 as pixels."""
    out = np.full((*color.shape[:-1], 4), 255, np.uint8)
    out[..., :3] = np.clip(color * 255 + 0.5, 0, 255)
    return out.view(np.uint32)[..., 0]
