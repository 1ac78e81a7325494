"""What a column may be meant for when it is not taken for it: a sentence that names column, value and option."""

from __future__ import annotations

import re
import shlex
import warnings
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from mirimpute.errors import MirimputeWarning
from mirimpute.table.column_storage import missing_in
from mirimpute.table.columns import Column, Kind
from mirimpute.table.kinds import are_whole, plain

_N = r"[+-]?(?:\d+\.?\d*|\.\d+)"
_MONEY = "[$€£¥₹]|[A-Z]{3}"
_THOUSANDS = "--thousands {0} (dataset.thousands) if they are thousands"
_DECIMAL = "--decimal {0} (dataset.decimal)"
_FORMS = (
    ("limits", rf"[<>≤≥~]\s*=?\s*{_N}", ""),
    (
        "numbers with commas",
        r"[+-]?\d{1,3}(?:,\d{3})+",
        f"{_THOUSANDS.format(',')}, {_DECIMAL.format(',')} if they are decimals",
    ),
    ("numbers with commas", r"[+-]?\d{1,3}(?:,\d{2,3})*,\d{3}\.\d*", _THOUSANDS.format(",")),
    ("numbers with decimal commas", r"[+-]?\d+,\d+", f"{_DECIMAL.format(',')} reads them"),
    (
        "numbers with points and commas",
        r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d*)?",
        f"{_DECIMAL.format(',')} and --thousands . (dataset.thousands) read them",
    ),
    ("numbers with groups of digits", r"[+-]?\d{1,3}(?:_\d{3})+(?:\.\d*)?", _THOUSANDS.format("_")),
    ("numbers with groups of digits", r"[+-]?\d{1,3}(?: \d{3})+(?:[.,]\d*)?", _THOUSANDS.format("' '")),
    ("numbers with groups of digits", r"[+-]?\d{1,3}(?:'\d{3})+(?:\.\d*)?", _THOUSANDS.format('"\'"')),
    ("percentages", rf"{_N}\s*%|[+-]?\d+,\d+\s*%", "write the numbers alone"),
    (
        "amounts of money",
        rf"[+-]?(?:{_MONEY})\s?[+-]?[\d.,']*\d|[+-]?[\d.,']*\d\s?(?:{_MONEY})",
        "write the numbers alone",
    ),
    ("hexadecimal numbers", r"0[xX][0-9a-fA-F]+", "write them as decimal numbers"),
    (
        "times of day",
        r"\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:\s?[AaPp][Mm])?",
        "write them as numbers, or with their day",
    ),
    ("months", r"\d{4}[-/]\d{1,2}|\d{1,2}[-/]\d{4}", "write them as dates, 2020-12-31"),
    (
        "dates",
        r"(?:\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{4}\d{2}\d{2}T?)(?:[ T].*)?",
        "write them as 2020-12-31 or 2020-12-31 23:59:59, all in one way",
    ),
)
"""What it looks like, its pattern, and what to do."""
_UNIT = re.compile(rf"({_N})\s*([^\d\s.,:;/+-][^\d,;]{{0,11}})")
_MOSTLY = 0.9
_HALF = 0.5
_SOME = 5
_SEEN = 100
_MANY = 2000
"""Different texts of a column whose form is looked at."""
_DIGITS = 15
_FEW_CODES = 10


def culprit(values: pd.Series, name: str, from_text: bool) -> tuple[str, str]:
    """Return what may be wrong with a column of texts that nearly are numbers or dates, and what can be done; "" if
    nothing is.

    Args:
        values: the column.
        name: of the column.
        from_text: its missing cells are marked by texts, so that an option can name more of them.
    """
    if not pd.api.types.is_object_dtype(values) and not pd.api.types.is_string_dtype(values):
        return "", ""
    present = values.dropna()
    counts = present.value_counts(sort=False)
    if not len(counts) or not all(isinstance(each, str) for each in counts.index):
        return "", ""
    distinct = pd.Series(counts.index.astype(object)).str.strip()
    is_number = pd.to_numeric(distinct, errors="coerce").notna().to_numpy()
    if is_number.all():
        return _numbers_as_text(present), ""
    others, share = distinct[~is_number], (counts / len(present)).to_numpy()[~is_number]
    is_date = _are_dates(others)
    if share[is_date].sum() >= _MOSTLY and not is_date.all():
        count = int(counts.to_numpy()[~is_number][~is_date].sum()) + int(counts.to_numpy()[is_number].sum())
        shown = _first(present, others[~is_date])
        what = f"{count} of {len(present)} values are not dates, the first is {shown!r}: correct it"
        return what, _way(name, _marks(shown, from_text))
    looked_at = others[:_MANY]
    weight = share[:_MANY] * share.sum() / share[:_MANY].sum()
    for what, pattern, way in _FORMS:
        fits = looked_at.str.fullmatch(pattern).to_numpy(dtype=bool)
        if fits.any() and weight[fits].sum() + 1 - share.sum() >= _MOSTLY:
            shown = _first(present, looked_at[fits])
            return f"{what}, the first is {shown!r}", _way(name, way or _marks(shown, from_text))
    units = looked_at.str.extract(_UNIT)[1].str.strip()
    commonest = units.mode()
    if len(commonest) and weight[(units == commonest.iloc[0]).to_numpy()].sum() >= _MOSTLY:
        return f"numbers with a unit, the first is {present.iloc[0]!r}", _way(name, "write the numbers alone")
    if 1 - share.sum() >= (_HALF if from_text and len(present) >= _SOME else _MOSTLY):
        count, shown = int(counts.to_numpy()[~is_number].sum()), _first(present, others)
        what = f"{count} of {len(present)} values are not numbers, the first is {shown!r}: correct it"
        return what, _way(name, _marks(shown, from_text))
    return "", ""


