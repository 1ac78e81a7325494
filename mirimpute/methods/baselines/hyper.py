"""Chained equations with the regression chosen for each column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from mirimpute.methods.base import Completed, Fitted, Method, Problem
from mirimpute.methods.columnwise.model_selection import ChoiceTransport, classifiers, regressors
from mirimpute.methods.loop import Schedule, fill_means, reduce
from mirimpute.methods.parameters import Count, CountOrZero, Interval, Options, Share
from mirimpute.seeding import generator
from mirimpute.types import Progress, no_progress

CHOICES = ("first", "every")


@dataclass
class Hyper(Method):
    """Chained equations: each column by Bayesian ridge, a forest or boosted trees, whichever predicts it best.

    The columnwise special case of the flow with a transport that is chosen per column by cross-validation on observed
    cells, and one Euler step. The idea is HyperImpute's: Jarrett, Cebere, Liu, Curth & van der Schaar, ICML 2022. Ends
    when the change rises, as missforest does.

    Attributes:
        choose: "first" chooses in the first round, "every" in each round anew.
        folds: of the cross-validation.
        most_rows: rows that the cross-validation looks at, at most.
        trees, max_features, min_samples_leaf: of the forest, see ``missforest``.
        iterations: trees of the boosting.
        rounds: the most rounds.
        draws: returned samples (0: the point alone).
    """

    version: ClassVar[int] = 4
    libraries: ClassVar[tuple[str, ...]] = ("sklearn.ensemble", "sklearn.linear_model")

    name: str = "hyper"
    choose: Annotated[str, Options(CHOICES)] = "first"
    folds: Annotated[int, Interval(2)] = 3
    most_rows: Annotated[int, Interval(10)] = 1000
    trees: Count = 50
    max_features: Share = 1 / 3
    min_samples_leaf: Count = 3
    iterations: Count = 50
    rounds: Count = 5
    draws: CountOrZero = 20

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table."""
        sizes = self.trees, self.max_features, self.min_samples_leaf, self.iterations
        transport = ChoiceTransport(
            regressors(*sizes), self.folds, self.most_rows, self.choose == "every", classifiers(*sizes)
        )
        schedule = Schedule(sweep="columnwise", step="mean", rounds=self.rounds, stop="rise", draws=self.draws)
        rng = generator(problem.seed, "hyper")
        return Completed(reduce(problem, transport, schedule, fill_means, rng, progress))
