"""A columnwise transport by linear regression."""

from __future__ import annotations

import numpy as np

from mirimpute.methods.transports.regressor import RegressorTransport


class LinearTransport(RegressorTransport):
    """E[x_j | x_{-j}] by Bayesian ridge regression, whose shrinkage maximises the evidence (MacKay 1992).

    The matrices are small: on a busy machine the threads of the linear algebra library cost a hundred times what they
    save, so it gets one.
    """

    def __init__(self) -> None:
        from sklearn.linear_model import BayesianRidge

        super().__init__(lambda rng: BayesianRidge())

    def fit(self, x: np.ndarray, missing: np.ndarray, block: np.ndarray, rng: np.random.Generator) -> None:
        """Regress column ``block[0]`` on all others."""
        from threadpoolctl import threadpool_limits

        with threadpool_limits(limits=1, user_api="blas"):
            super().fit(x, missing, block, rng)
