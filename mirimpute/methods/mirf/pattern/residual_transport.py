"""Residual transport: drawn entries of nearly dependent columns go part of the way to where observed ones lie.

Candidates can be preferred (:mod:`.resampling`) only as far as some of them are right. With many nearly dependent
columns each candidate of a row is wrong somewhere. There the entries themselves are moved. Let r_j be the residual of
column j given all others, F its distribution where j is drawn and G where j is observed:

    x_j <- x_j + a (G^-1(F(r_j)) - r_j),    0 < a <= 1.

For a = 1 it is the optimal transport in one dimension, in the coordinate in which a wrong dependence shows. Under MAR,
G is the distribution of observed entries weighted by exp(e_j), the odds that they were missing (:mod:`.pattern_logit`).

The price: a right predictive distribution is wider than the conditional one by the uncertainty of the model, and the
pattern shows that. Moved draws cover the truth less often. So a is a half, and only columns are moved that nearly
follow from the others and whose missingness is predictable well above chance, and only if it is less so afterwards.

The limit: e_j is linear in values and squares. Where the pattern depends on the observed values otherwise, and the
column on the others by a curve, right draws that nearly lie on a line move by up to a third of a residual deviation.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from mirimpute.methods.mirf.learnt_parts import checked
from mirimpute.methods.mirf.pattern.pattern_logit import fit_pattern_logit, residuals_without_identities
from mirimpute.types import Array

QUANTILES = 64
_CLIP = 4.0
_PASSES = 2
_PART = 0.5
_BY_CHANCE = 3.0
_NEARLY_DEPENDENT = 0.1
_LEAST_PART = 0.1
_LARGEST_LOG_ODDS = 3.0
_MOST_OF_ONE_VALUE = 0.02


def standardised(x: Array, centre: Array, spread: Array) -> Array:
    """Return the rows in units of ``spread`` around ``centre``, four at most."""
    return np.clip((x - centre) / spread, -_CLIP, _CLIP)


@dataclass(frozen=True)
class ResidualTransport:
    """Transports the drawn entries of one column.

    Attributes:
        column: its number.
        direction: (d,), makes the residual of a standardised row; 1 at the column itself.
        at: (64,), residuals in order.
        by: (64,), how far an entry of such a residual goes, standardised; between them linearly.
        lowest, highest: between which the column may be, in its own scale.
    """

    column: int
    direction: Array
    at: Array
    by: Array
    lowest: float
    highest: float

    def apply(self, candidates: Array, z: Array, missing: Array, centre: Array, spread: Array) -> None:
        """Move the entries in ``candidates`` (m, n, d) and in ``z``, the same rows standardised, in place."""
        rows, j = np.flatnonzero(missing[:, self.column]), self.column
        if not rows.size:
            return
        residual = np.einsum("mnd,d->mn", z[:, rows], self.direction)  # @ rounds by the number of rows
        transported = candidates[:, rows, j] + spread[j] * np.interp(residual, self.at, self.by)
        candidates[:, rows, j] = np.clip(transported, self.lowest, self.highest)
        z[:, rows, j] = standardised(candidates[:, rows, j], centre[j], spread[j])


def transported(
    transports: Sequence[ResidualTransport], candidates: Array, missing: Array, centre: Array, spread: Array
) -> Array:
    """Return ``candidates`` (m, n, d) after all transports, in order; the array itself if there are none."""
    if not transports:
        return candidates
    candidates, z = candidates.copy(), standardised(candidates, centre, spread)
    for transport in transports:
        transport.apply(candidates, z, missing, centre, spread)
    return candidates


def arrays_of(transports: Sequence[ResidualTransport]) -> dict[str, Array]:
    """Return the transports as plain arrays; :func:`transports_from` reads them."""
    if not transports:
        return {}
    return {
        "column": np.array([each.column for each in transports]),
        "direction": np.stack([each.direction for each in transports]),
        "at": np.stack([each.at for each in transports]),
        "by": np.stack([each.by for each in transports]),
        "range": np.array([[each.lowest, each.highest] for each in transports]),
    }


def transports_from(arrays: Mapping[str, Array], n_columns: int) -> tuple[ResidualTransport, ...]:
    """Return what :func:`arrays_of` wrote.

    Raises:
        KeyError, ValueError: the arrays are not those of transports in a table of ``n_columns``.
    """
    if not arrays:
        return ()
    k = len(arrays["column"])
    column = checked(arrays["column"], (k,))
    direction, at, by, ends = (
        checked(arrays[name], (k, size))
        for name, size in (("direction", n_columns), ("at", QUANTILES), ("by", QUANTILES), ("range", 2))
    )
    inside = column.dtype.kind in "iu" and ((column >= 0) & (column < n_columns)).all()
    if not inside or (np.diff(at, axis=1) < 0).any() or (ends[:, 0] > ends[:, 1]).any():
        raise ValueError("transports of columns that are not there, or that are out of order")
    return tuple(ResidualTransport(int(column[i]), direction[i], at[i], by[i], *ends[i]) for i in range(k))


def fit_residual_transports(
    candidates: Array,
    missing: Array,
    blocks: Sequence[Array],
    by_rest: Array,
    centre: Array,
    spread: Array,
    room: Array,
) -> tuple[ResidualTransport, ...]:
    """Return the transports of nearly dependent columns whose draws say more of the pattern than three times chance.

    Two passes over the columns. Keep a transport only if it lowers the log-likelihood gain by more than expected by
    chance. Only columns whose residual has a tenth of their variance or less: there it is what a regression on the
    others leaves, whatever the pattern depends on; along a curve it is not, and right draws would be moved off it. Only
    columns of which a tenth is missing and a tenth observed. Columns in which values repeat are left to the resampling:
    between their values there is nowhere to go.

    Args:
        candidates: (m, n, d), completed rows.
        missing: bool (n, d).
        blocks: column numbers of each column of the source that has enough missing and observed entries.
        by_rest: e_j (blocks, n), the log-odds that each of them is missing by the rest of the row.
        centre, spread: (d,), of the candidates.
        room: (2, d), see :func:`mirimpute.methods.mirf.pattern.resampling.fit_resampling`.
    """
    movable = [
        (int(block[0]), of_column)
        for block, of_column in zip(blocks, by_rest, strict=True)
        if len(block) == 1 and _may_move(candidates[0, :, block[0]], missing[:, block[0]], room[:, block[0]])
    ]
    candidates, z, found = candidates.copy(), standardised(candidates, centre, spread), list[ResidualTransport]()
    for _ in range(_PASSES):
        to_residuals = residuals_without_identities(z.reshape(-1, z.shape[2]), blocks)
        for column, of_column in movable:
            direction, hidden = to_residuals[:, column].copy(), missing[:, column]  # sums depend on strides
            if not direction.any() or (z @ direction).var() > _NEARLY_DEPENDENT * z[:, :, column].var():
                continue
            gain, chance = _gain(column, direction, candidates, z, hidden, of_column)
            if gain <= _BY_CHANCE * chance:
                continue
            before = candidates[:, :, column].copy(), z[:, :, column].copy()
            at, by = _way(z @ direction, hidden, of_column)
            transport = ResidualTransport(column, direction, at, by, *room[:, column])
            transport.apply(candidates, z, missing, centre, spread)
            if _gain(column, direction, candidates, z, hidden, of_column)[0] < gain - chance:
                found.append(transport)
            else:
                candidates[:, :, column], z[:, :, column] = before
    return tuple(found)


def _may_move(values: Array, missing: Array, room: Array) -> bool:
    """Return whether there is room, enough is missing and observed, most values differ and none has 2 % of all."""
    observed = values[~missing]
    counts = np.unique(observed, return_counts=True)[1]
    return bool(
        room[0] < room[1]
        and _LEAST_PART <= missing.mean() <= 1 - _LEAST_PART
        and 2 * len(counts) > len(observed)
        and counts.max() <= max(2, _MOST_OF_ONE_VALUE * len(observed))
    )


def _gain(
    column: int, direction: Array, candidates: Array, z: Array, missing: Array, of_column: Array
) -> tuple[float, float]:
    """Return the log-likelihood gain of the column's t_j, and the gain that is expected by chance."""
    residual = (z @ direction).round(9)
    _, gain, chance = fit_pattern_logit(np.array([column]), candidates[:, :, column], residual, missing, of_column)
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
