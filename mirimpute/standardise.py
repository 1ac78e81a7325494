"""Scales of columns: standardised by what is observed or by the truth, min-max, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Scale:
    """Location and spread of each column; float64 (n_columns,), spread above 0."""

    mean: np.ndarray
    spread: np.ndarray

    def standardise(self, x: np.ndarray) -> np.ndarray:
        """Return (x - mean) / spread; x is (..., n_columns) in original units, NaN stays NaN."""
        return (x - self.mean) / self.spread

    def restore(self, x: np.ndarray) -> np.ndarray:
        """Return x * spread + mean, the inverse of :meth:`standardise`."""
        return x * self.spread + self.mean


def observed_scale(x_incomplete: np.ndarray) -> Scale:
    """Return mean and standard deviation (divisor n) of the observed cells of each column.

    A column whose observed cells are all equal, to within rounding, gets spread 1: its cells become 0.

    Args:
        x_incomplete: float64 (n_rows, n_columns), NaN where missing, at least one value per column.

    >>> observed_scale(np.array([[1.0, 5.0], [3.0, np.nan]])).spread
    array([1., 1.])
    """
    observed = ~np.isnan(x_incomplete)
    count = observed.sum(axis=0)
    # Dividing by the largest magnitude first keeps the squares of very large and very small columns in range.
    size = np.nanmax(np.abs(x_incomplete), axis=0)
    size = np.where(size > 0, size, 1.0)
    scaled = np.where(observed, x_incomplete / size, 0.0)
    mean = scaled.sum(axis=0) / count
    spread = np.sqrt(np.where(observed, (scaled - mean) ** 2, 0.0).sum(axis=0) / count)
    constant = spread <= 1e-12
    return Scale(mean=mean * size, spread=np.where(constant, 1.0, spread * size))


def minmax_scale(x: np.ndarray) -> Scale:
    """Return the scale in which each column runs from 0 to 1; a constant one gets spread 1 and becomes 0.

    Args:
        x: float64 (n_rows, n_columns), NaN where the source has no value, at least one value per column.

    >>> minmax_scale(np.array([[1.0, 5.0], [3.0, np.nan]])).standardise(np.array([[2.0, 5.0]]))
    array([[0.5, 0. ]])
    """
    lowest, highest = np.nanmin(x, axis=0), np.nanmax(x, axis=0)
    spread = highest - lowest
    return Scale(mean=lowest, spread=np.where(spread > 0, spread, 1.0))


SCALERS: dict[str, Callable[[np.ndarray, np.ndarray], Scale]] = {
    "observed": lambda x_true, x_incomplete: observed_scale(x_incomplete),
    "truth": lambda x_true, x_incomplete: observed_scale(x_true),
    "minmax": lambda x_true, x_incomplete: minmax_scale(x_true),
}
"""Scales of the scores by name, from the true and the incomplete table: z-scores by the observed cells (a method could
compute them), z-scores by the truth, and from 0 to 1 by the truth."""
