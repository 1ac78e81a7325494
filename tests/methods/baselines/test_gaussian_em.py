"""EM through the loop against EM itself, and against the distribution that made the data."""

import numpy as np
import pytest
import torch

from mirimpute.errors import UserError
from mirimpute.methods.baselines.gaussian_em import GaussianEm
from mirimpute.methods.expectation_maximisation import fit_em
from mirimpute.methods.gaussian import GaussianModel
from tests.methods.conftest import correlated, problem_of


def test_rounds_of_the_loop_are_the_steps_of_em(small):
    ours = GaussianEm(shrinkage=0.01, rounds=200).fit(small).impute()
    x, known = torch.as_tensor(np.nan_to_num(small.x_incomplete)), torch.as_tensor(~small.missing)
    model = fit_em(x, known, 0.01, rounds=200, tolerance=1e-3)
    assert np.allclose(ours.point, model.condition(x, known)[0].numpy(), atol=1e-12)
    assert ours.trace[-1]["covariance_change"] < 1e-3 <= ours.trace[-2]["covariance_change"]


def test_point_and_draws_are_those_of_the_conditional_distribution():
    n, d = 2000, 4
    _, x_incomplete = correlated(n=n, d=d, rate=0.3)
    imputation = GaussianEm(shrinkage=0.0, tolerance=1e-5, draws=20).fit(problem_of(x_incomplete)).impute()
    covariance = torch.as_tensor(0.7 ** np.abs(np.subtract.outer(np.arange(d), np.arange(d))))
    truth = GaussianModel(torch.zeros(d, dtype=torch.float64), covariance)
    known = torch.as_tensor(~np.isnan(x_incomplete))
    mean, spread = (each.numpy() for each in truth.condition(torch.as_tensor(np.nan_to_num(x_incomplete)), known))
    missing = np.isnan(x_incomplete)
    excess = ((imputation.point - mean) / spread)[missing]
    assert np.sqrt(np.mean(excess**2)) < 1.5 * np.sqrt(d / (n * 0.5))
    standardised = ((imputation.draws - mean) / spread)[:, missing]
    assert abs(standardised.mean()) < 0.05
    assert abs(standardised.std() - 1) < 0.05


@pytest.mark.parametrize(("field", "value"), [("shrinkage", 1.0), ("tolerance", 0.0), ("rounds", 0), ("draws", 0)])
def test_parameters_without_a_meaning_are_refused(field, value):
    with pytest.raises(UserError, match=f"method.{field}="):
        GaussianEm(**{field: value}).check()


def test_surprise_is_the_negative_log_density_of_the_known_entries():
    from scipy.stats import multivariate_normal

    rng = np.random.default_rng(0)
    mean, root = rng.standard_normal(3), rng.standard_normal((3, 3))
    covariance = root @ root.T + np.eye(3)
    x, known = rng.standard_normal((6, 3)), rng.random((6, 3)) < 0.6
    known[0] = False
    model = GaussianModel(torch.as_tensor(mean), torch.as_tensor(covariance))
    expected = -sum(
        multivariate_normal.logpdf(row[k], mean[k], covariance[np.ix_(k, k)])
        for row, k in zip(x, known, strict=True)
        if k.any()
    )
    found = model.surprise(torch.as_tensor(x), torch.as_tensor(known))
    assert found == pytest.approx(expected / known.sum(), rel=1e-10)
