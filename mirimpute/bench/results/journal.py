"""The journal of a sweep: its plan and the outcome of each cell. It can be read while the sweep runs.

``<results_dir>/sweeps/<sweep>/plan.json`` says how many cells there are; each process that computes cells appends
one line per cell to a file of its own beside it. Rows are the results; the journal only saves looking for them, so it
may be deleted when the sweep is over.
"""

from __future__ import annotations

import contextlib
import json
import math
import os
import secrets
import shlex
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

from mirimpute.bench.results import disk
from mirimpute.bench.results.layout import SWEEPS
from mirimpute.bench.results.seal import json_text
from mirimpute.errors import StoreError

PLAN = "plan.json"

_RATE_CELLS = 200
_MAX_BYTES = 1 << 28
"""Read at a time; a journal of a million cells is about as large."""


@dataclass(frozen=True)
class Plan:
    """What a sweep is to do.

    Attributes:
        methods: label of the method -> number of its cells.
        command: what was typed.
    """

    methods: dict[str, int]
    command: list[str]

    @property
    def cells(self) -> int:
        """Number of cells."""
        return sum(self.methods.values())

    @property
    def text(self) -> str:
        """The command as it is typed."""
        return shlex.join(self.command)


@dataclass(frozen=True)
class Entry:
    """What became of one cell.

    Attributes:
        index: of the cell in its sweep.
        method: its label.
        status, reason: as in the row.
        resumed: it was there already and was not computed.
        directory: of the cell, below the results folder.
        seconds: that it took, all included.
        at: when it was finished, by the clock of the machine that ran it; for rates only.
    """

    index: int
    method: str
    status: str
    reason: str
    resumed: bool
    directory: str
    seconds: float
    at: float


def write_plan(sweep_dir: Path, plan: Plan) -> None:
    """Begin a sweep.

    Raises:
        StoreError: the folder cannot be written.
    """
    path = sweep_dir / PLAN
    try:
        sweep_dir.mkdir(parents=True, exist_ok=True)
        disk.write_text(path, json_text(asdict(plan)))
    except OSError as error:
        raise _refused(path, error) from error


class Journal:
    """One process's part of a journal."""

    def __init__(self, sweep_dir: Path, name: str = "") -> None:
        name = name or f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(3)}"
        self._path = sweep_dir / f"{name}.jsonl"

    def add(self, entry: Entry) -> None:
        """Append one line, in one piece.

        Raises:
            StoreError: the folder cannot be written.
        """
        line = json.dumps(asdict(entry), ensure_ascii=True) + "\n"
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC | getattr(os, "O_NOFOLLOW", 0)
            descriptor = os.open(self._path, flags, 0o644)
            try:
                os.write(descriptor, line.encode())
            finally:
                os.close(descriptor)
        except OSError as error:
            raise _refused(self._path, error) from error

    def entries(self) -> list[Entry]:
        """Return what this part holds, from before a restart."""
        return _entries(disk.read_bounded(self._path, _MAX_BYTES))[0] if self._path.is_file() else []


