"""Missing not at random: the columns that decide go missing as well."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.amputation.base import Proposal, name_columns
from mirimpute.amputation.logistic import Logistic, Roles


@dataclass
class MnarLogistic(Logistic):
    """The columns that decide go missing completely at random, at the same rate: their values are hidden as well.

    P(x_ij missing) = sigmoid(strength s_ij + b_j) in the others; the scores s_ij and their reference:
    :class:`~mirimpute.amputation.logistic.Logistic`.
    """

    def _proposal(self, roles: Roles, logits: np.ndarray) -> Proposal:
        return Proposal(
            eligible=np.ones(logits.shape, dtype=bool),
            logits=logits,
            intercept_per_column=True,
            notes=(f"column(s) {name_columns(roles.inputs)} decide and are masked at random", *roles.notes),
        )
