"""There is one notion of a missing cell, in whatever type it is written, and no hole leaves a public function."""

from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet
import pytest

from mirimpute import MirfImputer
from mirimpute.cli import impute
from mirimpute.datasets.files import File
from mirimpute.errors import ImputationError, MirimputeWarning, UserError
from mirimpute.table.column_storage import missing_in
from mirimpute.table.reading import content_of
from mirimpute.table.table import table_from_frame
from mirimpute.table.writing import write_completed

QUICK = {"steps": 5, "final_steps": 5, "rounds": 1, "trees": 4, "width": 8}
PARQUET = Path(__file__).parent / "pq"


def quick(**arguments):
    return MirfImputer(preset="mirf_fast", parameters=QUICK, random_state=0, **arguments)


def nan_beside_na(dtype, rows=40):
    """Return a column in which 0/0 is NaN and a missing number NA, and which cells these are."""
    number = pd.Series([k % 4 for k in range(rows)], dtype=dtype)
    number[5] = pd.NA
    return number / number, [k % 4 == 0 or k == 5 for k in range(rows)]


@pytest.mark.parametrize(
    "values",
    [
        pd.Series(pd.array([1.5, None], dtype="Float64")),
        pd.Series([1.5, np.nan], dtype="float32"),
        pd.Series(np.array([1.5, np.nan], dtype=">f8")),
        pd.Series([1.5, np.nan]).astype(pd.SparseDtype(float)),
        pd.Series(pd.array([True, None], dtype="boolean")),
        pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([pa.array([1.5, float("nan")])]))),
        pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([pa.array(np.array([1, np.nan], dtype="f2"))]))),
        pd.Series(pd.arrays.ArrowExtensionArray(pa.chunked_array([pa.array(["a", None]).dictionary_encode()]))),
        pd.Series(["a", pd.NA], dtype="category"),
        pd.Series(pd.to_datetime(["2020-01-01", None])),
        pd.Series(pd.PeriodIndex(["2020", "NaT"], freq="Y")),
        *(
            pd.Series([1, hole], dtype=object)
            for hole in (None, np.nan, np.float32("nan"), pd.NA, pd.NaT, Decimal("NaN"), np.datetime64("NaT"))
        ),
    ],
    ids=lambda values: f"{values.dtype}-{values.iloc[1]!r}",
)
def test_the_second_of_two_cells_is_missing(values):
    assert missing_in(values).tolist() == [False, True]


@pytest.mark.parametrize("text", ["", "nan", "None", "NA"])
def test_a_text_is_a_value(text):
    assert not missing_in(pd.Series(["a", text])).any()


@pytest.mark.parametrize("dtype", ["Float64", "Float32", "double[pyarrow]", "float[pyarrow]"])
def test_nan_beside_na_is_filled_by_every_function(dtype):
    values, missing = nan_beside_na(dtype)
    frame = pd.DataFrame({"x": np.arange(40.0) % 7, "s": values})
    assert missing_in(values).tolist() == missing
    imputer = quick().fit(frame)
    tables = [imputer.transform(frame), quick().fit_transform(frame), *imputer.sample(frame, 2)]
    for completed in [*tables, *imputer.impute_multiple(frame, 1)]:
        assert completed["s"].dtype == values.dtype
        assert not missing_in(completed["s"]).any()
        assert not np.isnan(completed["s"].to_numpy(dtype=float, na_value=np.nan)).any()
        assert (completed["s"].to_numpy(dtype=float)[~np.array(missing)] == 1).all()


def test_the_table_of_the_bench_has_the_same_mask():
    values, missing = nan_beside_na("Float64")
    table = table_from_frame(pd.DataFrame({"x": range(40), "s": values}), "t")
    assert table.missing[:, 1].tolist() == missing
    with pytest.raises(UserError, match=r"no value at all in column\(s\) \['s'\]"):
        table_from_frame(pd.DataFrame({"x": range(40), "s": pd.array([0.0] * 40, dtype="Float64") / 0}), "t")


