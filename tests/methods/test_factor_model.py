"""The normal distribution of few factors, against the exact conditional of the same covariance."""

import numpy as np
import pytest
import torch

from mirimpute.methods.factor_model import FactorModel, fit_factors
from mirimpute.methods.gaussian import GaussianModel


def models(d=7, k=2):
    """Return the same distribution as factors and as a covariance, rows and which of their entries are known."""
    g = torch.Generator().manual_seed(0)
    loadings = torch.randn(d, k, generator=g, dtype=torch.float64)
    left, mean = (torch.rand(d, generator=g, dtype=torch.float64) for _ in range(2))
    few = FactorModel(mean, left + 0.2, loadings)
    whole = GaussianModel(mean, loadings @ loadings.T + torch.diag(left + 0.2))
    x, known = torch.randn(9, d, generator=g, dtype=torch.float64), torch.rand(9, d, generator=g) < 0.5
    return few, whole, x, known


def test_the_conditional_is_that_of_the_covariance():
    few, whole, x, known = models()
    (mean, spread), (mean_of_whole, spread_of_whole) = few.condition(x, known), whole.condition(x, known)
    torch.testing.assert_close(mean, mean_of_whole)
    torch.testing.assert_close(spread[~known], spread_of_whole[~known])
    torch.testing.assert_close(few.drawn(x, known, torch.zeros(2, *x.shape, dtype=x.dtype))[0], mean_of_whole)


def test_patterns_give_the_same_conditional():
    few, whole, x, known = models()
    weights, spread, _ = few.regression(known, torch.float64)
    mean, spread_of_whole = whole.condition(x, known)
    torch.testing.assert_close(torch.where(known, x, few.apply(weights, torch.arange(9), x)), mean)
    torch.testing.assert_close(spread[~known], spread_of_whole[~known])


@pytest.mark.parametrize("row", range(5))
def test_noise_gets_the_correlation_of_the_unknown_entries(row):
    few, whole, x, known = models()
    one, seen = torch.eye(7, dtype=torch.float64), known[row : row + 1]
    images = few.correlated(seen, one[:, None])[:, 0].T  # of each unit vector
    factors = few.regression(seen, torch.float64)[2]
    torch.testing.assert_close(few.mix(factors, torch.zeros(7, dtype=torch.int64), one).T, images)
    covariance = whole.moments(x[row : row + 1], seen)[1][0]
    unknown = ~seen[0]
    spread = covariance.diagonal()[unknown].sqrt()
    expected = covariance[unknown][:, unknown] / spread[:, None] / spread
    torch.testing.assert_close((images @ images.T)[unknown][:, unknown], expected)
    torch.testing.assert_close(images[seen[0]], one[seen[0]])


def test_without_factors_columns_are_independent():
    few, _, x, known = models(k=0)
    mean, spread = few.condition(x, known)
    torch.testing.assert_close(mean, torch.where(known, x, few.mean))
    torch.testing.assert_close(spread, few.covariance.sqrt().expand_as(x))
    weights, _, factors = few.regression(known, torch.float64)
    torch.testing.assert_close(few.apply(weights, torch.arange(9), x), few.mean.expand_as(x))
    torch.testing.assert_close(few.mix(factors, torch.arange(9), x), x)
    assert few.correlated(known, x[None]) is not None


def test_a_row_gets_the_same_alone_and_in_a_batch():
    few, *_ = models(d=301, k=8)
    rows = torch.randn(3000, 301, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    seen = torch.rand(3000, 301, generator=torch.Generator().manual_seed(2)) < 0.5
    for row in (0, 7, 1500, 2999):
        alone, among = few.condition(rows[row : row + 1], seen[row : row + 1]), few.condition(rows, seen)
        for one, many in zip(alone, among, strict=True):
            assert torch.equal(one[0], many[row])
        noise = rows[None]
        one = few.correlated(seen[row : row + 1], noise[:, row : row + 1])
        assert torch.equal(one[0, 0], few.correlated(seen, noise)[0, row])


def test_em_finds_the_covariance_of_an_incomplete_table():
    rng = np.random.default_rng(0)
    loadings = rng.normal(size=(12, 2)) * 0.7
    covariance = loadings @ loadings.T + 0.4 * np.eye(12)
    x = rng.multivariate_normal(np.zeros(12), covariance, size=2000)
    known = torch.as_tensor(rng.random(x.shape) < 0.7)
    found = fit_factors(torch.as_tensor(np.where(known.numpy(), x, 99.0)), known, 2, rounds=100)
    estimate = (found.loadings @ found.loadings.T).numpy() + np.diag(found.covariance.numpy())
    assert np.abs(estimate - covariance).max() < 0.15


def test_em_agrees_with_scikit_learn_on_a_complete_table():
    from sklearn.decomposition import FactorAnalysis

    rng = np.random.default_rng(1)
    x = rng.normal(size=(1000, 3)) @ rng.normal(size=(3, 8)) + rng.normal(size=(1000, 8))
    x = (x - x.mean(axis=0)) / x.std(axis=0)
    found = fit_factors(torch.as_tensor(x), torch.ones(x.shape, dtype=torch.bool), 3, rounds=400, tolerance=1e-5)
    reference = FactorAnalysis(3, tol=1e-8, max_iter=5000, svd_method="lapack").fit(x)
    estimate = (found.loadings @ found.loadings.T).numpy() + np.diag(found.covariance.numpy())
    assert np.abs(estimate - reference.get_covariance()).max() < 0.02


def test_arrays_are_those_of_the_model():
    few, _, x, known = models()
    again = FactorModel.from_arrays(few.arrays())
    assert torch.equal(again.condition(x, known)[0], few.condition(x, known)[0])
    assert FactorModel.from_arrays({"mean": np.zeros(3), "covariance": np.ones(3)}).loadings.shape == (3, 0)
    with pytest.raises(ValueError, match="loadings"):
        FactorModel.from_arrays({"mean": np.zeros(3), "covariance": np.ones(3), "loadings": np.zeros((2, 1))})
