from __future__ import annotations

import numpy as np
import scipy.stats

from mirimpute.datasets.synthetic import ZeroInflated

N = 40_000


def test_zeros_and_amounts() -> None:
    slope, sd = 1.5, 0.5
    x1, x2 = ZeroInflated(name="z", n_rows=N, slope=slope, sd=sd).sample().T
    positive = x2 > 0
    assert x2.min() == 0
    assert abs(positive.mean() - 0.5) < 4 * 0.5 / np.sqrt(N)
    z = (np.log(x2[positive]) - x1[positive] / 2) / sd
    assert scipy.stats.kstest(z, "norm").pvalue > 1e-4
    chance = scipy.special.expit(slope * x1)
    for part in np.array_split(np.argsort(x1), 10):
        assert abs(positive[part].mean() - chance[part].mean()) < 4 * 0.5 / np.sqrt(len(part))
