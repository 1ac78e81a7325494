from __future__ import annotations

import numpy as np
import scipy.stats

from mirimpute.datasets.synthetic import StudentT

N = 40_000


def test_errors_are_students_t() -> None:
    x1, x2 = StudentT(name="s", n_rows=N, slope=1.5).sample().T
    errors = x2 - 1.5 * x1
    assert scipy.stats.kstest(x1, "norm").pvalue > 1e-4
    assert scipy.stats.kstest(errors, lambda t: 0.5 + t / (2 * np.sqrt(2 + t**2))).pvalue > 1e-4
    assert abs(scipy.stats.spearmanr(x1, errors).statistic) < 4 / np.sqrt(N)


def test_other_degrees_of_freedom() -> None:
    x = StudentT(name="s", n_rows=N, slope=0.0, degrees_of_freedom=5.0).sample()
    assert scipy.stats.kstest(x[:, 1], scipy.stats.t(5).cdf).pvalue > 1e-4
