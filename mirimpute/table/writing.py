"""Write a file again with its holes filled: everything that was there stays as it was, text for text."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow
import pyarrow.compute as pc

from mirimpute.errors import ImputationError, UserError
from mirimpute.table.column_files import write_columns
from mirimpute.table.column_numbers import decoded
from mirimpute.table.column_storage import arrow_merged, from_arrow, is_extension, stored
from mirimpute.table.columns import Column, Kind
from mirimpute.table.delimited import Delimited, packed
from mirimpute.table.file_format import suffix_of
from mirimpute.table.large_wholes import large_wholes_in
from mirimpute.table.reading import Content
from mirimpute.table.table import Table
from mirimpute.table.text_numbers import Numerals, written
from mirimpute.table.whole_files import replaced


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
    if target.is_dir():
        raise UserError(f"output '{target}' is a folder: give the name of a file in it, or another one")
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


def write_completed(
    content: Content, table: Table, completed: np.ndarray, target: Path, left: np.ndarray | None = None
) -> None:
    """Write a file that was read again, with the missing cells of the table's columns filled.

    Order, names and types of columns stay, and so does every cell that has a value (of a CSV its text). Whole-number
    columns get whole numbers, categories are written as the file has them. Columns of text are left alone. The file
    appears complete or not at all.

    Args:
        content: what was read, see :func:`mirimpute.table.reading.content_of`.
        table: what of it is imputed.
        completed: float64 (n_rows, n_columns of ``table``), finite, original units and numbers of categories.
        target: the file to write, of the same kind.
        left: bool (n_rows, n_columns of ``table``), missing cells that stay as they are; None: there are none.

    Raises:
        UserError: the system refuses.
        ImputationError: a cell of the table's columns got no value.
    """
    if not np.isfinite(completed).all():
        raise ImputationError(f"{(~np.isfinite(completed)).sum()} cell(s) have no finite value: nothing is written")
    try:
        with replaced(target) as file:
            if isinstance(content, pyarrow.Table):
                hidden = table.missing if left is None else table.missing & ~left
                write_columns(completed_columns(content, table.columns, hidden, completed), file, suffix_of(target))
            else:
                file.write(packed(_completed_text(content, table, completed, left), suffix_of(target)))
    except OSError as error:
        raise UserError(f"cannot write '{target}' ({error.strerror or error}): give another output") from error


def _completed_text(text: Delimited, table: Table, filled: np.ndarray, left: np.ndarray | None) -> bytes:
    """Return the file with new texts in its missing cells: for categories and dates blanks are part of a cell."""
    cells, texts, blanks = [np.empty(0, dtype=np.int64)], [], [np.empty(0, dtype=bool)]
    wanted = table.missing if left is None else table.missing & ~left
    for j in np.flatnonzero(wanted.any(axis=0)):
        column, missing = table.columns[j], wanted[:, j]
        place = text.named[column.name]
        holes, observed = text.places(place)[missing], text.places(place)[~table.missing[:, j]]
        new = _as_written(text, place, text.texts(place), filled[missing, j], column, table.values[:, j])
        empty = text.cells.starts[holes] == text.cells.ends[holes]
        is_text = bool(column.categories or column.pattern)
        before = text.cells.common_blanks(observed) if is_text else ""
        texts += [before + each if at else each for each, at in zip(new, empty, strict=True)] if before else new
        cells.append(holes)
        blanks.append(empty & is_text)
    numbers = np.concatenate(cells)
    order = np.argsort(numbers, kind="stable")
    return text.rewritten(numbers[order], [texts[k] for k in order], np.concatenate(blanks)[order])


def _as_written(
    text: Delimited, place: int, texts: pyarrow.Array, numbers: np.ndarray, column: Column, observed: np.ndarray
) -> list[str]:
    """Return the text of each number: that of an observed cell with the same value, else as the column writes numbers.

    A category is written as the file has it where it is observed first.
    """
    if column.pattern:
        return list(decoded(numbers, column, pd.Series(np.full(len(numbers), None), dtype=object)))
    own = np.isfinite(observed)
    values, first = np.unique(observed[own], return_index=True)
    cells = text.places(place)[own][first]
    if column.categories:
        numbers = values[np.clip(np.round(numbers), 0, len(values) - 1).astype(int)]
    else:
        numbers = np.round(numbers) if column.kind is Kind.INTEGER else numbers
    near = np.minimum(np.searchsorted(values, numbers), len(values) - 1)
    same = values[near] == numbers
    new = np.empty(len(numbers), dtype=object)
    new[same] = [text.cells.raw(cell) for cell in cells[near[same]].tolist()]
    if not same.all():
        numerals = text.values(texts)[1] or Numerals()
        quoted = text.cells.are_quoted(text.places(place)[own]).all()
        found = written(numbers[~same], texts.drop_null(), numerals)
        new[~same] = [f'"{each}"' for each in found] if quoted else found
    return list(new)


def _texts(numbers: np.ndarray, column: Column) -> list[str]:
    """Return the text of each number, where a Parquet file holds numbers as texts."""
    return [f"{value:.10g}" if column.kind is Kind.CONTINUOUS else f"{round(value)}" for value in numbers]


def completed_columns(
    whole: pyarrow.Table, columns: Sequence[Column], hidden: np.ndarray, filled: np.ndarray
) -> pyarrow.Table:
    """Return a table of Arrow with some cells filled; types, order and metadata stay.

    Args:
        whole: (n_rows, any columns).
        columns: d of its columns.
        hidden: bool (n_rows, d), the cells to fill.
        filled: float64 (n_rows, d), original units and numbers of categories.

    Raises:
        ImputationError: a cell got no value.
    """
    for j, column in enumerate(columns):
        if hidden[:, j].any():
            number = whole.schema.get_field_index(column.name)
            field, values = whole.schema.field(number), whole.column(number)
            new = _new_cells(values, filled[hidden[:, j], j], column)
            complete = arrow_merged(values, hidden[:, j], new)
            if np.asarray(pc.is_null(stored(complete), nan_is_null=True))[hidden[:, j]].any():
                raise ImputationError(f"column {column.name!r} ({field.type}) was filled and still has a hole")
            whole = whole.set_column(number, field, complete)
    return whole


def _new_cells(values: pyarrow.ChunkedArray, numbers: np.ndarray, column: Column) -> pyarrow.Array:
    """Return values for the missing cells of one column, in its type of Arrow.

    Args:
        values: the column as the file has it.
        numbers: for each of its missing cells.
        column: what it is.
    """
    if isinstance(values.type, pyarrow.BaseExtensionType) and not is_extension(values.type):
        return pyarrow.array(decoded(numbers, column, from_arrow(values.slice(0, 1)).take([0] * len(numbers))).array)
    types = pyarrow.types
    is_text = types.is_string(values.type) or types.is_large_string(values.type) or "string" in str(values.type)
    if is_text and column.kind in (Kind.CONTINUOUS, Kind.INTEGER):
        return pyarrow.array(_texts(numbers, column), type=values.type)
    if types.is_floating(values.type) and not column.categories:
        numbers = numbers if column.kind is Kind.CONTINUOUS else np.round(numbers)
    like = pd.Series(pd.arrays.ArrowExtensionArray(pyarrow.chunked_array([pyarrow.nulls(len(numbers), values.type)])))
    new = decoded(numbers, column, like)
    wholes = large_wholes_in(from_arrow(values)) if types.is_integer(values.type) else None
    return pyarrow.array((new if wholes is None else wholes.put_into(new, numbers)).array)
