"""`mirimpute-impute` on files: what was there stays, what was missing is filled."""

import csv
import datetime
import decimal
import gzip

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.parquet
import pytest

from mirimpute.cli.impute import main

ROWS = [
    ["name", "height", "age", "note"],
    ["Ann, the first", "1.70", "31", ""],
    ['Bob "B"', "", "45", "x"],
    ["Cid", "1.65", "", "y"],
    ["Dee", "1.8000", "28", "NA"],
    ["Eve", "NA", "39", "z"],
    ["Fay", "1.59", "?", ""],
    ["Gus", "1.75", "+40", "z"],
]


@pytest.fixture
def people(tmp_path):
    path = tmp_path / "people.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows(ROWS)
    return path


def read(path):
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", newline="") as file:
        return list(csv.reader(file))


def test_csv_keeps_every_text_that_was_there(people, tmp_path, capsys):
    target = tmp_path / "done.csv"
    assert main([str(people), "-o", str(target), "--method", "mean"]) == 0
    filled = read(target)
    changed = [(i, j) for i, row in enumerate(ROWS) for j, cell in enumerate(row) if filled[i][j] != cell]
    # the holes of numbers and categories, and no other cell
    assert changed == [(1, 3), (2, 1), (3, 2), (4, 3), (5, 1), (6, 2), (6, 3)]
    assert filled[1][3] == filled[4][3] == filled[6][3] == "z"  # the most frequent one
    assert float(filled[2][1]) == pytest.approx(np.mean([1.70, 1.65, 1.80, 1.59, 1.75]))
    assert filled[3][2] == filled[6][2] == "37"  # the mean 36.6 of whole numbers, as one
    captured = capsys.readouterr()
    assert "7 cells filled by mean" in captured.out
    assert "stay empty" not in captured.out
    assert "text left out: name" in captured.err
    assert people.read_bytes().count(b"\r\n") == target.read_bytes().count(b"\r\n")


def test_whole_numbers_are_written_as_the_file_writes_them(tmp_path):
    source, target = tmp_path / "x.csv", tmp_path / "y.csv"
    source.write_text("a,b\n1.0,1\n,\n4.0,4\n")
    assert main([str(source), "-o", str(target), "--method", "mean"]) == 0
    assert read(target)[2] == ["2.0", "2"]


def test_multiples_of_a_hundred_are_filled_with_such(tmp_path):
    source, target = tmp_path / "x.csv", tmp_path / "y.csv"
    source.write_text("a,pay\n" + "".join(f'{i},"{1 + i % 3},{i % 9}00"\n' for i in range(30)) + "8,\n")
    assert main([str(source), "-o", str(target), "--method", "ice", "--thousands", ","]) == 0
    assert read(target)[31][1].endswith("00")


def test_parquet_keeps_types_order_and_values(tmp_path):
    table = pyarrow.table(
        {
            "when": pyarrow.array(["a", None, "c", "d"]),
            "count": pyarrow.array([1, None, 3, 5], pyarrow.int16()),
            "size": pyarrow.array([0.5, 1.5, None, float("nan")], pyarrow.float32()),
            "full": pyarrow.array([2**53 + 1, 1, 2, 3], pyarrow.int64()),
            "sort": pyarrow.array(["b", "a", None, "a"], pyarrow.large_string()),
            "flag": pyarrow.array([True, None, True, False]),
            "day": pyarrow.array([datetime.date(2020, 1, 1), None, datetime.date(2020, 1, 1), None]),
            "time": pyarrow.array([0, 10, None, 20], pyarrow.timestamp("ms", tz="UTC")),
        }
    )
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pyarrow.parquet.write_table(table, source)
    assert main([str(source), "-o", str(target), "--method", "mean"]) == 0
    done = pyarrow.parquet.read_table(target)
    assert done.schema == table.schema
    assert done["count"].to_pylist() == [1, 3, 3, 5]
    assert done["size"].to_pylist() == [0.5, 1.5, 1.0, 1.0]
    assert done["full"].equals(table["full"])  # a whole number that no float holds
    assert done["when"].equals(table["when"])  # no value of it repeats: text
    assert done["sort"].to_pylist() == ["b", "a", "a", "a"]
    assert done["flag"].to_pylist() == [True, True, True, False]
    assert done["day"].to_pylist() == [datetime.date(2020, 1, 1)] * 4
    assert done["time"].cast(pyarrow.int64()).to_pylist() == [0, 10, 10, 20]


def test_parquet_numbers_of_other_types_stay_in_them(tmp_path):
    prices = [decimal.Decimal("1.50"), None, decimal.Decimal("2.25"), decimal.Decimal("2.00")]
    table = pyarrow.table(
        {
            "price": pyarrow.array(prices, pyarrow.decimal128(8, 2)),
            "typed": pyarrow.array(["1.5", "2.5", None, "4.5"]),
            "coded": pyarrow.array(["1", "2", None, "6"]).dictionary_encode(),
        }
    )
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pyarrow.parquet.write_table(table, source)
    kinds = ["--kind", "typed=continuous", "--kind", "coded=integer"]
    assert main([str(source), "-o", str(target), "--method", "mean", *kinds]) == 0
    done = pyarrow.parquet.read_table(target)
    assert done.schema == table.schema
    assert done["price"].to_pylist() == [prices[0], decimal.Decimal("1.92"), *prices[2:]]
    assert done["coded"].to_pylist() == ["1", "2", "3", "6"]
    assert done["typed"].to_pylist() == ["1.5", "2.5", "2.833333333", "4.5"]


