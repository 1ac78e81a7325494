"""Work that is split over forked processes, where the system has them: tables and figures are made side by side."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

from mirimpute.errors import UserError

Result = TypeVar("Result")

MOST_PROCESSES = 4


@contextmanager
def without_collector() -> Iterator[None]:
    """Leave cycles uncollected: there are few among rows and entries, and looking for them takes time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def in_parallel(jobs: Sequence[Callable[[], Result]]) -> list[Result]:
    """Return what the jobs return, in their order; each is done by the first process that is free, the last job first.

    The processes are as many as the cores, at most four; one where processes cannot be forked. Warnings of all of them
    are given here.

    Raises:
        UserError: a process was killed.
        Exception: what a job raised.
    """
    count = min(len(os.sched_getaffinity(0)), MOST_PROCESSES, len(jobs)) if sys.platform == "linux" else 1
    context: Any = multiprocessing.get_context("fork" if count > 1 else None)
    left = context.Value("i", len(jobs))
    children = []
    gc.freeze()  # what is there is not looked at again: no garbage, and every process would get its own copy of it
    for _ in range(1, count):
        receiver, sender = context.Pipe(duplex=False)
        process = context.Process(target=_send, args=(sender, jobs, left), daemon=True)
        process.start()
        sender.close()
        children.append((process, receiver))
    try:
        results = _some(jobs, left)
        for _, receiver in children:
            try:
                theirs, told, error = receiver.recv()
            except EOFError:
                raise UserError("a process that makes the report was killed: free memory and run it again") from None
            for each in told:
                warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
            if error is not None:
                raise error
            results |= theirs
    finally:
        gc.unfreeze()
        for process, receiver in children:
            process.terminate()
            process.join()
            receiver.close()
    return [results[number] for number in range(len(jobs))]


def _some(jobs: Sequence[Callable[[], Result]], left: Any) -> dict[int, Result]:
    """Return the results of the jobs that this process did, by number; ``left`` are those that no process has begun."""
    results: dict[int, Result] = {}
    while True:
        with left.get_lock():
            left.value -= 1
            number = left.value
        if number < 0:
            return results
        results[number] = jobs[number]()


def _send(sender: Any, jobs: Sequence[Callable[[], Any]], left: Any) -> None:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            results, error = _some(jobs, left), None
        except Exception as raised:
            results, error = {}, raised
    sender.send((results, told, error))
