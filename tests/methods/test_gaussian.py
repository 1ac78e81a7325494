"""The Gaussian base against closed forms and against an independent computation."""

import numpy as np
import pytest
import torch

from mirimpute.methods.device import threads_for
from mirimpute.methods.expectation_maximisation import expected, fit_em, groups_of
from mirimpute.methods.gaussian import GaussianModel


@pytest.fixture
def model():
    rng = np.random.default_rng(0)
    root = rng.normal(size=(5, 5))
    return GaussianModel(torch.as_tensor(rng.normal(size=5)), torch.as_tensor(root @ root.T + 0.1 * np.eye(5)))


@pytest.fixture
def table(model):
    rng = np.random.default_rng(1)
    x = rng.multivariate_normal(model.mean.numpy(), model.covariance.numpy(), size=40)
    known = rng.random(x.shape) < 0.6
    known[0], known[1] = True, False
    return torch.as_tensor(x), torch.as_tensor(known)


def _conditional(model, row, known):
    """Mean and covariance of the unknown entries of one row, by the textbook formula."""
    mean, cov = model.mean.numpy(), model.covariance.numpy()
    o, m = np.flatnonzero(known), np.flatnonzero(~known)
    gain = cov[np.ix_(m, o)] @ np.linalg.inv(cov[np.ix_(o, o)]) if o.size else np.zeros((m.size, 0))
    return mean[m] + gain @ (row[o] - mean[o]), cov[np.ix_(m, m)] - gain @ cov[np.ix_(o, m)]


def test_condition_is_the_textbook_conditional(model, table):
    x, known = table
    mean, spread = model.condition(x, known)
    for row in range(len(x)):
        unknown = ~known[row].numpy()
        expected, covariance = _conditional(model, x[row].numpy(), known[row].numpy())
        assert np.allclose(mean[row].numpy()[unknown], expected)
        assert np.allclose(spread[row].numpy()[unknown], np.sqrt(np.diag(covariance)))
        assert np.array_equal(mean[row].numpy()[~unknown], x[row].numpy()[~unknown])


def test_regression_weights_give_the_same_mean(model, table):
    x, known = table
    weights, spread, factors = model.regression(known, torch.float64)
    mean = model.mean + ((x - model.mean)[:, None, :] @ weights)[:, 0]
    expected, expected_spread = model.condition(x, known)
    assert torch.allclose(torch.where(known, x, mean), expected)
    assert torch.allclose(spread[~known], expected_spread[~known])
    noise = torch.randn(x.shape, generator=torch.Generator().manual_seed(0), dtype=x.dtype)
    everyone = torch.arange(len(x))
    assert torch.allclose(model.apply(weights, everyone, x)[~known], expected[~known])
    assert torch.allclose(model.mix(factors, everyone, noise), model.correlated(known, noise[None])[0])


def with_identity(d):
    """A model of d columns of which the last is the sum of the others but for rounding."""
    parts = np.random.default_rng(d).normal(size=(4 * d, d - 1))
    x = np.column_stack([parts, parts.sum(axis=1)])
    return GaussianModel(torch.zeros(d, dtype=torch.float64), torch.as_tensor(np.corrcoef(x.T)) + 1e-7 * torch.eye(d))


def projected(model, known, deviation):
    result = torch.full_like(deviation, torch.nan)
    for rows, project in model.projections(known):
        result[:, rows] = project(deviation[:, rows])
    return result


@pytest.mark.parametrize("d", [4, 7, 18])
def test_projections_take_away_what_the_identity_rules_out(d):
    model, generator = with_identity(d), torch.Generator().manual_seed(0)
    known = torch.rand((300, d), generator=generator) > 0.4
    known[:20], known[20:40] = known[0].clone(), True
    deviation = torch.where(known, 0.0, torch.randn((3, 300, d), generator=generator, dtype=torch.float64))
    kept = projected(model, known, deviation)
    normal = torch.linalg.eigh(model.covariance)[1][:, 0]  # the direction that has no variance
    several = (~known).sum(dim=1) > 1  # one alone is not held by its spread
    before, after = ((each @ normal)[:, several] for each in (deviation, kept))
    assert float(before.abs().mean()) > 0.1
    assert float(after.abs().max()) < 1e-3
    assert torch.allclose(projected(model, known, kept), kept, atol=1e-3)


@pytest.mark.parametrize("d", [4, 18, 30])
def test_rows_get_the_same_bits_whichever_rows_share_their_pattern(d):
    model, generator = with_identity(d), torch.Generator().manual_seed(0)
    known = torch.rand((40, d), generator=generator) > 0.4
    known[::3] = known[0].clone()
    noise = torch.randn((5, 40, d), generator=generator, dtype=torch.float64)
    order = torch.randperm(40, generator=generator)
    with threads_for(False):  # as tables of this size are filled: torch divides products by their size
        for answer in (model.correlated, lambda known, noise: projected(model, known, noise)):
            together = answer(known, noise)
            alone = torch.cat([answer(known[k : k + 1], noise[:, k : k + 1]) for k in range(40)], dim=1)
            assert torch.equal(together, alone)
            assert torch.equal(answer(known[order], noise[:, order]), together[:, order])


