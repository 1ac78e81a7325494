"""Marks of missing cells, such as -999 or unknown, in columns that have types."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow
import pyarrow.compute as pc

from mirimpute.table.column_storage import is_extension
from mirimpute.table.file_format import MISSING_MARKERS


def without_marks(table: pyarrow.Table, markers: Sequence[str]) -> pyarrow.Table:
    """Return a table whose cells that hold a mark are null, texts, numbers and dates; types and metadata stay.

    The usual marks of a CSV are values here, for an empty cell is a null.

    Args:
        table: (n_rows, any columns).
        markers: of a :class:`~mirimpute.table.file_format.TableFile`.

    >>> without_marks(pyarrow.table({"a": [1.5, -999.0], "b": ["x", "-999"]}), [*MISSING_MARKERS, "-999"]).to_pydict()
    {'a': [1.5, None], 'b': ['x', None]}
    """
    usual = len(MISSING_MARKERS)
    marks = list(markers[usual:] if tuple(markers[:usual]) == MISSING_MARKERS else markers)
    if not marks:
        return table
    for place, field in enumerate(table.schema):
        are = _are_marks(table.column(place), marks)
        if are is not None and pc.any(are).as_py():
            column = pyarrow.chunked_array([_without(table.column(place), are)])
            table = table.set_column(place, field.with_nullable(True), column)
    return table


def numbers_of_marks(marks: Sequence[str]) -> set[float]:
    """Return the marks that are numbers.

    >>> sorted(numbers_of_marks(["-999", "unknown", "nan", "9.5"]))
    [-999.0, 9.5]
    """
    found = set()
    for mark in marks:
        with contextlib.suppress(ValueError):
            found.add(float(mark))
    return {each for each in found if np.isfinite(each)}


def _are_marks(column: pyarrow.ChunkedArray, marks: list[str]) -> Any:
    """Return which cells hold a mark, bool (n_rows,); None for types that hold none."""
    types, kind = pyarrow.types, column.type
    if types.is_dictionary(kind):
        return _are_marks(column.cast(kind.value_type), marks)
    if types.is_string(kind) or types.is_large_string(kind):
        return pc.is_in(pc.utf8_trim_whitespace(column), pyarrow.array(marks, kind))
    if is_extension(kind) or types.is_boolean(kind):
        return None
    if types.is_integer(kind) or types.is_floating(kind) or types.is_decimal(kind):
        numbers = pyarrow.array(sorted(numbers_of_marks(marks)), pyarrow.float64())
        return pc.is_in(column.cast(pyarrow.float64(), safe=False), numbers)
    if types.is_date(kind) or types.is_timestamp(kind):
        days = []
        for mark in marks:
            with contextlib.suppress(ValueError):
                days.append(np.datetime64(mark, "s"))
        moments = column.cast(pyarrow.timestamp("s", getattr(kind, "tz", None)), safe=False)
        return pc.is_in(moments.cast(pyarrow.int64()), pyarrow.array(np.array(days, "M8[s]").astype("int64")))
    return None


def _without(column: pyarrow.ChunkedArray, are: Any) -> pyarrow.Array:
    """Return a column with null where it holds a mark."""
    whole = column.unify_dictionaries().combine_chunks()
    whole = whole if isinstance(whole, pyarrow.Array) else pyarrow.concat_arrays(whole.chunks)
    are = are.combine_chunks()
    if pyarrow.types.is_dictionary(column.type):
        codes = pc.if_else(are, pyarrow.scalar(None, whole.indices.type), whole.indices)
        return pyarrow.DictionaryArray.from_arrays(codes, whole.dictionary, ordered=column.type.ordered)
    return pc.if_else(are, pyarrow.scalar(None, column.type), whole)
