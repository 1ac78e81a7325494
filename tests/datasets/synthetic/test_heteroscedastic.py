from __future__ import annotations

import numpy as np
import scipy.stats

from mirimpute.datasets.synthetic import Heteroscedastic

N = 40_000


def test_the_noise_grows_along_the_line() -> None:
    slope, low, high = 2.0, 0.05, 1.0
    x1, x2 = Heteroscedastic(name="h", n_rows=N, slope=slope, low=low, high=high).sample().T
    assert scipy.stats.kstest(x1, "uniform").pvalue > 1e-4
    z = (x2 - slope * x1) / (low + (high - low) * x1)
    assert scipy.stats.kstest(z, "norm").pvalue > 1e-4
    for part in np.array_split(np.argsort(x1), 5):
        assert abs(z[part].std() - 1) < 5 / np.sqrt(2 * len(part))


def test_moments_of_the_docstring() -> None:
    slope, low, high = 2.0, 0.2, 0.8
    x1, x2 = Heteroscedastic(name="h", n_rows=N, slope=slope, low=low, high=high).sample().T
    variance = slope**2 / 12 + (low**2 + low * high + high**2) / 3
    assert abs(x2.mean() - slope / 2) < 5 * np.sqrt(variance / N)
    assert abs(x2.var() / variance - 1) < 5 * np.sqrt(3 / N)
    assert abs(np.cov(x1, x2)[0, 1] - slope / 12) < 5 * np.sqrt(variance / 12 / N)
