"""Mean imputation: the reference that every method has to beat."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar

import numpy as np

from mirimpute.methods.base import Completed, Fitted, Imputation, Method, Problem
from mirimpute.methods.columnwise.constant import ColumnTransport
from mirimpute.methods.loop import Schedule, fill_means, reduce
from mirimpute.seeding import generator
from mirimpute.types import Array, Progress, no_progress


@dataclass
class Mean(Method):
    """Every missing cell becomes the mean of the observed cells of its column."""

    completes_new_rows: ClassVar[bool] = True
    returns_column_means: ClassVar[bool] = True

    name: str = "mean"

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table with column means."""
        schedule = Schedule(sweep="joint", step="mean", rounds=1)
        rng = generator(problem.seed, "mean")
        new_rows = partial(_filled, np.nanmean(problem.x_incomplete, axis=0))
        return Completed(
            reduce(problem, ColumnTransport(problem.categorical), schedule, fill_means, rng, progress), new_rows
        )


def _filled(means: Array, x_incomplete: Array) -> Imputation:
    completed = np.where(np.isnan(x_incomplete), means, x_incomplete)
    return Imputation(point=completed, draws=completed[None])
