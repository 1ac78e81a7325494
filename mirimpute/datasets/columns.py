"""What a column is, how it is told from its values, and how its values become numbers and back."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import pandas as pd

from mirimpute.errors import DataError, UserError, unknown

MOST_CATEGORIES = 100
"""Distinct values beyond which a column of strings is text."""
FEW_CATEGORIES = 20
"""So many are categories however few values there are; more of them are text when they hardly repeat."""

SECONDS_OF_DAY = 86_400

_TEXT = "text"


class Kind(str, Enum):
    """What the values of a column are."""

    CONTINUOUS = "continuous"
    INTEGER = "integer"
    ORDINAL = "ordinal"
    CATEGORICAL = "categorical"
    DATETIME = "datetime"
    DURATION = "duration"


OF_TIME = (Kind.DATETIME, Kind.DURATION)


@dataclass(frozen=True)
class Column:
    """One column of a table.

    Attributes:
        name: of the column.
        kind: what its values are.
        categories: of categorical and ordinal columns the values that occur, whose numbers from 0 are the table's; in
            their order, where they have one.
        step: of dates and durations the seconds of the day, hour, minute or second that all are whole multiples of; 0
            where they have fractions of seconds.
        pattern: of dates that are strings how they are written, as for :meth:`datetime.datetime.strftime`.
    """

    name: str
    kind: Kind
    categories: tuple[Any, ...] = ()
    step: int = 0
    pattern: str = ""


def kind_of(values: pd.Series) -> Kind | None:
    """Return the kind of a column, None for text, by these rules.

    - Booleans, strings, pandas categories and other objects are categorical; ordered pandas categories are ordinal.
    - Columns with more than 100 distinct of these values are text, such as names: nothing can be learnt of them. So are
      strings and objects of which none occurs twice, or with more than 20 distinct ones that on average occur less than
      twice.
    - Whole numbers are integer, other numbers continuous. Objects that are all numbers are numbers.
    - Dates, and times of dates, are datetime; durations are durations. So are strings that are all written as
      2020-12-31, alone or with 23:59 or 23:59:59 behind a space or a T.
    """
    types = pd.api.types
    of_time = _kind_of_time(values)
    if of_time is not None:
        return of_time
    if isinstance(values.dtype, pd.CategoricalDtype):
        return Kind.ORDINAL if values.cat.ordered else _categorical(values)
    if types.is_bool_dtype(values):
        return Kind.CATEGORICAL
    if not types.is_numeric_dtype(values):
        present = values.dropna()
        if not len(present) or not present.map(_is_number).all():
            return _categorical(values)
    numbers = pd.to_numeric(values, errors="coerce").dropna().to_numpy(dtype=float)
    whole = numbers.size and np.all(np.isfinite(numbers)) and np.all(numbers == np.round(numbers))
    return Kind.INTEGER if whole else Kind.CONTINUOUS


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
    kind, order = _wanted(values, name, wanted)
    if kind is None:
        return None
    if kind in (Kind.CATEGORICAL, Kind.ORDINAL):
        return _coded(values, name, kind, order)
    if kind in OF_TIME:
        seconds = _seconds(values)
        present = seconds[~np.isnan(seconds)]
        step = next((each for each in _STEPS if np.all(present % each == 0)), 0)
        return seconds, Column(name, kind, step=step, pattern=_pattern(values))
    numbers = values if pd.api.types.is_numeric_dtype(values) else pd.to_numeric(values)
    return numbers.to_numpy(dtype=np.float64, na_value=np.nan), Column(name, kind)


def decoded(numbers: np.ndarray, column: Column, like: pd.Series) -> pd.Series:
    """Return values for the numbers (n_rows,) of a column, as a Series of the type of ``like``.

    Columns of an integer type get whole numbers, inside what the type can hold; ordinal and categorical ones a value of
    their own; a date or duration is as round as the observed ones, on the clock of its zone.
    """
    if numbers.size == 0:
        return like
    if column.kind in (Kind.CATEGORICAL, Kind.ORDINAL):
        codes = np.clip(np.round(numbers), 0, len(column.categories) - 1).astype(int)
        values = np.empty(len(codes), dtype=object)
        values[:] = [column.categories[code] for code in codes]  # item by item: a tuple is one value
        found = pd.Series(values, index=like.index, dtype=object)
        if isinstance(like.dtype, pd.CategoricalDtype):
            strangers = [each for each in column.categories if each not in like.cat.categories]
            return found.astype(like.cat.add_categories(strangers).dtype)
    elif column.kind in OF_TIME:
        return _moments(numbers, column, like)
    elif pd.api.types.is_integer_dtype(like):
        limits = np.iinfo(getattr(like.dtype, "numpy_dtype", like.dtype))
        found = pd.Series(np.clip(np.round(numbers), float(limits.min), float(limits.max)), index=like.index)
    elif column.kind is Kind.INTEGER and pd.api.types.is_object_dtype(like):
        found = pd.Series([round(number) for number in numbers], index=like.index, dtype=object)
    else:
        found = pd.Series(numbers, index=like.index)
    return found.astype(like.dtype)


_STEPS = (SECONDS_OF_DAY, 3_600, 60, 1)
_YEARS = (-30_610_224_000.0, 253_402_214_400.0)
"""Seconds from 1970 to the years 1000 and 9999, which four digits write."""
_PATTERNS = {
    10: ("%Y-%m-%d",),
    16: ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"),
    19: ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"),
}
"""How dates may be written, by their length."""
_UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def _moments(numbers: np.ndarray, column: Column, like: pd.Series) -> pd.Series:
    """Return dates or durations for seconds, inside what 64 bits of their unit can hold."""
    if column.step:
        numbers = np.round(numbers / column.step) * column.step
    dates = pd.api.types.is_object_dtype(like)
    unit = "s" if dates or column.pattern else _unit(like)
    most = 9.2e18 / _UNITS[unit]
    if column.pattern or dates:
        numbers, unit = np.clip(numbers, *_YEARS), "s"
    whole = pd.Series(np.round(np.clip(numbers, -most, most) * _UNITS[unit]).astype("int64"), index=like.index)
    if column.kind is Kind.DURATION:
        return whole.astype(f"timedelta64[{unit}]").astype(like.dtype)
    found = whole.astype(f"datetime64[{unit}]")
    if column.pattern:
        return found.dt.strftime(column.pattern).astype(like.dtype)
    if dates:
        return found.dt.date.astype(object)
    zone = getattr(like.dt, "tz", None) if not isinstance(like.dtype, pd.ArrowDtype) else like.dtype.pyarrow_dtype.tz
    if zone is not None:
        found = found.dt.tz_localize(zone, ambiguous=np.ones(len(found), dtype=bool), nonexistent="shift_forward")
    return found.astype(like.dtype)


def _kind_of_time(values: pd.Series) -> Kind | None:
    """Return whether the values are dates or durations, of whatever type."""
    kind = getattr(values.dtype, "kind", "O")
    if kind in "mM":
        return Kind.DURATION if kind == "m" else Kind.DATETIME
    if pd.api.types.is_object_dtype(values):
        present = values.dropna()
        if len(present) and present.map(lambda each: type(each) is datetime.date).all():
            return Kind.DATETIME
    return Kind.DATETIME if _pattern(values) else None


def _pattern(values: pd.Series) -> str:
    """Return how all values are written, where they are strings that are dates, else ""."""
    if not (pd.api.types.is_object_dtype(values) or pd.api.types.is_string_dtype(values)):
        return ""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return ""
    present = values.dropna().astype(object)
    if not len(present) or not isinstance(present.iloc[0], str) or not present.map(_may_be_date).all():
        return ""
    length = len(present.iloc[0])
    if not (present.str.len() == length).all():
        return ""
    for pattern in _PATTERNS[length]:
        if pd.to_datetime(present, format=pattern, errors="coerce").notna().all():
            return pattern
    return ""


def _may_be_date(value: Any) -> bool:
    return isinstance(value, str) and len(value) in _PATTERNS and value[:4].isdecimal() and value[4] == value[7] == "-"


def _unit(values: pd.Series) -> str:
    """Return the unit in which dates or durations are counted."""
    if isinstance(values.dtype, pd.ArrowDtype):
        return str(values.dtype.pyarrow_dtype.unit)
    return str(getattr(values.dtype, "unit", None) or np.datetime_data(values.to_numpy().dtype)[0])


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, (bool, np.bool_))


def _categorical(values: pd.Series) -> Kind | None:
    present = values.dropna()
    if not present.map(pd.api.types.is_hashable).all():
        return None
    distinct = present.astype(str).nunique()
    if isinstance(values.dtype, pd.CategoricalDtype):
        return Kind.CATEGORICAL if distinct <= MOST_CATEGORIES else None
    repeats = distinct < len(present) and (distinct <= FEW_CATEGORIES or distinct <= len(present) / 2)
    return Kind.CATEGORICAL if repeats and distinct <= MOST_CATEGORIES else None


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
        raise unknown(f"kind of column {name!r}", wanted, [*kinds, _TEXT])
    kind = Kind(wanted)
    if kind in (Kind.CONTINUOUS, Kind.INTEGER):
        numbers = pd.to_numeric(values.astype(object), errors="coerce")
        texts = values[numbers.isna() & values.notna()]
        if len(texts):
            raise DataError(
                f"column {name!r} is not {kind.value}: it holds {texts.iloc[0]!r}; correct it, or give another kind"
            )
        fractions = numbers[(numbers != numbers.round()) & numbers.notna()]
        if kind is Kind.INTEGER and len(fractions):
            raise DataError(f"column {name!r} is not integer: it holds {fractions.iloc[0]}; give continuous")
    if kind in OF_TIME and _kind_of_time(values) is not kind:
        raise DataError(
            f"column {name!r} is not {kind.value} but {values.dtype}: give text or categorical, or write all dates as "
            "2020-12-31 or 2020-12-31 23:59:59"
        )
    return kind, None


def _coded(values: pd.Series, name: str, kind: Kind, order: tuple[Any, ...] | None) -> tuple[np.ndarray, Column]:
    """Return the numbers of the categories that occur, and the column."""
    present = values.dropna()
    distinct = list(present.unique())
    if order is not None:
        strangers = [each for each in distinct if each not in order]
        if strangers:
            raise DataError(
                f"column {name!r} holds {_plain(strangers[0])!r}, which is not among its categories {list(order)}"
            )
        categories = [each for each in order if each in distinct]
    elif isinstance(values.dtype, pd.CategoricalDtype):
        categories = [each for each in values.cat.categories if each in set(distinct)]
    else:
        numbers = all(_is_number(each) for each in distinct)
        categories = sorted(distinct) if numbers else sorted(distinct, key=str)
    place = {category: code for code, category in enumerate(categories)}
    codes = values.astype(object).map(place).to_numpy(dtype=np.float64, na_value=np.nan)
    return codes, Column(name, kind, tuple(_plain(each) for each in categories))


def _plain(value: Any) -> Any:
    """Return a NumPy scalar as the Python object that it stands for."""
    return value.item() if isinstance(value, np.generic) else value


def _seconds(values: pd.Series) -> np.ndarray:
    missing = values.isna().to_numpy()
    pattern = _pattern(values)
    if pattern:
        values = pd.to_datetime(values.astype(object), format=pattern)
    if isinstance(values.dtype, pd.ArrowDtype):
        values = values.astype("timedelta64[ns]" if values.dtype.kind == "m" else "datetime64[ns]")
    if values.dtype.kind == "m":
        return values.dt.total_seconds().to_numpy(dtype=float)
    if pd.api.types.is_object_dtype(values):
        values = pd.to_datetime(values)
    naive = values.dt.tz_localize(None) if values.dt.tz is not None else values
    return np.where(missing, np.nan, naive.to_numpy().astype("int64") / _UNITS[_unit(naive)])
