"""A folder that one command writes file by file; repeated after a kill, the command goes on where it was.

A record in the folder names the command, its inputs, what was learnt from, and each whole file with its size and the
checksum of its input; it goes when all are there. A line is added before the file gets its name, so that no file of the
command is ever without one. Inputs may change between two runs: files of others stay if the same was learnt from.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import stat
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mirimpute.errors import UserError

RECORD = ".mirimpute-impute"
_MOST_BYTES = 2**26
"""Of a record: some hundred thousand files."""
_INPUTS, _LEARNT = "the input", "what was learnt from"


@dataclass(frozen=True)
class Input:
    """A file that one file of the folder follows from.

    Attributes:
        path: where it is.
        stamp: what changes when it does: its rows, bytes and time.
    """

    path: Path
    stamp: list[int]


@dataclass
class _Found:
    """What a record says of a folder.

    Attributes:
        whole: the files that are there, whole and of the input as it is -> the number that was recorded with each.
        stale: the files that are there and whole, of an input that has changed since.
        changed: the inputs with another stamp.
        learnt: checksum of what was learnt from; "": it is not known.
    """

    whole: dict[str, int] = field(default_factory=dict)
    stale: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    learnt: str = ""


class OutputFolder:
    """The folder, while this process writes it; see :func:`output_folder`.

    Attributes:
        path: where it is.
        whole: the files that are there and whole -> the number that was recorded with each.
        changed: the inputs that have changed since the command was begun.
    """

    def __init__(self, path: Path, inputs: Mapping[str, Input], found: _Found) -> None:
        self.path = path
        self.whole, self.changed = found.whole, found.changed
        self._inputs, self._stale, self._learnt = inputs, found.stale, found.learnt
        self._real = path.resolve()

    def go_on(self, learnt: str) -> None:
        """Say what all files follow from besides their inputs: before the first of them is written.

        Files of inputs that have changed are removed.

        Args:
            learnt: checksum of what was learnt from.

        Raises:
            UserError: an input has changed, and whole files follow from something else.
        """
        if self.changed and self.whole and learnt != self._learnt:
            raise UserError(
                f"input '{self.changed[0]}' has changed, and with it the rows that are learnt from, since output "
                f"'{self.path}' was begun: give another folder, or --force to begin anew"
            )
        for name in self._stale:
            (self.path / name).unlink(missing_ok=True)
        if self.changed or learnt != self._learnt:
            _append(self.path / RECORD, {_INPUTS: _stamps(self._inputs), _LEARNT: learnt})

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
        _append(self.path / RECORD, [name, size, number, _checksum_of(self._inputs[name].path)])


@contextlib.contextmanager
def output_folder(
    path: Path, facts: Mapping[str, Any], inputs: Mapping[str, Input], force: bool
) -> Iterator[OutputFolder]:
    """Yield the folder, made if need be; no other process writes it meanwhile.

    At the end of the block, if no error ends it, the record is removed.

    Args:
        path: of the folder.
        facts: what all files follow from, as JSON can hold it: the command and its libraries.
        inputs: of each file that will be written, by its name below the folder.
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
            yield OutputFolder(path, inputs, _found(path, json.loads(json.dumps(facts)), inputs, force))
            record.unlink(missing_ok=True)
        finally:
            if record.exists() and not _names_files(record):
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


def _found(path: Path, facts: dict[str, Any], inputs: Mapping[str, Input], force: bool) -> _Found:
    """Return what is there of the same command; begin the record anew where there is nothing of it."""
    record = path / RECORD
    lines = list(_lines(record))
    inside = sorted(path.rglob("*"))
    linked = [each for each in inside if each.is_symlink()]
    if linked:
        raise UserError(f"output '{path}' holds a link, '{linked[0]}': remove it, or give another folder")
    there = [each.relative_to(path).as_posix() for each in inside if not each.is_dir()]
    there = [name for name in there if name != RECORD and not _is_unfinished(name, inputs)]
    strange = [name for name in there if name not in inputs]
    if strange:
        raise UserError(f"output '{path}' holds '{strange[0]}', which is no file of the input: give an empty folder")
    folders = [name for name in inputs if (path / name).is_dir()]
    if folders:
        raise UserError(f"output '{path}' has a folder '{folders[0]}' where a file goes: remove it, or give another")
    known = {key: value for line in lines if isinstance(line, dict) for key, value in line.items()}
    stamps, now = known.pop(_INPUTS, {}), _stamps(inputs)
    learnt = known.pop(_LEARNT, "")
    changed = [name for name in now if stamps.get(name) != now[name]]
    same = bool(lines) and known == facts
    if _names_files(record) and not same and not force:
        other = next((key for key in facts if known.get(key) != facts[key]), "the command")
        raise UserError(
            f"output '{path}' was begun with another value of {other}: repeat that command, give another folder, or "
            "--force to begin anew"
        )
    found = _Found()
    if same and not (changed and force):
        files = {line[0]: line[1:] for line in lines if isinstance(line, list)}
        whole = [name for name in there if name in files and (path / name).stat().st_size == files[name][0]]
        stale = [name for name in whole if name in changed and _checksum_of(inputs[name].path) != files[name][2]]
        found = _Found({name: files[name][1] for name in whole if name not in stale}, stale, changed, learnt)
    else:
        lines = []
    others = [name for name in there if name not in found.whole and name not in found.stale]
    if others and not force:
        raise UserError(
            f"output '{path}' holds '{others[0]}', which this command has not written: give another folder, or --force "
            "to replace it"
        )
    if not lines:
        os.truncate(record, 0)
        _append(record, {**facts, _INPUTS: now})
    return found


def _names_files(record: Path) -> bool:
    """Return whether something was written, or the record is somebody else's."""
    try:
        return any(isinstance(line, list) for line in _lines(record))
    except UserError:
        return True


def _checksum_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while content := file.read(2**20):
            digest.update(content)
    return digest.hexdigest()


def _stamps(inputs: Mapping[str, Input]) -> dict[str, list[int]]:
    return {name: each.stamp for name, each in inputs.items()}


def _lines(record: Path) -> Iterator[Any]:
    """Yield what each line of the record holds, up to one that a kill has cut: facts, or a file and what is its own.

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
        if not ((count and _is_of_file(found)) or _is_of_all(found)):
            raise UserError(f"'{record}' is damaged in line {count + 1}: delete it, and give --force to begin anew")
        yield found


def _is_of_all(found: Any) -> bool:
    """Return whether these are facts: whatever they are, the stamps of inputs are by their names."""
    return isinstance(found, dict) and isinstance(found.get(_INPUTS, {}), dict)


def _is_of_file(found: Any) -> bool:
    """Return whether this is the name of a file, its size, a number, and the checksum of its input."""
    if not isinstance(found, list) or [type(each) for each in found] != [str, int, int, str]:
        return False
    return all(0 <= each < 2**63 for each in found[1:3])


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
