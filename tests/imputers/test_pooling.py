"""Rubin's rules against their definition, a simulation, and their limits."""

import numpy as np
import pytest

from mirimpute import pool
from mirimpute.errors import UserError


def test_formula_by_hand():
    estimates, variances = np.array([[1.0, 0.0], [3.0, 0.0]]), np.array([[1.0, 2.0], [2.0, 2.0]])
    pooled = pool(estimates, variances)
    assert pooled.estimate == pytest.approx([2.0, 0.0])
    assert pooled.within == pytest.approx([1.5, 2.0])
    assert pooled.between == pytest.approx([2.0, 0.0])
    assert pooled.variance == pytest.approx([1.5 + 1.5 * 2.0, 2.0])
    ratio, df = 3.0 / 1.5, (1 / (3.0 / 4.5)) ** 2
    assert pooled.fraction_missing == pytest.approx([(ratio + 2 / (df + 3)) / (ratio + 1), 0.0])  # Rubin 1987, (3.1.10)
    assert pooled.df[0] == pytest.approx((1 / (3.0 / 4.5)) ** 2)
    assert np.isinf(pooled.df[1])


def test_interval_covers_the_mean_of_incomplete_normal_data():
    """Proper draws of a normal sample with half of it missing: the 90 % interval covers in about 90 of 100."""
    rng = np.random.default_rng(0)
    n, observed, m, covered, repeats = 60, 30, 20, 0, 400
    for _ in range(repeats):
        seen = rng.normal(size=observed)
        means, variances = [], []
        for _ in range(m):
            spread = np.sqrt((observed - 1) * seen.var(ddof=1) / rng.chisquare(observed - 1))
            centre = seen.mean() + spread / np.sqrt(observed) * rng.normal()
            full = np.concatenate([seen, centre + spread * rng.normal(size=n - observed)])
            means.append(full.mean())
            variances.append(full.var(ddof=1) / n)
        low, high = pool(np.array(means), np.array(variances), df_complete=n - 1).interval(0.9)
        covered += low <= 0 <= high
    assert abs(covered / repeats - 0.9) < 3 * np.sqrt(0.9 * 0.1 / repeats)


def test_small_samples_have_fewer_degrees_of_freedom():
    estimates, variances = np.array([1.0, 1.1, 0.9]), np.full(3, 0.5)
    assert pool(estimates, variances, df_complete=10).df < 10 < pool(estimates, variances).df


@pytest.mark.parametrize(
    ("estimates", "variances", "message"),
    [
        ([1.0], [1.0], "2 draws or more"),
        ([1.0, 2.0], [1.0], "one variance per estimate"),
        ([1.0, 2.0], [1.0, -1.0], "not negative"),
        ([1.0, np.nan], [1.0, 1.0], "finite"),
    ],
)
def test_bad_input_is_refused(estimates, variances, message):
    with pytest.raises(ValueError, match=message):
        pool(np.array(estimates), np.array(variances))


def test_level_outside_0_and_1_is_refused():
    with pytest.raises(ValueError, match="level=95"):
        pool(np.array([1.0, 2.0]), np.ones(2)).interval(95)


@pytest.mark.parametrize(
    ("estimates", "variances", "named"),
    [
        ([1.0], [1.0], "(1,)"),
        ([1.0, np.nan], [1.0, 1.0], "nan (draw 1)"),
        ([1.0, 2.0], [-0.5, 1.0], "-0.5 (draw 0)"),
        ([1.0, 2.0], [1.0, np.inf], "inf (draw 1)"),
    ],
)
def test_what_cannot_be_pooled_is_named(estimates, variances, named):
    with pytest.raises(UserError) as refusal:
        pool(np.array(estimates), np.array(variances))
    assert named in str(refusal.value)


def test_analyses_are_sent_to_their_own_pool():
    with pytest.raises(UserError, match=r"with_\(tables, formula\)\.pool\(\)"):
        pool([object(), object()])
