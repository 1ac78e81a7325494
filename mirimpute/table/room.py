"""Whether there is memory for what is asked, looked at before the work: an allocation that fails comes too late."""

from __future__ import annotations

import contextlib
from pathlib import Path

from mirimpute.errors import UserError

_LIMITS = (
    ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory.current"),
    ("/sys/fs/cgroup/memory/memory.limit_in_bytes", "/sys/fs/cgroup/memory/memory.usage_in_bytes"),
)
"""Of the group of processes, of both versions of control groups."""


def available_bytes() -> float:
    """Return the memory that this process may still take; infinity where the system does not say."""
    found = [float("inf")]
    with contextlib.suppress(OSError, ValueError, IndexError):
        lines = Path("/proc/meminfo").read_text().splitlines()
        found += [int(line.split()[1]) * 1024.0 for line in lines if line.startswith("MemAvailable:")]
    for limit, usage in _LIMITS:
        with contextlib.suppress(OSError, ValueError):  # "max" is none
            found.append(float(int(Path(limit).read_text()) - int(Path(usage).read_text())))
    return min(found)


def check_room(size: float, what: str, fix: str) -> None:
    """Refuse what needs more memory than there is.

    Args:
        size: bytes.
        what: is asked for, as the user typed it.
        fix: what to do instead.

    Raises:
        UserError: the value, the reason and the fix.
    """
    available = available_bytes()
    if size > available:
        raise UserError(f"{what} needs {size / 2**30:,.1f} GiB of memory, and {available / 2**30:,.1f} are free: {fix}")
