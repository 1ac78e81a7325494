"""Write a file again with its holes filled: everything that was there stays as it was, text for text."""

from __future__ import annotations

import csv
import gzip
import io
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from mirimpute.datasets.columns import Column, Kind, decoded
from mirimpute.datasets.files import SUFFIXES, File
from mirimpute.datasets.table import Table
from mirimpute.errors import DataError, UserError

if TYPE_CHECKING:
    import pyarrow

_ROUNDING = 16 * np.finfo(float).eps
"""What standardising an observed value and back changes of it, as a fraction of it and of the mean."""


def suffix_of(path: Path) -> str:
    """Return the suffix by which the kind of a file is known, "" for others.

    >>> suffix_of(Path("a.b.csv.gz"))
    '.csv.gz'
    """
    return next((suffix for suffix in sorted(SUFFIXES, key=len, reverse=True) if path.name.endswith(suffix)), "")


def check_target(source: Path, target: Path, replace: bool) -> None:
    """Refuse a file that cannot or should not be written, before any work.

    Raises:
        UserError: another kind of file than the source, the source itself, a file that is there, no such folder, or
            one that takes no file.
    """
    if suffix_of(source) and suffix_of(source) != suffix_of(target):
        raise UserError(
            f"output '{target}' is not of the kind of the input: give a name that ends in {suffix_of(source)}"
        )
    if target.exists() and source.exists() and os.path.samefile(source, target):
        raise UserError(f"output '{target}' is the input itself: give another file")
    if target.exists() and not replace:
        raise UserError(f"output '{target}' is there already: give another file, or --force to replace it")
    if not target.parent.is_dir():
        raise UserError(f"folder '{target.parent}' does not exist: create it, or give another output")
    try:
        with tempfile.TemporaryFile(dir=target.parent):  # permissions alone do not tell, least of all to root
            pass
    except OSError as error:
        raise UserError(
            f"cannot write to folder '{target.parent}' ({error.strerror or error}): give another output"
        ) from error


def write_completed(source: File, table: Table, completed: np.ndarray, target: Path) -> None:
    """Write ``source`` to ``target`` with the missing cells of the table's columns filled.

    Order, names and types of columns stay, and so does every cell that has a value (of a CSV its text). Whole-number
    columns get whole numbers, categories are written as the file has them. Columns of text are left alone. The file
    appears complete or not at all.

    Args:
        source: what was read.
        table: what of it is imputed.
        completed: float64 (n_rows, n_columns of ``table``), finite, original units and numbers of categories.
        target: the file to write, of the same kind.

    Raises:
        UserError: the system refuses.
        DataError: the source has changed since it was read.
    """
    path = Path(source.path).expanduser()
    beside = target.with_name(f".{target.name}.part")
    try:
        try:
            if suffix_of(path) in (".parquet", ".pq"):
                _write_parquet(path, table, completed, beside)
            else:
                _write_csv(source, path, table, completed, beside)
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
    for j in np.flatnonzero(table.missing.any(axis=0)):
        place, missing = names.index(table.columns[j].name), table.missing[:, j]
        texts = [row[place] for row in rows[head:]]
        new = _texts(filled[missing, j], table.columns[j], table.values[:, j], texts)
        for i, text in zip(np.flatnonzero(missing), new, strict=True):
            rows[head + i][place] = text
    with (gzip.open if target.name.endswith(".gz.part") else open)(target, "wt", encoding="utf-8", newline="") as file:
        csv.writer(file, lineterminator=ending).writerows(rows)