def test_draws_are_files_of_their_own_that_differ_where_cells_were_missing(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=(80, 3))
    x[:30, 0] = np.nan
    source, target = tmp_path / "x.csv.gz", tmp_path / "y.csv.gz"
    pd.DataFrame(x, columns=list("abc")).to_csv(source, index=False)
    assert main([str(source), "-o", str(target), "--method", "mirf_fast", "--draws", "2"]) == 0
    files = [target, tmp_path / "y.draw-1.csv.gz", tmp_path / "y.draw-2.csv.gz"]
    point, first, second = (np.array(read(file)[1:], dtype=float) for file in files)
    for filled in (point, first, second):
        assert np.array_equal(filled[30:], x[30:])
        assert np.isfinite(filled).all()
    assert not np.array_equal(first[:30, 0], second[:30, 0])


def test_same_command_same_bytes(people, tmp_path):
    targets = [tmp_path / "one.csv", tmp_path / "two.csv"]
    for target in targets:
        assert main([str(people), "-o", str(target), "--method", "hot_deck"]) == 0
    assert targets[0].read_bytes() == targets[1].read_bytes()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nothing.csv", "-o", "out.csv"], "does not exist"),
        (["people.csv", "-o", "out.parquet"], "give a name that ends in .csv"),
        (["people.csv", "-o", "people.csv"], "is the input itself"),
        (["people.csv", "-o", "there.csv"], "is there already: give another file, or --force"),
        (["people.csv", "-o", "no/where.csv"], "does not exist: create it"),
        (["people.csv", "-o", "out.csv", "--method", "mirff"], "did you mean 'mirf'"),
        (["people.csv", "-o", "out.csv", "--draws", "-1"], "0 or more"),
        (["people.csv", "-o", "out.csv", "--draws", "3", "--method", "mean"], "--draws 3 asks for 3"),
        (["people.csv", "-o", "out.csv", "--draws", "9000000"], "10000 or fewer"),
        (["people.csv", "-o", "out.csv", "--multiple", "1000000000000"], "10000 or fewer"),
        (["full.csv", "-o", "out.csv"], "has no missing cell"),
        (["people.csv", "-o", "out.csv", "--kind", "age"], "has no '='"),
        (["people.csv", "-o", "out.csv", "--kind", "agee=text"], "did you mean 'age'"),
        (["people.csv", "-o", "out.csv", "--kind", "age=text", "--kind", "age=integer"], "two kinds, text and integer"),
        (["people.csv", "-o", "out.csv", "--kind", "note=integer"], "is not integer: it holds 'x'"),
        (["people.csv", "-o", "out.csv", "--device", "gpu"], "--device 'gpu' is unknown: give cpu"),
        (["people.txt", "-o", "out.csv"], "'people.txt' does not exist"),
        (["people.csv", "-o", "/proc/out.csv"], "cannot write to folder '/proc'"),
    ],
)
def test_bad_requests_are_one_sentence(people, tmp_path, monkeypatch, capsys, arguments, words):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "there.csv").write_text("kept")
    (tmp_path / "full.csv").write_text("a,b\n1,2\n3,4\n")
    assert main(arguments) == 2
    error = capsys.readouterr().err.splitlines()[-1]
    assert words in error
    assert (tmp_path / "there.csv").read_text() == "kept"
    assert not (tmp_path / "out.csv").exists()


def test_force_replaces(people, tmp_path):
    target = tmp_path / "there.csv"
    target.write_text("old")
    assert main([str(people), "-o", str(target), "--method", "mean", "--force"]) == 0
    assert len(read(target)) == len(ROWS)
    assert not list(tmp_path.glob(".*.part"))


def test_codes_can_be_filled_as_categories(tmp_path):
    rng = np.random.default_rng(0)
    x = rng.normal(size=90)
    code = np.where(x > 0, "07", "12").astype(object)
    code[::4] = ""
    source, target = tmp_path / "codes.csv", tmp_path / "done.csv"
    source.write_text("x,code\n" + "".join(f"{a:.3f},{b}\n" for a, b in zip(x, code, strict=True)))
    assert main([str(source), "-o", str(target), "--method", "ice", "--kind", "code=categorical"]) == 0
    filled = np.array(read(target)[1:])
    assert set(filled[:, 1]) == {"07", "12"}  # the texts of the file
    assert np.mean(filled[::4, 1] == np.where(x[::4] > 0, "07", "12")) > 0.9


