from __future__ import annotations

import numpy as np

from mirimpute.datasets.synthetic import Bimodal

N = 40_000


def test_moments_and_modes() -> None:
    slope, centre, sd = 0.5, 2.0, 0.3
    x1, x2 = Bimodal(name="b", n_rows=N, slope=slope, centre=centre, sd=sd).sample().T
    covariance = np.array([[1, slope], [slope, slope**2 + centre**2 + sd**2]])
    np.testing.assert_allclose(np.cov(x1, x2), covariance, atol=5 * 2 * covariance.max() / np.sqrt(N))
    residual = x2 - slope * x1
    assert not (np.abs(residual) < centre - 6 * sd).any()
    upper = residual > 0
    assert abs(upper.mean() - 0.5) < 4 * 0.5 / np.sqrt(N)
    for side in (upper, ~upper):
        z = (np.abs(residual[side]) - centre) / sd
        assert abs(z.mean()) < 5 / np.sqrt(len(z))
        assert abs(z.std() - 1) < 5 / np.sqrt(2 * len(z))
    assert abs(np.corrcoef(x1, upper)[0, 1]) < 4 / np.sqrt(N)
