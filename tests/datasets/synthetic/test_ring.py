from __future__ import annotations

import numpy as np
import scipy.stats

from mirimpute.datasets.synthetic import Ring

N = 40_000


def test_radius_angle_and_moments() -> None:
    noise = 0.1
    x = Ring(name="r", n_rows=N, noise=noise).sample()
    radius, angle = np.hypot(*x.T), np.arctan2(x[:, 1], x[:, 0])
    assert scipy.stats.kstest(radius, scipy.stats.norm(1, noise).cdf).pvalue > 1e-4
    assert scipy.stats.kstest(angle, scipy.stats.uniform(-np.pi, 2 * np.pi).cdf).pvalue > 1e-4
    assert abs(np.corrcoef(radius, angle)[0, 1]) < 4 / np.sqrt(N)
    np.testing.assert_allclose(np.cov(x.T), (1 + noise**2) / 2 * np.eye(2), atol=5 / np.sqrt(8 * N))


def test_without_noise_all_points_are_on_the_circle() -> None:
    np.testing.assert_allclose(np.hypot(*Ring(name="r", noise=0.0).sample().T), 1.0)
