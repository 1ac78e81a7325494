from __future__ import annotations

import numpy as np
import scipy.stats

from mirimpute.datasets.synthetic import Lognormal
from mirimpute.datasets.synthetic.correlated import autoregressive_covariance

N = 40_000


def test_logarithms_are_correlated_normals() -> None:
    scale, correlation = 0.5, 0.7
    x = Lognormal(name="l", n_rows=N, n_columns=3, correlation=correlation, scale=scale).sample()
    assert x.min() > 0
    for column in x.T:
        assert scipy.stats.kstest(np.log(column) / scale, "norm").pvalue > 1e-4
    sigma = autoregressive_covariance(3, correlation)
    np.testing.assert_allclose(np.corrcoef(np.log(x).T), sigma, atol=5 / np.sqrt(N))
    s2 = scale**2
    np.testing.assert_allclose(x.mean(axis=0), np.exp(s2 / 2), rtol=5 * np.sqrt(np.expm1(s2) / N))
    np.testing.assert_allclose(np.cov(x.T), np.exp(s2) * np.expm1(s2 * sigma), atol=0.02)
