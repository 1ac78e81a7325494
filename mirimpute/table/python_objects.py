"""Python objects in a column (decimals, fractions, dates, ...) as numbers and moments, and back."""

from __future__ import annotations

import datetime
from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pandas as pd

from mirimpute.errors import DataError

_MOMENTS = (datetime.date, np.datetime64)  # a datetime is a date, and a Timestamp a datetime
_DURATIONS = (datetime.timedelta, np.timedelta64)
_NUMBERS = (int, float, Decimal, Fraction, np.integer, np.floating)
_EARLY = ":early"
"""Behind the form of moments of which one lies before the year 1000, which is where four digits begin."""
_FIRST, _FIRST_EARLY, _LAST = -30_610_224_000.0, -62_135_596_800.0, 253_402_300_799.0
"""Seconds from 1970 to the beginnings of the years 1000 and 1, and to the last second of 9999."""


def is_number(value: Any) -> bool:
    """Return whether a cell is a real number, which a truth value and a duration are not."""
    return isinstance(value, _NUMBERS) and not is_truth_value(value) and not isinstance(value, np.timedelta64)


def is_truth_value(value: Any) -> bool:
    """Return whether a cell is True or False."""
    return isinstance(value, (bool, np.bool_))


def are_hashable(present: pd.Series) -> bool:
    """Return whether all values can be told apart: lists and dicts cannot."""
    if isinstance(present.dtype, np.dtype) and present.dtype.kind in "biuf":
        return True
    return bool(present.astype(object).map(pd.api.types.is_hashable).all())


def typed(values: pd.Series) -> tuple[pd.Series, str]:
    """Return a column of objects that are all numbers, moments or durations in NumPy's type, and their form.

    Other columns come back as they are, with the form "". A form is "Decimal:-2" (with two places), "Fraction:9" (9 the
    largest denominator), or the name of a type: int, float, date, datetime, Timestamp, datetime64, timedelta, ...

    Args:
        values: any column, missing cells as :func:`~mirimpute.table.column_storage.marked` has them.

    Raises:
        DataError: complex numbers; numbers beyond what float64 holds; moments that no other time zone has.
    """
    if values.dtype != object:
        return values, ""
    present = values[~values.isna()]
    kinds = set(map(type, present))
    if not kinds:
        return values, ""
    complexes = [each for each in kinds if issubclass(each, (complex, np.complexfloating))]
    if complexes and all(each in complexes or issubclass(each, _NUMBERS) for each in kinds):
        raise DataError(f"column {values.name!r} holds complex numbers: give real and imaginary parts a column each")
    if all(issubclass(each, _DURATIONS) for each in kinds):  # before numbers: NumPy's are whole ones
        found = pd.Series(np.full(len(values), "NaT", dtype="m8[us]"), index=values.index, name=values.name)
        found[~values.isna()] = np.array(list(present), dtype="m8[us]")
        return found, _name(kinds)
    if all(issubclass(each, _NUMBERS) and not issubclass(each, bool) for each in kinds):
        return _numbers(values, present), _form_of_numbers(present, kinds)
    if all(issubclass(each, _MOMENTS) for each in kinds):
        return _moments(values, present, kinds)
    return values, ""


def untyped(found: pd.Series, form: str) -> pd.Series:
    """Return numbers, moments or durations without holes as objects of a form; see :func:`typed`."""
    name, _, detail = form.partition(":")
    objects: list[Any]
    if name == "Decimal":
        objects = decimals(found, int(detail))
    elif name == "Fraction":
        objects = [Fraction(float(each)).limit_denominator(int(detail)) for each in found]
    elif name == "int":
        objects = [round(each) for each in found]
    elif name in ("float", "Timestamp", "Timedelta"):
        objects = list(found)
    elif name == "datetime64":
        objects = list(found.to_numpy().astype("M8[us]"))
    elif name == "timedelta64":
        objects = list(found.to_numpy().astype("m8[us]"))
    elif name == "timedelta":
        objects = list(found.to_numpy().astype("m8[us]").astype(object))  # 64 bits end before a timedelta does
    elif name == "date":
        objects = list(found.to_numpy().astype("M8[D]").astype(object))
    elif getattr(found.dtype, "tz", None) is not None:
        objects = [each.to_pydatetime() for each in found]
    else:
        objects = list(found.to_numpy().astype("M8[us]").astype(object))
    result = np.empty(len(objects), dtype=object)
    result[:] = objects
    return pd.Series(result, index=found.index, dtype=object)


def decimals(numbers: pd.Series, exponent: int) -> list[Decimal]:
    """Return numbers as decimals whose last digit counts 10^exponent."""
    places, enough = Decimal(1).scaleb(exponent), Context(prec=400)
    exact = (each if isinstance(each, Decimal) else Decimal(repr(float(each))) for each in numbers)
    return [each.quantize(places, context=enough) for each in exact]


def _numbers(values: pd.Series, present: pd.Series) -> pd.Series:
    numbers = np.full(len(values), np.nan)
    try:
        numbers[~values.isna().to_numpy()] = [float(each) for each in present]
    except OverflowError:
        raise DataError(
            f"column {values.name!r} holds a number beyond 1e308: give its logarithm, or mark it as missing"
        ) from None
    return pd.Series(numbers, index=values.index, name=values.name)


def _form_of_numbers(present: pd.Series, kinds: set[type]) -> str:
    if all(issubclass(each, Decimal) for each in kinds):
        finite = [int(each.as_tuple().exponent) for each in present if each.is_finite()]
        return f"Decimal:{min(finite, default=0)}"
    if all(issubclass(each, Fraction) for each in kinds):
        return f"Fraction:{max(each.denominator for each in present)}"
    return "int" if all(issubclass(each, (int, np.integer)) for each in kinds) else "float"


def _moments(values: pd.Series, present: pd.Series, kinds: set[type]) -> tuple[pd.Series, str]:
    """Return moments as datetime64, those with a time zone on the clock of the first one's."""
    zones = [getattr(each, "tzinfo", None) for each in present]
    aware = [each is not None for each in zones]
    if any(aware) and not all(aware):
        return values, ""
    try:
        cells = (
            [each.astimezone(datetime.timezone.utc).replace(tzinfo=None) for each in present] if zones[0] else present
        )
    except OverflowError:
        raise DataError(
            f"column {values.name!r} holds a moment that is beyond the year 9999 in UTC: leave the time zones out"
        ) from None
    found = pd.Series(np.full(len(values), "NaT", dtype="M8[us]"), index=values.index, name=values.name)
    found[~values.isna()] = np.array([np.datetime64(each, "us") for each in cells], dtype="M8[us]")
    if zones[0] is not None:
        found = found.dt.tz_localize("UTC").dt.tz_convert(zones[0])
    early = (found.dropna().dt.year < 1000).any()
    return found, _name(kinds) + (_EARLY if early else "")


def _name(kinds: set[type]) -> str:
    """Return the name of the type of moments or durations; of several the one that holds most."""
    names = {each.__name__ for each in kinds}
    return max(
        names, key=("date", "timedelta", "datetime", "datetime64", "timedelta64", "Timestamp", "Timedelta").index
    )


def clipped(seconds: np.ndarray, form: str) -> np.ndarray:
    """Return seconds since 1970 inside the years that a form may have: 1000 to 9999 where no moment is earlier."""
    return np.clip(seconds, _FIRST_EARLY if form.endswith(_EARLY) else _FIRST, _LAST)
