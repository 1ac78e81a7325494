"""How the moves of draws are learnt; what they are for: :mod:`.moves`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mirimpute.methods.mirf.pattern.pattern_logit import fit_gauge, residual_maker
from mirimpute.methods.mirf.pattern.residual_transport import QUANTILES, Move, standardised
from mirimpute.types import Array

_PASSES = 2
_PART = 0.5
_BY_CHANCE = 3.0
_NEARLY_DEPENDENT = 0.1
_LEAST_PART = 0.1
_LARGEST_LOG_ODDS = 3.0
_MOST_OF_ONE_VALUE = 0.02


def fit_moves(
    pool: Array, missing: Array, blocks: Sequence[Array], told: Array, centre: Array, spread: Array, limits: Array
) -> tuple[Move, ...]:
    """Return the moves of nearly dependent columns whose draws tell the pattern by more than three times chance.

    Two passes over the columns. A move stays if the column tells less after it, by chance at least. Only columns whose
    residual has a tenth of their variance or less: there it is what a regression on the others leaves, whatever the
    pattern depends on; along a curve it is not, and right draws would be moved off it. Only those of which a tenth is
    missing and a tenth observed. Columns in which values repeat are left to the choice among candidates: between
    their values there is nowhere to go.

    Args:
        pool: (m, n, d), completed rows.
        missing: bool (n, d).
        blocks: column numbers of each column of the source that has enough missing and observed entries.
        told: (blocks, n), the log-odds that each of them is missing by the rest of the row.
        centre, spread: (d,), of the pool.
        limits: see :func:`mirimpute.methods.mirf.pattern.resampling_fit.fit_balance`.
    """
    movable = [
        (int(block[0]), of_column)
        for block, of_column in zip(blocks, told, strict=True)
        if len(block) == 1 and _may_move(pool[0, :, block[0]], missing[:, block[0]], limits[:, block[0]])
    ]
    pool, z, moves = pool.copy(), standardised(pool, centre, spread), list[Move]()
    for _ in range(_PASSES):
        to_residuals = residual_maker(z.reshape(-1, z.shape[2]), blocks)
        for column, of_column in movable:
            direction, hidden = to_residuals[:, column].copy(), missing[:, column]  # sums depend on strides
            if not direction.any() or (z @ direction).var() > _NEARLY_DEPENDENT * z[:, :, column].var():
                continue
            gain, chance = _told(column, direction, pool, z, hidden, of_column)
            if gain <= _BY_CHANCE * chance:
                continue
            before = pool[:, :, column].copy(), z[:, :, column].copy()
            at, by = _way(z @ direction, hidden, of_column)
            move = Move(column, direction, at, by, *limits[:, column])
            move.apply(pool, z, missing, centre, spread)
            if _told(column, direction, pool, z, hidden, of_column)[0] < gain - chance:
                moves.append(move)
            else:
                pool[:, :, column], z[:, :, column] = before
    return tuple(moves)


def _may_move(values: Array, missing: Array, limits: Array) -> bool:
    """Return whether there is room, enough is missing and observed, most values differ and none has 2 % of all."""
    observed = values[~missing]
    counts = np.unique(observed, return_counts=True)[1]
    return bool(
        limits[0] < limits[1]
        and _LEAST_PART <= missing.mean() <= 1 - _LEAST_PART
        and 2 * len(counts) > len(observed)
        and counts.max() <= max(2, _MOST_OF_ONE_VALUE * len(observed))
    )


def _told(
    column: int, direction: Array, pool: Array, z: Array, missing: Array, of_column: Array
) -> tuple[float, float]:
    """Return by how much the column tells its pattern, and by how much it would by chance."""
    residual = (z @ direction).round(9)
    _, gain, chance = fit_gauge(np.array([column]), pool[:, :, column], residual, missing, of_column)
    return gain, chance


def _way(residual: Array, missing: Array, of_column: Array) -> tuple[Array, Array]:
    """Return residuals of missing entries and half of their way, from residuals (m, n) and log-odds (n,)."""
    levels = (np.arange(QUANTILES) + 0.5) / QUANTILES
    odds = np.exp(np.clip(of_column[~missing], -_LARGEST_LOG_ODDS, _LARGEST_LOG_ODDS))
    at = np.quantile(residual[:, missing], levels)
    wanted = _weighted_quantiles(residual[:, ~missing].ravel(), np.tile(odds, len(residual)), levels)
    return at, _PART * (wanted - at)


def _weighted_quantiles(values: Array, weights: Array, levels: Array) -> Array:
    """Return the quantiles of weighted values, between the middles of their weights linearly."""
    order = np.argsort(values, kind="stable")
    passed = np.cumsum(weights[order])
    return np.interp(levels, (passed - weights[order] / 2) / passed[-1], values[order])
