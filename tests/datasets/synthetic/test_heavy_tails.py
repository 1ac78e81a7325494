from __future__ import annotations

import numpy as np
import scipy.stats

from mirimpute.datasets.synthetic import HeavyTails

N = 40_000


def test_heavy_tails_is_a_t_copula_with_t_marginals() -> None:
    nu, rho = 3.0, 0.7
    x = HeavyTails(name="h", n_rows=N, n_columns=3, correlation=rho, degrees_of_freedom=nu).sample()
    for j in range(3):
        assert scipy.stats.kstest(x[:, j], scipy.stats.t(nu).cdf).pvalue > 1e-4
    tau = scipy.stats.kendalltau(x[:4000, 0], x[:4000, 1]).statistic
    assert abs(tau - 2 / np.pi * np.arcsin(rho)) < 5 * np.sqrt(4 / (9 * 4000))
    # Dependence in the tail, P(x2 > q | x1 > q), tends to 2 T_{ν+1}(-sqrt((ν+1)(1-ρ)/(1+ρ))); a Gaussian's to 0.
    limit = 2 * scipy.stats.t(nu + 1).cdf(-np.sqrt((nu + 1) * (1 - rho) / (1 + rho)))
    cut = scipy.stats.t(nu).ppf(0.999)
    assert abs((x[x[:, 0] > cut, 1] > cut).mean() - limit) < 0.25
