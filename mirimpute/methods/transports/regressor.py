"""A columnwise transport from any scikit-learn regressor: its prediction is the conditional mean."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mirimpute.methods.reducer import Transport


class RegressorTransport(Transport):
    """E[x_j | x_{-j}] by regression on the rows that observe column j; one Euler step of the flow of that column.

    At tau = 0 the velocity of the rectified flow is v(x0, 0) = E[x1 - x0 | x_obs], so x0 + v is the regression
    function. Rows that miss column j are not used as targets: their entry is a completion, not data.
    """

    def __init__(self, new_regressor: Callable[[np.random.Generator], Any]) -> None:
        """Store ``new_regressor(rng)``, which returns an unfitted regressor."""
        self._new_regressor = new_regressor
        self._fitted: Any = None

    def fit(self, x: np.ndarray, missing: np.ndarray, block: np.ndarray, rng: np.random.Generator) -> None:
        """Regress column ``block[0]`` on all others; where there are none, on a constant, which gives its mean."""
        (column,) = block
        observed = ~missing[:, column]
        targets = x[:, observed, column].reshape(-1)
        self._fitted = self._new_regressor(rng).fit(_inputs(x[:, observed], column), targets)

    def mean(self, x: np.ndarray, missing: np.ndarray, block: np.ndarray) -> np.ndarray:
        """Return the prediction for the rows that miss the column; the other rows keep their entry."""
        (column,) = block
        rows = missing[:, column]
        result = x[:, :, block].copy()
        result[:, rows, 0] = self._fitted.predict(_inputs(x[:, rows], column)).reshape(len(x), -1)
        return result


def _inputs(x: np.ndarray, column: int) -> np.ndarray:
    """Return all columns but one, (chains * rows, n_columns - 1), or a constant column when there is no other."""
    others = np.delete(x, column, axis=2).reshape(x.shape[0] * x.shape[1], x.shape[2] - 1)
    return others if others.shape[1] else np.zeros((len(others), 1))