def test_correlated_noise_has_the_conditional_correlation_and_mean_0(model):
    n = 20_000
    known = torch.tensor([True, False, True, False, False]).expand(n // 4, 5)
    noise = torch.randn((4, n // 4, 5), generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    made = model.correlated(known, noise).reshape(n, 5)[:, ~known[0]].numpy()
    _, covariance = _conditional(model, np.zeros(5), known[0].numpy())
    deviation = np.sqrt(np.diag(covariance))
    assert np.abs(made.mean(axis=0)).max() < 5 / n**0.5
    assert np.abs(np.cov(made.T) - covariance / np.outer(deviation, deviation)).max() < 8 / n**0.5


def test_single_precision_rows_are_solved_in_that_of_the_model():
    """Parts of a sum, x0 + x1 + x2 = 0 but for 1e-5: a condition number of 1e5, which single precision cannot carry."""
    rng = np.random.default_rng(0)
    parts = rng.normal(size=(2000, 2))
    x = torch.as_tensor(np.column_stack([parts, -parts.sum(axis=1)]) / [1, 1, 2**0.5])
    model = fit_em(x, torch.ones_like(x, dtype=torch.bool), 1e-5)
    known = torch.tensor([True, True, False]).expand(len(x), 3)
    mean, spread = model.condition(x.float(), known)
    assert mean.dtype == spread.dtype == torch.float32
    assert float((mean - x)[:, 2].abs().max()) < 1e-3
    assert float(spread[:, 2].max()) < 0.01


def test_unknown_entries_are_never_read(model, table):
    x, known = table
    poisoned = torch.where(known, x, 1e30)
    for before, after in zip(model.condition(x, known), model.condition(poisoned, known), strict=True):
        assert torch.equal(before, after)


def test_draws_have_the_conditional_moments(model):
    n = 20_000
    known = torch.tensor([True, False, True, False, False]).expand(n, 5)
    row = torch.tensor([0.5, 0.0, -1.0, 0.0, 0.0], dtype=torch.float64)
    drawn = (
        model.draw(row.expand(n // 4, 5), known[: n // 4], 4, torch.Generator().manual_seed(0)).reshape(n, 5).numpy()
    )
    expected, covariance = _conditional(model, row.numpy(), known[0].numpy())
    unknown = ~known[0].numpy()
    error = np.abs(drawn[:, unknown].mean(axis=0) - expected) / np.sqrt(np.diag(covariance) / n)
    assert error.max() < 5
    scale = np.sqrt(np.outer(np.diag(covariance), np.diag(covariance)))
    assert np.abs(np.cov(drawn[:, unknown].T) - covariance).max() < 6 * scale.max() / np.sqrt(n) + 1e-4


def test_expectations_by_the_precision_are_those_row_by_row(model, table):
    x, known = (each.clone() for each in table)
    known[0], known[1] = True, False  # nothing is unknown, everything is
    filled, spread = expected(model, x, known, groups_of(known))
    mean, covariances = model.moments(x, known)
    assert torch.allclose(filled, mean, rtol=1e-9, atol=1e-10)
    assert torch.allclose(spread, covariances.sum(dim=0), rtol=1e-9, atol=1e-9)
    assert torch.equal(expected(model, torch.where(known, x, 1e30), known, groups_of(known))[0], filled)


def test_em_on_complete_rows_is_the_sample_covariance(table):
    x, _ = table
    model = fit_em(x, torch.ones_like(x, dtype=torch.bool), 0.0)
    expected = np.cov(x.numpy().T, bias=True)
    assert np.allclose(model.mean.numpy(), x.numpy().mean(axis=0))
    assert np.allclose(model.covariance.numpy(), expected, rtol=2e-4, atol=1e-6)


def test_em_finds_the_covariance_behind_mcar_holes():
    rng = np.random.default_rng(2)
    n = 20_000
    covariance = 0.7 ** np.abs(np.subtract.outer(np.arange(6), np.arange(6)))
    x = rng.multivariate_normal(np.zeros(6), covariance, size=n)
    known = torch.as_tensor(rng.random(x.shape) >= 0.3)
    model = fit_em(torch.as_tensor(x), known, 0.0, tolerance=1e-5, rounds=200)
    # sd of a sample covariance is at most sqrt(2 / n_pairs), with 0.49 n complete pairs
    assert np.abs(model.covariance.numpy() - covariance).max() < 5 * np.sqrt(2 / (0.49 * n))


def test_duplicate_and_constant_columns_stay_positive_definite():
    rng = np.random.default_rng(3)
    a = rng.normal(size=(50, 1))
    x = torch.as_tensor(np.hstack([a, a, np.zeros((50, 1))]))
    known = torch.as_tensor(rng.random(x.shape) < 0.7)
    model = fit_em(x, known, 0.01)
    mean, spread = model.condition(x, known)
    assert bool(torch.isfinite(mean).all())
    assert bool((spread > 0).all())
