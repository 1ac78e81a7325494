"""Mean imputation: the reference that every method has to beat."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

import numpy as np

from mirimpute.methods.base import Fitted, Imputation, Method, Problem
from mirimpute.methods.columnwise.constant import ColumnTransport
from mirimpute.methods.loop import Schedule, fill_means, reduce
from mirimpute.numerics.long_columns import contiguous_columns
from mirimpute.seeding import generator
from mirimpute.types import Array, Progress, no_progress


@dataclass
class Mean(Method):
    """Every missing cell becomes the mean of the observed cells of its column."""

    completes_new_rows: ClassVar[bool] = True
    returns_column_means: ClassVar[bool] = True

    name: str = "mean"

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Return what completes a table with column means."""
        return _Means(problem, progress)


class _Means(Fitted):
    def __init__(self, problem: Problem, progress: Progress) -> None:
        self._problem, self._progress = problem, progress

    def impute(self) -> Imputation:
        """Return the completed table."""
        schedule = Schedule(sweep="joint", step="mean", rounds=1)
        transport, rng = ColumnTransport(self._problem.categorical), generator(self._problem.seed, "mean")
        return reduce(self._problem, transport, schedule, fill_means, rng, self._progress)

    @cached_property
    def _moments(self) -> Array:
        """Mean and variance of the observed cells of each column, (n_columns, 2)."""
        columns = contiguous_columns(self._problem.x_incomplete)
        observed = (column[~np.isnan(column)] for column in columns)
        return np.array([(each.mean(), each.var()) for each in observed])

    @property
    def constants(self) -> Array:  # type: ignore[override]
        """The mean of each column (n_columns,), to the bit that of :meth:`impute`."""
        return self._moments[:, 0]

    @property
    def trace(self) -> list[dict[str, Any]]:  # type: ignore[override]
        """See :class:`Imputation`."""
        holes = self._problem.missing.any(axis=0)
        return [{"round": 1, "change": 0.0, "loss": float(self._moments[holes, 1].mean())}] if holes.any() else []

    def transform(self, x_incomplete: Array) -> Imputation:
        """Return other rows with the same means."""
        completed = np.where(np.isnan(x_incomplete), self.constants, x_incomplete)
        return Imputation(point=completed, draws=completed[None])
