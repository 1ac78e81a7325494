"""Rows with a hidden block, as training, validation and sampling of the flow see them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

_ROWS_AT_ONCE = 512
_ROWS_OF_A_DEVICE = 16384


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

    def tiles(self, copies: int = 1) -> Iterator[tuple[Rows, Tensor, int]]:
        """Yield parts of a table (n, d), its rows ``copies`` times one after the other, all of them of one size.

        The last bits of a product of matrices depend on their size: in parts of one size a row gets the same answer
        whatever stands beside it, and memory does not grow with the table. The last part is filled up with its first
        row.

        Returns:
            The part; the places of its rows among all (copies x n); how many of these count.
        """
        size, n = _ROWS_AT_ONCE if self.values.device.type == "cpu" else _ROWS_OF_A_DEVICE, len(self.values)
        for first in range(0, copies * n, size):
            count = min(size, copies * n - first)
            place = torch.full((size,), first, device=self.values.device)
            place[:count] += torch.arange(count, device=self.values.device)
            row = place % n
            yield Rows(self.values[row], self.hidden[row], self.mean[row], self.spread[row]), place, count

    def for_members(self, members: int) -> Rows:
        """Return the rows once for each member of an ensemble, (members, n, d), without copying."""
        values, hidden, mean, spread = (
            t.expand(members, *t.shape) for t in (self.values, self.hidden, self.mean, self.spread)
        )
        return Rows(values, hidden, mean, spread)
