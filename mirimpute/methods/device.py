"""The torch device that a problem asks for."""

from __future__ import annotations

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
