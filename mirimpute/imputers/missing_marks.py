"""Values that stand for missing ones, such as -999, made missing; and the types of their columns again afterwards."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from datetime import date, time, timedelta
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
import pyarrow

from mirimpute.errors import UserError
from mirimpute.imputers.options import one_line, positions
from mirimpute.table.column_storage import missing_in

_NOTHING = (type(None), type(pd.NA), type(pd.NaT))
_CELLS = (Real, str, bytes, Decimal, date, time, timedelta, np.generic, pd.Period, pd.Interval, *_NOTHING)
"""Types of what a cell may hold."""


def without_marks(table: Any, marks: Any) -> Any:
    """Return a DataFrame or a float64 array with its marks missing.

    Args:
        table: (n_rows, n_columns).
        marks: a value, a list of values, or a dict of both by column; None: there are none.

    Raises:
        UserError: the dict names a column that is not there, or a mark is no value of a cell.
    """
    if marks is None or (isinstance(marks, float) and np.isnan(marks)) or marks is pd.NA:
        return table
    is_frame = isinstance(table, pd.DataFrame)
    names = list(table.columns) if is_frame else list(range(table.shape[1]))
    if isinstance(marks, Mapping):
        places = positions("missing_values", list(marks), names)
        of_columns = dict(zip(places, map(_listed, marks.values()), strict=True))
    else:
        of_columns = dict.fromkeys(range(len(names)), _listed(marks))
    if not is_frame:
        table = table.copy()
        for j, values in of_columns.items():
            table[np.isin(table[:, j], _floats(values)), j] = np.nan
        return table
    parts = [_masked(table.iloc[:, j], of_columns.get(j, [])) for j in range(len(names))]
    return pd.concat(parts, axis=1).set_axis(table.columns, axis=1) if parts else table


def _floats(marks: list[Any]) -> list[float]:
    found = []
    for each in marks:
        if isinstance(each, Real):
            with contextlib.suppress(OverflowError):  # no float is an integer beyond all floats
                found.append(float(each))
    return found


def _listed(marks: Any) -> list[Any]:
    """Return marks as a list.

    Raises:
        UserError: one is no value of a cell.
    """
    found = list(marks) if isinstance(marks, (list, tuple, set, frozenset, np.ndarray)) else [marks]
    for each in found:
        if not isinstance(each, _CELLS):
            raise UserError(
                f"missing_values={one_line(each)} is no value of a cell: give a number, a text or a date, a list of "
                "them, or a dict of both by column"
            )
    return found


def _masked(values: pd.Series, marks: list[Any]) -> pd.Series:
    """Return a column with its marks missing, in a nullable type where its own can hold none."""
    if not marks:
        return values
    try:
        found = values.isin(marks).to_numpy(dtype=bool)
    except (pyarrow.ArrowException, TypeError, OverflowError):  # Arrow compares values of one type alone
        found = values.astype(object).isin(marks).to_numpy(dtype=bool)
    if not found.any():
        return values
    if isinstance(values.dtype, np.dtype) and values.dtype.kind in "iub":
        values = values.astype(pd.api.types.pandas_dtype(_nullable(values.dtype)))
    return values.mask(found)


def _nullable(dtype: np.dtype) -> str:
    """Return the name of the type of pandas that holds the same and missing cells.

    >>> _nullable(np.dtype("uint8")), _nullable(np.dtype(">i4")), _nullable(np.dtype(bool))
    ('UInt8', 'Int32', 'boolean')
    """
    name = dtype.newbyteorder("=").name
    return "boolean" if dtype.kind == "b" else name.replace("uint", "UInt").replace("int", "Int")


def restored(completed: pd.DataFrame, given: Any, places: list[int]) -> pd.DataFrame:
    """Return a completed table with the types that its columns had before marks were made missing.

    Args:
        completed: some columns.
        given: the table, a DataFrame or something else.
        places: which of its columns these are.
    """
    if not isinstance(given, pd.DataFrame) or list(completed.dtypes) == [given.dtypes.iloc[j] for j in places]:
        return completed
    parts = []
    for k, j in enumerate(places):
        values, own = completed.iloc[:, k], given.iloc[:, j].dtype
        could_not = isinstance(own, np.dtype) and own.kind in "iub" and values.dtype != own
        parts.append(values.astype(own) if could_not and not missing_in(values).any() else values)
    return pd.concat(parts, axis=1).set_axis(completed.columns, axis=1)
