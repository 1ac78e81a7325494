"""What a column is, how it is told from its values, and how its values become numbers and back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import numpy as np
import pandas as pd

from mirimpute.errors import DataError, unknown

MOST_CATEGORIES = 100
"""Distinct values beyond which a column of strings is text."""
FEW_CATEGORIES = 20
"""So many are categories however few values there are; more of them are text when they hardly repeat."""

_TEXT = "text"


class Kind(str, Enum):
    """What the values of a column are."""

    CONTINUOUS = "continuous"
    INTEGER = "integer"
    ORDINAL = "ordinal"
    CATEGORICAL = "categorical"
    DATETIME = "datetime"


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
    """

    name: str
    kind: Kind
    categories: tuple[Any, ...] = ()
    step: int = 0


def kind_of(values: pd.Series) -> Kind | None:
    """Return the kind of a column, None for text, by these rules.

    - Booleans, strings, pandas categories and other objects are categorical; ordered pandas categories are ordinal.
    - Columns with more than 100 distinct of these values are text, such as names: nothing can be learnt of them. So are
      strings and objects of which none occurs twice, or with more than 20 distinct ones that on average occur less than
      twice.
    - Whole numbers are integer, other numbers continuous. Objects that are all numbers are numbers.
    - Dates and durations are datetime.
    """
    types = pd.api.types
    if isinstance(values.dtype, pd.CategoricalDtype):
        return Kind.ORDINAL if values.cat.ordered else _categorical(values)
    if types.is_datetime64_any_dtype(values) or types.is_timedelta64_dtype(values):
        return Kind.DATETIME
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

    Categories become their numbers, dates and durations seconds (since 1970 in UTC).

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
    if kind is Kind.DATETIME:
        seconds = _seconds(values)
        present = seconds[~np.isnan(seconds)]
        step = next((each for each in _STEPS if np.all(present % each == 0)), 0)
        return seconds, Column(name, kind, step=step)
    numbers = values if pd.api.types.is_numeric_dtype(values) else pd.to_numeric(values)
    return numbers.to_numpy(dtype=np.float64, na_value=np.nan), Column(name, kind)


def decoded(numbers: np.ndarray, column: Column, like: pd.Series) -> pd.Series:
    """Return values for the numbers (n_rows,) of a column, as a Series of the type of ``like``.

    Whole-number columns and those of an integer type get whole numbers; ordinal and categorical ones a value of their
    own; a date or duration is as round as the observed ones, in UTC.
    """
    if column.kind in (Kind.CATEGORICAL, Kind.ORDINAL):
        codes = np.clip(np.round(numbers), 0, len(column.categories) - 1).astype(int)
        found = pd.Series(np.array(column.categories, dtype=object)[codes], index=like.index, dtype=object)
    elif column.kind is Kind.DATETIME:
        unit = _unit(like)
        if column.step:
            numbers = np.round(numbers / column.step) * column.step
        whole = pd.Series(np.round(numbers * _UNITS[unit]).astype("int64"), index=like.index)
        if pd.api.types.is_timedelta64_dtype(like):
            return whole.astype(like.dtype)
        zone = getattr(like.dt, "tz", None)
        found = whole.astype(f"datetime64[{unit}]")
        return found if zone is None else found.dt.tz_localize("UTC").dt.tz_convert(zone)
    else:
        whole_numbers = column.kind is Kind.INTEGER or pd.api.types.is_integer_dtype(like)
        found = pd.Series(np.round(numbers) if whole_numbers else numbers, index=like.index)
    return found.astype(like.dtype)


_STEPS = (86_400, 3_600, 60, 1)
_UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}


def _unit(values: pd.Series) -> str:
    """Return the unit in which dates or durations are counted."""
    return str(getattr(values.dtype, "unit", None) or np.datetime_data(values.to_numpy().dtype)[0])


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.number)) and not isinstance(value, (bool, np.bool_))


def _categorical(values: pd.Series) -> Kind | None:
    present = values.dropna()
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
        return Kind.ORDINAL, tuple(wanted)
    if wanted == _TEXT:
        return None, None
    kinds = [each.value for each in Kind]
    if wanted not in kinds:
        raise unknown(f"kind of column {name!r}", wanted, [*kinds, _TEXT])
    kind = Kind(wanted)
    types = pd.api.types
    if kind in (Kind.CONTINUOUS, Kind.INTEGER):
        numbers = pd.to_numeric(values.astype(object), errors="coerce")
        texts = values[numbers.isna() & values.notna()]
        if len(texts):
            raise DataError(
                f"column {name!r} is not {kind.value}: it holds {texts.iloc[0]!r}; correct it, or give another kind"
            )
    if kind is Kind.DATETIME and not (types.is_datetime64_any_dtype(values) or types.is_timedelta64_dtype(values)):
        raise DataError(f"column {name!r} is not datetime but {values.dtype}: convert it with pandas.to_datetime first")
    return kind, None


def _coded(values: pd.Series, name: str, kind: Kind, order: tuple[Any, ...] | None) -> tuple[np.ndarray, Column]:
    """Return the numbers of the categories that occur, and the column."""
    present = values.dropna()
    distinct = list(present.unique())
    if order is not None:
        strangers = [each for each in distinct if each not in order]
        if strangers:
            raise DataError(f"column {name!r} holds {strangers[0]!r}, which is not among its categories {list(order)}")
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
    if pd.api.types.is_timedelta64_dtype(values):
        seconds = values.dt.total_seconds().to_numpy(dtype=float)
    else:
        naive = values.dt.tz_convert("UTC").dt.tz_localize(None) if values.dt.tz is not None else values
        seconds = naive.to_numpy().astype("int64") / _UNITS[_unit(naive)]
    return np.where(missing, np.nan, seconds)
