"""Which kind a column is, told from its values."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from mirimpute.table import dates, python_objects
from mirimpute.table.column_storage import marked, seconds_of_periods
from mirimpute.table.columns import Kind

MOST_CATEGORIES = 100
"""Distinct values beyond which a column of strings is text."""
FEW_CATEGORIES = 20
"""So many are categories however few values there are; more of them are text when they hardly repeat."""

_FEWEST_IDS = 10
"""Values from which on a column may look like ids."""
_EXACT = 2.0**53
"""Beyond it whole numbers of float64 have gaps."""
_FIRST = 1_000
"""Cells that are looked at first."""
_ID_NAME = re.compile(r"^$|^Unnamed: |ids?$|(^|[\W_])(key|uuid|guid|nr|no|number|index|row)$", re.IGNORECASE)
_REPEATED_ID_NAME = re.compile(r"(?:^|[\W_])(?:[a-z]?id|key|uuid|guid)s?$|[a-z]I[dD]$")
_FEWEST_REPEATED_IDS = 20
_ID_TEXT = re.compile(r"(?=.*\d)[^\s]+")


def kind_of(values: pd.Series) -> Kind | None:
    """Return the kind of a column, None for text, by these rules.

    - Booleans, strings, pandas categories and other objects are categorical; ordered pandas categories are ordinal.
    - Columns with more than 100 distinct of these values are text, such as names: nothing can be learnt of them. So are
      strings and objects of which none occurs twice, or with more than 20 distinct ones that on average occur less than
      twice.
    - Whole numbers are integer, other numbers continuous. Objects that are all numbers are numbers.
    - Dates, times of dates and periods are datetime; durations are durations; Python objects are what they stand for.
      So are strings that are all written as 2020-12-31 or 31.12.2020, alone or with 23:59 or 23:59:59 behind a space
      or a T.
    """
    types = pd.api.types
    values, _ = plain(values)
    of_time = kind_of_time(values)
    if of_time is not None:
        return of_time
    if isinstance(values.dtype, pd.CategoricalDtype):
        return Kind.ORDINAL if values.cat.ordered else _categorical(values)
    if types.is_bool_dtype(values):
        return Kind.CATEGORICAL
    if not types.is_numeric_dtype(values):
        return _categorical(values)
    numbers = values.dropna().to_numpy(dtype=float)
    return Kind.INTEGER if numbers.size and are_whole(numbers) else Kind.CONTINUOUS


def are_whole(numbers: np.ndarray) -> bool:
    """Return whether all numbers are finite and whole."""
    return bool(np.all(np.isfinite(numbers)) and np.array_equal(numbers, np.round(numbers)))


def holds_numbers(values: pd.Series) -> bool:
    """Return whether a column of any type is one of numbers."""
    return pd.api.types.is_numeric_dtype(plain(values)[0])


def plain(values: pd.Series) -> tuple[pd.Series, str]:
    """Return a column of any type as one of numbers, booleans, datetime64, timedelta64, categories or objects.

    Returns:
        The column, and the form of its objects: see :func:`mirimpute.table.python_objects.typed`.
    """
    values = marked(values)
    if isinstance(values.dtype, pd.PeriodDtype):
        return seconds_of_periods(values), ""
    return python_objects.typed(values)


def looks_like_id(values: pd.Series) -> bool:
    """Return whether the column numbers its rows, or names each: no value occurs twice, and that is no accident.

    Whole numbers all of which differ look like ids where the column is called so (id, key, nr, ...) or has no name,
    where they are as many as they have room for, where they have more digits than a float64 holds, as no measurement
    has, or, of an integer type, where n numbers in a range of R would all differ by chance in less than one table of a
    hundred, exp(-n (n - 1) / 2R) < .01. Strings do where each has a digit and none a space.

    >>> looks_like_id(pd.Series([1001.0, 1002.0, None, *range(1004, 1020)])), looks_like_id(pd.Series([3.5, 1.25] * 9))
    (True, False)
    """
    simple, form = plain(values)
    if simple.dtype == np.float64 and not are_whole(simple.iloc[:_FIRST].dropna().to_numpy()):  # soon seen, of most
        return False
    present = simple.dropna()
    if (
        form not in ("", "int", "float")
        or len(present) < _FEWEST_IDS
        or not python_objects.are_hashable(present)
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
    if not are_whole(numbers):
        return False
    room, n = np.ptp(numbers) + 1, len(numbers)
    named = is_named_like_id(values.name)
    dense = pd.api.types.is_integer_dtype(simple) and np.exp(-n * (n - 1) / 2 / room) < 0.01
    return bool(named or room <= len(values) or dense or np.abs(numbers).min() > _EXACT)


def looks_like_repeated_id(values: pd.Series) -> bool:
    """Return whether a column of whole numbers is called an id and tells many things apart that have several rows each.

    >>> looks_like_repeated_id(pd.Series([*range(100, 130)] * 3, name="patient_id"))
    True
    """
    if _REPEATED_ID_NAME.search(str(values.name)) is None:
        return False
    numbers = plain(values)[0].dropna().to_numpy(dtype=float)
    distinct = len(np.unique(numbers))
    return _FEWEST_REPEATED_IDS <= distinct < len(numbers) and are_whole(numbers)


def is_named_like_id(name: object) -> bool:
    """Return whether a column is called as ids are, or has no name.

    >>> is_named_like_id("patient_id"), is_named_like_id("width")
    (True, False)
    """
    return _ID_NAME.search(str(name)) is not None


def kind_of_time(values: pd.Series) -> Kind | None:
    """Return whether the values, as :func:`plain` returns them, are dates or durations."""
    if getattr(values.dtype, "kind", "O") == "m":
        return Kind.DURATION
    return Kind.DATETIME if dates.are_dates(values) else None


def _categorical(values: pd.Series) -> Kind | None:
    present = values.dropna().astype(object)
    if not python_objects.are_hashable(present):
        return None
    distinct = present.astype(str).nunique()
    if isinstance(values.dtype, pd.CategoricalDtype):
        return Kind.CATEGORICAL if distinct <= MOST_CATEGORIES else None
    if present.map(python_objects.is_truth_value).all():
        return Kind.CATEGORICAL
    repeats = distinct < len(present) and (distinct <= FEW_CATEGORIES or distinct <= len(present) / 2)
    return Kind.CATEGORICAL if repeats and distinct <= MOST_CATEGORIES else None
