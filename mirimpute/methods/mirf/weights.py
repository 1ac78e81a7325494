"""Weights of members, none negative and of sum 1: of means by squared errors, of distributions by a proper score."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mirimpute.types import Array

OF_TABLE, OF_COLUMN = 100.0, 40.0
"""How many held-out cells the prior is worth to the weights of a table, and the table's to those of a column."""

_STEPS = 300
_LARGEST = 3.0
_MOST_MOVED = 2.0


def least_score(linear: Array, quadratic: Array, cells: Array, prior: Array, prior_cells: float) -> Array:
    """Return for each problem the weights w (k,) of least mean score, w a + w Q w, of sum 1, by mirrored descent.

    As many cells as ``prior_cells`` count for a Dirichlet distribution around the prior, where the descent starts, one
    unit each where the best member alone scores one unit per cell; so much evidence is needed to leave it. Members
    without a share of the prior have no weight. Beck & Teboulle, "Mirror descent and nonlinear projected subgradient
    methods", 2003.

    Args:
        linear, quadratic: (problems, k) and (problems, k, k), means over the cells.
        cells: (problems,), how many.
        prior: (problems, k), each of sum 1; the answer where there is no cell.
        prior_cells: how many cells it is worth.

    >>> quadratic = np.diag([1.0, 3.0])[None]  # least w_1^2 + 3 w_2^2
    >>> least_score(np.zeros((1, 2)), quadratic, np.array([1e6]), np.full((1, 2), 0.5), 1.0).round(3).tolist()
    [[0.75, 0.25]]
    """
    allowed, count = prior > 0, cells[:, None].astype(float)
    alone = linear + np.einsum("pkk->pk", quadratic)
    least = np.where(allowed, alone, np.inf).min(axis=1)
    largest = np.where(allowed, alone, -np.inf).max(axis=1)
    unit = np.maximum(np.maximum(least, 1e-6 * largest), 1e-12)[:, None]
    linear, quadratic = linear / unit, quadratic / unit[..., None]
    weights = prior.copy()
    for _ in range(_STEPS):
        slope = count * (linear + 2 * np.einsum("pkl,pl->pk", quadratic, weights))
        slope = (slope - prior_cells * prior / np.maximum(weights, 1e-6)) / (count + prior_cells)
        step = np.clip(slope - (slope * weights).sum(axis=1, keepdims=True), -_MOST_MOVED, _MOST_MOVED)
        weights = np.where(allowed, np.maximum(weights * np.exp(-step), 1e-9), 0)
        weights /= weights.sum(axis=1, keepdims=True)
    return np.where(count > 0, weights, prior)


def of_means(estimates: Sequence[Array], truth: Sequence[Array], prior: Array, prior_cells: float) -> Array:
    """Return for each problem the weights (k,) whose weighted mean has least squared error, (problems, k).

    Values count up to three standard deviations: a few outliers in columns of heavy tails would choose otherwise.
    Wolpert, "Stacked generalization", 1992; Breiman, "Stacked regressions", 1996 (non-negative weights).

    Args:
        estimates: (k, m) of each, of m held-out cells, standardised.
        truth: (m,) of each.
        prior, prior_cells: see :func:`least_score`.
    """
    errors = [
        np.clip(each, -_LARGEST, _LARGEST) - np.clip(true, -_LARGEST, _LARGEST)
        for each, true in zip(estimates, truth, strict=True)
    ]
    cells = np.array([len(true) for true in truth])
    quadratic = np.stack([each @ each.T / max(each.shape[1], 1) for each in errors])
    return least_score(np.zeros(prior.shape), quadratic, cells, prior, prior_cells)
