"""A share: values between 0 and 1, many of them near either."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.datasets.synthetic.base import Synthetic, require


@dataclass
class Bounded(Synthetic):
    """x2 is a share whose mean follows x1: x1 ~ N(0, 1), x2 ~ Beta(k m, k (1 - m)), m = sigmoid(slope x1).

    0 ≤ x2 ≤ 1, E[x2 | x1] = m, Var[x2 | x1] = m (1 - m) / (k + 1), E x2 = 1/2.

    Attributes:
        slope: of the log-odds of the mean share.
        concentration: k; below 2 the density rises towards 0 and 1.
    """

    slope: float = 1.5
    concentration: float = 2.0

    def check(self) -> None:
        """Raise a UserError when an option is outside its range."""
        super().check()
        require(self.concentration > 0, "concentration", self.concentration, "above 0")

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return x1, and shares."""
        x1 = rng.standard_normal(self.n_rows)
        mean = 1.0 / (1.0 + np.exp(-self.slope * x1))
        return np.column_stack([x1, rng.beta(self.concentration * mean, self.concentration * (1.0 - mean))])
