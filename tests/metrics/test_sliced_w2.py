import numpy as np
import pytest

from mirimpute.metrics import sliced_w2 as module
from mirimpute.metrics.sliced_w2 import N_PROJECTIONS, directions, sliced_w2
from mirimpute.metrics.w2 import w2


def test_one_dimension_is_exact_w2(compare, rng):
    comparison = compare(rng.standard_normal((400, 1)), rng.standard_exponential((400, 1)))
    assert sliced_w2(comparison) == pytest.approx(w2(comparison), rel=1e-9)


def test_a_shift_is_its_root_mean_square_projection(compare, rng):
    x = rng.standard_normal((200, 6))
    shift = rng.standard_normal(6)
    expected = np.sqrt(np.mean((directions(6) @ shift) ** 2))
    assert sliced_w2(compare(x, x + shift)) == pytest.approx(expected, rel=1e-10)
    assert expected == pytest.approx(np.linalg.norm(shift) / np.sqrt(6), rel=0.2)


def test_two_isotropic_gaussians_with_closed_form(compare, rng):
    """Every projection is N(0, 1) against N(0, 4), at distance 1."""
    x, y = rng.standard_normal((50_000, 3)), 2 * rng.standard_normal((50_000, 3))
    assert sliced_w2(compare(x, y)) == pytest.approx(1.0, rel=0.02)


def test_never_above_w2(compare, rng):
    for scale in (0.0, 0.5, 2.0):
        x = rng.standard_normal((100, 4))
        comparison = compare(x, x + scale * rng.standard_normal(x.shape))
        assert sliced_w2(comparison) <= w2(comparison)


def test_directions_are_fixed_unit_vectors_spread_over_the_sphere():
    np.random.seed(1)  # noqa: NPY002 - the global state must not matter
    first = directions(5)
    np.random.seed(2)  # noqa: NPY002
    assert np.array_equal(first, directions(5))
    assert first.shape == (N_PROJECTIONS, 5)
    np.testing.assert_allclose(np.linalg.norm(first, axis=1), 1.0, rtol=1e-14)
    np.testing.assert_allclose(first.T @ first / N_PROJECTIONS, np.eye(5) / 5, atol=0.1)


@pytest.mark.parametrize("cells", [1, 700, 10**9])
def test_chunks_do_not_change_the_value(cells, compare, rng, monkeypatch):
    comparison = compare(rng.standard_normal((100, 4)), rng.standard_exponential((100, 4)))
    whole = sliced_w2(comparison)
    monkeypatch.setattr(module, "CHUNK_CELLS", cells)
    assert sliced_w2(comparison) == pytest.approx(whole, rel=1e-12)


def test_no_cap_on_rows(compare, rng):
    x = rng.standard_normal((300, 2))
    y = x + rng.standard_normal((300, 2))
    assert sliced_w2(compare(x, y, max_rows=10)) == sliced_w2(compare(x, y, max_rows=300))


def test_only_rows_with_a_scored_cell(compare, rng):
    x, y = rng.standard_normal((60, 2)), rng.standard_normal((60, 2))
    scored = np.zeros((60, 2), dtype=bool)
    scored[:25, 1] = True
    assert sliced_w2(compare(x, y, scored)) == pytest.approx(sliced_w2(compare(x[:25], y[:25])), rel=1e-12)
