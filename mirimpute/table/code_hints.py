"""Columns of numbers that may be codes of categories, dates without separators, or hold marks of missing cells."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pandas as pd

from mirimpute.errors import MirimputeWarning
from mirimpute.table import dates
from mirimpute.table.column_storage import missing_in
from mirimpute.table.columns import NUMBERS, Column, Kind
from mirimpute.table.hint_options import kind_option, way_of_marking, way_of_numbers, way_or_text
from mirimpute.table.hints import are_limits_in, python_culprit
from mirimpute.table.kinds import are_whole, kind_of_time, plain
from mirimpute.table.mark_hints import mark_hint
from mirimpute.table.missing_words import marks_in
from mirimpute.table.object_hints import objects_in
from mirimpute.table.python_objects import are_hashable
from mirimpute.table.spelling_hints import ONE_SPELLING, spellings_in

_FEW_CODES = 10
_FIRST = 1_000
"""Cells that are looked at first."""
_DATES_OF_DIGITS = {
    6: {"%Y%m": 0.12, "%y%m%d": 0.04, "%d%m%y": 0.04},
    7: {"%Y%j": 0.37},
    8: {"%Y%m%d": 0.04, "%d%m%Y": 0.04, "%m%d%Y": 0.04},
    12: {"%Y%m%d%H%M": 0.01},
    14: {"%Y%m%d%H%M%S": 0.01},
}
"""Forms by their digits, and how often a number of so many is one by chance."""
_YEARS = (1800, 2200)
_MINUTES, _FEWEST_MINUTES, _FEWEST_HOURS = 0.6, 4, 3
_CHANCE = 1e-4
_AS_MINUTES = "write the minutes since midnight"


def of_codes(values: np.ndarray, columns: Sequence[Column], kinds: Mapping[str, Any]) -> list[str]:
    """Return of each column of whole numbers or dates in ``values`` (n_rows, n_columns) what else it may be or hold."""
    found = []
    for j, column in enumerate(columns):
        name, numbers = column.name, values[:, j]
        if column.kind is Kind.INTEGER and name not in kinds:
            found.append(codes_in(numbers, name, f"say {kind_option(name, 'categorical')}"))
            ways = [way_or_text(name, way) for way in ("write them as 2019-01-31", _AS_MINUTES)]
            found.append(dates_of_digits_in(numbers, name, *ways))
        if column.kind is Kind.DATETIME and name not in kinds:
            found.append(mark_hint(numbers, column, partial(_way_of_days, column)))
    return [each for each in found if each]


def _way_of_days(column: Column, marks: Sequence[float]) -> str:
    """Return what can be done about days that mark missing cells in a column of dates."""
    written = dates.written(np.array(marks), column.pattern or "%Y-%m-%d", column.zone)
    return f"{way_of_marking(written.tolist(), from_text=True)}, in all columns"


def of_marks(values: np.ndarray, columns: Sequence[Column], kinds: Mapping[str, Any]) -> list[str]:
    """Return of each column of numbers in ``values`` (n_rows, n_columns) which may mark missing cells."""
    numbers = [j for j, column in enumerate(columns) if column.kind in NUMBERS and column.name not in kinds]
    return [each for j in numbers if (each := mark_hint(values[:, j], columns[j], partial(_way_of_marks, columns[j])))]


def _way_of_marks(column: Column, marks: Sequence[float]) -> str:
    """Return what can be done about marks in a column of a file whose columns have types."""
    return way_of_numbers(column.name, marks, [f"{each:.15g}" for each in marks])


def codes_in(values: np.ndarray, name: str, way: str) -> str:
    """Return what may be wrong with a column of whole numbers, float64 (n_rows,) with NaN where missing; "" for others.

    Args:
        values: the numbers.
        name: of the column.
        way: how it is made categories.
    """
    numbers = values[~np.isnan(values)]
    if not are_whole(numbers):
        return ""
    distinct = np.unique(numbers)
    if not _may_be_codes(distinct, len(numbers)):
        return ""
    return (
        f"column {name!r} holds the whole numbers {', '.join(f'{each:.0f}' for each in distinct)} alone: if they are "
        f"codes, {way}, or means such as {_between(distinct)} are filled in"
    )


def warn_of_codes(frame: pd.DataFrame) -> None:
    """Warn of columns of a DataFrame whose numbers may be marks; of those with holes also whose whole numbers may be
    codes or dates, or whose objects are of several types or marks."""
    for j, name in enumerate(frame.columns):
        values = frame.iloc[:, j]
        if getattr(values.dtype, "kind", "O") in "iuf":
            numbers, column = values.to_numpy(dtype=float, na_value=np.nan), Column(str(name), Kind.CONTINUOUS)
            marked = mark_hint(numbers, column, _replacing)
            if marked:
                warnings.warn(marked, MirimputeWarning, stacklevel=5)
        if values.dtype == np.float64 and not are_whole(values.iloc[:_FIRST].dropna().to_numpy()):
            continue  # the usual case, quick
        simple = plain(values)[0] if missing_in(values).any() else None
        said = ""
        if simple is not None and pd.api.types.is_numeric_dtype(simple) and not pd.api.types.is_bool_dtype(simple):
            numbers = simple.dropna().to_numpy(dtype=float)
            if are_whole(numbers):
                said = codes_in(numbers, str(name), "make the column a category by .astype('category')")
                said = said or dates_of_digits_in(
                    numbers, str(name), "use pd.to_datetime with their format, such as '%Y%m%d'", _AS_MINUTES
                )
        elif simple is not None and are_hashable(simple.dropna()):
            said = _of_categories(simple, name)
        if said:
            warnings.warn(said, MirimputeWarning, stacklevel=5)


def _of_categories(values: pd.Series, name: Any) -> str:
    """Return what may be wrong with a column of categories with holes, and what is done; "" if nothing is."""
    if isinstance(values.dtype, pd.CategoricalDtype) or kind_of_time(values) is not None:  # said, or read as dates
        return ""
    present, or_category = values.dropna(), "or make the column a category"
    what, way = python_culprit(present, name, is_text=False)
    of_types = len(set(map(type, present))) > 1 and not are_limits_in(what)
    if of_types and (odd := objects_in(present, name)):
        return f"column {name!r} {odd}, {or_category}"
    if same := spellings_in(values):
        return f"column {name!r}: {same} may be the same, and are different here: {ONE_SPELLING}, {or_category}"
    words = marks_in(values)
    if words[0]:
        return f"column {name!r}: {words[0]}: {_replacing(words[1])} where it marks a missing one, {or_category}"
    if way:
        return f"column {name!r} is taken for categories, {what}: {way}"
    return ""


def dates_of_digits_in(values: np.ndarray, name: str, way: str, way_of_times: str) -> str:
    """Return that a column of whole numbers, float64 (n_rows,), may hold dates or times of day; "" for others.

    Args:
        values: the numbers, NaN where missing.
        name: of the column.
        way: how they are read as dates.
        way_of_times: what is done with times of day.
    """
    numbers = values[~np.isnan(values)]
    if not are_whole(numbers) or not numbers.size or numbers.min() < 0 or numbers.max() >= 10**14:
        return ""
    distinct = np.unique(numbers).astype(np.int64)
    if _are_times(distinct):
        what, shown, way = "times of day", distinct[-1], way_of_times
    elif _are_dates(distinct):
        what, shown = "dates", distinct[0]
    else:
        return ""
    return (
        f"column {name!r} holds numbers that all are {what} without separators, such as {shown}, and is filled with "
        f"numbers that may be none: if they are {what}, {way}"
    )


def _are_dates(distinct: np.ndarray) -> bool:
    """Return whether different whole numbers (n,) are dates of one form, which is no accident."""
    length = len(str(distinct[-1]))
    texts = pd.Series(distinct).astype(str).str.zfill(length)  # 1022020 is the first of February
    for form, by_chance in _DATES_OF_DIGITS.get(length, {}).items():
        if by_chance ** len(texts) < _CHANCE:
            days = pd.to_datetime(texts, format=form, errors="coerce")
            first, last = days.min(), days.max()
            if days.notna().all() and _YEARS[0] <= first.year < last.year <= _YEARS[1]:
                return True
    return False


def _are_times(distinct: np.ndarray) -> bool:
    """Return whether different whole numbers (n,) are hours and minutes, such as 930 and 1535, which is no accident."""
    hours, minutes = np.divmod(distinct[distinct >= 100], 100)
    many = _MINUTES ** len(hours) < _CHANCE and len(np.unique(minutes)) >= _FEWEST_MINUTES  # multiples of 50 all are
    return bool(many and minutes.max() < 60 and distinct[-1] <= 2400 and len(np.unique(hours)) >= _FEWEST_HOURS)


def _may_be_codes(distinct: np.ndarray, count: int) -> bool:
    """Return whether few whole numbers that repeat have wide, unequal gaps, or are two other than 0 and 1."""
    if not 2 <= len(distinct) <= _FEW_CODES or count < max(3 * len(distinct), _FEW_CODES):
        return False
    gaps = np.diff(distinct)
    if len(distinct) == 2:
        return bool(distinct[0] != 0 or gaps[0] != 1)
    return bool(gaps.min() < gaps.max() and len(distinct) <= 0.6 * (distinct[-1] - distinct[0] + 1))


def _replacing(marks: Sequence[Any]) -> str:
    """Return what is done with marks of missing cells in a DataFrame."""
    shown = " and ".join(f"{each:.15g}" if isinstance(each, float) else repr(each) for each in marks)
    return f"replace {shown} by None"


def _between(distinct: np.ndarray) -> str:
    """Return a whole number between the values that is none of them, or half of the sum."""
    k = int(np.argmax(np.diff(distinct)))
    middle = (distinct[k] + distinct[k + 1]) / 2
    return f"{middle:.0f}" if distinct[k + 1] - distinct[k] > 1 else f"{middle:g}"
