"""Files that hold typed columns: Parquet, Feather (Arrow's own), and the first sheet of an Excel workbook.

All of them become a table of Arrow. What an Excel workbook holds beside the values of that sheet (formats, formulas,
further sheets) is not in a completed copy.
"""

from __future__ import annotations

from pathlib import Path
from typing import IO, Any

import pandas as pd
import pyarrow
import pyarrow.feather
import pyarrow.parquet

from mirimpute.errors import DataError, NotInstalledError
from mirimpute.table.file_format import EXCEL, FEATHER, suffix_of
from mirimpute.table.int96 import check_int96
from mirimpute.table.room import check_room


def names_in(path: Path) -> list[str]:
    """Return the names of the columns, before anything renames them.

    Raises:
        ValueError, OSError: the file cannot be read.
    """
    if suffix_of(path) in FEATHER:
        with pyarrow.memory_map(str(path)) as source:
            return list(pyarrow.ipc.open_file(source).schema.names)
    if suffix_of(path) in EXCEL:
        first = _sheet(path, header=None, nrows=1)
        return ["" if pd.isna(each) else str(each) for each in first.iloc[0]] if len(first) else []
    return list(pyarrow.parquet.read_schema(path).names)


def read_columns(path: Path) -> pyarrow.Table:
    """Return the columns of a file, periods and intervals of pandas as such.

    Raises:
        NotInstalledError: an Excel file, and no library to read it.
        UserError: a Parquet file that does not fit into memory, or holds timestamps that Arrow would change.
        ValueError, OSError: it cannot be read.
    """
    pyarrow.array(pd.PeriodIndex([], freq="D").array)  # with the first one pandas tells Arrow its own types
    if suffix_of(path) in FEATHER:
        return pyarrow.feather.read_table(path, memory_map=False)
    if suffix_of(path) in EXCEL:
        sheet = _sheet(path)
        columns = [_of_cells(sheet.iloc[:, j]) for j in range(sheet.shape[1])]
        return pyarrow.Table.from_arrays(columns, names=[str(name) for name in sheet.columns])
    facts = pyarrow.parquet.read_metadata(path)
    packed = sum(facts.row_group(number).total_byte_size for number in range(facts.num_row_groups))
    cells = 8.0 * facts.num_rows * facts.num_columns  # equal values take no room in the file
    check_room(
        2 * max(packed, cells),
        f"file {str(path)!r} of {facts.num_rows:,} rows",
        "give a part of it, or mirimpute-impute a folder to write (-o FOLDER/)",
    )
    check_int96(path, facts.schema)
    return pyarrow.parquet.read_table(path)


def write_columns(table: pyarrow.Table, target: Path | IO[bytes], suffix: str) -> None:
    """Write a table in the format of a suffix."""
    if suffix in FEATHER:
        pyarrow.feather.write_feather(table, target, compression="zstd")
    elif suffix in EXCEL:
        table.to_pandas().to_excel(target, index=False, engine="openpyxl")
    else:
        pyarrow.parquet.write_table(table, target)


def _sheet(path: Path, **options: Any) -> pd.DataFrame:
    try:
        import openpyxl  # noqa: F401
    except ImportError:
        raise NotInstalledError(
            f"file {str(path)!r} is an Excel workbook, which takes the package openpyxl: install it (pip install "
            "openpyxl), or save the sheet as CSV"
        ) from None
    return pd.read_excel(path, engine="openpyxl", **options)


def _of_cells(values: pd.Series) -> pyarrow.Array:
    """Return a column of a sheet; one with cells of several types as texts.

    Raises:
        DataError: cells that are no values.
    """
    try:
        return pyarrow.Array.from_pandas(values.convert_dtypes())
    except (pyarrow.ArrowInvalid, pyarrow.ArrowTypeError, pyarrow.ArrowNotImplementedError):
        pass
    try:
        return pyarrow.array([None if pd.isna(each) else str(each) for each in values], pyarrow.string())
    except ValueError as error:
        raise DataError(f"column {values.name!r} of the sheet cannot be read ({error}): save it as CSV") from error
