"""A fitted imputer as a function of batches: in Dask, in Polars, and of Arrow's record batches as Spark gives them."""

import pickle

import numpy as np
import pandas as pd
import pyarrow
import pytest

from mirimpute import Imputer


@pytest.fixture(scope="module")
def frame():
    rng = np.random.default_rng(0)
    made = pd.DataFrame({"a": rng.normal(size=200), "c": rng.choice(["u", "v"], 200)})
    made["b"] = 2 * made["a"] + rng.normal(size=200)
    return made.mask(rng.random(made.shape) < 0.2)


@pytest.fixture(scope="module")
def imputer(frame):
    return pickle.loads(pickle.dumps(Imputer("knn").fit(frame[:100])))  # as it goes to the workers


def parts(frame, size):
    return [frame[start : start + size] for start in range(0, len(frame), size)]


def test_dask_partitions(frame, imputer):
    dataframe = pytest.importorskip("dask.dataframe", reason="needs the extra `cluster`")
    partitions = dataframe.from_pandas(frame, npartitions=4)
    filled = partitions.map_partitions(imputer.transform, meta=partitions._meta)
    assert filled.dtypes.equals(partitions.dtypes)
    found = filled.compute(scheduler="threads")
    assert found.notna().all(axis=None)
    expected = pd.concat([imputer.transform(part) for part in parts(frame, 50)])
    pd.testing.assert_frame_equal(found, expected, check_dtype=False)


def test_polars_batches(frame, imputer):
    polars = pytest.importorskip("polars")
    given = polars.from_pandas(frame)
    found = given.lazy().map_batches(imputer.transform, streamable=True).collect(engine="streaming")
    assert found.schema == given.schema
    assert sum(found.null_count().row(0)) == 0
    assert np.array_equal(found["a"].to_numpy(), imputer.transform(frame)["a"])


def test_record_batches_of_arrow(frame, imputer):
    given = pyarrow.Table.from_pandas(frame, preserve_index=False)
    found = [imputer.transform(batch) for batch in given.to_batches(max_chunksize=70)]
    assert all(isinstance(batch, pyarrow.RecordBatch) and batch.schema.equals(given.schema) for batch in found)
    table = pyarrow.Table.from_batches(found)
    assert not any(column.null_count for column in table.columns)
    assert np.array_equal(table["b"].to_numpy(), imputer.transform(frame)["b"])
