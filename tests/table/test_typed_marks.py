"""Marks of missing cells that are given for a file with types hold there, and options of a text are refused."""

import datetime

import pandas as pd
import pyarrow as pa
import pytest

from mirimpute.cli.impute import main
from mirimpute.table.file_format import MISSING_MARKERS
from mirimpute.table.typed_marks import without_marks

GIVEN = [*MISSING_MARKERS, "-999", "unknown", "9999-12-31"]
LAST, LAST_MIDNIGHT = datetime.date(9999, 12, 31), datetime.datetime(9999, 12, 31)


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1, 2, -999, None], pa.int16()),
        pa.array([1.5, 2.5, -999.0, None], pa.float32()),
        pa.array([1, 2, -999, None], pa.decimal128(8, 2)),
        pa.array(["a", "NA", " unknown", None], pa.large_string()),
        pa.array(["a", "NA", "unknown", None]).dictionary_encode(),
        pa.array([datetime.date(2020, 1, 1), datetime.date(2020, 1, 2), LAST, None], pa.date32()),
        pa.array(
            [datetime.datetime(2020, 1, 1), datetime.datetime(2020, 1, 2), LAST_MIDNIGHT, None], pa.timestamp("ms")
        ),
    ],
    ids=lambda column: str(column.type),
)
def test_a_mark_is_a_null_of_the_same_type(column):
    table = pa.table({"v": column})
    found = without_marks(table, GIVEN)
    assert found.schema == table.schema
    assert found["v"].to_pylist() == [*column.to_pylist()[:2], None, None]
    assert without_marks(table, MISSING_MARKERS) is table


@pytest.mark.parametrize("suffix", ["parquet", "feather", "xlsx"])
def test_marks_are_filled_in_files_with_types(tmp_path, monkeypatch, suffix):
    monkeypatch.chdir(tmp_path)
    if suffix == "xlsx":
        pytest.importorskip("openpyxl")
    frame = pd.DataFrame({"a": [1.5, 2.5, -999.0, 3.5] * 5, "k": ["x", "x", "y", "unknown"] * 5})
    write = {"parquet": frame.to_parquet, "feather": frame.to_feather}
    write.get(suffix, lambda path: frame.to_excel(path, index=False))(f"in.{suffix}")
    arguments = ["--method", "mean", "--na", "-999", "--na", "unknown"]
    assert main([f"in.{suffix}", "-o", f"out.{suffix}", *arguments]) == 0
    read = {"parquet": pd.read_parquet, "feather": pd.read_feather, "xlsx": pd.read_excel}[suffix]
    done = read(f"out.{suffix}")
    assert done["a"].tolist() == [1.5, 2.5, 2.5, 3.5] * 5
    assert done["k"].tolist() == ["x", "x", "y", "x"] * 5


@pytest.mark.parametrize("option", [["--sep", ";"], ["--decimal", ","], ["--no-header"], ["--encoding", "latin-1"]])
def test_options_of_a_text_are_refused(tmp_path, monkeypatch, capsys, option):
    monkeypatch.chdir(tmp_path)
    pd.DataFrame({"a": [1.5, None, 3.5]}).to_parquet("in.parquet")
    assert main(["in.parquet", "-o", "out.parquet", "--method", "mean", *option]) == 2
    assert "is for a text, and the columns of 'in.parquet' have types: leave it out" in capsys.readouterr().err
