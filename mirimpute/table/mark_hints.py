"""Numbers that may mark missing cells, such as -1 among hundreds, 0 of a blood pressure or 9 of answers from 1 to 5.

What lies far outside is not learnt from (:mod:`mirimpute.table.wild`). The numbers here are, for they may be true; so
they are told.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np

from mirimpute.table.columns import Column, Kind
from mirimpute.table.kinds import are_whole
from mirimpute.table.wild import Fences, shown
from mirimpute.types import Array

_MARK = re.compile(r"7+|8+|9+|9+[678]|32767|65535|2147483647|4294967295")
"""Digits of marks above the other values: of surveys, and the last whole numbers of 16 and 32 bits."""
_MOST_MARKS, _FEWEST, _FEWEST_OTHERS = 3, 3, 10
_FIRST = 1_000
_LEAST_SHARE, _MOST_SHARE = 0.02, 0.5
_WIDEST_GAPS, _FEWEST_FOR_GAPS, _FEWEST_COUNTS = 3.0, 6, 5


def mark_hint(values: Array, column: Column, way: Callable[[list[float]], str]) -> str:
    """Return what may be wrong with a column of numbers that has marks of missing cells at an end; "" for others.

    Marks are one to three different values, three cells or more and half of the column at most: 0 and negative whole
    numbers below a column that has no other such, numbers as 88, 999, 97, 65535 above, any days. They are told where
    the gap to the others is more than three times the widest one of these; in a column of whole numbers without gaps,
    where a fiftieth of the cells is two steps away or more (0 alone may be), or where -1 is more frequent than the 0
    above it.

    Args:
        values: the numbers, or seconds since 1970, float64 (n_rows,) with NaN where missing.
        column: what it is.
        way: from the marks to what can be done.

    >>> from mirimpute.table.columns import Kind
    >>> values = np.array([-1.0, *range(180, 240)] * 3)
    >>> mark_hint(values, Column("a", Kind.INTEGER), lambda marks: "mark them")[:60]
    "column 'a' holds -1 in 3 of 183 cells, apart from the others"
    """
    finite = values[np.isfinite(values)]
    is_date = column.kind is Kind.DATETIME
    if not len(finite) or not (is_date or _may_end_in_marks(finite)):
        return ""
    distinct, counts = np.unique(finite, return_counts=True)
    for below in (True, False):
        count = next((k for k in range(_MOST_MARKS, 0, -1) if _are_apart(distinct, counts, k, below, is_date)), 0)
        marks, others = (distinct[:count], distinct[count:]) if below else (distinct[-count:], distinct[:-count])
        if count and not Fences.of(values[:, None], [column]).wild(marks[:, None]).any():
            cells = int(counts[np.isin(distinct, marks)].sum())
            named = " or ".join(shown(each, column, 15) for each in marks)
            ends = [shown(each, column, 6) for each in (others[0], others[-1])]
            return (
                f"column {column.name!r} holds {named} in {cells} of {len(finite)} cells, apart from the others, "
                f"{' to '.join(ends)}, and learnt from as they are: if they mark missing cells, "
                f"{way(marks.tolist())}"
            )
    return ""


def _may_end_in_marks(numbers: Array) -> bool:
    """Return whether numbers may have marks at an end, before all of them are sorted."""
    low = numbers[numbers <= 0]
    return bool(_is_mark(numbers.max()) or (low.size and len(np.unique(low[:_FIRST])) <= _MOST_MARKS))


def _are_apart(distinct: Array, counts: Array, k: int, below: bool, are_dates: bool) -> bool:
    """Return whether the first (or the last) ``k`` different numbers are marks, as :func:`mark_hint` has it."""
    if not below:
        distinct, counts = -distinct[::-1], counts[::-1]
    marks, others, cells = distinct[:k], distinct[k:], int(counts[:k].sum())
    if not _FEWEST <= cells <= _MOST_SHARE * counts.sum() or counts[k:].sum() < _FEWEST_OTHERS or len(others) < 2:
        return False
    of_marks = [_is_mark(-each) or (below and each.is_integer()) for each in marks]
    if not (are_dates or all(of_marks)) or (below and not are_dates and (others[0] < 0 or marks[-1] > 0)):
        return False
    with np.errstate(over="ignore"):
        gap, widest = others[0] - marks[-1], np.diff(others).max()
    if gap > _WIDEST_GAPS * widest and len(others) >= _FEWEST_FOR_GAPS:
        return True
    if are_dates or not are_whole(distinct) or widest > 1:
        return False
    if gap >= 2:
        return bool(marks[-1] != 0 and cells >= _LEAST_SHARE * counts.sum())
    return bool(below and marks[-1] < 0 and k == 1 and len(others) >= _FEWEST_COUNTS and counts[0] > counts[1])


def _is_mark(number: float) -> bool:
    """Return whether a number is written as marks of missing values are: 8, 99, 88.8, 998, 65535.

    >>> [_is_mark(each) for each in (8.0, 99.9, 998.0, 65535.0, 89.0, 12.0, -9.0)]
    [True, True, True, True, False, False, False]
    """
    return _MARK.fullmatch(f"{number:.15g}".replace(".", "")) is not None
