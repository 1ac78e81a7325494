"""Bins of equal counts; a frequent value has a bin of its own."""

from __future__ import annotations

import numpy as np


def bin_edges(values: np.ndarray, bins: int) -> np.ndarray:
    """Return the edges of about ``bins`` bins of equal counts of ``values`` (n,), increasing.

    ``np.searchsorted(edges, values, side="right")`` is the bin. A value at two edges is alone in its bin:
    every value that fills two bins, and some that fill one.

    >>> x = np.array([7.0, 7, 7, 7, 7, 8, 9, 10])
    >>> np.searchsorted(bin_edges(x, 4), x, side="right")
    array([1, 1, 1, 1, 1, 2, 3, 3])
    """
    edges = np.quantile(values, np.arange(1, bins) / bins)
    repeated = np.unique(edges[1:][np.diff(edges) == 0])
    return np.unique(np.concatenate([edges, np.nextafter(repeated, np.inf)]))
