"""A temporary folder for one run, which is removed afterwards; after a kill by whoever looks for leftovers next.

Each folder holds a file that its owner has locked. The system gives the lock back when the owner ends, however it ends,
so a folder whose lock is free is nobody's.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

_PREFIX = "mirimpute-run-"
_LOCK = ".lock"


@contextlib.contextmanager
def scratch_folder() -> Iterator[Path]:
    """Yield a new empty folder that nobody else reads, in the system's place for temporary files."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=_PREFIX))
        new = folder / f"{_LOCK}.new"
        try:
            lock = os.open(new, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX)
            os.rename(new, folder / _LOCK)  # never seen without the lock
            break
        except FileNotFoundError:  # taken for a leftover before it had its lock
            continue
    owner = os.getpid()
    try:
        yield folder
    finally:
        if os.getpid() == owner:  # a fork that forgets this block ends it as well
            shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def leftovers() -> list[Path]:
    """Return the folders of runs that were killed, of this user, on this machine."""
    return [folder for folder in sorted(Path(tempfile.gettempdir()).glob(f"{_PREFIX}*")) if _is_nobodys(folder)]


def clean() -> int:
    """Remove them and return how many they were."""
    found = leftovers()
    for folder in found:
        shutil.rmtree(folder, ignore_errors=True)
    return len(found)


def _is_nobodys(folder: Path) -> bool:
    try:
        status = folder.lstat()
        if folder.is_symlink() or not folder.is_dir() or status.st_uid != os.getuid():
            return False
        flags = os.O_RDWR | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            lock = os.open(folder / _LOCK, flags)
        except FileNotFoundError:
            lock = os.open(folder / f"{_LOCK}.new", flags)  # of who was killed before it had its name
    except FileNotFoundError:
        with contextlib.suppress(OSError):
            folder.rmdir()  # only one that is empty goes
        return False
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(lock)
    return True
