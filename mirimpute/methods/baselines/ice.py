"""Imputation by chained equations with a linear transport."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mirimpute.methods.base import Completed, Fitted, Method, Problem
from mirimpute.methods.columnwise.linear import LinearTransport
from mirimpute.methods.loop import Schedule, fill_means, reduce
from mirimpute.methods.parameters import Amount, Count
from mirimpute.seeding import generator
from mirimpute.types import Progress, no_progress


@dataclass
class Ice(Method):
    """Chained equations: each column by Bayesian ridge regression on all others, round after round.

    The columnwise special case of the flow with a linear transport and one Euler step. Reference: van Buuren &
    Groothuis-Oudshoorn, "mice", JSS 2011; the deterministic variant is scikit-learn's ``IterativeImputer``, whose
    defaults these are.

    Attributes:
        rounds: the most rounds.
        tolerance: stop once no entry moves by more than this times the largest observed absolute value.
    """

    version: ClassVar[int] = 3
    by_column: ClassVar[bool] = True
    libraries: ClassVar[tuple[str, ...]] = ("sklearn.linear_model",)

    name: str = "ice"
    rounds: Count = 10
    tolerance: Amount = 1e-3

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table."""
        schedule = Schedule(
            sweep="columnwise", step="mean", rounds=self.rounds, stop="change", tolerance=self.tolerance
        )
        rng = generator(problem.seed, "ice")
        return Completed(reduce(problem, LinearTransport(), schedule, fill_means, rng, progress))