def test_dates_of_a_csv_are_filled_as_they_are_written(tmp_path):
    rng = np.random.default_rng(0)
    days = rng.integers(0, 1000, 90)
    written = np.array([str(np.datetime64("2020-01-01") + int(day)) for day in days], dtype=object)
    written[::4] = ""
    source, target = tmp_path / "visits.csv", tmp_path / "done.csv"
    source.write_text("cost,day\n" + "".join(f"{a / 10:.1f},{b}\n" for a, b in zip(days, written, strict=True)))
    assert main([str(source), "-o", str(target), "--method", "ice"]) == 0
    filled = np.array(read(target)[1:])[:, 1].astype("datetime64[D]")  # each is a date
    wrong = np.abs((filled - np.datetime64("2020-01-01")).astype(int) - days)
    assert wrong[1::4].max() == 0
    assert wrong[::4].max() < 10


def test_whole_numbers_stay_inside_their_type(tmp_path):
    x = np.linspace(-1, 1, 60)
    table = pyarrow.table(
        {"x": x, "small": pyarrow.array([None if abs(a) > 0.8 else int(125 + 150 * a) for a in x], pyarrow.uint8())}
    )
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pyarrow.parquet.write_table(table, source)
    assert main([str(source), "-o", str(target), "--method", "ice"]) == 0
    small = pyarrow.parquet.read_table(target)["small"].to_pylist()
    assert (small[0], small[-1]) == (3, 255)  # half of the lowest, 5, and what the type holds


def test_holes_of_text_are_counted(people, tmp_path, capsys):
    assert main([str(people), "-o", str(tmp_path / "done.csv"), "--method", "mean", "--kind", "note=text"]) == 0
    assert "4 cells filled by mean" in (out := capsys.readouterr().out)
    assert out.rstrip().endswith("; 3 cells stay empty, in what was left out: 'note'")


def test_values_far_outside_of_the_observed_ones_are_pulled_in_and_told(tmp_path, capsys):
    x = np.concatenate([np.linspace(0, 1, 60), [4.0, 0.5]])
    y = np.where(x < 0.9, 2 * x, np.nan)
    y[-1] = np.nan
    source = tmp_path / "far.csv"
    pd.DataFrame({"x": x, "y": y}).to_csv(source, index=False)
    for method, told in (("ice", True), ("mice", False)):
        assert main([str(source), "-o", str(tmp_path / f"{method}.csv"), "--method", method]) == 0
        assert ("1 of 8 point(s) were pulled in" in capsys.readouterr().err) == told
        assert pd.read_csv(tmp_path / f"{method}.csv")["y"].between(0, 1.8 + np.nanstd(y)).all()


@pytest.mark.parametrize(
    "values", [np.round, np.asarray, lambda x, _: 1e6 + x], ids=["3 decimals", "all digits", "far"]
)
def test_donated_values_are_what_was_observed(tmp_path, values):
    rng = np.random.default_rng(0)
    x = values(rng.normal(size=300), 3 if values is np.round else None)
    y = np.where(rng.random(300) < 0.3, np.nan, x)
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pd.DataFrame({"x": x, "y": y}).to_parquet(source)
    assert main([str(source), "-o", str(target), "--method", "mice", "--draws", "1"]) == 0
    drawn = pd.read_parquet(tmp_path / "out.draw-1.parquet")["y"]
    assert set(drawn) == set(y[~np.isnan(y)])


def test_columns_of_a_parquet_file_may_have_numbers_for_names(tmp_path, capsys):
    x = np.random.default_rng(0).normal(size=(40, 3))
    x[::4, 1] = np.nan
    source, target = tmp_path / "in.parquet", tmp_path / "out.parquet"
    pd.DataFrame(x).to_parquet(source)
    assert main([str(source), "-o", str(target), "--method", "mean"]) == 0
    assert "10 cells filled" in capsys.readouterr().out
    assert not pd.read_parquet(target).isna().any(axis=None)


def test_a_folder_is_no_output_and_said_before_any_work(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("mirimpute.table.reading.content_of", lambda *_: pytest.fail("the file was read"))
    (source := tmp_path / "in.csv").write_text("a,b\n1,\n2,3\n4,5\n")
    (folder := tmp_path / "out.csv").mkdir()
    assert main([str(source), "-o", str(folder), "--force"]) == 2
    assert f"'{folder}' is a folder" in capsys.readouterr().err


@pytest.mark.parametrize(
    "option", ["--exclude=note", "--min=note=0", "--sum=note,a=9", "--order=note,a", "--censored=note"]
)
@pytest.mark.filterwarnings("ignore::mirimpute.errors.MirimputeWarning")
def test_an_option_about_a_column_of_text_says_that_it_is_left_out(option, tmp_path, capsys):
    table = pd.DataFrame({"a": range(40), "note": [f"seen {i} times, once" for i in range(40)], "b": range(40)})
    table.astype(object).mask(np.arange(40)[:, None] % 5 == np.array([1, 9, 2])).to_csv(tmp_path / "t.csv", index=False)
    assert main([str(tmp_path / "t.csv"), "-o", str(tmp_path / "o.csv"), "--method", "mean", option]) == 2
    assert "names column 'note', which is left out" in capsys.readouterr().err
