"""Where filled numbers may lie, and which of them are whole: what the user says of columns, held in every cell.

A filled number outside of its bounds becomes the nearest one inside: truncation, on the scale of the column. Reflection
at the bound was not taken: a value far outside would come out far inside, and one of a narrow column outside at the
other end. The price is that what was outside gathers on the bound.
"""

from __future__ import annotations

import contextlib
import math
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mirimpute.errors import UserError
from mirimpute.imputers.oddities import Oddity
from mirimpute.imputers.options import Options, one_line, positions, row_name
from mirimpute.numerics.common_step import FIRST, common_step
from mirimpute.numerics.date_rhythm import DateRhythm
from mirimpute.table.columns import OF_TIME, Kind
from mirimpute.table.wild import shown
from mirimpute.types import Array

if TYPE_CHECKING:
    from mirimpute.table.columns import Column

_ROUNDING = 1e-12
_NUMBERS = (Kind.CONTINUOUS, Kind.INTEGER)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]|$)")
_FIRST = 1_000
"""Rows that are looked at first."""


@dataclass(frozen=True)
class NumberLimits:
    """Ends and grids of columns; float64 (d,), original units.

    Attributes:
        low, high: infinite where nothing is said.
        grid: what filled values are multiples of; 0: any.
        rhythms: of columns of dates that have one.
    """

    low: Array
    high: Array
    grid: Array
    rhythms: Mapping[int, DateRhythm] = field(default_factory=dict)

    @property
    def given(self) -> tuple[Array, Array]:
        """The ends, NaN where nothing is said, as :func:`mirimpute.methods.base.problem_of` takes them."""
        return np.where(np.isinf(self.low), np.nan, self.low), np.where(np.isinf(self.high), np.nan, self.high)

    def inside(self, values: Array, places: Array | slice = slice(None)) -> Array:
        """Return the nearest allowed values of ``values`` (..., k), of the columns at ``places``."""
        low, high, grid = self.low[places], self.high[places], self.grid[places]
        on_grid = np.where(grid > 0, on_nearest(values, grid), values)
        for k, j in enumerate(np.arange(len(self.grid))[places].tolist() if self.rhythms else ()):
            if j in self.rhythms:
                on_grid[..., k] = self.rhythms[j].nearest(values[..., k])
        return np.clip(on_grid, on_grid_above(low, grid), on_grid_below(high, grid))

    def with_grid(self, places: Sequence[int], grid: float) -> NumberLimits:
        """Return the limits with another grid of some columns."""
        changed = self.grid.copy()
        changed[list(places)] = grid
        return replace(self, grid=changed)

    def with_steps(self, x: Array, columns: Sequence[Column], but: Collection[int]) -> NumberLimits:
        """Return the limits with the step or the rhythm of each column that has one, apart from those of ``but``.

        A step that leaves no value between the ends of its column is none.

        Args:
            x: float64 (n, d), NaN where missing.
            columns: of the same.
            but: places of columns whose grid stays.
        """
        grid, rhythms = self.grid.copy(), {}
        for k, column in enumerate(columns):
            seen = x[:0, k] if k in but else _observed(x[:, k], column.kind in _NUMBERS)
            if column.kind is Kind.DATETIME and (rhythm := DateRhythm.of(seen)):
                rhythms[k] = rhythm
            if column.kind in (*_NUMBERS, *OF_TIME):
                base = float(column.step or 1) if column.kind in OF_TIME else 1.0
                step = base * common_step(seen / base)
                if step > grid[k] and on_grid_above(self.low[k], step) <= on_grid_below(self.high[k], step):
                    grid[k] = step
        return replace(self, grid=grid, rhythms=rhythms)

    def outside(self, x: Array, columns: Sequence[Column], rows: Any) -> list[Oddity]:
        """Return of each column the observed cells of ``x`` (n, d) that are outside of what is said of it."""
        found: list[Oddity] = []
        if np.isinf(self.low).all() and np.isinf(self.high).all():
            return found
        with np.errstate(invalid="ignore"):
            beyond = (x < self.low) | (x > self.high)
        for j in np.flatnonzero(beyond.any(axis=0)).tolist():
            where = np.flatnonzero(beyond[:, j])
            after = (
                f" outside of its bounds, the first {shown(float(x[where[0], j]), columns[j])} in row "
                f"{row_name(rows, int(where[0]))}: observed values stay as they are; correct them, or mark them as "
                "missing"
            )
            found.append(Oddity(f"column {columns[j].name!r} holds ", len(where), "observed value", after))
        return found