def _are_dates(texts: pd.Series) -> np.ndarray:
    """Return which texts begin with a date as 2020-12-31 and are dates."""
    day = r"\d{4}-\d{2}-\d{2}"
    if not texts[:_SEEN].str.match(day).any():
        return np.zeros(len(texts), dtype=bool)
    are = pd.to_datetime(texts, format="ISO8601", errors="coerce", utc=True).notna()
    return (are & texts.str.match(day)).to_numpy(dtype=bool)


def _first(present: pd.Series, among: pd.Series) -> str:
    """Return the first value that is one of some, without the blanks around it."""
    stripped = present.str.strip()
    return str(stripped[stripped.isin(among)].iloc[0])


def _numbers_as_text(present: pd.Series) -> str:
    codes, longest = present[present.str.match(r"\s*0\d")], present.str.len().max()
    if len(codes):
        return f"codes such as {codes.iloc[0]}"
    if longest > _DIGITS:
        return f"numbers of {longest} digits, of which a number keeps {_DIGITS}, the first is {present.iloc[0]!r}"
    return f"numbers as text, the first is {present.iloc[0]!r}"


def of_codes(values: np.ndarray, columns: Sequence[Column], kinds: Mapping[str, Any]) -> list[str]:
    """Return a sentence for each column of whole numbers in ``values`` (n_rows, n_columns) that may be codes."""
    asked = [(j, column.name) for j, column in enumerate(columns) if column.kind is Kind.INTEGER]
    found = (
        codes_in(values[:, j], name, f"say {kind_option(name, 'categorical')}")
        for j, name in asked
        if name not in kinds
    )
    return [each for each in found if each]


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
    """Warn of columns of a DataFrame with holes whose whole numbers may be codes."""
    for j, name in enumerate(frame.columns):
        values = frame.iloc[:, j]
        simple = plain(values)[0] if missing_in(values).any() else None
        if simple is not None and pd.api.types.is_numeric_dtype(simple) and not pd.api.types.is_bool_dtype(simple):
            numbers = simple.to_numpy(dtype=float, na_value=np.nan)
            said = codes_in(numbers, str(name), "make the column a category by .astype('category')")
            if said:
                warnings.warn(said, MirimputeWarning, stacklevel=5)


def _may_be_codes(distinct: np.ndarray, count: int) -> bool:
    """Return whether few whole numbers that repeat have wide, unequal gaps, or are two other than 0 and 1."""
    if not 2 <= len(distinct) <= _FEW_CODES or count < max(3 * len(distinct), _FEW_CODES):
        return False
    gaps = np.diff(distinct)
    if len(distinct) == 2:
        return bool(distinct[0] != 0 or gaps[0] != 1)
    return bool(gaps.min() < gaps.max() and len(distinct) <= 0.6 * (distinct[-1] - distinct[0] + 1))


def _between(distinct: np.ndarray) -> str:
    """Return a whole number between the values that is none of them, or half of the sum."""
    k = int(np.argmax(np.diff(distinct)))
    middle = (distinct[k] + distinct[k + 1]) / 2
    return f"{middle:.0f}" if distinct[k + 1] - distinct[k] > 1 else f"{middle:g}"


def _way(name: str, way: str) -> str:
    """Return what can be done about a column: ``way``, or to leave it alone."""
    return f"{way}, or leave the column alone by {kind_option(name, 'text')}"


def _marks(word: str, from_text: bool) -> str:
    if not from_text:
        return f"mark {word!r} as missing"
    return f"--na {shlex.quote(word)} (dataset.missing_markers) marks {word!r} as missing"


def kind_option(name: str, kind: str) -> str:
    """Return how a kind is asked for, of the commands.

    >>> kind_option("zip", "text")
    '--kind zip=text (+dataset.kinds.zip=text)'
    """
    return f"--kind {shlex.quote(name)}={kind} (+dataset.kinds.{name}={kind})"
