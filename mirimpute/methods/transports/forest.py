"""A columnwise transport by random forests."""

from __future__ import annotations

import numpy as np

from mirimpute.methods.transports.regressor import RegressorTransport


class ForestTransport(RegressorTransport):
    """E[x_j | x_{-j}] by a forest whose trees are grown side by side.

    The trees' predictions are added up one after the other: scikit-learn adds them in the order in which threads
    finish, and sums in another order are other bits.
    """

    def fit(self, x: np.ndarray, missing: np.ndarray, block: np.ndarray, rng: np.random.Generator) -> None:
        """Grow a forest for column ``block[0]``."""
        super().fit(x, missing, block, rng)
        self._fitted.set_params(n_jobs=1)
