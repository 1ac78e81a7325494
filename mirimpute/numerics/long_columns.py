"""Long columns without long work: one beside the other in memory, and sorted only where they are looked at."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from mirimpute.types import Array

_AT_ONCE, _ROWS = 8, 4_096
"""Columns that are copied together, and rows of them at a time: both fit into a cache."""
_LONG, _SAMPLE = 50_000, 16_384
"""Values from which on a column is sorted in part, and those that tell where its parts begin."""
_END, _MIDDLE = 40, 300
"""Values of the sample in either end, and in either half of the middle."""


def contiguous_columns(x: Array) -> Iterator[Array]:
    """Yield the columns of ``x`` (n, d), each (n,) one value beside the other.

    They lie in memory that is used again, so that a column is good until the next one is asked for.
    """
    if x.flags.f_contiguous:
        yield from x.T
        return
    beside = np.empty((_AT_ONCE, len(x)))
    for first in range(0, x.shape[1], _AT_ONCE):
        some = x[:, first : first + _AT_ONCE].T
        for start in range(0, len(x), _ROWS):
            beside[: len(some), start : start + _ROWS] = some[:, start : start + _ROWS]
        yield from beside[: len(some)]


def sorted_where_needed(values: Array, ends: int, distinct: int) -> Array:
    """Return ``values`` sorted at their ends and around their median; between them a value from there repeats.

    The result is in order, and as long as the sorted column. It equals it at either end, in ``ends`` values behind the
    so many ``distinct`` ones there, and around the median of what is left without these. Where ties or an odd order of
    the rows do not let that be known from a part, and of short columns, all is sorted.

    Args:
        values: float64 (n,); NaN is left out.
        ends: values that are asked for at an end.
        distinct: different values that may be left out at an end.

    >>> x = np.random.default_rng(0).normal(size=100_000)
    >>> part, whole = sorted_where_needed(x, 50, 4), np.sort(x)
    >>> bool((part[:100] == whole[:100]).all()), bool(part[50_000] == whole[50_000]), len(np.unique(part)) < 10_000
    (True, True, True)
    """
    if len(values) < _LONG:
        return _sorted(values)
    sample, n = _sorted(values[:: len(values) // _SAMPLE]), len(values) - int(np.count_nonzero(np.isnan(values)))
    k, half = len(sample), len(sample) // 2
    if half <= _MIDDLE:
        return _sorted(values)
    low, left, right, high = sample[[_END, half - _MIDDLE, half + _MIDDLE, k - 1 - _END]]
    bottom, middle, top = (
        np.sort(values[part]) for part in (values < low, (values >= left) & (values <= right), values > high)
    )
    before = int(np.count_nonzero(values < left))  # of the middle
    first, last = (n - len(top)) // 2 - 1, (n + len(bottom)) // 2 + 1  # where the median of what is left may be
    known = before < first and last < before + len(middle) - 1
    known = known and left < middle[first - before] and middle[last - before] < right
    inner = bottom[: max(len(bottom) - ends, 0)], top[ends:]
    if not known or any(len(np.unique(each)) <= distinct for each in inner):
        return _sorted(values)
    result = np.empty(n)
    result[: len(bottom)], result[n - len(top) :] = bottom, top
    result[len(bottom) : before], result[before + len(middle) : n - len(top)] = low, high
    result[before : before + len(middle)] = middle
    return result


def _sorted(values: Array) -> Array:
    """Return values in order, without NaN."""
    found = np.sort(values)
    return found[: np.searchsorted(found, np.nan)]
