"""Errors cell by cell: `rmse` and `mae` over the scored cells, pooled over columns."""

from __future__ import annotations

import numpy as np

from mirimpute.metrics.base import Metric
from mirimpute.metrics.comparison import Comparison, Undefined


def rmse(comparison: Comparison) -> float:
    """Return √(mean of (x_imputed − x_true)² over the scored cells), in the scale of the tables."""
    return float(np.sqrt(np.mean(_errors(comparison) ** 2)))


def mae(comparison: Comparison) -> float:
    """Return the mean of |x_imputed − x_true| over the scored cells of numbers, in the scale of the tables."""
    return float(np.mean(np.abs(_errors(comparison))))


def _errors(comparison: Comparison) -> np.ndarray:
    cells = comparison.scored & ~comparison.is_categorical
    if not cells.any():
        raise Undefined("no scored cell holds a number")
    return comparison.x_imputed[cells] - comparison.x_true[cells]


RMSE = Metric(
    name="rmse",
    label="RMSE",
    function=rmse,
    higher_is_better=False,
    description="Root mean squared error over the scored cells of numbers, all columns pooled.",
    formula="sqrt(mean_{(i,j) scored} (y_ij - x_ij)^2)",
    reference="Muzellec et al. 2020, section 5",
)
MAE = Metric(
    name="mae",
    label="MAE",
    function=mae,
    higher_is_better=False,
    description="Mean absolute error over the scored cells of numbers, all columns pooled.",
    formula="mean_{(i,j) scored} |y_ij - x_ij|",
    reference="Muzellec et al. 2020, section 5",
)
