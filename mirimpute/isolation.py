"""Run one imputation in a process of its own: timed, measured, stoppable, and harmless when it crashes.

The child is forked from a clean server process that has imported the method's libraries but computed nothing, so a
cell starts in milliseconds and never inherits the harness's thread pools, random state or memory.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
import traceback
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mirimpute import fork_servers, limits
from mirimpute.errors import CannotTransformError, UserError
from mirimpute.methods.base import Fitted, Method
from mirimpute.problem import Imputation, Problem, Progress

if TYPE_CHECKING:
    import numpy as np

_PROGRESS_INTERVAL_S = 0.1
_WATCH_INTERVAL_S = 0.05
_SIGTERM_S = 0.5
_PRELOAD = ("mirimpute.isolation", "mirimpute.datasets.table", "mirimpute.methods.reducer")
_MIB = 2**20


@dataclass(frozen=True)
class Cost:
    """What the imputation took; loading, hiding, importing libraries and scoring are not in it.

    Attributes:
        fit_s, impute_s: wall seconds of the two calls.
        cpu_s: user and system seconds of the child and of its own children.
        peak_rss_mb: highest resident memory of the child during the imputation, less what it held before, in MiB.
        peak_gpu_mb: highest memory that torch held on the GPU, in MiB (0 without one).
    """

    fit_s: float
    impute_s: float
    cpu_s: float
    peak_rss_mb: float
    peak_gpu_mb: float


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
    log_file: Path,
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
        log_file: a file to write; everything that the method prints goes there.
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
    context = fork_servers.context()
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(
        target=_child, args=(sender, method, problem, new_rows, str(log_file), threads), daemon=False
    )
    kernel_kills = limits.kernel_kills()
    fork_servers.start(process, server_modules(method))
    sender.close()
    watched = limits.Limits(timeout_s, memory_mb)
    message: tuple[Any, ...] | None = None
    stopped: tuple[str, str] | None = None
    try:
        while message is None:
            if not receiver.poll(min(watched.left_s(), _WATCH_INTERVAL_S)):
                stopped = watched.exceeded(process.pid, log_file)
                if stopped is not None:
                    break
                continue
            received = receiver.recv()
            if received[0] == "ready":  # libraries are loaded: the method's own time starts
                watched.start(process.pid)
            elif received[0] == "progress":
                progress(*received[1:])
                stopped = watched.exceeded(process.pid, log_file)
                if stopped is not None:
                    break
            else:
                message = received
    except EOFError:
        pass  # the child died without a word: judged below by its exit code
    finally:
        if message is None:
            _kill(process)
        process.join()
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


def _kill(process: Any) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # the child leads its own group, so its workers end with it
    process.kill()


def _how_it_ended(exitcode: int | None, short_of_memory: bool) -> tuple[str, str]:
    """Return status and reason of a child that died."""
    if exitcode is None or exitcode >= 0:
        return "failed", f"the method's process exited with code {exitcode} before it returned a result, see log.txt"
    name = signal.Signals(-exitcode).name
    if name == "SIGKILL" and short_of_memory:
        return "oom", "the system ran out of memory and killed the method's process: use a smaller problem"
    hint = " (out of memory?)" if name == "SIGKILL" else ""
    return "failed", f"the method's process was ended by {name}{hint}; its output is in log.txt"


def _child(
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
            fitted, imputation, cost = _measured(method, problem, _throttled(sender))
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


def _measured(method: Method, problem: Problem, progress: Progress) -> tuple[Fitted, Imputation, Cost]:
    held = _reset_peak_rss()
    cpu = _cpu_seconds()
    start = time.perf_counter()
    fitted = method.fit(problem, progress)
    middle = time.perf_counter()
    imputation = fitted.impute()
    end = time.perf_counter()
    cost = Cost(
        fit_s=middle - start,
        impute_s=end - middle,
        cpu_s=_cpu_seconds() - cpu,
        peak_rss_mb=max(_peak_rss() - held, 0) / _MIB,
        peak_gpu_mb=_peak_gpu() / _MIB,
    )
    return fitted, imputation, cost


def _cpu_seconds() -> float:
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN))
    )


def _status_bytes(key: str) -> int | None:
    """Return a size of /proc/self/status in bytes, None where there is no such file."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith(key + ":"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return None


def _reset_peak_rss() -> int:
    """Forget the peak so far, where the kernel can, and return the bytes held now."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5")
    held = _status_bytes("VmRSS")
    return _peak_rss() if held is None else held


def _peak_rss() -> int:
    peak = _status_bytes("VmHWM")
    if peak is not None:
        return peak
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit


def _peak_gpu() -> int:
    torch = sys.modules.get("torch")
    return int(torch.cuda.max_memory_allocated()) if torch is not None and torch.cuda.is_initialized() else 0
