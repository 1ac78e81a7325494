from __future__ import annotations

import numpy as np

from mirimpute.datasets.synthetic import TwoGaussians

N = 40_000


def test_two_gaussians_has_the_clusters_of_the_paper() -> None:
    x = TwoGaussians(name="t", n_rows=N).sample()
    assert x.shape == (N, 2)
    right = x[:, 0] > 0
    assert abs(right.mean() - 0.5) < 4 * 0.5 / np.sqrt(N)
    for side, centre in ((right, 2.0), (~right, -2.0)):
        cluster = x[side]
        error = 0.5 / np.sqrt(len(cluster))
        np.testing.assert_allclose(cluster.mean(axis=0), centre, atol=5 * error)
        np.testing.assert_allclose(np.cov(cluster.T), 0.25 * np.eye(2), atol=5 * 0.25 * np.sqrt(2 / len(cluster)))
    assert TwoGaussians(name="t", n_columns=5).sample().shape == (1000, 5)
