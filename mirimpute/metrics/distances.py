"""Pairwise distances between rows, shared by `w2`, `mmd2` and `energy` through `Comparison.once`.

Squares of differences are summed, without expanding ‖x‖² + ‖y‖² − 2x·y: equal rows are then at distance exactly 0,
and a pair gets the same value in every matrix.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from mirimpute.metrics.comparison import Comparison, Undefined


def squared_within_truth(comparison: Comparison) -> np.ndarray:
    """Return ‖x_i − x_j‖² between true rows, float64 (n, n) for the n rows of ``comparison.rows``."""
    rows = comparison.points_true[comparison.rows]
    return _squared_euclidean(rows, rows)


def squared_within_imputed(comparison: Comparison) -> np.ndarray:
    """Return ‖y_i − y_j‖² between completed rows, float64 (n, n) for the n rows of ``comparison.rows``."""
    rows = comparison.points_imputed[comparison.rows]
    return _squared_euclidean(rows, rows)


def squared_between(comparison: Comparison) -> np.ndarray:
    """Return ‖x_i − y_j‖², true row i against completed row j, float64 (n, n) for the rows of ``comparison.rows``."""
    return _squared_euclidean(comparison.points_true[comparison.rows], comparison.points_imputed[comparison.rows])


def means_of(
    comparison: Comparison, function: Callable[[np.ndarray], np.ndarray], mean: Callable[[np.ndarray], float]
) -> tuple[float, float, float]:
    """Return the means of a function of squared distances: within the truth, within the completed rows, between both.

    Args:
        comparison: whose ``rows`` are used.
        function: of squared distances (n, n), one by one.
        mean: :func:`mean_over_pairs` (U-statistic) or :func:`mean_over_all` (V-statistic).
    """
    truth, imputed, between = (
        mean(function(comparison.once(squared)))
        for squared in (squared_within_truth, squared_within_imputed, squared_between)
    )
    return truth, imputed, between


def mean_over_pairs(values: np.ndarray) -> float:
    """Return the mean of ``values`` (n, n) over i != j.

    Row i of the truth and row i of the completed table share their observed cells, so the pair (i, i) is not a pair of
    independent draws. Without it, MMD² and energy distance are unbiased (Gretton et al. 2012, equation 4, whose two
    samples are paired too). With it, both gain (2/n) E d(x_i, y_i), the error of single cells, which RMSE measures: a
    mean would look closer in distribution than a draw.

    Raises:
        Undefined: there is one row only.
    """
    n = len(values)
    if n < 2:
        raise Undefined("a distance between distributions needs two rows with a scored cell")
    return float((values.sum() - np.trace(values)) / (n * (n - 1)))


def mean_over_all(values: np.ndarray) -> float:
    """Return the mean of ``values`` (n, n) over all pairs, a row with its own completion included."""
    return float(np.mean(values))


def _squared_euclidean(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    from scipy.spatial.distance import cdist

    return cdist(x, y, "sqeuclidean")
