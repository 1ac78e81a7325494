"""Rows with a hidden block, as training, validation and sampling of the flow see them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

_ROWS_AT_ONCE = 16384


@dataclass(frozen=True)
class Rows:
    """Rows of a table, part of each hidden, with what the Gaussian base says of the hidden part.

    Attributes:
        values: (..., n, d); hidden entries may hold anything finite where they are not targets.
        hidden: bool (..., n, d).
        mean, spread: (..., n, d), mean and standard deviation of the base given the entries that are not hidden.
    """

    values: Tensor
    hidden: Tensor
    mean: Tensor
    spread: Tensor

    def split(self) -> Iterator[Rows]:
        """Yield parts of at most 16,384 rows of a table (n, d), so that memory does not grow with it."""
        parts = (t.split(_ROWS_AT_ONCE) for t in (self.values, self.hidden, self.mean, self.spread))
        for values, hidden, mean, spread in zip(*parts, strict=True):
            yield Rows(values, hidden, mean, spread)

    def for_members(self, members: int) -> Rows:
        """Return the rows once for each member of an ensemble, (members, n, d), without copying."""
        values, hidden, mean, spread = (
            t.expand(members, *t.shape) for t in (self.values, self.hidden, self.mean, self.spread)
        )
        return Rows(values, hidden, mean, spread)