def _observed(column: Array, is_number: bool) -> Array:
    """Return the values of a column, (n,) with NaN where missing; of a long one of numbers without a step the first."""
    first = column[: 2 * FIRST]
    first = first[~np.isnan(first)]
    if is_number and len(first) >= FIRST and not common_step(first):
        return first
    return column[~np.isnan(column)]


def on_nearest(values: Array, grid: Array) -> Array:
    """Return the nearest multiples of a grid above 0; halves go to even ones, multiples but for rounding stay."""
    step = np.where(grid > 0, grid, 1.0)
    times = values / step
    on_it = np.abs(times - np.round(times)) <= _ROUNDING * np.maximum(1.0, np.abs(times))
    return np.where(on_it & (step != 1.0), values, np.round(times) * step)


def on_grid_above(values: Array, grid: Array | float) -> Array:
    """Return the smallest multiples of a grid that are not below; the values themselves where it is 0.

    Values that are multiples but for rounding stay as they are.

    >>> on_grid_above(np.array([1e-88, 2.0, -0.5]), 1.0).tolist()
    [1.0, 2.0, -0.0]
    """
    step = np.where(np.asarray(grid) > 0, grid, 1.0)
    with np.errstate(invalid="ignore"):
        times = values / step
        near = np.where(step % 1 == 0, 0.0, _ROUNDING) * np.maximum(1.0, np.abs(times))  # whole steps are exact
        on_it = (np.abs(times - np.round(times)) <= near) | np.isinf(times)
    return np.where((np.asarray(grid) > 0) & ~on_it, np.ceil(times) * step, values)


def on_grid_below(values: Array, grid: Array | float) -> Array:
    """Return the largest multiples of a grid that are not above; the values themselves where it is 0."""
    return -on_grid_above(-np.asarray(values), grid)


def number_limits(
    x: Array,
    columns: Sequence[Column],
    options: Options,
    names: Sequence[Any],
    used: Array,
    free: Sequence[int],
    grids: Array | None = None,
) -> NumberLimits:
    """Return what the user says of the columns that the method gets.

    Args:
        x: float64 (n, d), original units, NaN where missing.
        columns: of the same.
        options: of the user.
        names: of all columns of the table.
        used: which of them these are (d,).
        free: columns of the d that ``min_value`` and ``max_value`` say nothing of.
        grids: that the numbers of a file are written on (d,), such as .01 of two decimals; 0: any.

    Raises:
        UserError: bounds that are none, that contradict one another, or of a column without an order.
    """
    place = {int(j): k for k, j in enumerate(used)}
    low, high = _everywhere(options, columns, len(names), used, free)
    for j, ends in zip(positions("bounds", list(options.bounds), names), options.bounds.values(), strict=True):
        if j not in place:
            raise UserError(f"bounds names column {names[j]!r}, which the method does not get: leave it out")
        low[place[j]], high[place[j]] = _ends(ends, columns[place[j]])
    steps = np.array([float(column.step) for column in columns])
    grid = steps if grids is None else np.where(steps > 0, steps, grids)
    asked = asked_continuous(options, names)
    for k in _whole(x, columns, options.integers, names, place):
        if used[k] not in asked:
            grid[k] = max(grid[k], 1.0)
    limits = NumberLimits(low, high, grid)
    for k in np.flatnonzero(on_grid_above(low, grid) > on_grid_below(high, grid)).tolist():
        raise UserError(
            f"bounds of column {columns[k].name!r} leave no value between {low[k]:g} and {high[k]:g}"
            f"{' that is whole' if grid[k] else ''}: give a lower and a higher end"
        )
    return limits


def asked_continuous(options: Options, names: Sequence[Any]) -> set[int]:
    """Return the places, among all columns, of those that are asked to be continuous: any number may be filled in."""
    places = positions("kinds", list(options.kinds), names)
    kinds = zip(places, options.kinds.values(), strict=True)
    return {j for j, kind in kinds if isinstance(kind, str) and kind == Kind.CONTINUOUS.value}


