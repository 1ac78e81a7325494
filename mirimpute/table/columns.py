"""What a column is, how it is told from its values, and how its values become numbers and back."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import Enum
from typing import Any

import numpy as np
import pandas as pd

from mirimpute.errors import DataError, UserError, unknown
from mirimpute.table import dates, objects
from mirimpute.table.storage import as_stored, is_far, marked, seconds_of_periods, unit_of

MOST_CATEGORIES = 100
"""Distinct values beyond which a column of strings is text."""
FEW_CATEGORIES = 20
"""So many are categories however few values there are; more of them are text when they hardly repeat."""

_TEXT = "text"
_FEWEST_IDS = 10
"""Values from which on a column may look like ids."""
_ID_NAME = re.compile(r"^$|^Unnamed: |ids?$|(^|[\W_])(key|uuid|guid|nr|no|number|index|row)$", re.IGNORECASE)
_ID_TEXT = re.compile(r"(?=.*\d)[^\s]+")


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
        step: of dates and durations the seconds of the day, hour, minute or second that all are whole multiples of; 1
            of numbers of an integer type; 0 of others.
        pattern: of dates that are strings how they are written, as for :meth:`datetime.datetime.strftime`.
        zone: of dates the time zone on whose clock they are counted; "" where they have none.
        form: of cells that are Python objects which ones, see :func:`mirimpute.table.objects.typed`.
        levels: of pandas categories all that the column declares, in their order, those that do not occur among them.
        levels_dtype: the type of these.
        ordered: whether pandas takes the levels for ordered.
    """

    name: str
    kind: Kind
    categories: tuple[Any, ...] = ()
    step: int = 0
    pattern: str = ""
    zone: str = ""
    form: str = field(default="", compare=False)
    levels: tuple[Any, ...] = field(default=(), compare=False)
    levels_dtype: str = field(default="", compare=False)
    ordered: bool = field(default=False, compare=False)

    @property
    def dtype(self) -> pd.CategoricalDtype | None:
        """The pandas type of the categories that the column had when its kind was told; None if it was another."""
        if not self.levels:
            return None
        levels = pd.Index(list(self.levels), dtype=self.levels_dtype, tupleize_cols=False)
        return pd.CategoricalDtype(levels, ordered=self.ordered)


def kind_of(values: pd.Series) -> Kind | None:
    """Return the kind of a column, None for text, by these rules.

    - Booleans, strings, pandas categories and other objects are categorical; ordered pandas categories are ordinal.
    - Columns with more than 100 distinct of these values are text, such as names: nothing can be learnt of them. So are
      strings and objects of which none occurs twice, or with more than 20 distinct ones that on average occur less than
      twice.
    - Whole numbers are integer, other numbers continuous. Objects that are all numbers are numbers.
    - Dates, times of dates and periods are datetime; durations are durations; Python objects are what they stand for.
      So are strings that are all written as 2020-12-31, alone or with 23:59 or 23:59:59 behind a space or a T.
    """
    types = pd.api.types
    values, _ = plain(values)
    of_time = _kind_of_time(values)
    if of_time is not None:
        return of_time
    if isinstance(values.dtype, pd.CategoricalDtype):
        return Kind.ORDINAL if values.cat.ordered else _categorical(values)
    if types.is_bool_dtype(values):
        return Kind.CATEGORICAL
    if not types.is_numeric_dtype(values):
        return _categorical(values)
    numbers = values.dropna().to_numpy(dtype=float)
    whole = numbers.size and np.all(np.isfinite(numbers)) and np.all(numbers == np.round(numbers))
    return Kind.INTEGER if whole else Kind.CONTINUOUS


def plain(values: pd.Series) -> tuple[pd.Series, str]:
    """Return a column of any type as one of numbers, booleans, datetime64, timedelta64, categories or objects.

    Returns:
        The column, and the form of its objects: see :func:`mirimpute.table.objects.typed`.
    """
    values = marked(values)
    if isinstance(values.dtype, pd.PeriodDtype):
        return seconds_of_periods(values), ""
    return objects.typed(values)


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
    declared = isinstance(values.dtype, pd.CategoricalDtype)
    values = marked(values).rename(name)
    if pd.api.types.is_complex_dtype(values):
        raise DataError(f"column {name!r} holds complex numbers: give real and imaginary parts a column each")
    simple, form = plain(values)
    kind, order = _wanted(simple, name, wanted)
    if kind is None:
        return None
    if kind in (Kind.CATEGORICAL, Kind.ORDINAL):
        codes, column = _coded(values, name, kind, order)
        return codes, _with_levels(column, values.dtype) if declared else column
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
        found = objects.untyped(pd.Series(numbers), column.form)
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
            seconds = objects.clipped(seconds, column.form)
        found = dates.moments(
            seconds, unit, column.zone, column.zone if of_objects and column.zone else dates.time_zone(like)
        )
    return objects.untyped(found, column.form) if of_objects else found


