"""Missing at random: one fully observed column decides by whether it is above a threshold."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.amputation.driver import Driven
from mirimpute.amputation.predictors import in_random_order
from mirimpute.errors import UserError


@dataclass
class MarThreshold(Driven):
    """Rows in which one column is above a threshold lose more: P(x_ij missing) = sigmoid(strength [d_i > t] + b_j).

    t is the q-quantile of the driver d. Where no value is above it (a driver of few values), those equal to it are.
    Categories of a driver get a random order. At a strength of 20 a row below the threshold loses nothing while one
    above it has something to lose.

    Attributes:
        driver: see :class:`~mirimpute.amputation.driver.Driven`.
        strength: how much larger the log-odds are above the threshold, above 0; 3 makes the odds 20 times as large.
        quantile: q, the fraction of rows below the threshold, in (0, 1).

    Reference: Santos et al. (2019), "Generating synthetic missing data: a review by missing mechanism", IEEE Access 7
    (MAR by a cut of one observed feature).
    """

    strength: float = 3.0
    quantile: float = 0.5

    def check(self) -> None:
        """Raise UserError unless ``quantile`` is in (0, 1) and ``strength`` above 0."""
        super().check()
        if not 0 < self.quantile < 1:
            raise UserError(
                f"quantile={self.quantile} is outside (0, 1): give the share of rows below the threshold, such as 0.5"
            )

    def score(self, column: np.ndarray, categorical: bool, rng: np.random.Generator) -> np.ndarray:
        """Return 1 above the threshold and 0 below it."""
        ordered = in_random_order(column, rng) if categorical else column
        threshold = np.quantile(ordered, self.quantile, method="lower")
        above = ordered > threshold
        return (above if above.any() else ordered >= threshold).astype(float)
