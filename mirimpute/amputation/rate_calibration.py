"""From logits to a mask with an exact rate: the order in which cells go missing, and where to cut it.

A cell goes missing when u < sigmoid(logit + b), that is, when logit(u) − logit < b. The uniforms are drawn once, so
logit(u) − logit is the intercept at which a cell goes: raising b hides the cells one by one in a fixed order, and the
intercept that hides exactly k of them is the k-th order statistic. A bisection on b would find the same, after many
steps and to within a tolerance.
"""

from __future__ import annotations

import numpy as np


def loss_order(
    logits: np.ndarray, eligible: np.ndarray, intercept_per_column: bool, rng: np.random.Generator
) -> np.ndarray:
    """Return the order in which the cells go missing as the rate rises: the smallest goes first, +inf never.

    With one intercept for the table the order is logit(u) − logit. With one per column, whose rates rise together,
    it is the rank of logit(u) − logit within the column over the column's number of eligible cells: the rate at which
    the cell goes.

    Args:
        logits: (n_rows, n_columns), finite where eligible; not modified.
        eligible: bool (n_rows, n_columns).
        intercept_per_column: whether every column has its own intercept.
        rng: draws one uniform per cell (of the whole table, so that a cell's uniform never depends on the others).

    Returns:
        float64 (n_rows, n_columns).
    """
    order = rng.random(logits.shape)
    np.maximum(order, 2.0**-54, out=order)  # zero is drawn once in 2^53 times, and has no logit
    order /= 1.0 - order
    np.log(order, out=order)
    order -= logits
    if intercept_per_column:
        # Without a shift of its own, every column would tie with the others at every rank.
        shifts = rng.random(order.shape[1:])
        for column, shift in enumerate(shifts):
            rows = np.flatnonzero(eligible[:, column])
            ranked = rows[np.argsort(order[rows, column])]
            order[ranked, column] = (np.arange(ranked.size) + shift) / max(ranked.size, 1)
    order[~eligible] = np.inf
    return order


APART = 1e3
"""More than any difference of two logit(u), so that cells whose logits are so far apart go one after the other."""


def in_turns(turns: np.ndarray) -> np.ndarray:
    """Return logits under which cells go missing in the order of ``turns``, and those of one turn at random.

    Args:
        turns: (n_rows, n_columns), comparable numbers without NaN; equal ones make a turn.

    >>> in_turns(np.array([[0.5, 7.0], [7.0, -1.0]]))
    array([[-1000., -2000.],
           [-2000.,    -0.]])
    """
    ranks = np.unique(turns, return_inverse=True)[1].reshape(turns.shape)
    return -APART * ranks


def first_cells(order: np.ndarray, count: int) -> np.ndarray:
    """Return bool, the shape of ``order``: the ``count`` cells that go first; ties go in row-major order.

    ``count`` is between 1 and the number of finite entries.

    >>> first_cells(np.array([[3.0, 1.0], [np.inf, 1.0], [1.0, 0.0]]), 3)
    array([[False,  True],
           [False,  True],
           [False,  True]])
    """
    threshold = np.partition(order, count - 1, axis=None)[count - 1]
    chosen: np.ndarray = order < threshold
    ties = np.flatnonzero(order == threshold)
    chosen.flat[ties[: count - int(chosen.sum())]] = True
    return chosen
