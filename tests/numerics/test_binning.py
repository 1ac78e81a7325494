import numpy as np

from mirimpute.numerics.binning import bin_edges


def test_values_without_repeats_fill_bins_of_equal_counts(rng):
    values = rng.normal(size=800)
    bins = np.searchsorted(bin_edges(values, 8), values, side="right")
    np.testing.assert_array_equal(np.bincount(bins), np.full(8, 100))


def test_a_frequent_value_is_alone_in_its_bin(rng):
    values = np.append(rng.normal(size=500), np.full(300, 0.25))
    bins = np.searchsorted(bin_edges(values, 8), values, side="right")
    (own,) = set(bins[values == 0.25])
    assert (values[bins == own] == 0.25).all()