def _everywhere(
    options: Options, columns: Sequence[Column], n_columns: int, used: Array, free: Sequence[int]
) -> tuple[Array, Array]:
    """Return ``min_value`` and ``max_value`` of each column of numbers (d,), infinite for the others."""
    numbers = np.array([column.kind in _NUMBERS and k not in free for k, column in enumerate(columns)], dtype=bool)
    found = []
    for name, nothing in (("min_value", -np.inf), ("max_value", np.inf)):
        given = getattr(options, name)
        listed = isinstance(given, (Sequence, np.ndarray)) and not isinstance(given, str) and np.ndim(given) == 1
        values = list(given) if listed else [given] * n_columns
        if len(values) != n_columns:
            raise UserError(f"{name} has {len(values)} values, and the table {n_columns} columns: give one for each")
        ends = np.array([_number(each, nothing, name) for each in values], dtype=np.float64)
        found.append(np.where(numbers, ends[used], nothing))
    return found[0], found[1]


def _ends(ends: Any, column: Column) -> tuple[float, float]:
    """Return the bounds of one column as numbers."""
    if isinstance(ends, str) or not isinstance(ends, (Sequence, np.ndarray)) or len(ends) != 2:
        raise UserError(f"bounds {ends!r} of column {column.name!r} are no pair: give (lowest, highest), None for open")
    if column.kind not in (*_NUMBERS, *OF_TIME):
        raise UserError(
            f"column {column.name!r} is {column.kind.value}, which has no bounds: leave it out of bounds, or give it "
            "another kind"
        )
    number = _moment if column.kind in OF_TIME else _number
    low, high = (number(end, nothing, column) for end, nothing in zip(ends, (-math.inf, math.inf), strict=True))
    if low > high:
        raise UserError(f"bounds {tuple(ends)!r} of column {column.name!r} are reversed: give the lower one first")
    return low, high


def _number(given: Any, nothing: float, of: Column | str) -> float:
    name = of if isinstance(of, str) else f"bounds of column {of.name!r}:"
    if given is None:
        return nothing
    if isinstance(given, (int, float, np.number)) and not isinstance(given, bool):
        with contextlib.suppress(OverflowError):  # an integer beyond all floats
            if not math.isnan(given):
                return float(given)
    raise UserError(f"{name} {one_line(given)} is no number: give a number, or None for no bound")


def _moment(given: Any, nothing: float, column: Column) -> float:
    """Return a bound of dates or durations as seconds."""
    if given is None:
        return nothing
    is_date = column.kind is Kind.DATETIME
    try:
        if not is_date:
            return float(pd.Timedelta(given).total_seconds())
        if isinstance(given, (int, float)) or (isinstance(given, str) and not _DATE.match(given)):
            raise ValueError  # pandas reads 01.03.2021 as of January, and "now" too
        moment = pd.Timestamp(given)
        if pd.isna(moment):
            raise ValueError
        if moment.tzinfo is not None:
            moment = moment.tz_convert(column.zone or "UTC").tz_localize(None)
        return float((moment - pd.Timestamp(0)).total_seconds())
    except (TypeError, ValueError):
        kind, example = ("date as year-month-day", "'2020-12-31'") if is_date else ("duration", "'3 days'")
        raise UserError(
            f"bounds of column {column.name!r}: {given!r} is no {kind}: give one such as "
            f"{example}, or None for no bound"
        ) from None


def _whole(
    x: Array, columns: Sequence[Column], integers: Any, names: Sequence[Any], place: Mapping[int, int]
) -> list[int]:
    """Return the columns whose filled values are to be whole."""
    if integers is False:
        return []
    whole = [k for k, column in enumerate(columns) if column.kind in _NUMBERS and _are_whole(x[:, k])]
    if integers is True or isinstance(integers, str):
        return whole
    asked = [place.get(j, -1) for j in positions("integers", list(integers), names)]
    for k, name in zip(asked, integers, strict=True):
        if k not in whole:
            raise UserError(f"integers names column {name!r}, which is not of whole numbers: leave it out")
    return asked


def _are_whole(values: Array) -> bool:
    for some in (values[:_FIRST], values):  # most columns show it soon
        present = some[~np.isnan(some)]
        if not np.array_equal(present, np.round(present)):
            return False
    return bool(len(present))
