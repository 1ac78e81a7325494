"""A columnwise transport from any scikit-learn regressor: its prediction is the conditional mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mirimpute.methods.transport import Transport
from mirimpute.types import Array

NewRegressor = Callable[[np.random.Generator], Any]
"""``new_regressor(rng)`` returns an unfitted scikit-learn regressor."""


class RegressorTransport(Transport):
    """E[x_j | x_{-j}] by regression on the rows that observe column j; one Euler step of the flow of that column.

    Given the pattern and the observed entries, KL(P_{X(g), M} || q x P_M) is, but for a constant, the mean of
    KL(g(x_miss | x_obs) || q(x_miss | x_obs)). One column at a time keeps of it KL(g(x_j | x_{-j}) || q(x_j | x_{-j}))
    and takes all other entries, completions too, for known. At tau = 0 the velocity of the rectified flow is
    v(x0, 0) = E[x1 - x0 | x_{-j}], so x0 + v is the regression function: the point that is nearest to q(x_j | x_{-j})
    in squared error, which a spread of zero cannot be in KL. Rows that miss column j are not used as targets: their
    entry is a completion, not data.
    """

    def __init__(self, new_regressor: NewRegressor) -> None:
        """Store ``new_regressor(rng)``, which returns an unfitted regressor."""
        self._new_regressor = new_regressor
        self._fitted: Any = None

    def fit(self, x: Array, missing: Array, block: Array, rng: np.random.Generator) -> None:
        """Regress column ``block[0]`` on all others; where there are none, on a constant, which gives its mean.

        The loss is the mean squared error on the rows that were learnt from.
        """
        (column,) = block
        inputs, targets = observed_pairs(x, missing, column)
        self._fitted = fitted(self._new_regressor(rng), inputs, targets)
        self.lose(np.square(targets - self._fitted.predict(inputs)).mean())

    def mean(self, x: Array, missing: Array, block: Array) -> Array:
        """Return the prediction for the rows that miss the column; the other rows keep their entry."""
        (column,) = block
        rows = missing[:, column]
        result = x[:, :, block].copy()
        result[:, rows, 0] = self._fitted.predict(other_columns(x[:, rows], column)).reshape(len(x), -1)
        return result


def observed_pairs(x: Array, missing: Array, column: int) -> tuple[Array, Array]:
    """Return inputs (chains * rows, n_columns - 1) and targets of the rows that observe ``column``."""
    observed = ~missing[:, column]
    return other_columns(x[:, observed], column), x[:, observed, column].reshape(-1)


def other_columns(x: Array, column: int) -> Array:
    """Return all columns but one, (chains * rows, n_columns - 1), or a constant column when there is no other."""
    others = np.delete(x, column, axis=2).reshape(x.shape[0] * x.shape[1], x.shape[2] - 1)
    return others if others.shape[1] else np.zeros((len(others), 1))


def fitted(regressor: Any, inputs: Array, targets: Array) -> Any:
    """Return ``regressor`` fitted.

    The matrices are small: on a busy machine the threads of the linear algebra library cost a hundred times what they
    save, so it gets one. A forest grows its trees side by side, but adds up their predictions one after the other:
    scikit-learn adds them in the order in which threads finish, and sums in another order are other bits.
    """
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):
        regressor.fit(inputs, targets)
    return regressor.set_params(n_jobs=1) if hasattr(regressor, "n_jobs") else regressor
