"""Write a file so that a reader sees the old one or the whole new one, however many write it and whoever is killed."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def replaced(target: Path) -> Iterator[BinaryIO]:
    """Yield a file to write; at the end of the block it takes the place of ``target``, after an error it is gone.

    Where the system can (Linux), the file has no name until it is whole, so that a kill leaves nothing behind;
    elsewhere it has one that nobody guesses. A link in the place of ``target`` is replaced, not followed.

    Raises:
        OSError: the system refuses.
    """
    beside = target.with_name(f".{target.name[:100]}.{secrets.token_hex(8)}")
    named = False
    try:
        descriptor = os.open(target.parent, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o666)
    except (AttributeError, OSError):  # no such flag, or a file system without it
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
        named = True
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if not named:
                # With the number of a folder, which means nothing to a path from the root, Python follows the link.
                os.link(f"/proc/self/fd/{file.fileno()}", beside, src_dir_fd=file.fileno(), follow_symlinks=True)
                named = True
        os.replace(beside, target)
        named = False
    finally:
        if named:
            beside.unlink(missing_ok=True)
