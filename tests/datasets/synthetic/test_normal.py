from __future__ import annotations

import numpy as np
import scipy.stats

from mirimpute.datasets.synthetic import Gaussian

N = 40_000


def test_gaussian_has_the_covariance_that_it_states() -> None:
    dataset = Gaussian(name="g", n_rows=N, n_columns=5, correlation=-0.6)
    x, covariance = dataset.sample(), dataset.covariance()
    # sd of an entry of the empirical covariance: sqrt((Σii Σjj + Σij²) / n)
    error = np.sqrt((1 + covariance**2) / N)
    assert np.all(np.abs(np.cov(x.T) - covariance) < 5 * error)
    assert np.all(np.abs(x.mean(axis=0)) < 5 / np.sqrt(N))
    assert scipy.stats.kstest(x[:, 3], "norm").pvalue > 1e-4
