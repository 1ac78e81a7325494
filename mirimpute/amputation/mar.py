"""Missing at random: fully observed columns decide."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.amputation.base import Mechanism, Proposal, name_columns
from mirimpute.amputation.logistic import check_observed_fraction, choose_roles, scores


@dataclass
class Mar(Mechanism):
    """Some columns stay observed, the others go missing by a logistic model of them.

    P(x_ij missing) = sigmoid(s_ij + b_j), s_j = Z w_j / sd(Z w_j), w_j ~ N(0, I), Z the standardised columns that
    stay observed. A cell that the source itself lacks contributes 0 to Z.

    Attributes:
        observed_fraction: fraction of the columns that stay observed; at least one and at most all but one do.

    Reference: Muzellec et al. (2020), "Missing data imputation using optimal transport", ICML.
    """

    observed_fraction: float = 0.3

    def check(self) -> None:
        """Raise UserError unless ``observed_fraction`` is in (0, 1)."""
        check_observed_fraction(self.observed_fraction)

    def propose(self, values: np.ndarray, rng: np.random.Generator, categorical: np.ndarray) -> Proposal:
        """Return the scores of the columns that may go missing."""
        roles = choose_roles(values, self.observed_fraction, self.name, rng)
        eligible = np.zeros(values.shape, dtype=bool)
        eligible[:, roles.targets] = True
        logits = np.zeros(values.shape)
        logits[:, roles.targets] = scores(values, roles.inputs, len(roles.targets), rng, categorical)
        return Proposal(
            eligible=eligible,
            logits=logits,
            intercept_per_column=True,
            notes=(f"column(s) {name_columns(roles.inputs)} stay observed", *roles.notes),
            limit=f"{len(roles.inputs)} of {values.shape[1]} columns stay observed",
            remedy=f"rate_of=eligible or an observed_fraction smaller than {self.observed_fraction:g}",
        )
