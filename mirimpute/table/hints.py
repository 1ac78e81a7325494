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
from mirimpute.table.dates import pattern_of_text
from mirimpute.table.kinds import are_whole, plain
from mirimpute.table.python_objects import are_hashable
from mirimpute.table.text_numbers import BLANKS

_N = r"[+-]?(?:\d+\.?\d*|\.\d+)"
_MONEY = "[$€£¥₹]|[A-Z]{3}"
_THOUSANDS = "--thousands {0} (dataset.thousands) if they are thousands"
_DECIMAL = "--decimal {0} (dataset.decimal)"
_ONE_WAY = "write them as 2020-12-31 or 2020-12-31 23:59:59, all in one way"
_FORMS = (
    ("limits", rf"[<>≤≥~]\s*=?\s*{_N}", ""),
    (
        "numbers with commas",
        r"[+-]?[1-9]\d{0,2}(?:,\d{3})+",
        f"{_THOUSANDS.format(',')}, {_DECIMAL.format(',')} if they are decimals",
    ),
    ("numbers with commas", r"[+-]?[1-9]\d{0,2}(?:,\d{2,3})*,\d{3}\.\d*", _THOUSANDS.format(",")),
    ("numbers with decimal commas", r"[+-]?\d+,\d+", f"{_DECIMAL.format(',')} reads them"),
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
    ("percentages", rf"{_N}\s*%|[+-]?\d+,\d+\s*%", "write the numbers alone"),
    (
        "amounts of money",
        rf"[+-]?(?:{_MONEY})\s?[+-]?[\d.,']*\d|[+-]?[\d.,']*\d\s?(?:{_MONEY})",
        "write the numbers alone",
    ),
    ("numbers with a minus sign of typography, U+2212", rf"[\u2212\u2013\ufe63\uff0d]\s?{_N}", "write it as -"),
    ("numbers in parentheses", rf"\({_N}\)", "if they are negative, write them with - in front"),
    ("numbers with their sign behind", rf"{_N}\s?[+-]", "write it in front"),
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
        _ONE_WAY,
    ),
)
"""What it looks like, its pattern, and what to do."""
_UNIT = re.compile(rf"({_N})\s*([^\d\s.,:;/+-][^\d,;]{{0,11}})")
_OF_DIGITS = r"(?=.*\d)[\d\W_]+"
_MOSTLY = 0.9
_HALF = 0.5
_SOME = 5
_SEEN = 100
_MANY = 2000
"""Different texts of a column whose form is looked at."""
_DIGITS = 15
_FEW_CODES = 10
_MARK = re.compile(
    r"<?(?:na|nan|nat|null|none|nil)>?|n/a|\\n|-+|\.+|\?+|unknown|missing|undefined|not (?:available|applicable)|"
    r"no data|[kn]\.\s?[ad]\.|#(?:n/a|div/0!|value!|ref!|name\?|num!|null!)",
    re.IGNORECASE,
)
"""Words that mark a missing value more often than they name a category."""
_DATES_OF_DIGITS = {8: "%Y%m%d", 12: "%Y%m%d%H%M", 14: "%Y%m%d%H%M%S"}
_YEARS = (1800, 2200)
_FEWEST_DATES = 5


