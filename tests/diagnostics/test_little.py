"""Little's test against a closed form and its distribution under the hypothesis."""

import numpy as np
import pytest
from scipy import stats

from mirimpute.diagnostics.little import LittleTest, little_test


def test_with_one_incomplete_column_it_compares_two_means():
    """The mean of y given x is that of the regression, so d² is (x1 - x2)² / (s² (1/n1 + 1/n2)), s² of all x."""
    rng = np.random.default_rng(1)
    x = rng.normal(size=80)
    y = 0.7 * x + rng.normal(size=80)
    hidden = rng.random(80) < 0.4
    y[hidden] = np.nan
    found = little_test(np.column_stack([x, y]))
    n2 = hidden.sum()
    expected = (x[hidden].mean() - x[~hidden].mean()) ** 2 / (x.var(ddof=1) * (1 / n2 + 1 / (80 - n2)))
    assert isinstance(found, LittleTest)
    assert (found.df, found.patterns, found.rows) == (1, 2, 80)
    assert found.statistic == pytest.approx(expected, rel=1e-6)
    assert found.p == pytest.approx(stats.chi2.sf(expected, 1))


def _table(rng, mechanism, n=300):
    x = rng.multivariate_normal(np.zeros(3), 0.5 * np.eye(3) + 0.5, size=n)
    chance = 0.3 if mechanism == "mcar" else 1 / (1 + np.exp(1 - 2 * x[:, [0]]))
    hidden = rng.random((n, 3)) < chance
    hidden[:, 0] = False
    return np.where(hidden, np.nan, x)


def test_it_is_right_as_often_as_it_says():
    rng = np.random.default_rng(2)
    ps = [little_test(_table(rng, "mcar")).p for _ in range(100)]
    assert stats.kstest(ps, "uniform").pvalue > 0.01
    assert max(little_test(_table(rng, "mar")).p for _ in range(5)) < 0.01


def test_the_units_do_not_matter():
    table = _table(np.random.default_rng(3), "mcar")
    scaled = table * [1e6, 1e-3, 5] + [0, 7, -2]
    assert little_test(scaled).statistic == pytest.approx(little_test(table).statistic, rel=1e-4)


@pytest.mark.parametrize(
    ("table", "reason"),
    [
        (np.array([[1.0, 2.0], [2.0, 3.0], [4.0, 9.0]]), "same pattern"),
        (np.array([[1.0], [np.nan]]), "two columns"),
        (np.array([[1.0, 2.0], [1.0, np.nan], [1.0, 3.0], [1.0, 3.0]]), "vary"),
    ],
)
def test_where_there_is_none_it_says_why(table, reason):
    assert reason in little_test(table)


def test_columns_that_follow_from_one_another():
    table = _table(np.random.default_rng(4), "mcar")
    assert "follow" in little_test(np.column_stack([table[:, 0], 2 * table[:, 0], table[:, 1]]))
