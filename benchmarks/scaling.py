"""Exponents of scaling curves."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float | None:
    """Return b of cost = a * size^b by least squares on the logarithms; None with fewer than two sizes.

    Pairs whose cost is not above 0 (or not known, NaN) are left out: they have no logarithm.

    >>> print(f"{exponent([1000, 10000, 100000], [0.5, 5.0, 50.0]):.3f}")
    1.000
    """
    pairs = [(size, cost) for size, cost in zip(sizes, costs, strict=True) if cost > 0 and np.isfinite(cost)]
    if len({size for size, _ in pairs}) < 2:
        return None
    x, y = np.log(np.asarray(pairs, dtype=float)).T
    x = x - x.mean()
    return float(x @ y / (x @ x))
