"""Wild cells: single values so far outside of the rest of their column that they would rule its mean and scale.

A fill value such as 9.97e36 or -999 that was left in a file, or an amount a million times too large. Such a cell stays
what it is in every output. What learns or completes takes it for missing, so that every method has the scale, range and
donors of the other cells; the caller says so, with column, row and value.

A column has a fence on either side of its observed range [a, b], and what lies beyond is wild:

    b + max(5 (b - a), median + D 1000^g - b),    D = b - median,

and likewise below a. The second term keeps heavy tails inside: beyond D times a factor r lies a share r^(-1/g) of a
tail of index g, estimated from the largest tenth of the column (Hill, Annals of Statistics 1975) and taken one standard
error larger, 0.35 at least (1 where five values or fewer are above the median). Of columns with heavy tails, lognormal
or Student's t with two degrees of freedom, fewer than one in a hundred has a wild cell by chance.

A column is fenced without its wild cells: at most three different values at an end, together at most a twentieth of the
cells (two of few cells). A value that is written for missing ones (nines only, such as -999, or a million times the
range away) may be up to a third, and nines are wild from five ranges on. Eight cells have to be left. Where these have
only two values, what is a hundred times their range away is wild; where they are equal, what is 1e15 times as large.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mirimpute.table.columns import Column, Kind
from mirimpute.types import Array

_RANGES, _RANGES_OF_TWO, _RANGES_OF_FEW, _TIMES_OF_ONE = 5.0, 100.0, 1000.0, 1e15
_TAIL = 1000.0
_LEAST_INDEX, _UNKNOWN_INDEX = 0.35, 1.0
_MOST_VALUES = 3
_FEW, _MOST_MARKS, _FEWEST_LEFT = 0.05, 1 / 3, 8
_FILL = 1e6
_NAMED = 3
_SAID = "kept as it is, but nothing is learnt from it; if it stands for no value, mark it as missing"


@dataclass(frozen=True)
class Fences:
    """Beyond which values the cells of each column are wild; float64 (d,), columns of the table, original units.

    Attributes:
        lowest, highest: the observed range without the wild cells.
        low, high: the fences; infinite for categories.
    """

    lowest: Array
    highest: Array
    low: Array
    high: Array

    @classmethod
    def of(cls, x_incomplete: Array, columns: Sequence[Column]) -> Fences:
        """Return the fences of the observed cells.

        Args:
            x_incomplete: float64 (n_rows, d), original units, NaN where missing, at least one value per column.
            columns: of the table.
        """
        found = [_fenced(values, column) for values, column in zip(x_incomplete.T, columns, strict=True)]
        return cls(*np.array(found, dtype=float).T.copy())

    def wild(self, x: Array) -> Array:
        """Return which cells of ``x`` (n, d) are wild, bool; missing ones are not."""
        with np.errstate(over="ignore", invalid="ignore"):
            reach = _RANGES * (self.highest - self.lowest)
            far = ((x < self.lowest - reach) | (x > self.highest + reach)) & np.isfinite(self.low) & (reach > 0)
        wild = (x < self.low) | (x > self.high)
        nines = [value for value in np.unique(x[far & ~wild]) if _is_nines(value)]
        return wild | (far & np.isin(x, nines)) if nines else wild

    def without(self, x: Array) -> Array:
        """Return ``x`` (n, d) with NaN in its wild cells; the array itself if there are none."""
        wild = self.wild(x)
        return np.where(wild, np.nan, x) if wild.any() else x

    def sentences(
        self, x: Array, columns: Sequence[Column], rows: Sequence[Any] | None = None, first: int = 0, said: str = _SAID
    ) -> list[str]:
        """Return a sentence for each column with wild cells in ``x`` (n, d), which names rows and values.

        Args:
            x: original units.
            columns: of the table.
            rows: names of the rows (default: their numbers).
            first: number of the first row.
            said: what becomes of the cells.
        """
        wild = self.wild(x)
        found = []
        for j in np.flatnonzero(wild.any(axis=0)):
            where = np.flatnonzero(wild[:, j])
            named = [where[x[where, j] == value] for value in dict.fromkeys(x[where, j].tolist())]
            cells = [f"{shown(x[each[0], j], columns[j])} in {_rows(each, rows, first)}" for each in named[:_NAMED]]
            counted = f" (rows are counted from {first})" if rows is None else ""
            more = f" and {len(named) - _NAMED} more such values" if len(named) > _NAMED else ""
            between = f"{shown(self.lowest[j], columns[j], 6)} to {shown(self.highest[j], columns[j], 6)}"
            found.append(
                f"column {columns[j].name!r} holds {', '.join(cells)}{more}{counted}, far outside of its other "
                f"values, {between}: {said}"
            )
        return found


NOWHERE = Fences(*(np.array(end) for end in (-np.inf, np.inf, -np.inf, np.inf)))
"""No fences."""


def shown(value: float, column: Column, digits: int = 12) -> str:
    """Return a value of a column as a reader knows it: dates as dates, numbers with so many digits at most.

    >>> from mirimpute.table.columns import Column, Kind
    >>> shown(-999.0, Column("a", Kind.CONTINUOUS)), shown(86400.0, Column("t", Kind.DATETIME))
    ('-999', '1970-01-02 00:00:00')
    """
    if column.kind is Kind.DATETIME:
        return str(np.datetime64(0, "s") + np.timedelta64(round(float(value)), "s")).replace("T", " ")
    return f"{value:.{digits}g}" + (" seconds" if column.kind is Kind.DURATION else "")


def _rows(numbers: Array, names: Sequence[Any] | None, first: int) -> str:
    """Return which rows, the first few by name."""
    labels = [repr(names[i]) if names is not None else str(i + first) for i in numbers[:_NAMED]]
    more = f" and {len(numbers) - _NAMED} more" if len(numbers) > _NAMED else ""
    return f"row{'s' if len(numbers) > 1 else ''} {', '.join(labels)}{more}"


def _fenced(values: Array, column: Column) -> tuple[float, float, float, float]:
    """Return range and fences of one column, see :class:`Fences`."""
    observed = np.sort(values[~np.isnan(values)])
    if column.categories:
        return observed[0], observed[-1], -np.inf, np.inf
    with np.errstate(over="ignore"):
        kept = _without_ends(observed)
        return kept[0], kept[-1], *_fences(kept)


def _without_ends(observed: Array) -> Array:
    """Return sorted values without the wild ones at their ends; as many different ones as can be."""
    distinct, counts = np.unique(observed, return_counts=True)
    n, ends = len(observed), np.concatenate([[0], np.cumsum(counts)])
    best, most = observed, 0
    for below in range(_MOST_VALUES + 1):
        for above in range(_MOST_VALUES + 1):
            last = len(distinct) - above
            kept = observed[ends[below] : ends[last]] if last > below else observed[:0]
            if below + above <= most or len(kept) < _FEWEST_LEFT:
                continue
            away, room = np.r_[0:below, last : len(distinct)], kept[-1] - kept[0]
            gap = np.maximum(kept[0] - distinct[away], distinct[away] - kept[-1])
            if not (gap > (_RANGES * room or _TIMES_OF_ONE * max(abs(kept[0]), 1.0))).all():
                continue
            nines = np.array([_is_nines(distinct[i]) for i in away], dtype=bool)
            marked = nines | (gap > _FILL * room)
            few = counts[away][~marked].sum() <= max(2, _FEW * n) and counts[away].sum() <= max(2, _MOST_MARKS * n)
            low, high = _fences(kept)
            if few and ((distinct[away] < low) | (distinct[away] > high) | (nines & (room > 0))).all():
                best, most = kept, below + above
    return best


def _fences(kept: Array) -> tuple[float, float]:
    """Return the fences around sorted values; wide ones where these are too few to know."""
    lowest, highest = kept[0], kept[-1]
    if len(kept) < _FEWEST_LEFT or not ((kept > lowest) & (kept < highest)).any():
        ranges = _RANGES_OF_TWO if len(kept) >= _FEWEST_LEFT and highest > lowest else _RANGES_OF_FEW
        reach = ranges * (highest - lowest or max(abs(lowest), 1.0))
        return lowest - reach, highest + reach
    reach, middle = _RANGES * (highest - lowest), float(np.median(kept))
    low = min(lowest - reach, middle - _tail(middle - kept[::-1]))
    return low, max(highest + reach, middle + _tail(kept - middle))


def _tail(above: Array) -> float:
    """Return how far a tail goes that exceeds it once in a thousand times its largest, from sorted distances (n,)."""
    above = above[above > 0]
    k, index = min(max(len(above) // 5, 4), 50), _UNKNOWN_INDEX
    if len(above) > k + 1:
        top = np.log(above[-k - 1 :])
        index = float((top[1:] - top[0]).mean()) * (1 + k**-0.5)
    return float(above[-1]) * _TAIL ** max(index, _LEAST_INDEX) if len(above) else 0.0


def _is_nines(value: float) -> bool:
    """Return whether a number is written with nines only, two or more, as marks of missing values are.

    >>> _is_nines(-999.0), _is_nines(99.99), _is_nines(9.0), _is_nines(1999.0)
    (True, True, False, False)
    """
    digits = f"{abs(value):.15g}".replace(".", "")
    return len(digits) > 1 and set(digits) == {"9"}
