"""Rows with a hidden block, as training, validation and sampling of the flow see them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from mirimpute.methods.device import side_by_side

_ROWS_AT_ONCE = 1024
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

    def by_tiles(self, answer: Callable[[Rows, Tensor], Tensor], copies: int = 1) -> Tensor:
        """Return what ``answer`` says of each row of a table (n, d), ``copies`` times, (copies x n, ...).

        It is asked for so many rows at a time: the last bits of a product of matrices depend on their size, and in
        parts of one size a row gets the same answer whatever stands beside it. The last part is filled up with its
        first row. Memory does not grow with the table but for the answers.

        Args:
            answer: of a part, and of the places (k,) of its rows among all (copies x n); it gets no gradients.
            copies: of the table, one after the other.
        """
        device, total, n = self.values.device, copies * len(self.values), len(self.values)
        size = _ROWS_AT_ONCE if device.type == "cpu" else _ROWS_OF_A_DEVICE

        def part(first: int) -> Tensor:
            count = min(size, total - first)
            place = torch.full((size,), first, device=device)
            place[:count] += torch.arange(count, device=device)
            row = place % n
            with torch.no_grad():
                found = answer(self.at(row), place)
            return found[:count]

        if not total:
            return self.values
        return torch.cat(side_by_side(part, range(0, total, size)))

    def at(self, places: np.ndarray | Tensor) -> Rows:
        """Return some rows of a table."""
        where = torch.as_tensor(places, device=self.values.device)
        return Rows(self.values[where], self.hidden[where], self.mean[where], self.spread[where])
