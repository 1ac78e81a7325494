"""What completed tables keep to, points and draws alike: limits, sums, orders and formulas, in this order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.errors import UserError
from mirimpute.imputers.column_choice import ColumnChoice
from mirimpute.imputers.derived import Derived, derived_of
from mirimpute.imputers.number_limits import NumberLimits, asked_continuous, number_limits
from mirimpute.imputers.oddities import Oddity
from mirimpute.imputers.options import Options, position, positions
from mirimpute.imputers.order import Order, order_of
from mirimpute.imputers.sums import Sum, sums_of
from mirimpute.types import Array

if TYPE_CHECKING:
    from mirimpute.table.columns import Column


@dataclass(frozen=True)
class Constraints:
    """What filled cells keep to; observed ones are never moved.

    Attributes:
        columns: that the method gets.
        limits: ends, and what filled values are multiples of.
        sums, order, derived: see the modules of these names.
    """

    columns: tuple[Column, ...]
    limits: NumberLimits
    sums: tuple[Sum, ...]
    order: Order | None
    derived: tuple[Derived, ...]

    @property
    def are_none(self) -> bool:
        """Whether every completed table keeps to them."""
        free = np.isinf(self.limits.low).all() and np.isinf(self.limits.high).all()
        types_alone = all(grid == column.step for grid, column in zip(self.limits.grid, self.columns, strict=True))
        return bool(free and types_alone and not (self.limits.rhythms or self.sums or self.order or self.derived))

    @property
    def have_steps(self) -> bool:
        """Whether a column keeps to a rhythm, or to multiples other than those of its type and whole numbers."""
        pairs = zip(self.limits.grid, self.columns, strict=True)
        return bool(self.limits.rhythms) or any(grid not in (0.0, 1.0, column.step) for grid, column in pairs)

    def check(self, x: Array, rows: Any) -> list[Oddity]:
        """Refuse rows that cannot be filled, and return observed cells that keep to nothing: of limits, sums, orders.

        Args:
            x: float64 (n, d), NaN where missing.
            rows: names of the rows; None: their numbers.

        Raises:
            UserError: the observed cells of a row leave no room for the missing ones.
        """
        order = [self.order.check(x, rows)] if self.order else []
        odd = [*(each.check(x, rows) for each in self.sums), *order]
        return [*self.limits.outside(x, self.columns, rows), *filter(None, odd)]

    def sentences(self, x: Array, rows: Any) -> list[str]:
        """Return what :meth:`check` finds in a whole table, and which formulas most of its rows contradict."""
        return [*map(str, self.check(x, rows)), *filter(None, (each.odd(x) for each in self.derived))]

    def hold(self, x: Array, completed: Array) -> tuple[Array, list[Oddity]]:
        """Return a completed table (n, d) that keeps to all of them, and what could not be kept.

        Args:
            x: float64 (n, d), NaN where missing.
            completed: (n, d), finite.
        """
        if self.are_none:
            return completed, []
        missing, said = np.isnan(x), []
        held = np.where(missing, self.limits.inside(completed), completed)
        free = missing.copy()
        for each in self.derived:
            left = each.solve(free, missing, held)
            if left:
                why = (
                    f" for whose missing parts {each.expression.text!r} cannot be solved: they are filled without it, "
                    "and contradict it"
                )
                said.append(Oddity(f"column {each.name!r} is observed in ", left, "row", why))
        for total in self.sums:
            total.hold(missing, held)
        if self.order is not None:
            self.order.hold(missing, held)
        for each in self.derived:
            left = each.compute(missing, held)
            if left:
                before = f"column {each.name!r} has no finite value {each.expression.text!r} in "
                why = ", which keep what the method says: give bounds to its parts"
                said.append(Oddity(before, left, "row", why))
        return held, said


def constraints_of(
    x: Array, columns: Sequence[Column], choice: ColumnChoice, options: Options, grids: Array | None = None
) -> Constraints:
    """Return what the user asks completed tables to keep to.

    Args:
        x: float64 (n, d), original units, NaN where missing.
        columns: of the same, which the method gets.
        choice: which these are in the table.
        options: of the user.
        grids: see :func:`mirimpute.imputers.number_limits.number_limits`.

    Raises:
        UserError: an option that is none, or that contradicts another.
    """
    names, place = choice.names, {int(j): k for k, j in enumerate(choice.used)}
    targets = [place.get(position("derived", each, names), -1) for each in options.derived]
    _check_apart(options, names)
    limits = number_limits(x, columns, options, names, choice.used, targets, grids)
    for k in targets:  # a formula decides, not a grid
        if k >= 0 and not columns[k].step:
            limits = limits.with_grid([k], 0.0)
    sums, limits = sums_of(x, columns, options.sum_to, names, place, limits)
    order = order_of(columns, list(options.order), names, place, limits)
    taken = {int(k) for each in sums for k in each.places} | set(order.before if order else ())
    derived = derived_of(x, columns, options.derived, names, place, limits, taken)
    if options.integers is True or isinstance(options.integers, str):
        left = {place.get(j, -1) for j in asked_continuous(options, names)}
        left |= {place.get(j, -1) for j in positions("censored", list(options.censored), names)}
        left.update(*([each.place, *each.parts.values()] for each in derived))
        limits = limits.with_steps(x, columns, taken | left)
    return Constraints(tuple(columns), limits, tuple(sums), order, tuple(derived))


def padded(ends: tuple[Array, Array], width: int) -> tuple[Array, Array]:
    """Return ends of columns (d,) with NaN behind them, (width,): nothing is said of further ones."""
    more = np.full(width - len(ends[0]), np.nan)
    return np.concatenate([ends[0], more]), np.concatenate([ends[1], more])


def _check_apart(options: Options, names: Sequence[Any]) -> None:
    """Refuse a column that two options would move.

    Raises:
        UserError: names the column and the options.
    """
    of_options: dict[str, list[int]] = {
        "derived": positions("derived", list(options.derived), names),
        "bounds": positions("bounds", list(options.bounds), names),
        "order": [position("order", each, names) for chain in options.order for each in _parts(chain)],
        "censored": positions("censored", list(options.censored), names),
    }
    in_sums = [position("sum_to", each, names) for parts in options.sum_to for each in _parts(parts)]
    twice = [j for j in in_sums if in_sums.count(j) > 1]
    if twice:
        raise UserError(f"sum_to names column {names[twice[0]]!r} in two sums: name it in one")
    for one, other in (("derived", "bounds"), ("derived", "order"), ("censored", "derived"), ("censored", "order")):
        for j in set(of_options[one]) & set(of_options[other]):
            raise UserError(f"column {names[j]!r} is both in {one} and in {other}: both would move it, name it in one")
    for option in ("derived", "order", "censored"):
        for j in set(of_options[option]) & set(in_sums):
            raise UserError(
                f"column {names[j]!r} is both in {option} and in sum_to: both would move it, name it in one"
            )


def _parts(given: Any) -> Sequence[Any]:
    return given if isinstance(given, (tuple, list)) else ()
