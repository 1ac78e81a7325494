"""Missing not at random: values below a limit of detection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.amputation.base import Mechanism, Proposal, name_columns
from mirimpute.amputation.predictors import varying_columns
from mirimpute.amputation.rate_calibration import in_turns
from mirimpute.errors import UserError


@dataclass
class MnarCensored(Mechanism):
    """The lowest values of each column go missing: x_ij is missing if and only if it is below the limit L_j.

    Limits differ: column j loses a share in proportion to w_j ~ U(0.5, 1.5), until nothing is left of it. Of values
    equal to the limit, random ones go. Categories have no order, so categorical columns stay observed, and so do
    constant ones.

    Reference: Helsel (2012), "Statistics for Censored Environmental Data", 2nd ed. (values below a detection limit).
    """

    def propose(self, values: np.ndarray, rng: np.random.Generator, categorical: np.ndarray) -> Proposal:
        """Return the order of the values of each column.

        Raises:
            UserError: no column of numbers varies.
        """
        censored = varying_columns(values, self.name) & ~categorical
        if not censored.any():
            raise UserError(
                f"mechanism {self.name!r} hides the lowest numbers, and the table has no column of numbers that vary: "
                "use mechanism=mcar or mechanism=mnar_self"
            )
        shares = np.zeros(values.shape)  # that the column has lost when the cell goes
        for column in np.flatnonzero(censored):
            ascending = np.lexsort((rng.random(len(values)), values[:, column]))  # cells without a value come last
            shares[ascending, column] = np.arange(len(values)) / (~np.isnan(values[:, column])).sum()
        shares /= rng.uniform(0.5, 1.5, size=values.shape[1])
        others = np.flatnonzero(~censored)
        n_columns = values.shape[1]
        names = name_columns(others)
        return Proposal(
            eligible=np.broadcast_to(censored, values.shape),
            logits=in_turns(shares),
            intercept_per_column=False,
            notes=(f"column(s) {names} stay observed: categorical or constant",) if others.size else (),
            limit=f"{others.size} of {n_columns} columns are categorical or constant and stay observed"
            if others.size
            else "",
            remedy="rate_of=eligible" if others.size else "",
        )
