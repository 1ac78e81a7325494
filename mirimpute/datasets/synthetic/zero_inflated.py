"""An amount that is exactly zero in many rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.datasets.synthetic.base import Synthetic, require


@dataclass
class ZeroInflated(Synthetic):
    """x2 is 0 or a lognormal amount, and x1 tells of both: x1 ~ N(0, 1), P(x2 > 0) = sigmoid(slope x1).

    Where x2 > 0, log x2 = x1 / 2 + sd z, z ~ N(0, 1). Half of the rows have x2 = 0, whatever the slope.

    Attributes:
        slope: of the log-odds of an amount above 0.
        sd: standard deviation of the logarithm of an amount, given x1.
    """

    slope: float = 1.5
    sd: float = 0.5

    def check(self) -> None:
        """Raise a UserError when an option is outside its range."""
        super().check()
        require(self.sd >= 0, "sd", self.sd, "at least 0")

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return x1, and zeros or amounts."""
        x1, noise = rng.standard_normal((2, self.n_rows))
        positive = rng.random(self.n_rows) < 1.0 / (1.0 + np.exp(-self.slope * x1))
        return np.column_stack([x1, np.where(positive, np.exp(x1 / 2.0 + self.sd * noise), 0.0)])
