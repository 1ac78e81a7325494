"""A method that is not mirf, fitted to one table: its answer for that table, and for new rows where it has one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from mirimpute.errors import CannotTransformError, UserError
from mirimpute.types import Array

if TYPE_CHECKING:
    from mirimpute.methods.base import Fitted, Imputation, Method, Problem


@dataclass(frozen=True)
class FittedTable:
    """What a method made of one table.

    Attributes:
        name: of the method.
        problem: the table.
        fitted: the method, fitted to it.
        imputation: its answer, inside of what the columns can have; the sanity gate let it pass.
        notes: of the answer and of the gate.
        incomplete: the rows (k, D) of the problem with a missing cell that is no wild one, in order.
        places: which they are (k,).
    """

    name: str
    problem: Problem
    fitted: Fitted
    imputation: Imputation
    notes: tuple[str, ...]
    incomplete: Array
    places: Array

    @classmethod
    def of(cls, method: Method, problem: Problem, fitted: Fitted) -> FittedTable:
        """Return what the method, fitted to a table, makes of it.

        Raises:
            ImputationError: its answer is no imputation (:mod:`mirimpute.methods.sanity`).
        """
        from mirimpute.methods.column_limits import inside
        from mirimpute.methods.sanity import check

        imputation = fitted.impute()
        verdict = check(problem, imputation, returns_column_means=method.returns_column_means)
        imputation = inside(problem, imputation)
        places = np.flatnonzero(problem.wanted.any(axis=1))
        notes = (*imputation.notes, *verdict.notes)
        return cls(method.name, problem, fitted, imputation, notes, problem.x_incomplete[places], places)

    @property
    def trace(self) -> list[dict[str, Any]]:
        """One dict per round."""
        return self.imputation.trace

    @property
    def draws_kept(self) -> int:
        """How many draws there are; 0 where the only one is the point."""
        draws = self.imputation.draws
        return 0 if len(draws) == 1 and np.array_equal(draws[0], self.imputation.point) else len(draws)

    def complete(self, x_incomplete: Array, n_draws: int, seed: int) -> tuple[Array, Array]:
        """Return point (n, D) and draws (n_draws, n, D) of rows with a missing cell each.

        Args:
            x_incomplete: (n, D), those of the fit, or new ones; standardised, NaN where missing.
            n_draws: how many.
            seed: of no effect: draws were made by the fit.

        Raises:
            UserError: the method does not draw, keeps fewer draws, or does not complete new rows.
        """
        if n_draws and not self.draws_kept and self.problem.missing.any():
            raise _does_not_draw(self.name)
        if _are_equal(x_incomplete, self.incomplete):
            found, rows = self.imputation, self.places
        else:
            found, rows = self._of_new_rows(x_incomplete), np.arange(len(x_incomplete))
        if n_draws > len(found.draws):
            raise _too_many(self.name, n_draws, len(found.draws))
        return found.point[rows], found.draws[:n_draws, rows]

    def _of_new_rows(self, x_incomplete: Array) -> Imputation:
        from mirimpute.methods.column_limits import pulled_in

        try:
            found = self.fitted.transform(x_incomplete)
        except CannotTransformError:
            raise UserError(
                f"method {self.name!r} completes only the table that it was fitted on: give fit_transform(X) the whole "
                "table, or take a method that completes new rows (mirf, knn, mean)"
            ) from None
        missing = np.isnan(x_incomplete)
        point, draws = (pulled_in(self.problem, missing, each) for each in (found.point, found.draws))
        return replace(found, point=point, draws=draws)


@dataclass(frozen=True)
class ConstantColumns:
    """A method that gives all missing cells of a column the same value: nothing of the table is kept.

    Attributes:
        name: of the method.
        constants: (D,), the value of each column of the problem.
        had_holes: whether a cell was missing in the fit.
        trace, notes: of the fit.
    """

    name: str
    constants: Array
    had_holes: bool
    trace: list[dict[str, Any]]
    notes: tuple[str, ...]

    @classmethod
    def of(cls, method: Method, problem: Problem, fitted: Fitted) -> ConstantColumns:
        """Return what the method, fitted to a table, has for each column; errors as :meth:`FittedTable.of`."""
        from mirimpute.methods.base import Imputation
        from mirimpute.methods.column_limits import pulled_in
        from mirimpute.methods.sanity import check

        row = np.asarray(fitted.constants)[None]
        empty = replace(problem, x_incomplete=np.full(row.shape, np.nan), wild=None)
        verdict = check(empty, Imputation(row, row[None]), returns_column_means=method.returns_column_means)
        held = pulled_in(problem, np.ones(row.shape, dtype=bool), row)[0]
        return cls(method.name, held, bool(problem.missing.any()), fitted.trace, verdict.notes)

    def complete(self, x_incomplete: Array, n_draws: int, seed: int) -> tuple[Array, Array]:
        """See :meth:`FittedTable.complete`."""
        if n_draws and self.had_holes:
            raise _does_not_draw(self.name)
        if n_draws > 1:
            raise _too_many(self.name, n_draws, 1)
        point = np.where(np.isnan(x_incomplete), self.constants, x_incomplete)
        return point, point[None][:n_draws]


def _does_not_draw(name: str) -> UserError:
    return UserError(
        f"method {name!r} does not draw: it has one answer, which transform returns; mice, gaussian_em and mirf draw"
    )


def _too_many(name: str, asked: int, kept: int) -> UserError:
    return UserError(
        f"n_draws={asked} is more than the {kept} draws that method {name!r} made in the fit: ask for fewer, or for "
        "more in its parameters ('draws' or 'chains')"
    )


def _are_equal(first: Array, second: Array) -> bool:
    """Return whether two arrays of float64 are equal, missing cells too; quick where their bits are."""
    if first.shape != second.shape:
        return False
    one, other = (np.ascontiguousarray(each).view(np.int64) for each in (first, second))
    return np.array_equal(one, other) or np.array_equal(first, second, equal_nan=True)
