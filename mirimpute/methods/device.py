"""The torch device that a problem asks for, and how many threads a small network is worth."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING, TypeVar

from mirimpute.errors import UserError

if TYPE_CHECKING:
    import torch

Part = TypeVar("Part")
Answer = TypeVar("Answer")


def torch_device(name: str) -> torch.device:
    """Return the device ``name`` ("cpu", "cuda", "cuda:0").

    Raises:
        UserError: another device, or a CUDA device that is not there.
    """
    import torch

    if not is_device(name):
        raise UserError(f"device={name!r} is unknown: give cpu, cuda or cuda:N")
    if name.startswith("cuda") and not torch.cuda.is_available():
        raise UserError(f"device={name!r} was asked for but torch finds no CUDA device: use device=cpu")
    device = torch.device(name)
    if (device.index or 0) >= max(torch.cuda.device_count(), 1):
        raise UserError(f"device={name!r} is not there: torch finds {torch.cuda.device_count()} CUDA device(s)")
    return device


def is_device(name: object) -> bool:
    """Return whether the name is that of a device: cpu, cuda or cuda:N.

    >>> is_device("cuda:1"), is_device("cuda:x"), is_device(None)
    (True, False, False)
    """
    return isinstance(name, str) and re.fullmatch(r"cpu|cuda(:\d{1,3})?", name) is not None


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


def side_by_side(work: Callable[[Part], Answer], parts: Iterable[Part]) -> list[Answer]:
    """Return ``work`` of each part, computed by one thread each, on as many threads as torch may use.

    Where torch divides the work itself, the last bits of an answer depend on the number of threads.
    """
    import torch

    threads = torch.get_num_threads()
    if threads == 1:
        return [work(part) for part in parts]
    with threads_for(False), ThreadPoolExecutor(threads) as pool:
        return list(pool.map(work, parts))
