"""Ends of columns, beside NumPy's own."""

import numpy as np
import pytest

from mirimpute.numerics.column_ends import column_counts, column_ends


@pytest.mark.parametrize("shape", [(1, 1), (7, 3), (1_003, 20), (5, 3_000), (4_001, 1)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_ends_are_those_of_numpy(shape, order):
    rng = np.random.default_rng(0)
    x = np.asarray(rng.normal(size=shape), order=order)
    x[1:][rng.random(x[1:].shape) < 0.3] = np.nan
    lowest, highest = column_ends(x)
    assert np.array_equal(lowest, np.nanmin(x, axis=0))
    assert np.array_equal(highest, np.nanmax(x, axis=0))
    assert column_counts(np.isnan(x)).tolist() == np.isnan(x).sum(axis=0).tolist()


def test_columns_without_a_value_have_no_ends():
    lowest, highest = column_ends(np.array([[np.nan, 1.0], [np.nan, 2.0]]))
    assert np.isnan([lowest[0], highest[0]]).all()
    assert (lowest[1], highest[1]) == (1.0, 2.0)
    assert np.isnan(column_ends(np.empty((0, 3)))).all()
