"""Run one imputation in a process of its own, which can be timed, measured and stopped, and may crash.

The child is forked from a clean server process that has imported the method's libraries but computed nothing, so a
cell starts in milliseconds and never inherits the harness's thread pools, random state or memory.
"""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirimpute.bench.run import fork_servers, limits
from mirimpute.bench.run.child import impute_and_send
from mirimpute.bench.run.cost import Cost
from mirimpute.bench.run.keeper import end_tree
from mirimpute.bench.run.messages import BrokenMessageError, Reader
from mirimpute.errors import UserError
from mirimpute.methods.base import Imputation, Method, Problem
from mirimpute.types import Progress

if TYPE_CHECKING:
    import numpy as np

_WATCH_INTERVAL_S = 0.05
_SIGTERM_S = 0.5
_END_S = 3.0
_PRELOAD = ("mirimpute.bench.run.child", "mirimpute.table.table", "mirimpute.methods.loop", "threadpoolctl")


@dataclass(frozen=True)
class Outcome:
    """How an imputation ended.

    Attributes:
        status: ok, failed, timeout or oom.
        reason: one sentence, empty when ok.
        imputation, cost: None unless ok.
        log: what the method printed, with the traceback of a failure.
        new_rows: the completed rows that the method did not learn from; None where there are none or it cannot.
    """

    status: str
    reason: str
    imputation: Imputation | None
    cost: Cost | None
    log: str
    new_rows: Imputation | None = None


def run_isolated(
    method: Method,
    problem: Problem,
    *,
    folder: Path,
    new_rows: np.ndarray | None = None,
    threads: int | None = None,
    timeout_s: float | None = None,
    memory_mb: float | None = None,
    progress: Progress,
) -> Outcome:
    """Fit ``method`` on ``problem`` and impute, in a child process.

    Args:
        method: what to run; it is copied into the child.
        problem: the incomplete table.
        folder: an empty folder of the caller's: the log, what the method prints, and its temporary files are there.
        new_rows: (n_new, n_columns) in the problem's scale, rows to complete without learning from them.
        threads: computing threads (None: the libraries' own default).
        timeout_s: wall seconds, counted from when the method's libraries are loaded, after which the child and its
            descendants are killed (None: never).
        memory_mb: MiB that they may take beyond what the loaded libraries hold, before they are killed (None: any).
        progress: called in this process with what the method reports.

    Raises:
        UserError: the method refused the request (its library is not installed, no such device).
    """
    # Threads that wait by spinning take the cores away from what they wait for, on a busy machine a loss of ten times
    # and more; threads that sleep at once cost an idle one more than half of its speed. So they spin for a moment.
    os.environ.setdefault("GOMP_SPINCOUNT", "20000")
    log_file = folder / limits.LOG
    context = fork_servers.context()
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(
        target=impute_and_send, args=(sender, method, problem, new_rows, str(folder), threads), daemon=False
    )
    kernel_kills = limits.kernel_kills()
    fork_servers.start(process, server_modules(method))
    sender.close()
    watched = limits.Limits(timeout_s, memory_mb)
    reader = Reader(receiver.fileno())
    message: tuple[Any, ...] | None = None
    stopped: tuple[str, str] | None = None
    try:
        while message is None and stopped is None and not reader.ended:
            wait([receiver, process.sentinel], min(watched.left_s(), _WATCH_INTERVAL_S))
            gone = not process.is_alive()
            for received in reader.received():
                if received[0] == "ready":  # libraries are loaded: the method's own time starts
                    watched.start(received[1])
                elif received[0] == "progress":
                    progress(*received[1:])
                else:
                    message = received
            stopped = watched.exceeded(process.pid, log_file) if message is None else None
            if gone:
                break  # whoever else may hold the pipe open
    except BrokenMessageError as error:
        stopped = "failed", f"what the method's process sent cannot be read ({error}): return plain arrays"
    finally:
        if message is not None:
            process.join(_END_S)
        _end(process)
        receiver.close()
    log = limits.read_log(log_file)
    if message is None:
        if stopped is None and process.exitcode == -signal.SIGTERM:
            time.sleep(_SIGTERM_S)  # a cluster tells every process of a job: this one is about to hear it, too
        status, reason = stopped or _how_it_ended(process.exitcode, limits.kernel_kills() > kernel_kills)
        return Outcome(status, reason, None, None, log)
    kind, *rest = message
    if kind == "refused":
        raise UserError(rest[0])
    if kind == "result":
        return Outcome("ok", "", rest[0], rest[1], log, rest[2])
    return Outcome(kind, rest[0], None, None, log)


def server_modules(method: Method) -> fork_servers.Modules:
    """Return what the fork server of ``method`` loads; not code from outside the package, which may change."""
    own = (type(method).__module__,) if type(method).__module__.startswith("mirimpute.") else ()
    return (*_PRELOAD, *own, *method.libraries)


def _end(process: Any) -> None:
    """End the keeper, and before it all that the method has started; what cannot be killed is left behind."""
    if process.is_alive():
        process.terminate()  # it ends the others and then itself
        process.join(_END_S)
    if process.is_alive():
        end_tree(process.pid)
        process.kill()
        process.join(_END_S)


def _how_it_ended(exitcode: int | None, short_of_memory: bool) -> tuple[str, str]:
    """Return status and reason of a child that died."""
    if exitcode == 0:
        return "failed", "the method's process ended before it returned a result, see log.txt"
    if exitcode is None or exitcode > 0:
        return "failed", f"the method's process exited with code {exitcode} before it returned a result, see log.txt"
    name = signal.Signals(-exitcode).name
    if name == "SIGKILL" and short_of_memory:
        return "oom", "the system ran out of memory and killed the method's process: use a smaller problem"
    hint = " (out of memory?)" if name == "SIGKILL" else ""
    return "failed", f"the method's process was ended by {name}{hint}; its output is in log.txt"
