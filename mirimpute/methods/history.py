"""What the missing entries were in each round: kept for the trace, measured when the method has finished."""

from __future__ import annotations

from mirimpute.types import Array

MOST_CELLS = 500_000
"""Cells of a table beyond which no round is kept."""
MOST_COLUMNS = 256
"""Columns beyond which none is kept."""
_MOST_ROUNDS = 16

Rounds = tuple[tuple[int, Array], ...]
"""Round (0: the first fill) and the missing entries after it, (n_missing,), row by row, of the first chain."""


class History:
    """Keeps the rounds of a loop: all of a few, of many every second, fourth, ..., and always the last."""

    def __init__(self, missing: Array) -> None:
        self._missing = missing
        self._wanted = missing.size <= MOST_CELLS and missing.shape[1] <= MOST_COLUMNS
        self._kept: list[tuple[int, Array]] = []
        self._last: list[tuple[int, Array]] = []
        self._stride = 1

    def record(self, number: int, x: Array) -> None:
        """Keep the missing entries of ``x`` (n_rows, n_columns), completed in round ``number``."""
        if not self._wanted:
            return
        self._last = [(number, x[self._missing])]
        if number % self._stride == 0:
            self._kept += self._last
        if len(self._kept) > _MOST_ROUNDS:
            self._kept, self._stride = self._kept[::2], 2 * self._stride

    def rounds(self) -> Rounds:
        """Return what was kept, in order."""
        known = {number for number, _ in self._kept}
        return (*self._kept, *(entry for entry in self._last if entry[0] not in known))