def culprit(values: pd.Series, name: str, from_text: bool, is_text: bool = False) -> tuple[str, str]:
    """Return what may be wrong with a column of texts that nearly are numbers or dates, and what can be done; "" if
    nothing is.

    Args:
        values: the column.
        name: of the column.
        from_text: its missing cells are marked by texts, so that an option can name more of them.
        is_text: nothing is learnt from it, so that less is enough to tell it.
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
    if share[is_date].sum() >= _HALF:
        odd = distinct[~distinct.isin(others[is_date])]
        if len(odd):
            count, shown = int(present.str.strip().isin(odd).sum()), _first(present, odd)
            what = f"{count} of {len(present)} values {_are_no(count, 'date')} as 2020-12-31, the first is {shown!r}"
            is_other_date = re.search(r"[1-9]", shown) and re.fullmatch(r"\d+[./-]\d+[./-]\d+.*", shown)
            return what, _way(name, _ONE_WAY if is_other_date else _marks([shown], from_text))
        return _dates_in_several_ways(present), _way(name, _ONE_WAY)
    looked_at = others[:_MANY]
    weight = share[:_MANY] * share.sum() / share[:_MANY].sum()
    for what, pattern, way in _FORMS:
        fits = looked_at.str.fullmatch(pattern).to_numpy(dtype=bool)
        if fits.any() and weight[fits].sum() + 1 - share.sum() >= _MOSTLY:
            shown = _first(present, looked_at[fits])
            return f"{what}, the first is {shown!r}", _way(name, way or _marks([shown], from_text))
    units = looked_at.str.extract(_UNIT)[1].str.strip()
    commonest = units.mode()
    if len(commonest) and weight[(units == commonest.iloc[0]).to_numpy()].sum() >= _MOSTLY:
        return f"numbers with a unit, the first is {present.iloc[0]!r}", _way(name, "write the numbers alone")
    if 1 - share.sum() >= (_HALF if from_text and len(present) >= _SOME else _MOSTLY):
        count, shown = int(counts.to_numpy()[~is_number].sum()), _first(present, others)
        what = f"{count} of {len(present)} values {_are_no(count, 'number')}, the first is {shown!r}: correct it"
        return what, _way(name, _marks([shown], from_text))
    if is_text and weight[looked_at.str.fullmatch(_OF_DIGITS).to_numpy(dtype=bool)].sum() + 1 - share.sum() >= _MOSTLY:
        shown = _first(present, others)
        return f"digits that are no number, the first is {shown!r}", _way(name, "write plain numbers")
    return "", ""


def marks_in(values: pd.Series, but: Sequence[str] = ()) -> tuple[str, list[str]]:
    """Return what is told of a column of categories that holds words for missing values, and these; "" if it has none.

    Words of ``but`` are not told.

    >>> marks_in(pd.Series(["a", "b", "unknown", "a"]))
    ("1 of 4 values is 'unknown', a category like others", ['unknown'])
    """
    if isinstance(values.dtype, pd.CategoricalDtype):  # somebody said that they are categories
        return "", []
    counts = values.dropna().value_counts()
    texts = (each for each in counts.index if isinstance(each, str))
    words = [each for each in texts if _MARK.fullmatch(each.strip()) and each.strip() not in but]
    if not words:
        return "", []
    count = int(counts[words].sum())
    shown = " or ".join(map(repr, words))
    return f"{count} of {counts.sum()} values {'is' if count == 1 else 'are'} {shown}, a category like others", words


def way_of_marks(name: str, words: Sequence[str], from_text: bool) -> str:
    """Return what can be done about words for missing values in a column of categories."""
    return f"{_marks(words, from_text)}, {kind_option(name, 'categorical')} says that all are categories"


def _are_no(count: int, what: str) -> str:
    """Return the words for so many cells that are none."""
    return f"is no {what}" if count == 1 else f"are no {what}s"


def _are_dates(texts: pd.Series) -> np.ndarray:
    """Return which texts begin with a date as 2020-12-31 and are dates."""
    day = r"\d{4}-\d{2}-\d{2}"
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


def of_codes(values: np.ndarray, columns: Sequence[Column], kinds: Mapping[str, Any]) -> list[str]:
    """Return of each column of whole numbers in ``values`` (n_rows, n_columns) what else it may be."""
    found = []
    for j, column in enumerate(columns):
        name, numbers = column.name, values[:, j]
        if column.kind is Kind.INTEGER and name not in kinds:
            found.append(codes_in(numbers, name, f"say {kind_option(name, 'categorical')}"))
            found.append(dates_of_digits_in(numbers, name, _way(name, "write them as 2019-01-31")))
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
    """Warn of columns of a DataFrame with holes whose whole numbers may be codes or dates, or whose words marks."""
    for j, name in enumerate(frame.columns):
        values = frame.iloc[:, j]
        simple = plain(values)[0] if missing_in(values).any() else None
        said = ""
        if simple is not None and pd.api.types.is_numeric_dtype(simple) and not pd.api.types.is_bool_dtype(simple):
            numbers = simple.to_numpy(dtype=float, na_value=np.nan)
            said = codes_in(numbers, str(name), "make the column a category by .astype('category')")
            said = said or dates_of_digits_in(numbers, str(name), "use pd.to_datetime")
        elif simple is not None and are_hashable(simple.dropna()):
            what, words = marks_in(simple)
            if what:
                replaced = f"replace {' and '.join(map(repr, words))} by None"
                said = (
                    f"column {name!r}: {what}: {replaced} where it marks a missing one, or make the column a category"
                )
        if said:
            warnings.warn(said, MirimputeWarning, stacklevel=5)


def dates_of_digits_in(values: np.ndarray, name: str, way: str) -> str:
    """Return that a column of whole numbers, float64 (n_rows,), may hold dates such as 20190131; "" for others.

    Args:
        values: the numbers, NaN where missing.
        name: of the column.
        way: how they are read as dates.
    """
    numbers = values[~np.isnan(values)]
    if not are_whole(numbers) or not numbers.size or numbers.min() < 10**7 or numbers.max() >= 10**14:
        return ""
    texts = pd.Series(np.unique(numbers).astype(np.int64)).astype(str)
    form = _DATES_OF_DIGITS.get(len(texts.iloc[0]))
    if form is None or len(texts) < _FEWEST_DATES or not texts.str.len().eq(len(texts.iloc[0])).all():
        return ""
    dates = pd.to_datetime(texts, format=form, errors="coerce")
    if dates.isna().any() or not dates.dt.year.between(*_YEARS).all():
        return ""
    return (
        f"column {name!r} holds numbers that all are dates without separators, such as {texts.iloc[0]}, and is filled "
        f"with numbers that may be none: if they are dates, {way}"
    )


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


def _marks(words: Sequence[str], from_text: bool) -> str:
    shown = " and ".join(map(repr, words))
    if not from_text:
        return f"mark {shown} as missing"
    return f"{' '.join(map(_option, words))} (dataset.missing_markers) marks {shown} as missing"


def _option(word: str) -> str:
    """Return the option that names a marker; "none" itself has another meaning, and blanks around it have none.

    >>> _option("-"), _option("-x"), _option("none")
    ('--na -', '--na=-x', "--na ' none'")
    """
    word = " none" if word == "none" else word
    is_like_option = word[:1] == "-" and len(word) > 1 and not re.fullmatch(_N, word)
    return f"--na{'=' if is_like_option else ' '}{shlex.quote(word)}"


def kind_option(name: str, kind: str) -> str:
    """Return how a kind is asked for, of the commands.

    >>> kind_option("zip", "text")
    '--kind zip=text (+dataset.kinds.zip=text)'
    """
    return f"--kind {shlex.quote(name)}={kind} (+dataset.kinds.{name}={kind})"
