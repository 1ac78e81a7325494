"""Normal rows whose neighbouring columns are correlated."""

from __future__ import annotations

import numpy as np

from mirimpute.datasets.synthetic.base import require


def autoregressive_covariance(n_columns: int, correlation: float) -> np.ndarray:
    """Return Σ_ij = correlation^|i-j|, (n_columns, n_columns): a Markov chain along the columns.

    >>> autoregressive_covariance(3, 0.5)
    array([[1.  , 0.5 , 0.25],
           [0.5 , 1.  , 0.5 ],
           [0.25, 0.5 , 1.  ]])
    """
    index = np.arange(n_columns)
    return np.power(correlation, np.abs(index[:, None] - index[None, :]), dtype=np.float64)


def correlated_normals(rng: np.random.Generator, n_rows: int, covariance: np.ndarray) -> np.ndarray:
    """Return rows x = L z, (n_rows, n_columns), with LLᵀ = ``covariance`` and z ~ N(0, I)."""
    return rng.standard_normal((n_rows, len(covariance))) @ np.linalg.cholesky(covariance).T


def check_correlated(n_columns: int, correlation: float) -> None:
    """Raise a UserError unless there is a column and ``correlation`` is in (-1, 1)."""
    require(n_columns >= 1, "n_columns", n_columns, "at least 1")
    require(-1 < correlation < 1, "correlation", correlation, "between -1 and 1")
