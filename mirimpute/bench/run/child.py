"""The child of :mod:`mirimpute.bench.run.isolation`: it imputes, and sends progress and the outcome through a pipe."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
import time
import traceback
from importlib import import_module
from multiprocessing.connection import Connection
from typing import TYPE_CHECKING, Any

from mirimpute.bench.run.answer import checked_answer
from mirimpute.bench.run.cost import measured
from mirimpute.bench.run.fork_servers import SAFE_PATH
from mirimpute.bench.run.keeper import keep
from mirimpute.bench.run.limits import LOG
from mirimpute.bench.run.messages import Writer
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
    folder: str,
    threads: int | None,
) -> None:
    """Impute in a process of a keeper's and send the outcome through ``sender``.

    Args:
        sender: what the harness reads.
        method, problem, new_rows, threads: see :func:`mirimpute.bench.run.isolation.run_isolated`.
        folder: for the log and for all temporary files of the method; the harness removes it.
    """
    writer = Writer(sender.fileno())
    keep(lambda: _impute_and_send(writer, method, problem, new_rows, folder, threads))


def _impute_and_send(
    writer: Writer,
    method: Method,
    problem: Problem,
    new_rows: np.ndarray | None,
    folder: str,
    threads: int | None,
) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    try:
        log = os.open(os.path.join(folder, LOG), os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o600)
    except FileNotFoundError:  # the harness was stopped meanwhile and has tidied up: nobody waits for a word
        os._exit(1)
    os.dup2(log, 1)
    os.dup2(log, 2)
    _use_for_temporary_files(folder)
    if not type(method).__module__.startswith("mirimpute."):
        os.environ.pop(SAFE_PATH, None)
    try:
        for library in method.libraries:
            with contextlib.suppress(ImportError):  # the method says better what is missing and how to install it
                import_module(library)
        writer.send("ready", os.getpid())
        with _limited_threads(threads):
            fitted, imputation, cost = measured(method, problem, _throttled(writer))
            completed = None
            if new_rows is not None:
                with contextlib.suppress(CannotTransformError):
                    completed = checked_answer(fitted.transform(new_rows), new_rows)
        message: tuple[Any, ...] = ("result", checked_answer(imputation, problem.x_incomplete), cost, completed)
    except UserError as error:
        message = ("refused", str(error))
    except Exception as error:  # the one place where a method's failure becomes a row
        traceback.print_exc()
        status = "oom" if _is_want_of_memory(error) else "failed"
        message = (status, f"{type(error).__name__}: {_first_line(error)}")
    writer.send(*message)


def _use_for_temporary_files(folder: str) -> None:
    """Make every temporary file of this process and its children one in ``folder``, where it is removed."""
    tempfile.tempdir = folder
    for variable in ("TMPDIR", "JOBLIB_TEMP_FOLDER"):
        os.environ[variable] = folder


def _is_want_of_memory(error: Exception) -> bool:
    torch = sys.modules.get("torch")
    return isinstance(error, MemoryError) or (torch is not None and isinstance(error, torch.cuda.OutOfMemoryError))


def _first_line(error: Exception) -> str:
    try:
        lines = str(error).strip().splitlines()
    except Exception:  # an error of a class of the method's own
        return "no message that can be shown"
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


def _throttled(writer: Writer) -> Progress:
    """Return a progress function that sends at most ten messages a second, and the last one of each stage."""
    last = 0.0

    def report(stage: str, done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= _PROGRESS_INTERVAL_S or done >= total:
            last = now
            with contextlib.suppress(OSError):
                writer.send("progress", str(stage), int(done), int(total))

    return report
