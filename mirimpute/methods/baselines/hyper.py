"""Chained equations with the regression chosen for each column."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mirimpute.errors import UserError, unknown
from mirimpute.methods.base import Completed, Fitted, Method, Problem
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

    version: ClassVar[int] = 3
    libraries: ClassVar[tuple[str, ...]] = ("sklearn.ensemble", "sklearn.linear_model")

    name: str = "hyper"
    choose: str = "first"
    folds: int = 3
    most_rows: int = 1000
    trees: int = 50
    max_features: float = 1 / 3
    min_samples_leaf: int = 3
    iterations: int = 50
    rounds: int = 5
    draws: int = 5

    def check(self) -> None:
        """Refuse what cannot be fitted or compared."""
        if self.choose not in CHOICES:
            raise unknown("method.choose", self.choose, CHOICES)
        for name, least in (("folds", 2), ("most_rows", 10), ("trees", 1), ("min_samples_leaf", 1), ("iterations", 1)):
            if getattr(self, name) < least:
                raise UserError(f"method.{name}={getattr(self, name)} is too small: give {least} or more")
        if self.rounds < 1:
            raise UserError(f"method.rounds={self.rounds} does nothing: give 1 or more")
        if self.draws < 0:
            raise UserError(f"method.draws={self.draws} is negative: give 0 (the point alone) or more")
        if not 0 < self.max_features <= 1:
            raise UserError(f"method.max_features={self.max_features} is outside (0, 1]: give a fraction such as 0.33")

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table."""
        from mirimpute.methods.columnwise.model_selection import ChoiceTransport, classifiers, regressors
        from mirimpute.methods.loop import Schedule, fill_means, reduce

        sizes = self.trees, self.max_features, self.min_samples_leaf, self.iterations
        transport = ChoiceTransport(
            regressors(*sizes), self.folds, self.most_rows, self.choose == "every", classifiers(*sizes)
        )
        schedule = Schedule(sweep="columnwise", step="mean", rounds=self.rounds, stop="rise", draws=self.draws)
        rng = generator(problem.seed, "hyper")
        return Completed(reduce(problem, transport, schedule, fill_means, rng, progress))
