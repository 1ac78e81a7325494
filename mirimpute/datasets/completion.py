"""Write a file again with its holes filled: everything that was there stays as it was, text for text."""

from __future__ import annotations

import csv
import gzip
import io
import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from mirimpute.datasets.files import SUFFIXES, File
from mirimpute.datasets.table import Kind, Table
from mirimpute.errors import DataError, UserError

if TYPE_CHECKING:
    import pyarrow


def suffix_of(path: Path) -> str:
    """Return the suffix by which the kind of a file is known, "" for others.

    >>> suffix_of(Path("a.b.csv.gz"))
    '.csv.gz'
    """
    return next((suffix for suffix in sorted(SUFFIXES, key=len, reverse=True) if path.name.endswith(suffix)), "")


def check_target(source: Path, target: Path, replace: bool) -> None:
    """Refuse a file that cannot or should not be written, before any work.

    Raises:
        UserError: another kind of file than the source, the source itself, a file that is there, no such folder.
    """
    if suffix_of(source) != suffix_of(target):
        raise UserError(
            f"output '{target}' is not of the kind of the input: give a name that ends in {suffix_of(source)}"
        )
    if target.exists() and source.exists() and os.path.samefile(source, target):
        raise UserError(f"output '{target}' is the input itself: give another file")
    if target.exists() and not replace:
        raise UserError(f"output '{target}' is there already: give another file, or --force to replace it")
    if not target.parent.is_dir():
        raise UserError(f"folder '{target.parent}' does not exist: create it, or give another output")


def write_completed(source: File, table: Table, completed: np.ndarray, target: Path) -> None:
    """Write ``source`` to ``target`` with the missing cells of its numeric columns filled.

    Order, names and types of columns stay, and so does every cell that has a value (of a CSV its text). Whole-number
    columns get whole numbers. The file appears complete or not at all.

    Args:
        source: what was read.
        table: its numeric part.
        completed: float64 (n_rows, n_columns of ``table``), finite, original units.
        target: the file to write, of the same kind.

    Raises:
        UserError: the system refuses.
        DataError: the source has changed since it was read.
    """
    whole = np.array([column.kind is Kind.INTEGER for column in table.columns])
    filled = np.where(whole, np.round(completed), completed)
    path = Path(source.path).expanduser()
    beside = target.with_name(f".{target.name}.part")
    try:
        try:
            if suffix_of(path) in (".parquet", ".pq"):
                _write_parquet(path, table, filled, beside)
            else:
                _write_csv(source, path, table, filled, beside)
            os.replace(beside, target)
        finally:
            beside.unlink(missing_ok=True)
    except OSError as error:
        raise UserError(f"cannot write '{target}' ({error.strerror or error}): give another output") from error


def _write_csv(source: File, path: Path, table: Table, filled: np.ndarray, target: Path) -> None:
    open_text = gzip.open if path.suffix == ".gz" else open
    with open_text(path, "rt", encoding="utf-8-sig", newline="") as file:
        text = file.read()
    ending = "\r\n" if "\r\n" in text else "\n"
    rows = [row for row in csv.reader(io.StringIO(text, newline=""), skipinitialspace=True) if row]
    head = 1 if source.header else 0
    names = [name.strip() for name in rows[0]] if head else [f"x{j + 1}" for j in range(len(rows[0]))]
    if len(rows) - head != len(filled):
        raise DataError(f"file '{path}' has {len(rows) - head} rows now and had {len(filled)}: run again")
    place = [names.index(column.name) for column in table.columns]
    for i, j in np.argwhere(table.missing):
        rows[head + i][place[j]] = _text(filled[i, j], table.columns[j].kind)
    with (gzip.open if target.name.endswith(".gz.part") else open)(target, "wt", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator=ending).writerows(rows)


def _text(value: float, kind: Kind) -> str:
    return str(int(value)) if kind is Kind.INTEGER else f"{value:.10g}"


def _write_parquet(path: Path, table: Table, filled: np.ndarray, target: Path) -> None:
    import pyarrow.parquet

    whole = pyarrow.parquet.read_table(path)
    if whole.num_rows != len(filled):
        raise DataError(f"file '{path}' has {whole.num_rows} rows now and had {len(filled)}: run again")
    for j, column in enumerate(table.columns):
        if table.missing[:, j].any():
            number = whole.schema.get_field_index(column.name)
            field = whole.schema.field(number)
            values = _filled(whole.column(number), table.missing[:, j], filled[:, j])
            whole = whole.set_column(number, field, values)
    pyarrow.parquet.write_table(whole, target)


def _filled(values: pyarrow.ChunkedArray, missing: np.ndarray, filled: np.ndarray) -> pyarrow.Array:
    import pyarrow
    import pyarrow.compute

    new = pyarrow.array(np.where(missing, filled, 0.0)).cast(values.type, safe=False)
    return pyarrow.compute.if_else(pyarrow.array(missing), new, values.combine_chunks())
