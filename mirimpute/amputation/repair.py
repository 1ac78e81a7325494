"""The repair rules: cells that are kept so that no row and no column is left without information.

Both rules give back the cells that go missing *last*. Such a cell goes missing only when all others of its row or
column have, which is when the rule gives it back. Keeping it from the start is therefore the same as repairing
afterwards, and the calibration knows how many cells are left.
"""

from __future__ import annotations

import numpy as np


def protected_cells(order: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Return bool (n_rows, n_columns): the eligible cells that never go missing.

    1. A column keeps two observed values, and two distinct ones where it has them: the cell that goes last, and the
       last one with another value.
    2. A row keeps one observed cell: the one that goes last, unless one of its cells is kept anyway.

    Args:
        order: (n_rows, n_columns), +inf where a cell never goes missing, as of
            :func:`mirimpute.amputation.rate_calibration.loss_order`.
        values: (n_rows, n_columns), NaN where the source has no value.
    """
    observed = ~np.isnan(values)
    protected = np.zeros(values.shape, dtype=bool)
    for column in range(values.shape[1]):
        rows = np.flatnonzero(observed[:, column])
        if rows.size:
            kept = rows[_last_two(order[rows, column], values[rows, column])]
            protected[kept, column] = True
    protected &= np.isfinite(order)

    may_go = np.isfinite(order) & ~protected
    at_risk = np.flatnonzero((may_go | ~observed).all(axis=1) & may_go.any(axis=1))
    last = np.where(may_go[at_risk], order[at_risk], -np.inf).argmax(axis=1)
    protected[at_risk, last] = True
    return protected


def _last_two(order: np.ndarray, values: np.ndarray) -> list[int]:
    """Return the positions of the largest ``order`` and of the largest one with another value, if there is any."""
    first = int(order.argmax())
    rivals = np.flatnonzero(values != values[first])
    if rivals.size == 0:
        rivals = np.flatnonzero(np.arange(values.size) != first)
    return [first, int(rivals[order[rivals].argmax()])] if rivals.size else [first]
