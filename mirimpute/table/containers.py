"""Tables of other libraries as DataFrames of pandas, and back: polars, Arrow, and whatever speaks Arrow's interface.

Each column keeps its type of Arrow on the way, so that what comes back has the schema of what was given. polars is not
imported here: a table of it brings it along.
"""

from __future__ import annotations

import contextlib
import sys
from dataclasses import dataclass
from typing import Any

import pandas as pd
import pyarrow
import pyarrow.compute as pc

from mirimpute.errors import UserError

_STREAM = "__arrow_c_stream__"
_OF_POLARS_ALONE = ("Int128", "UInt128", "Object")
"""Types of polars that Arrow does not have."""


@dataclass(frozen=True)
class Container:
    """What was given, and the table in it.

    Attributes:
        given: as it was given.
        frame: a DataFrame of pandas, or what was given where it is no table of another library.
    """

    given: Any
    frame: Any

    def again(self, completed: Any) -> Any:
        """Return a completed DataFrame as a table of the library that the given one is of."""
        if self.frame is self.given or not isinstance(completed, pd.DataFrame):
            return completed
        columns = [_arrow(completed.iloc[:, j]) for j in range(completed.shape[1])]
        table = pyarrow.Table.from_arrays(columns, names=[str(name) for name in completed.columns])
        if isinstance(self.given, (pyarrow.Table, pyarrow.RecordBatch)):
            table = _of_schema(table, self.given.schema)
            if isinstance(self.given, pyarrow.Table):
                return table
            whole = [column.combine_chunks() for column in table.columns]
            return pyarrow.RecordBatch.from_arrays(whole, schema=table.schema)
        polars = sys.modules[_module(self.given)]
        found = polars.from_arrow(table)
        own = {name: dtype for name, dtype in self.given.schema.items() if name in found.columns}
        numbers = [name for name, dtype in own.items() if dtype == polars.String and found.schema[name].is_numeric()]
        return found.cast({name: dtype for name, dtype in own.items() if name not in numbers})  # <0.3 became a number


def container_of(X: Any) -> Container:
    """Return a table with its columns as pandas has them.

    Raises:
        UserError: a table that has not been computed yet, columns of other libraries or of a type that Arrow does not
            have, or two of one name.
    """
    if isinstance(X, pd.DataFrame):
        _check_names(list(X.columns))
        return Container(X, X)
    if _module(X) == "polars":
        if type(X).__name__ == "LazyFrame":
            raise UserError("X is a polars LazyFrame, which has no rows yet: give X.collect()")
        if type(X).__name__ != "DataFrame":
            raise UserError(f"X is a polars {type(X).__name__}, which is no table: give X.to_frame()")
        for name, dtype in X.schema.items():
            if str(dtype) in _OF_POLARS_ALONE:
                raise UserError(f"column {name!r} is a polars {dtype}, which Arrow does not have: cast or remove it")
        return Container(X, _frame(X.to_arrow()))
    if isinstance(X, (pyarrow.Table, pyarrow.RecordBatch)):
        _check_names(X.schema.names)
        return Container(X, _frame(X if isinstance(X, pyarrow.Table) else pyarrow.table(X)))
    if _module(X) == "narwhals" and hasattr(X, "to_pandas"):
        raise UserError(f"X is a narwhals {type(X).__name__}: give X.to_pandas()")
    return Container(X, X)


def _check_names(names: list[Any]) -> None:
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise UserError(
            f"{names.count(twice)} columns are called {twice!r}: rename them, so that each has its own name"
        )


def _module(X: Any) -> str:
    return type(X).__module__.partition(".")[0]


def _frame(table: pyarrow.Table) -> pd.DataFrame:
    columns = [pd.Series(pd.arrays.ArrowExtensionArray(without_views(column))) for column in table.columns]
    if not columns:
        raise UserError(f"a table of {table.num_rows} row(s) has no column: give one with columns")
    return pd.concat(columns, axis=1).set_axis(table.column_names, axis=1)


def without_views(column: pyarrow.ChunkedArray) -> pyarrow.ChunkedArray:
    """Return texts that Arrow keeps as views, and runs of equal values, plainly, and codes without a sign with one.

    These are what pandas takes.
    """
    if pyarrow.types.is_run_end_encoded(column.type):
        return pyarrow.chunked_array([pc.run_end_decode(each) for each in column.chunks], column.type.value_type)
    if pyarrow.types.is_dictionary(column.type) and pyarrow.types.is_unsigned_integer(column.type.index_type):
        return column.cast(pyarrow.dictionary(pyarrow.int64(), column.type.value_type, column.type.ordered))
    if "_view" not in str(column.type):
        return column
    return column.cast(pyarrow.large_binary() if "binary" in str(column.type) else pyarrow.large_string())


def _of_schema(table: pyarrow.Table, schema: pyarrow.Schema) -> pyarrow.Table:
    """Return a completed table whose columns have the types, the metadata and the nullability of those of a schema."""
    fields, columns = [], []
    for field, column in zip(table.schema, table.columns, strict=True):
        place = schema.get_field_index(field.name)
        if place >= 0:
            own = schema.field(place)
            if pyarrow.types.is_floating(column.type) and "string" in str(own.type):  # <0.3 became a number
                own = own.with_type(column.type)
            if pyarrow.types.is_run_end_encoded(own.type):
                column = pc.run_end_encode(column, run_end_type=own.type.run_end_type)
            with contextlib.suppress(pyarrow.ArrowException):  # such as whole numbers that were filled with others
                column = column.cast(own.type)
            field = own.with_type(column.type).with_nullable(own.nullable or column.null_count > 0)
        fields.append(field)
        columns.append(column)
    return pyarrow.Table.from_arrays(columns, schema=pyarrow.schema(fields, metadata=schema.metadata))


def _arrow(values: pd.Series) -> Any:
    """Return a column as Arrow has it; dictionaries as they are."""
    if isinstance(values.dtype, pd.ArrowDtype):
        return values.array.__arrow_array__()
    return pyarrow.array(values)
