"""Tables of Arrow and polars come back as what they were."""

import datetime

import numpy as np
import pyarrow
import pyarrow.compute
import pytest

from mirimpute import Imputer
from mirimpute.errors import UserError
from mirimpute.table.containers import container_of


def table(n=60):
    def holes(step, values):
        return [None if i % step == 0 else value for i, value in enumerate(values)]

    words = ["uv"[i % 2] for i in range(n)]
    return pyarrow.table(
        {
            "a": pyarrow.array(holes(5, [i % 9 + 0.5 for i in range(n)])),
            "nan": pyarrow.array([np.nan if i % 4 == 0 else i % 7 + 0.25 for i in range(n)]),
            "k": pyarrow.array(holes(7, [i % 4 for i in range(n)]), pyarrow.int16()),
            "c": pyarrow.array(holes(6, words)),
            "code": pyarrow.array(holes(6, words)).dictionary_encode(),
            "day": pyarrow.array(holes(8, [datetime.date(2020, 1, 1) + datetime.timedelta(i) for i in range(n)])),
            "id": [f"p{i}" for i in range(n)],
        }
    ).replace_schema_metadata({"made": "here"})


def test_an_arrow_table_keeps_its_schema():
    given = table()
    done = Imputer("mice", ignore=["id"], parameters={"rounds": 1, "chains": 2}, random_state=0).fit_transform(given)
    assert done.schema.equals(given.schema, check_metadata=True)
    assert not any(column.null_count for column in done.columns)
    assert np.isfinite(done["nan"].to_numpy()).all()
    assert done["id"].equals(given["id"])
    observed = [value is not None for value in given["k"].to_pylist()]
    assert done["k"].filter(observed).equals(given["k"].filter(observed))


def test_other_ways_of_storing_a_column():
    values = [None if k % 5 == 0 else k // 10 for k in range(60)]
    null_in_dictionary = pyarrow.DictionaryArray.from_arrays(
        pyarrow.array([k % 3 for k in range(60)], pyarrow.int8()), pyarrow.array(["a", None, "b"])
    )
    given = pyarrow.table(
        {
            "x": np.arange(60.0),
            "runs": pyarrow.compute.run_end_encode(pyarrow.array(values)),
            "k": null_in_dictionary,
        }
    )
    done = Imputer("mean").fit_transform(given)
    assert done.schema.equals(given.schema)
    for name in ("runs", "k"):
        pairs = list(zip(given[name].to_pylist(), done[name].to_pylist(), strict=True))
        assert all(after is not None and before in (None, after) for before, after in pairs)
    union = pyarrow.UnionArray.from_sparse(
        pyarrow.array([k % 2 for k in range(60)], pyarrow.int8()), [pyarrow.array(range(60)), pyarrow.array(["a"] * 60)]
    )
    with pytest.raises(UserError, match="column 'u' holds a value that pandas cannot hold"):
        Imputer("mean").fit_transform(given.append_column("u", union))


def test_a_batch_of_arrow_comes_back_as_one():
    batch = table().drop(["id"]).to_batches()[0]
    done = Imputer("mean").fit_transform(batch)
    assert isinstance(done, pyarrow.RecordBatch)
    assert done.schema.equals(batch.schema)


def test_a_table_without_columns_is_refused():
    with pytest.raises(UserError, match="no column"):
        container_of(pyarrow.table({}))


@pytest.mark.parametrize("form", ["table", "batch", "pandas"])
def test_two_columns_of_one_name_are_refused(form):
    given = pyarrow.table([pyarrow.array([1.0, None, 3.0]), pyarrow.array([1.0, 2.0, 4.0])], names=["a", "a"])
    given = {"table": given, "batch": given.to_batches()[0], "pandas": given.to_pandas()}[form]
    with pytest.raises(UserError, match="'a'"):
        Imputer("mean").fit(given)


@pytest.mark.parametrize("dtype", ["Int128", "Object"])
def test_types_that_polars_alone_has_are_refused(dtype):
    polars = pytest.importorskip("polars")
    given = polars.DataFrame({"a": polars.Series([1, 2, None, 4], dtype=getattr(polars, dtype)), "b": [1.0, 2, 3, 4]})
    with pytest.raises(UserError, match="'a'"):
        Imputer("mean").fit(given)


def test_polars_comes_back_as_polars():
    polars = pytest.importorskip("polars")
    given = polars.from_arrow(table()).with_columns(
        polars.col("c").cast(polars.Categorical).alias("cat"),
        polars.col("code").cast(polars.Enum(["u", "v", "w"])).alias("enum"),
        (polars.col("a") > 3).alias("flag"),
    )
    imputer = Imputer("mean", ignore=["id"], add_indicator=True)
    done = imputer.fit_transform(given)
    assert isinstance(done, polars.DataFrame)
    assert done.columns == imputer.get_feature_names_out().tolist()
    assert done.select(given.columns).schema == given.schema
    assert done.null_count().sum_horizontal().item() == 0
    for wrong in (given.lazy(), given["a"]):
        with pytest.raises(UserError, match="polars"):
            imputer.fit(wrong)


def test_scikit_learn_makes_pandas_of_it():
    done = Imputer("mean", ignore=["id"]).set_output(transform="pandas").fit_transform(table())
    assert list(done.columns) == table().schema.names


def test_arrow_comes_back_with_its_schema():
    fields = [
        pyarrow.field("a", pyarrow.float64(), metadata={"unit": "mg"}),
        pyarrow.field("b", pyarrow.float64(), nullable=False),
        pyarrow.field("c", pyarrow.dictionary(pyarrow.uint8(), pyarrow.string())),
    ]
    schema = pyarrow.schema(fields, metadata={"made": "today"})
    codes = pyarrow.DictionaryArray.from_arrays(pyarrow.array([0, 1, None, 1, 0], pyarrow.uint8()), ["u", "v"])
    given = pyarrow.Table.from_arrays(
        [pyarrow.array([1.0, None, 3.0, 4.0, 5.0]), pyarrow.array([1.0] * 5), codes], schema=schema
    )
    imputer = Imputer("mean").fit(given)
    assert imputer.transform(given).schema.equals(schema, check_metadata=True)
    batch = given.to_batches()[0]
    assert imputer.transform(batch).schema.equals(schema, check_metadata=True)
