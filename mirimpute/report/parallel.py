"""Jobs in several forked processes, where the system has them: tables and figures are made at the same time."""

from __future__ import annotations

import gc
import multiprocessing
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from typing import Any, TypeVar

from mirimpute.errors import UserError

Result = TypeVar("Result")

MOST_PROCESSES = 4


@contextmanager
def without_collector() -> Iterator[None]:
    """Switch off the collection of cyclic garbage: rows and entries make little, and looking for it takes time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def in_parallel(jobs: Sequence[Callable[[], Result]]) -> list[Result]:
    """Return what the jobs return, in their order; the last job is begun first.

    The processes are as many as the cores, at most four; none beside this one where processes cannot be forked.
    Warnings of all of them are given here.

    Raises:
        UserError: a process was killed.
        Exception: what a job raised.
    """
    count = min(len(os.sched_getaffinity(0)), MOST_PROCESSES, len(jobs)) if sys.platform == "linux" else 1
    if count < 2:
        return [job() for job in reversed(jobs)][::-1]
    _jobs.extend(jobs)  # processes inherit the jobs: closures could not be sent to them
    gc.freeze()  # what is there is not looked at again: no garbage, and every process would get its own copy of it
    try:
        with ProcessPoolExecutor(count, multiprocessing.get_context("fork")) as processes:
            found = list(processes.map(_done, reversed(range(len(jobs)))))[::-1]
    except BrokenProcessPool:
        raise UserError("a process that makes the report was killed: free memory and run it again") from None
    finally:
        gc.unfreeze()
        _jobs.clear()
    for _, told in found:
        for each in told:
            warnings.warn_explicit(each.message, each.category, each.filename, each.lineno)
    return [result for result, _ in found]


_jobs: list[Callable[[], Any]] = []


def _done(number: int) -> tuple[Any, list[warnings.WarningMessage]]:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        return _jobs[number](), told
