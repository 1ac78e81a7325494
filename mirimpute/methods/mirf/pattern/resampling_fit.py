"""How the balance of draws is learnt, by logistic regressions of the pattern; what it is for: :mod:`.balance`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from mirimpute.methods.mirf.pattern.pattern_logit import fit_gauge, residual_maker
from mirimpute.methods.mirf.pattern.resampling import Balance, readings
from mirimpute.methods.mirf.pattern.residual_transport import moved, standardised
from mirimpute.methods.mirf.pattern.residual_transport_fit import fit_moves
from mirimpute.types import Array

MOST_COLUMNS = 256
_LEAST = 10
_MOST_INPUTS = 40
_RIDGE_OF_REST, _STEPS_OF_REST = 5.0, 25


def fit_balance(
    pool: Array,
    missing: Array,
    blocks: Sequence[Array],
    candidates: int,
    limits: Array | None = None,
    together: int = 5,
) -> Balance | None:
    """Return the balance of draws that are not weighted yet, None if there is nothing to learn it from.

    A column needs ten missing and ten observed entries. Logistic regressions with a ridge: e_j first, linear in the
    other columns and their squares (40 columns at most; their means where missing) and in whether they are missing,
    then t_j beside it, in bins of equal counts, more of them where rows are more. Between the two, nearly dependent
    columns that are told by much are moved, see :mod:`.moves_fit`.

    Args:
        pool: (m, n, d), completed rows; of the draws of a row, each counts 1 / m.
        missing: bool (n, d).
        blocks: column numbers of each column of the source.
        candidates: for each draw.
        limits: (2, d), between which the entries of a column may be moved, if they are not the same (default: the range
            of its observed entries).
        together: draws that are chosen together.
    """
    _, n, d = pool.shape
    count = missing.sum(axis=0)
    blocks = [block for block in blocks if min(count[block[0]], n - count[block[0]]) >= _LEAST]
    if d > MOST_COLUMNS or d < 2 or not blocks:
        return None
    rows = pool.reshape(-1, d)
    centre, spread = rows.mean(axis=0), np.maximum(rows.std(axis=0), 1e-9)
    told = _told_by_the_rest(standardised(pool[0], centre, spread), missing, blocks)
    if limits is None:
        limits = np.stack([each(np.where(missing, np.nan, pool[0]), axis=0) for each in (np.nanmin, np.nanmax)])
    moves = fit_moves(pool, missing, blocks, told, centre, spread, limits)
    pool = moved(moves, pool, missing, centre, spread)
    z = standardised(pool, centre, spread)
    to_residuals = residual_maker(z.reshape(-1, d), blocks)
    residuals = z @ to_residuals
    gauges = [
        fit_gauge(block, *readings(pool, residuals, block, np.arange(n)), missing[:, block[0]], told_here)[0]
        for block, told_here in zip(blocks, told, strict=True)
    ]
    return Balance(candidates, centre, spread, to_residuals, tuple(gauges), moves, together)


def _told_by_the_rest(z: Array, missing: Array, blocks: Sequence[Array]) -> Array:
    """Return e_j, the log-odds that each block is missing by the other columns, (blocks, n), but for a constant.

    All blocks at once, by Newton's steps with the curvature at its upper bound, 1/4 for each row (Boehning 1992).

    Args:
        z: (n, d), standardised; what is missing is not read.
        missing: bool (n, d).
        blocks: column numbers of each.
    """
    from scipy.special import expit

    d = z.shape[1]
    inputs = np.arange(d) if d <= _MOST_INPUTS else np.linspace(0, d - 1, _MOST_INPUTS).round().astype(int)
    # With zeros where columns are missing and without their pattern, a column that is missing in the same rows would
    # tell it by its squares: e_j would fall with the size of the value where both are observed, and draws of both near
    # the mean would be preferred.
    absent = missing[:, inputs]
    x = np.stack([z[:, inputs], z[:, inputs] ** 2])
    observed = np.maximum((~absent).sum(axis=0), 1)
    x = np.where(absent, np.where(absent, 0.0, x).sum(axis=1, keepdims=True) / observed, x)
    x = np.hstack([*x, absent])
    x -= x.mean(axis=0)
    own = np.tile(np.stack([np.isin(inputs, block) for block in blocks]), 3)
    penalty = np.where(own, 1e9, _RIDGE_OF_REST)
    y = missing[:, [block[0] for block in blocks]].T.astype(float)
    inverse = np.linalg.inv(x.T @ x / 4 + penalty[:, :, None] * np.eye(x.shape[1]))
    weights, level = np.zeros(own.shape), np.log(y.mean(axis=1) / (1 - y.mean(axis=1)))
    for _ in range(_STEPS_OF_REST):
        error = expit(weights @ x.T + level[:, None]) - y
        weights -= (inverse @ (error @ x + penalty * weights)[:, :, None])[:, :, 0]
        level -= 4 * error.mean(axis=1)
    return weights @ x.T