def test_a_signalling_nan_is_refused():
    frame = pd.DataFrame({"x": np.arange(40.0), "price": [Decimal("1.5"), Decimal("sNaN")] * 20})
    with pytest.raises(UserError, match="'price' holds a signalling NaN"):
        quick().fit(frame)


@pytest.mark.parametrize("name", ["float64_nan", "nan_null", "half", "dec", "string_view", "period"])
def test_the_command_leaves_no_hole(name, tmp_path):
    target = tmp_path / "done.parquet"
    assert impute.main([str(PARQUET / f"{name}.parquet"), "-o", str(target), "--method", "knn"]) == 0
    before, after = pa.parquet.read_table(PARQUET / f"{name}.parquet"), pa.parquet.read_table(target)
    assert after.schema.equals(before.schema, check_metadata=True)
    for column in after.column_names:
        assert not any(each is None or each != each for each in after.column(column).to_pylist())


@pytest.mark.parametrize("path", sorted(PARQUET.glob("*.parquet")), ids=lambda path: path.stem)
@pytest.mark.filterwarnings("ignore::mirimpute.errors.MirimputeWarning")
def test_every_file_is_written_again_without_a_hole_in_what_was_imputed(path, tmp_path):
    if path.stem == "nulltype":
        with pytest.raises(UserError, match=r"no value at all in column\(s\) \['s'\]"):
            File(path=str(path)).load(Path())
        return
    source = File(path=str(path))
    table = source.load(Path())
    means = [0.0 if c.categories else np.nanmean(table.values[:, j]) for j, c in enumerate(table.columns)]
    write_completed(
        content_of(source.file), table, np.where(table.missing, means, table.values), tmp_path / "done.parquet"
    )
    before, after = pa.parquet.read_table(path), pa.parquet.read_table(tmp_path / "done.parquet")
    assert after.schema.equals(before.schema, check_metadata=True)
    places = {column.name: j for j, column in enumerate(table.columns)}
    for name in after.column_names:
        old, new = before.column(name).to_pylist(), after.column(name).to_pylist()
        hidden = table.missing[:, places[name]] if name in places else np.zeros(len(old), dtype=bool)
        for was, now, hole in zip(old, new, hidden, strict=True):
            assert (now is not None and now == now) if hole else now == was


def test_what_a_method_left_open_is_not_written(tmp_path):
    source = File(path=str(PARQUET / "dec.parquet"))
    table = source.load(Path())
    with pytest.raises(ImputationError, match="no finite value"):
        write_completed(content_of(source.file), table, table.values, tmp_path / "done.parquet")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("patient_id", [7 * k % 1009 for k in range(40)]),
        ("row", list(range(40))),
        ("x", list(np.random.default_rng(0).permutation(60)[:40])),
    ],
)
def test_ids_with_holes_are_told(name, values, tmp_path):
    cells = pd.array([None if k == 4 else value for k, value in enumerate(values)], dtype="Int64")
    frame = pd.DataFrame({"y": np.arange(40.0) % 9, name: cells})
    with pytest.warns(MirimputeWarning, match=f"{name}.* look like an id"):
        quick().fit(frame)
    path = tmp_path / "t.parquet"
    frame.to_parquet(path)
    with pytest.warns(MirimputeWarning, match=f"{name}.* look like an id.* --kind {name}=text"):
        File(path=str(path)).load(Path())
    File(path=str(path), kinds={name: "integer"}).load(Path())  # what was asked for needs no warning


@pytest.mark.parametrize(
    "values", [np.arange(40) ** 2, np.arange(40) // 2, np.arange(40) / 3], ids=["squares", "pairs", "thirds"]
)
def test_numbers_are_no_ids(values, tmp_path):
    frame = pd.DataFrame({"y": np.arange(40.0) % 9, "x": np.where(np.arange(40) == 4, np.nan, values)})
    quick().fit(frame)
    frame.to_csv(tmp_path / "t.csv", index=False)
    File(path=str(tmp_path / "t.csv")).load(Path())
