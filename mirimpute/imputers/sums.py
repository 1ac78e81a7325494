"""Parts that sum to a total: filled ones are moved so that they do.

In a row with missing parts x_j, j in S, the rest r = total - (observed parts) is met by

    x_j + w_j (r - sum x) / (sum of w over S),    w_j the observed variance of column j,

which is the nearest point in units of the columns' standard deviations. Parts that would leave their bounds stop there,
and the others take over what is left; parts without negative observed values stay nonnegative. Whole parts are rounded
by the largest remainders, and so are parts of as many decimals.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.errors import UserError
from mirimpute.imputers.number_limits import NumberLimits, on_grid_above, on_grid_below
from mirimpute.imputers.oddities import Oddity
from mirimpute.imputers.options import positions, row_name
from mirimpute.table.columns import Kind
from mirimpute.types import Array

if TYPE_CHECKING:
    from mirimpute.table.columns import Column

_ROUNDING = 1e-9
"""Of the total and its parts, by which a sum may miss it."""


@dataclass(frozen=True)
class Sum:
    """Some columns that sum to a total.

    Attributes:
        places: of the parts, among the columns that the method gets (k,).
        total: what they sum to.
        weights: observed variances (k,).
        low, high: of the parts (k,).
        grid: what all parts are multiples of, such as 1 of whole numbers; 0: of nothing.
        names: of the parts, for messages.
    """

    places: Array
    total: float
    weights: Array
    low: Array
    high: Array
    grid: float
    names: tuple[str, ...]

    def check(self, x: Array, rows: Any) -> Oddity | None:
        """Refuse rows that cannot be filled; return the whole rows that do not sum to the total, if there are some.

        Args:
            x: float64 (n, d), NaN where missing.
            rows: names of the rows; None: their numbers.

        Raises:
            UserError: the observed parts of a row leave no room for the missing ones.
        """
        parts = x[:, self.places]
        missing = np.isnan(parts)
        rest = self.total - np.where(missing, 0.0, parts).sum(axis=1)
        rounding = self._rounding(parts)
        low, high = (np.where(missing, ends, 0.0).sum(axis=1) for ends in (self.low, self.high))
        bad = missing.any(axis=1) & ((rest < low - rounding) | (rest > high + rounding))
        if bad.any():
            k = int(bad.argmax())
            raise UserError(
                f"the observed parts of {self._named} in row {row_name(rows, k)} leave {rest[k]:g} of {self.total:g} "
                f"for the missing ones, which can be {low[k]:g} to {high[k]:g}: correct the row, or the bounds"
            )
        off = ~missing.any(axis=1) & (np.abs(rest) > np.maximum(rounding, 1e-6 * max(abs(self.total), 1.0)))
        if not off.any():
            return None
        k = int(off.argmax())
        after = f", the first is row {row_name(rows, k)}, off by {-rest[k]:.4g}: they stay as they are"
        return Oddity(f"{self._named} do not sum to {self.total:g} in ", int(off.sum()), "whole row", after)

    def hold(self, missing: Array, completed: Array) -> None:
        """Move the missing parts of completed rows (n, d), in place."""
        rows = np.flatnonzero(missing[:, self.places].any(axis=1))
        free = missing[np.ix_(rows, self.places)]
        parts = completed[np.ix_(rows, self.places)]
        parts = np.where(free, np.clip(parts, self.low, self.high), parts)
        movable = free.copy()
        for _ in range(len(self.places) + 1):
            rest = self.total - parts.sum(axis=1)
            movable &= np.where(rest[:, None] > 0, parts < self.high, parts > self.low)
            weights = np.where(movable, self.weights, 0.0)
            whole_weight = weights.sum(axis=1, keepdims=True)
            share = np.divide(weights, whole_weight, out=np.zeros_like(weights), where=whole_weight > 0)
            parts = np.where(free, np.clip(parts + share * rest[:, None], self.low, self.high), parts)
        completed[np.ix_(rows, self.places)] = self._rounded(parts, free) if self.grid else parts

    def _rounded(self, parts: Array, free: Array) -> Array:
        """Return multiples of the grid with the same sum: rounded down, and up where the remainder is largest."""
        down = np.where(free, np.floor(parts / self.grid + _ROUNDING) * self.grid, parts)
        up = np.round((self.total - down.sum(axis=1)) / self.grid).astype(int)
        most = self.high + _ROUNDING * self.grid
        remainder = np.where(free & (down + self.grid <= most), parts - down, -np.inf)
        rank = np.argsort(np.argsort(-remainder, axis=1, kind="stable"), axis=1, kind="stable")
        return down + self.grid * (rank < up[:, None])

    @property
    def _named(self) -> str:
        return f"sum_to {self.names}"

    def _rounding(self, parts: Array) -> Array:
        return _ROUNDING * (abs(self.total) + np.nansum(np.abs(parts), axis=1))


def sums_of(
    x: Array,
    columns: Sequence[Column],
    given: Mapping[Any, Any],
    names: Sequence[Any],
    place: Mapping[int, int],
    limits: NumberLimits,
) -> tuple[list[Sum], NumberLimits]:
    """Return the sums that are asked for, and limits in which their parts have the same grid.

    Args:
        x: float64 (n, d), NaN where missing.
        columns: of the same.
        given: names of parts -> total.
        names: of all columns of the table.
        place: from all columns to those of ``columns``.
        limits: of these.

    Raises:
        UserError: a total that is no number, parts that are no numbers, fewer than two, whole parts among others.
    """
    found = []
    for parts, total in given.items():
        if isinstance(parts, str) or not isinstance(parts, tuple) or len(parts) < 2:
            raise UserError(f"sum_to {parts!r} is no tuple of two columns or more: give one such as ('a', 'b', 'c')")
        if isinstance(total, bool) or not isinstance(total, (int, float, np.number)) or not np.isfinite(total):
            raise UserError(f"sum_to {parts!r}: {total!r} is no finite number: give what they sum to, such as 100")
        places = [place.get(j, -1) for j in positions("sum_to", parts, names)]
        for k, name in zip(places, parts, strict=True):
            if k < 0 or columns[k].kind not in (Kind.CONTINUOUS, Kind.INTEGER):
                what = "not given to the method" if k < 0 else columns[k].kind.value
                raise UserError(f"sum_to names column {name!r}, which is {what}: give columns of numbers")
        grids = {float(limits.grid[k]) for k in places}
        grid = max(grids)
        if len(grids) > 1 or (grid and abs(total / grid - round(total / grid)) > _ROUNDING * abs(total / grid)):
            typed = [columns[k].name for k in places if columns[k].step]
            if typed:
                raise UserError(
                    f"sum_to {parts!r} = {total:g} cannot be kept, because column {typed[0]!r} has a type of whole "
                    "numbers and the others or the total do not: make all of them floats"
                )
            limits, grid = limits.with_grid(places, 0.0), 0.0
        low, high = limits.low[places], limits.high[places]
        low = np.where(np.isinf(low) & (np.nanmin(x[:, places], axis=0) >= 0), 0.0, low)
        low, high = on_grid_above(low, grid), on_grid_below(high, grid)
        spread = np.nanvar(x[:, places], axis=0)
        weights = np.where(spread > 0, spread, spread.mean() or 1.0)
        texts = tuple(str(each) for each in parts)
        found.append(Sum(np.array(places), float(total), weights, low, high, grid, texts))
    return found, limits
