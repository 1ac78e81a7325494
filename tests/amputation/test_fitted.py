"""Holes fitted to the table's own, against the model that made these."""

import numpy as np
import pytest
from scipy.special import expit

from mirimpute.amputation import Fitted, amputate
from mirimpute.amputation.fitted import fitted_log_odds

SLOPE = 1.5


@pytest.fixture(scope="module")
def holey():
    """Column 0 is missing by a logit of column 1 with slope 1.5; columns 1 and 2 are complete."""
    rng = np.random.default_rng(0)
    x = rng.normal(size=(20_000, 4))
    x[rng.random(len(x)) < expit(SLOPE * x[:, 1] - 2), 0] = np.nan
    x[rng.random(len(x)) < 0.05, 3] = np.nan
    return x


def run(x, rate=0.2, **options):
    return amputate(x, Fitted(name="fitted"), rate, "overall", np.random.default_rng(1), **options)


def test_the_model_of_the_own_holes_is_found(holey):
    missing = np.isnan(holey[:, [0, 3]])
    found = fitted_log_odds(holey[:, [1, 2]], missing)
    weights = np.linalg.lstsq(holey[:, [1, 2]], found, rcond=None)[0]
    np.testing.assert_allclose(weights, [[SLOPE, 0], [0, 0]], atol=0.12)


def test_weights_are_those_of_a_ridge_logit(holey):
    """scikit-learn's, whose penalty is half of the weights' squares as here."""
    from sklearn.linear_model import LogisticRegression

    z, missing = holey[:3000, [1, 2]], np.isnan(holey[:3000, [0]])
    reference = LogisticRegression(C=1.0, tol=1e-10).fit(z, missing[:, 0])
    np.testing.assert_allclose(fitted_log_odds(z, missing)[:, 0], z @ reference.coef_[0], atol=1e-4)


def test_new_holes_follow_the_model_of_the_own_ones(holey):
    """Within bins of column 1 the hidden share of column 0 is a logit of slope 1.5; that of column 3 is flat."""
    scored = run(holey).scored
    z, hidden, there = holey[:, 1], scored[:, 0], ~np.isnan(holey[:, 0])
    low, high = (there & (np.abs(z - centre) < 0.2) for centre in (-0.5, 0.5))
    logits = [np.log(hidden[rows].mean() / (1 - hidden[rows].mean())) for rows in (low, high)]
    assert logits[1] - logits[0] == pytest.approx(SLOPE, abs=0.25)
    flat = [scored[(np.abs(z - centre) < 0.3), 3].mean() for centre in (-1, 1)]
    assert flat[0] == pytest.approx(flat[1], abs=0.04)
    assert not scored[:, [1, 2]].any()


def test_new_holes_are_missing_at_random(holey):
    """Values of columns that lose cells decide nothing: with others in their place the same cells go."""
    other = holey.copy()
    incomplete = [0, 3]
    other[:, incomplete] = np.where(
        np.isnan(holey[:, incomplete]), np.nan, np.random.default_rng(2).exponential(size=(len(holey), 2))
    )
    np.testing.assert_array_equal(run(other).scored, run(holey).scored)


def test_categories_decide_too():
    rng = np.random.default_rng(4)
    codes = rng.integers(3, size=6000).astype(float)
    x = np.column_stack([rng.normal(size=6000), codes, rng.normal(size=6000)])
    x[(codes == 1) & (rng.random(6000) < 0.5), 0] = np.nan
    scored = run(x, 0.1, categorical=np.array([False, True, False])).scored
    assert scored[codes == 1, 0].sum() > 0.95 * scored[:, 0].sum()


def test_without_a_complete_column_the_holes_depend_on_nothing():
    x = np.random.default_rng(5).normal(size=(200, 3))
    x[0, 0] = x[1, 1] = x[2, 2] = np.nan
    assert run(x).notes == ("no column is complete: the holes depend on no value",)
