"""Transports that ignore x_obs: the mean of a column, or a value drawn from it."""

from __future__ import annotations

import numpy as np

from mirimpute.methods.reducer import Transport


class ColumnTransport(Transport):
    """q(x_miss | x_obs) replaced by the product of the observed marginals.

    ``mean`` is the column mean (mean imputation), ``draw`` a value of another row (hot deck). Both leave the mutual
    information between the pattern and the dependence among columns untouched: that is what the other transports add.
    """

    def fit(self, x: np.ndarray, missing: np.ndarray, block: np.ndarray, rng: np.random.Generator) -> None:
        """Keep the observed values of each column."""
        self._donors = [x[0, ~missing[:, column], column] for column in block]

    def mean(self, x: np.ndarray, missing: np.ndarray, block: np.ndarray) -> np.ndarray:
        """Return the observed mean of each column."""
        means = np.array([donors.mean() for donors in self._donors])
        return np.broadcast_to(means, (*x.shape[:2], len(block)))

    def draw(self, x: np.ndarray, missing: np.ndarray, block: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """Return values drawn with replacement from the observed values of each column."""
        return np.stack([rng.choice(donors, size=x.shape[:2]) for donors in self._donors], axis=-1)
