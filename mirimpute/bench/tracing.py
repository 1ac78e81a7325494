"""The trace of a cell: the method's own report on each round, and the predictability of the pattern after it.

It is measured after the imputation, from the rounds that the loop kept, so that the time of the method excludes it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from mirimpute.methods.base import Imputation, Problem
from mirimpute.methods.history import MOST_CELLS, MOST_COLUMNS
from mirimpute.metrics.comparison import Comparison, Undefined
from mirimpute.metrics.mutual_information import pattern_predictability

MOST_ROWS = 1000
"""Rows that predict the pattern; a fixed subsample of more."""


def trace_with_information(
    problem: Problem,
    imputation: Imputation,
    x_true: np.ndarray,
    scored: np.ndarray,
    rng_seed: int,
    in_table: Callable[[np.ndarray], np.ndarray] = lambda x: x,
    n_categories: np.ndarray | None = None,
) -> list[dict[str, Any]]:
    """Return the trace with ``mask_auc``, ``mi_bits`` and their standard errors in each round that was kept.

    Round 0 is the first fill. The first draw of the answer, where it is not the last round, counts as one more. A
    method that keeps no rounds has the four in its last entry, of its first draw, and gets an entry if it has none.
    Tables of more than 500,000 cells or 256 columns are not measured, nor those in which no column has ten scored and
    ten other cells.

    Args:
        problem: the incomplete table.
        imputation: what the method returned.
        x_true: float64 (n_rows, d), columns of the table, standardised, NaN where the source has no value.
        scored: bool (n_rows, d), the pattern.
        rng_seed: of rows and folds; the same for every method.
        in_table: makes columns of the table of those of the problem.
        n_categories: int (d,), 0 for a column of numbers (default: all are).
    """
    trace = imputation.trace
    if scored.size > MOST_CELLS or scored.shape[1] > MOST_COLUMNS:
        return trace
    missing = problem.missing
    counts = np.zeros(scored.shape[1], dtype=int) if n_categories is None else n_categories
    answer = imputation.draws[0][missing]
    rounds = imputation.history or ((len(trace) or 1, answer),)
    last, entries = rounds[-1]
    if not np.array_equal(entries, answer):
        rounds = (*rounds, (last + 1, answer))
    by_round = {int(entry.get("round", index)): dict(entry) for index, entry in enumerate(trace, start=1)}
    for number, entries in rounds:
        completed = problem.x_incomplete.copy()
        completed[missing] = entries
        try:
            x = in_table(completed)
            compared = Comparison(x_true, x, scored, max_rows=MOST_ROWS, rng_seed=rng_seed, n_categories=counts)
            found = pattern_predictability(compared)
        except Undefined:
            return trace
        measured = {"mask_auc": found.auc, "mask_auc_se": found.auc_se}
        measured |= {"mi_bits": found.bits, "mi_bits_se": found.bits_se}
        by_round[number] = {"round": number, **by_round.get(number, {}), **measured}
    return [by_round[number] for number in sorted(by_round)]
