import numpy as np
import pytest
from scipy.stats import energy_distance

from mirimpute.metrics.energy import energy


def test_is_the_square_of_scipys_in_one_dimension(compare, rng):
    x, y = rng.standard_normal((300, 1)), rng.standard_exponential((300, 1))
    assert energy(compare(x, y)) == pytest.approx(energy_distance(x[:, 0], y[:, 0]) ** 2, rel=1e-10)


def test_two_points_by_hand(compare):
    assert energy(compare([[0.0, 0.0], [0.0, 0.0]], [[3.0, 4.0], [3.0, 4.0]])) == 10.0  # 2·5 − 0 − 0
    assert energy(compare([[0.0], [2.0]], [[0.0], [0.0]])) == pytest.approx(1.0, rel=1e-14)  # 2·1 − 1 − 0


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
