"""A columnwise transport by linear regression."""

from __future__ import annotations

from typing import Any

import numpy as np

from mirimpute.methods.transports.regressor import RegressorTransport


def new_ridge(rng: np.random.Generator) -> Any:
    """Return an unfitted Bayesian ridge regression, whose shrinkage maximises the evidence (MacKay 1992)."""
    from sklearn.linear_model import BayesianRidge

    return BayesianRidge()


class LinearTransport(RegressorTransport):
    """E[x_j | x_{-j}] by Bayesian ridge regression: of :class:`RegressorTransport`'s term, its linear part."""

    def __init__(self) -> None:
        super().__init__(new_ridge)
