"""Missing not at random: a variable that nobody has measured decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.amputation.base import Mechanism, Proposal
from mirimpute.amputation.logistic import scores
from mirimpute.amputation.predictors import check_strength, varying_columns
from mirimpute.errors import UserError


@dataclass
class MnarLatent(Mechanism):
    """A latent variable of each row, which the whole row tells of, decides about all cells of the row.

    P(x_ij missing) = sigmoid(strength u_i + b_j), u = r s + √(1 − r²) e with s the score of all columns (random N(0, 1)
    weights of the standardised columns, unit variance) and e ~ N(0, 1). No column explains the holes by itself, and the
    cells of a row go together. With r < 1 no cell tells all of u.

    Attributes:
        strength: slope of the log-odds in one standard deviation of u, above 0.
        loading: r, the correlation of u with the score of the columns, in (0, 1].

    Reference: Little & Rubin (2019), "Statistical Analysis with Missing Data", chapter 15 (missing
    not at random by an unobserved variable).
    """

    strength: float = 1.5
    loading: float = 0.9

    def check(self) -> None:
        """Raise UserError unless ``strength`` is above 0 and ``loading`` in (0, 1]."""
        check_strength(self.strength)
        if not 0 < self.loading <= 1:
            raise UserError(
                f"loading={self.loading} is outside (0, 1]: it is the correlation of the latent variable with the "
                "columns, and 0 would be MCAR; give one such as 0.9"
            )

    def propose(self, values: np.ndarray, rng: np.random.Generator, categorical: np.ndarray) -> Proposal:
        """Return the latent variable, the same for all cells of a row.

        Raises:
            UserError: every column is constant.
        """
        varying = np.flatnonzero(varying_columns(values, self.name))
        score = scores(values, varying, 1, rng, categorical)
        noise = rng.standard_normal((len(values), 1))
        latent = self.loading * score + np.sqrt(1 - self.loading**2) * noise
        return Proposal(
            eligible=np.ones(values.shape, dtype=bool),
            logits=np.broadcast_to(self.strength * latent, values.shape),
            intercept_per_column=True,
        )
