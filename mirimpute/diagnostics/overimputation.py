"""Overimputation: observed cells are hidden, drawn as if they were missing, and laid beside what they were."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mirimpute.diagnostics.completions import completions_of, is_categorical, table_of
from mirimpute.errors import UserError
from mirimpute.methods.holding_out import choose_observed
from mirimpute.seeding import generator
from mirimpute.table.columns import Column

FRACTION = 0.1
LEVEL = 0.9


@dataclass(frozen=True)
class Overimputation:
    """Hidden cells and what was drawn for them.

    Attributes:
        columns: of the table.
        row, column: int (k,), of each hidden cell.
        truth: float64 (k,), what it was.
        drawn: float64 (m, k), in m draws.
        level: of the intervals.
    """

    columns: tuple[Column, ...]
    row: np.ndarray
    column: np.ndarray
    truth: np.ndarray
    drawn: np.ndarray
    level: float = LEVEL

    @property
    def has_intervals(self) -> bool:
        """Whether the draws are enough for intervals of the level: 19 for 0.9."""
        return len(self.drawn) + 1 >= 2 / (1 - self.level) - 1e-9

    def middle(self, column: int) -> np.ndarray:
        """Return the mean draw of each hidden cell of a ``column`` of numbers, (n_hidden,)."""
        return self.drawn[:, self.column == column].mean(axis=0)

    def ends(self, column: int) -> tuple[np.ndarray, np.ndarray]:
        """Return the ends of the central interval of each hidden cell of a ``column`` of numbers, (n_hidden,) each.

        Order statistics at ranks (1 ± level) / 2 of m + 1, as in :mod:`mirimpute.metrics.coverage`.
        """
        tail = (1 - self.level) / 2
        drawn = self.drawn[:, self.column == column]
        low, high = np.quantile(drawn, [tail, 1 - tail], axis=0, method="weibull")
        return low, high

    def inside(self, column: int) -> np.ndarray:
        """Return which hidden cells of a ``column`` lie in their interval, bool (n_hidden,).

        Of categories: which are the most frequent one drawn.
        """
        truth = self.truth[self.column == column]
        if is_categorical(self.columns[column]):
            counts = [(self.drawn[:, self.column == column] == code).sum(axis=0) for code in self._codes(column)]
            return np.argmax(counts, axis=0) == truth
        low, high = self.ends(column)
        return (low <= truth) & (truth <= high)

    def _codes(self, column: int) -> range:
        return range(len(self.columns[column].categories))


def hidden_cells(observed: np.ndarray, fraction: float, seed: int) -> np.ndarray:
    """Return observed cells to hide, bool (n_rows, n_columns); a row keeps one and a column half of its own.

    Raises:
        UserError: a fraction outside (0, 1), or no cell can be hidden.
    """
    if not 0 < fraction < 1:
        raise UserError(f"fraction={fraction} is outside (0, 1): give a share of the observed cells such as 0.1")
    chosen = choose_observed(observed, [], fraction, generator(seed, "overimputation"))
    if not chosen.any():
        raise UserError(f"the table has {observed.sum()} observed cells, too few to hide any of them")
    return chosen


def overimpute(
    frame: Any, draw: Callable[[Any], Sequence[Any]], fraction: float = FRACTION, level: float = LEVEL, seed: int = 0
) -> Overimputation:
    """Hide a share of the observed cells of a DataFrame, and return what is drawn for them.

    Intervals that hold the hidden values as often as they say are evidence for the imputation of cells like the
    observed ones; of cells that are missing for their own size they say nothing.

    Args:
        frame: the incomplete DataFrame.
        draw: returns completed DataFrames of an incomplete one, 19 or more for intervals of level 0.9:
            ``lambda table: MirfImputer(random_state=0).fit(table).sample(table, 20)``.
        fraction: of the observed cells to hide, chosen at random.
        level: of the intervals.
        seed: of the choice.

    Raises:
        UserError: see :func:`hidden_cells` and :func:`~mirimpute.diagnostics.completions.completions_of`; a level
            outside (0, 1); ``draw`` is no function, or returns no table.
    """
    if not 0 < level < 1:
        raise UserError(f"level={level} is outside (0, 1): give a fraction such as 0.9")
    if not callable(draw):
        raise UserError(
            f"draw={draw!r} is no function: give one of an incomplete table, such as "
            "lambda table: imputer.fit(table).sample(table, 20)"
        )
    known = table_of(frame)
    chosen = hidden_cells(~np.isnan(known.values), fraction, seed)
    hidden = frame.copy()
    for j, column in enumerate(known.columns):
        place = [str(name) for name in frame.columns].index(column.name)
        hidden.isetitem(place, frame.iloc[:, place].mask(chosen[:, j]))
    tables = list(draw(hidden))
    if not tables:
        raise UserError("draw returned no completed table: return a list of at least one")
    drawn = completions_of(frame, tables[0], tables).draws
    return overimputation_of(known.columns, known.values, chosen, drawn, level)


def overimputation_of(
    columns: tuple[Column, ...], before: np.ndarray, chosen: np.ndarray, drawn: np.ndarray, level: float = LEVEL
) -> Overimputation:
    """Return what was drawn for the hidden cells.

    Args:
        columns: of the table.
        before: float64 (n_rows, n_columns), with the cells that were hidden.
        chosen: bool (n_rows, n_columns), which these are.
        drawn: float64 (m, n_rows, n_columns).
        level: of the intervals.
    """
    row, column = np.nonzero(chosen)
    return Overimputation(columns, row, column, before[chosen], drawn[:, chosen], level)
