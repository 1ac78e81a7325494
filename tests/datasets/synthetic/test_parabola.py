from __future__ import annotations

import numpy as np
import scipy.stats

from mirimpute.datasets.synthetic import Parabola

N = 40_000


def test_the_second_column_is_the_square_of_the_first() -> None:
    x1, x2 = Parabola(name="p", noise=0.0).sample().T
    np.testing.assert_allclose(x2, x1**2)


def test_moments() -> None:
    noise = 0.3
    x1, x2 = Parabola(name="p", n_rows=N, noise=noise).sample().T
    assert scipy.stats.kstest(x1, "norm").pvalue > 1e-4
    assert scipy.stats.kstest((x2 - x1**2) / noise, "norm").pvalue > 1e-4
    assert abs(x2.mean() - 1) < 5 * np.sqrt((2 + noise**2) / N)
    assert abs(x2.var() / (2 + noise**2) - 1) < 5 * np.sqrt(14 / N)  # kurtosis of χ²(1): 15
    assert abs(np.cov(x1, x2)[0, 1]) < 5 * np.sqrt(10 / N)  # Var x³ - x = 10
