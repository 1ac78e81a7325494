"""Columns that are formulas of others, such as a body mass index: filled cells follow the formula.

Passive imputation (van Buuren, Flexible Imputation of Missing Data, 2nd edition, section 6.4): the method gets the
column as any other, and what is written is computed from the completed parts. Where the column is observed and a part
of it is missing, the part is solved for, if the formula holds it once and can be undone
(:mod:`mirimpute.numerics.expressions`); else the row is told, for the observed value then contradicts the parts.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from graphlib import CycleError, TopologicalSorter
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.errors import UserError
from mirimpute.imputers.number_limits import NumberLimits
from mirimpute.imputers.options import position
from mirimpute.numerics.expressions import Expression, NotSolvableError, parsed
from mirimpute.table.columns import Kind
from mirimpute.types import Array

if TYPE_CHECKING:
    from mirimpute.table.columns import Column

_FITS = 1e-6
"""Relative difference up to which a solved part meets the formula."""
_ODD, _MOST_ODD = 0.1, 0.5
"""Observed standard deviations that a complete row may differ from its formula, and the share of rows that may."""


@dataclass(frozen=True)
class Derived:
    """One column and its formula.

    Attributes:
        place: of the column, among those that the method gets.
        expression: the formula.
        parts: name in the formula -> place of its column.
        solvable: parts that may be solved for.
        nonnegative: names of parts without negative values.
        limits: of the columns.
        name: of the column.
    """

    place: int
    expression: Expression
    parts: Mapping[str, int]
    solvable: tuple[str, ...]
    nonnegative: Collection[str]
    limits: NumberLimits
    name: str

    def solve(self, free: Array, missing: Array, completed: Array) -> int:
        """Set missing parts of rows that observe the column, in place; return how many rows contradict it still.

        Args:
            free: bool (n, d), missing cells that no other formula has set; those that this one sets are taken out.
            missing: bool (n, d).
            completed: (n, d).
        """
        holes = missing[:, list(self.parts.values())].any(axis=1)
        rows = np.flatnonzero(~missing[:, self.place] & holes)
        for name in reversed(self.solvable):
            j = self.parts[name]
            some = rows[free[rows, j]]
            if not some.size:
                continue
            values = {other: completed[some, k] for other, k in self.parts.items()}
            target = completed[some, self.place]
            try:
                found = self.expression.solved(name, target, values, self.nonnegative)
            except NotSolvableError:
                continue
            exact = _near(self.expression.value({**values, name: found}), target)
            nearest = self.limits.inside(np.where(exact, found, 0.0)[:, None], np.array([j]))[:, 0]
            off = 0.5 * self.limits.grid[j] + _FITS * (1 + np.abs(nearest))
            with np.errstate(invalid="ignore"):
                good = exact & (np.abs(nearest - found) <= off)
            completed[some[good], j] = nearest[good]
            free[some[good], j] = False
            rows = np.setdiff1d(rows, some[good])
        again = self.expression.value({name: completed[rows, j] for name, j in self.parts.items()})
        return int((~_near(again, completed[rows, self.place])).sum())

    def compute(self, missing: Array, completed: Array) -> int:
        """Set the missing cells of the column, in place; return how many have no finite value and stay as they are."""
        rows = np.flatnonzero(missing[:, self.place])
        values = self.expression.value({name: completed[rows, j] for name, j in self.parts.items()})
        values = np.broadcast_to(values, rows.shape)
        finite = np.isfinite(values)
        completed[rows[finite], self.place] = values[finite]
        return int((~finite).sum())

    def odd(self, x: Array) -> str:
        """Return a sentence where most whole rows of ``x`` (n, d) contradict the formula, or ""."""
        whole = ~np.isnan(x[:, [self.place, *self.parts.values()]]).any(axis=1)
        if not whole.any():
            return ""
        target = x[whole, self.place]
        values = self.expression.value({name: x[whole, j] for name, j in self.parts.items()})
        with np.errstate(invalid="ignore"):
            odd = ~(np.abs(values - target) <= _ODD * np.nanstd(x[:, self.place]) + _FITS * np.abs(target))
        if odd.mean() <= _MOST_ODD:
            return ""
        return (
            f"column {self.name!r} is not {self.expression.text!r} in {odd.sum()} of {len(odd)} rows that observe all "
            "of it: check the formula and its units"
        )


def derived_of(
    x: Array,
    columns: Sequence[Column],
    given: Mapping[Any, Any],
    names: Sequence[Any],
    place: Mapping[int, int],
    limits: NumberLimits,
    taken: Collection[int],
) -> list[Derived]:
    """Return the derived columns, each behind those that its formula holds.

    Args:
        x: float64 (n, d), NaN where missing.
        columns: of the same.
        given: column -> formula.
        names: of all columns of the table.
        place: from all columns to those of ``columns``.
        limits: of these.
        taken: columns in a sum or an order, which are not solved for.

    Raises:
        UserError: a formula that cannot be read, columns that are no numbers, or formulas in a circle.
    """
    formulas: dict[int, Expression] = {}
    parts: dict[int, dict[str, int]] = {}
    for name, text in given.items():
        target = _number_column(name, columns, names, place)
        formulas[target] = parsed(text)
        parts[target] = {each: _number_column(each, columns, names, place) for each in formulas[target].names}
    try:
        sequence = list(TopologicalSorter({j: set(each.values()) for j, each in parts.items()}).static_order())
    except CycleError as error:
        circle = ", ".join(repr(columns[k].name) for k in error.args[1])
        raise UserError(f"derived goes in a circle, {circle}: leave one of the formulas out") from None
    found = []
    for target in (each for each in sequence if each in formulas):
        of_names = parts[target]
        solvable = tuple(each for each, j in of_names.items() if j not in formulas and j not in taken)
        signless = {each for each, j in of_names.items() if np.nanmin(x[:, j]) >= 0 or limits.low[j] >= 0}
        found.append(Derived(target, formulas[target], of_names, solvable, signless, limits, columns[target].name))
    return found


def _number_column(name: Any, columns: Sequence[Column], names: Sequence[Any], place: Mapping[int, int]) -> int:
    k = place.get(position("derived", name, names), -1)
    if k < 0 or columns[k].kind not in (Kind.CONTINUOUS, Kind.INTEGER):
        what = "not given to the method" if k < 0 else columns[k].kind.value
        raise UserError(f"derived names column {name!r}, which is {what}: give columns of numbers")
    return k


def _near(values: Array, target: Array) -> Array:
    """Return which values are those of the target but for rounding, bool."""
    with np.errstate(invalid="ignore"):
        return np.asarray(np.abs(values - target) <= _FITS * (1 + np.abs(target)))
