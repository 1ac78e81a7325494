"""Scales of columns: standardised by what is observed or by the truth, min-max, and back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from mirimpute.numerics.column_ends import column_counts, column_ends

_ROUNDING = 16 * np.finfo(float).eps
"""Range of a column, as a fraction of its largest magnitude, that may be rounding."""
_BEYOND = 1e-9
"""Spreads by which rounding may carry a value beyond an end of its column."""


@dataclass(frozen=True)
class Scale:
    """Location and spread of each column; float64 (n_columns,), spread above 0.

    Attributes:
        mean, spread: original units.
        lowest, highest: (n_columns,), ends that :meth:`restore` meets exactly; None: none.
    """

    mean: np.ndarray
    spread: np.ndarray
    lowest: np.ndarray | None = None
    highest: np.ndarray | None = None

    def standardise(self, x: np.ndarray) -> np.ndarray:
        """Return (x - mean) / spread; x is (..., n_columns) in original units, NaN stays NaN."""
        with np.errstate(over="ignore", invalid="ignore"):
            z = x - self.mean
            z /= self.spread
            if not np.isinf(z).any():
                return z
            # The difference of two numbers near the largest that there are may be none.
            return np.where(np.isinf(z), x / self.spread - self.mean / self.spread, z)

    def restore(self, x: np.ndarray) -> np.ndarray:
        """Return x * spread + mean, the inverse of :meth:`standardise`.

        What is beyond ``lowest`` or ``highest`` by rounding alone, or by more than a number can be, is on it.
        """
        with np.errstate(over="ignore", invalid="ignore"):
            values = x * self.spread + self.mean
            if not np.isfinite(values).all():
                values = np.where(np.isfinite(values), values, 4 * (x * (self.spread / 4) + self.mean / 4))
        if self.lowest is None:
            return values
        inside = np.clip(values, self.lowest, self.highest)
        with np.errstate(over="ignore", invalid="ignore"):
            by_rounding = np.abs(values - inside) <= _BEYOND * self.spread
        return np.where(by_rounding | np.isinf(values), inside, values)

    def within(self, lowest: np.ndarray, highest: np.ndarray) -> Scale:
        """Return the scale that restores to ``lowest`` and ``highest`` exactly what is on them."""
        return replace(self, lowest=lowest, highest=highest)

    def of(self, columns: np.ndarray) -> Scale:
        """Return the scale of some columns."""
        return Scale(**{name: values[columns] for name, values in vars(self).items() if values is not None})


def observed_scale(x_incomplete: np.ndarray) -> Scale:
    """Return mean and standard deviation (divisor n) of the observed cells of each column.

    A column whose observed cells are all equal, to within rounding, gets spread 1: its cells become 0. Small
    differences of large numbers, such as 4e15 and 4e15 + 1, are differences.

    Args:
        x_incomplete: float64 (n_rows, n_columns), NaN where missing, at least one value per column.

    >>> observed_scale(np.array([[1.0, 5.0], [3.0, np.nan]])).spread
    array([1., 1.])
    """
    observed = ~np.isnan(x_incomplete)
    count = column_counts(observed)
    # Dividing by the largest magnitude first keeps the squares of very large and very small columns in range.
    lowest, highest = column_ends(x_incomplete)
    size = np.maximum(-lowest, highest)
    size = np.where(size > 0, size, 1.0)
    scaled = x_incomplete / size  # one array for all steps: of a large table, new ones take longer than their numbers
    np.copyto(scaled, 0.0, where=~observed)
    mean = scaled.sum(axis=0) / count
    scaled -= mean
    scaled *= scaled
    scaled *= observed
    spread = np.sqrt(scaled.sum(axis=0) / count)
    spread = spread * size
    nearly = np.flatnonzero(spread <= 1e-12 * size)
    lowest, highest = np.nanmin(x_incomplete[:, nearly], axis=0), np.nanmax(x_incomplete[:, nearly], axis=0)
    constant = highest - lowest <= _ROUNDING * size[nearly]
    shifted = np.where(observed[:, nearly], x_incomplete[:, nearly] - lowest, 0.0)
    own = shifted.sum(axis=0) / count[nearly]
    of_shifted = np.sqrt(np.where(observed[:, nearly], (shifted - own) ** 2, 0.0).sum(axis=0) / count[nearly])
    mean = mean * size
    mean[nearly] = np.where(constant, mean[nearly], lowest + own)
    spread[nearly] = np.where(constant, 1.0, of_shifted)
    return Scale(mean, spread)


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
