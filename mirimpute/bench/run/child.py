"""The child of :mod:`mirimpute.bench.run.isolation`: it imputes, and sends progress and the outcome through a pipe."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import time
import traceback
from importlib import import_module
from multiprocessing.connection import Connection, wait
from typing import TYPE_CHECKING, Any

from mirimpute.bench.run.cost import measured
from mirimpute.errors import CannotTransformError, UserError
from mirimpute.methods.base import Method, Problem
from mirimpute.types import Progress

if TYPE_CHECKING:
    import numpy as np

_PROGRESS_INTERVAL_S = 0.1


def impute_and_send(
    sender: Connection,
    method: Method,
    problem: Problem,
    new_rows: np.ndarray | None,
    log_file: str,
    threads: int | None,
) -> None:
    """Impute in the child process and send the outcome through ``sender``."""
    with contextlib.suppress(OSError):
        os.setsid()
    _die_with_parent()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the parent's to handle; it kills this process
    try:
        log = os.open(log_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
    except FileNotFoundError:  # the harness was stopped meanwhile and has tidied up: nobody waits for a word
        os._exit(1)
    sys.stdout.flush()
    sys.stderr.flush()
    os.dup2(log, 1)
    os.dup2(log, 2)
    try:
        for library in method.libraries:
            with contextlib.suppress(ImportError):  # the method says better what is missing and how to install it
                import_module(library)
        sender.send(("ready",))
        with _limited_threads(threads):
            fitted, imputation, cost = measured(method, problem, _throttled(sender))
            completed = None
            if new_rows is not None:
                with contextlib.suppress(CannotTransformError):
                    completed = fitted.transform(new_rows)
        message: tuple[Any, ...] = ("result", imputation, cost, completed)
    except UserError as error:
        message = ("refused", str(error))
    except Exception as error:  # the one place where a method's failure becomes a row
        traceback.print_exc()
        status = "oom" if _is_want_of_memory(error) else "failed"
        message = (status, f"{type(error).__name__}: {_first_line(error)}")
    sys.stdout.flush()
    sys.stderr.flush()
    sender.send(message)
    sender.close()


def _die_with_parent() -> None:
    """End this process and its workers when the harness is gone, even if it was killed: nobody waits for the result."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os.killpg(os.getpgrp(), signal.SIGKILL)

    threading.Thread(target=watch, daemon=True).start()


def _is_want_of_memory(error: Exception) -> bool:
    torch = sys.modules.get("torch")
    return isinstance(error, MemoryError) or (torch is not None and isinstance(error, torch.cuda.OutOfMemoryError))


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines()
    return lines[0][:500] if lines else "no message"


def _limited_threads(threads: int | None) -> contextlib.AbstractContextManager[Any]:
    if threads is None:
        return contextlib.nullcontext()
    from threadpoolctl import threadpool_limits

    os.environ["OMP_NUM_THREADS"] = str(threads)  # for libraries that load their own runtime later
    os.environ["LOKY_MAX_CPU_COUNT"] = str(threads)  # joblib's n_jobs=-1, which threadpoolctl does not see
    if "torch" in sys.modules:
        sys.modules["torch"].set_num_threads(threads)
    return threadpool_limits(limits=threads)


def _throttled(sender: Connection) -> Progress:
    """Return a progress function that sends at most ten messages a second, and the last one of each stage."""
    last = 0.0

    def report(stage: str, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _PROGRESS_INTERVAL_S or done >= total:
            last = now
            with contextlib.suppress(OSError):
                sender.send(("progress", stage, done, total))

    return report