def _texts(numbers: np.ndarray, column: Column, observed: np.ndarray, texts: Sequence[str]) -> list[str]:
    """Return the text of each number, whole ones with a point where the file has one.

    That of a category is what the file has where it is observed first.
    """
    if column.pattern:
        return list(decoded(numbers, column, pd.Series(np.full(len(numbers), None), dtype=object)))
    if not column.categories:
        if column.kind is not Kind.INTEGER:
            return [f"{value:.10g}" for value in numbers]
        point = ".0" if any(text.endswith(".0") for text in texts) else ""
        return [f"{round(value)}{point}" for value in numbers]
    first = [texts[int(np.flatnonzero(observed == code)[0])] for code in range(len(column.categories))]
    return [first[int(np.clip(round(value), 0, len(first) - 1))] for value in numbers]


def _write_parquet(path: Path, table: Table, filled: np.ndarray, target: Path) -> None:
    import pyarrow.parquet

    from mirimpute.datasets.frames import filled as fill

    whole, frame = pyarrow.parquet.read_table(path), pd.read_parquet(path, engine="pyarrow")
    if whole.num_rows != len(filled):
        raise DataError(f"file '{path}' has {whole.num_rows} rows now and had {len(filled)}: run again")
    for j, column in enumerate(table.columns):
        if table.missing[:, j].any():
            number = whole.schema.get_field_index(column.name)
            field = whole.schema.field(number)
            hidden, types = table.missing[:, j], pyarrow.types
            is_number = types.is_integer(field.type) or types.is_floating(field.type)
            if is_number or (types.is_decimal(field.type) and not column.categories):
                values = _filled(whole.column(number), hidden, filled[:, j], column)
            elif frame[column.name].dtype.kind == "O" and column.kind in (Kind.CONTINUOUS, Kind.INTEGER):
                texts = frame[column.name].astype(object)
                texts[hidden] = _texts(filled[hidden, j], column, table.values[:, j], [])
                values = pyarrow.array(texts, type=field.type)
            else:
                complete = fill(frame[[column.name]], [column], filled[:, [j]]).iloc[:, 0]
                values = pyarrow.Array.from_pandas(complete, type=field.type)
            whole = whole.set_column(number, field, values)
    pyarrow.parquet.write_table(whole, target)


def _filled(values: pyarrow.ChunkedArray, missing: np.ndarray, filled: np.ndarray, column: Column) -> pyarrow.Array:
    """Return a column of numbers with its missing cells filled, the others bit by bit as they were."""
    import pyarrow
    import pyarrow.compute

    numbers = filled if column.kind is Kind.CONTINUOUS else np.round(filled)
    if column.categories:
        numbers = np.array(column.categories, dtype=float)[np.clip(numbers, 0, len(column.categories) - 1).astype(int)]
    if pyarrow.types.is_integer(values.type):
        limits = np.iinfo(values.type.to_pandas_dtype())
        numbers = np.clip(np.round(numbers), float(limits.min), float(limits.max))
    elif pyarrow.types.is_floating(values.type):
        numbers = _as_observed(numbers, values.drop_null().to_numpy().astype(float))
    if pyarrow.types.is_decimal(values.type):
        most = np.nextafter(10.0 ** (values.type.precision - values.type.scale) - 10.0**-values.type.scale, 0.0)
        numbers = np.clip(numbers, -most, most)
    new = pyarrow.array(np.where(missing, numbers, 0.0)).cast(values.type, safe=False)
    return pyarrow.compute.if_else(pyarrow.array(missing), new, values.combine_chunks())


def _as_observed(numbers: np.ndarray, observed: np.ndarray) -> np.ndarray:
    """Return the numbers, those that are an observed one but for rounding as it was.

    >>> _as_observed(np.array([-0.012999999999999998, 0.5]), np.array([-0.013, 0.4])).tolist()
    [-0.013, 0.5]
    """
    observed = np.unique(observed[np.isfinite(observed)])
    if not observed.size:
        return numbers
    middle = observed[:-1] / 2 + observed[1:] / 2
    nearest = observed[np.searchsorted(middle, numbers)]
    rounding = _ROUNDING * (np.abs(nearest) + np.abs(observed / len(observed)).sum())
    return np.where(np.abs(numbers - nearest) <= rounding, nearest, numbers)
