"""Excel workbooks: the first sheet as columns, and the workbook again with the holes of that sheet filled."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import pandas as pd
import pyarrow

from mirimpute.errors import DataError, NotInstalledError, UserError, counted
from mirimpute.table.file_format import MISSING_MARKERS
from mirimpute.table.room import check_room
from mirimpute.table.typed_marks import numbers_of_marks

_BYTES, _MARKS, _NOTES = b"mirimpute.workbook", b"mirimpute.marks", b"mirimpute.notes"
"""Metadata of the table of a sheet: the file that it was read from, what marks its missing cells, and what was found
out about it."""
_OF_XML = 16.0
"""Bytes of memory that reading takes for each byte of XML: measured on 20,000 rows of 20 numbers, 16.8."""
_FORMULA = re.compile(rb"<(?:\w+:)?f[\s>/]")
"""Where the XML of a sheet has one."""


def read_workbook(path: str | Path, marks: Sequence[str] = MISSING_MARKERS) -> pyarrow.Table:
    """Return the columns of the first sheet, whose first row has their names.

    A column has a type where its cells do, and texts where they are of several. Empty cells, errors such as #N/A, and
    ``marks``, texts or numbers, are missing. The table remembers the file, into a copy of which :func:`write_workbook`
    writes.

    Raises:
        NotInstalledError: no library to read it.
        UserError: it does not fit into memory.
        DataError: it is no workbook, its first sheet is empty, cells of it are merged, or a formula has no value.
    """
    path = Path(path)
    content = path.read_bytes()
    workbook = _opened(path, content)
    if not workbook.worksheets:
        raise DataError(f"'{path}' has no sheet of cells: give a workbook with a table in its first sheet")
    sheet = workbook.worksheets[0]
    is_missing = _Missing(marks)
    rows = [list(row) for row in sheet.iter_rows()]
    used = [(i + 1, j + 1) for i, row in enumerate(rows) for j, cell in enumerate(row) if not is_missing(cell)]
    if not used:
        raise DataError(
            f"the first sheet of '{path}' is empty: move the sheet with the table to the front, or save it as CSV"
        )
    height, width = max(i for i, _ in used), max(j for _, j in used)
    merged = [str(each) for each in sheet.merged_cells.ranges if each.min_row <= height and each.min_col <= width]
    if merged:
        raise DataError(f"cells {merged[0]} of '{path}' are merged: unmerge them, and give each its own value")
    titles, *cells = [row[:width] for row in rows[:height]]
    _check_formulas(path, content, cells)
    names = ["" if is_missing(cell) else str(cell.value) for cell in titles]
    columns, notes = [], _of_sheets(path, workbook)
    for j, name in enumerate(names):
        values = [None if is_missing(row[j]) else row[j].value for row in cells]
        columns.append(_of_cells(values, name))
        notes += _of_marks(name, values, [row[j].value for row in cells])
    metadata = {_BYTES: content, _MARKS: "\n".join(marks).encode(), _NOTES: "\n".join(notes).encode()}
    return pyarrow.Table.from_arrays(columns, names=names).replace_schema_metadata(metadata)


def notes_of(table: pyarrow.Table) -> list[str]:
    """Return what was found out about the workbook that a table was read from."""
    return (table.schema.metadata or {}).get(_NOTES, b"").decode().splitlines()


def write_workbook(table: pyarrow.Table, target: str | Path | IO[bytes]) -> None:
    """Write a completed table into a copy of the workbook that it was read from.

    Only cells that were missing change. Formats and further sheets stay; formulas become their values.
    """
    found = table.schema.metadata
    workbook, is_missing = _opened(Path(), found[_BYTES]), _Missing(found[_MARKS].decode().split("\n"))
    sheet = workbook.worksheets[0]
    for j, column in enumerate(table.columns):
        for i, value in enumerate(column.to_pylist()):
            cell = sheet.cell(i + 2, j + 1)
            if value is not None and is_missing(cell):
                cell.value = value
    workbook.save(target)


def _opened(path: Path, content: bytes, data_only: bool = True) -> Any:
    try:
        import openpyxl
    except ImportError:
        raise NotInstalledError(
            f"file {str(path)!r} is an Excel workbook, which takes the package openpyxl: install it (pip install "
            "openpyxl), or save the sheet as CSV"
        ) from None
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            size = _OF_XML * sum(part.file_size for part in parts.infolist())
        check_room(size, f"workbook {str(path)!r}", "save the sheet as CSV or Parquet")
        return openpyxl.load_workbook(io.BytesIO(content), data_only=data_only)
    except UserError:
        raise
    except Exception as error:  # whatever its parsers of ZIP and XML raise: ParseError is a SyntaxError
        reason = " ".join(str(error).split())[:200]
        raise DataError(
            f"cannot read {str(path)!r} ({reason}): check that it is an Excel workbook (.xlsx), or save the sheet as "
            "CSV"
        ) from error


class _Missing:
    """Whether a cell has no value: it is empty, or holds an error, blanks alone or a mark."""

    def __init__(self, marks: Sequence[str]) -> None:
        self.texts = {"", *marks}
        self.numbers = numbers_of_marks(marks)

    def __call__(self, cell: Any) -> bool:
        value = cell.value
        if isinstance(value, str):
            return cell.data_type == "e" or value.strip() in self.texts
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        return value is None or (is_number and value in self.numbers)


def _check_formulas(path: Path, content: bytes, rows: list[list[Any]]) -> None:
    """Refuse formulas whose value is not in the file: they would count as missing cells."""
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        sheets = [name for name in parts.namelist() if "/worksheets/" in name]
        if not any(_FORMULA.search(parts.read(name)) for name in sheets):
            return
    sheet = _opened(path, content, data_only=False).worksheets[0]
    for cell in (each for row in rows for each in row if each.value is None):
        if sheet[cell.coordinate].data_type == "f":
            raise DataError(
                f"cell {cell.coordinate} of '{path}' is a formula without a value: open the workbook in a spreadsheet "
                "program and save it, or write its value"
            )


def _of_sheets(path: Path, workbook: Any) -> list[str]:
    names = [repr(sheet.title) for sheet in workbook.worksheets[1:]]
    if not names:
        return []
    return [f"'{path}' has {counted(len(names), 'further sheet')} ({', '.join(names[:5])}), not read and left as it is"]


def _of_marks(name: str, values: list[Any], written: list[Any]) -> list[str]:
    """Return what is told of words among the texts of a column that were taken for marks of missing cells."""
    words = [each for each, value in zip(written, values, strict=True) if value is None and isinstance(each, str)]
    words = [each for each in words if each.strip() in MISSING_MARKERS and each.strip().isalpha()]
    if not words or not any(isinstance(each, str) for each in values):
        return []
    return [
        f"{counted(words.count(words[0]), 'cell')} {words[0]!r} of column {name!r} taken as missing: if {words[0]!r} "
        "is a value, say --na none (dataset.missing_markers=[])"
    ]


def _of_cells(values: list[Any], name: str) -> pyarrow.Array:
    """Return a column of a sheet; one with cells of several types as texts.

    Raises:
        DataError: cells that are no values.
    """
    try:
        return pyarrow.Array.from_pandas(pd.Series(values, dtype=object).convert_dtypes())
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, pyarrow.ArrowNotImplementedError):
        pass
    try:
        return pyarrow.array([None if each is None else str(each) for each in values], pyarrow.string())
    except ValueError as error:
        raise DataError(f"column {name!r} of the sheet cannot be read ({error}): save it as CSV") from error
