"""Mean and spread of what is imputed, by round: lines that still climb have not converged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Convergence:
    """Imputed cells by round, in the scale of the method (standardised by the observed cells).

    Attributes:
        names: of the columns with missing cells; of a category, of its indicator.
        rounds: int (r,), 0 is the first fill.
        mean, spread: float64 (r, columns), mean and standard deviation of the imputed cells of a column.
    """

    names: tuple[str, ...]
    rounds: np.ndarray
    mean: np.ndarray
    spread: np.ndarray


def convergence(
    history: Sequence[tuple[int, np.ndarray]], missing: np.ndarray, names: Sequence[str]
) -> Convergence | None:
    """Return the rounds of an imputation, or None where fewer than two were kept.

    Args:
        history: (round, missing entries row by row), see :class:`mirimpute.methods.base.Imputation`.
        missing: bool (n_rows, n_columns), which entries these are.
        names: of the columns.

    >>> found = convergence([(0, np.zeros(2)), (1, np.array([1.0, 3.0]))], np.array([[True], [True]]), ["a"])
    >>> found.mean.tolist(), found.spread.tolist()
    ([[0.0], [2.0]], [[0.0], [1.0]])
    """
    if len(history) < 2:
        return None
    columns = np.flatnonzero(missing.any(axis=0))
    _, place = np.nonzero(missing)
    count = np.bincount(place, minlength=missing.shape[1])[columns]
    means, spreads = [], []
    for _, entries in history:
        mean = np.bincount(place, entries, minlength=missing.shape[1])[columns] / count
        square = np.bincount(place, entries**2, minlength=missing.shape[1])[columns] / count
        means.append(mean)
        spreads.append(np.sqrt(np.maximum(square - mean**2, 0)))
    rounds = np.array([number for number, _ in history])
    return Convergence(tuple(names[int(j)] for j in columns), rounds, np.array(means), np.array(spreads))
