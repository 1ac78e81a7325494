"""Weights of members, none negative and of sum 1: of means by squared errors, of distributions by a proper score."""

from __future__ import annotations

import numpy as np

from mirimpute.types import Array

OF_TABLE, OF_COLUMN = 4.0, 40.0
"""How many held-out cells the prior is worth to the weights of a table, and the table's to those of a column."""

_STEPS = 300
_LARGEST = 3.0
_MOST_MOVED = 2.0


def least_score(linear: Array, quadratic: Array, cells: int, prior: Array, prior_cells: float) -> Array:
    """Return the weights w (k,) of least mean score, w a + w Q w, of sum 1, by mirrored descent from the prior.

    As many cells as ``prior_cells`` count for a Dirichlet distribution around the prior, one unit each where the best
    member alone scores one unit per cell; so much evidence is needed to leave it. Members without a share of the prior
    have no weight. Beck & Teboulle, "Mirror descent and nonlinear projected subgradient methods", 2003.

    Args:
        linear, quadratic: (k,) and (k, k), means over the cells.
        cells: how many.
        prior: (k,), of sum 1; the answer where there is no cell.
        prior_cells: how many cells it is worth.
    """
    if cells == 0:
        return prior
    allowed = prior > 0
    alone = (linear + np.diagonal(quadratic))[allowed]
    unit = max(float(alone.min()), 1e-6 * float(alone.max()), 1e-12)
    weights = prior.copy()
    for _ in range(_STEPS):
        slope = cells * (linear + 2 * quadratic @ weights) / unit - prior_cells * prior / np.maximum(weights, 1e-6)
        slope /= cells + prior_cells
        step = np.clip(slope - slope @ weights, -_MOST_MOVED, _MOST_MOVED)
        weights = np.where(allowed, np.maximum(weights * np.exp(-step), 1e-9), 0)
        weights /= weights.sum()
    return weights


def of_means(estimates: Array, truth: Array, prior: Array, prior_cells: float) -> Array:
    """Return the weights (k,) whose weighted mean has least squared error.

    Values count up to three standard deviations: a few outliers in columns of heavy tails would choose otherwise.
    Wolpert, "Stacked generalization", 1992; Breiman, "Stacked regressions", 1996 (non-negative weights).

    Args:
        estimates: (k, m), of m held-out cells, standardised.
        truth: (m,).
        prior, prior_cells: see :func:`least_score`.
    """
    errors = np.clip(estimates, -_LARGEST, _LARGEST) - np.clip(truth, -_LARGEST, _LARGEST)
    return least_score(np.zeros(len(prior)), errors @ errors.T / max(len(truth), 1), len(truth), prior, prior_cells)
