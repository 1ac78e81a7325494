"""Columns of Python objects of which nothing can be learnt as they are: what they hold, and how they are converted."""

from __future__ import annotations

import datetime
from typing import Any

import pandas as pd

from mirimpute.table.python_objects import is_number

_MOMENTS = (datetime.datetime, pd.Timestamp)


def objects_in(present: pd.Series, label: Any) -> str:
    """Return what is odd about the objects of a column and how it is converted; "" if nothing is.

    >>> objects_in(pd.Series([1, 2.5, "x"], dtype=object), "a")
    "holds numbers and texts, the first text is 'x': pd.to_numeric(X['a'], errors='coerce') makes texts missing"

    Args:
        present: the cells that are not missing.
        label: of the column.
    """
    if present.dtype != object or not len(present):
        return ""
    column = f"X[{label!r}]"
    kinds = set(map(type, present))
    if kinds == {pd.Period}:
        frequencies = sorted({each.freqstr for each in present})
        if len(frequencies) > 1:
            return f"holds periods of several lengths, {' and '.join(frequencies)}: convert each by .to_timestamp()"
        return f"holds periods as objects: convert it by {column}.astype('period[{frequencies[0]}]')"
    if kinds == {datetime.time}:
        return "holds times of day: give the minutes since midnight, or moments with their day"
    zones = {each.tzinfo is None for each in present if isinstance(each, _MOMENTS)}
    if len(zones) > 1:
        naive = next(each for each in present if isinstance(each, _MOMENTS) and each.tzinfo is None)
        return (
            f"holds moments with and without a time zone, the first without is {naive}: convert it by "
            f"pd.to_datetime({column}, utc=True), if these are of UTC"
        )
    texts = [each for each in present if isinstance(each, str)]
    others = [each for each in present if not isinstance(each, str)]
    odd = [each for each in texts if pd.isna(pd.to_numeric(each, errors="coerce"))] if others else []
    if odd and all(map(is_number, others)):
        return (
            f"holds numbers and texts, the first text is {odd[0]!r}: pd.to_numeric({column}, errors='coerce') makes "
            "texts missing"
        )
    if odd and all(isinstance(each, (datetime.date, pd.Timestamp)) for each in others):
        return (
            f"holds dates and texts, the first text is {odd[0]!r}: pd.to_datetime({column}, errors='coerce') makes "
            "texts missing that are none"
        )
    return ""
