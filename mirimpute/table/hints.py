"""Columns of texts that nearly are numbers or dates: what they look like, and which option reads them."""

from __future__ import annotations

import datetime
import re
from typing import Any

import numpy as np
import pandas as pd

from mirimpute.table.dates import pattern_of_text
from mirimpute.table.hint_options import (
    NUMBER,
    in_python,
    way_of_limits,
    way_of_marking,
    way_of_words_of_limits,
    way_or_text,
)
from mirimpute.table.python_objects import is_number
from mirimpute.table.text_numbers import BLANKS

_LIMITS, _SIGN, _WITH_COMMA = "limits", r"[<>≤≥]\s*=?\s*", r"[+-]?\d+,\d+"
_OPEN, _WORDS_OF_LIMITS = "numbers with an open end", "words for limits"
_MONEY = "[$€£¥₹]|[A-Z]{3}"
_THOUSANDS = "--thousands {0} (dataset.thousands) if they are thousands"
_DECIMAL = "--decimal {0} (dataset.decimal)"
_MONTH = r"(?i:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[^\W\d_]*\.?"
_AS_NUMBERS = "write them as numbers, or with their day"
_AS_DATES = "write them as dates, 2020-12-31"
_ONE_WAY = "write them as 2020-12-31, 31.12.2020 or 2020-12-31 23:59:59, all in one way"
_FORMS = (
    (_LIMITS, rf"{_SIGN}(?:{NUMBER}|{_WITH_COMMA})", ""),
    (
        "numbers with commas",
        r"[+-]?[1-9]\d{0,2}(?:,\d{3})+",
        f"{_THOUSANDS.format(',')}, {_DECIMAL.format(',')} if they are decimals",
    ),
    ("numbers with commas", r"[+-]?[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}\.\d*", _THOUSANDS.format(",")),
    ("numbers with decimal commas", r"[+-]?\d+,\d+(?:[eE][+-]?\d+)?", f"{_DECIMAL.format(',')} reads them"),
    (
        "numbers with points and commas",
        r"[+-]?[1-9]\d{0,2}(?:\.\d{3})+(?:,\d*)?",
        f"{_DECIMAL.format(',')} and --thousands . (dataset.thousands) read them",
    ),
    ("numbers with groups of digits", r"[+-]?\d{1,3}(?:_\d{3})+(?:\.\d*)?", _THOUSANDS.format("_")),
    ("numbers with groups of digits", rf"[+-]?\d{{1,3}}(?:[{BLANKS}]\d{{3}})+(?:\.\d*)?", _THOUSANDS.format("' '")),
    (
        "numbers with groups of digits and decimal commas",
        rf"[+-]?\d{{1,3}}(?:[{BLANKS}]\d{{3}})*,\d*",
        f"{_DECIMAL.format(',')} and --thousands ' ' (dataset.thousands) read them",
    ),
    ("numbers with groups of digits", r"[+-]?\d{1,3}(?:'\d{3})+(?:\.\d*)?", _THOUSANDS.format('"\'"')),
    ("percentages", rf"{NUMBER}\s*%|[+-]?\d+,\d+\s*%", "write the numbers alone"),
    (
        "amounts of money",
        rf"[+-]?(?:{_MONEY})\s?[+-]?[\d.,']*\d|[+-]?[\d.,']*\d\s?(?:{_MONEY})",
        "write the numbers alone",
    ),
    (
        "numbers with a minus sign of typography, U+2212",
        rf"[\u2212\u2013\ufe63\uff0d]\s?{NUMBER}",
        "write it as -",
    ),
    ("numbers in parentheses", rf"\({NUMBER}\)", "if they are negative, write them with - in front"),
    ("numbers with their sign behind", rf"{NUMBER}\s?-", "write it in front"),
    (_OPEN, rf"{NUMBER}\s?\+", ""),
    (
        _WORDS_OF_LIMITS,
        rf"(?i:[<>]?\s?l?lo[dq]|bdl|b[dl]l|blo?q|nd|n\.\s?d\.|(?:not|un)[ -]?detect(?:ed|able)|n\. n\.|traces?|"
        rf"(?:below|under|less than|unter|above|over|greater than|more than|über)\s+(?:{NUMBER}|l\w+|detection.*))",
        "",
    ),
    ("hexadecimal numbers", r"0[xX][0-9a-fA-F]+", "write them as decimal numbers"),
    (
        "times of day",
        r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s?[AaPp][Mm])?",
        _AS_NUMBERS,
    ),
    (
        "months",
        rf"\d{{4}}[-/]\d{{1,2}}|\d{{1,2}}[-/]\d{{4}}|{_MONTH}[\s,/-]+\d{{2,4}}|\d{{4}}[\s/-]+{_MONTH}",
        _AS_DATES,
    ),
    ("quarters or weeks", r"\d{4}[\s/-]?[QW]\d{1,2}|[QW]\d{1,2}[\s/-]?\d{4}", _AS_DATES),
    (
        "dates",
        rf"(?:(?:[^\W\d]+,?\s+)?\d{{1,2}}[\s./-]*{_MONTH}[\s,/-]*\d{{2,4}}|{_MONTH}\s+\d{{1,2}},?\s+\d{{4}})"
        r"(?:[ T:].*)?",
        _ONE_WAY,
    ),
    (
        "dates",
        r"(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[./年-]\d{1,2}[./月-]\d{1,2}日?|\d{8}T?)(?:[ Tt].*)?",
        _ONE_WAY,
    ),
    ("durations", r"-?P(?=[\dT])(?:\d+[YMWD])*(?:T(?:\d+(?:\.\d+)?[HMS])*)?", "write the numbers alone, in one unit"),
)
"""What it looks like, its pattern, and what to do."""
_AMOUNT = rf"[+-]?\d{{1,3}}(?:[{BLANKS}.,'’]\d{{3}})+(?:[.,]\d+)?|{_WITH_COMMA}|{NUMBER}"
_UNIT = re.compile(rf"^(?:{_SIGN})?({_AMOUNT})\s*([^\d\s.,:;/+-][^\d,;]{{0,11}})")
_MOST_UNITS = 5
_NOTED = rf"[~≈*]?\s?{NUMBER}\s?(?:[*^†‡#?!]+|\(?[^\W\d_]{{1,2}}\)?)?"
"""A number with a sign of somebody's beside it, such as ~1.5, 1.5* and 1.5 H."""
_OF_DIGITS = r"(?=.*\d)[\d\W_]+"
_MOSTLY = 0.9
_HALF, _TENTH = 0.5, 0.1
_SOME = 5
_MOST_MARKS = 3
_SEEN = 100
_MANY = 2000
"""Different texts of a column whose form is looked at."""
_DIGITS = 15


