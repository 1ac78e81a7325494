"""Residual transport: wrong residuals go half of the way to right ones, right draws and repeated values stay."""

import numpy as np
import pytest

from mirimpute.methods.mirf.pattern.resampling import Resampling, fit_resampling
from mirimpute.methods.mirf.pattern.residual_transport import (
    QUANTILES,
    ResidualTransport,
    arrays_of,
    fit_residual_transports,
    standardised,
    transported,
    transports_from,
)
from mirimpute.methods.mirf.support import Support

N, COUNT, D = 1500, 20, 4
OWN = 0.1
BLOCKS = [np.array([j]) for j in range(D)]


def _nearly_dependent(mechanism="mcar"):
    """Columns are one common value and 0.1 of their own; column 0 is hidden at random, or where column 1 is large."""
    rng = np.random.default_rng(0)
    x = rng.standard_normal((N, 1)) + OWN * rng.standard_normal((N, D))
    missing = np.zeros(x.shape, dtype=bool)
    missing[:, 0] = rng.random(N) < 1 / (1 + np.exp(-(2 * x[:, 1] if mechanism == "mar" else 0)))
    return x, missing, rng


def _candidates(x, missing, rng, *, times):
    """Draws from the right conditional distribution, but ``times`` as wide."""
    centre = x[:, 1:].mean(axis=1) * (1 / (1 + OWN**2 / (D - 1)))
    spread = times * OWN * (1 + 1 / (D - 1)) ** 0.5
    drawn = centre + spread * rng.standard_normal((COUNT, N))
    candidates = np.repeat(x[None], COUNT, axis=0)
    candidates[:, :, 0] = np.where(missing[:, 0], drawn, x[:, 0])
    return candidates


def _fitted(candidates, missing, by_rest=None, limits=(-9.0, 9.0)):
    """Return the transports of column 0 alone."""
    rows = candidates.reshape(-1, candidates.shape[2])
    centre, spread = rows.mean(axis=0), rows.std(axis=0)
    by_rest = np.zeros((1, len(missing))) if by_rest is None else by_rest
    ends = np.repeat(np.array(limits)[:, None], candidates.shape[2], axis=1)
    return fit_residual_transports(candidates, missing, BLOCKS[:1], by_rest, centre, spread, ends), centre, spread


def _width(candidates, missing):
    return (candidates[:, :, 0] - candidates[:, :, 1:].mean(axis=2))[:, missing[:, 0]].std()


@pytest.mark.parametrize(("times", "count", "left"), [(2.0, 2, 0.35), (0.5, 1, 0.55)])
def test_draws_of_a_wrong_width_go_half_of_the_way_in_a_pass(times, count, left):
    """And no further once the column tells no more than chance may."""
    x, missing, rng = _nearly_dependent()
    candidates = _candidates(x, missing, rng, times=times)
    transports, centre, spread = _fitted(candidates, missing)
    right = (x[:, 0] - x[:, 1:].mean(axis=1))[~missing[:, 0]].std()
    wrong = _width(candidates, missing)
    assert [each.column for each in transports] == [0] * count
    once, all_of_it = (transported(part, candidates, missing, centre, spread) for part in (transports[:1], transports))
    assert _width(once, missing) == pytest.approx((right + wrong) / 2, rel=0.05)
    assert abs(_width(all_of_it, missing) - right) < left * abs(wrong - right)
    assert np.array_equal(all_of_it[:, ~missing], candidates[:, ~missing])


@pytest.mark.parametrize("mechanism", ["mcar", "mar"])
def test_right_draws_are_left_alone(mechanism):
    x, missing, rng = _nearly_dependent(mechanism)
    candidates = _candidates(x, missing, rng, times=1.0)
    assert fit_resampling(candidates, missing, BLOCKS, 3).transports == ()


def test_under_mar_draws_go_to_what_missing_entries_would_be():
    """Observed residuals of a column that spreads with its neighbour are too narrow where it is missing."""
    n, rng = 8 * N, np.random.default_rng(0)
    x1 = rng.standard_normal(n)
    spread, chance = np.where(x1 > 0, 0.25, 0.05), np.where(x1 > 0, 0.8, 0.2)
    x = np.stack([x1 + spread * rng.standard_normal(n), x1], axis=1)
    missing = np.zeros(x.shape, dtype=bool)
    missing[:, 0] = rng.random(n) < chance
    candidates = np.repeat(x[None], 4, axis=0)
    candidates[:, :, 0] = np.where(missing[:, 0], x1 + 0.5 * spread * rng.standard_normal((4, n)), x[:, 0])
    rows = missing[:, 0]

    def after(by_rest):
        transports, centre, deviation = _fitted(candidates, missing, by_rest)
        return (transported(transports[:1], candidates, missing, centre, deviation)[:, :, 0] - x1)[:, rows].std()

    right, before = (x[:, 0] - x1)[rows].std(), (candidates[:, :, 0] - x1)[:, rows].std()
    by_rest = np.log(chance / (1 - chance))[None]
    assert after(by_rest) == pytest.approx((right + before) / 2, rel=0.05)
    assert after(np.zeros_like(by_rest)) < 0.9 * (right + before) / 2


