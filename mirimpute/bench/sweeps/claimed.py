"""What a sweep says when all that is left of it are cells that other processes compute."""

from __future__ import annotations

import time
from collections.abc import Iterable

from mirimpute.errors import warn

TOLD_S = 5.0
"""How long to wait before something is said."""


class ClaimedCells:
    """The cells of a sweep that other processes compute, as far as was heard."""

    def __init__(self) -> None:
        self._cells: set[int] = set()
        self._told: set[str] = set()
        self._since: float | None = None

    def heard(self, index: int, who: str, own: Iterable[int] = ()) -> None:
        """Take that ``who`` computes a cell; once for each of them, say that nothing else is left to do.

        Args:
            index: of the cell.
            who: the process, in words.
            own: cells that this sweep computes, or has not begun, cells of others among them.
        """
        self._cells.add(index)
        now = time.monotonic()
        if self._since is None or set(own) - self._cells:
            self._since = now
        if now - self._since >= TOLD_S and who not in self._told:
            self._told.add(who)
            warn(
                [
                    f"{who} computes a cell of this sweep, which waits for its row: end that process to have the cell "
                    "computed here, or stop with Ctrl-C and go on later with resume=true"
                ]
            )

    def done(self, index: int) -> None:
        """Take that a cell is done."""
        self._cells.discard(index)
        self._since = None
