"""Options of a file are checked before it is read."""

import re

import pandas as pd
import pytest

from mirimpute import read_table
from mirimpute.errors import MirimputeWarning, UserError


@pytest.fixture
def path(tmp_path):
    (file := tmp_path / "my.csv").write_text("a,b\n1,NA\n2,4\n3,6\n4,8\n5,1\n")
    return file


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("missing_markers", "NA"),
        ("missing_markers", [1]),
        ("missing_markers", None),
        ("sep", 5),
        ("decimal", None),
        ("encoding", b"utf-8"),
        ("header", "no"),
    ],
)
def test_an_option_of_another_type_is_named(path, option, value):
    with pytest.raises(UserError) as raised:
        read_table(path, **{option: value})
    assert option in str(raised.value)
    assert repr(value) in str(raised.value)


def test_a_list_of_marks_is_taken_as_it_is(path):
    assert read_table(path, missing_markers=("NA",))["b"].isna().tolist() == [True, False, False, False, False]


@pytest.mark.parametrize(("unit", "values"), [("%", list(range(61, 101))), (" %", [12.5, 40.25, 99.0])])
def test_percentages_are_numbers_and_are_written_so_again(tmp_path, unit, values):
    from mirimpute.cli.impute import main

    rows = [f"{k % 5},{values[k % len(values)]}{unit}" for k in range(60)]
    (tmp_path / "a.csv").write_text("\n".join(["x,rate", *rows, "2,"]) + "\n")
    table = read_table(tmp_path / "a.csv")
    assert table["rate"].dropna().isin(values).all()
    assert main([str(tmp_path / "a.csv"), "-o", str(tmp_path / "b.csv"), "--method", "mean"]) == 0
    before, after = ((tmp_path / name).read_text().splitlines() for name in ("a.csv", "b.csv"))
    assert after[:-1] == before[:-1]
    filled = after[-1].removeprefix("2,")
    assert filled.endswith(unit)
    assert min(values) <= float(filled.removesuffix(unit)) <= max(values)


def test_a_column_that_is_not_all_percentages_is_not_numbers(tmp_path):
    (tmp_path / "a.csv").write_text("x,rate\n" + "1,5%\n2,6%\n3,7\n" * 20)
    with pytest.warns(MirimputeWarning, match="percentages"):
        assert read_table(tmp_path / "a.csv")["rate"].dtype.kind not in "if"


def test_dates_with_the_day_first_are_dates_and_are_written_so_again(tmp_path):
    from mirimpute.cli.impute import main

    rows = [f"{k},{1 + k % 28:02d}.{1 + k % 12:02d}.2024" for k in range(60)]
    (tmp_path / "a.csv").write_text("\n".join(["x,when", *rows, "7,"]) + "\n")
    assert main([str(tmp_path / "a.csv"), "-o", str(tmp_path / "b.csv"), "--method", "mean"]) == 0
    before, after = ((tmp_path / name).read_text().splitlines() for name in ("a.csv", "b.csv"))
    assert after[:-1] == before[:-1]
    assert re.fullmatch(r"7,\d{2}\.\d{2}\.2024", after[-1])


@pytest.mark.parametrize("odd", ["31.13.2024", "1.2.2024", "2024-01-01", "01.02.24"])
def test_days_that_are_none_or_written_otherwise_are_no_dates(odd):
    from mirimpute.table.dates import pattern_of

    assert pattern_of(pd.Series(["31.12.2024", odd])) == ""
    assert pattern_of(pd.Series(["31.12.2024", "01.02.9999", "05.06.0001"])) == "%d.%m.%Y"


def test_a_row_of_units_is_told(tmp_path):
    (file := tmp_path / "a.csv").write_text("a,b,c\ncm,kg,.5\n" + "1.5,2.5,3\n,4.5,6\n" * 9)
    said = "line 2 of .* holds 'cm' in column 'a', 'kg' in column 'b', .*delete it"
    with pytest.warns(MirimputeWarning, match=said), pytest.warns(MirimputeWarning, match="taken as categories"):
        read_table(file)


def test_numbers_of_patients_with_several_rows_are_told(tmp_path):
    (file := tmp_path / "a.csv").write_text("patient_id,b\n" + "".join(f"{70 + i // 3},{i**1.5}\n" for i in range(99)))
    with pytest.warns(MirimputeWarning, match="'patient_id' looks like an id of several rows each, and is used to"):
        read_table(file)


def test_a_file_of_text_alone_says_why_each_column_is_text(tmp_path):
    (file := tmp_path / "a.csv").write_text("a\n" + "".join(f"{i}.5 kg\n" for i in range(30)))
    with pytest.raises(UserError, match=r"only text \(columns: a \(numbers with a unit, the first is '0.5 kg'\)\)"):
        read_table(file)