def looks_like_id(values: pd.Series) -> bool:
    """Return whether the column numbers its rows, or names each: no value occurs twice, and that is no accident.

    Whole numbers all of which differ look like ids where the column is called so (id, key, nr, ...) or has no name,
    where they are as many as they have room for, or, of an integer type, where n numbers in a range of R would all
    differ by chance in less than one table of a hundred, exp(-n (n - 1) / 2R) < .01. Strings do where each has a digit
    and none a space.

    >>> looks_like_id(pd.Series([1001.0, 1002.0, None, *range(1004, 1020)])), looks_like_id(pd.Series([3.5, 1.25] * 9))
    (True, False)
    """
    simple, form = plain(values)
    present = simple.dropna()
    if (
        form not in ("", "int", "float")
        or len(present) < _FEWEST_IDS
        or not present.astype(object).map(pd.api.types.is_hashable).all()
        or not present.is_unique
    ):
        return False
    if not pd.api.types.is_numeric_dtype(present) or pd.api.types.is_bool_dtype(present):
        written = pd.to_numeric(present, errors="coerce") if present.dtype.kind == "O" else None
        if written is None or not written.notna().all():
            is_id = all(isinstance(each, str) and _ID_TEXT.fullmatch(each) for each in present)
            return is_id and not dates.are_dates(present)
        present = written
    numbers = present.to_numpy(dtype=float)
    if not np.all(np.isfinite(numbers)) or np.any(numbers != np.round(numbers)):
        return False
    room, n = np.ptp(numbers) + 1, len(numbers)
    named = _ID_NAME.search(str(values.name)) is not None
    dense = pd.api.types.is_integer_dtype(simple) and np.exp(-n * (n - 1) / 2 / room) < 0.01
    return bool(named or room <= len(values) or dense)


def _kind_of_time(values: pd.Series) -> Kind | None:
    """Return whether the values, as :func:`plain` returns them, are dates or durations."""
    if getattr(values.dtype, "kind", "O") == "m":
        return Kind.DURATION
    return Kind.DATETIME if dates.are_dates(values) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, Decimal, np.number)) and not isinstance(value, (bool, np.bool_))


def _categorical(values: pd.Series) -> Kind | None:
    present = values.dropna().astype(object)
    if not present.map(pd.api.types.is_hashable).all():
        return None
    distinct = present.astype(str).nunique()
    if isinstance(values.dtype, pd.CategoricalDtype):
        return Kind.CATEGORICAL if distinct <= MOST_CATEGORIES else None
    if present.map(lambda each: isinstance(each, (bool, np.bool_))).all():
        return Kind.CATEGORICAL
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
        truths = values.astype(object).map(lambda each: isinstance(each, (bool, np.bool_)))
        texts = values[(numbers.isna() & values.notna()) | truths]
        if len(texts):
            raise DataError(
                f"column {name!r} is not {kind.value}: it holds {_plain(texts.iloc[0])!r}; correct it, or give another "
                "kind"
            )
        fractions = numbers[(numbers != numbers.round()) & numbers.notna()]
        if kind is Kind.INTEGER and len(fractions):
            raise DataError(f"column {name!r} is not integer: it holds {fractions.iloc[0]}; give continuous")
    if kind in OF_TIME and _kind_of_time(values) is not kind:
        way = "write all dates as 2020-12-31 or 2020-12-31 23:59:59"
        if kind is Kind.DURATION:
            way = "make it a pandas timedelta and save it as Parquet"
        raise DataError(f"column {name!r} is not {kind.value} but {values.dtype}: give text or categorical, or {way}")
    return kind, None


def _coded(values: pd.Series, name: str, kind: Kind, order: tuple[Any, ...] | None) -> tuple[np.ndarray, Column]:
    """Return the numbers of the categories that occur, and the column."""
    present = values.dropna().astype(object)
    if not present.map(pd.api.types.is_hashable).all():
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
        numbers = all(_is_number(each) for each in distinct)
        categories = sorted(distinct) if numbers else sorted(distinct, key=str)
    place = {category: code for code, category in enumerate(categories)}
    codes = values.astype(object).map(place).to_numpy(dtype=np.float64, na_value=np.nan)
    return codes, Column(name, kind, tuple(_plain(each) for each in categories))


def _with_levels(column: Column, dtype: Any) -> Column:
    """Return the column with what its pandas category type declares."""
    levels = tuple(_plain(each) for each in dtype.categories)
    return replace(column, levels=levels, levels_dtype=str(dtype.categories.dtype), ordered=bool(dtype.ordered))


def _matched(order: Sequence[Any], distinct: Sequence[Any]) -> tuple[Any, ...]:
    """Return the categories of ``order``, those that are written like a value of the column as that value.

    >>> _matched(["0", "1", "many"], [1.0, 0.0]), _matched(["false", "true"], [True, False])
    ((0.0, 1.0, 'many'), (False, True))
    """
    written = {_text_of(each): each for each in distinct}
    truths = {str(each).lower(): each for each in distinct if isinstance(each, (bool, np.bool_))}
    return tuple(written.get(_text_of(each), truths.get(str(each).lower(), each)) for each in order)


def _text_of(value: Any) -> str:
    """Return how a category would be written: whole numbers without a point."""
    if isinstance(value, (float, np.floating)) and float(value).is_integer():
        return str(int(value))
    return str(value)


def _plain(value: Any) -> Any:
    """Return a NumPy scalar as the Python object that it stands for."""
    return value.item() if isinstance(value, np.generic) else value
