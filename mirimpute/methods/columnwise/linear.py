"""A columnwise transport by linear regression."""

from __future__ import annotations

from typing import Any

import numpy as np

from mirimpute.methods.columnwise.regressor import RegressorTransport


def new_ridge(rng: np.random.Generator) -> Any:
    """Return an unfitted Bayesian ridge regression, whose shrinkage maximises the evidence (MacKay 1992)."""
    from sklearn.linear_model import BayesianRidge

    return BayesianRidge()


class LinearTransport(RegressorTransport):
    """E[x_j | x_{-j}] by Bayesian ridge regression, the transport of ``ice``.

    Keeps KL(g(x_j | x_{-j}) || q(x_j | x_{-j})), as :class:`RegressorTransport` derives, a column at a time, and of it
    the first moment. Approximates E_q[x_j | x_{-j}] by its linear part, w'x_{-j} + b, with a normal prior on w whose
    variance maximises the evidence; q's spread is approximated by none, so that the pattern shows in the residuals.
    """

    def __init__(self) -> None:
        super().__init__(new_ridge)
