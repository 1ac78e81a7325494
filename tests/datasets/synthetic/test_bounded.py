from __future__ import annotations

import numpy as np
import scipy.stats

from mirimpute.datasets.synthetic import Bounded

N = 40_000


def test_support_and_moments() -> None:
    slope, k = 1.5, 2.0
    x1, x2 = Bounded(name="b", n_rows=N, slope=slope, concentration=k).sample().T
    assert x2.min() >= 0
    assert x2.max() <= 1
    m = scipy.special.expit(slope * x1)
    variance = m * (1 - m) / (k + 1)
    z = (x2 - m) / np.sqrt(variance)
    assert abs(z.mean()) < 5 / np.sqrt(N)
    assert abs((z**2).mean() - 1) < 5 * np.sqrt((z**4).mean() / N)
    for part in np.array_split(np.argsort(x1), 10):
        assert abs((x2 - m)[part].mean()) < 4 * np.sqrt(variance[part].mean() / len(part))


def test_given_the_mean_a_share_is_beta() -> None:
    x1, x2 = Bounded(name="b", n_rows=N, slope=0.0, concentration=3.0).sample().T
    assert scipy.stats.kstest(x2, scipy.stats.beta(1.5, 1.5).cdf).pvalue > 1e-4
    assert abs(np.corrcoef(x1, x2)[0, 1]) < 4 / np.sqrt(N)
