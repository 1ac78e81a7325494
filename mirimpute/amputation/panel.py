"""Panel: rows drop out, and lose every later column."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.amputation.base import Mechanism, Proposal
from mirimpute.amputation.rate_calibration import in_turns


@dataclass
class Panel(Mechanism):
    """Columns are waves of a panel, from left to right; a row that drops out loses one and all that follow (monotone).

    A row drops out before column j with the same hazard in every wave: it is there at column j with probability
    exp(−λ j), j = 0, 1, ..., λ calibrated. So the first column stays observed, and a row goes missing from E_i / λ on,
    E_i ~ Exp(1). When a row drops out depends on no value.

    Reference: Little & Rubin (2019), "Statistical Analysis with Missing Data", section 1.2 (monotone pattern of
    attrition).
    """

    def propose(self, values: np.ndarray, rng: np.random.Generator, categorical: np.ndarray) -> Proposal:
        """Return the order in which rows drop out: cell (i, j) goes at λ = E_i / j."""
        n_rows, n_columns = values.shape
        hazard = np.zeros(values.shape)
        hazard[:, 1:] = rng.exponential(size=(n_rows, 1)) / np.arange(1, n_columns)
        eligible = np.ones(values.shape, dtype=bool)
        eligible[:, 0] = False
        return Proposal(
            eligible=eligible,
            logits=in_turns(hazard),
            intercept_per_column=False,
            notes=("column 0 stays observed: rows drop out after it",),
            limit=f"1 of {n_columns} columns stays observed",
            remedy="rate_of=eligible",
        )
