"""Dates and durations of any type, strings included, as seconds and back."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
import pandas as pd

from mirimpute.table.column_storage import unit_of
from mirimpute.table.python_objects import clipped

SECONDS_OF_DAY = 86_400

_STEPS = (SECONDS_OF_DAY, 3_600, 60, 1)
_DATE = r"(?:\d{4}-\d{2}-\d{2}|(\d{2}\.\d{2}\.\d{4}))"
_TIME = r"(?:([ T])\d{2}:\d{2}(:\d{2}(?:\.(\d{1,9}))?)?(Z|[+-]\d{2}(?::?\d{2})?)?)?"
_WRITTEN = re.compile(_DATE + _TIME, re.ASCII)
"""How dates may be written: with a time, fractions of its seconds, and its distance from UTC. With dots the day is
first; with slashes it is first in some countries and second in others."""
_DAY_FIRST = "%d.%m.%Y"
_END = re.compile(r"(?:\.%(\d)f)?(Z|[+-]\d{2}:?(?:\d{2})?)?$")
"""Of a pattern: how many digits of a second, and the distance from UTC."""
UNITS = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}
_KEPT = 6
"""Digits of a second that a float64 of seconds holds."""
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
    pattern = pattern_of_text(present.iloc[0]) if len(present) and isinstance(present.iloc[0], str) else ""
    if not pattern or pd.api.types.infer_dtype(present) != "string":
        return ""
    alike = (present.str.len() == len(present.iloc[0])).all()
    return pattern if alike and _read(present, pattern) is not None else ""


def odd_one(values: pd.Series) -> str:
    """Return the first string that is no date, or is written otherwise than the first one; "" where there is none.

    >>> odd_one(pd.Series(["2020-12-31", None, "0000-00-00"]))
    '0000-00-00'
    """
    texts = [each for each in values.dropna().unique() if isinstance(each, str)]
    patterns = [pattern_of_text(each) for each in texts]
    for text, pattern in zip(texts, patterns, strict=True):
        if not pattern or pattern != patterns[0] or _read(pd.Series([text]), pattern) is None:
            return text
    return ""


def pattern_of_text(text: str) -> str:
    """Return how a date is written, "" where the text is none; %3f stands for three digits of a second.

    >>> pattern_of_text("2020-12-31T23:59:59.123Z")
    '%Y-%m-%dT%H:%M:%S.%3fZ'
    >>> pattern_of_text("31.12.2020")
    '%d.%m.%Y'
    """
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return ""
    day_first, between, seconds, digits, offset = found.groups()
    time = f"{between}%H:%M{':%S' if seconds else ''}" if between else ""
    date = _DAY_FIRST if day_first else "%Y-%m-%d"
    return f"{date}{time}{f'.%{len(digits)}f' if digits else ''}{offset or ''}"


def _parts(pattern: str) -> tuple[str, int, str]:
    """Return the pattern of date and time, the digits of a second, and the distance from UTC.

    >>> _parts("%Y-%m-%d %H:%M+01:00"), _parts("%Y-%m-%d")
    (('%Y-%m-%d %H:%M', 0, '+01:00'), ('%Y-%m-%d', 0, ''))
    """
    end = _END.search(pattern) if "%H" in pattern else None
    if end is None:
        return pattern, 0, ""
    return pattern[: end.start()], int(end[1] or 0), end[2] or ""


def _distance(offset: str) -> int:
    """Return the seconds by which a clock is before UTC.

    >>> _distance("-0530"), _distance("Z")
    (-19800, 0)
    """
    digits = offset[1:].replace(":", "")
    seconds = 3600 * int(digits[:2] or 0) + 60 * int(digits[2:] or 0)
    return -seconds if offset.startswith("-") else seconds


def _read(texts: pd.Series, pattern: str) -> pd.Series | None:
    """Return texts (n,), none missing, as datetime64 on their own clock, None where one is not written so."""
    plain, digits, offset = _parts(pattern)
    if offset:
        if not texts.str.endswith(offset).all():
            return None
        texts = texts.str[: -len(offset)]
    if plain.startswith(_DAY_FIRST):
        if not texts.str.fullmatch(r"\d{2}\.\d{2}\.\d{4}.*").all():
            return None
        texts = texts.str[6:10] + "-" + texts.str[3:5] + "-" + texts.str[:2] + texts.str[10:]
        plain = plain.replace(_DAY_FIRST, "%Y-%m-%d")
    try:
        return pd.to_datetime(texts, format=f"{plain}.%f" if digits else plain)
    except pd.errors.OutOfBoundsDatetime:  # of nanoseconds
        try:
            return pd.Series(np.array(list(texts), dtype="M8[us]" if digits else "M8[s]"), index=texts.index)
        except ValueError:
            return None
    except ValueError:
        return None


def zone_of(values: pd.Series, pattern: str) -> str:
    """Return the name of the time zone of dates, "" where they have none; UTC where they are written with an offset.

    >>> zone_of(pd.Series(pd.to_datetime(["2020-12-31"]).tz_localize("Asia/Tokyo")), "")
    'Asia/Tokyo'
    """
    if _parts(pattern)[2]:
        return "UTC"
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
        offset = _parts(pattern)[2]
        if zone and offset:
            values = (values - np.timedelta64(_distance(offset), "s")).dt.tz_localize("UTC")
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


def written(seconds: np.ndarray, pattern: str, zone: str = "") -> pd.Series:
    """Return dates, seconds on the clock of ``zone``, as strings; on the clock of the offset they are written with."""
    plain, digits, offset = _parts(pattern)
    if offset and zone not in ("", "UTC"):
        seconds = seconds_of(moments(seconds, "us", zone, "UTC"), "", "UTC")
    seconds = clipped(seconds + (_distance(offset) if offset else 0), "")
    if not digits:
        return moments(seconds, "s").dt.strftime(plain).astype(object) + offset
    kept = min(digits, _KEPT)
    counts = np.round(seconds * 10**kept).astype("int64")
    whole = moments(counts // 10**kept, "s").dt.strftime(plain)
    fractions = pd.Series(counts % 10**kept).astype(str).str.zfill(kept).str.ljust(digits, "0")
    return (whole + "." + fractions + offset).astype(object)


def time_zone(values: pd.Series) -> Any:
    """Return the time zone of dates, None where they have none."""
    if isinstance(values.dtype, pd.ArrowDtype):
        return getattr(values.dtype.pyarrow_dtype, "tz", None)
    return getattr(values.dtype, "tz", None)


def _whole(seconds: np.ndarray, unit: str) -> np.ndarray:
    """Return whole numbers of the unit, inside what 64 bits can hold."""
    most = _MOST / UNITS[unit]
    return np.round(np.clip(seconds, -most, most) * UNITS[unit]).astype("int64")
