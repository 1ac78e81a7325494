"""How numbers are written in a column of a text: read with commas for points, and written as the others are."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pyarrow
import pyarrow.compute as pc

_PLAIN = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$|^[+-]?[iI][nN][fF]([iI][nN][iI][tT][yY])?$"
_WHOLE = r"^[+-]?\d+$"
_CODE = r"^0\d+$"
BLANKS = " \u00a0\u202f\u2009"
"""Blanks that may stand between groups of digits: of a keyboard, no-break, narrow no-break and thin."""
_MOST_DIGITS = 17
"""Digits that tell every float64 from its neighbours."""
_FEW = 100
"""Texts that are looked at before all."""


@dataclass(frozen=True)
class Numerals:
    """What stands between the digits of a column's numbers.

    Attributes:
        decimal: "." or ",".
        thousands: "" where nothing does.
        percent: what stands behind each: "%", also with a blank before it, or "".
    """

    decimal: str = "."
    thousands: str = ""
    percent: str = ""

    def bare(self, texts: pyarrow.Array) -> pyarrow.Array:
        """Return the texts without what stands behind each number."""
        return pc.utf8_slice_codeunits(texts, 0, -len(self.percent)) if self.percent else texts


def read_numbers(texts: pyarrow.Array, decimal: str, thousands: str, guess: bool) -> tuple[Any, Numerals] | None:
    """Return the numbers, float64 or int64, of a column of texts, and how they are written; None if one is no number.

    >>> import pyarrow
    >>> numbers, how = read_numbers(pyarrow.array(["1,5", "-2"], pyarrow.large_string()), "", "", guess=True)
    >>> numbers.to_pylist(), how
    ([1.5, -2.0], Numerals(decimal=',', thousands='', percent=''))
    >>> numbers, how = read_numbers(pyarrow.array(["95 %", "100 %"], pyarrow.large_string()), "", "", guess=True)
    >>> numbers.to_pylist(), written(np.array([97.0]), pyarrow.array(["95 %"]), how)
    ([95, 100], ['97 %'])

    Args:
        texts: large_string (n_rows,), null where missing.
        decimal: "." or ",", for columns in which commas occur; "": "." or what is guessed.
        thousands: what may stand between groups of digits, "" nothing; a blank stands for any of :data:`BLANKS`.
        guess: take a comma for a point where it cannot stand for thousands.
    """
    percent = _percent_of(texts)
    if percent:
        found = read_numbers(Numerals(percent=percent).bare(texts), decimal, thousands, guess)
        return None if found is None else (found[0], replace(found[1], percent=percent))
    if thousands == " ":
        thousands = next((each for each in BLANKS if pc.any(pc.match_substring(texts, each)).as_py()), thousands)
    if not (thousands and pc.any(pc.match_substring(texts, thousands)).as_py()):
        numbers = _plain(texts)
        if numbers is not None:
            return numbers, Numerals()
    else:
        point = decimal or ("," if thousands == "." else ".")
        mark, pointed = re.escape(thousands), f"({re.escape(point)}\\d*)?"
        if _all(texts, rf"^[+-]?([1-9]\d{{0,2}}({mark}\d{{2,3}})*{mark}\d{{3}}|\d+){pointed}$"):
            plain = pc.replace_substring(texts, thousands, "")
            return _plain(pc.replace_substring(plain, point, ".")), Numerals(point, thousands)
    if decimal == "," or (guess and not decimal):
        if not _all(texts, r"^[+-]?(\d+,?\d*|,\d+)([eE][+-]?\d+)?$"):
            return None
        with_comma = texts.filter(pc.match_substring(texts, ","))
        if decimal == "," or (len(with_comma) and not _all(with_comma, r"^[+-]?[1-9]\d{0,2},\d{3}$")):
            return _plain(pc.replace_substring(texts, ",", ".")), Numerals(",")
    return None


def are_codes(texts: pyarrow.Array, numbers: np.ndarray) -> bool:
    """Return whether all are digits and one has a zero in front, or more digits than tell them apart as numbers.

    Args:
        texts: large_string (n_rows,), null where missing.
        numbers: what they are as numbers.
    """
    present = numbers if numbers.dtype.kind == "i" else numbers[~np.isnan(numbers)]
    if not np.array_equal(present, np.round(present)):
        return False
    if pc.any(pc.match_substring_regex(texts, _CODE)).as_py() and _all(texts, r"^\d+$"):
        return True
    if np.abs(present).max(initial=0) < 2**53 or not _all(texts, _WHOLE):
        return False
    as_floats = len(np.unique(present.astype(float)))
    return bool(2 * as_floats < pc.count_distinct(texts.drop_null()).as_py())


def written(numbers: np.ndarray, observed: pyarrow.Array, how: Numerals) -> list[str]:
    """Return numbers as a column writes them: with as many decimals, the exponent, the plus and the thousands it has.

    Args:
        numbers: float64 (k,), finite.
        observed: large_string, the texts of the column's numbers.
        how: what stands between their digits.
    """
    observed = how.bare(observed)
    plain = pc.replace_substring(observed, how.thousands, "") if how.thousands else observed
    parts = pc.extract_regex(
        plain, rf"^(?P<sign>[+-]?)(?P<whole>\d*){re.escape(how.decimal)}?(?P<part>\d*)(?P<exponent>(?:[eE].*)?)$"
    )
    lengths = {name: _lengths(pc.struct_field(parts, name)) for name in ("whole", "part", "exponent")}
    lengths["whole"] = _lengths(pc.utf8_ltrim(pc.struct_field(parts, "whole"), "0"))
    places = int(lengths["part"].max(initial=0))
    digits = int(np.clip((lengths["whole"] + lengths["part"]).max(initial=1), 1, _MOST_DIGITS))
    scientific = lengths["exponent"] > 0
    signed = pc.struct_field(parts, "sign")
    plus = pc.any(pc.equal(signed, "+")).as_py() and not pc.any(pc.equal(signed, "")).as_py()
    grouped = bool(how.thousands) and pc.any(pc.match_substring(observed, how.thousands)).as_py()
    if scientific.size and scientific.all():
        exponents = pc.struct_field(parts, "exponent").drop_null().to_pylist()
        texts = [_exponent(f"{number:.{digits - 1}e}", exponents) for number in numbers]
    elif scientific.any():
        texts = [f"{number:.{digits}g}" for number in numbers]
    else:
        group = "," if grouped else ""
        texts = [f"{number:{group}.{min(places, _decimals(number))}f}" for number in numbers]
    texts = [text if text.strip("-0.,") else text.lstrip("-") for text in texts]
    if plus:
        texts = [text if text.startswith("-") else f"+{text}" for text in texts]
    change = str.maketrans({",": how.thousands or ",", ".": how.decimal})
    return [f"{text.translate(change)}{how.percent}" for text in texts]


def decimals_of(observed: pyarrow.Array, how: Numerals) -> int | None:
    """Return how many decimals the numbers of a column are written with at most; None where one has an exponent.

    Args:
        observed: large_string, the texts of the column's numbers.
        how: what stands between their digits.
    """
    observed = how.bare(observed)
    if pc.any(pc.match_substring_regex(observed, "[eE]")).as_py():
        return None
    parts = pc.extract_regex(observed, rf"{re.escape(how.decimal)}(?P<part>\d*)$")
    return int(_lengths(pc.struct_field(parts, "part")).max(initial=0))


def _percent_of(texts: pyarrow.Array) -> str:
    """Return the sign of per cent that all texts end with, "" where one does not."""
    first = next((text.as_py() for text in texts if text.is_valid), "")
    found = re.search(rf"[{BLANKS}]?%$", first)
    return found[0] if found and _all(texts, rf"[0-9.,]{re.escape(found[0])}$") else ""


def _exponent(text: str, like: list[str]) -> str:
    """Return the number with its exponent written as the others.

    >>> _exponent("2.5e+03", ["E4", "E1"])
    '2.5E3'
    """
    mantissa, _, exponent = text.partition("e")
    power, example = int(exponent), like[0]
    digits = min(len(each.lstrip("eE+-")) for each in like)
    plus = "+" if any("+" in each for each in like) else ""
    return f"{mantissa}{example[0]}{'-' if power < 0 else plus}{abs(power):0{digits}d}"


def _decimals(number: float) -> int:
    """Return how many decimals a number has at most, for its digits are 17.

    >>> _decimals(16.17247950535954), _decimals(0.00123), _decimals(1e30)
    (15, 19, 0)
    """
    before = math.floor(math.log10(abs(number))) + 1 if number else 1
    return max(_MOST_DIGITS - before, 0)


def _lengths(texts: pyarrow.Array) -> np.ndarray:

    return pc.utf8_length(texts).drop_null().to_numpy(zero_copy_only=False)


def _all(texts: pyarrow.Array, pattern: str) -> bool:
    """Return whether all texts that are there match."""
    return bool(pc.all(pc.match_substring_regex(texts, pattern), min_count=0).as_py())


def _plain(texts: pyarrow.Array) -> Any:
    """Return the numbers of texts that are all written as 1, -2.5 or 1e3, else None."""
    some = texts[: min(len(texts), _FEW)]
    if texts.null_count == 0 and _all(some, _WHOLE):
        try:
            return pc.cast(texts, pyarrow.int64())
        except pyarrow.ArrowInvalid:
            pass
    try:
        numbers = pc.cast(texts, pyarrow.float64())
    except pyarrow.ArrowInvalid:
        texts = pc.utf8_trim_whitespace(texts)  # inside of quotes
        if not _all(texts, _PLAIN):
            return None
        numbers = pc.cast(pc.replace_substring_regex(texts, r"^\+", ""), pyarrow.float64())
    return None if pc.any(pc.is_nan(numbers)).as_py() else numbers
