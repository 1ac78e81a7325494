"""DataFrames as arrays of numbers and back: what was observed, and every dtype, stays as it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from mirimpute.datasets.columns import OF_TIME, Column, Kind, decoded, encoded
from mirimpute.datasets.dates import pattern_of
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
            raise UserError(
                f"column {label!r} is text ({values.nunique()} distinct values): remove it, or make it a pandas "
                "category with fewer"
            )
        found.append(result[1])
    return tuple(found)


def numbers_of(frame: pd.DataFrame, columns: Sequence[Column]) -> np.ndarray:
    """Return the cells as numbers, float64 (n_rows, n_columns), NaN where missing.

    Raises:
        UserError: a category or a kind of value that the columns do not know; an infinite value.
    """
    parts = []
    for j, column in enumerate(columns):
        values = frame.iloc[:, j]
        if values.isna().all():
            parts.append(np.full(len(values), np.nan))
            continue
        if column.categories:
            known = set(column.categories)
            strangers = [each for each in values.dropna().unique() if each not in known]
            if strangers:
                raise UserError(
                    f"column {column.name!r} holds {strangers[0]!r}, which it did not hold when the imputer was "
                    f"fitted: its categories are {list(column.categories)[:10]}"
                )
            place = {category: code for code, category in enumerate(column.categories)}
            parts.append(values.astype(object).map(place).to_numpy(dtype=np.float64, na_value=np.nan))
            continue
        result = encoded(values, column.name)
        kinds = {column.kind} | ({result[1].kind} if result else set())
        if result is None or result[1].categories or (len(kinds) > 1 and kinds & set(OF_TIME)):
            raise UserError(
                f"column {column.name!r} was {column.kind.value} when the imputer was fitted: it is not now"
            )
        parts.append(result[0])
    x = np.column_stack(parts)
    if np.isinf(x).any():
        raise UserError(
            f"column {columns[int(np.isinf(x).any(axis=0).argmax())].name!r} holds infinite values: mark "
            "them as missing or remove them"
        )
    return x


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
            if isinstance(new.dtype, pd.CategoricalDtype):
                values = values.cat.set_categories(new.cat.categories)
            values.iloc[missing] = new
        parts.append(values)
    result = pd.concat(parts, axis=1)
    result.columns = frame.columns
    return result


def _like(values: pd.Series, column: Column) -> pd.Series:
    """Return a column without any value in a dtype that can hold those of ``column``: its own, if it can."""
    if column.categories or column.pattern:
        fits = isinstance(values.dtype, pd.CategoricalDtype) or values.dtype.kind == "O"
        return values if fits else values.astype(object)
    if column.kind in OF_TIME:
        kind = "M8[ns]" if column.kind is Kind.DATETIME else "m8[ns]"
        return values if values.dtype.kind in "mM" else pd.Series(pd.NaT, index=values.index, dtype=kind)
    return values if pd.api.types.is_numeric_dtype(values) else values.astype(float)
