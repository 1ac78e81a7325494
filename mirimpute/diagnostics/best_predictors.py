"""Which columns tell the most about another, by the rows that observe both."""

from __future__ import annotations

import numpy as np
from scipy import stats

from mirimpute.diagnostics.completions import Completions
from mirimpute.numerics.thinning import evenly_spaced
from mirimpute.table.columns import Kind

MOST_ROWS = 5_000
LEAST_ROWS = 10


def best_predictors(completions: Completions, column: int, count: int = 2) -> list[int]:
    """Return the numbers of the columns that tell the most about one, the best first.

    By the share of variance that a linear regression on ranks, or on indicators of categories, explains in observed
    rows, less what chance explains (adjusted R²). Fewer are returned where fewer have ten rows in common with it.

    Args:
        completions: the table; only what was observed is read.
        column: number of the column.
        count: how many.
    """
    rows = evenly_spaced(len(completions.before), MOST_ROWS)
    x = completions.before[rows]
    found = {j: _explained(completions, x, column, j) for j in range(x.shape[1]) if j != column}
    known = [j for j, share in found.items() if share is not None]
    return sorted(known, key=lambda j: -(found[j] or 0.0))[:count]


def _explained(completions: Completions, x: np.ndarray, target: int, source: int) -> float | None:
    """Return the adjusted R² of one column given another; None: too few rows, or nothing varies."""
    rows = ~np.isnan(x[:, [target, source]]).any(axis=1)
    if rows.sum() < LEAST_ROWS:
        return None
    y, z = (_numbers(completions, x[rows, j], j) for j in (target, source))
    n, total = len(y), float((y**2).sum())
    if not total or not (z**2).sum():
        return None
    left = y - z @ np.linalg.lstsq(z, y, rcond=None)[0]
    return 1 - float((left**2).sum()) / total * (n - 1) / max(n - 1 - z.shape[1], 1)


def _numbers(completions: Completions, values: np.ndarray, j: int) -> np.ndarray:
    """Return centred ranks (n, 1), or indicators (n, categories - 1)."""
    column = completions.columns[j]
    if column.kind is Kind.CATEGORICAL:
        numbers = (values[:, None] == np.arange(1, len(column.categories))).astype(float)
    else:
        numbers = stats.rankdata(values)[:, None]
    return numbers - numbers.mean(axis=0)
