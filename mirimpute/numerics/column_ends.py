"""The ends of each column, missing cells left out, and counts by column: many are asked for, of large tables."""

from __future__ import annotations

from typing import Any

import numpy as np

from mirimpute.types import Array

_CELLS = 2_000
"""Cells that are compared at once: of narrow tables several rows side by side, which is several times as fast."""


def column_ends(x: Array) -> tuple[Array, Array]:
    """Return the lowest and the highest value of each column, (d,) each; NaN where there is none.

    Args:
        x: float64 (n, d), NaN where missing.

    >>> [ends.tolist() for ends in column_ends(np.array([[1.0, np.nan], [3.0, 2.0]]))]
    [[1.0, 2.0], [3.0, 2.0]]
    """
    if not len(x):
        return np.full(x.shape[1], np.nan), np.full(x.shape[1], np.nan)
    return _reduced(np.fmin, x), _reduced(np.fmax, x)


def column_counts(cells: Array) -> Array:
    """Return how many cells of each column are True, int (d,), of ``cells`` bool (n, d).

    >>> column_counts(np.array([[True, False], [True, True]])).tolist()
    [2, 1]
    """
    return _reduced(np.add, cells, dtype=int)


def _reduced(operation: np.ufunc, cells: Array, **options: Any) -> Array:
    """Return the columns of ``cells`` (n, d) reduced by an operation whose order is of no effect."""
    n, d = cells.shape
    beside = max(1, min(_CELLS // max(d, 1), n))
    if d and beside > 1 and cells.flags.c_contiguous:
        whole = n // beside * beside
        part = operation.reduce(cells[:whole].reshape(-1, beside * d), axis=0, **options)
        cells = np.vstack([part.reshape(beside, d), cells[whole:]])
    return np.asarray(operation.reduce(cells, axis=0, **options))
