"""Limits of a method's process: time, memory and the length of its log. They are watched from outside."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mirimpute.bench.run.keeper import descendants

LOG = "log.txt"
"""What the method prints, in the folder of its run."""

MAX_LOG_BYTES = 64 << 20
"""A method that prints more is stopped: it would fill the disk."""

_KEPT_LOG_BYTES = 1 << 20
_KEPT_HEAD_BYTES = 64 << 10
_MIB = 2**20
_LOOKS = 3
"""Shares are read process by process: one that forks meanwhile is counted with more than its own."""


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
    _held_shares: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if self.timeout_s is not None:
            self._deadline = time.monotonic() + max(self.timeout_s, self.start_up_s)

    def start(self, pid: int) -> None:
        """Start the clock, and count memory from what the process ``pid`` of the method itself holds now."""
        if self.timeout_s is not None:
            self._deadline = time.monotonic() + self.timeout_s
        if self.memory_mb is not None:
            self._held, self._held_shares = _resident(pid), _shares(pid)

    def left_s(self) -> float:
        """Return the seconds until the time is over."""
        return float("inf") if self._deadline is None else max(self._deadline - time.monotonic(), 0.0)

    def exceeded(self, keeper: int, log_file: Path) -> tuple[str, str] | None:
        """Return status and reason if a limit is exceeded by what the process ``keeper`` and its descendants do."""
        if self.left_s() <= 0:
            return (
                "timeout",
                f"stopped after timeout_s={self.timeout_s:g} seconds: give it more time or a smaller problem",
            )
        if self.memory_mb is not None and all(
            self._taken(descendants(keeper)) > self.memory_mb * _MIB for _ in range(_LOOKS)
        ):
            return (
                "oom",
                f"stopped above memory_mb={self.memory_mb:g} MiB: give it more memory or a smaller problem",
            )
        if log_bytes(log_file) > MAX_LOG_BYTES:
            return "failed", f"stopped after it had printed {MAX_LOG_BYTES // _MIB} MiB; the ends of it are in log.txt"
        return None

    def _taken(self, pids: Sequence[int]) -> int:
        """Return the bytes that the processes of the method have taken since the start; 0 if unknown.

        That is what no file gives back: what is anonymous, and what is shared, such as mappings of several processes
        and of files in /dev/shm. Pages of several processes count once, by their shares (PSS), which takes the kernel
        long; it is asked only where all pages counted in each process are too many.
        """
        resident = sum(map(_resident, pids)) - self._held
        if len(pids) < 2 or resident <= (self.memory_mb or 0) * _MIB:
            return resident
        return sum(map(_shares, pids)) - self._held_shares


def _resident(pid: int) -> int:
    """Return the anonymous and shared memory of a process in bytes; 0 if unknown."""
    total = 0
    with contextlib.suppress(OSError, ValueError, IndexError):
        for line in Path(f"/proc/{pid}/status").read_text(errors="replace").splitlines():
            if line.startswith(("RssAnon:", "RssShmem:")):
                total += int(line.split()[1]) * 1024
    return total


def _shares(pid: int) -> int:
    """Return the proportional share of a process in that memory; without the kernel's word for it, all of it."""
    total = 0
    try:
        lines = [line for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines() if line.startswith("Pss_")]
    except OSError:
        return 0  # it has just ended
    for line in lines:
        if line.startswith(("Pss_Anon:", "Pss_Shmem:")):
            total += int(line.split()[1]) * 1024
    return total if lines else _resident(pid)


def can_watch_memory() -> bool:
    """Return whether this system says what a process holds."""
    return Path("/proc/self/smaps_rollup").exists()


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
        return log_file.lstat().st_size
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
