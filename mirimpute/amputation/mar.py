"""Missing at random: fully observed columns decide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.amputation.base import Proposal, name_columns
from mirimpute.amputation.logistic import Logistic, Roles


@dataclass
class Mar(Logistic):
    """The columns that decide stay observed: P(x_ij missing) = sigmoid(strength s_ij + b_j) in the others, 0 in them.

    The scores s_ij and their reference: :class:`~mirimpute.amputation.logistic.Logistic`.
    """

    def _proposal(self, roles: Roles, logits: np.ndarray) -> Proposal:
        eligible = np.zeros(logits.shape, dtype=bool)
        eligible[:, roles.targets] = True
        return Proposal(
            eligible=eligible,
            logits=logits,
            intercept_per_column=True,
            notes=(f"column(s) {name_columns(roles.inputs)} stay observed", *roles.notes),
            limit=f"{len(roles.inputs)} of {logits.shape[1]} columns stay observed",
            remedy=f"rate_of=eligible or an observed_fraction smaller than {self.observed_fraction:g}",
        )
