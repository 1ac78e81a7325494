"""Moves of drawn entries, column by column: their residuals go part of the way to those of observed entries.

Candidates can be preferred (:mod:`.balance`) only as far as some of them are right. With many nearly dependent columns
each candidate of a row is wrong somewhere, and none is left to prefer. There the entries themselves are moved: with r_j
the residual of column j given all others, F the distribution of r_j where j is drawn and G where it is observed,

    x_j <- x_j + a (G^-1(F(r_j)) - r_j),    0 < a <= 1,

for a = 1 the optimal transport in one dimension, in the coordinate in which a wrong dependence shows. Under MAR, G is
that of observed entries weighted by exp(e_j), the odds that they were missing, as in :mod:`.balance`.

It has a price: a right predictive distribution is wider than the conditional one by what the model does not know, and
that can be told. Draws that are moved cover the truth less often. So a is a half, and only columns are moved that
nearly follow from the others, whose pattern is told by much more than chance, and only if it is told less afterwards.

What it cannot do: e_j is linear in values and squares. Where the pattern depends on the observed values otherwise and
the column on the others by a curve, right draws are told, and those that nearly lie on a line move by up to a third of
a residual deviation.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from mirimpute.types import Array

_CLIP = 4.0
QUANTILES = 64


def standardised(x: Array, centre: Array, spread: Array) -> Array:
    """Return the rows in units of ``spread`` around ``centre``, four at most."""
    return np.clip((x - centre) / spread, -_CLIP, _CLIP)


def checked(array: Array, shape: tuple[int, ...]) -> Array:
    """Return ``array`` if it has the shape and finite numbers.

    Raises:
        ValueError: it has not.
    """
    if array.shape != shape or array.dtype.kind not in "iuf" or not np.isfinite(array).all():
        raise ValueError(f"an array of shape {array.shape} and type {array.dtype} where finite {shape} belong")
    return array


@dataclass(frozen=True)
class Move:
    """Moves the drawn entries of one column.

    Attributes:
        column: its number.
        direction: (d,), makes the residual of a standardised row; 1 at the column itself.
        at: (64,), residuals in order.
        by: (64,), how far an entry of such a residual moves, standardised; between them linearly.
        lowest, highest: between which the column may be, in its own scale.
    """

    column: int
    direction: Array
    at: Array
    by: Array
    lowest: float
    highest: float

    def apply(self, pool: Array, z: Array, missing: Array, centre: Array, spread: Array) -> None:
        """Move the entries in ``pool`` (m, n, d) and in ``z``, the same rows standardised, in place."""
        rows, j = np.flatnonzero(missing[:, self.column]), self.column
        if not rows.size:
            return
        residual = np.einsum("mnd,d->mn", z[:, rows], self.direction)  # @ rounds by the number of rows
        moved = pool[:, rows, j] + spread[j] * np.interp(residual, self.at, self.by)
        pool[:, rows, j] = np.clip(moved, self.lowest, self.highest)
        z[:, rows, j] = standardised(pool[:, rows, j], centre[j], spread[j])


def moved(moves: tuple[Move, ...], pool: Array, missing: Array, centre: Array, spread: Array) -> Array:
    """Return ``pool`` (m, n, d) after all moves; the array itself if there are none."""
    if not moves:
        return pool
    pool, z = pool.copy(), standardised(pool, centre, spread)
    for move in moves:
        move.apply(pool, z, missing, centre, spread)
    return pool


def arrays_of(moves: tuple[Move, ...]) -> dict[str, Array]:
    """Return the moves as plain arrays; :func:`moves_from` reads them."""
    if not moves:
        return {}
    return {
        "column": np.array([move.column for move in moves]),
        "direction": np.stack([move.direction for move in moves]),
        "at": np.stack([move.at for move in moves]),
        "by": np.stack([move.by for move in moves]),
        "range": np.array([[move.lowest, move.highest] for move in moves]),
    }


def moves_from(arrays: Mapping[str, Array], n_columns: int) -> tuple[Move, ...]:
    """Return what :func:`arrays_of` wrote.

    Raises:
        KeyError, ValueError: the arrays are not those of moves in a table of ``n_columns``.
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
        raise ValueError("moves of columns that are not there, or that are out of order")
    return tuple(Move(int(column[i]), direction[i], at[i], by[i], *ends[i]) for i in range(k))
