"""A line with a noise that grows along it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.datasets.synthetic.base import Synthetic, require


@dataclass
class Heteroscedastic(Synthetic):
    """The noise of x2 grows with x1: x1 ~ U(0, 1), x2 = slope x1 + (low + (high - low) x1) z, z ~ N(0, 1).

    E x2 = slope / 2, Var x2 = slope² / 12 + (low² + low high + high²) / 3, Cov(x1, x2) = slope / 12.

    Attributes:
        slope: of x2 on x1.
        low: standard deviation of the noise at x1 = 0.
        high: at x1 = 1.
    """

    slope: float = 2.0
    low: float = 0.05
    high: float = 1.0

    def check(self) -> None:
        """Raise a UserError when an option is outside its range."""
        super().check()
        require(self.low >= 0, "low", self.low, "at least 0")
        require(self.high >= 0, "high", self.high, "at least 0")

    def draw(self, rng: np.random.Generator) -> np.ndarray:
        """Return x1 ~ U(0, 1) and x2 about the line."""
        x1 = rng.random(self.n_rows)
        sd = self.low + (self.high - self.low) * x1
        return np.column_stack([x1, self.slope * x1 + sd * rng.standard_normal(self.n_rows)])
