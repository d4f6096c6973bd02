"""What several landscapes share: roots that can be differentiated everywhere, and sources."""

from __future__ import annotations

from typing import Any

import numpy as np

# Each of these describes many landscapes.
DIXON_SZEGO = "Dixon and Szegö 1978, Towards Global Optimisation 2, North-Holland"
JAMIL_YANG = "Jamil and Yang 2013, arXiv:1308.4008"
LUKSAN_VLCEK = "Lukšan and Vlček 2000, Test problems for nonsmooth optimization, ICS AS CR report 798"
MISHRA = "Mishra 2006, Some new test functions for global optimization, MPRA 2718"
MOLGA_SMUTNICKI = "Molga and Smutnicki 2005, Test functions for optimization needs"
SCHWEFEL = "Schwefel 1981, Numerical Optimization of Computer Models, Wiley"


def root(u: Any, power: float = 0.5) -> Any:
    """u**power for u of at least 0; at 0 its derivative is 0 and not infinite."""
    positive = u != 0
    return positive * np.where(positive, u, 1.0) ** power


def radius(x: Any, y: Any) -> Any:
    """The distance from the origin, where its derivative is 0."""
    return root(x**2 + y**2)
