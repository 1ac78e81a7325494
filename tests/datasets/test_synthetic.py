from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import scipy.stats

from mirimpute.bench.dataset_catalog import named_dataset
from mirimpute.datasets.synthetic import Gaussian, HeavyTails, Moons, Synthetic, TwoGaussians, autoregressive_covariance
from mirimpute.errors import UserError

NOWHERE = Path("not there")
N = 40_000
FAMILIES = [TwoGaussians, Gaussian, Moons, HeavyTails]


@pytest.mark.parametrize("family", FAMILIES)
def test_a_table_is_a_function_of_its_options(family: type[Synthetic]) -> None:
    np.random.seed(1)  # noqa: NPY002  the global state must not matter
    first = family(name="a").load(NOWHERE)
    np.random.seed(2)  # noqa: NPY002
    again = family(name="b").load(NOWHERE)
    assert first.sha256 == again.sha256
    assert first.values.shape[0] == 1000
    assert family(name="a", data_seed=1).load(NOWHERE).sha256 != first.sha256
    assert family(name="a", n_rows=10).load(NOWHERE).values.shape[0] == 10
    assert [c.name for c in first.columns][:2] == ["x1", "x2"]


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


def test_gaussian_has_the_covariance_that_it_states() -> None:
    dataset = Gaussian(name="g", n_rows=N, n_columns=5, correlation=-0.6)
    x, covariance = dataset.sample(), dataset.covariance()
    # sd of an entry of the empirical covariance: sqrt((Σii Σjj + Σij²) / n)
    error = np.sqrt((1 + covariance**2) / N)
    assert np.all(np.abs(np.cov(x.T) - covariance) < 5 * error)
    assert np.all(np.abs(x.mean(axis=0)) < 5 / np.sqrt(N))
    assert scipy.stats.kstest(x[:, 3], "norm").pvalue > 1e-4


def test_autoregressive_covariance_has_a_tridiagonal_inverse() -> None:
    rho, d = 0.7, 6
    precision = np.linalg.inv(autoregressive_covariance(d, rho))
    expected = (1 + rho**2) * np.eye(d) - rho * (np.eye(d, k=1) + np.eye(d, k=-1))
    expected[0, 0] = expected[-1, -1] = 1
    np.testing.assert_allclose(precision, expected / (1 - rho**2), atol=1e-12)


def test_moons_lie_on_two_half_circles() -> None:
    x = Moons(name="m", noise=0.0).sample()
    upper = np.isclose(np.hypot(x[:, 0], x[:, 1]), 1) & (x[:, 1] >= 0)
    lower = np.isclose(np.hypot(x[:, 0] - 1, x[:, 1] - 0.5), 1) & (x[:, 1] <= 0.5)
    assert np.all(upper | lower)
    assert 400 < upper.sum() < 600
    # The noise is added to the same points, so their difference is the noise itself.
    noise = Moons(name="m", noise=0.05).sample() - x
    assert abs(noise.std() / 0.05 - 1) < 5 / np.sqrt(2 * noise.size)


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


@pytest.mark.parametrize(
    ("dataset", "words"),
    [
        (TwoGaussians(name="t", n_rows=1), "n_rows=1"),
        (TwoGaussians(name="t", n_columns=0), "n_columns=0"),
        (TwoGaussians(name="t", sd=0.0), "sd=0.0"),
        (Gaussian(name="g", correlation=1.0), "correlation=1.0"),
        (Gaussian(name="g", n_columns=-1), "n_columns=-1"),
        (Moons(name="m", noise=-0.1), "noise=-0.1"),
        (HeavyTails(name="h", degrees_of_freedom=0.0), "degrees_of_freedom=0.0"),
        (HeavyTails(name="h", correlation=-1.5), "correlation=-1.5"),
    ],
)
def test_option_outside_its_range(dataset: Synthetic, words: str) -> None:
    with pytest.raises(UserError, match=f"{words} .*it has to be"):
        dataset.load(NOWHERE)


def test_named_instances() -> None:
    names = [f"synthetic/{n}" for n in ("two_gaussians", "gaussian", "moons", "heavy_tails")]
    assert [type(named_dataset(name)) for name in names] == FAMILIES
