"""The nearest donors."""

import numpy as np

from mirimpute.methods.columnwise.matching import nearest


def test_nearest_is_that_of_all_distances():
    rng = np.random.default_rng(0)
    for n, count in ((50, 5), (4, 5), (9, 5), (1, 1)):
        offered, wanted = rng.normal(size=n), 2 * rng.normal(size=30)
        distance = np.abs(offered[None] - wanted[:, None])
        expected = np.sort(np.sort(distance, axis=1)[:, :count], axis=1)
        found = np.sort(np.take_along_axis(distance, nearest(offered, wanted, count), axis=1), axis=1)
        assert np.array_equal(found, expected)
