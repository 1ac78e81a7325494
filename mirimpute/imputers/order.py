"""Columns that follow one another, such as admitted <= discharged: filled cells are moved so that they do.

The pairs make a graph without circles. Along it, each cell gets ends: the largest end of what comes before it, the
smallest of what comes after, observed cells being both ends of themselves. A filled cell becomes the nearest value
between its ends that is not below the completed cells before it. So no filled cell breaks an order, for any graph.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.errors import UserError
from mirimpute.imputers.number_limits import NumberLimits, on_grid_above, on_grid_below
from mirimpute.imputers.oddities import Oddity
from mirimpute.imputers.options import positions, row_name
from mirimpute.table.columns import OF_TIME, Kind
from mirimpute.types import Array

if TYPE_CHECKING:
    from mirimpute.table.columns import Column


@dataclass(frozen=True)
class Order:
    """Which columns come before which.

    Attributes:
        before: column -> those that come before it, all of them places of columns that the method gets; each column
            stands behind those before it.
        limits: of the columns.
        names: of the columns.
    """

    before: Mapping[int, tuple[int, ...]]
    limits: NumberLimits
    names: tuple[str, ...]

    def check(self, x: Array, rows: Any) -> Oddity | None:
        """Refuse rows that cannot be filled; return observed pairs in the wrong order, if there are some.

        Args:
            x: float64 (n, d), NaN where missing.
            rows: names of the rows; None: their numbers.

        Raises:
            UserError: the observed cells of a row leave no room for a missing one.
        """
        low, high = self._ends(x)
        for j in self.before:
            bad = np.isnan(x[:, j]) & (low[j] > high[j])
            if bad.any():
                k = int(bad.argmax())
                raise UserError(
                    f"column {self.names[j]!r} has no ordered value in row {row_name(rows, k)}: "
                    "what comes before it there is later than what comes after it or its bounds; correct the row"
                )
        pairs = [(i, j) for j, earlier in self.before.items() for i in earlier]
        with np.errstate(invalid="ignore"):
            wrong = {(i, j): x[:, i] > x[:, j] for i, j in pairs}
        for (i, j), found in wrong.items():
            if found.any():
                k = int(found.argmax())
                before = f"column {self.names[i]!r} is after {self.names[j]!r} in "
                after = f", the first that observes both is row {row_name(rows, k)}: they stay as they are"
                return Oddity(before, int(found.sum()), "row", after)
        return None

    def hold(self, missing: Array, completed: Array) -> None:
        """Move the missing cells of completed rows (n, d), in place."""
        low, high = self._ends(np.where(missing, np.nan, completed))
        for j, earlier in self.before.items():
            least = low[j]
            for i in earlier:
                least = np.maximum(least, np.where(missing[:, i], completed[:, i], -np.inf))
            least = on_grid_above(least, self.limits.grid[j])
            moved = np.minimum(np.maximum(completed[:, j], least), high[j])
            completed[:, j] = np.where(missing[:, j], moved, completed[:, j])

    def _ends(self, x: Array) -> tuple[dict[int, Array], dict[int, Array]]:
        """Return the lowest and the highest value of each cell, by column (n,)."""
        limits, missing = self.limits, np.isnan(x)
        low: dict[int, Array] = {}
        high = {j: np.full(len(x), on_grid_below(limits.high[j], limits.grid[j])) for j in self.before}
        for j, earlier in self.before.items():
            least = np.full(len(x), limits.low[j])
            for i in earlier:
                least = np.maximum(least, low[i])
            low[j] = np.where(missing[:, j], on_grid_above(least, limits.grid[j]), x[:, j])
        for j in reversed(list(self.before)):
            high[j] = np.where(missing[:, j], on_grid_below(high[j], limits.grid[j]), x[:, j])
            for i in self.before[j]:
                high[i] = np.minimum(high[i], high[j])
        return low, high


def order_of(
    columns: Sequence[Column],
    given: Sequence[Any],
    names: Sequence[Any],
    place: Mapping[int, int],
    limits: NumberLimits,
) -> Order | None:
    """Return the order that is asked for; None: there is none.

    Args:
        columns: that the method gets (d).
        given: tuples of names, the earlier ones first.
        names: of all columns of the table.
        place: from all columns to those of ``columns``.
        limits: of these.

    Raises:
        UserError: no tuples of two and more, columns that cannot be compared, or a circle.
    """
    before: dict[int, set[int]] = {}
    for chain in given:
        if isinstance(chain, str) or not isinstance(chain, (tuple, list)) or len(chain) < 2:
            raise UserError(f"order {chain!r} is no pair of columns: give one such as ('admitted', 'discharged')")
        places = [place.get(j, -1) for j in positions("order", chain, names)]
        for k, name in zip(places, chain, strict=True):
            if k < 0 or columns[k].kind is Kind.CATEGORICAL or columns[k].kind is Kind.ORDINAL:
                what = "not given to the method" if k < 0 else columns[k].kind.value
                raise UserError(f"order names column {name!r}, which is {what}: give columns of numbers or of dates")
        first = columns[places[0]]
        for k in places[1:]:
            if _measure(columns[k]) != _measure(first):
                raise UserError(
                    f"order names columns {first.name!r} ({_said(first)}) and {columns[k].name!r} "
                    f"({_said(columns[k])}), which cannot be compared: give columns of one kind"
                )
        for i, j in pairwise(places):
            before.setdefault(i, set())
            before.setdefault(j, set()).add(i)
    try:
        sequence = list(TopologicalSorter(before).static_order())
    except CycleError as error:
        circle = " <= ".join(repr(columns[k].name) for k in error.args[1])
        raise UserError(f"order goes in a circle, {circle}: leave one of the pairs out") from None
    ordered = {j: tuple(sorted(before[j])) for j in sequence}
    return Order(ordered, limits, tuple(column.name for column in columns)) if ordered else None


def _measure(column: Column) -> tuple[Any, str]:
    return (column.kind if column.kind in OF_TIME else Kind.CONTINUOUS, column.zone)


def _said(column: Column) -> str:
    return f"{column.kind.value}{f' of {column.zone}' if column.zone else ''}"
