"""Errors of each column: where the error of a table comes from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from mirimpute.metrics.w1_marginal import w1_by_column


def by_column(
    names: Sequence[str],
    x_true: np.ndarray,
    point: np.ndarray,
    draw: np.ndarray,
    scored: np.ndarray,
    is_categorical: np.ndarray,
) -> list[dict[str, Any]]:
    """Return one mapping per column with a scored cell: column, scored, point_rmse, point_mae, draw_rmse, draw_w1.

    A categorical column has point_error_rate and draw_error_rate instead. The square of the table's ``rmse`` is the
    mean of the squares, weighted by ``scored``; the sum of ``draw_w1`` is the table's ``w1_marginal_scored``.

    Args:
        names: of the columns.
        x_true, point, draw: float64 (n_rows, n_columns), in the scale of the metrics, finite where scored.
        scored: bool (n_rows, n_columns).
        is_categorical: bool (n_columns,).
    """
    counts = scored.sum(axis=0)
    with np.errstate(over="ignore"):
        values = {
            "point_rmse": _mean((point - x_true) ** 2, scored) ** 0.5,
            "point_mae": _mean(np.abs(point - x_true), scored),
            "draw_rmse": _mean((draw - x_true) ** 2, scored) ** 0.5,
            "draw_w1": w1_by_column(x_true, draw, scored),
        }
    of_categories = {
        "point_error_rate": _mean((point != x_true).astype(float), scored),
        "draw_error_rate": _mean((draw != x_true).astype(float), scored),
    }
    found = []
    for j in np.flatnonzero(counts).tolist():
        own = of_categories if is_categorical[j] else values
        found.append(
            {"column": names[j], "scored": int(counts[j])} | {key: float(each[j]) for key, each in own.items()}
        )
    return found


def _mean(values: np.ndarray, selected: np.ndarray) -> np.ndarray:
    """Return the mean of the selected values of each column, 0 where there are none."""
    return np.sum(values, axis=0, where=selected) / np.maximum(selected.sum(axis=0), 1)
