"""DataFrames as arrays of numbers and back: what was observed, and every dtype, stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from decimal import Context, Decimal

import numpy as np
import pandas as pd

from mirimpute.datasets.columns import OF_TIME, Column, Kind, decoded, encoded
from mirimpute.datasets.dates import pattern_of, seconds_of
from mirimpute.errors import UserError


def columns_of(frame: pd.DataFrame) -> tuple[Column, ...]:
    """Return what the columns are, by the rules of :func:`~mirimpute.datasets.columns.kind_of`.

    Raises:
        UserError: a column of text, or without any value.
    """
    found = []
    for j, label in enumerate(frame.columns):
        values = frame.iloc[:, j]
        if values.isna().all():
            raise UserError(f"column {label!r} has no value at all: remove it, nothing can be learnt of it")
        result = encoded(values, str(label))
        if result is None:
            raise UserError(f"column {label!r} is text: remove it, or make it a pandas category with fewer values")
        found.append(result[1])
    return tuple(found)


def numbers_of(frame: pd.DataFrame, columns: Sequence[Column]) -> np.ndarray:
    """Return the cells as numbers, float64 (n_rows, n_columns), NaN where missing.

    Raises:
        UserError: a category or a kind of value that the columns do not know; an infinite value.
    """
    x = np.column_stack([_numbers(frame.iloc[:, j], column) for j, column in enumerate(columns)])
    if np.isinf(x).any():
        raise UserError(
            f"column {columns[int(np.isinf(x).any(axis=0).argmax())].name!r} holds infinite values: mark "
            "them as missing or remove them"
        )
    return x


def _numbers(values: pd.Series, column: Column) -> np.ndarray:
    """Return the cells of one column as numbers (n_rows,); errors as :func:`numbers_of`."""
    present = values.dropna()
    if not len(present):
        return np.full(len(values), np.nan)
    if column.categories:
        place = {category: code for code, category in enumerate(column.categories)}
        strangers = [each for each in present.unique() if each not in place]
        if strangers:
            raise UserError(
                f"column {column.name!r} holds {strangers[0]!r}, which it did not hold when the imputer was "
                f"fitted: its categories are {list(column.categories)[:10]}; mark it as missing, or fit again"
            )
        return values.astype(object).map(place).to_numpy(dtype=np.float64, na_value=np.nan)
    result = encoded(values, column.name)
    kinds = {column.kind} | ({result[1].kind} if result else set())
    if result is None or result[1].categories or (len(kinds) > 1 and kinds & set(OF_TIME)):
        raise UserError(
            f"column {column.name!r} was {column.kind.value} when the imputer was fitted, and now holds "
            f"{present.iloc[0]!r} (dtype {values.dtype}): convert it, or fit again"
        )
    numbers, now = result
    if bool(now.zone) != bool(column.zone):
        raise UserError(
            f"dates of column {column.name!r} had {column.zone or 'no'} time zone when the imputer was fitted, and now "
            f"have {now.zone or 'none'}: convert them with .dt.tz_localize, or fit again"
        )
    return seconds_of(values, now.pattern, column.zone) if column.zone else numbers


def filled(frame: pd.DataFrame, columns: Sequence[Column], x: np.ndarray) -> pd.DataFrame:
    """Return ``frame`` with its missing cells filled from ``x``, float64 (n_rows, n_columns); all else as it was."""
    parts = []
    for j, column in enumerate(columns):
        values = frame.iloc[:, j].copy()
        missing = values.isna().to_numpy()
        if isinstance(values.dtype, pd.SparseDtype):
            values = values.sparse.to_dense()
        if column.kind is Kind.DATETIME and not missing.all():  # as these rows write them, not those of the fit
            column = replace(column, pattern=pattern_of(values))
        if missing.all() and len(values):  # it may have any dtype
            values = decoded(x[:, j], column, _like(values, column))
        elif missing.any():
            new = decoded(x[missing, j], column, values.iloc[missing])
            if values.dtype.kind == "O":
                new = _like_decimals(new, values[~missing])
            if isinstance(new.dtype, pd.CategoricalDtype):
                values = values.cat.set_categories(new.cat.categories)
            values.iloc[missing] = new
        parts.append(values)
    result = pd.concat(parts, axis=1)
    result.columns = frame.columns
    return result


def _like_decimals(new: pd.Series, observed: pd.Series) -> pd.Series:
    """Return ``new`` with as many decimal places as the observed values have, where all of those are decimals."""
    if not all(isinstance(each, Decimal) for each in observed):
        return new
    places, enough = Decimal(1).scaleb(min(int(each.as_tuple().exponent) for each in observed)), Context(prec=400)
    return new.map(lambda number: Decimal(repr(float(number))).quantize(places, context=enough)).astype(object)


def _like(values: pd.Series, column: Column) -> pd.Series:
    """Return a column without any value in a dtype that can hold those of ``column``: its own, if it can."""
    if column.categories or column.pattern:
        fits = isinstance(values.dtype, pd.CategoricalDtype) or values.dtype.kind == "O"
        return values if fits else values.astype(object)
    if column.kind in OF_TIME:
        kind = "M8[ns]" if column.kind is Kind.DATETIME else "m8[ns]"
        dtype = pd.DatetimeTZDtype(tz=column.zone) if column.zone else kind
        return values if values.dtype.kind in "mM" else pd.Series(pd.NaT, index=values.index, dtype=dtype)
    return values if pd.api.types.is_numeric_dtype(values) else values.astype("Int64" if column.step else float)
