"""Limits of a method's process: time, memory and the length of its log. They are watched from outside."""

from __future__ import annotations

import contextlib
import os
import time
from dataclasses import dataclass, field
from pathlib import Path

MAX_LOG_BYTES = 64 << 20
"""A method that prints more is stopped: it would fill the disk."""

_KEPT_LOG_BYTES = 1 << 20
_KEPT_HEAD_BYTES = 64 << 10
_MIB = 2**20


@dataclass
class Limits:
    """The limits of one imputation.

    Attributes:
        timeout_s: wall seconds (None: no limit).
        memory_mb: MiB that the process and those it starts may hold above what was held at the start (None: no limit).
        start_up_s: seconds for loading libraries, before the clock starts.
    """

    timeout_s: float | None
    memory_mb: float | None
    start_up_s: float = 120.0
    _deadline: float | None = field(default=None, init=False)
    _held: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.timeout_s is not None:
            self._deadline = time.monotonic() + max(self.timeout_s, self.start_up_s)

    def start(self, pid: int) -> None:
        """Start the clock, and count memory from what the process holds now."""
        if self.timeout_s is not None:
            self._deadline = time.monotonic() + self.timeout_s
        if self.memory_mb is not None:
            self._held = private_bytes(pid)

    def left_s(self) -> float:
        """Return the seconds until the time is over."""
        return float("inf") if self._deadline is None else max(self._deadline - time.monotonic(), 0.0)

    def exceeded(self, pid: int, log_file: Path) -> tuple[str, str] | None:
        """Return status and reason if a limit is exceeded."""
        if self.left_s() <= 0:
            return (
                "timeout",
                f"stopped after timeout_s={self.timeout_s:g} seconds: give it more time or a smaller problem",
            )
        if self.memory_mb is not None and private_bytes(pid) - self._held > self.memory_mb * _MIB:
            return (
                "oom",
                f"stopped above memory_mb={self.memory_mb:g} MiB: give it more memory or a smaller problem",
            )
        if log_bytes(log_file) > MAX_LOG_BYTES:
            return "failed", f"stopped after it had printed {MAX_LOG_BYTES // _MIB} MiB; the ends of it are in log.txt"
        return None


def private_bytes(pid: int) -> int:
    """Return the resident memory of a process and all its descendants that is not shared with a file; 0 if unknown."""
    total = 0
    for each in (pid, *descendants(pid)):
        with contextlib.suppress(OSError, ValueError, IndexError):
            resident, shared = Path(f"/proc/{each}/statm").read_text().split()[1:3]
            total += (int(resident) - int(shared)) * os.sysconf("SC_PAGE_SIZE")
    return total


def descendants(pid: int) -> list[int]:
    """Return the processes that a process has started, and those that they have; none where the system does not say."""
    found: list[int] = []
    with contextlib.suppress(OSError, ValueError):
        for task in Path(f"/proc/{pid}/task").iterdir():
            for child in (task / "children").read_text().split():
                found += [int(child), *descendants(int(child))]
    return found


def can_watch_memory() -> bool:
    """Return whether this system says what a process holds."""
    return Path("/proc/self/statm").exists()


def kernel_kills() -> int:
    """Return how many processes this system has killed for want of memory; 0 where it does not say."""
    with contextlib.suppress(OSError, ValueError):
        for line in Path("/proc/vmstat").read_text().splitlines():
            if line.startswith("oom_kill "):
                return int(line.split()[1])
    return 0


def log_bytes(log_file: Path) -> int:
    """Return the size of the log, 0 if there is none."""
    try:
        return log_file.stat().st_size
    except OSError:
        return 0


def read_log(log_file: Path) -> str:
    """Return what was printed; of more than a mebibyte, the beginning and the end."""
    size = log_bytes(log_file)
    if not size:
        return ""
    with log_file.open("rb") as file:
        if size <= _KEPT_LOG_BYTES:
            return file.read().decode(errors="replace")
        head = file.read(_KEPT_HEAD_BYTES)
        tail_bytes = _KEPT_LOG_BYTES - _KEPT_HEAD_BYTES
        file.seek(-tail_bytes, os.SEEK_END)
        cut = f"\n[... {size - _KEPT_LOG_BYTES} bytes left out ...]\n"
        return head.decode(errors="replace") + cut + file.read().decode(errors="replace")
