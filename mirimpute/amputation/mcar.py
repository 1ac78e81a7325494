"""Missing completely at random."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.amputation.base import Mechanism, Proposal


@dataclass
class Mcar(Mechanism):
    """Every cell goes missing with the same probability, whatever the values: P(missing) = p.

    Reference: Rubin (1976), "Inference and missing data", Biometrika 63.
    """

    def propose(self, values: np.ndarray, rng: np.random.Generator, categorical: np.ndarray) -> Proposal:
        """Return the same logit for every cell."""
        return Proposal(
            eligible=np.ones(values.shape, dtype=bool),
            logits=np.broadcast_to(np.float64(0), values.shape),
            intercept_per_column=False,
        )
