"""Small problems for methods."""

import numpy as np
import pytest

from mirimpute.methods.base import Problem
from mirimpute.table.columns import Column, Kind


def problem_of(x_incomplete, seed=0):
    columns = tuple(Column(f"x{j}", Kind.CONTINUOUS) for j in range(x_incomplete.shape[1]))
    return Problem(x_incomplete, columns, seed)


def correlated(n=80, d=4, rate=0.25, seed=0):
    """Rows of N(0, 0.7^|i-j|) with MCAR holes, none of them fully missing; returns truth and incomplete table."""
    rng = np.random.default_rng(seed)
    covariance = 0.7 ** np.abs(np.subtract.outer(np.arange(d), np.arange(d)))
    x_true = rng.multivariate_normal(np.zeros(d), covariance, size=n)
    missing = rng.random((n, d)) < rate
    missing[missing.all(axis=1), 0] = False
    return x_true, np.where(missing, np.nan, x_true)


@pytest.fixture
def small():
    return problem_of(correlated()[1])