def culprit(values: pd.Series, name: str, from_text: bool, is_text: bool = False) -> tuple[str, str]:
    """Return what may be wrong with a column of texts that nearly are numbers or dates, and what can be done; "" if
    nothing is.

    Args:
        values: the column.
        name: of the column.
        from_text: its missing cells are marked by texts, so that an option can name more of them.
        is_text: nothing is learnt from it, so that less is enough to tell it.
    """
    present = values.dropna()
    if len(present) and isinstance(present.iloc[0], datetime.time):
        return f"times of day, the first is {present.iloc[0]}", way_or_text(name, _AS_NUMBERS)
    if not pd.api.types.is_object_dtype(values) and not pd.api.types.is_string_dtype(values):
        return "", ""
    counts = present.value_counts(sort=False)
    if not len(counts) or not all(isinstance(each, str) for each in counts.index):
        return "", ""
    distinct = pd.Series(counts.index.astype(object)).str.strip()
    is_number = pd.to_numeric(distinct, errors="coerce").notna().to_numpy()
    if is_number.all():
        return _numbers_as_text(present), ""
    others, share = distinct[~is_number], (counts / len(present)).to_numpy()[~is_number]
    is_date = _are_dates(others)
    if share[is_date].sum() >= _HALF:
        odd = distinct[~distinct.isin(others[is_date])]
        if len(odd):
            count, shown = int(present.str.strip().isin(odd).sum()), _first(present, odd)
            form = "2020-12-31" if re.match(r"\d{4}", str(others[is_date].iloc[0])) else "31.12.2020"
            what = f"{count} of {len(present)} values {_are_no(count, 'date')} as {form}, the first is {shown!r}"
            is_other_date = re.search(r"[1-9]", shown) and re.fullmatch(r"\d+[./-]\d+[./-]\d+.*", shown)
            return what, way_or_text(name, _ONE_WAY if is_other_date else way_of_marking([shown], from_text))
        return _dates_in_several_ways(present), way_or_text(name, _ONE_WAY)
    looked_at = others[:_MANY]
    weight = share[:_MANY] * share.sum() / share[:_MANY].sum()
    for what, pattern, way in _FORMS:
        fits = looked_at.str.fullmatch(pattern).to_numpy(dtype=bool)
        if what == _LIMITS and fits.any():  # among decimal commas, too
            fits = fits | looked_at.str.fullmatch(_WITH_COMMA).to_numpy(dtype=bool)
        if fits.any() and weight[fits].sum() + 1 - share.sum() >= _MOSTLY:
            if what == _LIMITS:
                shown = _first(present, looked_at[looked_at.str.match(_SIGN)])
                return f"{what}, the first is {shown!r}", way_of_limits(name, shown, from_text)
            shown = _first(present, looked_at[fits])
            if what in (_OPEN, _WORDS_OF_LIMITS):
                return f"{what}, the first is {shown!r}", way_of_words_of_limits(name, shown, from_text)
            return f"{what}, the first is {shown!r}", way_or_text(name, way or way_of_marking([shown], from_text))
    units = looked_at.str.extract(_UNIT)[1].str.strip()
    commonest = units.mode()
    if len(commonest) and weight[(units == commonest.iloc[0]).to_numpy()].sum() >= _MOSTLY:
        return f"numbers with a unit, the first is {present.iloc[0]!r}", way_or_text(name, "write the numbers alone")
    several = units.dropna().unique()
    few = 1 < len(several) <= min(_MOST_UNITS, len(units) // 2) and not any(" " in each for each in several)
    if few and weight[units.notna().to_numpy()].sum() >= _MOSTLY:
        what = f"numbers with the units {' and '.join(map(repr, several))}, the first is {present.iloc[0]!r}"
        return what, way_or_text(name, "write the numbers alone, in one unit")
    if len(looked_at) > 1 and 1 - share.sum() >= _TENTH and looked_at.str.fullmatch(_NOTED).all():
        what = f"numbers, some with something beside them, the first is {_first(present, others)!r}"
        return what, way_or_text(name, "write the numbers alone")
    written = [str(each) for each in counts.index[~is_number]]
    are_marks = len(written) <= _MOST_MARKS
    if 1 - share.sum() >= (_HALF if (from_text or (is_text and are_marks)) and len(present) >= _SOME else _MOSTLY):
        count, shown = int(counts.to_numpy()[~is_number].sum()), _first(present, others)
        what = f"{count} of {len(present)} values {_are_no(count, 'number')}, the first is {shown!r}: correct it"
        way = way_of_marking(written, from_text) if are_marks else "write numbers alone"
        return what, way_or_text(name, way)
    if is_text and weight[looked_at.str.fullmatch(_OF_DIGITS).to_numpy(dtype=bool)].sum() + 1 - share.sum() >= _MOSTLY:
        shown = _first(present, others)
        return f"digits that are no number, the first is {shown!r}", way_or_text(name, "write plain numbers")
    return "", ""


def python_culprit(present: pd.Series, label: Any, is_text: bool) -> tuple[str, str]:
    """Return :func:`culprit` of a column of texts, or numbers and texts, of a DataFrame, with what is done in Python.

    Args:
        present: the cells that are not missing.
        label: of the column.
        is_text: see :func:`culprit`.
    """
    if not all(isinstance(each, str) or is_number(each) for each in present):
        return "", ""
    what, way = culprit(present.map(str), str(label), False, is_text)
    return what, in_python(way)


def are_limits_in(what: str) -> bool:
    """Return whether a column is told to hold limits."""
    return what.startswith(_LIMITS)


def _are_no(count: int, what: str) -> str:
    """Return the words for so many cells that are none."""
    return f"is no {what}" if count == 1 else f"are no {what}s"


def _are_dates(texts: pd.Series) -> np.ndarray:
    """Return which texts begin with a date as 2020-12-31 and are dates, or are dates as 31.12.2020 where none does."""
    day = r"\d{4}-\d{2}-\d{2}"
    if texts[:_SEEN].str.fullmatch(r"\d{2}\.\d{2}\.\d{4}").any():
        return np.asarray(pd.to_datetime(texts, format="%d.%m.%Y", errors="coerce").notna())
    if not texts[:_SEEN].str.match(day).any():
        return np.zeros(len(texts), dtype=bool)
    are = pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=True).notna()
    return (are & texts.str.match(day)).to_numpy(dtype=bool)


def _first(present: pd.Series, among: pd.Series) -> str:
    """Return the first value that but for the blanks around it is one of some."""
    return str(present[present.str.strip().isin(among)].iloc[0])


def _dates_in_several_ways(present: pd.Series) -> str:
    """Return the first two ways in which dates are written, or the first date where it cannot be told."""
    first = str(present.iloc[0])
    other = present[present.map(pattern_of_text) != pattern_of_text(first)]
    if not len(other):
        return f"dates, the first is {first!r}"
    return f"dates in several ways, the first are {first!r} and {other.iloc[0]!r}"


def _numbers_as_text(present: pd.Series) -> str:
    codes, longest = present[present.str.match(r"\s*0\d")], present.str.len().max()
    if len(codes):
        return f"codes such as {codes.iloc[0]}"
    if longest > _DIGITS:
        return f"numbers of {longest} digits, of which a number keeps {_DIGITS}, the first is {present.iloc[0]!r}"
    return f"numbers as text, the first is {present.iloc[0]!r}"
