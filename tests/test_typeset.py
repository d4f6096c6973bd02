"""Text is set tight, on its baseline, with a halo where asked, and never fails."""

from __future__ import annotations

import numpy as np
import pytest

from optanim.typeset import FILES, glyph, lacking, mask, measure, sprite

SANS = "DejaVu Sans"


@pytest.mark.parametrize(("family", "weight"), list(FILES))
def test_every_face_is_there(family: str, weight: str) -> None:
    assert measure("Adam", 10, 100, family, weight) > 20


def test_sprites_are_tight_and_haloed() -> None:
    plain = sprite([("Adam", "#ff0000", 10, "bold")], 100, SANS)
    halo = sprite([("Adam", "#ff0000", 10, "bold")], 100, SANS, halo="#ffffff", halo_width=3)
    for each in (plain, halo):
        solid = each.pixels[..., 3] > 0
        assert solid[0].any() and solid[-1].any() and solid[:, 0].any() and solid[:, -1].any()
    assert 6 <= halo.width - plain.width <= 8
    assert 6 <= halo.height - plain.height <= 8
    assert 3 <= halo.rise - plain.rise <= 4
    inside = halo.pixels[halo.pixels[..., 3] == 255][:, :3]
    assert (inside == (255, 0, 0)).all(axis=1).any() and (inside == 255).all(axis=1).any()


def test_the_baseline_is_where_letters_stand() -> None:
    for text, below in (("Adam", 0), ("gap", 1)):
        covered, rise = mask(text, 20, 100, SANS, "normal")
        rows = np.flatnonzero(covered.max(axis=1) > 100)
        assert (rows[-1] >= rise) == bool(below)
    assert sprite([("x", "#000000", 20, "normal")], 100, SANS).rise == 16


def test_lines_stand_under_one_another_in_their_colours() -> None:
    both = sprite([("Adam", "#ff0000", 10, "bold"), ("lr 0.1", "#0000ff", 8, "normal")], 100, SANS)
    solid = both.pixels[..., 3] > 128
    red, blue = both.pixels[..., 0] > both.pixels[..., 2], both.pixels[..., 2] > both.pixels[..., 0]
    assert np.flatnonzero((solid & red).any(axis=1)).max() < np.flatnonzero((solid & blue).any(axis=1)).min()


@pytest.mark.parametrize("text", ["", " ", "$x$ and $", "a" * 200, "\u6771\u4eac", "\U0001f600", "e\u0301"])
def test_any_text_makes_a_sprite(text: str) -> None:
    assert sprite([(text, "#000000", 9, "normal")], 100, SANS).width >= 1


def test_what_a_font_lacks_is_told_once() -> None:
    assert lacking(["a\u6771b", "\u6771 c"], SANS) == "\u6771"


def test_widths_add_up() -> None:
    one, two = measure("ab", 10, 100, SANS, "normal"), measure("abab", 10, 100, SANS, "normal")
    assert two == pytest.approx(2 * one, abs=0.6)


def test_glyphs_keep_their_cell() -> None:
    cells = [glyph(c, (c, "#000000", 9.5, "normal"), 100, "DejaVu Sans Mono", 9, 19, 14) for c in "1p/"]
    assert {(cell.width, cell.height) for cell in cells} == {(9, 19)}
    lowest = [int(np.flatnonzero(cell.pixels[..., 3].max(axis=1) > 99)[-1]) for cell in cells]
    assert lowest[0] == 13 and lowest[1] > 14
