"""Gaussian tables and their exact conditionals."""

import numpy as np


def gaussian_table(n, covariance, rate, seed=0):
    """Return rows of N(0, covariance) and their pattern, MCAR, none of the rows fully missing."""
    rng = np.random.default_rng(seed)
    x = rng.multivariate_normal(np.zeros(len(covariance)), covariance, size=n)
    missing = rng.random(x.shape) < rate
    missing[missing.all(axis=1), 0] = False
    return x, missing


def conditional_means(x, missing, covariance):
    """Return E[x_miss | x_obs] of each row, and x where it is observed."""
    result = x.copy()
    for row, hidden in zip(result, missing, strict=True):
        seen = ~hidden
        row[hidden] = covariance[np.ix_(hidden, seen)] @ np.linalg.solve(covariance[np.ix_(seen, seen)], row[seen])
    return result


def conditional_variances(missing, covariance):
    """Return Var[x_j | x_obs] of each entry, 0 where it is observed."""
    result = np.zeros(missing.shape)
    for row, hidden in zip(result, missing, strict=True):
        seen = ~hidden
        cross = covariance[np.ix_(hidden, seen)]
        row[hidden] = np.diag(
            covariance[np.ix_(hidden, hidden)] - cross @ np.linalg.solve(covariance[np.ix_(seen, seen)], cross.T)
        )
    return result
