import numpy as np
import pytest
from scipy.stats import energy_distance

from mirimpute.metrics.energy import energy, energy_v


def test_counts_every_pair_of_different_rows_in_one_dimension(compare, rng):
    """The V-statistic is the square of scipy's value; ours leaves out the pairs (i, i) and divides by n (n - 1)."""
    n = 300
    x, y = rng.standard_normal((n, 1)), rng.standard_exponential((n, 1))
    all_pairs = energy_distance(x[:, 0], y[:, 0]) ** 2 * n**2
    expected = (all_pairs - 2 * np.abs(x - y).sum()) / (n * (n - 1))
    assert energy(compare(x, y)) == pytest.approx(expected, rel=1e-9)


def test_v_statistic_is_the_square_of_scipys_in_one_dimension(compare, rng):
    x, y = rng.standard_normal((300, 1)), rng.standard_exponential((300, 1))
    assert energy_v(compare(x, y)) == pytest.approx(energy_distance(x[:, 0], y[:, 0]) ** 2, rel=1e-10)


def test_one_wrong_row_shows_in_the_v_statistic_alone(compare, rng):
    """Why both are reported: a single row is no evidence on a distribution, but it is on two finite tables."""
    x = rng.standard_normal((50, 2))
    y = x.copy()
    y[0] += 100.0
    assert energy(compare(x, y)) == pytest.approx(0.0, abs=1e-9)
    assert energy_v(compare(x, y)) > 0.05


def test_points_by_hand(compare):
    assert energy(compare([[0.0, 0.0], [0.0, 0.0]], [[3.0, 4.0], [3.0, 4.0]])) == 10.0  # 2·5 − 0 − 0
    # between, i != j: 0, 0, 2, 0, 3, 3 -> 8/6; truth: 2, 3, 1 -> 2; imputed: 0
    assert energy(compare([[0.0], [2.0], [3.0]], [[0.0], [0.0], [0.0]])) == pytest.approx(2 * 10 / 6 - 2, rel=1e-14)


def test_paired_draws_from_the_same_distribution_are_at_distance_zero(compare, rng):
    """Unbiased although row i of both tables shares a column: the mean over 200 tables is 0 within five errors."""
    values = []
    for _ in range(200):
        x = rng.standard_normal((40, 2))
        values.append(energy(compare(x, np.column_stack([x[:, 0], rng.standard_normal(40)]))))
    assert abs(np.mean(values)) < 5 * np.std(values) / np.sqrt(200)
    assert min(values) < 0 < max(values)


def test_two_normals_with_closed_form(compare, rng):
    """E|N(0, s²)| = s √(2/π), so N(0, 1) against N(0, 9) is at 2√10 − √2 − √18 times √(2/π)."""
    x, y = rng.standard_normal((2000, 1)), 3 * rng.standard_normal((2000, 1))
    expected = np.sqrt(2 / np.pi) * (2 * np.sqrt(10) - np.sqrt(2) - np.sqrt(18))
    assert energy(compare(x, y)) == pytest.approx(expected, rel=0.1)


def test_linear_in_scale_and_rotation_invariant(compare, rng, rotation):
    x, y = rng.standard_normal((120, 4)), 0.3 * rng.standard_normal((120, 4))
    value = energy(compare(x, y))
    assert energy(compare(1000 * x, 1000 * y)) == pytest.approx(1000 * value, rel=1e-10)
    assert energy(compare(x @ rotation, y @ rotation)) == pytest.approx(value, rel=1e-10)


def test_prefers_a_draw_to_the_mean(compare, rng):
    x = rng.standard_normal((500, 2))
    draw = rng.standard_normal((500, 2))
    assert energy(compare(x, draw)) < 0.1 * energy(compare(x, np.zeros_like(x)))
