"""Missing at random: one fully observed column decides."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from mirimpute.amputation.driver import Driven
from mirimpute.amputation.predictors import features, standardised


@dataclass
class MarDriver(Driven):
    """One column decides about all others: P(x_ij missing) = sigmoid(strength z_i + b_j), z the standardised driver.

    Rows with large values of the driver lose more. A categorical driver has an N(0, 1) weight for the indicator of each
    category, scaled to unit variance of the score.

    Attributes:
        driver: see :class:`~mirimpute.amputation.driver.Driven`.
        strength: slope of the log-odds in one standard deviation of the driver, above 0.

    Reference: van Buuren (2018), "Flexible Imputation of Missing Data", section 3.2.4 (MAR by one covariate).
    """

    def score(self, column: np.ndarray, categorical: bool, rng: np.random.Generator) -> np.ndarray:
        """Return the standardised driver, or a random score of each of its categories."""
        indicators = features(column, categorical)
        if not categorical:
            return indicators[:, 0]
        return standardised(indicators @ rng.standard_normal(indicators.shape[1]))
