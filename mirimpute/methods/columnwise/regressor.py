"""A columnwise transport from any scikit-learn regressor: its prediction is the conditional mean."""

from __future__ import annotations

from typing import Any

import numpy as np

from mirimpute.methods.columnwise.classifier import ClassifierTransport, NewModel, fitted, other_columns
from mirimpute.methods.transport import Transport
from mirimpute.types import Array

NewRegressor = NewModel
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

    def __init__(self, new_regressor: NewModel, new_classifier: NewModel | None = None) -> None:
        """Store what makes an unfitted regressor, and a classifier for categories (None: logistic regression)."""
        self._new_regressor = new_regressor
        self._new_classifier = new_classifier
        self._fitted: Any = None

    def for_categories(self) -> Transport | None:
        """Return the classifier's transport."""
        return ClassifierTransport(self._new_classifier) if self._new_classifier else None

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
        predicted = self._fitted.predict(_stacked(x[:, missing[:, column]], block))
        return placed(predicted.reshape(len(x), -1), x, missing, column)


def observed_pairs(x: Array, missing: Array, column: int) -> tuple[Array, Array]:
    """Return inputs (chains * rows, n_columns - 1) and targets of the rows that observe ``column``."""
    observed = ~missing[:, column]
    return _stacked(x[:, observed], np.array([column])), x[:, observed, column].reshape(-1)


def placed(values: Array, x: Array, missing: Array, column: int) -> Array:
    """Return a column of ``x`` (chains, n_rows, 1) with ``values`` (chains, rows) in its missing entries."""
    result = x[:, :, [column]].copy()
    result[:, missing[:, column], 0] = values
    return result


def _stacked(x: Array, block: Array) -> Array:
    """Return what predicts the block, the rows of all chains one below the other."""
    others = other_columns(x, block)
    return others.reshape(-1, others.shape[2])
