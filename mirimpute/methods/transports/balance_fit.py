"""How the balance of draws is learnt, by logistic regressions of the pattern; what it is for: :mod:`.balance`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mirimpute.binning import bin_edges
from mirimpute.methods.transports.balance import Balance, Gauge, Steps, readings, standardised

Array = np.ndarray

MOST_COLUMNS = 256
_LEAST = 10
_MOST_INPUTS = 40
_RIDGE, _RIDGE_OF_REST = 3.0, 5.0
_NEWTON_STEPS, _STEPS_OF_REST = 8, 25
_FEWEST_BINS, _MOST_BINS = 4, 24


def fit_balance(pool: Array, missing: Array, blocks: Sequence[Array], candidates: int) -> Balance | None:
    """Return the balance of draws that are not weighted yet, None if there is nothing to learn it from.

    A column needs ten missing and ten observed entries. Logistic regressions with a ridge: e_j first, linear in the
    other columns and their squares (40 columns at most; 0 where missing), then t_j beside it, in bins of equal counts,
    more of them where rows are more.

    Args:
        pool: (m, n, d), completed rows; of the draws of a row, each counts 1 / m.
        missing: bool (n, d).
        blocks: column numbers of each column of the source.
        candidates: for each draw.
    """
    _, n, d = pool.shape
    count = missing.sum(axis=0)
    blocks = [block for block in blocks if min(count[block[0]], n - count[block[0]]) >= _LEAST]
    if d > MOST_COLUMNS or d < 2 or not blocks:
        return None
    rows = pool.reshape(-1, d)
    centre, spread = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-9)
    z = standardised(pool, centre, spread)
    to_residuals = _residual_maker(z.reshape(-1, d), blocks)
    residuals = z @ to_residuals
    told = _told_by_the_rest(np.where(missing, 0.0, z[0]), missing, blocks)
    bins = int(np.clip(round(0.8 * n ** (1 / 3)), _FEWEST_BINS, _MOST_BINS))
    gauges = []
    for number, block in enumerate(blocks):
        value, residual = readings(pool, residuals, block, np.arange(n))
        edges = np.arange(1, len(block)) - 0.5 if len(block) > 1 else bin_edges(value.ravel(), bins)
        edges_of_residual = bin_edges(residual.ravel(), bins)
        of_value, of_residual = _fitted_steps(
            np.searchsorted(edges, value, side="right"),
            np.searchsorted(edges_of_residual, residual, side="right"),
            (len(edges) + 1, len(edges_of_residual) + 1),
            missing[:, block[0]].astype(float),
            told[number],
        )
        gauges.append(Gauge(block, Steps(edges, of_value), Steps(edges_of_residual, of_residual)))
    return Balance(candidates, centre, spread, to_residuals, tuple(gauges))


def _residual_maker(z: Array, blocks: Sequence[Array]) -> Array:
    """Return the matrix that makes the residual of each block given the other columns, P_.B P_BB^-1, P the precision.

    Args:
        z: (n, d), standardised.
        blocks: column numbers of each; other columns of the result are 0.
    """
    d = z.shape[1]
    precision = np.linalg.inv(z.T @ z / len(z) + 1e-3 * np.eye(d))
    result = np.zeros((d, d))
    for block in blocks:
        result[:, block] = np.linalg.solve(precision[np.ix_(block, block)], precision[block]).T
    return result


def _told_by_the_rest(z: Array, missing: Array, blocks: Sequence[Array]) -> Array:
    """Return e_j, the log-odds that each block is missing by the other columns, (blocks, n), but for a constant.

    All blocks at once, by Newton's steps with the curvature at its upper bound, 1/4 for each row (Boehning 1992).

    Args:
        z: (n, d), standardised, 0 where missing.
        missing: bool (n, d).
        blocks: column numbers of each.
    """
    from scipy.special import expit

    d = z.shape[1]
    inputs = np.arange(d) if d <= _MOST_INPUTS else np.linspace(0, d - 1, _MOST_INPUTS).round().astype(int)
    x = np.hstack([z[:, inputs], z[:, inputs] ** 2])
    x -= x.mean(axis=0)
    own = np.tile(np.stack([np.isin(inputs, block) for block in blocks]), 2)
    penalty = np.where(own, 1e9, _RIDGE_OF_REST)
    y = missing[:, [block[0] for block in blocks]].T.astype(float)
    inverse = np.linalg.inv(x.T @ x / 4 + penalty[:, :, None] * np.eye(x.shape[1]))
    weights, level = np.zeros(own.shape), np.log(y.mean(axis=1) / (1 - y.mean(axis=1)))
    for _ in range(_STEPS_OF_REST):
        error = expit(weights @ x.T + level[:, None]) - y
        weights -= (inverse @ (error @ x + penalty * weights)[:, :, None])[:, :, 0]
        level -= 4 * error.mean(axis=1)
    return weights @ x.T


def _fitted_steps(
    value: Array, residual: Array, shape: tuple[int, int], missing: Array, told: Array
) -> tuple[Array, Array]:
    """Return the heights of both step functions, by ridge logistic regression beside ``told`` and a constant.

    Args:
        value, residual: int (m, n), the bins.
        shape: their numbers.
        missing: (n,), 0 or 1.
        told: (n,), the log-odds by the rest of the row.
    """
    from scipy.special import expit

    cell = value * shape[1] + residual
    flat, first, total = cell.ravel(), shape[0], sum(shape)
    chance = missing.mean()
    heights = np.append(np.zeros(total), np.log(chance / (1 - chance)))
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
    return heights[:first], heights[first:total]
