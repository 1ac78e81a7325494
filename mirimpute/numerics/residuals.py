"""Residuals of columns, or blocks of columns, given all others: what the precision matrix says about them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_RIDGE = 1e-3


def residual_maker(z: np.ndarray, blocks: Sequence[np.ndarray] | None = None) -> np.ndarray:
    """Return the matrix (d, d) that z is multiplied with to have its residuals.

    The residual of a block B of columns, given the others, by least squares: z P_.B P_BB^-1 with P the inverse of
    z'z / n + 0.001 I.

    Args:
        z: (n, d), standardised.
        blocks: column numbers of each block; other columns of the result are 0. None: each column is a block.

    Reference: Lauritzen, "Graphical Models", 1996, section 5.1.3.

    Two columns with correlation r: the residual of the first is z_1 - r z_2, but for the ridge.

    >>> z = np.array([[1.0, 1.0], [1.0, -0.6], [-1.0, 0.6], [-1.0, -1.0]])
    >>> z = z / z.std(axis=0)
    >>> residual_maker(z)[:, 0].round(2), round(float(np.corrcoef(z.T)[0, 1]), 2)
    (array([ 1.  , -0.24]), 0.24)
    """
    d = z.shape[1]
    precision = np.linalg.inv(z.T @ z / len(z) + _RIDGE * np.eye(d))
    if blocks is None:
        return precision / np.diagonal(precision)
    result = np.zeros((d, d))
    for block in blocks:
        result[:, block] = np.linalg.solve(precision[np.ix_(block, block)], precision[block]).T
    return result
