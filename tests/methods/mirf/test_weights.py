"""Weights of members against closed forms."""

import numpy as np
import pytest

from mirimpute.methods.mirf.donors import MEMBERS
from mirimpute.methods.mirf.pool import Evidence, fit_pool
from mirimpute.methods.mirf.weights import least_score, of_means


def _of_one(estimates, truth, prior, prior_cells):
    return of_means([estimates], [truth], prior[None], prior_cells)[0]


def test_independent_errors_are_weighed_by_their_precision():
    rng = np.random.default_rng(0)
    truth = 0.3 * rng.normal(size=20_000)
    deviation = np.array([0.1, 0.2, 0.2])
    weights = _of_one(truth + deviation[:, None] * rng.normal(size=(3, 20_000)), truth, np.full(3, 1 / 3), 4.0)
    np.testing.assert_allclose(weights, deviation**-2 / (deviation**-2).sum(), atol=0.02)


def test_the_prior_stays_where_there_is_no_evidence_and_goes_where_there_is():
    rng = np.random.default_rng(0)
    prior = np.array([0.5, 0.25, 0.25])
    truth = rng.normal(size=50)
    equal = truth + 0.5 * rng.normal(size=50)
    np.testing.assert_allclose(_of_one(np.stack([equal] * 3), truth, prior, 40.0), prior, atol=1e-3)
    np.testing.assert_array_equal(_of_one(np.zeros((3, 0)), np.zeros(0), prior, 40.0), prior)
    exact = np.stack([equal, truth, equal])
    assert _of_one(exact, truth, prior, 40.0)[1] > 0.99


def test_problems_solved_together_get_what_each_gets_alone():
    rng = np.random.default_rng(0)
    truth = [rng.normal(size=count) for count in (0, 3, 40)]
    estimates = [true + rng.normal(size=(3, len(true))) * np.array([[0.3], [1.0], [2.0]]) for true in truth]
    prior = rng.dirichlet(np.ones(3), size=3)
    together = of_means(estimates, truth, prior, 4.0)
    alone = [_of_one(*each, 4.0) for each in zip(estimates, truth, prior, strict=True)]
    np.testing.assert_allclose(together, alone, rtol=1e-12)
    np.testing.assert_array_equal(together[0], prior[0])


def test_members_without_a_share_of_the_prior_have_none():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=100)
    weights = _of_one(np.stack([truth + rng.normal(size=100), truth]), truth, np.array([1.0, 0.0]), 4.0)
    np.testing.assert_array_equal(weights, [1.0, 0.0])


@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_the_score_finds_the_share_of_each_distribution_in_a_mixture(share):
    """Truth from N(-1, 1) and N(1, 1): E|X - y| and E|X - X'| by quadrature, the CRPS is least at the true share."""
    rng = np.random.default_rng(1)
    count = 4000
    centre = np.where(rng.random(count) < share, 1.0, -1.0)
    truth = centre + rng.normal(size=count)
    draws = np.stack([rng.normal(size=(40, count)) - 1, rng.normal(size=(40, count)) + 1])
    linear = np.abs(draws - truth).mean(axis=(1, 2))
    quadratic = -np.array([[np.abs(a - np.roll(b, 1, axis=0)).mean() / 2 for b in draws] for a in draws])
    weights = least_score(linear[None], quadratic[None], np.array([count]), np.array([[0.5, 0.5]]), 4.0)
    assert weights[0, 1] == pytest.approx(share, abs=0.05)


def test_without_a_held_out_cell_the_flow_is_alone():
    pool = fit_pool([], [], 3)
    np.testing.assert_array_equal(pool.of_draws, np.tile(np.eye(MEMBERS)[0], (2, 3, 1)))


def test_a_column_that_hardly_varies_does_not_choose_for_the_others():
    rng = np.random.default_rng(0)

    def evidence(column, spread, best):
        truth = spread * rng.normal(size=(60, 1))
        error = np.where(np.arange(MEMBERS) == best, 0.0 if spread < 1 else 0.7, 1.0)[:, None, None, None]
        draws = truth + spread * error * rng.normal(size=(MEMBERS, 10, 60, 1))
        return Evidence(np.array([column]), np.zeros(60, dtype=bool), truth, draws, 5, draws.mean(axis=1))

    pool = fit_pool([evidence(0, 1.0, 1), evidence(1, 1.0, 1), evidence(2, 0.05, 3)], [], 3)
    assert (pool.of_draws[0, :2, 1] > pool.of_draws[0, :2, 3]).all()
    assert pool.of_draws[0, 2, 3] > 0.5
