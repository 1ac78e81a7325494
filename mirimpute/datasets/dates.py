"""Dates and durations of any type, strings included, as seconds and back."""

from __future__ import annotations

import datetime
from typing import Any

import numpy as np
import pandas as pd

SECONDS_OF_DAY = 86_400

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
_MOST = 9.2e18
"""What 64 bits hold."""


def are_dates(values: pd.Series) -> bool:
    """Return whether the values are dates, of whatever type."""
    if getattr(values.dtype, "kind", "O") == "M":
        return True
    if pd.api.types.is_object_dtype(values):
        present = values.dropna()
        if len(present) and present.map(lambda each: type(each) is datetime.date).all():
            return True
    return pattern_of(values) != ""


def pattern_of(values: pd.Series) -> str:
    """Return how all values are written, where they are strings that are dates, else ""."""
    if isinstance(values.dtype, pd.CategoricalDtype):
        return ""
    if not (pd.api.types.is_object_dtype(values) or pd.api.types.is_string_dtype(values)):
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


def zone_of(values: pd.Series) -> str:
    """Return the name of the time zone of dates, "" where they have none.

    >>> zone_of(pd.Series(pd.to_datetime(["2020-12-31"]).tz_localize("Asia/Tokyo")))
    'Asia/Tokyo'
    """
    zone = _zone(values)
    if zone is None:
        return ""
    try:
        pd.Timestamp(0).tz_localize(str(zone))
    except Exception:  # a zone without a name that is understood again; which error, each kind of zone decides
        return "UTC"
    return str(zone)


def seconds_of(values: pd.Series, pattern: str, zone: str = "") -> np.ndarray:
    """Return durations in seconds, dates in seconds since 1970 on the clock of ``zone``; NaN where missing.

    Args:
        values: dates or durations.
        pattern: as :func:`pattern_of` returns it.
        zone: as :func:`zone_of` returns it, of these dates or of others that have a zone.
    """
    missing = values.isna().to_numpy()
    if pattern:
        values = pd.to_datetime(values.astype(object), format=pattern)
    if isinstance(values.dtype, pd.ArrowDtype):
        name = "timedelta64" if values.dtype.kind == "m" else "datetime64"
        dtype: Any = f"{name}[{_unit(values)}{', UTC' if zone else ''}]"
        values = values.astype(dtype)
    if zone:
        values = values.dt.tz_convert(zone).dt.tz_localize(None)
    if values.dtype.kind == "m":
        return values.dt.total_seconds().to_numpy(dtype=float)
    if pd.api.types.is_object_dtype(values):
        values = pd.to_datetime(values)
    return np.where(missing, np.nan, values.to_numpy().astype("int64") / _UNITS[_unit(values)])


def step_of(seconds: np.ndarray) -> int:
    """Return the seconds of the day, hour, minute or second of which all are whole multiples, 0 where they are not.

    >>> step_of(np.array([3600.0, np.nan, 7200.0]))
    3600
    """
    present = seconds[~np.isnan(seconds)]
    return next((each for each in _STEPS if np.all(present % each == 0)), 0)


def rounded(seconds: np.ndarray, step: int) -> np.ndarray:
    """Return the nearest multiples of ``step``; what it was where ``step`` is 0."""
    return np.round(seconds / step) * step if step else seconds


def durations(seconds: np.ndarray, like: pd.Series) -> pd.Series:
    """Return durations of the type and index of ``like``."""
    unit = _unit(like)
    dtype: Any = f"timedelta64[{unit}]"
    return _whole(seconds, like, unit).astype(dtype).astype(like.dtype)


def dates(seconds: np.ndarray, like: pd.Series, pattern: str = "", zone: str = "") -> pd.Series:
    """Return dates of the type, index and zone of ``like``, strings where there is a pattern; ``zone`` is the clock."""
    of_objects = pd.api.types.is_object_dtype(like)
    unit = "s" if pattern or of_objects else _unit(like)
    if pattern or of_objects:
        seconds = np.clip(seconds, *_YEARS)
    dtype: Any = f"datetime64[{unit}]"
    found = _whole(seconds, like, unit).astype(dtype)
    if pattern:
        return found.dt.strftime(pattern).astype(like.dtype)
    if of_objects:
        return found.dt.date.astype(object)
    if _zone(like) is not None:
        one_of_two = np.ones(len(found), dtype=bool)
        found = found.dt.tz_localize(zone or _zone(like), ambiguous=one_of_two, nonexistent="shift_forward")
        found = found.dt.tz_convert(_zone(like))
    return found.astype(like.dtype)


def _whole(seconds: np.ndarray, like: pd.Series, unit: str) -> pd.Series:
    """Return whole numbers of the unit, inside what 64 bits can hold."""
    most = _MOST / _UNITS[unit]
    return pd.Series(np.round(np.clip(seconds, -most, most) * _UNITS[unit]).astype("int64"), index=like.index)


def _zone(values: pd.Series) -> Any:
    """Return the time zone of dates, None where they have none."""
    if isinstance(values.dtype, pd.ArrowDtype):
        return getattr(values.dtype.pyarrow_dtype, "tz", None)
    return getattr(values.dtype, "tz", None)


def _may_be_date(value: Any) -> bool:
    return isinstance(value, str) and len(value) in _PATTERNS and value[:4].isdecimal() and value[4] == value[7] == "-"


def _unit(values: pd.Series) -> str:
    """Return the unit in which dates or durations are counted."""
    if isinstance(values.dtype, pd.ArrowDtype):
        return str(values.dtype.pyarrow_dtype.unit)
    return str(getattr(values.dtype, "unit", None) or np.datetime_data(values.to_numpy().dtype)[0])
