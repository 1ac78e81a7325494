"""Columns and cells that are left alone."""

import numpy as np
import pandas as pd

from mirimpute import Imputer
from tests.imputers.tables import imputer


def test_columns_and_cells_that_are_left_alone(frame):
    """The method gets no ignored column, and learns from an excluded one."""
    done = imputer("ice", ignore=["id"], exclude=["score"]).fit_transform(frame)
    pd.testing.assert_series_equal(done["score"], frame["score"])
    assert done.drop(columns="score").notna().all(axis=None)
    with_it = imputer("ice", ignore=["id"]).fit_transform(frame)
    pd.testing.assert_series_equal(done["age"], with_it["age"])
    without = imputer("ice", ignore=["id", "score"]).fit_transform(frame)
    assert not without["age"].equals(with_it["age"])
    pd.testing.assert_series_equal(without["score"], frame["score"])
    array = frame[["age", "score", "count"]].to_numpy()
    left = Imputer("ice", ignore=[1], exclude=[2]).fit_transform(array)
    assert np.array_equal(left[:, 1:], array[:, 1:], equal_nan=True)
    assert np.isfinite(left[:, 0]).all()


def test_only_the_cells_that_are_asked_for_are_filled(frame):
    rng = np.random.default_rng(0)
    where = pd.DataFrame(rng.random((len(frame), 2)) < 0.5, columns=["age", "sex"])
    done = imputer("ice", ignore=["id"], where=where).fit_transform(frame)
    for name in frame:
        asked = where[name] if name in where else np.zeros(len(frame), dtype=bool)
        assert done[name].isna().equals(frame[name].isna() & ~asked)
    array = frame[["age", "count"]].to_numpy()
    wanted = rng.random(array.shape) < 0.5
    done = Imputer("mean", where=wanted).fit_transform(array)
    assert np.array_equal(np.isnan(done), np.isnan(array) & ~wanted)
