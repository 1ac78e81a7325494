"""A file that is no table is one sentence of `mirimpute-bench`, before any cell starts."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from mirimpute.bench.results.store import read_rows
from tests.commands import bench

CSV = Path(__file__).parent / "csv"
BAD = {
    "empty.csv": (b"", "is empty"),
    "blank.csv": (b"\n \n,,\n", "is empty"),
    "onerow.csv": (b"a,b\n1,2\n", "has 1 row"),
    "text.csv": (b"a,b\nx,y\nu,v\n", "only text"),
    "inf.csv": (b"a,b\n1,inf\n2,3\n", "infinite values"),
    "twice.csv": (b"a,a\n1,2\n3,4\n", "duplicate column names"),
    "hollow.csv": (b"a,b\n1,\n2,\n3,\n", "no value at all"),
    "ragged.csv": (b"a,b\n1,2\n3,4,5\n", "line 3"),
    "latin.csv": ("größe,b\n1,2\n3,4\n".encode("latin-1"), "--encoding"),
    "cut.csv.gz": (b"\x1f\x8b\x08", "cannot read"),
    "zeros.parquet": (b"\0" * 100, "cannot read"),
    "table.ods": (b"PK", "unknown suffix"),
    "folder.csv": (None, "is not a file"),
    "nothing.csv": (..., "does not exist"),
}


pytestmark = pytest.mark.usefixtures("elsewhere")


def put(folder, name):
    content = BAD[name][0]
    if content is None:
        (folder / name).mkdir()
    elif content is not ...:
        (folder / name).write_bytes(content)
    return f"dataset.path={name}"


MORE = {"alone": [], "resume": ["resume=true"], "sweep": ["-m", "method=mean,ice"], "cell": ["method=ice"]}


@pytest.mark.parametrize(
    ("name", "more"),
    [
        *((name, "alone") for name in BAD),
        *((n, m) for n in ("empty.csv", "inf.csv", "nothing.csv") for m in MORE if m != "alone"),
    ],
)
def test_what_is_no_table_is_one_sentence_and_nothing_is_written(elsewhere, capsys, name, more):
    path = put(elsewhere, name)
    before = sorted(each.name for each in elsewhere.iterdir())
    assert bench("dataset=file", path, *MORE[more]) == 2
    captured = capsys.readouterr()
    lines = [line for line in captured.err.splitlines() if "experiment=which_method" not in line]
    assert len([line for line in lines if "warning" not in line]) == 1
    assert BAD[name][1] in lines[-1]
    assert captured.out == ""
    assert sorted(each.name for each in elsewhere.iterdir()) == before


def test_one_bad_file_of_several_is_told_before_any_cell(elsewhere, capsys):
    put(elsewhere, "inf.csv")
    assert bench("-m", "dataset=file", f"dataset.path={CSV / 'plain.csv'},inf.csv", "method=mean") == 2
    assert "infinite values" in capsys.readouterr().err
    assert not (elsewhere / "results").exists()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["dataset=synthetic/gaussian", "dataset.n_rows=1"], "n_rows=1"),
        (["dataset=iris", "dataset.max_rows=1"], "max_rows=1"),
        (["dataset=iris", "+dataset.kinds.petals=text"], "unknown column 'petals'"),
    ],
)
def test_other_tables_that_cannot_be_used(elsewhere, capsys, arguments, words):
    assert bench("-m", *arguments, "method=mean,ice") == 2
    assert words in capsys.readouterr().err
    assert not (elsewhere / "results").exists()


def test_a_table_that_is_not_here_is_a_failed_row(elsewhere):
    assert bench("-m", "dataset=uci/wine", "dataset.base_url=http://127.0.0.1:9", "method=mean") == 1
    assert [row["status"] for row in read_rows(elsewhere / "results")] == ["failed"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["dataset=my.csv"], "give dataset=file"),
        (["dataset=data/My.CSV"], "dataset.path="),
        (["dataset=my.parquet"], "dataset.path="),
        (["dataset=iris", "mechanism=MCAR"], "did you mean 'mcar'"),
        (["dataset=IRIS"], "did you mean 'iris'"),
        (["dataset=iris", "method=MIRF"], "did you mean 'mirf'"),
    ],
)
def test_a_near_miss_finds_a_suggestion(capsys, arguments, words):
    assert bench(*arguments) == 2
    assert words in capsys.readouterr().err.splitlines()[-1]


@pytest.mark.parametrize(
    "more", [pytest.param([], marks=pytest.mark.slow), ["hydra/launcher=basic"]], ids=["local", "basic"]
)
def test_a_warning_of_the_file_is_given_once_for_all_cells(capfd, more):
    path = f"dataset.path={CSV / 'survey19.csv'}"
    assert bench("-m", "dataset=file", path, "method=mean,knn", "seed=0,1", *more) == 0
    assert capfd.readouterr().err.count("'ans' holds the whole numbers 1, 9") == 1


@pytest.mark.parametrize(
    ("name", "options", "kinds"),
    [
        ("semicolon.csv", ["dataset.sep=;", "dataset.decimal=,"], ["continuous", "continuous"]),
        ("eurodec.csv", ["dataset.decimal=,", "dataset.sep=comma"], ["continuous", "continuous"]),
        ("thousands.csv", ["dataset.thousands=,"], ["continuous", "integer"]),
        ("dash.csv", ["dataset.missing_markers=-"], ["continuous", "continuous"]),
        ("excel_errors.csv", ["dataset.missing_markers=[#DIV/0!,#N/A]"], ["continuous", "continuous"]),
        ("lod.csv", ["dataset.missing_markers=[<0.3, NA]"], ["continuous", "continuous"]),
        ("namibia.csv", ["dataset.missing_markers=[]"], ["continuous", "continuous", "categorical"]),
        ("latin1.csv", ["dataset.encoding=latin-1"], ["continuous", "continuous"]),
        ("comment.csv", ["dataset.comment=#"], ["continuous", "continuous"]),
    ],
)
def test_options_of_a_file_can_be_given(elsewhere, name, options, kinds):
    assert bench("dataset=file", f"dataset.path={CSV / name}", *options, "method=mean", "save_tables=true") == 0
    (path,) = elsewhere.rglob("truth.parquet")
    frame = pd.read_parquet(path)
    found = ["categorical" if isinstance(each, pd.CategoricalDtype) else "number" for each in frame.dtypes]
    assert found == ["categorical" if kind == "categorical" else "number" for kind in kinds]
    assert np.isfinite(frame.select_dtypes("number").to_numpy()).mean() > 0.7


def test_the_options_make_no_other_cell_where_they_are_not_given(elsewhere):
    path = f"dataset.path={CSV / 'plain.csv'}"
    assert bench("dataset=file", path, "method=mean") == 0
    assert bench("dataset=file", path, "dataset.sep=", "method=mean", "resume=true") == 0
    assert len(read_rows(elsewhere / "results")) == 1
