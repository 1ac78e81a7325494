"""Work that is split over forked processes, where the system has them: figures are drawn side by side."""

from __future__ import annotations

import multiprocessing
import os
import sys
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

from mirimpute.errors import UserError

Result = TypeVar("Result")

MOST_PROCESSES = 4


def in_parts(work: Callable[[int, int], Result]) -> list[Result]:
    """Return ``[work(0, n), ..., work(n - 1, n)]``, each but the first from a process of its own.

    ``n`` is the number of cores, at most four; 1 where processes cannot be forked. Warnings are those of the first.

    Raises:
        UserError: a process was killed.
        Exception: what ``work`` raised, of the first part that did.
    """
    count = min(len(os.sched_getaffinity(0)), MOST_PROCESSES) if sys.platform == "linux" else 1
    context: Any = multiprocessing.get_context("fork" if count > 1 else None)
    children = []
    for part in range(1, count):
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_send, args=(sender, work, part, count), daemon=True)
        process.start()
        sender.close()
        children.append((process, receiver))
    try:
        results = [work(0, count)]
        for _, receiver in children:
            try:
                result, error = receiver.recv()
            except EOFError:
                raise UserError("a process that draws figures was killed: free memory and run it again") from None
            if error is not None:
                raise error
            results.append(result)
    finally:
        for process, receiver in children:
            process.terminate()
            process.join()
            receiver.close()
    return results


def _send(sender: Any, work: Callable[[int, int], Any], part: int, count: int) -> None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            sender.send((work(part, count), None))
    except Exception as error:
        sender.send((None, error))
