"""Dates and durations of any type, strings included, as seconds and back."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from mirimpute.datasets.objects import clipped
from mirimpute.datasets.storage import unit_of

SECONDS_OF_DAY = 86_400

_STEPS = (SECONDS_OF_DAY, 3_600, 60, 1)
_PATTERNS = {
    10: ("%Y-%m-%d",),
    16: ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M"),
    19: ("%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"),
}
"""How dates may be written, by their length."""
UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_MOST = 9.2e18
"""What 64 bits hold."""


def are_dates(values: pd.Series) -> bool:
    """Return whether the values are dates: datetime64, or strings."""
    return getattr(values.dtype, "kind", "O") == "M" or pattern_of(values) != ""


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
    return next((pattern for pattern in _PATTERNS[length] if _read(present, pattern) is not None), "")


def _read(texts: pd.Series, pattern: str) -> pd.Series | None:
    """Return texts (n,), none missing, as datetime64, None where one is not written so."""
    try:
        return pd.to_datetime(texts, format=pattern)
    except pd.errors.OutOfBoundsDatetime:  # of nanoseconds
        try:
            return pd.Series(np.array(list(texts), dtype="M8[s]"), index=texts.index)
        except ValueError:
            return None
    except ValueError:
        return None


def zone_of(values: pd.Series) -> str:
    """Return the name of the time zone of dates, "" where they have none.

    >>> zone_of(pd.Series(pd.to_datetime(["2020-12-31"]).tz_localize("Asia/Tokyo")))
    'Asia/Tokyo'
    """
    zone = time_zone(values)
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
        present = _read(values[~missing].astype(object), pattern)
        assert present is not None, f"not all are written as {pattern}"
        unit = unit_of(present)
        found = np.full(len(values), "NaT", dtype=f"M8[{unit}]")
        found[~missing] = present.to_numpy()
        values = pd.Series(found, index=values.index)
    if zone:
        values = values.dt.tz_convert(zone).dt.tz_localize(None)
    numbers = values.to_numpy().astype("int64") / UNITS[unit_of(values)]
    return np.where(missing, np.nan, numbers)


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


def durations(seconds: np.ndarray, unit: str) -> pd.Series:
    """Return timedelta64 of a unit."""
    return pd.Series(_whole(seconds, unit).view(f"m8[{unit}]"))


def moments(seconds: np.ndarray, unit: str, zone: str = "", other: Any = None) -> pd.Series:
    """Return datetime64 of a unit.

    Args:
        seconds: since 1970, on the clock of ``zone``.
        unit: s, ms, us or ns.
        zone: a time zone; "" for none.
        other: the time zone in which they are wanted, None for none.
    """
    found = pd.Series(_whole(seconds, unit).view(f"M8[{unit}]"))
    if other is None:
        return found
    one_of_two = np.ones(len(found), dtype=bool)
    found = found.dt.tz_localize(zone or other, ambiguous=one_of_two, nonexistent="shift_forward")
    return found.dt.tz_convert(other)


def written(seconds: np.ndarray, pattern: str) -> pd.Series:
    """Return dates as strings."""
    return moments(clipped(seconds, ""), "s").dt.strftime(pattern).astype(object)


def time_zone(values: pd.Series) -> Any:
    """Return the time zone of dates, None where they have none."""
    if isinstance(values.dtype, pd.ArrowDtype):
        return getattr(values.dtype.pyarrow_dtype, "tz", None)
    return getattr(values.dtype, "tz", None)


def _whole(seconds: np.ndarray, unit: str) -> np.ndarray:
    """Return whole numbers of the unit, inside what 64 bits can hold."""
    most = _MOST / UNITS[unit]
    return np.round(np.clip(seconds, -most, most) * UNITS[unit]).astype("int64")


def _may_be_date(value: Any) -> bool:
    return isinstance(value, str) and len(value) in _PATTERNS and value[:4].isdecimal() and value[4] == value[7] == "-"
