"""Missing at random by one column."""

import numpy as np
import pytest
from scipy.special import expit

from mirimpute.amputation import MarDriver, MarThreshold, amputate
from mirimpute.amputation.predictors import standardised
from mirimpute.errors import UserError
from tests.amputation.test_mechanisms import assert_logistic

KINDS = pytest.mark.parametrize("kind", [MarDriver, MarThreshold])


@pytest.fixture(scope="module")
def skewed():
    rng = np.random.default_rng(1)
    return np.exp(rng.normal(size=(20_000, 4)) @ rng.normal(size=(4, 4)))


def run(values, mechanism, rate=0.3, seed=0, categorical=None):
    return amputate(values, mechanism, rate, "eligible", np.random.default_rng(seed), categorical)


@KINDS
def test_only_the_driver_decides(skewed, kind):
    """MAR exactly: whatever stands in the columns that lose cells, the same cells go."""
    mechanism = kind(name="m", driver="2")
    scored = run(skewed, mechanism).scored
    assert not scored[:, 2].any()
    others = np.random.default_rng(2).normal(size=skewed.shape)
    others[:, 2] = skewed[:, 2]
    np.testing.assert_array_equal(run(others, mechanism).scored, scored)
    others = skewed.copy()
    others[:, 2] = others[::-1, 2]
    assert (run(others, mechanism).scored != scored).sum() > 1000


@pytest.mark.parametrize("strength", [0.5, 1.0, 3.0])
def test_the_driver_has_the_slope_that_is_asked_for(strength):
    values = np.random.default_rng(3).normal(size=(20_000, 3))
    scored = run(values, MarDriver(name="m", driver="0", strength=strength)).scored
    for column in (1, 2):
        assert_logistic(strength * standardised(values[:, 0]), scored[:, column])


def test_the_threshold_has_the_odds_that_are_asked_for(skewed):
    scored = run(skewed, MarThreshold(name="m", driver="1", strength=2.0, quantile=0.7)).scored
    above = skewed[:, 1] > np.quantile(skewed[:, 1], 0.7)
    assert above.mean() == pytest.approx(0.3, abs=1e-3)
    for column in (0, 2, 3):
        p, q = scored[above, column].mean(), scored[~above, column].mean()
        log_odds_ratio = np.log(p / (1 - p)) - np.log(q / (1 - q))
        sd = np.sqrt(1 / (6000 * p * (1 - p)) + 1 / (14_000 * q * (1 - q)))
        assert abs(log_odds_ratio - 2.0) < 4 * sd
        # within a side it is flat
        inside = skewed[above, 1].argsort().argsort() / above.sum()
        assert abs(inside[scored[above, column]].mean() - 0.5) < 4 * np.sqrt(1 / 12 / (6000 * p))


def test_a_large_strength_spares_the_rows_below(skewed):
    values = skewed[:, :2]
    scored = run(values, MarThreshold(name="m", driver="0", strength=20.0), rate=0.4).scored
    below = values[:, 0] <= np.quantile(values[:, 0], 0.5)
    assert not scored[below, 1].any()
    assert run(values, MarThreshold(name="m", driver="0", strength=20.0), rate=0.8).scored[~below, 1].mean() > 0.99


def test_a_driver_of_two_values_splits_at_them():
    values = np.random.default_rng(4).normal(size=(4000, 2))
    values[:, 0] = np.arange(4000) % 3 > 0  # two thirds are 1, the median too
    scored = run(values, MarThreshold(name="m", driver="0")).scored
    odds = [scored[values[:, 0] == value, 1].mean() for value in (0, 1)]
    assert expit(np.log(odds[0] / (1 - odds[0])) + 3.0) == pytest.approx(odds[1], abs=0.06)


def test_mar_has_the_slope_that_is_asked_for():
    from mirimpute.amputation import Mar

    values = np.random.default_rng(5).normal(size=(20_000, 2))
    result = run(values, Mar(name="mar", strength=2.5))
    [target] = np.flatnonzero(result.scored.any(axis=0))
    score = standardised(values[:, 1 - target])
    sign = np.sign(score[result.scored[:, target]].mean())
    assert_logistic(2.5 * sign * score, result.scored[:, target])


@KINDS
def test_a_driver_is_named_by_its_column(skewed, kind):
    def number(driver, *names):
        return kind(name="m", driver=driver).for_table(names, skewed).driver

    assert number("income", "age", "income", "2", "x") == "1"
    assert number("2", "2", "b", "c", "d") == "0"
    assert number("3", "2", "b", "c", "d") == "3"
    assert number("", "a", "b", "c", "d") == ""
    with pytest.raises(UserError, match=r"unknown mechanism\.driver 'incom': did you mean 'income'"):
        number("incom", "age", "income", "c", "d")
    holey = skewed.copy()
    holey[0, 1] = np.nan
    with pytest.raises(UserError, match=r"driver=income cannot .* misses 1 of 20000 values; .*varies: age, c, d"):
        kind(name="m", driver="income").for_table(["age", "income", "c", "d"], holey)


@KINDS
def test_a_categorical_driver_scores_its_categories(kind):
    rng = np.random.default_rng(6)
    values = np.column_stack([rng.integers(4, size=8000), rng.normal(size=8000)])
    spread = []
    for seed in range(10):
        scored = run(values, kind(name="m", driver="0"), seed=seed, categorical=np.array([True, False])).scored
        spread.append(np.ptp([scored[values[:, 0] == code, 1].mean() for code in range(4)]))
    assert np.mean(np.array(spread) > 0.1) > 0.8
