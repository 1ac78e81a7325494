"""A folder that one command writes file by file; repeated after a kill, the command goes on where it was.

A record in the folder names the command, its input, and each whole file with its size; it goes when all are there. A
line is added before the file gets its name, so that no file of the command is ever without one.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from mirimpute.errors import UserError

RECORD = ".mirimpute-impute"


class OutputFolder:
    """The folder, while this process writes it; see :func:`output_folder`.

    Attributes:
        path: where it is.
        whole: the files that are there and whole -> the number that was recorded with each.
    """

    def __init__(self, path: Path, whole: dict[str, int]) -> None:
        self.path = path
        self.whole = whole

    def record(self, name: str, size: int, number: int) -> None:
        """Say that a file will be whole when it appears under its name; any process may.

        Args:
            name: of the file, below the folder.
            size: its bytes.
            number: to be kept with it.
        """
        _append(self.path / RECORD, [name, size, number])


@contextlib.contextmanager
def output_folder(path: Path, facts: Mapping[str, Any], names: Collection[str], force: bool) -> Iterator[OutputFolder]:
    """Yield the folder, made if need be; no other process writes it meanwhile.

    At the end of the block, if no error ends it, the record is removed.

    Args:
        path: of the folder.
        facts: what the files follow from, as JSON can hold it: the command and its input.
        names: of the files that will be written, below the folder.
        force: replace files of these names that the same command has not written.

    Raises:
        UserError: the folder holds something else, files of another command among it; another process writes it.
        OSError: the system refuses.
    """
    if path.exists() and not path.is_dir():
        raise UserError(f"output '{path}' is a file: give a folder, which need not exist")
    made = not path.exists()
    path.mkdir(parents=True, exist_ok=True)
    record = path / RECORD
    lock = os.open(record, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o666)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise UserError(f"output '{path}' is being written by another process: wait, or give another") from None
        try:
            yield OutputFolder(path, _whole(path, json.loads(json.dumps(facts)), names, force))
            record.unlink(missing_ok=True)
        finally:
            if record.exists() and len(list(_lines(record))) < 2:  # nothing was written
                record.unlink()
                with contextlib.suppress(OSError):
                    if made:
                        path.rmdir()
    finally:
        os.close(lock)


def _whole(path: Path, facts: dict[str, Any], names: Collection[str], force: bool) -> dict[str, int]:
    """Return the whole files of the same command; begin the record anew where there is none of it."""
    record = path / RECORD
    lines = list(_lines(record))
    there = sorted(found.relative_to(path).as_posix() for found in path.rglob("*") if not found.is_dir())
    there = [name for name in there if name != RECORD and not _is_unfinished(name, names)]
    strange = [name for name in there if name not in names]
    if strange:
        raise UserError(f"output '{path}' holds '{strange[0]}', which is no file of the input: give an empty folder")
    if lines[1:] and lines[0] != facts and not force:
        before = lines[0] if isinstance(lines[0], dict) else {}
        changed = next((key for key in facts if before.get(key) != facts[key]), "the command")
        raise UserError(
            f"output '{path}' was begun with another value of {changed}: repeat that command, give another folder, or "
            "--force to begin anew"
        )
    found = {}
    if lines and lines[0] == facts:
        sizes = {name: (size, number) for name, size, number in lines[1:]}
        whole = [name for name in there if name in sizes and (path / name).stat().st_size == sizes[name][0]]
        found = {name: sizes[name][1] for name in whole}
    else:
        lines = []
    other = [name for name in there if name not in found]
    if other and not force:
        raise UserError(
            f"output '{path}' holds '{other[0]}', which this command has not written: give another folder, or --force "
            "to replace it"
        )
    if not lines:
        os.truncate(record, 0)
        _append(record, facts)
    return found


def _lines(record: Path) -> Iterator[Any]:
    """Yield what each line of the record holds, up to one that a kill has cut."""
    for line in record.read_bytes().split(b"\n")[:-1]:
        try:
            yield json.loads(line)
        except ValueError:
            return


def _append(record: Path, content: Any) -> None:
    """Add a line, at once: one write of a file opened to append is not torn by another."""
    line = json.dumps(content).encode() + b"\n"
    descriptor = os.open(record, os.O_WRONLY | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.write(descriptor, line)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _is_unfinished(name: str, names: Collection[str]) -> bool:
    """Return whether this is what a kill leaves of a file where the system has no files without a name."""
    folder, _, last = name.rpartition("/")
    whole = last.removeprefix(".").rpartition(".")[0]
    return last.startswith(".") and any(
        each.rpartition("/")[0] == folder and each.rpartition("/")[2][:100] == whole for each in names
    )
