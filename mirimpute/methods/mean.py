"""Mean imputation: the reference that every method has to beat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mirimpute.methods.base import Completed, Fitted, Method
from mirimpute.problem import Problem, Progress, no_progress
from mirimpute.seeding import generator


@dataclass
class Mean(Method):
    """Every missing cell becomes the mean of the observed cells of its column."""

    returns_column_means: ClassVar[bool] = True

    name: str = "mean"

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table with column means."""
        from mirimpute.methods.reducer import Schedule, fill_means, reduce
        from mirimpute.methods.transports.column import ColumnTransport

        schedule = Schedule(sweep="joint", step="mean", rounds=1)
        rng = generator(problem.seed, "mean")
        return Completed(reduce(problem, ColumnTransport(), schedule, fill_means, rng, progress))
