"""Cells that are known to be below or above a limit only, such as <0.3 of a laboratory: no numbers, but not empty."""

from __future__ import annotations

import numpy as np
import pyarrow
import pyarrow.compute as pc

from mirimpute.errors import DataError
from mirimpute.table.text_numbers import read_numbers
from mirimpute.types import Array

_BELOW, _ABOVE = "<\u2264", ">\u2265"
_PREFIX = rf"^\s*[{_BELOW}{_ABOVE}]\s*=?\s*"
_SIGN = rf"^\s*(?P<sign>[{_BELOW}{_ABOVE}]\s*=?)\s*(?:[+-]?[\d.,].*)$"
_STRICTLY = 1e-9
"""Part of a limit by which a value lies below it, where it may not be on it: more than rounding to a grid forgives."""


def are_limits(texts: pyarrow.Array) -> pyarrow.Array:
    """Return which texts (n,) are limits, bool, false where there is none.

    >>> are_limits(pyarrow.array(["<0.3", "0.4", None, ">= 500", "< none"], pyarrow.large_string())).to_pylist()
    [True, False, False, True, False]
    """
    return pc.fill_null(pc.match_substring_regex(texts, _SIGN), False)


def limits_in(texts: pyarrow.Array, name: str, decimal: str = "", thousands: str = "") -> tuple[Array, Array]:
    """Return between which ends each cell of a column lies, float64 (n,) each; infinite where nothing is known of it.

    Ends belong to what is possible: <0.3 ends a little below .3, <=0.3 and ≤0.3 at it.

    Args:
        texts: large_string (n,), null where missing; limits among numbers.
        name: of the column.
        decimal, thousands: see :func:`mirimpute.table.text_numbers.read_numbers`.

    Raises:
        DataError: a text is neither a number nor a limit.

    >>> low, high = limits_in(pyarrow.array(["<0.3", "0.4", ">=500"], pyarrow.large_string()), "crp")
    >>> low.tolist(), high.round(6).tolist()
    ([-inf, -inf, 500.0], [0.3, inf, inf])
    """
    found = are_limits(texts)
    bare = pc.replace_substring_regex(texts, _PREFIX, "")
    numbers = read_numbers(pc.if_else(found, bare, texts), decimal, thousands, guess=False)
    if numbers is None:
        odd = next(each for each in texts.drop_null().to_pylist() if not _is_number(each, decimal, thousands))
        raise DataError(
            f"column {name!r} is censored and holds {odd!r}, which is neither a number nor a limit such as <0.3: "
            "correct it, or mark it as missing"
        )
    values, are = numbers[0].to_numpy(zero_copy_only=False).astype(float), found.to_numpy(zero_copy_only=False)
    signs = pc.struct_field(pc.extract_regex(texts, _SIGN), "sign")
    below, above = (_holds(signs, each) & are for each in (f"[{_BELOW}]", f"[{_ABOVE}]"))
    room = np.where(_holds(signs, "[=\u2264\u2265]"), 0.0, _STRICTLY * np.maximum(np.abs(values), 1e-3))
    return np.where(above, values + room, -np.inf), np.where(below, values - room, np.inf)


def _holds(signs: pyarrow.Array, pattern: str) -> Array:
    found: Array = pc.fill_null(pc.match_substring_regex(signs, pattern), False).to_numpy(zero_copy_only=False)
    return found


def _is_number(text: str, decimal: str, thousands: str) -> bool:
    bare = pc.replace_substring_regex(pyarrow.array([text], pyarrow.large_string()), _PREFIX, "")
    return read_numbers(bare, decimal, thousands, guess=False) is not None
