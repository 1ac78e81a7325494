"""A method that is not mirf, fitted to one table: its answer for that table, and for new rows where it has one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from mirimpute.errors import CannotTransformError, UserError
from mirimpute.types import Array, Progress, no_progress

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
    def of(cls, method: Method, problem: Problem, progress: Progress = no_progress) -> FittedTable:
        """Return the method fitted to a table.

        Raises:
            ImputationError: its answer is no imputation (:mod:`mirimpute.methods.sanity`).
        """
        from mirimpute.methods.column_limits import inside
        from mirimpute.methods.sanity import check

        fitted = method.fit(problem, progress)
        imputation = fitted.impute()
        verdict = check(problem, imputation, returns_column_means=method.returns_column_means)
        imputation = inside(problem, imputation)
        places = np.flatnonzero(problem.wanted.any(axis=1))
        notes = (*imputation.notes, *verdict.notes)
        return cls(method.name, problem, fitted, imputation, notes, problem.x_incomplete[places], places)

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
            raise UserError(
                f"method {self.name!r} does not draw: it has one answer, which transform returns; mice, gaussian_em "
                "and mirf draw"
            )
        if np.array_equal(x_incomplete, self.incomplete, equal_nan=True):
            found, rows = self.imputation, self.places
        else:
            found, rows = self._of_new_rows(x_incomplete), np.arange(len(x_incomplete))
        if n_draws > len(found.draws):
            raise UserError(
                f"n_draws={n_draws} is more than the {len(found.draws)} draws that method {self.name!r} made in the "
                "fit: ask for fewer, or for more in its parameters ('draws' or 'chains')"
            )
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