@dataclass
class Progress:
    """How far a sweep is; :meth:`update` reads what is new.

    Attributes:
        sweep_dir: the journal.
        plan: of the sweep.
        entries: the last entry of each cell, by index.
    """

    sweep_dir: Path
    plan: Plan
    entries: dict[int, Entry] = field(default_factory=dict)
    _read: dict[Path, int] = field(default_factory=dict)

    def update(self) -> None:
        """Read the lines that were added."""
        for path in sorted(self.sweep_dir.glob("*.jsonl")):
            try:
                with disk.open_regular(path) as file:
                    file.seek(self._read.get(path, 0))
                    entries, used = _entries(file.read(_MAX_BYTES))
            except OSError:  # no file, or not for us to read
                continue
            self._read[path] = self._read.get(path, 0) + used
            self.entries.update({entry.index: entry for entry in entries})

    @property
    def by_method(self) -> dict[str, Counter[str]]:
        """Method -> number of its cells that are ok, failed (for whatever reason), resumed and left."""
        counts = {method: Counter(left=cells) for method, cells in self.plan.methods.items()}
        for entry in self.entries.values():
            count = counts.setdefault(entry.method, Counter())
            count["ok" if entry.status == "ok" else "failed"] += 1
            count["resumed"] += entry.resumed
            count["left"] -= 1
        return counts

    @property
    def left(self) -> int:
        """Number of cells without an entry."""
        return max(self.plan.cells - len(self.entries), 0)

    @property
    def failed(self) -> int:
        """Number of cells that are not ok."""
        return sum(entry.status != "ok" for entry in self.entries.values())

    @property
    def seconds_left(self) -> tuple[float, list[str]]:
        """Seconds of one process for the cells that are left, and the methods of which none is done yet.

        A method's cells are taken to need what its computed ones did in the mean; a method of which there is none
        counts nothing.
        """
        taken: dict[str, list[float]] = {}
        for entry in self.entries.values():
            if not entry.resumed:
                taken.setdefault(entry.method, []).append(entry.seconds)
        left = {method: count["left"] for method, count in self.by_method.items() if count["left"] > 0}
        means = {method: sum(seconds) / len(seconds) for method, seconds in taken.items()}
        known = sum(count * means[method] for method, count in left.items() if method in means)
        return known, [method for method in left if method not in means]

    @property
    def cells_per_s(self) -> float | None:
        """Cells computed per second of late; None before there is anything to go by."""
        times = sorted(entry.at for entry in self.entries.values() if not entry.resumed)[-_RATE_CELLS:]
        if len(times) < 2:
            return None
        seconds = max(times[-1], time.time()) - times[0]
        return len(times) / seconds if seconds > 0 else None


def read_progress(sweep_dir: Path) -> Progress | None:
    """Return how far the sweep is, None when ``sweep_dir`` has no plan that can be read."""
    try:
        found = json.loads(disk.read_bounded(sweep_dir / PLAN, 1 << 24))
        methods = {str(name): int(cells) for name, cells in found["methods"].items()}
        plan = Plan(methods, [str(word) for word in found["command"]])
        if not all(0 <= cells < 2**63 for cells in methods.values()):
            return None
    except (OSError, ValueError, TypeError, KeyError, AttributeError, ArithmeticError, RecursionError):
        return None
    progress = Progress(sweep_dir, plan)
    progress.update()
    return progress


def sweeps(results_dir: Path) -> Sequence[Path]:
    """Return the journals of a results folder, the oldest first."""
    found = []
    for path in (Path(results_dir) / SWEEPS).glob(f"*/{PLAN}"):
        with contextlib.suppress(OSError):  # a link to nowhere, or removed meanwhile
            found.append((path.stat().st_mtime_ns, path.as_posix(), path.parent))
    return [folder for *_, folder in sorted(found)]


def _entries(content: bytes) -> tuple[list[Entry], int]:
    """Return the entries of all whole lines, and how many bytes these are; lines that are damaged are left out."""
    whole = content.rfind(b"\n") + 1
    if not whole and len(content) >= _MAX_BYTES:
        return [], len(content)  # a line that never ends
    found = []
    for line in content[:whole].splitlines():
        try:
            entry = Entry(**json.loads(line))
        except (ValueError, TypeError, RecursionError):
            continue
        if _is_sound(entry):
            found.append(entry)
    return found, whole


def _is_sound(entry: Entry) -> bool:
    """Return whether the values of a line are of their types, and its directory is below the results folder."""
    texts = (entry.method, entry.status, entry.reason, entry.directory)
    numbers = (entry.seconds, entry.at)
    return (
        type(entry.index) is int
        and 0 <= entry.index < 2**63
        and all(isinstance(text, str) for text in texts)
        and isinstance(entry.resumed, bool)
        and all(isinstance(each, (int, float)) and math.isfinite(each) for each in numbers)
        and not os.path.isabs(entry.directory)
        and ".." not in Path(entry.directory).parts
    )


def _refused(path: Path, error: OSError) -> StoreError:
    return StoreError(
        f"cannot write '{path}' ({error.strerror or error}): "
        "free some space, change the permissions, or choose another results_dir"
    )
