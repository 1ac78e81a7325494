"""Missing not at random: the columns that decide go missing as well."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.amputation.base import Mechanism, Proposal, name_columns
from mirimpute.amputation.logistic import check_observed_fraction, choose_roles, scores


@dataclass
class MnarLogistic(Mechanism):
    """As `mar`, but the columns that decide are themselves masked, completely at random and at the same rate.

    P(x_ij missing) = sigmoid(s_ij + b_j) as in :class:`~mirimpute.amputation.mar.Mar` for the other columns, p for
    the columns that decide: what decided is no longer seen.

    Attributes:
        observed_fraction: fraction of the columns that decide; at least one and at most all but one do.

    Reference: Muzellec et al. (2020), "Missing data imputation using optimal transport", ICML.
    """

    observed_fraction: float = 0.3

    def check(self) -> None:
        """Raise UserError unless ``observed_fraction`` is in (0, 1)."""
        check_observed_fraction(self.observed_fraction)

    def propose(self, values: np.ndarray, rng: np.random.Generator, categorical: np.ndarray) -> Proposal:
        """Return the scores of the columns that depend on others, and 0 for those that decide."""
        roles = choose_roles(values, self.observed_fraction, self.name, rng)
        logits = np.zeros(values.shape)
        logits[:, roles.targets] = scores(values, roles.inputs, len(roles.targets), rng, categorical)
        return Proposal(
            eligible=np.ones(values.shape, dtype=bool),
            logits=logits,
            intercept_per_column=True,
            notes=(f"column(s) {name_columns(roles.inputs)} decide and are masked at random", *roles.notes),
        )
