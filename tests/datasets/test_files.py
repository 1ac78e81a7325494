from __future__ import annotations

import gzip
import tempfile
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from mirimpute.datasets.files import File
from mirimpute.errors import DataError, MirimputeWarning
from mirimpute.table.columns import Column, Kind
from mirimpute.table.table import Table

NOWHERE = Path("not there")


def load(path: Path, **options: object) -> Table:
    return File(path=str(path), **options).load(NOWHERE)  # type: ignore[arg-type]


def csv(tmp_path: Path, text: str, name: str = "table.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(text.encode())
    return path


def test_csv_with_missing_cells_and_kinds(tmp_path: Path) -> None:
    table = load(csv(tmp_path, "height,children,constant\n1.5,2,0\n,3,0\n1.25,?,0\n"))
    np.testing.assert_array_equal(table.values, [[1.5, 2, 0], [np.nan, 3, 0], [1.25, np.nan, 0]])
    assert [(c.name, c.kind) for c in table.columns] == [
        ("height", Kind.CONTINUOUS),
        ("children", Kind.INTEGER),
        ("constant", Kind.INTEGER),
    ]
    assert table.name == "table"


@pytest.mark.parametrize("marker", ["", "?", "NA", "N/A", "NaN", "nan", "NULL", "null", "None"])
def test_markers_of_missing_cells(marker: str, tmp_path: Path) -> None:
    table = load(csv(tmp_path, f"a,b\n1,2\n{marker},3\n4, {marker}\n"))
    np.testing.assert_array_equal(table.values, [[1, 2], [np.nan, 3], [4, np.nan]])


def test_other_text_makes_a_column_text_unless_it_is_a_marker(tmp_path: Path) -> None:
    path = csv(tmp_path, "a,b,c\n1,2,-999\nunknown,3,4\n4,5,6\n")
    with pytest.warns(MirimputeWarning, match="text left out: a$"):
        table = load(path)
    assert [c.name for c in table.columns] == ["b", "c"]
    assert table.dropped == ("a",)
    marked = load(path, missing_markers=["unknown", "-999"])
    np.testing.assert_array_equal(marked.values, [[1, 2, np.nan], [np.nan, 3, 4], [4, 5, 6]])


def test_numbers_with_zeros_in_front_are_codes(tmp_path: Path) -> None:
    rows = "".join(f"{number % 3:05d},{number % 3},0{number % 3}.5,\n" for number in range(9))
    path = csv(tmp_path, "zip,n,real,gap\n" + rows.replace(",\n", ",0\n", 5).replace(",\n", ",7\n"))
    with pytest.warns(MirimputeWarning, match=r"taken as categories: zip \(codes such as 00000\)$"):
        table = load(path)
    assert table.columns[0].categories == ("00000", "00001", "00002")
    assert [c.kind for c in table.columns[1:]] == [Kind.INTEGER, Kind.CONTINUOUS, Kind.INTEGER]
    as_numbers = load(path, kinds={"zip": "integer"})
    np.testing.assert_array_equal(as_numbers.values[:3, 0], [0, 1, 2])


def test_header_false_and_the_warning_without_it(tmp_path: Path) -> None:
    path = csv(tmp_path, "1,2\n3,4\n5,6\n")
    table = load(path, header=False)
    np.testing.assert_array_equal(table.values, [[1, 2], [3, 4], [5, 6]])
    assert [c.name for c in table.columns] == ["x1", "x2"]
    with pytest.warns(MirimputeWarning, match="holds numbers only .* dataset.header=false"):
        assert [c.name for c in load(path).columns] == ["1", "2"]
    with pytest.warns(MirimputeWarning, match="holds the number 1.5 and is taken as .* dataset.header=false"):
        load(csv(tmp_path, "1.5,k\n3.5,b\n5.5,c\n3.5,b\n5.5,c\n"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        load(csv(tmp_path, "who,2019,2020\na,3,4\nb,5,6\na,7,8\n"))  # years are names


@pytest.mark.parametrize(
    "text",
    [
        "\ufeffa,b\r\n1,2\r\n3,4\r\n",  # as spreadsheets write it
        "\n \n a , b\n1, 2\n\n3,4",  # blank lines, spaces, no newline at the end
        '"a","b"\n"1","2"\n3,4\n',
    ],
)
def test_spellings_of_one_table(text: str, tmp_path: Path) -> None:
    table = load(csv(tmp_path, text))
    assert [c.name for c in table.columns] == ["a", "b"]
    np.testing.assert_array_equal(table.values, [[1, 2], [3, 4]])


def test_a_name_over_two_lines(tmp_path: Path) -> None:
    table = load(csv(tmp_path, '"a\nunit",b\n1,2\n3,4\n'))
    assert [c.name for c in table.columns] == ["a\nunit", "b"]
    np.testing.assert_array_equal(table.values, [[1, 2], [3, 4]])


def test_compressed_csv(tmp_path: Path) -> None:
    path = tmp_path / "table.csv.gz"
    path.write_bytes(gzip.compress(b"a,b\n1,2\n3,4\n", mtime=0))
    table = load(path)
    assert table.name == "table"
    np.testing.assert_array_equal(table.values, [[1, 2], [3, 4]])


def test_parquet_with_missing_cells_and_types(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "whole": pd.array([1, None, 3], dtype="Int64"),
            "real": [0.1, np.nan, 0.3],
            "narrow": np.array([1, 2, 3], dtype="uint8"),
            "flag": [True, False, True],
            "word": ["x", None, "y"],
            "size": pd.Categorical(["s", None, "l"], categories=["s", "m", "l"], ordered=True),
            "day": pd.to_datetime(["1970-01-02"] * 3),
        }
    )
    frame.to_parquet(tmp_path / "t.parquet")
    with pytest.warns(MirimputeWarning, match="left out: word$"):
        table = load(tmp_path / "t.parquet")
    day, nan = 86400, np.nan
    np.testing.assert_array_equal(
        table.values, [[1, 0.1, 1, 1, 0, day], [nan, nan, 2, 0, nan, day], [3, 0.3, 3, 1, 1, day]]
    )
    assert table.columns == (
        Column("whole", Kind.INTEGER, step=1),
        Column("real", Kind.CONTINUOUS),
        Column("narrow", Kind.INTEGER, step=1),
        Column("flag", Kind.CATEGORICAL, (False, True)),
        Column("size", Kind.ORDINAL, ("s", "l")),
        Column("day", Kind.DATETIME, step=day),
    )


BAD_CSV = [
    ("", "is empty"),
    ("\n\n", "is empty"),
    ("a,b\n", "has 0 row"),
    ("a,b\n1,2\n", "has 1 row"),
    ("a,b\nx,y\nu,v\n", r"no column that can be imputed, only text \(columns: a, b\)"),
    ("a,b\n1,inf\n2,3\n", r"infinite values in column\(s\) \['b'\]"),
    ("a,b\n1,-Infinity\n2,3\n", r"infinite values in column\(s\) \['b'\]"),
    ("a,b,a\n1,2,3\n4,5,6\n", r"duplicate column names \['a'\]"),
    ("a,b, a \n1,2,3\n4,5,6\n", r"duplicate column names \['a'\]"),
    ("a,b\n1,\n2,NA\n", r"no value at all in column\(s\) \['b'\]"),
    (",a\n0,1\n1,2\n", "column 1 .* has no name"),
    ("a,b\n1,2\n3,4,5\n", "line 3 .* has 3 cells where the first line has 2"),
    ("a,b\n1,2,3\n4,5,6\n", "line 2 .* has 3 cells where the first line has 2"),
    ("a,b\n1,2\n3\n", "line 3 .* has 1 cell where the first line has 2"),
    ("a;b\n1;2\n3;4;5\n", "line 3 .* has 3 cells where the first line has 2: .* --sep .*';'"),
    ("a,b;c\nx,y;z\nu,v;w\n", "may be separated by ',' or by ';': say by --sep"),
    ('a,b\n1,2\n3,"4\n', "the quote that opens in line 3 is never closed"),
    (",a\nx,1\ny,2\nz,3\n", "column 1 .* has no name"),
]


@pytest.mark.parametrize(("text", "words"), BAD_CSV)
def test_bad_csv_is_refused_in_one_sentence(text: str, words: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=words) as raised:
        load(csv(tmp_path, text))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("binary.csv", bytes(range(256))),
        ("latin.csv", "größe,b\n1,2\n3,4\n".encode("latin-1")),
        ("cut.csv.gz", gzip.compress(b"a,b\n1,2\n3,4\n" * 99, mtime=0)[:-12]),
        ("plain.csv.gz", b"a,b\n1,2\n3,4\n"),
        ("broken.csv.gz", gzip.compress(b"a,b\n1,2\n3,4\n", mtime=0)[:12] + b"\xff" * 20),
        ("csv.parquet", b"a,b\n1,2\n3,4\n"),
        ("zeros.pq", b"\0" * 100),
    ],
)
def test_unreadable_file_is_refused_by_name(name: str, body: bytes, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(body)
    with pytest.raises(DataError, match=f"cannot read .*{name}.*check that it is a readable"):
        load(tmp_path / name)


def test_cut_parquet(tmp_path: Path) -> None:
    path = tmp_path / "t.pq"
    pd.DataFrame({"a": [1.0, 2.0]}).to_parquet(path)
    path.write_bytes(path.read_bytes()[:-30])
    with pytest.raises(DataError, match="cannot read"):
        load(path)


def test_parquet_with_duplicate_names(tmp_path: Path) -> None:
    import pyarrow
    import pyarrow.parquet

    table = pyarrow.table([pyarrow.array([1.0, 2.0]), pyarrow.array([3.0, 4.0])], names=["a", "a"])
    pyarrow.parquet.write_table(table, tmp_path / "t.pq")
    with pytest.raises(DataError, match=r"duplicate column names \['a'\]"):
        load(tmp_path / "t.pq")


def test_parquet_column_without_a_value_is_refused_even_without_a_type(tmp_path: Path) -> None:
    pd.DataFrame({"a": [1.0, 2.0], "b": [None, None]}).to_parquet(tmp_path / "t.pq")
    with pytest.raises(DataError, match=r"no value at all in column\(s\) \['b'\]"):
        load(tmp_path / "t.pq")


def test_paths_that_are_no_tables(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"'.*nothing.csv' does not exist .*check the path"):
        load(tmp_path / "nothing.csv")
    with pytest.raises(DataError, match="is not a file"):
        load(tmp_path)
    with pytest.raises(DataError, match=r"unknown suffix: use one of \.csv"):
        load(csv(tmp_path, "a\n1\n2\n", "table.ods"))
    with pytest.raises(DataError, match=r"give dataset\.path=my.csv"):
        File().load(NOWHERE)


def test_name_is_the_stem_unless_given() -> None:
    assert File(path="/some/where/my.table.csv").name == "my.table"
    assert File(path="x.csv", name="mine").name == "mine"
    assert File(path="x.csv").origin == "file"


@settings(max_examples=60, deadline=None)
@given(
    arrays(
        np.float64,
        array_shapes(min_dims=2, max_dims=2, min_side=2, max_side=6),
        elements=st.one_of(st.floats(allow_infinity=False), st.integers(-5, 5).map(float)),
    ),
    st.sampled_from([".csv", ".parquet"]),
)
def test_any_numbers_come_back_bit_equal(values: np.ndarray, suffix: str) -> None:
    frame = pd.DataFrame(values, columns=[f"c{j}" for j in range(values.shape[1])])
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"t{suffix}"
        frame.to_csv(path, index=False) if suffix == ".csv" else frame.to_parquet(path)
        if np.isnan(values).all(axis=0).any():
            with pytest.raises(DataError, match="no value at all"):
                load(path)
            return
        table = load(path)
    # There is one NaN in a table, whatever its bits were in the file.
    assert np.asarray(table.values).tobytes() == np.where(np.isnan(values), np.nan, values).tobytes()
