"""Products of many small matrices, each with the values of its own row, in parts that fit into a processor's cache."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mirimpute.types import lazy

if TYPE_CHECKING:
    import torch
    from torch import Tensor
else:
    torch = lazy("torch")

_CACHE_BYTES = 2**20  # of a processor: on 64 columns, four times as fast as 64 MiB at once
_DEVICE_BYTES = 64 * 2**20
_DRAWS_AT_ONCE = 8


def of_each_draw(matrices: Tensor, which: Tensor, draws: Tensor) -> Tensor:
    """Return the rows of ``draws`` (count, n, d), each multiplied from the left by its own matrix (p, d, d).

    Eight draws at a time, the last ones filled up: the last bits of a product of matrices depend on their size, and on
    how they lie in memory.

    Args:
        matrices: of which some rows may share one.
        which: int (n,), the number of each row's own.
        draws: what is multiplied.

    >>> turn = torch.tensor([[[0.0, -1], [1, 0]], [[1, 0], [0, 1]]])  # a quarter of a turn, and none
    >>> of_each_draw(turn, torch.tensor([0, 1]), torch.tensor([[[3.0, 4], [3, 4]]])).tolist()
    [[[-4.0, 3.0], [3.0, 4.0]]]
    """
    count, rows = len(draws), rows_at_once(matrices[0]) if len(matrices) else 1
    padded = torch.nn.functional.pad(draws.movedim(0, -1), (0, -count % _DRAWS_AT_ONCE))
    by_columns = matrices.mT.is_contiguous()
    result = torch.empty_like(padded)
    for number, part, into in zip(which.split(rows), padded.split(rows), result.split(rows), strict=True):
        own = matrices.mT[number].mT if by_columns else matrices[number]
        for some, found in zip(part.split(_DRAWS_AT_ONCE, dim=-1), into.split(_DRAWS_AT_ONCE, dim=-1), strict=True):
            found[:] = own @ some
    return result[..., :count].movedim(-1, 0)


def of_each_row(x: Tensor, matrices: Tensor, which: Tensor) -> Tensor:
    """Return each row of ``x`` (n, d) multiplied from the left by the matrix (p, d, d) numbered ``which`` (n,).

    >>> twice = 2 * torch.eye(2)[None]
    >>> of_each_row(torch.tensor([[3.0, 4], [5, 6]]), twice, torch.tensor([0, 0])).tolist()
    [[6.0, 8.0], [10.0, 12.0]]
    """
    rows = rows_at_once(matrices[0])
    parts = [
        (matrices[number] @ values[:, :, None])[:, :, 0]
        for values, number in zip(x.split(rows), which.split(rows), strict=True)
    ]
    return torch.cat(parts)


def rows_at_once(covariance: Tensor) -> int:
    """Return how many matrices of this size (d, d) are worked on together."""
    size = _CACHE_BYTES if covariance.device.type == "cpu" else _DEVICE_BYTES
    return max(1, size // (covariance.numel() * covariance.element_size()))
