"""Standardising by what is observed."""

import numpy as np
import pytest

from mirimpute.table.scale import observed_scale


@pytest.mark.parametrize("unit", [1e-300, 1e-6, 1.0, 1e6, 1e300])
def test_observed_cells_get_mean_0_and_deviation_1(unit):
    rng = np.random.default_rng(0)
    x = np.where(rng.random((200, 3)) < 0.3, np.nan, rng.normal(5, 2, size=(200, 3)) * unit)
    z = observed_scale(x).standardise(x)
    assert np.allclose(np.nanmean(z, axis=0), 0, atol=1e-12)
    assert np.allclose(np.nanstd(z, axis=0), 1)
    assert np.allclose(observed_scale(x).restore(z), x, rtol=1e-12, equal_nan=True)


def test_constant_column_becomes_zero():
    x = np.array([[0.1, 1.0], [0.1, np.nan], [np.nan, 3.0]])
    z = observed_scale(x).standardise(x)
    assert np.array_equal(z[:2, 0], [0.0, 0.0])
