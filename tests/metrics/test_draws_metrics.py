"""Metrics of all draws against closed forms."""

import numpy as np
import pytest
from scipy.stats import norm

from mirimpute.errors import UserError
from mirimpute.metrics import DRAWS_METRICS, evaluate_draws
from mirimpute.metrics.registry import METRICS, draws_metric

NAMES = list(DRAWS_METRICS)


def table(rng, n=4000, d=3, rate=0.4):
    x = rng.normal(size=(n, d))
    return x, rng.random((n, d)) < rate


def draws_of(rng, x, scored, m, sd=1.0):
    """The right forecast (for sd 1): what is hidden is independent of what is not."""
    return np.where(scored, sd * rng.normal(size=(m, *x.shape)), x)


def test_registry_names_and_texts():
    for name, each in DRAWS_METRICS.items():
        assert each.name == name
        assert each.description.endswith(".")
        assert each.formula
        assert each.reference
    assert not set(METRICS) & set(NAMES)  # one name, one meaning
    with pytest.raises(UserError, match="unknown metric of draws 'crpss': did you mean 'crps'"):
        draws_metric("crpss")


@pytest.mark.parametrize("m", [19, 20, 50])
def test_right_draws_cover_ninety_percent_whatever_their_number(rng, m):
    x, scored = table(rng)
    values = evaluate_draws(NAMES, x, draws_of(rng, x, scored, m), scored).values
    assert values["coverage_90"] == pytest.approx(0.9, abs=4 * np.sqrt(0.09 / scored.sum()))
    assert values["coverage_error_90"] == abs(values["coverage_90"] - 0.9)
    assert values["crps"] == pytest.approx(1 / np.sqrt(np.pi), abs=0.03)


def test_width_of_a_normal_s_interval(rng):
    x, scored = table(rng)
    values = evaluate_draws(["interval_width"], x, draws_of(rng, x, scored, 999, sd=0.5), scored).values
    assert values["interval_width"] == pytest.approx(2 * norm.ppf(0.95) * 0.5, rel=0.01)


def test_narrow_draws_cover_less(rng):
    """N(0, 1) inside ± 1.645 / 2 has probability 0.589."""
    x, scored = table(rng)
    values = evaluate_draws(["coverage_90"], x, draws_of(rng, x, scored, 999, sd=0.5), scored).values
    assert values["coverage_90"] == pytest.approx(norm.cdf(1.645 / 2) - norm.cdf(-1.645 / 2), abs=0.03)


def test_too_few_draws_have_no_interval_but_a_score(rng):
    x, scored = table(rng, n=50)
    result = evaluate_draws(NAMES, x, draws_of(rng, x, scored, 5), scored)
    assert set(result.undefined) == {"coverage_90", "coverage_error_90", "interval_width"}
    assert "5 draw(s) give no interval of level 0.9: it takes 19" in result.undefined["coverage_90"]
    assert np.isfinite(result.values["crps"])


def test_cells_that_are_not_scored_and_the_order_of_draws_do_not_matter(rng):
    x, scored = table(rng, n=100)
    draws = draws_of(rng, x, scored, 20)
    x_unknown = np.where(scored, x, np.nan)
    first = evaluate_draws(NAMES, x, draws, scored).values
    assert evaluate_draws(NAMES, x_unknown, draws[::-1], scored).values == pytest.approx(first, rel=1e-12)


def test_overflow_is_raised_not_returned(rng):
    x, scored = table(rng, n=20)
    with pytest.raises(OverflowError, match="metric 'crps' is"):
        evaluate_draws(["crps"], x, np.where(scored, 1e308, x) * np.array([1, -1])[:, None, None], scored)


def test_shapes_that_do_not_fit_are_a_fault_of_the_harness(rng):
    x, scored = table(rng, n=20)
    with pytest.raises(ValueError, match="scored cells"):
        evaluate_draws(["crps"], x, np.empty((0, *x.shape)), scored)
