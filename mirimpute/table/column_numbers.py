"""The values of a column as numbers, float64 and NaN where missing, and numbers as values of its type again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from mirimpute.errors import DataError, UserError, unknown
from mirimpute.table import dates, python_objects
from mirimpute.table.column_storage import as_stored, is_far, marked, unit_of
from mirimpute.table.columns import OF_TIME, Column, Kind
from mirimpute.table.kinds import kind_of, kind_of_time, plain

_TEXT = "text"


def encoded(
    values: pd.Series, name: str, wanted: str | Sequence[Any] | None = None
) -> tuple[np.ndarray, Column] | None:
    """Return a column as numbers, float64 (n_rows,) with NaN where it has no value, and what it is; None for text.

    Categories become their numbers, durations seconds, dates seconds since 1970 on the clock of their zone.

    Args:
        values: the column.
        name: of the column.
        wanted: its kind, "text" (leave it out), or its categories in their order, which makes it ordinal; None: by the
            rules of :func:`kind_of`.

    Raises:
        DataError: the column is not of the wanted kind, or holds a value that is not among its categories.
    """
    of_pandas = isinstance(values.dtype, pd.CategoricalDtype)
    values = marked(values).rename(name)
    declared = isinstance(values.dtype, pd.CategoricalDtype)
    if pd.api.types.is_complex_dtype(values):
        raise DataError(f"column {name!r} holds complex numbers: give real and imaginary parts a column each")
    simple, form = plain(values)
    kind, order = _wanted(simple, name, wanted)
    if kind is None:
        return None
    if kind in (Kind.CATEGORICAL, Kind.ORDINAL):
        codes, column = _coded(values, name, kind, order)
        return codes, _with_levels(column, values.dtype, of_pandas) if declared else column
    if kind in OF_TIME:
        pattern = dates.pattern_of(simple)
        zone = dates.zone_of(simple, pattern)
        seconds = dates.seconds_of(simple, pattern, zone)
        return seconds, Column(name, kind, step=dates.step_of(seconds), pattern=pattern, zone=zone, form=form)
    numbers = simple if pd.api.types.is_numeric_dtype(simple) else pd.to_numeric(simple)
    whole = kind is Kind.INTEGER and pd.api.types.is_integer_dtype(simple)
    return numbers.to_numpy(dtype=np.float64, na_value=np.nan), Column(name, kind, step=int(whole), form=form)


def decoded(numbers: np.ndarray, column: Column, like: pd.Series) -> pd.Series:
    """Return values for the numbers (n_rows,) of a column, as a Series of the type of ``like``.

    Columns of an integer type get whole numbers, inside what the type can hold; ordinal and categorical ones a value of
    their own; a date or duration is as round as the observed ones, on the clock of its zone.
    """
    if numbers.size == 0:
        return like
    if column.categories:
        found = _categories_of(numbers, column)
        if isinstance(like.dtype, pd.CategoricalDtype):
            strangers = [each for each in column.categories if each not in like.cat.categories]
            return found.set_axis(like.index).astype(like.cat.add_categories(strangers).dtype)
    elif column.kind in OF_TIME:
        found = _moments_of(dates.rounded(numbers, column.step), column, like)
    elif column.form and like.dtype == object:
        found = python_objects.untyped(pd.Series(numbers), column.form)
    elif column.kind is Kind.INTEGER and like.dtype == object:
        found = pd.Series([round(number) for number in numbers], dtype=object)
    else:
        found = pd.Series(np.round(numbers) if column.step else numbers)
    return as_stored(found.set_axis(like.index), like)


def _categories_of(numbers: np.ndarray, column: Column) -> pd.Series:
    codes = np.clip(np.round(numbers), 0, len(column.categories) - 1).astype(int)
    values = np.empty(len(codes), dtype=object)
    values[:] = [column.categories[code] for code in codes]  # item by item: a tuple is one value
    return pd.Series(values, dtype=object)


def _moments_of(seconds: np.ndarray, column: Column, like: pd.Series) -> pd.Series:
    """Return moments or durations, as objects where ``like`` holds such."""
    if column.pattern:
        return dates.written(seconds, column.pattern, column.zone)
    of_objects = bool(column.form) and like.dtype == object
    unit = "us" if of_objects or (like.dtype == object and is_far(seconds)) else unit_of(like)
    if column.kind is Kind.DURATION:
        found = dates.durations(seconds, unit)
    else:
        if of_objects:
            seconds = python_objects.clipped(seconds, column.form)
        found = dates.moments(
            seconds, unit, column.zone, column.zone if of_objects and column.zone else dates.time_zone(like)
        )
    return python_objects.untyped(found, column.form) if of_objects else found


def _wanted(
    values: pd.Series, name: str, wanted: str | Sequence[Any] | None
) -> tuple[Kind | None, tuple[Any, ...] | None]:
    """Return the kind and the order of categories that ``wanted`` asks for."""
    if wanted is None:
        return kind_of(values), None
    if not isinstance(wanted, str):
        order = tuple(wanted) if isinstance(wanted, Sequence) else ()
        if not order or len(set(map(str, order))) < len(order):
            raise UserError(
                f"kind {wanted!r} of column {name!r} is neither a kind nor a list of different categories: give "
                f"{', '.join(each.value for each in Kind)}, {_TEXT}, or a list such as [low, mid, high]"
            )
        return Kind.ORDINAL, order
    if wanted == _TEXT:
        return None, None
    kinds = [each.value for each in Kind]
    if wanted not in kinds:
        raise unknown("kind", wanted, [*kinds, _TEXT], f"column {name!r}")
    kind = Kind(wanted)
    if kind in (Kind.CONTINUOUS, Kind.INTEGER):
        numbers = pd.to_numeric(values.astype(object), errors="coerce")
        truths = values.astype(object).map(python_objects.is_truth_value)
        texts = values[(numbers.isna() & values.notna()) | truths]
        if len(texts):
            raise DataError(
                f"column {name!r} is not {kind.value}: it holds {_plain(texts.iloc[0])!r}; correct it, or give another "
                "kind"
            )
        fractions = numbers[(numbers != numbers.round()) & numbers.notna()]
        if kind is Kind.INTEGER and len(fractions):
            raise DataError(f"column {name!r} is not integer: it holds {fractions.iloc[0]}; give continuous")
    if kind in OF_TIME and kind_of_time(values) is not kind:
        way = "write all dates as 2020-12-31 or 2020-12-31 23:59:59"
        if kind is Kind.DURATION:
            way = "make it a pandas timedelta and save it as Parquet"
        odd = dates.odd_one(values) if kind is Kind.DATETIME and values.dtype.kind == "O" else ""
        but = f"it holds {odd!r}" if odd else f"its dtype is {values.dtype}"
        raise DataError(f"column {name!r} is not {kind.value}, {but}: give text or categorical, or {way}")
    return kind, None


def _coded(values: pd.Series, name: str, kind: Kind, order: tuple[Any, ...] | None) -> tuple[np.ndarray, Column]:
    """Return the numbers of the categories that occur, and the column."""
    present = values.dropna().astype(object)
    if not python_objects.are_hashable(present):
        raise DataError(
            f"column {name!r} holds {present.iloc[0]!r}, which is no category: give text, or make it strings"
        )
    distinct = list(present.unique())
    if order is not None:
        given, order = order, _matched(order, distinct)
        strangers = [each for each in distinct if each not in order]
        if strangers:
            raise DataError(
                f"column {name!r} holds {_plain(strangers[0])!r}, which is not among its categories {list(given)}: "
                "add it to them, or correct the cells"
            )
        categories = [each for each in order if each in distinct]
    elif isinstance(values.dtype, pd.CategoricalDtype):
        occurs = set(distinct)
        categories = [each for each in values.cat.categories if each in occurs]
    else:
        numbers = all(python_objects.is_number(each) for each in distinct)
        categories = sorted(distinct) if numbers else sorted(distinct, key=str)
    place = {category: code for code, category in enumerate(categories)}
    codes = values.astype(object).map(place).to_numpy(dtype=np.float64, na_value=np.nan)
    return codes, Column(name, kind, tuple(_plain(each) for each in categories))


def _with_levels(column: Column, dtype: Any, of_pandas: bool) -> Column:
    """Return the column with what its type declares, a category of pandas or a dictionary of Arrow."""
    levels = tuple(_plain(each) for each in dtype.categories)
    kept = str(dtype.categories.dtype) if of_pandas else ""
    return replace(column, levels=levels, levels_dtype=kept, ordered=bool(dtype.ordered))


def _matched(order: Sequence[Any], distinct: Sequence[Any]) -> tuple[Any, ...]:
    """Return the categories of ``order``, those that are written like a value of the column as that value.

    >>> _matched(["0", "1", "many"], [1.0, 0.0]), _matched(["false", "true"], [True, False])
    ((0.0, 1.0, 'many'), (False, True))
    """
    written = {_text_of(each): each for each in distinct}
    truths = {str(each).lower(): each for each in distinct if python_objects.is_truth_value(each)}
    return tuple(written.get(_text_of(each), truths.get(str(each).lower(), each)) for each in order)


def _text_of(value: Any) -> str:
    """Return how a category would be written: whole numbers without a point."""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _plain(value: Any) -> Any:
    """Return a NumPy scalar as the Python object that it stands for."""
    return value.item() if isinstance(value, np.generic) else value
