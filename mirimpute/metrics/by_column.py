"""Errors of each column by itself: where a table's error comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mirimpute.metrics.w1_marginal import w1_by_column


def by_column(
    names: Sequence[str], x_true: np.ndarray, point: np.ndarray, draw: np.ndarray, scored: np.ndarray
) -> list[dict[str, Any]]:
    """Return one mapping per column with a scored cell: column, scored, point_rmse, point_mae, draw_rmse, draw_w1.

    The square of the table's ``rmse`` is the mean of their squares, weighted by ``scored``; the sum of ``draw_w1`` is
    the table's ``w1_marginal_scored``.

    Args:
        names: of the columns.
        x_true, point, draw: float64 (n_rows, n_columns), in the scale of the metrics, finite where scored.
        scored: bool (n_rows, n_columns).
    """
    counts = scored.sum(axis=0)
    with np.errstate(over="ignore"):
        values = {
            "point_rmse": _mean((point - x_true) ** 2, scored) ** 0.5,
            "point_mae": _mean(np.abs(point - x_true), scored),
            "draw_rmse": _mean((draw - x_true) ** 2, scored) ** 0.5,
            "draw_w1": w1_by_column(x_true, draw, scored),
        }
    return [
        {"column": names[j], "scored": int(counts[j]), **{key: float(each[j]) for key, each in values.items()}}
        for j in np.flatnonzero(counts)
    ]


def _mean(values: np.ndarray, selected: np.ndarray) -> np.ndarray:
    """Return the mean of the selected values of each column, 0 where there are none."""
    return np.sum(values, axis=0, where=selected) / np.maximum(selected.sum(axis=0), 1)
