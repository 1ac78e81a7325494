"""Errors cell by cell: `rmse` and `mae` over the scored cells, pooled over columns."""

from __future__ import annotations

import numpy as np

from mirimpute.metrics.base import Metric
from mirimpute.metrics.comparison import Comparison


def rmse(comparison: Comparison) -> float:
    """Return √(mean of (x_imputed − x_true)² over the scored cells), in the scale of the tables."""
    return float(np.sqrt(np.mean(_errors(comparison) ** 2)))


def mae(comparison: Comparison) -> float:
    """Return the mean of |x_imputed − x_true| over the scored cells, in the scale of the tables."""
    return float(np.mean(np.abs(_errors(comparison))))


def _errors(comparison: Comparison) -> np.ndarray:
    return comparison.x_imputed[comparison.scored] - comparison.x_true[comparison.scored]


RMSE = Metric(
    name="rmse",
    function=rmse,
    higher_is_better=False,
    description="Root mean squared error over the scored cells, all columns pooled.",
    formula="sqrt(mean_{(i,j) scored} (y_ij - x_ij)^2)",
    reference="Muzellec et al. 2020, section 5",
    row_capped=False,
)
MAE = Metric(
    name="mae",
    function=mae,
    higher_is_better=False,
    description="Mean absolute error over the scored cells, all columns pooled.",
    formula="mean_{(i,j) scored} |y_ij - x_ij|",
    reference="Muzellec et al. 2020, section 5",
    row_capped=False,
)
