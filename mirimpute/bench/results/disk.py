"""Write files and directories so that a crash leaves the whole of them or nothing."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import os
import secrets
import shutil
import stat
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, TextIO

from mirimpute.errors import StoreError

_NOFOLLOW = getattr(os, "O_NOFOLLOW", 0)
_ATTEMPTS = 20
_REPLACEMENT_S = 0.05


def write_text(path: Path, text: str) -> None:
    """Write a new file and flush it to disk."""
    with open_new(path) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())


def open_new(path: Path) -> TextIO:
    """Open a text file to write it anew; a link in its place is not followed, out of the folder as it may lead.

    Raises:
        StoreError: there is a link, a pipe, a device or a folder.
        OSError: the system refuses.
    """
    refuse_link(path)
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC | _NOFOLLOW
    descriptor = os.open(path, flags, 0o666)
    return os.fdopen(descriptor, "w", encoding="utf-8", errors="backslashreplace", newline="\n")


def refuse_link(path: Path) -> None:
    """Raise StoreError where there is something that is no regular file."""
    try:
        mode = path.lstat().st_mode
    except OSError:
        return
    if not stat.S_ISREG(mode):
        what = "a link" if stat.S_ISLNK(mode) else "a folder" if stat.S_ISDIR(mode) else "no regular file"
        raise StoreError(f"cannot write '{path}', which is {what}: remove it, or choose another folder")


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file to read it. What else there may be, a pipe or a device, is not waited for.

    Raises:
        OSError: it is none, or the system refuses.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "it is no regular file", str(path))
    return os.fdopen(descriptor, "rb")


def read_bounded(path: Path, max_bytes: int) -> bytes:
    """Return the file's content.

    Raises:
        ValueError: it is larger than ``max_bytes``.
        OSError: the system refuses.
    """
    try:
        return _read(path, max_bytes)
    except FileNotFoundError:
        time.sleep(_REPLACEMENT_S)  # a newer version is just being moved into place
        return _read(path, max_bytes)


def read_together(directory: Path, names: Sequence[str], max_bytes: int) -> list[bytes | None]:
    """Return the contents of several files of one version of ``directory``; None for a file that is not in it.

    Raises:
        ValueError: one is larger than ``max_bytes``.
        OSError: the system refuses, there is no such directory, or it is replaced faster than it can be read.
    """
    for _ in range(_ATTEMPTS):
        version = _version(directory)
        contents: list[bytes | None] = []
        for name in names:
            try:
                contents.append(_read(directory / name, max_bytes))
            except FileNotFoundError:
                contents.append(None)
        if version == _version(directory):
            return contents
    raise FileNotFoundError(f"No such file: another process keeps replacing '{directory}'")


def hidden_sibling(final: Path) -> Path:
    """Return a new hidden name beside ``final``."""
    return final.parent / f".{final.name}.{secrets.token_hex(6)}"


def hidden_siblings(final: Path) -> list[Path]:
    """Return what a writer of ``final`` that was killed has left beside it."""
    return sorted(final.parent.glob(f".{final.name}.*"))


def move_into_place(sibling: Path, final: Path, old_to: Path | None = None) -> None:
    """Rename the directory ``sibling`` to ``final``; an older one steps aside first, since it cannot be replaced.

    Args:
        sibling: the new directory.
        final: its place.
        old_to: where the older directory is kept (None: it is removed).
    """
    for _ in range(_ATTEMPTS):  # another process may write the same directory at the same time
        aside = hidden_sibling(final)
        with contextlib.suppress(FileNotFoundError):
            os.rename(final, aside)
        try:
            os.rename(sibling, final)
        except OSError:
            if final.exists():
                shutil.rmtree(aside, ignore_errors=True)
                continue
            if aside.exists():
                os.rename(aside, final)  # no new directory, so the old one stays
            raise
        if old_to is not None and aside.exists():
            old_to.parent.mkdir(parents=True, exist_ok=True)
            os.rename(aside, old_to)
        shutil.rmtree(aside, ignore_errors=True)
        flush(final.parent)
        return
    raise OSError(f"another process keeps writing '{final}'")


def flush(path: Path) -> None:
    """Flush a file or directory to disk, where the system can (Windows cannot open directories)."""
    try:
        descriptor = os.open(path, os.O_RDONLY)
    except PermissionError:
        if path.is_dir():
            return
        raise
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _version(directory: Path) -> tuple[int, int]:
    """Return what tells this directory from one that takes its place (the number alone may be used again)."""
    try:
        status = directory.stat()
    except FileNotFoundError:
        time.sleep(_REPLACEMENT_S)  # a newer version is just being moved into place
        status = directory.stat()
    return status.st_ino, status.st_mtime_ns


def _read(path: Path, max_bytes: int) -> bytes:
    with open_regular(path) as file:
        content = file.read(max_bytes + 1)
    if len(content) > max_bytes:
        raise ValueError(f"it is larger than {max_bytes} bytes")
    return content


def digest(file: BinaryIO) -> str:
    """Return the SHA-256 of an open file; the standard library does it from Python 3.11 on."""
    found = hashlib.sha256()
    while block := file.read(1 << 20):
        found.update(block)
    return found.hexdigest()
