"""Logistic regression with a ridge, by Newton's method: one solver for every logit that this package fits itself.

It minimises, over the weights w and for each target separately,

    sum_i [log(1 + exp(l_i)) - y_i l_i] + 1/2 sum_j ridge_j w_j^2,    l = X w + level + offset,

whose gradient is X'(p - y) + ridge w with p = 1 / (1 + exp(-l)). Two curvatures can divide it:

- the bound X'X / 4 + ridge, which is never below the true one, so that every step goes down (Böhning, "Multinomial
  logistic regression algorithm", Ann. Inst. Statist. Math. 1992). One factorisation serves all steps, and all targets
  that share inputs;
- the true one, X' diag(p (1 - p)) X + ridge: fewer steps, each with a factorisation of its own.

scikit-learn's ``LogisticRegression`` fits one target at a time, takes no offset, and has one ridge for all weights.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np


class Inputs(Protocol):
    """The matrix X, by what it does to weights and to rows."""

    def log_odds(self, weights: np.ndarray) -> np.ndarray:
        """Return X w."""

    def transposed(self, rows: np.ndarray) -> np.ndarray:
        """Return X' r."""

    def curvature(self, rows: np.ndarray) -> np.ndarray:
        """Return X' diag(r) X."""


@dataclass(frozen=True)
class Dense:
    """Inputs as a matrix: x (n, p), which all k targets share, or (k, n, p); weights are (k, p), rows (k, n)."""

    x: np.ndarray

    def log_odds(self, weights: np.ndarray) -> np.ndarray:
        """Return X w, (k, n)."""
        return weights @ self.x.T if self.x.ndim == 2 else (self.x @ weights[..., None])[..., 0]

    def transposed(self, rows: np.ndarray) -> np.ndarray:
        """Return X' r, (k, p)."""
        return rows @ self.x if self.x.ndim == 2 else (rows[:, None, :] @ self.x)[:, 0]

    def curvature(self, rows: np.ndarray) -> np.ndarray:
        """Return X' diag(r) X, (k, p, p)."""
        return np.swapaxes(self.x, -1, -2) @ (rows[..., None] * self.x)


@dataclass(frozen=True)
class TwoSteps:
    """Inputs of l = f(a) + g(b) + c, with f and g step functions, without a matrix of indicators.

    Rows come in m versions, each of which counts 1 / m. The weights are the heights of f, those of g, and c.

    Attributes:
        cell: int (m, n), the number of the step of f times the steps of g, plus the number of the step of g.
        shape: the numbers of steps of f and g.
    """

    cell: np.ndarray
    shape: tuple[int, int]

    def log_odds(self, weights: np.ndarray) -> np.ndarray:
        """Return X w, (m, n)."""
        heights = weights[: self.shape[0], None] + weights[self.shape[0] : -1] + weights[-1]
        return heights.ravel()[self.cell]

    def transposed(self, rows: np.ndarray) -> np.ndarray:
        """Return X' r, (steps + 1,)."""
        total = self._by_cell(rows)
        return np.concatenate([total.sum(axis=1), total.sum(axis=0), [total.sum()]])

    def curvature(self, rows: np.ndarray) -> np.ndarray:
        """Return X' diag(r) X, (steps + 1, steps + 1)."""
        total = self._by_cell(rows)
        margins = np.concatenate([total.sum(axis=1), total.sum(axis=0)])
        result = np.diag(np.append(margins, total.sum(axis=1).sum()))
        result[: self.shape[0], self.shape[0] : -1] = total
        result[:-1, -1] = margins
        return np.triu(result) + np.triu(result, 1).T

    def _by_cell(self, rows: np.ndarray) -> np.ndarray:
        weights = rows.ravel() / len(self.cell)
        return np.bincount(self.cell.ravel(), weights, self.shape[0] * self.shape[1]).reshape(self.shape)


@dataclass(frozen=True)
class Logit:
    """What was fitted.

    Attributes:
        weights: (k, p), or (p,) for one target.
        level: what is added to X w: (k, 1), fitted, by the bound; as it was given, by the true curvature.
        curvature: (p, p), the true one before the last step; None by the bound.
    """

    weights: np.ndarray
    level: np.ndarray
    curvature: np.ndarray | None


def ridge_logit(
    inputs: Inputs,
    y: np.ndarray,
    ridge: np.ndarray | float,
    steps: int,
    *,
    start: np.ndarray,
    level: np.ndarray,
    inverse: np.ndarray | None = None,
) -> Logit:
    """Return the ridge logit of the targets ``y`` after ``steps`` steps, without a test of convergence.

    Args:
        inputs: X.
        y: the targets, 0 or 1, (k, n) for :class:`Dense` inputs, (n,) for :class:`TwoSteps`.
        ridge: of each weight, a number or of the shape of ``start``; 0 for a column of ones.
        steps: of Newton.
        start: the weights to start from, (k, p) or (p,).
        level: log-odds beside X w. By the bound, the constants to start from, (k, 1), which are fitted too and have no
            ridge; the columns of X must be centred. By the true curvature, log-odds that are known, (n,).
        inverse: (k, p, p) or (p, p), the inverse of the bound, see :func:`bound`; None: the true curvature.

    With a column of ones and no ridge, chances are the shares of ones: 1 of 2, and 3 of 4 where the input is 1.

    >>> x = np.array([[0.0, 1], [0, 1], [1, 1], [1, 1], [1, 1], [1, 1]])
    >>> y = np.array([[0.0, 1, 0, 1, 1, 1]])
    >>> found = ridge_logit(Dense(x), y, 0.0, 10, start=np.zeros((1, 2)), level=np.zeros(6))
    >>> found.weights.round(6) + 0.0  # log(3 / 1), log(1 / 1)
    array([[1.098612, 0.      ]])

    By the bound, with a ridge that holds the weight at 0, the level is the log-odds of all rows:

    >>> z, zero = x[:, :1] - x[:, :1].mean(), np.zeros((1, 1))
    >>> ridge_logit(Dense(z), y, 1e9, 50, start=zero, level=zero, inverse=bound(z, 1e9)).level.round(6)  # log(4 / 2)
    array([[0.693147]])
    """
    from scipy.special import expit

    weights, curvature = start, None
    for _ in range(steps):
        chance = expit(inputs.log_odds(weights) + level)
        error = chance - y
        gradient = (inputs.transposed(error) + ridge * weights)[..., None]
        if inverse is None:
            curvature = inputs.curvature(chance * (1 - chance)) + ridge * np.eye(weights.shape[-1])
            weights = weights - np.linalg.solve(curvature, gradient)[..., 0]
        else:
            weights = weights - (inverse @ gradient)[..., 0]
            level = level - 4 * error.mean(axis=-1, keepdims=True)
    return Logit(weights, level, curvature)


def bound(x: np.ndarray, ridge: np.ndarray | float) -> np.ndarray:
    """Return the inverse of X'X / 4 + ridge, for :func:`ridge_logit`.

    Args:
        x: (n, p) or (k, n, p).
        ridge: a number, or (..., p).

    >>> bound(np.array([[2.0], [2.0]]), 2.0)
    array([[0.25]])
    """
    return np.linalg.inv(np.swapaxes(x, -1, -2) @ x / 4 + np.asarray(ridge)[..., None] * np.eye(x.shape[-1]))
