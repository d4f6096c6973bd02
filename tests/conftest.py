"""Options and helpers that all tests share."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

GOLDEN = Path(__file__).parent / "golden"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--refresh", action="store_true", help="write the golden frames anew instead of comparing"
    )


def psnr(one: NDArray[np.uint8], other: NDArray[np.uint8]) -> float:
    """Peak signal-to-noise ratio of two pictures in dB; infinite where they are equal."""
    error = float(np.mean((one[..., :3].astype(float) - other[..., :3].astype(float)) ** 2))
    return float("inf") if error == 0 else 10 * np.log10(255**2 / error)
