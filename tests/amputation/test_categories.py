"""Mechanisms on tables with categorical columns."""

import numpy as np
import pytest

from mirimpute.amputation import amputate
from mirimpute.amputation.predictors import features
from mirimpute.amputation.registry import MECHANISMS

CATEGORICAL = np.array([False, True, True, False])


def table(n=4000, seed=0):
    rng = np.random.default_rng(seed)
    return np.column_stack([rng.normal(size=n), rng.integers(4, size=n), rng.integers(2, size=n), rng.normal(size=n)])


@pytest.mark.parametrize("name", sorted(set(MECHANISMS) - {"copy", "fitted"}))
def test_rate_is_exact_and_numbers_are_hidden_as_without_categories(name):
    values = table()
    mechanism = MECHANISMS[name](name=name)
    found = amputate(values, mechanism, 0.2, "overall", np.random.default_rng(1), CATEGORICAL)
    assert found.scored.mean() == pytest.approx(0.2, abs=1 / values.size)
    without, plain = (
        amputate(values, mechanism, 0.2, "overall", np.random.default_rng(1), *mask)
        for mask in ([np.zeros(4, bool)], [])
    )
    np.testing.assert_array_equal(without.scored, plain.scored)


def test_a_category_hides_itself_by_a_score_of_its_own():
    values = table()
    rates = []
    for seed in range(30):
        found = amputate(
            values, MECHANISMS["mnar_self"](name="m"), 0.3, "overall", np.random.default_rng(seed), CATEGORICAL
        )
        rates.append([found.scored[values[:, 1] == code, 1].mean() for code in range(4)])
    rates = np.array(rates)
    assert (np.ptp(rates, axis=1) > 0.1).mean() > 0.9
    # No order of the categories: the middle ones are the extreme ones as often as the outer ones.
    assert 5 < np.isin(rates.argmax(axis=1), [1, 2]).sum() < 25


def test_indicators_of_a_category_are_standardised():
    codes = np.array([0.0, 1, 2, 2, np.nan])
    found = features(codes, True)
    assert found.shape == (5, 3)
    np.testing.assert_allclose(found[:4].mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(found[:4].std(axis=0), 1)
    assert (found[4] == 0).all()


def test_a_table_of_categories_alone_goes_missing_by_every_mechanism():
    values = np.random.default_rng(0).integers(3, size=(500, 5)).astype(float)
    for name in sorted(set(MECHANISMS) - {"copy", "fitted", "mnar_censored"}):  # which need holes, or numbers
        found = amputate(
            values, MECHANISMS[name](name=name), 0.2, "overall", np.random.default_rng(0), np.ones(5, bool)
        )
        assert found.realised_rate == pytest.approx(0.2, abs=1e-3)
