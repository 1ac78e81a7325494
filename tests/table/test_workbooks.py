"""Excel workbooks are read and written cell by cell: what has a value keeps it and its type."""

import datetime
import zipfile

import pytest

from mirimpute.cli.impute import main
from mirimpute.errors import DataError, UserError
from mirimpute.table import room
from mirimpute.table.workbooks import notes_of, read_workbook

openpyxl = pytest.importorskip("openpyxl")

TITLES = ["dose", "kind", "yes", "mixed"]


@pytest.fixture
def workbook(tmp_path, monkeypatch):
    """Return a workbook of twelve rows, each column with holes, and a sheet behind."""
    monkeypatch.chdir(tmp_path)
    made = openpyxl.Workbook()
    made.active.append(TITLES)
    for i in range(12):
        row = [i + 0.5, "ab"[i % 2], bool(i % 3), i]
        made.active.append([None if (i + j) % 5 == 4 else value for j, value in enumerate(row)])
    made.active["D13"] = "none of these"
    made.active["A2"].number_format = "0.00"
    made.create_sheet("notes").append(["kept", 7])
    return made


def filled(workbook, *options):
    workbook.save("in.xlsx")
    code = main(["in.xlsx", "-o", "out.xlsx", "--method", "mean", *options])
    return code, openpyxl.load_workbook("out.xlsx") if code == 0 else None


def test_only_missing_cells_change(workbook, capsys):
    code, done = filled(workbook)
    assert code == 0
    assert done.sheetnames == ["Sheet", "notes"]
    assert [cell.value for cell in done["notes"][1]] == ["kept", 7]
    assert done.active["A2"].number_format == "0.00"
    assert "further sheet ('notes')" in capsys.readouterr().err
    for old, new in zip(workbook.active.iter_rows(), done.active.iter_rows(), strict=True):
        for before, after in zip(old, new, strict=True):
            if before.value is None:
                assert (after.value is None) == (before.column == 4)  # a column of several types is text
            else:
                assert after.value == before.value
                assert type(after.value) is type(before.value)
    assert {type(cell.value) for cell in done.active["C"][1:]} == {bool}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda sheet: sheet.merge_cells("B3:B5"), "cells B3:B5 of 'in.xlsx' are merged"),
        (lambda sheet: sheet.__setitem__("A3", "=A2*2"), "cell A3 of 'in.xlsx' is a formula without a value"),
        (lambda sheet: sheet.__setitem__("F5", "a note"), "column 5 of file 'in.xlsx' has no name"),
        (lambda sheet: sheet.insert_rows(1), "column 1 of file 'in.xlsx' has no name"),
        (lambda sheet: sheet.delete_rows(1, 99), "the first sheet of 'in.xlsx' is empty"),
        (lambda sheet: sheet.__setitem__("B1", "dose"), "duplicate column names ['dose']"),
    ],
)
def test_what_is_no_table_is_refused(workbook, capsys, change, words):
    change(workbook.active)
    assert filled(workbook) == (2, None)
    assert words in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"PK\x03\x04" + bytes(100)])
def test_other_files_are_no_workbooks(tmp_path, content):
    (tmp_path / "in.xlsx").write_bytes(content)
    with pytest.raises(DataError, match=r"check that it is an Excel workbook"):
        read_workbook(tmp_path / "in.xlsx")


@pytest.mark.parametrize(
    "part", ["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "[Content_Types].xml"]
)
@pytest.mark.parametrize("damage", [lambda content: content[: len(content) // 2], lambda content: b"hello"])
def test_a_damaged_part_of_a_workbook_is_a_sentence(workbook, part, damage):
    workbook.save("whole.xlsx")
    with zipfile.ZipFile("whole.xlsx") as whole, zipfile.ZipFile("bad.xlsx", "w") as bad:
        for name in whole.namelist():
            bad.writestr(name, damage(whole.read(name)) if name == part else whole.read(name))
    with pytest.raises(DataError, match="check that it is an Excel workbook"):
        read_workbook("bad.xlsx")


def test_gigabytes_in_a_small_workbook_are_refused_before_they_are_read(workbook, monkeypatch):
    workbook.save("small.xlsx")
    monkeypatch.setattr(room, "available_bytes", lambda: 1000.0)
    with pytest.raises(UserError, match=r"'small.xlsx'.*save the sheet as CSV"):
        read_workbook("small.xlsx")


def test_marks_among_words_are_told(workbook):
    workbook.active["B4"] = workbook.active["B5"] = "NA"
    workbook.active["A4"] = "NA"  # among numbers it can be nothing else
    workbook.active["A5"] = "#N/A"
    workbook.save("in.xlsx")
    table = read_workbook("in.xlsx")
    assert table["kind"].to_pylist()[2:4] == [None, None]
    assert table["dose"].to_pylist()[2:4] == [None, None]
    assert [each for each in notes_of(table) if "'NA'" in each] == [
        "2 cells 'NA' of column 'kind' taken as missing: if 'NA' is a value, say --na none (dataset.missing_markers=[])"
    ]


def test_dates_come_back_as_dates(workbook):
    for i in range(12):
        workbook.active.cell(i + 2, 4).value = None if i == 5 else datetime.datetime(2020, 1, 1 + i)
    code, done = filled(workbook)
    assert code == 0
    assert isinstance(done.active["D7"].value, datetime.datetime)
