"""Some of many: rows or columns at equal distances, which stand for all."""

from __future__ import annotations

import numpy as np


def evenly_spaced(count: int, most: int) -> np.ndarray:
    """Return at most ``most`` of the numbers below ``count``, int, first and last among them.

    >>> evenly_spaced(9, 3), evenly_spaced(2, 3)
    (array([0, 4, 8]), array([0, 1]))
    """
    return np.arange(count) if count <= most else np.linspace(0, count - 1, most).round().astype(int)
