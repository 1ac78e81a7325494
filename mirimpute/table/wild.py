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
cells (two of few cells). A value that is written for missing ones (a mark, or a million times the range away) may be up
to a third. Eight cells have to be left. Where these have only two values, what is a hundred times their range away is
wild; where they are equal, what is 1e15 times as large.

Marks are wild from nearer on. Nines only, such as -999, 99 or -9 (9 itself is a value of many scales): from one range
on, or where the tail is heavy, from median + D 15^g on, two ranges at most; negative ones always where
nothing else is negative. In columns of dates the days that programs put for an empty one, such as 9999-12-31 or
1900-01-01: from half a range on.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mirimpute.numerics.column_ends import column_ends
from mirimpute.numerics.long_columns import contiguous_columns, sorted_where_needed
from mirimpute.table.columns import Column, Kind
from mirimpute.types import Array

_RANGES, _RANGES_OF_TWO, _RANGES_OF_FEW, _TIMES_OF_ONE = 5.0, 100.0, 1000.0, 1e15
_TAIL = 1000.0
_LEAST_RANGES_OF_NINES, _MOST_RANGES_OF_NINES, _TAIL_OF_NINES, _RANGES_OF_DATES = 1.0, 2.0, 15.0, 0.5
_DAY = 86_400.0
_MARKED_DAYS = np.array(
    [
        "0001-01-01",
        "1753-01-01",
        "1899-12-30",
        "1899-12-31",
        "1900-01-01",
        "1970-01-01",
        "2099-12-31",
        "2262-04-11",
        "2999-12-31",
        "9999-01-01",
        "9999-12-30",
        "9999-12-31",
    ],
    dtype="M8[D]",
).astype(np.int64)
"""Days since 1970 that databases and spreadsheets put for an empty date, or for the first or last that they know."""
_LEAST_INDEX, _UNKNOWN_INDEX = 0.35, 1.0
_MOST_OF_TAIL = 51
"""Values of a tail, from its end, that its index is estimated from, and the one before them."""
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
        low_of_marks, high_of_marks: beyond which a mark of missing values is wild.
        is_date: which columns hold dates, bool.
    """

    lowest: Array
    highest: Array
    low: Array
    high: Array
    low_of_marks: Array
    high_of_marks: Array
    is_date: Array

    @classmethod
    def of(cls, x_incomplete: Array, columns: Sequence[Column]) -> Fences:
        """Return the fences of the observed cells.

        Args:
            x_incomplete: float64 (n_rows, d), original units, NaN where missing, at least one value per column.
            columns: of the table.
        """
        found = [_fenced(*each) for each in zip(contiguous_columns(x_incomplete), columns, strict=True)]
        is_date = np.array([column.kind is Kind.DATETIME for column in columns], dtype=bool)
        lowest, highest, low, high, low_of_marks, high_of_marks = np.array(found, dtype=float).T.copy()
        return cls(lowest, highest, low, high, low_of_marks, high_of_marks, is_date)

    def wild(self, x: Array) -> Array:
        """Return which cells of ``x`` (n, d) are wild, bool; missing ones are not."""
        if not self._reached(x):
            return np.zeros(x.shape, dtype=bool)
        wild = (x < self.low) | (x > self.high)
        far = ~wild & ((x < self.low_of_marks) | (x > self.high_of_marks))
        for j in np.flatnonzero(far.any(axis=0)):
            wild[far[:, j], j] = _are_marks(x[far[:, j], j], bool(self.is_date[j]))
        return wild

    def _reached(self, x: Array) -> bool:
        """Return whether a cell of ``x`` (n, d) may be wild: quick, by the ends of the columns alone."""
        if not len(x):
            return False
        lowest, highest = column_ends(x)
        beyond = (lowest < np.maximum(self.low, self.low_of_marks)) | (
            highest > np.minimum(self.high, self.high_of_marks)
        )
        return bool(beyond.any())

    def without(self, x: Array, wild: Array | None = None) -> Array:
        """Return ``x`` (n, d) with NaN in its wild cells (None: find them); the array itself if there are none."""
        wild = self.wild(x) if wild is None else wild
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
        for j in np.flatnonzero(wild.any(axis=0)).tolist():
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


_ANYWHERE = np.array(-np.inf), np.array(np.inf)
NOWHERE = Fences(*_ANYWHERE, *_ANYWHERE, *_ANYWHERE, np.array(False))
"""No fences."""


def shown(value: float, column: Column, digits: int = 12) -> str:
    """Return a value of a column as a reader knows it: dates as dates, numbers with so many digits at most.

    >>> from mirimpute.table.columns import Column, Kind
    >>> shown(-999.0, Column("a", Kind.CONTINUOUS)), shown(86400.0, Column("t", Kind.DATETIME))
    ('-999', '1970-01-02 00:00:00')
    """
    if column.kind is Kind.DATETIME:
        moment = np.datetime64(0, "s") + np.timedelta64(round(float(value)), "s")
        return str(moment.astype("M8[D]") if column.step == _DAY else moment).replace("T", " ")
    return f"{value:.{digits}g}" + (" seconds" if column.kind is Kind.DURATION else "")


def _rows(numbers: Array, names: Sequence[Any] | None, first: int) -> str:
    """Return which rows, the first few by name."""
    labels = [repr(names[i]) if names is not None else str(i + first) for i in numbers[:_NAMED]]
    more = f" and {len(numbers) - _NAMED} more" if len(numbers) > _NAMED else ""
    return f"row{'s' if len(numbers) > 1 else ''} {', '.join(labels)}{more}"


def _fenced(values: Array, column: Column) -> tuple[float, ...]:
    """Return range and fences of one column, as the first fields of :class:`Fences`."""
    observed = sorted_where_needed(values, _MOST_OF_TAIL + 1, _MOST_VALUES + 1)
    if column.categories:
        return observed[0], observed[-1], *(-np.inf, np.inf) * 2
    is_date = column.kind is Kind.DATETIME
    with np.errstate(over="ignore"):
        kept = _without_ends(observed, is_date)
        return kept[0], kept[-1], *_fences(kept), *_fences_of_marks(kept, is_date)


def _without_ends(observed: Array, is_date: bool) -> Array:
    """Return sorted values without the wild ones at their ends; as many different ones as can be.

    Those of both ends are judged together, by what is left without them, so that none hides another.
    """
    n, best, most = len(observed), observed, 0
    starts, stops = [0], [n]  # of what is left without so many different values at an end
    while len(starts) <= _MOST_VALUES and starts[-1] < n:
        starts.append(int(np.searchsorted(observed, observed[starts[-1]], side="right")))
    while len(stops) <= _MOST_VALUES and stops[-1] > 0:
        stops.append(int(np.searchsorted(observed, observed[stops[-1] - 1], side="left")))
    inner, ends = observed[starts[-1] : stops[-1]], observed[[*starts[:-1], *(stop - 1 for stop in stops[:-1])]]
    if len(inner) and not _are_marks(ends, is_date).any():
        reach = max(inner[0] - observed[0], observed[-1] - inner[-1])
        if reach <= _RANGES * (inner[-1] - inner[0]):  # nothing is far: the usual case, quick
            return observed
    for below in range(len(starts)):
        for above in range(len(stops)):
            kept = observed[starts[below] : max(stops[above], starts[below])]
            if below + above <= most or len(kept) < _FEWEST_LEFT:
                continue
            ends_of = observed[[*starts[:below], *stops[above:0:-1]]]
            counts = np.diff([*starts[: below + 1], *stops[above::-1]])
            counts = np.delete(counts, below)  # of what is kept
            gap, room = np.maximum(kept[0] - ends_of, ends_of - kept[-1]), kept[-1] - kept[0]
            (low, high), (low_of_marks, high_of_marks) = _fences(kept), _fences_of_marks(kept, is_date)
            marked = _are_marks(ends_of, is_date) & ((ends_of < low_of_marks) | (ends_of > high_of_marks))
            far = gap > (_RANGES * room or _TIMES_OF_ONE * max(abs(kept[0]), 1.0))
            wild = marked | (far & ((ends_of < low) | (ends_of > high)))
            of_few = counts[~marked & ~(gap > _FILL * room)]
            few = of_few.sum() <= max(2, _FEW * n) and counts.sum() <= max(2, _MOST_MARKS * n)
            if few and wild.all():
                best, most = kept, below + above
    return best


def _fences(kept: Array) -> tuple[float, float]:
    """Return the fences around sorted values; wide ones where these are too few to know."""
    lowest, highest = kept[0], kept[-1]
    if len(kept) < _FEWEST_LEFT or not _has_between(kept):
        ranges = _RANGES_OF_TWO if len(kept) >= _FEWEST_LEFT and highest > lowest else _RANGES_OF_FEW
        reach = ranges * (highest - lowest or max(abs(lowest), 1.0))
        return lowest - reach, highest + reach
    reach = _RANGES * (highest - lowest)
    low, high = _tails(kept, _TAIL)
    return min(lowest - reach, low), max(highest + reach, high)


def _fences_of_marks(kept: Array, is_date: bool) -> tuple[float, float]:
    """Return the fences around sorted values beyond which marks are wild; infinite where all are equal."""
    lowest, highest = kept[0], kept[-1]
    room = highest - lowest
    if is_date and _has_between(kept):
        return lowest - _RANGES_OF_DATES * room, highest + _RANGES_OF_DATES * room
    if is_date or not room > 0:
        return -np.inf, np.inf
    near, far = _LEAST_RANGES_OF_NINES * room, _MOST_RANGES_OF_NINES * room
    low, high = _tails(kept, _TAIL_OF_NINES)
    low, high = min(lowest - near, max(low, lowest - far)), max(highest + near, min(high, highest + far))
    return 0.0 if lowest >= 0 else low, high


def _has_between(kept: Array) -> bool:
    """Return whether sorted values have one between the lowest and the highest."""
    return bool(np.searchsorted(kept, kept[0], side="right") < np.searchsorted(kept, kept[-1], side="left"))


def _tails(kept: Array, times: float) -> tuple[float, float]:
    """Return how far the tails of sorted values (n,) go, see :func:`_tail`."""
    n = len(kept)
    middle = float(np.mean(kept[(n - 1) // 2 : n // 2 + 1]))  # the median
    below, above = int(np.searchsorted(kept, middle)), n - int(np.searchsorted(kept, middle, side="right"))
    lower, upper = kept[: min(below, _MOST_OF_TAIL)], kept[n - min(above, _MOST_OF_TAIL) :]
    return middle - _tail(middle - lower[::-1], below, times), middle + _tail(upper - middle, above, times)


def _tail(largest: Array, count: int, times: float) -> float:
    """Return how far a tail goes that exceeds it once in so many times its largest.

    Args:
        largest: distances from the median, ascending: all of the tail, or the last of it.
        count: of all of the tail.
        times: how many.
    """
    k, index = min(max(count // 5, 4), _MOST_OF_TAIL - 1), _UNKNOWN_INDEX
    if count > k + 1:
        top = np.log(largest[-k - 1 :])
        index = float((top[1:] - top[0]).mean()) * (1 + k**-0.5)
    with np.errstate(over="ignore"):  # infinitely far, where the tail is that heavy
        return float(largest[-1] * np.float64(times) ** max(index, _LEAST_INDEX)) if count else 0.0


def _are_marks(values: Array, is_date: bool) -> Array:
    """Return which values (k,) are written for missing ones, bool: nines, or days of :data:`_MARKED_DAYS`."""
    if is_date:
        return np.isin(np.floor(values / _DAY), _MARKED_DAYS)
    distinct, where = np.unique(values, return_inverse=True)
    return np.array([_is_nines(value) for value in distinct], dtype=bool)[where]


def _is_nines(value: float) -> bool:
    """Return whether a number is written with nines only, as marks of missing values are; 9 itself is none.

    >>> _is_nines(-999.0), _is_nines(99.99), _is_nines(-9.0), _is_nines(9.0), _is_nines(1999.0)
    (True, True, True, False, False)
    """
    digits = f"{abs(value):.15g}".replace(".", "")
    return set(digits) == {"9"} and (len(digits) > 1 or value < 0)
