"""MissForest: chained equations with a forest transport."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mirimpute.methods.base import Completed, Fitted, Method, Problem
from mirimpute.methods.columnwise.forest import ForestTransport
from mirimpute.methods.loop import Schedule, fill_means, reduce
from mirimpute.methods.parameters import Count, Share
from mirimpute.seeding import generator
from mirimpute.types import Progress, no_progress


@dataclass
class MissForest(Method):
    """Chained equations: each column by a random forest of full-depth trees, until the change rises.

    The columnwise special case of the flow with a forest transport and one Euler step. Reference: Stekhoven &
    Buehlmann, Bioinformatics 2012. Trees are grown to their full depth, unlike the depth of 3 of hyperimpute's plugin.

    Attributes:
        trees: trees per forest.
        max_features: fraction of the columns tried at each split (a third is Breiman's advice for regression).
        min_samples_leaf: rows in a leaf, at least.
        rounds: the most rounds.
    """

    libraries: ClassVar[tuple[str, ...]] = ("sklearn.ensemble",)
    by_column: ClassVar[bool] = True

    name: str = "missforest"
    trees: Count = 100
    max_features: Share = 1 / 3
    min_samples_leaf: Count = 3
    rounds: Count = 10

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table."""
        transport = ForestTransport(self.trees, self.max_features, self.min_samples_leaf)
        schedule = Schedule(sweep="columnwise", step="mean", rounds=self.rounds, stop="rise")
        rng = generator(problem.seed, "missforest")
        return Completed(reduce(problem, transport, schedule, fill_means, rng, progress))