def test_right_draws_along_a_curve_stay_whatever_the_pattern_depends_on():
    """A threshold is nothing that e_j knows, and residuals from a line are those of the curve."""
    rng = np.random.default_rng(0)
    x1 = rng.standard_normal(N)
    x = np.stack([x1**2 + 0.05 * rng.standard_normal(N), x1], axis=1)
    missing = np.zeros(x.shape, dtype=bool)
    missing[:, 0] = rng.random(N) < np.where(x1 > 1, 0.9, 0.1)
    candidates = np.repeat(x[None], COUNT, axis=0)
    candidates[:, :, 0] = np.where(missing[:, 0], x1**2 + 0.05 * rng.standard_normal((COUNT, N)), x[:, 0])
    assert fit_resampling(candidates, missing, BLOCKS[:2], 3).transports == ()


def test_columns_without_room_or_of_which_little_is_missing_stay():
    x, missing, rng = _nearly_dependent()
    candidates = _candidates(x, missing, rng, times=3.0)
    assert _fitted(candidates, missing)[0]
    assert _fitted(candidates, missing, limits=(2.0, 2.0))[0] == ()
    few = missing & (np.arange(N)[:, None] < 0.15 * N)
    assert 0.05 < few[:, 0].mean() < 0.1
    assert _fitted(np.where(few, candidates, x), few)[0] == ()


def test_the_room_of_a_column_is_its_range_unless_values_repeat():
    x = np.array([[0.0, 1, 0.5, 0, 1], [1, 1, np.nan, 1, 0], [2, 5, 0.7, 1, 0], [3, 5, 0.9, 0, 1]])
    room = Support.of(x, (np.array([3, 4]),), np.zeros((2, 5))).room()
    assert np.array_equal(room, [[0, 1, 0.5, 0, 0], [3, 1, 0.9, 0, 0]])


def test_columns_in_which_values_repeat_stay():
    x, missing, rng = _nearly_dependent()
    candidates = _candidates(x, missing, rng, times=3.0)
    for digits, many in ((1, False), (6, True)):
        transports, _, _ = _fitted(candidates.round(digits), missing)
        assert bool(transports) == many
    ends = np.where(
        np.abs(candidates) > 1.5, np.sign(candidates) * 1.5, candidates
    )  # 13 % of the values are at the ends
    assert _fitted(ends, missing)[0] == ()


def test_a_transport_is_linear_between_its_quantiles_and_reads_the_row_as_those_before_left_it():
    at, one = np.linspace(-2, 2, QUANTILES), np.array([1.0, 0.0])
    first = ResidualTransport(0, one, at, np.full(QUANTILES, 0.5), -10.0, 10.0)
    second = ResidualTransport(1, np.array([1.0, 1.0]), at, 0.1 * at, -10.0, 1.2)
    candidates = np.array([[[0.0, 1.0], [0.5, 0.5], [3.0, 0.0]]])
    missing = np.array([[True, True], [False, True], [True, False]])
    found = transported((first, second), candidates, missing, np.zeros(2), np.array([2.0, 1.0]))
    # first: x0 + 2 * 0.5 where missing; second: x1 + 0.1 * (x0 / 2 + x1), at most 1.2
    assert np.allclose(found, [[[1.0, 1.15], [0.5, 0.575], [4.0, 0.0]]], atol=1e-12)
    assert transported((), candidates, missing, np.zeros(2), np.ones(2)) is candidates


def test_the_resampling_transports_first_and_is_arrays_and_back():
    x, missing, rng = _nearly_dependent()
    candidates = _candidates(x, missing, rng, times=2.0)
    resampling = fit_resampling(candidates, missing, BLOCKS, 3)
    assert resampling.transports
    uniform = np.random.default_rng(0).random((6, len(x)))
    chosen = resampling.resampled(candidates, missing, uniform)
    after = transported(resampling.transports, candidates, missing, resampling.centre, resampling.spread)
    assert (chosen[:, :, None] == after.transpose(1, 0, 2)).all(axis=3).any(axis=2).all()
    again = Resampling.from_arrays(resampling.arrays())
    assert np.array_equal(chosen, again.resampled(candidates, missing, uniform))


@pytest.mark.parametrize(
    "broken",
    [
        {"column": np.array([D])},
        {"column": np.array([0.5])},
        {"direction": np.zeros((1, D + 1))},
        {"direction": np.full((1, D), np.nan)},
        {"at": -np.arange(QUANTILES, dtype=float)[None]},
        {"by": np.zeros((2, QUANTILES))},
        {"range": np.array([[1.0, 0.0]])},
    ],
    ids=lambda broken: next(iter(broken)),
)
def test_damaged_arrays_are_refused(broken):
    zeros = np.zeros(QUANTILES)
    good = arrays_of((ResidualTransport(0, np.ones(D), zeros, zeros, 0.0, 1.0),))
    assert len(transports_from(good, D)) == 1
    with pytest.raises(ValueError, match=r"finite|out of order"):
        transports_from({**good, **broken}, D)
    with pytest.raises(KeyError):
        transports_from({name: array for name, array in good.items() if name != "by"}, D)


def test_rows_count_four_deviations_at_most():
    assert np.array_equal(standardised(np.array([-9.0, 3.0]), np.array(1.0), np.array(2.0)), [-4.0, 1.0])
