import numpy as np
import pytest

from mirimpute.metrics.mmd2 import bandwidth, mmd2, mmd2_v


def expected_kernel(mean, variance, h, d):
    """E exp(−‖Z‖²/(2h²)) for Z ~ N(mean, variance·I) in d dimensions."""
    return (h**2 / (h**2 + variance)) ** (d / 2) * np.exp(-np.sum(np.square(mean)) / (2 * (h**2 + variance)))


def test_two_gaussians_with_closed_form(compare, rng):
    n, d, mean, sd = 2000, 3, np.array([1.0, 0.0, -0.5]), 0.5
    comparison = compare(rng.standard_normal((n, d)), mean + sd * rng.standard_normal((n, d)))
    h = bandwidth(comparison)
    assert h == pytest.approx(np.sqrt(2 * 2.366), rel=0.03)  # median of ‖X − X'‖² is 2 · (median of chi²_3 = 2.366)
    within = expected_kernel(0, 2, h, d) + expected_kernel(0, 2 * sd**2, h, d)
    expected = within - 2 * expected_kernel(mean, 1 + sd**2, h, d)
    assert mmd2(comparison) == pytest.approx(expected, rel=0.1)
    assert expected > 0.1


def test_two_points_by_hand(compare):
    comparison = compare([[0.0], [2.0]], [[0.0], [5.0]])  # h = 2
    k = np.exp(-0.5 * np.square([2.0, 5.0, 5.0, 2.0]) / 4)  # truth, imputed, (x0, y1), (x1, y0)
    assert mmd2(comparison) == pytest.approx(k[0] + k[1] - k[2] - k[3], rel=1e-14)


def test_v_statistic_by_hand(compare):
    comparison = compare([[0.0], [2.0]], [[0.0], [0.0]])  # h = 2
    k = np.exp(-0.5)
    assert mmd2_v(comparison) == pytest.approx((1 + k) / 2 + 1 - 2 * (1 + k) / 2, rel=1e-14)


def test_bandwidth_is_the_median_within_the_truth(compare, rng):
    x = rng.standard_normal((31, 2))
    pairs = [np.linalg.norm(x[i] - x[j]) for i in range(31) for j in range(i)]
    assert bandwidth(compare(x, 100 * x)) == pytest.approx(np.median(pairs), rel=1e-14)
    assert bandwidth(compare(x, 100 * x)) == bandwidth(compare(x, 0 * x))


def test_bandwidth_when_most_rows_coincide(compare):
    x = np.zeros((10, 1))
    x[0], x[1] = 3.0, 4.0  # distances 3 (8 pairs), 4 (8 pairs), 1 (one pair), 0 (28 pairs)
    assert bandwidth(compare(x, x)) == 3.0


def test_bandwidth_when_all_rows_coincide(compare):
    same = np.full((5, 2), 7.0)
    assert bandwidth(compare(same, same)) == 1.0
    assert mmd2(compare(same, same)) == 0.0
    assert mmd2(compare(same, same + np.array([1.0, 0.0]))) == pytest.approx(2 - 2 * np.exp(-0.5), rel=1e-14)


def test_tiny_scale_does_not_underflow(compare, rng):
    x, y = rng.standard_normal((50, 2)), rng.standard_exponential((50, 2))
    assert mmd2(compare(1e-150 * x, 1e-150 * y)) == pytest.approx(mmd2(compare(x, y)), rel=1e-6)


def test_scale_free_and_rotation_invariant(compare, rng, rotation):
    x, y = rng.standard_normal((120, 4)), 0.3 * rng.standard_normal((120, 4))
    value = mmd2(compare(x, y))
    assert mmd2(compare(1000 * x, 1000 * y)) == pytest.approx(value, rel=1e-10)
    assert mmd2(compare(x @ rotation, y @ rotation)) == pytest.approx(value, rel=1e-10)


def test_far_apart_tables_lose_the_cross_term(compare, rng):
    x = rng.standard_normal((40, 2))
    comparison = compare(x, np.full_like(x, 1e6))
    kernel = np.exp(-np.sum((x[:, None] - x[None]) ** 2, axis=2) / (2 * bandwidth(comparison) ** 2))
    n = len(x)
    assert mmd2(comparison) == pytest.approx((kernel.sum() - n) / (n * (n - 1)) + 1, rel=1e-12)
