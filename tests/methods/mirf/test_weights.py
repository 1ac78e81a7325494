"""Weights of members against closed forms."""

import numpy as np
import pytest

from mirimpute.methods.mirf.centre import fit_centre
from mirimpute.methods.mirf.donors import MEMBERS
from mirimpute.methods.mirf.pool import fit_pool
from mirimpute.methods.mirf.weights import least_score, of_means


def test_independent_errors_are_weighed_by_their_precision():
    rng = np.random.default_rng(0)
    truth = 0.3 * rng.normal(size=20_000)
    deviation = np.array([0.1, 0.2, 0.2])
    weights = of_means(truth + deviation[:, None] * rng.normal(size=(3, 20_000)), truth, np.full(3, 1 / 3), 4.0)
    np.testing.assert_allclose(weights, deviation**-2 / (deviation**-2).sum(), atol=0.02)


def test_the_prior_stays_where_there_is_no_evidence_and_goes_where_there_is():
    rng = np.random.default_rng(0)
    prior = np.array([0.5, 0.25, 0.25])
    truth = rng.normal(size=50)
    equal = truth + 0.5 * rng.normal(size=50)
    np.testing.assert_allclose(of_means(np.stack([equal] * 3), truth, prior, 40.0), prior, atol=1e-3)
    np.testing.assert_array_equal(of_means(np.zeros((3, 0)), np.zeros(0), prior, 40.0), prior)
    exact = np.stack([equal, truth, equal])
    assert of_means(exact, truth, prior, 40.0)[1] > 0.99


def test_members_without_a_share_of_the_prior_have_none():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=100)
    weights = of_means(np.stack([truth + rng.normal(size=100), truth]), truth, np.array([1.0, 0.0]), 4.0)
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
    weights = least_score(linear, quadratic, count, np.array([0.5, 0.5]), 4.0)
    assert weights[1] == pytest.approx(share, abs=0.05)


def test_without_a_held_out_cell_the_flow_is_alone():
    pool = fit_pool([], [], 3)
    np.testing.assert_array_equal(pool.of_draws, np.tile(np.eye(MEMBERS)[0], (2, 3, 1)))
    np.testing.assert_array_equal(fit_centre([], 3).weights[..., 0], 1.0)
