"""Hot-deck imputation: values of other rows, drawn at random."""

from __future__ import annotations

from dataclasses import dataclass, replace

from mirimpute.methods.base import Completed, Fitted, Method, Problem
from mirimpute.methods.columnwise.constant import ColumnTransport
from mirimpute.methods.loop import Schedule, fill_means, reduce
from mirimpute.methods.parameters import Count
from mirimpute.seeding import generator
from mirimpute.types import Progress, no_progress


@dataclass
class HotDeck(Method):
    """Every missing cell becomes an observed value of its column, drawn with replacement.

    A hot deck has no other answer than a draw, so its point is its first draw and has the error of one: √2 times that
    of the mean.

    Attributes:
        draws: completed tables to return.
    """

    name: str = "hot_deck"
    draws: Count = 20

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table ``draws`` times."""
        schedule = Schedule(sweep="joint", step="draw", rounds=1, chains=self.draws)
        rng = generator(problem.seed, "hot_deck")
        imputation = reduce(problem, ColumnTransport(problem.categorical), schedule, fill_means, rng, progress)
        return Completed(replace(imputation, point=imputation.draws[0]))
