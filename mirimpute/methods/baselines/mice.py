"""Multiple imputation by chained equations."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from mirimpute.methods.base import Completed, Fitted, Method, Problem
from mirimpute.methods.columnwise.bayes import BayesTransport
from mirimpute.methods.columnwise.matching import MatchingTransport
from mirimpute.methods.columnwise.tree_donors import CART, FOREST, FOREST_OF_CATEGORIES, TreeDonorsTransport
from mirimpute.methods.loop import Schedule, fill_draws, reduce
from mirimpute.methods.parameters import Count, Options
from mirimpute.methods.transport import Transport
from mirimpute.seeding import generator
from mirimpute.types import Progress, no_progress

KINDS = ("bayes", "bayes_by_row", "pmm", "cart", "rf")


@dataclass
class Mice(Method):
    """Chained equations with draws: several chains, each a proper imputation of its own.

    The columnwise special case of the flow with a linear transport whose parameters and residuals are drawn. The point
    is the mean of the draws. Reference: van Buuren & Groothuis-Oudshoorn, "mice", JSS 2011. As there, numbers are
    matched by default: where data are not normal, such draws are nearer to them. ``benchmarks/mice_r.md`` holds it
    against that package of R.

    Attributes:
        kind: "pmm" draws an observed value of a row with a similar prediction (R's ``pmm``), "bayes" from the posterior
            of a linear regression (R's ``norm``), "bayes_by_row" with other parameters for every row and weights
            shrunk by the evidence, as scikit-learn does (not proper: see
            :class:`mirimpute.methods.columnwise.bayes.BayesTransport`), "cart" an observed value of the same leaf of a
            tree, "rf" of ten randomised trees (R's of the same names; numbers and categories).
        rounds: of every chain, from observed values of the column drawn at random.
        chains: completed tables to return; they never see each other.
        donors: of "pmm": similar rows of which one is drawn.
    """

    version: ClassVar[int] = 3
    by_column: ClassVar[bool] = True

    name: str = "mice"
    kind: Annotated[str, Options(KINDS)] = "pmm"
    rounds: Count = 10
    chains: Count = 20
    donors: Count = 5

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table ``chains`` times."""
        schedule = Schedule(sweep="columnwise", step="draw", rounds=self.rounds, chains=self.chains)
        rng = generator(problem.seed, "mice")
        return Completed(reduce(problem, self._transport(), schedule, fill_draws, rng, progress))

    def _transport(self) -> Transport:
        if self.kind == "pmm":
            return MatchingTransport(self.donors)
        if self.kind == "cart":
            return TreeDonorsTransport(CART)
        if self.kind == "rf":
            return TreeDonorsTransport(FOREST, FOREST_OF_CATEGORIES)
        return BayesTransport(self.kind == "bayes_by_row")
