"""A folder that one command writes file by file; repeated after a kill, the command goes on where it was.

A record in the folder names the command, its input, and each whole file with its size; it goes when all are there. A
line is added before the file gets its name, so that no file of the command is ever without one.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import stat
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from mirimpute.errors import UserError

RECORD = ".mirimpute-impute"
_MOST_BYTES = 2**26
"""Of a record: some hundred thousand files."""


class OutputFolder:
    """The folder, while this process writes it; see :func:`output_folder`.

    Attributes:
        path: where it is.
        whole: the files that are there and whole -> the number that was recorded with each.
    """

    def __init__(self, path: Path, whole: dict[str, int]) -> None:
        self.path = path
        self.whole = whole
        self._real = path.resolve()

    def place(self, name: str) -> Path:
        """Return where to write a file of this name, in a folder that is made if need be.

        Raises:
            UserError: a link leads out of the folder.
        """
        target = self.path / name
        if target.parent.resolve() != (self._real / name).parent:
            raise UserError(f"'{target.parent}' leads out of output '{self._real}' by a link: give another folder")
        target.parent.mkdir(parents=True, exist_ok=True)
        return target

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
    lock = os.open(record, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    try:
        _lock(lock, path)
        try:
            yield OutputFolder(path, _whole(path, json.loads(json.dumps(facts)), names, force))
            record.unlink(missing_ok=True)
        finally:
            if record.exists() and record.read_bytes().count(b"\n") < 2:  # nothing was written
                record.unlink()
                with contextlib.suppress(OSError):
                    if made:
                        path.rmdir()
    finally:
        os.close(lock)


def _lock(record: int, path: Path) -> None:
    """Lock the open record of a folder.

    Raises:
        UserError: it is no plain file of this folder alone, or another process has it.
    """
    found = os.fstat(record)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink > 1 or found.st_size > _MOST_BYTES:
        raise UserError(f"output '{path}' has a {RECORD} that this program has not written: give another folder")
    try:
        fcntl.flock(record, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        raise UserError(f"output '{path}' is being written by another process: wait, or give another") from None


def _whole(path: Path, facts: dict[str, Any], names: Collection[str], force: bool) -> dict[str, int]:
    """Return the whole files of the same command; begin the record anew where there is none of it."""
    record = path / RECORD
    lines = list(_lines(record))
    inside = sorted(path.rglob("*"))
    linked = [found for found in inside if found.is_symlink()]
    if linked:
        raise UserError(f"output '{path}' holds a link, '{linked[0]}': remove it, or give another folder")
    there = [found.relative_to(path).as_posix() for found in inside if not found.is_dir()]
    there = [name for name in there if name != RECORD and not _is_unfinished(name, names)]
    strange = [name for name in there if name not in names]
    if strange:
        raise UserError(f"output '{path}' holds '{strange[0]}', which is no file of the input: give an empty folder")
    folders = [name for name in names if (path / name).is_dir()]
    if folders:
        raise UserError(f"output '{path}' has a folder '{folders[0]}' where a file goes: remove it, or give another")
    if lines[1:] and lines[0] != facts and not force:
        changed = next((key for key in facts if lines[0].get(key) != facts[key]), "the command")
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
    """Yield what each line of the record holds, up to one that a kill has cut: the facts, then [name, size, number].

    Raises:
        UserError: a line that is whole and something else.
    """
    for count, line in enumerate(record.read_bytes().split(b"\n")[:-1]):
        try:
            found = json.loads(line)
        except (ValueError, RecursionError):
            if count:
                return
            found = None  # no kill cuts the first line: it is alone when it is written
        if not (_is_of_file(found) if count else isinstance(found, dict)):
            raise UserError(f"'{record}' is damaged in line {count + 1}: delete it, and give --force to begin anew")
        yield found


def _is_of_file(found: Any) -> bool:
    """Return whether this is the name of a file, its size, and a number."""
    if not isinstance(found, list) or [type(each) for each in found] != [str, int, int]:
        return False
    return all(0 <= each < 2**63 for each in found[1:])


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
