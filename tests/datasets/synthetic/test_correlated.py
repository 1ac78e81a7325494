from __future__ import annotations

import numpy as np

from mirimpute.datasets.synthetic.correlated import autoregressive_covariance


def test_autoregressive_covariance_has_a_tridiagonal_inverse() -> None:
    rho, d = 0.7, 6
    precision = np.linalg.inv(autoregressive_covariance(d, rho))
    expected = (1 + rho**2) * np.eye(d) - rho * (np.eye(d, k=1) + np.eye(d, k=-1))
    expected[0, 0] = expected[-1, -1] = 1
    np.testing.assert_allclose(precision, expected / (1 - rho**2), atol=1e-12)
