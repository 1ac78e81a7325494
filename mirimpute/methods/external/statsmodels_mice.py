"""Chained predictive mean matching, from statsmodels: the reference of ``mice``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mirimpute.errors import UserError
from mirimpute.methods.base import Completed, Fitted, Imputation, Method, Problem
from mirimpute.methods.parameters import Count
from mirimpute.seeding import generator
from mirimpute.types import Progress, no_progress


@dataclass
class StatsmodelsMice(Method):
    """statsmodels' ``MICEData`` as it is: least squares with perturbed parameters, then predictive mean matching.

    One completed table, so the draw is the point. The library takes no row in which nothing is observed.

    Attributes:
        rounds: sweeps over the columns (``n_burnin`` of the library's ``MICE.fit``).
        donors: similar rows of which one is drawn (``k_pmm``).
    """

    libraries: ClassVar[tuple[str, ...]] = ("statsmodels.imputation.mice",)

    name: str = "statsmodels/mice"
    rounds: Count = 10
    donors: Count = 20

    def fit(self, problem: Problem, progress: Progress = no_progress) -> Fitted:
        """Complete the table.

        Raises:
            UserError: a row has no observed cell.
        """
        import pandas as pd
        from statsmodels.imputation.mice import MICEData

        unseen = np.flatnonzero(problem.missing.all(axis=1))
        if unseen.size:
            raise UserError(
                f"statsmodels drops rows in which nothing is observed (row {unseen[0]}): take another method"
            )
        names = [f"x{j}" for j in range(problem.x_incomplete.shape[1])]  # names are parts of formulas there
        table = MICEData(
            pd.DataFrame(problem.x_incomplete, columns=names), k_pmm=self.donors, rng=generator(problem.seed, self.name)
        )
        for done in range(self.rounds):
            progress("rounds", done, self.rounds)
            table.update_all(1)
        point = np.where(problem.missing, table.data.to_numpy(), problem.x_incomplete)
        return Completed(Imputation(point=point, draws=point[None]))
