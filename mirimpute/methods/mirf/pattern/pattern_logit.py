"""How t_j, the share of one column in the log-odds that it is missing, is learnt; what for: :mod:`.balance`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mirimpute.methods.mirf.pattern.resampling import Gauge, Steps
from mirimpute.numerics.binning import bin_edges
from mirimpute.types import Array

_RIDGE, _NEWTON_STEPS = 3.0, 8
_FEWEST_BINS, _MOST_BINS = 4, 24
_EXACT = 0.01


def fit_gauge(block: Array, value: Array, residual: Array, missing: Array, told: Array) -> tuple[Gauge, float, float]:
    """Return the gauge of a column, by how much it tells the pattern, and by how much it would by chance.

    Both are log-likelihoods in nats, over that of ``told`` and a constant. Chance is half of the degrees of freedom
    that the ridge leaves (Wilks 1938); it is less where several candidates of a row are averaged.

    Args:
        block: its column numbers.
        value, residual: (m, n), see :func:`mirimpute.methods.mirf.pattern.resampling.readings`.
        missing: bool (n,).
        told: (n,), the log-odds by the rest of the row.
    """
    bins = int(np.clip(round(0.8 * value.shape[1] ** (1 / 3)), _FEWEST_BINS, _MOST_BINS))
    edges = np.arange(1, len(block)) - 0.5 if len(block) > 1 else bin_edges(value.ravel(), bins)
    edges_of_residual = bin_edges(residual.ravel(), bins)
    of_value, of_residual, gain, chance = _fitted_steps(
        np.searchsorted(edges, value, side="right"),
        np.searchsorted(edges_of_residual, residual, side="right"),
        (len(edges) + 1, len(edges_of_residual) + 1),
        missing.astype(float),
        told,
    )
    return Gauge(block, Steps(edges, of_value), Steps(edges_of_residual, of_residual)), gain, chance


def residual_maker(z: Array, blocks: Sequence[Array]) -> Array:
    """Return the matrix that makes the residual of each block given the other columns, P_.B P_BB^-1, P the precision.

    Columns that follow from the others to a hundredth of a deviation (copies, parts of a sum) have none, zeros: it
    would be the rounding of draws on one side and the ridge on the other, and would prefer draws near the mean.

    Args:
        z: (n, d), standardised.
        blocks: column numbers of each; other columns of the result are 0.
    """
    d = z.shape[1]
    covariance = z.T @ z / len(z)
    precision = np.linalg.inv(covariance + 1e-3 * np.eye(d))
    result = np.zeros((d, d))
    for block in blocks:
        result[:, block] = np.linalg.solve(precision[np.ix_(block, block)], precision[block]).T
    exact = np.einsum("ij,ik,kj->j", result, covariance, result, optimize=True) < _EXACT**2
    for block in blocks:
        result[:, block] *= not exact[block].all()
    return result


def _fitted_steps(
    value: Array, residual: Array, shape: tuple[int, int], missing: Array, told: Array
) -> tuple[Array, Array, float, float]:
    """Return the heights of both step functions, by ridge logistic regression beside ``told`` and a constant.

    Then gain and chance, see :func:`fit_gauge`.

    Args:
        value, residual: int (m, n), the bins.
        shape: their numbers.
        missing: (n,), 0 or 1.
        told: (n,), the log-odds by the rest of the row.
    """
    from scipy.special import expit, log_expit

    cell = value * shape[1] + residual
    flat, first, total = cell.ravel(), shape[0], sum(shape)
    chance = missing.mean()
    level = np.log(chance / (1 - chance))
    for _ in range(_NEWTON_STEPS):
        chance_of = expit(told + level)
        level -= (chance_of - missing).sum() / (chance_of * (1 - chance_of)).sum()
    heights = np.append(np.zeros(total), level)
    ridge = np.append(np.full(total, _RIDGE), 0.0)

    def by_cell(quantity: Array) -> Array:
        return np.bincount(flat, quantity.ravel() / len(cell), shape[0] * shape[1]).reshape(shape)

    for _ in range(_NEWTON_STEPS):
        of_cell = heights[:first, None] + heights[first:total] + heights[total]
        chance_of = expit(of_cell.ravel()[cell] + told)
        error, curvature = by_cell(chance_of - missing), by_cell(chance_of * (1 - chance_of))
        gradient = np.concatenate([error.sum(axis=1), error.sum(axis=0), [error.sum()]]) + ridge * heights
        rows, columns = curvature.sum(axis=1), curvature.sum(axis=0)
        hessian = np.diag(np.concatenate([rows, columns, [rows.sum()]]) + ridge)
        hessian[:first, first:total] = curvature
        hessian[:total, total] = np.concatenate([rows, columns])
        hessian = np.triu(hessian) + np.triu(hessian, 1).T
        heights = heights - np.linalg.solve(hessian, gradient)
    sign = 2 * missing - 1
    of_cell = heights[:first, None] + heights[first:total] + heights[total]
    gain = log_expit(sign * (of_cell.ravel()[cell] + told)).mean(axis=0) - log_expit(sign * (told + level))
    free = total - _RIDGE * np.diagonal(np.linalg.inv(hessian))[:total].sum()
    return heights[:first], heights[first:total], float(gain.sum()), float(free / 2)
