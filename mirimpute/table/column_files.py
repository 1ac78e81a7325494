"""Files that hold typed columns: Parquet, Feather (Arrow's own), and the first sheet of an Excel workbook.

All of them become a table of Arrow.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import IO

import pandas as pd
import pyarrow
import pyarrow.feather
import pyarrow.parquet

from mirimpute.table.file_format import EXCEL, FEATHER, MISSING_MARKERS, suffix_of
from mirimpute.table.int96 import check_int96
from mirimpute.table.room import check_room
from mirimpute.table.typed_marks import without_marks
from mirimpute.table.workbooks import read_workbook, write_workbook


def names_in(path: Path) -> list[str]:
    """Return the names of the columns of a Parquet or Feather file, before anything renames them.

    Raises:
        ValueError, OSError: the file cannot be read.
    """
    if suffix_of(path) in FEATHER:
        with pyarrow.memory_map(str(path)) as source:
            return list(pyarrow.ipc.open_file(source).schema.names)
    return list(pyarrow.parquet.read_schema(path).names)


def read_columns(path: Path, markers: Sequence[str] = MISSING_MARKERS) -> pyarrow.Table:
    """Return the columns of a file, periods and intervals of pandas as such, without the marks of missing cells.

    Raises:
        UserError: an Excel file that :func:`read_workbook` refuses; a Parquet file that does not fit into memory, or
            holds timestamps that Arrow would change.
        ValueError, OSError: it cannot be read.
    """
    pyarrow.array(pd.PeriodIndex([], freq="D").array)  # with the first one pandas tells Arrow its own types
    if suffix_of(path) in FEATHER:
        return without_marks(pyarrow.feather.read_table(path, memory_map=False), markers)
    if suffix_of(path) in EXCEL:
        return read_workbook(path, markers)
    facts = pyarrow.parquet.read_metadata(path)
    packed = sum(facts.row_group(number).total_byte_size for number in range(facts.num_row_groups))
    cells = 8.0 * facts.num_rows * facts.num_columns  # equal values take no room in the file
    check_room(
        2 * max(packed, cells),
        f"file {str(path)!r} of {facts.num_rows:,} rows",
        "give a part of it, or mirimpute-impute a folder to write (-o FOLDER/)",
    )
    check_int96(path, facts.schema)
    return without_marks(pyarrow.parquet.read_table(path), markers)


def write_columns(table: pyarrow.Table, target: Path | IO[bytes], suffix: str) -> None:
    """Write a table in the format of a suffix."""
    if suffix in FEATHER:
        pyarrow.feather.write_feather(table, target, compression="zstd")
    elif suffix in EXCEL:
        write_workbook(table, target)
    else:
        pyarrow.parquet.write_table(table, target)
