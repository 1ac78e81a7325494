"""The torch device that a problem asks for, and how many threads a small network is worth."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from mirimpute.errors import UserError

if TYPE_CHECKING:
    import torch


def torch_device(name: str) -> torch.device:
    """Return the device ``name`` ("cpu", "cuda", "cuda:0").

    Raises:
        UserError: a CUDA device was asked for and there is none.
    """
    import torch

    if name.startswith("cuda") and not torch.cuda.is_available():
        raise UserError(f"device={name!r} was asked for but torch finds no CUDA device: use device=cpu")
    return torch.device(name)


@contextmanager
def threads_for(large: bool) -> Iterator[None]:
    """Let torch compute on one thread unless the work is ``large``.

    Small matrices gain little from more threads, and on a busy machine they lose ten times.
    """
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(before if large else 1)
    try:
        yield
    finally:
        torch.set_num_threads(before)
