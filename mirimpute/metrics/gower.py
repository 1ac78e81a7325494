"""Energy distance between rows of numbers and categories in Gower's distance."""

from __future__ import annotations

import numpy as np

from mirimpute.metrics.base import Metric
from mirimpute.metrics.comparison import Comparison, Undefined, indicators
from mirimpute.metrics.distances import mean_over_pairs


def energy_gower(comparison: Comparison) -> float:
    """Return the energy distance in Gower's distance: in [0, 1], each column an equal part.

    d(x, y) = mean_j of |x_j - y_j| / range of the true column j, or of 1[x_j != y_j] for categories. A sum of distances
    on lines and of discrete distances is of negative type, so this is an energy distance too. It uses the same pairs
    of rows as :func:`mirimpute.metrics.energy.energy`.

    Raises:
        Undefined: fewer than two rows can be compared.
    """
    from scipy.spatial.distance import cdist

    if not comparison.is_categorical.any():
        raise Undefined("the table has no categorical column")
    lowest, highest = np.nanmin(comparison.x_true, axis=0), np.nanmax(comparison.x_true, axis=0)
    width = np.where(highest > lowest, highest - lowest, 1.0)
    n = comparison.n_categories

    def placed(x: np.ndarray) -> np.ndarray:
        rows = x[comparison.rows]
        numbers = (rows / width)[:, ~comparison.is_categorical]
        return np.hstack([numbers, *(indicators(rows[:, j], int(n[j])) / 2 for j in np.flatnonzero(n))]) / len(n)

    x, y = placed(comparison.x_true), placed(comparison.x_imputed)
    between, truth, imputed = (mean_over_pairs(cdist(a, b, "cityblock")) for a, b in ((x, y), (x, x), (y, y)))
    return 2 * between - truth - imputed


ENERGY_GOWER = Metric(
    name="energy_gower",
    label="energy distance, Gower",
    function=energy_gower,
    higher_is_better=False,
    description="Energy distance between completed and true rows in Gower's distance of numbers and categories.",
    formula="2 E d(X, Y) - E d(X, X') - E d(Y, Y'), d = mean_j |x_j - y_j| / range_j or 1[x_j != y_j]",
    reference="Gower 1971; Szekely and Rizzo 2013",
    row_capped=True,
)
