"""Missing not at random: each column decides about itself."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.amputation.base import Mechanism, Proposal, name_columns
from mirimpute.amputation.logistic import scores
from mirimpute.amputation.predictors import standardised, varying_columns


@dataclass
class MnarSelf(Mechanism):
    """Each cell goes missing by a logistic model of its own value.

    P(x_ij missing) = sigmoid(±z_ij + b_j), z_j the standardised column. The model has one N(0, 1) weight, of which only
    the sign is left once the score has unit variance: a column loses its large or its small values, at even odds. A
    categorical column has a weight for the indicator of each category, so that some categories are lost more often than
    others. A constant column would be MCAR in disguise and stays observed.

    Reference: Muzellec et al. (2020), "Missing data imputation using optimal transport", ICML (self-masked MNAR).
    """

    def propose(self, values: np.ndarray, rng: np.random.Generator, categorical: np.ndarray) -> Proposal:
        """Return each standardised column with a random sign, or a random score of each category.

        Raises:
            UserError: every column is constant.
        """
        n_columns = values.shape[1]
        signs = np.where(rng.random(n_columns) < 0.5, -1.0, 1.0)
        varying = varying_columns(values, self.name)
        logits = np.zeros(values.shape)
        for column in np.flatnonzero(varying):
            if categorical[column]:
                logits[:, [column]] = scores(values, np.array([column]), 1, rng, categorical)
            else:
                logits[:, column] = signs[column] * standardised(values[:, column])
        constant = np.flatnonzero(~varying)
        complete = constant.size == 0
        return Proposal(
            eligible=np.broadcast_to(varying, values.shape),
            logits=logits,
            intercept_per_column=True,
            notes=() if complete else (f"constant column(s) {name_columns(constant)} stay observed",),
            limit="" if complete else f"{constant.size} of {n_columns} columns are constant and stay observed",
            remedy="" if complete else "rate_of=eligible",
        )
