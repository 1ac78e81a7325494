"""The continuous ranked probability score: how good a sample of a distribution is, judged by one observed value."""

from __future__ import annotations

import numpy as np


def crps(draws: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """Return the CRPS of each value, (k,), in the unit of the values; smaller is better.

    E|X − y| − E|X − X'| / 2, with X and X' two *different* draws, so that the expectation does not depend on the
    number of draws; with one draw it is the absolute error.

    Args:
        draws: (m, k), m samples of each of the k values.
        truth: (k,).

    Reference: Gneiting & Raftery, "Strictly Proper Scoring Rules", JASA 2007, section 4.2; Ferro, "Fair scores for
    ensemble forecasts", QJRMS 2014.

    By hand, of draws 0 and 2: E|X - 3| = 2 and E|X - X'| = 2, so 2 - 2 / 2.

    >>> crps(np.array([[0.0], [2.0]]), np.array([3.0]))
    array([1.])
    """
    m = len(draws)
    error = np.abs(draws - truth).mean(axis=0)
    if m == 1:
        return np.asarray(error)
    rank = 2 * np.arange(1, m + 1) - m - 1
    between = 2 * (rank[:, None] * np.sort(draws, axis=0)).sum(axis=0) / (m * (m - 1))
    return np.asarray(error - between / 2)
