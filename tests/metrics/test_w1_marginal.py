import numpy as np
import pytest
from scipy.stats import wasserstein_distance

from mirimpute.metrics.w1_marginal import w1_by_column, w1_marginal_scored, w1_marginal_sum


def test_agrees_with_scipy_column_by_column(compare, rng):
    x_true, x_imputed = rng.standard_normal((300, 5)), rng.standard_exponential((300, 5))
    expected = sum(wasserstein_distance(x_true[:, j], x_imputed[:, j]) for j in range(5))
    assert w1_marginal_sum(compare(x_true, x_imputed)) == pytest.approx(expected, rel=1e-12)


def test_both_variants_agree_with_scipy_when_cells_are_left_out(compare, rng):
    x_true, x_imputed = rng.standard_normal((200, 4)), rng.standard_exponential((200, 4))
    known = rng.random((200, 4)) < 0.8
    scored = known & (rng.random((200, 4)) < 0.3)
    x_true = np.where(known, x_true, np.nan)
    comparison = compare(x_true, x_imputed, scored)
    for value, cells in ((w1_marginal_sum(comparison), known), (w1_marginal_scored(comparison), scored)):
        pairs = [(x_true[cells[:, j], j], x_imputed[cells[:, j], j]) for j in range(4)]
        assert value == pytest.approx(sum(wasserstein_distance(a, b) for a, b in pairs), rel=1e-12)


def test_a_shift_adds_up_over_columns(compare, rng):
    x = rng.standard_normal((100, 3))
    assert w1_marginal_sum(compare(x, x + np.array([1.0, -2.0, 0.5]))) == pytest.approx(3.5, rel=1e-12)


def test_all_rows_dilutes_the_scored_cells(compare, rng):
    """Sorted in order, a quarter of the cells shifted upwards above all others: all rows see a quarter of the shift."""
    x = np.arange(8.0)[:, None]
    scored = x >= 6
    comparison = compare(x, np.where(scored, x + 10, x), scored)
    assert w1_marginal_scored(comparison) == 10.0
    assert w1_marginal_sum(comparison) == 2.5


def test_a_column_without_a_selected_cell_counts_zero(rng):
    x, y = rng.standard_normal((10, 2)), rng.standard_normal((10, 2))
    selected = np.zeros((10, 2), dtype=bool)
    selected[:, 0] = True
    by_column = w1_by_column(x, y, selected)
    assert by_column[0] == pytest.approx(wasserstein_distance(x[:, 0], y[:, 0]), rel=1e-12)
    assert by_column[1] == 0.0


def test_two_normal_columns_with_closed_form(compare, rng):
    """W1 between N(0, 1) and N(0, σ²) is |σ − 1| E|Z| = |σ − 1| √(2/π)."""
    x, y = rng.standard_normal((100_000, 1)), 3 * rng.standard_normal((100_000, 1))
    assert w1_marginal_sum(compare(x, y)) == pytest.approx(2 * np.sqrt(2 / np.pi), rel=0.02)
