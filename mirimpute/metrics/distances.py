"""Pairwise distances between rows, shared by `w2`, `mmd2` and `energy` through `Comparison.once`.

Squares of differences are summed one by one instead of expanding ‖x‖² + ‖y‖² − 2x·y: equal rows are then at
distance exactly 0, and a pair gets the same value in every matrix.
"""

from __future__ import annotations

import numpy as np

from mirimpute.metrics.comparison import Comparison


def squared_within_truth(comparison: Comparison) -> np.ndarray:
    """Return ‖x_i − x_j‖² between true rows, float64 (n, n) for the n rows of ``comparison.rows``."""
    rows = comparison.x_true[comparison.rows]
    return _squared_euclidean(rows, rows)


def squared_within_imputed(comparison: Comparison) -> np.ndarray:
    """Return ‖y_i − y_j‖² between completed rows, float64 (n, n) for the n rows of ``comparison.rows``."""
    rows = comparison.x_imputed[comparison.rows]
    return _squared_euclidean(rows, rows)


def squared_between(comparison: Comparison) -> np.ndarray:
    """Return ‖x_i − y_j‖², true row i against completed row j, float64 (n, n) for the rows of ``comparison.rows``."""
    return _squared_euclidean(comparison.x_true[comparison.rows], comparison.x_imputed[comparison.rows])


def _squared_euclidean(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    from scipy.spatial.distance import cdist

    return cdist(x, y, "sqeuclidean")
