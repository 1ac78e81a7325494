"""The keeper of a method: a process between harness and method, from whose tree nothing escapes.

The keeper forks the method into a session of its own and computes nothing. It is a subreaper (``prctl``, Linux): what
the method starts stays among its descendants, whatever session, group or parent it takes, daemons included. When the
method has ended, for whatever reason, or the harness is gone, or the keeper is told to end (SIGTERM), it kills them
all, and then ends as the method did. Where there is no ``prctl``, it kills the method's group.
"""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import resource
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable
from multiprocessing.connection import wait
from pathlib import Path

_SET_CHILD_SUBREAPER, _SET_DEATH_SIGNAL = 36, 1
_GIVE_UP_S = 5.0
_PAUSE_S = 0.005


def keep(work: Callable[[], None]) -> None:
    """Do ``work`` in a process forked from this one; return never, but end as that process does."""
    if not hasattr(os, "fork"):
        work()
        return
    with contextlib.suppress(OSError):
        os.setsid()
    _prctl(_SET_CHILD_SUBREAPER, 1)
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # the harness decides
    keeper = os.getpid()
    method = os.fork()
    if not method:
        _be_the_method(work, keeper)
    told: list[int] = []

    def end(number: int, frame: object) -> None:
        told.append(number)
        end_tree(keeper, method)

    signal.signal(signal.SIGTERM, end)
    threading.Thread(target=_end_with_harness, args=(method,), daemon=True).start()
    status = _status_of(method)
    end_tree(keeper, method)
    _end_like(signal.SIGTERM if told else -os.waitstatus_to_exitcode(status), os.waitstatus_to_exitcode(status))


def end_tree(keeper: int, method: int | None = None) -> bool:
    """Kill all descendants of a keeper, again until there are none; return whether they are gone.

    Args:
        keeper: its process number; it is not killed itself.
        method: leader of the method's group, where that is known.
    """
    deadline = time.monotonic() + _GIVE_UP_S
    while True:
        if method is not None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(method, signal.SIGKILL)
        alive = [pid for pid in descendants(keeper) if not _is_dead(pid)]
        for pid in alive:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(pid, signal.SIGKILL)
        if not alive or time.monotonic() > deadline:
            return not alive
        time.sleep(_PAUSE_S)


def descendants(pid: int) -> list[int]:
    """Return the processes that a process has started, and those that they have; none where the system does not say."""
    found: list[int] = []
    waiting = [pid]
    while waiting:
        with contextlib.suppress(OSError, ValueError):
            for task in Path(f"/proc/{waiting.pop()}/task").iterdir():
                children = [int(child) for child in (task / "children").read_text().split()]
                found += children
                waiting += children
    return found


def _is_dead(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "ZX"
    except (OSError, IndexError):
        return True


def _be_the_method(work: Callable[[], None], keeper: int) -> None:
    """Do the work and end; threads and children that it leaves behind are not waited for."""
    code = 1
    try:
        os.setsid()
        _prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() == keeper:
            work()
            code = 0
    except SystemExit as asked:
        code = asked.code if isinstance(asked.code, int) else int(asked.code is not None)
    except BaseException:
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _end_with_harness(method: int) -> None:
    """Kill everything once the harness is gone, even if it was killed: nobody waits for the result."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        end_tree(os.getpid(), method)
        os._exit(1)


def _status_of(method: int) -> int:
    """Return how the method ended; what was left to this process meanwhile is reaped."""
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == method:
            return status


def _end_like(number: int, code: int) -> None:
    """End by the signal ``number``, or if that is none with ``code``."""
    if number > 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if number != signal.SIGKILL:
            signal.signal(number, signal.SIG_DFL)
        os.kill(os.getpid(), number)
    os._exit(code)


def _prctl(option: int, value: int) -> None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None).prctl(option, value, 0, 0, 0)
